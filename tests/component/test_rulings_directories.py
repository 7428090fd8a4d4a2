"""Rulings about what accounts are in applications and in Active Directory."""

import datetime
import unittest

from site_under_test import SiteTest
from small_worlds import LEFT, OTHERS, RULES, SHOP, account, lines, person, sources, unjudged, world


class Applications(SiteTest):
    """accounts: applications without LDAP."""

    def judged(self, table, rules=RULES, people=(LEFT, person("2"))):
        site = self.open(world(list(people), account("ben", "2"), source=sources(more=SHOP), rules=rules, shop_csv=table))
        result = site.run("--dry-run")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def test_leavers_orphans_classes_owners_and_groups(self):
        result = self.judged("id,name,employee_id,enabled,class,owner,groups\n"
                             "a1,ann,1,yes,,,\n" "a2,zed,77,1,,,\n" "a3,robot,,true,service,,\n" "a4,robo,,true,service,ben,admins|users\n" "a5,off,,no,,,\n",
                             people=(LEFT, person("2", username="ben")))
        self.assertEqual([line for line in lines(result) if line.split("\t")[0] not in OTHERS],
                         ["leaver-active\tann", "orphaned-account\tzed", "service-without-owner\trobot"])
        found = next(e for e in result["exceptions"] if e["control"] == "leaver-active")
        self.assertEqual((found["subject"]["source"], found["subject"]["key"], found["subject"].get("dn")), ("shop", "a1", None))

    def test_without_a_column_enabled_is_unknown(self):
        result = self.judged("id,name,employee_id\na1,ann,1\n")
        self.assertEqual(lines(result, "leaver-active"), [])
        self.assertTrue(unjudged(result, "leaver-active"))

    def test_last_logon_and_created(self):
        result = self.judged("id,name,employee_id,enabled,last_logon,created\na1,ann,2,yes,2025-01-01T00:00:00Z,2020-01-01\na2,anne,2,yes,,2020-01-01\n")
        self.assertEqual(lines(result, "account-never-used", "dormant-account"), ["account-never-used\tanne", "dormant-account\tann"])


def ticks(text):
    """A time as Active Directory has it: 100 ns since 1601."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.timestamp() + 11644473600) * 10**7


def ad_account(name, employee="", control=512, rid=1101, extra="", **times):
    number = f"employeeID: {employee}\n" if employee else ""
    stamps = "".join(f"{attribute}: {value if isinstance(value, int) else ticks(value)}\n" for attribute, value in times.items())
    flags = f"userAccountControl: {control}\n" if control is not None else ""
    return (f"dn: CN={name},CN=Users,DC=example,DC=com\nobjectClass: top\nobjectClass: person\nobjectClass: user\ncn: {name}\n"
            f"sAMAccountName: {name}\nobjectSid: S-1-5-21-1-2-3-{rid}\nwhenCreated: 20200101000000.0Z\nwhenChanged: 20260316200000.0Z\n"
            f"{flags}{number}{stamps}{extra}\n")


class ActiveDirectory(SiteTest):
    def judged(self, ldif, people=(LEFT, person("2"))):
        source = sources().replace('"openldap"', '"active-directory"')
        result = self.open(world(list(people), ldif, source=source)).run("--dry-run")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def found(self, *arguments, **options):
        return [line for line in lines(self.judged(*arguments, **options)) if line.split("\t")[0] not in OTHERS and line.count("\t") == 1]

    def test_fourteen_days_of_slack_for_both_times(self):
        for attribute in ("lastLogonTimestamp", "lastLogon"):
            with self.subTest(attribute):
                self.assertEqual(self.found(ad_account("ann", "2", **{attribute: "2025-12-03T06:00:00Z"})), [])
                self.assertEqual(self.found(ad_account("ann", "2", **{attribute: "2025-12-03T04:00:00Z"})), ["dormant-account\tann"])

    def test_the_newer_of_both_times_counts(self):
        self.assertEqual(self.found(ad_account("ann", "2", lastLogonTimestamp="2024-01-01T00:00:00Z", lastLogon="2026-03-01T00:00:00Z")), [])
        self.assertEqual(self.found(ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z", lastLogon=0)), [])

    def test_the_recorded_time_is_the_lower_bound_for_leavers(self):
        self.assertEqual(self.found(ad_account("ann", "1", 514, lastLogonTimestamp="2026-03-05T22:00:00Z")), [])
        self.assertEqual(self.found(ad_account("ann", "1", 514, lastLogonTimestamp="2026-03-05T23:30:00Z")), ["leaver-logon\tann"])

    def test_in_active_directory_absence_is_never(self):
        self.assertEqual(self.found(ad_account("ann", "2")), ["account-never-used\tann"])

    def test_zero_is_never(self):
        ldif = ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z") + ad_account("ben", "2", rid=1102, lastLogonTimestamp=0)
        self.assertEqual(lines(self.judged(ldif), "account-never-used", "dormant-account"), ["account-never-used\tben"])

    def test_disabled_expired_and_unknown(self):
        used = {"lastLogonTimestamp": "2026-03-01T00:00:00Z"}
        self.assertEqual(self.found(ad_account("ann", "1", **used)), ["leaver-active\tann"])
        self.assertEqual(self.found(ad_account("ann", "1", 514)), [])
        self.assertEqual(self.found(ad_account("ann", "1", accountExpires="2026-03-10T00:00:00Z")), [])
        for never in (0, 9223372036854775807):
            self.assertEqual(self.found(ad_account("ann", "1", accountExpires=never, **used)), ["leaver-active\tann"])
        result = self.judged(ad_account("ann", "1", None) + ad_account("ben", "2", rid=1102))
        self.assertEqual(lines(result, "leaver-active"), [])
        self.assertEqual([row["subjects"] for row in unjudged(result, "leaver-active")], [1])

    def test_the_built_in_administrator_is_break_glass_and_belongs_to_nobody(self):
        self.assertEqual(self.found(ad_account("Administrator", rid=500) + ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z")), [])

    def test_managed_service_accounts_are_services(self):
        ldif = ad_account("ann", "2", lastLogonTimestamp="2026-03-01T00:00:00Z") + ad_account("gmsa$", rid=1105).replace("objectClass: user\n", "objectClass: user\nobjectClass: computer\nobjectClass: msDS-GroupManagedServiceAccount\n")
        self.assertEqual(self.found(ldif), ["service-without-owner\tgmsa$"])


if __name__ == "__main__":
    unittest.main()
