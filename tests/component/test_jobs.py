"""Jobs that the web asks for: done in their order by the worker, and again when it was killed in the middle."""

import email
import email.policy
import json
import os
import signal
import socket
import sqlite3
import time
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest
from smtp_sink import Sink
from worker_under_test import Worker

WORKER = 'worker: { socket = "worker.sock"; };\nfreshness: { people_days = 36500; };\n'
LDIF_SOURCE = 'kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif";'


class Jobs(SiteTest):
    def site(self):
        fresh = SMALL_LDIF.replace("20260316200000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 60)))
        site = self.open(Site(SMALL_CONFIG + WORKER, {"corp.ldif": fresh, "hr.csv": SMALL_HR}))
        self.assertEqual(site.rightful("store", "migrate").code, 0)
        return site

    def store(self, site):
        return sqlite3.connect(os.path.join(site.folder, "ledger.db"), timeout=30)

    def add(self, site, kind, **argument):
        """As the web does."""
        with self.store(site) as store:
            return store.execute("INSERT INTO job (id, kind, argument, actor, asked) SELECT coalesce(max(id), 0) + 1, ?, ?, 'anna', 1773723600 "
                                 "FROM job RETURNING id", (kind, json.dumps(argument))).fetchone()[0]

    def row(self, site, job):
        with self.store(site) as store:
            started, finished, result = store.execute("SELECT started, finished, result FROM job WHERE id = ?", (job,)).fetchone()
        return started, finished, json.loads(result or "null")

    def result(self, site, worker, job):
        worker.wait_until(lambda: self.row(site, job)[1] is not None, f"job {job} is not finished")
        return self.row(site, job)[2]

    def test_a_run_is_done_and_is_the_askers(self):
        site = self.site()
        with Worker(site) as worker:
            job = self.add(site, "run")
            worker.tell("work")
            result = self.result(site, worker, job)
            self.assertEqual((result["exit"], result["run"], result["status"]), (0, 1, "applied"), result)
            self.assertEqual(worker.ask("group", id="admins")["run"], 1)
        run = site.rightful("run-show", "1", "--json").json["run-show"][0]
        self.assertEqual(run["actor"], "anna")

    def test_jobs_that_waited_for_the_worker_are_done_in_their_order(self):
        site = self.site()
        jobs = [self.add(site, "run"), self.add(site, "leaver-check", person="00123", last_day=None, urgent=True),
                self.add(site, "leaver-check", person="00124", last_day="2026-12-31", urgent=False)]
        with Worker(site) as worker:
            results = [self.result(site, worker, job) for job in jobs]
        self.assertEqual([result.get("case") for result in results[1:]], ["LC-000001", "LC-000002"], results)
        self.assertEqual([result["closed"] for result in results[1:]], [False, False])
        found = site.rightful("leaver", "show", "LC-000001", "--json").json["leaver_case"]
        self.assertEqual((found["opened_by"], found["urgent"], found["person"]["id"]), ("anna", True, "00123"))
        finished = [self.row(site, job)[1] for job in jobs]
        self.assertEqual(finished, sorted(finished))

    def test_a_review_is_started_and_its_reviewer_is_told_by_when(self):
        site = self.site()
        sink = Sink()
        self.addCleanup(sink.stop)
        site.write("rightful.conf", site.read("rightful.conf") + f"""
reviews: ( {{ name = "privileged"; scope = "privileged"; reviewer = "00125"; due_days = 14; }} );
notify: {{ smtp_url = "{sink.url}"; from = "rightful@example.com"; ca_file = "{sink.ca_file}"; digest_hour = 0; }};
""")
        self.assertEqual(site.rightful("run").code, 0)
        with Worker(site) as worker:
            job = self.add(site, "review-start", name="privileged")
            worker.tell("work")
            result = self.result(site, worker, job)
            self.assertEqual(result.get("review"), "RV-000001", result)
            again = self.result(site, worker, self.add(site, "review-start", name="privileged"))
            self.assertTrue(again["error"], "one campaign of a name at a time")
            worker.wait_until(lambda: sink.messages, "nobody was told")
        message = email.message_from_bytes(sink.messages[0][2], policy=email.policy.default)
        self.assertEqual(message["To"], "ana@example.com")
        calendar = [part.get_content() for part in message.walk() if part.get_content_type() == "text/calendar"]
        self.assertIn("DTSTART;VALUE=DATE:", calendar[0])
        self.assertIn("to decide", message.get_body(("plain",)).get_content())
        review = site.rightful("review", "show", "RV-000001", "--json").json
        self.assertIn("anna", json.dumps(review))

    def test_what_cannot_be_done_says_why_and_the_next_is_done(self):
        site = self.site()
        bad = [self.add(site, "dance"), self.add(site, "leaver-check"), self.add(site, "leaver-check", person="99999"),
               self.add(site, "leaver-check", person="--help"), self.add(site, "leaver-check", person="00123", last_day="tomorrow"),
               self.add(site, "review-start"), self.add(site, "review-start", name="--help")]
        good = self.add(site, "run")
        with Worker(site) as worker:
            for job in bad:
                self.assertTrue(self.result(site, worker, job)["error"], job)
            self.assertEqual(self.result(site, worker, good)["exit"], 0)

    def test_a_run_that_reads_half_is_done_and_says_what_is_missing(self):
        site = self.site()
        os.remove(os.path.join(site.folder, "hr.csv"))
        job = self.add(site, "run")
        with Worker(site) as worker:
            result = self.result(site, worker, job)
        self.assertEqual((result["exit"], result["status"]), (3, "partial"))
        self.assertIn("hr", result["message"])

    def hanging(self):
        """A site whose run waits for a directory that says nothing; (site, its configuration as it should be)."""
        site = self.site()
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        config = site.read("rightful.conf")
        site.write("rightful.conf", config.replace(LDIF_SOURCE, f'kind = "ldap"; provides = "directory"; server = "openldap"; '
                                                   f'url = "ldap://127.0.0.1:{silent.getsockname()[1]}"; base = ["dc=example,dc=com"];'))
        self.assertNotEqual(site.read("rightful.conf"), config)
        return site, config

    def begun(self, site, worker, job):
        worker.wait_until(lambda: self.row(site, job)[0] is not None, "the job is not begun")

    def test_a_killed_workers_job_is_taken_up_again(self):
        site, config = self.hanging()
        job = self.add(site, "run")
        worker = Worker(site)
        self.begun(site, worker, job)
        worker.kill()
        self.assertEqual(self.row(site, job)[1:], (None, None))
        site.write("rightful.conf", config)
        with Worker(site) as worker:
            result = self.result(site, worker, job)
        self.assertEqual((result["exit"], result["run"]), (0, 1), result)

    def test_sigterm_ends_a_run_under_way_and_leaves_the_job(self):
        site, config = self.hanging()
        job = self.add(site, "run")
        worker = Worker(site)
        self.begun(site, worker, job)
        self.assertEqual(worker.tell("work"), {"ok": True}, "it still answers")
        worker.stop()
        self.assertEqual(self.row(site, job)[1:], (None, None))

    def test_a_run_that_crashes_leaves_the_worker_and_says_so(self):
        site, _ = self.hanging()
        job = self.add(site, "run")
        with Worker(site) as worker:
            self.begun(site, worker, job)
            worker.wait_until(lambda: self.children(worker), "no child")
            for pid in self.children(worker):
                os.kill(pid, signal.SIGKILL)
            self.assertIn("ended by signal 9", self.result(site, worker, job)["error"])
            self.assertEqual(worker.tell("work"), {"ok": True})

    def children(self, worker):
        found = []
        for task in os.listdir(f"/proc/{worker.process.pid}/task"):
            with open(f"/proc/{worker.process.pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(pid) for pid in file.read().split()]
        return found


if __name__ == "__main__":
    unittest.main()
