"""A private slapd with the entries of a synthetic company, and what the benchmark asks it for."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SUFFIX = "dc=bench,dc=example"
ROOT = "cn=admin," + SUFFIX
PASSWORD = "bench"
BRANCHES = ("People", "Groups", "Computers", "Services")

# What rightful asks an OpenLDAP server for (connectors/ldap/schema_tables.c), plus the host name of the configuration.
FILTER = ("(|(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=account)(objectClass=groupOfNames)"
          "(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup)(objectClass=groupOfURLs)"
          "(objectClass=group)(objectClass=device))")
ATTRIBUTES = ("objectClass entryUUID uid cn displayName mail employeeNumber departmentNumber title manager owner serialNumber gidNumber "
              "member uniqueMember memberUid memberURL pwdAccountLockedTime pwdEndTime shadowExpire pwdLastSuccess authTimestamp "
              "lastLoginTime pwdChangedTime createTimestamp modifyTimestamp associatedDomain").split()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Slapd:
    """A private slapd with the same entries, on a free port of the loopback interface."""

    def __init__(self, company, folder, indexed="objectClass"):
        self.folder = tempfile.mkdtemp(prefix="slapd-", dir=folder)
        self.url, self.tls_url = f"ldap://127.0.0.1:{free_port()}", f"ldaps://127.0.0.1:{free_port()}"
        self.certificate = os.path.join(self.folder, "server.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", self.certificate + ".key", "-out", self.certificate],
                       check=True, capture_output=True)
        database = company + "-slapd" + ("" if indexed == "objectClass" else "-indexed")  # loaded once, kept beside the company
        is_new = not os.path.exists(database)
        os.makedirs(database, exist_ok=True)
        self.conf = os.path.join(self.folder, "slapd.conf")
        schemas = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\nsizelimit unlimited\n"
                       f"TLSCertificateFile {self.certificate}\nTLSCertificateKeyFile {self.certificate}.key\n"
                       f"database mdb\nsuffix {SUFFIX}\nrootdn {ROOT}\nrootpw {PASSWORD}\ndirectory {database}\n"
                       f"maxsize 17179869184\nindex {indexed} eq\noverlay ppolicy\n")
        if not is_new:
            return
        slapadd = shutil.which("slapadd") or "/usr/sbin/slapadd"
        subprocess.run([slapadd, "-q", "-f", self.conf, "-l", os.path.join(company, "directory.ldif")], check=True)

    def __enter__(self):
        slapd = shutil.which("slapd") or "/usr/sbin/slapd"
        self.process = subprocess.Popen([slapd, "-f", self.conf, "-h", f"{self.url} {self.tls_url}", "-d", "0"], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while subprocess.run(["ldapsearch", "-x", "-H", self.url, "-b", "", "-s", "base", "1.1"], capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                sys.exit("slapd did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ldapsearch(self):
        return ["ldapsearch", "-x", "-LLL", "-H", self.url, "-D", ROOT, "-w", PASSWORD, "-b", SUFFIX, "-E", "pr=1000/noprompt", FILTER,
                *ATTRIBUTES]

    def stream(self, tools):
        return [os.path.join(tools, "stream"), self.url, ROOT, PASSWORD, SUFFIX, "1000", FILTER, *ATTRIBUTES]

    def configure(self, company, name, url, n_connections=1):
        """The same company with the server instead of the file: the whole tree, or its branches over several connections."""
        bases = [SUFFIX] if n_connections == 1 else [f"ou={branch},{SUFFIX}" for branch in BRANCHES]
        live = os.path.join(self.folder, name)
        os.mkdir(live)
        for table in ("people.csv", "assets.csv", "approvals.csv", "rightful.conf"):
            os.link(os.path.join(company, table), os.path.join(live, table))
        secret = os.path.join(live, "password")
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        with open(os.path.join(live, "source.conf"), "w", encoding="utf-8") as file:
            file.write(f'  {{ name = "corp"; kind = "ldap"; provides = "directory"; server = "openldap"; url = "{url}";\n'
                       f'    base = {json.dumps(bases)}; connections = {n_connections};\n'
                       f'    bind_dn = "{ROOT}"; password_file = "password"; allow_plaintext_bind = true; tls_ca_file = "{self.certificate}";\n'
                       f'    computer_filter = "(objectClass=device)"; attributes: {{ hostname = "associatedDomain"; }}; }},\n')
        return live
