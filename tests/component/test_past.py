"""The past: what a command said that night it says of that night for ever; what changed; what is forgotten."""

import os
import re
import sqlite3
import unittest

from site_under_test import Site, SiteTest

HEAD = """
organisation: {{ name = "Past"; timezone = "Europe/Berlin"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: (
  {{ name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }},
  {{ name = "register"; kind = "csv"; provides = "assets"; path = "assets.csv"; }},
  {{ name = "shop"; kind = "csv"; provides = "accounts"; path = "shop.csv"; }}
);
freshness: {{ directory_hours = 8784; people_days = 3650; assets_days = 3650; approvals_days = 3650; }};
privileged = [ "admins" ];
entitlements: ( {{ group = "payments"; means = "Release payments"; allowed = ( {{ department = "Finance"; }} ); }} );
account_classes: ( {{ class = "service"; name = "svc-*"; }} );
{more}
"""
NIGHTS = [f"2026-03-{day}T05:00:00Z" for day in (16, 17, 18, 19, 20)]


def entry(uid, number, more="", ou="people"):
    return (f"dn: uid={uid},ou={ou},dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n"
            f"employeeNumber: {number}\nmail: {uid}@example.com\nentryUUID: 00000000-0000-4000-8000-0000{int(number):08d}\n"
            f"createTimestamp: 20200101000000Z\nmodifyTimestamp: 20260301000000Z\n{more}\n")


def group(cn, *members, more=""):
    lines = "".join(f"member: {member}\n" for member in members)
    number = sum(ord(letter) for letter in cn)
    return (f"dn: cn={cn},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {cn}\n"
            f"entryUUID: 00000000-0000-4000-8000-1000{number:08d}\ncreateTimestamp: 20200101000000Z\n{more}{lines}\n")


def uid(name, ou="people"):
    return f"uid={name},ou={ou},dc=example,dc=com"


def cn(name):
    return f"cn={name},ou=groups,dc=example,dc=com"


LOCKED = "pwdAccountLockedTime: 000001010000Z\n"
PEOPLE = "id,name,email,username,department,title,manager_id,status,last_working_day,previous_ids\n"
ASSETS = "id,name,kind,status,owner,custodian,access_groups,last_audit\n"


class World:
    """What the sources say on one night; every night changes a copy of the one before."""

    def __init__(self):
        self.accounts = {
            "ann": entry("ann", 1), "bob": entry("bob", 2, "ou: x\n"), "eve": entry("eve", 3),
            "svc-mail": entry("svc-mail", 4, f"owner: {uid('ann')}\n"), "zoe": entry("zoe", 5)}
        self.groups = {"admins": ["ann", "ops"], "ops": ["bob", "inner"], "inner": ["eve"], "payments": ["eve", "ghost"]}
        self.people = {"1": "Ann Alt,ann@example.com,ann,Finance,Clerk,2,active,,", "2": "Bob Bau,bob@example.com,bob,IT,Admin,,active,,",
                       "3": "Eve Eck,eve@example.com,eve,IT,Admin,2,active,,009", "5": "Zoe Zorn,zoe@example.com,zoe,Sales,Rep,2,active,2026-03-18,",
                       "7": "Kim Kurz,kim@example.com,kim,Sales,Rep,2,active,2026-03-16,"}
        self.assets = {"LT-1": "Laptop,computer,in_use,ann@example.com,bob,,", "APP-1": "Portal,application,in_use,2,,payments,2025-01-01"}
        self.shop = "id,name,mail,groups\ns1,ann,ann@example.com,buyers|sellers\n"

    def write(self, site):
        def member(name):
            return cn(name) if name in self.groups else uid(name)
        parts = list(self.accounts.values()) + [group(name, *map(member, members)) for name, members in self.groups.items()]
        site.write("corp.ldif", "\n".join(parts))
        site.write("hr.csv", PEOPLE + "".join(f"{key},{row}\n" for key, row in self.people.items()))
        site.write("assets.csv", ASSETS + "".join(f"{key},{row}\n" for key, row in self.assets.items()))
        site.write("shop.csv", self.shop)


