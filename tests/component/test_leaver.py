"""`rightful leaver`: the same answer from a few searches of a real slapd as from everything, and never "closed" by mistake."""

import os
import re
import sys
import unittest

from site_under_test import DEMO_AS_OF, SOURCE_ROOT, SiteTest, demo_site, small_site
from test_slapd import Slapd, ldap_source

AS_OF = ("--as-of", DEMO_AS_OF)
LWEBER, FEMKE, TWO_ACCOUNTS, ANNA, OSKAR = "00133", "00161", "00120", "00121", "00156"


def leaver(site, *who):
    return site.rightful("leaver", *who, "--json", *AS_OF)


def one(site, who):
    return leaver(site, who).json["leaver"][0]


def names(things):
    return sorted(thing["name"] for thing in things)


class FromFiles(SiteTest):
    def test_an_account_that_can_be_used_is_open(self):
        answer = one(self.open(demo_site()), LWEBER)
        self.assertIs(answer["closed"], False)
        accounts = {account["name"]: account for account in answer["accounts"]}
        self.assertEqual({name: account["open"] for name, account in accounts.items()}, {"lweber": True, "adm-lweber": False})
        self.assertEqual(accounts["lweber"]["groups"][0]["path"],
                         ["lweber", "server-operations", "infrastructure", "Domain Admins"])

    def test_nothing_open_and_everything_read_is_closed(self):
        result = leaver(self.open(demo_site()), OSKAR)
        self.assertEqual(result.code, 0)
        self.assertIs(result.json["leaver"][0]["closed"], True)

    def test_an_assigned_asset_is_open(self):
        answer = one(self.open(demo_site()), "Carlos Mendes")
        self.assertIs(answer["closed"], False)
        self.assertEqual([asset["id"] for asset in answer["assets"]], ["LAP-0227"])

    def test_a_previous_id_means_the_person_of_today(self):
        site = self.open(demo_site())
        self.assertEqual(one(site, "00087"), one(site, FEMKE))

    def test_a_name_of_several_people_is_a_list_to_choose_from(self):
        site = self.open(demo_site())
        result = site.rightful("leaver", "Anna Schmidt", *AS_OF)
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("Anna Schmidt (00121), Finance, Accountant, manager Rajesh Iyer (00102)", result.err)
        self.assertIn("Anna Schmidt (00171), Sales", result.err)
        choice = leaver(site, "Anna Schmidt")
        self.assertEqual(choice.code, 2)
        self.assertEqual(choice.json["leaver"], [])
        self.assertEqual([person["id"] for person in choice.json["ambiguous"][0]["people"]], ["00121", "00171"])

    def test_an_account_of_several_people_is_not_closed(self):
        answer = one(self.open(demo_site()), ANNA)
        self.assertEqual(names(answer["ambiguous_accounts"]), ["annas"])
        self.assertIn("annas", " ".join(answer["unsure"]))

    def test_somebody_in_no_roster_is_not_found(self):
        result = self.open(demo_site()).rightful("leaver", "99999", *AS_OF)
        self.assertEqual((result.code, result.out), (1, ""))

    def test_a_source_that_is_not_whole_is_never_closed(self):
        site = self.open(demo_site())
        for name in ("directory.ldif", "assets.csv"):
            with self.subTest(name):
                whole = site.read(name)
                cut = whole[:len(whole) // 2] + ("\x00broken" if name.endswith("ldif") else '\n"never ended')
                site.write(name, cut)
                result = leaver(site, OSKAR)
                self.assertEqual(result.code, 3, result.err)
                self.assertIsNot(result.json["leaver"][0]["closed"], True)
                text = site.rightful("leaver", OSKAR, *AS_OF)
                self.assertEqual(text.code, 3)
                self.assertNotIn("CLOSED: ", text.out)
                site.write(name, whole)

    def test_a_state_that_is_not_known_is_never_closed(self):
        # No operational attribute in the whole export: nobody's lock can be seen.
        ldif = small_site_ldif_without_operational()
        site = self.open(small_site(corp_ldif=ldif))
        answer = one(site, "00123")
        self.assertIsNone(answer["closed"])
        self.assertEqual([account["state"] for account in answer["accounts"]], ["unknown"])

    def test_whoever_vanished_from_the_roster_is_still_found(self):
        site = self.open(demo_site())
        site.run()
        site.write("people.csv", "".join(line for line in site.read("people.csv").splitlines(True)
                                         if not line.startswith(LWEBER)))
        answer = one(site, LWEBER)
        self.assertEqual(names(answer["accounts"]), ["adm-lweber", "lweber"])

    def test_somebody_who_does_not_leave_leaves_the_ledger_as_it_was(self):
        site = self.open(demo_site())
        site.run()
        store = os.path.join(site.folder, "rightful-demo.db")
        with open(store, "rb") as file:
            before = file.read()
        leaver(site, TWO_ACCOUNTS)
        with open(store, "rb") as file:
            self.assertEqual(file.read(), before)


def small_site_ldif_without_operational():
    from site_under_test import SMALL_LDIF
    return re.sub(r"^(entryUUID|createTimestamp|modifyTimestamp|pwdLastSuccess): .*\n", "", SMALL_LDIF, flags=re.MULTILINE)


class FromSlapd(SiteTest):
    @classmethod
    def setUpClass(cls):
        cls.slapd = Slapd(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"))

    @classmethod
    def tearDownClass(cls):
        cls.slapd.stop()

    def site(self, bind="BIND_DN", edit=lambda config: config):
        site = self.open(demo_site())
        config = ldap_source(site.read("rightful.conf"), self.slapd, f'url = "{self.slapd["LDAPS_URL"]}";', bind)
        site.write("rightful.conf", edit(config))
        return site

    def searches(self):
        """Searches below the suffix that slapd has logged so far."""
        with open(self.slapd["SLAPD_LOG"], encoding="utf-8", errors="replace") as file:
            return len(re.findall(r'SRCH base="dc=example,dc=com"', file.read()))

    def test_the_same_answer_as_from_everything(self):
        scoped, whole = self.site(), self.open(demo_site())
        for who in (LWEBER, FEMKE, TWO_ACCOUNTS, ANNA, "00171", OSKAR, "Carlos Mendes", "00136", "00183", "00131", "00158"):
            with self.subTest(who):
                live, file = one(scoped, who), one(whole, who)
                live.pop("files"), file.pop("files")
                self.assertEqual(live, file)

    def test_the_same_accounts_as_person_shows(self):
        site = self.site()
        for who in (LWEBER, FEMKE, TWO_ACCOUNTS, ANNA):
            with self.subTest(who):
                person = site.rightful("person", who, "--json").json["person"][0]
                answer = one(site, who)
                for field in ("name", "enabled", "last_logon", "class", "linked_by"):
                    self.assertEqual({account["name"]: account[field] for account in answer["accounts"]},
                                     {account["name"]: account[field] for account in person["accounts"]}, field)

    def test_groups_of_another_directory_are_found(self):
        def split(config):
            """People in one source, the groups that list them in another."""
            source = re.search(r'\{ name = "corp";.*?\},\n', config, re.DOTALL).group(0)
            bare = re.sub(r"canaries = \[.*?\];", "", source, flags=re.DOTALL)
            people = re.sub(r"base = \[.*?\]", 'base = ["ou=People,dc=example,dc=com", "ou=Admins,dc=example,dc=com"]', bare)
            groups = re.sub(r"base = \[.*?\]", 'base = ["ou=Groups,dc=example,dc=com"]', bare)
            groups = groups.replace('"corp"', '"groups"').replace(
                "},\n", 'canaries = ["cn=Domain Admins,ou=Groups,dc=example,dc=com"]; },\n')
            return config.replace(source, people + groups)

        answer = one(self.site(edit=split), LWEBER)
        self.assertEqual(answer["unsure"], [])
        groups = {account["name"]: [group["path"] for group in account["groups"]] for account in answer["accounts"]}
        self.assertEqual(groups["lweber"], [["lweber", "server-operations", "infrastructure", "Domain Admins"]])

    def assert_few_searches(self, before, answer):
        """One for the password policies, one for the accounts, one for what they own, and one for every account and group, whoever is in it."""
        counts = next(source for source in answer["sources"] if source["provides"] == "directory")["counts"]
        self.assertLessEqual(self.searches() - before, 3 + counts["accounts"] + counts["groups"])

    def test_every_account_and_group_is_asked_for_once(self):
        site = self.site()
        for who in (LWEBER, FEMKE, TWO_ACCOUNTS, ANNA, OSKAR, "00136"):
            with self.subTest(who):
                before = self.searches()
                self.assert_few_searches(before, leaver(site, who).json)

    def test_several_people_share_the_searches(self):
        site = self.site()
        before = self.searches()
        answer = leaver(site, LWEBER, FEMKE, TWO_ACCOUNTS).json
        self.assert_few_searches(before, answer)
        self.assertEqual([one["person"]["id"] for one in answer["leaver"]], [LWEBER, FEMKE, TWO_ACCOUNTS])

    def test_a_person_without_any_account_is_closed_by_a_reader_that_sees_others(self):
        for what, edit in (("canaries", lambda config: config),
                           ("no canaries", lambda config: re.sub(r"canaries = \[[^]]*\];", "", config))):
            with self.subTest(what):
                result = leaver(self.site(edit=edit), "00193")
                self.assertEqual((result.code, result.json["leaver"][0]["accounts"]), (0, []))

    def test_a_reader_that_sees_nothing_is_no_proof(self):
        for what, edit in (("canaries", lambda config: config),
                           ("no canaries", lambda config: re.sub(r"canaries = \[[^]]*\];", "", config))):
            with self.subTest(what):
                site = self.site(edit=lambda config, edit=edit: edit(config).replace("cn=reader,", "cn=blind,"))
                result = leaver(site, OSKAR)
                self.assertEqual(result.code, 3)
                self.assertIsNot(result.json["leaver"][0]["closed"], True)
                self.assertEqual(result.json["leaver"][0]["accounts"], [])

    def test_a_server_that_is_not_there_is_never_closed(self):
        site = self.site(edit=lambda config: config.replace(self.slapd["LDAPS_URL"], "ldaps://127.0.0.1:1"))
        result = leaver(site, OSKAR)
        self.assertEqual(result.code, 3)
        self.assertIsNone(result.json["leaver"][0]["closed"] or None)
        self.assertIn("corp", " ".join(result.json["leaver"][0]["unsure"]))


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
