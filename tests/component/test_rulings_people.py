"""What the catalogue and the interface mean exactly: people, accounts, sources, guards, runs. One small world a line."""

import datetime
import os
import shlex
import unittest

from site_under_test import Site, SiteTest, line_of

AS_OF = "2026-03-17T05:00:00Z"
LATER = "2026-03-17T06:00:00Z"
FRESH = "2026-03-16T20:00:00Z"
HEAD = """
organisation: { name = "Example"; timezone = "Europe/Berlin"; };
store: { url = "sqlite:ledger.db"; };
"""
CORP = '{ name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; %s }'
HR = '{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; %s }'
RULES = """
privileged = [ "admins" ];
account_classes: ( { class = "service"; name = "svc-*"; }, { class = "admin"; name = "adm-*"; }, { class = "shared"; name = "box-*"; },
                   { class = "guest"; name = "guest-*"; }, { class = "break-glass"; name = "bg-*"; } );
"""
COLUMNS = ("id name email username manager_id department title location kind status start_date last_working_day end_date timezone "
           "recorded_at sponsor_id previous_ids").split()
LOCKED = "pwdAccountLockedTime: 000001010000Z\n"
# Controls that these worlds are not about would only make their lines longer.
OTHERS = {"privileged-unapproved", "privileged-nested", "group-without-owner", "review-overdue"}


def sources(corp="", hr="", more=""):
    return "sources: (\n" + CORP % corp + ",\n" + HR % hr + (",\n" + more if more else "") + "\n);\n"


def roster(*people):
    """people: dicts of columns; the name is made of the id."""
    lines = [",".join(COLUMNS)]
    for person in people:
        row = {"name": "Person " + person["id"], "recorded_at": FRESH, **person}
        lines.append(",".join(row.get(column, "") for column in COLUMNS))
    return "\n".join(lines) + "\n"


def account(name, employee="", extra="", modified="20260316200000Z", operational=True):
    stamps = f"createTimestamp: 20200101000000Z\nmodifyTimestamp: {modified}\n" if operational else ""
    number = f"employeeNumber: {employee}\n" if employee else ""
    return (f"dn: uid={name},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
            f"{number}{stamps}{extra}\n")


def group(name, *members, extra=""):
    rows = "".join(f"member: uid={member},ou=people,dc=example,dc=com\n" for member in members)
    return (f"dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n"
            f"createTimestamp: 20200101000000Z\n{extra}{rows}\n")


def world(people, ldif, *, head=HEAD, source=None, rules=RULES, **files):
    named = {name.replace("_", "."): content for name, content in files.items()}
    hr = people if isinstance(people, (str, bytes)) else roster(*people)
    return Site(head + (source or sources()) + rules, {"hr.csv": hr, "corp.ldif": ldif, **named})


def person(identifier="1", **columns):
    return {"id": identifier, **columns}


