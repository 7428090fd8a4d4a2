"""A directory of a thousand entries behind a proxy that breaks it, and what must not change when it does.

docs/completeness.md says in words what the tests on this show. Two ways to drive the product: the command line where the
ledger is looked at, and one process that pulls again and again (pull_loop.c) where every single place is tried.
"""

import calendar
import json
import os
import sqlite3
import subprocess
import tempfile
import time

import fault_proxy as faults
from fault_proxy import FaultProxy
from site_under_test import Site, SiteTest, small_account
from test_slapd import Slapd

PULL_LOOP = os.environ["PULL_LOOP"]
SUFFIX = "dc=example,dc=com"
BIND_REQUEST = 0x60
LATER = "2026-03-17T06:00:00Z"
N_PEOPLE, N_HIDDEN = 500, 496  # and four groups: a thousand entries
N_ENTRIES = N_PEOPLE + N_HIDDEN + 4
PAGE_SIZE, N_PAGES = 100, 10
ENTRY_UUID = "00000000-0000-4000-8000-2000000000{:02d}"
DIRECTORY_CONFIG = """
organisation: {{ name = "Large"; timezone = "Europe/Berlin"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: (
  {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{url}"; base = ["{base}"];
    bind_dn = "cn={reader},o=readers"; password_file = "{password}"; allow_plaintext_bind = true;
    tls_ca_file = "{ca}"; page_size = {page_size}; timeout_seconds = {timeout}; deadline_seconds = {deadline}; {more} }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }}
);
privileged = [ "admins" ];
"""


def container(name):
    return f"dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n"


def group(number, name, members):
    lines = "".join(f"member: {member}\n" for member in members)
    return (f"dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n"
            f"entryUUID: {ENTRY_UUID.format(number)}\n{lines}")


def person_dn(i):
    return f"uid=p{i},ou={'people' if i < N_PEOPLE else 'hidden'},{SUFFIX}"


def account(i):
    return small_account(f"p{i}", f"{20000 + i}").replace("ou=people,dc=example,dc=com", person_dn(i).split(",", 1)[1])


def thousand_entries():
    """Containers are no entries of a pull: the filter leaves them out."""
    n = N_PEOPLE + N_HIDDEN
    parts = [f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
             container("people"), container("hidden"), container("groups")]
    parts += [account(i) for i in range(n)]
    parts += [group(1, "admins", [person_dn(i) for i in (1, 2, 3, 700)]),
              group(2, "staff", [person_dn(i) for i in range(0, n, 20)]),
              group(3, "first", [person_dn(i) for i in range(30)]),
              group(4, "second", [person_dn(i) for i in range(n - 30, n)])]
    return "\n".join(parts)


def roster(n=N_PEOPLE + N_HIDDEN):
    """Seven have left, the last twelve are in no roster: leavers and orphans all over the pages."""
    rows = ["id,name,email,status,last_working_day,recorded_at"]
    for i in range(n - 12):
        left = i in (0, 99, 100, 101, 555, 700, 900)
        rows.append(f"{20000 + i},Person {i},p{i}@example.com,{'left' if left else 'active'},"
                    f"{'2026-03-05' if left else ''},2026-03-16T20:00:00Z")
    return "\n".join(rows) + "\n"


# Judged whatever becomes of the directory: a run sees them again.
ON_ROSTERS_ALONE = ("leaver-recorded-late", "contractor-without-end")


def is_about_a_source(exception):
    return exception["control"].startswith("source-")


class Ledger:
    """Everything that must not change when a source was not whole; exceptions about sources are the exception."""

    tables = {
        "exception": "SELECT * FROM exception WHERE control NOT LIKE 'source-%' ORDER BY id",
        "text": "SELECT t.* FROM exception_text t JOIN exception e ON e.id = t.exception "
                "WHERE e.control NOT LIKE 'source-%' ORDER BY t.exception",
        "history": "SELECT h.* FROM exception_history h JOIN exception e ON 'EX-' || printf('%06d', e.id) = h.exception "
                   "OR e.id = h.exception WHERE e.control NOT LIKE 'source-%' ORDER BY h.id",
        "good": "SELECT * FROM source_good WHERE source = '{source}'",
        "dimension": "SELECT * FROM dimension WHERE source = '{source}' ORDER BY run, name",
        "watched": "SELECT * FROM watched WHERE source = '{source}' ORDER BY name",
        "governed": "SELECT * FROM governed_seen ORDER BY source, group_key",
    }

    def __init__(self, site, source="corp"):
        self.seen = [exception for exception in site.ledger()
                     if not is_about_a_source(exception) and exception["control"] not in ON_ROSTERS_ALONE]
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as store:
            self.rows = {name: store.execute(sql.format(source=source)).fetchall() for name, sql in self.tables.items()}
        store.close()


