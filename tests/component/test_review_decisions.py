"""Access reviews: decided, signed, carried out, proven, undone again; and who may not decide.

People act in real time, so these worlds judge by instants from today on. Who acts at the command line is whoever has
the login name of this process as username: the roster gives it to one and then to another.
"""

import base64
import datetime
import os
import pwd
import unittest

from site_under_test import SiteTest
from small_worlds import HEAD, RULES, account, group, person, roster, sources, world

LOGIN = pwd.getpwuid(os.geteuid()).pw_name
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
FRESHNESS = "freshness: { directory_hours = 8784; people_days = 366; assets_days = 366; approvals_days = 366; };\n"
STAMP = NOW.strftime("%Y%m%d%H%M%SZ")
REVIEW = 'reviews: ( { name = "a"; scope = "privileged"; reviewer = "%s"; fallback = "%s"; owner = "6"; due_days = 14; } );\n'
PAY = 'entitlements: ( { group = "pay"; means = "Release payments"; } );\nreviews: ( { name = "a"; scope = "entitlement"; entitlement = "pay"; ' \
      'reviewer = "2"; fallback = "3"; due_days = 14; } );\n'
APPROVALS = '{ name = "tickets"; kind = "csv"; provides = "approvals"; path = "approvals.csv"; }'
TICKETS = "id,group,account,person_id,approved_by,approved_on,expires_on,reference\nT0,pay,dan,,cid,2026-01-01,,CHG-0\n"


