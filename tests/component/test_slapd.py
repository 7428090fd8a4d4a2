"""The demo company in a real slapd, pulled over LDAPS and StartTLS: the same exceptions as from its LDIF."""

import os
import re
import subprocess
import sys
import unittest

from servers import Server
from site_under_test import SOURCE_ROOT, SiteTest, demo_expected, demo_site

SUFFIX = "dc=example,dc=com"


class Slapd(Server):
    script = "slapd.sh"

    def __init__(self, ldif, suffix=SUFFIX, **environment):
        super().__init__()
        self.start(ldif, suffix, **environment)

    def tool(self, tool, who, *arguments, text=None, check=True):
        """An OpenLDAP client bound as that DN; the fixture's passwords are all the same."""
        with open(self["PASSWORD_FILE"], encoding="utf-8") as file:
            password = file.read().strip()
        return subprocess.run([tool, "-x", "-H", self["LDAP_URL"], "-D", who, "-w", password, *arguments], input=text,
                              capture_output=True, text=True, check=check).stdout


def ldap_source(config, slapd, connection, bind="BIND_DN"):
    """The demo configuration with its LDIF source turned into an LDAP source; everything else stays."""
    source = (f'kind = "ldap"; provides = "directory"; server = "openldap"; {connection} base = ["{SUFFIX}"]; '
              f'bind_dn = "{slapd[bind]}"; password_file = "{slapd["PASSWORD_FILE"]}"; '
              f'tls_ca_file = "{slapd["CA_FILE"]}";')
    return re.sub(r'kind = "ldif"; provides = "directory"; server = "openldap"; path = "directory.ldif";', lambda _: source, config)


class DemoInSlapd(SiteTest):
    @classmethod
    def setUpClass(cls):
        cls.slapd = Slapd(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"))

    @classmethod
    def tearDownClass(cls):
        cls.slapd.stop()

    def site(self, connection):
        site = self.open(demo_site())
        site.write("rightful.conf", ldap_source(site.read("rightful.conf"), self.slapd, connection))
        return site

    def connections(self):
        return {"LDAPS": f'url = "{self.slapd["LDAPS_URL"]}";',
                "StartTLS": f'url = "{self.slapd["LDAP_URL"]}"; starttls = true;',
                "small pages": f'url = "{self.slapd["LDAPS_URL"]}"; page_size = 7;'}

    def test_the_same_exceptions_as_from_the_ldif(self):
        for name, connection in self.connections().items():
            with self.subTest(name):
                site = self.site(connection)
                result = site.run()
                self.assertEqual(result.code, 0, result.err)
                self.assertEqual(site.found(), demo_expected())
                again = site.run().json["counts"]
                self.assertEqual((again["new"], again["resolved"]), (0, 0))

    def test_the_source_can_be_changed_from_ldif_to_ldap_without_a_new_exception(self):
        site = self.open(demo_site())
        site.run()
        site.write("rightful.conf", ldap_source(site.read("rightful.conf"), self.slapd, self.connections()["LDAPS"]))
        counts = site.run().json["counts"]
        self.assertEqual((counts["new"], counts["resolved"]), (0, 0))

    def test_check_proves_the_connection(self):
        site = self.site(self.connections()["LDAPS"])
        result = site.rightful("check", "--json")
        texts = " ".join(row["text"] for row in result.json["check"] if row["about"] == "corp")
        self.assertIn("TLS", texts)

    def test_a_server_that_is_not_there_leaves_the_ledger_alone(self):
        site = self.site(self.connections()["LDAPS"])
        site.run()
        before = site.found()
        site.write("rightful.conf", site.read("rightful.conf").replace(self.slapd["LDAPS_URL"], "ldaps://127.0.0.1:1"))
        result = site.run()
        self.assertEqual(result.code, 3)
        self.assertEqual([line for line in site.found() if not line.startswith("source-")], before)
        self.assertIn("source-incomplete\tcorp", site.found())

    def test_the_password_is_in_no_output_and_no_store(self):
        site = self.site(self.connections()["LDAPS"])
        with open(self.slapd["PASSWORD_FILE"], encoding="utf-8") as file:
            secret = file.read().strip()
        result = site.run("-v")
        self.assertNotIn(secret, result.out + result.err)
        for name in os.listdir(site.folder):
            with open(os.path.join(site.folder, name), "rb") as file:
                self.assertNotIn(secret.encode(), file.read(), name)


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
