"""Small companies of a few lines, for the tests of what the rulings mean (test_rulings_*.py)."""

import base64
import csv
import io
import struct
import time

from site_under_test import Site, SiteTest, line_of

AS_OF = "2026-03-17T05:00:00Z"
FRESH = "2026-03-16T20:00:00Z"
HEAD = """
organisation: { name = "Example"; timezone = "Europe/Berlin"; };
store: { url = "sqlite:ledger.db"; };
"""
PEOPLE = ("id name email username manager_id department title location kind status start_date last_working_day end_date timezone "
          "recorded_at sponsor_id previous_ids").split()
ASSETS = ("id name kind status serial hostname owner custodian classification location assigned_at due_back last_audit next_audit "
          "access_groups review_every_days last_review").split()
APPROVALS = "id group account person_id approved_by approved_on expires_on reference".split()
LOCKED = "pwdAccountLockedTime: 000001010000Z\n"
DOMAIN = "S-1-5-21-1111-2222-3333"


def table(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def person(identifier, **columns):
    return {"id": identifier, "name": "Person " + identifier, "status": "active", "recorded_at": FRESH, **columns}


def approval(group, **columns):
    return {"id": "T-" + group, "group": group, "approved_by": "boss", **columns}


def asset(identifier, **columns):
    return {"id": identifier, "status": "in_use", "owner": "9", **columns}


# ---- openldap ----

def user(name, employee="", extra="", classes="inetOrgPerson", ou="people"):
    number = f"employeeNumber: {employee}\n" if employee else ""
    return (f"dn: uid={name},ou={ou},dc=example,dc=com\nobjectClass: {classes}\nuid: {name}\ncn: {name}\nsn: {name}\n{number}"
            f"createTimestamp: 20200101000000Z\nmodifyTimestamp: 20260316200000Z\npwdLastSuccess: 20260316080000Z\n{extra}\n")


def group(name, *members, extra="", classes="groupOfNames"):
    """A member that begins with @ is a group."""
    rows = "".join("member: " + (f"cn={m[1:]},ou=groups" if m.startswith("@") else f"uid={m},ou=people") + ",dc=example,dc=com\n"
                   for m in members)
    return f"dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: {classes}\ncn: {name}\nmodifyTimestamp: 20260316200000Z\n{extra}{rows}\n"


# ---- active-directory ----

def sid(text):
    parts = [int(p) for p in text.split("-")[3:]]
    return struct.pack("<BB", 1, len(parts)) + struct.pack(">Q", int(text.split("-")[2]))[2:] + struct.pack(f"<{len(parts)}I", *parts)


def encoded(attribute, data):
    return f"{attribute}:: {base64.b64encode(data).decode()}\n"


def filetime(text):
    return (int(time.mktime(time.strptime(text, "%Y-%m-%d"))) + 11644473600) * 10000000


def ad_entry(name, classes, identifier, extra, container):
    guid = encoded("objectGUID", name.encode().ljust(16, b"\1")[:16])
    return (f"dn: CN={name},{container},DC=example,DC=com\n" + "".join(f"objectClass: {c}\n" for c in classes)
            + f"cn: {name}\nsAMAccountName: {name}\nwhenCreated: 20200101000000.0Z\nwhenChanged: 20260316200000.0Z\n{guid}"
            + encoded("objectSid", sid(identifier)) + extra + "\n")


def ad_user(name, rid=1000, employee="", extra="", control=512, domain=DOMAIN, classes=("user",)):
    number = f"employeeID: {employee}\n" if employee else ""
    used = f"lastLogonTimestamp: {filetime('2026-03-15')}\n"
    return ad_entry(name, classes, f"{domain}-{rid}", f"userAccountControl: {control}\n{number}{used}{extra}", "OU=people")


def ad_group(name, identifier, *members, kind=-2147483646, extra=""):
    """A member with a comma is a DN; one that begins with @ is a group, with S- a foreign principal."""
    members = [f"CN={m},CN=ForeignSecurityPrincipals,DC=example,DC=com" if m.startswith("S-") else m for m in members]
    rows = "".join(f"member: {m}\n" if "," in m else f"member: CN={m.lstrip('@')},OU={'groups' if m.startswith('@') else 'people'},DC=example,DC=com\n"
                   for m in members)
    return ad_entry(name, ("group",), identifier, f"groupType: {kind}\n{extra}{rows}", "OU=groups")


def foreign(identifier, base="DC=example,DC=com"):
    return (f"dn: CN={identifier},CN=ForeignSecurityPrincipals,{base}\nobjectClass: foreignSecurityPrincipal\ncn: {identifier}\n"
            + encoded("objectSid", sid(identifier)) + encoded("objectGUID", identifier.encode()[::-1].ljust(16, b"\2")[:16])
            + "whenChanged: 20260316200000.0Z\n\n")


# ---- a world ----

def world(ldif, config="", people=(), approvals=None, assets=None, server="openldap", more="", corp="", **files):
    sources = [f'{{ name = "corp"; kind = "ldif"; provides = "directory"; server = "{server}"; path = "corp.ldif"; {corp} }}']
    contents = {"corp.ldif": ldif, **{name.replace("_", "."): content for name, content in files.items()}}
    for name, provides, columns, rows in (("hr", "people", PEOPLE, [person("9", name="Nina Nine"), *people]),
                                          ("cmdb", "assets", ASSETS, assets), ("tickets", "approvals", APPROVALS, approvals)):
        if rows is not None:
            sources.append(f'{{ name = "{name}"; kind = "csv"; provides = "{provides}"; path = "{name}.csv"; }}')
            contents[name + ".csv"] = table(columns, rows)
    if more:
        sources.append(more)
    return Site(HEAD + "sources: (\n" + ",\n".join(sources) + "\n);\n" + config, contents)


def found(result, control):
    return sorted(line_of(e).split("\t", 1)[1].replace("\t", "/") for e in result.json["exceptions"] if e["control"] == control)


def unjudged(result, control):
    return [row for row in result.json["not_evaluable"] if row["control"] == control]


ADMINS = 'privileged = [ "admins" ];'
ADM = 'account_classes: ( { class = "break-glass"; name = "adm-*"; } );'
NOBODY = [approval("elsewhere", account="x")]  # an approvals source that approves nothing here


class RightsTest(SiteTest):
    def judge(self, *arguments, as_of=AS_OF, **options):
        site = self.open(world(*arguments, **options))
        result = site.rightful("run", "--dry-run", "--json", "--as-of", as_of)
        self.assertIn(result.code, (0, 3), result.err)
        self.assertEqual(result.json["run"]["status"], "dry")
        return result

    def expect(self, control, expected, *arguments, **options):
        result = self.judge(*arguments, **options)
        self.assertEqual(found(result, control), sorted(expected), (result.err, result.json["not_evaluable"]))
        return result
