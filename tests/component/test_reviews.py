"""Access reviews: started when they are due, frozen, by whom which rights are decided."""

import os
import sqlite3
import unittest

from site_under_test import SiteTest
from small_worlds import HEAD, RULES, account, group, person, sources, world

FIRST, SECOND, THIRD = "2026-03-30T05:00:00Z", "2026-04-01T05:00:00Z", "2026-04-02T05:00:00Z"
# The files of these worlds are of March; they are about campaigns, not about age.
FRESHNESS = "freshness: { directory_hours = 8784; people_days = 366; assets_days = 366; approvals_days = 366; };\n"
QUARTERLY = 'every = "FREQ=MONTHLY;INTERVAL=3"; '
PEOPLE = [person("1", name="Ann", manager_id="2", department="IT", title="Admin"), person("2", name="Bob", manager_id="3", email="bob@example.com"),
          person("3", name="Eve"), person("4", name="Leaver", last_working_day="2026-03-05", manager_id="2")]
LDIF = (account("ann", "1") + account("bob", "2") + account("adm-bob", "2") + account("svc-job", extra="owner: uid=ann,ou=people,dc=example,dc=com\n") +
        account("gone", "4") + group("admins", "ann", "adm-bob", "svc-job", "gone", extra="member: cn=ops,ou=groups,dc=example,dc=com\n") +
        group("ops", "bob") + group("pay", "ann", "bob"))
PAY = 'entitlements: ( { group = "pay"; means = "Release payments"; risk = "high"; } );\n'
ASSETS = '{ name = "reg"; kind = "csv"; provides = "assets"; path = "assets.csv"; }'


def review(rest, name="a", scope="privileged"):
    return f'reviews: ( {{ name = "{name}"; scope = "{scope}"; {rest} }} );\n'


def rights(shown, *members):
    """[(account, group, …)] of the items that `review show --json` gives."""
    return [(row["account"]["name"], row["group"]["name"], *(row[member] for member in members)) for row in shown["rights"]]


def reviewers(shown):
    return {row["account"]["name"]: (row["reviewer"] or {}).get("name") for row in shown["rights"]}


class ReviewTest(SiteTest):
    def site(self, reviews, people=PEOPLE, ldif=LDIF, more="", rules=PAY, **files):
        site = self.open(world(people, ldif, head=HEAD + FRESHNESS, source=sources(more=more), rules=RULES + rules + reviews, **files))
        return site

    def shown(self, site, review_id="RV-000001", *arguments):
        result = site.rightful("review", "show", review_id, "--json", *arguments)
        self.assertEqual(result.code, 0, result.err)
        return result.json["review"]

    def listed(self, site, *arguments):
        return site.rightful("review", "list", "--json", *arguments).json["review"]

    def started(self, site, name="a", as_of=FIRST, code=0):
        result = site.rightful("review", "start", name, "--as-of", as_of, "--json")
        self.assertEqual(result.code, code, result.err)
        return result


