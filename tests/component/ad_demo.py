"""The demo company as Active Directory would keep it: its LDIF turned into entries and change records for Samba.

Logon times and creation times cannot be written over LDAP; samba.sh loads both past that rule. What the demo keeps in `owner`
of accounts is put into `info`: accounts of Active Directory have no owner attribute.
"""

import base64
import calendar
import re
import time

BASE = "DC=example,DC=test"
CORP = "OU=Corp," + BASE
BUILT_IN = {"Domain Admins": "CN=Domain Admins,CN=Users," + BASE, "Backup Operators": "CN=Backup Operators,CN=Builtin," + BASE}
UNITS = ("People", "Admins", "Services", "Groups", "Computers")
TEXTS = {"displayName": "displayName", "mail": "mail", "employeeNumber": "employeeID", "departmentNumber": "department",
         "title": "title"}


def entries_of(ldif):
    """LDIF → list of {attribute: [values]}; dn is one of them."""
    for block in re.sub(r"\n ", "", ldif).split("\n\n"):
        entry = {}
        for line in block.split("\n"):
            if line and not line.startswith("#"):
                name, value = line.split(":", 1)
                value = base64.b64decode(value[1:]).decode() if value.startswith(":") else value.strip()
                entry.setdefault(name, []).append(value)
        if entry:
            yield entry


def line(attribute, value):
    if value.isascii() and value.isprintable() and value == value.strip():
        return f"{attribute}: {value}"
    return f"{attribute}:: {base64.b64encode(value.encode()).decode()}"


def new_dn(dn):
    """uid=lweber,ou=People,dc=example,dc=com → CN=lweber,OU=People,OU=Corp,…"""
    name, unit = re.match(r"(?:uid|cn)=([^,]+),ou=([^,]+),", dn).groups()
    return BUILT_IN.get(name) or f"CN={name},OU={unit},{CORP}"


def filetime(generalized):
    seconds = calendar.timegm(time.strptime(generalized, "%Y%m%d%H%M%SZ"))
    return str((seconds + 11644473600) * 10000000)


def account_lines(entry, account_control):
    lines = [line(new, entry[old][0]) for old, new in TEXTS.items() if old in entry]
    lines.append(f"userAccountControl: {account_control + (2 if 'pwdAccountLockedTime' in entry else 0)}")
    if "pwdLastSuccess" in entry:
        lines.append("lastLogonTimestamp: " + filetime(entry["pwdLastSuccess"][0]))
    if "pwdEndTime" in entry:
        lines.append("accountExpires: " + filetime(entry["pwdEndTime"][0]))
    return lines


def converted(entry, kind):
    name = (entry.get("uid") or entry["cn"])[0]
    lines = [line("dn", new_dn(entry["dn"][0])), f"objectClass: {kind}"]
    if kind == "computer":
        lines += [f"sAMAccountName: {name}$", "dNSHostName: " + entry["associatedDomain"][0]] + account_lines(entry, 4096)
    elif kind == "user":
        lines += [line("sAMAccountName", name), f"userPrincipalName: {name}@example.test"] + account_lines(entry, 512)
    else:
        lines += [line("sAMAccountName", name), "groupType: -2147483646"]
    return "\n".join(lines) + "\n"


def change(dn, what, attribute, values):
    lines = "\n".join(line(attribute, value) for value in values)
    return f"{line('dn', dn)}\nchangetype: modify\n{what}: {attribute}\n{lines}\n"


def changes_of(entry, logins, known):
    """What refers to other entries, and when it was made."""
    dn = new_dn(entry["dn"][0])
    members = [new_dn(member) for member in entry.get("member", [])] + [logins[name] for name in entry.get("memberUid", [])]
    members = [member for member in members if member in known]
    if members:
        yield change(dn, "add", "member", members)
    if "manager" in entry and new_dn(entry["manager"][0]) in known:
        yield change(dn, "replace", "manager", [new_dn(entry["manager"][0])])
    if "owner" in entry:
        yield change(dn, "replace", "info", [new_dn(entry["owner"][0])])
    if "pwdChangedTime" in entry:
        yield change(dn, "replace", "pwdLastSet", [filetime(entry["pwdChangedTime"][0])])
    yield change(dn, "replace", "whenCreated", [entry["createTimestamp"][0].replace("Z", ".0Z")])


def kind_of(entry):
    classes = entry["objectClass"]
    return ("computer" if "device" in classes else "group" if "groupOfNames" in classes or "posixGroup" in classes
            else "user" if "uid" in entry else None)


def active_directory_demo(ldif):
    """(entries, change records), both LDIF."""
    entries = [entry for entry in entries_of(ldif) if kind_of(entry)]
    logins = {entry["uid"][0]: new_dn(entry["dn"][0]) for entry in entries if kind_of(entry) == "user"}
    known = {new_dn(entry["dn"][0]) for entry in entries}
    added = [f"dn: {CORP}\nobjectClass: organizationalUnit\n"]
    added += [f"dn: OU={unit},{CORP}\nobjectClass: organizationalUnit\n" for unit in UNITS]
    added += [converted(entry, kind_of(entry)) for entry in entries if new_dn(entry["dn"][0]) not in BUILT_IN.values()]
    return "\n".join(added), "\n".join(text for entry in entries for text in changes_of(entry, logins, known))
