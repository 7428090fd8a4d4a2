"""A sheet of a workbook as a source: the same people as from CSV, places with row and column, and hostile files."""

import io
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import unittest
import zipfile

from site_under_test import SMALL_CONFIG, SMALL_LDIF, Site, SiteTest, small_site
from workbook import DECIMALS, GERMAN, TIME, Number, Raw, date, serial, sheet, workbook

CSV_SOURCE = 'kind = "csv"; provides = "people"; path = "hr.csv";'
HEADER = ["id", "name", "email", "status", "last_working_day", "recorded_at"]
RECORDED = Number(serial(2026, 3, 16, 21, 0), TIME)  # without a zone: Berlin, so 20:00 UTC
LENA = ["00123", "Lena Wong", "lena@example.com", "left", date(2026, 3, 5), RECORDED]
JONAS = ["00124", "Jonas Meier", "jonas@example.com", "active", None, RECORDED]
ANA = ["00125", "Ana Lima", "ana@example.com", "active", "", RECORDED]
PEOPLE = [HEADER, LENA, JONAS, ANA]


def config(extra=""):
    return SMALL_CONFIG.replace(CSV_SOURCE, f'kind = "xlsx"; provides = "people"; path = "hr.xlsx"; {extra}')


class Xlsx(SiteTest):
    @classmethod
    def setUpClass(cls):
        if shutil.which("xlsx2csv") is None:
            if os.environ.get("FAIL_WITHOUT_SERVERS"):
                raise AssertionError("xlsx2csv is not installed")
            sys.exit(77)
        cls.csv = small_site()
        cls.addClassCleanup(cls.csv.close)
        assert cls.csv.run().code == 0
        cls.expected = cls.csv.found()

    def site(self, content, extra=""):
        """content: rows of the first sheet, or bytes of the file."""
        if isinstance(content, list):
            content = workbook({"Staff": content})
        return self.open(Site(config(extra), {"corp.ldif": SMALL_LDIF, "hr.xlsx": content}))

    def source(self, result):
        return [source for source in result.json["run"]["sources"] if source["name"] == "hr"][0]

    def same(self, content, extra=""):
        site = self.site(content, extra)
        result = site.run()
        self.assertEqual(result.code, 0, result.err + result.out)
        self.assertEqual(site.found(), self.expected)
        return self.source(result)

    def refused(self, content, *words, extra="", env=None):
        site = self.site(content, extra) if not isinstance(content, Site) else content
        result = site.rightful("run", "--json", "--as-of", site.as_of, **({"env": env} if env else {}))
        self.assertEqual(result.code, 3, result.err + result.out)
        source = self.source(result)
        self.assertEqual(source["status"], "incomplete")
        for word in ["hr.xlsx", *words]:
            self.assertIn(word, source["reason"])
        return source["reason"]

    def rejected(self, content, *words, extra=""):
        site = self.site(content, extra)
        result = site.run()
        self.assertEqual(result.code, 0, result.err + result.out)
        self.assertEqual(self.source(result)["counts"]["rejected"], 1, result.err)
        for word in words:
            self.assertIn(word, result.err)

    # ---- what is read ----

    def test_the_same_people_as_from_csv(self):
        source = self.same(PEOPLE)
        self.assertEqual((source["counts"]["people"], source["counts"]["rejected"]), (3, 0))
        self.assertRegex(source["digest"], "^sha256:[0-9a-f]{64}$")

    def test_digest_is_that_of_the_file(self):
        content = workbook({"Staff": PEOPLE})
        digest = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout.decode().split()[0]
        self.assertEqual(self.same(content)["digest"], "sha256:" + digest)

    def test_sheet_by_name_and_by_position(self):
        content = workbook({"Read me": [["nothing here"]], "-Staff 2026 <all>": PEOPLE})
        self.same(content, 'sheet = "-Staff 2026 <all>";')
        self.same(content, 'sheet = "2";')

    def test_cells_that_are_dates_and_texts_that_look_like_them(self):
        rows = [HEADER, LENA[:4] + [date(2026, 3, 5, GERMAN), RECORDED], JONAS, ANA]
        self.same(rows)
        self.same(rows, 'date_format = "%d.%m.%Y";')
        self.same([HEADER, LENA[:4] + ["05.03.2026", RECORDED], JONAS, ANA], 'date_format = "%d.%m.%Y";')
        self.same(rows, 'date_format = "%d %b %y";')

    def test_rows_that_are_short_blank_or_long(self):
        self.same([HEADER + [None, None], LENA + ["a note"], None, [], JONAS, [None] * 6, ANA[:4] + [None, RECORDED]])

    def test_a_cell_with_a_line_end_is_one_row(self):
        rows = [HEADER, LENA, ["00124", "Jonas\nMeier", *JONAS[2:]], ANA, ["00126", "B", "", "", "soon"]]
        self.rejected(rows, "hr.xlsx, sheet 1, row 5, column E (last_working_day)")
        inline = Raw(' t="inlineStr"><is><t>Jonas\nMeier</t></is>')
        rows[2] = ["00124", inline, *JONAS[2:]]
        self.rejected(rows, "hr.xlsx, sheet 1, row 5, column E (last_working_day)")

    def test_columns_and_trailer(self):
        rows = [["Number", *HEADER[1:]], LENA, JONAS, ANA, ["TRAILER", Number(3)]]
        self.same(rows, 'columns = { id = "Number"; }; trailer = "count";')
        self.refused(rows[:3] + rows[4:], "TRAILER counts 3", "row 4", extra='columns = { id = "Number"; }; trailer = "count";')
        self.refused(rows[:4], "no TRAILER", extra='columns = { id = "Number"; }; trailer = "count";')

    def test_numbers_as_ids(self):
        site = self.site([["id", "name"], [Number(123), "A"], [Number(123456789012345), "B"], ["0007", "C"]])
        self.assertEqual(site.run().code, 0)
        for person in ("123", "123456789012345", "0007"):
            self.assertEqual(site.rightful("person", person, "--as-of", site.as_of).code, 0, person)

    # ---- rows that are rejected ----

    def test_a_number_with_decimals_is_no_id(self):
        self.rejected([*PEOPLE, [Number(126, DECIMALS), "Bo"]], "sheet 1, row 5, column A (id)", "126.00", "format the column as text")

    def test_scientific_notation(self):
        self.rejected([*PEOPLE, ["1.23457E+11", "Bo"]], "row 5, column A (id)", "scientific")
        self.rejected([*PEOPLE, [Number("1.23457E+11"), "Bo"]], "row 5, column A (id)")

    def test_error_of_a_formula(self):
        self.rejected([*PEOPLE, ["00126", "Bo", Raw(' t="e"><f>A1/0</f><v>#DIV/0!</v>')]], "row 5, column C (email)", "#DIV/0!")

    def test_bad_date_names_sheet_row_and_column(self):
        self.rejected(workbook({"x": [["y"]], "Staff": [*PEOPLE, ["00126", "Bo", "", "", "31.02.2026"]]}),
                      'hr.xlsx, sheet "Staff", row 5, column E (last_working_day): "31.02.2026"', extra='sheet = "Staff";')

    def test_an_id_twice_rejects_both_rows(self):
        site = self.site([*PEOPLE, ["00126", "Bo"], ["00126", "Di"]])
        result = site.run()
        self.assertEqual(self.source(result)["counts"]["rejected"], 2)
        self.assertIn('row 5: id: "00126" stands in row 6 too', result.err)

    # ---- files that are refused ----

    def test_sheet_that_is_not_there(self):
        self.refused(PEOPLE, "Nobody", extra='sheet = "Nobody";')
        self.refused(PEOPLE, "sheet 7", extra='sheet = "7";')

    def test_columns_missing_and_twice(self):
        self.refused([["number", "name"], ["1", "A"]], "row 1", '"id"', '"number"')
        self.refused([["id", "Full", "Full"], ["1", "A", "B"]], "2 columns", extra='columns = { name = "Full"; };')

    def test_nothing_in_it(self):
        self.refused([], "not even a header")
        self.refused([HEADER], "empty table")
        self.refused(b"", "empty")

    def test_what_is_no_workbook(self):
        self.refused(b"id,name\n1,A\n", "no ZIP archive")
        self.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted", "without a password")
        content = workbook({"Staff": PEOPLE})
        self.refused(content[:len(content) // 2], "no ZIP archive, or cut")
        self.refused(workbook({"Staff": PEOPLE}, drop=["[Content_Types].xml"]), "no xlsx workbook")

    def test_damaged_parts(self):
        for name in ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"):
            with self.subTest(name):
                self.refused(workbook({"Staff": PEOPLE}, drop=[name]))
                self.refused(workbook({"Staff": PEOPLE}, parts={name: "<a><b>"}), "xlsx2csv")
        content = bytearray(workbook({"Staff": PEOPLE}))
        at = content.index(b"xl/worksheets/sheet1.xml") + 60
        content[at:at + 8] = b"\0" * 8
        self.refused(bytes(content), "xlsx2csv")

    def test_sheet_cut_in_the_middle_of_a_row(self):
        text = ' t="inlineStr"><is><t>{}</t></is>'
        rows = [[Raw(text.format("id")), Raw(text.format("name"))]]
        rows += [[Raw(text.format(f"{i:05d}")), Raw(text.format("A B"))] for i in range(5000)]
        xml = sheet(rows, [])
        self.refused(workbook({"Staff": xml[:len(xml) // 2]}), "xlsx2csv", "ExpatError")

    def test_zip_bomb(self):
        output = io.BytesIO(workbook({"Staff": PEOPLE}))
        with zipfile.ZipFile(output, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            with archive.open("xl/media/big.bin", "w", force_zip64=True) as part:
                for _ in range(33):
                    part.write(bytes(64 << 20))
        begin = time.monotonic()
        self.refused(output.getvalue(), "would unpack to more than 2 GiB", "nothing was unpacked")
        self.assertLess(time.monotonic() - begin, 30)

    def test_entity_bomb(self):
        entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
        bomb = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY e0 "xxxxxxxxxx">{entities}]><sst><si><t>&e11;</t></si></sst>'
        self.refused(workbook({"Staff": PEOPLE}, parts={"xl/sharedStrings.xml": bomb}), "xlsx2csv", extra="timeout_seconds = 20;")

    def test_row_number_beyond_a_sheet(self):
        xml = '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData></worksheet>'
        begin = time.monotonic()
        self.refused(workbook({"Staff": xml.replace("<v>1</v>", "<v>id</v>", 1)}), extra="columns = { name = \"id\"; }; timeout_seconds = 30;")
        self.assertLess(time.monotonic() - begin, 40)

    def test_special_files(self):
        def link(path):
            os.rename(path, path + ".real")
            os.symlink(path + ".real", path)

        def fifo(path):
            os.remove(path)
            os.mkfifo(path)

        for change, word in ((link, "symbolic link"), (fifo, "FIFO"), (os.remove, "no such file")):
            with self.subTest(word):
                site = self.site(PEOPLE)
                change(os.path.join(site.folder, "hr.xlsx"))
                self.refused(site, word)

    # ---- the child process ----

    def test_converter_that_is_missing(self):
        site = self.site(PEOPLE)
        empty = os.path.join(site.folder, "bin")
        os.mkdir(empty)
        self.refused(site, "xlsx2csv is not installed", "Debian package", env={**os.environ, "PATH": empty})

    def converter(self, site, script):
        folder = os.path.join(site.folder, "bin")
        os.mkdir(folder)
        path = os.path.join(folder, "xlsx2csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n" + script)
        os.chmod(path, stat.S_IRWXU)
        return {**os.environ, "PATH": folder + ":/usr/bin:/bin", "HOME": "/tmp", "SECRET": "x"}

    def test_converter_that_hangs_is_ended_with_its_children(self):
        site = self.site(PEOPLE, "timeout_seconds = 1;")
        child = os.path.join(site.folder, "child")
        env = self.converter(site, f"echo id,name\nsleep 600 &\necho $! > {child}\nsleep 600\n")
        self.refused(site, "took longer than 1 s", env=env)
        deadline = time.monotonic() + 60
        while self.is_running(site.read("child").strip()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    @staticmethod
    def is_running(pid):
        """Not when it is dead and nobody has asked how it ended."""
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                return any(re.match("State:\\s*[^ZX]", line) for line in status)
        except (FileNotFoundError, ProcessLookupError):
            return False

    def test_converter_that_fails_after_whole_rows(self):
        for script, word in (("echo id,name; echo 1,A; exit 1", "code 1"), ("echo id,name; echo 1,A; kill -9 $$", "ended"),
                             ("echo id,name; echo 1,A; echo oops >&2", "oops"), ("exec 1>&- 2>&-; sleep 60", "ended")):
            with self.subTest(script):
                site = self.site(PEOPLE, "timeout_seconds = 2;")
                self.refused(site, word, env=self.converter(site, script))

    def test_converter_is_limited(self):
        site = self.site(PEOPLE)
        env = self.converter(site, 'echo id,name; echo "1,$(ulimit -v) $(ulimit -t) $(ulimit -f) $(env | cut -d= -f1 | sort | xargs)"')
        result = site.rightful("run", "--json", "--as-of", site.as_of, env=env)
        self.assertEqual(result.code, 0, result.err + result.out)
        shown = site.rightful("person", "1", "--as-of", site.as_of).out
        self.assertIn("2097152 300 0 ", shown)
        self.assertNotIn("SECRET", shown)
        self.assertNotIn("HOME", shown)

    def test_check(self):
        site = self.site([["id", "Full", "Extra"], ["1", "A"]], 'columns = { name = "Full"; };')
        self.assertIn('name is read from column "Full"', site.rightful("check").out)
        site = self.site([["id", "Foll"], ["1", "A"]], 'columns = { name = "Full"; };')
        result = site.rightful("check")
        self.assertEqual(result.code, 1)
        self.assertIn('did you mean "Foll"', result.out)


if __name__ == "__main__":
    unittest.main()
