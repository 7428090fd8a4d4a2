#!/usr/bin/env python3
"""The simple twin of rightful: the same controls over the same files, as a script that anybody would write.

    reconcile.py CONFIGURATION AS-OF [--list] [--timings]

Prints {"counts": {control: n}} as JSON, or with --list one exception a line (control, subject, object; tab-separated);
with --timings what each stage took, on stderr.
No packages, dictionaries everywhere, every rule written down as docs/controls.md says it and nothing shared with the
service: where the two disagree, one of them is wrong. Knows what the benchmark and the demo company use: LDIF of the
openldap family, CSV tables.
"""
import base64
import csv
import fnmatch
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = 86400
NEVER = None


# ---- configuration -------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'\s+|#[^\n]*|//[^\n]*|/\*.*?\*/|("(?:[^"\\]|\\.)*")|([A-Za-z][\w.-]*)|(-?\d+)|([{}()\[\]=:;,])', re.S)


def read_text(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    folder = os.path.dirname(path)
    return re.sub(r'^\s*@include\s+"([^"]+)"', lambda m: read_text(os.path.join(folder, m.group(1))), text, flags=re.M)


def read_configuration(path):
    tokens = [m.group() for m in TOKEN.finditer(read_text(path)) if m.lastindex]
    at = 0

    def settings(end):
        nonlocal at
        result = {}
        while at < len(tokens) and tokens[at] != end:
            name = tokens[at]
            at += 2  # name and = or :
            result[name] = value()
            while at < len(tokens) and tokens[at] in ";,":
                at += 1
        at += 1
        return result

    def value():
        nonlocal at
        token = tokens[at]
        at += 1
        if token == "{":
            return settings("}")
        if token in "([":
            result = []
            while tokens[at] not in ")]":
                if tokens[at] == ",":
                    at += 1
                else:
                    result.append(value())
            at += 1
            return result
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        return {"true": True, "false": False}.get(token.lower(), token if not token.lstrip("-").isdigit() else int(token))

    return settings(None)


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Stages:
    """Tells what each stage took, when it is done."""

    def __init__(self):
        self.since = time.monotonic()

    def __call__(self, name):
        now = time.monotonic()
        if "--timings" in sys.argv:
            print(f"stage {name} {now - self.since:.4f}", file=sys.stderr)
        self.since = now


stage = Stages()


# ---- sources -------------------------------------------------------------------------------------------------------

def generalised_time(text):
    return int(datetime(int(text[0:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]),
                        tzinfo=timezone.utc).timestamp())


def read_entries(path):
    """Entries of an LDIF file: dictionaries attribute (lower case) -> list of values."""
    entry, last = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line:
                if entry:
                    yield finish(entry)
                entry, last = {}, None
            elif line[0] == " ":
                if last is not None:
                    last[-1] += line[1:]
            elif line[0] == "#":
                last = None
            else:
                name, _, value = line.partition(":")
                last = entry.setdefault(name.lower(), [])
                last.append(value)
    if entry:
        yield finish(entry)


def finish(entry):
    for values in entry.values():
        for i, value in enumerate(values):
            if value.startswith(":"):
                values[i] = base64.b64decode(value[1:].strip()).decode("utf-8")
            else:
                values[i] = value.lstrip(" ")
    return entry


def read_table(source, folder):
    columns = source.get("columns", {})
    headers = {header: field for field, header in columns.items()}
    with open(os.path.join(folder, source["path"]), encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=source.get("delimiter", ","))
        names = [headers.get(name.strip(), None if columns else name.strip()) for name in next(rows)]
        for row in rows:
            yield {name: cell.strip() for name, cell in zip(names, row) if name}


class Account:
    __slots__ = ("dn", "name", "mail", "employee_id", "owner", "usable", "last_use", "created", "kind", "person", "ambiguous",
                 "gid", "display_name", "locked", "expires", "password_set")


class Group:
    __slots__ = ("dn", "key", "name", "owner", "listed", "accounts", "groups", "gid", "members", "names", "unknown")


class Computer:
    __slots__ = ("name", "host", "serial", "usable", "last_use", "assets")


class World:
    def __init__(self, path, as_of):
        self.folder = os.path.dirname(os.path.abspath(path))
        self.settings = read_configuration(path)
        self.as_of = as_of
        self.zone = ZoneInfo(self.settings["organisation"].get("timezone", "UTC"))
        self.ends = {}
        self.accounts, self.groups, self.computers, self.by_dn = [], [], [], {}
        self.people, self.assets, self.approvals = [], [], []
        for source in self.settings["sources"]:
            getattr(self, "read_" + source["provides"])(source)
        stage("load")
        self.index_people()
        self.link_accounts()
        stage("correlate")
        self.link_members()
        self.classify()
        stage("membership")

    # -- dates end at 24:00 where the person is
    def end_of_day(self, text, date_format="%Y-%m-%d", zone=""):
        if not text:
            return None
        key = (text, date_format, zone)
        if key not in self.ends:
            day = datetime.strptime(text, date_format) + timedelta(days=1)
            self.ends[key] = day.replace(tzinfo=ZoneInfo(zone) if zone else self.zone).timestamp()
        return self.ends[key]

    def begin_of_day(self, text, date_format, zone):
        if not text:
            return None
        return datetime.strptime(text, date_format).replace(tzinfo=ZoneInfo(zone) if zone else self.zone).timestamp()

    def state(self, entry):
        lock, end = entry.get("pwdaccountlockedtime"), entry.get("pwdendtime")
        usable = not (lock and lock[0].startswith("000001010000")) and not (end and generalised_time(end[0]) <= self.as_of)
        use = entry.get("pwdlastsuccess")
        return usable, generalised_time(use[0]) if use else NEVER

    def read_directory(self, source):
        host_attribute = source.get("attributes", {}).get("hostname", "").lower()
        for entry in read_entries(os.path.join(self.folder, source["path"])):
            classes = {name.lower() for name in entry.get("objectclass", [])}
            first = lambda name: entry.get(name, [""])[0]
            dn = first("dn").lower()
            if "device" in classes:
                c = Computer()
                c.name, c.host, c.serial = first("uid"), first(host_attribute).lower(), first("serialnumber").lower()
                c.usable, c.last_use = self.state(entry)
                c.assets = []
                self.by_dn[dn] = c
                self.computers.append(c)
            elif classes & {"inetorgperson", "posixaccount", "account"}:
                a = Account()
                a.dn, a.name, a.mail, a.employee_id = dn, first("uid"), first("mail").lower(), first("employeenumber")
                a.owner, a.display_name = first("owner"), first("displayname")
                a.gid = first("gidnumber") if "posixaccount" in classes else ""
                a.usable, a.last_use = self.state(entry)
                a.created = generalised_time(first("createtimestamp"))
                a.locked = first("pwdaccountlockedtime").startswith("000001010000")
                a.expires = generalised_time(first("pwdendtime")) if first("pwdendtime") else None
                a.password_set = generalised_time(first("pwdchangedtime")) if first("pwdchangedtime") else None
                self.by_dn[dn] = a
                self.accounts.append(a)
            elif classes & {"groupofnames", "posixgroup"}:
                g = Group()
                g.dn, g.name, g.owner, g.gid = dn, first("cn"), first("owner"), first("gidnumber")
                g.key = first("entryuuid") or dn
                g.members, g.names = entry.get("member", []), entry.get("memberuid", [])
                self.by_dn[dn] = g
                self.groups.append(g)

    def read_people(self, source):
        date_format = source.get("date_format", "%Y-%m-%d")
        for row in read_table(source, self.folder):
            row.setdefault("kind", source.get("person_kind", ""))
            zone = row.get("timezone", "")
            last = self.end_of_day(row.get("last_working_day"), date_format, zone)
            end = self.end_of_day(row.get("end_date"), date_format, zone)
            decides = last if last is not None else end
            if decides is not None:
                row["left"] = decides if decides <= self.as_of else None
            else:
                row["left"] = float("-inf") if row.get("status") == "left" else None
            row["contract_end"] = end if end is not None else last
            row["begins"] = self.begin_of_day(row.get("start_date"), date_format, zone)
            row["accounts"] = []
            self.people.append(row)

    def read_assets(self, source):
        self.assets += read_table(source, self.folder)

    def read_approvals(self, source):
        self.approvals += read_table(source, self.folder)

    # -- people
    def index_people(self):
        self.by_id = {p["id"]: p for p in self.people}
        for p in self.people:
            for previous in filter(None, p.get("previous_ids", "").split("|")):
                self.by_id[previous] = p
        self.by_field = {field: defaultdict(list) for field in ("id", "email", "username", "name")}
        for p in self.people:
            speaking = self.by_id[p["id"]]
            for field in ("email", "username", "name"):
                found = self.by_field[field][p.get(field, "").lower()]
                if p.get(field) and speaking not in found:
                    found.append(speaking)
        self.by_field["id"] = {id: [p] for id, p in self.by_id.items()}

    def link_members(self):
        by_name = {a.name.lower(): a for a in self.accounts}
        by_gid = {g.gid: g for g in self.groups if g.gid}
        for g in self.groups:
            found = [self.by_dn.get(dn.lower()) for dn in g.members]
            found += [by_name.get(name.lower()) for name in g.names]
            g.unknown = {text.lower() for text, member in zip(g.members + g.names, found) if member is None}
            g.accounts = {m for m in found if isinstance(m, Account)}
            g.groups = {m for m in found if isinstance(m, Group)}
            g.listed = set(g.accounts)
            g.members = g.names = None
        for a in self.accounts:
            if a.gid in by_gid:
                by_gid[a.gid].accounts.add(a)
        self.account_by_name = by_name
        self.groups_by_name = defaultdict(list)
        for g in self.groups:
            self.groups_by_name[g.name.lower()].append(g)
            self.groups_by_name[g.dn].append(g)

    def link_accounts(self):
        rules = [(rule["account"], rule["person"]) for rule in self.settings["correlation"]]
        for a in self.accounts:
            a.person, a.ambiguous = None, False
            for account_field, person_field in rules:
                text = getattr(a, account_field)
                found = text and self.by_field[person_field].get(text if person_field == "id" else text.lower())
                if found:
                    a.ambiguous = len(found) > 1
                    for p in found:
                        p["is_candidate"] = True
                    if not a.ambiguous:
                        a.person = found[0]
                        found[0]["accounts"].append(a)
                    break

    def classify(self):
        rules = []
        for rule in self.settings.get("account_classes", []):
            members = set()
            for g in self.groups_by_name.get(rule.get("member_of", "").lower(), []):
                members |= self.effective(g)
            rules.append((rule["class"], re.compile(fnmatch.translate(rule["name"].lower())).match if "name" in rule else None,
                          members if "member_of" in rule else None))
        for a in self.accounts:
            a.kind = next((kind for kind, name, members in rules
                           if (name is None or name(a.name.lower())) and (members is None or a in members)), "person")

    # -- memberships
    def below(self, group, stops=frozenset()):
        """The group and the groups in it, directly or through groups; those in stops are not entered."""
        seen, queue = {group}, [group]
        while queue:
            for child in queue.pop().groups:
                if child not in seen and child not in stops:
                    seen.add(child)
                    queue.append(child)
        return seen

    def effective(self, group, stops=frozenset()):
        """Accounts in group, directly or through groups."""
        return set().union(*(g.accounts for g in self.below(group, stops)))

    def find_groups(self, texts):
        return [g for text in texts for g in self.groups_by_name.get(text.lower(), [])]

    # -- owners
    def find_owner(self, text):
        """("person", p) or ("account", a) or ("group", g) or None."""
        low = text.lower()
        for people in ([self.by_id[text]] if text in self.by_id else [], self.by_field["email"].get(low, []),
                       self.by_field["username"].get(low, [])):
            if people:
                return ("person", people[0]) if len(people) == 1 else ("ambiguous", None)
        found = self.by_dn.get(low) or self.account_by_name.get(low)
        if isinstance(found, Account):
            return ("account", found)
        return ("group", found) if isinstance(found, Group) else None

    def owner_has_left(self, owner):
        kind, who = owner
        if kind == "account":
            return not who.usable or (who.person is not None and who.person["left"] is not None)
        if kind == "person":
            return who["left"] is not None or (who["accounts"] and not any(a.usable for a in who["accounts"]))
        return False

    def holder_has_left(self, owner):
        """As for assets: somebody who is here and cannot log on still holds what he holds."""
        return owner[1]["left"] is not None if owner[0] == "person" else self.owner_has_left(owner)


# ---- controls ------------------------------------------------------------------------------------------------------

PEOPLE = {"person", "admin", "guest"}
OWNED = {"service", "shared"}
CONTRACTORS = ("contractor", "external", "supplier", "partner")


def governed(world):
    s = world.settings
    kinds = {"privileged": set(world.find_groups(s.get("privileged", []))), "entitlement": set(), "segregation": set(), "access": set()}
    for e in s.get("entitlements", []):
        kinds["entitlement"].update(world.find_groups([e["group"]]))
    for rule in s.get("segregation", []):
        kinds["segregation"].update(world.find_groups(rule["a"] + rule["b"]))
    for asset in world.assets:
        kinds["access"].update(world.find_groups(filter(None, asset.get("access_groups", "").split("|"))))
    return kinds


def limit_passed(world, since, seconds):
    elapsed = world.as_of - since
    return elapsed > seconds or (seconds == 0 and elapsed == 0)


def account_controls(world, privileged_accounts, report):
    for a in world.accounts:
        p, privileged = a.person, a in privileged_accounts
        left = p["left"] if p else None
        if a.kind in PEOPLE:
            if left is not None and a.usable and limit_passed(world, left, (4 if privileged or a.kind == "admin" else 24) * 3600):
                report("leaver-active", a.name)
            if left is not None and a.last_use is not NEVER and left != float("-inf") and a.last_use > left:
                report("leaver-logon", a.name)
            if a.usable and p is None and not a.ambiguous and not (a.owner and world.find_owner(a.owner)):
                report("orphaned-account", a.name)
            if a.usable and a.ambiguous:
                report("ambiguous-account", a.name)
            if a.usable and a.last_use is NEVER and world.as_of - a.created > 30 * DAY:
                report("account-never-used", a.name)
            if a.expires is not None and not a.locked and world.as_of - a.expires > 30 * DAY:
                report("account-expired-enabled", a.name)
            if (p and a.usable and p.get("kind", "").lower() in CONTRACTORS
                    and p["contract_end"] is not None and p["contract_end"] <= world.as_of):
                report("contractor-expired", a.name)
        if (a.kind in PEOPLE | OWNED and a.usable and a.last_use is not NEVER
                and world.as_of - a.last_use > (30 if privileged else 90) * DAY):
            report("dormant-account", a.name)
        if (privileged and a.kind in PEOPLE | OWNED and a.usable and a.password_set is not None
                and world.as_of - a.password_set > 365 * DAY):
            report("privileged-password-old", a.name)
        if a.kind in OWNED and a.usable:
            owner = a.owner and world.find_owner(a.owner)
            if not owner:
                report("service-without-owner", a.name)
            elif world.owner_has_left(owner):
                report("owner-left", a.name)
    for g in world.groups:
        owner = g.owner and world.find_owner(g.owner)
        if owner and world.owner_has_left(owner):
            report("owner-left", g.name)


def people_controls(world, report):
    for p in world.people:
        if world.by_id[p["id"]] is not p:
            continue  # an old row of somebody
        accounts = [a for a in p["accounts"] if a.kind in PEOPLE]
        recorded = p.get("recorded_at")
        if p["left"] is not None and p["left"] != float("-inf") and recorded and seconds(recorded) > p["left"]:
            report("leaver-recorded-late", p["name"])
        usable = Counter(a.kind for a in accounts if a.usable)
        if usable and max(usable.values()) > 1:
            report("duplicate-account", p["name"])
        is_at_work = p["left"] is None and (p["begins"] <= world.as_of if p["begins"] else p.get("status") != "pre-start")
        # Off at first. Without a start date: since the first run that saw the row, which is this one.
        is_asked = world.settings.get("controls", {}).get("person-without-account", {}).get("enabled", False)
        if is_asked and is_at_work and p["begins"] and world.as_of - p["begins"] > 5 * DAY and not p.get("is_candidate"):
            report("person-without-account", p["name"])
        # Without a history a lock is as old as this run; an expiry has its date.
        if (is_at_work and p.get("status") != "leave" and accounts and not usable and all(a.expires and a.expires <= world.as_of for a in accounts)
                and world.as_of - max([a.expires for a in accounts] + [p["begins"] or 0]) > DAY):
            report("worker-disabled", p["name"])
        if p.get("kind", "").lower() in CONTRACTORS and p["left"] is None and (p["contract_end"] is None or p["contract_end"] > world.as_of):
            sponsor = world.by_id.get(p.get("sponsor_id"))
            if p["contract_end"] is None or ("sponsor_id" in p and (sponsor is None or sponsor["left"] is not None)):
                report("contractor-without-end", p["name"])


class Approvals:
    def __init__(self, world):
        self.world = world
        self.rows = defaultdict(list)
        self.naming = defaultdict(list)
        for row in world.approvals:
            if row.get("account", "").lower() in world.account_by_name:
                self.naming[world.account_by_name[row["account"].lower()]].append(row)
            for g in world.find_groups([row["group"]]) if row["group"] else []:
                if row.get("account"):
                    a = world.account_by_name.get(row["account"].lower())
                    if a:
                        self.rows[g, a].append(row)
                elif row.get("person_id") in world.by_id:
                    self.rows[g, world.by_id[row["person_id"]]["id"]].append(row)

    def verdicts(self, rows, account):
        """"valid" or "ended" for each row that somebody else approved and that has begun."""
        world, person = self.world, account.person
        for row in rows:
            ends = world.end_of_day(row.get("expires_on"))
            begins = world.end_of_day(row.get("approved_on"))
            approver = row["approved_by"] and world.find_owner(row["approved_by"])
            by_subject = approver and (approver[1] is account or (person and (
                approver[1] is person or (approver[0] == "account" and approver[1].person is person))))
            if row["approved_by"] and not by_subject and (begins is None or begins - DAY <= world.as_of):
                yield "valid" if ends is None or ends > world.as_of else "ended"

    def of(self, group, account):
        person = account.person
        return self.verdicts(self.rows.get((group, account), []) + (self.rows.get((group, person["id"]), []) if person else []), account)

    def covers(self, group, account):
        return "valid" in self.of(group, account)


def right_controls(world, kinds, approvals, report):
    nearest = {kind: {g: world.effective(g, groups) for g in groups} for kind, groups in kinds.items()}
    for g, accounts in nearest["privileged"].items():
        for a in accounts:
            if a.usable and a.kind != "break-glass" and not approvals.covers(g, a):
                report("privileged-unapproved", a.name, g.name)
    for g in kinds["privileged"]:
        for a in world.effective(g):
            if a.usable and a.kind != "break-glass" and a not in g.listed:
                report("privileged-nested", a.name, g.name)
    for e in world.settings.get("entitlements", []):
        for g in world.find_groups([e["group"]]):
            for a in nearest["entitlement"][g]:
                if a.usable and a.kind != "break-glass" and not a.ambiguous and not entitled(world, e, g, a, approvals):
                    report("excess-privilege", a.name, g.name)
    for a, g in {(a, g) for groups in nearest.values() for g, accounts in groups.items() for a in accounts}:
        if a.kind == "guest" and a.usable:
            report("group-foreign-member", a.name, g.name)
    rights = {(a, g, g in kinds["privileged"]) for groups in nearest.values() for g, accounts in groups.items() for a in accounts
              if a.person and a.person["left"] is not None and not a.usable and a.kind in PEOPLE}
    for a, g, is_privileged in rights:
        if limit_passed(world, a.person["left"], (1 if is_privileged else 30) * DAY):
            report("leaver-rights", a.name, g.name)
    lines = defaultdict(list)
    for e in world.settings.get("entitlements", []):
        for g in world.find_groups([e["group"]]):
            lines[g].append(e)
    for a, g in {(a, g) for groups in nearest.values() for g, accounts in groups.items() for a in accounts}:
        if a.usable and a.kind != "break-glass" and set(approvals.of(g, a)) == {"ended"}:
            if not (lines[g] and a.ambiguous) and not any(entitled(world, e, g, a, approvals) for e in lines[g]):
                report("approval-expired", a.name, g.name)
    for a in world.accounts:
        if a.kind == "shared" and a.usable and "valid" not in approvals.verdicts(approvals.naming.get(a, []), a):
            report("shared-unapproved", a.name)


def entitled(world, entitlement, group, account, approvals):
    if approvals.covers(group, account):
        return True
    person = account.person
    if person is None:
        owner = account.owner and world.find_owner(account.owner)
        person = owner and (owner[1] if owner[0] == "person" else owner[1].person if owner[0] == "account" else None)
    return (bool(person) and entitlement.get("approval") != "required"
            and any(all(fnmatch.fnmatchcase(person.get(field, "").lower(), glob.lower()) for field, glob in line.items())
                    for line in entitlement.get("allowed", [])))


def group_controls(world, kinds, report):
    usable = sum(a.usable for a in world.accounts)
    has_admins = any(rule["class"] == "admin" for rule in world.settings.get("account_classes", []))
    daily = set()
    for g in kinds["privileged"]:
        members = world.effective(g)
        n = sum(a.usable and a.kind != "computer" for a in members)
        if n > 50 or (n >= 5 and n * 100 > 10 * usable):
            report("privileged-too-many", g.name)
        daily |= {a.name for a in members if has_admins and a.usable and a.kind == "person"}
    for name in daily:
        report("privileged-daily", name)
    for g in set().union(*kinds.values()):
        if not (g.owner and world.find_owner(g.owner)):
            report("group-without-owner", g.name)
        if any(inner.unknown for groups in kinds.values() if g in groups for inner in world.below(g, groups)):
            report("member-unknown", g.name)
    for loop in loops(world.groups):
        report("group-loop", min(loop, key=lambda g: g.key).name)


def loops(groups):
    """Sets of groups that contain each other: what is in no group, or has none, is taken away until nothing changes."""
    left, before = set(groups), -1
    while before != len(left):
        before = len(left)
        inner = {child for g in left for child in g.groups if child is not g}
        left = {g for g in left if g in inner and any(child in left for child in g.groups if child is not g)}
    reach = {}
    for g in left:
        reach[g], queue = set(), [g]
        while queue:
            for child in queue.pop().groups & left:
                if child not in reach[g]:
                    reach[g].add(child)
                    queue.append(child)
    found = {frozenset(h for h in reach[g] if g in reach[h]) for g in left}
    return [loop for loop in found if len(loop) > 1]


def peer_outliers(world, kinds, report):
    """Rights that at most a tenth of the (at least eight) others of the same department and title hold."""
    places, holders, rights = defaultdict(set), {}, set()
    for p in world.people:
        is_here = p["left"] is None and p.get("status") != "pre-start" and (p["begins"] is None or p["begins"] <= world.as_of)
        p["place"] = (p.get("department", "").lower(), p.get("title", "").lower()) if is_here and world.by_id[p["id"]] is p else None
        if p["place"] and all(p["place"]):
            places[p["place"]].add(p["id"])
    for groups in kinds.values():
        for g in groups:
            holders[g] = {a.person["id"] for a in world.effective(g) if a.usable and a.person}
            rights |= {(a, g) for a in world.effective(g, groups) if a.usable and a.kind in PEOPLE and a.person}
    for a, g in rights:
        others = places.get(a.person["place"], set()) - {a.person["id"]}
        if len(others) >= 8 and len(others & holders[g]) * 10 <= len(others):
            report("peer-outlier", a.name, g.name)


def segregation(world, report):
    holders = {}

    def side(texts):
        people = {}
        for g in world.find_groups(texts):
            if g not in holders:
                holders[g] = {a.person["id"]: a.person for a in world.effective(g) if a.usable and a.person}
            people.update(holders[g])
        return people

    for rule in world.settings.get("segregation", []):
        a, b = side(rule["a"]), side(rule["b"])
        for id in a.keys() & b.keys():
            if id not in rule.get("except", []):
                report("segregation-conflict", a[id]["name"], rule["id"])


def link_assets(world):
    full, short, serial = {}, defaultdict(list), {}
    for c in world.computers:
        if c.host:
            full[c.host] = c
        short[c.host.partition(".")[0] or c.name.lower()].append(c)
        if c.serial:
            serial[c.serial] = c
    for asset in world.assets:
        host = asset.get("hostname", "").lower()
        found = full.get(host) if "." in host else short[host][0] if len(short.get(host, [])) == 1 else None
        if found is None and "." in host:
            candidates = [c for c in short.get(host.partition(".")[0], []) if not c.host]
            found = candidates[0] if len(candidates) == 1 else None
        asset["by_host"] = found
        asset["computer"] = found or serial.get(asset.get("serial", "").lower())
        if asset["computer"]:
            asset["computer"].assets.append(asset)


def asset_controls(world, report):
    link_assets(world)
    for asset in world.assets:
        name, status, owner, custodian = asset["name"] or asset["id"], asset["status"], asset["owner"], asset["custodian"]
        is_gone = status in ("retired", "lost")
        if not is_gone and not owner:
            report("asset-without-owner", name)
        verdicts = [world.find_owner(text) for text in (owner, custodian) if text]
        if not is_gone and any(v is None or world.holder_has_left(v) for v in verdicts):
            report("asset-owner-left", name)
        holder = world.find_owner(custodian) if custodian else None
        if (status in ("in_use", "loan", "repair") and asset["kind"] not in ("application", "information", "service")
                and holder and holder[0] == "person" and holder[1]["left"] is not None and limit_passed(world, holder[1]["left"], DAY)):
            report("asset-not-returned", name)
        c = asset["computer"]
        if asset["kind"] == "computer" and status == "in_use" and asset["hostname"]:
            if c is None or not c.usable or c.last_use is NEVER or world.as_of - c.last_use > 90 * DAY:
                report("asset-ghost", name)
        if is_gone and c and c.usable and not any(other["status"] == "in_use" for other in c.assets):
            report("asset-retired-active", name)
        intangible = asset["kind"].lower() in ("application", "information", "service")
        if not is_gone and intangible and "classification" in asset and not asset["classification"]:
            report("asset-unclassified", name)
        due = world.end_of_day(asset.get("next_audit"))
        if not is_gone and due is not None and due <= world.as_of:
            report("asset-audit-overdue", name)
        due = world.end_of_day(asset.get("due_back"))
        if status == "loan" and due is not None and world.as_of - due > 7 * DAY:
            report("asset-loan-overdue", name)
        if not is_gone and not all(world.find_groups([text]) for text in asset.get("access_groups", "").split("|") if text.strip()):
            report("asset-access-unknown", name)
    for c in world.computers:
        if c.usable and c.last_use is not NEVER and world.as_of - c.last_use <= 7 * DAY and not c.assets:
            report("computer-unregistered", c.name)
    duplicate_assets(world, report)


def duplicate_assets(world, report):
    """One exception for the asset with the smallest id among those that share a serial number or a hostname."""
    serials, labels = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for asset in world.assets:
        if asset["status"] in ("retired", "lost"):
            continue
        if asset.get("serial"):
            serials[asset["serial"].lower()].append(asset)
        host = asset.get("hostname", "").lower()
        if host and asset["kind"].lower() not in ("application", "information", "service"):
            labels[host.partition(".")[0]][host if "." in host else ""].append(asset)
    shared = list(serials.values())
    for names in labels.values():
        # A short name is the full one if there is only one.
        shared += [sum(names.values(), [])] if len(names.keys() - {""}) < 2 else names.values()
    subjects = {min(assets, key=lambda asset: asset["id"])["id"]: min(assets, key=lambda asset: asset["id"])
                for assets in shared if len(assets) > 1}
    for asset in subjects.values():
        report("asset-duplicate", asset["name"] or asset["id"])


def reviews(world, kinds, report):
    low = {g for e in world.settings.get("entitlements", []) if e.get("risk") == "low" for g in world.find_groups([e["group"]])}
    named = defaultdict(list)
    for asset in world.assets:
        groups = world.find_groups(filter(None, asset.get("access_groups", "").split("|")))
        every, last = asset.get("review_every_days"), world.end_of_day(asset.get("last_review"))
        for g in groups:
            named[g].append((every, last))
        if not groups and every and last is not None and world.as_of - last > int(every) * DAY:
            report("review-overdue", asset["name"])
    for g, lines in named.items():
        set_days = [int(every) for every, _ in lines if every]
        days = min(set_days) if set_days else 90 if g in kinds["privileged"] else 365 if g in low and g not in kinds["segregation"] else 180
        last = max((last for _, last in lines if last is not None), default=None)
        if last is not None and world.as_of - last > days * DAY:
            report("review-overdue", g.name)


def main():
    as_of = seconds(sys.argv[2])
    world = World(sys.argv[1], as_of)
    found = []
    report = lambda control, subject, object=None: found.append((control, subject, object))
    kinds = governed(world)
    privileged_accounts = set().union(*(world.effective(g) for g in kinds["privileged"]))
    account_controls(world, privileged_accounts, report)
    people_controls(world, report)
    right_controls(world, kinds, Approvals(world), report)
    group_controls(world, kinds, report)
    peer_outliers(world, kinds, report)
    segregation(world, report)
    asset_controls(world, report)
    reviews(world, kinds, report)
    stage("controls")
    if "--list" in sys.argv:
        print("\n".join(sorted("\t".join(filter(None, line)) for line in found)))
    else:
        print(json.dumps({"counts": dict(sorted(Counter(control for control, _, _ in found).items()))}, indent=1))


if __name__ == "__main__":
    main()
