"""A small organisation in a temporary folder, and rightful run on it as a user would.

The binary comes from $RIGHTFUL, the checkout from $SOURCE_ROOT (meson sets both). Standard library only.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

RIGHTFUL = os.environ["RIGHTFUL"]
SOURCE_ROOT = os.environ["SOURCE_ROOT"]
DEMO_AS_OF = "2026-03-17T05:00:00Z"


class Result:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def json(self):
        return json.loads(self.out)


class Site:
    """config: text of rightful.conf after the fixed head; files: name → text or bytes."""

    as_of = "2026-03-17T05:00:00Z"

    def __init__(self, config=None, files=None):
        self.folder = tempfile.mkdtemp(prefix="rightful-test-")
        self.config = os.path.join(self.folder, "rightful.conf")
        if config is not None:
            self.write("rightful.conf", config)
        for name, content in (files or {}).items():
            self.write(name, content)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        # As fresh as the as-of time, whatever the clock of the test machine says.
        fresh = time.mktime(time.strptime("2026-03-17", "%Y-%m-%d"))
        os.utime(path, (fresh, fresh))
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def close(self):
        shutil.rmtree(self.folder)

    def rightful(self, *arguments, timeout=120, **options):
        process = subprocess.run([RIGHTFUL, "--config", self.config, *arguments], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=timeout, cwd=self.folder, **options)
        if process.returncode < 0 or "Sanitizer" in process.stderr:
            raise AssertionError(f"crashed ({process.returncode}): {process.stderr}")
        return Result(process)

    def run(self, *arguments, as_of=None):
        return self.rightful("run", "--json", "--as-of", as_of or self.as_of, *arguments)

    def exceptions(self, *arguments):
        return self.rightful("exceptions", "--json", *arguments).json["exceptions"]

    def found(self, *arguments):
        """What is open, as sorted lines 'control<TAB>subject[<TAB>object]'."""
        return sorted(line_of(exception) for exception in self.exceptions(*arguments))

    def ledger(self):
        """Everything a user can see of exceptions: what must not change when nothing may change."""
        return self.rightful("exceptions", "--status", "all", "--json").json["exceptions"]


def line_of(exception):
    parts = [exception["control"], exception["subject"]["name"]]
    if exception["object"]:
        parts.append(exception["object"]["name"])
    return "\t".join(parts)


def demo_site():
    """A copy of the demo company."""
    site = Site()
    demo = os.path.join(SOURCE_ROOT, "config", "demo")
    for name in os.listdir(demo):
        with open(os.path.join(demo, name), "rb") as file:
            site.write(name, file.read())
    return site


def demo_expected():
    with open(os.path.join(SOURCE_ROOT, "tests", "component", "demo_expected.txt"), encoding="utf-8") as file:
        return sorted(line.rstrip("\n") for line in file if line.strip() and not line.startswith("#"))


# A company of three: enough for every fault to have something to spoil.
SMALL_CONFIG = """
organisation: { name = "Small"; timezone = "Europe/Berlin"; };
store: { url = "sqlite:ledger.db"; };
sources: (
  { name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; },
  { name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; }
);
privileged = [ "admins" ];
"""
SMALL_HR = """id,name,email,status,last_working_day,recorded_at
00123,Lena Wong,lena@example.com,left,2026-03-05,2026-03-16T20:00:00Z
00124,Jonas Meier,jonas@example.com,active,,2026-03-16T20:00:00Z
00125,Ana Lima,ana@example.com,active,,2026-03-16T20:00:00Z
"""


def small_account(name, employee, extra=""):
    return f"""dn: uid={name},ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
employeeNumber: {employee}
entryUUID: 00000000-0000-4000-8000-0000{int(employee):08d}
createTimestamp: 20200101000000Z
modifyTimestamp: 20260316200000Z
pwdLastSuccess: 20260316080000Z
{extra}"""


SMALL_LDIF = "\n".join([
    "dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
    small_account("lwong", "00123"),
    small_account("jmeier", "00124"),
    small_account("alima", "00125"),
    """dn: cn=admins,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: admins
entryUUID: 00000000-0000-4000-8000-100000000001
member: uid=jmeier,ou=people,dc=example,dc=com
"""])


def small_site(**files):
    contents = {"corp.ldif": SMALL_LDIF, "hr.csv": SMALL_HR}
    contents.update({name.replace("_", "."): content for name, content in files.items()})
    return Site(SMALL_CONFIG, contents)


class SiteTest(unittest.TestCase):
    """Closes the sites it opened."""

    def open(self, site):
        self.addCleanup(site.close)
        return site