def second(world):
    world.accounts["ann"] = entry("ann", 1, LOCKED + "title: Head\n")
    world.accounts["new"] = entry("new", 6)
    world.people["2"] = "Bob Bau,bob@example.com,bob,Finance,Admin,,active,,"
    world.groups["inner"].append("new")
    world.groups["payments"].remove("ghost")
    world.assets["LT-1"] = "Laptop,computer,in_use,eve@example.com,bob,,"


def third(world):
    world.people = None  # HR's file is broken this night
    world.groups["ops"].remove("inner")
    world.groups["admins"].append("payments")


def fourth(world):
    world.people = {"1": "Ann Alt,ann@example.com,ann,Finance,Clerk,2,active,,", "2": "Bob Bau,bob@example.com,bob,Finance,Admin,,active,,",
                    "7": "Kim Kurz,kim@example.com,kim,Sales,Rep,2,active,2026-03-16,"}
    world.accounts["bob"] = entry("bobby", 2, "ou: x\n")
    world.groups["ops"][0] = "bobby"
    del world.accounts["zoe"]
    del world.assets["APP-1"]
    world.shop = "id,name,mail,groups\ns1,ann,ann@example.com,sellers\ns2,eve,eve@example.com,buyers\n"


def fifth(world):
    world.accounts["ann"] = entry("ann", 1, "title: Head\n")


QUESTIONS = ([["account", name] for name in ("ann", "bob", "bobby", "eve", "svc-mail", "zoe", "new")]
             + [["person", identifier] for identifier in ("1", "2", "3", "009", "5")]
             + [["group", name, *how] for name in ("admins", "ops", "inner", "payments", "buyers", "sellers") for how in ([], ["--effective"])]
             + [["asset", "LT-1"], ["asset", "APP-1"]]
             + [["explain", name, *which] for name in ("ann", "bob", "eve", "new") for which in ([], ["admins"], ["payments"])])


def answer(site, question, *more):
    result = site.rightful(*question, *more, "--json")
    if not result.out:
        return result.code
    rows = result.json[question[0]]
    for row in rows:
        row.pop("last_logon_run", None)
    return rows


def accepted(site, as_of):
    """Nights as different as these are held by every guard."""
    held = {part for row in site.run("--dry-run", as_of=as_of).json["held"] for part in ("--accept", row["accept"])}
    accepts = [part for name in sorted(held - {"--accept"}) for part in ("--accept", name)]
    return site.run(*accepts, *(["--reason", "the test"] if accepts else []), as_of=as_of)


def open_site(test, more=""):
    return test.open(Site(HEAD.format(more=more), {}))


def run_nights(test, site, nights=NIGHTS, seen=lambda: None):
    world = World()
    results = []
    for number, (as_of, change) in enumerate(zip(nights, (None, second, third, fourth, fifth)), 1):
        if change:
            change(world)
        people, world.people = world.people, world.people or {"1": "broken"}
        world.write(site)
        world.people = people
        run = accepted(site, as_of)
        test.assertEqual(run.code, 3 if change is third else 0, run.err)
        test.assertEqual(run.json["run"]["id"], number)
        results.append(seen())
    return results


