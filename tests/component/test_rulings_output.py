"""What the rulings mean for limits, lists and their formats, filters and mistakes in the configuration. One small world a line."""

import csv
import io
import json
import unittest

from rights_worlds import ADM, ADMINS, AS_OF, LOCKED, NOBODY, asset, group, person, RightsTest, user, world


class Limits(RightsTest):
    def thresholds(self, config):
        site = self.open(world(user("ann"), config))
        return {row["id"]: row for row in site.rightful("controls", "--json").json["controls"]}

    def test_hours_or_days_and_profiles(self):
        rows = self.thresholds("")
        self.assertEqual(rows["leaver-active"]["thresholds"], {"hours": 24, "privileged_hours": 4})
        self.assertEqual(rows["leaver-rights"]["thresholds"], {"days": 30, "privileged_hours": 24})
        self.assertEqual(rows["dormant-account"]["thresholds"], {"days": 90, "privileged_days": 30})
        self.assertEqual(rows["asset-not-returned"]["thresholds"], {"days": 1, "high_days": 7})
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 90, "days": 180, "low_days": 365})
        rows = self.thresholds('controls: { leaver-active: { days = 2; privileged_days = 1; }; dormant-account: { hours = 36; }; };')
        self.assertEqual(rows["leaver-active"]["thresholds"], {"days": 2, "privileged_days": 1})
        self.assertEqual(rows["dormant-account"]["thresholds"], {"hours": 36, "privileged_hours": 36})

    def test_the_strictest_profile_of_a_list_wins(self):
        rows = self.thresholds('profile = [ "dora", "pci", "fedramp-high" ];')
        self.assertEqual(rows["leaver-active"]["thresholds"]["hours"], 0)
        self.assertEqual(rows["dormant-account"]["thresholds"]["days"], 35)
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 30, "days": 180, "low_days": 180})
        rows = self.thresholds('profile = "pci";')
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 180, "days": 180, "low_days": 180})
        rows = self.thresholds('profile = "fedramp-moderate";')
        self.assertEqual(rows["leaver-active"]["thresholds"]["hours"], 4)
        self.assertEqual(rows["review-overdue"]["thresholds"]["days"], 365)

    def test_severity_and_enabled(self):
        config = ADMINS + 'controls: { orphaned-account: { severity = "low"; }; privileged-nested: { enabled = false; }; };'
        ldif = user("ann") + user("bob") + group("inner", "bob") + group("admins", "@inner")
        site = self.open(world(ldif, config))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        severities = {e["subject"]["name"]: e["severity"] for e in site.exceptions("--control", "orphaned-account")}
        self.assertEqual(severities, {"ann": "low", "bob": "medium"})
        self.assertEqual(site.exceptions("--control", "privileged-nested"), [])
        row = next(r for r in site.rightful("controls", "--json").json["controls"] if r["id"] == "privileged-nested")
        self.assertFalse(row["enabled"])

    def test_high_days_of_a_loan_that_nobody_gave_back(self):
        ldif = user("ann", "1", extra=LOCKED)
        for last, severity in (("2026-03-15", "medium"), ("2026-03-05", "high")):
            result = self.expect("asset-not-returned", ["A1"], ldif, people=[person("1", last_working_day=last)],
                                 assets=[asset("A1", kind="computer", custodian="1")])
            self.assertEqual([e["severity"] for e in result.json["exceptions"] if e["control"] == "asset-not-returned"], [severity])


