"""Rulings about tables and LDIF: what refuses a file, what rejects a row, and what a rejected row leaves undecided."""

import os
import unittest

from site_under_test import SiteTest, line_of
from small_worlds import AS_OF, LATER, LEFT, LOCKED, account, lines, person, roster, sources, unjudged, world


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