class Due(ReviewTest):
    def test_a_campaign_starts_in_the_night_in_which_it_is_due_and_once(self):
        site = self.site(review(QUARTERLY + 'fallback = "3";'))
        self.assertEqual(site.run(as_of=FIRST).json["reviews"], {"started": [], "waiting": []})
        second = site.run(as_of=SECOND)
        self.assertEqual((second.code, second.json["reviews"]), (0, {"started": ["RV-000001"], "waiting": []}))
        self.assertEqual(site.run(as_of=THIRD).json["reviews"], {"started": [], "waiting": []})
        campaign = self.shown(site, "RV-000001", "--as-of", THIRD)
        self.assertEqual((campaign["status"], campaign["run"], campaign["as_of"], campaign["due"]),
                         ("open", 2, SECOND, "2026-04-15T22:00:00Z"))
        self.assertEqual([row["name"] for row in campaign["proof"]], ["corp", "hr"])
        self.assertEqual({row["status"] for row in campaign["proof"]}, {"complete"})
        self.assertEqual(self.shown(site, "RV-000001", "--as-of", "2026-04-16T05:00:00Z")["status"], "overdue")

    def test_nights_that_were_missed_are_one_campaign(self):
        site = self.site(review(QUARTERLY))
        site.run(as_of=FIRST)
        self.assertEqual(site.run(as_of="2026-11-05T05:00:00Z").json["reviews"]["started"], ["RV-000001"])
        self.assertEqual(site.run(as_of="2026-11-06T05:00:00Z").json["reviews"]["started"], [])

    def test_a_start_that_is_said_holds_for_the_first_run(self):
        site = self.site(review(QUARTERLY + 'starts = "2026-03-01";'))
        self.assertEqual(site.run(as_of=FIRST).json["reviews"]["started"], ["RV-000001"])

    def test_the_next_waits_for_the_one_that_is_open(self):
        site = self.site(review('every = "FREQ=DAILY"; starts = "2026-03-01";'))
        site.run(as_of=FIRST)
        result = site.run(as_of=SECOND)
        self.assertEqual(result.json["reviews"]["started"], [])
        self.assertEqual(result.json["reviews"]["waiting"],
                         [{"name": "a", "since": "2026-04-01", "reason": "RV-000001, the one before, is still open", "new": True}])
        self.assertIn("review a was not started: RV-000001, the one before, is still open", result.err)
        self.assertIn("RV-000001, the one before", site.run(as_of=THIRD).err)  # it is due for another day now

    def test_a_dry_run_starts_nothing(self):
        site = self.site(review(QUARTERLY + 'starts = "2026-03-01";'))
        site.run(as_of=FIRST)  # makes the ledger
        self.assertEqual(len(self.listed(site)), 1)
        other = self.site(review(QUARTERLY + 'starts = "2026-03-01";'))
        other.run("--dry-run", as_of=FIRST)
        self.assertEqual(self.listed(other), [])

    def test_nobody_to_look_at_starts_nothing_and_says_so_once_until_it_changes(self):
        site = self.site(review(QUARTERLY + 'starts = "2026-03-01";', scope="external"))
        told = []
        for as_of in (FIRST, SECOND, THIRD, "2026-06-02T05:00:00Z"):  # due on 1 March, then on 1 June
            result = site.run(as_of=as_of)
            self.assertEqual((result.code, result.json["reviews"]["started"]), (0, []))
            (waiting,) = result.json["reviews"]["waiting"]
            self.assertEqual(waiting["reason"], "nobody holds such a right")
            self.assertEqual(waiting["new"], "review a was not started: nobody holds such a right" in result.err)
            told.append((waiting["since"], waiting["new"]))
        self.assertEqual(told, [("2026-03-01", True), ("2026-03-01", False), ("2026-03-01", False), ("2026-06-01", True)])
        self.assertEqual(self.started(site, code=1, as_of="2026-06-02T05:00:00Z").out, "")  # by hand it is always said
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as store:
            rows = store.execute("SELECT action, run FROM audit WHERE object = 'review a' ORDER BY id").fetchall()
        self.assertEqual(rows, [("not started", 1), ("not started", 4)])


