"""Leaver cases: opened by `leaver`, checked again by every run, clear only when that is proven."""

import os
import re
import unittest

from site_under_test import DEMO_AS_OF, SMALL_HR, SMALL_LDIF, SiteTest, small_account, small_site

AS_OF = ("--as-of", DEMO_AS_OF)
LENA, JONAS = "00123", "00124"
NEXT, THIRD = "2026-03-17T06:00:00Z", "2026-03-17T07:00:00Z"


def locked(ldif, name):
    return ldif.replace(f"\nuid: {name}\n", f"\nuid: {name}\npwdAccountLockedTime: 000001010000Z\n")


def case_of(site, who):
    return site.rightful("leaver", "show", who, "--json").json["leaver_case"]


def lines(case):
    return sorted((line["kind"], line["name"], line["status"]) for line in case["lines"])


class Cases(SiteTest):
    def site(self, **files):
        site = self.open(small_site(**files))
        self.assertEqual(site.run().code, 0)
        return site

    def test_a_leaver_gets_a_case_that_the_run_finds_clear_when_it_is(self):
        site = self.site()
        answer = site.rightful("leaver", LENA, "--json", *AS_OF).json["leaver"][0]
        self.assertEqual((answer["closed"], answer["case"]["id"], answer["case"]["status"]), (False, "LC-000001", "open"))
        self.assertEqual(answer["lines"][0]["due"], "2026-03-06T23:00:00Z")  # 24 hours after the day has ended in Berlin
        listed = site.rightful("leaver", "list", "--json").json["leaver"]
        self.assertEqual([(row["id"], row["open"], row["lines_total"]) for row in listed], [("LC-000001", 1, 1)])

        quiet = site.run(as_of=NEXT).json
        self.assertEqual(quiet["leaver_cases"], {"checked": 1, "cleared": 0})
        site.write("corp.ldif", locked(SMALL_LDIF, "lwong"))
        self.assertEqual(site.run(as_of=THIRD).json["leaver_cases"], {"checked": 1, "cleared": 1})
        case = case_of(site, "LC-000001")
        self.assertEqual((case["status"], lines(case), case["cleared_run"]), ("clear", [("account", "lwong", "clear")], 3))
        self.assertEqual([row["change"] for row in case["history"]], ["opened", "line open", "line clear", "clear"])
        self.assertEqual(site.rightful("leaver", "list", "--json").json["leaver"], [])
        self.assertEqual(len(site.rightful("leaver", "list", "--all", "--json").json["leaver"]), 1)

    def test_a_run_that_could_not_read_the_directory_clears_nothing(self):
        site = self.site()
        site.rightful("leaver", LENA, *AS_OF)
        before = case_of(site, LENA)
        site.write("corp.ldif", SMALL_LDIF[:len(SMALL_LDIF) // 2])
        self.assertEqual(site.run(as_of=NEXT).code, 3)
        after = case_of(site, LENA)
        self.assertEqual((after["status"], lines(after)), ("open", lines(before)))
        self.assertFalse(after["sure"])

    def test_a_held_run_clears_nothing(self):
        many = "\n".join(small_account(f"u{i}", str(200 + i)) for i in range(12))
        site = self.site(corp_ldif=SMALL_LDIF + "\n" + many)
        site.rightful("leaver", LENA, *AS_OF)
        site.write("corp.ldif", "\n".join(re.split(r"\n(?=dn: uid=u\d)", SMALL_LDIF + "\n" + many)[:3]).replace("lwong", "gone"))
        result = site.run(as_of=NEXT)
        self.assertEqual(result.code, 3)
        self.assertEqual(case_of(site, LENA)["status"], "open")

    def test_whoever_is_not_leaving_gets_no_case_unless_hr_says_when(self):
        site = self.site()
        answer = site.rightful("leaver", JONAS, "--json", *AS_OF)
        self.assertIsNone(answer.json["leaver"][0]["case"])
        self.assertIn("--last-day", answer.err)
        ahead = site.rightful("leaver", JONAS, "--last-day", "2026-03-31", "--json", *AS_OF).json["leaver"][0]
        self.assertEqual(ahead["case"]["last_day"], "2026-03-31")
        due = {line["kind"]: line["due"] for line in ahead["lines"]}
        self.assertEqual(due, {"account": "2026-04-01T22:00:00Z", "right": "2026-04-01T22:00:00Z"})
        site.run(as_of=NEXT)  # the roster still knows no last day: what HR said stays
        case = case_of(site, JONAS)
        self.assertEqual((case["last_day"], [line["due"] for line in case["lines"]]), ("2026-03-31", ["2026-04-01T22:00:00Z"] * 2))

    def test_urgent_is_due_when_the_day_ends(self):
        site = self.site()
        answer = site.rightful("leaver", LENA, "--urgent", "--json", *AS_OF).json["leaver"][0]
        self.assertTrue(answer["case"]["urgent"])
        self.assertEqual([line["due"] for line in answer["lines"]], ["2026-03-05T23:00:00Z"])

    def test_many_come_from_a_file(self):
        site = self.site()
        site.write("leavers.txt", "# this month\n\n00123\nJonas Meier\n")
        result = site.rightful("leaver", "--from", os.path.join(site.folder, "leavers.txt"), "--last-day", "2026-03-16", "--json", *AS_OF)
        self.assertEqual([answer["case"]["person"]["id"] for answer in result.json["leaver"]], [LENA, JONAS])
        for arguments, code in (((), 2), (("--from", "nothing.txt"), 1), ((LENA, "--last-day", "31.3."), 2)):
            with self.subTest(arguments):
                refused = site.rightful("leaver", *arguments, *AS_OF)
                self.assertEqual((refused.code, refused.out), (code, ""))
                self.assertIn("rightful: ", refused.err)

    def test_a_case_that_is_open_again_has_one_history(self):
        site = self.site(corp_ldif=locked(SMALL_LDIF, "lwong"))
        site.rightful("leaver", LENA, *AS_OF)
        self.assertEqual(case_of(site, LENA)["status"], "clear")
        site.write("corp.ldif", SMALL_LDIF)
        site.rightful("leaver", LENA, "--as-of", NEXT)
        case = case_of(site, LENA)
        self.assertEqual((case["status"], [row["change"] for row in case["history"]]),
                         ("open", ["opened", "clear", "line open again", "open again"]))

    def test_the_text_says_what_the_case_is(self):
        site = self.site()
        self.assertIn("case LC-000001, opened", site.rightful("leaver", LENA, *AS_OF).out)
        shown = site.rightful("leaver", "show", LENA).out
        self.assertIn("OPEN    account lwong (corp) is enabled; due 2026-03-06T23:00:00Z", shown)
        self.assertIn("1 leaver case open, next due 2026-03-06T23:00:00Z", site.rightful("status").out)
        self.assertEqual(site.rightful("leaver", "show", "LC-000009").code, 1)

    def test_somebody_who_vanished_from_the_roster_is_still_checked(self):
        roster = SMALL_HR + "00126,Somebody Else,else@example.com,left,2026-03-01,2026-03-16T20:00:00Z\n"  # else a guard holds the roster
        site = self.site(hr_csv=roster)
        site.rightful("leaver", LENA, *AS_OF)
        site.write("hr.csv", "".join(line for line in roster.splitlines(True) if not line.startswith(LENA)))
        site.write("corp.ldif", locked(SMALL_LDIF, "lwong"))
        self.assertEqual(site.run(as_of=NEXT).json["leaver_cases"], {"checked": 1, "cleared": 1})


if __name__ == "__main__":
    unittest.main(verbosity=2)
