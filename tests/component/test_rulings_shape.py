"""Rulings in small worlds, a line each; and the shape of exceptions: grain, keys and names."""

import os
import unittest

from site_under_test import SiteTest, line_of
from small_worlds import AS_OF, LEFT, LOCKED, OTHERS, account, dry, group, person, world

WORLDS = {
    # ---- who has left ----
    "a last working day that is over": ([LEFT], account("ann", "1"), ["leaver-active\tann"]),
    "the limit has not passed: 24 hours after the day's end in Berlin":
        ([person(last_working_day="2026-03-16")], account("ann", "1"), []),
    "an admin has four hours": ([person(last_working_day="2026-03-16")], account("adm-ann", "1"), ["leaver-active\tadm-ann"]),
    "a privileged account has four hours":
        ([person(last_working_day="2026-03-16")], account("ann", "1") + group("admins", "ann"), ["leaver-active\tann", "privileged-daily\tann"]),
    "in Honolulu the 16th has not ended":
        ([person(last_working_day="2026-03-16", timezone="Pacific/Honolulu")], account("adm-ann", "1"), []),
    "in Honolulu the 15th ended 19 hours ago":
        ([person(last_working_day="2026-03-15", timezone="Pacific/Honolulu")], account("ann", "1"), []),
    "in Auckland the 15th ended 42 hours ago":
        ([person(last_working_day="2026-03-15", timezone="Pacific/Auckland")], account("ann", "1"), ["leaver-active\tann"]),
    "without a last working day the end date":
        ([person(end_date="2026-03-05")], account("ann", "1"), ["leaver-active\tann"]),
    "the last working day goes before the end date":
        ([person(last_working_day="2026-04-30", end_date="2026-03-05")], account("ann", "1"), []),
    "garden leave: the last working day is over, the contract is not":
        ([person(last_working_day="2026-03-05", end_date="2026-06-30")], account("ann", "1"), ["leaver-active\tann"]),
    "status left without a date": ([person(status="left")], account("ann", "1"), ["leaver-active\tann"]),
    "status left in capitals": ([person(status="LEFT")], account("ann", "1"), ["leaver-active\tann"]),
    "a date ahead decides, not the status":
        ([person(status="left", last_working_day="2026-03-31")], account("ann", "1"), []),
    "an end date ahead decides, not the status": ([person(status="left", end_date="2026-03-31")], account("ann", "1"), []),
    "a date that is over decides, not the status":
        ([person(status="active", last_working_day="2026-03-05")], account("ann", "1"), ["leaver-active\tann"]),
    "leave is active": ([person(status="leave")], account("ann", "1"), []),
    "an unknown status is kept as text and means nothing": ([person(status="gone fishing")], account("ann", "1"), []),
    "not back before the start date":
        ([person(last_working_day="2026-02-28", start_date="2026-04-01")], account("ann", "1"), ["leaver-active\tann"]),
    "back since the start date":
        ([person(last_working_day="2026-02-28", start_date="2026-03-10")], account("ann", "1"), []),
    "an ordinary start date lies before the end":
        ([person(last_working_day="2026-03-05", start_date="2020-01-01")], account("ann", "1"), ["leaver-active\tann"]),
    "an old id belongs to the row that lists it, and the old row is no leaver":
        ([person("1", last_working_day="2026-02-28"), person("9", previous_ids="7|1")], account("ann", "1"), []),
    "an old id of somebody who has left":
        ([person("9", previous_ids="1", last_working_day="2026-03-05")], account("ann", "1"), ["leaver-active\tann"]),
    "00123 is not 123": ([person("123")], account("ann", "00123"), ["orphaned-account\tann"]),

    # ---- contractors ----
    "a contract that is over, at once":
        ([person(kind="contractor", end_date="2026-03-16")], account("ann", "1"), ["contractor-expired\tann"]),
    "the kind is read without case":
        ([person(kind="SUPPLIER", end_date="2026-03-16")], account("ann", "1"), ["contractor-expired\tann"]),
    "an external and a partner":
        ([person("1", kind="External", end_date="2026-03-16"), person("2", kind="partner", end_date="2026-03-16")],
         account("ann", "1") + account("ben", "2"), ["contractor-expired\tann", "contractor-expired\tben"]),
    "the last working day stands in for an empty end date":
        ([person(kind="contractor", last_working_day="2026-03-16")], account("ann", "1"), ["contractor-expired\tann"]),
    "the end date of the contract goes before the last working day":
        ([person(kind="contractor", last_working_day="2026-03-16", end_date="2026-12-31")], account("ann", "1"), []),
    "an employee is no contractor": ([person(kind="employee", end_date="2026-03-16")], account("ann", "1"), []),
    "an intern is no contractor": ([person(kind="intern", end_date="2026-03-16")], account("ann", "1"), []),
    "a contract that ends today has not ended":
        ([person(kind="contractor", end_date="2026-03-17")], account("ann", "1"), []),
    "a disabled account has expired with its contract":
        ([person(kind="contractor", end_date="2026-03-16")], account("ann", "1", LOCKED), []),
    "a contractor long gone is a leaver too":
        ([person(kind="contractor", end_date="2026-03-01")], account("ann", "1"), ["contractor-expired\tann", "leaver-active\tann"]),

    # ---- who is who ----
    "an id that matches nobody goes on to the next rule":
        ([LEFT | {"email": "ann@example.com"}], account("ann", "77", "mail: ANN@example.com\n"), ["leaver-active\tann"]),
    "a later rule never overrides a match":
        ([person("1"), person("2", email="ann@example.com", last_working_day="2026-03-05")],
         account("ann", "1", "mail: ann@example.com\n"), []),
    "the last rule is the user name": ([LEFT | {"username": "Ann"}], account("ann"), ["leaver-active\tann"]),
    "two candidates are ambiguous even if one has left":
        ([person("1", email="a@example.com", last_working_day="2026-03-05"), person("2", email="a@example.com")],
         account("ann", "", "mail: a@example.com\n"), ["ambiguous-account\tann"]),
    "ambiguity is reported for usable accounts only":
        ([person("1", email="a@example.com"), person("2", email="a@example.com")],
         account("ann", "", "mail: a@example.com\n" + LOCKED), []),
    "an ambiguous account is not settled by a later rule":
        ([person("1", email="a@example.com", username="ann"), person("2", email="a@example.com")],
         account("ann", "", "mail: a@example.com\n"), ["ambiguous-account\tann"]),
    "an account of nobody": ([person()], account("ann", "1") + account("ghost", "99"), ["orphaned-account\tghost"]),
    "an account of nobody with a registered owner":
        ([person()], account("ann", "1") + account("ghost", "99", "owner: uid=ann,ou=people,dc=example,dc=com\n"), []),
    "an owner who is nobody is no owner":
        ([person()], account("ann", "1") + account("ghost", "99", "owner: uid=zed,ou=people,dc=example,dc=com\n"),
         ["orphaned-account\tghost"]),
    "a disabled account of nobody": ([person()], account("ann", "1") + account("ghost", "99", LOCKED), []),
    "guests belong to somebody": ([person()], account("guest-zed") + account("ann", "1"), ["orphaned-account\tguest-zed"]),
    "break-glass accounts belong to nobody by right": ([person()], account("bg-1") + account("ann", "1"), []),

    # ---- owners ----
    "a service account without an owner": ([person()], account("svc-a"), ["service-without-owner\tsvc-a"]),
    "a shared account without an owner": ([person()], account("box-a"), ["service-without-owner\tbox-a"]),
    "a disabled service account needs none": ([person()], account("svc-a", "", LOCKED), []),
    "an owner that resolves to nothing is no owner, and has not left":
        ([person()], account("ann", "1") + account("svc-a", "", "owner: cn=nobody,dc=example,dc=com\n"), ["service-without-owner\tsvc-a"]),
    "a group may be owner":
        ([person()], account("ann", "1") + group("team", "ann") + account("svc-a", "", "owner: cn=team,ou=groups,dc=example,dc=com\n"), []),
    "an owner who left":
        ([LEFT], account("ann", "1", LOCKED) + account("svc-a", "", "owner: uid=ann,ou=people,dc=example,dc=com\n"), ["owner-left\tsvc-a"]),
    "an owner whose account is disabled":
        ([person()], account("ann", "1", LOCKED) + account("svc-a", "", "owner: uid=ann,ou=people,dc=example,dc=com\n"), ["owner-left\tsvc-a"]),
    "the owner of a group who left":
        ([LEFT], account("ann", "1", LOCKED) + group("team", "ann", extra="owner: uid=ann,ou=people,dc=example,dc=com\n"), ["owner-left\tteam"]),
    "the owner of a disabled service account may leave":
        ([LEFT], account("ann", "1", LOCKED) + account("svc-a", "", LOCKED + "owner: uid=ann,ou=people,dc=example,dc=com\n"), []),

    # ---- use ----
    "a use after the end stays a finding when the account is disabled":
        ([LEFT], account("ann", "1", LOCKED + "pwdLastSuccess: 20260310080000Z\n"), ["leaver-logon\tann"]),
    "a use before the end is none":
        ([LEFT], account("ann", "1", LOCKED + "pwdLastSuccess: 20260305080000Z\n"), []),
    "a use after the end and still enabled":
        ([LEFT], account("ann", "1", "pwdLastSuccess: 20260310080000Z\n"), ["leaver-active\tann", "leaver-logon\tann"]),
    "dormant from the 91st day":
        ([person()], account("ann", "1", "pwdLastSuccess: 20251216050000Z\n"), ["dormant-account\tann"]),
    "not dormant on the 90th": ([person()], account("ann", "1", "pwdLastSuccess: 20251217050000Z\n"), []),
    "privileged accounts are dormant from the 31st":
        ([person()], account("ann", "1", "pwdLastSuccess: 20260214040000Z\n") + group("admins", "ann"),
         ["dormant-account\tann", "privileged-daily\tann"]),
    "service and shared accounts are subjects of dormant-account too":
        ([person()], account("svc-a", "", "pwdLastSuccess: 20250101000000Z\nowner: uid=ann,ou=people,dc=example,dc=com\n")
         + account("ann", "1", "pwdLastSuccess: 20260316000000Z\n"), ["dormant-account\tsvc-a"]),
    "break-glass accounts are not": ([person()], account("bg-a", "", "pwdLastSuccess: 20250101000000Z\n"), []),
    "a leaver may be dormant too: controls are independent":
        ([LEFT], account("ann", "1", "pwdLastSuccess: 20250101000000Z\n"), ["dormant-account\tann", "leaver-active\tann"]),
    "one account shows a use, so absence means never":
        ([person("1"), person("2")], account("ann", "1", "pwdLastSuccess: 20260316000000Z\n") + account("ben", "2"), ["account-never-used\tben"]),
    "never used, but too young":
        ([person("1"), person("2")], account("ann", "1", "pwdLastSuccess: 20260316000000Z\n")
         + account("ben", "2").replace("20200101", "20260301"), []),
    "never used and disabled":
        ([person("1"), person("2")], account("ann", "1", "pwdLastSuccess: 20260316000000Z\n") + account("ben", "2", LOCKED), []),
    "no account shows a use: not recorded": ([person("1"), person("2")], account("ann", "1") + account("ben", "2"), []),
    "an unreadable time is not never":
        ([person("1"), person("2")], account("ann", "1", "pwdLastSuccess: 20260316000000Z\n") + account("ben", "2", "pwdLastSuccess: yesterday\n"), []),
}


