"""The browser tests: a company with real servers, and four people's days in Debian's chromium (days.mjs).

npm ci puts playwright-core and axe-core (pinned in package-lock.json) into the build folder, once. Without node, npm, chromium or
slapd it is skipped (77), or fails with FAIL_WITHOUT_SERVERS.

    run.py FOLDER [WORD]      WORD: only tests whose name has it; screenshots are in FOLDER/screenshots
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "component"))


def missing(what):
    print(f"{what} is missing", file=sys.stderr)
    sys.exit(1 if os.environ.get("FAIL_WITHOUT_SERVERS") == "1" else 77)


def modules(folder):
    """node_modules in the build folder, as the lock file says; the folder that holds them."""
    with open(os.path.join(HERE, "package-lock.json"), "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(folder, "node_modules", ".lock")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return folder
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), folder)
    result = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, capture_output=True,
                            text=True, check=False)
    if result.returncode != 0:
        print(result.stderr, file=sys.stderr)
        missing("playwright-core (npm ci)")
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(wanted)
    return folder


def main():
    folder = os.path.abspath(sys.argv[1])
    for command in ("node", "npm", "chromium", "slapd", "ldapmodify"):
        if not shutil.which(command, path=os.environ["PATH"] + ":/usr/sbin"):
            missing(command)
    os.makedirs(os.path.join(folder, "screenshots"), exist_ok=True)
    node_modules = modules(folder)

    from company import Company  # after the checks: it starts servers
    company = Company()
    try:
        facts = {**company.start(), "modules": node_modules, "screenshots": os.path.join(folder, "screenshots"),
                 "chromium": shutil.which("chromium")}
        path = os.path.join(company.folder, "facts.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(facts, file)
        only = ["--test-name-pattern", sys.argv[2]] if len(sys.argv) > 2 else []
        return subprocess.run(["node", "--test", "--test-reporter", "spec", *only, os.path.join(HERE, "days.mjs")], check=False,
                              env={**os.environ, "FACTS": path}).returncode
    finally:
        company.stop()


if __name__ == "__main__":
    sys.exit(main())
