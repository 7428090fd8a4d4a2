"""Rulings about sources and runs: freshness, what is held, what a run says of itself."""

import os
import unittest

from site_under_test import SiteTest, line_of
from small_worlds import (AS_OF, COLUMNS, HEAD, HR, LATER, LEFT, LOCKED, RULES, account, dry, group, lines, person, roster,
                          unjudged, world)


class Freshness(SiteTest):
    def status(self, site, *arguments, as_of=None):
        result = site.run("--dry-run", *arguments, as_of=as_of)
        return {source["name"]: source["status"] for source in result.json["run"]["sources"]}, result

    def test_the_newest_record_decides(self):
        people = [person("1", recorded_at="2026-03-10T05:00:00Z"), person("2", recorded_at="2020-01-01T00:00:00Z")]
        site = self.open(world(people, account("ann", "1") + account("old", "2", modified="20200101000000Z")))
        self.assertEqual(self.status(site)[0], {"corp": "complete", "hr": "complete"})
        statuses, result = self.status(site, as_of="2026-03-17T05:00:01Z")
        self.assertEqual(statuses, {"corp": "complete", "hr": "stale"})
        self.assertEqual(result.code, 3)
        self.assertIn("source-stale\thr", lines(result.json))

    def test_a_directory_of_files_is_as_fresh_as_its_newest_change(self):
        site = self.open(world([person("1")], account("ann", "1", modified="20260316050000Z")))
        self.assertEqual(self.status(site)[0]["corp"], "complete")
        self.assertEqual(self.status(site, as_of="2026-03-17T05:00:01Z")[0]["corp"], "stale")

    def test_without_records_of_time_the_files_own(self):
        site = self.open(world("id,name\n1,Ann\n", account("ann", "1")))
        self.assertEqual(self.status(site)[0]["hr"], "complete")
        os.utime(os.path.join(site.folder, "hr.csv"), (1772000000, 1772000000))
        self.assertEqual(self.status(site)[0]["hr"], "stale")

    def test_limits_are_settings(self):
        rules = RULES + "freshness: { people_days = 60; directory_hours = 1000; };\n"
        site = self.open(world([person("1", recorded_at="2026-02-01T00:00:00Z")], account("ann", "1", modified="20260301000000Z"), rules=rules))
        self.assertEqual(self.status(site)[0], {"corp": "complete", "hr": "complete"})

    def test_a_stale_source_changes_nothing_that_rests_on_it(self):
        site = self.open(world([LEFT, person("2")], account("ann", "1") + account("ghost", "9") + account("svc-a")))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        late = "2026-03-24T05:00:00Z"
        site.write("corp.ldif", account("ann", "1", LOCKED, modified="20260324040000Z") + account("svc-a", modified="20260324040000Z")
                   + account("new", "77", modified="20260324040000Z"))
        result = site.run("--accept", "corp:accounts", "--reason", "test", as_of=late)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"), result.err)
        after = [e for e in site.ledger() if not e["control"].startswith("source-")]
        untouched = [e for e in after if e["control"] != "service-without-owner"]
        self.assertEqual(untouched, [e for e in before if e["control"] != "service-without-owner"])
        self.assertEqual([e["last_seen"] for e in after if e["control"] == "service-without-owner"], [late])