class Whole(ReviewTest):
    def test_an_incomplete_source_starts_nothing_and_the_next_night_does(self):
        site = self.site(review(QUARTERLY))
        site.run(as_of=FIRST)
        site.write("corp.ldif", LDIF[:len(LDIF) // 2])
        result = site.run(as_of=SECOND)
        self.assertEqual((result.code, result.json["reviews"]["started"]), (3, []))
        waiting = result.json["reviews"]["waiting"][0]
        self.assertEqual((waiting["name"], waiting["since"]), ("a", "2026-04-01"))
        self.assertIn("corp is incomplete", waiting["reason"])
        self.assertIn("It is due since 2026-04-01", result.err)
        refused = self.started(site, as_of=SECOND, code=3)
        self.assertIn("corp is incomplete", refused.err)
        self.assertEqual(self.listed(site), [])
        site.write("corp.ldif", LDIF)
        self.assertEqual(site.run(as_of=THIRD).json["reviews"]["started"], ["RV-000001"])

    def test_a_register_that_nobody_asks_about_holds_up_nothing(self):
        broken = {"assets_csv": "id,name\n\"A1\n"}
        site = self.site(review(QUARTERLY + 'starts = "2026-03-01";'), more=ASSETS, **broken)
        self.assertEqual(site.run(as_of=FIRST).json["reviews"]["started"], ["RV-000001"])
        asked = self.site(review(QUARTERLY + 'starts = "2026-03-01"; reviewer = "owner";'), more=ASSETS, **broken)
        self.assertEqual(asked.run(as_of=FIRST).json["reviews"]["started"], [])

    def test_what_changes_in_the_directory_changes_nothing_in_the_campaign(self):
        site = self.site(review(QUARTERLY))
        site.run(as_of=FIRST)
        site.run(as_of=SECOND)
        before = self.shown(site, "RV-000001", "--as-of", SECOND)
        site.write("corp.ldif", LDIF.replace("member: uid=gone", "member: uid=ann2").replace("uid=ann,", "uid=ann3,").replace("uid: ann\n", "uid: ann3\n"))
        site.write("hr.csv", site.read("hr.csv").replace("Ann", "Anna"))
        site.run("--accept", "ledger:resolved", "--reason", "test", as_of=THIRD)
        after = self.shown(site, "RV-000001", "--as-of", SECOND)
        self.assertEqual(before["population"], after["population"])
        self.assertEqual(rights(before, "path", "since", "advice"), rights(after, "path", "since", "advice"))

    def test_starting_by_hand_needs_a_ledger_and_a_campaign(self):
        site = self.site(review(""))
        self.assertIn("there is no ledger yet", self.started(site, code=1).err)
        site.run(as_of=FIRST)
        self.assertIn("it has: a", self.started(site, "b", code=2).err)
        self.assertIn("the ledger only goes forward", self.started(site, as_of="2026-03-01T05:00:00Z", code=2).err)
        self.started(site)
        self.assertIn("RV-000001", self.started(site, code=1).err)
        self.assertEqual([(row["id"], row["run"], row["started_by"] != "") for row in self.listed(site)], [("RV-000001", None, True)])


class Scopes(ReviewTest):
    def population(self, scope, rest, **options):
        site = self.site(review(rest, scope=scope), **options)
        site.run(as_of=FIRST)
        self.started(site)
        return self.shown(site)

    def test_privileged(self):
        shown = self.population("privileged", "")
        self.assertEqual(rights(shown, "risk", "single", "direct"),
                         [("ann", "admins", "privileged", True, True), ("adm-bob", "admins", "privileged", True, True),
                          ("bob", "admins", "privileged", True, False), ("gone", "admins", "privileged", True, True),
                          ("svc-job", "admins", "privileged", True, True)])
        through = shown["rights"][2]
        self.assertEqual(through["path"], ["bob", "ops", "admins"])
        self.assertEqual(through["cut"], {"member_dn": "uid=bob,ou=people,dc=example,dc=com", "group_dn": "cn=ops,ou=groups,dc=example,dc=com", "via": "member"})

    def test_nested_privileged_groups_count_for_the_nearest(self):
        ldif = LDIF + group("root", extra="member: cn=admins,ou=groups,dc=example,dc=com\n")
        rules = RULES.replace('[ "admins" ]', '[ "admins", "root" ]')
        site = self.open(world(PEOPLE, ldif, head=HEAD + FRESHNESS, rules=rules + review("")))
        site.run(as_of=FIRST)
        self.started(site)
        self.assertEqual({row[1] for row in rights(self.shown(site))}, {"admins"})

    def test_one_entitlement_in_its_words(self):
        shown = self.population("entitlement", 'entitlement = "pay";')
        self.assertEqual(rights(shown, "means", "risk", "single"), [("ann", "pay", "Release payments", "high", False), ("bob", "pay", "Release payments", "high", False)])
        self.assertEqual(shown["title"], "Rights in pay")

    def test_one_asset(self):
        assets = "id,name,owner,access_groups\nA1,Bank,3,pay\nA2,Other,2,ops\n"
        shown = self.population("asset", 'asset = "A1"; reviewer = "owner";', more=ASSETS, assets_csv=assets)
        self.assertEqual(rights(shown), [("ann", "pay"), ("bob", "pay")])
        self.assertEqual(reviewers(shown), {"ann": "Eve", "bob": "Eve"})
        self.assertEqual(shown["rights"][0]["chosen"], "the owner of the asset Bank")

    def test_the_groups_of_one_owner(self):
        ldif = LDIF + group("lists", "ann", "bob", extra="owner: uid=bob,ou=people,dc=example,dc=com\n")
        shown = self.population("owner", 'person = "bob@example.com"; reviewer = "owner"; fallback = "3";', ldif=ldif)
        self.assertEqual(rights(shown), [("ann", "lists"), ("bob", "lists")])
        self.assertEqual(reviewers(shown), {"ann": "Bob", "bob": "Eve"})

    def test_the_people_of_one_manager(self):
        shown = self.population("manager", 'person = "2";')
        self.assertEqual(rights(shown), [("ann", "admins"), ("ann", "pay"), ("gone", "admins")])

    def test_service_accounts(self):
        shown = self.population("service-accounts", "")
        self.assertEqual(rights(shown, "class"), [("svc-job", "admins", "service")])
        # svc-job is nobody's, and Ann answers for it: so her manager decides.
        self.assertEqual(reviewers(shown), {"svc-job": "Bob"})

    def test_external_people(self):
        people = PEOPLE + [person("9", name="Xaver", kind="Contractor", end_date="2026-12-31")]
        ldif = LDIF.replace("cn: pay\n", "cn: pay\nmember: uid=xaver,ou=people,dc=example,dc=com\nmember: uid=guest-1,ou=people,dc=example,dc=com\n")
        shown = self.population("external", 'fallback = "3";', people=people, ldif=ldif + account("xaver", "9") + account("guest-1"))
        self.assertEqual(rights(shown), [("guest-1", "pay"), ("xaver", "pay")])

    def test_what_is_not_there_starts_nothing(self):
        for scope, rest in (("entitlement", 'entitlement = "nix";'), ("owner", 'person = "nobody";'), ("asset", 'asset = "nix";')):
            with self.subTest(scope):
                site = self.site(review(rest, scope=scope), more=ASSETS, assets_csv="id,name\nA1,Bank\n")
                site.run(as_of=FIRST)
                result = self.started(site, code=1)
                self.assertIn("rightful.conf:", result.err)


class Reviewers(ReviewTest):
    def chosen(self, rest, **options):
        site = self.site(review(rest), **options)
        site.run(as_of=FIRST)
        self.started(site)
        shown = self.shown(site)
        return reviewers(shown), {row["account"]["name"]: row["chosen"] for row in shown["rights"]}

    def test_the_manager_decides_and_never_about_accounts_of_his_own(self):
        who, why = self.chosen('reviewer = "2"; fallback = "3";')
        self.assertEqual(who, {"ann": "Bob", "bob": "Eve", "adm-bob": "Eve", "gone": "Bob", "svc-job": "Bob"})
        self.assertEqual(why["adm-bob"], "the fallback, because the reviewer 2 (Bob) would decide on their own right")

    def test_who_has_left_decides_nothing(self):
        who, why = self.chosen('reviewer = "4"; fallback = "4"; owner = "3";')
        self.assertEqual(set(who.values()), {"Eve"})
        self.assertEqual(why["ann"], "the owner of the campaign, because the reviewer 4 (Leaver) is not working here, the fallback (Leaver) is not working here")

    def test_where_nobody_can_the_item_waits_and_is_said(self):
        site = self.site(review(""))
        site.run(as_of=FIRST)
        result = self.started(site)
        shown = self.shown(site)
        self.assertEqual(reviewers(shown), {"ann": "Bob", "bob": "Eve", "adm-bob": "Eve", "gone": "Bob", "svc-job": "Bob"})
        people = [dict(row, manager_id="") for row in PEOPLE]
        alone = self.site(review(""), people=people)
        alone.run(as_of=FIRST)
        result = self.started(alone)
        self.assertIn("nobody can decide 5 of 5 items", result.err)
        self.assertEqual(set(reviewers(self.shown(alone)).values()), {None})

    def test_an_account_that_may_be_his_is_not_his_to_decide(self):
        people = [person("2", name="Bob", email="both@example.com"), person("3", name="Eve"), person("5", name="Rob", email="both@example.com")]
        ldif = account("shared-mail", extra="mail: both@example.com\n") + group("admins", "shared-mail")
        who, _ = self.chosen('reviewer = "2"; fallback = "3";', people=people, ldif=ldif)
        self.assertEqual(who, {"shared-mail": "Eve"})

    def test_an_account_linked_by_hand_counts(self):
        site = self.site(review('reviewer = "2"; fallback = "3";'))
        site.run(as_of=FIRST)
        self.assertEqual(site.rightful("link", "svc-job", "2", "--reason", "his").code, 0)
        self.started(site, as_of=SECOND)
        self.assertEqual(reviewers(self.shown(site))["svc-job"], "Eve")

    def test_an_earlier_number_of_the_same_person_is_the_same_person(self):
        people = [person("1", name="Ann"), person("2", name="Bob", previous_ids="20"), person("20", name="Bob", last_working_day="2025-01-31"), person("3", name="Eve")]
        who, _ = self.chosen('reviewer = "2"; fallback = "3";', people=people, ldif=account("old", "20") + group("admins", "old"))
        self.assertEqual(who, {"old": "Eve"})

    def test_a_second_reviewer_is_somebody_else(self):
        site = self.site(review('reviewer = "2"; second_stage = "2"; fallback = "3";'))
        site.run(as_of=FIRST)
        self.started(site)
        self.assertEqual({row["account"]["name"]: row["second"] for row in self.shown(site)["rights"]}["ann"], "3")


class Told(ReviewTest):
    def test_what_a_reviewer_is_told(self):
        approvals = "id,group,account,approved_by,approved_on,expires_on,reference\n1,admins,ann,3,2026-01-01,2026-12-31,CHG-1\n"
        ldif = LDIF.replace("uid: ann\n", "uid: ann\nauthTimestamp: 20260329040000Z\n")
        site = self.site(review(""), ldif=ldif, more='{ name = "tickets"; kind = "csv"; provides = "approvals"; path = "approvals.csv"; }', approvals_csv=approvals)
        site.run(as_of=FIRST)
        site.write("corp.ldif", ldif.replace("cn: admins\n", "cn: admins\nmember: uid=new,ou=people,dc=example,dc=com\n") + account("new", "1"))
        site.run(as_of=SECOND)
        self.started(site, as_of=THIRD)
        items = {row["account"]["name"]: row for row in self.shown(site)["rights"]}
        self.assertEqual(items["ann"]["approval"], {"reference": "CHG-1", "by": "Eve", "on": "2025-12-31T23:00:00Z", "expires": "2026-12-31T23:00:00Z"})
        self.assertEqual(items["ann"]["since"], {"at": FIRST, "note": "or earlier: the first run saw it already"})
        self.assertEqual(items["new"]["since"], {"at": SECOND, "note": "first seen then, not by the run before"})
        self.assertEqual((items["ann"]["department"], items["ann"]["title"], items["ann"]["manager"]), ("IT", "Admin", {"id": "2", "name": "Bob"}))
        self.assertEqual(items["ann"]["last_used"]["at"], "2026-03-29T04:00:00Z")
        self.assertEqual(items["gone"]["last_used"]["note"], "the account was never used")
        self.assertEqual(items["gone"]["advice"]["decision"], "remove")
        self.assertIn("2026-03-05", items["gone"]["advice"]["reason"])
        self.assertTrue(items["gone"]["exceptions"])
        self.assertIsNone(items["ann"]["change"])

    def changes(self, site, review_id):
        return {row["account"]["name"]: row["change"] for row in self.shown(site, review_id)["rights"]}

    def test_what_is_new_since_the_last_campaign_and_nothing_is_when_that_one_is_forgotten(self):
        site = self.site("retention: { reviews_days = 365; };\n" + review('reviewer = "3";'), ldif=LDIF)
        site.run(as_of=FIRST)
        self.started(site)
        self.assertEqual(set(self.changes(site, "RV-000001").values()), {None})
        self.assertEqual(site.rightful("review", "close", "RV-000001").code, 0)
        site.write("corp.ldif", LDIF.replace("cn: admins\n", "cn: admins\nmember: uid=new,ou=people,dc=example,dc=com\n") + account("new", "1"))
        site.run(as_of=SECOND)
        self.started(site, as_of=SECOND)
        changes = self.changes(site, "RV-000002")
        self.assertEqual((changes.pop("new"), set(changes.values())), ("new", {"unchanged"}))
        self.assertEqual(site.rightful("review", "close", "RV-000002").code, 0)
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as ledger:
            ledger.execute("UPDATE review SET closed_at = 0")
        self.assertEqual(site.run(as_of=THIRD).json["forgotten"]["reviews"], 2)
        self.started(site, as_of=THIRD)
        self.assertEqual(set(self.changes(site, "RV-000003").values()), {None})
        gone = self.shown(site, "RV-000002")
        self.assertEqual((gone["items"], gone["not_reviewed"], gone["rights"], gone["title"]), (6, 6, [], "a"))
        self.assertIn("its items were dropped on", site.rightful("review", "show", "RV-000002").out)

    def test_a_conflict_and_what_it_is_named(self):
        rules = PAY + 'segregation: ( { id = "two-keys"; a = [ "pay" ]; b = [ "admins" ]; } );\n'
        site = self.site(review('entitlement = "pay";', scope="entitlement"), rules=rules)
        site.run(as_of=FIRST)
        self.started(site)
        items = {row["account"]["name"]: row for row in self.shown(site)["rights"]}
        self.assertEqual((items["ann"]["conflict"], items["ann"]["single"]), ("two-keys", True))
        self.assertIn("holds both sides of two-keys", items["ann"]["advice"]["reason"])

    def test_one_item_and_other_forms(self):
        site = self.site(review(""))
        site.run(as_of=FIRST)
        self.started(site)
        self.assertIn("held through", site.rightful("review", "show", "RV-1", "3").out)
        self.assertEqual(site.rightful("review", "show", "RV-1", "3", "--json").json["review_item"]["account"]["name"], "bob")
        self.assertEqual(len(site.rightful("review", "show", "RV-1", "-o", "csv").out.splitlines()), 6)
        self.assertEqual(len(site.rightful("review", "show", "RV-1", "-o", "ndjson").out.splitlines()), 5)
        self.assertEqual(site.rightful("review", "show", "RV-1", "6").code, 1)
        self.assertEqual(site.rightful("review", "show", "RV-2").code, 1)
        self.assertEqual(site.rightful("review", "close").code, 2)
        self.assertIn("RV-000001", site.rightful("review", "list").out)
        self.assertEqual(len(self.listed(site, "--reviewer", "2")), 1)
        status = site.rightful("status", "--json").json["reviews"]
        self.assertEqual((status["open"], status["items_open"], status["next_due"]), (1, 5, "2026-04-13T22:00:00Z"))


class Leaving(ReviewTest):
    def test_what_waits_for_somebody_who_leaves(self):
        site = self.site(review(""))
        site.run(as_of=FIRST)
        self.started(site, as_of="2026-03-30T06:00:00Z")
        # Without --as-of: a day of the past would be answered from the history.
        row, = site.rightful("person", "2", "--if-left", "--json").json["person"]
        self.assertEqual([(one["id"], one["open"]) for one in row["reviews"]], [("RV-000001", 3)])
        row, = site.rightful("person", "1", "--if-left", "--json").json["person"]
        self.assertEqual(row["reviews"], [])


if __name__ == "__main__":
    unittest.main()
