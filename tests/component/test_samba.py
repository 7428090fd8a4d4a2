"""The demo company in a real Active Directory domain controller (Samba), pulled as an ordinary domain user."""

import os
import re
import subprocess
import sys
import time
import unittest

from ad_demo import BASE, CORP, active_directory_demo, filetime
from servers import Server
from site_under_test import DEMO_AS_OF, SOURCE_ROOT, Site, SiteTest, demo_expected, demo_site, line_of

N_BULK = 2000
BULK = "OU=Bulk," + BASE


def bulk_ldif():
    """2,000 accounts in one group, more than MaxValRange."""
    users = [f"dn: CN=bulk{i},{BULK}\nobjectClass: user\nsAMAccountName: bulk{i}\nuserAccountControl: 512\n" for i in range(N_BULK)]
    members = "".join(f"member: CN=bulk{i},{BULK}\n" for i in range(N_BULK))
    return "\n".join([f"dn: {BULK}\nobjectClass: organizationalUnit\n", *users,
                      f"dn: CN=Big,{BULK}\nobjectClass: group\nsAMAccountName: Big\ngroupType: -2147483646\n{members}"])


# Everything that only Active Directory has, in one place of its own.
ODD = "OU=Odd," + BASE
# A domain that Samba trusts: its accounts come from a file.
LAB = "S-1-5-21-7-7-7"
LAB_LDIF = f"""dn: CN=bob,CN=Users,DC=lab,DC=test
objectClass: user
sAMAccountName: bob
userAccountControl: 512
objectSid: {LAB}-1104
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
"""
ODD_LDIF = f"""dn: {ODD}
objectClass: organizationalUnit

dn: CN=gmsa1,{ODD}
objectClass: msDS-GroupManagedServiceAccount
sAMAccountName: gmsa1$
userAccountControl: 4096
msDS-ManagedPasswordInterval: 30

dn: CN=smsa1,{ODD}
objectClass: msDS-ManagedServiceAccount
sAMAccountName: smsa1$
userAccountControl: 4096

dn: CN=WS1,{ODD}
objectClass: computer
sAMAccountName: WS1$
userAccountControl: 4096
dNSHostName: ws1.example.test

dn: CN=primary,{ODD}
objectClass: user
sAMAccountName: primary
userAccountControl: 512

dn: CN=expired,{ODD}
objectClass: user
sAMAccountName: expired
userAccountControl: 512
accountExpires: {filetime("20260101000000Z")}

dn: CN=locked,{ODD}
objectClass: user
sAMAccountName: locked
userAccountControl: 512
lockoutTime: {filetime(time.strftime("%Y%m%d%H%M%SZ", time.gmtime()))}

dn: CN=former,{ODD}
objectClass: user
sAMAccountName: former
userAccountControl: 512
adminCount: 1

dn: CN=guarded,{ODD}
objectClass: user
sAMAccountName: guarded
userAccountControl: 512
adminCount: 1

dn: CN=moved,{ODD}
objectClass: user
sAMAccountName: moved
userAccountControl: 512
sIDHistory: {LAB}-1104
sIDHistory: {LAB}-512

dn: CN=LAB,{ODD}
objectClass: user
sAMAccountName: LAB$
userAccountControl: 512

dn: CN=news,{ODD}
objectClass: group
sAMAccountName: news
groupType: 2

dn: CN=far,{ODD}
objectClass: group
sAMAccountName: far
groupType: -2147483644

dn: CN=Odd Admins,{ODD}
objectClass: group
sAMAccountName: Odd Admins
groupType: -2147483644
"""
FOREIGN_LDIF = "\n".join(f"dn: CN={LAB}-{rid},CN=ForeignSecurityPrincipals,{BASE}\nobjectClass: foreignSecurityPrincipal\n"
                         f"objectSid: {LAB}-{rid}\n" for rid in (1104, 1105))
