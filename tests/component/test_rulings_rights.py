"""What the rulings mean for names of groups, privileged rights, classes of accounts and entries. One small world a line."""

import unittest

from rights_worlds import (ADMINS, DOMAIN, HEAD, LOCKED, NOBODY, ad_group, ad_user, approval, asset, encoded, foreign, found, group,
                           person, RightsTest, sid, unjudged, user, world)
from site_under_test import Site, line_of


class GroupNames(RightsTest):
    def test_names_in_every_form_and_case(self):
        ldif = (ad_user("ann", 1101) + ad_group("Geheim", DOMAIN + "-1500", "ann").replace("sAMAccountName: Geheim", "sAMAccountName: secret"))
        for text in ("secret", "SECRET", "geheim", "CN=Geheim,OU=groups,DC=example,DC=com", "cn=GEHEIM, ou=Groups , dc=example,dc=com",
                     DOMAIN + "-1500", DOMAIN.lower() + "-1500"):
            with self.subTest(text):
                self.expect("privileged-unapproved", ["ann/secret"], ldif, f'privileged = [ "{text}" ];', approvals=NOBODY,
                            server="active-directory")

    def test_a_name_that_fits_nothing(self):
        lines = {"privileged": 'privileged = [ "admins", "adminz" ];',
                 "entitlements": 'entitlements: ( { group = "adminz"; }, { group = "admins"; } );',
                 "segregation": 'segregation: ( { id = "r"; a = ["admins"]; b = ["adminz"]; } );',
                 "account_classes": 'account_classes: ( { class = "shared"; member_of = "adminz"; } );'}
        controls = {"privileged": ["privileged-unapproved", "privileged-nested", "review-overdue"], "entitlements": ["excess-privilege", "review-overdue"],
                    "segregation": ["segregation-conflict", "review-overdue"],
                    "account_classes": ["orphaned-account", "service-without-owner", "dormant-account"]}
        for name, config in lines.items():
            with self.subTest(name):
                site = self.open(world(user("ann") + group("admins", "ann"), config, approvals=NOBODY, assets=[asset("A1")]))
                run = site.run()
                self.assertEqual((run.code, run.json["run"]["status"]), (0, "applied"), run.err)
                self.assertIn("adminz", run.err)
                for control in controls[name]:
                    rows = unjudged(run, control)
                    self.assertTrue([r for r in rows if "adminz" in r["reason"] and r["subjects"] is None], (control, rows))
                check = site.rightful("check")
                self.assertEqual(check.code, 1, check.out)
                self.assertIn("adminz", check.out)

    def test_several_groups_of_one_name_are_all_meant_and_check_says_so(self):
        ldif = (user("ann") + user("bob") + group("admins", "ann")
                + group("admins", "bob").replace("ou=groups", "ou=other"))
        self.expect("privileged-unapproved", ["ann/admins", "bob/admins"], ldif, ADMINS, approvals=NOBODY)
        check = self.open(world(ldif, ADMINS)).rightful("check")
        self.assertEqual(check.code, 0, check.out)
        self.assertIn("fits 2 groups", check.out)

    def test_names_of_tables_that_fit_nothing_are_said(self):
        site = self.open(world(user("ann") + group("admins", "ann"), ADMINS, approvals=[approval("adminz", account="ann")],
                               assets=[asset("A1", access_groups="opz")]))
        for result in (site.run(), site.rightful("check")):
            self.assertEqual(result.code, 0, result.out + result.err)
            for name in ("adminz", "opz"):
                self.assertIn(name, result.out + result.err)

    def test_nothing_is_said_of_names_while_a_directory_is_incomplete(self):
        site = self.open(world("dn: cn=x\nchangetype: delete\n\n", ADMINS))
        run = site.run()
        self.assertEqual(run.code, 3)
        self.assertNotIn("no group is called", run.err)