# ruling: people, entries of the directory, what is found (controls of OTHERS left out)
LEFT = person(last_working_day="2026-03-05")
WORLDS = {
    # ---- who has left ----
    "a last working day that is over": ([LEFT], account("ann", "1"), ["leaver-active\tann"]),
    "the limit has not passed: 24 hours after the day's end in Berlin":
        ([person(last_working_day="2026-03-16")], account("ann", "1"), []),
    "an admin has four hours": ([person(last_working_day="2026-03-16")], account("adm-ann", "1"), ["leaver-active\tadm-ann"]),
    "a privileged account has four hours":
        ([person(last_working_day="2026-03-16")], account("ann", "1") + group("admins", "ann"), ["leaver-active\tann"]),
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
        ([person()], account("ann", "1", "pwdLastSuccess: 20260214040000Z\n") + group("admins", "ann"), ["dormant-account\tann"]),
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


def dry(site, *arguments):
    result = site.run("--dry-run", *arguments)
    return result.json


def lines(result, *controls):
    return sorted(line_of(exception) for exception in result["exceptions"] if not controls or exception["control"] in controls)


def unjudged(result, control):
    return [row for row in result["not_evaluable"] if row["control"] == control]


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


class Tables(SiteTest):
    def judged(self, hr, options="", code=0, **files):
        site = self.open(world(hr, account("ann", "1") + account("ben", "2"), source=sources(hr=options), **files))
        result = site.run("--dry-run")
        self.assertEqual(result.code, code, result.err)
        return result

    def status(self, result, name="hr"):
        return next(source for source in result.json["run"]["sources"] if source["name"] == name)

    def test_columns_delimiter_date_format_and_encoding(self):
        text = "Employee Number;Full Name;Last Day\n 1 ; Jörg Müller ;05.03.2026\n2;Ben;\n"
        options = 'columns: { id = "Employee Number"; name = "Full Name"; last_working_day = "Last Day"; }; '
        options += 'date_format = "%d.%m.%Y"; delimiter = ";"; encoding = "windows-1252";'
        result = self.judged(text.encode("cp1252"), options)
        found = result.json["exceptions"]
        self.assertEqual([line_of(e) for e in found], ["leaver-active\tann"])
        self.assertEqual(found[0]["person"], {"id": "1", "name": "Jörg Müller"})

    def test_a_delimiter_that_is_a_tab(self):
        self.assertEqual(lines(self.judged("id\tname\tstatus\n1\tAnn\tleft\n2\tBen\t\n", 'delimiter = "tab";').json), ["leaver-active\tann"])

    def test_a_semicolon_is_not_guessed(self):
        result = self.judged("id;name\n1;Ann\n2;Ben\n", code=3)
        self.assertEqual(self.status(result)["status"], "incomplete")

    def test_extra_columns_are_dropped(self):
        result = self.judged("id,name,salary\n1,Ann,90000\n2,Ben,1\n")
        self.assertNotIn("90000", result.out)

    def test_trailer_counts(self):
        self.judged("id,name\n1,Ann\n2,Ben\nTRAILER,2\n", 'trailer = "count";')
        for text in ("id,name\n1,Ann\n2,Ben\nTRAILER,3\n", "id,name\n1,Ann\n2,Ben\n", "id,name\n1,Ann\nTRAILER,2\n2,Ben\n"):
            with self.subTest(text):
                self.assertEqual(self.status(self.judged(text, 'trailer = "count";', code=3))["status"], "incomplete")

    def test_a_last_line_without_its_end_is_whole_with_all_cells(self):
        self.judged("id,name,status\n1,Ann,\n2,Ben,active")
        result = self.judged("id,name,status\n1,Ann,\n2,Ben", code=3)
        self.assertIn("hr.csv:3", self.status(result)["reason"])

    def test_syntax_refuses_the_file_with_its_line(self):
        for text, line in (("id,name\n1,Ann\n2,Ben,more\n", 3), ("id,name\n1,Ann\n2\n3,Cid\n", 3), ('id,name\n1,Ann\n2,"Ben\n', 3),
                           ("id,name\n1,Ann\n2,B\udce9n\n".encode("utf-8", "surrogateescape"), 3)):
            with self.subTest(text):
                result = self.judged(text, code=3)
                self.assertIn(f"hr.csv:{line}", self.status(result)["reason"])
                self.assertIn(f"hr.csv:{line}", result.err)

    def test_content_rejects_the_row_and_leaves_the_run_applied(self):
        head = "id,name,last_working_day,timezone\n"
        for rows, line, rejected in (("1,Ann,,\n2,Ben,,\n3,Cid,2026-02-30,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n3,,,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n,Cid,,\n", 4, 1),
                                     ("1,Ann,,\n2,Ben,,\n3,Cid,,Mars/Olympus\n", 4, 1), ("1,Ann,,\n2,Ben,,\n3,Cid,,\n3,Dee,,\n", 4, 2),
                                     ("1,Ann,,\n2,Ben,,\n3,Cid,05.03.2026,\n", 4, 1), ("1,Ann,,\n2,Ben,,\n1.2E+05,Cid,,\n", 4, 1)):
            with self.subTest(rows):
                site = self.open(world(head + rows, account("ann", "1") + account("ben", "2")))
                result = site.run()
                self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"), result.err)
                self.assertEqual(self.status(result)["counts"]["rejected"], rejected)
                self.assertIn(f"hr.csv:{line}", result.err)
                found = site.exceptions("--control", "source-rows-rejected")
                self.assertEqual(len(found), 1)
                self.assertIn(f"hr.csv:{line}", str(found[0]["evidence"]["reasons"]))

    def test_times_without_a_zone_are_the_organisations(self):
        # 23:30 in Berlin on the 9th is 22:30 UTC: six hours and thirty minutes more than seven days before 05:00Z on the 17th.
        text = "id,name,recorded_at\n1,Ann,2026-03-10T05:30:00\n2,Ben,2026-03-10T05:30:00\n"
        result = self.judged(text, code=3)
        self.assertEqual(self.status(result)["newest"], "2026-03-10T04:30:00Z")
        self.assertEqual(self.status(result)["status"], "stale")

    def test_a_missing_or_odd_data_file_is_an_incomplete_source(self):
        for make in (os.remove, lambda path: (os.remove(path), os.mkdir(path)), lambda path: (os.remove(path), os.mkfifo(path)),
                     lambda path: (os.rename(path, path + ".real"), os.symlink(path + ".real", path))):
            site = self.open(world([person("1")], account("ann", "1")))
            make(os.path.join(site.folder, "hr.csv"))
            result = site.run()
            self.assertEqual(result.code, 3)
            self.assertEqual(self.status(result)["status"], "incomplete")
            self.assertEqual(result.json["run"]["status"], "partial")
            self.assertEqual(site.found(), ["source-incomplete\thr"])

    def test_empty_means_unknown_in_every_column(self):
        self.assertEqual(lines(self.judged("id,name,status,last_working_day,timezone\n1,Ann, , , \n2,Ben,,,\n").json), [])


class Ldif(SiteTest):
    def judged(self, ldif, code=0, corp=""):
        site = self.open(world([LEFT, person("2")], ldif, source=sources(corp=corp)))
        result = site.run()
        self.assertEqual(result.code, code, result.err)
        return site, result, result.json["run"]["sources"][0]

    def test_bom_version_comments_and_folded_lines(self):
        text = "\ufeffversion: 1\n\n# a comment\n" + account("ann", "1").replace("ou=people,dc=example", "ou=people,\n dc=example")
        site, _, _ = self.judged(text)
        self.assertEqual(site.found(), ["leaver-active\tann"])

    def test_what_refuses_the_file(self):
        good = account("ann", "1")
        for bad in ("dn: uid=x,dc=example,dc=com\nchangetype: modify\nreplace: sn\nsn: x\n-\n\n", "cn: no dn\nsn: x\n\n", "dn: nonsense\ncn: x\n\n",
                    "dn: uid=x,dc=example,dc=com\ncn: a\0b\n\n", "dn: uid=x,dc=example,dc=com\ncn:: !!!\n\n", "dn: uid=x,dc=example,dc=com\nno colon\n\n"):
            with self.subTest(bad):
                site, result, source = self.judged(good + bad, 3)
                self.assertEqual(source["status"], "incomplete")
                self.assertIn("corp.ldif:", source["reason"])
                self.assertEqual([line for line in site.found() if not line.startswith("source-")], [])

    def test_two_entries_of_one_dn_or_key_reject_both(self):
        key = "entryUUID: 00000000-0000-4000-8000-00000000000a\n"
        for pair in (account("x", "2") + account("X", "2"), account("x", "2", key) + account("y", "2", key)):
            with self.subTest(pair):
                site, result, source = self.judged(account("ann", "1") + pair)
                self.assertEqual(source["counts"]["rejected"], 2)
                self.assertEqual(source["counts"]["accounts"], 1)
                self.assertIn("source-rows-rejected\tcorp", site.found())

    def test_url_values_reject_the_entry_and_are_never_followed(self):
        _, result, source = self.judged(account("ann", "1") + account("x", "2", "description:< file:///etc/passwd\n"))
        self.assertEqual(source["counts"]["rejected"], 1)
        self.assertNotIn("root:", result.out)

    def test_an_entry_without_a_login_name_is_excluded(self):
        _, _, source = self.judged(account("ann", "1") + account("x").replace("uid: x\n", ""))
        self.assertEqual((source["counts"]["excluded"], source["exclusions"]), (1, {"no-name": 1}))

    def test_filters_hold_for_ldif(self):
        site, _, source = self.judged(account("ann", "1") + account("x", "", "employeeType: robot\n"), corp='account_filter = "(&(objectClass=inetOrgPerson)(!(employeeType=robot)))";')
        self.assertEqual(source["counts"]["accounts"], 1)
        self.assertEqual(site.found(), ["leaver-active\tann"])


class Freshness(SiteTest):
    def status(self, site, *arguments, as_of=None):
        result = site.run("--dry-run", *arguments, as_of=as_of)
        return {source["name"]: source["status"] for source in result.json["run"]["sources"]}, result

    def test_the_newest_record_decides(self):
        people = [person("1", recorded_at="2026-03-10T05:00:00Z"), person("2", recorded_at="2020-01-01T00:00:00Z")]
        site = self.open(world(people, account("ann", "1") + account("old", "2", modified="20200101000000Z")))
        self.assertEqual(self.status(site)[0], {"corp": "complete", "hr": "complete"})
        statuses, result = self.status(site, as_of="2026-03-17T05:00:01Z")
        self.assertEqual(statuses, {"corp": "complete", "hr": "stale"})
        self.assertEqual(result.code, 3)
        self.assertIn("source-stale\thr", lines(result.json))

    def test_a_directory_of_files_is_as_fresh_as_its_newest_change(self):
        site = self.open(world([person("1")], account("ann", "1", modified="20260316050000Z")))
        self.assertEqual(self.status(site)[0]["corp"], "complete")
        self.assertEqual(self.status(site, as_of="2026-03-17T05:00:01Z")[0]["corp"], "stale")

    def test_without_records_of_time_the_files_own(self):
        site = self.open(world("id,name\n1,Ann\n", account("ann", "1")))
        self.assertEqual(self.status(site)[0]["hr"], "complete")
        os.utime(os.path.join(site.folder, "hr.csv"), (1772000000, 1772000000))
        self.assertEqual(self.status(site)[0]["hr"], "stale")

    def test_limits_are_settings(self):
        rules = RULES + "freshness: { people_days = 60; directory_hours = 1000; };\n"
        site = self.open(world([person("1", recorded_at="2026-02-01T00:00:00Z")], account("ann", "1", modified="20260301000000Z"), rules=rules))
        self.assertEqual(self.status(site)[0], {"corp": "complete", "hr": "complete"})

    def test_a_stale_source_changes_nothing_that_rests_on_it(self):
        site = self.open(world([LEFT, person("2")], account("ann", "1") + account("ghost", "9") + account("svc-a")))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        late = "2026-03-24T05:00:00Z"
        site.write("corp.ldif", account("ann", "1", LOCKED, modified="20260324040000Z") + account("svc-a", modified="20260324040000Z")
                   + account("new", "77", modified="20260324040000Z"))
        result = site.run("--accept", "corp:accounts", "--reason", "test", as_of=late)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"), result.err)
        after = [e for e in site.ledger() if not e["control"].startswith("source-")]
        untouched = [e for e in after if e["control"] != "service-without-owner"]
        self.assertEqual(untouched, [e for e in before if e["control"] != "service-without-owner"])
        self.assertEqual([e["last_seen"] for e in after if e["control"] == "service-without-owner"], [late])


class Held(SiteTest):
    """A company of forty, so that guards have something to compare."""

    def people(self, n=40, **columns):
        return [person(str(i), email=f"p{i}@example.com", **columns) for i in range(1, n + 1)]

    def accounts(self, n=40, extra=""):
        return "".join(account(f"p{i}", str(i), extra) for i in range(1, n + 1))

    def site(self, **options):
        site = self.open(world(self.people() + [person("99", last_working_day="2026-03-01")], self.accounts() + account("bad", "99") + account("ghost", "1234"), **options))
        self.assertEqual(site.run().code, 0)
        return site

    def held(self, result):
        return {h["source"] + ":" + h["dimension"]: (h["before"], h["after"], h["limit"]) for h in result.json["held"]}

    def test_the_shape_of_held_and_the_command(self):
        site = self.site()
        before = site.ledger()
        site.write("corp.ldif", self.accounts(30))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"))
        self.assertEqual(set(result.json["held"][0]), {"source", "dimension", "before", "after", "limit", "accept"})
        held = self.held(result)
        self.assertEqual(held["corp:accounts"], (42, 30, 3))
        self.assertEqual(held["corp:enabled-accounts"], (42, 30, 3))
        self.assertEqual(held["corp:fill.employee_id"], (42, 30, 3))
        for name in held:
            self.assertIn("--accept " + name, result.err)
        self.assertEqual(result.json["run"]["sources"][0]["status"], "held")
        after = site.ledger()
        self.assertEqual([e for e in after if e["control"] != "source-incomplete"], before)
        self.assertEqual([line_of(e) for e in after if e["control"] == "source-incomplete"], ["source-incomplete\tcorp"])
        # The baseline is kept: the next night compares with the last good one, not with the held one.
        self.assertEqual(self.held(site.run(as_of="2026-03-17T07:00:00Z"))["corp:accounts"], (42, 30, 3))
        accepts = [word for name in held for word in ("--accept", name)]
        result = site.run(*accepts, "--reason", "closed", as_of="2026-03-17T08:00:00Z")
        self.assertEqual((result.code, result.json["held"]), (0, []), result.err)
        self.assertEqual({a["accept"] for a in result.json["run"]["accepted"]}, set(held))
        self.assertEqual(site.found(), [])

    def test_the_limit_is_exact(self):
        site = self.site()
        site.write("corp.ldif", self.accounts(39))
        self.assertEqual(dry(site, "--as-of", LATER)["held"], [])
        site.write("corp.ldif", self.accounts(38))
        self.assertIn("corp:accounts", self.held(site.run("--dry-run", as_of=LATER)))

    def test_growth(self):
        site = self.site()
        extra = [person(str(500 + i)) for i in range(10)]
        site.write("hr.csv", roster(*self.people(), person("99", last_working_day="2026-03-01"), *extra))
        self.assertEqual(site.run("--dry-run", as_of=LATER).code, 0)
        site.write("hr.csv", roster(*self.people(), person("99", last_working_day="2026-03-01"), *extra, person("600")))
        self.assertEqual(self.held(site.run("--dry-run", as_of=LATER)), {"hr:people-active": (40, 51, 10)})

    def test_rejected_rows_that_grow(self):
        site = self.site()
        text = roster(*self.people(), person("99", last_working_day="2026-03-01"))
        site.write("hr.csv", text + "".join(",No id" + "," * (len(COLUMNS) - 2) + "\n" for _ in range(11)))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:rejected": (0, 11, 10)})

    def test_fill_of_a_roster_column(self):
        site = self.site()
        site.write("hr.csv", roster(*[person(str(i)) for i in range(1, 41)], person("99", last_working_day="2026-03-01")))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:fill.email": (40, 0, 3)})

    def test_a_lost_status_makes_no_leaver_active_again(self):
        people = [person(str(i), status="active") for i in range(1, 38)] + [person(str(i), status="left") for i in range(38, 41)]
        site = self.open(world(people, self.accounts()))
        site.run()
        self.assertEqual(len(site.exceptions("--control", "leaver-active")), 3)
        site.write("hr.csv", roster(*[{**row, "status": ""} for row in people]))
        self.assertEqual(self.held(site.run(as_of=LATER)), {"hr:fill.status": (40, 0, 3)})
        self.assertEqual(len(site.exceptions("--control", "leaver-active")), 3)

    def test_slow_erosion_against_the_seven_day_maximum(self):
        site = self.site()
        stamps = [f"2026-03-17T{hour:02}:00:00Z" for hour in range(6, 12)]
        sizes = (38, 36, 34)
        full = self.people() + [person("99", last_working_day="2026-03-01")]
        codes = []
        for as_of, n in zip(stamps, sizes):
            site.write("hr.csv", roster(*full[:n], full[-1]))
            codes.append(site.run("--accept", "ledger:resolved", "--reason", "test", as_of=as_of).code)
        self.assertEqual(codes, [0, 0, 0])
        site.write("hr.csv", roster(*full[:33], full[-1]))
        result = site.run(as_of=stamps[3])
        self.assertEqual(result.code, 3)
        self.assertEqual(self.held(result)["hr:people-active"], (40, 33, 6))

    def test_a_branch_that_empties(self):
        ldif = self.accounts() + account("bad", "99")
        robots = "".join(account(f"svc-{i}").replace("ou=people", "ou=robots") for i in range(10))
        site = self.open(world(self.people(), ldif + robots))
        site.run()
        site.write("corp.ldif", ldif)
        result = site.run(as_of=LATER)
        self.assertIn("corp:branch.ou=robots,dc=example,dc=com", self.held(result))
        self.assertIn("--accept corp:branch.ou=robots,dc=example,dc=com", result.err)

    def test_resolving_too_much(self):
        ghosts = "".join(account(f"ghost{i}", str(7000 + i)) for i in range(9))
        site = self.open(world(self.people(), self.accounts() + ghosts))
        site.run()
        before = site.ledger()
        site.write("hr.csv", roster(*self.people(), *[person(str(7000 + i)) for i in range(9)]))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (3, "held"))
        self.assertEqual(result.json["held"], [{"source": "ledger", "dimension": "resolved", "before": 9, "after": 0, "limit": 5, "accept": "ledger:resolved"}])
        self.assertEqual(site.ledger(), before)
        self.assertEqual(site.rightful("exceptions", "--json").json["run"]["id"], 1)
        counts = site.run("--accept", "ledger:resolved", "--reason", "recorded", as_of=LATER).json["counts"]
        self.assertEqual((counts["resolved"], counts["open"]), (9, 0))

    def test_accept_needs_a_reason_and_a_form(self):
        site = self.site()
        self.assertEqual(site.run("--accept", "corp:accounts").code, 2)
        self.assertEqual(site.run("--accept", "corp", "--reason", "x").code, 2)

    def test_exit_3_wins_over_4(self):
        site = self.site()
        self.assertEqual(site.run("--fail-on", "low", as_of=LATER).code, 4)
        os.remove(os.path.join(site.folder, "hr.csv"))
        self.assertEqual(site.run("--fail-on", "low", as_of=LATER).code, 3)

    def test_an_incomplete_source_changes_nothing_that_rests_on_it(self):
        site = self.site()
        before = site.ledger()
        for name in ("hr.csv", "corp.ldif"):
            content = site.read(name)
            os.remove(os.path.join(site.folder, name))
            result = site.run(as_of=LATER)
            self.assertEqual((result.code, result.json["run"]["status"]), (3, "partial"))
            self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)
            site.write(name, content)
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"))
        self.assertEqual([e for e in site.found() if e.startswith("source-")], [])


