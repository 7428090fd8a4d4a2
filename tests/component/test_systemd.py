"""The units as systemd starts them: rightful installed on a machine of its own, from sysusers to the watchdog."""

import datetime
import json
import os
import unittest

from machine import Machine
from site_under_test import SOURCE_ROOT
from test_slapd import SUFFIX, Slapd

# One line of HTTP over a UNIX socket, since the machine's users have nothing else for it.
ASK = """
import http.client, json, socket, sys
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect("/run/rightful/web.sock")
method, target, headers, body = json.loads(sys.argv[1])
connection = Connection("rightful.example.com")
connection.request(method, target, body, headers)
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""
CONFIG = """
organisation: {{ name = "Example"; timezone = "Europe/Berlin"; }};
store: {{ url = "sqlite:///var/lib/rightful/rightful.db"; }};
sources: (
  {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{url}"; base = ["{suffix}"];
     bind_dn = "{bind}"; password_file = "corp-password"; tls_ca_file = "/etc/rightful/ca.pem"; }},
  {{ name = "hr"; kind = "csv"; provides = "people"; path = "/srv/hr.csv"; }}
);
correlation: ( {{ account = "employee_id"; person = "id"; }} );
web: {{ listen = "unix:/run/rightful/web.sock"; base_url = "https://rightful.example.com"; sign_in = "proxy"; proxy_users = [ "www-data" ];
        roles: {{ hr = [ "hr" ]; }}; }};
worker: {{ socket = "/run/rightful/worker.sock"; }};
"""
LDIF = """dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid=ann,dc=example,dc=com
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
employeeNumber: 1

dn: uid=hugo,dc=example,dc=com
objectClass: inetOrgPerson
uid: hugo
cn: Hugo
sn: Hugo
employeeNumber: 2

dn: cn=hr,dc=example,dc=com
objectClass: groupOfNames
cn: hr
member: uid=hugo,dc=example,dc=com

