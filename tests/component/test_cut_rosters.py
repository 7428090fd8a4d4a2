"""A roster that is cut at any byte, or written while it is read: what is used is whole or nothing."""

import os
import threading
import time
import unittest

from fault_world import LATER, SUFFIX, Ledger, Loop, roster
from site_under_test import Site, SiteTest, small_account

TABLE_CONFIG = """
organisation: {{ name = "Small"; timezone = "Europe/Berlin"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: (
  {{ name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; trailer = "{trailer}"; }}
);
"""


class CutRosters(SiteTest):
    def grown(self, n, trailer):
        self.trailer = f"TRAILER,{n},,,,\n" if trailer == "count" else ""
        self.records = [line + "\n" for line in roster(n + 12).splitlines()]
        self.assertEqual(len(self.records), n + 1)
        ldif = "\n".join([f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
                          *(small_account(f"p{i}", f"{20000 + i}") for i in range(n))])
        site = self.open(Site(TABLE_CONFIG.format(trailer=trailer), {"corp.ldif": ldif}))
        self.write(site, "".join(self.records) + self.trailer)
        self.assertEqual(site.run().code, 0)
        loop = Loop(site)
        self.addCleanup(loop.close)
        return site, loop

    def write(self, site, content):
        """A new file in the old one's place, as good writers do."""
        path = site.write("hr.new", content)
        os.replace(path, os.path.join(site.folder, "hr.csv"))

    def test_cut_at_every_byte_without_a_trailer(self):
        """At the end of a record the guards decide; one byte before or behind it the file is cut."""
        site, loop = self.grown(12, "none")
        whole = "".join(self.records).encode()
        ends = {sum(map(len, self.records[:i])) for i in range(len(self.records) + 1)}
        accepted = []
        for k in range(len(whole)):
            self.write(site, whole[:k])
            status, reason = loop.pull()["hr"]
            if k in ends or k + 1 in ends:  # the last line end may be missing
                if status == "complete":
                    accepted.append(k)
                else:
                    self.assertIn(status, ("held", "incomplete", "stale"), (k, reason))
            elif status == "complete":
                self.assert_is_whole_record(whole[:k], k)
                accepted.append(k)
            elif status == "incomplete":
                self.assertTrue(reason, k)
            else:
                self.assertIn(status, ("held", "stale"), k)
        # One has left; of the eleven others three may go in one night (shrink_minimum), no more: nine rows must be there.
        self.assertGreater(min(accepted), sum(map(len, self.records[:9])) + 1)

    def assert_is_whole_record(self, content, k):
        """A cut inside the last cell leaves all cells: nothing in the file tells. It has to be the last cell, then."""
        last = content.decode().splitlines()[-1]
        self.assertEqual(last.count(","), self.records[0].count(","), k)

    def test_cut_at_every_byte_with_a_trailer(self):
        site, loop = self.grown(12, "count")
        whole = ("".join(self.records) + self.trailer).encode()
        cells = len(whole) - len(b",,,,\n")  # a trailer whose empty cells are cut is still TRAILER and the number
        for k in range(cells - 2):
            self.write(site, whole[:k])
            self.assertEqual(loop.pull()["hr"][0], "incomplete", whole[:k][-40:])
        self.write(site, whole)
        self.assertEqual(loop.pull()["hr"][0], "complete")

    def test_cut_after_every_record(self):
        for trailer in ("none", "count"):
            site, loop = self.grown(200, trailer)
            for i in range(len(self.records)):
                self.write(site, "".join(self.records[:i]))
                status, reason = loop.pull()["hr"]
                with self.subTest(trailer=trailer, records=i - 1):
                    if trailer == "count" or i < 2:
                        self.assertEqual(status, "incomplete")
                    else:
                        may_pass = 200 - (i - 1) <= 10  # five per cent
                        self.assertEqual(status, "complete" if may_pass else "held", reason)

    def test_the_ledger_does_not_move(self):
        site, _ = self.grown(200, "count")
        before = Ledger(site, "hr")
        whole = "".join(self.records) + self.trailer
        for content in (whole[:-8], whole[:5000], "".join(self.records), "".join(self.records[:199]), "", whole + whole):
            with self.subTest(len(content)):
                self.write(site, content)
                result = site.run(as_of=LATER)
                self.assertEqual(result.code, 3)
                self.assertEqual(result.json["run"]["sources"][1]["status"], "incomplete")
                after = Ledger(site, "hr")
                self.assertEqual(after.seen, before.seen)
                self.assertEqual(after.rows, before.rows)

    def test_written_while_it_is_read(self):
        """A bad writer: it writes into the file itself, record by record, over and over. What is used is whole or nothing."""
        for trailer in ("none", "count"):
            site, loop = self.grown(200, trailer)
            writer = Rewriter(os.path.join(site.folder, "hr.csv"), [*self.records, self.trailer])
            self.addCleanup(writer.stop)
            statuses = {}
            for _ in range(150):
                answer = loop.pull()
                status, reason = answer["hr"]
                statuses[status] = statuses.get(status, 0) + 1
                if status == "complete":
                    self.assertGreaterEqual(answer["people"], 190 if trailer == "none" else 200, reason)
                else:
                    self.assertEqual(answer["people"], 0, reason)
            writer.stop()
            self.assertGreater(statuses.get("incomplete", 0) + statuses.get("held", 0), 10, statuses)
            self.write(site, "".join(self.records) + self.trailer)
            self.assertEqual(loop.pull()["hr"][0], "complete")


class Rewriter:
    def __init__(self, path, records):
        self.path, self.records = path, [record for record in records if record]
        self.may_end = threading.Event()
        self.thread = threading.Thread(target=self.write, daemon=True)
        self.thread.start()

    def write(self):
        while not self.may_end.is_set():
            with open(self.path, "w", encoding="utf-8") as file:
                for record in self.records:
                    file.write(record)
                    file.flush()
                    time.sleep(0.0001)
            time.sleep(0.002)

    def stop(self):
        self.may_end.set()
        self.thread.join()


if __name__ == "__main__":
    unittest.main()