class Worlds(SiteTest):
    def test_each_world(self):
        for ruling, (people, ldif, expected) in WORLDS.items():
            with self.subTest(ruling):
                site = self.open(world(people, ldif))
                result = site.run("--dry-run")
                self.assertEqual(result.code, 0, result.err)
                found = [line_of(exception) for exception in result.json["exceptions"]
                         if exception["control"] not in OTHERS and exception["object"] is None]
                self.assertEqual(sorted(found), sorted(expected))


class Shape(SiteTest):
    def one(self, site, control):
        found = [exception for exception in dry(site)["exceptions"] if exception["control"] == control]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_an_account_without_a_key_is_known_by_its_normalised_dn(self):
        ldif = account("ann", "1").replace("dn: uid=ann,ou=people,dc=example,dc=com", "dn: UID=Ann, OU=People,dc=Example,dc=com")
        found = self.one(self.open(world([LEFT], ldif)), "leaver-active")
        self.assertEqual(found["subject"], {"type": "account", "source": "corp", "key": "uid=ann,ou=people,dc=example,dc=com",
                                            "name": "ann", "dn": "UID=Ann, OU=People,dc=Example,dc=com"})
        self.assertEqual(found["person"], {"id": "1", "name": "Person 1"})
        self.assertIsNone(found["object"])

    def test_the_fields_of_an_exception(self):
        site = self.open(world([LEFT], account("ann", "1", "entryUUID: 00000000-0000-4000-8000-000000000001\n")))
        self.assertEqual(site.run().code, 0)
        found = site.exceptions("--control", "leaver-active")[0]
        self.assertGreaterEqual(set(found), {"id", "control", "severity", "status", "subject", "object", "person", "summary", "evidence", "action",
                                      "references", "rule", "first_seen", "last_seen", "due", "owner", "run"})
        self.assertEqual((found["first_seen"], found["last_seen"], found["due"]), (AS_OF, AS_OF, "2026-03-24T05:00:00Z"))
        self.assertEqual((found["status"], found["severity"], found["owner"], found["run"]), ("open", "high", None, 1))
        self.assertEqual(found["subject"]["key"], "00000000-0000-4000-8000-000000000001")
        self.assertEqual(found["evidence"]["linked_by"], "employee_id = id")
        self.assertEqual(found["evidence"]["last_working_day"], "2026-03-05")
        self.assertIs(found["evidence"]["enabled"], True)
        self.assertEqual(found["rule"]["profile"], "iso27001")
        self.assertEqual(found["rule"]["thresholds"]["hours"], 24)
        self.assertTrue(found["rule"]["config"].startswith("sha256:"))
        self.assertEqual(found["references"]["iso27001_2022"], ["5.18", "6.5"])

    def test_the_rule_that_linked_is_named(self):
        site = self.open(world([LEFT | {"email": "a@example.com"}], account("ann", "77", "mail: a@example.com\n")))
        self.assertEqual(self.one(site, "leaver-active")["evidence"]["linked_by"], "mail = email")

    def test_severity_rises_one_step_for_privileged_accounts(self):
        site = self.open(world([LEFT], account("ann", "1") + group("admins", "ann")))
        found = self.one(site, "leaver-active")
        self.assertEqual(found["severity"], "critical")
        self.assertEqual(found["evidence"]["privileged_through"], [["admins"]])

    def test_severity_of_a_privileged_dormant_account(self):
        site = self.open(world([person()], account("ann", "1", "pwdLastSuccess: 20250101000000Z\n") + group("admins", "ann")))
        self.assertEqual(self.one(site, "dormant-account")["severity"], "high")

    def test_a_right_of_a_leaver_is_a_right(self):
        site = self.open(world([LEFT], account("ann", "1", LOCKED) + group("admins", "ann")))
        found = self.one(site, "leaver-rights")
        self.assertEqual((found["subject"]["type"], found["subject"]["name"]), ("right", "ann"))
        self.assertEqual((found["object"]["type"], found["object"]["name"]), ("group", "admins"))
        self.assertEqual(found["severity"], "high")

    def test_a_source_is_its_own_name(self):
        site = self.open(world([LEFT], account("ann", "1")))
        os.remove(os.path.join(site.folder, "hr.csv"))
        found = self.one(site, "source-incomplete")
        self.assertEqual((found["subject"]["type"], found["subject"]["key"], found["subject"]["name"]), ("source", "hr", "hr"))


if __name__ == "__main__":
    unittest.main()
