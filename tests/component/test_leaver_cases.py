"""Leaver cases: opened by `leaver`, checked again by every run, clear only when that is proven."""

import os
import re
import unittest

from site_under_test import DEMO_AS_OF, SMALL_HR, SMALL_LDIF, Site, SiteTest, small_account, small_site

AS_OF = ("--as-of", DEMO_AS_OF)
LENA, JONAS = "00123", "00124"
NEXT, THIRD = "2026-03-17T06:00:00Z", "2026-03-17T07:00:00Z"


def locked(ldif, name):
    return ldif.replace(f"\nuid: {name}\n", f"\nuid: {name}\npwdAccountLockedTime: 000001010000Z\n")


def case_of(site, who):
    return site.rightful("leaver", "show", who, "--json").json["leaver_case"]


def lines(case):
    return sorted((line["kind"], line["name"], line["status"]) for line in case["lines"])


MANAGER_HR = """id,name,email,username,manager_id,sponsor_id,kind,status,last_working_day,recorded_at
00200,Maria Boss,maria@example.com,mboss,,,employee,active,2026-03-31,2026-03-16T20:00:00Z
00201,Ann Report,ann@example.com,,00200,,employee,active,,2026-03-16T20:00:00Z
00202,Gone Report,gone@example.com,,00200,,employee,left,2026-01-01,2026-03-16T20:00:00Z
00203,Carl Contractor,carl@example.com,,,00200,contractor,active,,2026-03-16T20:00:00Z
00204,Otto Other,otto@example.com,,,,employee,active,,2026-03-16T20:00:00Z
"""
MANAGER_ASSETS = """id,name,kind,status,owner,custodian
LT-1,Laptop,computer,in_use,00204,mboss
APP-1,Ledger,application,in_use,maria@example.com,
OLD-1,Old,computer,retired,00200,00200
"""
MANAGER_APPROVALS = """id,group,account,person_id,approved_by,approved_on,expires_on
AP-1,admins,,00201,00200,2026-01-01,
AP-2,admins,,00203,00200,2026-01-01,2026-02-01
AP-3,admins,,00204,mboss,2026-01-01,
AP-4,admins,,00204,00201,2026-02-01,
"""
MANAGER_LDIF = """dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
dc: example
o: Example

dn: uid=mboss,dc=example,dc=com
objectClass: inetOrgPerson
uid: mboss
cn: Maria Boss
sn: Boss
mail: maria@example.com
entryUUID: 00000000-0000-0000-0000-000000000200

dn: uid=svc-backup,dc=example,dc=com
objectClass: inetOrgPerson
uid: svc-backup
cn: Backup
sn: Backup
owner: uid=mboss,dc=example,dc=com
entryUUID: 00000000-0000-0000-0000-000000000300

dn: uid=svc-off,dc=example,dc=com
objectClass: inetOrgPerson
uid: svc-off
cn: Off
sn: Off
owner: uid=mboss,dc=example,dc=com
pwdAccountLockedTime: 000001010000Z
entryUUID: 00000000-0000-0000-0000-000000000301

dn: cn=admins,dc=example,dc=com
objectClass: groupOfNames
cn: admins
owner: uid=mboss,dc=example,dc=com
member: uid=svc-backup,dc=example,dc=com
entryUUID: 00000000-0000-0000-0000-000000000400
"""
MANAGER_CONFIG = """
organisation: { name = "Small"; timezone = "Europe/Berlin"; };
store: { url = "sqlite:ledger.db"; };
sources: (
  { name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; },
  { name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; },
  { name = "reg"; kind = "csv"; provides = "assets"; path = "assets.csv"; },
  { name = "tickets"; kind = "csv"; provides = "approvals"; path = "approvals.csv"; }
);
account_classes: ( { class = "service"; name = "svc-*"; } );
privileged = [ "admins" ];
"""
MARIA = "00200"


