"""Completeness and guards: never a finding from half an answer; what is held says how to let it through."""

import fcntl
import os
import subprocess
import time
import unittest

from site_under_test import RIGHTFUL, SMALL_CONFIG, SMALL_HR, SMALL_LDIF, SiteTest, small_account, small_site

LATER = "2026-03-17T06:00:00Z"


def people(n):
    rows = "".join(f"{20000 + i},Person {i},p{i}@example.com,active,,2026-03-16T20:00:00Z\n" for i in range(n))
    return SMALL_HR + rows


def accounts(n):
    return SMALL_LDIF + "\n" + "\n".join(small_account(f"p{i}", f"{20000 + i}") for i in range(n))


class Guards(SiteTest):
    def grown(self, n=40):
        site = self.open(small_site(hr_csv=people(n), corp_ldif=accounts(n)))
        self.assertEqual(site.run().code, 0)
        return site

    def test_a_shrunken_roster_is_held_and_opens_no_leavers(self):
        site = self.grown()
        before = site.found()
        site.write("hr.csv", people(20))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual(result.json["run"]["status"], "partial")
        held = result.json["held"]
        self.assertIn(("hr", "people-active", 42, 22), [(h["source"], h["dimension"], h["before"], h["after"]) for h in held])
        self.assertIn("--accept hr:people-active", result.err)
        self.assertEqual([line for line in site.found() if not line.startswith("source-")], before)
        accepts = [argument for h in held for argument in ("--accept", h["accept"])]
        accepted = site.run(*accepts, "--accept", "ledger:resolved", "--reason", "site closed", as_of=LATER)
        self.assertEqual(accepted.code, 0, accepted.err)
        self.assertEqual(len([line for line in site.found() if line.startswith("leaver-active")]), 21)

    def test_one_of_forty_may_go(self):
        site = self.grown()
        site.write("hr.csv", people(39))
        self.assertEqual(site.run(as_of=LATER).code, 0)

    def test_guards_work_from_one_object_up(self):
        site = self.open(small_site())
        site.run()
        site.write("hr.csv", "".join(SMALL_HR.splitlines(True)[:2]))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertIn("people-active", [h["dimension"] for h in result.json["held"]])

    def test_a_group_that_empties_is_held(self):
        members = "".join(f"member: uid=p{i},ou=people,dc=example,dc=com\n" for i in range(12))
        group = "\ndn: cn=big,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: big\n"
        site = self.open(small_site(hr_csv=people(40), corp_ldif=accounts(40) + group + members))
        site.run()
        site.write("corp.ldif", accounts(40) + group)
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertTrue([h for h in result.json["held"] if h["dimension"].startswith("group.")], result.out)

    def test_lost_fill_of_a_key_attribute_is_held(self):
        site = self.grown()
        site.write("corp.ldif", accounts(40).replace("employeeNumber:", "x-gone:"))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertIn("fill.employee_id", [h["dimension"] for h in result.json["held"]])
        self.assertFalse([line for line in site.found() if line.startswith("orphaned")])

    def test_a_missing_canary_is_incomplete(self):
        site = self.grown()
        config = SMALL_CONFIG.replace('path = "corp.ldif";', 'path = "corp.ldif"; canaries = ["uid=p1,ou=people,dc=example,dc=com", "uid=canary,dc=example,dc=com"];')
        site.write("rightful.conf", config)
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertIn("uid=canary", result.json["run"]["sources"][0]["reason"])

    def test_a_stale_roster_is_not_judged_by(self):
        site = self.grown()
        result = site.run(as_of="2026-04-17T05:00:00Z")
        self.assertEqual(result.code, 3)
        self.assertIn("source-stale\thr", site.found())
        reasons = {row["control"] for row in result.json["not_evaluable"]}
        self.assertIn("leaver-active", reasons)

    def test_resolving_too_much_at_once_is_held(self):
        site = self.grown()
        ghosts = "\n".join(small_account(f"ghost{i}", f"{70000 + i}") for i in range(9))
        site.write("corp.ldif", accounts(40) + "\n" + ghosts)
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(len(site.exceptions("--control", "orphaned-account")), 9)
        rows = "".join(f"{70000 + i},Ghost {i},,active,,2026-03-16T20:00:00Z\n" for i in range(9))
        site.write("hr.csv", people(40) + rows)
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual(result.json["run"]["status"], "held")
        self.assertIn("--accept ledger:resolved", result.err)
        self.assertEqual(len(site.exceptions("--control", "orphaned-account")), 9)
        self.assertEqual(site.run("--accept", "ledger:resolved", "--reason", "HR recorded them", as_of=LATER).code, 0)
        self.assertEqual(site.exceptions("--control", "orphaned-account"), [])

    def test_control_totals_balance(self):
        site = self.grown()
        for source in site.rightful("exceptions", "--json").json["run"]["sources"]:
            counts = source["counts"]
            self.assertEqual(counts["pulled"], counts["kept"] + counts["rejected"] + counts["excluded"])


class Lock(SiteTest):
    def test_the_second_run_exits_5_and_says_who_holds_the_lock(self):
        site = self.open(small_site())
        os.remove(os.path.join(site.folder, "hr.csv"))
        site.run()
        # A run that cannot end: its roster is a pipe that is never written … is refused; so hold the lock file itself.
        lock = os.path.join(site.folder, "ledger.db.lock")
        holder = subprocess.Popen([RIGHTFUL, "--config", site.config, "run", "--as-of", LATER, "--quiet"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        holder.wait()
        if not os.path.exists(lock):
            self.skipTest("the store locks without a file")
        with open(lock, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            fcntl.lockf(file, fcntl.LOCK_EX)
            started = time.monotonic()
            result = site.run(as_of=LATER)
            self.assertEqual(result.code, 5, result.err)
            self.assertLess(time.monotonic() - started, 60)


if __name__ == "__main__":
    unittest.main()
