"""`rightful check` of one healthy and of many broken sources, in one run: every broken one is told, in a sentence to act on."""

import os
import re
import socket
import sys
import threading
import time
import unittest

from site_under_test import SOURCE_ROOT, Site, SiteTest
from test_slapd import SUFFIX, Slapd

DEMO = os.path.join(SOURCE_ROOT, "config", "demo", "directory.ldif")
CANARY = f"cn=Domain Admins,ou=Groups,{SUFFIX}"


class Silent:
    """Accepts connections and never says a word."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldaps://127.0.0.1:{self.socket.getsockname()[1]}"
        self.peers = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.peers.append(self.socket.accept())
            except OSError:
                return

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for peer, _ in self.peers:
            peer.close()


def source(name, slapd, **changes):
    values = {"url": slapd["LDAPS_URL"], "base": SUFFIX, "bind_dn": slapd["BIND_DN"], "password_file": slapd["PASSWORD_FILE"],
              "tls_ca_file": slapd["CA_FILE"], "canaries": [CANARY], **changes}

    def text(value):
        if isinstance(value, list):
            return "[" + ", ".join(f'"{each}"' for each in value) + "]"
        return str(value) if isinstance(value, int) else f'"{value}"'
    lines = " ".join(f"{key} = {text(value)};" for key, value in values.items() if value is not None)
    return f'{{ name = "{name}"; kind = "ldap"; provides = "directory"; {lines} }}'


class Broken:
    """One broken source: its settings beside those of a healthy one, and what check must say of it."""

    def __init__(self, words, fixture="slapd", **changes):
        self.words, self.fixture, self.changes = words, fixture, changes


BROKEN = {
    "wrong-password": Broken("bind refused for cn=reader,o=readers: Invalid credentials (49); check bind_dn and what password_file holds; "
                             "not tried again in this run", password_file="wrong-password"),
    "unknown-base": Broken(f"base dc=nowhere,dc=com does not exist, or the reader may not see it; this server holds o=readers and {SUFFIX}",
                           base="dc=nowhere,dc=com", canaries=None),
    "wrong-name": Broken("certificate is for elsewhere.invalid, wanted 127.0.0.1: name the server in url as its certificate does", "wrong"),
    "expired": Broken("certificate expired on 2020-02-01 00:00 UTC: renew it on the server", "expired"),
    "unknown-ca": Broken("certificate is signed by an unknown CA (CN=rightful test CA); name its file with tls_ca_file",
                         tls_ca_file="other.pem"),
    "silent": Broken("the server accepted the connection and then said nothing for 2 s; check its name and port", "silent",
                     timeout_seconds=2),
    "also-silent": Broken("said nothing for 2 s", "silent", timeout_seconds=2),
    "down": Broken("cannot connect to 127.0.0.1: Connection refused; check its name and port, that it runs", url="ldaps://127.0.0.1:1"),
    "not-tls": Broken("is this a port for ldaps://? One for ldap:// takes starttls = true", "not-tls"),
    "no-canary": Broken(f"canary cn=gone,{SUFFIX} cannot be seen: the reader lacks the right, or it was deleted or renamed",
                        canaries=[CANARY, f"cn=gone,{SUFFIX}"]),
    "blind": Broken(f"no account can be seen below {SUFFIX}: base or account_filter is wrong, or the reader lacks the right",
                    bind_dn="cn=blind,o=readers", canaries=None),
    "ranges": Broken("member_range is for Active Directory only: a server of the family openldap knows no ranges and would show empty groups",
                     member_range=500),
}
HIDING = {
    "employee_id of accounts may be searched for but not read (employeeNumber): give the reader that right; rests on it: ",
    "no account shows mail (mail): none has it, or the reader lacks the right; rests on it: ",
}


class Check(SiteTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.servers = {"silent": Silent()}
        cls.addClassCleanup(cls.servers["silent"].stop)
        for name, certificate in (("slapd", "server"), ("wrong", "wrong"), ("expired", "expired")):
            cls.servers[name] = Slapd(DEMO, SLAPD_CERTIFICATE=certificate)
            cls.addClassCleanup(cls.servers[name].stop)

    def url(self, server):
        if server == "not-tls":
            return self.servers["slapd"]["LDAP_URL"].replace("ldap:", "ldaps:")
        return self.servers[server].url if server == "silent" else self.servers[server]["LDAPS_URL"]

    def site(self, broken, hr="hr.csv", more=""):
        slapd = self.servers["slapd"]
        sources = [source("healthy", slapd), source("hiding", slapd, bind_dn="cn=partial,o=readers")]
        for name, case in broken.items():
            server = slapd if case.fixture in ("silent", "not-tls") else self.servers[case.fixture]
            sources.append(source(name, server, **{"url": self.url(case.fixture), **case.changes}))
        sources.append(f'{{ name = "hr"; kind = "csv"; provides = "people"; path = "{hr}"; }}')
        site = self.open(Site(files={"hr.csv": "id,name\n1,Ann\n"}))
        site.write("rightful.conf", 'organisation: { name = "Check"; timezone = "UTC"; };\nstore: { url = "sqlite:ledger.db"; };\n'
                   "sources: (\n  " + ",\n  ".join(sources) + "\n);\n" + more)
        os.chmod(site.write("wrong-password", "battery-staple"), 0o600)
        with open(os.path.join(slapd.folder, "tls", "other.pem"), "rb") as file:
            site.write("other.pem", file.read())
        return site

    def rows(self, result):
        rows = {}
        for row in result.json["check"]:
            rows.setdefault(row["about"], []).append((row["result"], row["text"]))
        return rows

    def failed(self, rows):
        return {about: [text for what, text in facts if what == "FAILED"] for about, facts in rows.items()
                if any(what == "FAILED" for what, _ in facts)}

    def test_every_broken_source_is_told_in_one_run(self):
        site = self.site(BROKEN, hr="missing.csv")
        begun = time.monotonic()
        result = site.rightful("check", "--json")
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(result.code, 1)
        rows = self.rows(result)
        failed = self.failed(rows)
        self.assertEqual(sorted(failed), sorted([*BROKEN, "hr"]))
        for name, case in BROKEN.items():
            with self.subTest(name):
                self.assertEqual(len(failed[name]), 1, failed[name])
                self.assertIn(case.words, failed[name][0])
                self.assertNotIn("battery-staple", failed[name][0])
        self.assertIn("missing.csv: there is no such file; is the path right, and did the export run?", failed["hr"][0])
        # What is right with the others is shown too, and they are read whole.
        for name in ("healthy", "hiding"):
            self.assertTrue(any(text.startswith("read whole: ") for _, text in rows[name]), rows[name])
        self.assertEqual({what for what, _ in rows["healthy"]}, {"ok"})
        hidden = [text for what, text in rows["hiding"] if what == "warning"]
        self.assertEqual(len(hidden), len(HIDING))
        for words in HIDING:
            self.assertTrue(any(text.startswith(words) for text in hidden), hidden)
        self.assertIn(("warning", "names of groups were not checked, as not every source can be read"), rows["names"])
        # stderr lists what failed, since the lines of it stand far apart.
        self.assertIn("failed: " + ", ".join([*BROKEN, "hr"]), result.err)

    def test_a_table_and_json_say_the_same(self):
        site = self.site({"down": BROKEN["down"]})
        json, table = site.rightful("check", "--json"), site.rightful("check")
        self.assertEqual((json.code, table.code), (1, 1))
        facts = [(row["about"], row["result"], row["text"]) for row in json.json["check"]]
        self.assertEqual([tuple(line.split(maxsplit=2)) for line in table.out.splitlines()[1:]], facts)

    def test_a_broken_source_is_asked_once(self):
        """A second bind with a wrong password is a step towards a locked account."""
        site = self.site({"wrong-password": BROKEN["wrong-password"]})
        with open(self.servers["slapd"]["SLAPD_LOG"], encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            site.rightful("check")
            self.assertEqual(len(re.findall(r"RESULT tag=97 err=49", log.read())), 1)

    def test_sources_that_say_nothing_cost_one_waiting_time(self):
        site = self.site({f"silent-{i}": Broken("", "silent", timeout_seconds=2) for i in range(5)})
        begun = time.monotonic()
        result = site.rightful("check", "--json")
        self.assertEqual(len(self.failed(self.rows(result))), 5)
        self.assertLess(time.monotonic() - begun, 5)

    def test_nothing_broken_is_exit_0_and_names_are_checked(self):
        result = self.site({}).rightful("check", "--json")
        self.assertEqual((result.code, result.err), (0, ""))
        rows = self.rows(result)
        self.assertEqual(self.failed(rows), {})
        self.assertNotIn("names", rows)
        spelt = self.site({}, more='privileged = [ "Domain Admns" ];').rightful("check", "--json")
        self.assertEqual(spelt.code, 1)
        self.assertIn("Domain Admns", " ".join(self.failed(self.rows(spelt))["names"]))

    def test_ranges_of_a_family_that_has_none_are_a_problem_of_the_settings(self):
        result = self.site({"ranges": Broken("", member_range=500, server="openldap")}).rightful("check")
        self.assertEqual(result.code, 78)
        self.assertIn("member_range is for Active Directory only", result.err)

    def test_accounts_outside_any_pull_are_named_and_true(self):
        """The rootdn logs on and changes everything, and no search shows it: that is why it is named."""
        slapd = self.servers["slapd"]
        text = " ".join(text for _, text in self.rows(self.site({}).rightful("check", "--json"))["healthy"])
        self.assertIn("outside every pull, to be reviewed by hand: the rootdn of every database (olcRootDN)", text)
        root = slapd["ROOT_DN"]
        self.assertNotIn("dn:", slapd.tool("ldapsearch", slapd["BIND_DN"], "-LLL", "-b", SUFFIX, f"(entryDN={root})", "1.1"))
        self.assertIn(f"dn:{root}", slapd.tool("ldapwhoami", root))


if __name__ == "__main__":
    try:
        unittest.main()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)
