"""Controls that count nights, over several of them: real runs, each merged, as the timer would start them."""

import unittest

from site_under_test import SiteTest
from small_worlds import LOCKED, RULES, account, person, roster, world

MORE = "freshness: { directory_hours = 8784; people_days = 3650; };\n"
COLLEAGUES = {"2": "bob", "3": "cid", "4": "dan", "5": "eve"}


def night(day, hour=5):
    return f"2026-03-{day:02}T{hour:02}:00:00Z"


def everybody(**columns):
    return [person("1", **columns), *map(person, COLLEAGUES)]


class Nights(SiteTest):
    """Ann, whose accounts come and go, and four colleagues whose accounts are always there."""

    control = None

    def start(self, **columns):
        self.site = self.open(world(everybody(**columns), "", rules=RULES + MORE))

    def run_night(self, day, *entries, hour=5, code=0, operational=True):
        """The open exceptions of the control after a night that saw these entries of Ann; what its guards would hold is meant."""
        others = "".join(account(name, number, operational=operational) for number, name in COLLEAGUES.items())
        self.site.write("corp.ldif", "".join(entries) + others)
        result = self.site.run(as_of=night(day, hour))
        if result.code == 3 and result.json["held"]:
            accepts = [word for row in result.json["held"] for word in ("--accept", row["accept"])]
            result = self.site.run(*accepts, "--reason", "as it is meant to be", as_of=night(day, hour))
        self.assertEqual(result.code, code, result.err)
        self.unjudged = [row for row in result.json["not_evaluable"] if row["control"] == self.control]
        return self.site.exceptions("--control", self.control)


