"""Bad input, one row each: a clear sentence with file, line or DN; the exit code; the ledger as it was."""

import os
import socket
import sqlite3
import subprocess
import unittest

from site_under_test import SMALL_CONFIG, SMALL_HR, SMALL_LDIF, Site, SiteTest, small_account, small_site

HEADER = "id,name,email,status,last_working_day,recorded_at\n"
LATER = "2026-03-17T06:00:00Z"


class Files(SiteTest):
    """A run has been; then one file turns bad. Incomplete: exit 3, and what rests on it is left alone."""

    def refused(self, name, content, *words):
        site = self.open(small_site())
        self.assertEqual(site.run().code, 0)
        before = [exception["id"] for exception in site.ledger() if not exception["control"].startswith("source-")]
        if callable(content):
            content(os.path.join(site.folder, name))
        else:
            site.write(name, content)
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 3, result.err + result.out)
        source = [s for s in result.json["run"]["sources"] if s["status"] != "complete"][0]
        for word in words:
            self.assertIn(word, source["reason"])
        after = [exception["id"] for exception in site.ledger() if not exception["control"].startswith("source-")]
        self.assertEqual(after, before)
        self.assertIn("source-incomplete", [exception["control"] for exception in site.exceptions()])

    def rejected(self, name, content, *words):
        """One record is refused, the rest is good: exit 0, named on stderr and in source-rows-rejected."""
        site = self.open(small_site())
        site.write(name, content)
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        for word in words:
            self.assertIn(word, result.err)
        self.assertIn("source-rows-rejected", [exception["control"] for exception in site.exceptions()])

    def accepted(self, name, content):
        site = self.open(small_site())
        site.write(name, content)
        result = site.run()
        self.assertEqual(result.code, 0, result.err + result.out)
        return site

    # ---- CSV ----

    def test_csv_empty(self):
        self.refused("hr.csv", "", "hr.csv")

    def test_csv_header_only(self):
        self.refused("hr.csv", HEADER, "hr.csv")

    def test_csv_bom_only(self):
        self.refused("hr.csv", b"\xef\xbb\xbf", "hr.csv")

    def test_csv_with_bom_is_read(self):
        self.accepted("hr.csv", b"\xef\xbb\xbf" + SMALL_HR.encode())

    def test_csv_cut_in_the_middle_of_a_record(self):
        self.refused("hr.csv", SMALL_HR[:-40], "hr.csv:4")

    def test_csv_whole_last_line_without_newline_is_read(self):
        self.accepted("hr.csv", SMALL_HR.rstrip("\n"))

    def test_csv_unclosed_quote_names_the_line_where_it_opened(self):
        self.refused("hr.csv", SMALL_HR + '00126,"Open Quote,x@example.com,active,,\n00127,B,,active,,\n', "hr.csv:5")

    def test_csv_missing_mapped_column(self):
        self.refused("hr.csv", SMALL_HR.replace("id,name", "number,name", 1), "id")

    def test_csv_duplicated_mapped_column(self):
        self.refused("hr.csv", SMALL_HR.replace("id,name,email", "id,name,name", 1), "name")

    def test_csv_wrong_encoding_names_byte_and_line(self):
        self.refused("hr.csv", SMALL_HR.encode() + b"00126,Bj\xf6rn,b@example.com,active,,2026-03-16T20:00:00Z\n",
                     "hr.csv:5", "F6")

    def test_csv_bad_date_names_the_line(self):
        self.rejected("hr.csv", SMALL_HR + "00126,Bo,b@example.com,active,31.12.2025,2026-03-16T20:00:00Z\n",
                      "hr.csv:5", "last_working_day")

    def test_csv_thirtieth_of_february(self):
        self.rejected("hr.csv", SMALL_HR + "00126,Bo,b@example.com,active,2026-02-30,2026-03-16T20:00:00Z\n", "hr.csv:5")

    def test_csv_scientific_notation_in_an_id(self):
        self.rejected("hr.csv", SMALL_HR + "1.23E+05,Bo,b@example.com,active,,2026-03-16T20:00:00Z\n", "hr.csv:5", "id")

    def test_csv_duplicate_person_id_rejects_both_rows(self):
        self.rejected("hr.csv", SMALL_HR + "00126,Bo,,active,,2026-03-16T20:00:00Z\n00126,Di,,active,,\n",
                      "hr.csv:5", "hr.csv:6", "00126")

    def test_csv_manager_cycle_is_no_hang(self):
        self.accepted("hr.csv", "id,name,manager_id,recorded_at\n1,A,2,2026-03-16T20:00:00Z\n2,B,1,2026-03-16T20:00:00Z\n")

    def test_csv_symlink(self):
        def link(path):
            os.rename(path, path + ".real")
            os.symlink(path + ".real", path)
        self.refused("hr.csv", link, "hr.csv")

    def test_csv_fifo(self):
        def fifo(path):
            os.remove(path)
            os.mkfifo(path)
        self.refused("hr.csv", fifo, "hr.csv")

    def test_csv_folder(self):
        def folder(path):
            os.remove(path)
            os.mkdir(path)
        self.refused("hr.csv", folder, "hr.csv")

    def test_csv_socket(self):
        def bind(path):
            os.remove(path)
            server = socket.socket(socket.AF_UNIX)
            server.bind(path)
            self.addCleanup(server.close)
        self.refused("hr.csv", bind, "hr.csv")

    def test_csv_missing(self):
        self.refused("hr.csv", os.remove, "hr.csv")

    def test_csv_line_of_a_gibibyte(self):
        def long_line(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(HEADER + "00126,")
                file.truncate(1 << 30)  # a hole: NUL bytes, no disk
        self.refused("hr.csv", long_line, "hr.csv")

    def test_csv_of_a_hundred_thousand_columns(self):
        self.refused("hr.csv", ",".join(f"c{i}" for i in range(100000)) + "\n", "hr.csv")

    # ---- LDIF ----

    def test_ldif_cut_entry(self):
        self.refused("corp.ldif", SMALL_LDIF.rstrip("\n") + "\n\ndn: uid=new,ou=people,dc=example,dc=com\nobjectCl", "corp.ldif")

    def test_ldif_bad_base64(self):
        self.refused("corp.ldif", SMALL_LDIF.replace("cn: lwong", "cn:: !!!!"), "corp.ldif:")

    def test_ldif_change_record(self):
        self.refused("corp.ldif", SMALL_LDIF + "\ndn: uid=x,dc=example,dc=com\nchangetype: delete\n", "corp.ldif:")

    def test_ldif_missing_colon(self):
        self.refused("corp.ldif", SMALL_LDIF.replace("cn: lwong", "cn lwong"), "corp.ldif:")

    def test_ldif_nul_byte(self):
        self.refused("corp.ldif", SMALL_LDIF.replace("cn: lwong", "cn: l\0wong").encode(), "corp.ldif:")

    def test_ldif_entry_without_dn(self):
        self.refused("corp.ldif", SMALL_LDIF + "\nuid: x\ncn: x\n", "corp.ldif:")

    def test_ldif_forms_that_mean_the_same(self):
        site = self.accepted("corp.ldif", SMALL_LDIF)
        expected = site.found()
        folded = SMALL_LDIF.replace("dn: uid=lwong,ou=people", "dn: uid=lwo\n ng,ou=people")
        variants = {"CRLF": SMALL_LDIF.replace("\n", "\r\n"), "comments": "# a\n#b\n c\n" + SMALL_LDIF,
                    "version": "version: 1\n" + SMALL_LDIF, "BOM": "\ufeff" + SMALL_LDIF, "folded": folded}
        for name, content in variants.items():
            with self.subTest(name):
                self.assertEqual(self.accepted("corp.ldif", content).found(), expected)

    def test_ldif_duplicate_dn_rejects_both(self):
        twice = SMALL_LDIF + "\n" + small_account("jmeier", "00777")
        self.rejected("corp.ldif", twice, "uid=jmeier,ou=people,dc=example,dc=com")

    def test_ldif_member_that_is_nobody(self):
        site = self.accepted("corp.ldif", SMALL_LDIF + "member: uid=nobody,dc=example,dc=com\n")
        self.assertEqual(site.rightful("group", "admins", "--as-of", site.as_of).code, 0)

    def group(self, name, *members):
        return (f"\ndn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n"
                + "".join(f"member: {member},dc=example,dc=com\n" for member in members))

    def test_groups_inside_themselves_and_loops(self):
        loops = (self.group("self", "cn=self,ou=groups", "uid=alima,ou=people") + self.group("a", "cn=b,ou=groups")
                 + self.group("b", "cn=c,ou=groups") + self.group("c", "cn=a,ou=groups", "uid=alima,ou=people"))
        site = self.accepted("corp.ldif", SMALL_LDIF + loops)
        group = site.rightful("group", "a", "--effective", "--as-of", site.as_of, "--json").json["group"][0]
        self.assertEqual([member["name"] for member in group["members"]], ["alima"])

    def test_groups_ten_thousand_deep(self):
        deep = "".join(self.group(f"d{i}", f"cn=d{i + 1},ou=groups") for i in range(10000))
        deep += self.group("d10000", "uid=alima,ou=people")
        site = self.open(small_site())
        site.write("corp.ldif", SMALL_LDIF + deep)
        site.write("rightful.conf", SMALL_CONFIG.replace('"admins"', '"admins", "d0"'))
        self.assertEqual(site.run().code, 0)
        self.assertIn("privileged-nested\talima\td0", site.found())

    # ---- attribute values ----

    def test_values_that_lie_are_stored_raw_and_shown_visibly(self):
        nasty = "<script>alert(1)</script>\u202egnp.exe"
        hr = SMALL_HR.replace("Lena Wong", nasty)
        site = self.accepted("hr.csv", hr)
        exception = site.exceptions("--control", "leaver-active")[0]
        self.assertEqual(exception["person"]["name"], nasty)
        table = site.rightful("exceptions").out
        self.assertNotIn("\u202e", table)
        self.assertIn("<U+202E>", table)

    def test_values_with_nul_invalid_utf8_and_a_mebibyte(self):
        import base64
        for value in (b"a\0b", b"\xff\xfe", b"x" * (1 << 20)):
            with self.subTest(length=len(value)):
                encoded = base64.b64encode(value).decode()
                site = self.accepted("corp.ldif", SMALL_LDIF.replace("cn: lwong\n", f"cn: lwong\ndisplayName:: {encoded}\n"))
                account = site.rightful("account", "lwong", "--as-of", site.as_of, "--json")
                self.assertEqual(account.code, 0, account.err)

    def test_dn_with_every_escape_of_rfc_4514(self):
        import base64
        name = base64.b64encode('a, b + c "d" \\ e <f> ; #g ='.encode()).decode()
        dn = r'uid=\23a\, b \+ c \"d\" \\ e \<f\> \; g \=\20,ou=people,dc=example,dc=com'
        member = r'uid=\23a\2c b \2b c \22d\22 \5c e \3cf\3e \3b g \3d\20,OU=People,DC=example,DC=com'
        ldif = SMALL_LDIF + f"member: {member}\n\ndn: {dn}\nobjectClass: inetOrgPerson\nuid:: {name}\ncn: odd\nsn: odd\nemployeeNumber: 00125\n"
        site = self.accepted("corp.ldif", ldif)
        group = site.rightful("group", "admins", "--effective", "--as-of", site.as_of, "--json").json["group"][0]
        self.assertEqual(group["effective_members"], 2)


AD_CONFIG = SMALL_CONFIG.replace('server = "openldap"', 'server = "active-directory"')


def ad_account(name, **attributes):
    lines = [f"dn: CN={name},OU=Corp,DC=example,DC=com", "objectClass: user", f"sAMAccountName: {name}",
             "employeeID: 00123", "whenChanged: 20260316200000.0Z", "whenCreated: 20200101000000.0Z"]
    return "\n".join(lines + [f"{key}: {value}" for key, value in attributes.items()]) + "\n"


class ActiveDirectoryValues(SiteTest):
    """lwong's person has left: she is reported only while her account is usable."""

    def is_usable(self, **attributes):
        site = self.open(Site(AD_CONFIG, {"hr.csv": SMALL_HR, "corp.ldif": ad_account("lwong", **attributes) + "\n" +
                                          ad_account("other", userAccountControl=514, employeeNumber=1)}))
        site.write("rightful.conf", AD_CONFIG.replace("privileged = [ \"admins\" ];", ""))
        result = site.run()
        self.assertEqual(result.code, 0, result.err)
        return "leaver-active\tlwong" in site.found()

    def test_account_expires(self):
        for value, usable in ((0, True), (9223372036854775807, True), (131000000000000000, False)):
            with self.subTest(value):
                self.assertEqual(self.is_usable(userAccountControl=512, accountExpires=value), usable)

    def test_user_account_control(self):
        for value, usable in ((512, True), (514, False), (512 | 1 << 30, True), (66048, True)):
            with self.subTest(value):
                self.assertEqual(self.is_usable(userAccountControl=value), usable)

    def test_what_makes_no_sense_is_unknown_and_never_enabled(self):
        self.assertFalse(self.is_usable())
        for value in (-1, "text"):
            with self.subTest(value):
                self.assertFalse(self.is_usable(userAccountControl=value))
                self.assertFalse(self.is_usable(userAccountControl=512, accountExpires=value))


class Configuration(SiteTest):
    """All problems at once, each with file:line and key; exit 78; nothing read."""

    def problem(self, change, *words):
        config = change(SMALL_CONFIG) if callable(change) else SMALL_CONFIG + change
        site = self.open(Site(config, {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}))
        result = site.run()
        self.assertEqual(result.code, 78, result.err)
        for word in words:
            self.assertIn(word, result.err)
        self.assertIn("rightful.conf:", result.err)
        self.assertFalse(os.path.exists(os.path.join(site.folder, "ledger.db")))

    def test_unknown_key(self):
        self.problem("privilegd = [];\n", "privilegd", "did you mean", "privileged")

    def test_wrong_type(self):
        self.problem(lambda c: c.replace('"Small"', "5"), "organisation.name")

    def test_duplicate_source_name(self):
        self.problem(lambda c: c.replace('name = "hr"', 'name = "corp"'), "corp")

    def test_thresholds_of_zero_and_a_hundred_percent(self):
        self.problem("guards: { shrink_percent = 0; };\n", "shrink_percent")
        self.problem("guards: { shrink_percent = 100; };\n", "shrink_percent")

    def test_a_threshold_of_zero_that_would_report_everybody(self):
        self.problem("controls: { dormant-account: { days = 0; }; };\n", "dormant-account.days", "0")
        site = self.open(Site(SMALL_CONFIG + "controls: { contractor-expired: { days = 0; }; };\n",
                              {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}))
        self.assertEqual(site.run().code, 0)

    def test_unknown_control_and_threshold(self):
        self.problem("controls: { dormant-acount: { days = 5; }; };\n", "dormant-acount", "dormant-account")
        self.problem("controls: { dormant-account: { dayz = 5; }; };\n", "dayz", "days")

    def test_several_problems_come_at_once(self):
        self.problem("privilegd = [];\nguards: { shrink_percent = 0; };\nprofile = \"iso\";\n",
                     "privilegd", "shrink_percent", "profile")

    def test_syntax(self):
        self.problem("privileged = [;\n", "rightful.conf:")

    def ldap(self, secret):
        return SMALL_CONFIG.replace('kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif";',
                                    'kind = "ldap"; provides = "directory"; server = "openldap"; '
                                    'url = "ldaps://127.0.0.1:1"; base = ["dc=example,dc=com"]; '
                                    f'bind_dn = "cn=reader"; password_file = "{secret}";')

    def test_missing_secret_file(self):
        self.problem(lambda c: self.ldap("absent"), "password_file", "absent")

    def test_world_readable_secret(self):
        site = self.open(Site(self.ldap("secret"), {"hr.csv": SMALL_HR, "secret": "x"}))
        os.chmod(os.path.join(site.folder, "secret"), 0o644)
        result = site.run()
        self.assertEqual(result.code, 78)
        self.assertIn("secret", result.err)

    def test_a_missing_configuration(self):
        site = self.open(Site())
        self.assertEqual(site.run().code, 78)


class Store(SiteTest):
    def broken(self, prepare, *words):
        site = self.open(small_site())
        path = os.path.join(site.folder, "ledger.db")
        prepare(site, path)
        with open(path, "rb") as file:
            before = file.read()
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 1, result.err)
        for word in words:
            self.assertIn(word, result.err)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_not_a_database(self):
        self.broken(lambda site, path: site.write("ledger.db", "this is a letter\n" * 100), "ledger.db")

    def test_database_of_another_program(self):
        def foreign(site, path):
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE letters (text TEXT)")
        self.broken(foreign, "ledger.db")

    def test_newer_schema(self):
        def newer(site, path):
            site.run()
            connection = sqlite3.connect(path)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version:
                connection.execute(f"PRAGMA user_version = {version + 1000}")
            else:
                connection.execute("UPDATE meta SET value = '1000' WHERE key LIKE '%schema%'")
            connection.commit()
            connection.close()
        self.broken(newer, "newer")

    @unittest.skipIf(os.geteuid() == 0 and subprocess.run(["sh", "-c", "command -v setpriv"],
                                                          capture_output=True, check=False).returncode != 0,
                     "root may write everything, and there is no setpriv to give that up")
    def test_read_only(self):
        site = self.open(small_site())
        site.run()
        path = os.path.join(site.folder, "ledger.db")
        os.chmod(site.folder, 0o755)
        for name in os.listdir(site.folder):
            os.chmod(os.path.join(site.folder, name), 0o444)
        with open(path, "rb") as file:
            before = file.read()
        command = [os.environ["RIGHTFUL"], "--config", site.config, "run", "--as-of", LATER]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(process.returncode, 1, process.stderr)
        self.assertIn("ledger.db", process.stderr)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    @unittest.skipUnless(os.geteuid() == 0, "mounting a full disk needs root")
    def test_disk_full(self):
        site = self.open(small_site())
        disk = os.path.join(site.folder, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True,
                                 check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        site.write("rightful.conf", SMALL_CONFIG.replace("sqlite:ledger.db", "sqlite:disk/ledger.db"))
        self.assertEqual(site.run().code, 0)
        before = site.ledger()
        many = "\n".join(small_account(f"ghost{i}", f"{90000 + i}") for i in range(2000))
        site.write("corp.ldif", SMALL_LDIF + "\n" + many)
        result = site.run("--accept", "corp:accounts", "--accept", "corp:enabled-accounts", "--reason", "test",
                          as_of=LATER)
        self.assertEqual(result.code, 1, result.err)
        self.assertIn("full", result.err)
        self.assertEqual(site.ledger(), before)


class CommandLine(SiteTest):
    def test_usage_errors(self):
        site = self.open(small_site())
        for arguments, words in ((["exeptions"], "exceptions"), (["run", "--asof", "x"], "as-of"),
                                 (["exceptions", "-o", "xml"], "table"), (["explain"], "ACCOUNT"),
                                 (["exceptions", "--severity", "huge"], "critical"), (["run", "too", "much"], "too"),
                                 (["run", "--accept", "corp:accounts"], "--reason"), (["list", "things"], "settings")):
            with self.subTest(arguments):
                result = site.rightful(*arguments)
                self.assertEqual(result.code, 2, result.err)
                self.assertIn(words, result.err)

    def test_help_begins_with_examples(self):
        site = self.open(small_site())
        for command in ("run", "check", "explain", "exceptions"):
            text = site.rightful(command, "--help").out
            self.assertLess(text.index("Examples"), text.index("Usage"))

    def test_before_any_run_everything_is_empty(self):
        site = self.open(small_site())
        for command in ("exceptions", "runs", "controls", "status"):
            result = site.rightful(command, "--json")
            self.assertEqual(result.code, 0, result.err)
        self.assertEqual(site.exceptions(), [])

    def test_global_options_stand_anywhere(self):
        site = self.open(small_site())
        command = [os.environ["RIGHTFUL"], "exceptions", "--json", "--config", site.config]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
