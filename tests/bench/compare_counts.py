#!/usr/bin/env python3
"""Test: rightful finds in a small synthetic company exactly what the simple twin finds.

    compare_counts.py RIGHTFUL GENERATE
"""
import json
import subprocess
import sys
import tempfile

AS_OF = "2026-03-17T05:00:00Z"
ACCOUNTS = "2000"


def main():
    rightful, generate = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="rightful-bench-") as folder:
        subprocess.run([generate, ACCOUNTS, folder], check=True)
        conf = folder + "/rightful.conf"
        twin = subprocess.run([sys.executable, sys.path[0] + "/reconcile.py", conf, AS_OF], check=True, stdout=subprocess.PIPE)
        ours = subprocess.run([rightful, "--config", conf, "run", "--dry-run", "--json", "--as-of", AS_OF], stdout=subprocess.PIPE)
    if ours.returncode != 0:
        print("rightful run: exit", ours.returncode)
        return 1
    document = json.loads(ours.stdout)
    found = {control: n for control, n in document["counts"]["by_control"].items() if n}
    expected = json.loads(twin.stdout)["counts"]
    for control in sorted(found.keys() | expected.keys()):
        if found.get(control, 0) != expected.get(control, 0):
            print(f"{control}: rightful {found.get(control, 0)}, twin {expected.get(control, 0)}")
    for row in document["not_evaluable"]:
        print("not evaluable:", row)
    return 0 if found == expected and found else 1


if __name__ == "__main__":
    sys.exit(main())
