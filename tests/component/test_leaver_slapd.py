"""`rightful leaver` asks a slapd for one person, who is in groups of many: it must say what the same directory says that is read whole.

The world is random, from a fixed seed: several accounts a person, groups in groups with loops, members by DN, by unique name and by login name,
primary groups, and owners of groups and of service accounts."""

import random
import sys
import tempfile
import unittest
import uuid

from site_under_test import Site, SiteTest
from test_slapd import SUFFIX, Slapd

SEED = 20260317
N_PEOPLE, N_GROUPS, N_CROWD = 30, 45, 300
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"


def entry(dn, *lines):
    return "\n".join([f"dn: {dn}", f"entryUUID: {uuid.uuid5(uuid.NAMESPACE_URL, dn)}", *lines]) + "\n"


def of_account(name):
    return f"uid={name},{PEOPLE}"


def of_group(name):
    return f"cn={name},{GROUPS}"


class World:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.accounts = {f"{i:05d}": [f"u{i}" + suffix for suffix in ("", "-adm", "-test")[:self.random.randint(1, 3)]] for i in range(N_PEOPLE)}
        self.all = [name for names in self.accounts.values() for name in names]
        self.entries = [entry(SUFFIX, "objectClass: dcObject", "objectClass: organization", "dc: example", "o: Example"),
                        entry(PEOPLE, "objectClass: organizationalUnit", "ou: people"),
                        entry(GROUPS, "objectClass: organizationalUnit", "ou: groups")]
        for person, names in self.accounts.items():
            for name in names:
                self.add_account(name, person)
        for i in range(N_CROWD):
            self.add_account(f"crowd{i}", None)
        for i in range(8):
            self.add_account(f"svc{i}", None, f"owner: {of_account(self.random.choice(self.all))}")
        self.groups = [f"g{i}" for i in range(N_GROUPS)]
        for number, name in enumerate(self.groups):
            self.add_group(number, name)

    def add_account(self, name, person, *more):
        number = self.random.choice((4000, 4001, 4002, 9999))
        owner = ["objectClass: extensibleObject"] if more else []
        self.entries.append(entry(of_account(name), "objectClass: inetOrgPerson", "objectClass: posixAccount", *owner, f"uid: {name}", f"cn: {name}", f"sn: {name}",
                                  "uidNumber: 1", f"gidNumber: {number}", f"homeDirectory: /home/{name}",
                                  *([f"employeeNumber: {person}"] if person else []), *more))

    def add_group(self, number, name):
        """A third of the groups is of everybody; loops and groups in several groups come by themselves."""
        pick = self.random
        members = pick.sample(self.all, pick.randint(0, 4)) + ([f"crowd{i}" for i in range(N_CROWD)] if number % 3 == 0 else [])
        inner = pick.sample(self.groups, pick.randint(0, 3)) + ([pick.choice(self.groups)] if number % 5 == 0 else [])
        dns = [of_account(one) for one in members] + [of_group(one) for one in inner if one != name]
        owner = [f"owner: {of_account(pick.choice(self.all))}"] if number % 4 == 0 else []
        kind, attribute = (("groupOfUniqueNames", "uniqueMember") if number % 7 == 3 else ("groupOfNames", "member"))
        posix = []
        if number % 6 == 1:
            posix = ["objectClass: posixGroup", f"gidNumber: {4000 + number % 3}", *(f"memberUid: {one}" for one in pick.sample(self.all, 3))]
        self.entries.append(entry(of_group(name), f"objectClass: {kind}", *posix, f"cn: {name}", *owner,
                                  *(f"{attribute}: {one}" for one in sorted(set(dns)) or [of_account("crowd0")])))

    @property
    def ldif(self):
        return "\n".join(self.entries)

    @property
    def roster(self):
        return "id,name,status,last_working_day\n" + "".join(f"{person},Person {person},left,2026-03-05\n" for person in self.accounts)


def sort_by_text(rows):
    return sorted(rows, key=str)