class Output(RightsTest):
    LDIF = (user("ann", "1") + user("adm-ann", "1") + group("ops", "ann") + group("inner", "@ops") + group("admins", "@inner", "@ops", extra="owner: uid=adm-ann,ou=people,dc=example,dc=com\n")
            + group("other", "adm-ann", extra="owner: uid=adm-ann,ou=people,dc=example,dc=com\n") + user("boss", "2", extra=LOCKED))

    def site(self):
        site = self.open(world(self.LDIF, ADMINS + ADM, people=[person("1"), person("2")], approvals=NOBODY,
                               assets=[asset("A1", owner="1", access_groups="other")]))
        self.assertEqual(site.run().code, 0)
        return site

    def test_an_exception_field_by_field(self):
        site = self.site()
        answer = site.rightful("exceptions", "--json").json
        self.assertEqual(list(answer), ["schema_version", "run", "exceptions"])
        self.assertEqual(answer["schema_version"], 1)
        self.assertEqual(set(answer["run"]), {"id", "as_of", "status", "sources"})
        rows = {e["control"]: e for e in answer["exceptions"]}
        self.assertEqual(sorted(rows), ["privileged-nested", "privileged-unapproved"])
        row = rows["privileged-nested"]
        expected = {"control": "privileged-nested", "severity": "high", "status": "open",
                    "subject": {"type": "right", "source": "corp", "key": "uid=ann,ou=people,dc=example,dc=com", "name": "ann",
                                "dn": "uid=ann,ou=people,dc=example,dc=com"},
                    "object": {"type": "group", "source": "corp", "key": "cn=admins,ou=groups,dc=example,dc=com", "name": "admins",
                               "dn": "cn=admins,ou=groups,dc=example,dc=com"},
                    "person": {"id": "1", "name": "Person 1"},
                    "references": {"iso27001_2022": ["8.2", "8.3"], "iso27001_2013": ["A.9.2.3", "A.9.4.1"], "nist_800_53": ["AC-6"]},
                    "first_seen": AS_OF, "last_seen": AS_OF, "due": "2026-03-24T05:00:00Z", "owner": None, "run": 1}
        self.assertEqual({key: row[key] for key in expected}, expected)
        self.assertRegex(row["id"], r"^EX-\d{6}$")
        self.assertEqual((row["rule"]["profile"], row["rule"]["thresholds"]), ("iso27001", {}))
        self.assertRegex(row["rule"]["config"], r"^sha256:[0-9a-f]{64}$")
        self.assertEqual(row["evidence"]["path"], ["ops", "admins"])
        self.assertEqual(rows["privileged-unapproved"]["references"],
                         {"iso27001_2022": ["8.2"], "iso27001_2013": ["A.9.2.3"], "nist_800_53": ["AC-6(5)"], "pci_dss_4": ["7.2.3"]})
        for key in ("summary", "action"):
            self.assertTrue(row[key].endswith("."), row[key])

    def test_order_is_severity_control_subject(self):
        site = self.open(world(self.LDIF + user("zed") + user("amy"), ADMINS, people=[person("1"), person("2", status="left")], approvals=NOBODY))
        site.run()
        order = ["critical", "high", "medium", "low"]
        keys = [(order.index(e["severity"]), e["control"], e["subject"]["name"]) for e in site.exceptions()]
        self.assertGreater(len(keys), 3)
        self.assertEqual(keys, sorted(keys))

    def test_every_list_in_every_format(self):
        site = self.site()
        for command in (["exceptions"], ["controls"], ["runs"], ["list", "settings"], ["list", "connectors"], ["list", "formats"], ["person", "1"],
                        ["account", "ann"], ["group", "admins"], ["group", "admins", "--effective"], ["asset", "A1"], ["explain", "ann"],
                        ["explain", "ann", "admins"], ["check"], ["status"], ["run-show", "1"], ["exception", "show", "EX-000001"]):
            with self.subTest(" ".join(command)):
                for arguments in (["-o", "json"], ["--json"]):
                    answer = site.rightful(*command, *arguments)
                    self.assertEqual(answer.code, 0, answer.err)
                    self.assertEqual(answer.json["schema_version"], 1)
                    self.assertTrue(any(isinstance(value, list) for value in answer.json.values()) or command[0] in ("status", "exception"), answer.out)
                if command[0] not in ("status", "run-show", "exception"):
                    self.assertIsInstance(answer.json[command[0]], list)
                lines = site.rightful("-o", "ndjson", *command)
                self.assertEqual(lines.code, 0, lines.err)
                rows = [json.loads(line) for line in lines.out.splitlines()]
                cells = site.rightful(*command, "-o", "csv")
                self.assertEqual(cells.code, 0, cells.err)
                parsed = list(csv.reader(io.StringIO(cells.out)))
                if command != ["status"]:  # one object, but rows of sources
                    self.assertEqual(len(parsed) - 1, len(rows), cells.out)
                self.assertEqual({len(line) for line in parsed}, {len(parsed[0])})
                self.assertEqual(site.rightful(*command).code, 0)

    def test_csv_columns_are_the_json_fields(self):
        site = self.site()

        def flat(value, path=""):
            if isinstance(value, dict) and path not in ("evidence", "rule.thresholds", "rule.set_by", "thresholds", "set_by", "counts.by_severity", "counts.by_control"):
                return {name for key, inner in value.items() for name in flat(inner, f"{path}.{key}" if path else key)}
            return {path}
        for command in (["exceptions"], ["controls"], ["runs"], ["list", "settings"], ["list", "connectors"], ["list", "formats"], ["account", "ann"],
                        ["person", "1"], ["group", "admins"], ["asset", "A1"], ["explain", "ann"], ["check"]):
            header = next(csv.reader(io.StringIO(site.rightful(*command, "-o", "csv").out)))
            for row in site.rightful(*command, "--json").json[command[0]]:
                self.assertEqual(flat(row) - set(header), set(), command)
        row = next(csv.DictReader(io.StringIO(site.rightful("exceptions", "-o", "csv").out)))
        self.assertEqual((row["subject.name"], row["object.name"], row["person.id"]), ("ann", "admins", "1"))

    def test_explain_gives_the_shortest_path_and_the_cut(self):
        site = self.site()
        row = site.rightful("explain", "ann", "admins", "--json").json["explain"][0]
        self.assertTrue(row["is_member"])
        self.assertEqual([(hop["member"], hop["group"], hop["via"]) for hop in row["path"]], [("ann", "ops", "member"), ("ops", "admins", "member")])
        self.assertEqual([(hop["member"], hop["group"]) for hop in row["cut"]], [("ann", "ops")])
        self.assertFalse(site.rightful("explain", "adm-ann", "admins", "--json").json["explain"][0]["is_member"])
        self.assertEqual(site.rightful("explain", "nobody").code, 1)
        self.assertEqual([row["group"] for row in site.rightful("explain", "ann", "--json").json["explain"]], ["admins"])

    def test_explain_gives_a_set_where_several_ways_lead_there(self):
        ldif = user("ann") + group("a", "ann") + group("b", "ann") + group("admins", "@a", "@b")
        row = self.open(world(ldif, ADMINS)).rightful("explain", "ann", "--json").json["explain"][0]
        self.assertEqual(sorted((hop["member"], hop["group"]) for hop in row["cut"]), [("ann", "a"), ("ann", "b")])

    def test_group_effective(self):
        site = self.site()
        members = site.rightful("group", "admins", "--json").json["group"][0]["members"]
        self.assertEqual(sorted(m["name"] for m in members), ["inner", "ops"])
        row = site.rightful("group", "ADMINS", "--effective", "--json").json["group"][0]
        self.assertEqual([m["name"] for m in row["members"]], ["ann"])
        self.assertEqual(row["governed"], ["privileged"])

    def test_list_settings_has_every_key_with_type_default_and_help(self):
        rows = {row["key"]: row for row in self.site().rightful("list", "settings", "--json").json["list"]}
        for key in ("organisation.timezone", "privileged", "controls.dormant-account.days", "controls.dormant-account.enabled",
                    "controls.leaver-active.privileged_hours", "controls.asset-not-returned.high_days", "guards.shrink_percent", "freshness.people_days", "profile"):
            self.assertIn(key, rows)
            self.assertTrue(rows[key]["type"])
            self.assertTrue(rows[key]["help"])
        defaults = {"guards.shrink_percent": "5", "controls.dormant-account.days": "90", "controls.dormant-account.severity": "medium",
                    "controls.leaver-active.privileged_hours": "4", "controls.leaver-active.enabled": "true", "profile": '"iso27001"'}
        self.assertEqual({key: str(rows[key]["default"]) for key in defaults}, defaults)

    def test_controls_say_the_result_of_the_last_run(self):
        rows = {row["id"]: row for row in self.site().rightful("controls", "--json").json["controls"]}
        self.assertEqual(rows["privileged-nested"]["last_run"]["result"], "exceptions")
        self.assertEqual(rows["orphaned-account"]["last_run"]["result"], "pass")
        self.assertIn("no directory shows any computer", rows["asset-ghost"]["last_run"]["reason"])
        self.assertIsNone(rows["orphaned-account"]["last_run"]["reason"])
        self.assertEqual(rows["leaver-active"]["references"]["nist_800_53"], ["AC-2(3)", "PS-4"])


