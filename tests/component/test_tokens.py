"""Tokens of programs on the command line: seen once, listed, taken back."""

import glob
import os
import re
import time
import unittest

from site_under_test import SiteTest, small_site


def day(days):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400))


class Tokens(SiteTest):
    def site(self):
        site = self.open(small_site())
        self.assertEqual(site.run().code, 0)
        return site

    def new(self, site, name, *more):
        return site.rightful("token", "new", name, "--scope", "leaver-checks", "--expires", day(30), *more)

    def test_a_token_is_printed_once_and_is_nowhere_in_the_store(self):
        site = self.site()
        made = self.new(site, "hr-portal")
        self.assertEqual(made.code, 0, made.err)
        token = made.out.strip()
        self.assertTrue(re.fullmatch("[0-9a-f]{64}", token), made.out)
        self.assertIn("never again", made.err)
        for path in glob.glob(os.path.join(site.folder, "*")):
            with open(path, "rb") as file:
                self.assertNotIn(token.encode(), file.read(), path)
        listed = site.rightful("token", "list", "--json").json["token"]
        self.assertEqual([(row["name"], row["scope"], row["status"], row["used"]) for row in listed], [("hr-portal", ["leaver-checks"], "valid", None)])
        self.assertIn("hr-portal", site.rightful("token", "list").out)

    def test_json_has_the_token_too(self):
        made = self.new(self.site(), "hr", "--json").json["token"][0]
        self.assertEqual((len(made["token"]), made["name"], made["status"]), (64, "hr", "valid"))

    def test_revoked_by_name_or_id(self):
        site = self.site()
        for name in ("one", "two"):
            self.new(site, name)
        self.assertEqual(site.rightful("token", "revoke", "one").code, 0)
        self.assertEqual(site.rightful("token", "revoke", "2").code, 0)
        self.assertEqual([row["status"] for row in site.rightful("token", "list", "--json").json["token"]], ["revoked", "revoked"])
        again = site.rightful("token", "revoke", "one")
        self.assertEqual(again.code, 1)
        self.assertIn("Nothing was changed", again.err)

    def test_what_is_missing_or_wrong_is_said_and_nothing_is_made(self):
        site = self.site()
        for arguments, code, words in ((("new",), 2, "token needs"), (("new", "hr"), 2, "--scope"), (("new", "hr", "--scope", "leaver-checks"), 2, "--expires"),
                                       (("new", "hr", "--scope", "leaver-checks", "--expires", "soon"), 2, "not a date"),
                                       (("new", "hr", "--scope", "leaver-checks", "--expires", "2020-01-01"), 1, "expired"),
                                       (("new", "hr", "--scope", "all", "--expires", day(9)), 1, "no scope"),
                                       (("new", "no name", "--scope", "leaver-checks", "--expires", day(9)), 1, "name")):
            with self.subTest(arguments):
                refused = site.rightful("token", *arguments)
                self.assertEqual((refused.code, refused.out), (code, ""), refused.err)
                self.assertIn(words, refused.err)
        self.assertEqual(site.rightful("token", "list", "--json").json["token"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
