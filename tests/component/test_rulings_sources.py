"""What the catalogue and the interface mean exactly: sources, guards, runs, refused rows."""

import datetime
import os
import unittest

from site_under_test import SiteTest, line_of
from small_worlds import (AS_OF, COLUMNS, HEAD, HR, LATER, LEFT, LOCKED, OTHERS, RULES, SHOP, account, dry, group, lines, person, roster, sources,
                          unjudged, world)


class Tables(SiteTest):
    def judged(self, hr, options="", code=0, **files):
        site = self.open(world(hr, account("ann", "1") + account("ben", "2"), source=sources(hr=options), **files))
        result = site.run("--dry-run")
        self.assertEqual(result.code, code, result.err)
        return result

    def status(self, result, name="hr"):
        return next(source for source in result.json["run"]["sources"] if source["name"] == name)

    def test_columns_delimiter_date_format_and_encoding(self):
        text = "Employee Number;Full Name;Last Day\n 1 ; Jörg Müller ;05.03.2026\n2;Ben;\n"
        options = 'columns: { id = "Employee Number"; name = "Full Name"; last_working_day = "Last Day"; }; '
        options += 'date_format = "%d.%m.%Y"; delimiter = ";"; encoding = "windows-1252";'
        result = self.judged(text.encode("cp1252"), options)
        found = result.json["exceptions"]
        self.assertEqual([line_of(e) for e in found], ["leaver-active\tann"])
        self.assertEqual(found[0]["person"], {"id": "1", "name": "Jörg Müller"})

    def test_a_delimiter_that_is_a_tab(self):
        self.assertEqual(lines(self.judged("id\tname\tstatus\n1\tAnn\tleft\n2\tBen\t\n", 'delimiter = "tab";').json), ["leaver-active\tann"])

    def test_a_semicolon_is_not_guessed(self):
        result = self.judged("id;name\n1;Ann\n2;Ben\n", code=3)
        self.assertEqual(self.status(result)["status"], "incomplete")

    def test_extra_columns_are_dropped(self):
        result = self.judged("id,name,salary\n1,Ann,90000\n2,Ben,1\n")
        self.assertNotIn("90000", result.out)

    def test_trailer_counts(self):
        self.judged("id,name\n1,Ann\n2,Ben\nTRAILER,2\n", 'trailer = "count";')
        for text in ("id,name\n1,Ann\n2,Ben\nTRAILER,3\n", "id,name\n1,Ann\n2,Ben\n", "id,name\n1,Ann\nTRAILER,2\n2,Ben\n"):
            with self.subTest(text):
                self.assertEqual(self.status(self.judged(text, 'trailer = "count";', code=3))["status"], "incomplete")

    def test_a_last_line_without_its_end_is_whole_with_all_cells(self):
        self.judged("id,name,status\n1,Ann,\n2,Ben,active")
        result = self.judged("id,name,status\n1,Ann,\n2,Ben", code=3)
        self.assertIn("hr.csv:3", self.status(result)["reason"])

    def test_syntax_refuses_the_file_with_its_line(self):
        for text, line in (("id,name\n1,Ann\n2,Ben,more\n", 3), ("id,name\n1,Ann\n2\n3,Cid\n", 3), ('id,name\n1,Ann\n2,"Ben\n', 3),
                           ("id,name\n1,Ann\n2,B\udce9n\n".encode("utf-8", "surrogateescape"), 3)):
            with self.subTest(text):
                result = self.judged(text, code=3)
                self.assertIn(f"hr.csv:{line}", self.status(result)["reason"])
                self.assertIn(f"hr.csv:{line}", result.err)

    def test_content_rejects_the_row_and_leaves_the_run_applied(self):
        head = "id,name,last_working_day,timezone\n"
        for rows, line, rejected in (("1,Ann,,\n2,Ben,,\n3,Cid,2026-02-30,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n3,,,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n,Cid,,\n", 4, 1),
                                     ("1,Ann,,\n2,Ben,,\n3,Cid,,Mars/Olympus\n", 4, 1), ("1,Ann,,\n2,Ben,,\n3,Cid,,\n3,Dee,,\n", 4, 2),
                                     ("1,Ann,,\n2,Ben,,\n3,Cid,05.03.2026,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n1.2E+05,Cid,,\n", 4, 1)):
            with self.subTest(rows):
                site = self.open(world(head + rows, account("ann", "1") + account("ben", "2")))
                result = site.run()
                self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"), result.err)
                self.assertEqual(self.status(result)["counts"]["rejected"], rejected)
                self.assertIn(f"hr.csv:{line}", result.err)
                found = site.exceptions("--control", "source-rows-rejected")
                self.assertEqual(len(found), 1)
                self.assertIn(f"hr.csv:{line}", str(found[0]["evidence"]["reasons"]))

    def test_times_without_a_zone_are_the_organisations(self):
        # 23:30 in Berlin on the 9th is 22:30 UTC: six hours and thirty minutes more than seven days before 05:00Z on the 17th.
        text = "id,name,recorded_at\n1,Ann,2026-03-10T05:30:00\n2,Ben,2026-03-10T05:30:00\n"
        result = self.judged(text, code=3)
        self.assertEqual(self.status(result)["newest"], "2026-03-10T04:30:00Z")
        self.assertEqual(self.status(result)["status"], "stale")

    def test_a_missing_or_odd_data_file_is_an_incomplete_source(self):
        for make in (os.remove, lambda path: (os.remove(path), os.mkdir(path)), lambda path: (os.remove(path), os.mkfifo(path)),
                     lambda path: (os.rename(path, path + ".real"), os.symlink(path + ".real", path))):
            site = self.open(world([person("1")], account("ann", "1")))
            make(os.path.join(site.folder, "hr.csv"))
            result = site.run()
            self.assertEqual(result.code, 3)
            self.assertEqual(self.status(result)["status"], "incomplete")
            self.assertEqual(result.json["run"]["status"], "partial")
            self.assertEqual(site.found(), ["source-incomplete\thr"])

    def test_empty_means_unknown_in_every_column(self):
        self.assertEqual(lines(self.judged("id,name,status,last_working_day,timezone\n1,Ann, , , \n2,Ben,,,\n").json), [])


