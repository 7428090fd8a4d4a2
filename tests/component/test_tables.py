"""What all tables share, on the command line: exports of known systems, two rosters, files that are too old."""

import glob
import os
import re
import time
import unittest

from site_under_test import SOURCE_ROOT, SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest

HR = '{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }'
# The header of Snipe-IT's custom asset report, and of its export of users.
SNIPE_ASSETS = """Company,Asset Name,Asset Tag,Model,Model No.,Category,Manufacturer,Serial,Location,Checked Out,Type,Username,Employee No.,Status,Checkout Date,Expected Checkin Date,Last Audit
Small,lena-laptop,A-1,X1,20XX,Laptops,Lenovo,SN1,Berlin,Lena Wong,user,lwong,00123,Ready to Deploy (deployed),2025-01-02 10:00:00,,2026-01-05 09:00:00
Small,old-laptop,A-2,X1,20XX,Laptops,Lenovo,SN2,Berlin,,,,,Archived (archived),,,
"""
SNIPE_PEOPLE = """id,Company,Title,Employee Number,Name,Username,Email,Manager,Location,Department,Active,Created At
1,Small,Buyer,00123,Lena Wong,lwong,lena@example.com,Jonas Meier,Berlin,Purchasing,Yes,2020-01-01 00:00:00
2,Small,Boss,00124,Jonas Meier,jmeier,jonas@example.com,,Berlin,Management,Yes,2020-01-01 00:00:00
3,Small,Clerk,00125,Ana Lima,alima,ana@example.com,Jonas Meier,Berlin,Finance,Yes,2020-01-01 00:00:00
"""
GLPI_ASSETS = """Name;Entity;Status;Manufacturers;Serial number;Types;Model;Location;Last update;Alternate username;Inventory number
lena-laptop;Small;In use;Lenovo;SN1;Laptop;X1;Berlin;2026-03-01 10:00;lwong;I-1
"""


class Presets(SiteTest):
    def site(self, sources, **files):
        contents = {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}
        contents.update({name.replace("_", "."): content for name, content in files.items()})
        return self.open(Site(SMALL_CONFIG.replace(HR, sources), contents))

    def read(self, site):
        result = site.run()
        self.assertEqual(result.code, 0, result.err + result.out)
        return {source["name"]: source["counts"] for source in result.json["run"]["sources"]}

    def test_assets_of_snipe_it(self):
        site = self.site(HR + ', { name = "snipe"; kind = "csv"; provides = "assets"; path = "assets.csv"; columns = "snipe-it"; }',
                         assets_csv=SNIPE_ASSETS)
        counts = self.read(site)
        self.assertEqual((counts["snipe"]["assets"], counts["snipe"]["rejected"]), (2, 0))
        self.assertIn("asset-not-returned\tlena-laptop", site.found())
        self.assertNotIn("old-laptop", "\n".join(site.found("--control", "asset-without-owner")))

    def test_assets_of_glpi(self):
        site = self.site(HR + ', { name = "glpi"; kind = "csv"; provides = "assets"; path = "assets.csv"; columns = "glpi"; delimiter = ";"; }',
                         assets_csv=GLPI_ASSETS)
        self.assertEqual(self.read(site)["glpi"]["assets"], 1)
        self.assertIn("asset-not-returned\tlena-laptop", site.found())

    def test_people_of_snipe_it(self):
        site = self.site('{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; columns = "snipe-it"; }', hr_csv=SNIPE_PEOPLE)
        self.assertEqual(self.read(site)["hr"]["people"], 3)
        self.assertIn("Purchasing", site.rightful("person", "00123", "--as-of", site.as_of).out)

    def test_a_table_without_the_column_of_the_id(self):
        site = self.site(HR + ', { name = "snipe"; kind = "csv"; provides = "assets"; path = "assets.csv"; columns = "snipe-it"; }',
                         assets_csv=SNIPE_ASSETS.replace("Asset Tag", "ID"))
        result = site.run()
        self.assertEqual(result.code, 3)
        self.assertIn('there is no column "Asset Tag"', result.err)

    def test_configuration(self):
        for columns, words in (('"snipeit"', ["snipe-it", "did you mean"]), ('"snipe-it"', ["approvals", "name the columns"]), ("5", ["columns"])):
            site = self.site(HR + f', {{ name = "x"; kind = "csv"; provides = "approvals"; path = "x.csv"; columns = {columns}; }}')
            result = site.run()
            self.assertEqual(result.code, 78, result.err)
            for word in words:
                self.assertIn(word, result.err)


class TwoRosters(SiteTest):
    def test_contractors_have_their_own_table(self):
        contractors = "Nr;Name;Ende;Betreuer\nX1;Bo Extern;31.12.2026;00124\nX2;Di Extern;;00124\n"
        rosters = HR + """, { name = "contractors"; kind = "csv"; provides = "people"; path = "contractors.csv"; delimiter = ";";
            person_kind = "contractor"; date_format = "%d.%m.%Y"; columns = { id = "Nr"; end_date = "Ende"; sponsor_id = "Betreuer"; }; }"""
        site = self.open(Site(SMALL_CONFIG.replace(HR, rosters), {"corp.ldif": SMALL_LDIF.replace("00125", "X1"), "hr.csv": SMALL_HR,
                                                                  "contractors.csv": contractors}))
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        counts = {source["name"]: source["counts"]["people"] for source in result.json["run"]["sources"]}
        self.assertEqual((counts["hr"], counts["contractors"]), (3, 2))
        person = site.rightful("person", "X1", "--as-of", site.as_of).out
        for word in ("Bo Extern", "contractor", "alima"):
            self.assertIn(word, person)
        # One roster that cannot be read spoils what rests on people, whichever it is.
        before = [e["id"] for e in site.ledger() if not e["control"].startswith("source-")]
        os.remove(os.path.join(site.folder, "contractors.csv"))
        result = site.run(as_of="2026-03-17T06:00:00Z")
        self.assertEqual(result.code, 3)
        self.assertEqual([e["id"] for e in site.ledger() if not e["control"].startswith("source-")], before)


class Stale(SiteTest):
    def test_a_file_that_is_older_than_allowed(self):
        site = self.open(Site(SMALL_CONFIG, {"corp.ldif": SMALL_LDIF, "hr.csv": "\n".join(
            ",".join(line.split(",")[:5]) for line in SMALL_HR.splitlines()) + "\n"}))
        self.assertEqual(site.run().code, 0)
        old = time.mktime(time.strptime("2026-03-01", "%Y-%m-%d"))
        os.utime(os.path.join(site.folder, "hr.csv"), (old, old))
        result = site.run(as_of="2026-03-17T06:00:00Z")
        self.assertEqual(result.code, 3)
        self.assertIn("source-stale\thr", site.found())


class Examples(SiteTest):
    def test_every_example_is_a_configuration(self):
        examples = glob.glob(os.path.join(SOURCE_ROOT, "config", "examples", "*.conf"))
        self.assertTrue(examples)
        for path in examples:
            with self.subTest(os.path.basename(path)), open(path, encoding="utf-8") as file:
                text = file.read()
                site = self.open(Site(text))
                for name in re.findall(r'_file *= *"([^"]+)"', text):
                    os.chmod(site.write(name, "example\n"), 0o600)
                result = site.rightful("check", "--offline")
                self.assertNotEqual(result.code, 78, result.err)
                self.assertNotIn("rightful.conf:", result.err)


if __name__ == "__main__":
    unittest.main()
