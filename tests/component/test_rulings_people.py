"""What the catalogue and the interface mean exactly: people, accounts, times, limits. One small world a line."""

import os
import shlex
import unittest

from site_under_test import SiteTest, line_of
from small_worlds import (AS_OF, CORP, HEAD, HR, LATER, LEFT, LOCKED, OTHERS, RULES, SHOP, account, dry, group, lines, person, roster,
                          sources, unjudged, world)


class States(SiteTest):
    def judged(self, ldif, corp="", people=(LEFT,), **options):
        return dry(self.open(world(list(people), ldif, source=sources(corp=corp), **options)))

    def test_without_operational_attributes_enabled_is_unknown(self):
        result = self.judged(account("ann", "1", operational=False))
        self.assertEqual(lines(result, "leaver-active"), [])
        row = unjudged(result, "leaver-active")[0]
        self.assertEqual(set(row), {"control", "reason", "subjects"})
        self.assertIn("lock_state", row["reason"])

    def test_lock_state_none_means_present_is_enabled(self):
        result = self.judged(account("ann", "1", operational=False), 'lock_state = "none";')
        self.assertEqual(lines(result, "leaver-active"), ["leaver-active\tann"])

    def test_lock_state_recorded_means_the_same_without_operational_attributes(self):
        result = self.judged(account("ann", "1", operational=False), 'lock_state = "recorded";')
        self.assertEqual(lines(result, "leaver-active"), ["leaver-active\tann"])

    def test_a_right_of_an_account_in_an_unknown_state_stands(self):
        result = self.judged(account("ann", "1", operational=False)
                             + group("admins", "ann").replace("createTimestamp: 20200101000000Z\n", ""))
        self.assertEqual(lines(result, "leaver-rights"), ["leaver-rights\tann\tadmins"])

    def test_last_use_recorded_means_absence_is_never(self):
        result = self.judged(account("ann", "1"), 'last_use = "recorded";', people=[person()])
        self.assertEqual(lines(result, "account-never-used"), ["account-never-used\tann"])

    def test_last_use_none_is_said_once(self):
        result = self.judged(account("ann", "1", "pwdLastSuccess: 20200101000000Z\n") + account("ben", "1"), 'last_use = "none";', people=[person()])
        self.assertEqual(lines(result, "account-never-used", "dormant-account"), [])
        self.assertEqual(len(unjudged(result, "dormant-account")), 1)
        self.assertEqual(len(unjudged(result, "account-never-used")), 1)

    def test_an_unreadable_time_is_said(self):
        ldif = account("ann", "1", "pwdLastSuccess: 20260316000000Z\n") + account("ben", "1", "pwdLastSuccess: yesterday\n")
        result = self.judged(ldif, people=[person()])
        row = unjudged(result, "dormant-account")[0]
        self.assertEqual(row["subjects"], 1)

    def test_a_leaver_without_a_date_is_not_evaluable_for_leaver_logon(self):
        result = self.judged(account("ann", "1", "pwdLastSuccess: 20260316000000Z\n"), people=[person(status="left")])
        self.assertEqual(lines(result, "leaver-logon"), [])
        self.assertEqual(unjudged(result, "leaver-logon")[0]["subjects"], 1)

    def test_an_ambiguous_account_of_a_leaver_is_not_evaluable_for_leaver_active(self):
        people = [person("1", email="a@example.com", last_working_day="2026-03-05"), person("2", email="a@example.com")]
        result = self.judged(account("ann", "", "mail: a@example.com\n"), people=people)
        self.assertEqual(unjudged(result, "leaver-active")[0]["subjects"], 1)

    def test_login_shell_alone_disables_nothing(self):
        ldif = account("ann", "1", "objectClass: posixAccount\nloginShell: /usr/sbin/nologin\n")
        self.assertEqual(lines(self.judged(ldif), "leaver-active"), ["leaver-active\tann"])

    def test_an_expired_account_is_not_usable(self):
        ldif = account("ann", "1", "objectClass: shadowAccount\nshadowExpire: 20000\n")
        self.assertEqual(lines(self.judged(ldif), "leaver-active"), [])

    def test_a_leaver_by_status_is_one_whatever_the_limit(self):
        config = RULES + "controls: { leaver-active: { days = 3650; }; };\n"
        result = self.judged(account("ann", "1"), people=[person(status="left")], rules=config)
        self.assertEqual(lines(result, "leaver-active"), ["leaver-active\tann"])


