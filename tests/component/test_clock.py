"""A run judges by the clock only while the clock can be believed. The stored facts of the last run are edited, not the clock."""

import os
import sqlite3
import time
import unittest

from site_under_test import SiteTest
from small_worlds import account, person, world

REASON = ("--reason", "the clock was wrong for months, and is right now")


def stamp(days_ago):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - days_ago * 86400))


class Clock(SiteTest):
    """ann is somebody's, bob nobody's: fixing bob resolves an exception."""

    def setUp(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200))
        people = [person("1", recorded_at=now), person("2", recorded_at=now)]
        self.fixed = account("ann", "1", modified=stamp(0.1)) + account("bob", "2", modified=stamp(0.1))
        self.site = self.open(world(people, self.fixed.replace("employeeNumber: 2\n", "")))
        self.assertEqual(self.run_now().code, 0)
        self.assertEqual(self.site.found(), ["orphaned-account\tbob"])
        self.site.write("corp.ldif", self.fixed)

    def run_now(self, *arguments):
        return self.site.rightful("run", "--json", *arguments)

    def edit(self, sql):
        with sqlite3.connect(os.path.join(self.site.folder, "ledger.db")) as store:
            store.execute(sql)
        store.close()

    def assert_held(self, *sentences):
        before = self.site.ledger()
        result = self.run_now()
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(result.json["run"]["status"], "held")
        held, = result.json["held"]
        self.assertEqual((held["source"], held["dimension"], held["limit"], held["accept"]), ("clock", "moved", 3600, "clock:moved"))
        self.assertEqual(self.site.ledger(), before)
        for sentence in sentences + ("nothing was opened, resolved or let lapse", "--accept clock:moved"):
            self.assertIn(sentence, result.err)
        return result

    def test_a_clock_that_goes_right_holds_nothing(self):
        self.assertEqual(self.run_now().code, 0)
        self.assertEqual(self.site.found(), [])

    def test_a_jump_ahead_since_the_last_run_holds_the_run(self):
        self.edit("UPDATE run SET started = started - 864100, as_of = as_of - 864100")
        result = self.assert_held("the clock moved ahead by 10 days against the time that passed since run 1")
        self.assertEqual((result.json["run"]["reason"] or "")[:26], "the clock moved ahead by 1")
        self.assert_held("since run 1")  # the next night too: it is compared with the last run that was merged

    def test_a_jump_back_since_the_last_run_holds_the_run(self):
        self.edit("UPDATE run SET up_seconds = up_seconds - 7300")
        self.assert_held("the clock moved back by 2 hours against the time that passed since run 1")

    def test_an_hour_is_let_through(self):
        self.edit("UPDATE run SET up_seconds = up_seconds - 3500")
        self.assertEqual(self.run_now().code, 0)
        self.assertEqual(self.site.found(), [])

    def test_a_clock_before_the_last_run_holds_the_run_whatever_the_boot(self):
        self.edit("UPDATE run SET started = started + 864000, boot = 'another'")
        self.assert_held("days before run 1")

    def test_after_another_boot_time_may_have_passed(self):
        self.edit("UPDATE run SET started = started - 864100, as_of = as_of - 864100, boot = 'another'")
        self.assertEqual(self.run_now().code, 0)

    def test_it_is_let_through_with_a_reason_that_is_recorded(self):
        self.edit("UPDATE run SET up_seconds = up_seconds - 7300")
        self.assertEqual(self.run_now("--accept", "clock:moved").code, 2)
        result = self.run_now("--accept", "clock:moved", *REASON)
        self.assertEqual(result.code, 0, result.err)
        accepted, = result.json["run"]["accepted"]
        self.assertEqual((accepted["accept"], accepted["reason"]), ("clock:moved", REASON[1]))
        self.assertIn("the clock moved back by 2 hours", accepted["what"])
        self.assertEqual(self.site.found(), [])
        self.assertEqual(self.run_now().code, 0)
        result = self.run_now("--accept", "clock:moved", *REASON)
        self.assertIn("--accept clock:moved: nothing of that name was held", result.err)

    def test_a_dry_run_says_that_it_would_be_held(self):
        self.edit("UPDATE run SET up_seconds = up_seconds - 7300")
        result = self.run_now("--dry-run")
        self.assertEqual((result.code, result.json["run"]["status"], result.json["held"][0]["accept"]), (3, "dry", "clock:moved"))

    def test_an_as_of_time_given_by_hand_is_an_input(self):
        self.edit("UPDATE run SET up_seconds = up_seconds - 7300")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        result = self.run_now("--as-of", now)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.site.found(), [])

    def test_a_clock_before_what_the_last_run_judged_by_reads_nothing(self):
        self.edit("UPDATE run SET as_of = as_of + 864000")
        before = self.site.ledger()
        result = self.site.rightful("run")
        self.assertEqual(result.code, 3)
        self.assertIn("set the clock right", result.err)
        self.assertEqual(self.site.ledger(), before)
        self.assertEqual(len(self.site.rightful("runs", "--json").json["runs"]), 1)


if __name__ == "__main__":
    unittest.main()
