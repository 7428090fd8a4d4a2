"""Two workers of one store: one does the jobs and the mail, the other answers, stands by and takes over, on SQLite and PostgreSQL."""

import os
import sqlite3
import time
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site
from test_store_postgres import SQLITE, Store
from worker_under_test import Worker

WORKER = 'worker: { socket = "worker.sock"; };\nfreshness: { people_days = 36500; };\n'
ON_DUTY = "this worker does the jobs and the mail"
STANDING_BY = "another worker does the jobs and the mail: rightful worker, process {} of "


class Standby:
    """On a store of which the subclass says the URL and how to put a job into it."""

    def hosts(self):
        """Two sites with one store, after a run."""
        url, fresh = self.store_url(), time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 60))
        config = SQLITE.sub(lambda _: f'url = "{url}"', SMALL_CONFIG) + WORKER
        files = {"corp.ldif": SMALL_LDIF.replace("20260316200000Z", fresh), "hr.csv": SMALL_HR}
        hosts = [self.open(Site(config, files)) for _ in range(2)]
        self.assertEqual(hosts[0].run().code, 0)
        return hosts

    def start(self, site):
        worker = Worker(site)
        self.addCleanup(lambda: worker.log.closed or worker.kill())
        return worker

    def is_done(self, worker, job):
        worker.wait_until(lambda: self.finished(job), f"job {job} is not finished")

    def test_one_works_the_other_answers_and_takes_over(self):
        hosts = self.hosts()
        first = self.start(hosts[0])
        first.wait_until(lambda: ON_DUTY in first.said(), "it does not begin")
        second = self.start(hosts[1])
        second.wait_until(lambda: STANDING_BY.format(first.process.pid) in second.said(), "it does not stand by")
        self.assertEqual(second.ask("person", id="00124")["found"]["name"], "Jonas Meier")

        job = self.add_job()  # as the web of the second host asks for it
        self.assertEqual(second.tell("work"), {"ok": True})
        self.is_done(second, job)
        self.assertNotIn(ON_DUTY, second.said())

        first.kill()
        self.is_done(second, self.add_job())
        self.assertIn(ON_DUTY, second.said())

        third = self.start(hosts[0])
        third.wait_until(lambda: STANDING_BY.format(second.process.pid) in third.said(), "it does not stand by")
        second.stop()
        third.wait_until(lambda: ON_DUTY in third.said(), "it does not take over")
        third.stop()

    def test_a_configuration_read_anew_keeps_what_it_does(self):
        first = self.start(self.hosts()[0])
        first.wait_until(lambda: ON_DUTY in first.said(), "it does not begin")
        first.process.send_signal(1)  # SIGHUP
        first.wait_until(lambda: first.said().count(ON_DUTY) == 2, "it does not go on")
        self.is_done(first, self.add_job())
        first.stop()


class OnSqlite(Standby, Store):
    @classmethod
    def setUpClass(cls):
        pass  # no server

    def store_url(self):
        self.path = os.path.join(self.open(Site()).folder, "ledger.db")
        return f"sqlite://{self.path}"

    def add_job(self):
        with sqlite3.connect(self.path, timeout=30) as store:
            return store.execute("INSERT INTO job (id, kind, argument, actor, asked) SELECT coalesce(max(id), 0) + 1, 'run', '{}', 'anna', 1 "
                                 "FROM job RETURNING id").fetchone()[0]

    def finished(self, job):
        with sqlite3.connect(self.path, timeout=30) as store:
            return store.execute("SELECT finished FROM job WHERE id = ?", (job,)).fetchone()[0] is not None


class OnPostgresql(Standby, Store):
    def store_url(self):
        url = self.url()
        self.schema = f"ledger{self.n_schemas}"
        return url

    def add_job(self):
        return int(self.server.sql(f"INSERT INTO {self.schema}.job (id, kind, argument, actor, asked) SELECT coalesce(max(id), 0) + 1, 'run', '{{}}', "
                                   f"'anna', 1 FROM {self.schema}.job RETURNING id").split()[0])

    def finished(self, job):
        return self.server.sql(f"SELECT finished IS NOT NULL FROM {self.schema}.job WHERE id = {job}").strip() == "t"

    def test_a_store_of_the_version_before_gets_room_for_the_second_lock(self):
        host = self.hosts()[0]
        self.server.sql(f"ALTER TABLE {self.schema}.rightful_lock ADD CONSTRAINT rightful_lock_id_check CHECK (id = 1); "
                        f"UPDATE {self.schema}.rightful_store SET version = 15")
        migrated = host.rightful("store", "migrate")
        self.assertEqual(migrated.code, 0, migrated.err)
        first = self.start(host)
        first.wait_until(lambda: ON_DUTY in first.said(), "it does not begin")
        first.stop()

    def test_a_lost_connection_costs_nothing_where_nobody_was_faster(self):
        first = self.start(self.hosts()[0])
        first.wait_until(lambda: ON_DUTY in first.said(), "it does not begin")
        holder = f"SELECT session FROM {self.schema}.rightful_lock WHERE id = 2"
        before = self.server.sql(holder)
        self.server.sql(f"SELECT pg_terminate_backend(({holder})::int)")
        first.wait_until(lambda: self.server.sql(holder) != before, "the lock is not taken up again")
        self.is_done(first, self.add_job())
        self.assertEqual(first.said().count(ON_DUTY), 1)
        first.stop()


del Store  # its own tests are elsewhere

if __name__ == "__main__":
    unittest.main()
