#!/usr/bin/env python3
"""Runs reconcile.sql in a private PostgreSQL 15 (no fsync, big buffers) and prints its counts and time as JSON.

    postgres.py FOLDER AS-OF [LIST]

FOLDER holds what flatten.py wrote. Counted is everything from COPY to the last exception. LIST: a file for all it found.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import reconcile

BIN = next((path for path in ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin")
            if os.path.isdir(path)), None)
HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
            "max_wal_size": "8GB", "shared_buffers": "2GB", "work_mem": "512MB", "maintenance_work_mem": "512MB", "autovacuum": "off",
            "jit": "off", "listen_addresses": "", "effective_cache_size": "8GB", "random_page_cost": "1.1"}


def script(as_of):
    """reconcile.sql for psql: without what is DuckDB's alone."""
    with open(os.path.join(HERE, "reconcile.sql"), encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^/\* duckdb \*/.*?;$", "", text, flags=re.M | re.S).replace(":as_of", str(as_of))
    text = re.sub(r"^-- ---- (\w+).*$", lambda stage: clock(stage.group(1)), text, flags=re.M)
    return "\\set ON_ERROR_STOP on\nSET client_min_messages = warning;\n" + text + clock("end")


def clock(stage):
    return f"SELECT '@{stage} ' || extract(epoch FROM clock_timestamp());\n"


class Server:
    """A private cluster in a temporary folder; PostgreSQL refuses to run as root, so it runs as postgres then."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="rightful-bench-")
        self.become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        os.chmod(self.folder, 0o755)
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

    def run(self, program, *arguments, cwd="/", text=None):
        return subprocess.run(self.become + [os.path.join(BIN, program), *arguments], check=True, input=text, stdout=subprocess.PIPE,
                              cwd=cwd, text=True).stdout

    def query(self, text, *arguments):
        return self.run("psql", "-X", "-q", "-t", "-A", "-h", self.folder, "-d", "bench", *arguments, "-c", text)

    def reconcile(self, flat, as_of):
        """Seconds of one whole run in a fresh database, by stage."""
        connect = ["-X", "-q", "-h", self.folder, "-d"]
        self.run("psql", *connect, "postgres", "-c", "SET client_min_messages = warning", "-c", "DROP DATABASE IF EXISTS bench", "-c",
                 "CREATE DATABASE bench", "-c", "CHECKPOINT")
        output = self.run("psql", *connect, "bench", "-t", "-A", cwd=flat, text=script(as_of))
        at = [(stage, float(when)) for stage, when in re.findall(r"^@(\w+) ([\d.]+)$", output, re.M)]
        return {stage: later - when for (stage, when), (_, later) in zip(at, at[1:])}

    def counts(self):
        return json.loads(self.query("SELECT json_object_agg(control, n ORDER BY control) FROM "
                                     "(SELECT control, count(*) AS n FROM finding GROUP BY control) AS f"))

    def found(self):
        """Lines of control, subject, object."""
        return self.query("SELECT control, subject, coalesce(object, '') FROM finding", "-F", "\t")


def main():
    with Server() as server:
        seconds = server.reconcile(sys.argv[1], reconcile.seconds(sys.argv[2]))
        print(json.dumps({"counts": server.counts(), "seconds": seconds}))
        if len(sys.argv) > 3:
            with open(sys.argv[3], "w", encoding="utf-8") as file:
                file.write(server.found())


if __name__ == "__main__":
    main()
