"""Completeness and guards: never a finding from half an answer; what is held says how to let it through."""

import fcntl
import os
import shlex
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

    def held(self, result):
        return {f'{h["source"]}:{h["dimension"]}': (h["before"], h["after"], h["limit"]) for h in result.json["held"]}

    def test_the_command_of_the_message_lets_all_of_it_through_and_is_recorded(self):
        site = self.grown()
        site.write("hr.csv", people(20))
        site.write("corp.ldif", accounts(20))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertTrue({"hr:people-active", "hr:fill.email", "corp:accounts", "corp:enabled-accounts", "corp:fill.employee_id"} <= set(self.held(result)))
        command = result.err[result.err.index("  rightful "):].strip().replace("'WHY'", "'two sites were sold'")
        words = shlex.split(command)[1:]
        result = site.rightful(*words, "--accept", "ledger:resolved", "--json")
        self.assertEqual(result.code, 0, result.err)
        shown = site.rightful("run-show", "3", "--json").json["run-show"][0]["accepted"]
        self.assertEqual({(row["reason"]) for row in shown}, {"two sites were sold"})
        self.assertIn("corp:accounts", [row["accept"] for row in shown])

    def test_what_was_accepted_once_is_not_held_again_by_the_week_before(self):
        site = self.grown()
        site.write("hr.csv", people(20))
        accepts = ["--accept", "ledger:resolved", "--reason", "sold"]
        for dimension in self.held(site.run(as_of=LATER)):
            accepts += ["--accept", dimension]
        self.assertEqual(site.run(*accepts, as_of=LATER).code, 0)
        result = site.run(as_of="2026-03-18T05:00:00Z")
        self.assertEqual(self.held(result), {})
        site.write("hr.csv", people(17))  # 19 of 22: within one night's limit
        self.assertEqual(self.held(site.run(as_of="2026-03-18T06:00:00Z")), {})

    def test_slow_erosion_is_seen_against_the_week(self):
        site = self.grown()  # 42 active people: 3 may go in a night, 6 in a week
        for hour, n in ((6, 37), (7, 34)):
            site.write("hr.csv", people(n))
            self.assertEqual(self.held(site.run("--accept", "ledger:resolved", "--reason", "x", as_of=f"2026-03-17T{hour:02}:00:00Z")), {})
        site.write("hr.csv", people(33))
        result = site.run(as_of="2026-03-17T08:00:00Z")
        self.assertEqual(result.code, 3)
        self.assertEqual(self.held(result)["hr:people-active"], (42, 35, 6))
        site.write("hr.csv", people(34))
        self.assertEqual(self.held(site.run(as_of="2026-03-17T09:00:00Z")), {})

    def test_growth_is_held_above_ten_and_a_fifth(self):
        site = self.grown()
        site.write("hr.csv", people(50))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        site.write("hr.csv", people(63))  # from 52 to 65: 13 more, and 11 are a fifth
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual(self.held(result)["hr:people-active"], (52, 65, 11))

    def test_a_held_source_keeps_its_old_baseline(self):
        site = self.grown()
        site.write("hr.csv", people(20))
        for _ in range(2):
            self.assertEqual(self.held(site.run(as_of=LATER))["hr:people-active"], (42, 22, 3))

    def test_a_branch_that_empties_is_held_and_accepted_by_its_dn(self):
        branch = "".join("\n" + small_account(f"b{i}", f"{30000 + i}").replace("ou=people", "ou=Branch Office,ou=people") for i in range(12))
        spare = "".join("\n" + small_account(f"s{i}", f"{40000 + i}") for i in range(12))
        site = self.open(small_site(hr_csv=people(40), corp_ldif=accounts(40) + branch))
        site.run()
        site.write("corp.ldif", accounts(40) + spare)
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err)
        name = "corp:branch.ou=branch office,ou=people,dc=example,dc=com"
        self.assertEqual(self.held(result), {name: (10, 0, 9)})
        self.assertIn(f"--accept '{name}'", result.err)
        result = site.run("--accept", name, "--accept", "ledger:resolved", "--reason", "the office moved", as_of=LATER)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.held(site.run(as_of=LATER)), {})

    def test_the_first_run_has_nothing_to_compare_with_and_says_so(self):
        site = self.open(small_site())
        result = site.rightful("run", "--as-of", site.as_of)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("nothing to compare with", result.out + result.err)
        result = site.rightful("run", "--as-of", site.as_of)
        self.assertNotIn("nothing to compare with", result.out + result.err)

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
