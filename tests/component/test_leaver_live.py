"""`rightful leaver` against a live domain controller (Samba) and a live 389 Directory Server: each account with its state.

The states are made as they come to be in real life: by logging on, by wrong passwords, by the tools of the server."""

import os
import subprocess
import sys
import time
import unittest

from ad_demo import BASE as AD_BASE
from site_under_test import Site, SiteTest
from test_389ds import BASE, GROUPS, PEOPLE, ROLE, DirectoryServer, group, unit, user
from test_samba import Samba

LENA = "00900"
LOCKS_AFTER = 3


def recent(text):
    """Is that ISO time at most ten minutes ago?"""
    return abs(time.time() - time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) < 600


class LiveLeaver(SiteTest):
    """Lena has left; every account of hers is in another state. Subclasses start the server."""

    maxDiff = None

    def site(self, source):
        return self.open(Site(f"""
organisation: {{ name = "Live"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ {source} }}, {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
privileged = [ "admins" ];
freshness: {{ people_days = 36500; }};
""", {"hr.csv": f"id,name,status,last_working_day\n{LENA},Lena Wong,left,2026-03-05\n00901,Ann Other,active,\n"}))

    def leaver(self, who=LENA):
        """(the answer, what a person reads); the same directory read whole says the same of every account."""
        site = self.site(self.source())
        result = site.rightful("leaver", who, "--json")
        self.assertEqual(result.code, 0, result.err)
        answer = result.json["leaver"][0]
        whole = site.rightful("person", who, "--json").json["person"][0]["accounts"]
        for field in ("name", "enabled", "last_logon", "linked_by"):
            self.assertEqual([account[field] for account in answer["accounts"]], [account[field] for account in whole], field)
        return answer, site.rightful("leaver", who).out

    def states(self, answer):
        return {account["name"]: (account["state"], account["open"], account["locked"]) for account in answer["accounts"]}


def domain_user(name, *more):
    lines = "".join(line + "\n" for line in more)
    return (f"dn: CN={name},CN=Users,{AD_BASE}\nobjectClass: user\nsAMAccountName: {name}\nuserPrincipalName: {name}@example.test\n"
            f"employeeID: {LENA}\nuserAccountControl: 546\n{lines}")


class FromSamba(LiveLeaver):
    users = ("lena", "lena-locked", "lena-off", "lena-over", "lena-never")

    @classmethod
    def setUpClass(cls):
        admins = (f"dn: CN=inner,CN=Users,{AD_BASE}\nobjectClass: group\nsAMAccountName: inner\ngroupType: -2147483646\n"
                  f"member: CN=lena,CN=Users,{AD_BASE}\n\n"
                  f"dn: CN=admins,CN=Users,{AD_BASE}\nobjectClass: group\nsAMAccountName: admins\ngroupType: -2147483646\n"
                  f"member: CN=inner,CN=Users,{AD_BASE}\n")
        cls.samba = Samba("\n".join([*(domain_user(name) for name in cls.users), admins]), "")
        cls.addClassCleanup(cls.samba.stop)
        cls.tool("domain", "passwordsettings", "set", f"--account-lockout-threshold={LOCKS_AFTER}", "--min-pwd-age=0")
        for name in cls.users:
            cls.tool("user", "setpassword", name, "--newpassword=Passw0rd." + name)
            cls.tool("user", "enable", name)
        for _ in range(LOCKS_AFTER):
            cls.log_on("lena-locked", "wrong", 49)
        cls.log_on("lena", "Passw0rd.lena", 0)
        cls.log_on("lena-over", "Passw0rd.lena-over", 0)
        cls.tool("user", "disable", "lena-off")
        cls.tool("user", "setexpiry", "lena-over", "--days=0")

    @classmethod
    def tool(cls, *arguments):
        subprocess.run(["samba-tool", *arguments, "--configfile=" + os.path.join(cls.samba.folder, "smb.conf"),
                        "-H", os.path.join(cls.samba.folder, "private", "sam.ldb")], check=True, capture_output=True)

    @classmethod
    def log_on(cls, name, password, code):
        process = subprocess.run(["ldapsearch", "-x", "-H", cls.samba["LDAPS_URL"], "-D", f"CN={name},CN=Users,{AD_BASE}", "-w", password, "-b", "", "-s",
                                  "base", "1.1"],
                                 env={**os.environ, "LDAPTLS_CACERT": cls.samba["CA_FILE"]}, capture_output=True, check=False)
        assert process.returncode == code, process.stderr

    def source(self):
        return self.samba.source([AD_BASE])

    def test_each_account_has_its_state(self):
        answer, text = self.leaver()
        self.assertEqual(self.states(answer), {
            "lena": ("enabled", True, False), "lena-locked": ("locked", True, True), "lena-never": ("enabled", True, False),
            "lena-off": ("disabled", False, False), "lena-over": ("expired", False, False)})
        self.assertIs(answer["closed"], False)
        self.assertEqual(answer["unsure"], [])
        for words in ("account lena (corp) is enabled", "account lena-locked (corp) is locked", "lena is in admins"):
            self.assertIn(words, answer["open"])
        self.assertIn("lena → inner → admins", text)

    def test_the_last_logon_has_its_uncertainty(self):
        answer, text = self.leaver()
        last = {account["name"]: (account["last_logon"], account["last_logon_slack_days"]) for account in answer["accounts"]}
        self.assertTrue(recent(last["lena"][0]), last)
        self.assertTrue(recent(last["lena-over"][0]), last)
        # lastLogon is one controller's own, lastLogonTimestamp is written every two weeks.
        self.assertEqual({slack for _, slack in last.values()}, {14})
        self.assertRegex(text, r"OPEN +lena +enabled.*last used \S+Z, or up to 14 days later")
        self.assertEqual(last["lena-never"][0], "never")

    def test_an_expiry_shows_its_time(self):
        answer, _ = self.leaver()
        expires = {account["name"]: account["expires"] for account in answer["accounts"]}
        self.assertTrue(recent(expires["lena-over"]), expires)
        self.assertIsNone(expires["lena"])

    def test_when_all_are_disabled_and_out_of_the_group_she_is_closed(self):
        for name in ("lena", "lena-locked", "lena-never"):
            self.tool("user", "disable", name)
            self.addCleanup(self.tool, "user", "enable", name)
        self.tool("group", "removemembers", "inner", "lena")
        self.addCleanup(self.tool, "group", "addmembers", "inner", "lena")
        answer, text = self.leaver()
        self.assertIs(answer["closed"], True, answer["open"] + answer["unsure"])
        self.assertIn("CLOSED", text)


