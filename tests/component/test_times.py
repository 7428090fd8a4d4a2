"""Since when: what directories have recorded, and what only the runs of rightful can tell."""

import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from base64 import b64encode
from datetime import datetime, timezone

from site_under_test import SMALL_LDIF, Site, SiteTest, small_site
from test_samba import Samba
from test_slapd import Slapd

BASE = "DC=example,DC=test"
STAFF = "OU=Staff," + BASE
HR = """id,name,username,status,last_working_day
1,Ann Lee,ann,left,2026-10-01
2,Bob Ray,bob,active,
3,Eve Fox,eve,active,
4,Dan Orr,dan,left,2026-10-01
"""
CONFIG = """
organisation: {{ name = "Times"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: (
  {{ {source} }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }}
);
correlation: ( {{ account = "name"; person = "username"; }} );
privileged = [ "Keepers" ];
freshness: {{ people_days = 366; }};
"""
RECORDED = "recorded by the directory"
NOT_KEPT = "not recorded by this directory"


def seconds_of(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def exception_of(site, control, name):
    found = [row for row in site.exceptions("--control", control) if row["subject"]["name"] == name]
    return site.rightful("exception", "show", found[0]["id"], "--json").json["exception"][0]


def clock():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class SambaRecords(SiteTest):
    """A real domain controller, read by an ordinary user: account attributes have times, members have none."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        users = [f"dn: CN={name},{STAFF}\nobjectClass: user\nsAMAccountName: {name}\nuserAccountControl: 512\n" for name in ("ann", "bob", "dan", "eve")]
        cls.samba = Samba("\n".join([
            f"dn: {STAFF}\nobjectClass: organizationalUnit\n", *users,
            f"dn: CN=Keepers,{STAFF}\nobjectClass: group\nsAMAccountName: Keepers\ngroupType: -2147483646\n"
            f"member: CN=ann,{STAFF}\nmember: CN=dan,{STAFF}\nmember: CN=eve,{STAFF}\n"]),
            f"dn: CN=dan,{STAFF}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n")
        cls.addClassCleanup(cls.samba.stop)
        cls.conf = os.path.join(cls.samba.folder, "smb.conf")
        cls.disabled_after = cls.wait_a_second()
        cls.change(f"dn: CN=ann,{STAFF}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n")
        cls.disabled_before = int(time.time())
        cls.moved_after = cls.wait_a_second()
        cls.change(f"dn: CN=eve,{STAFF}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {cls.rid_of_keepers()}\n")
        cls.moved_before = int(time.time())
        cls.wait_a_second()  # a later change of something else moves nothing
        cls.change(f"dn: CN=ann,{STAFF}\nchangetype: modify\nreplace: description\ndescription: on leave\n\n"
                   f"dn: CN=eve,{STAFF}\nchangetype: modify\nreplace: description\ndescription: moved\n")

    @classmethod
    def wait_a_second(cls):
        time.sleep(1.1)
        return int(time.time())

    @classmethod
    def change(cls, ldif):
        with open(cls.samba["PASSWORD_FILE"], encoding="utf-8") as file:
            password = file.read()
        subprocess.run(["ldapmodify", "-x", "-H", cls.samba["LDAPS_URL"], "-D", cls.samba["ADMIN_DN"], "-w", password],
                       env={**os.environ, "LDAPTLS_CACERT": cls.samba["CA_FILE"]}, input=ldif, text=True, check=True, capture_output=True)

    @classmethod
    def rid_of_keepers(cls):
        shown = subprocess.run(["ldbsearch", "--configfile", cls.conf, "-H", os.path.join(cls.samba.folder, "private", "sam.ldb"),
                                "(sAMAccountName=Keepers)", "objectSid"], capture_output=True, text=True, check=True).stdout
        return [line for line in shown.split("\n") if line.startswith("objectSid:")][0].rsplit("-", 1)[1].strip()

    def setUp(self):
        self.site = self.open(Site(CONFIG.format(source=self.samba.source([BASE])), {"hr.csv": HR}))

    def test_when_an_account_was_disabled(self):
        account = self.site.rightful("account", "ann", "--json").json["account"][0]
        self.assertFalse(account["enabled"])
        self.assertEqual(account["disabled_at_note"], RECORDED + ": the latest change of userAccountControl")
        disabled = seconds_of(account["disabled_at"])
        self.assertGreaterEqual(disabled, self.disabled_after)
        self.assertLessEqual(disabled, self.disabled_before)

        leaver = self.site.rightful("leaver", "1", "--json").json["leaver"][0]
        self.assertEqual(leaver["accounts"][0]["disabled_at"], account["disabled_at"])
        self.assertIn(f"disabled since {account['disabled_at']} or earlier ({RECORDED})", self.site.rightful("leaver", "1").out)

    def test_an_enabled_account_has_no_such_time(self):
        account = self.site.rightful("account", "bob", "--json").json["account"][0]
        self.assertTrue(account["enabled"])
        self.assertIsNone(account["disabled_at"])
        self.assertIsNone(account["disabled_at_note"])

    def test_when_a_right_was_granted(self):
        """A primary group is an attribute of the account and has a time; Samba tells none of members."""
        path = self.site.rightful("explain", "eve", "Keepers", "--json").json["explain"][0]["path"]
        self.assertEqual((path[0]["via"], path[0]["granted_at_note"]), ("primary group", RECORDED))
        granted = seconds_of(path[0]["granted_at"])
        self.assertGreaterEqual(granted, self.moved_after)
        self.assertLessEqual(granted, self.moved_before)

        path = self.site.rightful("explain", "ann", "Keepers", "--json").json["explain"][0]["path"]
        self.assertEqual((path[0]["via"], path[0]["granted_at"], path[0]["granted_at_note"]), ("member", None, NOT_KEPT))

    def test_evidence_has_the_times_and_a_second_run_changes_nothing(self):
        now = clock()
        self.assertEqual(self.site.run(as_of=now).code, 0)
        evidence = exception_of(self.site, "leaver-rights", "ann")["evidence"]
        self.assertLessEqual(seconds_of(evidence["disabled_at"]), self.disabled_before)
        self.assertEqual(evidence["disabled_at_note"], RECORDED + ": the latest change of userAccountControl")
        self.assertNotIn("granted", evidence)
        nested = exception_of(self.site, "privileged-nested", "eve")["evidence"]
        self.assertEqual([hop["is"] for hop in nested["granted"]], [RECORDED])

        before = self.site.ledger()
        counts = self.site.run(as_of=now).json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))
        self.assertEqual([row["evidence"] for row in self.site.ledger()], [row["evidence"] for row in before])
        history = exception_of(self.site, "leaver-rights", "ann")["history"]
        self.assertEqual([row["change"] for row in history], ["opened"])

    def test_a_time_that_changed_updates_the_exception(self):
        self.assertEqual(self.site.run(as_of=clock()).code, 0)
        before = exception_of(self.site, "leaver-rights", "dan")["evidence"]["disabled_at"]
        for flags in (512, 514):  # enabled between two runs, which no run has seen
            self.wait_a_second()
            self.change(f"dn: CN=dan,{STAFF}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {flags}\n")
        self.assertEqual(self.site.run(as_of=clock()).code, 0)
        exception = exception_of(self.site, "leaver-rights", "dan")
        self.assertGreater(seconds_of(exception["evidence"]["disabled_at"]), seconds_of(before))
        self.assertEqual([row["change"] for row in exception["history"]], ["opened", "updated"])


class OneConnection:
    """A door to a server that lets one connection through and refuses every later one."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = port
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        ours, _ = self.listener.accept()
        self.listener.close()
        theirs = socket.create_connection(("127.0.0.1", self.target))
        threads = [threading.Thread(target=self.copy, args=pair, daemon=True) for pair in ((ours, theirs), (theirs, ours))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ours.close()
        theirs.close()

    @staticmethod
    def copy(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def stamp(kind, attribute, changed, value=None, deleted="1601-01-01T00:00:00Z"):
    """As Microsoft's servers write it: names unescaped, a NUL at the end."""
    of_value = f"\t<pszObjectDn>{value}</pszObjectDn>\n\t<ftimeDeleted>{deleted}</ftimeDeleted>\n" if kind == "VALUE" else ""
    xml = (f"<DS_REPL_{kind}_META_DATA>\n\t<pszAttributeName>{attribute}</pszAttributeName>\n{of_value}\t<dwVersion>1</dwVersion>\n"
           f"\t<ftimeLastOriginatingChange>{changed}</ftimeLastOriginatingChange>\n</DS_REPL_{kind}_META_DATA>\n\0")
    return f"msDS-Repl{'Value' if kind == 'VALUE' else 'Attribute'}MetaData:: {b64encode(xml.encode()).decode()}\n"


def stored(attribute_id, changed):
    """replPropertyMetaData with one stamp."""
    seconds = int(seconds_of(changed)) + 11644473600
    blob = struct.pack("<IIII", 1, 0, 1, 0) + struct.pack("<IIQ16sQQ", attribute_id, 1, seconds, b"\1" * 16, 1, 1)
    return f"replPropertyMetaData:: {b64encode(blob).decode()}\n"


def ad_account(name, control=512, more=""):
    return f"dn: CN={name},{STAFF}\nobjectClass: user\ncn: {name}\nsn: x\nsAMAccountName: {name.replace('&', '')}\nuserAccountControl: {control}\n{more}"


def ad_group(name, members, more=""):
    lines = "".join(f"member: CN={member},{STAFF}\n" for member in members)
    return f"dn: CN={name},{STAFF}\nobjectClass: group\ncn: {name}\nsAMAccountName: {name}\ngroupType: -2147483646\n{lines}{more}"


class MicrosoftRecords(SiteTest):
    """What Samba cannot give, served by a real slapd in the form that Microsoft documents."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="rightful-times-")
        cls.addClassCleanup(shutil.rmtree, folder)
        ldif = os.path.join(folder, "ad.ldif")
        future = datetime.fromtimestamp(time.time() + 30 * 86400, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with open(ldif, "w", encoding="utf-8") as file:
            file.write("\n".join([
                f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n",
                f"dn: {STAFF}\nobjectClass: organizationalUnit\nou: Staff\n",
                ad_account("ann", 514, stamp("ATTR", "sn", "2026-11-01T00:00:00Z") + stamp("ATTR", "userAccountControl", "2026-10-02T17:30:05Z")),
                ad_account("bob", 514, stored(0x90008, "2026-10-03T00:00:01Z")),
                ad_account("eve", 514, stamp("ATTR", "userAccountControl", future)),
                ad_account("R&D", 512), ad_account("again"),
                ad_group("Keepers", ["ann", "R&D", "Inner", "again"],
                         stamp("VALUE", "member", "2026-09-01T08:12:33Z", f"cn=Ann , {STAFF}")
                         + stamp("VALUE", "member", "2026-09-02T00:00:00Z", f"CN=R&D,{STAFF}")
                         + stamp("VALUE", "managedBy", "2026-01-01T00:00:00Z", f"CN=Inner,{STAFF}")
                         + stamp("VALUE", "member", "2026-09-03T00:00:00Z", f"CN=gone,{STAFF}", deleted="2026-09-04T00:00:00Z")
                         + stamp("VALUE", "member", "2026-09-05T00:00:00Z", f"CN=again,{STAFF}", deleted="2026-09-06T00:00:00Z")),
                ad_group("Inner", ["bob"], stamp("VALUE", "member", "2026-09-07T00:00:00Z", f"CN=bob,{STAFF}"))]))
        cls.slapd = Slapd(ldif, BASE)
        cls.addClassCleanup(cls.slapd.stop)

    def setUp(self):
        source = (f'name = "corp"; kind = "ldap"; provides = "directory"; server = "active-directory"; url = "{self.slapd["LDAPS_URL"]}"; '
                  f'base = ["{BASE}"]; account_filter = "(objectClass=user)"; bind_dn = "cn=reader,o=readers"; '
                  f'password_file = "{self.slapd["PASSWORD_FILE"]}"; tls_ca_file = "{self.slapd["CA_FILE"]}";')
        self.site = self.open(Site(CONFIG.format(source=source), {"hr.csv": HR.replace("2,Bob Ray,bob,active,", "2,Bob Ray,bob,left,2026-10-01")}))

    def members(self, group):
        rows = self.site.rightful("group", group, "--json").json["group"][0]["members"]
        return {row["name"]: (row["granted_at"], row["granted_at_note"]) for row in rows}

    def test_when_each_member_came(self):
        not_given = (None, "not recorded, or not readable")
        self.assertEqual(self.members("Keepers"), {"ann": ("2026-09-01T08:12:33Z", RECORDED), "RD": ("2026-09-02T00:00:00Z", RECORDED),
                                                   "Inner": not_given, "again": not_given})

    def test_each_hop_of_a_way_has_its_own_time(self):
        explained = self.site.rightful("explain", "bob", "Keepers", "--json").json["explain"][0]
        self.assertEqual([(hop["group"], hop["granted_at"], hop["granted_at_note"]) for hop in explained["path"]],
                         [("Inner", "2026-09-07T00:00:00Z", RECORDED), ("Keepers", None, "not recorded, or not readable")])
        text = self.site.rightful("explain", "bob", "Keepers").out
        self.assertIn("granted 2026-09-07T00:00:00Z, recorded by the directory", text)
        self.assertIn("granted when: not recorded, or not readable", text)

    def test_both_forms_of_stamps_tell_when_an_account_was_disabled(self):
        for name, time_is in (("ann", "2026-10-02T17:30:05Z"), ("bob", "2026-10-03T00:00:01Z")):
            self.assertEqual(self.site.rightful("account", name, "--json").json["account"][0]["disabled_at"], time_is)

    def test_a_time_that_has_not_been_is_none(self):
        account = self.site.rightful("account", "eve", "--json").json["account"][0]
        self.assertEqual((account["disabled_at"], account["disabled_at_note"]), (None, "not recorded, or not readable"))

    def test_evidence_says_when_and_which_of_the_two_it_is(self):
        result = self.site.run(as_of="2026-12-01T00:00:00Z")
        self.assertEqual(result.code, 0, result.err)
        evidence = exception_of(self.site, "leaver-rights", "ann")["evidence"]
        self.assertEqual(evidence["disabled_at"], "2026-10-02T17:30:05Z")
        self.assertEqual(evidence["granted"], [{"at": "2026-09-01T08:12:33Z", "is": RECORDED}])
        self.assertEqual([hop["at"] for hop in exception_of(self.site, "leaver-rights", "bob")["evidence"]["granted"]],
                         ["2026-09-07T00:00:00Z", None])

    def test_a_server_that_does_not_tell_the_times_costs_the_times_and_not_the_run(self):
        door = OneConnection(int(self.slapd["LDAP_URL"].rsplit(":", 1)[1].strip("/")))
        config = self.site.read("rightful.conf")
        config = re.sub(r'url = "ldaps:[^"]*"', f'url = "ldap://127.0.0.1:{door.port}"; allow_plaintext_bind = true', config)
        self.site.write("rightful.conf", config)
        result = self.site.run(as_of="2026-12-01T00:00:00Z")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn(f"corp: ldap://127.0.0.1:{door.port}", result.err)
        self.assertEqual(result.json["run"]["status"], "applied")
        evidence = exception_of(self.site, "leaver-rights", "ann")["evidence"]
        self.assertNotIn("disabled_at", evidence)
        self.assertEqual(evidence["granted"], [{"at": None, "is": "not recorded, or not readable"}])

    def test_the_same_directory_gives_the_same_bytes(self):
        findings = [self.site.rightful("run", "--dry-run", "--json", "--as-of", "2026-12-01T00:00:00Z").json["exceptions"] for _ in range(2)]
        self.assertEqual(findings[0], findings[1])


PEOPLE = "ou=people,dc=example,dc=com"
POLICY = "cn=lasting,ou=groups,dc=example,dc=com"
OPENLDAP = "\n".join([
    "dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
    f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n",
    "dn: ou=groups,dc=example,dc=com\nobjectClass: organizationalUnit\nou: groups\n",
    f"dn: {POLICY}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: lasting\npwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 1\n",
    f"dn: uid=lwong,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: lwong\ncn: x\nsn: x\nuserPassword: right\npwdAccountLockedTime: 000001010000Z\n",
    f"dn: uid=jmeier,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: jmeier\ncn: x\nsn: x\nuserPassword: right\n",
    f"dn: cn=admins,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: admins\nmember: uid=jmeier,{PEOPLE}\n"])


class OpenLdapRecords(SiteTest):
    """Locks have a time; being disabled for ever, and members, have none."""

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="rightful-times-")
        self.addCleanup(shutil.rmtree, folder)
        ldif = os.path.join(folder, "corp.ldif")
        with open(ldif, "w", encoding="utf-8") as file:
            file.write(OPENLDAP)
        self.slapd = Slapd(ldif, "dc=example,dc=com", SLAPD_STRICT="yes", SLAPD_DATABASE=f'overlay ppolicy\nppolicy_default "{POLICY}"')
        self.addCleanup(self.slapd.stop)
        source = (f'name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{self.slapd["LDAPS_URL"]}"; '
                  f'base = ["dc=example,dc=com"]; bind_dn = "{self.slapd["BIND_DN"]}"; password_file = "{self.slapd["PASSWORD_FILE"]}"; '
                  f'tls_ca_file = "{self.slapd["CA_FILE"]}";')
        self.site = self.open(Site(CONFIG.format(source=source).replace("Keepers", "admins"), {"hr.csv": HR}))

    def test_what_is_recorded_and_what_is_not(self):
        after = int(time.time())
        subprocess.run(["ldapwhoami", "-x", "-H", self.slapd["LDAP_URL"], "-D", f"uid=jmeier,{PEOPLE}", "-w", "wrong"], capture_output=True, check=False)
        before = int(time.time())
        account = self.site.rightful("account", "lwong", "--json").json["account"][0]
        self.assertEqual((account["enabled"], account["disabled_at"], account["disabled_at_note"]), (False, None, NOT_KEPT))
        account = self.site.rightful("account", "jmeier", "--json").json["account"][0]
        self.assertEqual((account["enabled"], account["disabled_at_note"]), (True, None))
        self.assertEqual((account["locked"], account["locked_at_note"]), (True, RECORDED))
        self.assertGreaterEqual(seconds_of(account["locked_at"]), after)
        self.assertLessEqual(seconds_of(account["locked_at"]), before)
        path = self.site.rightful("explain", "jmeier", "admins", "--json").json["explain"][0]["path"]
        self.assertEqual((path[0]["granted_at"], path[0]["granted_at_note"]), (None, NOT_KEPT))


class BetweenTwoRuns(SiteTest):
    """Where no directory tells, the runs do."""

    first, between, second = "2026-03-17T05:00:00Z", "2026-03-17T11:00:00Z", "2026-03-17T17:00:00Z"

    def grant(self, site):
        site.write("corp.ldif", SMALL_LDIF.replace("member: uid=jmeier", "member: uid=lwong,ou=people,dc=example,dc=com\nmember: uid=jmeier")
                   .replace("uid: lwong", "uid: lwong\npwdAccountLockedTime: 000001010000Z"))

    def test_an_exception_began_between_two_runs(self):
        site = self.open(small_site())
        self.assertEqual(site.run(as_of=self.first).code, 0)
        self.grant(site)
        result = site.run("--accept", "corp:enabled-accounts", "--reason", "test", as_of=self.second)
        self.assertEqual(result.code, 0, result.err)
        exception = exception_of(site, "leaver-rights", "lwong")
        self.assertEqual(exception["began"], {"is": "between two runs", "not_reported_at": self.first, "not_reported_by_run": 1,
                                              "reported_at": self.second, "reported_by_run": 2})
        self.assertNotIn("disabled_at", exception["evidence"])
        text = site.rightful("exception", "show", exception["id"]).out
        self.assertRegex(text, r"began\n +is +between two runs\n +not reported at +2026-03-17T05:00:00Z")
        text = site.rightful("explain", "lwong", "admins", "--as-of", self.second).out
        self.assertIn(f"First reported ({exception['id']}) between the runs of {self.first} and of {self.second}", text)
        self.assertIn("granted when: " + NOT_KEPT, text)

    def test_a_run_that_did_not_judge_the_control_tells_nothing(self):
        site = self.open(small_site())
        config = site.read("rightful.conf")
        site.write("rightful.conf", config + "controls: { leaver-rights: { enabled = false; }; };")
        self.assertEqual(site.run(as_of=self.first).code, 0)
        self.grant(site)
        site.write("rightful.conf", config)
        self.assertEqual(site.run(as_of=self.second).code, 0)
        self.assertIsNone(exception_of(site, "leaver-rights", "lwong")["began"]["not_reported_by_run"])

    def test_before_the_first_run_nothing_is_known(self):
        site = self.open(small_site())
        self.grant(site)
        self.assertEqual(site.run(as_of=self.first).code, 0)
        began = exception_of(site, "leaver-rights", "lwong")["began"]
        self.assertEqual(began, {"is": "not known: no earlier run judged it", "not_reported_at": None, "not_reported_by_run": None,
                                 "reported_at": self.first, "reported_by_run": 1})

    def test_a_run_that_did_not_read_the_source_tells_nothing(self):
        site = self.open(small_site())
        self.assertEqual(site.run(as_of=self.first).code, 0)
        site.write("corp.ldif", "no ldif")
        self.assertEqual(site.run(as_of=self.between).code, 3)
        self.grant(site)
        self.assertEqual(site.run("--accept", "corp:enabled-accounts", "--reason", "test", as_of=self.second).code, 0)
        began = exception_of(site, "leaver-rights", "lwong")["began"]
        self.assertEqual((began["not_reported_by_run"], began["reported_by_run"]), (1, 3))

    def test_an_exception_that_came_back_began_when_it_came_back(self):
        site = self.open(small_site())
        self.grant(site)
        self.assertEqual(site.run(as_of=self.first).code, 0)
        held = site.read("corp.ldif")
        site.write("corp.ldif", held.replace("member: uid=lwong,ou=people,dc=example,dc=com\n", ""))
        self.assertEqual(site.run("--accept", "ledger:resolved", "--reason", "test", as_of=self.between).code, 0)
        site.write("corp.ldif", held)
        self.assertEqual(site.run(as_of=self.second).code, 0)
        began = exception_of(site, "leaver-rights", "lwong")["began"]
        self.assertEqual((began["not_reported_by_run"], began["reported_by_run"]), (2, 3))


if __name__ == "__main__":
    unittest.main()
