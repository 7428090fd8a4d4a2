"""The demo company, and the life of an exception over several runs."""

import os
import random
import signal
import subprocess
import time
import unittest

from site_under_test import RIGHTFUL, SMALL_LDIF, SiteTest, demo_expected, demo_site, small_account, small_site


class Demo(SiteTest):
    def test_the_demo_tells_exactly_its_stories(self):
        site = self.open(demo_site())
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(site.found(), demo_expected())

    def test_the_same_run_twice_changes_nothing(self):
        site = self.open(demo_site())
        site.run()
        before = site.ledger()
        counts = site.run().json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))
        after = site.ledger()
        for exception in before + after:
            exception.pop("run"), exception.pop("last_seen")
        self.assertEqual(before, after)

    def test_every_command_answers_in_every_format(self):
        site = self.open(demo_site())
        site.run()
        for command in (["exceptions"], ["exception", "show", "EX-000001"], ["explain", "lweber", "Domain Admins"],
                        ["person", "Lukas Weber"], ["account", "lweber"], ["group", "Domain Admins", "--effective"],
                        ["asset", "lap-0227"], ["controls"], ["runs"], ["run-show", "1"], ["status"],
                        ["list", "connectors"], ["list", "settings"], ["list", "formats"]):
            look = ["--as-of", site.as_of] if command[0] in ("explain", "person", "account", "group", "asset") else []
            for form in ("table", "json", "ndjson", "csv"):
                with self.subTest(command=command, form=form):
                    result = site.rightful(*command, *look, "-o", form)
                    self.assertEqual(result.code, 0, result.err)
                    self.assertTrue(result.out.strip())
                    if form == "json":
                        self.assertEqual(result.json["schema_version"], 1)

    def test_explain_shows_the_path_and_the_membership_to_cut(self):
        site = self.open(demo_site())
        rows = site.rightful("explain", "lweber", "Domain Admins", "--as-of", site.as_of, "--json").json["explain"]
        self.assertEqual([hop["group"] for hop in rows[0]["path"]],
                         ["server-operations", "infrastructure", "Domain Admins"])
        self.assertEqual([(hop["member"], hop["group"]) for hop in rows[0]["cut"]], [("lweber", "server-operations")])


class Life(SiteTest):
    def leaver(self, site, status="open"):
        found = site.exceptions("--control", "leaver-active", "--status", status)
        return found[0] if found else None

    def test_a_fix_resolves_and_a_relapse_reopens_the_same_exception(self):
        site = self.open(small_site())
        site.run()
        first = self.leaver(site)
        self.assertEqual(first["subject"]["name"], "lwong")
        locked = SMALL_LDIF.replace("uid: lwong\n", "uid: lwong\npwdAccountLockedTime: 000001010000Z\n")
        site.write("corp.ldif", locked)
        counts = site.run(as_of="2026-03-17T06:00:00Z").json["counts"]
        self.assertEqual(counts["new"], 1)  # leaver-late: that it took so long stays a fact
        self.assertGreaterEqual(counts["resolved"], 1)
        self.assertIsNone(self.leaver(site))
        site.write("corp.ldif", SMALL_LDIF)
        counts = site.run(as_of="2026-03-17T07:00:00Z").json["counts"]
        again = self.leaver(site)
        self.assertEqual(again["id"], first["id"])
        self.assertGreaterEqual(counts["reopened"], 1)
        history = site.rightful("exception", "show", first["id"], "--json").json["exception"][0]["history"]
        self.assertGreaterEqual(len(history), 3)

    def test_a_rename_keeps_the_exception(self):
        site = self.open(small_site())
        site.run()
        first = self.leaver(site)
        renamed = SMALL_LDIF.replace("uid=lwong", "uid=lmeier").replace("uid: lwong", "uid: lmeier")
        site.write("corp.ldif", renamed)
        site.run(as_of="2026-03-17T06:00:00Z")
        self.assertEqual(self.leaver(site)["id"], first["id"])
        self.assertEqual(self.leaver(site)["subject"]["name"], "lmeier")

    def test_comment_and_assignment_are_in_the_history(self):
        site = self.open(small_site())
        site.run()
        identifier = self.leaver(site)["id"]
        self.assertEqual(site.rightful("exception", "comment", identifier, "asked HR").code, 0)
        self.assertEqual(site.rightful("exception", "assign", identifier, "00124").code, 0)
        shown = site.rightful("exception", "show", identifier, "--json").json["exception"][0]
        self.assertEqual((shown["status"], shown["owner"]), ("assigned", "00124"))
        self.assertIn("asked HR", str(shown["history"]))

    def test_a_person_who_vanishes_from_the_roster_has_left(self):
        site = self.open(small_site())
        site.run()
        lines = [line for line in site.read("hr.csv").splitlines(True) if "Ana Lima" not in line]
        site.write("hr.csv", "".join(lines))
        site.run(as_of="2026-03-17T06:00:00Z")
        self.assertIn("leaver-active\talima", site.found())
        site.run(as_of="2026-03-17T07:00:00Z")
        self.assertIn("leaver-active\talima", site.found())

    def test_an_earlier_as_of_is_refused_and_an_equal_one_is_not(self):
        site = self.open(small_site())
        site.run()
        self.assertEqual(site.run(as_of="2026-03-16T05:00:00Z").code, 2)
        self.assertEqual(site.run().code, 0)

    def test_fail_on_and_dry_run(self):
        site = self.open(small_site())
        dry = site.run("--dry-run")
        self.assertFalse(os.path.exists(os.path.join(site.folder, "ledger.db")))
        self.assertIn("leaver-active", [exception["control"] for exception in dry.json["exceptions"]])
        self.assertEqual(dry.json["run"]["status"], "dry")
        self.assertEqual(site.run("--fail-on", "critical").code, 4)
        self.assertEqual(site.run("--fail-on", "nonsense").code, 2)


class Crash(SiteTest):
    def test_a_run_killed_at_any_moment_leaves_the_ledger_as_before_or_as_after(self):
        site = self.open(small_site())
        site.run()
        before = self.states(site)
        site.write("corp.ldif", SMALL_LDIF + "\n" + small_account("ghost", "00999"))
        arguments = [RIGHTFUL, "--config", site.config, "run", "--as-of", "2026-03-17T06:00:00Z", "--quiet",
                     "--accept", "corp:accounts", "--reason", "test"]
        generator = random.Random(20260317)
        start = time.monotonic()
        subprocess.run(arguments + ["--dry-run"], capture_output=True, check=False)
        whole = time.monotonic() - start
        seen = set()
        for _ in range(60):
            process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(generator.uniform(0, whole * 1.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            state = self.states(site)
            seen.add(state == before)
            if state != before:
                self.assertIn("orphaned-account\tghost", [line for line, _ in state])
                self.assertEqual([entry for entry in state if "ghost" not in entry[0]], before)
                before = state
        self.assertEqual(site.run(as_of="2026-03-17T06:00:00Z").code, 0)

    @staticmethod
    def states(site):
        from site_under_test import line_of
        return sorted((line_of(exception), exception["id"]) for exception in site.ledger())


if __name__ == "__main__":
    unittest.main()