class Handover(SiteTest):
    """Maria leaves: what she answers for needs somebody else, line by line."""

    maxDiff = None

    def site(self):
        site = self.open(Site(MANAGER_CONFIG, {"corp.ldif": MANAGER_LDIF, "hr.csv": MANAGER_HR, "assets.csv": MANAGER_ASSETS,
                                               "approvals.csv": MANAGER_APPROVALS}))
        self.assertEqual(site.run().code, 0)
        return site

    def test_everything_she_answers_for_is_a_line(self):
        site = self.site()
        answer = site.rightful("leaver", MARIA, "--json", *AS_OF).json["leaver"][0]
        ends, month = "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"
        self.assertEqual(sorted((line["kind"], line["key"][-5:], line["status"], line["due"]) for line in answer["lines"]), [
            ("account", "00200", "open", "2026-04-01T22:00:00Z"), ("approval", "AP-1", "open", month), ("asset", "LT-1", "open", "2026-04-01T22:00:00Z"),
            ("owned-account", "00300", "open", ends), ("owned-asset", "APP-1", "open", ends), ("owned-group", "00400", "open", ends),
            ("report", "00201", "open", ends), ("sponsored", "00203", "open", ends)])
        self.assertEqual(len(answer["handover"]), 6)
        self.assertLess(set(answer["handover"]), set(answer["open"]))
        self.assertEqual([person["id"] for person in answer["direct_reports"]], ["00201"])
        self.assertEqual([approval["id"] for approval in answer["approvals_given"]], ["AP-1"])  # AP-3: somebody else has approved the same
        text = site.rightful("leaver", MARIA, *AS_OF).out
        self.assertIn("will need somebody else", text)
        self.assertIn("service account svc-backup (corp) needs another owner", text)

    def test_when_all_is_handed_over_and_closed_the_case_is_clear_and_proves_it(self):
        site = self.site()
        site.rightful("leaver", MARIA, *AS_OF)
        site.write("corp.ldif", locked(MANAGER_LDIF, "mboss").replace("owner: uid=mboss", "owner: uid=svc-off"))
        self.assertEqual(site.run(as_of=NEXT).json["leaver_cases"], {"checked": 1, "cleared": 0})
        left = [line["kind"] for line in case_of(site, MARIA)["lines"] if line["status"] == "open"]
        self.assertEqual(sorted(left), ["approval", "asset", "owned-asset", "report", "sponsored"])
        site.write("hr.csv", MANAGER_HR.replace(",00200,,employee", ",00204,,employee").replace(",,00200,contractor", ",,00204,contractor"))
        site.write("assets.csv", MANAGER_ASSETS.replace("mboss", "00204").replace("maria@example.com", "00204"))
        site.write("approvals.csv", MANAGER_APPROVALS + "AP-5,admins,,00201,00204,2026-03-16,\n")
        self.assertEqual(site.run(as_of=THIRD).json["leaver_cases"], {"checked": 1, "cleared": 1})

        proof = site.rightful("leaver", "show", MARIA, "--proof", "--json").json["leaver_proof"]
        self.assertEqual((proof["status"], [check["run"] for check in proof["checks"]], [check["clear"] for check in proof["checks"]]),
                         ("clear", [2, 3], [False, True]))
        for check in proof["checks"]:
            shown = {source["name"]: source["digest"] for source in check["sources"]}
            run = site.rightful("run-show", str(check["run"]), "--json").json
            recorded = {source["name"]: source["digest"] for source in (run.get("run") or run["run-show"][0])["sources"]}
            self.assertEqual(shown, recorded)
            self.assertTrue(all(digest.startswith("sha256:") for digest in shown.values()))
        page = site.rightful("leaver", "show", MARIA, "--proof").out
        self.assertIn("State                 CLOSED. All 8 lines are closed; found at " + THIRD + " by run 3", page)
        for digest in shown.values():
            self.assertIn(digest, page)

    def test_a_check_by_hand_keeps_what_it_read(self):
        site = self.site()
        site.rightful("leaver", MARIA, *AS_OF)
        site.write("corp.ldif", locked(MANAGER_LDIF, "mboss"))
        answer = site.rightful("leaver", MARIA, "--json", "--as-of", NEXT).json
        check, = site.rightful("leaver", "show", MARIA, "--proof", "--json").json["leaver_proof"]["checks"]
        self.assertEqual((check["run"], check["at"], check["found"]), (None, NEXT, ["account mboss (corp) is disabled"]))
        self.assertEqual({source["name"]: source["digest"] for source in check["sources"]},
                         {source["name"]: source["digest"] for source in answer["sources"]})

    def test_a_roster_that_could_not_be_read_settles_nothing_that_she_owns(self):
        """Who owns a group is told by the person behind the account: without one of the rosters that is not known."""
        site = self.site()
        site.write("rightful.conf", MANAGER_CONFIG.replace('path = "hr.csv"; },', 'path = "hr.csv"; },\n'
                                                           '  { name = "more"; kind = "csv"; provides = "people"; path = "more.csv"; },'))
        site.write("more.csv", "id,name\nX-1,Extra One\n")
        site.rightful("leaver", MARIA, *AS_OF)
        site.write("more.csv", 'id,name\n"X-1,Extra One\n')
        site.write("corp.ldif", MANAGER_LDIF.replace("owner: uid=mboss", "owner: uid=svc-off"))
        self.assertEqual(site.run("--accept", "corp:groups", "--reason", "test", as_of=NEXT).code, 3)
        status = {line["kind"]: line["status"] for line in case_of(site, MARIA)["lines"]}
        self.assertEqual({status["owned-group"], status["owned-account"], status["report"]}, {"open"})

    def test_a_review_that_waits_for_her_needs_another_reviewer_until_somebody_has_it(self):
        site = self.site()
        site.write("rightful.conf", MANAGER_CONFIG + 'reviews: ( { name = "admins"; scope = "privileged"; reviewer = "00200"; fallback = "00204"; } );\n')
        started = site.rightful("review", "start", "admins", "--as-of", DEMO_AS_OF)
        self.assertEqual(started.code, 0, started.err)
        answer = site.rightful("leaver", MARIA, "--json", *AS_OF).json["leaver"][0]
        line, = [line for line in answer["lines"] if line["kind"] == "review"]
        self.assertEqual((line["key"], line["source"], line["status"]), ("RV-000001", "", "open"))
        self.assertLessEqual(line["due"], "2026-03-31T22:00:00Z")
        self.assertIn("1 decision of the review", line["text"])
        self.assertEqual([(row["id"], row["open"]) for row in answer["reviews"]], [("RV-000001", 1)])
        moved = site.rightful("review", "close", "RV-000001", "--reason", "somebody else does it")
        self.assertEqual(moved.code, 0, moved.err)
        site.run(as_of=NEXT)
        self.assertEqual([line["status"] for line in case_of(site, MARIA)["lines"] if line["kind"] == "review"], ["clear"])

    def test_if_left_tells_the_same(self):
        site = self.site()
        left = site.rightful("person", MARIA, "--if-left", "--json", *AS_OF).json["person"][0]
        self.assertEqual(([row["name"] for row in left["owned_groups"]], [row["id"] for row in left["assets"]],
                          [row["id"] for row in left["approvals_given"]]), (["admins"], ["APP-1", "LT-1"], ["AP-1", "AP-3"]))


