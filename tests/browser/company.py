"""A company for the browser: a manager with a team, HR, an auditor, an administrator; a real slapd, worker and web.

Everything is dated around today, because people act in real time.
"""

import base64
import datetime
import email
import email.policy
import os
import socket
import subprocess
import time
import urllib.request

import postgresql

from servers import Server
from site_under_test import RIGHTFUL, Site
from smtp_sink import PASSWORD as MAIL_PASSWORD
from smtp_sink import Sink

PASSWORD = "correct horse battery staple"
SUFFIX = "dc=example,dc=com"
TODAY = datetime.datetime.now(datetime.timezone.utc)
STAMP = (TODAY - datetime.timedelta(hours=3)).strftime("%Y%m%d%H%M%SZ")
COLUMNS = "id,name,email,username,manager_id,department,title,status,last_working_day,recorded_at"

# id, user, name, manager, department, title
STAFF = [
    ("00100", "kvogt", "Katrin Vogt", "00101", "Finance", "Head of Finance"),
    ("00101", "gott", "Gerd Ott", "", "Management", "Managing Director"),
    ("00102", "hberg", "Hanna Berg", "00101", "Human Resources", "HR Partner"),
    ("00103", "aroth", "Alina Roth", "00101", "Audit", "Internal Auditor"),
    ("00104", "apohl", "Anton Pohl", "00101", "IT", "Systems Administrator"),
    ("00105", "smuller", "Søren Müller", "00101", "IT", "Compliance Officer"),
    ("00106", "amuller", "Anna Müller", "00101", "Sales", "Account Manager"),
]
# Names that would like to be more than names.
ODD = {3: "<script>alert(1)</script>", 7: "Ana \u202eevil\u202c Lima", 11: "Łucja Żółć-O'Neill & Söhne"}
TEAM = [(f"002{i:02}", f"user{i:02}", ODD.get(i, f"Team Member {i:02}"), "00100", "Finance", "Accountant") for i in range(19)]
LEAVER = ("00299", "lwong", "Lena Wong", "00100", "Finance", "Accountant")
GROUPS = {
    "fin-payments": [user for _, user, *_ in TEAM] + ["lwong"],
    "erp-invoices": [user for _, user, *_ in TEAM[:16]],
    "erp-approvers": [],  # through finance-leads
    "finance-leads": ["user00", "user01", "user02"],
    "admins": ["user05", "apohl"],
    "rightful-admins": ["apohl"], "hr-staff": ["hberg"], "audit": ["aroth"], "grc": ["smuller"],
}


def entry(user, identifier, name):
    family = name.split()[-1]
    return (f"dn: uid={user},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {user}\n" + attribute("cn", name) +
            attribute("sn", family) + f"employeeNumber: {identifier}\nmail: {user}@example.com\nuserPassword: {PASSWORD}\n"
            f"createTimestamp: 20200101000000Z\nmodifyTimestamp: {STAMP}\n\n")


def attribute(name, value):
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"


def group(name, users):
    members = "".join(f"member: uid={user},ou=people,{SUFFIX}\n" for user in users)
    if name == "erp-approvers":
        members = f"member: cn=finance-leads,ou=groups,{SUFFIX}\n"
    return (f"dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\ncreateTimestamp: 20200101000000Z\n"
            f"modifyTimestamp: {STAMP}\n{members}\n")


def directory():
    people = [*STAFF, *TEAM, LEAVER]
    heads = (f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n" +
             "".join(f"dn: ou={ou},{SUFFIX}\nobjectClass: organizationalUnit\nou: {ou}\n\n" for ou in ("people", "groups")))
    return (heads + "".join(entry(user, identifier, name) for identifier, user, name, *_ in people) +
            "".join(group(name, users) for name, users in GROUPS.items()))


def cell(text):
    return '"' + text.replace('"', '""') + '"'