class Held(SiteTest):
    """A company of forty, so that guards have something to compare."""

    def people(self, n=40, **columns):
        return [person(str(i), email=f"p{i}@example.com", **columns) for i in range(1, n + 1)]

    def accounts(self, n=40, extra=""):
        return "".join(account(f"p{i}", str(i), extra) for i in range(1, n + 1))

    def site(self, **options):
        site = self.open(world(self.people() + [person("99", last_working_day="2026-03-01")], self.accounts() + account("bad", "99") + account("ghost", "1234"), **options))
        self.assertEqual(site.run().code, 0)
        return site

    def held(self, result):
        return {h["source"] + ":" + h["dimension"]: (h["before"], h["after"], h["limit"]) for h in result.json["held"]}

    def test_the_shape_of_held_and_the_command(self):
        site = self.site()
        before = site.ledger()
        site.write("corp.ldif", self.accounts(30))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"))
        self.assertEqual(set(result.json["held"][0]), {"source", "dimension", "before", "after", "limit", "accept"})
        held = self.held(result)
        self.assertEqual(held["corp:accounts"], (42, 30, 3))
        self.assertEqual(held["corp:enabled-accounts"], (42, 30, 3))
        self.assertEqual(held["corp:fill.employee_id"], (42, 30, 3))
        for name in held:
            self.assertIn("--accept " + name, result.err)
        self.assertEqual(result.json["run"]["sources"][0]["status"], "held")
        after = site.ledger()
        self.assertEqual([e for e in after if e["control"] != "source-incomplete"], before)
        self.assertEqual([line_of(e) for e in after if e["control"] == "source-incomplete"], ["source-incomplete\tcorp"])
        # The baseline is kept: the next night compares with the last good one, not with the held one.
        self.assertEqual(self.held(site.run(as_of="2026-03-17T07:00:00Z"))["corp:accounts"], (42, 30, 3))
        accepts = [word for name in held for word in ("--accept", name)]
        result = site.run(*accepts, "--reason", "closed", as_of="2026-03-17T08:00:00Z")
        self.assertEqual((result.code, result.json["held"]), (0, []), result.err)
        self.assertEqual({a["accept"] for a in result.json["run"]["accepted"]}, set(held))
        self.assertEqual(site.found(), [])

    def test_the_limit_is_exact(self):
        site = self.site()
        site.write("corp.ldif", self.accounts(39))
        self.assertEqual(dry(site, "--as-of", LATER)["held"], [])
        site.write("corp.ldif", self.accounts(38))
        self.assertIn("corp:accounts", self.held(site.run("--dry-run", as_of=LATER)))

    def test_growth(self):
        site = self.site()
        extra = [person(str(500 + i)) for i in range(10)]
        site.write("hr.csv", roster(*self.people(), person("99", last_working_day="2026-03-01"), *extra))
        self.assertEqual(site.run("--dry-run", as_of=LATER).code, 0)
        site.write("hr.csv", roster(*self.people(), person("99", last_working_day="2026-03-01"), *extra, person("600")))
        self.assertEqual(self.held(site.run("--dry-run", as_of=LATER)), {"hr:people-active": (40, 51, 10)})

    def test_rejected_rows_that_grow(self):
        site = self.site()
        text = roster(*self.people(), person("99", last_working_day="2026-03-01"))
        site.write("hr.csv", text + "".join(",No id" + "," * (len(COLUMNS) - 2) + "\n" for _ in range(11)))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:rejected": (0, 11, 10)})

    def test_fill_of_a_roster_column(self):
        site = self.site()
        site.write("hr.csv", roster(*[person(str(i)) for i in range(1, 41)], person("99", last_working_day="2026-03-01")))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:fill.email": (40, 0, 3)})

    def test_a_lost_status_makes_no_leaver_active_again(self):
        people = [person(str(i), status="active") for i in range(1, 38)] + [person(str(i), status="left") for i in range(38, 41)]
        site = self.open(world(people, self.accounts()))
        site.run()
        self.assertEqual(len(site.exceptions("--control", "leaver-active")), 3)
        site.write("hr.csv", roster(*[{**row, "status": ""} for row in people]))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:fill.status": (40, 0, 3)})
        self.assertEqual(len(site.exceptions("--control", "leaver-active")), 3)

    def test_slow_erosion_against_the_seven_day_maximum(self):
        site = self.site()
        stamps = [f"2026-03-17T{hour:02}:00:00Z" for hour in range(6, 12)]
        sizes = (38, 36, 34)
        full = self.people() + [person("99", last_working_day="2026-03-01")]
        codes = []
        for as_of, n in zip(stamps, sizes):
            site.write("hr.csv", roster(*full[:n], full[-1]))
            codes.append(site.run("--accept", "ledger:resolved", "--reason", "test", as_of=as_of).code)
        self.assertEqual(codes, [0, 0, 0])
        site.write("hr.csv", roster(*full[:33], full[-1]))
        result = site.run(as_of=stamps[3])
        self.assertEqual(result.code, 3)
        self.assertEqual(self.held(result)["hr:people-active"], (40, 33, 6))

    def test_a_branch_that_empties(self):
        ldif = self.accounts() + account("bad", "99")
        robots = "".join(account(f"svc-{i}").replace("ou=people", "ou=robots") for i in range(10))
        site = self.open(world(self.people(), ldif + robots))
        site.run()
        site.write("corp.ldif", ldif)
        result = site.run(as_of=LATER)
        self.assertIn("corp:branch.ou=robots,dc=example,dc=com", self.held(result))
        self.assertIn("--accept corp:branch.ou=robots,dc=example,dc=com", result.err)

    def test_resolving_too_much(self):
        ghosts = "".join(account(f"ghost{i}", str(7000 + i)) for i in range(9))
        site = self.open(world(self.people(), self.accounts() + ghosts))
        site.run()
        before = site.ledger()
        site.write("hr.csv", roster(*self.people(), *[person(str(7000 + i)) for i in range(9)]))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "held"))
        self.assertEqual(result.json["held"], [{"source": "ledger", "dimension": "resolved", "before": 9, "after": 0, "limit": 5, "accept": "ledger:resolved"}])
        self.assertEqual(site.ledger(), before)
        self.assertEqual(site.rightful("exceptions", "--json").json["run"]["id"], 1)
        counts = site.run("--accept", "ledger:resolved", "--reason", "recorded", as_of=LATER).json["counts"]
        self.assertEqual((counts["resolved"], counts["open"]), (9, 0))

    def test_accept_needs_a_reason_and_a_form(self):
        site = self.site()
        self.assertEqual(site.run("--accept", "corp:accounts").code, 2)
        self.assertEqual(site.run("--accept", "corp", "--reason", "x").code, 2)

    def test_exit_3_wins_over_4(self):
        site = self.site()
        self.assertEqual(site.run("--fail-on", "low", as_of=LATER).code, 4)
        os.remove(os.path.join(site.folder, "hr.csv"))
        self.assertEqual(site.run("--fail-on", "low", as_of=LATER).code, 3)

    def test_an_incomplete_source_changes_nothing_that_rests_on_it(self):
        site = self.site()
        before = site.ledger()
        for name in ("hr.csv", "corp.ldif"):
            content = site.read(name)
            os.remove(os.path.join(site.folder, name))
            result = site.run(as_of=LATER)
            self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"))
            self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)
            site.write(name, content)
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"))
        self.assertEqual([e for e in site.found() if e.startswith("source-")], [])


