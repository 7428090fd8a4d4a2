"""What the catalogue means exactly: registers, people and their accounts, passwords. One small world a line."""

import unittest

from rights_worlds import ADMINS, LOCKED, RightsTest, ad_entry, ad_group, ad_user, asset, filetime, group, person, unjudged, user, DOMAIN

NINA = user("nina", "9")


def ad_computer(name, rid, control=4096):
    return ad_entry(name, ("user", "computer"), f"{DOMAIN}-{rid}", f"userAccountControl: {control}\n", "OU=computers").replace(
        f"sAMAccountName: {name}", f"sAMAccountName: {name}$")


class Registers(RightsTest):
    def assets(self, control, expected, *rows, **options):
        return self.expect(control, expected, NINA, assets=list(rows), **options)

    def test_the_subject_of_a_shared_value_is_the_smallest_key_as_text(self):
        self.assets("asset-duplicate", ["A10"], asset("A9", serial="SN1"), asset("A10", serial="sn1"), asset("B1", serial=" SN1 "))

    def test_the_others_are_evidence(self):
        result = self.assets("asset-duplicate", ["A1"], asset("A1", serial="SN1"), asset("A2", serial="SN1", name="Second"))
        exception, = [e for e in result.json["exceptions"] if e["control"] == "asset-duplicate"]
        self.assertEqual(exception["object"], None)
        self.assertEqual([row["id"] for row in exception["evidence"]["shared"][0]["assets"]], ["A1", "A2"])

    def test_one_exception_a_subject_however_much_it_shares(self):
        self.assets("asset-duplicate", ["A1"], asset("A1", serial="S", hostname="pc1"), asset("A2", serial="S", hostname="PC1"))
        self.assets("asset-duplicate", ["A1", "A2"], asset("A1", serial="S"), asset("A2", serial="S", hostname="pc"), asset("A3", hostname="pc"))

    def test_retired_and_lost_assets_do_not_count(self):
        for status, expected in (("retired", []), ("lost", []), ("stock", ["A1"]), ("", ["A1"]), ("repair", ["A1"])):
            with self.subTest(status):
                self.assets("asset-duplicate", expected, asset("A1", serial="S", status=status), asset("A2", serial="S"))

    def test_a_short_hostname_equals_a_full_one_if_exactly_one_fits(self):
        short, full, other = asset("A2", hostname="pc1"), asset("A1", hostname="pc1.example.com"), asset("A0", hostname="pc1.example.org")
        self.assets("asset-duplicate", ["A1"], short, full)
        self.assets("asset-duplicate", [], short, full, other)

    def test_classification_of_what_holds_information(self):
        kinds = {"application": True, "Information": True, "service": True, "computer": False, "": False}
        for kind, is_judged in kinds.items():
            for status in ("in_use", "stock", "", "retired", "lost"):
                with self.subTest(kind + " " + status):
                    is_over = status in ("retired", "lost")
                    self.assets("asset-unclassified", ["A1"] if is_judged and not is_over else [], asset("A1", kind=kind, status=status))
        self.assets("asset-unclassified", [], asset("A1", kind="service", classification="public"))

    def test_an_audit_is_overdue_when_its_day_has_ended_in_berlin(self):
        for day, as_of, expected in (("2026-03-16", "2026-03-16T22:59:59Z", []), ("2026-03-16", "2026-03-16T23:00:00Z", ["A1"]),
                                     ("2026-03-17", "2026-03-17T05:00:00Z", []), ("", "2026-03-17T05:00:00Z", [])):
            with self.subTest(day + " " + as_of):
                self.assets("asset-audit-overdue", expected, asset("A1", next_audit=day), asset("A2", next_audit=day, status="lost"), as_of=as_of)

    def test_a_loan_is_overdue_after_seven_days(self):
        # The 9th ended 7 days and 6 hours ago, the 10th 6 days and 6 hours ago.
        for day, status, expected in (("2026-03-09", "loan", ["A1"]), ("2026-03-10", "loan", []), ("2026-03-09", "in_use", [])):
            with self.subTest(day + " " + status):
                self.assets("asset-loan-overdue", expected, asset("A1", status=status, due_back=day))
        result = self.assets("asset-loan-overdue", [], asset("A1", status="loan"), asset("A2", status="loan"))
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-loan-overdue")], [2])

    def test_access_groups_are_named_in_every_way(self):
        names = {"crm": [], "CRM": [], "cn=crm,ou=groups,dc=example,dc=com": [], "crm|": [], "crm|crn": ["A1"], "crn": ["A1"]}
        for name, expected in names.items():
            with self.subTest(name):
                self.expect("asset-access-unknown", expected, NINA + group("crm", "nina"), assets=[asset("A1", access_groups=name)])
        for status in ("retired", "lost"):
            self.assets("asset-access-unknown", [], asset("A1", access_groups="crn", status=status))

    def test_a_missing_directory_makes_no_group_unknown(self):
        lab = '{ name = "lab"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "lab.ldif"; }'
        result = self.assets("asset-access-unknown", [], asset("A1", access_groups="crn"), more=lab)
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-access-unknown")], [None])

    def test_a_register_without_the_column_says_nothing(self):
        source = '{ name = "short"; kind = "csv"; provides = "assets"; path = "short.csv"; }'
        rows = "id,kind,status\nA1,application,in_use\nA2,application,loan\n"
        for control, column in (("asset-unclassified", "classification"), ("asset-audit-overdue", "next_audit"), ("asset-duplicate", "serial")):
            with self.subTest(control):
                result = self.expect(control, [], NINA, more=source, short_csv=rows)
                self.assertEqual([row["reason"] for row in unjudged(result, control)], [f"short: has no column {column}"])


