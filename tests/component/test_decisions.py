"""What people decide about exceptions: waivers with an end, false positives, rules of the configuration, manual links."""

import json
import unittest

from site_under_test import SMALL_CONFIG, SMALL_LDIF, Site, SiteTest, small_account

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
            self.assertEqual((counts["accepted"], counts["reopened"], counts["lapsed"]), (1, 0, 0))
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
        self.assertEqual((back["id"], back["status"], back.get("waiver")), (identifier, "open", None))

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


def rule(control="leaver-active", until="2026-03-31", author="00125", condition='account = "LW*"', reason="takes over the vendor's account"):
    return f'{{ control = "{control}"; {condition}; reason = "{reason}"; author = "{author}"; until = "{until}"; }}'


def rules(*each):
    return "suppressions: ( " + ", ".join(each) + " );\n"


class Suppressions(DecisionTest):
    def set_rules(self, site, *each):
        site.write("rightful.conf", CONFIG + (rules(*each) if each else ""))

    def test_found_recorded_counted_and_shown_but_not_open(self):
        site = self.open(Site(CONFIG + rules(rule()), {"corp.ldif": SMALL_LDIF, "hr.csv": HR}))
        result = site.run()
        counts = result.json["counts"]
        self.assertEqual((counts["accepted"], counts["accepted_by_rule"]), (1, 1))
        self.assertNotIn("leaver-active", counts["by_control"])
        self.assertEqual([(row["control"], row["exceptions"], row["state"], row["author"]) for row in result.json["run"]["suppressions"]],
                         [("leaver-active", 1, "in force", "00125")])
        self.assertNotIn("leaver-active\tlwong", site.found())
        accepted = site.exceptions("--status", "accepted")[0]
        self.assertEqual((accepted["waiver"]["kind"], accepted["waiver"]["author"], accepted["waiver"]["reason"], accepted["waiver"]["until"]),
                         ("rule", "00125", "takes over the vendor's account", "2026-03-31"))
        text = site.rightful("run", "--as-of", NEXT)
        self.assertIn("1 accepted (1 by rule)", text.out)
        self.assertIn("takes over the vendor", text.out)
        self.assertEqual(site.rightful("run-show", "1", "--json").json["run-show"][0]["suppressions"][0]["exceptions"], 1)

    def test_a_dry_run_says_the_same(self):
        site = self.open(Site(CONFIG + rules(rule()), {"corp.ldif": SMALL_LDIF, "hr.csv": HR}))
        result = site.run("--dry-run").json
        self.assertEqual((result["counts"]["accepted"], result["counts"]["accepted_by_rule"]), (1, 1))
        status = {row["control"]: row["status"] for row in result["exceptions"]}
        self.assertEqual(status["leaver-active"], "accepted")
        self.assertEqual(result["counts"]["new"], len([row for row in result["exceptions"] if row["status"] == "open"]))

    def test_it_warns_ends_and_what_it_accepted_is_open_again(self):
        site = self.site(rules(rule(until="2026-04-30")))
        self.assertNotIn("suppression of", site.run(as_of="2026-04-16T20:00:00Z").err)
        result = site.run(as_of="2026-04-20T06:00:00Z")
        self.assertIn("ends with 2026-04-30", result.err)
        self.assertEqual(result.json["counts"]["accepted_by_rule"], 1)
        result = site.run(as_of="2026-04-30T22:00:00Z")  # 24:00 in Berlin
        self.assertIn("ended with 2026-04-30: 1 exception that it fits is open", result.err)
        self.assertEqual(result.json["counts"]["lapsed"], 1)
        self.assertIn("leaver-active\tlwong", site.found())
        self.set_rules(site, rule(until="2026-06-30"))
        self.assertEqual(site.run(as_of="2026-05-02T22:00:00Z").json["counts"]["accepted_by_rule"], 1)
        self.set_rules(site)
        counts = site.run(as_of="2026-05-03T22:00:00Z").json["counts"]
        self.assertEqual((counts["accepted_by_rule"], counts["lapsed"]), (0, 1))
        changes = self.changes(site, self.one(site)["id"])
        self.assertEqual([change for change in changes if change in ("accepted", "lapsed")], ["accepted", "lapsed"] * 2)

    def test_a_rule_that_fits_nothing_is_said_by_run_and_check(self):
        site = self.site(rules(rule(condition='account = "nobody-*"')))
        self.assertIn("fits nothing that is found", site.run(as_of=NEXT).err)
        check = site.rightful("check", "--json")
        texts = [row["text"] for row in check.json["check"] if row["about"] == "suppressions"]
        self.assertTrue([text for text in texts if 'there is no account "nobody-*"' in text], texts)
        self.assertTrue([text for text in texts if "ended with 2026-03-31" in text], texts)  # by the clock

    def test_nobody_accepts_by_rule_what_is_their_own(self):
        site = self.site(rules(rule("excess-privilege", author="jmeier", condition='group = "admins"')))
        self.assertEqual(self.one(site, "excess-privilege")["status"], "open")
        self.assertIn("about its author", site.run(as_of=NEXT).err)

    def test_an_author_who_is_nobody_or_has_left_is_said(self):
        site = self.site(rules(rule(author="00123", condition='source = "*"'), rule("dormant-account", author="P7")))
        warnings = site.run(as_of=NEXT).err
        self.assertIn("who has left", warnings)
        self.assertIn('"P7", who is nobody', warnings)

    def test_every_condition_must_hold(self):
        for condition, is_accepted in (('account = "lwong"; source = "corp"', True), ('account = "lwong"; source = "lab"', False),
                                       ('person = "00123"', True), ('person = "lena *"', True), ('person = "00124"', False),
                                       ('group = "admins"', False), ('asset = "*"', False)):
            with self.subTest(condition=condition):
                site = self.open(Site(CONFIG + rules(rule(condition=condition)), {"corp.ldif": SMALL_LDIF, "hr.csv": HR}))
                status = {row["control"]: row["status"] for row in site.run("--dry-run").json["exceptions"]}
                self.assertEqual(status["leaver-active"], "accepted" if is_accepted else "open")

    def test_what_is_wrong_with_a_rule_is_said_at_once(self):
        wrong = rules('{ control = "leaver-actve"; reason = ""; author = "00125"; until = "2026-02-30"; }')
        site = self.open(Site(CONFIG + wrong, {"corp.ldif": SMALL_LDIF, "hr.csv": HR}))
        result = site.run()
        self.assertEqual(result.code, 78)
        for text in ('did you mean "leaver-active"?', "no condition is given", "reason: is empty", '"2026-02-30" is no date'):
            self.assertIn(text, result.err)


