"""What the rulings mean for reviews of groups, assets and owners. One small world a line."""

import unittest

from rights_worlds import ADMINS, DOMAIN, LOCKED, ad_entry, ad_user, asset, filetime, found, group, person, RightsTest, unjudged, user, world


class Reviews(RightsTest):
    def test_cadences(self):
        ldif = user("ann", "9") + group("admins", "ann") + group("pay") + group("low") + group("ops")
        config = ADMINS + 'entitlements: ( { group = "pay"; }, { group = "low"; risk = "low"; } );'
        for day, expected in (("2026-01-01", []), ("2025-12-16", ["admins"]), ("2025-09-01", ["admins", "ops", "pay"]),
                              ("2025-01-01", ["admins", "low", "ops", "pay"])):
            with self.subTest(day):
                self.expect("review-overdue", expected, ldif, config,
                            assets=[asset("A1", access_groups="admins|pay|ops", last_review=day), asset("A2", kind="x", access_groups="", last_review=day),
                                    asset("A3", status="retired", access_groups="low", last_review="2026-03-01"),
                                    asset("A4", status="stock", owner="9", access_groups="low", last_review=day, review_every_days="365")])

    def test_the_assets_own_cadence_replaces_the_profiles(self):
        ldif = user("ann", "9") + group("admins", "ann")
        self.expect("review-overdue", [], ldif, ADMINS, assets=[asset("A1", access_groups="admins", last_review="2025-10-01", review_every_days="365")])
        self.expect("review-overdue", ["admins"], ldif, ADMINS,
                    assets=[asset("A1", access_groups="admins", last_review="2026-03-01", review_every_days="10")])

    def test_an_asset_without_a_group_counts_only_with_a_cadence(self):
        rows = [asset("A1", last_review="2020-01-01"), asset("A2", last_review="2020-01-01", review_every_days="30"),
                asset("A3", last_review="2020-01-01", review_every_days="30", access_groups="nobody-knows")]
        result = self.expect("review-overdue", ["A2", "A3"], user("ann", "9"), assets=rows)
        self.assertEqual({e["subject"]["type"] for e in result.json["exceptions"] if e["control"] == "review-overdue"}, {"asset"})

    def test_never_reviewed_counts_from_the_first_run(self):
        ldif = user("ann", "9") + group("admins", "ann")
        site = self.open(world(ldif, ADMINS + 'freshness: { directory_hours = 8000; people_days = 999; assets_days = 999; };',
                               assets=[asset("A1", review_every_days="30")]))
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.exceptions("--control", "review-overdue"), [])
        self.assertEqual(site.run(as_of="2026-04-10T05:00:00Z").code, 0)
        self.assertEqual(site.exceptions("--control", "review-overdue"), [])
        run = site.run(as_of="2026-06-20T05:00:00Z")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(site.found("--control", "review-overdue"), ["review-overdue\tA1", "review-overdue\tadmins"])


