"""A real 389 Directory Server: locks by attribute and by role, transitive memberOf, last logins, limits of the reader."""

import subprocess
import sys
import unittest

from servers import Server
from site_under_test import Site, SiteTest

BASE = "dc=example,dc=com"
PEOPLE = "ou=people," + BASE
GROUPS = "ou=groups," + BASE


def user(name, *more):
    lines = "".join(line + "\n" for line in more)
    return (f"dn: uid={name},{PEOPLE}\nchangetype: add\nobjectClass: inetOrgPerson\nobjectClass: nsAccount\nuid: {name}\ncn: {name}\n"
            f"sn: {name}\nuserPassword: {name}-long-password\n{lines}")


def group(name, *members):
    lines = "".join(f"member: {member}\n" for member in members)
    return f"dn: cn={name},{GROUPS}\nchangetype: add\nobjectClass: groupOfNames\ncn: {name}\n{lines}"


def unit(dn):
    return f"dn: {dn}\nchangetype: add\nobjectClass: organizationalUnit\nou: {dn[3:].split(',')[0]}\n"


# nsManagedDisabledRole locks its members by a class of service: nsAccountLock is in none of their entries.
ROLE = f"""dn: cn=nsManagedDisabledRole,{BASE}
changetype: add
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsSimpleRoleDefinition
objectClass: nsManagedRoleDefinition
cn: nsManagedDisabledRole

dn: cn=nsDisabledRole,{BASE}
changetype: add
objectClass: top
objectClass: LDAPsubentry
objectClass: nsRoleDefinition
objectClass: nsComplexRoleDefinition
objectClass: nsNestedRoleDefinition
nsRoleDN: cn=nsManagedDisabledRole,{BASE}
cn: nsDisabledRole

dn: cn=nsAccountInactivationTmp,{BASE}
changetype: add
objectClass: nsContainer
cn: nsAccountInactivationTmp

dn: cn="cn=nsDisabledRole,{BASE}",cn=nsAccountInactivationTmp,{BASE}
changetype: add
objectClass: extensibleObject
objectClass: costemplate
objectClass: ldapsubentry
nsAccountLock: true
cosPriority: 0
cn: cn=nsDisabledRole,{BASE}

dn: cn=nsAccountInactivation_cos,{BASE}
changetype: add
objectClass: top
objectClass: LDAPsubentry
objectClass: cosSuperDefinition
objectClass: cosClassicDefinition
cosTemplateDn: cn=nsAccountInactivationTmp,{BASE}
cosSpecifier: nsRole
cosAttribute: nsAccountLock operational
cn: nsAccountInactivation_cos
"""


def population():
    return "\n".join([
        unit(PEOPLE), unit(GROUPS), ROLE,
        user("ann"), user("bob", "nsAccountLock: TRUE"), user("carol", f"nsRoleDN: cn=nsManagedDisabledRole,{BASE}"), user("dave"),
        group("inner", f"uid=ann,{PEOPLE}", f"uid=bob,{PEOPLE}"),
        group("admins", f"cn=inner,{GROUPS}", f"uid=dave,{PEOPLE}")])


class DirectoryServer(Server):
    script = "ds389.sh"

    def __init__(self, ldif):
        super().__init__()
        self.start(self.write("population.ldif", ldif))

    def modify(self, ldif):
        subprocess.run(["ldapmodify", "-x", "-H", self["LDAP_URL"], "-D", self["ADMIN_DN"], "-y", self["PASSWORD_FILE"]],
                       input=ldif, capture_output=True, text=True, check=True)

    def log_on(self, name):
        subprocess.run(["ldapsearch", "-x", "-H", self["LDAP_URL"], "-D", f"uid={name},{PEOPLE}", "-w", f"{name}-long-password",
                        "-b", "", "-s", "base", "1.1"], capture_output=True, check=True)


class DirectoryServerTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        cls.server = DirectoryServer(population())
        cls.server.log_on("ann")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def site(self, reader="reader", more=""):
        source = (f'name = "corp"; kind = "ldap"; provides = "directory"; url = "{self.server["LDAPS_URL"]}"; base = "{BASE}"; '
                  f'bind_dn = "cn={reader},{BASE}"; password_file = "{self.server["PASSWORD_FILE"]}"; '
                  f'tls_ca_file = "{self.server["CA_FILE"]}"; {more}')
        return self.open(Site(f"""
organisation: {{ name = "Small"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ {source} }}, {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
privileged = [ "admins" ];
""", {"hr.csv": "id,name,username,recorded_at\n1,Ann,ann,2026-03-16T20:00:00Z\n"}))

    def account(self, site, name):
        return site.rightful("account", name, "--json").json["account"][0]

    def test_the_family_is_found_out(self):
        run = self.site().run().json["run"]
        self.assertEqual((run["status"], run["sources"][0]["status"]), ("applied", "complete"))
        self.assertIn("server=389ds", run["sources"][0]["notes"])
        self.assertEqual(run["sources"][0]["counts"]["accounts"], 4)

    def test_locks_by_attribute_and_by_role(self):
        site = self.site()
        site.run()
        self.assertEqual({name: self.account(site, name)["enabled"] for name in ("ann", "bob", "carol", "dave")},
                         {"ann": True, "bob": False, "carol": False, "dave": True})

    def test_nested_members_are_not_taken_for_direct_ones(self):
        """memberOf of ann lists admins too."""
        site = self.site()
        site.run()
        groups = {row["name"]: row["listed"] for row in self.account(site, "ann")["groups"]}
        self.assertEqual(groups, {"inner": True, "admins": False})
        self.assertIn("privileged-nested\tann\tadmins", site.found())
        self.assertNotIn("privileged-nested\tdave\tadmins", site.found())

    def test_the_last_login_is_recorded_and_absence_is_never(self):
        site = self.site()
        site.run()
        self.assertRegex(self.account(site, "ann")["last_logon"], r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(self.account(site, "dave")["last_logon"], "never")

    def test_a_renamed_account_is_the_same_account(self):
        site = self.site()
        site.run()
        key = self.account(site, "dave")["key"]
        try:
            self.server.modify(f"dn: uid=dave,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=david\ndeleteoldrdn: 1\n")
            site.run()
            self.assertEqual(self.account(site, "david")["key"], key)
        finally:
            self.server.modify(f"dn: uid=david,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=dave\ndeleteoldrdn: 1\n")

    def test_a_pull_that_meets_the_limit_of_the_server_is_incomplete(self):
        def lookthrough(limit):
            self.server.modify(f"dn: cn=reader,{BASE}\nchangetype: modify\nreplace: nsLookThroughLimit\nnsLookThroughLimit: {limit}\n-\n"
                               f"replace: nsPagedLookThroughLimit\nnsPagedLookThroughLimit: {limit}\n")
        site = self.site(more="page_size = 2;")
        site.run()
        before = site.ledger()
        try:
            lookthrough(3)
            result = site.run()
            self.assertEqual(result.code, 3)
            self.assertIn("dministrative limit", result.json["run"]["sources"][0]["reason"])
            self.assertEqual([row for row in site.ledger() if not row["control"].startswith("source-")], before)
        finally:
            lookthrough(-1)

    def test_the_reader_cannot_write_and_sees_no_password(self):
        with open(self.server["PASSWORD_FILE"], encoding="utf-8") as file:
            password = file.read()
        bind = ["-x", "-H", self.server["LDAP_URL"], "-D", self.server["BIND_DN"], "-w", password]
        answer = subprocess.run(["ldapsearch", *bind, "-LLL", "-b", f"uid=ann,{PEOPLE}", "(objectClass=*)", "userPassword", "cn"],
                                capture_output=True, text=True, check=True).stdout
        self.assertIn("cn: ann", answer)
        self.assertNotIn("userPassword", answer)
        refused = subprocess.run(["ldapmodify", *bind], capture_output=True, text=True, check=False,
                                 input=f"dn: uid=ann,{PEOPLE}\nchangetype: modify\nreplace: title\ntitle: x\n")
        self.assertEqual(refused.returncode, 50)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(77 if result.skipped and result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