class OnePersonOfMany(SiteTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World(SEED)
        with tempfile.NamedTemporaryFile("w", suffix=".ldif") as file:
            file.write(cls.world.ldif)
            file.flush()
            cls.slapd = Slapd(file.name)
        cls.addClassCleanup(cls.slapd.stop)

    def site(self, source):
        privileged = ", ".join(f'"{name}"' for name in self.world.groups)
        return self.open(Site(f"""
organisation: {{ name = "Many"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
freshness: {{ people_days = 36500; }};
sources: ( {{ name = "corp"; provides = "directory"; server = "openldap"; {source} }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
privileged = [ {privileged} ];
""", {"hr.csv": self.world.roster, "corp.ldif": self.world.ldif}))

    def live(self, bind="BIND_DN", more=""):
        who = self.slapd.facts.get(bind, bind)
        return self.site(f'kind = "ldap"; url = "{self.slapd["LDAPS_URL"]}"; base = "{SUFFIX}"; bind_dn = "{who}"; '
                         f'password_file = "{self.slapd["PASSWORD_FILE"]}"; tls_ca_file = "{self.slapd["CA_FILE"]}"; {more}')

    def leaver(self, site, *people):
        result = site.rightful("leaver", *people, "--json", "--as-of", "2026-03-17T05:00:00Z")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def answers(self, site, *people):
        """What is said of accounts, rights and what is owned: of a person, in an order that does not depend on reading."""
        found = {}
        for answer in self.leaver(site, *people)["leaver"]:
            accounts = [{**account, "groups": sort_by_text((group["dn"], group["governed"], len(group["path"])) for group in account["groups"])}
                        for account in answer["accounts"]]
            found[answer["person"]["id"]] = {
                "accounts": sort_by_text((one["dn"], one["state"], one["open"], one["groups"]) for one in accounts), "open": sorted(answer["open"]), "unsure": answer["unsure"],
                "lines": sort_by_text((line["kind"], line["key"], line["object"], line["status"], line["due"]) for line in answer["lines"]),
                "owned": sort_by_text((one["dn"] for one in answer["owned_groups"] + answer["owned_accounts"]))}
        return found

    def test_each_person_has_the_rights_that_the_whole_directory_shows(self):
        people = list(self.world.accounts)
        whole = self.answers(self.site('kind = "ldif"; path = "corp.ldif";'), *people)
        live = self.live()
        for person in people:
            self.assertEqual(self.answers(live, person)[person], whole[person], person)
        lines = [line for one in whole.values() for line in one["lines"]]
        kinds = {kind: sum(line[0] == kind for line in lines) for kind in ("account", "right", "owned-group", "owned-account")}
        self.assertGreater(kinds["right"], 300)  # or the world would show nothing
        self.assertGreater(min(kinds.values()), 4, kinds)
        self.assertTrue(any(length > 3 for one in whole.values() for _, _, _, groups in one["accounts"] for _, _, length in groups))

    def test_many_people_at_once_are_answered_alike(self):
        """So many accounts that no values are kept back, and several searches a level."""
        people = list(self.world.accounts)
        live = self.live()
        self.assertEqual(self.answers(live, *people), self.answers(self.site('kind = "ldif"; path = "corp.ldif";'), *people))

    def test_of_a_crowd_only_the_person_is_sent(self):
        source = next(one for one in self.leaver(self.live(), "00001")["sources"] if one["name"] == "corp")
        self.assertEqual(source["status"], "complete")
        self.assertGreater(source["counts"]["groups"], 5)
        self.assertLess(source["counts"]["memberships"], N_CROWD)

    def test_a_server_that_gives_all_only_in_pages_is_asked_in_pages(self):
        """Questions are asked side by side without pages, of which a server keeps track of one a connection."""
        people = list(self.world.accounts)[:5]
        self.assertEqual(self.answers(self.live("cn=paged,o=readers", "page_size = 2;"), *people), self.answers(self.live(), *people))

    def test_the_same_question_has_the_same_proof(self):
        """However the answers to what is asked side by side arrive."""
        site = self.live()
        proofs = {self.leaver(site, "00001", "00002")["sources"][0]["digest"] for _ in range(5)}
        self.assertEqual(len(proofs), 1)

    def test_groups_that_do_not_show_why_they_were_found_are_no_answer(self):
        site = self.live("cn=finder,o=readers")
        result = site.rightful("leaver", "00001", "--json", "--as-of", "2026-03-17T05:00:00Z")
        self.assertEqual(result.code, 3, result.err)
        self.assertIn("was found by its members but shows none of them", result.err)
        self.assertIsNot(result.json["leaver"][0]["closed"], True)


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