class People(RightsTest):
    def test_an_expiry_leaves_somebody_without_an_account_after_a_day(self):
        for end, expected in (("20260316045959Z", ["Person 1"]), ("20260316050000Z", []), ("20260401000000Z", [])):
            with self.subTest(end):
                self.expect("worker-disabled", expected, NINA + user("ann", "1", f"pwdEndTime: {end}\n"), people=[person("1")])

    def test_who_does_not_work_yet_or_any_more_or_is_on_leave_needs_no_account(self):
        over = NINA + user("ann", "1", "pwdEndTime: 20260301000000Z\n")
        for columns, expected in (({}, ["Person 1"]), ({"start_date": "2026-03-17"}, []), ({"start_date": "2026-03-16"}, ["Person 1"]),
                                  ({"start_date": "2026-04-01"}, []), ({"status": "pre-start"}, []), ({"status": "leave"}, []),
                                  ({"last_working_day": "2026-03-16"}, []), ({"last_working_day": "2026-03-17"}, ["Person 1"])):
            with self.subTest(columns):
                self.expect("worker-disabled", expected, over, people=[person("1", **columns)])

    def test_the_only_account(self):
        over = "pwdEndTime: 20260301000000Z\n"
        config = 'account_classes: ( { class = "admin"; name = "adm-*"; }, { class = "service"; name = "svc-*"; } );'
        for other, expected in ((user("adm-ann", "1"), []), (user("adm-ann", "1", over), ["Person 1"]), (user("svc-ann", "1"), ["Person 1"])):
            with self.subTest(other):
                self.expect("worker-disabled", expected, NINA + user("ann", "1", over) + other, config, people=[person("1")])

    def test_a_lock_that_nobody_saw_before_begins_now(self):
        self.expect("worker-disabled", [], NINA + user("ann", "1", LOCKED), people=[person("1")])

    def test_duplicates_are_of_one_class_and_one_source(self):
        config = 'account_classes: ( { class = "admin"; name = "adm-*"; }, { class = "service"; name = "svc-*"; } );'
        lab = '{ name = "lab"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "lab.ldif"; }'
        for second, expected in ((user("ann2", "1"), ["Person 1"]), (user("ann2", "1", LOCKED), []), (user("adm-ann", "1"), []),
                                 (user("ann2", "1", "pwdEndTime: 20260301000000Z\n"), []), (user("adm-1", "1") + user("adm-2", "1"), ["Person 1"]),
                                 (user("svc-1", "1") + user("svc-2", "1"), [])):
            with self.subTest(second):
                self.expect("duplicate-account", expected, NINA + user("ann", "1") + second, config, people=[person("1")])
        self.expect("duplicate-account", [], NINA + user("ann", "1"), people=[person("1")], more=lab, lab_ldif=user("ann", "1"))

    def test_a_duplicate_speaks_of_the_person(self):
        result = self.expect("duplicate-account", ["Person 1"], NINA + user("ann", "1") + user("ann2", "1"), people=[person("1")])
        exception, = [e for e in result.json["exceptions"] if e["control"] == "duplicate-account"]
        self.assertEqual((exception["subject"]["type"], exception["subject"]["key"], exception["severity"]), ("person", "1", "medium"))
        self.assertEqual([row["account"] for row in exception["evidence"]["accounts"]], ["ann", "ann2"])
        self.assertEqual(exception["rule"]["thresholds"], {"accounts": 1})

    def test_contractors_need_an_end_and_a_sponsor(self):
        people = [person("8", last_working_day="2026-03-01"), person("7", previous_ids="6")]
        fine = {"kind": "contractor", "end_date": "2026-12-31", "sponsor_id": "9"}
        for change, expected in (({}, []), ({"end_date": ""}, ["Person 1"]), ({"sponsor_id": ""}, ["Person 1"]), ({"sponsor_id": "8"}, ["Person 1"]),
                                 ({"sponsor_id": "5"}, ["Person 1"]), ({"sponsor_id": "6"}, []), ({"end_date": "", "last_working_day": "2026-12-31"}, []),
                                 ({"sponsor_id": "", "end_date": "2026-03-16"}, []), ({"sponsor_id": "", "end_date": "2026-03-17"}, ["Person 1"]),
                                 ({"end_date": "", "status": "left"}, []), ({"end_date": "", "kind": "employee"}, []),
                                 ({"end_date": "", "kind": "EXTERNAL"}, ["Person 1"]), ({"end_date": "", "kind": "partner"}, ["Person 1"])):
            with self.subTest(change):
                self.expect("contractor-without-end", expected, NINA, people=[person("1", **{**fine, **change}), *people])

    def test_a_leaving_that_was_recorded_late(self):
        # The 15th ends at 23:00 UTC in Berlin and at 10:00 UTC of the next day in Honolulu.
        for recorded, zone, expected in (("2026-03-15T23:00:01Z", "", ["Person 1"]), ("2026-03-15T23:00:00Z", "", []),
                                         ("2026-03-16T09:00:00Z", "Pacific/Honolulu", []), ("2026-03-16T10:00:01Z", "Pacific/Honolulu", ["Person 1"])):
            with self.subTest(recorded + zone):
                self.expect("leaver-recorded-late", expected, NINA,
                            people=[person("1", last_working_day="2026-03-15", recorded_at=recorded, timezone=zone)])
        self.expect("leaver-recorded-late", [], NINA, people=[person("1", last_working_day="2026-03-31")])
        for columns in ({"status": "left"}, {"last_working_day": "2026-03-01", "recorded_at": ""}):
            result = self.expect("leaver-recorded-late", [], NINA, people=[person("1", **columns)])
            self.assertEqual([row["subjects"] for row in unjudged(result, "leaver-recorded-late")], [1])

    def test_without_an_account(self):
        on = "controls: { person-without-account: { enabled = true; }; };"
        # The 11th began 6 days and 6 hours ago, the 12th 5 days and 6 hours, the 13th 4 days and 6 hours ago.
        for day, expected in (("2026-03-12", ["Person 1"]), ("2026-03-13", []), ("2026-04-01", [])):
            with self.subTest(day):
                self.expect("person-without-account", expected, NINA, on, people=[person("1", start_date=day)])
                self.expect("person-without-account", [], NINA, people=[person("1", start_date=day)])
        both = [person(number, start_date="2020-01-01", email="k@example.com") for number in ("1", "2")]
        self.expect("person-without-account", [], NINA + user("kim", "", "mail: k@example.com\n"), on, people=both)
        self.expect("person-without-account", [], NINA + user("ann", "1", LOCKED), on, people=both[:1])


