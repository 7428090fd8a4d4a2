#!/usr/bin/env python3
"""Test: rightful finds in a small synthetic company exactly what the simple twin finds, exception by exception.

    compare_counts.py RIGHTFUL GENERATE
"""
import json
import subprocess
import sys
import tempfile
from collections import Counter

AS_OF = "2026-03-17T05:00:00Z"
ACCOUNTS = "2000"
MOST_SHOWN = 5  # of one control


def found_by_rightful(rightful, conf, as_of=AS_OF):
    """(Counter of (control, subject, object), not_evaluable)."""
    run = subprocess.run([rightful, "--config", conf, "run", "--dry-run", "--quiet", "--json", "--as-of", as_of], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(f"rightful run: exit {run.returncode}\n{run.stderr}")
    document = json.loads(run.stdout)
    return (Counter((e["control"], e["subject"]["name"], e["object"]["name"] if e["object"] else "") for e in document["exceptions"]),
            document["not_evaluable"])


def found_by_twin(conf, as_of=AS_OF):
    twin = subprocess.run([sys.executable, sys.path[0] + "/reconcile.py", conf, as_of, "--list"], check=True, stdout=subprocess.PIPE, text=True)
    return Counter(tuple((line.split("\t") + [""])[:3]) for line in twin.stdout.splitlines())


def show_differences(found, expected, name="the twin"):
    """Prints what only one of the two has; whether they are equal."""
    for only, who in ((found - expected, "rightful"), (expected - found, name)):
        shown = Counter()
        for line in sorted(only.elements()):
            shown[line[0]] += 1
            if shown[line[0]] <= MOST_SHOWN:
                print(f"only {who}: {' '.join(line)}")
        for control, n in shown.items():
            if n > MOST_SHOWN:
                print(f"only {who}: {control}: {n - MOST_SHOWN} more")
    return found == expected


def main():
    rightful, generate = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="rightful-bench-") as folder:
        subprocess.run([generate, ACCOUNTS, folder], check=True)
        conf = folder + "/rightful.conf"
        found, not_evaluable = found_by_rightful(rightful, conf)
        expected = found_by_twin(conf)
    for row in not_evaluable:
        print("not evaluable:", row)
    return 0 if show_differences(found, expected) and found else 1


if __name__ == "__main__":
    sys.exit(main())
