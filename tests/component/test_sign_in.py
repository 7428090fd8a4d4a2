"""Signing in by the form: the worker asks a real slapd, and whatever is wrong looks the same from outside."""

import json
import os
import re
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

from site_under_test import Site, SiteTest
from test_slapd import SUFFIX, Slapd
from worker_under_test import Worker

PEOPLE = f"ou=people,{SUFFIX}"
OTHERS = f"ou=others,{SUFFIX}"
LOCKS_AFTER = 5  # of the directory


def account(name, person, *more, ou=PEOPLE):
    lines = "".join(line + "\n" for line in more)
    return (f"dn: uid={name},{ou}\nobjectClass: inetOrgPerson\n{lines}uid: {name}\ncn: {name}\nsn: {name}\n"
            f"employeeNumber: {person}\nuserPassword: right-{name}\n")


LDIF = "\n".join([
    f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
    f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n", f"dn: {OTHERS}\nobjectClass: organizationalUnit\nou: others\n",
    f"dn: cn=policy,{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\n"
    f"pwdLockout: TRUE\npwdMaxFailure: {LOCKS_AFTER}\n",
    account("lena", "1"), account("ole", "2"), account("gone", "3"), account("off", "1", "pwdAccountLockedTime: 000001010000Z"),
    account("over", "1", "objectClass: shadowAccount", "shadowExpire: 20000"), account("twice", "1"), account("twice", "2", ou=OTHERS),
    account("nobodys", "99"), account("victim", "2"), account("many", "2"), account("pa%ss", "2"), account("kürzel", "2"),
    f"dn: cn=admins,{SUFFIX}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=lena,{PEOPLE}\n",
    f"dn: cn=inner,{SUFFIX}\nobjectClass: groupOfNames\ncn: inner\nmember: uid=ole,{PEOPLE}\n",
    f"dn: cn=staff,{SUFFIX}\nobjectClass: groupOfNames\ncn: staff\nmember: cn=inner,{SUFFIX}\n"])
HR = "id,name,email,status,last_working_day\n1,Lena Wong,lena@example.com,active,\n2,Ole Berg,,active,\n3,Gerd Gone,,left,2026-03-05\n"