class Roster(SiteTest):
    everybody = [person(str(n), email=f"p{n}@example.com", username=f"p{n}") for n in range(1, 6)]

    def site(self):
        ldif = "".join(account(f"p{n}", str(n)) for n in range(1, 5)) + account("p5")
        return self.open(world(self.everybody, ldif))

    def leavers(self, site):
        return [line for line in site.found() if line.startswith("leaver-active")]

    def test_gone_from_the_roster_staying_gone_and_coming_back(self):
        site = self.site()
        self.assertEqual(site.run().code, 0)
        site.write("hr.csv", roster(*self.everybody[:4]))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(self.leavers(site), ["leaver-active\tp5"])
        found = site.exceptions("--control", "leaver-active")[0]
        self.assertIn("gone from the roster since run 2", found["summary"])
        self.assertEqual(found["person"], {"id": "5", "name": "Person 5"})
        for as_of in ("2026-03-17T07:00:00Z", "2026-03-17T08:00:00Z"):
            counts = site.run(as_of=as_of).json["counts"]
            self.assertEqual((counts["new"], counts["resolved"]), (0, 0))
        again = site.exceptions("--control", "leaver-active")[0]
        self.assertIn("gone from the roster since run 2", again["summary"])
        site.write("hr.csv", roster(*self.everybody))
        self.assertEqual(site.run(as_of="2026-03-17T09:00:00Z").json["counts"]["resolved"], 1)
        self.assertEqual(self.leavers(site), [])

    def test_who_vanished_is_still_found_by_mail(self):
        site = self.open(world(self.everybody, account("ann", "", "mail: p5@example.com\n") + account("p1", "1")))
        site.run()
        site.write("hr.csv", roster(*self.everybody[:4]))
        site.run(as_of=LATER)
        self.assertEqual([line for line in site.found() if line.startswith(("leaver", "orphan"))], ["leaver-active\tann"])

    def test_an_old_id_that_left_the_table_is_not_gone(self):
        site = self.site()
        site.run()
        site.write("hr.csv", roster(*self.everybody[:4], person("50", previous_ids="5", username="p5")))
        site.run(as_of=LATER)
        self.assertEqual(self.leavers(site), [])

    def test_leaver_logon_of_somebody_gone_is_not_evaluable(self):
        ldif = account("p5", "5", "pwdLastSuccess: 20260316000000Z\n") + account("p1", "1")
        site = self.open(world(self.everybody, ldif))
        site.run()
        site.write("hr.csv", roster(*self.everybody[:4]))
        result = site.run(as_of=LATER)
        self.assertEqual(unjudged(result.json, "leaver-logon")[0]["subjects"], 1)

    def test_two_people_sources_and_person_kind(self):
        more = HR.replace('"hr"', '"agency"').replace("hr.csv", "agency.csv") % 'person_kind = "contractor";'
        site = self.open(world([person("1")], account("ann", "1") + account("ben", "X1"), source=sources(more=more),
                               agency_csv=roster(person("X1", end_date="2026-03-16"))))
        result = dry(site)
        self.assertEqual(lines(result), ["contractor-expired\tben"])

    def test_an_own_kind_goes_before_person_kind(self):
        site = self.open(world([person("1", kind="employee", end_date="2026-03-16")], account("ann", "1"),
                               source=sources(hr='person_kind = "contractor";')))
        self.assertEqual(lines(dry(site)), [])

    def test_one_incomplete_roster_of_two_makes_nobody_an_orphan_or_gone(self):
        more = HR.replace('"hr"', '"agency"').replace("hr.csv", "agency.csv") % ""
        site = self.open(world([person("1")], account("ann", "1") + account("ben", "X1"), source=sources(more=more),
                               agency_csv=roster(person("X1"))))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        os.remove(os.path.join(site.folder, "agency.csv"))
        self.assertEqual(site.run(as_of=LATER).code, 3)
        self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)
        site.write("agency.csv", roster(person("X1")))
        self.assertEqual(site.run(as_of="2026-03-17T07:00:00Z").code, 0)
        self.assertEqual(site.found(), [])