class Assets(RightsTest):
    def test_owners(self):
        people = [person("1", email="ann@example.com", username="ann"), person("2", last_working_day="2026-01-01"),
                  person("3", email="twin@example.com"), person("4", email="twin@example.com")]
        rows = [asset("A1", owner=""), asset("A2", owner="ANN@example.com"), asset("A3", owner="ann"), asset("A4", owner="2"),
                asset("A5", owner="nobody at all"), asset("A6", owner="", status="retired"), asset("A7", owner="", status="lost"),
                asset("A8", owner="", status=""), asset("A9", owner="twin@example.com"), asset("B1", owner="1", custodian="2", kind="service")]
        result = self.expect("asset-without-owner", ["A1", "A8"], user("ann", "1"), people=people, assets=rows)
        self.assertEqual(found(result, "asset-owner-left"), ["A4", "A5", "B1"])
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-owner-left")], [1])

    def test_not_returned(self):
        people = [person("2", last_working_day="2026-01-01")]
        rows = [asset("A1", custodian="2", kind="computer"), asset("A2", custodian="2", kind="phone", status="loan"),
                asset("A3", custodian="2", kind="key", status="repair"), asset("A4", custodian="2", kind="service"),
                asset("A5", custodian="2", kind="Application"), asset("A6", custodian="2", kind="information"),
                asset("A7", custodian="2", kind="phone", status="stock"), asset("A8", custodian="2", kind="phone", status="lost"),
                asset("A9", owner="2", kind="phone")]
        self.expect("asset-not-returned", ["A1", "A2", "A3"], user("ann", "9"), people=people, assets=rows)

    def computer(self, name, host="", seen="2026-03-15", control=4096, rid=2001):
        used = f"lastLogonTimestamp: {filetime(seen)}\n" if seen else ""
        return ad_entry(name, ("user", "computer"), f"{DOMAIN}-{rid}", f"userAccountControl: {control}\n{used}"
                        + (f"dNSHostName: {host}\n" if host else ""), "OU=computers").replace(f"sAMAccountName: {name}", f"sAMAccountName: {name}$")

    def ad(self, control, expected, computers, rows, **options):
        return self.expect(control, expected, ad_user("ann", 1101, "9") + "".join(computers), server="active-directory", assets=rows, **options)

    def test_unregistered(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", "2026-02-25", rid=2),
                     self.computer("PC3", "pc3.example.com", "2026-02-20", rid=3), self.computer("PC4", "pc4.example.com", "", rid=4),
                     self.computer("PC5", "pc5.example.com", control=4098, rid=5), self.computer("PC6", "pc6.example.com", rid=6),
                     self.computer("PC7", "pc7.example.com", rid=7), self.computer("PC8", "pc8.example.com", rid=8)]
        rows = [asset("A6", kind="computer", hostname="PC6"), asset("A7", kind="computer", hostname="pc7.example.com"),
                asset("A8", kind="computer", hostname="pc8.other.com")]
        result = self.ad("computer-unregistered", ["PC1", "PC2", "PC8"], computers, rows)
        row = next(e for e in result.json["exceptions"] if e["control"] == "computer-unregistered")
        self.assertEqual((row["subject"]["type"], row["severity"]), ("computer", "high"))

    def test_ghosts(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", "2025-12-05", rid=2),
                     self.computer("PC3", "pc3.example.com", "2025-11-20", rid=3), self.computer("PC4", "pc4.example.com", "", rid=4),
                     self.computer("PC5", "pc5.example.com", control=4098, rid=5)]
        rows = [asset(f"A{i}", kind="computer", hostname=f"pc{i}") for i in range(1, 7)]
        rows += [asset("A7", kind="computer"), asset("A8", kind="computer", hostname="pc8", status="stock"), asset("A9", kind="phone", hostname="pc9")]
        result = self.ad("asset-ghost", ["A3", "A4", "A5", "A6"], computers, rows)
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-ghost")], [1])
        result = self.expect("asset-ghost", [], user("ann", "9"), assets=rows)
        self.assertTrue(unjudged(result, "asset-ghost"))

    def test_hostnames(self):
        computers = [self.computer("PC1", "pc1.a.com", rid=1), self.computer("PC1X", "pc1.b.com", rid=2), self.computer("PC2", rid=3),
                     self.computer("PC3", "pc3.a.com", rid=4), self.computer("PC4", "PC4.A.COM", rid=5)]
        rows = [asset("A1", kind="computer", hostname="pc1"), asset("A2", kind="computer", hostname="pc2"), asset("A3", kind="computer", hostname="pc3.b.com"),
                asset("A4", kind="Computer", hostname="pc4.a.com")]
        result = self.ad("asset-ghost", ["A1", "A3"], computers, rows)
        self.assertEqual(found(result, "computer-unregistered"), ["PC1", "PC1X", "PC3"])

    def test_a_serial_number_registers_a_computer_too(self):
        computers = [self.computer("PC1", "pc1.a.com", rid=1).replace("cn: PC1\n", "cn: PC1\nserialNumber: SN-1\n")]
        self.ad("computer-unregistered", [], computers, [asset("A1", kind="computer", hostname="other", serial="sn-1")])

    def test_computers_of_openldap_by_their_filter(self):
        device = ("dn: cn=pc1,ou=hosts,dc=example,dc=com\nobjectClass: device\ncn: pc1\ncreateTimestamp: 20200101000000Z\n"
                  "modifyTimestamp: 20260316200000Z\npwdLastSuccess: 20260316080000Z\n\n")
        for corp, expected in (("", []), ('computer_filter = "(objectClass=device)";', ["pc1"])):
            result = self.expect("computer-unregistered", expected, user("ann", "9") + device, assets=[asset("A1")], corp=corp)
            self.assertEqual(result.json["run"]["sources"][0]["counts"]["computers"], len(expected))

    def test_retired_but_active(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", rid=2),
                     self.computer("PC3", "pc3.example.com", control=4098, rid=3), self.computer("PC4", "pc4.example.com", rid=4)]
        rows = [asset("A1", kind="computer", hostname="pc1", status="retired"), asset("A2", kind="computer", hostname="pc2", status="lost"),
                asset("A3", kind="computer", hostname="pc3", status="retired"), asset("A4", kind="computer", hostname="pc4", status="retired"),
                asset("B4", kind="computer", hostname="pc4.example.com")]
        self.ad("asset-retired-active", ["A1", "A2"], computers, rows)


class Owners(RightsTest):
    CLASSES = 'account_classes: ( { class = "service"; name = "svc-*"; }, { class = "shared"; name = "box-*"; } );'

    def test_owners_of_accounts_and_groups(self):
        def owner(name):
            return f"owner: {name}\n"

        def dn(name):
            return owner(f"uid={name},ou=people,dc=example,dc=com")
        ldif = (user("ann", "1") + user("gone", "2", extra=LOCKED) + user("off", "3", extra=LOCKED) + user("adm-off", "3")
                + user("svc-none") + user("svc-here", extra=dn("ann")) + user("svc-left", extra=dn("gone")) + user("box-left", extra=owner("2"))
                + user("svc-nobody", extra=owner("no such one")) + user("svc-off", extra=dn("off")) + user("svc-dead", extra=dn("gone") + LOCKED)
                + user("svc-group", extra=owner("cn=team,ou=groups,dc=example,dc=com")) + group("team", "ann") + group("lost", "ann", extra=dn("gone")))
        people = [person("1"), person("2", last_working_day="2026-01-01"), person("3")]
        result = self.expect("service-without-owner", ["svc-none", "svc-nobody"], ldif, self.CLASSES, people=people)
        self.assertEqual(found(result, "owner-left"), ["box-left", "lost", "svc-left", "svc-off"])


if __name__ == "__main__":
    unittest.main()
