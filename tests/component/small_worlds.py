"""Small worlds for rulings: a roster and an LDIF of a few lines, and what a dry run finds in them."""

from site_under_test import Site, line_of

AS_OF = "2026-03-17T05:00:00Z"
LATER = "2026-03-17T06:00:00Z"
FRESH = "2026-03-16T20:00:00Z"
HEAD = """
organisation: { name = "Example"; timezone = "Europe/Berlin"; };
store: { url = "sqlite:ledger.db"; };
"""
CORP = '{ name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; %s }'
HR = '{ name = "hr"; kind = "csv"; provides = "people"; path = "hr.csv"; %s }'
SHOP = '{ name = "shop"; kind = "csv"; provides = "accounts"; path = "shop.csv"; }'
RULES = """
privileged = [ "admins" ];
account_classes: ( { class = "service"; name = "svc-*"; }, { class = "admin"; name = "adm-*"; }, { class = "shared"; name = "box-*"; },
                   { class = "guest"; name = "guest-*"; }, { class = "break-glass"; name = "bg-*"; } );
"""
COLUMNS = ("id name email username manager_id department title location kind status start_date last_working_day end_date timezone "
           "recorded_at sponsor_id previous_ids").split()
LOCKED = "pwdAccountLockedTime: 000001010000Z\n"
# Controls that these worlds are not about would only make their lines longer.
OTHERS = {"contractor-without-end", "privileged-unapproved", "privileged-nested", "group-without-owner", "review-overdue"}


def sources(corp="", hr="", more=""):
    return "sources: (\n" + CORP % corp + ",\n" + HR % hr + (",\n" + more if more else "") + "\n);\n"


def roster(*people):
    """people: dicts of columns; the name is made of the id. When a leaving was recorded is not known unless it is given."""
    lines = [",".join(COLUMNS)]
    for person in people:
        is_leaving = person.get("status", "").lower() == "left" or person.get("last_working_day") or person.get("end_date")
        row = {"name": "Person " + person["id"], "recorded_at": "" if is_leaving else FRESH, **person}
        lines.append(",".join(row.get(column, "") for column in COLUMNS))
    return "\n".join(lines) + "\n"


def account(name, employee="", extra="", modified="20260316200000Z", operational=True):
    stamps = f"createTimestamp: 20200101000000Z\nmodifyTimestamp: {modified}\n" if operational else ""
    number = f"employeeNumber: {employee}\n" if employee else ""
    return (f"dn: uid={name},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
            f"{number}{stamps}{extra}\n")


def group(name, *members, extra=""):
    rows = "".join(f"member: uid={member},ou=people,dc=example,dc=com\n" for member in members)
    return (f"dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n"
            f"createTimestamp: 20200101000000Z\n{extra}{rows}\n")


def world(people, ldif, *, head=HEAD, source=None, rules=RULES, **files):
    named = {name.replace("_", "."): content for name, content in files.items()}
    hr = people if isinstance(people, (str, bytes)) else roster(*people)
    return Site(head + (source or sources()) + rules, {"hr.csv": hr, "corp.ldif": ldif, **named})


def person(identifier="1", **columns):
    return {"id": identifier, **columns}


# ruling: people, entries of the directory, what is found (controls of OTHERS left out)
LEFT = person(last_working_day="2026-03-05")


def dry(site, *arguments):
    result = site.run("--dry-run", *arguments)
    return result.json


def lines(result, *controls):
    return sorted(line_of(exception) for exception in result["exceptions"] if not controls or exception["control"] in controls)


def unjudged(result, control):
    return [row for row in result["not_evaluable"] if row["control"] == control]