class Late(DecisionTest):
    """Controls about the ledger itself."""

    def late(self, site, control, status="open"):
        return [(row["object"]["key"], row["object"]["name"]) for row in site.exceptions("--control", control, "--status", status)]

    def test_the_first_run_cannot_judge_them_and_says_so(self):
        site = self.open(Site(CONFIG, {"corp.ldif": SMALL_LDIF, "hr.csv": HR}))
        rows = {row["control"]: row["reason"] for row in site.run().json["not_evaluable"]}
        self.assertEqual((rows["exception-overdue"], rows["waiver-expired"]), ("it needs an earlier run",) * 2)

    def test_open_past_its_due_date(self):
        site = self.site()
        subject = self.one(site)  # critical: lwong is privileged? no: high, 7 days
        self.assertEqual((subject["severity"], subject["due"]), ("high", "2026-03-24T05:00:00Z"))
        site.run(as_of="2026-03-24T05:00:00Z")
        self.assertNotIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))
        site.run(as_of="2026-03-24T05:00:01Z")
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))
        row = next(row for row in site.exceptions("--control", "exception-overdue") if row["object"]["key"] == subject["id"])
        self.assertEqual((row["severity"], row["subject"], row["object"]["type"], row["person"]["id"]),
                         ("medium", subject["subject"], "exception", "00123"))
        self.assertEqual(row["rule"]["thresholds"], {"critical_days": 1, "high_days": 7, "medium_days": 30, "low_days": 90})
        self.assertEqual(row["evidence"]["due"], subject["due"])
        # Nobody is late for being late.
        site.run(as_of="2026-07-01T05:00:00Z")
        self.assertEqual([name for _, name in self.late(site, "exception-overdue") if name == "exception-overdue"], [])
        self.assertEqual(len(self.late(site, "exception-overdue")), len(set(self.late(site, "exception-overdue"))))

    def test_it_is_over_in_the_run_that_finds_the_exception_gone(self):
        site = self.site()
        subject = self.one(site)
        site.run(as_of=WEEK_LATER)
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))
        site.write("corp.ldif", SMALL_LDIF.replace("uid: lwong\n", "uid: lwong\npwdAccountLockedTime: 000001010000Z\n"))
        site.run("--accept", "ledger:resolved", "--reason", "test", as_of="2026-03-29T06:00:00Z")
        self.assertEqual(self.one(site)["status"], "resolved")
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue", "resolved"))

    def test_it_is_over_when_the_exception_is_accepted(self):
        site = self.site()
        subject = self.one(site)
        site.run(as_of=WEEK_LATER)
        self.assertEqual(self.accept(site, subject["id"], until="2026-05-01").code, 0)
        site.run(as_of="2026-03-29T06:00:00Z")
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue", "resolved"))

    def test_what_nobody_could_look_at_stays_as_it_was(self):
        site = self.site()
        subject = self.one(site)
        site.run(as_of="2026-03-18T06:00:00Z")
        site.write("corp.ldif", "this is no LDIF\n")
        result = site.run(as_of=WEEK_LATER)
        self.assertEqual(result.code, 3)
        self.assertNotIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))
        self.assertTrue([row for row in result.json["not_evaluable"] if row["control"] == "exception-overdue" and row["subjects"]])
        site.write("corp.ldif", SMALL_LDIF)
        site.run(as_of="2026-03-29T06:00:00Z")
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))
        site.write("corp.ldif", "this is no LDIF\n")
        site.run(as_of="2026-03-30T06:00:00Z")
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue"))

    def test_a_waiver_past_its_date_that_is_still_found(self):
        site = self.site()
        subject = self.one(site)
        self.accept(site, subject["id"])
        site.run(as_of=LAST_MOMENT)
        self.assertEqual(self.late(site, "waiver-expired"), [])
        site.run(as_of=OVER)
        self.assertEqual(self.late(site, "waiver-expired"), [(subject["id"], "leaver-active")])
        row = site.exceptions("--control", "waiver-expired")[0]
        self.assertEqual((row["severity"], row["evidence"]["until"], row["evidence"]["approver"]), ("high", "2026-03-20", "00125"))
        self.assertIn("is still found", row["summary"])
        site.run(as_of="2026-03-21T06:00:00Z")
        self.assertEqual(self.late(site, "waiver-expired"), [(subject["id"], "leaver-active")])
        self.assertEqual(self.accept(site, subject["id"], until="2026-05-01").code, 0)
        site.run(as_of="2026-03-22T06:00:00Z")
        self.assertEqual(self.late(site, "waiver-expired"), [])
        self.assertEqual(self.late(site, "waiver-expired", "resolved"), [(subject["id"], "leaver-active")])

    def test_a_rule_may_accept_that_one_is_late(self):
        site = self.site(rules(rule("exception-overdue", condition='account = "lwong"')))
        subject = self.one(site)
        result = site.run(as_of=WEEK_LATER)
        self.assertIn((subject["id"], "leaver-active"), self.late(site, "exception-overdue", "accepted"))
        self.assertGreaterEqual(result.json["counts"]["accepted_by_rule"], 1)