class AsOf(SiteTest):
    def test_every_answer_of_every_night_is_the_same_for_ever(self):
        site = open_site(self)
        live = run_nights(self, site, seen=lambda: [answer(site, question) for question in QUESTIONS])
        for name in ("corp.ldif", "hr.csv", "assets.csv", "shop.csv"):
            os.unlink(os.path.join(site.folder, name))
        for as_of, answers in zip(NIGHTS, live):
            for question, expected in zip(QUESTIONS, answers):
                if as_of == NIGHTS[2] and question[0] != "group":
                    continue  # live, the broken roster left nobody; the past shows the last good one
                with self.subTest(as_of=as_of, question=question):
                    self.assertEqual(answer(site, question, "--as-of", as_of), expected)

    def test_a_date_is_the_end_of_that_day_at_home(self):
        site = open_site(self)
        # 22:30 and 23:30 UTC are 23:30 and 00:30 of the next day in Berlin.
        run_nights(self, site, ["2026-03-16T22:30:00Z", "2026-03-16T23:30:00Z"])
        self.assertEqual(site.rightful("account", "ann", "--as-of", "2026-03-16", "--json").json["run"], 1)
        self.assertEqual(site.rightful("account", "ann", "--as-of", "2026-03-17", "--json").json["run"], 2)
        self.assertEqual(site.rightful("account", "ann", "--as-of", "2026-03-16T23:29:59Z", "--json").json["run"], 1)

    def test_an_answer_says_which_run_it_is_of(self):
        site = open_site(self)
        run_nights(self, site)
        result = site.rightful("group", "admins", "--effective", "--as-of", NIGHTS[2])
        self.assertIn("As of run 3, 2026-03-18T05:00:00Z\n", result.out)
        self.assertIn("hr: run 3 did not read it whole; shown as of run 2, 2026-03-17T05:00:00Z", result.err)
        answered = site.rightful("group", "admins", "--as-of", "2026-03-18", "--json").json
        self.assertEqual((answered["run"], answered["as_of"]), (3, NIGHTS[2]))
        self.assertEqual([(source["name"], source["run"]) for source in answered["sources"]],
                         [("corp", 3), ("hr", 2), ("register", 3), ("shop", 3)])
        self.assertEqual(answered["group"][0]["name"], "admins")
        self.assertEqual(result.code, 0)

    def test_who_could_reach_it_on_that_day(self):
        site = open_site(self)
        run_nights(self, site)

        def members(day):
            rows = site.rightful("group", "admins", "--effective", "--as-of", day, "--json").json["group"][0]["members"]
            return sorted(row["name"] for row in rows)
        self.assertEqual(members("2026-03-16"), ["ann", "bob", "eve"])
        self.assertEqual(members("2026-03-17"), ["ann", "bob", "eve", "new"])
        self.assertEqual(members("2026-03-18"), ["ann", "bob", "eve"])
        self.assertEqual(members("2026-03-19"), ["ann", "bobby", "eve"])

    def test_before_the_first_run_there_is_nothing(self):
        site = open_site(self)
        result, now = site.rightful("account", "ann", "--as-of", "2026-03-16"), site.rightful("account", "ann")
        self.assertEqual((result.code, result.out), (now.code, now.out))
        self.assertIn("there was no run yet", result.err)
        run_nights(self, site)
        result = site.rightful("account", "ann", "--as-of", "2026-03-15")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("--as-of 2026-03-15: no run was applied up to then", result.err)
        self.assertEqual(site.rightful("account", "ann", "--as-of", "then").code, 2)
        self.assertEqual(site.rightful("account", "nobody", "--as-of", "2026-03-17").code, 1)


# Night by night: run, kind, change, name, object, field, before, after.
CHANGES = {
    (1, 2): """
        2 account changed ann - title - Head
        2 account disabled ann - enabled True False
        2 account new new - - - -
        2 person moved Bob Bau - department IT Finance
        - person left Kim Kurz - - - 2026-03-16T23:00:00Z
        2 membership removed uid=ghost,ou=people,dc=example,dc=com payments member member -
        2 membership granted new inner member - member
        2 right granted new admins member - effective
        2 asset changed Laptop - owner ann@example.com eve@example.com""",
    (2, 3): """
        3 membership removed inner ops member member -
        3 membership granted payments admins member - member
        3 right removed new admins member effective -""",
    (3, 4): """
        4 account moved bobby - dn uid=bob,ou=people,dc=example,dc=com uid=bobby,ou=people,dc=example,dc=com
        4 account changed bobby - display_name bob bobby
        4 account renamed bobby - name bob bobby
        4 account changed bobby - mail bob@example.com bobby@example.com
        4 account gone zoe - - - -
        4 account new eve - - - -
        4 person left the roster Eve Eck - - - -
        4 person left the roster Zoe Zorn - - - -
        4 membership removed ann buyers member groups column -
        4 membership granted eve buyers member - groups column
        4 asset gone Portal - - - -""",
}