def day(days=0, hours=0):
    return (NOW + datetime.timedelta(days=days, hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def people(actor, leaver=None):
    """Ann, Bob, Cid …; the actor has our login name."""
    names = {"1": "Ann", "2": "Bob", "3": "Cid", "4": "Dan", "6": "Owner"}
    return [person(i, name=name, manager_id="" if i == "2" else "2", username=LOGIN if i == actor else name.lower(), recorded_at=day(-2),
                   last_working_day=day(-1)[:10] if i == leaver else "") for i, name in names.items()]


def directory(*members, pay=(), extra="", ops=()):
    accounts = "".join(account(name, number, modified=STAMP) for name, number in
                       (("ann", "1"), ("bob", "2"), ("adm-bob", "2"), ("cid", "3"), ("dan", "4")))
    return (accounts + extra + group("admins", *members, "dan", extra="member: cn=ops,ou=groups,dc=example,dc=com\n" if ops else "") +
            (group("ops", *ops) if ops else "") + group("pay", *pay, "dan"))


class LoopTest(SiteTest):
    def site(self, actor="2", ldif=None, reviews=None, more="", **files):
        head = HEAD.replace("Europe/Berlin", "UTC") + FRESHNESS
        site = self.open(world(people(actor), ldif or directory("ann", "adm-bob"), head=head, source=sources(more=more),
                               rules=RULES + (reviews or REVIEW % ("2", "3")), **files))
        for name in os.listdir(site.folder):
            os.utime(os.path.join(site.folder, name))
        self.night(site, -1)
        return site

    def put(self, site, name, content):
        """As fresh as now."""
        os.utime(site.write(name, content))

    def night(self, site, days, hours=0, code=0, arguments=("--accept", "ledger:resolved", "--accept", "corp:group.admins", "--reason", "test")):
        result = site.run(*arguments, as_of=day(days, hours))
        self.assertEqual(result.code, code, result.err)
        return result.json

    def started(self, site):
        result = site.rightful("review", "start", "a", "--json", "--as-of", day())
        self.assertEqual(result.code, 0, result.err)

    def acts_as(self, site, actor, days, leaver=None):
        """From now on, somebody else has our login name."""
        self.put(site, "hr.csv", roster(*people(actor, leaver)))
        return self.night(site, days)

    def review(self, site, *arguments, code=0):
        result = site.rightful("review", *arguments)
        self.assertEqual(result.code, code, result.err)
        return result

    def refused(self, site, words, *arguments):
        result = self.review(site, *arguments, code=1)
        self.assertIn(words, result.err)
        self.assertIn("othing was changed", result.err)

    def items(self, site):
        shown = site.rightful("review", "show", "RV-000001", "--json").json["review"]
        return {row["account"]["name"]: row for row in shown["rights"]}

    def number(self, site, name):
        return str(self.items(site)[name]["item"])

    def states(self, site):
        return {name: (row["state"], (row["reviewer"] or {}).get("id")) for name, row in self.items(site).items()}

    def tasks(self, site, *arguments):
        return site.rightful("review", "tasks", "--all", "--json", *arguments).json["review"]

    def open_exceptions(self, site, *controls):
        return sorted((row["control"], row["subject"]["name"]) for row in site.exceptions() if row["control"] in controls)

    def decide(self, site, name, *decision):
        return self.review(site, "decide", "RV-000001", self.number(site, name), *decision)

    def sign(self, site):
        return self.review(site, "sign", "RV-000001", "--sentence", "I looked at each of them.")


WORK = ("revocation-not-executed", "right-regranted", "review-task-overdue")


class Loop(LoopTest):
    def test_what_is_decided_is_carried_out_proven_and_watched(self):
        site = self.site(more=APPROVALS, approvals_csv=TICKETS)
        self.started(site)
        self.decide(site, "ann", "--remove", "--reason", "moved to sales")
        self.assertEqual(self.tasks(site), [])
        self.assertEqual(self.sign(site).out, "")
        self.assertEqual(self.states(site)["ann"], ("signed", "2"))

        task = self.tasks(site)[0]
        self.assertEqual((task["state"], task["decision"], task["reason"], task["decided_by"]["name"]), ("open", "remove", "moved to sales", "Bob"))
        self.assertEqual(task["ldif"], "dn: cn=admins,ou=groups,dc=example,dc=com\nchangetype: modify\ndelete: member\n"
                                       "member: uid=ann,ou=people,dc=example,dc=com\n-\n\n")
        self.assertIn("Remove uid=ann,ou=people,dc=example,dc=com from cn=admins,ou=groups,dc=example,dc=com.", self.review(site, "tasks").out)
        self.assertEqual(self.review(site, "tasks", "RV-000001", "--ldif").out, task["ldif"])

        self.night(site, 0.5)  # privileged: a day
        self.assertEqual(self.open_exceptions(site, *WORK), [])
        self.night(site, 8)
        self.assertEqual(self.open_exceptions(site, *WORK), [("revocation-not-executed", "ann")])
        late = site.exceptions("--control", "revocation-not-executed")[0]
        self.assertIn("ann is still in admins 7 days after Bob decided to remove it (RV-000001, item", late["summary"])
        self.assertEqual((late["object"]["name"], late["severity"], late["evidence"]["review"]), ("admins", "critical", "RV-000001"))

        self.put(site, "corp.ldif", directory("adm-bob"))
        result = self.night(site, 9)
        self.assertEqual(result["review_tasks"], {"verified": 1, "returned": 0, "moved": 0})
        self.assertEqual(self.open_exceptions(site, *WORK), [])
        task = self.tasks(site)[0]
        self.assertEqual((task["state"], task["verified"]), ("verified", {"run": result["run"]["id"], "as_of": day(9)}))
        self.assertEqual(self.night(site, 10)["review_tasks"]["verified"], 0)

        self.put(site, "corp.ldif", directory("ann", "adm-bob"))
        self.assertEqual(self.night(site, 11)["review_tasks"], {"verified": 0, "returned": 1, "moved": 0})
        self.assertEqual(self.open_exceptions(site, *WORK), [("right-regranted", "ann")])
        self.assertIn(f"proven by run {result['run']['id']}", site.exceptions("--control", "right-regranted")[0]["summary"])
        self.assertEqual(self.tasks(site)[0]["state"], "returned")
        self.night(site, 30)
        self.assertIn(("right-regranted", "ann"), self.open_exceptions(site, *WORK))
        self.put(site, "approvals.csv", TICKETS + f"T1,admins,ann,,cid,{day(29)[:10]},,CHG-1\n")
        self.night(site, 31)
        self.assertNotIn(("right-regranted", "ann"), self.open_exceptions(site, *WORK))

    def test_a_group_that_privileges_nobody_has_a_week(self):
        site = self.site(reviews=PAY, ldif=directory("adm-bob", pay=["ann"]))
        self.started(site)
        self.decide(site, "ann", "--remove", "--reason", "x")
        self.sign(site)
        self.night(site, 6)
        self.assertEqual(self.open_exceptions(site, *WORK), [])
        self.night(site, 7.5)
        self.assertEqual(self.open_exceptions(site, *WORK), [("revocation-not-executed", "ann")])

    def test_what_may_stay_until_a_day_must_go_after_it(self):
        site = self.site(reviews=PAY, ldif=directory("adm-bob", pay=["ann"]))
        self.started(site)
        self.decide(site, "ann", "--keep-until", day(20)[:10], "--reason", "project")
        self.sign(site)
        self.assertEqual(self.tasks(site)[0]["state"], "later")
        self.night(site, 26)
        self.assertEqual(self.open_exceptions(site, "revocation-not-executed"), [])
        self.night(site, 29)
        self.assertEqual(self.open_exceptions(site, "revocation-not-executed"), [("revocation-not-executed", "ann")])
        self.assertIn("after the last day for which Bob let it stay", site.exceptions("--control", "revocation-not-executed")[0]["summary"])

    def test_half_a_directory_proves_nothing(self):
        site = self.site()
        self.started(site)
        self.decide(site, "ann", "--remove", "--reason", "x")
        self.sign(site)
        self.night(site, 3)
        self.assertEqual(self.open_exceptions(site, *WORK), [("revocation-not-executed", "ann")])
        whole = directory("adm-bob")
        self.put(site, "corp.ldif", whole[:-20] + "\nbroken\n")
        result = self.night(site, 4, code=3)
        self.assertEqual(result["review_tasks"], {"verified": 0, "returned": 0, "moved": 0})
        self.assertEqual((self.tasks(site)[0]["state"], self.open_exceptions(site, *WORK)), ("open", [("revocation-not-executed", "ann")]))
        self.put(site, "corp.ldif", whole)
        self.assertEqual(self.night(site, 5)["review_tasks"]["verified"], 1)

    def test_a_right_through_a_group_is_there_until_the_last_way_is_gone(self):
        site = self.site(ldif=directory("ann", "adm-bob", ops=["ann", "cid"]))
        self.started(site)
        self.decide(site, "ann", "--remove", "--reason", "x")
        self.sign(site)
        task = self.tasks(site)[0]
        self.assertEqual(task["ldif"].count("changetype: modify"), 2)
        self.assertIn("all of these memberships have to go", task["how"])
        self.put(site, "corp.ldif", directory("adm-bob", ops=["ann", "cid"]))
        self.assertEqual(self.night(site, 3)["review_tasks"]["verified"], 0)
        self.assertEqual(self.open_exceptions(site, *WORK), [("revocation-not-executed", "ann")])
        self.put(site, "corp.ldif", directory("adm-bob", ops=["cid"]))
        self.assertEqual(self.night(site, 4)["review_tasks"]["verified"], 1)

    def test_a_later_review_that_keeps_the_right_takes_the_place_of_the_first(self):
        site = self.site(reviews=PAY, ldif=directory("adm-bob", pay=["ann"]))
        self.started(site)
        self.decide(site, "ann", "--remove", "--reason", "x")
        self.sign(site)
        self.review(site, "close", "RV-000001")
        self.started(site)
        self.review(site, "decide", "RV-000002", self.number(site, "ann"), "--keep", "--reason", "needed after all")
        self.review(site, "sign", "RV-000002", "--sentence", "Yes.")
        self.night(site, 9)
        self.assertEqual((self.tasks(site)[0]["state"], self.open_exceptions(site, *WORK[:2])), ("superseded", []))
        self.refused(site, "was closed by", "decide", "RV-000001", "1", "--keep")

    def test_text_that_is_not_ascii_is_base64(self):
        odd = "dn: uid=jörg,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: joerg\ncn: x\nsn: x\n\n"
        ldif = directory("adm-bob", extra=odd) + group("pay2") + "dn: cn=pay3,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: pay3\n" \
            "member: uid=jörg,ou=people,dc=example,dc=com\n\n"
        site = self.site(ldif=ldif, reviews=PAY.replace('"pay"', '"pay3"'))
        self.started(site)
        self.decide(site, "joerg", "--remove", "--reason", "x")
        self.sign(site)
        line = [row for row in self.tasks(site)[0]["ldif"].splitlines() if row.startswith("member:")][0]
        self.assertEqual(base64.b64decode(line.removeprefix("member:: ")).decode(), "uid=jörg,ou=people,dc=example,dc=com")


class Overdue(LoopTest):
    def test_who_does_not_answer_is_late_and_what_nobody_answered_is_not_reviewed(self):
        site = self.site(reviews=PAY, ldif=directory("adm-bob", pay=["ann"]))
        self.started(site)
        self.night(site, 13)
        self.assertEqual(self.open_exceptions(site, "review-task-overdue"), [])
        self.night(site, 16)
        late = site.exceptions("--control", "review-task-overdue")[0]
        self.assertEqual((late["subject"]["type"], late["subject"]["key"], late["person"]["name"], late["evidence"]["undecided"]),
                         ("review", "RV-000001/2", "Bob", 2))
        self.review(site, "close", "RV-000001")
        self.assertEqual({state for state, _ in self.states(site).values()}, {"not-reviewed"})
        self.night(site, 17)
        self.assertEqual(self.open_exceptions(site, "review-task-overdue"), [])
        self.assertEqual(self.tasks(site), [])

    def test_a_review_that_is_decided_closes_and_the_group_is_reviewed(self):
        rules = PAY + 'controls: { review-overdue: { days = 5; privileged_days = 5; }; };\n'
        site = self.site(reviews=rules, ldif=directory("adm-bob", pay=["ann"]), more='{ name = "reg"; kind = "csv"; provides = "assets"; path = "reg.csv"; }',
                         reg_csv="id,name,owner,classification\nA1,Thing,2,internal\n")
        self.started(site)
        for name in ("ann", "dan"):
            self.decide(site, name, "--keep", "--reason", "needed")
        self.night(site, 4.5)
        self.assertEqual(self.open_exceptions(site, "review-overdue"), [("review-overdue", "admins"), ("review-overdue", "pay")])
        self.sign(site)
        listed = site.rightful("review", "list", "--all", "--json").json["review"][0]
        self.assertEqual((listed["status"], listed["closed_by"]), ("closed", LOGIN))
        self.night(site, 4.6)
        self.assertEqual(self.open_exceptions(site, "review-overdue"), [("review-overdue", "admins")])
        self.night(site, 5.5)
        overdue = site.exceptions("--control", "review-overdue")[1]
        self.assertEqual((overdue["subject"]["name"], overdue["evidence"]["review"]), ("pay", "RV-000001"))


class WhoDecides(LoopTest):
    def test_a_manager_does_not_decide_about_an_alias_of_his_own_by_any_way(self):
        site = self.site()
        self.started(site)
        self.assertEqual(self.states(site)["adm-bob"], ("undecided", "3"))  # the fallback
        own, ann = self.number(site, "adm-bob"), self.number(site, "ann")
        words = "nobody decides about their own rights"
        self.refused(site, words, "decide", "RV-000001", own, "--keep", "--reason", "x")
        self.refused(site, words, "delegate", "RV-000001", own, "--to", "Ann", "--note", "x")
        self.refused(site, "", "decide", "RV-000001", ann, own, "--keep", "--reason", "x")  # several at once
        self.refused(site, "by the owner of the campaign", "reassign", "RV-000001", own, "--to", "Ann", "--note", "x")
        self.acts_as(site, "3", 0.1)  # the fallback cannot give it back to him
        self.refused(site, words, "delegate", "RV-000001", own, "--to", "2", "--note", "x")
        self.refused(site, words, "not-mine", "RV-000001", own, "--to", "Bob")
        self.acts_as(site, "6", 0.2)  # nor can the owner of the campaign
        self.refused(site, words, "reassign", "RV-000001", own, "--to", "Bob", "--note", "x")
        self.review(site, "reassign", "RV-000001", own, "--to", "Ann", "--note", "knows it")
        self.assertEqual(self.states(site)["adm-bob"], ("undecided", "1"))

    def test_a_link_made_by_hand_takes_the_item_away(self):
        extra = account("legacy", modified=STAMP)
        site = self.site(ldif=directory("ann", "legacy", extra=extra))
        self.started(site)
        item = self.number(site, "legacy")
        self.decide(site, "legacy", "--keep", "--reason", "runs the backup")
        self.acts_as(site, "6", 0.1)
        linked = site.rightful("link", "legacy", "2", "--reason", "he wrote it")
        self.assertEqual(linked.code, 0, linked.err)
        self.acts_as(site, "2", 0.2)
        self.assertEqual(self.states(site)["legacy"], ("undecided", "3"))
        self.refused(site, "nobody decides about their own rights", "decide", "RV-000001", item, "--keep", "--reason", "x")

    def test_a_reviewer_who_leaves_hands_over_to_the_fallback(self):
        site = self.site(reviews=REVIEW % ("4", "3"), ldif=directory("ann"), actor="4")
        self.started(site)
        self.assertEqual(self.states(site)["ann"], ("undecided", "4"))
        self.decide(site, "ann", "--keep", "--reason", "x")
        self.assertEqual(self.acts_as(site, "4", 1, leaver="4")["review_tasks"]["moved"], 1)
        self.assertEqual(self.states(site)["ann"], ("undecided", "3"))
        moves = site.rightful("review", "show", "RV-000001", self.number(site, "ann"), "--json").json
        self.assertIn('"left"', str(moves).replace("'", '"'))
        self.refused(site, "is the username of nobody", "decide", "RV-000001", "1", "--keep")

    def test_nobody_decides_in_anothers_name(self):
        site = self.site(actor="nobody")
        self.started(site)
        self.refused(site, f"{LOGIN} is the username of nobody", "decide", "RV-000001", "1", "--keep", "--reason", "x")
        for verb, items in (("decide", ["1", "--keep"]), ("sign", ["--sentence", "x"]), ("not-mine", ["1"])):
            said = site.rightful("review", verb, "RV-000001", *items, "--as", "Bob")
            self.assertEqual(said.code, 2)
            self.assertIn(f"review {verb} takes no --as", said.err)

    def test_whoever_has_the_store_closes_in_somebodys_name_and_hears_what_was_not_reviewed(self):
        site = self.site(actor="nobody")
        self.started(site)
        closed = self.review(site, "close", "RV-000001", "--as", "Greta Cole", "--reason", "starts anew")
        n = len(self.states(site))
        self.assertIn(f"RV-000001 is closed. {n} of {n} rights were not reviewed: that is no approval.", closed.err)
        shown = site.rightful("review", "show", "RV-000001", "--json").json["review"]
        self.assertEqual(shown["closed_by"], "Greta Cole")
        self.assertEqual([(row["actor"], row["text"]) for row in shown["history"] if row["change"] == "closed"], [("Greta Cole", "starts anew")])
        self.refused(site, "RV-000001 was closed by Greta Cole at", "close", "RV-000001")

    def test_what_is_signed_stands(self):
        site = self.site()
        self.started(site)
        self.decide(site, "ann", "--keep", "--reason", "on call")
        self.review(site, "undo", "RV-000001", self.number(site, "ann"))
        self.assertEqual(self.states(site)["ann"][0], "undecided")
        self.decide(site, "ann", "--keep", "--reason", "on call")
        self.sign(site)
        self.refused(site, "was signed as keep by Bob (2) at", "decide", "RV-000001", self.number(site, "ann"), "--remove", "--reason", "x")
        facts = site.rightful("review", "show", "RV-000001", "--telemetry", "--each", "--json").json["telemetry"]
        self.assertEqual((facts["decisions"], facts["keep_percent"], facts["by_reviewer"][0]["reviewer"]["name"]), (1, 100, "Bob"))


class Arguments(LoopTest):
    def test_usage_is_told(self):
        site = self.site()
        self.started(site)
        for arguments, words in ((("decide", "RV-000001", "1"), "needs one of --keep"),
                                 (("decide", "RV-000001", "1", "--keep", "--remove"), "needs one of --keep"),
                                 (("decide", "RV-000001", "x", "--keep"), "x is no number of an item"),
                                 (("decide", "RV-000001", "1", "--keep-until", "soon"), "not a date"),
                                 (("sign", "RV-000001"), "needs --sentence"),
                                 (("delegate", "RV-000001", "1"), "needs --to"),
                                 (("close",), "rightful review close ID")):
            with self.subTest(arguments=arguments):
                self.assertIn(words, self.review(site, *arguments, code=2).err)
        self.refused(site, "there is no review 'RV-000099'", "decide", "RV-000099", "1", "--keep")
        self.refused(site, "RV-000001 has no item 99", "decide", "RV-000001", "99", "--keep")
        self.assertIn("there is no review", self.review(site, "tasks", "RV-000099", code=1).err)


if __name__ == "__main__":
    unittest.main()