class Runs(SiteTest):
    def site(self):
        return self.open(world([LEFT, person("2")], account("ann", "1") + account("ghost", "9") + group("admins", "ann")))

    def test_the_fields_of_a_run(self):
        site = self.site()
        result = site.run().json
        self.assertEqual(result["schema_version"], 1)
        self.assertGreaterEqual(set(result), {"run", "counts", "not_evaluable", "held"})
        self.assertGreaterEqual(set(result["run"]), {"id", "as_of", "status", "sources"})
        self.assertEqual((result["run"]["id"], result["run"]["as_of"], result["run"]["status"]), (1, AS_OF, "applied"))
        for source in result["run"]["sources"]:
            self.assertGreaterEqual(set(source), {"name", "kind", "provides", "status", "reason", "started", "finished", "digest", "counts"})
            self.assertEqual(set(source["counts"]), {"pulled", "kept", "rejected", "excluded", "accounts", "enabled", "groups", "memberships",
                                                     "computers", "people", "people_active", "assets", "approvals"})
            counts = source["counts"]
            self.assertEqual(counts["pulled"], counts["kept"] + counts["rejected"] + counts["excluded"])
        corp, hr = (source["counts"] for source in result["run"]["sources"])
        self.assertEqual((corp["accounts"], corp["enabled"], corp["groups"], corp["memberships"]), (2, 2, 1, 1))
        self.assertEqual((hr["people"], hr["people_active"]), (2, 1))
        self.assertGreaterEqual(set(result["counts"]), {"new", "reopened", "open", "accepted", "resolved", "false_positive", "by_control", "by_severity"})
        self.assertEqual(set(result["counts"]["by_severity"]), {"low", "medium", "high", "critical"})
        self.assertEqual(result["counts"]["open"], sum(result["counts"]["by_severity"].values()))
        self.assertEqual(result["counts"]["open"], sum(result["counts"]["by_control"].values()))
        for row in result["not_evaluable"]:
            self.assertEqual(set(row), {"control", "reason", "subjects"})

    def test_the_list_of_exceptions(self):
        site = self.site()
        empty = site.rightful("exceptions", "--json")
        self.assertEqual((empty.code, empty.json["exceptions"]), (0, []))
        site.run()
        result = site.rightful("exceptions", "--json").json
        self.assertEqual(set(result), {"schema_version", "run", "exceptions"})
        self.assertEqual(set(result["run"]), {"id", "as_of", "status", "sources"})
        order = ["critical", "high", "medium", "low"]
        keys = [(order.index(e["severity"]), e["control"], e["subject"]["name"]) for e in result["exceptions"]]
        self.assertEqual(keys, sorted(keys))

    def test_memberships_count_values_that_resolve_to_nothing(self):
        site = self.open(world([person("1")], account("ann", "1") + group("team", "ann", "zed", "zoe")))
        self.assertEqual(dry(site)["run"]["sources"][0]["counts"]["memberships"], 3)

    def test_equal_as_of_is_allowed_and_earlier_refused(self):
        site = self.site()
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        self.assertEqual(site.run(as_of="2026-03-17T04:59:59Z").code, 2)
        self.assertEqual(site.ledger(), before)

    def test_dates_of_exceptions_are_as_of(self):
        site = self.site()
        site.run()
        site.run(as_of=LATER)
        found = site.exceptions("--control", "orphaned-account")[0]
        self.assertEqual((found["first_seen"], found["last_seen"], found["due"]), (AS_OF, LATER, "2026-03-24T05:00:00Z"))

    def test_a_dry_run_writes_nothing_and_counts(self):
        site = self.site()
        result = site.run("--dry-run").json
        self.assertEqual((result["run"]["status"], result["run"]["id"]), ("dry", None))
        self.assertEqual(os.path.exists(os.path.join(site.folder, "ledger.db")), False)
        site.run()
        before = site.ledger()
        counts = site.run("--dry-run", as_of=LATER).json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))
        self.assertEqual(site.ledger(), before)

    def test_assigned_is_open_and_reopened_is_open_again(self):
        site = self.site()
        site.run()
        found = site.exceptions("--control", "orphaned-account")[0]
        site.rightful("exception", "assign", found["id"], "2")
        self.assertIn(found["id"], [e["id"] for e in site.exceptions()])
        self.assertEqual([e["id"] for e in site.exceptions("--status", "assigned")], [found["id"]])
        ldif = site.read("corp.ldif")
        site.write("corp.ldif", ldif.replace("uid: ghost\n", "uid: ghost\n" + LOCKED))
        site.run(as_of=LATER)
        self.assertEqual([e["id"] for e in site.exceptions("--status", "resolved")], [found["id"]])
        site.write("corp.ldif", ldif)
        counts = site.run(as_of="2026-03-17T07:00:00Z").json["counts"]
        self.assertEqual((counts["new"], counts["reopened"]), (1, 1))
        again = site.exceptions("--control", "orphaned-account")[0]
        self.assertEqual((again["id"], again["status"]), (found["id"], "open"))

    def test_equal_inputs_give_equal_findings(self):
        first, second = self.site(), self.site()
        self.assertEqual(dry(first)["exceptions"], dry(second)["exceptions"])

    def test_a_group_name_that_fits_nothing(self):
        site = self.open(world([person("1")], account("ann", "1"), rules='privileged = [ "no such group" ];\n'))
        result = site.run()
        self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"))
        self.assertIn("no such group", result.err)
        self.assertTrue(unjudged(result.json, "privileged-unapproved"))
        check = site.rightful("check", "--json")
        self.assertEqual(check.code, 1)
        self.assertIn("no such group", check.out)

    def test_check_passes_and_says_what_it_found(self):
        site = self.site()
        result = site.rightful("check", "--json")
        self.assertEqual(result.code, 0, result.out)
        os.remove(os.path.join(site.folder, "hr.csv"))
        self.assertEqual(site.rightful("check").code, 1)
        self.assertEqual(site.rightful("check", "--offline").code, 0)

    def test_global_options_stand_before_or_after(self):
        site = self.site()
        site.run()
        self.assertEqual(site.rightful("--json", "exceptions").out, site.rightful("exceptions", "--json").out)

    def test_a_removed_source_resolves_nothing(self):
        more = HR.replace('"hr"', '"agency"').replace("hr.csv", "agency.csv") % ""
        site = self.open(world([LEFT], account("ann", "1")))
        site.run()
        self.assertEqual(site.found(), ["leaver-active\tann"])
        site.write("rightful.conf", HEAD + "sources: (" + HR % "" + ");\n")
        site.run(as_of=LATER)
        self.assertEqual(site.found(), ["leaver-active\tann"])