class Rights(SiteTest):
    def rights(self, ldif, people=(LEFT,), rules=RULES, code=0):
        return lines(dry(self.open(world(list(people), ldif, rules=rules))), "leaver-rights")

    def test_the_group_decides_about_the_limit_right_by_right(self):
        rules = RULES + 'entitlements: ( { group = "payroll"; means = "x"; } );\n'
        ldif = account("ann", "1", LOCKED) + group("admins", "ann") + group("payroll", "ann") + group("chess", "ann")
        self.assertEqual(self.rights(ldif, rules=rules), ["leaver-rights\tann\tadmins"])
        long_ago = (person(last_working_day="2026-01-05"),)
        self.assertEqual(self.rights(ldif, long_ago, rules), ["leaver-rights\tann\tadmins", "leaver-rights\tann\tpayroll"])
        just_now = (person(last_working_day="2026-03-16"),)
        self.assertEqual(self.rights(ldif, just_now, rules), [])

    def test_an_enabled_leaver_is_the_business_of_leaver_active(self):
        self.assertEqual(self.rights(account("ann", "1") + group("admins", "ann")), [])

    def test_a_right_through_nesting_is_reported_for_the_nearest_governed_group(self):
        rules = RULES.replace('[ "admins" ]', '[ "admins", "root" ]')
        ldif = account("ann", "1", LOCKED) + group("team", "ann")
        ldif += group("admins").replace("cn: admins\n", "cn: admins\nmember: cn=team,ou=groups,dc=example,dc=com\n")
        ldif += group("root").replace("cn: root\n", "cn: root\nmember: cn=admins,ou=groups,dc=example,dc=com\n")
        self.assertEqual(self.rights(ldif, rules=rules), ["leaver-rights\tann\tadmins"])


class Limits(SiteTest):
    def judged(self, people, ldif, rules):
        return dry(self.open(world(people, ldif, rules=RULES + rules)))

    def test_hours_and_days_stand_for_each_other(self):
        for text, found in (("days = 1;", 1), ("days = 12;", 0), ("hours = 288;", 0), ("hours = 240;", 1)):
            with self.subTest(text):
                result = self.judged([LEFT], account("ann", "1"), "controls: { leaver-active: { %s }; };\n" % text)
                self.assertEqual(len(lines(result, "leaver-active")), found)

    def test_profiles_and_the_strictest(self):
        for profile, found in (('"iso27001"', 0), ('"fedramp-moderate"', 1), ('"pci"', 1), ('["iso27001", "fedramp-moderate"]', 1), ('"dora"', 0)):
            with self.subTest(profile):
                result = self.judged([person(last_working_day="2026-03-16")], account("ann", "1"), f"profile = {profile};\n")
                self.assertEqual(len(lines(result, "leaver-active")), found)

    def test_severity_and_off(self):
        result = self.judged([LEFT], account("ann", "1") + account("ghost", "77"), 'controls: { leaver-active: { severity = "low"; }; orphaned-account: { enabled = false; }; };\n')
        self.assertEqual([(e["control"], e["severity"]) for e in result["exceptions"]], [("leaver-active", "low")])

    def test_the_day_that_daylight_saving_begins_ends_at_24_local_time(self):
        people = [person(last_working_day="2026-03-29", recorded_at="2026-03-29T00:00:00Z")]
        site = self.open(world(people, account("adm-ann", "1", modified="20260329200000Z")))
        # 24:00 on the 29th is 22:00Z; four hours later is 02:00Z.
        self.assertEqual(lines(site.run("--dry-run", as_of="2026-03-30T01:59:00Z").json), [])
        self.assertEqual(lines(site.run("--dry-run", as_of="2026-03-30T02:01:00Z").json), ["leaver-active\tadm-ann"])