class WorkerDisabled(Nights):
    control = "worker-disabled"

    def test_a_lock_counts_from_the_first_night_that_saw_it(self):
        self.start()
        self.assertEqual(self.run_night(10, account("ann", "1")), [])
        self.assertEqual(self.run_night(11, account("ann", "1", LOCKED)), [])
        self.assertEqual(self.run_night(12, account("ann", "1", LOCKED)), [])  # a day to the second is not more than a day
        exception, = self.run_night(12, account("ann", "1", LOCKED), hour=6)
        self.assertEqual((exception["subject"]["name"], exception["severity"], exception["status"]), ("Person 1", "low", "open"))
        self.assertEqual(exception["evidence"]["unusable_since"], night(11))
        self.assertEqual((exception["first_seen"], exception["last_seen"]), (night(12, 6), night(12, 6)))
        again, = self.run_night(20, account("ann", "1", LOCKED))
        self.assertEqual((again["id"], again["first_seen"], again["last_seen"]), (exception["id"], night(12, 6), night(20)))
        self.assertEqual(again["due"], exception["due"])

    def test_a_lock_of_the_first_night_counts_from_there(self):
        self.start()
        self.assertEqual(self.run_night(10, account("ann", "1", LOCKED)), [])
        self.assertEqual(self.run_night(11, account("ann", "1", LOCKED)), [])
        self.assertEqual(self.run_night(12, account("ann", "1", LOCKED))[0]["evidence"]["unusable_since"], night(10))

    def test_an_account_that_is_open_again_resolves_it_and_a_new_lock_counts_anew(self):
        self.start()
        self.run_night(10, account("ann", "1", LOCKED))
        first, = self.run_night(12, account("ann", "1", LOCKED))
        self.assertEqual(self.run_night(13, account("ann", "1")), [])
        self.assertEqual(self.run_night(14, account("ann", "1", LOCKED)), [])
        self.assertEqual(self.run_night(15, account("ann", "1", LOCKED)), [])
        second, = self.run_night(16, account("ann", "1", LOCKED))
        self.assertEqual((second["id"], second["evidence"]["unusable_since"]), (first["id"], night(14)))
        history = self.site.rightful("exception", "show", first["id"], "--json").json["exception"][0]["history"]
        self.assertEqual([row["change"] for row in history], ["opened", "resolved", "reopened"])

    def test_of_two_accounts_the_one_that_was_open_longest_counts(self):
        self.start()
        both = account("ann", "1"), account("ann2", "1")
        self.run_night(10, *both)
        self.assertEqual(self.run_night(11, account("ann", "1", LOCKED), both[1]), [])
        self.assertEqual(self.run_night(14, account("ann", "1", LOCKED), account("ann2", "1", LOCKED)), [])
        exception, = self.run_night(16, account("ann", "1", LOCKED), account("ann2", "1", LOCKED))
        self.assertEqual(exception["evidence"]["unusable_since"], night(14))

    def test_a_night_that_could_not_read_the_directory_changes_nothing(self):
        self.start()
        self.run_night(10, account("ann", "1"))
        self.run_night(11, account("ann", "1", LOCKED))
        self.assertEqual(self.run_night(13, "no LDIF\n", code=3), [])
        exception, = self.run_night(14, account("ann", "1", LOCKED))
        self.assertEqual(exception["evidence"]["unusable_since"], night(11))
        still, = self.run_night(15, "no LDIF\n", code=3)
        self.assertEqual((still["id"], still["last_seen"]), (exception["id"], night(14)))
        self.assertTrue(self.unjudged)

    def test_a_night_that_does_not_know_who_is_locked_neither_resolves_nor_forgets(self):
        self.start()
        self.run_night(10, account("ann", "1"))
        self.run_night(11, account("ann", "1", LOCKED))
        exception, = self.run_night(13, account("ann", "1", LOCKED))
        still, = self.run_night(14, account("ann", "1", operational=False), operational=False)
        self.assertEqual((still["id"], still["last_seen"]), (exception["id"], night(13)))
        again, = self.run_night(15, account("ann", "1", LOCKED))
        self.assertEqual((again["id"], again["evidence"]["unusable_since"]), (exception["id"], night(11)))

    def test_leave_closes_it_and_its_end_opens_it_again(self):
        self.start()
        self.run_night(10, account("ann", "1", LOCKED))
        first, = self.run_night(12, account("ann", "1", LOCKED))
        self.site.write("hr.csv", roster(*everybody(status="leave")))
        self.assertEqual(self.run_night(13, account("ann", "1", LOCKED)), [])
        self.site.write("hr.csv", roster(*everybody()))
        self.assertEqual(self.run_night(14, account("ann", "1", LOCKED))[0]["id"], first["id"])

    def test_who_starts_later_is_asked_for_later(self):
        self.start(start_date="2026-03-12")
        for day in (10, 11, 12):
            self.assertEqual(self.run_night(day, account("ann", "1", LOCKED)), [])
        exception, = self.run_night(13, account("ann", "1", LOCKED))  # 2026-03-12 began at 23:00 UTC of the day before
        self.assertEqual(exception["evidence"]["start_date"], "2026-03-12")

    def test_no_account_left_is_another_control(self):
        self.start()
        self.run_night(10, account("ann", "1", LOCKED))
        self.assertEqual(len(self.run_night(12, account("ann", "1", LOCKED))), 1)
        self.assertEqual(self.run_night(13), [])


class LeaverLate(Nights):
    """Left on 5 March; the account should have been closed within a day."""

    control = "leaver-late"

    def test_the_nights_before_and_after_the_lock_tell_when(self):
        self.start(last_working_day="2026-03-05")
        self.assertEqual(self.run_night(10, account("ann", "1")), [])
        exception, = self.run_night(12, account("ann", "1", LOCKED))
        self.assertIn("2026-03-05", exception["summary"])

    def test_a_night_that_does_not_know_who_is_locked_does_not_make_it_timely(self):
        self.start(last_working_day="2026-03-05")
        self.run_night(10, account("ann", "1"))
        self.run_night(11, account("ann", "1", operational=False), operational=False)
        exception, = self.run_night(12, account("ann", "1", LOCKED))
        self.assertIn("2026-03-05", exception["summary"])

    def test_who_was_locked_in_the_first_night_was_so_in_time_for_all_we_know(self):
        self.start(last_working_day="2026-03-05")
        self.run_night(10, account("ann", "1", LOCKED))
        self.assertEqual(self.run_night(12, account("ann", "1", LOCKED)), [])


if __name__ == "__main__":
    unittest.main()