class Accounts(RightsTest):
    FLAGS = {"not-required": 0x20, "reversible": 0x80, "never-expires": 0x10000, "delegation": 0x80000, "no-preauthentication": 0x400000}

    def ad(self, control, expected, ldif, *arguments, **options):
        return self.expect(control, expected, ldif, *arguments, server="active-directory", **options)

    def test_weak_flags_by_class(self):
        config = ('account_classes: ( { class = "admin"; name = "adm-*"; }, { class = "service"; name = "svc-*"; }, { class = "shared"; name = "box-*"; }, '
                  '{ class = "guest"; name = "guest-*"; }, { class = "break-glass"; name = "bg-*"; } );')
        names = ("ann", "adm-ann", "guest-ann", "svc-ann", "box-ann", "bg-ann")
        for flag, bit in self.FLAGS.items():
            with self.subTest(flag):
                ldif = "".join(ad_user(name, 1100 + i, control=512 | bit) for i, name in enumerate(names))
                self.ad("account-flags-weak", names[:3] if flag == "never-expires" else names, ldif, config)

    def test_weak_flags_of_computers(self):
        for flag, bit in self.FLAGS.items():
            with self.subTest(flag):
                ldif = ad_user("ann", 1101) + ad_computer("pc1", 1201, 4096 | bit) + ad_computer("dc1", 1202, 8192 | bit)
                self.ad("account-flags-weak", ["pc1"] if flag == "delegation" else [], ldif)

    def test_weak_flags_of_accounts_that_cannot_be_used(self):
        self.ad("account-flags-weak", [], ad_user("ann", 1101, control=514 | 0x20) + ad_user("bob", 1102, control=512 | 0x20,
                                                                                          extra=f"accountExpires: {filetime('2026-03-01')}\n"))

    def test_weak_flags_are_not_recorded_elsewhere(self):
        result = self.expect("account-flags-weak", [], NINA)
        self.assertEqual([row["subjects"] for row in unjudged(result, "account-flags-weak")], [None])

    def test_old_passwords_of_the_privileged(self):
        old, new, must = (f"pwdLastSet: {value}\n" for value in (filetime("2025-03-16"), filetime("2025-03-18"), 0))
        config = ADMINS + ' account_classes: ( { class = "service"; name = "svc-*"; }, { class = "break-glass"; name = "bg-*"; } );'
        ldif = (ad_user("old", 1101, extra=old) + ad_user("new", 1102, extra=new) + ad_user("must", 1103, extra=must) + ad_user("ordinary", 1104, extra=old)
                + ad_user("svc-old", 1105, extra=old) + ad_user("bg-old", 1106, extra=old) + ad_user("off", 1107, extra=old, control=514)
                + ad_group("admins", DOMAIN + "-1500", "old", "new", "must", "svc-old", "bg-old", "off"))
        result = self.ad("privileged-password-old", ["old", "svc-old"], ldif, config)
        self.assertEqual([e["severity"] for e in result.json["exceptions"] if e["control"] == "privileged-password-old"], ["medium", "medium"])
        self.assertEqual([row["subjects"] for row in unjudged(result, "privileged-password-old")], [1])

    def test_interactive_logons_of_services(self):
        shown = f"msDS-LastSuccessfulInteractiveLogonTime: {filetime('2024-03-01')}\n"
        config = 'account_classes: ( { class = "service"; name = "svc-*"; } );'
        silent = ad_user("svc-1", 1101) + ad_user("svc-2", 1102, extra="msDS-LastSuccessfulInteractiveLogonTime: 0\n")
        result = self.ad("service-interactive", [], silent, config)
        self.assertEqual([row["subjects"] for row in unjudged(result, "service-interactive")], [None])
        result = self.ad("service-interactive", ["svc-3"], silent + ad_user("svc-3", 1103, extra=shown) + ad_user("ann", 1104, extra=shown), config)
        self.assertEqual(unjudged(result, "service-interactive"), [])
        other = 'attributes: { interactive_logon = "description"; };'
        self.expect("service-interactive", ["svc-1"], NINA + user("svc-1", "", "description: 20240301080000Z\n"), config, corp=other)

    def test_accounts_that_nobody_joined_with_or_approved(self):
        on = "controls: { account-unexplained: { enabled = true; }; };"
        ldif = NINA + user("ann", "1").replace("20200101000000Z", "20260201080000Z")
        for start, approval, expected in (("2026-02-03", {}, []), ("2026-02-10", {}, ["ann"]), ("", {}, ["ann"]),
                                          ("", {"account": "ann", "approved_on": "2026-01-30"}, []), ("", {"account": "ann", "approved_on": "2026-01-20"}, ["ann"]),
                                          ("", {"person_id": "1", "group": "x", "approved_on": "2026-02-06"}, []),
                                          ("", {"account": "ann", "approved_on": "2026-01-30", "approved_by": "ann"}, ["ann"])):
            with self.subTest(start + str(approval)):
                row = {"id": "T-1", "group": "", "approved_by": "boss", "account": "other", **approval}
                result = self.judge(ldif, on, people=[person("1", start_date=start)], approvals=[row])
                found = [e["subject"]["name"] for e in result.json["exceptions"] if e["control"] == "account-unexplained"]
                self.assertEqual([name for name in found if name == "ann"], expected)
        result = self.expect("account-unexplained", [], ldif, on, people=[person("1")])
        self.assertEqual([row["subjects"] for row in unjudged(result, "account-unexplained")], [None])

    def test_expired_and_not_disabled(self):
        for end, extra, expected in (("20260215045959Z", "", ["ann"]), ("20260215050000Z", "", []), ("20260215045959Z", LOCKED, []), ("20270101000000Z", "", [])):
            with self.subTest(end + extra):
                self.expect("account-expired-enabled", expected, NINA + user("ann", "1", f"pwdEndTime: {end}\n" + extra), people=[person("1")])


if __name__ == "__main__":
    unittest.main()