class Applications(SiteTest):
    """accounts: applications without LDAP."""

    SHOP = '{ name = "shop"; kind = "csv"; provides = "accounts"; path = "shop.csv"; }'

    def judged(self, table, rules=RULES, people=(LEFT, person("2"))):
        site = self.open(world(list(people), account("ben", "2"), source=sources(more=self.SHOP), rules=rules, shop_csv=table))
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
        self.assertEqual(lines(result), ["account-never-used\tanne", "dormant-account\tann"])


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
        self.assertEqual(self.found(ldif), ["account-never-used\tben"])

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
        config = "sources: (" + HR % "" + "," + Applications.SHOP + ");\n"
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
                         [("leaver-active\tann", "resolved"), ("orphaned-account\tnew", "open"), ("orphaned-account\tzed", "open"),
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
        site = self.open(world([LEFT], account("x", "1", LOCKED), source=sources(more=Applications.SHOP),
                               shop_csv="id,name,employee_id,enabled,created\na1,ann,1,perhaps,\na2,anne,1,yes,\na3,anna,1,yes,soon\n"))
        result = dry(site)
        self.assertEqual(lines(result, "leaver-active"), ["leaver-active\tanne"])
        shop = result["run"]["sources"][2]
        self.assertEqual((shop["counts"]["pulled"], shop["counts"]["kept"], shop["counts"]["rejected"]), (3, 1, 2))

    def test_a_stale_list_of_accounts(self):
        site = self.open(world([LEFT], account("x", "1", LOCKED), source=sources(more=Applications.SHOP), shop_csv="id,name,employee_id,enabled\na1,ann,1,yes\n"))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        os.utime(os.path.join(site.folder, "shop.csv"), (1773500000, 1773500000))
        result = site.run(as_of=LATER)
        self.assertEqual((result.code, [source["status"] for source in result.json["run"]["sources"]]), (3, ["complete", "complete", "stale"]))
        self.assertEqual([e for e in site.ledger() if not e["control"].startswith("source-")], before)

    def test_the_class_of_an_application_stands_when_no_rule_fits(self):
        site = self.open(world([person("1")], account("x", "1"), source=sources(more=Applications.SHOP),
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
        self.assertEqual([line for line in site.found() if not line.startswith(("source-", "group-"))], [])
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


class RefusedRows(SiteTest):
    """A row that was rejected is there: nobody has left, and nothing is resolved, because it cannot be read."""

    everybody = [person("1", last_working_day="2026-03-05"), person("2"), person("3", kind="contractor", end_date="2026-03-10"), person("4"), person("5"),
                 person("8", last_working_day="2026-05-05"), person("9", last_working_day="2026-05-05", end_date="2026-05-05")]
    ldif = "".join(account(f"p{n}", str(n)) for n in range(1, 6)) + account("svc-a", "", "owner: uid=p4,ou=people,dc=example,dc=com\n")
    found = ["contractor-expired\tp3", "leaver-active\tp1", "leaver-active\tp3"]

    def site(self):
        site = self.open(world(self.everybody, self.ldif))
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.found(), self.found)
        return site

    def spoiled(self, **faults):
        return roster(*[{**row, **faults.get("p" + row["id"], {})} for row in self.everybody])

    def test_a_bad_date_makes_no_leaver_and_resolves_none(self):
        site = self.site()
        before = site.ledger()
        for fault in ({"start_date": "soon"}, {"timezone": "Mars/Olympus"}, {"name": " "}):
            for who in ("p1", "p3", "p4"):
                with self.subTest(fault=fault, who=who):
                    site.write("hr.csv", self.spoiled(**{who: fault}))
                    result = site.run(as_of=AS_OF)
                    self.assertEqual((result.code, result.json["run"]["status"]), (0, "applied"), result.err)
                    self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))
                    self.assertIn("leaver-active", [row["control"] for row in result.json["not_evaluable"] if row["subjects"]])
        site.write("hr.csv", roster(*self.everybody))
        site.run(as_of=AS_OF)
        self.assertEqual(site.found(), self.found)
        self.assertEqual([e["id"] for e in site.ledger()][:3], [e["id"] for e in before])

    def test_an_id_twice_makes_no_leaver(self):
        site = self.site()
        site.write("hr.csv", roster(*self.everybody, person("4")))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_a_row_without_an_id_may_be_anybodys(self):
        for fault in ("", "4.0E+00"):
            with self.subTest(fault):
                site = self.site()
                site.write("hr.csv", self.spoiled(p4={"id": fault, "name": "Person 4"}))
                self.assertEqual(site.run(as_of=LATER).code, 0)
                self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_on_the_first_run_too_nobody_is_an_orphan(self):
        site = self.open(world(self.spoiled(p4={"end_date": "never"}), self.ldif))
        result = site.run()
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))
        self.assertTrue([row for row in unjudged(result.json, "owner-left") if row["subjects"] == 1])

    def test_an_old_id_of_a_refused_row_is_nobody_who_left(self):
        moved = [row if row["id"] != "4" else person("40", previous_ids="4") for row in self.everybody]
        site = self.site()
        site.write("hr.csv", roster(*moved))
        site.run(as_of=LATER)
        self.assertEqual(site.found(), self.found)
        site.write("hr.csv", roster(*[{**row, "end_date": "soon"} if row["id"] == "40" else row for row in moved]))
        site.run(as_of=LATER)
        self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\thr"]))

    def test_who_vanishes_while_another_row_is_refused_is_gone_all_the_same(self):
        site = self.site()
        site.write("hr.csv", self.spoiled(p4={"end_date": "never"}).replace("5,Person 5", "6,Person 6"))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), sorted(self.found + ["leaver-active\tp5", "source-rows-rejected\thr"]))

    def test_an_entry_that_was_rejected_is_not_gone(self):
        site = self.site()
        before = [e["id"] for e in site.ledger()]
        url = self.ldif.replace("uid: p1\n", "uid: p1\ndescription:< file:///etc/passwd\n")
        twice = self.ldif + account("p1", "1")
        for spoiled in (url, twice):
            site.write("corp.ldif", spoiled)
            self.assertEqual(site.run(as_of=LATER).code, 0)
            self.assertEqual(site.found(), sorted(self.found + ["source-rows-rejected\tcorp"]))
        site.write("corp.ldif", self.ldif.replace(account("p1", "1"), ""))
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), [line for line in self.found if not line.endswith("active\tp1")])
        self.assertLessEqual(set(before), {e["id"] for e in site.ledger()})

    def test_what_is_there_resolves_all_the_same(self):
        site = self.site()
        spoiled = self.ldif.replace("uid: p5\n", "uid: p5\ndescription:< file:///etc/passwd\n").replace("uid: p1\n", "uid: p1\n" + LOCKED)
        site.write("corp.ldif", spoiled)
        self.assertEqual(site.run(as_of=LATER).code, 0)
        self.assertEqual(site.found(), ["contractor-expired\tp3", "leaver-active\tp3", "source-rows-rejected\tcorp"])


if __name__ == "__main__":
    unittest.main()