class Configuration(RightsTest):
    def refused(self, config, *words):
        result = self.open(world(user("ann"), config)).rightful("check", "--offline")
        self.assertEqual(result.code, 78, result.out + result.err)
        for word in words:
            self.assertIn(word, result.err)

    def test_mistakes_are_named(self):
        self.refused('profile = "iso";', "rightful.conf:", "profile", "iso27001")
        self.refused('controls: { leaver-activ: { hours = 1; }; };', "leaver-activ", "did you mean", "leaver-active")
        self.refused('controls: { leaver-active: { hour = 1; }; };', "hour", "did you mean")
        self.refused('controls: { orphaned-account: { days = 3; }; };', "days")
        self.refused('controls: { leaver-active: { severity = "urgent"; }; };', "severity", "critical")
        self.refused('controls: { leaver-active: { hours = -1; }; };', "hours")
        self.refused('account_classes: ( { class = "robot"; name = "x"; } );', "class", "service")
        self.refused('segregation: ( { id = "a"; a = ["x"]; b = ["y"]; }, { id = "a"; a = ["x"]; b = ["y"]; } );', "twice")
        self.refused('entitlements: ( { group = "x"; allowed = ( { departement = "y"; } ); } );', "departement", "department")
        self.refused('privileged = "admins"; colour = 1;', "privileged", "colour")