ODD_CHANGES = f"""dn: CN=LAB,{ODD}
changetype: modify
replace: userAccountControl
userAccountControl: 2080

dn: CN=Odd Admins,{ODD}
changetype: modify
add: member
member: CN=news,{ODD}
member: CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}
member: CN=Domain Users,CN=Users,{BASE}
member: CN=far,{ODD}

dn: CN=far,{ODD}
changetype: modify
add: member
member: CN={LAB}-1104,CN=ForeignSecurityPrincipals,{BASE}
member: CN={LAB}-1105,CN=ForeignSecurityPrincipals,{BASE}

dn: CN=news,{ODD}
changetype: modify
add: member
member: CN=WS1,{ODD}
member: CN=guarded,{ODD}

dn: CN=Backup Operators,CN=Builtin,{BASE}
changetype: modify
add: member
member: CN=news,{ODD}

dn: CN=Domain Admins,CN=Users,{BASE}
changetype: modify
add: member
member: CN=primary,{ODD}

dn: CN=primary,{ODD}
changetype: modify
replace: primaryGroupID
primaryGroupID: 512
"""


# What the same company has besides in Active Directory: the fixture's own accounts, and Domain Admins inside Administrators.
ONLY_IN_ACTIVE_DIRECTORY = ["orphaned-account\tdns-dc1", "orphaned-account\treader"] + [
    f"privileged-nested\t{name}\tAdministrators"
    for name in ("adm-felamrani", "adm-gmwangi", "adm-isolberg", "adm-mnowak", "lweber", "tvu")] + [
    f"group-without-owner\t{name}"
    for name in ("Account Operators", "Administrators", "Enterprise Admins", "Group Policy Creator Owners", "Print Operators", "Replicator",
                 "Schema Admins", "Server Operators")] + [
    "member-unknown\tBackup Operators"]  # CN=news, which is outside the base


def as_in_openldap(found):
    """What is not ONLY_IN_ACTIVE_DIRECTORY. The subject of a loop is the group with the smallest key, which is random here."""
    return sorted(line.replace("\tproject-atlas-partners", "\tproject-atlas") if line.startswith("group-loop") else line
                  for line in found if line not in ONLY_IN_ACTIVE_DIRECTORY)


class Samba(Server):
    script = "samba.sh"

    def __init__(self, ldif, changes, foreign="", **environment):
        super().__init__()
        self.start(self.write("entries.ldif", ldif), self.write("changes.ldif", changes), self.write("foreign.ldif", foreign), **environment)

    def source(self, base, more=""):
        return (f'name = "corp"; kind = "ldap"; provides = "directory"; url = "{self["LDAPS_URL"]}"; '
                f'base = [{", ".join(chr(34) + dn + chr(34) for dn in base)}]; bind_dn = "{self["BIND_DN"]}"; '
                f'password_file = "{self["PASSWORD_FILE"]}"; tls_ca_file = "{self["CA_FILE"]}"; {more}')

    def as_reader(self, tool, *arguments, text=None):
        with open(self["PASSWORD_FILE"], encoding="utf-8") as file:
            password = file.read()
        return subprocess.run([tool, "-x", "-H", self["LDAPS_URL"], "-D", self["BIND_DN"], "-w", password, *arguments],
                              env={**os.environ, "LDAPTLS_CACERT": self["CA_FILE"]}, input=text,
                              capture_output=True, text=True, check=True).stdout

    def ldapsearch(self, *arguments):
        return self.as_reader("ldapsearch", "-LLL", "-o", "ldif-wrap=no", *arguments)

    def ldapmodify(self, ldif):
        return self.as_reader("ldapmodify", text=ldif)


