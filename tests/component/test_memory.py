"""Controls that remember earlier nights, over several of them: what the first run cannot tell, what a later one finds,
and what becomes of it."""

import unittest
from datetime import datetime, timedelta

from site_under_test import SiteTest, line_of
from small_worlds import HEAD, LOCKED, account, group, person, roster, sources, unjudged, world

FIRST = datetime(2026, 3, 2, 5)
HISTORY = ("leaver-late", "leave-active", "mover-rights", "identifier-reused", "privileged-new")
RULES = """
privileged = [ "admins" ];
entitlements: ( { group = "pay"; allowed = ( { department = "Sales"; } ); } );
"""


class Night:
    """What is there in one night; everybody has an account of the same name unless it is said otherwise."""

    def __init__(self, day):
        self.as_of = FIRST + timedelta(days=day)
        self.people, self.accounts, self.groups = [], [], {"admins": [], "pay": []}
        for i in range(8):  # a few whom nothing happens to, so that the guards let a small change through
            self.add(f"other{i}", str(80000 + i), mail=f"other{i}@example.com")

    def add(self, name, number, lock="", key=None, mail="", **columns):
        self.people.append(person(number, recorded_at=(self.as_of - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%SZ"), **columns))
        return self.account(name, number, lock, key, mail)

    def account(self, name, number, lock="", key=None, mail=""):
        extra = f"entryUUID: 00000000-0000-4000-8000-{int(key or number):012d}\n{lock}" + (f"mail: {mail}\n" if mail else "")
        self.accounts.append(account(name, number, extra, modified=(self.as_of - timedelta(hours=9)).strftime("%Y%m%d%H%M%SZ")))
        return self

    def member(self, name, of):
        self.groups[of].append(name)
        return self

    def ldif(self):
        groups = [group(name, *members, extra=f"entryUUID: 00000000-0000-4000-8000-{i + 900000:012d}\n")
                  for i, (name, members) in enumerate(self.groups.items())]
        return "".join(self.accounts + groups)


class Memory(SiteTest):
    site = None

    def night(self, night, status="applied"):
        """Runs it; the new and the standing exceptions of the controls that remember."""
        if self.site is None:
            self.site = self.open(world(roster(), "", head=HEAD, source=sources(), rules=RULES))
        self.site.write("hr.csv", roster(*night.people))
        self.site.write("corp.ldif", night.ldif())
        result = self.site.run(as_of=night.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(result.json["run"]["status"], status, result.err)
        self.result = result.json
        return sorted(line_of(e) for e in self.site.exceptions() if e["control"] in HISTORY)

    def show(self, control):
        found = self.site.exceptions("--control", control)
        self.assertEqual(len(found), 1)
        return found[0]

    def test_the_first_run_says_that_it_needs_an_earlier_one(self):
        self.assertEqual(self.night(Night(0).add("ann", "1")), [])
        for control in HISTORY:
            self.assertEqual([row["reason"] for row in unjudged(self.result, control)], ["it needs an earlier run"], control)
        self.assertEqual(self.night(Night(1).add("ann", "1")), [])
        for control in HISTORY:
            self.assertEqual(unjudged(self.result, control), [], control)

    def leavers(self, day, late="", timely=""):
        """Both left on 4 March, that is at 23:00 UTC; the limit ends at 23:00 on 5 March."""
        return (Night(day).add("late", "1", late, last_working_day="2026-03-04").add("timely", "2", timely, last_working_day="2026-03-04")
                .add("old", "3", LOCKED, last_working_day="2025-11-30"))

    def test_an_account_that_was_still_open_after_the_limit_was_closed_late(self):
        self.night(self.leavers(0))
        self.assertEqual(self.night(self.leavers(3)), [])
        self.assertEqual(self.night(self.leavers(4, timely=LOCKED)), [])
        self.assertEqual(self.night(self.leavers(5, late=LOCKED, timely=LOCKED)), ["leaver-late\tlate"])
        self.assertEqual([(row["subjects"], row["reason"]) for row in unjudged(self.result, "leaver-late")],
                         [(1, "the account was closed already when it was first seen, and it is not recorded when")])
        found = self.show("leaver-late")
        self.assertEqual(found["severity"], "medium")
        self.assertEqual(found["summary"],
                         "late could still be used 30 hours after Person 1's last working day (2026-03-04, Europe/Berlin).")
        self.assertEqual(found["evidence"]["last_seen_usable"], "2026-03-06T05:00:00Z")
        self.assertEqual(found["evidence"]["closed_not_later_than"], "2026-03-07T05:00:00Z")
        self.assertEqual(found["rule"]["set_by"], {"hours": "iso27001"})
        self.night(self.leavers(40, late=LOCKED, timely=LOCKED))
        self.assertEqual(self.show("leaver-late")["id"], found["id"], "it stays until somebody decides on it")

    def on_leave(self, day, eve="leave", dan="leave"):
        return Night(day).add("eve", "1", status=eve).add("dan", "2", status=dan)

    def test_leave_is_counted_from_the_first_run_that_saw_it(self):
        self.night(self.on_leave(0, dan="active"))
        self.night(self.on_leave(5))
        self.assertEqual(self.night(self.on_leave(30)), [])
        self.assertEqual(self.night(self.on_leave(31)), ["leave-active\tPerson 1"])
        self.assertIsNone(self.show("leave-active")["evidence"]["last_seen_otherwise"])
        self.assertEqual(self.night(self.on_leave(36, eve="active")), ["leave-active\tPerson 2"])
        evidence = self.show("leave-active")["evidence"]
        self.assertEqual((evidence["last_seen_otherwise"], evidence["first_seen_on_leave"]), ("2026-03-02T05:00:00Z", "2026-03-07T05:00:00Z"))

    def mover(self, day, department="Finance", *groups):
        night = Night(day).add("ann", "1", department=department, title="Clerk").add("bob", "2", department="Sales", title="Clerk")
        night.member("bob", "pay")
        for name in groups:
            night.member("ann", name)
        return night

    def test_rights_of_the_place_before_are_told_a_month_after_the_move(self):
        self.night(self.mover(0, "Sales", "pay"))
        self.assertEqual(self.night(self.mover(2, "Finance", "pay")), [])
        self.assertEqual(self.night(self.mover(32, "Finance", "pay")), [])
        self.assertEqual(self.night(self.mover(33, "Finance", "pay")), ["mover-rights\tann\tpay"])
        found = self.show("mover-rights")
        self.assertEqual(found["summary"], "ann is still in pay 31 days after the department of Person 1 changed from Sales to Finance.")
        self.assertEqual(found["evidence"]["right_first_seen"], "2026-03-02T05:00:00Z")
        self.assertEqual(self.night(self.mover(34, "Finance")), [])
        self.assertEqual(self.night(self.mover(35, "Finance", "pay")), [], "a right that came back is a new one")

    def test_a_name_and_an_address_that_were_somebody_elses(self):
        john, jane = ("jdoe", "17", "", "70", "jdoe@example.com"), ("jdoe", "42", "", "71", "j.doe@example.com")
        self.night(Night(0).add(*john))
        self.night(Night(1))
        self.assertEqual(self.night(Night(2).add(*jane)), ["identifier-reused\tjdoe"])
        found = self.show("identifier-reused")
        self.assertEqual(found["summary"],
                         "The name jdoe, which belongs to Person 42 now, was that of Person 17 until 2026-03-02 (Europe/Berlin).")
        self.assertEqual([row["identifier"] for row in found["evidence"]["former"]], ["name"])
        self.assertEqual(self.night(Night(365).add(*jane)), ["identifier-reused\tjdoe"])
        self.assertEqual(self.night(Night(366).add(*jane)), [])

    def test_an_account_handed_to_another_person(self):
        self.night(Night(0).add("jdoe", "17", key="70"))
        night = Night(1).account("jdoe", "42", key="70")
        night.people += [person("17", recorded_at="2026-03-02T20:00:00Z"), person("42", recorded_at="2026-03-02T20:00:00Z")]
        self.assertEqual(self.night(night), ["identifier-reused\tjdoe"])

    def test_a_new_privileged_right_is_told_once_and_holds_no_run(self):
        names = [f"u{i}" for i in range(12)]

        def admins(day, *members):
            night = Night(day)
            for i, name in enumerate(names):
                night.add(name, str(i + 1))
            for name in members:
                night.member(name, "admins")
            return night
        self.assertEqual(self.night(admins(0, "u0", "u1")), [])
        self.assertEqual(self.night(admins(1, *names[:10])), [f"privileged-new\tu{i}\tadmins" for i in range(2, 10)])
        self.assertEqual(self.night(admins(2, *names[:10])), [])
        self.assertEqual(self.result["counts"]["resolved"], 8)


if __name__ == "__main__":
    unittest.main()
