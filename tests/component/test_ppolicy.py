"""Locks that a real slapd makes by its password policies: temporary ones lapse, those of unreadable policies are unknown."""

import datetime
import os
import subprocess
import sys
import tempfile
import time
import unittest

from site_under_test import Site, SiteTest
from test_slapd import SUFFIX, Slapd

PEOPLE, POLICIES = f"ou=people,{SUFFIX}", f"ou=hidden,{SUFFIX}"  # cn=half may not see what is below ou=hidden
HALF_AN_HOUR = 1800
WRONG = 3


def after(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def account(name, *more):
    lines = "".join(line + "\n" for line in more)
    return (f"dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\nemployeeNumber: 1\n"
            f"userPassword: right-{name}\n{lines}")


def under(policy):
    return f"pwdPolicySubentry: cn={policy},{POLICIES}"


def policy(name, locks, seconds=None):
    duration = f"pwdLockoutDuration: {seconds}\n" if seconds is not None else ""
    return (f"dn: cn={name},{POLICIES}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: {name}\npwdAttribute: userPassword\n"
            f"pwdLockout: {locks}\npwdMaxFailure: {WRONG}\n{duration}")


LDIF = "\n".join([
    f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
    f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n", f"dn: {POLICIES}\nobjectClass: organizationalUnit\nou: hidden\n",
    policy("brief", "TRUE", HALF_AN_HOUR), policy("moment", "TRUE", 2), policy("lasting", "TRUE"), policy("lenient", "FALSE"),
    account("open", under("brief")), account("brief", under("brief")), account("moment", under("moment")),
    account("lasting", under("lasting")), account("lenient", under("lenient")), account("dangling", under("gone"), "pwdAccountLockedTime: " + after(0).translate(str.maketrans("", "", "-:T"))),
    account("by-default"), account("for-ever", under("brief"), "pwdAccountLockedTime: 000001010000Z")])


class PasswordPolicies(SiteTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as file:
            file.write(LDIF)
            file.flush()
            cls.slapd = Slapd(file.name, SLAPD_STRICT="yes", SLAPD_DATABASE=f'overlay ppolicy\nppolicy_default "cn=brief,{POLICIES}"')
        cls.addClassCleanup(cls.slapd.stop)
        for name in ("brief", "lasting", "lenient", "by-default"):
            cls.lock(name)

    @classmethod
    def lock(cls, name):
        for _ in range(WRONG):
            cls.can_log_on(name, "wrong")

    @classmethod
    def can_log_on(cls, name, password=None):
        return subprocess.run(["ldapwhoami", "-x", "-H", cls.slapd["LDAP_URL"], "-D", f"uid={name},{PEOPLE}", "-w", password or f"right-{name}"],
                              capture_output=True, check=False).returncode == 0

    def states(self, reader="BIND_DN", as_of=None):
        """name → (state, locked), as a leaver check sees them."""
        bind = self.slapd[reader] if reader in self.slapd.facts else reader
        site = self.open(Site(f"""
organisation: {{ name = "Locks"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
freshness: {{ people_days = 36500; }};
sources: ( {{ name = "corp"; kind = "ldap"; provides = "directory"; url = "{self.slapd["LDAPS_URL"]}"; base = "{PEOPLE}";
  bind_dn = "{bind}"; password_file = "{self.slapd["PASSWORD_FILE"]}"; tls_ca_file = "{self.slapd["CA_FILE"]}"; }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
""", {"hr.csv": "id,name,status,last_working_day\n1,Ann,left,2026-03-05\n"}))
        result = site.rightful("leaver", "1", "--json", "--as-of", as_of or after(0))
        self.assertEqual(result.code, 0, result.err)
        return {account["name"]: (account["state"], account["locked"]) for account in result.json["leaver"][0]["accounts"]}

    def test_a_lock_is_seen_as_long_as_it_lasts(self):
        states = self.states()
        self.assertEqual({name: states[name] for name in ("open", "brief", "lasting", "lenient", "for-ever")}, {
            "open": ("enabled", False), "brief": ("locked", True), "lasting": ("locked", True), "lenient": ("enabled", False),
            "for-ever": ("disabled", False)})
        # What the server itself does is the proof of what we say.
        self.assertEqual({name: self.can_log_on(name) for name in ("open", "brief", "lasting", "lenient", "for-ever")},
                         {"open": True, "brief": False, "lasting": False, "lenient": True, "for-ever": False})

    def test_a_lock_that_has_lapsed_at_the_as_of_time_is_none(self):
        states = self.states(as_of=after(HALF_AN_HOUR - 300))
        self.assertEqual((states["brief"], states["lasting"]), (("locked", True), ("locked", True)))
        states = self.states(as_of=after(HALF_AN_HOUR + 1))
        self.assertEqual((states["brief"], states["lasting"]), (("enabled", False), ("locked", True)))

    def test_a_lock_lapses_for_us_when_it_lapses_for_the_server(self):
        """pwdAccountLockedTime stays after the lock has lapsed, until somebody logs on."""
        self.lock("moment")
        self.assertFalse(self.can_log_on("moment"))
        end = time.monotonic() + 30
        while self.states()["moment"] == ("locked", True) and time.monotonic() < end:
            time.sleep(0.2)
        shown = self.slapd.tool("ldapsearch", self.slapd["BIND_DN"], "-LLL", "-b", f"uid=moment,{PEOPLE}", "(uid=*)", "pwdAccountLockedTime")
        self.assertIn("pwdAccountLockedTime: ", shown)
        self.assertEqual(self.states()["moment"], ("enabled", False))
        self.assertTrue(self.can_log_on("moment"))

    def test_under_a_policy_that_cannot_be_read_a_lock_is_unknown(self):
        # The default policy is in no entry that a reader sees, and the four policies do not agree.
        states = self.states()
        self.assertEqual((states["dangling"], states["by-default"]), (("enabled", None), ("enabled", None)))
        # cn=half sees no policy at all: neither locked for ever nor open; but locked for ever by hand is disabled.
        states = self.states("cn=half,o=readers")
        self.assertEqual({name: states[name] for name in ("open", "brief", "lasting", "dangling", "for-ever")}, {
            "open": ("enabled", False), "brief": ("enabled", None), "lasting": ("enabled", None), "dangling": ("enabled", None),
            "for-ever": ("disabled", False)})


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