class SignIn(SiteTest):
    limits = ""

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".ldif", encoding="utf-8") as file:
            file.write(LDIF)
            file.flush()
            cls.slapd = Slapd(file.name, SLAPD_STRICT="yes", SLAPD_DATABASE=f'overlay ppolicy\nppolicy_default "cn=policy,{SUFFIX}"')
        cls.addClassCleanup(cls.slapd.stop)
        cls.site = cls.new_site(f'url = "{cls.slapd["LDAPS_URL"]}";')
        cls.addClassCleanup(cls.site.close)
        result = cls.site.rightful("run", "--json")
        assert result.code == 0, result.err + result.out
        cls.worker = Worker(cls.site)
        cls.addClassCleanup(cls.worker.stop)

    @classmethod
    def new_site(cls, connection):
        return Site(f"""
organisation: {{ name = "Live"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; {connection} base = ["{SUFFIX}"];
              bind_dn = "{cls.slapd["BIND_DN"]}"; password_file = "{cls.slapd["PASSWORD_FILE"]}"; tls_ca_file = "{cls.slapd["CA_FILE"]}";
              timeout_seconds = 5; }},
           {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
freshness: {{ people_days = 36500; }};
web: {{ sign_in = "corp"; roles: {{ admin = ["admins"]; hr = ["staff"]; }}; }};
worker: {{ socket = "worker.sock"; {cls.limits} }};
""", {"hr.csv": HR})

    def sign_in(self, user, password, address="192.0.2.1"):
        return self.worker.ask("sign-in", user=user, password=password, address=address)

    def audit(self, action):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db")) as ledger:
            rows = ledger.execute("SELECT detail FROM audit WHERE action = ? ORDER BY id", (action,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def last_reason(self):
        return self.audit("sign-in refused")[-1]["reason"]

    def binds_of(self, name):
        with open(self.slapd["SLAPD_LOG"], encoding="utf-8", errors="replace") as log:
            return sum(f'BIND dn="uid={name},' in line and "method=128" in line for line in log)


class Answers(SignIn):
    limits = "account_tries = 4; address_tries = 1000;"

    def test_the_right_password_says_who_it_is(self):
        who = self.sign_in("lena", "right-lena")["who"]
        self.assertEqual((who["user"], who["person"], who["roles"], who["usable"]),
                         ("lena", {"id": "1", "name": "Lena Wong", "email": "lena@example.com"}, ["admin"], True))
        self.assertEqual(who["account"]["dn"], f"uid=lena,{PEOPLE}")
        self.assertEqual(self.sign_in("LENA", "right-lena")["who"]["user"], "lena")
        self.assertEqual(self.sign_in("ole", "right-ole")["who"]["roles"], ["hr"])
        self.assertEqual(self.sign_in("nobodys", "right-nobodys")["who"]["person"], None)
        last = self.audit("signed in")[-1]
        self.assertEqual((last["login"], last["address"], last["source"]), ("nobodys", "192.0.2.1", "corp"))

    def test_percent_and_letters_beyond_ascii(self):
        for name in ("pa%ss", "kürzel"):
            self.assertEqual(self.sign_in(name, "right-" + name)["who"]["user"], name)

    # login, password, the true reason
    refused = [
        ("lena", "", "an empty password"), ("lena", "right-lena\0", "a NUL in the password"), ("lena", "x" * 2000, "more than 1024 bytes"),
        ("", "x", "no login name"), ("lena\0", "right-lena", "a NUL in the login name"), ("l" * 300, "x", "more than 256 bytes"),
        ("lena", "wrong", "Invalid credentials"), ("lena", "   ", "Invalid credentials"), ("ole", "pässwörd%s%n", "Invalid credentials"),
        ("nobody", "x", "no account"), ("*", "right-lena", "no account"), ("l*", "right-lena", "no account"),
        (")(uid=*", "x", "no account"), ("admin)(|(uid=*", "x", "no account"), (f"uid=lena,{PEOPLE}", "right-lena", "no account"),
        ("EXAMPLE\\lena", "right-lena", "no account"), ("lena ", "right-lena", "no account"), (" lena", "right-lena", "no account"),
        ("l\u0435na", "right-lena", "no account"), ("kurzel", "right-kürzel", "no account"), ("lena@example.com", "right-lena", "no account"),
        ("twice", "right-twice", "several accounts"), ("off", "right-off", "directory refused"), ("over", "right-over", "has expired"),
        ("gone", "right-gone", "the person has left")]

    def test_whatever_is_wrong_is_the_same_answer_after_the_same_time(self):
        for login, password, reason in self.refused:
            with self.subTest(login=login[:40], password=password[:20]):
                began = time.monotonic()
                self.assertEqual(self.sign_in(login, password, address="198.51.100.7"), {"who": None})
                took = time.monotonic() - began
                self.assertLess(abs(took - 1), 0.35, took)
                self.assertIn(reason, self.last_reason())
        self.assertNotIn("right-lena", json.dumps(self.audit("sign-in refused")))

    def test_an_empty_password_never_reaches_the_directory(self):
        before = self.binds_of("lena")
        for password in ("", "\0", "\0right-lena"):
            self.sign_in("lena", password)
        self.assertEqual(self.binds_of("lena"), before)

    def test_a_password_is_in_no_log_and_no_ledger(self):
        self.sign_in("lena", "right-lena")
        self.sign_in("ole", "Verkehrt-17")
        for name in os.listdir(self.site.folder):
            path = os.path.join(self.site.folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
                self.assertNotIn(b"right-lena", content, name)
                self.assertNotIn(b"Verkehrt-17", content, name)

    def test_nobody_signs_in_where_no_directory_is_named(self):
        site = self.open(Site(self.site.read("rightful.conf").replace('sign_in = "corp";', ""), {"hr.csv": HR}))
        with Worker(site) as worker:
            self.assertIn("names no directory", worker.ask("sign-in", user="lena", password="right-lena")["error"])

    def test_without_encryption_nothing_is_sent(self):
        site = self.open(self.new_site(f'url = "{self.slapd["LDAP_URL"]}";'))
        for line in ("bind_dn", "password_file"):  # the reader is let in without: only the sign-in would send a password
            site.write("rightful.conf", re.sub(line + r' = "[^"]*";', "", site.read("rightful.conf")))
        site.rightful("store", "migrate")
        before = self.binds_of("lena")
        with Worker(site) as worker:
            answer = worker.ask("sign-in", user="lena", password="right-lena", address="")
            self.assertTrue("error" in answer or answer == {"who": None}, answer)
        self.assertEqual(self.binds_of("lena"), before)


class BackOff(SignIn):
    limits = "account_tries = 3; address_tries = 10; wait_minutes = 30;"

    def test_a_guesser_stays_below_the_lock_out_of_the_directory(self):
        answers = []
        threads = [threading.Thread(target=lambda i=i: answers.append(self.sign_in("victim", f"guess {i}", address=f"203.0.113.{i}")))
                   for i in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [{"who": None}] * 40)
        self.assertEqual(self.binds_of("victim"), 3)
        rows = [row for row in self.audit("sign-in refused") if row["login"] == "victim"]
        throttled = [row["refused"] for row in rows if "refused" in row]
        self.assertEqual(throttled, [1, 2, 4, 8, 16, 32])
        self.assertEqual(len(rows), 3 + len(throttled))
        self.assertEqual(self.sign_in("victim", "right-victim", address=""), {"who": None}, "even the right one waits")

    def test_an_address_that_tries_many_accounts_is_slowed_down(self):
        for i in range(10):
            self.assertEqual(self.sign_in(f"unknown-{i}", "x", address="203.0.113.200"), {"who": None})
        self.assertEqual(self.sign_in("many", "right-many", address="203.0.113.200"), {"who": None})
        self.assertEqual(self.binds_of("many"), 0)
        self.assertEqual(self.sign_in("many", "right-many", address="203.0.113.201")["who"]["user"], "many")

    def test_who_knows_the_password_clears_what_failed(self):
        for _ in range(3):
            for password in ("wrong", "wrong"):
                self.sign_in("ole", password, address="")
            self.assertEqual(self.sign_in("ole", "right-ole", address="")["who"]["user"], "ole")


class Unreachable(SignIn):
    def test_a_directory_that_is_down_is_said_and_counts_for_nothing(self):
        site = self.open(Site(self.site.read("rightful.conf").replace(self.slapd["LDAPS_URL"], "ldaps://127.0.0.1:1"), {"hr.csv": HR}))
        with Worker(site) as worker:
            for _ in range(2):
                answer = worker.ask("sign-in", user="lena", password="right-lena", address="192.0.2.9")
                self.assertEqual(list(answer), ["error"])


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