class Cases(SiteTest):
    def site(self, **files):
        site = self.open(small_site(**files))
        self.assertEqual(site.run().code, 0)
        return site

    def test_a_leaver_gets_a_case_that_the_run_finds_clear_when_it_is(self):
        site = self.site()
        answer = site.rightful("leaver", LENA, "--json", *AS_OF).json["leaver"][0]
        self.assertEqual((answer["closed"], answer["case"]["id"], answer["case"]["status"]), (False, "LC-000001", "open"))
        self.assertEqual(answer["lines"][0]["due"], "2026-03-06T23:00:00Z")  # 24 hours after the day has ended in Berlin
        listed = site.rightful("leaver", "list", "--json").json["leaver"]
        self.assertEqual([(row["id"], row["open"], row["lines_total"]) for row in listed], [("LC-000001", 1, 1)])

        quiet = site.run(as_of=NEXT).json
        self.assertEqual(quiet["leaver_cases"], {"checked": 1, "cleared": 0})
        site.write("corp.ldif", locked(SMALL_LDIF, "lwong"))
        self.assertEqual(site.run(as_of=THIRD).json["leaver_cases"], {"checked": 1, "cleared": 1})
        case = case_of(site, "LC-000001")
        self.assertEqual((case["status"], lines(case), case["cleared_run"]), ("clear", [("account", "lwong", "clear")], 3))
        self.assertEqual([row["change"] for row in case["history"]], ["opened", "line open", "line clear", "clear"])
        self.assertEqual(site.rightful("leaver", "list", "--json").json["leaver"], [])
        self.assertEqual(len(site.rightful("leaver", "list", "--all", "--json").json["leaver"]), 1)

    def test_a_run_that_could_not_read_the_directory_clears_nothing(self):
        site = self.site()
        site.rightful("leaver", LENA, *AS_OF)
        before = case_of(site, LENA)
        site.write("corp.ldif", SMALL_LDIF[:len(SMALL_LDIF) // 2])
        self.assertEqual(site.run(as_of=NEXT).code, 3)
        after = case_of(site, LENA)
        self.assertEqual((after["status"], lines(after)), ("open", lines(before)))
        self.assertFalse(after["sure"])

    def test_a_held_run_clears_nothing(self):
        many = "\n".join(small_account(f"u{i}", str(200 + i)) for i in range(12))
        site = self.site(corp_ldif=SMALL_LDIF + "\n" + many)
        site.rightful("leaver", LENA, *AS_OF)
        site.write("corp.ldif", "\n".join(re.split(r"\n(?=dn: uid=u\d)", SMALL_LDIF + "\n" + many)[:3]).replace("lwong", "gone"))
        result = site.run(as_of=NEXT)
        self.assertEqual(result.code, 3)
        self.assertEqual(case_of(site, LENA)["status"], "open")

    def test_whoever_is_not_leaving_gets_no_case_unless_hr_says_when(self):
        site = self.site()
        answer = site.rightful("leaver", JONAS, "--json", *AS_OF)
        self.assertIsNone(answer.json["leaver"][0]["case"])
        self.assertIn("--last-day", answer.err)
        ahead = site.rightful("leaver", JONAS, "--last-day", "2026-03-31", "--json", *AS_OF).json["leaver"][0]
        self.assertEqual(ahead["case"]["last_day"], "2026-03-31")
        due = {line["kind"]: line["due"] for line in ahead["lines"]}
        self.assertEqual(due, {"account": "2026-04-01T22:00:00Z", "right": "2026-04-01T22:00:00Z"})
        site.run(as_of=NEXT)  # the roster still knows no last day: what HR said stays
        case = case_of(site, JONAS)
        self.assertEqual((case["last_day"], [line["due"] for line in case["lines"]]), ("2026-03-31", ["2026-04-01T22:00:00Z"] * 2))

    def test_urgent_is_due_when_the_day_ends(self):
        site = self.site()
        answer = site.rightful("leaver", LENA, "--urgent", "--json", *AS_OF).json["leaver"][0]
        self.assertTrue(answer["case"]["urgent"])
        self.assertEqual([line["due"] for line in answer["lines"]], ["2026-03-05T23:00:00Z"])

    def test_many_come_from_a_file(self):
        site = self.site()
        site.write("leavers.txt", "# this month\n\n00123\nJonas Meier\n")
        result = site.rightful("leaver", "--from", os.path.join(site.folder, "leavers.txt"), "--last-day", "2026-03-16", "--json", *AS_OF)
        self.assertEqual([answer["case"]["person"]["id"] for answer in result.json["leaver"]], [LENA, JONAS])
        for arguments, code in (((), 2), (("--from", "nothing.txt"), 1), ((LENA, "--last-day", "31.3."), 2)):
            with self.subTest(arguments):
                refused = site.rightful("leaver", *arguments, *AS_OF)
                self.assertEqual((refused.code, refused.out), (code, ""))
                self.assertIn("rightful: ", refused.err)

    def test_a_case_that_is_open_again_has_one_history(self):
        site = self.site(corp_ldif=locked(SMALL_LDIF, "lwong"))
        site.rightful("leaver", LENA, *AS_OF)
        self.assertEqual(case_of(site, LENA)["status"], "clear")
        site.write("corp.ldif", SMALL_LDIF)
        site.rightful("leaver", LENA, "--as-of", NEXT)
        case = case_of(site, LENA)
        self.assertEqual((case["status"], [row["change"] for row in case["history"]]),
                         ("open", ["opened", "clear", "line open again", "open again"]))

    def test_the_text_says_what_the_case_is(self):
        site = self.site()
        self.assertIn("case LC-000001, opened", site.rightful("leaver", LENA, *AS_OF).out)
        shown = site.rightful("leaver", "show", LENA).out
        self.assertIn("OPEN    account lwong (corp) is enabled; due 2026-03-06T23:00:00Z", shown)
        self.assertIn("1 leaver case open, next due 2026-03-06T23:00:00Z", site.rightful("status").out)
        self.assertEqual(site.rightful("leaver", "show", "LC-000009").code, 1)

    def test_somebody_who_vanished_from_the_roster_is_still_checked(self):
        roster = SMALL_HR + "00126,Somebody Else,else@example.com,left,2026-03-01,2026-03-16T20:00:00Z\n"  # else a guard holds the roster
        site = self.site(hr_csv=roster)
        site.rightful("leaver", LENA, *AS_OF)
        site.write("hr.csv", "".join(line for line in roster.splitlines(True) if not line.startswith(LENA)))
        site.write("corp.ldif", locked(SMALL_LDIF, "lwong"))
        self.assertEqual(site.run(as_of=NEXT).json["leaver_cases"], {"checked": 1, "cleared": 1})


if __name__ == "__main__":
    unittest.main(verbosity=2)
