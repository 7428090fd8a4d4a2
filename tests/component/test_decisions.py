"""What people decide about exceptions: waivers with an end, false positives, rules of the configuration, manual links."""

import json
import unittest

from site_under_test import SMALL_CONFIG, SMALL_LDIF, Site, SiteTest

NEXT = "2026-03-17T06:00:00Z"
LAST_MOMENT = "2026-03-20T22:59:59Z"  # Berlin is an hour ahead
OVER = "2026-03-20T23:00:00Z"
WEEK_LATER = "2026-03-28T06:00:00Z"
# usernames, so that who runs a command can be somebody of the roster
HR = """id,name,email,username,status,last_working_day,recorded_at
00123,Lena Wong,lena@example.com,lwong,left,2026-03-05,2026-03-16T20:00:00Z
00124,Jonas Meier,jonas@example.com,jmeier,active,,2026-03-16T20:00:00Z
00125,Ana Lima,ana@example.com,alima,active,,2026-03-16T20:00:00Z
00126,Root Person,root@example.com,root,active,,2026-03-16T20:00:00Z
"""


# Nights lie weeks apart here, and the files stay the same.
CONFIG = SMALL_CONFIG + "freshness: { directory_hours = 8000; people_days = 300; };\n"
CONFIG += 'entitlements: ( { group = "admins"; means = "Administer everything"; } );\n'


class DecisionTest(SiteTest):
    def site(self, config="", ldif=SMALL_LDIF, roster=HR):
        site = self.open(Site(CONFIG + config, {"corp.ldif": ldif, "hr.csv": roster}))
        self.assertEqual(site.run().code, 0)
        return site

    def one(self, site, control="leaver-active"):
        return site.exceptions("--status", "all", "--control", control)[0]

    def accept(self, site, identifier, *more, until="2026-03-20", approver="00125", requester="00124"):
        return site.rightful("exception", "accept", identifier, "--until", until, "--reason", "handed over on Friday",
                             "--approver", approver, "--as", requester, *more)

    def shown(self, site, identifier):
        return site.rightful("exception", "show", identifier, "--json").json["exception"][0]

    def changes(self, site, identifier):
        return [row["change"] for row in self.shown(site, identifier)["history"]]


class Waivers(DecisionTest):
    def test_accepted_quiet_lapsed_and_open_again_by_itself(self):
        site = self.site()
        identifier = self.one(site)["id"]
        result = self.accept(site, identifier)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("2026-03-20 (Europe/Berlin)", result.err)
        self.assertNotIn("leaver-active\tlwong", site.found())
        accepted = site.exceptions("--status", "accepted")[0]
        self.assertEqual((accepted["id"], accepted["waiver"]["until"], accepted["waiver"]["approver"], accepted["waiver"]["requester"],
                          accepted["waiver"]["reason"]), (identifier, "2026-03-20", "00125", "00124", "handed over on Friday"))
        for as_of in (NEXT, LAST_MOMENT):
            counts = site.run(as_of=as_of).json["counts"]
            self.assertEqual((counts["accepted"], counts["new"], counts["lapsed"]), (1, 0, 0))
        counts = site.run(as_of=OVER).json["counts"]
        self.assertEqual((counts["accepted"], counts["lapsed"]), (0, 1))
        self.assertGreaterEqual(counts["reopened"], 1)
        self.assertIn("leaver-active\tlwong", site.found())
        self.assertIn(identifier, [row["id"] for row in site.exceptions("--new")])
        self.assertEqual(self.one(site)["status"], "open")
        self.assertEqual(self.changes(site, identifier)[:2], ["opened", "accepted"])
        self.assertIn("lapsed", self.changes(site, identifier))
        self.assertIn("2026-03-20", site.rightful("exception", "show", identifier).out)

    def test_three_different_people(self):
        site = self.site()
        identifier = self.one(site)["id"]
        for options, why in (({"approver": "00123"}, "is about Lena Wong"),        # whose exception it is
                             ({"approver": "lena@example.com"}, "is about Lena Wong"),
                             ({"approver": "00124"}, "cannot approve it too"),      # who asks
                             ({"approver": "Jonas Meier", "requester": "jmeier"}, "cannot approve it too"),
                             ({"requester": "lwong"}, "somebody else must decide"),
                             ({"approver": "nobody"}, "nobody of the last applied roster"),
                             ({"requester": "nobody"}, "nobody of the last applied roster")):
            with self.subTest(**options):
                result = self.accept(site, identifier, **options)
                self.assertEqual(result.code, 1)
                self.assertIn(why, result.err)
                self.assertIn("othing was changed", result.err)
        # Without --as it is the login name: root is somebody of this roster, and cannot approve what root asks for.
        for approver in ("00126", "root", "ROOT@example.com", "Root Person"):
            result = site.rightful("exception", "accept", identifier, "--until", "2026-03-20", "--reason", "x", "--approver", approver)
            self.assertEqual(result.code, 1)
            self.assertIn("cannot approve it too", result.err)
        self.assertEqual(self.changes(site, identifier), ["opened"])

    def test_who_holds_the_account_is_its_subject_whatever_the_control(self):
        site = self.site()
        control = "excess-privilege"
        subject = self.one(site, control)  # jmeier, 00124, is in admins
        result = self.accept(site, subject["id"], approver="00124", requester="00125")
        self.assertEqual(result.code, 1)
        self.assertIn("Jonas Meier", result.err)
        self.assertEqual(self.accept(site, subject["id"], approver="00126", requester="00125").code, 0)

    def test_an_approver_who_has_left_since_is_refused(self):
        site = self.site()
        site.write("hr.csv", "".join(line for line in HR.splitlines(True) if "Ana Lima" not in line))
        site.run(as_of=NEXT)
        identifier = self.one(site, "excess-privilege")["id"]  # Jonas Meier's
        for approver in ("00125", "00123"):
            result = self.accept(site, identifier, approver=approver, requester="00126")
            self.assertEqual(result.code, 1)
            self.assertIn("has left", result.err)

    def test_what_is_missing_or_wrong_on_the_command_line(self):
        site = self.site()
        identifier = self.one(site)["id"]
        for arguments in (["accept", identifier], ["accept", identifier, "--until", "2026-04-01", "--reason", "x"],
                          ["accept", identifier, "--until", "tomorrow", "--reason", "x", "--approver", "00125"],
                          ["accept", identifier, "--until", "2026-02-30", "--reason", "x", "--approver", "00125"],
                          ["accept", identifier, "--until", "2026-04-01", "--approver", "00125"],
                          ["false-positive", identifier], ["reopen", identifier], ["acept", identifier]):
            with self.subTest(arguments=arguments):
                self.assertEqual(site.rightful("exception", *arguments).code, 2)
        result = self.accept(site, identifier, until="2026-03-16")
        self.assertEqual(result.code, 1)
        self.assertIn("2026-03-16 is over", result.err)
        result = self.accept(site, "EX-999999")
        self.assertEqual(result.code, 1)
        self.assertIn("there is no exception", result.err)

    def test_resolved_while_accepted_and_back_before_the_date_is_open(self):
        site = self.site()
        identifier = self.one(site)["id"]
        self.accept(site, identifier)
        site.write("corp.ldif", SMALL_LDIF.replace("uid: lwong\n", "uid: lwong\npwdAccountLockedTime: 000001010000Z\n"))
        site.run(as_of=NEXT)
        self.assertEqual(self.one(site)["status"], "resolved")
        site.write("corp.ldif", SMALL_LDIF)
        site.run(as_of="2026-03-17T07:00:00Z")
        back = self.one(site)
        self.assertEqual((back["id"], back["status"], back["waiver"]), (identifier, "open", None))

    def test_the_second_of_two_decisions_is_told(self):
        site = self.site()
        identifier = self.one(site)["id"]
        self.accept(site, identifier)
        result = self.accept(site, identifier, until="2026-03-22")
        self.assertEqual(result.code, 1)
        self.assertIn("is accepted already", result.err)
        self.assertEqual(site.rightful("exception", "reopen", identifier, "--reason", "too long").code, 0)
        self.assertEqual(self.accept(site, identifier, until="2026-03-22").code, 0)
        self.assertEqual(self.changes(site, identifier), ["opened", "accepted", "reopened by hand", "accepted"])


