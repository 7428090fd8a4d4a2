"""The drop folder of leaver checks: what is taken, what is refused, and where it ends."""

import hashlib
import os
import sqlite3
import stat
import unittest

from site_under_test import DEMO_AS_OF, SiteTest, small_site

AS_OF = ("--as-of", DEMO_AS_OF)
LENA, JONAS = "00123", "00124"


class Drop(SiteTest):
    def site(self, has_run=True):
        site = self.open(small_site())
        self.drop = os.path.join(site.folder, "drop")
        os.mkdir(self.drop, 0o750)
        if has_run:
            self.assertEqual(site.run().code, 0)
        return site

    def put(self, name, content="00123\n", mode=0o640):
        path = os.path.join(self.drop, name)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)
        return path

    def take(self, site):
        return site.rightful("leaver", "--drop", self.drop, "--json", *AS_OF)

    def there(self, where=""):
        folder = os.path.join(self.drop, where)
        return sorted(name for name in os.listdir(folder) if not os.path.isdir(os.path.join(folder, name)))

    def text(self, where, name):
        with open(os.path.join(self.drop, where, name + ".txt"), encoding="utf-8") as file:
            return file.read()

    def audit(self, site):
        """What the audit log has of files: (action, object, detail)."""
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as store:
            return store.execute("SELECT action, object, detail FROM audit WHERE action LIKE 'leaver file%' ORDER BY id").fetchall()

    def refused(self, site, name, words):
        result = self.take(site)
        row, = result.json["drop"]
        self.assertEqual((result.code, row["result"]), (1, "refused"), result.err)
        self.assertIn(words, row["why"])
        self.assertEqual(self.there(), [])
        self.assertIn(name, self.there("refused"))
        self.assertIn(words, self.text("refused", name))
        self.assertEqual(site.rightful("leaver", "list", "--all", "--json").json["leaver"], [])

    def test_a_table_opens_cases_each_with_its_own_day(self):
        site = self.site()
        content = f"Person;last_day;urgent;department\n{LENA};;yes;IT\n{JONAS};2026-03-31;;Sales\n"
        self.put("march.csv", content)
        result = self.take(site)
        self.assertEqual(result.code, 0, result.err)
        row, = result.json["drop"]
        digest = "sha256:" + hashlib.sha256(content.encode()).hexdigest()
        self.assertEqual((row["file"], row["result"], row["people"], row["digest"]), ("march.csv", "done", 2, digest))
        self.assertEqual((self.there(), self.there("done")), ([], ["march.csv", "march.csv.txt"]))
        cases = {case["person"]["id"]: case for case in site.rightful("leaver", "list", "--json").json["leaver"]}
        self.assertEqual((cases[LENA]["urgent"], cases[JONAS]["urgent"], cases[JONAS]["last_day"]), (True, False, "2026-03-31"))
        self.assertTrue(cases[JONAS]["opened_by"].startswith("file of "))
        self.assertIn(f"{JONAS}: {cases[JONAS]['id']}, open", self.text("done", "march.csv"))
        (action, what, detail), = self.audit(site)
        self.assertEqual((action, what), ("leaver file done", "file march.csv"))
        self.assertIn(digest, detail)

    def test_a_name_a_line_does_too(self):
        site = self.site()
        self.put("a.csv", "# this month\n\n00123\n")
        self.assertEqual(self.take(site).json["drop"][0]["result"], "done")

    def test_what_is_not_complete_is_left_alone(self):
        site = self.site()
        for name in (".hidden.csv", "a.csv.tmp", "b.csv.part", "notes.txt", "c.csvx"):
            self.put(name)
        before = self.there()
        self.assertEqual(self.take(site).json["drop"], [])
        self.assertEqual(self.there(), before)

    def test_what_is_no_plain_file_of_the_owner_is_refused(self):
        site = self.site()
        secret = self.put("../secret", "00123\n")

        def link(path):
            os.symlink(secret, path)

        def hard_link(path):
            os.link(secret, path)

        def foreign(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write("00123\n")
            os.chown(path, 65533, -1)

        def open_to_all(path):
            self.put(os.path.basename(path), mode=0o666)

        def large(path):
            self.put(os.path.basename(path), b"#" * (1 << 20) + b"\n00123\n")

        makers = [(link, "symbolic link"), (hard_link, "hard link"), (os.mkfifo, "no regular file"), (os.mkdir, "no regular file"),
                  (open_to_all, "everybody may write"), (large, "1 MiB")]
        if os.geteuid() == 0:
            makers.append((foreign, "neither to the owner"))
        for n, (make, words) in enumerate(makers):
            with self.subTest(words):
                name = f"f{n}.csv"
                make(os.path.join(self.drop, name))
                result = self.take(site)
                row, = result.json["drop"]
                self.assertEqual((result.code, row["result"]), (1, "refused"))
                self.assertIn(words, row["why"])
                self.assertFalse(os.path.lexists(os.path.join(self.drop, name)))
                self.assertTrue(os.path.lexists(os.path.join(self.drop, "refused", name)))
        with open(secret, encoding="utf-8") as file:
            self.assertEqual(file.read(), "00123\n")
        self.assertEqual(site.rightful("leaver", "list", "--all", "--json").json["leaver"], [])

    def test_half_a_list_is_not_taken(self):
        """One wrong line refuses the file: nobody is checked, and the text says which line."""
        for content, words in (("person,last_day\n00123,31.3.2026\n", "line 2: last_day"), ("person,last_day\n00123\n", "line 2 has 1 cells"),
                               ("person,urgent\n00123,maybe\n", "line 2: urgent"), ("person,person\n1,2\n", "twice"), ("# only\n", "names nobody"),
                               ("person\n", "names nobody"), (b"\xff\xfe0\n", "UTF-8"), ("00123\n99999\n", '"99999"'), ('person\n"00123\n', "quote"),
                               ("".join(f"{n}\n" for n in range(1001)), "at most 1000"), ("00123\x00\n", "UTF-8"),
                               ("person,last_day\n00123,2026-03-01\n00123,2026-03-02\n", "named twice")):
            with self.subTest(words):
                site = self.site()
                self.put("bad.csv", content)
                self.refused(site, "bad.csv", words)

    def test_somebody_of_whom_nothing_says_that_he_leaves_is_told(self):
        site = self.site()
        self.put("a.csv", f"{JONAS}\n")
        self.refused(site, "a.csv", "nothing says that this person leaves")

    def test_a_roster_that_is_away_makes_the_file_wait_and_it_is_taken_when_it_is_back(self):
        site = self.site()
        roster = site.read("hr.csv")
        site.write("hr.csv", roster[:40] + '"')
        self.put("a.csv")
        for _ in range(2):
            result = self.take(site)
            self.assertEqual((result.code, result.json["drop"][0]["result"]), (3, "waiting"), result.err)
            self.assertEqual((self.there(), self.there("waiting")), ([], ["a.csv", "a.csv.txt"]))
        site.write("hr.csv", roster)
        self.assertEqual(self.take(site).json["drop"][0]["result"], "done")
        self.assertEqual((self.there("waiting"), self.there("done")), ([], ["a.csv", "a.csv.txt"]))
        self.assertEqual([action for action, _, _ in self.audit(site)], ["leaver file waiting", "leaver file done"])

    def test_before_the_first_run_files_wait(self):
        site = self.site(has_run=False)
        self.put("a.csv")
        self.assertEqual(self.take(site).json["drop"][0]["result"], "waiting")
        self.assertFalse(os.path.exists(os.path.join(site.folder, "ledger.db")))

    def test_nothing_is_written_over(self):
        site = self.site()
        for _ in range(3):
            self.put("a.csv")
            self.assertEqual(self.take(site).code, 0)
        self.assertEqual(len(self.there("done")), 6)

    def test_a_folder_of_everybody_is_refused(self):
        site = self.site()
        self.put("a.csv")
        os.chmod(self.drop, 0o777)
        result = self.take(site)
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("everybody may write there", result.err)
        os.chmod(self.drop, 0o750)
        os.symlink(self.drop, self.drop + "-link")
        self.assertEqual(site.rightful("leaver", "--drop", self.drop + "-link").code, 1)
        self.assertEqual(site.rightful("leaver", "--drop", self.drop + "/nothing").code, 1)
        self.assertEqual(site.rightful("leaver", LENA, "--drop", self.drop).code, 2)
        self.assertEqual(self.there(), ["a.csv"])

    def test_whoever_dropped_a_file_can_read_what_became_of_it_and_strangers_cannot(self):
        """Nobody else gets into the folder; where everybody does, the text is for the group alone."""
        for folder, others in ((0o750, True), (0o755, False)):
            with self.subTest(oct(folder)):
                site = self.site()
                os.chmod(self.drop, folder)
                self.put("a.csv")
                self.take(site)
                for path in ("done", os.path.join("done", "a.csv.txt")):
                    mode = stat.S_IMODE(os.stat(os.path.join(self.drop, path)).st_mode)
                    self.assertEqual(bool(mode & 0o004), others, path)
                    self.assertFalse(mode & 0o002)

    def test_a_name_that_hides_something_shows_it_and_the_text_does_not_say_what_is_open(self):
        site = self.site()
        self.put("evil\u202e\nname.csv")
        row, = self.take(site).json["drop"]
        self.assertNotIn("\n", row["file"])
        self.assertNotIn("\u202e", row["file"])
        text, = [name for name in self.there("done") if name.endswith(".txt")]
        self.assertNotIn("enabled", self.text("done", text[:-4]))  # what is open is for the case, not for the folder


if __name__ == "__main__":
    unittest.main(verbosity=2)