class SambaTest(SiteTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"), encoding="utf-8") as file:
            entries, changes = active_directory_demo(file.read())
        cls.samba = Samba("\n".join([entries, bulk_ldif(), ODD_LDIF]), "\n".join([changes, ODD_CHANGES]), FOREIGN_LDIF)

    @classmethod
    def tearDownClass(cls):
        cls.samba.stop()

    def demo(self, more=""):
        site = self.open(demo_site())
        source = self.samba.source([CORP, "CN=Users," + BASE, "CN=Builtin," + BASE], 'attributes: { owner = "info"; };' + more)
        config = re.sub(r'name = "corp"; kind = "ldif".*?; \},', lambda _: source + " },", site.read("rightful.conf"), count=1,
                        flags=re.DOTALL)
        site.write("rightful.conf", config)
        return site

    def small(self, base, privileged="[]", more="", lab=""):
        second = '{ name = "lab"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "lab.ldif"; },' if lab else ""
        return self.open(Site(f"""
organisation: {{ name = "Odd"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ {self.samba.source(base, more)} }}, {second} {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
privileged = {privileged};
""", {"hr.csv": "id,name,recorded_at\n1,Ann,2026-03-16T20:00:00Z\n", "lab.ldif": lab}))

    def summaries(self, site, control):
        """Subject and object → severity and sentence."""
        return {tuple(line_of(row).split("\t")[1:]): (row["severity"], row["summary"]) for row in site.exceptions("--control", control)}

    def test_the_same_exceptions_as_from_openldap(self):
        self.assert_exceptions_of_the_demo(self.demo())

    def test_the_same_exceptions_when_members_are_asked_for_in_ranges(self):
        site = self.demo("member_range = 2;")
        self.assertIn("members are given 2 at a time, as member_range says", site.rightful("check").out)
        self.assert_exceptions_of_the_demo(site)

    def assert_exceptions_of_the_demo(self, site):
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        found = site.found()
        self.assertEqual(as_in_openldap(found), demo_expected())
        self.assertEqual([line for line in found if line in ONLY_IN_ACTIVE_DIRECTORY], sorted(ONLY_IN_ACTIVE_DIRECTORY))
        again = site.run().json["counts"]
        self.assertEqual((again["new"], again["resolved"]), (0, 0))

    def test_the_family_is_found_out_and_no_reference_is_sent(self):
        site = self.small([BASE])
        notes = site.run().json["run"]["sources"][0]["notes"]
        self.assertIn("server=active-directory", notes)
        self.assertNotIn("references", " ".join(notes))

    def explicit_ranges(self):
        """The members of Big, asked for 600 at a time by ldapsearch."""
        members, first = [], 0
        while True:
            answer = self.samba.ldapsearch("-b", f"CN=Big,{BULK}", "-s", "base", "(objectClass=*)", f"member;range={first}-{first + 599}")
            found = re.findall(r"^member;range=(\d+)-(\d+|\*): (.*)$", answer, re.MULTILINE)
            members += [dn for _, _, dn in found]
            if not found or found[0][1] == "*":
                return members
            first = int(found[0][1]) + 1

    def test_a_group_of_2000_is_read_whole(self):
        site = self.small([BULK])
        site.run()
        group = site.rightful("group", "Big", "--json").json["group"][0]
        self.assertEqual((group["direct_members"], group["effective_members"]), (N_BULK, N_BULK))
        self.assertEqual(sorted(member["dn"] for member in group["members"]), sorted(self.explicit_ranges()))

    def test_a_group_of_2000_is_read_whole_in_ranges_of_any_size(self):
        """Samba sends all members when not asked for a range, and ranges when asked: both are the same group. The sizes lie
        on, below and above what divides 2,000, and a step that the server shortens to what is left."""
        def members(more, note=""):
            site = self.small([BULK], more=more)
            source = site.run().json["run"]["sources"][0]
            self.assertEqual(source["status"], "complete")
            self.assertEqual("".join(text for text in source["notes"] if text.startswith("in_ranges=")), note)
            group = site.rightful("group", "Big", "--json").json["group"][0]
            return sorted((member["dn"], member["name"]) for member in group["members"])
        whole = members("")
        self.assertEqual(len(whole), N_BULK)
        for size in (137, 500, 999, 1000, 1001, 2000):
            with self.subTest(size):
                requests = -(-N_BULK // size)
                note = f"in_ranges=1 in {requests} requests" if requests > 1 else ""
                self.assertEqual(members(f"member_range = {size};", note), whole)

    def test_a_leaver_check_asks_for_ranges_too(self):
        site = self.demo("member_range = 1;")
        answer = site.rightful("leaver", "00133", "--json", "--as-of", DEMO_AS_OF).json["leaver"][0]
        self.assertEqual({account["name"]: [group["path"] for group in account["groups"]][:1] for account in answer["accounts"]}["lweber"],
                         [["lweber", "server-operations", "infrastructure", "Domain Admins"]])

    def test_kinds_of_accounts_are_told_apart(self):
        site = self.small([ODD, "CN=Users," + BASE, "OU=Domain Controllers," + BASE])
        site.run()
        classes = {name: site.rightful("account", name, "--json").json["account"][0]["class"]
                   for name in ("gmsa1$", "smsa1$", "krbtgt", "Administrator", "primary")}
        self.assertEqual(classes, {"gmsa1$": "service", "smsa1$": "service", "krbtgt": "break-glass",
                                   "Administrator": "break-glass", "primary": "person"})
        counts = site.run().json["run"]["sources"][0]["counts"]
        self.assertEqual(counts["computers"], 2)  # WS1 and the domain controller
        self.assertEqual(site.run().json["run"]["sources"][0]["exclusions"], {"trust": 1})

    def test_a_primary_group_is_a_membership(self):
        site = self.small([ODD, "CN=Users," + BASE])
        site.run()
        groups = {group["name"]: group for group in site.rightful("account", "primary", "--json").json["account"][0]["groups"]}
        self.assertFalse(groups["Domain Admins"]["listed"])
        self.assertIn("privileged-nested\tprimary\tDomain Admins", site.found())

    def test_everybody_inside_a_privileged_group_is_seen(self):
        site = self.small([ODD, "CN=Users," + BASE, "CN=ForeignSecurityPrincipals," + BASE], '["Odd Admins"]')
        site.run()
        group = site.rightful("group", "Odd Admins", "--json").json["group"][0]
        self.assertEqual(sorted(member["name"].split(",")[0] for member in group["members"]), ["CN=S-1-5-11", "Domain Users", "far", "news"])
        self.assertEqual([member["type"] for member in group["members"] if "S-1-5-11" in member["name"]], ["foreign"])
        self.assertIn("privileged-nested\treader\tOdd Admins", site.found())  # by the primary group of every user
        self.assertTrue(site.rightful("group", "news", "--json").json["group"][0]["grants_nothing"])

        told = self.summaries(site, "group-foreign-member")
        self.assertEqual(told[("S-1-5-11", "Odd Admins")], (
            "critical", "Everybody is in Odd Admins: Authenticated Users (S-1-5-11) is its member, and that is everybody with an "
                        "account, here or in a trusted domain."))
        self.assertEqual(told[("Domain Users", "Odd Admins")], (
            "critical", "Everybody is in Odd Admins: Domain Users is its member, and that is everybody with an account in the domain."))

    def test_two_thousand_users_of_the_domain_are_told_once(self):
        site = self.small([ODD, BULK, "CN=Users," + BASE], '["Odd Admins"]')
        site.run()
        nested = self.summaries(site, "privileged-nested")
        self.assertEqual([key for key in nested if key[0].startswith("bulk")], [])
        self.assertIn(("primary", "Domain Admins"), nested)  # by himself
        self.assertIn(("Domain Users", "Odd Admins"), self.summaries(site, "group-foreign-member"))

    def test_a_foreign_principal_is_resolved_across_domains(self):
        site = self.small([ODD, "CN=Users," + BASE, "CN=ForeignSecurityPrincipals," + BASE], '["Odd Admins"]', lab=LAB_LDIF)
        self.assertEqual(site.run().code, 0)
        row = next(e for e in site.exceptions("--control", "privileged-nested") if e["subject"]["name"] == "bob")
        self.assertEqual((row["subject"]["source"], row["object"]["name"], row["evidence"]["path"], row["evidence"]["granted_by"]),
                         ("lab", "Odd Admins", ["far", "Odd Admins"], "foreign principal"))
        told = self.summaries(site, "group-foreign-member")
        self.assertNotIn(("bob", "Odd Admins"), told)
        self.assertEqual(told[(LAB + "-1105", "Odd Admins")], (
            "critical", LAB + "-1105 is in Odd Admins through far: a SID of the domain of lab, but of nothing that was read of it."))
        site.write("lab.ldif", "not an LDIF at all\n")  # who the members are is not known tonight, and nothing changes
        before = site.ledger()
        self.assertEqual(site.run().code, 3)
        after = [row for row in site.ledger() if row["control"] != "source-incomplete"]
        strip = lambda rows: [{**row, "last_seen": None, "run": None} for row in rows]
        self.assertEqual(strip(after), strip(before))

    def test_a_foreign_principal_is_the_account_that_had_its_sid(self):
        site = self.small([ODD, "CN=Users," + BASE, "CN=ForeignSecurityPrincipals," + BASE], '["Odd Admins"]')  # without the domain it came from
        site.run()
        self.assertIn(("moved", "Odd Admins"), self.summaries(site, "privileged-nested"))
        self.assertEqual(self.summaries(site, "group-foreign-member")[(LAB + "-1105", "Odd Admins")][1],
                         LAB + "-1105 is in Odd Admins through far, and nobody can tell who that is: the SID is of no domain that is configured.")

    def test_what_is_left_of_privileges_is_told(self):
        site = self.small([ODD, CORP, "CN=Users," + BASE, "CN=Builtin," + BASE], lab=LAB_LDIF)
        site.run()
        self.assertEqual(self.summaries(site, "privileged-residue"), {
            ("former",): ("low", "former has adminCount set, but is in no group that Active Directory protects."),
            ("moved",): ("high", f"moved also counts as bob (account of lab) and {LAB}-512 (nobody we know, privileged by its number), "
                                 "by its sIDHistory.")})
        self.assertEqual(sorted(site.rightful("account", "moved", "--json").json["account"][0]["sid_history"]),
                         [LAB + "-1104", LAB + "-512"])
        self.assertNotIn(("guarded", "Backup Operators"), self.summaries(site, "privileged-nested"))  # a distribution group grants nothing

    def test_a_part_of_the_domain_explains_no_admin_count(self):
        for base, reason in (([ODD], "none of the groups that Active Directory protects was read, so nothing can explain adminCount"),
                             ([ODD, "CN=Users," + BASE, "CN=Builtin," + BASE],  # OU=Corp has members of Backup Operators
                              "a protected group has members that were not read; one of them may be a group that explains adminCount")):
            site = self.small(base)
            reasons = [row["reason"] for row in site.run().json["not_evaluable"] if row["control"] == "privileged-residue"]
            self.assertEqual(reasons, [reason])
            self.assertEqual(list(self.summaries(site, "privileged-residue")), [("moved",)])

    def test_expired_and_locked_accounts_are_two_things(self):
        site = self.small([ODD])
        site.run()
        accounts = {name: site.rightful("account", name, "--json").json["account"][0] for name in ("expired", "locked", "primary")}
        self.assertEqual({name: (row["enabled"], row["expires"], row["locked"]) for name, row in accounts.items()},
                         {"expired": (True, "2026-01-01T00:00:00Z", False), "locked": (True, None, True), "primary": (True, None, False)})
        orphans = {key[0] for key in self.summaries(site, "orphaned-account")}
        self.assertIn("locked", orphans)  # may come back by itself: usable
        self.assertNotIn("expired", orphans)

    def test_the_reader_can_change_nothing(self):
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            self.samba.ldapmodify(f"dn: CN=primary,{ODD}\nchangetype: modify\nreplace: title\ntitle: x\n")
        self.assertEqual(refused.exception.returncode, 50)

    def test_check_proves_what_the_reader_can_read(self):
        output = self.small([BASE]).rightful("check").out
        self.assertIn("state of accounts can be read (userAccountControl)", output)
        self.assertIn("key of groups can be read (objectGUID)", output)
        self.assertIn("adminCount of groups can be read (adminCount)", output)
        self.assertIn("the server's clock agrees", output)
        self.assertIn("outside every pull, to be reviewed by hand: the administrator of Directory Services Restore Mode", output)

    def test_built_in_groups_are_privileged_by_their_sid(self):
        site = self.small(["CN=Users," + BASE, "CN=Builtin," + BASE])
        site.run()
        for name in ("Domain Admins", "Enterprise Admins", "Schema Admins", "Administrators", "Account Operators", "Backup Operators"):
            self.assertEqual(site.rightful("group", name, "--json").json["group"][0]["governed"], ["privileged"], name)
        self.assertEqual(site.rightful("group", "Domain Users", "--json").json["group"][0]["governed"], [])


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(77 if result.skipped and result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