class Ldif(SiteTest):
    def judged(self, ldif, code=0, corp=""):
        site = self.open(world([LEFT, person("2")], ldif, source=sources(corp=corp)))
        result = site.run()
        self.assertEqual(result.code, code, result.err)
        return site, result, result.json["run"]["sources"][0]

    def test_bom_version_comments_and_folded_lines(self):
        text = "\ufeffversion: 1\n\n# a comment\n" + account("ann", "1").replace("ou=people,dc=example", "ou=people,\n dc=example")
        site, _, _ = self.judged(text)
        self.assertEqual(site.found(), ["leaver-active\tann"])

    def test_what_refuses_the_file(self):
        good = account("ann", "1")
        for bad in ("dn: uid=x,dc=example,dc=com\nchangetype: modify\nreplace: sn\nsn: x\n-\n\n", "cn: no dn\nsn: x\n\n", "dn: nonsense\ncn: x\n\n",
                    "dn: uid=x,dc=example,dc=com\ncn: a\0b\n\n", "dn: uid=x,dc=example,dc=com\ncn:: !!!\n\n", "dn: uid=x,dc=example,dc=com\nno colon\n\n"):
            with self.subTest(bad):
                site, result, source = self.judged(good + bad, 3)
                self.assertEqual(source["status"], "incomplete")
                self.assertIn("corp.ldif:", source["reason"])
                self.assertEqual([line for line in site.found() if not line.startswith("source-")], [])

    def test_two_entries_of_one_dn_or_key_reject_both(self):
        key = "entryUUID: 00000000-0000-4000-8000-00000000000a\n"
        for pair in (account("x", "2") + account("X", "2"), account("x", "2", key) + account("y", "2", key)):
            with self.subTest(pair):
                site, result, source = self.judged(account("ann", "1") + pair)
                self.assertEqual(source["counts"]["rejected"], 2)
                self.assertEqual(source["counts"]["accounts"], 1)
                self.assertIn("source-rows-rejected\tcorp", site.found())

    def test_url_values_reject_the_entry_and_are_never_followed(self):
        _, result, source = self.judged(account("ann", "1") + account("x", "2", "description:< file:///etc/passwd\n"))
        self.assertEqual(source["counts"]["rejected"], 1)
        self.assertNotIn("root:", result.out)

    def test_an_entry_without_a_login_name_is_excluded(self):
        _, _, source = self.judged(account("ann", "1") + account("x").replace("uid: x\n", ""))
        self.assertEqual((source["counts"]["excluded"], source["exclusions"]), (1, {"no-name": 1}))

    def test_filters_hold_for_ldif(self):
        site, _, source = self.judged(account("ann", "1") + account("x", "", "employeeType: robot\n"), corp='account_filter = "(&(objectClass=inetOrgPerson)(!(employeeType=robot)))";')
        self.assertEqual(source["counts"]["accounts"], 1)
        self.assertEqual(site.found(), ["leaver-active\tann"])


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


