"""What the rulings mean for approvals, entitlements and segregation of duties. One small world a line."""

import unittest

from rights_worlds import ADMINS, DOMAIN, LOCKED, NOBODY, ad_group, ad_user, approval, found, group, person, RightsTest, unjudged, user, world


class Approvals(RightsTest):
    LDIF = user("ann", "1") + group("admins", "ann") + user("boss", "2")
    PEOPLE = [person("1", email="ann@example.com", username="ann"), person("2", username="boss")]

    def approved(self, row, expected, **options):
        self.expect("privileged-unapproved", expected, self.LDIF, ADMINS, people=self.PEOPLE, approvals=[row], **options)

    def test_what_is_valid(self):
        valid = {"by account": approval("admins", account="ann"), "by person": approval("admins", person_id="1"),
                 "by DN": approval("CN=Admins,ou=groups,dc=example,dc=com", account="ann"),
                 "from the first second of the day": approval("admins", account="ann", approved_on="2026-03-17"),
                 "to the end of the day": approval("admins", account="ann", expires_on="2026-03-17"),
                 "by somebody unknown": approval("admins", account="ann", approved_by="Change Board"),
                 "account in another case": approval("ADMINS", account="ANN")}
        for name, row in valid.items():
            with self.subTest(name):
                self.approved(row, [])

    def test_what_is_not_valid(self):
        invalid = {"ended yesterday": approval("admins", account="ann", expires_on="2026-03-16"),
                   "not yet": approval("admins", account="ann", approved_on="2026-03-18"),
                   "nobody approved": approval("admins", account="ann", approved_by=""),
                   "by the account": approval("admins", account="ann", approved_by="ann"),
                   "by the person's id": approval("admins", account="ann", approved_by="1"),
                   "by the person's e-mail": approval("admins", person_id="1", approved_by="ANN@example.com"),
                   "for somebody else": approval("admins", account="boss"), "for another group": approval("other", account="ann")}
        for name, row in invalid.items():
            with self.subTest(name):
                self.approved(row, ["ann/admins"])

    def test_the_day_ends_in_the_organisations_zone(self):
        row = approval("admins", account="ann", expires_on="2026-03-17")
        for as_of, expected in (("2026-03-17T22:59:59Z", []), ("2026-03-17T23:00:00Z", ["ann/admins"])):
            self.expect("privileged-unapproved", expected, self.LDIF, ADMINS + "freshness: { directory_hours = 48; };", people=self.PEOPLE,
                        approvals=[row], as_of=as_of)

    def test_neither_inner_nor_outer_groups(self):
        ldif = user("ann", "1") + group("inner", "ann") + group("admins", "@inner") + group("outer", "@admins")
        for name in ("inner", "outer"):
            self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, people=self.PEOPLE, approvals=[approval(name, account="ann")])

    def test_without_approvals_and_entitlement_it_is_not_evaluable_once(self):
        result = self.expect("privileged-unapproved", [], self.LDIF + user("bob"), ADMINS, people=self.PEOPLE)
        rows = unjudged(result, "privileged-unapproved")
        self.assertEqual([row["subjects"] for row in rows], [None], rows)

    def test_with_an_entitlement_for_another_group_it_is_said_once_too(self):
        ldif = user("ann", "1") + user("bob", "2") + group("admins", "ann", "bob") + group("ops", "ann")
        config = 'privileged = [ "admins", "ops" ]; entitlements: ( { group = "ops"; allowed = ( { department = "IT"; } ); } );'
        result = self.expect("privileged-unapproved", ["ann/ops"], ldif, config, people=[person("1", department="Sales"), person("2")])
        self.assertEqual(len(unjudged(result, "privileged-unapproved")), 1)

    def test_incomplete_approvals_judge_nothing(self):
        site = self.open(world(self.LDIF, ADMINS, people=self.PEOPLE, approvals=[], tickets_csv="id,group\n\"x"))
        site.write("tickets.csv", 'id,group,account,approved_by\n"x')
        run = site.run()
        self.assertEqual((run.code, run.json["run"]["status"]), (3, "partial"), run.err)
        self.assertEqual([e["control"] for e in site.exceptions()], ["source-incomplete", "group-without-owner"])