def roster():
    at = (TODAY - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [COLUMNS]
    for identifier, user, name, manager, department, title in [*STAFF, *TEAM, LEAVER]:
        rows.append(",".join(map(cell, (identifier, name, f"{user}@example.com", user, manager, department, title, "active", "", at))))
    return "\n".join(rows) + "\n"


ASSETS = """id,name,kind,status,owner,custodian
LAP-1,Laptop of Lena,computer,in_use,00104,00299
APP-1,Invoice archive,application,in_use,00299,
"""

CONFIG = """
organisation: { name = "Example GmbH"; timezone = "Europe/Berlin"; };
store: { url = "%(store)s"; };
sources: (
  { name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "%(url)s"; base = ["dc=example,dc=com"];
    bind_dn = "%(bind)s"; password_file = "%(password_file)s"; tls_ca_file = "%(ca)s"; lock_state = "recorded"; },
  { name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; },
  { name = "assets"; kind = "csv"; provides = "assets"; path = "assets.csv"; }
);
privileged = [ "admins" ];
entitlements: (
  { group = "fin-payments"; means = "Release payments in the bank portal"; risk = "high"; allowed = ( { department = "Finance"; } ); },
  { group = "erp-invoices"; means = "Enter supplier invoices in the ERP system"; risk = "medium";
    allowed = ( { department = "Finance"; } ); },
  { group = "erp-approvers"; means = "Approve supplier invoices in the ERP system"; risk = "high";
    allowed = ( { title = "Head *"; } ); }
);
reviews: (
  { name = "team"; scope = "manager"; person = "00100"; reviewer = "manager"; fallback = "00101"; owner = "00105"; due_days = 14;
    instructions = "Keep what your people need for the work of today."; },
  { name = "second"; scope = "manager"; person = "00100"; reviewer = "manager"; fallback = "00101"; due_days = 30; }
);
notify: { smtp_url = "%(mail)s"; from = "rightful@example.com"; ca_file = "%(mail_ca)s"; digest_hour = 0;
          user = "rightful"; password_file = "mail-password"; };
web: { listen = "127.0.0.1:%(port)s"; base_url = "http://127.0.0.1:%(port)s"; sign_in = "corp"; contact = "servicedesk@example.com";
       roles: { admin = ["rightful-admins"]; hr = ["hr-staff"]; auditor = ["audit"]; reviews = ["grc"]; };
       demo: ( %(demo)s ); };
worker: { socket = "%(folder)s/worker.sock"; };
"""


def demo_people():
    roles = {"apohl": "admin", "hberg": "hr", "aroth": "auditor", "smuller": "reviews"}
    return ", ".join(f'{{ user = "{user}"; person = "{identifier}"; name = "{name}"; roles = [{quoted(roles.get(user))}]; }}'
                     for identifier, user, name, *_ in [*STAFF, TEAM[1]])


def quoted(text):
    return f'"{text}"' if text else ""


class Slapd(Server):
    script = "slapd.sh"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """One installation: its own store, worker and web."""

    def __init__(self, slapd, mail, store, *web):
        self.site, self.port, self.processes, self.web = Site("", {}), free_port(), [], web
        folder = self.site.folder
        self.site.write("rightful.conf", CONFIG % {
            "store": store, "url": slapd["LDAPS_URL"], "bind": slapd["BIND_DN"], "password_file": slapd["PASSWORD_FILE"],
            "ca": slapd["CA_FILE"], "port": self.port, "folder": folder,
            "mail": mail.url, "mail_ca": mail.ca_file, "demo": demo_people()})
        os.chmod(self.site.write("mail-password", MAIL_PASSWORD + "\n"), 0o600)
        for name, content in (("hr.csv", roster()), ("assets.csv", ASSETS)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)

    def start(self):
        for arguments in (["run"], ["review", "start", "team"], ["review", "start", "second"]):
            result = self.site.rightful(*arguments)
            if result.code not in (0, 4):
                raise AssertionError(f"{arguments}: {result.err}{result.out}")
        for command, *arguments in (["worker"], ["web", *self.web]):
            with open(os.path.join(self.site.folder, command + ".log"), "wb") as log:
                self.processes.append(subprocess.Popen([RIGHTFUL, "--config", self.site.config, command, *arguments],
                                                       cwd=self.site.folder, stderr=log))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=5):
                    return f"http://127.0.0.1:{self.port}"
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the web does not answer: " + self.site.read("web.log"))

    def stop(self):
        for process in self.processes:
            process.terminate()
        problems = []
        for process, command in zip(self.processes, ("worker", "web")):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                problems.append(f"{command} did not end")
            log = self.site.read(command + ".log")
            if "Sanitizer" in log or "CRITICAL" in log:
                problems.append(f"{command}: {log}")
        self.site.close()
        return problems


class Company:
    def __init__(self):
        self.slapd, self.mail, self.other_mail = Slapd(), Sink(), Sink()
        self.folder = self.slapd.folder
        self.running, self.postgres = [], None

    def start(self):
        self.slapd.start(self.slapd.write("company.ldif", directory()), SUFFIX, SLAPD_STRICT="yes")
        main = Running(self.slapd, self.mail, "sqlite:rightful.db")
        self.running.append(main)
        facts = {"url": main.start(), "config": main.site.config, "mail": self.mail_to("kvogt@example.com")}
        facts["postgres_url"] = self.start_postgres()
        return {**facts, "rightful": RIGHTFUL, "password": PASSWORD,
                "directory": {"url": self.slapd["LDAPS_URL"], "root": self.slapd["ROOT_DN"], "ca": self.slapd["CA_FILE"],
                              "passwordFile": self.password_file()}}

    def password_file(self):
        """Without the end of its line, which ldapmodify would take for a part of it."""
        with open(self.slapd["PASSWORD_FILE"], encoding="utf-8") as file:
            return self.slapd.write("password", file.read().rstrip("\n"))

    def mail_to(self, address):
        """The message that somebody gets, as a mail program shows it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for _, recipients, content in list(self.mail.messages):
                if recipients == [address]:
                    message = email.message_from_bytes(content, policy=email.policy.default)
                    return {"subject": message["Subject"], **{kind: message.get_body((kind,)).get_content() for kind in ("plain", "html")}}
            time.sleep(0.1)
        raise AssertionError(f"nobody wrote to {address}: " + self.running[0].site.read("worker.log"))

    def start_postgres(self):
        if postgresql.BIN is None:
            return None
        self.postgres = postgresql.Server()
        self.postgres.sql("CREATE ROLE keeper LOGIN PASSWORD 'secret'")
        self.postgres.sql("CREATE DATABASE web OWNER keeper")
        other = Running(self.slapd, self.other_mail, f"postgresql://keeper@/web?host={self.postgres.folder}&port={self.postgres.port}", "--demo")
        self.running.append(other)
        return other.start()

    def stop(self):
        problems = [problem for running in self.running for problem in running.stop()]
        if self.postgres:
            self.postgres.close()
        self.slapd.stop()
        self.mail.stop()
        self.other_mail.stop()
        if problems:
            raise AssertionError("\n".join(problems))
