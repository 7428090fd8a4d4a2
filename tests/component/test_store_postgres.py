"""The ledger in a real PostgreSQL: the same answers as in SQLite, one run at a time, no plaintext to another machine."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import postgresql
from site_under_test import RIGHTFUL, SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest, demo_site

SQLITE = re.compile(r'url = "sqlite:[^"]*"')
SECOND_DAY = "2026-03-18T04:00:00Z"
THIRD_DAY = "2026-03-19T04:00:00Z"


def comparable(text):
    """Of two runs at different times, from two configurations that differ in store.url."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    return re.sub(r'("(?:started|finished)": )"[^"]*"', r"\1…", text)


def many(n):
    """People, so that a run takes a while."""
    return "".join(f"9{i:06d},Extra {i},,active,,2026-03-16T20:00:00Z\n" for i in range(n))


class Store(SiteTest):
    @classmethod
    def setUpClass(cls):
        if postgresql.BIN is None:
            if os.environ.get("FAIL_WITHOUT_SERVERS"):
                raise AssertionError("PostgreSQL is not installed")
            sys.exit(77)
        cls.server = postgresql.Server()
        cls.addClassCleanup(cls.server.close)
        cls.n_schemas = 0
        cls.server.sql("CREATE ROLE keeper LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE postgres TO keeper")

    def url(self, host=None, options="", user="keeper"):
        """A new, empty schema, as a libpq URI."""
        type(self).n_schemas += 1
        schema = f"ledger{self.n_schemas}"
        self.server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION keeper")
        where = host or f"/postgres?host={self.server.folder}&port={self.server.port}"
        return f"postgresql://{user}@{where}{'&' if '?' in where else '?'}options=-csearch_path%3D{schema}{options}"

    def keep_in(self, site, url):
        config = site.read("rightful.conf")
        self.assertRegex(config, SQLITE)
        site.write("rightful.conf", SQLITE.sub(lambda _: f'url = "{url}"', config))
        return self.open(site)

    def small(self, url):
        return self.keep_in(Site(SMALL_CONFIG, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}), url)


class Same(Store):
    def test_the_demo_company_is_the_same_in_both_stores(self):
        sites = [self.open(demo_site()), self.keep_in(demo_site(), self.url())]
        told, now = [], int(time.time())
        for site in sites:
            lines = []
            for as_of in (site.as_of, SECOND_DAY, THIRD_DAY):
                for name in os.listdir(site.folder):
                    if name.endswith((".csv", ".ldif")):
                        os.utime(os.path.join(site.folder, name), (now, now))
                lines.append(comparable(site.run(as_of=as_of).out))
                for options in ([], ["--status", "all"], ["--new"]):
                    lines.append(comparable(site.rightful("exceptions", "--json", *options).out))
            for command in (["exception", "comment", "EX-000001", "asked her manager"], ["exception", "assign", "EX-000002", "li"]):
                self.assertEqual(site.rightful(*command).code, 0)
            for command in (["exception", "show", "EX-000002"], ["exception", "show", "EX-000007"], ["controls"],
                            ["diff", "1", "2"], ["exceptions", "--person", "00133"]):
                history = re.compile(r'"at": "[^"]*"')
                lines.append(history.sub("", comparable(site.rightful(*command, "--json").out)))
            told.append([line.replace(site.folder, "FOLDER") for line in lines])
        for sqlite, postgres in zip(*told):
            self.assertEqual(sqlite, postgres)

    def test_a_copy_is_the_same_there_and_back(self):
        site = self.open(demo_site())
        site.run()
        site.run(as_of=SECOND_DAY)
        before = site.ledger()
        there = self.url()
        digest = site.rightful("store", "copy", there, "--json").json["store"][0]["digest"]
        known = self.server.sql(f"SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'ledger{self.n_schemas}'")
        self.assertIn("exception", known.split(), "a copy has the statistics that plans are made of")
        refused = site.rightful("store", "copy", there)
        self.assertEqual(refused.code, 1)
        self.assertIn("there is something already", refused.err)
        site.write("rightful.conf", SQLITE.sub(lambda _: f'url = "{there}"', site.read("rightful.conf")))
        moved = site.ledger()
        back = site.rightful("store", "copy", "sqlite:back.db", "--json").json["store"][0]["digest"]
        self.assertEqual(digest, back)
        self.assertEqual(before, moved)
        counts = site.run(as_of=SECOND_DAY).json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))

    def test_a_copy_takes_no_password_in_an_argument(self):
        site = self.open(demo_site())
        site.run()
        result = site.rightful("store", "copy", "postgresql://me:geheim@db/x")
        self.assertEqual(result.code, 2)
        self.assertNotIn("geheim", result.err + result.out)


