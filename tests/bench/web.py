#!/usr/bin/env python3
"""Time on the server per page, with 50,000 open exceptions, 365 runs and 50 requests in flight, next to a static file of the same process.

    RIGHTFUL=build/service/rightful SOURCE_ROOT=. tests/bench/web.py [--seconds 5] [--postgres] [--page /exceptions …]

The load is wrk's (one thread, 50 connections that are kept, as browsers do): it needs a twentieth of what the server does, so the two processors are the
server's. Milliseconds are those from the first byte of a request to the last of its answer; "CPU" is what the process of the server needed for one
answer, which other work on the machine hardly moves, "client" what wrk needed for it. The exceptions are copies of those of a small company, written into its
ledger: what a page costs depends on their number, not on who they are about. # in a page is another number in each request: another page,
another search, another exception. --postgres serves a copy of that ledger in a private PostgreSQL
without fsync, whose own CPU is not counted. Loopback only.
"""

import argparse
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "tests", "component"))
from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site  # noqa: E402
from web_under_test import Web, demo_section  # noqa: E402

N_EXCEPTIONS, N_NIGHTS = 50000, 365
IN_FLIGHT = 50
GOAL_MS = 50
CONTROLS = ["dormant-account", "leaver-active", "excess-privilege", "group-without-owner", "account-flags-weak"]
PAGES = ["/", "/exceptions", "/exceptions?severity=high&page=20", "/exceptions?page=#", "/exceptions?q=#", "/exceptions?q=account04&page=3",
         "/exceptions?sort=due&page=#", "/exceptions/EX-#", "/me", "/runs", "/runs/1", "/controls", "/reviews", "/leavers", "/tasks"]


def multiply(path):
    """50,000 exceptions out of the first."""
    with sqlite3.connect(path) as ledger:
        columns = [row[1] for row in ledger.execute("PRAGMA table_info(exception)")]
        texts = [row[1] for row in ledger.execute("PRAGMA table_info(exception_text)")]
        first = dict(zip(columns, ledger.execute("SELECT * FROM exception WHERE status = 'open' ORDER BY id LIMIT 1").fetchone()))
        words = dict(zip(texts, ledger.execute("SELECT * FROM exception_text WHERE exception = ?", [first["id"]]).fetchone()))
        newest = ledger.execute("SELECT max(id) FROM exception").fetchone()[0]
        rows, lines = [], []
        for i in range(N_EXCEPTIONS):
            number = newest + 1 + i
            rows.append([{**first, "id": number, "identity": number.to_bytes(32, "big"), "control": CONTROLS[i % len(CONTROLS)], "severity": i % 4,
                          "subject_name": f"account{i * 7919 % N_EXCEPTIONS:06d}"}[column] for column in columns])
            lines.append([{**words, "exception": number}[column] for column in texts])
        ledger.executemany(f"INSERT INTO exception VALUES ({', '.join('?' * len(columns))})", rows)
        ledger.executemany(f"INSERT INTO exception_text VALUES ({', '.join('?' * len(texts))})", lines)


def add_nights(path):
    """The first run again and again, as quiet nights are."""
    with sqlite3.connect(path) as ledger:
        columns = [row[1] for row in ledger.execute("PRAGMA table_info(run)")]
        first = dict(zip(columns, ledger.execute("SELECT * FROM run WHERE id = 1").fetchone()))
        sources = ledger.execute("SELECT * FROM run_source WHERE run = 1").fetchall()
        for i in range(1, N_NIGHTS):
            ledger.execute(f"INSERT INTO run VALUES ({', '.join('?' * len(columns))})",
                           [{**first, "id": i + 1, "as_of": first["as_of"] + i * 86400}[column] for column in columns])
            for source in sources:
                ledger.execute(f"INSERT INTO run_source VALUES ({', '.join('?' * len(source))})", [i + 1, *source[1:]])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def own_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Load:
    """50 requests in flight for some seconds: times, and CPU of both sides for one answer, in milliseconds."""

    def __init__(self, web, target, cookie, seconds, is_measured=True):
        before, own_before = cpu_seconds(web.process.pid), own_cpu()
        process = subprocess.run(["wrk", "-t1", f"-c{IN_FLIGHT}", f"-d{seconds}s", "--timeout", "30s", "-s", os.path.join(HERE, "wrk.lua"),
                                  "-H", f"Cookie: {cookie}", web.origin, "--", target], capture_output=True, text=True, check=True)
        found = re.search(r"^measured (\d+) (\d+) (\d+) (\d+)$", process.stdout, re.M)
        self.n, failed = int(found[1]), int(found[2])
        if is_measured and (failed or not self.n):
            sys.exit(f"{target}: {failed} of {self.n} requests failed\n{process.stdout}")
        self.n = max(self.n, 1)
        self.median, self.worst = int(found[3]) / 1000, int(found[4]) / 1000
        self.cpu = 1000 * (cpu_seconds(web.process.pid) - before) / self.n
        self.client = 1000 * (own_cpu() - own_before) / self.n


def measure(web, pages, seconds):
    cookie = web.browser("admin").cookie
    static = re.search(r'href="(/assets/[^"]+)"', web.ask("GET", "/sign-in").text)[1]
    base, missed = None, []
    print(f"{'page':38} {'per second':>10} {'p50 ms':>8} {'p99 ms':>8} {'x static':>9} {'CPU ms':>8} {'client':>7}")
    for target in [static, *pages]:
        Load(web, target, cookie, 1, is_measured=False)  # fills what is kept; the first answers take as long as they take
        load = Load(web, target, cookie, seconds)
        base = base or load.worst
        name = "a static file" if target == static else target
        missed += [name] if load.worst > GOAL_MS else []
        print(f"{name:38} {load.n / seconds:10.0f} {load.median:8.1f} {load.worst:8.1f} {load.worst / base:9.1f} {load.cpu:8.3f} {load.client:7.3f}",
              flush=True)
    return missed


def in_postgres(site, serve):
    """The same ledger in a private PostgreSQL."""
    from postgresql import Server

    server = Server()
    try:
        url = f"postgresql://postgres@/postgres?host={server.folder}&port={server.port}"
        copied = site.rightful("store", "copy", url)
        assert copied.code == 0, copied.err
        site.write("rightful.conf", site.read("rightful.conf").replace("sqlite:ledger.db", url))
        return serve()
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of each page")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--page", nargs="*", default=PAGES)
    parser.add_argument("--gate", action="store_true", help=f"exit 1 when a page has a 99th percentile over {GOAL_MS} ms")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("this needs wrk: scripts/packages/install bench")
    site = Site(SMALL_CONFIG + demo_section(), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
    try:
        assert site.run().code == 0
        multiply(os.path.join(site.folder, "ledger.db"))
        add_nights(os.path.join(site.folder, "ledger.db"))

        def serve():
            with Web(site, "--demo") as web:
                return measure(web, options.page, options.seconds)

        missed = in_postgres(site, serve) if options.postgres else serve()
        print(f"over {GOAL_MS} ms: {', '.join(missed) or 'none'}")
        return 1 if options.gate and missed else 0
    finally:
        site.close()


if __name__ == "__main__":
    sys.exit(main())