class FalsePositives(DecisionTest):
    def test_it_stays_one_while_found_and_the_control_tells_why(self):
        site = self.site()
        identifier = self.one(site)["id"]
        result = site.rightful("exception", "false-positive", identifier, "--reason", "contract extended on paper")
        self.assertEqual(result.code, 0, result.err)
        counts = site.run(as_of=WEEK_LATER).json["counts"]
        self.assertEqual(counts["false_positive"], 1)
        self.assertNotIn("leaver-active\tlwong", site.found())
        self.assertEqual(self.one(site)["waiver"]["reason"], "contract extended on paper")
        control = next(row for row in site.rightful("controls", "--json").json["controls"] if row["id"] == "leaver-active")
        self.assertEqual(control["feedback"]["false_positives"], 1)
        self.assertEqual(control["feedback"]["reasons"][0]["reason"], "contract extended on paper")
        self.assertIn("false positive", site.rightful("run", "--as-of", WEEK_LATER).out)
        # Said again as open once somebody thinks better of it, and the rule has its good name back.
        self.assertEqual(site.rightful("exception", "reopen", identifier, "--reason", "no extension after all").code, 0)
        self.assertIn("leaver-active\tlwong", site.found())
        control = next(row for row in site.rightful("controls", "--json").json["controls"] if row["id"] == "leaver-active")
        self.assertEqual(control["feedback"]["false_positives"], 0)

    def test_a_setting_is_suggested_where_there_is_one(self):
        site = self.site()
        result = site.rightful("exception", "false-positive", self.one(site)["id"], "--reason", "x")
        self.assertIn("controls: { leaver-active", result.err)
        result = site.rightful("exception", "false-positive", self.one(site, "excess-privilege")["id"], "--reason", "x")
        self.assertIn("entitlements", result.err)

    def test_every_format_has_the_decision(self):
        site = self.site()
        self.accept(site, self.one(site)["id"])
        rows = site.rightful("exceptions", "--status", "accepted", "-o", "csv").out.splitlines()
        self.assertIn("waiver.until", rows[0])
        self.assertIn("2026-03-20", rows[1])
        row = json.loads(site.rightful("exceptions", "--status", "accepted", "-o", "ndjson").out.splitlines()[0])
        self.assertEqual(row["waiver"]["state"], "in force")


if __name__ == "__main__":
    unittest.main()