"""


def soon():
    return str(datetime.date.today() + datetime.timedelta(days=2))


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.addClassCleanup(cls.machine.stop)
        folder = cls.machine.folder
        with open(os.path.join(folder, "corp.ldif"), "w", encoding="ascii") as file:
            file.write(LDIF)
        cls.slapd = Slapd(file.name)
        cls.addClassCleanup(cls.slapd.stop)
        cls.machine.done("usermod", "--append", "--groups", "rightful-proxy", "www-data")
        cls.configure()

    @classmethod
    def configure(cls):
        machine, slapd = cls.machine, cls.slapd
        config = CONFIG.format(url=slapd["LDAPS_URL"], suffix=SUFFIX, bind=slapd["BIND_DN"])
        machine.write("/etc/rightful/rightful.conf", config, group="rightful", mode=0o640)
        for path, name, mode in (("ca.pem", "CA_FILE", 0o644), ("credentials/corp-password", "PASSWORD_FILE", 0o600)):
            with open(slapd[name], encoding="ascii") as file:
                machine.write("/etc/rightful/" + path, file.read(), mode=mode)
        for unit in ("run", "worker", "leaver-drop"):
            machine.write(f"/etc/systemd/system/rightful-{unit}.service.d/test.conf",
                          "[Service]\nLoadCredential=corp-password:/etc/rightful/credentials/corp-password\n")
        for unit in ("web", "worker"):
            machine.write(f"/etc/systemd/system/rightful-{unit}.service.d/watchdog.conf", "[Service]\nWatchdogSec=2\nRestartSec=0\n")
        machine.done("systemctl", "daemon-reload")
        cls.people()

    @classmethod
    def people(cls, end="\n"):
        now = datetime.datetime.now(datetime.timezone.utc)
        last = (now - datetime.timedelta(days=40)).date()
        cls.machine.write("/srv/hr.csv", f"id,name,username,status,recorded_at,last_working_day\n1,Ann Alpha,ann,left,{now:%Y-%m-%dT%H:%M:%SZ},{last}\n"
                                         f"2,Hugo Haar,hugo,active,{now:%Y-%m-%dT%H:%M:%SZ},{end}")

    def rightful(self, *arguments):
        return json.loads(self.machine.done("rightful", *arguments, "--json", user="rightful"))

    def reconcile(self):
        self.machine.done("systemctl", "start", "rightful-run.service")

    def ask(self, target, method="GET", body=None, by="www-data", **headers):
        said = self.machine.inside("python3", "-c", ASK, json.dumps([method, target, headers, body]), user=by)
        return json.loads(said.out) if said.code == 0 else said.err

    def as_hugo(self, target):
        return self.ask(target, **{"X-Remote-User": "hugo"})

    def test_users_and_folders(self):
        machine = self.machine
        self.assertIn("rightful", machine.done("id", "rightful"))
        rows = machine.done("stat", "--format", "%n %U:%G %a", "/etc/rightful", "/etc/rightful/credentials", "/run/rightful", "/var/spool/rightful/leavers")
        self.assertEqual(rows.split("\n")[:4], ["/etc/rightful root:rightful 750", "/etc/rightful/credentials root:root 700",
                                                "/run/rightful root:root 755", "/var/spool/rightful/leavers root:rightful 2770"])

    def test_a_run_reads_the_directory_with_the_units_credential(self):
        self.reconcile()
        found = [(row["control"], row["subject"]["name"]) for row in self.rightful("exceptions")["exceptions"]]
        self.assertIn(("leaver-active", "ann"), found)
        self.assertEqual(self.machine.done("stat", "--format", "%U %a", "/var/lib/rightful", "/var/lib/rightful/rightful.db"), "rightful 700\nrightful 600\n")

    def test_a_source_cut_short_fails_the_unit_with_3(self):
        self.reconcile()
        before = self.rightful("exceptions")["exceptions"]
        self.people(end='"')
        self.addCleanup(self.people)
        self.assertEqual(self.machine.inside("systemctl", "start", "rightful-run.service").code, 1)
        self.assertEqual((self.machine.property("rightful-run.service", "Result"), self.machine.property("rightful-run.service", "ExecMainStatus")),
                         ("exit-code", "3"))
        self.assertEqual([row["id"] for row in self.rightful("exceptions")["exceptions"] if row["subject"]["type"] != "source"], [row["id"] for row in before])

    def test_the_timer_knows_its_next_morning(self):
        self.machine.done("systemctl", "start", "rightful-run.timer")
        self.addCleanup(self.machine.done, "systemctl", "stop", "rightful-run.timer")
        self.assertNotEqual(self.machine.property("rightful-run.timer", "NextElapseUSecRealtime"), "")

    def open_sockets(self):
        sockets = ("rightful-web.socket", "rightful-worker.socket")
        self.machine.done("systemctl", "start", *sockets)
        self.addCleanup(self.machine.done, "systemctl", "stop", *sockets, "rightful-web.service", "rightful-worker.service")

    def test_the_first_page_starts_the_web_and_the_worker(self):
        self.reconcile()
        self.open_sockets()
        self.assertEqual(self.machine.property("rightful-web.service", "ActiveState"), "inactive")
        status, page = self.as_hugo("/leavers")
        self.assertEqual(status, 200, page)
        self.assertIn("Hugo Haar", page)
        for unit in ("web", "worker"):
            self.assertEqual(self.machine.property(f"rightful-{unit}.service", "ActiveState"), "active")
        self.assertIn("Permission denied", self.ask("/", by="nobody"))

    def test_the_web_has_no_network_and_no_credential(self):
        self.open_sockets()
        self.as_hugo("/leavers")
        web, worker = (self.machine.property(f"rightful-{unit}.service", "MainPID") for unit in ("web", "worker"))
        links = self.machine.done("nsenter", "--target", web, "--net", "ip", "-brief", "link")
        self.assertEqual([line.split()[0] for line in links.splitlines()], ["lo"])
        self.assertEqual(self.machine.inside("ls", "/run/credentials/rightful-web.service").code, 2)
        self.assertEqual(self.machine.done("ls", "/run/credentials/rightful-worker.service"), "corp-password\n")
        self.assertNotEqual(web, worker)

    def test_one_that_hangs_is_started_again(self):
        self.open_sockets()
        self.as_hugo("/leavers")
        for unit in ("rightful-web.service", "rightful-worker.service"):
            with self.subTest(unit):
                hanging = self.machine.property(unit, "MainPID")
                self.assertNotEqual(hanging, "0")
                self.machine.done("systemctl", "kill", "--kill-who=main", "--signal=STOP", unit)
                self.machine.wait_until(lambda: self.machine.property(unit, "MainPID") not in (hanging, "0"), "the watchdog slept")
        self.assertEqual(self.as_hugo("/leavers")[0], 200)

    def test_the_watchdog_is_fed(self):
        self.open_sockets()
        self.as_hugo("/leavers")
        before = [self.machine.property(f"rightful-{unit}.service", "MainPID") for unit in ("web", "worker")]
        fed = self.machine.property("rightful-web.service", "WatchdogTimestampMonotonic")
        self.machine.wait_until(lambda: int(self.machine.property("rightful-web.service", "WatchdogTimestampMonotonic")) > int(fed) + 5000000, "not fed")
        self.assertEqual([self.machine.property(f"rightful-{unit}.service", "MainPID") for unit in ("web", "worker")], before)

    def test_a_leaver_check_asked_for_by_a_program_is_done_by_the_worker(self):
        self.reconcile()
        self.open_sockets()
        token = self.machine.done("rightful", "token", "new", "portal", "--scope", "leaver-checks", "--expires", soon(), user="rightful").split()[-1]
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        status, answer = self.ask("/api/v1/leaver-checks", "POST", '{"person": "1"}', **headers)
        self.assertEqual(status, 202, answer)
        href = json.loads(answer)["href"]
        self.machine.wait_until(lambda: json.loads(self.ask(href, **headers)[1])["status"] not in ("waiting", "running"), "nobody does the job")
        done = json.loads(self.ask(href, **headers)[1])
        self.assertEqual(done["status"], "done", done)
        self.assertEqual(self.rightful("leaver", "list")["leaver"][0]["id"], done["case"]["id"])

    def test_a_dropped_file_is_taken(self):
        self.reconcile()
        self.machine.done("systemctl", "start", "rightful-leaver-drop.path")
        self.addCleanup(self.machine.done, "systemctl", "stop", "rightful-leaver-drop.path")
        self.machine.write("/var/spool/rightful/leavers/today.csv", "1\n", group="rightful", mode=0o640)
        self.machine.wait_until(lambda: "today.csv" in self.machine.inside("ls", "/var/spool/rightful/leavers/done").out, "nobody took the file")
        self.assertIn("1", [case["person"]["id"] for case in self.rightful("leaver", "list")["leaver"]])


if __name__ == "__main__":
    unittest.main()
