"""A pull that ends well and lacks entries: canaries and guards see it, and the ledger stays as it was."""

import unittest

import fault_proxy as faults
from fault_world import LATER, N_ENTRIES, FaultTest, Ledger, person_dn, roster
from site_under_test import Site


class MissingEntries(FaultTest):
    def test_a_canary_that_is_dropped(self):
        canary = person_dn(700)
        site = self.site(self.config(more=f'canaries = ["{canary}"];'))
        self.assert_left_alone(site, faults.Drop("uid=p700,"), f"canary {canary}", f"{N_ENTRIES - 1} entries")
        self.assert_nothing_happened(site)

    def test_a_group_that_is_dropped(self):
        """A group of ten or more that was there and is not: held, whatever the totals."""
        site = self.site()
        loop = self.loop(site)
        self.proxy.fault = faults.Drop("cn=second,")
        status, reason = loop.pull()["corp"]
        self.assertEqual(status, "held", reason)
        self.assertIn("second", reason)

    def test_more_entries_than_the_guard_allows(self):
        site = self.site()
        before = Ledger(site)
        self.proxy.fault = faults.Drop(*(f"uid=p{i}," for i in range(100, 151)))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual(result.json["run"]["sources"][0]["status"], "held")
        held = {(h["dimension"], h["before"], h["after"]) for h in result.json["held"]}
        self.assertIn(("accounts", 996, 945), held)
        self.assertEqual(Ledger(site).seen, before.seen)
        self.assertEqual(Ledger(site).rows, before.rows)

    def test_one_entry_that_nobody_watches_cannot_be_missed(self):
        """The limit of the method, said in docs/completeness.md: it looks as if it had been deleted."""
        site = self.site()
        self.proxy.fault = faults.Drop("uid=p555,")
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 0, result.err)
        self.assertGreaterEqual(result.json["counts"]["resolved"], 1)
        self.assertNotIn("leaver-active\tp555", site.found())


class HiddenHalf(FaultTest):
    """The rights of the reader change overnight: half the tree is gone, with result 0."""

    def hide(self, more=""):
        site = self.site(self.config(more=more))
        before = Ledger(site)
        site.write("rightful.conf", self.config(more=more, reader="half"))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err)
        after = Ledger(site)
        self.assertEqual(after.seen, before.seen)
        self.assertEqual(after.rows, before.rows)
        return result.json

    def test_the_guard_catches_it(self):
        answer = self.hide()
        self.assertEqual(answer["run"]["sources"][0]["status"], "held")
        held = {h["dimension"]: (h["before"], h["after"]) for h in answer["held"]}
        self.assertEqual(held["accounts"], (996, 500))
        self.assertTrue([name for name in held if name.startswith("branch.") and "hidden" in name], held)

    def test_the_canary_catches_it(self):
        corp = self.hide(f'canaries = ["{person_dn(700)}"];')["run"]["sources"][0]
        self.assertEqual(corp["status"], "incomplete")
        self.assertIn(f"canary {person_dn(700)}", corp["reason"])

    def test_the_canary_catches_it_on_the_first_run(self):
        site = self.open(Site(self.config(more=f'canaries = ["{person_dn(700)}"];', reader="half"), {"hr.csv": roster()}))
        self.assertEqual(site.run().code, 3)
        self.assertEqual(Ledger(site).seen, [])


if __name__ == "__main__":
    unittest.main()