class Loop:
    """pull_loop.c on a site."""

    def __init__(self, site, as_of=LATER, looks_for_leaks=True):
        seconds = str(calendar.timegm(time.strptime(as_of, "%Y-%m-%dT%H:%M:%SZ")))
        self.errors = tempfile.TemporaryFile()
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":malloc_context_size=3"}
        if not looks_for_leaks:
            environment["ASAN_OPTIONS"] += ":detect_leaks=0"
        self.process = subprocess.Popen([PULL_LOOP, site.config, seconds], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env=environment)

    def pull(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise AssertionError(f"pull_loop died: {self.errors.read().decode()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        code = self.process.wait(60)
        self.errors.seek(0)
        said = self.errors.read().decode()
        self.errors.close()
        if code != 0 or "Sanitizer" in said:
            raise AssertionError(f"pull_loop ended with {code}: {said}")


class FaultTest(SiteTest):
    """One slapd with a thousand entries for the whole class; a proxy before it, and a site with an applied run, for each test."""

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as ldif:
            ldif.write(thousand_entries())
            ldif.flush()
            cls.slapd = Slapd(ldif.name)

    @classmethod
    def tearDownClass(cls):
        cls.slapd.stop()

    def setUp(self):
        self.proxy = self.proxy_of(self.slapd)

    def proxy_of(self, slapd):
        host, port = slapd["LDAP_URL"].removeprefix("ldap://").split(":")
        proxy = FaultProxy(host, int(port))
        self.addCleanup(proxy.close)
        return proxy

    def config(self, **changes):
        values = {"url": self.proxy.url, "base": SUFFIX, "reader": "reader", "more": "", "timeout": 20, "deadline": 40, "page_size": PAGE_SIZE,
                  "password": self.slapd["PASSWORD_FILE"],
                  # Not used on ldap://, but the system's certificates take longer to load than all entries.
                  "ca": self.slapd["CA_FILE"], **changes}
        return DIRECTORY_CONFIG.format(**values)

    def site(self, config=None):
        site = self.open(Site(config or self.config(), {"hr.csv": roster()}))
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len([e for e in site.exceptions() if e["control"] == "leaver-active"]), 7)
        self.assertEqual(len([e for e in site.exceptions() if e["control"] == "orphaned-account"]), 12)
        return site

    def loop(self, site, **options):
        loop = Loop(site, **options)
        self.addCleanup(loop.close)
        return loop

    def whole_pull(self, loop):
        """A pull without a fault, as the measure of the others: its messages are counted, not assumed."""
        self.proxy.fault = faults.Fault()
        self.assertEqual(loop.pull()["corp"], ["complete", ""])
        self.assertEqual(self.proxy.fault.n_entries, N_ENTRIES)
        self.assertEqual(max(self.proxy.fault.pages), N_PAGES)
        return self.proxy.fault

    def assert_unused(self, answer, place):
        """Incomplete with a sentence, and nothing of the directory is in what the controls would see."""
        status, reason = answer["corp"]
        self.assertEqual(status, "incomplete", place)
        self.assertGreater(len(reason), 40, place)
        self.assertEqual((answer["accounts"], answer["groups"], answer["hr"][0]), (0, 0, "complete"), place)
        return reason

    def assert_left_alone(self, site, fault, *words):
        """A run on the command line with this fault: exit 3, the reason says the words, the ledger is as it was."""
        before = Ledger(site)
        self.proxy.fault = fault
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err)
        corp = result.json["run"]["sources"][0]
        self.assertEqual(corp["status"], "incomplete")
        for word in words:
            self.assertIn(word, corp["reason"])
        after = Ledger(site)
        self.assertEqual(after.seen, before.seen)
        self.assertEqual(after.rows, before.rows)
        self.assertIn("source-incomplete\tcorp", site.found())
        return corp["reason"]

    def assert_nothing_happened(self, site):
        """After all the faults a whole pull finds exactly what was there before."""
        self.proxy.fault = faults.Fault()
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.json["counts"]["new"], 0)
        self.assertEqual([line for line in site.found() if line.startswith("source-incomplete")], [])