class Alone(Store):
    def urls(self):
        return {"SQLite": "sqlite:ledger.db", "PostgreSQL": self.url()}

    def test_of_sixteen_runs_at_once_one_proceeds(self):
        for name, url in self.urls().items():
            with self.subTest(name):
                site = self.small(url)
                site.write("hr.csv", SMALL_HR + many(200000))  # whoever has the lock reads for a while
                runs = [subprocess.Popen([RIGHTFUL, "--config", site.config, "run", "--as-of", site.as_of], cwd=site.folder,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                        for _ in range(16)]
                self.stop_first_until_the_others_end(runs)
                ends = [(run.communicate(timeout=300)[1], run.returncode) for run in runs]
                codes = sorted(code for _, code in ends)
                self.assertEqual(codes, [0] + [5] * 15, ends)
                for said, code in ends:
                    if code == 5:
                        self.assertIn("another run is going on", said)
                        self.assertIn("Nothing was changed", said)
                self.assertEqual(len(site.rightful("runs", "--json").json["runs"]), 1)

    def is_reading(self, run, name):
        try:
            return any(os.path.basename(os.readlink(entry.path)) == name for entry in os.scandir(f"/proc/{run.pid}/fd"))
        except OSError:  # it has ended, or closed one meanwhile
            return False

    def stop_first_until_the_others_end(self, runs):
        """Nobody is done before the last has looked at the lock, however slowly the others begin. Whoever has it is stopped while it reads a
        source: it holds no transaction there, for which others who bring the schema up to date would wait."""
        first, deadline = None, time.monotonic() + 60
        while first is None:
            self.assertLess(time.monotonic(), deadline)
            first = next((run for run in runs if self.is_reading(run, "hr.csv")), None)
        first.send_signal(signal.SIGSTOP)
        for run in runs:
            if run is not first:
                run.wait(timeout=300)  # a sentence fits into its pipe
        first.send_signal(signal.SIGCONT)

    def test_a_run_killed_at_any_instant_leaves_a_whole_ledger(self):
        site = self.small(self.url())
        site.run()
        n_runs, pause = 1, 0.0
        for _ in range(25):
            pause += 0.02
            with subprocess.Popen([RIGHTFUL, "--config", site.config, "run", "--as-of", site.as_of], cwd=site.folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
                time.sleep(pause)
                run.send_signal(signal.SIGKILL)
            runs = site.rightful("runs", "--json").json["runs"]
            self.assertIn(len(runs), (n_runs, n_runs + 1))
            n_runs = len(runs)
            self.assertEqual([line["counts"]["open"] for line in runs], [runs[0]["counts"]["open"]] * n_runs)
        deadline = time.monotonic() + 60
        while site.run().code == 5:
            self.assertLess(time.monotonic(), deadline)

    def test_a_holder_that_has_not_written_its_name_yet_is_waited_for(self):
        site = self.small(self.url())
        site.run()
        schema = f"ledger{self.n_schemas}"
        name = f"UPDATE {schema}.rightful_lock SET holder = 'process 7 of elsewhere', since = 1773723600, session = "
        with self.server.session(f"SELECT pg_backend_pid() FROM (SELECT pg_advisory_lock(1380533064, hashtext('{schema}'))) AS locked") as session:
            late = threading.Timer(0.5, lambda: self.server.sql(name + session))
            late.start()
            told = site.run()
            late.join()
            self.assertEqual(told.code, 5, told.err)
            self.assertIn("another run is going on: process 7 of elsewhere, since 2026-03-17T05:00:00Z. Nothing was changed", told.err)
            self.server.sql(name + "0")  # it never says who it is
            told = site.run()
            self.assertEqual(told.code, 5, told.err)
            self.assertIn("another run is going on: unknown holder", told.err)
        self.assertEqual(site.run().code, 0)

    def test_the_second_run_is_told_who_holds_the_lock(self):
        url = self.url()
        site = self.small(url)
        site.run()
        site.write("hr.csv", SMALL_HR + many(200000))
        for _ in range(20):  # whichever of two that begin at once has the lock: try until it is the first
            with subprocess.Popen([RIGHTFUL, "--config", site.config, "run", "--as-of", site.as_of], cwd=site.folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
                second = site.run()
                first.wait(timeout=120)
            if second.code == 5:
                break
        self.assertEqual(second.code, 5, second.err)
        self.assertIn(f"process {first.pid} of ", second.err)
        self.assertRegex(second.err, r"since 20\d\d-")


class Connecting(Store):
    def test_no_other_role_is_needed_than_the_owner_of_a_schema(self):
        site = self.small(self.url())
        self.assertEqual(site.run().code, 0)
        check = site.rightful("check", "--offline")
        self.assertIn("schema", check.out)

    def test_a_passfile_beside_the_configuration_and_a_service_file(self):
        url = self.url(host=f"localhost:{self.server.port}/postgres", options="&sslmode=verify-full&sslrootcert=ca.pem&passfile=pgpass")
        site = self.small(url)
        shutil.copy(self.server.ca, os.path.join(site.folder, "ca.pem"))
        os.chmod(site.write("pgpass", "localhost:*:*:keeper:secret\n"), 0o600)
        result = site.run()
        self.assertEqual(result.code, 0, result.err)

        services = site.write("services", f"[ledger]\nhost={self.server.folder}\nport={self.server.port}\ndbname=postgres\nuser=keeper\n"
                                          f"options=-csearch_path=ledger{self.n_schemas}\n")
        site.write("rightful.conf", re.sub(r'url = "postgresql:[^"]*"', 'url = "postgresql:///?service=ledger"', site.read("rightful.conf")))
        result = site.rightful("runs", "--json", env={**os.environ, "PGSERVICEFILE": services})
        self.assertEqual(len(result.json["runs"]), 1, result.err)

    def test_peer_authentication_asks_the_system_who_it_is(self):
        self.server.sql("CREATE ROLE peer_only LOGIN; GRANT keeper TO peer_only")
        site = self.small(self.url(user="peer_only"))
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("method=peer", self.server.log_text())
        self.server.write("pg_ident.conf", "here somebody-else peer_only\n")
        self.server.sql("SELECT pg_reload_conf()")
        result = self.refused(site)
        self.assertIn('Peer authentication failed for user "peer_only"', result.err)
        self.assertIn("Nothing was changed", result.err)

    def refused(self, site):
        """A run that fails; a server takes a moment to read its files again."""
        for _ in range(100):
            result = site.run()
            if result.code != 0:
                break
            time.sleep(0.05)
        self.assertEqual(result.code, 1)
        return result

    def test_a_password_is_never_shown(self):
        url = self.url(host=f"localhost:{self.server.port}/postgres", user="keeper:geheim")
        site = self.small(url)
        for command in (["run"], ["store", "info"], ["check"], ["exceptions"]):
            result = site.rightful(*command)
            self.assertNotIn("geheim", result.out + result.err)
        self.assertIn("keeper:***@", result.err)

    def test_a_database_that_is_not_there_is_a_sentence(self):
        site = self.small(f"postgresql://keeper@/nowhere?host={self.server.folder}&port={self.server.port}")
        result = site.run()
        self.assertEqual(result.code, 1)
        self.assertIn('database "nowhere" does not exist', result.err)
        self.assertIn("Nothing was changed", result.err)

    def test_a_role_that_may_not_write_is_told_so(self):
        url = self.url()
        site = self.small(url)
        site.run()
        self.server.sql(f"GRANT USAGE ON SCHEMA ledger{self.n_schemas} TO reader; "
                        f"GRANT SELECT ON ALL TABLES IN SCHEMA ledger{self.n_schemas} TO reader")
        site.write("rightful.conf", site.read("rightful.conf").replace("keeper@", "reader@"))
        self.assertEqual(len(site.rightful("runs", "--json").json["runs"]), 1)
        result = site.rightful("exception", "comment", "EX-000001", "text")
        self.assertEqual(result.code, 1)
        self.assertIn("not allowed", result.err)

    def test_the_environment_leads_nowhere_else(self):
        site = self.small(self.url())
        result = site.rightful("run", "--as-of", site.as_of,
                               env={**os.environ, "PGHOST": "elsewhere.invalid", "PGDATABASE": "other", "PGOPTIONS": "-cbogus=1"})
        self.assertEqual(result.code, 0, result.err)


class Plaintext(Store):
    """A server that has no TLS, under an address that is not loopback: it must hear nothing."""

    def setUp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address would be ours
                self.address = probe.getsockname()[0]
            except OSError:
                self.skipTest("this machine has no address but loopback")
        self.heard = bytearray()
        listener = socket.create_server((self.address, 0))
        self.port = listener.getsockname()[1]
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    try:
                        first = client.recv(1000)
                        if first == bytes([0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F]):  # SSLRequest: no
                            client.sendall(b"N")
                            first = client.recv(1000)
                        self.heard += first
                    except OSError:
                        pass
        threading.Thread(target=serve, daemon=True).start()

    def refused(self, options):
        site = self.small(f"postgresql://keeper@{self.address}:{self.port}/ledger{options}")
        result = site.run()
        self.assertEqual(result.code, 1, result.err)
        return result.err

    def test_nothing_is_said_without_tls(self):
        for options in ("", "?sslmode=require", "?sslmode=verify-full"):
            with self.subTest(options):
                self.assertIn("SSL", self.refused(options))
        for options in ("?sslmode=prefer", "?sslmode=allow"):
            with self.subTest(options):
                self.assertIn("verify-full", self.refused(options))
        self.assertEqual(self.heard, b"")

    def test_plaintext_is_spoken_when_the_url_says_so_by_name(self):
        self.refused("?sslmode=disable")
        self.assertIn(b"keeper", self.heard)


if __name__ == "__main__":
    unittest.main()
