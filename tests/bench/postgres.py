#!/usr/bin/env python3
"""Runs reconcile.sql in a private PostgreSQL 15 (no fsync, big buffers) and prints its counts and time as JSON.

    postgres.py FOLDER AS-OF [--repeat N]

FOLDER holds the output of generate. The directory is flattened to CSV first, and that is not counted: the database gets it
for nothing. Counted is everything from COPY to the counts.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime

import reconcile

BIN = next((path for path in ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
            if os.path.isdir(path)), None)
HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
            "max_wal_size": "8GB", "shared_buffers": "2GB", "work_mem": "512MB", "maintenance_work_mem": "512MB", "autovacuum": "off",
            "jit": "off", "listen_addresses": "", "effective_cache_size": "8GB", "random_page_cost": "1.1"}


def flatten(folder, target, as_of):
    """The directory and the configuration as CSV."""
    writers, files = {}, []
    for name in ("account", "grp", "member", "computer", "privileged", "entitlement", "allowed", "segregation", "except"):
        files.append(open(os.path.join(target, name + ".csv"), "w", encoding="utf-8", newline=""))
        writers[name] = csv.writer(files[-1]).writerow
    world = reconcile.World.__new__(reconcile.World)
    world.as_of = as_of
    for entry in reconcile.read_entries(os.path.join(folder, "directory.ldif")):
        first = lambda name: entry.get(name, [""])[0]
        classes, dn = entry.get("objectclass", []), first("dn").lower()
        if "device" in classes:
            usable, last_use = world.state(entry)
            writers["computer"]([first("uid"), first("associateddomain").lower(), first("serialnumber"), usable, last_use])
        elif "inetOrgPerson" in classes:
            usable, last_use = world.state(entry)
            writers["account"]([dn, first("uid"), first("mail"), first("employeenumber"), first("owner"), usable, last_use,
                                reconcile.generalised_time(first("createtimestamp"))])
        elif "groupOfNames" in classes:
            writers["grp"]([dn, first("cn"), first("owner")])
            for member in entry["member"]:
                writers["member"]([dn, member.lower()])
    settings = reconcile.read_configuration(os.path.join(folder, "rightful.conf"))
    pattern = lambda glob: None if glob is None else glob.replace("*", "%")
    for group in settings["privileged"]:
        writers["privileged"]([group])
    for i, e in enumerate(settings["entitlements"]):
        writers["entitlement"]([i, e["group"], e["approval"] == "required"])
        for line in e["allowed"]:
            writers["allowed"]([i, pattern(line.get("department")), pattern(line.get("title"))])
    for rule in settings["segregation"]:
        for side in "ab":
            for group in rule[side]:
                writers["segregation"]([rule["id"], side, group])
        for person in rule["except"]:
            writers["except"]([rule["id"], person])
    for file in files:
        file.close()
    for name in ("people.csv", "assets.csv", "approvals.csv"):
        shutil.copy(os.path.join(folder, name), target)


class Server:
    """A private cluster in a temporary folder; PostgreSQL refuses to run as root, so it runs as postgres then."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rightful-bench-")
        self.become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        os.chmod(self.folder, 0o755)
        self.flat = os.path.join(self.folder, "flat")
        os.mkdir(self.flat)
        if self.become:
            shutil.chown(self.folder, "postgres")
        self.data = os.path.join(self.folder, "data")
        self.run("initdb", "-D", self.data, "--encoding=UTF8", "--locale=C", "--auth=trust", "-N")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "start")
        return self

    def __exit__(self, *_):
        subprocess.run(self.become + [os.path.join(BIN, "pg_ctl"), "-D", self.data, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program, *arguments, cwd="/", stdin=None):
        return subprocess.run(self.become + [os.path.join(BIN, program), *arguments], check=True, stdin=stdin, stdout=subprocess.PIPE,
                              cwd=cwd, text=True).stdout

    def reconcile(self, as_of):
        """(counts, seconds) of one whole run in a fresh database."""
        connect = ["-X", "-q", "-h", self.folder, "-d"]
        self.run("psql", *connect, "postgres", "-c", "SET client_min_messages = warning", "-c", "DROP DATABASE IF EXISTS bench", "-c",
                 "CREATE DATABASE bench")
        with open(os.path.join(HERE, "reconcile.sql"), encoding="utf-8") as script:
            started = time.monotonic()
            output = self.run("psql", *connect, "bench", "-v", f"as_of={as_of}", cwd=self.flat, stdin=script)
        seconds = time.monotonic() - started
        return json.loads(output[output.index("{"):])["counts"], seconds


def main():
    as_of = int(datetime.fromisoformat(sys.argv[2].replace("Z", "+00:00")).timestamp())
    repeat = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with Server() as server:
        flatten(sys.argv[1], server.flat, as_of)
        runs = [server.reconcile(as_of) for _ in range(repeat)]
    print(json.dumps({"counts": runs[0][0], "seconds": [round(seconds, 3) for _, seconds in runs]}, indent=1))


if __name__ == "__main__":
    main()