def line(row):
    return " ".join("-" if row[name] is None else str(row[name])
                    for name in ("run", "kind", "change", "name", "object", "field", "before", "after"))


class Diff(SiteTest):
    def diff(self, site, *arguments):
        result = site.rightful("diff", *map(str, arguments), "--json")
        self.assertEqual(result.code, 0, result.err)
        return result.json

    def test_what_changed_is_what_was_changed(self):
        site = open_site(self)
        run_nights(self, site)
        for runs, expected in CHANGES.items():
            with self.subTest(runs=runs):
                rows = [row for row in self.diff(site, *runs)["diff"] if row["kind"] != "exception"]
                self.assertEqual(sorted(map(line, rows)), sorted(part.strip() for part in expected.strip().splitlines()))

    def test_exceptions_come_and_go_as_the_runs_counted(self):
        site = open_site(self)
        run_nights(self, site)
        for later in range(2, 6):
            counts = site.rightful("run-show", str(later), "--json").json["run"]["counts"]
            changes = [row["change"] for row in self.diff(site, later - 1, later, "--kind", "exception")["diff"] if row["field"] == "status"]
            with self.subTest(run=later):
                self.assertEqual((changes.count("opened") + changes.count("reopened"), changes.count("resolved")),
                                 (counts["new"], counts["resolved"]))

    def test_backwards_is_the_same_turned_round(self):
        site = open_site(self)
        run_nights(self, site)

        def key(row, before="before", after="after"):
            return [str(row[name]) for name in ("kind", "source", "name", "object", "field", before, after)]
        there, back = self.diff(site, 1, 5), self.diff(site, 5, 1)
        self.assertEqual((there["from"]["id"], there["to"]["id"], back["from"]["id"]), (1, 5, 5))
        self.assertEqual(sorted(map(key, there["diff"])), sorted(key(row, "after", "before") for row in back["diff"] if row["change"] != "-"))
        self.assertEqual(there, self.diff(site, 1, 5))

    def test_filters(self):
        site = open_site(self)
        run_nights(self, site)
        self.assertEqual({row["kind"] for row in self.diff(site, 1, 5, "--kind", "person", "--kind", "asset")["diff"]}, {"person", "asset"})
        self.assertEqual({row["source"] for row in self.diff(site, 1, 5, "--source", "shop")["diff"]}, {"shop"})
        self.assertEqual(site.rightful("diff", "1", "2", "--kind", "acount").code, 2)
        self.assertEqual(site.rightful("diff", "1", "77").code, 1)
        self.assertEqual(site.rightful("diff", "1").code, 2)
        quiet = site.rightful("diff", "5", "5")
        self.assertEqual((quiet.code, quiet.out), (0, ""))
        self.assertIn("Nothing", quiet.err)


