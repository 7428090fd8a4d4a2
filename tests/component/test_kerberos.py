"""SASL GSSAPI with a keytab: an MIT key distribution centre and a slapd, both private."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from site_under_test import SOURCE_ROOT, SiteTest, demo_site
from test_slapd import Slapd, ldap_source

PROGRAMS = "/usr/sbin:/sbin"
PATIENCE_SECONDS = 30


def find(program):
    return shutil.which(program, path=os.environ["PATH"] + ":" + PROGRAMS)


class Kdc:
    """Realm EXAMPLE.TEST on a free port; rightful.keytab, ldap.keytab (the server's) and stranger.keytab (an old key)."""

    def __init__(self):
        if not all(find(program) for program in ("krb5kdc", "kdb5_util", "kadmin.local")):
            if os.environ.get("FAIL_WITHOUT_SERVERS") == "1":
                raise AssertionError("krb5-kdc is not installed")
            raise unittest.SkipTest("krb5-kdc is not installed")
        self.folder = tempfile.mkdtemp(prefix="rightful-kdc-")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.environment = {"KRB5_CONFIG": self.path("krb5.conf"), "KRB5_KDC_PROFILE": self.path("kdc.conf")}
        self.write("krb5.conf", "[libdefaults]\n default_realm = EXAMPLE.TEST\n dns_lookup_kdc = false\n rdns = false\n"
                   " dns_canonicalize_hostname = false\n udp_preference_limit = 1\n"
                   f"[realms]\n EXAMPLE.TEST = {{\n  kdc = 127.0.0.1:{self.port}\n }}\n"
                   "[domain_realm]\n 127.0.0.1 = EXAMPLE.TEST\n")
        self.write("kdc.conf", f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{self.port}\n kdc_tcp_listen = 127.0.0.1:{self.port}\n"
                   f"[realms]\n EXAMPLE.TEST = {{\n  database_name = {self.folder}/principal\n"
                   f"  key_stash_file = {self.folder}/stash\n  acl_file = {self.folder}/acl\n }}\n")
        self.call("kdb5_util", "create", "-s", "-r", "EXAMPLE.TEST", "-P", "master")
        for principal, keytab in (("rightful", "rightful"), ("ldap/127.0.0.1", "ldap"), ("stranger", "stranger")):
            self.call("kadmin.local", "-r", "EXAMPLE.TEST", "-q", f"addprinc -randkey {principal}")
            self.call("kadmin.local", "-r", "EXAMPLE.TEST", "-q", f"ktadd -k {self.path(keytab + '.keytab')} {principal}")
        self.call("kadmin.local", "-r", "EXAMPLE.TEST", "-q", "change_password -randkey stranger")
        self.process = subprocess.Popen([find("krb5kdc"), "-n", "-r", "EXAMPLE.TEST"], env={**os.environ, **self.environment},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def call(self, program, *arguments):
        subprocess.run([find(program), *arguments], env={**os.environ, **self.environment}, check=True, capture_output=True)

    def wait(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("krb5kdc did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        shutil.rmtree(self.folder)


class Kerberos(SiteTest):
    @classmethod
    def setUpClass(cls):
        cls.kdc = Kdc()
        cls.addClassCleanup(cls.kdc.stop)
        cls.slapd = Slapd(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"), **cls.kdc.environment,
                          KRB5_KTNAME=cls.kdc.path("ldap.keytab"))
        cls.addClassCleanup(cls.slapd.stop)

    def setUp(self):
        before = {name: os.environ.get(name) for name in self.kdc.environment}
        os.environ.update(self.kdc.environment)

        def restore():
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        self.addCleanup(restore)

    def site(self, url, keytab, more="", slapd=None):
        site = self.open(demo_site())
        slapd = slapd or self.slapd
        config = ldap_source(site.read("rightful.conf"), slapd, f'url = "{url}"; sasl = "GSSAPI"; '
                             f'keytab_file = "{self.kdc.path(keytab)}"; {more}')
        config = config.replace(f'bind_dn = "{slapd["BIND_DN"]}"; password_file = "{slapd["PASSWORD_FILE"]}";', "")
        site.write("rightful.conf", config)
        return site

    def assert_pulls(self, url, encryption):
        site = self.site(url, "rightful.keytab")
        result = site.rightful("check")
        self.assertIn("bound as rightful@EXAMPLE.TEST", result.out)
        self.assertIn(encryption, result.out)
        reference = self.open(demo_site())
        reference.run()
        site.run()
        self.assertEqual(sorted(site.found()), sorted(reference.found()))

    def test_a_keytab_reads_over_tls_what_the_export_shows(self):
        self.assert_pulls(self.slapd["LDAPS_URL"], "certificate valid until")

    def test_without_tls_kerberos_encrypts(self):
        self.assert_pulls(self.slapd["LDAP_URL"], "encrypted by Kerberos")

    def test_a_bind_over_tls_is_tied_to_the_certificate_of_the_server(self):
        """Active Directory may demand it. Two servers that look at it: one at what we send (tls-endpoint), one at something else,
        which shows that they do look."""
        for binding, code in (("tls-endpoint", 0), ("tls-unique", 1)):
            with self.subTest(binding):
                slapd = Slapd(os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif"), **self.kdc.environment,
                              KRB5_KTNAME=self.kdc.path("ldap.keytab"), SLAPD_BINDING=binding, SLAPD_CIPHERS="NORMAL:-VERS-TLS1.3")
                self.addCleanup(slapd.stop)
                for url, more in ((slapd["LDAPS_URL"], ""), (slapd["LDAP_URL"], "starttls = true;")):
                    result = self.site(url, "rightful.keytab", more, slapd).rightful("check")
                    self.assertEqual(result.code, code, result.out + result.err)
                    self.assertIn("bind refused for rightful@EXAMPLE.TEST" if code else "bound as rightful@EXAMPLE.TEST", result.out)

    def test_an_old_key_is_refused_and_the_run_says_so(self):
        result = self.site(self.slapd["LDAPS_URL"], "stranger.keytab").rightful("check")
        self.assertIn("Kerberos: no ticket by the keytab", result.out + result.err)

    def test_a_principal_that_the_keytab_does_not_have_is_refused(self):
        result = self.site(self.slapd["LDAPS_URL"], "rightful.keytab", 'principal = "nobody@EXAMPLE.TEST";').rightful("check")
        self.assertIn("Kerberos: no ticket by the keytab", result.out + result.err)

    def test_gssapi_without_a_keytab_is_a_problem_of_the_settings(self):
        site = self.site(self.slapd["LDAPS_URL"], "rightful.keytab")
        site.write("rightful.conf", site.read("rightful.conf").replace(f'keytab_file = "{self.kdc.path("rightful.keytab")}";', ""))
        result = site.rightful("check")
        self.assertEqual(result.code, 78)
        self.assertIn('sasl = "GSSAPI" and keytab_file go together', result.out + result.err)


if __name__ == "__main__":
    unittest.main()