LIMIT = f"""dn: cn=config
changetype: modify
replace: passwordLockout
passwordLockout: on
-
replace: passwordMaxFailure
passwordMaxFailure: {LOCKS_AFTER}
-
replace: passwordLockoutDuration
passwordLockoutDuration: 3600
-
replace: passwordUnlock
passwordUnlock: on
"""


class From389(LiveLeaver):
    @classmethod
    def setUpClass(cls):
        hers = f"employeeNumber: {LENA}"
        cls.server = DirectoryServer("\n".join([
            unit(PEOPLE), unit(GROUPS), ROLE,
            user("lena", hers), user("lena-locked", hers), user("lena-off", hers, "nsAccountLock: true"),
            user("lena-role", hers, f"nsRoleDN: cn=nsManagedDisabledRole,{BASE}"), user("lena-never", hers),
            user("lena-over", hers, "objectClass: shadowAccount", "shadowExpire: 20000"),
            group("inner", f"uid=lena,{PEOPLE}"), group("admins", f"cn=inner,{GROUPS}")]))
        cls.addClassCleanup(cls.server.stop)
        cls.server.modify(LIMIT)
        cls.server.log_on("lena")
        for _ in range(LOCKS_AFTER):
            cls.fail_to_log_on("lena-locked")

    @classmethod
    def fail_to_log_on(cls, name):
        process = subprocess.run(["ldapwhoami", "-x", "-H", cls.server["LDAP_URL"], "-D", f"uid={name},{PEOPLE}", "-w", "wrong"],
                                 capture_output=True, check=False)
        assert process.returncode in (19, 49), process.stderr

    def source(self, bind=None):
        return (f'name = "corp"; kind = "ldap"; provides = "directory"; url = "{self.server["LDAPS_URL"]}"; base = "{BASE}"; '
                f'bind_dn = "{bind or self.server["BIND_DN"]}"; password_file = "{self.server["PASSWORD_FILE"]}"; '
                f'tls_ca_file = "{self.server["CA_FILE"]}";')

    def test_each_account_has_its_state(self):
        answer, text = self.leaver()
        self.assertEqual(self.states(answer), {
            "lena": ("enabled", True, False), "lena-locked": ("locked", True, True), "lena-never": ("enabled", True, False),
            "lena-off": ("disabled", False, False), "lena-role": ("disabled", False, False), "lena-over": ("expired", False, False)})
        self.assertEqual(answer["unsure"], [])
        self.assertIn("account lena-locked (corp) is locked", answer["open"])
        self.assertIn("lena → inner → admins", text)

    def test_the_last_logon_is_exact(self):
        answer, text = self.leaver()
        last = {account["name"]: (account["last_logon"], account["last_logon_slack_days"]) for account in answer["accounts"]}
        self.assertTrue(recent(last["lena"][0]), last)
        self.assertEqual(last["lena-never"][0], "never")
        self.assertEqual({slack for _, slack in last.values()}, {0})
        self.assertNotIn("days later", text)

    def test_when_all_are_locked_and_out_of_the_group_she_is_closed(self):
        def lock(value):
            for name in ("lena", "lena-locked", "lena-never"):
                self.server.modify(f"dn: uid={name},{PEOPLE}\nchangetype: modify\n" + value)
        lock("replace: nsAccountLock\nnsAccountLock: true\n")
        self.addCleanup(lock, "delete: nsAccountLock\n")
        self.server.modify(f"dn: cn=inner,{GROUPS}\nchangetype: modify\nreplace: member\nmember: cn=reader,{BASE}\n")
        self.addCleanup(self.server.modify, f"dn: cn=inner,{GROUPS}\nchangetype: modify\nreplace: member\nmember: uid=lena,{PEOPLE}\n")
        answer, text = self.leaver()
        self.assertIs(answer["closed"], True, answer["open"] + answer["unsure"])
        self.assertIn("CLOSED", text)

    def test_a_reader_that_may_not_see_locks_never_says_closed(self):
        """cn=blind may not see nsAccountLock, which looks to it as if nobody were locked: so nobody is closed."""
        site = self.site(self.source(f"cn=blind,{BASE}"))
        answer = site.rightful("leaver", LENA, "--json").json["leaver"][0]
        self.assertIs(answer["closed"], False)
        self.assertIn("account lena-off (corp) is enabled", answer["open"])


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(77 if result.skipped and result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
