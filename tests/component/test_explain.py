"""explain and person --if-left: every way to a right, who loses what by a cut, and what a leaver leaves behind."""

import unittest

from site_under_test import SiteTest, demo_site
from small_worlds import account, group, person, sources, world

OWNER = "owner: uid=ann,ou=people,dc=example,dc=com\n"


def nested(name, *groups, members=()):
    """A group that contains groups, and accounts."""
    rows = "".join(f"member: cn={inner},ou=groups,dc=example,dc=com\n" for inner in groups)
    return group(name, *members, extra=rows)


# ann: directly, through red and through blue; ben through red only, with another account through blue; carl through blue only.
DIAMOND = (account("ann", "1") + account("ben", "2") + account("adm-ben", "2") + account("carl", "3") + account("svc-x")
           + group("red", "ann", "ben", "svc-x") + group("blue", "ann", "adm-ben", "carl") + nested("middle", "red")
           + nested("admins", "middle", "blue", members=["ann"]))
PEOPLE = [person("1"), person("2"), person("3")]


class Ways(SiteTest):
    def explain(self, *arguments):
        return self.site.rightful("explain", *arguments, "--json", "--as-of", self.site.as_of).json["explain"]

    def test_all_ways_come_shortest_first(self):
        self.site = self.open(world(PEOPLE, DIAMOND))
        row, = self.explain("ann", "admins", "--all")
        self.assertEqual([[hop["group"] for hop in way] for way in row["ways"]],
                         [["admins"], ["blue", "admins"], ["red", "middle", "admins"]])
        self.assertEqual((row["n_ways"], row["n_ways_is_exact"]), (3, True))
        self.assertEqual(row["ways"][0], row["path"])
        self.assertEqual(sorted((hop["member"], hop["group"]) for hop in row["cut"]), [("ann", "admins"), ("ann", "blue"), ("ann", "red")])
        row, = self.explain("ann", "admins")
        self.assertNotIn("ways", row)
        text = self.site.rightful("explain", "ann", "admins").out
        self.assertIn("  3 ways lead there; --all lists them.\n", text)
        text = self.site.rightful("explain", "ann", "admins", "--all").out
        self.assertIn("  3 ways lead there:\n    1. ann → admins\n    2. ann → blue → admins\n    3. ann → red → middle → admins\n", text)

    def test_who_is_not_in_the_group_has_no_way(self):
        self.site = self.open(world(PEOPLE, DIAMOND))
        row, = self.explain("ann", "red", "--all")
        self.assertEqual(row["n_ways"], 1)
        row, = self.explain("carl", "red", "--all")
        self.assertEqual((row["n_ways"], row["ways"], row["cut"]), (0, [], []))

    def test_of_too_many_ways_the_first_hundred_are_listed(self):
        ladder = account("ann", "1") + group("g0", "ann")
        for i in range(8):
            ladder += nested(f"a{i}", f"g{i}") + nested(f"b{i}", f"g{i}") + nested(f"g{i + 1}", f"a{i}", f"b{i}")
        self.site = self.open(world(PEOPLE, ladder))
        row, = self.explain("ann", "g8", "--all")
        self.assertEqual((row["n_ways"], len(row["ways"]), row["n_ways_is_exact"]), (256, 100, True))
        self.assertIn("256 ways lead there, of which the 100 shortest are:", self.site.rightful("explain", "ann", "g8", "--all").out)

    def test_a_cut_says_who_loses_what_and_counts_who_does_not(self):
        self.site = self.open(world(PEOPLE, DIAMOND))
        row, = self.explain("--cut", "middle", "admins")
        self.assertEqual((row["inner"], row["outer"], row["n_people"], row["n_accounts"]), ("middle", "admins", 0, 2))
        right, = row["rights"]
        self.assertEqual((right["group"], right["governed"], right["n_keep_by_another_way"]), ("admins", ["privileged"], 1))
        self.assertEqual([(one["account"], one["person"] and one["person"]["id"]) for one in right["lose"]], [("ben", "2"), ("svc-x", None)])
        row, = self.explain("--cut", "blue", "admins")
        right, = row["rights"]
        self.assertEqual([one["account"] for one in right["lose"]], ["adm-ben", "carl"])
        self.assertEqual((right["n_people"], right["n_accounts"], right["n_keep_by_another_way"]), (1, 2, 1))
        text = self.site.rightful("explain", "--cut", "blue", "admins").out
        self.assertIn("1 person would lose a governed right, with 2 accounts.", text)
        self.assertIn("      carl  (Person 3)\n", text)
        self.assertIn("1 account keeps it by another way.", text)

    def test_a_cut_that_cannot_be_is_an_error(self):
        self.site = self.open(world(PEOPLE, DIAMOND))
        result = self.site.rightful("explain", "--cut", "red", "admins")
        self.assertEqual(result.code, 1)
        self.assertIn("red is not a member of admins, so there is nothing to cut", result.err)
        self.assertEqual(self.site.rightful("explain", "--cut", "red").code, 2)
        self.assertEqual(self.site.rightful("explain", "--cut", "red", "gone").code, 1)
        result = self.site.rightful("explain", "--cut", "red", "middle", "--json")
        self.assertEqual(result.json["explain"][0]["n_accounts"], 2)

    def test_the_demo_company(self):
        self.site = self.open(demo_site())
        row, = self.explain("--cut", "infrastructure", "Domain Admins")
        self.assertEqual([one["account"] for one in row["rights"][0]["lose"]], ["lweber", "tvu"])
        self.assertEqual((row["n_people"], row["rights"][0]["n_keep_by_another_way"]), (2, 1))
        row, = self.explain("--cut", "project-atlas-partners", "project-atlas")
        self.assertEqual((row["rights"], row["n_people"]), ([], 0))


