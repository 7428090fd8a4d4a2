"""The account to read with: every command of docs/sources-directories.md, as it stands there, on the server it is for."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

from ad_demo import BASE as AD_BASE
from site_under_test import SOURCE_ROOT, Site, SiteTest
from test_389ds import BASE, DirectoryServer, population
from test_samba import Samba
from test_slapd import SUFFIX, Slapd

HANDBOOK = os.path.join(SOURCE_ROOT, "docs", "sources-directories.md")
DEMO = os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif")
# What no reader of these small worlds can see, because nobody has it.
NOBODY_HAS = r"no account shows (owner|employee_id|mail|last_logon) |no group shows adminCount "


def blocks(heading):
    """The indented blocks below the heading that begins like that; a blank line between two indented ones belongs to the block."""
    with open(HANDBOOK, encoding="utf-8") as file:
        readers = file.read().split("\n## The account to read with\n")[1]
    section = re.search(rf"^### {re.escape(heading)}.*?\n(.*?)(?=^#|\Z)", readers, re.DOTALL | re.MULTILINE).group(1)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", section, re.MULTILINE)]


class LeastPrivilege(SiteTest):
    maxDiff = None

    def rows(self, source):
        site = self.open(Site(f"""
organisation: {{ name = "Reader"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ name = "corp"; kind = "ldap"; provides = "directory"; {source} }} );
""", {}))
        return [row for row in site.rightful("check", "--json").json["check"] if row["about"] == "corp"]

    def assert_sees_nobody(self, source):
        failed = [row["text"] for row in self.rows(source) if row["result"] == "FAILED"]
        self.assertTrue(any("no account can be seen" in text or "may not see it" in text for text in failed), failed)

    def assert_sees_everything(self, source):
        bad = [row["text"] for row in self.rows(source) if row["result"] != "ok" and not re.match(NOBODY_HAS, row["text"])]
        self.assertEqual(bad, [])
        return [row["text"] for row in self.rows(source)]


class OnOpenLdap(LeastPrivilege):
    READER = "cn=rightful,ou=services," + SUFFIX

    def slapd(self, **environment):
        with open(DEMO, encoding="utf-8") as demo, tempfile.NamedTemporaryFile("w", suffix=".ldif") as file:
            account = blocks("OpenLDAP")[0].replace("…", "correct-horse")
            file.write(demo.read() + "\n" + account)
            # More entries than sizelimit allows who has no limits of his own.
            file.writelines(f"\ndn: uid=more{i},ou=services,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: more{i}\ncn: m\nsn: m\n" for i in range(600))
            file.flush()
            slapd = Slapd(file.name, SLAPD_ACCESS="closed", **environment)
        self.addCleanup(slapd.stop)
        return slapd

    def source(self, slapd):
        return (f'url = "{slapd["LDAPS_URL"]}"; base = "{SUFFIX}"; bind_dn = "{self.READER}"; '
                f'password_file = "{slapd["PASSWORD_FILE"]}"; tls_ca_file = "{slapd["CA_FILE"]}";')

    def assert_reads_no_secret_and_writes_nothing(self, slapd):
        entry = f"uid=lweber,ou=People,{SUFFIX}"
        shown = slapd.tool("ldapsearch", self.READER, "-LLL", "-b", entry, "(uid=*)", "cn", "userPassword")
        self.assertIn("cn: ", shown)
        self.assertNotIn("userPassword", shown)
        change = f"dn: {entry}\nchangetype: modify\nreplace: title\ntitle: x\n"
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            slapd.tool("ldapmodify", self.READER, text=change)
        self.assertEqual(refused.exception.returncode, 50)

    def test_slapd_conf(self):
        self.assert_sees_nobody(self.source(self.slapd()))
        slapd = self.slapd(SLAPD_DATABASE=blocks("OpenLDAP")[1])
        self.assertTrue(any(text.startswith("read whole: 717 kept") for text in self.assert_sees_everything(self.source(slapd))))
        self.assert_reads_no_secret_and_writes_nothing(slapd)

    def test_cn_config(self):
        slapd = self.slapd()
        self.assert_sees_nobody(self.source(slapd))
        number = re.search(r"olcDatabase=({\d+}mdb)", slapd.tool("ldapsearch", "cn=config", "-LLL", "-b", "cn=config", f"(olcSuffix={SUFFIX})", "dn"))
        slapd.tool("ldapmodify", "cn=config", text=blocks("OpenLDAP")[2].replace("{1}mdb", number.group(1)))
        self.assertTrue(any(text.startswith("read whole: 717 kept") for text in self.assert_sees_everything(self.source(slapd))))
        self.assert_reads_no_secret_and_writes_nothing(slapd)


class On389(LeastPrivilege):
    @classmethod
    def setUpClass(cls):
        cls.server = DirectoryServer(population())
        cls.addClassCleanup(cls.server.stop)
        cls.server.log_on("ann")

    def source(self):
        return (f'url = "{self.server["LDAPS_URL"]}"; base = "{BASE}"; bind_dn = "cn=rightful,{BASE}"; '
                f'password_file = "{self.server["PASSWORD_FILE"]}"; tls_ca_file = "{self.server["CA_FILE"]}";')

    def test_the_entry_and_the_aci(self):
        with open(self.server["PASSWORD_FILE"], encoding="utf-8") as file:
            account, aci = blocks("389 Directory Server")[0].replace("…", file.read()).split("\n\n")
        self.server.modify(account)
        self.assert_sees_nobody(self.source())
        self.server.modify(aci)
        self.assert_sees_everything(self.source())

    def test_the_directory_manager_is_outside_every_pull(self):
        """It logs on, and is no entry."""
        manager = ["-x", "-H", self.server["LDAP_URL"], "-D", self.server["ADMIN_DN"], "-y", self.server["PASSWORD_FILE"]]
        self.assertIn("cn=directory manager", subprocess.run(["ldapwhoami", *manager], capture_output=True, text=True, check=True).stdout)
        shown = subprocess.run(["ldapsearch", *manager, "-LLL", "-b", self.server["ADMIN_DN"], "-s", "base"], capture_output=True, check=False)
        self.assertEqual((shown.returncode, shown.stdout), (32, b""))


class OnSamba(LeastPrivilege):
    SHUT = "OU=Corp," + AD_BASE

    @classmethod
    def setUpClass(cls):
        # Nobody but administrators may read below it; a user there inherits what its unit gives.
        nobody = "nTSecurityDescriptor: O:DAG:DAD:{}(A;CI;GA;;;DA)(A;CI;GA;;;SY)\n"
        cls.samba = Samba(f"dn: {cls.SHUT}\nobjectClass: organizationalUnit\n{nobody.format('P')}\n"
                          f"dn: CN=ann,{cls.SHUT}\nobjectClass: user\nsAMAccountName: ann\nuserAccountControl: 512\n{nobody.format('')}\n"
                          f"dn: CN=staff,{cls.SHUT}\nobjectClass: group\nsAMAccountName: staff\ngroupType: -2147483646\nmember: CN=ann,{cls.SHUT}\n"
                          f"{nobody.format('')}", "", SAMBA_KDC="yes")
        cls.addClassCleanup(cls.samba.stop)

    def shell(self, command, *more):
        """A line of the handbook, on the private server; more: what the tool would ask for."""
        arguments = shlex.split(command.replace("DC=example,DC=com", AD_BASE))
        database = [] if arguments[1] == "domain" else ["-H", os.path.join(self.samba.folder, "private", "sam.ldb")]
        return subprocess.run([*arguments[:4], *more, *arguments[4:], "--configfile=" + os.path.join(self.samba.folder, "smb.conf"), *database],
                              cwd=self.samba.folder, capture_output=True, text=True, check=True).stdout

    def source(self, base):
        return (f'url = "{self.samba["LDAPS_URL"]}"; base = "{base}"; bind_dn = "CN=rightful,CN=Users,{AD_BASE}"; '
                f'password_file = "{self.samba["PASSWORD_FILE"]}"; tls_ca_file = "{self.samba["CA_FILE"]}";')

    def test_every_command(self):
        user, right, keytab = blocks("Samba")
        create, expiry = user.splitlines()
        with open(self.samba["PASSWORD_FILE"], encoding="utf-8") as file:
            self.shell(create, file.read())
        self.shell(expiry)
        flags = self.shell("samba-tool user show rightful --attributes=userAccountControl,memberOf,objectSid")
        self.assertIn("userAccountControl: 66048", flags)  # an ordinary user whose password does not expire
        self.assertNotIn("memberOf", flags)
        self.assert_sees_everything(self.source("CN=Users," + AD_BASE))
        self.assert_sees_nobody(self.source(self.SHUT))
        self.shell(right.replace("SID", re.search(r"objectSid: (\S+)", flags).group(1)))
        texts = self.assert_sees_everything(self.source(self.SHUT))
        self.assertIn("read whole: 2 kept, 0 left out, 0 rejected", texts)
        self.shell(keytab)
        self.assertTrue(os.path.getsize(os.path.join(self.samba.folder, "rightful.keytab")) > 0)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(77 if result.skipped and result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