class Odd(SiteTest):
    def test_as_of_that_is_no_time(self):
        site = self.open(world([LEFT], account("ann", "1")))
        self.assertEqual(site.run(as_of="yesterday-ish").code, 2)
        self.assertEqual(site.run(as_of="2026-03-17T06:00:00+01:00").json["run"]["as_of"], AS_OF)

    def test_ids_that_list_each_other_and_managers_in_a_circle(self):
        people = [person("1", previous_ids="2", manager_id="2"), person("2", previous_ids="1", manager_id="1")]
        site = self.open(world(people, account("ann", "1") + account("ben", "2")))
        self.assertEqual(site.run("--dry-run").code, 0)

    def test_one_id_in_two_rosters_is_never_guessed(self):
        more = HR.replace('"hr"', '"agency"').replace("hr.csv", "agency.csv") % ""
        site = self.open(world([LEFT], account("ann", "1"), source=sources(more=more), agency_csv=roster(person("1"))))
        self.assertEqual(lines(dry(site)), ["ambiguous-account\tann"])

    def test_without_people_what_needs_them_is_not_evaluable_as_a_whole(self):
        site = self.open(world([LEFT], account("ann", "1") + account("svc-a"), source="sources: (" + CORP % "" + ");\n"))
        result = dry(site)
        self.assertEqual([line for line in lines(result) if line.split("\t")[0] not in OTHERS], ["service-without-owner\tsvc-a"])
        for control in ("leaver-active", "leaver-logon", "orphaned-account", "ambiguous-account", "contractor-expired"):
            self.assertEqual([row["subjects"] for row in unjudged(result, control)], [None])

    def test_applications_alone_are_judged_without_a_directory(self):
        config = "sources: (" + HR % "" + "," + SHOP + ");\n"
        site = self.open(world([LEFT], "", source=config, rules="", shop_csv="id,name,employee_id,enabled\na1,ann,1,yes\n"))
        self.assertEqual(lines(dry(site)), ["leaver-active\tann"])

    def test_under_includes_the_entry_itself(self):
        rules = 'account_classes: ( { class = "service"; under = "uid=robot,ou=people,dc=example,dc=com"; } );\n'
        site = self.open(world([person("1")], account("robot") + account("ann", "1"), rules=rules))
        self.assertEqual(lines(dry(site)), ["service-without-owner\trobot"])

    def test_filters_of_the_list(self):
        site = self.open(world([LEFT, person("2")], account("ann", "1") + account("ghost", "9")))
        site.run()
        site.write("corp.ldif", account("ann", "1") + account("ghost", "9") + account("zed", "88"))
        site.run(as_of=LATER)
        self.assertEqual(site.found("--new"), ["orphaned-account\tzed"])
        self.assertEqual(site.found("--person", "1"), ["leaver-active\tann"])
        self.assertEqual(site.found("--account", "GHOST"), ["orphaned-account\tghost"])
        self.assertEqual(site.rightful("exceptions", "--control", "leaver-activ").code, 2)

    def test_two_directories_and_one_is_missing(self):
        lab = CORP.replace('"corp"', '"lab"').replace("corp.ldif", "lab.ldif") % ""
        files = account("zed", "77").replace("ou=people", "ou=lab") + account("svc-lab").replace("ou=people", "ou=lab")
        site = self.open(world([LEFT, person("2")], account("ann", "1") + account("ben", "2"), source=sources(more=lab), lab_ldif=files))
        self.assertEqual(site.run().code, 0)
        before = {e["id"]: e for e in site.ledger()}
        os.remove(os.path.join(site.folder, "lab.ldif"))
        site.write("corp.ldif", account("ann", "1", LOCKED) + account("ben", "2") + account("new", "66"))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"))
        after = {e["id"]: e for e in site.ledger()}
        for identifier, exception in before.items():
            if exception["subject"].get("source") == "lab":
                self.assertEqual(after[identifier], exception)
        self.assertEqual(sorted((line_of(e), e["status"]) for e in after.values()),
                         [("leaver-active\tann", "resolved"), ("leaver-late\tann", "open"), ("orphaned-account\tnew", "open"), ("orphaned-account\tzed", "open"),
                          ("service-without-owner\tsvc-lab", "open"), ("source-incomplete\tlab", "open")])

    def test_check_says_when_several_groups_fit(self):
        twins = group("admins", "ann") + group("admins", "ann").replace("ou=groups", "ou=lab")
        site = self.open(world([person("1")], account("ann", "1") + twins))
        result = site.rightful("check", "--json")
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("warning", [row["result"] for row in result.json["check"] if "admins" in row["text"]])

    def test_the_first_run_says_that_no_guard_could_hold_it(self):
        site = self.open(world([LEFT], account("ann", "1")))
        self.assertIn("irst run", site.run().err)
        self.assertNotIn("irst run", site.run().err)

    def test_a_dry_run_says_that_the_run_would_be_held(self):
        ghosts = "".join(account(f"ghost{i}", str(7000 + i)) for i in range(9))
        site = self.open(world([person("1")], account("ann", "1") + ghosts))
        site.run()
        site.write("hr.csv", roster(person("1"), *[person(str(7000 + i)) for i in range(9)]))
        result = site.run("--dry-run", as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual([h["accept"] for h in result.json["held"]], ["ledger:resolved"])
        self.assertEqual(result.json["run"]["status"], "dry")
        self.assertEqual(site.run("--dry-run", "--accept", "ledger:resolved", "--reason", "x", as_of=LATER).code, 0)

    def test_an_account_of_a_source_that_carries_an_old_id(self):
        site = self.open(world([person("9", previous_ids="1|7", last_working_day="2026-03-05")], account("ann", "7")))
        found = dry(site)["exceptions"][0]
        self.assertEqual((found["control"], found["person"]), ("leaver-active", {"id": "9", "name": "Person 9"}))


class More(SiteTest):
    everybody = [person(str(n), email=f"p{n}@example.com", username=f"p{n}") for n in range(1, 13)]

    def test_the_printed_command_lets_everything_through(self):
        members = [f"p{n}" for n in range(1, 13)]
        ldif = "".join(account(f"p{n}", str(n)) for n in range(1, 13))
        site = self.open(world(self.everybody, ldif + group("Big Team's", *members)))
        site.run()
        site.write("corp.ldif", "".join(account(f"p{n}", "") for n in range(1, 8)) + group("Big Team's"))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        command = [line for line in result.err.splitlines() if line.startswith("  rightful ")][0]
        words = shlex.split(command)
        self.assertIn("corp:group.Big Team's", words)
        self.assertEqual(words[1:4], ["--config", site.config, "run"])
        again = site.rightful(*words[3:])
        self.assertEqual(again.code, 0, again.err)
        self.assertIn("Big Team's", site.rightful("run-show", "3", "--json").out)

    def test_two_sources_are_held_at_once(self):
        ldif = "".join(account(f"p{n}", str(n)) for n in range(1, 13))
        site = self.open(world(self.everybody, ldif))
        site.run()
        site.write("corp.ldif", account("p1", "1"))
        site.write("hr.csv", roster(*self.everybody[:2]))
        result = site.run("--accept", "corp:accounts", "--reason", "half of it", as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual({h["source"] for h in result.json["held"]}, {"corp", "hr"})
        self.assertNotIn("corp:accounts", [h["accept"] for h in result.json["held"]])
        self.assertIn("--accept corp:accounts --accept", result.err)

    def test_the_owner_who_vanished_has_left(self):
        service = account("svc-a", "", "owner: uid=p12,ou=people,dc=example,dc=com\n")
        site = self.open(world(self.everybody, account("p1", "1") + account("p12", "12", LOCKED) + service))
        site.run()
        site.write("hr.csv", roster(*self.everybody[:11]))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertIn("owner-left\tsvc-a", site.found())

    def test_commands_that_look_know_who_vanished(self):
        site = self.open(world(self.everybody, account("p1", "1") + account("p12", "12")))
        site.run()
        site.write("hr.csv", roster(*self.everybody[:11]))
        site.run(as_of=LATER)
        found = site.rightful("person", "12", "--as-of", LATER, "--json")
        self.assertEqual(found.code, 0, found.err)
        self.assertIn("Person 12", found.out)
        self.assertIn("Person 12", site.rightful("account", "p12", "--as-of", LATER, "--json").out)

    def test_an_unreadable_cell_of_an_application_rejects_its_row(self):
        site = self.open(world([LEFT], account("x", "1", LOCKED), source=sources(more=SHOP),
                               shop_csv="id,name,employee_id,enabled,created\na1,ann,1,perhaps,\na2,anne,1,yes,\na3,anna,1,yes,soon\n"))
        result = dry(site)
        self.assertEqual(lines(result, "leaver-active"), ["leaver-active\tanne"])
        shop = result["run"]["sources"][2]
        self.assertEqual((shop["counts"]["pulled"], shop["counts"]["kept"], shop["counts"]["rejected"]), (3, 1, 2))

    def test_a_stale_list_of_accounts(self):
        site = self.open(world([LEFT], account("x", "1", LOCKED), source=sources(more=SHOP), shop_csv="id,name,employee_id,enabled\na1,ann,1,yes\n"))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        os.utime(os.path.join(site.folder, "shop.csv"), (1773500000, 1773500000))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, [source["status"] for source in result.json["run"]["sources"]]), (3, ["complete", "complete", "stale"]))
        self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)

    def test_the_class_of_an_application_stands_when_no_rule_fits(self):
        site = self.open(world([person("1")], account("x", "1"), source=sources(more=SHOP),
                               shop_csv="id,name,enabled,class\na1,batch,yes,Service\na2,svc-b,yes,\na3,odd,yes,whatever\n"))
        self.assertEqual(lines(dry(site)), ["orphaned-account\todd", "service-without-owner\tbatch", "service-without-owner\tsvc-b"])

    def test_a_cut_ldif_changes_nothing(self):
        ldif = account("ann", "1") + account("ben", "2") + account("ghost", "77")
        site = self.open(world([LEFT, person("2")], ldif))
        site.run()
        before = site.ledger()
        site.write("corp.ldif", ldif[:ldif.rindex("createTimestamp") + 9])
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err)
        self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)

    def test_stale_approvals_hold_what_rests_on_them(self):
        tickets = '{ name = "tickets"; kind = "csv"; provides = "approvals"; path = "tickets.csv"; }'
        site = self.open(world([person("1"), person("2")], account("ann", "1") + account("ben", "2") + group("admins", "ann"),
                               source=sources(more=tickets), tickets_csv="id,group,account,approved_by,expires_on\nT1,admins,ann,2,\n"))
        self.assertEqual(site.run().code, 0)
        self.assertEqual([line for line in site.found() if line.startswith("privileged-unapproved")], [])
        os.utime(os.path.join(site.folder, "tickets.csv"), (1773000000, 1773000000))
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3)
        self.assertEqual([line for line in site.found() if not line.startswith(("source-", "group-", "privileged-daily"))], [])
        self.assertEqual([row["subjects"] for row in unjudged(result.json, "privileged-unapproved")], [None])

    def test_a_leaver_over_the_night_is_found_without_a_change_of_files(self):
        site = self.open(world([person("1", last_working_day="2026-03-17"), person("2")], account("ann", "1", modified="20260317200000Z")))
        self.assertEqual(site.run().json["counts"]["new"], 0)
        self.assertEqual(site.run(as_of="2026-03-18T22:30:00Z").code, 3)
        self.assertEqual([line for line in site.found() if line.startswith("leaver")], [])
        site.write("corp.ldif", account("ann", "1", modified="20260318200000Z"))
        self.assertEqual(site.run(as_of="2026-03-18T23:30:00Z").code, 0)
        self.assertEqual(site.found(), ["leaver-active\tann"])

    def test_without_a_time_zone_the_organisations_is_utc(self):
        head = HEAD.replace(' timezone = "Europe/Berlin";', "")
        site = self.open(world([person("1", last_working_day="2026-03-15")], account("ann", "1"), head=head))
        self.assertEqual(lines(site.run("--dry-run", as_of="2026-03-17T00:00:00Z").json), [])
        self.assertEqual(lines(site.run("--dry-run", as_of="2026-03-17T00:00:01Z").json), ["leaver-active\tann"])

    def test_manifold_subjects_of_one_reason_are_one_row(self):
        people = [person("1", status="left"), person("2", status="left")]
        ldif = account("ann", "1", "pwdLastSuccess: 20260316000000Z\n") + account("ben", "2", "pwdLastSuccess: 20260316000000Z\n")
        rows = unjudged(dry(self.open(world(people, ldif))), "leaver-logon")
        self.assertEqual([row["subjects"] for row in rows], [2])


if __name__ == "__main__":
    unittest.main()
