"""A query in PostgreSQL as a source: the same people as from CSV, and every way to fail is an incomplete source."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
import unittest

import postgresql
from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest, small_site

CSV_SOURCE = '{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }'
PEOPLE = """
CREATE TABLE people (id text, full_name text, email text, is_active boolean, status text, last_working_day date, recorded_at timestamptz,
                     salary int);
INSERT INTO people VALUES
 ('00123', 'Lena Wong', 'lena@example.com', false, 'left', '2026-03-05', '2026-03-16T20:00:00Z', 1),
 ('00124', 'Jonas Meier', 'jonas@example.com', true, 'active', NULL, '2026-03-16T21:00:00+01', 2),
 ('00125', 'Ana Lima', 'ana@example.com', true, 'active', NULL, '2026-03-16T20:00:00Z', 3);
GRANT SELECT ON people TO reader, plain;
CREATE TABLE written (n int);
GRANT ALL ON written TO reader;
CREATE FUNCTION write() RETURNS text LANGUAGE sql AS $$ INSERT INTO written VALUES (1) RETURNING 'x' $$;
"""
QUERY = "SELECT id, full_name, email, status, last_working_day, recorded_at FROM people"
COLUMNS = 'columns = { name = "full_name"; };'


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Postgres(SiteTest):
    @classmethod
    def setUpClass(cls):
        if postgresql.BIN is None:
            if os.environ.get("FAIL_WITHOUT_SERVERS"):
                raise AssertionError("PostgreSQL is not installed")
            sys.exit(77)
        cls.server = postgresql.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.sql(PEOPLE)

    def site(self, conninfo, query=QUERY, extra=COLUMNS):
        source = (f'{{ name = "hr"; kind = "postgres"; provides = "people"; conninfo = {quoted(conninfo)}; '
                  f'query = {quoted(query)}; {extra} }}')
        site = self.open(Site(SMALL_CONFIG.replace(CSV_SOURCE, source), {"corp.ldif": SMALL_LDIF}))
        password = site.write("hr-password", "secret\n")
        os.chmod(password, 0o600)
        return site

    def source(self, result):
        return [source for source in result.json["run"]["sources"] if source["name"] == "hr"][0]

    def whole(self, site, **options):
        result = site.run(**options)
        self.assertEqual(result.code, 0, result.err + result.out)
        return self.source(result)

    def refused(self, site, *words, env=None):
        options = {"env": {**os.environ, **env}} if env else {}
        result = site.rightful("run", "--json", "--as-of", site.as_of, **options)
        self.assertEqual(result.code, 3, result.err + result.out)
        source = self.source(result)
        self.assertEqual(source["status"], "incomplete")
        for word in words:
            self.assertIn(word, source["reason"])
        self.assertNotIn("secret", result.err + result.out)
        return source["reason"]

    # ---- what is read ----

    def test_the_same_people_as_from_csv(self):
        csv = self.open(small_site())
        self.assertEqual(csv.run().code, 0)
        site = self.site(self.server.socket)
        source = self.whole(site)
        self.assertEqual(site.found(), csv.found())
        self.assertEqual(source["counts"]["people"], 3)
        self.assertRegex(source["digest"], "^sha256:[0-9a-f]{64}$")

    def test_over_tls_with_a_password(self):
        extra = COLUMNS + f' password_file = "hr-password"; tls_ca_file = "{self.server.ca}";'
        self.assertEqual(self.whole(self.site(self.server.tcp, extra=extra))["status"], "complete")

    def test_proof_says_server_user_query_and_encryption(self):
        site = self.site(self.server.tcp, extra=COLUMNS + ' password_file = "hr-password";')
        self.assertEqual(site.run().code, 0)
        proof = site.rightful("run-show", "1").out
        for word in ("PostgreSQL 1", "bind=reader", "tls=TLSv1", "query=sha256:", "read only"):
            self.assertIn(word, proof)

    def test_service_and_passfile_of_libpq(self):
        site = self.site("service=cmdb")
        service = site.write("services", f"[cmdb]\nhost=127.0.0.1\nport={self.server.port}\ndbname=postgres\nuser=reader\n"
                             f"passfile={site.folder}/pass\n")
        os.chmod(site.write("pass", "*:*:*:*:secret\n"), 0o600)
        result = site.rightful("run", "--json", "--as-of", site.as_of, env={**os.environ, "PGSERVICEFILE": service})
        self.assertEqual(result.code, 0, result.err + result.out)

    def test_booleans_dates_and_times_whatever_the_role_prefers(self):
        self.server.sql("ALTER ROLE reader SET DateStyle = 'German'; ALTER ROLE reader SET TimeZone = 'Asia/Tokyo'")
        try:
            csv = self.open(small_site())
            csv.run()
            site = self.site(self.server.socket)
            self.whole(site)
            self.assertEqual(site.found(), csv.found())
        finally:
            self.server.sql("ALTER ROLE reader RESET ALL")
        accounts = ("SELECT * FROM (VALUES ('1', 'jmeier', true), ('2', 'alima', false)) AS a (id, name, enabled)")
        site = self.open(Site(SMALL_CONFIG.replace(CSV_SOURCE, CSV_SOURCE + f''', {{ name = "app"; kind = "postgres"; provides = "accounts";
            conninfo = {quoted(self.server.socket)}; query = {quoted(accounts)}; }}'''), {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}))
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        app = [source for source in result.json["run"]["sources"] if source["name"] == "app"][0]
        self.assertEqual((app["counts"]["accounts"], app["counts"]["enabled"]), (2, 1))

    def test_a_bad_cell_rejects_its_row_and_says_which(self):
        site = self.site(self.server.socket, "SELECT id, full_name, CASE id WHEN '00124' THEN 'soon' END AS last_working_day FROM people ORDER BY id")
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("query of hr, row 2: last_working_day", result.err)
        self.assertIn("source-rows-rejected", [e["control"] for e in site.exceptions()])

    def test_a_hundred_thousand_rows(self):
        site = self.site(self.server.socket, "SELECT to_char(n, 'FM000000') AS id, 'Person ' || n AS full_name FROM generate_series(1, 100000) n")
        self.assertEqual(self.whole(site)["counts"]["people"], 100000)

    # ---- what is refused ----

    def test_connection_refused(self):
        with socket.socket() as taken:  # bound, so that nobody else gets the port, and not listened at
            taken.bind(("127.0.0.1", 0))
            self.refused(self.site(f"host=127.0.0.1 port={taken.getsockname()[1]} user=reader dbname=postgres"), "onnection refused")

    def test_wrong_password_is_tried_once(self):
        site = self.site(self.server.tcp, extra=COLUMNS + ' password_file = "hr-password";')
        os.chmod(site.write("hr-password", "wrong\n"), 0o600)
        before = self.server.log_text().count("password authentication failed")
        self.refused(site, "authentication failed", "not tried again")
        self.assertEqual(self.server.log_text().count("password authentication failed"), before + 1)

    def test_no_password(self):
        self.refused(self.site(self.server.tcp), "password")

    def test_unknown_database(self):
        self.refused(self.site(self.server.socket.replace("dbname=postgres", "dbname=nothing")), "nothing", "not exist")

    def test_certificate_of_another_authority(self):
        extra = COLUMNS + f' password_file = "hr-password"; tls_ca_file = "{self.server.folder}/other.pem";'
        self.refused(self.site(self.server.tcp, extra=extra), "certificate")

    def test_certificate_of_another_host(self):
        extra = COLUMNS + f' password_file = "hr-password"; tls_ca_file = "{self.server.ca}";'
        self.refused(self.site(self.server.tcp.replace("host=localhost", "host=db.example.com"), extra=extra), "db.example.com")

    def test_no_tls_no_password_sent(self):
        before = self.server.log_text().count("authentication failed")
        conninfo = self.server.tcp.replace("user=reader", "user=plain")
        self.server.sql("ALTER SYSTEM SET ssl = off")
        self.server.sql("SELECT pg_reload_conf()")
        try:
            self.until_ssl_is("off")
            extra = COLUMNS + ' password_file = "hr-password";'
            self.refused(self.site(conninfo, extra=extra), "SSL")
            for mode in ("disable", "prefer"):
                self.refused(self.site(conninfo, extra=extra), "SSL", env={"PGSSLMODE": mode})
            self.assertEqual(self.server.log_text().count("authentication failed"), before)
            self.whole(self.site(conninfo, extra=extra + " allow_plaintext = true;"))
        finally:
            self.server.sql("ALTER SYSTEM RESET ssl")
            self.server.sql("SELECT pg_reload_conf()")
            self.until_ssl_is("on")

    def until_ssl_is(self, wanted):
        deadline = time.monotonic() + 60
        while self.server.sql("SHOW ssl").strip() != wanted:
            self.assertLess(time.monotonic(), deadline)

    def test_error_in_the_query_says_where(self):
        self.refused(self.site(self.server.socket, "SELECT id, nme FROM people"), "nme", "at character 12", "42703")

    def test_no_right_to_read(self):
        self.refused(self.site(self.server.socket, "SELECT 1 AS id, passwd AS full_name FROM pg_shadow"), "permission denied")

    def test_time_limit_of_the_query(self):
        begin = time.monotonic()
        self.refused(self.site(self.server.socket, "SELECT '1' AS id, 'x' AS full_name, pg_sleep(60)", COLUMNS + " timeout_seconds = 1;"),
                     "statement timeout", "timeout_seconds")
        self.assertLess(time.monotonic() - begin, 50)  # pg_sleep(60)

    def test_hard_deadline(self):
        begin = time.monotonic()
        self.refused(self.site(self.server.socket, "SELECT n::text AS id, 'x' AS full_name, pg_sleep(0.1) FROM generate_series(1, 1000) n",
                               COLUMNS + " deadline_seconds = 1;"), "deadline_seconds")
        self.assertLess(time.monotonic() - begin, 80)  # the query takes 100

    def test_server_that_accepts_and_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            begin = time.monotonic()
            port = silent.getsockname()[1]
            self.refused(self.site(f"host=127.0.0.1 port={port} user=reader dbname=x", extra=COLUMNS + " timeout_seconds = 1;"), "said nothing")
            self.assertLess(time.monotonic() - begin, 60)

    def test_connection_lost_in_the_middle_of_the_rows(self):
        def terminate():
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if self.server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rightful' "
                                   "AND state = 'active' AND query LIKE '%mid_stream%' AND now() - query_start > interval '1 s'").strip() != "0":
                    return
        thread = threading.Thread(target=terminate)
        thread.start()
        query = ("SELECT n::text AS id, repeat('x', 8192) AS full_name, CASE WHEN n > 900 THEN pg_sleep(0.1) END AS mid_stream "
                 "FROM generate_series(1, 1000) n")
        reason = self.refused(self.site(self.server.socket, query), "lost")
        thread.join()
        self.assertTrue(re.search(r"after \d+ rows", reason), reason)

    def test_what_is_no_select(self):
        for query, words in (("CREATE TABLE x (n int)", ["read-only transaction"]), ("INSERT INTO written VALUES (1)", ["read-only transaction"]),
                             ("SELECT write() AS id, 'x' AS full_name", ["read-only transaction"]), ("SELECT FROM people", ["no columns"]),
                             ("COMMIT", ["no SELECT"]), ("COMMIT; DELETE FROM written", ["multiple commands"]), (" ", ["empty"]),
                             ("SELECT 1 AS id WHERE false", ["full_name"]), (QUERY + " WHERE false", ["empty table"]),
                             ("SELECT id, full_name, full_name FROM people", ["full_name", "2 columns"])):
            with self.subTest(query):
                self.refused(self.site(self.server.socket, query), *words)
        self.assertEqual(self.server.sql("SELECT count(*) FROM written").strip(), "0")

    def test_text_that_is_not_utf8(self):
        self.server.sql("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        conninfo = self.server.socket.replace("dbname=postgres", "dbname=ascii")
        self.refused(self.site(conninfo, r"SELECT '1' AS id, E'Bj\xf6rn' AS full_name"), "UTF")

    def test_a_failed_pull_leaves_the_ledger_alone(self):
        site = self.site(self.server.socket)
        self.whole(site)

        def ledger():
            """What was judged again, by the new configuration, is still the same exception."""
            return [(e["id"], e["status"], e["summary"], e["evidence"]) for e in site.ledger() if not e["control"].startswith("source-")]
        before = ledger()
        site.write("rightful.conf", site.read("rightful.conf").replace("FROM people", "FROM peple"))
        result = site.run(as_of="2026-03-17T06:00:00Z")
        self.assertEqual(result.code, 3)
        self.assertEqual(ledger(), before)

    # ---- the configuration ----

    def test_configuration_that_is_refused(self):
        for conninfo, words in (("host=db password=secret", ["holds a password", "password_file"]),
                                ("postgresql://reader:secret@db/x", ["holds a password"]),
                                ("host=db sslmode=prefer", ["sslmode=prefer", "allow_plaintext"]),
                                ("host=db colour=blue", ["colour"])):
            with self.subTest(conninfo):
                result = self.site(conninfo).run()
                self.assertEqual(result.code, 78, result.err)
                for word in ["rightful.conf:", *words]:
                    self.assertIn(word, result.err)
                self.assertNotIn("secret", result.err)

    def test_check(self):
        site = self.site(self.server.tcp, extra=COLUMNS + f' password_file = "hr-password"; tls_ca_file = "{self.server.ca}";')
        shown = site.rightful("check").out
        for word in ("PostgreSQL 1", "as reader", "certificate verified", "read-only", 'name is read from column "full_name"'):
            self.assertIn(word, shown)
        site = self.site(self.server.tcp, "SELECT id FROM people", extra=COLUMNS + ' password_file = "hr-password";')
        result = site.rightful("check")
        self.assertEqual(result.code, 1, result.out)
        self.assertIn('there is no column "full_name"', result.out)
        self.assertIn("tls_ca_file", result.out)


if __name__ == "__main__":
    unittest.main()
