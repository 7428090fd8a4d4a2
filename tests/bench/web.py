"""Time on the server per page, with 50,000 open exceptions and 50 requests in flight, next to a static file of the same process.

    RIGHTFUL=build/service/rightful SOURCE_ROOT=. python3 tests/bench/web.py [REQUESTS]

The exceptions are copies of those of a small company, written into its ledger: what a page costs depends on their number, not on who they are about.
Loopback only; REQUESTS (default 2000) per page.
"""

import http.client
import os
import re
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "tests", "component"))
from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site  # noqa: E402
from web_under_test import Web, demo_section  # noqa: E402

N_EXCEPTIONS = 50000
IN_FLIGHT = 50
CONTROLS = ["dormant-account", "leaver-active", "excess-privilege", "group-without-owner", "account-flags-weak"]


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


def client(web, target, cookie, n, times):
    host, port = web.host.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    for _ in range(n):
        begun = time.perf_counter()
        connection.request("GET", target, headers={"Cookie": cookie})
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - begun)
        if response.status != 200:
            raise AssertionError(f"{target}: {response.status}")
    connection.close()


def measure(web, target, cookie, n_requests):
    """Milliseconds as a client sees them, sorted."""
    times = []
    threads = [threading.Thread(target=client, args=(web, target, cookie, n_requests // IN_FLIGHT, times)) for _ in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(1000 * one for one in times)


def main():
    n_requests = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    site = Site(SMALL_CONFIG + demo_section(), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR})
    try:
        assert site.run().code == 0
        multiply(os.path.join(site.folder, "ledger.db"))
        with Web(site, "--demo") as web:
            cookie = web.browser("admin").cookie
            static = re.search(r'href="(/assets/[^"]+)"', web.ask("GET", "/sign-in").text)[1]
            base = None
            print(f"{'page':42} {'p50 ms':>8} {'p99 ms':>8} {'x static':>9}")
            for target in (static, "/", "/exceptions", "/exceptions?severity=high&page=20", "/exceptions?page=900", "/exceptions?q=4711",
                           "/exceptions/EX-000001", "/me", "/runs", "/controls"):
                measure(web, target, cookie, IN_FLIGHT * 4)
                times = measure(web, target, cookie, n_requests)
                median, worst = times[len(times) // 2], times[len(times) * 99 // 100]
                base = base or worst
                print(f"{target.split('.')[0] if target == static else target:42} {median:8.1f} {worst:8.1f} {worst / base:9.1f}", flush=True)
    finally:
        site.close()


if __name__ == "__main__":
    main()