class Runs(SiteTest):
    def site(self):
        return self.open(world([LEFT, person("2")], account("ann", "1") + account("ghost", "9") + group("admins", "ann")))

    def test_the_fields_of_a_run(self):
        site = self.site()
        result = site.run().json
        self.assertEqual(result["schema_version"], 1)
        self.assertGreaterEqual(set(result), {"run", "counts", "not_evaluable", "held"})
        self.assertGreaterEqual(set(result["run"]), {"id", "as_of", "status", "sources"})
        self.assertEqual((result["run"]["id"], result["run"]["as_of"], result["run"]["status"]), (1, AS_OF, "applied"))
        for source in result["run"]["sources"]:
            self.assertGreaterEqual(set(source), {"name", "kind", "provides", "status", "reason", "started", "finished", "digest", "counts"})
            self.assertEqual(set(source["counts"]), {"pulled", "kept", "rejected", "excluded", "accounts", "enabled", "groups", "memberships",
                                                     "computers", "people", "people_active", "assets", "approvals"})
            counts = source["counts"]
            self.assertEqual(counts["pulled"], counts["kept"] + counts["rejected"] + counts["excluded"])
        corp, hr = (source["counts"] for source in result["run"]["sources"])
        self.assertEqual((corp["accounts"], corp["enabled"], corp["groups"], corp["memberships"]), (2, 2, 1, 1))
        self.assertEqual((hr["people"], hr["people_active"]), (2, 1))
        self.assertGreaterEqual(set(result["counts"]), {"new", "reopened", "open", "accepted", "resolved", "false_positive", "by_control", "by_severity"})
        self.assertEqual(set(result["counts"]["by_severity"]), {"low", "medium", "high", "critical"})
        self.assertEqual(result["counts"]["open"], sum(result["counts"]["by_severity"].values()))
        self.assertEqual(result["counts"]["open"], sum(result["counts"]["by_control"].values()))
        for row in result["not_evaluable"]:
            self.assertEqual(set(row), {"control", "reason", "subjects"})

    def test_the_list_of_exceptions(self):
        site = self.site()
        empty = site.rightful("exceptions", "--json")
        self.assertEqual((empty.code, empty.json["exceptions"]), (0, []))
        site.run()
        result = site.rightful("exceptions", "--json").json
        self.assertEqual(set(result), {"schema_version", "run", "exceptions"})
        self.assertEqual(set(result["run"]), {"id", "as_of", "status", "sources"})
        order = ["critical", "high", "medium", "low"]
        keys = [(order.index(e["severity"]), e["control"], e["subject"]["name"]) for e in result["exceptions"]]
        self.assertEqual(keys, sorted(keys))

    def test_memberships_count_values_that_resolve_to_nothing(self):
        site = self.open(world([person("1")], account("ann", "1") + group("team", "ann", "zed", "zoe")))
        self.assertEqual(dry(site)["run"]["sources"][0]["counts"]["memberships"], 3)

    def test_equal_as_of_is_allowed_and_earlier_refused(self):
        site = self.site()
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        self.assertEqual(site.run(as_of="2026-03-17T04:59:59Z").code, 2)
        self.assertEqual(site.ledger(), before)

    def test_dates_of_exceptions_are_as_of(self):
        site = self.site()
        site.run()
        site.run(as_of=LATER)
        found = site.exceptions("--control", "orphaned-account")[0]
        self.assertEqual((found["first_seen"], found["last_seen"], found["due"]), (AS_OF, LATER, "2026-03-24T05:00:00Z"))

    def test_a_dry_run_writes_nothing_and_counts(self):
        site = self.site()
        result = site.run("--dry-run").json
        self.assertEqual((result["run"]["status"], result["run"]["id"]), ("dry", None))
        self.assertEqual(os.path.exists(os.path.join(site.folder, "ledger.db")), False)
        site.run()
        before = site.ledger()
        counts = site.run("--dry-run", as_of=LATER).json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))
        self.assertEqual(site.ledger(), before)

    def test_assigned_is_open_and_reopened_is_open_again(self):
        site = self.site()
        site.run()
        found = site.exceptions("--control", "orphaned-account")[0]
        site.rightful("exception", "assign", found["id"], "2")
        self.assertIn(found["id"], [e["id"] for e in site.exceptions()])
        self.assertEqual([e["id"] for e in site.exceptions("--status", "assigned")], [found["id"]])
        ldif = site.read("corp.ldif")
        site.write("corp.ldif", ldif.replace("uid: ghost\n", "uid: ghost\n" + LOCKED))
        site.run(as_of=LATER)
        self.assertEqual([e["id"] for e in site.exceptions("--status", "resolved")], [found["id"]])
        site.write("corp.ldif", ldif)
        counts = site.run(as_of="2026-03-17T07:00:00Z").json["counts"]
        self.assertEqual((counts["new"], counts["reopened"]), (1, 1))
        again = site.exceptions("--control", "orphaned-account")[0]
        self.assertEqual((again["id"], again["status"]), (found["id"], "open"))

    def test_equal_inputs_give_equal_findings(self):
        first, second = self.site(), self.site()
        self.assertEqual(dry(first)["exceptions"], dry(second)["exceptions"])

    def test_a_group_name_that_fits_nothing(self):
        site = self.open(world([person("1")], account("ann", "1"), rules='privileged = [ "no such group" ];\n'))
        result = site.run()
        self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"))
        self.assertIn("no such group", result.err)
        self.assertTrue(unjudged(result.json, "privileged-unapproved"))
        check = site.rightful("check", "--json")
        self.assertEqual(check.code, 1)
        self.assertIn("no such group", check.out)

    def test_check_passes_and_says_what_it_found(self):
        site = self.site()
        result = site.rightful("check", "--json")
        self.assertEqual(result.code, 0, result.out)
        os.remove(os.path.join(site.folder, "hr.csv"))
        self.assertEqual(site.rightful("check").code, 1)
        self.assertEqual(site.rightful("check", "--offline").code, 0)

    def test_global_options_stand_before_or_after(self):
        site = self.site()
        site.run()
        self.assertEqual(site.rightful("--json", "exceptions").out, site.rightful("exceptions", "--json").out)

    def test_a_removed_source_resolves_nothing(self):
        more = HR.replace('"hr"', '"agency"').replace("hr.csv", "agency.csv") % ""
        site = self.open(world([LEFT], account("ann", "1")))
        site.run()
        self.assertEqual(site.found(), ["leaver-active\tann"])
        site.write("rightful.conf", HEAD + "sources: (" + HR % "" + ");\n")
        site.run(as_of=LATER)
        self.assertEqual(site.found(), ["leaver-active\tann"])


if __name__ == "__main__":
    unittest.main()