class Entitlements(RightsTest):
    def excess(self, expected, config, people, names=("ann",), extra="", **options):
        ldif = "".join(user(n, str(i + 1)) for i, n in enumerate(names)) + extra
        if "cn: pay" not in extra:
            ldif += group("pay", *names)
        return self.expect("excess-privilege", expected, ldif, f'entitlements: ( {config} );', people=people, **options)

    def test_conditions(self):
        people = [person("1", department="FINANCE", title="Senior Treasurer", location="Berlin", kind="employee")]
        allowed = {'{ department = "Finance"; }': True, '{ department = "fin*"; title = "*treasur*"; }': True,
                   '{ department = "fin"; }': False, '{ department = "Finance"; title = "Clerk"; }': False,
                   '{ department = "Sales"; }, { location = "B?RLIN"; }': True, '{ id = "1"; }': True, '{ name = "person*"; }': True}
        for conditions, is_allowed in allowed.items():
            with self.subTest(conditions):
                self.excess([] if is_allowed else ["ann/pay"], f'{{ group = "pay"; allowed = ( {conditions} ); }}', people)

    def test_required_approval(self):
        people, line = [person("1", department="Finance")], '{ group = "pay"; allowed = ( { department = "Finance"; } ); approval = "required"; }'
        self.excess(["ann/pay"], line, people)
        self.excess(["ann/pay"], line, people, approvals=NOBODY)
        self.excess([], line, people, approvals=[approval("pay", person_id="1")])

    def test_an_approval_covers_who_is_not_allowed(self):
        self.excess([], '{ group = "pay"; allowed = ( { department = "Finance"; } ); }', [person("1", department="Sales")],
                    approvals=[approval("pay", account="ann")])

    def test_unknown_field_is_not_evaluable(self):
        result = self.excess([], '{ group = "pay"; allowed = ( { department = "Finance"; } ); }', [person("1")])
        self.assertEqual([row["subjects"] for row in unjudged(result, "excess-privilege")], [1])

    def test_accounts_without_person_are_judged_by_their_owner(self):
        extra = (user("svc-1", extra="owner: uid=ann,ou=people,dc=example,dc=com\n") + user("svc-2", extra="owner: uid=bob,ou=people,dc=example,dc=com\n")
                 + user("svc-3") + user("nobody") + user("bg-1")
                 + group("pay", "svc-1", "svc-2", "svc-3", "nobody", "bg-1").replace("cn: pay", "cn: pay"))
        config = '{ group = "pay"; allowed = ( { department = "Finance"; } ); }'
        ldif = user("ann", "1") + user("bob", "2") + extra
        classes = 'account_classes: ( { class = "service"; name = "svc-*"; }, { class = "break-glass"; name = "bg-*"; } );'
        self.expect("excess-privilege", ["svc-2/pay", "svc-3/pay", "nobody/pay"], ldif, f"entitlements: ( {config} ); {classes}",
                    people=[person("1", department="Finance"), person("2", department="Sales")])

    def test_disabled_accounts_are_no_subjects(self):
        ldif = user("ann", "1", extra=LOCKED) + group("pay", "ann")
        self.expect("excess-privilege", [], ldif, 'entitlements: ( { group = "pay"; allowed = ( { department = "Finance"; } ); } );',
                    people=[person("1", department="Sales")])

    def test_nearest_entitlement(self):
        ldif = user("ann", "1") + group("inner", "ann") + group("pay", "@inner")
        config = 'entitlements: ( { group = "inner"; allowed = ( { department = "F"; } ); }, { group = "pay"; allowed = ( { department = "F"; } ); } );'
        self.expect("excess-privilege", ["ann/inner"], ldif, config, people=[person("1", department="Sales")])