class Applications(SiteTest):
    """accounts: applications without LDAP."""

    def judged(self, table, rules=RULES, people=(LEFT, person("2"))):
        site = self.open(world(list(people), account("ben", "2"), source=sources(more=SHOP), rules=rules, shop_csv=table))
        result = site.run("--dry-run")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def test_leavers_orphans_classes_owners_and_groups(self):
        result = self.judged("id,name,employee_id,enabled,class,owner,groups\n"
                             "a1,ann,1,yes,,,\n" "a2,zed,77,1,,,\n" "a3,robot,,true,service,,\n" "a4,robo,,true,service,ben,admins|users\n" "a5,off,,no,,,\n",
                             people=(LEFT, person("2", username="ben")))
        self.assertEqual([line for line in lines(result) if line.split("\t")[0] not in OTHERS],
                         ["leaver-active\tann", "orphaned-account\tzed", "service-without-owner\trobot"])
        found = next(e for e in result["exceptions"] if e["control"] == "leaver-active")
        self.assertEqual((found["subject"]["source"], found["subject"]["key"], found["subject"].get("dn")), ("shop", "a1", None))

    def test_without_a_column_enabled_is_unknown(self):
        result = self.judged("id,name,employee_id\na1,ann,1\n")
        self.assertEqual(lines(result, "leaver-active"), [])
        self.assertTrue(unjudged(result, "leaver-active"))

    def test_last_logon_and_created(self):
        result = self.judged("id,name,employee_id,enabled,last_logon,created\na1,ann,2,yes,2025-01-01T00:00:00Z,2020-01-01\na2,anne,2,yes,,2020-01-01\n")
        self.assertEqual(lines(result, "account-never-used", "dormant-account"), ["account-never-used\tanne", "dormant-account\tann"])