ORPHAN = """dn: uid=legacy,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: legacy
cn: legacy
sn: legacy
entryUUID: 00000000-0000-4000-8000-000000000777
createTimestamp: 20200101000000Z
modifyTimestamp: 20260316200000Z
pwdLastSuccess: 20260316080000Z

"""
TWIN = small_account("twin", "1").replace("employeeNumber: 1\n", "mail: both@example.com\n")
TWINS = HR + ("00130,Jan One,both@example.com,jone,active,,2026-03-16T20:00:00Z\n"
              "00131,Jan Two,both@example.com,jtwo,active,,2026-03-16T20:00:00Z\n")


class ManualLinks(DecisionTest):
    def linked(self, account="legacy", person="00124"):
        site = self.site(ldif=SMALL_LDIF + "\n" + ORPHAN)
        result = site.rightful("link", account, person, "--reason", "wrote it himself", "--as", "00126")
        self.assertEqual(result.code, 0, result.err)
        return site

    def states(self, site):
        return [(row["account"], row["person"]["id"], row["state"]) for row in site.rightful("link", "list", "--json").json["link"]]

    def test_it_goes_before_all_rules_and_is_shown_everywhere(self):
        site = self.linked()
        self.assertIn("orphaned-account\tlegacy", site.found())
        self.assertEqual(self.states(site), [("legacy", "00124", "from the next run on")])
        site.run(as_of=NEXT)
        self.assertNotIn("orphaned-account\tlegacy", site.found())
        self.assertEqual(self.states(site), [("legacy", "00124", "in use")])
        for command in (["account", "legacy"], ["person", "00124"], ["explain", "legacy", "admins", "--json"]):
            self.assertIn("manual link by 00126 on ", site.rightful(*command).out)
        self.assertIn("wrote it himself", site.rightful("link", "list").out)

    def test_an_ambiguous_account_is_somebodys(self):
        site = self.site(ldif=SMALL_LDIF + "\n" + TWIN, roster=TWINS)
        self.assertIn("ambiguous-account\ttwin", site.found())
        self.assertIn("rightful link twin PERSON", self.one(site, "ambiguous-account")["action"])
        self.assertEqual(site.rightful("link", "twin", "jtwo", "--reason", "asked both").code, 0)
        site.run(as_of=NEXT)
        self.assertNotIn("ambiguous-account\ttwin", site.found())

    def test_when_the_person_leaves_the_account_is_a_leavers(self):
        site = self.linked()
        site.run(as_of=NEXT)
        site.write("hr.csv", HR.replace("jmeier,active,,", "jmeier,active,2026-03-17,"))
        result = site.run("--accept", "hr:people-active", "--reason", "test", as_of="2026-03-19T06:00:00Z")
        self.assertIn("leaver-active\tlegacy", site.found(), result.err)
        row = next(row for row in site.exceptions("--control", "leaver-active") if row["subject"]["name"] == "legacy")
        self.assertIn("manual link by 00126 on ", row["evidence"]["linked_by"])
        self.assertEqual(self.states(site), [("legacy", "00124", "the person has left")])
        leaver = site.rightful("leaver", "00124", "--json", "--as-of", "2026-03-19T06:00:00Z").json["leaver"][0]
        self.assertIn("legacy", [account["name"] for account in leaver["accounts"]])

    def test_a_link_of_what_is_gone_is_said(self):
        site = self.linked()
        site.run(as_of=NEXT)
        site.write("corp.ldif", SMALL_LDIF)
        result = site.run("--accept", "corp:accounts", "--reason", "test", as_of="2026-03-17T08:00:00Z")
        self.assertIn("the manual link of corp/legacy to Jonas Meier (00124) is of no use: the account is gone", result.err)
        self.assertEqual(self.states(site), [("legacy", "00124", "the account is gone")])
        self.assertEqual(site.rightful("unlink", "legacy", "--reason", "switched off").code, 0)
        self.assertEqual(self.states(site), [])
        self.assertNotIn("of no use", site.run(as_of="2026-03-17T09:00:00Z").err)

    def test_unlinking_gives_it_back_to_the_rules(self):
        site = self.linked()
        site.run(as_of=NEXT)
        self.assertEqual(site.rightful("unlink", "corp/legacy").code, 0)
        site.run(as_of="2026-03-17T08:00:00Z")
        self.assertIn("orphaned-account\tlegacy", site.found())
        result = site.rightful("unlink", "legacy")
        self.assertEqual(result.code, 1)
        self.assertIn("no account \"legacy\" is linked by hand", result.err)

    def test_it_follows_the_account_through_a_rename_and_overrides_a_rule(self):
        site = self.linked(account="jmeier", person="00125")
        site.write("corp.ldif", (SMALL_LDIF + "\n" + ORPHAN).replace("uid=jmeier", "uid=jm").replace("uid: jmeier", "uid: jm"))
        site.run(as_of=NEXT)
        account = site.rightful("account", "jm", "--json").json["account"][0]
        self.assertEqual(account["person"]["id"], "00125")

    def test_what_is_refused(self):
        site = self.linked()
        for arguments, why in ((["link", "legacy", "00125", "--reason", "x"], "is linked to Jonas Meier (00124) already"),
                               (["link", "nobody", "00125", "--reason", "x"], "there is no account \"nobody\""),
                               (["link", "alima", "99999", "--reason", "x"], "there is no person \"99999\""),
                               (["link", "alima", "00125", "--reason", "x"], "belongs to Ana Lima (00125) already"),
                               (["link", "alima", "00124", "--reason", "x", "--as", "alima"], "belongs to Ana Lima, who asks"),
                               (["link", "alima", "00124", "--reason", "x", "--as", "nobody"], "nobody of the last applied roster"),
                               (["unlink", "legacy", "--as", "jmeier"], "belongs to Jonas Meier, who asks")):
            with self.subTest(arguments=arguments):
                result = site.rightful(*arguments)
                self.assertEqual(result.code, 1)
                self.assertIn(why, result.err)
        for arguments in (["link", "legacy"], ["link", "legacy", "00125"], ["link"], ["unlink"], ["link", "a", "b", "c", "--reason", "x"]):
            self.assertEqual(site.rightful(*arguments).code, 2)
        self.assertEqual(self.states(site), [("legacy", "00124", "from the next run on")])


if __name__ == "__main__":
    unittest.main()
