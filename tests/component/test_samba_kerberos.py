"""Kerberos with a keytab against a real domain controller (Samba) and its own key distribution centre."""

import os
import re
import subprocess
import sys
import unittest

from ad_demo import BASE, CORP, active_directory_demo
from site_under_test import SOURCE_ROOT, Site, SiteTest, demo_expected, demo_site
from test_samba import ONLY_IN_ACTIVE_DIRECTORY, Samba, as_in_openldap


class KerberosTest(SiteTest):
    maxDiff = None
    strong = "yes"
    ldif, changes = "", ""

    @classmethod
    def setUpClass(cls):
        cls.samba = Samba(cls.ldif, cls.changes, SAMBA_KDC="yes", SAMBA_STRONG=cls.strong)
        cls.addClassCleanup(cls.samba.stop)

    def environment(self):
        return {**os.environ, "KRB5_CONFIG": self.samba["KRB5_CONFIG"]}

    def source(self, url, base=(BASE,), more=""):
        bases = ", ".join(f'"{dn}"' for dn in base)
        return (f'name = "corp"; kind = "ldap"; provides = "directory"; url = "{self.samba[url]}"; base = [{bases}]; sasl = "GSSAPI"; '
                f'keytab_file = "{self.samba["KEYTAB"]}"; tls_ca_file = "{self.samba["CA_FILE"]}"; {more}')

    def site(self, source):
        return self.open(Site(f"""
organisation: {{ name = "Kerberos"; timezone = "UTC"; }};
store: {{ url = "sqlite:ledger.db"; }};
sources: ( {{ {source} }}, {{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }} );
""", {"hr.csv": "id,name,recorded_at\n1,Ann,2026-03-16T20:00:00Z\n"}))

    def check(self, source):
        return self.site(source).rightful("check", env=self.environment())

    def failure(self, source):
        """What check says of the one thing that fails."""
        result = self.site(source).rightful("check", "--json", env=self.environment())
        self.assertEqual(result.code, 1, result.out)
        return "\n".join(row["text"] for row in result.json["check"] if row["result"] == "FAILED")


class WithStrongAuthentication(KerberosTest):
    """A controller that takes nothing in plain text, and no Kerberos that neither signs nor seals: Samba's default."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"), encoding="utf-8") as file:
            cls.ldif, cls.changes = active_directory_demo(file.read())
        super().setUpClass()

    def test_kerberos_seals_and_the_exceptions_are_the_same(self):
        site = self.open(demo_site())
        source = self.source("LDAP_URL", (CORP, "CN=Users," + BASE, "CN=Builtin," + BASE), 'attributes: { owner = "info"; };')
        site.write("rightful.conf", re.sub(r'name = "corp"; kind = "ldif".*?; \},', lambda _: source + " },",
                                           site.read("rightful.conf"), count=1, flags=re.DOTALL))
        check = site.rightful("check", env=self.environment())
        self.assertIn("bound as reader@EXAMPLE.TEST", check.out)
        self.assertIn("encrypted by Kerberos", check.out)
        result = site.rightful("run", "--json", "--as-of", site.as_of, env=self.environment())
        self.assertEqual(result.code, 0, result.err)
        found = site.found()
        self.assertEqual(as_in_openldap(found), demo_expected())
        expected = [line for line in ONLY_IN_ACTIVE_DIRECTORY if not line.startswith("member-unknown")]  # no news here
        self.assertEqual([line for line in found if line in ONLY_IN_ACTIVE_DIRECTORY], sorted(expected))

    def test_what_is_refused_over_tls_names_the_way_out(self):
        for url, more in (("LDAPS_URL", ""), ("LDAP_URL", "starttls = true;")):
            with self.subTest(url):
                failure = self.failure(self.source(url, more=more))
                self.assertIn("Sign or Seal are required", failure)
                self.assertIn("this server takes no Kerberos over TLS: use ldap:// without starttls", failure)

    def test_a_run_that_is_refused_is_incomplete(self):
        site = self.site(self.source("LDAPS_URL"))
        result = site.rightful("run", "--json", "--as-of", site.as_of, env=self.environment())
        self.assertEqual(result.code, 3)
        self.assertIn("not tried again in this run", result.json["run"]["sources"][0]["reason"])

    def test_a_password_in_plain_text_is_refused_by_the_server_too(self):
        plain = self.source("LDAP_URL").replace('sasl = "GSSAPI"; ', "").replace(
            f'keytab_file = "{self.samba["KEYTAB"]}"; ', f'bind_dn = "{self.samba["BIND_DN"]}"; '
            f'password_file = "{self.samba["PASSWORD_FILE"]}"; allow_plaintext_bind = true; ')
        self.assertIn("the server wants encryption: use ldaps:// or starttls = true", self.failure(plain))

    def test_a_name_that_the_domain_does_not_know(self):
        failure = self.failure(self.source("LDAP_URL", more='principal = "nobody@EXAMPLE.TEST";'))
        self.assertIn("Kerberos: no ticket by the keytab", failure)


class WithSaslOverTls(KerberosTest):
    """A controller that takes Kerberos inside TLS: as Active Directory does."""

    strong = "allow_sasl_over_tls"

    def test_kerberos_over_tls_without_a_second_layer(self):
        for url, more in (("LDAPS_URL", ""), ("LDAP_URL", "starttls = true;")):
            with self.subTest(url):
                result = self.check(self.source(url, more=more))
                self.assertEqual(result.code, 0, result.out)
                self.assertIn("bound as reader@EXAMPLE.TEST", result.out)
                self.assertIn("certificate valid until", result.out)

    def test_the_same_directory_as_with_a_password(self):
        def counts(source):
            site = self.site(source)
            result = site.rightful("run", "--json", "--as-of", site.as_of, env=self.environment())
            self.assertEqual(result.code, 0, result.err)
            return result.json["run"]["sources"][0]["counts"]
        self.assertEqual(counts(self.source("LDAPS_URL")), counts(self.samba.source([BASE])))

    def samba_tool(self, *arguments):
        subprocess.run(["samba-tool", *arguments, "--configfile=" + os.path.join(self.samba.folder, "smb.conf"),
                        "-H", os.path.join(self.samba.folder, "private", "sam.ldb")], check=True, capture_output=True)

    def test_a_disabled_reader_gets_no_ticket(self):
        self.samba_tool("user", "disable", "reader")
        self.addCleanup(self.samba_tool, "user", "enable", "reader")
        self.assertIn("Kerberos: no ticket by the keytab", self.failure(self.source("LDAPS_URL")))

    def test_a_controller_by_another_name_than_its_service_principal(self):
        name = self.samba["LDAP_URL"].replace("://", "/")
        self.samba_tool("spn", "delete", name, "DC1$")
        self.addCleanup(self.samba_tool, "spn", "add", name, "DC1$")
        self.assertIn("name the server in url as its service principal does", self.failure(self.source("LDAPS_URL")))


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(77 if result.skipped and result.testsRun == 0 else 0 if result.wasSuccessful() else 1)