def ticks(text):
    """A time as Active Directory has it: 100 ns since 1601."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.timestamp() + 11644473600) * 10**7


def ad_account(name, employee="", control=512, rid=1101, extra="", **times):
    number = f"employeeID: {employee}\n" if employee else ""
    stamps = "".join(f"{attribute}: {value if isinstance(value, int) else ticks(value)}\n" for attribute, value in times.items())
    flags = f"userAccountControl: {control}\n" if control is not None else ""
    return (f"dn: CN={name},CN=Users,DC=example,DC=com\nobjectClass: top\nobjectClass: person\nobjectClass: user\ncn: {name}\n"
            f"sAMAccountName: {name}\nobjectSid: S-1-5-21-1-2-3-{rid}\nwhenCreated: 20200101000000.0Z\nwhenChanged: 20260316200000.0Z\n"
            f"{flags}{number}{stamps}{extra}\n")


class ActiveDirectory(SiteTest):
    def judged(self, ldif, people=(LEFT, person("2"))):
        source = sources().replace('"openldap"', '"active-directory"')
        result = self.open(world(list(people), ldif, source=source)).run("--dry-run")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def found(self, *arguments, **options):
        return [line for line in lines(self.judged(*arguments, **options)) if line.split("\t")[0] not in OTHERS and line.count("\t") == 1]

    def test_fourteen_days_of_slack_for_both_times(self):
        for attribute in ("lastLogonTimestamp", "lastLogon"):
            with self.subTest(attribute):
                self.assertEqual(self.found(ad_account("ann", "2", **{attribute: "2025-12-03T06:00:00Z"})), [])
                self.assertEqual(self.found(ad_account("ann", "2", **{attribute: "2025-12-03T04:00:00Z"})), ["dormant-account\tann"])

    def test_the_newer_of_both_times_counts(self):
        self.assertEqual(self.found(ad_account("ann", "2", lastLogonTimestamp="2024-01-01T00:00:00Z", lastLogon="2026-03-01T00:00:00Z")), [])
        self.assertEqual(self.found(ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z", lastLogon=0)), [])

    def test_the_recorded_time_is_the_lower_bound_for_leavers(self):
        self.assertEqual(self.found(ad_account("ann", "1", 514, lastLogonTimestamp="2026-03-05T22:00:00Z")), [])
        self.assertEqual(self.found(ad_account("ann", "1", 514, lastLogonTimestamp="2026-03-05T23:30:00Z")), ["leaver-logon\tann"])

    def test_in_active_directory_absence_is_never(self):
        self.assertEqual(self.found(ad_account("ann", "2")), ["account-never-used\tann"])

    def test_zero_is_never(self):
        ldif = ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z") + ad_account("ben", "2", rid=1102, lastLogonTimestamp=0)
        self.assertEqual(lines(self.judged(ldif), "account-never-used", "dormant-account"), ["account-never-used\tben"])

    def test_disabled_expired_and_unknown(self):
        used = {"lastLogonTimestamp": "2026-03-01T00:00:00Z"}
        self.assertEqual(self.found(ad_account("ann", "1", **used)), ["leaver-active\tann"])
        self.assertEqual(self.found(ad_account("ann", "1", 514)), [])
        self.assertEqual(self.found(ad_account("ann", "1", accountExpires="2026-03-10T00:00:00Z")), [])
        for never in (0, 9223372036854775807):
            self.assertEqual(self.found(ad_account("ann", "1", accountExpires=never, **used)), ["leaver-active\tann"])
        result = self.judged(ad_account("ann", "1", None) + ad_account("ben", "2", rid=1102))
        self.assertEqual(lines(result, "leaver-active"), [])
        self.assertEqual([row["subjects"] for row in unjudged(result, "leaver-active")], [1])

    def test_the_built_in_administrator_is_break_glass_and_belongs_to_nobody(self):
        self.assertEqual(self.found(ad_account("Administrator", rid=500) + ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z")), [])

    def test_managed_service_accounts_are_services(self):
        ldif = ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z") + ad_account("gmsa$", rid=1105).replace("objectClass: user\n", "objectClass: user\nobjectClass: computer\nobjectClass: msDS-GroupManagedServiceAccount\n")
        self.assertEqual(self.found(ldif), ["service-without-owner\tgmsa$"])


class RefusedRows(SiteTest):
    """A row that was rejected is there: nobody has left, and nothing is resolved, because it cannot be read."""

    everybody = [person("1", last_working_day="2026-03-05"), person("2"), person("3", kind="contractor", end_date="2026-03-10"), person("4"), person("5"),
                 person("8", last_working_day="2026-05-05"), person("9", last_working_day="2026-05-05", end_date="2026-05-05")]
    ldif = "".join(account(f"p{n}", str(n)) for n in range(1, 6)) + account("svc-a", "", "owner: uid=p4,ou=people,dc=example,dc=com\n")
    found = ["contractor-expired\tp3", "leaver-active\tp1", "leaver-active\tp3"]

    def site(self):
        site = self.open(world(self.everybody, self.ldif))
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.found(), self.found)
        return site

    def spoiled(self, **faults):
        return roster(*[{**row, **faults.get("p" + row["id"], {})} for row in self.everybody])

    def test_a_bad_date_makes_no_leaver_and_resolves_none(self):
        site = self.site()
        before = site.ledger()
        for fault in ({"start_date": "soon"}, {"timezone": "Mars/Olympus"}, {"name": " "}):
            for who in ("p1", "p3", "p4"):
                with self.subTest(fault=fault, who=who):
                    site.write("hr.csv", self.spoiled(**{who: fault}))
                    result = site.run(as_of=AS_OF)
                    self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"), result.err)
                    self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))
                    self.assertIn("leaver-active", [row["control"] for row in result.json["not_evaluable"] if row["subjects"]])
        site.write("hr.csv", roster(*self.everybody))
        site.run(as_of=AS_OF)
        self.assertEqual(site.found(), self.found)
        self.assertEqual([e["id"] for e in site.ledger()][:3], [e["id"] for e in before])

    def test_an_id_twice_makes_no_leaver(self):
        site = self.site()
        site.write("hr.csv", roster(*self.everybody, person("4")))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_a_row_without_an_id_may_be_anybodys(self):
        for fault in ("", "4.0E+00"):
            with self.subTest(fault):
                site = self.site()
                site.write("hr.csv", self.spoiled(p4={"id": fault, "name": "Person 4"}))
                self.assertEqual(site.run(as_of=LATER).code, 0)
                self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_on_the_first_run_too_nobody_is_an_orphan(self):
        site = self.open(world(self.spoiled(p4={"end_date": "never"}), self.ldif))
        result = site.run()
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))
        self.assertTrue([row for row in unjudged(result.json, "owner-left") if row["subjects"] == 1])

    def test_an_old_id_of_a_refused_row_is_nobody_who_left(self):
        moved = [row if row["id"] != "4" else person("40", previous_ids="4") for row in self.everybody]
        site = self.site()
        site.write("hr.csv", roster(*moved))
        site.run(as_of=LATER)
        self.assertEqual(site.found(), self.found)
        site.write("hr.csv", roster(*[{**row, "end_date": "soon"} if row["id"] == "40" else row for row in moved]))
        site.run(as_of=LATER)
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_who_vanishes_while_another_row_is_refused_is_gone_all_the_same(self):
        site = self.site()
        site.write("hr.csv", self.spoiled(p4={"end_date": "never"}).replace("5,Person 5", "6,Person 6"))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), sorted(self.found + ["leaver-active\tp5", "source-rows-rejected\thr"]))

    def test_an_entry_that_was_rejected_is_not_gone(self):
        site = self.site()
        before = [e["id"] for e in site.ledger()]
        url = self.ldif.replace("uid: p1\n", "uid: p1\ndescription:< file:///etc/passwd\n")
        twice = self.ldif + account("p1", "1")
        for spoiled in (url, twice):
            site.write("corp.ldif", spoiled)
            self.assertEqual(site.run(as_of=LATER).code, 0)
            self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\tcorp"]))
        site.write("corp.ldif", self.ldif.replace(account("p1", "1"), ""))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), [line for line in self.found if not line.endswith("active\tp1")])
        self.assertLessEqual(set(before), {e["id"] for e in site.ledger()})

    def test_what_is_there_resolves_all_the_same(self):
        site = self.site()
        spoiled = self.ldif.replace("uid: p5\n", "uid: p5\ndescription:< file:///etc/passwd\n").replace("uid: p1\n", "uid: p1\n" + LOCKED)
        site.write("corp.ldif", spoiled)
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), ["contractor-expired\tp3", "leaver-active\tp3", "leaver-late\tp1", "source-rows-rejected\tcorp"])


if __name__ == "__main__":
    unittest.main()