class Segregation(RightsTest):
    RULE = 'segregation: ( { id = "r1"; a = ["pay"]; b = ["approve"]; except = [%s]; } );'

    def test_over_all_accounts_of_one_person(self):
        ldif = (user("ann", "1") + user("adm-ann", "1") + group("inner", "adm-ann") + group("pay", "ann") + group("approve", "@inner"))
        result = self.expect("segregation-conflict", ["Person 1/r1"], ldif, self.RULE % "", people=[person("1")])
        row = next(e for e in result.json["exceptions"] if e["control"] == "segregation-conflict")
        self.assertEqual((row["subject"]["type"], row["subject"]["key"]), ("person", "1"))
        self.assertEqual(row["object"], {"type": "rule", "key": "r1", "name": "r1"})
        self.assertEqual(row["person"], {"id": "1", "name": "Person 1"})
        self.assertEqual(row["severity"], "high")

    def test_what_does_not_count(self):
        both = group("pay", "ann") + group("approve", "adm-ann")
        self.expect("segregation-conflict", [], user("ann", "1", extra=LOCKED) + user("adm-ann", "1") + both, self.RULE % "", people=[person("1")])
        self.expect("segregation-conflict", [], user("ann", "1") + user("adm-ann", "1") + both, self.RULE % '"1"', people=[person("1")])
        self.expect("segregation-conflict", [], user("ann", "1") + user("adm-ann", "2") + both, self.RULE % "", people=[person("1"), person("2")])

    def test_a_person_with_a_new_id_is_one_person(self):
        ldif = user("ann", "1") + user("adm-ann", "OLD") + group("pay", "ann") + group("approve", "adm-ann")
        self.expect("segregation-conflict", ["Person 1/r1"], ldif, self.RULE % "", people=[person("1", previous_ids="OLD")])


class MoreApprovals(RightsTest):
    def test_the_account_may_be_named_in_every_form(self):
        ldif = ad_user("ann", 1101, extra="userPrincipalName: ann@example.com\n") + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        for account in ("ann", "ANN@example.com", "CN=ann, OU=People,DC=example,DC=com"):
            for name in ("Domain Admins", DOMAIN + "-512", "cn=domain admins,ou=groups,dc=example,dc=com"):
                self.expect("privileged-unapproved", [], ldif, approvals=[approval(name, account=account)], server="active-directory")

    def test_a_person_approved_under_an_old_id(self):
        ldif = user("ann", "1") + group("admins", "ann")
        self.expect("privileged-unapproved", [], ldif, ADMINS, people=[person("1", previous_ids="OLD")], approvals=[approval("admins", person_id="OLD")])

    def test_another_account_of_the_same_person_may_not_approve(self):
        ldif = user("ann", "1") + user("adm-ann", "1") + group("admins", "ann")
        self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, people=[person("1")],
                    approvals=[approval("admins", account="ann", approved_by="adm-ann")])

    def test_the_owner_of_a_service_account_may_approve_for_it(self):
        ldif = user("ann", "1") + user("svc-x", extra="owner: uid=ann,ou=people,dc=example,dc=com\n") + group("admins", "svc-x")
        config = (ADMINS + 'account_classes: ( { class = "service"; name = "svc-*"; } );'
                  'entitlements: ( { group = "admins"; allowed = ( { id = "nobody"; } ); } );')
        for row, expected in ((approval("admins", account="svc-x", approved_by="ann"), []),
                              (approval("admins", account="svc-x", approved_by="svc-x"), ["svc-x/admins"])):
            result = self.expect("privileged-unapproved", expected, ldif, config, people=[person("1")], approvals=[row])
            self.assertEqual(found(result, "excess-privilege"), expected)

    def test_one_valid_row_among_invalid_ones_suffices(self):
        ldif = user("ann", "1") + group("admins", "ann")
        rows = [approval("admins", account="ann", expires_on="2020-01-01"), {**approval("admins", account="ann"), "id": "T-2"}]
        self.expect("privileged-unapproved", [], ldif, ADMINS, people=[person("1")], approvals=rows)

    def test_a_row_that_names_neither_account_nor_person_is_rejected_and_one_without_group_is_not(self):
        site = self.open(world(user("ann", "1") + group("admins", "ann"), ADMINS, people=[person("1")],
                               approvals=[approval("admins"), {**approval("", account="ann"), "id": "T-9"}]))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        counts = next(s for s in run.json["run"]["sources"] if s["name"] == "tickets")["counts"]
        self.assertEqual((counts["kept"], counts["rejected"]), (1, 1), run.err)
        self.assertIn("tickets.csv:2", run.err)


if __name__ == "__main__":
    unittest.main()