class Filters(RightsTest):
    def test_the_list_can_be_narrowed(self):
        ldif = (user("ann", "1") + user("adm-ann", "1") + user("bob") + group("inner", "ann") + group("admins", "@inner"))
        site = self.open(world(ldif, ADMINS + ADM, people=[person("1")], approvals=NOBODY))
        site.run()
        self.assertEqual(site.found("--person", "1"), ["privileged-nested\tann\tadmins", "privileged-unapproved\tann\tadmins"])
        self.assertEqual(site.found("--person", "Person 1"), site.found("--person", "1"))
        self.assertEqual(site.found("--account", "ANN"), site.found("--person", "1"))
        self.assertEqual(site.found("--account", "bob"), ["orphaned-account\tbob"])
        self.assertEqual(site.found("--control", "orphaned-account"), ["orphaned-account\tbob"])
        self.assertEqual(len(site.found("--severity", "high")), 3)
        self.assertEqual(site.found("--severity", "medium"), ["group-without-owner\tadmins"])
        self.assertEqual(site.found("--status", "resolved"), [])
        self.assertEqual(len(site.found("--new")), 4)
        site.run()
        self.assertEqual(site.found("--new"), [])
        number = site.exceptions("--control", "orphaned-account")[0]["id"]
        self.assertEqual(site.rightful("exception", "assign", number, "--to", "9").code, 0)
        row = site.exceptions("--status", "assigned")[0]
        self.assertEqual((row["id"], row["status"], row["owner"]), (number, "assigned", "9"))
        self.assertEqual(len(site.found()), 4)
        for wrong in (["--control", "nothing"], ["--severity", "bad"], ["--status", "shut"]):
            self.assertEqual(site.rightful("exceptions", *wrong).code, 2)
        self.assertEqual(site.rightful("exception", "show", "EX-000999").code, 1)
        shown = site.rightful("exception", "show", number, "--json").json
        self.assertEqual(shown["schema_version"], 1)

    def test_before_any_run_lists_are_empty(self):
        site = self.open(world(user("ann", "1"), ADMINS))
        self.assertEqual(site.rightful("exceptions", "--json").json, {"schema_version": 1, "run": None, "exceptions": []})
        for command in (["runs"], ["status"], ["controls"], ["exceptions", "-o", "csv"]):
            self.assertEqual(site.rightful(*command).code, 0)

    def test_fail_on(self):
        site = self.open(world(user("bob"), ADMINS))
        self.assertEqual(site.run("--fail-on", "critical").code, 0)
        self.assertEqual(site.run("--fail-on", "high").code, 4)
        self.assertEqual(site.run("--fail-on", "low").code, 4)
        self.assertEqual(site.run("--fail-on", "worst").code, 2)


if __name__ == "__main__":
    unittest.main()