def dump(site):
    """All that stands in the tables, but for audit rows, which are never touched."""
    with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as ledger:
        tables = [name for name, in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'audit'")]
        return b"\n".join(b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
                          for table in tables for row in ledger.execute(f'SELECT * FROM "{table}"'))


class Forgetting(SiteTest):
    NAMES = [b"Zoe Zorn", b"zoe@example.com", b"uid=zoe", b"zoe"]

    def forget(self, more):
        site = open_site(self, more)
        nights = [*NIGHTS[:4], "2026-04-30T05:00:00Z"]
        run_nights(self, site, nights)
        return site

    def test_by_default_nothing_is_forgotten(self):
        site = self.forget("")
        self.assertIn(b"Zoe Zorn", dump(site))

    def test_who_is_gone_gets_a_pseudonym_everywhere(self):
        site = self.forget("retention: { people_days = 30; };")
        found = dump(site)
        for name in self.NAMES:
            self.assertNotIn(name, found)
        self.assertIn(b"Ann Alt", found)
        self.assertIn(b"Eve Eck", found)  # has an account left
        pseudonym = re.search(rb"P-[0-9A-F]{10}", found).group().decode()
        self.assertEqual(answer(site, ["person", "5"], "--as-of", NIGHTS[0]), 1)
        person = answer(site, ["person", pseudonym], "--as-of", NIGHTS[0])[0]
        self.assertEqual((person["name"], person["email"], person["department"]), (pseudonym, None, "Sales"))
        self.assertTrue(person["accounts"][0]["name"].startswith("A-"))
        self.assertEqual(site.rightful("diff", "1", "4").code, 0)

    def test_in_leaver_cases_and_links_by_hand_too(self):
        site = open_site(self, "retention: { people_days = 30; };")
        run_nights(self, site, NIGHTS[:2])
        self.assertEqual(site.rightful("leaver", "5", "--last-day", "2026-03-18").code, 0)
        self.assertEqual(site.rightful("link", "svc-mail", "5", "--reason", "hers").code, 0)
        world = World()
        for change in (second, third, fourth):
            change(world)
        world.accounts["svc-mail"] = world.accounts["svc-mail"].replace("-mail", "-post")
        world.write(site)
        self.assertEqual(accepted(site, NIGHTS[3]).code, 0)
        self.assertIn(b"Zoe Zorn", dump(site))
        case = site.rightful("leaver", "show", "5", "--json").json["leaver_case"]
        self.assertEqual(case["status"], "open")  # the account is linked by hand
        del world.accounts["svc-mail"]
        world.write(site)
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as ledger:  # a mail she got
            ledger.execute("INSERT INTO outbox (id, message_id, person, address, day, events, made, tries, next_try, sent)"
                           " VALUES (1, 'm1', '5', 'zoe@example.com', 20500, '[]', 1, 1, 1, 1)")
            ledger.execute("INSERT INTO told (person, event, at) VALUES ('5', 'review RV-000001', 1)")
        last = accepted(site, "2026-04-30T05:00:00Z")
        self.assertEqual(last.code, 0, last.err)
        found = dump(site)
        for name in self.NAMES:
            self.assertNotIn(name, found)
        with sqlite3.connect(os.path.join(site.folder, "ledger.db")) as ledger:
            self.assertEqual(ledger.execute("SELECT count(*) FROM told WHERE person = '5'").fetchone(), (0,))
        cases = site.rightful("leaver", "list", "--all", "--json").json["leaver"]
        self.assertRegex(cases[0]["person"]["name"], "^P-[0-9A-F]{10}$")

    def test_in_the_packs_of_a_great_night_too(self):
        site = open_site(self, "retention: { people_days = 30; };")
        world = World()
        for number in range(1000, 4000):
            world.accounts[f"u{number}"] = entry(f"u{number}", number)
            world.people[str(number)] = f"Person {number},u{number}@example.com,u{number},Sales,Rep,2,active,,"
        world.groups["inner"] += [f"u{number}" for number in range(1000, 1500)]
        world.write(site)
        self.assertEqual(accepted(site, NIGHTS[0]).code, 0)
        before = answer(site, ["account", "u1001"])
        del world.accounts["zoe"], world.accounts["u1001"], world.people["5"], world.people["1001"]
        world.groups["inner"].remove("u1001")
        world.write(site)
        self.assertEqual(accepted(site, NIGHTS[1]).code, 0)
        self.assertEqual(answer(site, ["account", "u1001"], "--as-of", NIGHTS[0]), before)
        result = accepted(site, "2026-04-30T05:00:00Z")
        self.assertEqual((result.json["forgotten"]["people"], result.json["forgotten"]["accounts"]), (2, 2))
        self.assertEqual(answer(site, ["account", "u1001"], "--as-of", NIGHTS[0]), 1)
        self.assertEqual(answer(site, ["account", "u1002"], "--as-of", NIGHTS[0])[0]["person"]["name"], "Person 1002")
        group = answer(site, ["group", "admins", "--effective"], "--as-of", NIGHTS[0])[0]
        names = [member["name"] for member in group["members"]]
        self.assertEqual(len(names), 503)
        self.assertEqual(len([name for name in names if name.startswith("A-")]), 1)
        self.assertNotIn("u1001", names)

    def test_a_quiet_night_forgets_nothing_more(self):
        site = self.forget("retention: { people_days = 30; resolved_days = 30; rejections_days = 30; };")
        first = dump(site)
        result = site.run(as_of="2026-04-30T06:00:00Z")
        self.assertEqual(result.json["forgotten"], {"people": 0, "accounts": 0, "versions": 0, "exceptions": 0, "runs": 0, "reviews": 0, "history": 0, "traffic": 0})
        for name in self.NAMES:
            self.assertNotIn(name, dump(site))
        self.assertIn(b"P-", first)

    def test_what_is_resolved_for_long_keeps_its_number_only(self):
        site = self.forget("retention: { resolved_days = 30; };")
        resolved = site.exceptions("--status", "resolved")
        old = [row for row in resolved if row["summary"].startswith("Resolved long ago")]
        self.assertTrue(old)
        self.assertTrue(all(row["evidence"] == {"forgotten": True} for row in old))
        self.assertNotIn("Resolved long ago", str(site.exceptions()))

    def test_refused_records_are_not_quoted_for_ever(self):
        site = self.forget("retention: { rejections_days = 30; };")
        rejections = [site.rightful("run-show", str(run), "--json").json["run"]["sources"][1]["rejections"] for run in (1, 3)]
        self.assertEqual(rejections, [[], []])

    def test_versions_that_ended_long_ago_go_and_kept_days_are_told_as_before(self):
        whole, short = self.forget(""), self.forget("retention: { history_days = 40; };")
        for night in NIGHTS[3], "2026-04-30T05:00:00Z":
            for question in QUESTIONS:
                self.assertEqual(answer(short, question, "--as-of", night), answer(whole, question, "--as-of", night), question)
        self.assertNotEqual(answer(whole, ["account", "zoe"], "--as-of", NIGHTS[0]), 1)
        self.assertEqual(answer(short, ["account", "zoe"], "--as-of", NIGHTS[0]), 1)
        self.assertEqual(short.rightful("diff", "4", "5").out, whole.rightful("diff", "4", "5").out)
        refused = short.rightful("diff", "1", "5")
        self.assertIn("its history begins with run 4", refused.err)

    def test_the_history_may_not_be_shorter_than_the_sentences_it_explains(self):
        for more, code in (("people_days = 30; history_days = 30;", 78), ("people_days = 30; history_days = 30; resolved_days = 31;", 78),
                           ("people_days = 30; history_days = 30; resolved_days = 30;", 0), ("history_days = 30;", 0)):
            result = open_site(self, f"retention: {{ {more} }};").rightful("check", "--offline")
            self.assertEqual(result.code == 78, code == 78, result.err)
            self.assertEqual("set resolved_days to at most 30" in result.err, code == 78)

    def test_a_run_as_of_the_future_forgets_nothing_before_its_time(self):
        site = open_site(self, "retention: { people_days = 3650; };")
        run_nights(self, site, NIGHTS[:4])
        result = site.run(as_of="2999-01-01T00:00:00Z")
        self.assertEqual(result.json["forgotten"]["people"], 0)
        self.assertIn(b"Zoe Zorn", dump(site))


if __name__ == "__main__":
    unittest.main()
