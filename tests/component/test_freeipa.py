"""FreeIPA, whose server Debian does not have: an export in its shape, from preserved users to members of a trusted domain."""

import unittest

from site_under_test import Site, SiteTest

BASE = "dc=example,dc=com"
USERS = "cn=users,cn=accounts," + BASE
GROUPS = "cn=groups,cn=accounts," + BASE
PROVISIONING = "cn=accounts,cn=provisioning," + BASE


def user(name, place=USERS, *more):
    lines = "".join(line + "\n" for line in more)
    return (f"dn: uid={name},{place}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: ipaObject\nuid: {name}\n"
            f"cn: {name}\nsn: {name}\nipaUniqueID: 00000000-0000-4000-8000-{int.from_bytes(name.encode(), 'big') % 10**12:012d}\n"
            f"createTimestamp: 20240101000000Z\nmemberOf: cn=admins,{GROUPS}\nuidNumber: 1\ngidNumber: 1\nhomeDirectory: /\n{lines}")


LDIF = "\n".join([
    user("ann", USERS, "nsAccountLock: FALSE"),
    user("bob", USERS, "nsAccountLock: TRUE"),
    user("cy", USERS, "krbPrincipalExpiration: 20250101000000Z"),
    user("gone", "cn=deleted users," + PROVISIONING),
    user("soon", "cn=staged users," + PROVISIONING),
    f"dn: uid=ann,cn=users,cn=compat,{BASE}\nobjectClass: posixAccount\nuid: ann\ncn: ann\nuidNumber: 1\ngidNumber: 1\n",
    f"dn: fqdn=web1.example.com,cn=computers,cn=accounts,{BASE}\nobjectClass: ipaHost\ncn: web1.example.com\nfqdn: web1.example.com\n"
    "ipaUniqueID: 00000000-0000-4000-8000-200000000001\n",
    f"dn: cn=admins,{GROUPS}\nobjectClass: groupOfNames\nobjectClass: ipaUserGroup\ncn: admins\nmember: cn=ops,{GROUPS}\n"
    "ipaUniqueID: 00000000-0000-4000-8000-100000000001\n",
    f"dn: cn=ops,{GROUPS}\nobjectClass: groupOfNames\nobjectClass: ipaUserGroup\ncn: ops\nmember: uid=ann,{USERS}\n"
    "ipaUniqueID: 00000000-0000-4000-8000-100000000002\n",
    f"dn: cn=ext,{GROUPS}\nobjectClass: groupOfNames\nobjectClass: ipaExternalGroup\ncn: ext\nipaExternalMember: S-1-5-21-1-2-3-1104\n"
    "ipaUniqueID: 00000000-0000-4000-8000-100000000003\n"])
# The trusted domain, as another source.
AD_LDIF = """dn: CN=Dora,CN=Users,DC=corp,DC=test
objectClass: user
sAMAccountName: dora
userAccountControl: 512
objectSid: S-1-5-21-1-2-3-1104
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
"""
CONFIG = """
organisation: { name = "Small"; timezone = "UTC"; };
store: { url = "sqlite:ledger.db"; };
sources: (
  { name = "ipa"; kind = "ldif"; provides = "directory"; server = "freeipa"; path = "ipa.ldif"; },
  { name = "corp"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "corp.ldif"; },
  { name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }
);
privileged = [ "admins" ];
"""
HR = "id,name,username,recorded_at\n1,Ann,ann,2026-03-16T20:00:00Z\n"


class FreeIpa(SiteTest):
    def setUp(self):
        self.site = self.open(Site(CONFIG, {"ipa.ldif": LDIF, "corp.ldif": AD_LDIF, "hr.csv": HR}))
        result = self.site.run()
        self.assertEqual(result.code, 0, result.err)
        self.source = next(source for source in result.json["run"]["sources"] if source["name"] == "ipa")

    def account(self, name):
        return self.site.rightful("account", name, "--json").json["account"][0]

    def test_preserved_users_are_disabled_and_staged_ones_are_none(self):
        self.assertEqual({name: self.account(name)["enabled"] for name in ("ann", "bob", "cy", "gone")},
                         {"ann": True, "bob": False, "cy": True, "gone": False})
        self.assertEqual(self.source["counts"]["accounts"], 4)
        self.assertEqual(self.source["exclusions"], {"staged": 1, "compat": 1})

    def test_an_expired_principal_is_an_expired_account(self):
        self.assertEqual(self.account("cy")["expires"], "2025-01-01T00:00:00Z")

    def test_only_listed_members_are_direct(self):
        groups = {row["name"]: row["listed"] for row in self.account("ann")["groups"]}
        self.assertEqual(groups, {"ops": True, "admins": False})
        self.assertEqual(self.account("bob")["groups"], [])  # its memberOf says admins

    def test_a_member_of_a_trusted_domain_is_that_account(self):
        members = self.site.rightful("group", "ext", "--json").json["group"][0]["members"]
        self.assertEqual([(member["name"], member["type"]) for member in members], [("dora", "account")])

    def test_a_member_that_no_source_has_is_told_by_its_sid(self):
        self.site.write("ipa.ldif", LDIF.replace(f"member: cn=ops,{GROUPS}", f"member: cn=ops,{GROUPS}\nmember: cn=ext,{GROUPS}")
                        .replace("S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1104\nipaExternalMember: S-1-5-21-9-9-9-7"))
        self.site.run()
        rows = {row["subject"]["key"]: row for row in self.site.exceptions("--control", "group-foreign-member")}
        self.assertEqual(list(rows), ["S-1-5-21-9-9-9-7"])  # dora is an account of a source
        row = rows["S-1-5-21-9-9-9-7"]
        self.assertEqual((row["subject"]["source"], row["object"]["name"], row["evidence"]["path"]), ("ipa", "admins", ["ext", "admins"]))

    def test_a_user_of_freeipa_in_active_directory_is_that_account(self):
        self.site.write("ipa.ldif", LDIF.replace("uidNumber: 1", "uidNumber: 1\nipaNTSecurityIdentifier: S-1-5-21-4-5-6-1001", 1))
        self.site.write("corp.ldif", AD_LDIF + """
dn: CN=S-1-5-21-4-5-6-1001,CN=ForeignSecurityPrincipals,DC=corp,DC=test
objectClass: foreignSecurityPrincipal
objectSid: S-1-5-21-4-5-6-1001

dn: CN=Domain Admins,CN=Users,DC=corp,DC=test
objectClass: group
sAMAccountName: Domain Admins
groupType: -2147483646
objectSid: S-1-5-21-1-2-3-512
objectGUID:: AAAAAAAAAAAAAAAAAAAAAg==
adminCount: 1
member: CN=S-1-5-21-4-5-6-1001,CN=ForeignSecurityPrincipals,DC=corp,DC=test
""")
        self.site.run()
        found = self.site.found()
        self.assertIn("privileged-nested\tann\tDomain Admins", found)
        self.assertFalse([line for line in found if line.startswith("group-foreign-member")])

    def test_hosts_are_computers(self):
        self.assertEqual(self.source["counts"]["computers"], 1)


if __name__ == "__main__":
    unittest.main()
