"""A real slapd that is changed while it is read: between two pages, where RFC 2696 promises nothing."""

import sys
import tempfile
import unittest

import fault_proxy as faults
from fault_proxy import FaultProxy
from site_under_test import Site, SiteTest
from test_slapd import SUFFIX, Slapd

PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
N_PEOPLE = 60


def person(i):
    return f"dn: uid=p{i},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: p{i}\ncn: p{i}\nsn: p\nemployeeNumber: {i}\n"


def group(*members):
    lines = "".join(f"member: uid=p{i},{PEOPLE}\n" for i in members)
    return f"dn: cn=admins,{GROUPS}\nobjectClass: groupOfNames\ncn: admins\n{lines}"


def made_anew(entry):
    """What a script does that writes an entry anew every night."""
    dn, rest = entry.split("\n", 1)
    return f"{dn}\nchangetype: delete\n\n{dn}\nchangetype: add\n{rest}"


class Changes(SiteTest):
    def setUp(self):
        entries = [f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n"]
        entries += [f"dn: {dn}\nobjectClass: organizationalUnit\nou: {dn[3:].split(',')[0]}\n" for dn in (PEOPLE, GROUPS)]
        entries += [group(1, 2), *(person(i) for i in range(N_PEOPLE))]
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as file:
            file.write("\n".join(entries))
            file.flush()
            self.slapd = Slapd(file.name, SLAPD_STRICT="yes")
        self.addCleanup(self.slapd.stop)
        host, port = self.slapd["LDAP_URL"].removeprefix("ldap://").split(":")
        self.proxy = FaultProxy(host, int(port))
        self.addCleanup(self.proxy.close)
        people = "".join(f"{i},Person {i}\n" for i in range(N_PEOPLE))
        self.site = self.open(Site(f"""
organisation: {{ name = "Changing"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{self.proxy.url}"; base = "{SUFFIX}";
    bind_dn = "{self.slapd["BIND_DN"]}"; password_file = "{self.slapd["PASSWORD_FILE"]}"; allow_plaintext_bind = true; page_size = 10; }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
privileged = [ "admins" ];
""", {"hr.csv": "id,name\n" + people}))

    def pull_while(self, page, ldif):
        """The source's record of a run during which that happens once page is read."""
        self.proxy.fault = faults.Between(page, lambda: self.slapd.tool("ldapmodify", self.slapd["ROOT_DN"], text=ldif))
        result = self.site.run()
        self.assertTrue(self.proxy.fault.was_used)
        return result, result.json["run"]["sources"][0]

    def test_a_group_and_an_account_that_are_made_anew_are_the_new_ones(self):
        result, source = self.pull_while(3, "\n".join([made_anew(group(1, 7)), made_anew(person(5))]))
        self.assertEqual((result.code, source["status"]), (0, "complete"), result.err)
        self.assertEqual((source["counts"]["kept"], source["counts"]["excluded"], source["counts"]["rejected"]), (N_PEOPLE + 1, 2, 0))
        self.assertEqual(source["counts"]["memberships"], 2)
        self.proxy.fault = faults.Fault()
        self.assertEqual({member["dn"] for member in self.site.rightful("group", "admins", "--json").json["group"][0]["members"]},
                         {f"uid=p{i},{PEOPLE}" for i in (1, 7)})
        counts = self.site.run().json["counts"]  # a quiet night finds the same
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))

    def test_changes_to_what_was_read_and_what_was_not_leave_the_pull_whole(self):
        changed = "".join(f"dn: uid=p{i},{PEOPLE}\nchangetype: modify\nreplace: title\ntitle: changed\n\n" for i in (3, 55))
        renamed = f"dn: uid=p4,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=zz4\ndeleteoldrdn: 1\n"
        result, source = self.pull_while(3, changed + renamed)
        self.assertEqual((result.code, source["status"], source["counts"]["kept"]), (0, "complete", N_PEOPLE + 1), result.err)


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