ASSETS = """id,name,kind,status,owner,custodian
A1,Laptop,computer,in_use,2,1
A2,Wiki,application,in_use,1,
A3,Old,computer,retired,1,1
A4,Other,computer,in_use,2,2
"""
TICKETS = """id,group,account,person_id,approved_by,expires_on
T1,admins,,2,1,
T2,admins,,2,1,2026-03-01
T3,admins,,2,3,
T4,admins,,2,ann,2026-12-31
"""
MORE = """{ name = "register"; kind = "csv"; provides = "assets"; path = "assets.csv"; },
  { name = "tickets"; kind = "csv"; provides = "approvals"; path = "tickets.csv"; }"""


class IfLeft(SiteTest):
    def site_of(self):
        people = [person("1", previous_ids="01"), person("2", manager_id="1"), person("3", manager_id="01"), person("01"),
                  person("4", manager_id="1", last_working_day="2026-03-01"), person("5", kind="contractor", sponsor_id="1", end_date="2026-05-01"),
                  person("6", manager_id="2")]
        ldif = (account("ann", "1") + account("adm-ann", "01") + account("ben", "2") + account("svc-a", "", OWNER) + account("svc-b", "", "owner: 2\n")
                + group("admins", "ben", extra=OWNER) + group("team", "ben", extra="owner: 01\n") + group("other", "ben"))
        return self.open(world(people, ldif, source=sources(more=MORE), assets_csv=ASSETS, tickets_csv=TICKETS))

    def test_everything_that_would_lose_its_owner_is_listed(self):
        site = self.site_of()
        row, = site.rightful("person", "1", "--if-left", "--json", "--as-of", site.as_of).json["person"]
        names = {key: [one.get("id") or one["name"] for one in value] for key, value in row.items() if isinstance(value, list)}
        self.assertEqual(names, {"own_accounts": ["ann", "adm-ann"], "owned_accounts": ["svc-a"], "owned_groups": ["admins", "team"],
                                 "assets": ["A1", "A2"], "direct_reports": ["2", "3"], "sponsored": ["5"], "approvals_given": ["T1", "T4"], "reviews": []})
        self.assertEqual([one["as"] for one in row["assets"]], ["custodian", "owner"])
        self.assertEqual(row["owned_groups"][0]["governed"], ["privileged"])
        self.assertEqual((row["id"], row["name"]), ("1", "Person 1"))

    def test_in_every_format(self):
        site = self.site_of()
        for form in ("table", "json", "ndjson", "csv"):
            result = site.rightful("person", "1", "--if-left", "-o", form, "--as-of", site.as_of)
            self.assertEqual(result.code, 0, result.err)
        text = site.rightful("person", "1", "--if-left", "--as-of", site.as_of).out
        for line in ("owned accounts", "direct reports", "approvals given", "svc-a"):
            self.assertIn(line, text)

    def test_who_owns_nothing_leaves_nothing(self):
        site = self.site_of()
        row, = site.rightful("person", "6", "--if-left", "--json", "--as-of", site.as_of).json["person"]
        self.assertEqual([value for value in row.values() if value], ["6", "Person 6"])
        self.assertEqual(site.rightful("person", "nobody", "--if-left").code, 1)


if __name__ == "__main__":
    unittest.main()