class Privileged(RightsTest):
    def test_built_in_groups_by_their_number(self):
        for rid in (512, 518, 519, 520, 526, 527):
            with self.subTest(rid):
                ldif = ad_user("ann", 1101) + ad_group("Grüppe".replace("ü", "u"), f"{DOMAIN}-{rid}", "ann")
                self.expect("privileged-unapproved", ["ann/Gruppe"], ldif, approvals=NOBODY, server="active-directory")
        for rid in (544, 548, 549, 550, 551, 552):
            with self.subTest(rid):
                ldif = ad_user("ann", 1101) + ad_group("Gruppe", f"S-1-5-32-{rid}", "ann")
                self.expect("privileged-unapproved", ["ann/Gruppe"], ldif, approvals=NOBODY, server="active-directory")
        for identifier in (f"{DOMAIN}-513", "S-1-5-32-545", "S-1-5-32-512", f"{DOMAIN}-544"):
            with self.subTest(identifier):
                self.expect("privileged-unapproved", [], ad_user("ann", 1101) + ad_group("Gruppe", identifier, "ann"),
                            approvals=NOBODY, server="active-directory")

    def test_nearest_group_but_each_group_by_itself_for_nested(self):
        ldif = (ad_user("ann", 1101) + ad_user("bob", 1102) + ad_group("ops", DOMAIN + "-1500", "bob")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", "@ops") + ad_group("Administrators", "S-1-5-32-544", "@Domain Admins"))
        result = self.expect("privileged-unapproved", ["ann/Domain Admins", "bob/Domain Admins"], ldif, approvals=NOBODY,
                             server="active-directory")
        self.assertEqual(found(result, "privileged-nested"), ["ann/Administrators", "bob/Administrators", "bob/Domain Admins"])
        row = next(e for e in result.json["exceptions"] if line_of(e) == "privileged-nested\tbob\tAdministrators")
        self.assertEqual(row["evidence"]["path"], ["ops", "Domain Admins", "Administrators"])

    def test_primary_groups_are_memberships_that_no_list_shows(self):
        ldif = ad_user("ann", 1101, extra="primaryGroupID: 512\n") + ad_group("Domain Admins", DOMAIN + "-512")
        result = self.expect("privileged-nested", ["ann/Domain Admins"], ldif, approvals=NOBODY, server="active-directory")
        self.assertEqual(found(result, "privileged-unapproved"), ["ann/Domain Admins"])
        posix = (user("ann", classes="inetOrgPerson\nobjectClass: posixAccount", extra="gidNumber: 500\n")
                 + group("admins", classes="posixGroup", extra="gidNumber: 500\n"))
        self.expect("privileged-nested", ["ann/admins"], posix, ADMINS)
        both = posix.replace("gidNumber: 500\n\n", "gidNumber: 500\nmemberUid: ann\n\n", 2).replace("memberUid: ann\n", "", 1)
        self.assertIn("memberUid", both)
        self.expect("privileged-nested", [], both, ADMINS)

    def test_memberuid_is_a_listed_member_of_any_case(self):
        ldif = user("ann") + group("admins", classes="posixGroup", extra="gidNumber: 500\nmemberUid: ANN\nmemberUid: nobody\n")
        result = self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_uniquemember_with_its_bit_string(self):
        ldif = user("ann") + group("admins", classes="groupOfUniqueNames",
                                   extra="uniqueMember: uid=ann,ou=people,dc=example,dc=com#'0101'B\n")
        self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)

    def test_distribution_groups_grant_nothing_through_security_groups(self):
        for kind, expected in ((2, []), (-2147483646, ["ann/Domain Admins"])):
            ldif = (ad_user("ann", 1101) + ad_group("list", DOMAIN + "-1500", "ann", kind=kind)
                    + ad_group("Domain Admins", DOMAIN + "-512", "@list"))
            self.expect("privileged-unapproved", expected, ldif, approvals=NOBODY, server="active-directory")

    def test_classes_and_states_that_are_subjects(self):
        classes = ('account_classes: ( { class = "service"; name = "svc-*"; }, { class = "shared"; name = "box-*"; },'
                   ' { class = "break-glass"; name = "bg-*"; }, { class = "guest"; name = "g-*"; }, { class = "computer"; name = "pc-*"; } );')
        names = ["ann", "svc-a", "box-a", "bg-a", "g-a", "pc-a"]
        ldif = "".join(user(n) for n in names) + user("off", extra=LOCKED) + user("over", extra="shadowExpire: 20000\n")
        self.expect("privileged-unapproved", ["ann/admins", "svc-a/admins", "box-a/admins", "g-a/admins"],
                    ldif + group("admins", *names, "off", "over"), ADMINS + classes, approvals=NOBODY)

    def test_unknown_state_is_a_subject_of_rights(self):
        ldif = ad_user("ann", 1101, control=-5) + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        self.expect("privileged-unapproved", ["ann/Domain Admins"], ldif, approvals=NOBODY, server="active-directory")

    def test_built_in_accounts_are_break_glass_and_managed_ones_service(self):
        ldif = (ad_user("Administrator", 500) + ad_user("Gast", 501) + ad_user("krbtgt", 502) + ad_user("ann", 1101)
                + ad_user("gmsa", 1102, classes=("user", "computer", "msDS-GroupManagedServiceAccount"))
                + ad_group("Domain Admins", DOMAIN + "-512", "Administrator", "Gast", "krbtgt", "ann", "gmsa"))
        result = self.expect("privileged-unapproved", ["ann/Domain Admins", "gmsa/Domain Admins"], ldif, approvals=NOBODY,
                             server="active-directory")
        self.assertEqual(found(result, "service-without-owner"), ["gmsa"])
        self.assertEqual(found(result, "orphaned-account"), ["ann"])

    def test_foreign_principal_is_the_account_of_another_source(self):
        other = "S-1-5-21-7-8-9"
        partner = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=partner,DC=com")
        principal = f"CN={other}-1103,CN=ForeignSecurityPrincipals,DC=example,DC=com"
        ldif = (ad_user("ann", 1101) + foreign(other + "-1103") + foreign("S-1-5-11")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", principal, "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=example,DC=com"))
        result = self.expect(
            "privileged-unapproved", ["ann/Domain Admins", "pat/Domain Admins"], ldif, approvals=NOBODY, server="active-directory",
            partner_ldif=partner,
            more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')
        self.assertEqual(found(result, "privileged-nested"), ["pat/Domain Admins"])
        row = next(e for e in result.json["exceptions"] if line_of(e) == "privileged-nested\tpat\tDomain Admins")
        self.assertEqual((row["subject"]["source"], row["object"]["source"]), ("partner", "corp"))

    def test_foreign_group_of_another_source_is_walked_into(self):
        other = "S-1-5-21-7-8-9"
        partner = (ad_user("pat", 1103, domain=other) + ad_group("helpers", other + "-1600", "pat")).replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = ad_user("ann", 1101) + foreign(other + "-1600") + ad_group("Domain Admins", DOMAIN + "-512",
                                                   f"CN={other}-1600,CN=ForeignSecurityPrincipals,DC=example,DC=com")
        self.expect("privileged-nested", ["pat/Domain Admins"], ldif, server="active-directory", partner_ldif=partner,
                    more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')

    def test_loops_report_each_account_once(self):
        ldif = (user("ann") + group("admins", "@a") + group("a", "@b") + group("b", "@admins", "@a", "@b", "ann"))
        result = self.expect("privileged-nested", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)
        self.assertEqual(found(result, "privileged-unapproved"), ["ann/admins"])


class AccountClasses(RightsTest):
    def test_member_of_is_effective_and_under_includes_the_entry_itself(self):
        config = ('account_classes: ( { class = "service"; member_of = "robots"; }, { class = "service"; under = "ou=Services, dc=example,dc=com"; },'
                  ' { class = "shared"; under = "uid=box,ou=people,dc=example,dc=com"; } );')
        ldif = (user("a1") + user("a2", ou="services") + user("box") + user("plain") + group("inner", "a1") + group("robots", "@inner"))
        result = self.expect("service-without-owner", ["a1", "a2", "box"], ldif, config)
        self.assertEqual(found(result, "orphaned-account"), ["plain"])

    def test_first_match_wins_every_condition_holds_and_case_does_not_matter(self):
        config = ('account_classes: ( { class = "admin"; name = "SVC-*"; under = "ou=services,dc=example,dc=com"; },'
                  ' { class = "service"; name = "SVC-?"; }, { class = "shared"; name = "svc-*"; source = "other"; } );')
        config = config.replace(', { class = "shared"; name = "svc-*"; source = "other"; }', ', { class = "shared"; name = "svc-*"; source = "corp"; }')
        ldif = user("Svc-a") + user("svc-b", ou="services") + user("svc-long")
        site = self.open(world(ldif, config))
        classes = {name: site.rightful("account", name, "--json").json["account"][0]["class"] for name in ("Svc-a", "svc-b", "svc-long")}
        self.assertEqual(classes, {"Svc-a": "service", "svc-b": "admin", "svc-long": "shared"})


class MoreRights(RightsTest):
    def test_nearest_is_judged_for_each_kind_of_governing(self):
        people = [person("1", last_working_day="2026-01-01")]
        ldif = user("ann", "1", extra=LOCKED) + group("inner", "ann") + group("outer", "@inner")
        both = [asset("A1", access_groups="inner")]
        self.expect("leaver-rights", ["ann/inner", "ann/outer"], ldif, 'privileged = [ "outer" ];', people=people, assets=both)
        self.expect("leaver-rights", ["ann/inner"], ldif, people=people, assets=[asset("A1", access_groups="inner|outer")])
        self.expect("leaver-rights", ["ann/inner", "ann/outer"], ldif, 'entitlements: ( { group = "outer"; } );', people=people,
                    assets=[asset("A1", access_groups="inner|outer")])
        self.expect("leaver-rights", [], ldif, people=people, assets=[asset("A1", access_groups="inner", status="retired")])

    def test_leaver_rights_has_24_hours_for_privileged_groups_right_by_right(self):
        people = [person("1", last_working_day="2026-03-10")]
        ldif = user("ann", "1", extra=LOCKED) + group("admins", "ann") + group("crm", "ann")
        self.expect("leaver-rights", ["ann/admins"], ldif, ADMINS, people=people, assets=[asset("A1", access_groups="crm")])

    def test_a_dn_of_another_source_is_a_listed_member(self):
        partner = ad_user("pat", 1103, domain="S-1-5-21-7-8-9").replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = ad_user("ann", 1101) + ad_group("Domain Admins", DOMAIN + "-512", "CN=pat,OU=people,DC=partner,DC=com")
        result = self.expect("privileged-unapproved", ["pat/Domain Admins"], ldif, approvals=NOBODY, server="active-directory", partner_ldif=partner,
                             more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_while_one_directory_is_missing_its_rights_stay_as_they_are(self):
        more = '{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }'
        other = "S-1-5-21-7-8-9"
        partner = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = (ad_user("ann", 1101) + foreign(other + "-1103")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", f"CN={other}-1103,CN=ForeignSecurityPrincipals,DC=example,DC=com"))
        site = self.open(world(ldif, approvals=NOBODY, server="active-directory", partner_ldif=partner, more=more))
        self.assertEqual(site.run().code, 0)
        before = site.found()
        self.assertIn("privileged-nested\tpat\tDomain Admins", before)
        site.write("partner.ldif", partner[:-40] + "\nobjectSid:: !!!\n")
        self.assertEqual(site.run().code, 3)
        self.assertEqual(sorted(set(before) - set(site.found())), [])

    def test_rights_of_an_application_table(self):
        config = 'privileged = [ "app-admins" ]; entitlements: ( { group = "pay"; allowed = ( { department = "Finance"; } ); } );'
        table_of = "id,name,employee_id,enabled,last_logon,created,class,owner,groups\n" \
                   "a1,ann,1,true,2026-03-16T08:00:00Z,2020-01-01T00:00:00Z,,,app-admins|pay\n" \
                   "a2,robot,,yes,2026-03-16T08:00:00Z,2020-01-01T00:00:00Z,service,,pay\n" \
                   "a3,old,1,no,,,,,app-admins\n"
        result = self.expect("privileged-unapproved", ["ann/app-admins"], user("zoe", "9"), config, people=[person("1", department="Sales")],
                             approvals=NOBODY, app_csv=table_of, more='{ name = "app"; kind = "csv"; provides = "accounts"; path = "app.csv"; }')
        self.assertEqual(found(result, "excess-privilege"), ["ann/pay", "robot/pay"])
        self.assertEqual(found(result, "service-without-owner"), ["robot"])
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_severity_rises_for_the_privileged_but_not_where_the_control_is_about_that(self):
        ldif = user("ann") + user("bob") + group("inner", "ann") + group("admins", "@inner")
        result = self.judge(ldif, ADMINS + 'entitlements: ( { group = "admins"; allowed = ( { id = "x"; } ); } );', approvals=NOBODY)
        got = {line_of(e).replace("\t", " "): e["severity"] for e in result.json["exceptions"]}
        self.assertEqual(got, {"orphaned-account ann": "critical", "orphaned-account bob": "high", "excess-privilege ann admins": "high",
                               "privileged-nested ann admins": "high", "privileged-unapproved ann admins": "high",
                               "group-without-owner admins": "medium"})

    def test_identity_survives_new_names_and_dns(self):
        ldif = ad_user("ann", 1101) + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        site = self.open(world(ldif, approvals=NOBODY, server="active-directory"))
        site.run()
        before = {e["id"] for e in site.exceptions()}
        renamed = (ldif.replace("CN=ann,OU=people", "CN=Anna New,OU=elsewhere").replace("sAMAccountName: ann", "sAMAccountName: anew")
                   .replace("CN=Domain Admins,", "CN=Chefs,").replace("sAMAccountName: Domain Admins", "sAMAccountName: Chefs"))
        site.write("corp.ldif", renamed)
        run = site.run("--accept", "corp:branch.OU=people,DC=example,DC=com", "--reason", "moved")
        self.assertEqual((run.code, run.json["counts"]["new"], run.json["counts"]["resolved"]), (0, 0, 0), run.err)
        self.assertEqual({e["id"] for e in site.exceptions()}, before)
        self.assertIn("privileged-unapproved\tanew\tChefs", site.found())

    def test_a_privileged_group_under_a_localised_name_in_utf8(self):
        name = "Domänen-Admins"
        ldif = ad_user("ann", 1101) + ad_group("DA", DOMAIN + "-512", "ann").replace("sAMAccountName: DA\n", encoded("sAMAccountName", name.encode()))
        self.expect("privileged-unapproved", ["ann/" + name], ldif, approvals=NOBODY, server="active-directory")
        self.expect("excess-privilege", ["ann/" + name], ldif, 'entitlements: ( { group = "DOMÄNEN-ADMINS"; } );', server="active-directory")

    def test_sides_that_contain_each_other_are_both_held(self):
        ldif = user("ann", "1") + group("approve", "ann") + group("pay", "@approve")
        self.expect("segregation-conflict", ["Person 1/r"], ldif, 'segregation: ( { id = "r"; a = ["pay"]; b = ["approve"]; } );', people=[person("1")])

    def test_explain_says_how_a_right_was_granted(self):
        ldif = (ad_user("ann", 1101, extra="primaryGroupID: 512\n") + ad_group("Domain Admins", DOMAIN + "-512")
                + ad_group("Administrators", "S-1-5-32-544", "@Domain Admins"))
        site = self.open(world(ldif, server="active-directory"))
        rows = {row["group"]: row for row in site.rightful("explain", "ann", "--json").json["explain"]}
        self.assertEqual(sorted(rows), ["Administrators", "Domain Admins"])
        self.assertEqual([hop["via"] for hop in rows["Administrators"]["path"]], ["primary group", "member"])
        self.assertIn("primary group", site.rightful("explain", "ann").out)

    def test_without_people_rights_that_rest_on_them_are_not_evaluable(self):
        site = self.open(Site(HEAD + 'sources: ( { name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; } );'
                              + ADMINS + 'entitlements: ( { group = "admins"; allowed = ( { id = "1"; } ); } );',
                              {"corp.ldif": user("ann", "1") + group("inner", "ann") + group("admins", "@inner")}))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        for control in ("excess-privilege", "segregation-conflict", "leaver-active", "asset-ghost"):
            self.assertTrue(unjudged(run, control), control)
        self.assertIn("privileged-nested\tann\tadmins", site.found())

    def test_thresholds_of_an_exception_are_those_it_was_judged_by(self):
        ldif = user("ann", "1").replace("pwdLastSuccess: 20260316080000Z", "pwdLastSuccess: 20260101080000Z")
        config = 'profile = [ "soc2", "pci" ]; controls: { dormant-account: { days = 60; severity = "high"; }; };'
        site = self.open(world(ldif, config, people=[person("1")]))
        self.assertEqual(site.run().code, 0)
        rows = site.exceptions()
        self.assertEqual([(e["control"], e["severity"]) for e in rows], [("dormant-account", "high")])
        self.assertEqual(rows[0]["rule"]["thresholds"], {"days": 60, "privileged_days": 30})
        self.assertIn("soc2", rows[0]["rule"]["profile"])
        self.assertIn("pci", rows[0]["rule"]["profile"])

    def test_a_limit_passes_only_when_more_than_it_is_over(self):
        ldif = user("ann", "1").replace("pwdLastSuccess: 20260316080000Z", "pwdLastSuccess: 20260115050000Z")
        for seconds, expected in ((0, []), (1, ["ann"])):
            self.expect("dormant-account", expected, ldif, "controls: { dormant-account: { days = 61; }; };", people=[person("1")],
                        as_of=f"2026-03-17T05:00:0{seconds}Z")


class Entries(RightsTest):
    def counts(self, ldif, server="openldap", corp="", config=""):
        result = self.judge(ldif, config, server=server, corp=corp)
        source = result.json["run"]["sources"][0]
        self.assertEqual(source["status"], "complete", source)
        self.assertEqual(source["counts"]["pulled"], source["counts"]["kept"] + source["counts"]["rejected"] + source["counts"]["excluded"])
        return source

    def test_what_is_an_account_and_what_a_group_in_openldap(self):
        ldif = user("a1") + user("a2", classes="posixAccount") + user("a3", classes="account")
        for number, name in enumerate(("groupOfNames", "groupOfUniqueNames", "groupOfMembers", "posixGroup", "groupOfURLs", "group")):
            ldif += group(f"g{number}", classes=name)
        ldif += "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n"
        ldif += "dn: cn=pc,dc=example,dc=com\nobjectClass: device\ncn: pc\n\n"
        ldif += user("none").replace("uid: none\n", "")
        source = self.counts(ldif)
        self.assertEqual({k: source["counts"][k] for k in ("accounts", "groups", "computers", "rejected")},
                         {"accounts": 3, "groups": 6, "computers": 0, "rejected": 0})
        self.assertEqual(source["exclusions"].get("no-name"), 1, source)

    def test_what_is_an_account_and_what_a_group_in_active_directory(self):
        ldif = (ad_user("a1", 1) + ad_user("a2", 2, classes=("top", "person", "organizationalPerson", "user")) + ad_group("g1", DOMAIN + "-3")
                + ad_user("pc$", 4, classes=("user", "computer"), control=4096)
                + ad_user("gmsa$", 5, classes=("user", "computer", "msDS-GroupManagedServiceAccount"))
                + ad_user("smsa$", 6, classes=("user", "computer", "msDS-ManagedServiceAccount"))
                + ad_user("contact", 7, classes=("contact",)) + foreign("S-1-5-11") + ad_user("none", 8).replace("sAMAccountName: none\n", ""))
        source = self.counts(ldif, "active-directory")
        self.assertEqual({k: source["counts"][k] for k in ("accounts", "groups", "computers", "rejected")},
                         {"accounts": 4, "groups": 1, "computers": 1, "rejected": 0})
        self.assertEqual(source["exclusions"].get("no-name"), 1, source)

    def test_filters_hold_for_files_too(self):
        ldif = user("ann", extra="employeeType: staff\n") + user("bob") + group("g1", extra="description: x\n") + group("g2")
        source = self.counts(ldif, corp='account_filter = "(&(objectClass=inetOrgPerson)(employeeType=staff))"; group_filter = "(description=*)";')
        self.assertEqual((source["counts"]["accounts"], source["counts"]["groups"]), (1, 1))

    def test_without_operational_attributes_nobody_knows_who_is_locked(self):
        bare = ("dn: uid={0},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {0}\ncn: {0}\nsn: {0}\n"
                "objectClass: posixAccount\nloginShell: /usr/sbin/nologin\n\n")
        ldif = bare.format("ann") + group("admins", "ann").replace("modifyTimestamp: 20260316200000Z\n", "")
        for lock_state, orphans in (("auto", []), ("none", ["ann"]), ("recorded", ["ann"])):
            result = self.expect("orphaned-account", orphans, ldif, ADMINS, approvals=NOBODY, corp=f'lock_state = "{lock_state}";')
            self.assertEqual(found(result, "privileged-unapproved"), ["ann/admins"])
            self.assertEqual(bool(unjudged(result, "orphaned-account")), lock_state == "auto")

    def test_a_computers_account_in_no_class_of_people(self):
        ldif = ad_user("pc$", 4, classes=("user", "computer"), control=4096) + ad_user("ann", 5, "9")
        ldif += ad_group("Domain Admins", DOMAIN + "-512", "pc$")
        result = self.expect("privileged-unapproved", [], ldif, approvals=NOBODY, server="active-directory")
        self.assertEqual(found(result, "orphaned-account"), [])

    def test_domain_users_in_a_privileged_group_is_everybody(self):
        ldif = (ad_user("ann", 1101, extra="primaryGroupID: 513\n") + ad_user("bob", 1102, extra="primaryGroupID: 513\n")
                + ad_group("Domain Users", DOMAIN + "-513") + ad_group("Backup", "S-1-5-32-551", "@Domain Users"))
        result = self.expect("privileged-nested", ["ann/Backup", "bob/Backup"], ldif, server="active-directory")
        row = next(e for e in result.json["exceptions"] if e["control"] == "privileged-nested")
        self.assertEqual(row["evidence"]["path"], ["Domain Users", "Backup"])
        self.assertEqual(row["evidence"]["granted_by"], "primary group")


class Foreigners(RightsTest):
    """Guests, foreign principals and everybody: group-foreign-member, a right of the nearest governed group."""

    def test_an_unknown_sid_and_a_well_known_one_are_told_for_the_governed_group(self):
        ldif = (ad_user("ann", 1101) + foreign("S-1-5-21-9-9-9-1104") + foreign("S-1-5-11") + ad_group("ops", DOMAIN + "-1300", "S-1-5-11")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", "@ops", "S-1-5-21-9-9-9-1104", extra="adminCount: 1\n"))
        result = self.expect("group-foreign-member", ["S-1-5-11/Domain Admins", "S-1-5-21-9-9-9-1104/Domain Admins"], ldif,
                             server="active-directory")
        row = next(e for e in result.json["exceptions"] if e["subject"]["key"] == "S-1-5-11")
        self.assertEqual((row["subject"]["type"], row["subject"]["source"], row["object"]["name"], row["person"], row["severity"]),
                         ("right", "corp", "Domain Admins", None, "critical"))
        self.assertEqual(row["evidence"]["path"], ["ops", "Domain Admins"])
        self.assertTrue(row["evidence"]["everybody"])
        self.assertTrue(row["summary"].startswith("Everybody is in Domain Admins: Authenticated Users (S-1-5-11) is its member"))
        self.assertEqual(found(result, "privileged-unapproved"), [])  # nobody is told for what everybody has

    def test_a_guest_is_told_for_every_governed_group(self):
        ldif = user("ann", "1") + user("ext-eve", "") + group("payments", "ann", "ext-eve")
        self.expect("group-foreign-member", ["ext-eve/payments"], ldif,
                    'entitlements: ( { group = "payments"; allowed = ( { id = "*"; } ); } ); account_classes: ( { class = "guest"; name = "ext-*"; } );', people=[person("1")], approvals=NOBODY)

    def test_an_exception_of_a_foreign_principal_lives_as_others_do(self):
        def ldif(member):
            return (ad_user("ann", 1101) + foreign("S-1-5-21-9-9-9-1104")
                    + ad_group("Domain Admins", DOMAIN + "-512", "ann", *member, extra="adminCount: 1\n"))

        site = self.open(world(ldif(["S-1-5-21-9-9-9-1104"]), server="active-directory"))
        site.run()
        row = site.exceptions("--control", "group-foreign-member")[0]
        self.assertEqual(site.run().json["counts"]["new"], 0)
        site.write("corp.ldif", ldif([]))
        site.run()
        gone = [e for e in site.ledger() if e["id"] == row["id"]]
        self.assertEqual([e["status"] for e in gone], ["resolved"])
        site.write("corp.ldif", ldif(["S-1-5-21-9-9-9-1104"]))
        site.run()
        self.assertEqual([e["id"] for e in site.exceptions("--control", "group-foreign-member")], [row["id"]])

    def test_who_had_the_sid_is_a_member_whether_its_domain_was_read_or_not(self):
        other = "S-1-5-21-7-8-9"
        more = '{ name = "old"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "old.ldif"; }'
        old = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=old,DC=com")
        ldif = (ad_user("ann", 1101, extra=encoded("sIDHistory", sid(other + "-1103"))) + foreign(other + "-1103")
                + ad_group("Domain Admins", DOMAIN + "-512", other + "-1103", extra="adminCount: 1\n"))
        site = self.open(world(ldif, server="active-directory", old_ldif=old, more=more))
        site.run()
        before = site.found()
        for line in ("privileged-nested\tann\tDomain Admins", "privileged-nested\tpat\tDomain Admins", "privileged-residue\tann"):
            self.assertIn(line, before)
        ledger = site.ledger()
        site.write("old.ldif", "cut")
        self.assertEqual(site.run().code, 3)
        strip = lambda rows: [{**row, "last_seen": None, "run": None} for row in rows if row["control"] != "source-incomplete"]
        self.assertEqual(strip(site.ledger()), strip(ledger))

    def test_a_distribution_group_grants_nothing_but_explains_admin_count(self):
        ldif = (ad_user("ann", 1101, extra="adminCount: 1\n") + ad_user("bob", 1102, extra="adminCount: 1\n")
                + ad_group("news", DOMAIN + "-1300", "ann", kind=2)
                + ad_group("Domain Admins", DOMAIN + "-512", "@news", extra="adminCount: 1\n"))
        result = self.expect("privileged-residue", ["bob"], ldif, server="active-directory")
        self.assertEqual(found(result, "privileged-nested"), [])


if __name__ == "__main__":
    unittest.main()
