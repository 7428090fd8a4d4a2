"""What the catalogue and the interface mean exactly: rights, approvals, entitlements, segregation, assets, output. One small world a line."""

import base64
import csv
import io
import json
import struct
import time
import unittest

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


class GroupNames(RightsTest):
    def test_names_in_every_form_and_case(self):
        ldif = (ad_user("ann", 1101) + ad_group("Geheim", DOMAIN + "-1500", "ann").replace("sAMAccountName: Geheim", "sAMAccountName: secret"))
        for text in ("secret", "SECRET", "geheim", "CN=Geheim,OU=groups,DC=example,DC=com", "cn=GEHEIM, ou=Groups , dc=example,dc=com",
                     DOMAIN + "-1500", DOMAIN.lower() + "-1500"):
            with self.subTest(text):
                self.expect("privileged-unapproved", ["ann/secret"], ldif, f'privileged = [ "{text}" ];', approvals=NOBODY,
                            server="active-directory")

    def test_a_name_that_fits_nothing(self):
        lines = {"privileged": 'privileged = [ "admins", "adminz" ];',
                 "entitlements": 'entitlements: ( { group = "adminz"; }, { group = "admins"; } );',
                 "segregation": 'segregation: ( { id = "r"; a = ["admins"]; b = ["adminz"]; } );',
                 "account_classes": 'account_classes: ( { class = "shared"; member_of = "adminz"; } );'}
        controls = {"privileged": ["privileged-unapproved", "privileged-nested", "review-overdue"], "entitlements": ["excess-privilege", "review-overdue"],
                    "segregation": ["segregation-conflict", "review-overdue"],
                    "account_classes": ["orphaned-account", "service-without-owner", "dormant-account"]}
        for name, config in lines.items():
            with self.subTest(name):
                site = self.open(world(user("ann") + group("admins", "ann"), config, approvals=NOBODY, assets=[asset("A1")]))
                run = site.run()
                self.assertEqual((run.code, run.json["run"]["status"]), (0, "applied"), run.err)
                self.assertIn("adminz", run.err)
                for control in controls[name]:
                    rows = unjudged(run, control)
                    self.assertTrue([r for r in rows if "adminz" in r["reason"] and r["subjects"] is None], (control, rows))
                check = site.rightful("check")
                self.assertEqual(check.code, 1, check.out)
                self.assertIn("adminz", check.out)

    def test_several_groups_of_one_name_are_all_meant_and_check_says_so(self):
        ldif = (user("ann") + user("bob") + group("admins", "ann")
                + group("admins", "bob").replace("ou=groups", "ou=other"))
        self.expect("privileged-unapproved", ["ann/admins", "bob/admins"], ldif, ADMINS, approvals=NOBODY)
        check = self.open(world(ldif, ADMINS)).rightful("check")
        self.assertEqual(check.code, 0, check.out)
        self.assertIn("fits 2 groups", check.out)

    def test_names_of_tables_that_fit_nothing_are_said(self):
        site = self.open(world(user("ann") + group("admins", "ann"), ADMINS, approvals=[approval("adminz", account="ann")],
                               assets=[asset("A1", access_groups="opz")]))
        for result in (site.run(), site.rightful("check")):
            self.assertEqual(result.code, 0, result.out + result.err)
            for name in ("adminz", "opz"):
                self.assertIn(name, result.out + result.err)

    def test_nothing_is_said_of_names_while_a_directory_is_incomplete(self):
        site = self.open(world("dn: cn=x\nchangetype: delete\n\n", ADMINS))
        run = site.run()
        self.assertEqual(run.code, 3)
        self.assertNotIn("no group is called", run.err)


class Privileged(RightsTest):
    def test_built_in_groups_by_their_number(self):
        for rid in (512, 518, 519, 520, 526, 527):
            with self.subTest(rid):
                ldif = ad_user("ann", 1101) + ad_group("Grüppe".replace("ü", "u"), f"{DOMAIN}-{rid}", "ann")
                self.expect("privileged-unapproved", ["ann/Gruppe"], ldif, approvals=NOBODY, server="active-directory")
        for rid in (544, 548, 549, 550, 551, 552):
            with self.subTest(rid):
                ldif = ad_user("ann", 1101) + ad_group("Gruppe", f"S-1-5-32-{rid}", "ann")
                self.expect("privileged-unapproved", ["ann/Gruppe"], ldif, approvals=NOBODY, server="active-directory")
        for identifier in (f"{DOMAIN}-513", "S-1-5-32-545", "S-1-5-32-512", f"{DOMAIN}-544"):
            with self.subTest(identifier):
                self.expect("privileged-unapproved", [], ad_user("ann", 1101) + ad_group("Gruppe", identifier, "ann"),
                            approvals=NOBODY, server="active-directory")

    def test_nearest_group_but_each_group_by_itself_for_nested(self):
        ldif = (ad_user("ann", 1101) + ad_user("bob", 1102) + ad_group("ops", DOMAIN + "-1500", "bob")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", "@ops") + ad_group("Administrators", "S-1-5-32-544", "@Domain Admins"))
        result = self.expect("privileged-unapproved", ["ann/Domain Admins", "bob/Domain Admins"], ldif, approvals=NOBODY,
                             server="active-directory")
        self.assertEqual(found(result, "privileged-nested"), ["ann/Administrators", "bob/Administrators", "bob/Domain Admins"])
        row = next(e for e in result.json["exceptions"] if line_of(e) == "privileged-nested\tbob\tAdministrators")
        self.assertEqual(row["evidence"]["path"], ["ops", "Domain Admins", "Administrators"])

    def test_primary_groups_are_memberships_that_no_list_shows(self):
        ldif = ad_user("ann", 1101, extra="primaryGroupID: 512\n") + ad_group("Domain Admins", DOMAIN + "-512")
        result = self.expect("privileged-nested", ["ann/Domain Admins"], ldif, approvals=NOBODY, server="active-directory")
        self.assertEqual(found(result, "privileged-unapproved"), ["ann/Domain Admins"])
        posix = (user("ann", classes="inetOrgPerson\nobjectClass: posixAccount", extra="gidNumber: 500\n")
                 + group("admins", classes="posixGroup", extra="gidNumber: 500\n"))
        self.expect("privileged-nested", ["ann/admins"], posix, ADMINS)
        both = posix.replace("gidNumber: 500\n\n", "gidNumber: 500\nmemberUid: ann\n\n", 2).replace("memberUid: ann\n", "", 1)
        self.assertIn("memberUid", both)
        self.expect("privileged-nested", [], both, ADMINS)

    def test_memberuid_is_a_listed_member_of_any_case(self):
        ldif = user("ann") + group("admins", classes="posixGroup", extra="gidNumber: 500\nmemberUid: ANN\nmemberUid: nobody\n")
        result = self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_uniquemember_with_its_bit_string(self):
        ldif = user("ann") + group("admins", classes="groupOfUniqueNames",
                                   extra="uniqueMember: uid=ann,ou=people,dc=example,dc=com#'0101'B\n")
        self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)

    def test_distribution_groups_grant_nothing_through_security_groups(self):
        for kind, expected in ((2, []), (-2147483646, ["ann/Domain Admins"])):
            ldif = (ad_user("ann", 1101) + ad_group("list", DOMAIN + "-1500", "ann", kind=kind)
                    + ad_group("Domain Admins", DOMAIN + "-512", "@list"))
            self.expect("privileged-unapproved", expected, ldif, approvals=NOBODY, server="active-directory")

    def test_classes_and_states_that_are_subjects(self):
        classes = ('account_classes: ( { class = "service"; name = "svc-*"; }, { class = "shared"; name = "box-*"; },'
                   ' { class = "break-glass"; name = "bg-*"; }, { class = "guest"; name = "g-*"; }, { class = "computer"; name = "pc-*"; } );')
        names = ["ann", "svc-a", "box-a", "bg-a", "g-a", "pc-a"]
        ldif = "".join(user(n) for n in names) + user("off", extra=LOCKED) + user("over", extra="shadowExpire: 20000\n")
        self.expect("privileged-unapproved", ["ann/admins", "svc-a/admins", "box-a/admins", "g-a/admins"],
                    ldif + group("admins", *names, "off", "over"), ADMINS + classes, approvals=NOBODY)

    def test_unknown_state_is_a_subject_of_rights(self):
        ldif = ad_user("ann", 1101, control=-5) + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        self.expect("privileged-unapproved", ["ann/Domain Admins"], ldif, approvals=NOBODY, server="active-directory")

    def test_built_in_accounts_are_break_glass_and_managed_ones_service(self):
        ldif = (ad_user("Administrator", 500) + ad_user("Gast", 501) + ad_user("krbtgt", 502) + ad_user("ann", 1101)
                + ad_user("gmsa", 1102, classes=("user", "computer", "msDS-GroupManagedServiceAccount"))
                + ad_group("Domain Admins", DOMAIN + "-512", "Administrator", "Gast", "krbtgt", "ann", "gmsa"))
        result = self.expect("privileged-unapproved", ["ann/Domain Admins", "gmsa/Domain Admins"], ldif, approvals=NOBODY,
                             server="active-directory")
        self.assertEqual(found(result, "service-without-owner"), ["gmsa"])
        self.assertEqual(found(result, "orphaned-account"), ["ann"])

    def test_foreign_principal_is_the_account_of_another_source(self):
        other = "S-1-5-21-7-8-9"
        partner = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=partner,DC=com")
        principal = f"CN={other}-1103,CN=ForeignSecurityPrincipals,DC=example,DC=com"
        ldif = (ad_user("ann", 1101) + foreign(other + "-1103") + foreign("S-1-5-11")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", principal, "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=example,DC=com"))
        result = self.expect(
            "privileged-unapproved", ["ann/Domain Admins", "pat/Domain Admins"], ldif, approvals=NOBODY, server="active-directory",
            partner_ldif=partner,
            more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')
        self.assertEqual(found(result, "privileged-nested"), ["pat/Domain Admins"])
        row = next(e for e in result.json["exceptions"] if line_of(e) == "privileged-nested\tpat\tDomain Admins")
        self.assertEqual((row["subject"]["source"], row["object"]["source"]), ("partner", "corp"))

    def test_foreign_group_of_another_source_is_walked_into(self):
        other = "S-1-5-21-7-8-9"
        partner = (ad_user("pat", 1103, domain=other) + ad_group("helpers", other + "-1600", "pat")).replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = ad_user("ann", 1101) + foreign(other + "-1600") + ad_group("Domain Admins", DOMAIN + "-512",
                                                   f"CN={other}-1600,CN=ForeignSecurityPrincipals,DC=example,DC=com")
        self.expect("privileged-nested", ["pat/Domain Admins"], ldif, server="active-directory", partner_ldif=partner,
                    more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')

    def test_loops_report_each_account_once(self):
        ldif = (user("ann") + group("admins", "@a") + group("a", "@b") + group("b", "@admins", "@a", "@b", "ann"))
        result = self.expect("privileged-nested", ["ann/admins"], ldif, ADMINS, approvals=NOBODY)
        self.assertEqual(found(result, "privileged-unapproved"), ["ann/admins"])


class AccountClasses(RightsTest):
    def test_member_of_is_effective_and_under_includes_the_entry_itself(self):
        config = ('account_classes: ( { class = "service"; member_of = "robots"; }, { class = "service"; under = "ou=Services, dc=example,dc=com"; },'
                  ' { class = "shared"; under = "uid=box,ou=people,dc=example,dc=com"; } );')
        ldif = (user("a1") + user("a2", ou="services") + user("box") + user("plain") + group("inner", "a1") + group("robots", "@inner"))
        result = self.expect("service-without-owner", ["a1", "a2", "box"], ldif, config)
        self.assertEqual(found(result, "orphaned-account"), ["plain"])

    def test_first_match_wins_every_condition_holds_and_case_does_not_matter(self):
        config = ('account_classes: ( { class = "admin"; name = "SVC-*"; under = "ou=services,dc=example,dc=com"; },'
                  ' { class = "service"; name = "SVC-?"; }, { class = "shared"; name = "svc-*"; source = "other"; } );')
        config = config.replace(', { class = "shared"; name = "svc-*"; source = "other"; }', ', { class = "shared"; name = "svc-*"; source = "corp"; }')
        ldif = user("Svc-a") + user("svc-b", ou="services") + user("svc-long")
        site = self.open(world(ldif, config))
        classes = {name: site.rightful("account", name, "--json").json["account"][0]["class"] for name in ("Svc-a", "svc-b", "svc-long")}
        self.assertEqual(classes, {"Svc-a": "service", "svc-b": "admin", "svc-long": "shared"})


class Approvals(RightsTest):
    LDIF = user("ann", "1") + group("admins", "ann") + user("boss", "2")
    PEOPLE = [person("1", email="ann@example.com", username="ann"), person("2", username="boss")]

    def approved(self, row, expected, **options):
        self.expect("privileged-unapproved", expected, self.LDIF, ADMINS, people=self.PEOPLE, approvals=[row], **options)

    def test_what_is_valid(self):
        valid = {"by account": approval("admins", account="ann"), "by person": approval("admins", person_id="1"),
                 "by DN": approval("CN=Admins,ou=groups,dc=example,dc=com", account="ann"),
                 "from the first second of the day": approval("admins", account="ann", approved_on="2026-03-17"),
                 "to the end of the day": approval("admins", account="ann", expires_on="2026-03-17"),
                 "by somebody unknown": approval("admins", account="ann", approved_by="Change Board"),
                 "account in another case": approval("ADMINS", account="ANN")}
        for name, row in valid.items():
            with self.subTest(name):
                self.approved(row, [])

    def test_what_is_not_valid(self):
        invalid = {"ended yesterday": approval("admins", account="ann", expires_on="2026-03-16"),
                   "not yet": approval("admins", account="ann", approved_on="2026-03-18"),
                   "nobody approved": approval("admins", account="ann", approved_by=""),
                   "by the account": approval("admins", account="ann", approved_by="ann"),
                   "by the person's id": approval("admins", account="ann", approved_by="1"),
                   "by the person's e-mail": approval("admins", person_id="1", approved_by="ANN@example.com"),
                   "for somebody else": approval("admins", account="boss"), "for another group": approval("other", account="ann")}
        for name, row in invalid.items():
            with self.subTest(name):
                self.approved(row, ["ann/admins"])

    def test_the_day_ends_in_the_organisations_zone(self):
        row = approval("admins", account="ann", expires_on="2026-03-17")
        for as_of, expected in (("2026-03-17T22:59:59Z", []), ("2026-03-17T23:00:00Z", ["ann/admins"])):
            self.expect("privileged-unapproved", expected, self.LDIF, ADMINS + "freshness: { directory_hours = 48; };", people=self.PEOPLE,
                        approvals=[row], as_of=as_of)

    def test_neither_inner_nor_outer_groups(self):
        ldif = user("ann", "1") + group("inner", "ann") + group("admins", "@inner") + group("outer", "@admins")
        for name in ("inner", "outer"):
            self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, people=self.PEOPLE, approvals=[approval(name, account="ann")])

    def test_without_approvals_and_entitlement_it_is_not_evaluable_once(self):
        result = self.expect("privileged-unapproved", [], self.LDIF + user("bob"), ADMINS, people=self.PEOPLE)
        rows = unjudged(result, "privileged-unapproved")
        self.assertEqual([row["subjects"] for row in rows], [None], rows)

    def test_with_an_entitlement_for_another_group_it_is_said_once_too(self):
        ldif = user("ann", "1") + user("bob", "2") + group("admins", "ann", "bob") + group("ops", "ann")
        config = 'privileged = [ "admins", "ops" ]; entitlements: ( { group = "ops"; allowed = ( { department = "IT"; } ); } );'
        result = self.expect("privileged-unapproved", ["ann/ops"], ldif, config, people=[person("1", department="Sales"), person("2")])
        self.assertEqual(len(unjudged(result, "privileged-unapproved")), 1)

    def test_incomplete_approvals_judge_nothing(self):
        site = self.open(world(self.LDIF, ADMINS, people=self.PEOPLE, approvals=[], tickets_csv="id,group\n\"x"))
        site.write("tickets.csv", 'id,group,account,approved_by\n"x')
        run = site.run()
        self.assertEqual((run.code, run.json["run"]["status"]), (3, "partial"), run.err)
        self.assertEqual([e["control"] for e in site.exceptions()], ["source-incomplete", "group-without-owner"])


class Entitlements(RightsTest):
    def excess(self, expected, config, people, names=("ann",), extra="", **options):
        ldif = "".join(user(n, str(i + 1)) for i, n in enumerate(names)) + extra
        if "cn: pay" not in extra:
            ldif += group("pay", *names)
        return self.expect("excess-privilege", expected, ldif, f'entitlements: ( {config} );', people=people, **options)

    def test_conditions(self):
        people = [person("1", department="FINANCE", title="Senior Treasurer", location="Berlin", kind="employee")]
        allowed = {'{ department = "Finance"; }': True, '{ department = "fin*"; title = "*treasur*"; }': True,
                   '{ department = "fin"; }': False, '{ department = "Finance"; title = "Clerk"; }': False,
                   '{ department = "Sales"; }, { location = "B?RLIN"; }': True, '{ id = "1"; }': True, '{ name = "person*"; }': True}
        for conditions, is_allowed in allowed.items():
            with self.subTest(conditions):
                self.excess([] if is_allowed else ["ann/pay"], f'{{ group = "pay"; allowed = ( {conditions} ); }}', people)

    def test_required_approval(self):
        people, line = [person("1", department="Finance")], '{ group = "pay"; allowed = ( { department = "Finance"; } ); approval = "required"; }'
        self.excess(["ann/pay"], line, people)
        self.excess(["ann/pay"], line, people, approvals=NOBODY)
        self.excess([], line, people, approvals=[approval("pay", person_id="1")])

    def test_an_approval_covers_who_is_not_allowed(self):
        self.excess([], '{ group = "pay"; allowed = ( { department = "Finance"; } ); }', [person("1", department="Sales")],
                    approvals=[approval("pay", account="ann")])

    def test_unknown_field_is_not_evaluable(self):
        result = self.excess([], '{ group = "pay"; allowed = ( { department = "Finance"; } ); }', [person("1")])
        self.assertEqual([row["subjects"] for row in unjudged(result, "excess-privilege")], [1])

    def test_accounts_without_person_are_judged_by_their_owner(self):
        extra = (user("svc-1", extra="owner: uid=ann,ou=people,dc=example,dc=com\n") + user("svc-2", extra="owner: uid=bob,ou=people,dc=example,dc=com\n")
                 + user("svc-3") + user("nobody") + user("bg-1")
                 + group("pay", "svc-1", "svc-2", "svc-3", "nobody", "bg-1").replace("cn: pay", "cn: pay"))
        config = '{ group = "pay"; allowed = ( { department = "Finance"; } ); }'
        ldif = user("ann", "1") + user("bob", "2") + extra
        classes = 'account_classes: ( { class = "service"; name = "svc-*"; }, { class = "break-glass"; name = "bg-*"; } );'
        self.expect("excess-privilege", ["svc-2/pay", "svc-3/pay", "nobody/pay"], ldif, f"entitlements: ( {config} ); {classes}",
                    people=[person("1", department="Finance"), person("2", department="Sales")])

    def test_disabled_accounts_are_no_subjects(self):
        ldif = user("ann", "1", extra=LOCKED) + group("pay", "ann")
        self.expect("excess-privilege", [], ldif, 'entitlements: ( { group = "pay"; allowed = ( { department = "Finance"; } ); } );',
                    people=[person("1", department="Sales")])

    def test_nearest_entitlement(self):
        ldif = user("ann", "1") + group("inner", "ann") + group("pay", "@inner")
        config = 'entitlements: ( { group = "inner"; allowed = ( { department = "F"; } ); }, { group = "pay"; allowed = ( { department = "F"; } ); } );'
        self.expect("excess-privilege", ["ann/inner"], ldif, config, people=[person("1", department="Sales")])


class Segregation(RightsTest):
    RULE = 'segregation: ( { id = "r1"; a = ["pay"]; b = ["approve"]; except = [%s]; } );'

    def test_over_all_accounts_of_one_person(self):
        ldif = (user("ann", "1") + user("adm-ann", "1") + group("inner", "adm-ann") + group("pay", "ann") + group("approve", "@inner"))
        result = self.expect("segregation-conflict", ["Person 1/r1"], ldif, self.RULE % "", people=[person("1")])
        row = next(e for e in result.json["exceptions"] if e["control"] == "segregation-conflict")
        self.assertEqual((row["subject"]["type"], row["subject"]["key"]), ("person", "1"))
        self.assertEqual(row["object"], {"type": "rule", "key": "r1", "name": "r1"})
        self.assertEqual(row["person"], {"id": "1", "name": "Person 1"})
        self.assertEqual(row["severity"], "high")

    def test_what_does_not_count(self):
        both = group("pay", "ann") + group("approve", "adm-ann")
        self.expect("segregation-conflict", [], user("ann", "1", extra=LOCKED) + user("adm-ann", "1") + both, self.RULE % "", people=[person("1")])
        self.expect("segregation-conflict", [], user("ann", "1") + user("adm-ann", "1") + both, self.RULE % '"1"', people=[person("1")])
        self.expect("segregation-conflict", [], user("ann", "1") + user("adm-ann", "2") + both, self.RULE % "", people=[person("1"), person("2")])

    def test_a_person_with_a_new_id_is_one_person(self):
        ldif = user("ann", "1") + user("adm-ann", "OLD") + group("pay", "ann") + group("approve", "adm-ann")
        self.expect("segregation-conflict", ["Person 1/r1"], ldif, self.RULE % "", people=[person("1", previous_ids="OLD")])


class Limits(RightsTest):
    def thresholds(self, config):
        site = self.open(world(user("ann"), config))
        return {row["id"]: row for row in site.rightful("controls", "--json").json["controls"]}

    def test_hours_or_days_and_profiles(self):
        rows = self.thresholds("")
        self.assertEqual(rows["leaver-active"]["thresholds"], {"hours": 24, "privileged_hours": 4})
        self.assertEqual(rows["leaver-rights"]["thresholds"], {"days": 30, "privileged_hours": 24})
        self.assertEqual(rows["dormant-account"]["thresholds"], {"days": 90, "privileged_days": 30})
        self.assertEqual(rows["asset-not-returned"]["thresholds"], {"days": 1, "high_days": 7})
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 90, "days": 180, "low_days": 365})
        rows = self.thresholds('controls: { leaver-active: { days = 2; privileged_days = 1; }; dormant-account: { hours = 36; }; };')
        self.assertEqual(rows["leaver-active"]["thresholds"], {"days": 2, "privileged_days": 1})
        self.assertEqual(rows["dormant-account"]["thresholds"], {"hours": 36, "privileged_hours": 36})

    def test_the_strictest_profile_of_a_list_wins(self):
        rows = self.thresholds('profile = [ "dora", "pci", "fedramp-high" ];')
        self.assertEqual(rows["leaver-active"]["thresholds"]["hours"], 0)
        self.assertEqual(rows["dormant-account"]["thresholds"]["days"], 35)
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 30, "days": 180, "low_days": 180})
        rows = self.thresholds('profile = "pci";')
        self.assertEqual(rows["review-overdue"]["thresholds"], {"privileged_days": 180, "days": 180, "low_days": 180})
        rows = self.thresholds('profile = "fedramp-moderate";')
        self.assertEqual(rows["leaver-active"]["thresholds"]["hours"], 4)
        self.assertEqual(rows["review-overdue"]["thresholds"]["days"], 365)

    def test_severity_and_enabled(self):
        config = ADMINS + 'controls: { orphaned-account: { severity = "low"; }; privileged-nested: { enabled = false; }; };'
        ldif = user("ann") + user("bob") + group("inner", "bob") + group("admins", "@inner")
        site = self.open(world(ldif, config))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        severities = {e["subject"]["name"]: e["severity"] for e in site.exceptions("--control", "orphaned-account")}
        self.assertEqual(severities, {"ann": "low", "bob": "medium"})
        self.assertEqual(site.exceptions("--control", "privileged-nested"), [])
        row = next(r for r in site.rightful("controls", "--json").json["controls"] if r["id"] == "privileged-nested")
        self.assertFalse(row["enabled"])

    def test_high_days_of_a_loan_that_nobody_gave_back(self):
        ldif = user("ann", "1", extra=LOCKED)
        for last, severity in (("2026-03-15", "medium"), ("2026-03-05", "high")):
            result = self.expect("asset-not-returned", ["A1"], ldif, people=[person("1", last_working_day=last)],
                                 assets=[asset("A1", kind="computer", custodian="1")])
            self.assertEqual([e["severity"] for e in result.json["exceptions"] if e["control"] == "asset-not-returned"], [severity])


class Reviews(RightsTest):
    def test_cadences(self):
        ldif = user("ann", "9") + group("admins", "ann") + group("pay") + group("low") + group("ops")
        config = ADMINS + 'entitlements: ( { group = "pay"; }, { group = "low"; risk = "low"; } );'
        for day, expected in (("2026-01-01", []), ("2025-12-16", ["admins"]), ("2025-09-01", ["admins", "ops", "pay"]),
                              ("2025-01-01", ["admins", "low", "ops", "pay"])):
            with self.subTest(day):
                self.expect("review-overdue", expected, ldif, config,
                            assets=[asset("A1", access_groups="admins|pay|ops", last_review=day), asset("A2", kind="x", access_groups="", last_review=day),
                                    asset("A3", status="retired", access_groups="low", last_review="2026-03-01"),
                                    asset("A4", status="stock", owner="9", access_groups="low", last_review=day, review_every_days="365")])

    def test_the_assets_own_cadence_replaces_the_profiles(self):
        ldif = user("ann", "9") + group("admins", "ann")
        self.expect("review-overdue", [], ldif, ADMINS, assets=[asset("A1", access_groups="admins", last_review="2025-10-01", review_every_days="365")])
        self.expect("review-overdue", ["admins"], ldif, ADMINS,
                    assets=[asset("A1", access_groups="admins", last_review="2026-03-01", review_every_days="10")])

    def test_an_asset_without_a_group_counts_only_with_a_cadence(self):
        rows = [asset("A1", last_review="2020-01-01"), asset("A2", last_review="2020-01-01", review_every_days="30"),
                asset("A3", last_review="2020-01-01", review_every_days="30", access_groups="nobody-knows")]
        result = self.expect("review-overdue", ["A2", "A3"], user("ann", "9"), assets=rows)
        self.assertEqual({e["subject"]["type"] for e in result.json["exceptions"] if e["control"] == "review-overdue"}, {"asset"})

    def test_never_reviewed_counts_from_the_first_run(self):
        ldif = user("ann", "9") + group("admins", "ann")
        site = self.open(world(ldif, ADMINS + 'freshness: { directory_hours = 8000; people_days = 999; assets_days = 999; };',
                               assets=[asset("A1", review_every_days="30")]))
        self.assertEqual(site.run().code, 0)
        self.assertEqual(site.exceptions("--control", "review-overdue"), [])
        self.assertEqual(site.run(as_of="2026-04-10T05:00:00Z").code, 0)
        self.assertEqual(site.exceptions("--control", "review-overdue"), [])
        run = site.run(as_of="2026-06-20T05:00:00Z")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(site.found("--control", "review-overdue"), ["review-overdue\tA1", "review-overdue\tadmins"])


class Assets(RightsTest):
    def test_owners(self):
        people = [person("1", email="ann@example.com", username="ann"), person("2", last_working_day="2026-01-01"),
                  person("3", email="twin@example.com"), person("4", email="twin@example.com")]
        rows = [asset("A1", owner=""), asset("A2", owner="ANN@example.com"), asset("A3", owner="ann"), asset("A4", owner="2"),
                asset("A5", owner="nobody at all"), asset("A6", owner="", status="retired"), asset("A7", owner="", status="lost"),
                asset("A8", owner="", status=""), asset("A9", owner="twin@example.com"), asset("B1", owner="1", custodian="2", kind="service")]
        result = self.expect("asset-without-owner", ["A1", "A8"], user("ann", "1"), people=people, assets=rows)
        self.assertEqual(found(result, "asset-owner-left"), ["A4", "A5", "B1"])
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-owner-left")], [1])

    def test_not_returned(self):
        people = [person("2", last_working_day="2026-01-01")]
        rows = [asset("A1", custodian="2", kind="computer"), asset("A2", custodian="2", kind="phone", status="loan"),
                asset("A3", custodian="2", kind="key", status="repair"), asset("A4", custodian="2", kind="service"),
                asset("A5", custodian="2", kind="Application"), asset("A6", custodian="2", kind="information"),
                asset("A7", custodian="2", kind="phone", status="stock"), asset("A8", custodian="2", kind="phone", status="lost"),
                asset("A9", owner="2", kind="phone")]
        self.expect("asset-not-returned", ["A1", "A2", "A3"], user("ann", "9"), people=people, assets=rows)

    def computer(self, name, host="", seen="2026-03-15", control=4096, rid=2001):
        used = f"lastLogonTimestamp: {filetime(seen)}\n" if seen else ""
        return ad_entry(name, ("user", "computer"), f"{DOMAIN}-{rid}", f"userAccountControl: {control}\n{used}"
                        + (f"dNSHostName: {host}\n" if host else ""), "OU=computers").replace(f"sAMAccountName: {name}", f"sAMAccountName: {name}$")

    def ad(self, control, expected, computers, rows, **options):
        return self.expect(control, expected, ad_user("ann", 1101, "9") + "".join(computers), server="active-directory", assets=rows, **options)

    def test_unregistered(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", "2026-02-25", rid=2),
                     self.computer("PC3", "pc3.example.com", "2026-02-20", rid=3), self.computer("PC4", "pc4.example.com", "", rid=4),
                     self.computer("PC5", "pc5.example.com", control=4098, rid=5), self.computer("PC6", "pc6.example.com", rid=6),
                     self.computer("PC7", "pc7.example.com", rid=7), self.computer("PC8", "pc8.example.com", rid=8)]
        rows = [asset("A6", kind="computer", hostname="PC6"), asset("A7", kind="computer", hostname="pc7.example.com"),
                asset("A8", kind="computer", hostname="pc8.other.com")]
        result = self.ad("computer-unregistered", ["PC1", "PC2", "PC8"], computers, rows)
        row = next(e for e in result.json["exceptions"] if e["control"] == "computer-unregistered")
        self.assertEqual((row["subject"]["type"], row["severity"]), ("computer", "high"))

    def test_ghosts(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", "2025-12-05", rid=2),
                     self.computer("PC3", "pc3.example.com", "2025-11-20", rid=3), self.computer("PC4", "pc4.example.com", "", rid=4),
                     self.computer("PC5", "pc5.example.com", control=4098, rid=5)]
        rows = [asset(f"A{i}", kind="computer", hostname=f"pc{i}") for i in range(1, 7)]
        rows += [asset("A7", kind="computer"), asset("A8", kind="computer", hostname="pc8", status="stock"), asset("A9", kind="phone", hostname="pc9")]
        result = self.ad("asset-ghost", ["A3", "A4", "A5", "A6"], computers, rows)
        self.assertEqual([row["subjects"] for row in unjudged(result, "asset-ghost")], [1])
        result = self.expect("asset-ghost", [], user("ann", "9"), assets=rows)
        self.assertTrue(unjudged(result, "asset-ghost"))

    def test_hostnames(self):
        computers = [self.computer("PC1", "pc1.a.com", rid=1), self.computer("PC1X", "pc1.b.com", rid=2), self.computer("PC2", rid=3),
                     self.computer("PC3", "pc3.a.com", rid=4), self.computer("PC4", "PC4.A.COM", rid=5)]
        rows = [asset("A1", kind="computer", hostname="pc1"), asset("A2", kind="computer", hostname="pc2"), asset("A3", kind="computer", hostname="pc3.b.com"),
                asset("A4", kind="Computer", hostname="pc4.a.com")]
        result = self.ad("asset-ghost", ["A1", "A3"], computers, rows)
        self.assertEqual(found(result, "computer-unregistered"), ["PC1", "PC1X", "PC3"])

    def test_a_serial_number_registers_a_computer_too(self):
        computers = [self.computer("PC1", "pc1.a.com", rid=1).replace("cn: PC1\n", "cn: PC1\nserialNumber: SN-1\n")]
        self.ad("computer-unregistered", [], computers, [asset("A1", kind="computer", hostname="other", serial="sn-1")])

    def test_computers_of_openldap_by_their_filter(self):
        device = ("dn: cn=pc1,ou=hosts,dc=example,dc=com\nobjectClass: device\ncn: pc1\ncreateTimestamp: 20200101000000Z\n"
                  "modifyTimestamp: 20260316200000Z\npwdLastSuccess: 20260316080000Z\n\n")
        for corp, expected in (("", []), ('computer_filter = "(objectClass=device)";', ["pc1"])):
            result = self.expect("computer-unregistered", expected, user("ann", "9") + device, assets=[asset("A1")], corp=corp)
            self.assertEqual(result.json["run"]["sources"][0]["counts"]["computers"], len(expected))

    def test_retired_but_active(self):
        computers = [self.computer("PC1", "pc1.example.com", rid=1), self.computer("PC2", "pc2.example.com", rid=2),
                     self.computer("PC3", "pc3.example.com", control=4098, rid=3), self.computer("PC4", "pc4.example.com", rid=4)]
        rows = [asset("A1", kind="computer", hostname="pc1", status="retired"), asset("A2", kind="computer", hostname="pc2", status="lost"),
                asset("A3", kind="computer", hostname="pc3", status="retired"), asset("A4", kind="computer", hostname="pc4", status="retired"),
                asset("B4", kind="computer", hostname="pc4.example.com")]
        self.ad("asset-retired-active", ["A1", "A2"], computers, rows)


class Owners(RightsTest):
    CLASSES = 'account_classes: ( { class = "service"; name = "svc-*"; }, { class = "shared"; name = "box-*"; } );'

    def test_owners_of_accounts_and_groups(self):
        def owner(name):
            return f"owner: {name}\n"

        def dn(name):
            return owner(f"uid={name},ou=people,dc=example,dc=com")
        ldif = (user("ann", "1") + user("gone", "2", extra=LOCKED) + user("off", "3", extra=LOCKED) + user("adm-off", "3")
                + user("svc-none") + user("svc-here", extra=dn("ann")) + user("svc-left", extra=dn("gone")) + user("box-left", extra=owner("2"))
                + user("svc-nobody", extra=owner("no such one")) + user("svc-off", extra=dn("off")) + user("svc-dead", extra=dn("gone") + LOCKED)
                + user("svc-group", extra=owner("cn=team,ou=groups,dc=example,dc=com")) + group("team", "ann") + group("lost", "ann", extra=dn("gone")))
        people = [person("1"), person("2", last_working_day="2026-01-01"), person("3")]
        result = self.expect("service-without-owner", ["svc-none", "svc-nobody"], ldif, self.CLASSES, people=people)
        self.assertEqual(found(result, "owner-left"), ["box-left", "lost", "svc-left", "svc-off"])


class Output(RightsTest):
    LDIF = (user("ann", "1") + user("adm-ann", "1") + group("ops", "ann") + group("inner", "@ops") + group("admins", "@inner", "@ops", extra="owner: uid=adm-ann,ou=people,dc=example,dc=com\n")
            + group("other", "adm-ann", extra="owner: uid=adm-ann,ou=people,dc=example,dc=com\n") + user("boss", "2", extra=LOCKED))

    def site(self):
        site = self.open(world(self.LDIF, ADMINS + ADM, people=[person("1"), person("2")], approvals=NOBODY,
                               assets=[asset("A1", owner="1", access_groups="other")]))
        self.assertEqual(site.run().code, 0)
        return site

    def test_an_exception_field_by_field(self):
        site = self.site()
        answer = site.rightful("exceptions", "--json").json
        self.assertEqual(list(answer), ["schema_version", "run", "exceptions"])
        self.assertEqual(answer["schema_version"], 1)
        self.assertEqual(set(answer["run"]), {"id", "as_of", "status", "sources"})
        rows = {e["control"]: e for e in answer["exceptions"]}
        self.assertEqual(sorted(rows), ["privileged-nested", "privileged-unapproved"])
        row = rows["privileged-nested"]
        expected = {"control": "privileged-nested", "severity": "high", "status": "open",
                    "subject": {"type": "right", "source": "corp", "key": "uid=ann,ou=people,dc=example,dc=com", "name": "ann",
                                "dn": "uid=ann,ou=people,dc=example,dc=com"},
                    "object": {"type": "group", "source": "corp", "key": "cn=admins,ou=groups,dc=example,dc=com", "name": "admins",
                               "dn": "cn=admins,ou=groups,dc=example,dc=com"},
                    "person": {"id": "1", "name": "Person 1"},
                    "references": {"iso27001_2022": ["8.2", "8.3"], "iso27001_2013": ["A.9.2.3", "A.9.4.1"], "nist_800_53": ["AC-6"]},
                    "first_seen": AS_OF, "last_seen": AS_OF, "due": "2026-03-24T05:00:00Z", "owner": None, "run": 1}
        self.assertEqual({key: row[key] for key in expected}, expected)
        self.assertRegex(row["id"], r"^EX-\d{6}$")
        self.assertEqual((row["rule"]["profile"], row["rule"]["thresholds"]), ("iso27001", {}))
        self.assertRegex(row["rule"]["config"], r"^sha256:[0-9a-f]{64}$")
        self.assertEqual(row["evidence"]["path"], ["ops", "admins"])
        self.assertEqual(rows["privileged-unapproved"]["references"],
                         {"iso27001_2022": ["8.2"], "iso27001_2013": ["A.9.2.3"], "nist_800_53": ["AC-6(5)"], "pci_dss_4": ["7.2.3"]})
        for key in ("summary", "action"):
            self.assertTrue(row[key].endswith("."), row[key])

    def test_order_is_severity_control_subject(self):
        site = self.open(world(self.LDIF + user("zed") + user("amy"), ADMINS, people=[person("1"), person("2", status="left")], approvals=NOBODY))
        site.run()
        order = ["critical", "high", "medium", "low"]
        keys = [(order.index(e["severity"]), e["control"], e["subject"]["name"]) for e in site.exceptions()]
        self.assertGreater(len(keys), 3)
        self.assertEqual(keys, sorted(keys))

    def test_every_list_in_every_format(self):
        site = self.site()
        for command in (["exceptions"], ["controls"], ["runs"], ["list", "settings"], ["list", "connectors"], ["list", "formats"], ["person", "1"],
                        ["account", "ann"], ["group", "admins"], ["group", "admins", "--effective"], ["asset", "A1"], ["explain", "ann"],
                        ["explain", "ann", "admins"], ["check"], ["status"], ["run-show", "1"], ["exception", "show", "EX-000001"]):
            with self.subTest(" ".join(command)):
                for arguments in (["-o", "json"], ["--json"]):
                    answer = site.rightful(*command, *arguments)
                    self.assertEqual(answer.code, 0, answer.err)
                    self.assertEqual(answer.json["schema_version"], 1)
                    self.assertTrue(any(isinstance(value, list) for value in answer.json.values()) or command[0] in ("status", "exception"), answer.out)
                if command[0] not in ("status", "run-show", "exception"):
                    self.assertIsInstance(answer.json[command[0]], list)
                lines = site.rightful("-o", "ndjson", *command)
                self.assertEqual(lines.code, 0, lines.err)
                rows = [json.loads(line) for line in lines.out.splitlines()]
                cells = site.rightful(*command, "-o", "csv")
                self.assertEqual(cells.code, 0, cells.err)
                parsed = list(csv.reader(io.StringIO(cells.out)))
                if command != ["status"]:  # one object, but rows of sources
                    self.assertEqual(len(parsed) - 1, len(rows), cells.out)
                self.assertEqual({len(line) for line in parsed}, {len(parsed[0])})
                self.assertEqual(site.rightful(*command).code, 0)

    def test_csv_columns_are_the_json_fields(self):
        site = self.site()

        def flat(value, path=""):
            if isinstance(value, dict) and path not in ("evidence", "rule.thresholds", "rule.set_by", "thresholds", "set_by", "counts.by_severity", "counts.by_control"):
                return {name for key, inner in value.items() for name in flat(inner, f"{path}.{key}" if path else key)}
            return {path}
        for command in (["exceptions"], ["controls"], ["runs"], ["list", "settings"], ["list", "connectors"], ["list", "formats"], ["account", "ann"],
                        ["person", "1"], ["group", "admins"], ["asset", "A1"], ["explain", "ann"], ["check"]):
            header = next(csv.reader(io.StringIO(site.rightful(*command, "-o", "csv").out)))
            for row in site.rightful(*command, "--json").json[command[0]]:
                self.assertEqual(flat(row) - set(header), set(), command)
        row = next(csv.DictReader(io.StringIO(site.rightful("exceptions", "-o", "csv").out)))
        self.assertEqual((row["subject.name"], row["object.name"], row["person.id"]), ("ann", "admins", "1"))

    def test_explain_gives_the_shortest_path_and_the_cut(self):
        site = self.site()
        row = site.rightful("explain", "ann", "admins", "--json").json["explain"][0]
        self.assertTrue(row["is_member"])
        self.assertEqual([(hop["member"], hop["group"], hop["via"]) for hop in row["path"]], [("ann", "ops", "member"), ("ops", "admins", "member")])
        self.assertEqual([(hop["member"], hop["group"]) for hop in row["cut"]], [("ann", "ops")])
        self.assertFalse(site.rightful("explain", "adm-ann", "admins", "--json").json["explain"][0]["is_member"])
        self.assertEqual(site.rightful("explain", "nobody").code, 1)
        self.assertEqual([row["group"] for row in site.rightful("explain", "ann", "--json").json["explain"]], ["admins"])

    def test_explain_gives_a_set_where_several_ways_lead_there(self):
        ldif = user("ann") + group("a", "ann") + group("b", "ann") + group("admins", "@a", "@b")
        row = self.open(world(ldif, ADMINS)).rightful("explain", "ann", "--json").json["explain"][0]
        self.assertEqual(sorted((hop["member"], hop["group"]) for hop in row["cut"]), [("ann", "a"), ("ann", "b")])

    def test_group_effective(self):
        site = self.site()
        members = site.rightful("group", "admins", "--json").json["group"][0]["members"]
        self.assertEqual(sorted(m["name"] for m in members), ["inner", "ops"])
        row = site.rightful("group", "ADMINS", "--effective", "--json").json["group"][0]
        self.assertEqual([m["name"] for m in row["members"]], ["ann"])
        self.assertEqual(row["governed"], ["privileged"])

    def test_list_settings_has_every_key_with_type_default_and_help(self):
        rows = {row["key"]: row for row in self.site().rightful("list", "settings", "--json").json["list"]}
        for key in ("organisation.timezone", "privileged", "controls.dormant-account.days", "controls.dormant-account.enabled",
                    "controls.leaver-active.privileged_hours", "controls.asset-not-returned.high_days", "guards.shrink_percent", "freshness.people_days", "profile"):
            self.assertIn(key, rows)
            self.assertTrue(rows[key]["type"])
            self.assertTrue(rows[key]["help"])
        defaults = {"guards.shrink_percent": "5", "controls.dormant-account.days": "90", "controls.dormant-account.severity": "medium",
                    "controls.leaver-active.privileged_hours": "4", "controls.leaver-active.enabled": "true", "profile": '"iso27001"'}
        self.assertEqual({key: str(rows[key]["default"]) for key in defaults}, defaults)

    def test_controls_say_the_result_of_the_last_run(self):
        rows = {row["id"]: row for row in self.site().rightful("controls", "--json").json["controls"]}
        self.assertEqual(rows["privileged-nested"]["last_run"]["result"], "exceptions")
        self.assertEqual(rows["orphaned-account"]["last_run"]["result"], "pass")
        self.assertIn("no directory shows any computer", rows["asset-ghost"]["last_run"]["reason"])
        self.assertIsNone(rows["orphaned-account"]["last_run"]["reason"])
        self.assertEqual(rows["leaver-active"]["references"]["nist_800_53"], ["AC-2(3)", "PS-4"])


class MoreApprovals(RightsTest):
    def test_the_account_may_be_named_in_every_form(self):
        ldif = ad_user("ann", 1101, extra="userPrincipalName: ann@example.com\n") + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        for account in ("ann", "ANN@example.com", "CN=ann, OU=People,DC=example,DC=com"):
            for name in ("Domain Admins", DOMAIN + "-512", "cn=domain admins,ou=groups,dc=example,dc=com"):
                self.expect("privileged-unapproved", [], ldif, approvals=[approval(name, account=account)], server="active-directory")

    def test_a_person_approved_under_an_old_id(self):
        ldif = user("ann", "1") + group("admins", "ann")
        self.expect("privileged-unapproved", [], ldif, ADMINS, people=[person("1", previous_ids="OLD")], approvals=[approval("admins", person_id="OLD")])

    def test_another_account_of_the_same_person_may_not_approve(self):
        ldif = user("ann", "1") + user("adm-ann", "1") + group("admins", "ann")
        self.expect("privileged-unapproved", ["ann/admins"], ldif, ADMINS, people=[person("1")],
                    approvals=[approval("admins", account="ann", approved_by="adm-ann")])

    def test_the_owner_of_a_service_account_may_approve_for_it(self):
        ldif = user("ann", "1") + user("svc-x", extra="owner: uid=ann,ou=people,dc=example,dc=com\n") + group("admins", "svc-x")
        config = (ADMINS + 'account_classes: ( { class = "service"; name = "svc-*"; } );'
                  'entitlements: ( { group = "admins"; allowed = ( { id = "nobody"; } ); } );')
        for row, expected in ((approval("admins", account="svc-x", approved_by="ann"), []),
                              (approval("admins", account="svc-x", approved_by="svc-x"), ["svc-x/admins"])):
            result = self.expect("privileged-unapproved", expected, ldif, config, people=[person("1")], approvals=[row])
            self.assertEqual(found(result, "excess-privilege"), expected)

    def test_one_valid_row_among_invalid_ones_suffices(self):
        ldif = user("ann", "1") + group("admins", "ann")
        rows = [approval("admins", account="ann", expires_on="2020-01-01"), {**approval("admins", account="ann"), "id": "T-2"}]
        self.expect("privileged-unapproved", [], ldif, ADMINS, people=[person("1")], approvals=rows)

    def test_a_row_that_names_neither_account_nor_person_is_rejected_and_one_without_group_is_not(self):
        site = self.open(world(user("ann", "1") + group("admins", "ann"), ADMINS, people=[person("1")],
                               approvals=[approval("admins"), {**approval("", account="ann"), "id": "T-9"}]))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        counts = next(s for s in run.json["run"]["sources"] if s["name"] == "tickets")["counts"]
        self.assertEqual((counts["kept"], counts["rejected"]), (1, 1), run.err)
        self.assertIn("tickets.csv:2", run.err)


class MoreRights(RightsTest):
    def test_nearest_is_judged_for_each_kind_of_governing(self):
        people = [person("1", last_working_day="2026-01-01")]
        ldif = user("ann", "1", extra=LOCKED) + group("inner", "ann") + group("outer", "@inner")
        both = [asset("A1", access_groups="inner")]
        self.expect("leaver-rights", ["ann/inner", "ann/outer"], ldif, 'privileged = [ "outer" ];', people=people, assets=both)
        self.expect("leaver-rights", ["ann/inner"], ldif, people=people, assets=[asset("A1", access_groups="inner|outer")])
        self.expect("leaver-rights", ["ann/inner", "ann/outer"], ldif, 'entitlements: ( { group = "outer"; } );', people=people,
                    assets=[asset("A1", access_groups="inner|outer")])
        self.expect("leaver-rights", [], ldif, people=people, assets=[asset("A1", access_groups="inner", status="retired")])

    def test_leaver_rights_has_24_hours_for_privileged_groups_right_by_right(self):
        people = [person("1", last_working_day="2026-03-10")]
        ldif = user("ann", "1", extra=LOCKED) + group("admins", "ann") + group("crm", "ann")
        self.expect("leaver-rights", ["ann/admins"], ldif, ADMINS, people=people, assets=[asset("A1", access_groups="crm")])

    def test_a_dn_of_another_source_is_a_listed_member(self):
        partner = ad_user("pat", 1103, domain="S-1-5-21-7-8-9").replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = ad_user("ann", 1101) + ad_group("Domain Admins", DOMAIN + "-512", "CN=pat,OU=people,DC=partner,DC=com")
        result = self.expect("privileged-unapproved", ["pat/Domain Admins"], ldif, approvals=NOBODY, server="active-directory", partner_ldif=partner,
                             more='{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }')
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_while_one_directory_is_missing_its_rights_stay_as_they_are(self):
        more = '{ name = "partner"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "partner.ldif"; }'
        other = "S-1-5-21-7-8-9"
        partner = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=partner,DC=com")
        ldif = (ad_user("ann", 1101) + foreign(other + "-1103")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", f"CN={other}-1103,CN=ForeignSecurityPrincipals,DC=example,DC=com"))
        site = self.open(world(ldif, approvals=NOBODY, server="active-directory", partner_ldif=partner, more=more))
        self.assertEqual(site.run().code, 0)
        before = site.found()
        self.assertIn("privileged-nested\tpat\tDomain Admins", before)
        site.write("partner.ldif", partner[:-40] + "\nobjectSid:: !!!\n")
        self.assertEqual(site.run().code, 3)
        self.assertEqual(sorted(set(before) - set(site.found())), [])

    def test_rights_of_an_application_table(self):
        config = 'privileged = [ "app-admins" ]; entitlements: ( { group = "pay"; allowed = ( { department = "Finance"; } ); } );'
        table_of = "id,name,employee_id,enabled,last_logon,created,class,owner,groups\n" \
                   "a1,ann,1,true,2026-03-16T08:00:00Z,2020-01-01T00:00:00Z,,,app-admins|pay\n" \
                   "a2,robot,,yes,2026-03-16T08:00:00Z,2020-01-01T00:00:00Z,service,,pay\n" \
                   "a3,old,1,no,,,,,app-admins\n"
        result = self.expect("privileged-unapproved", ["ann/app-admins"], user("zoe", "9"), config, people=[person("1", department="Sales")],
                             approvals=NOBODY, app_csv=table_of, more='{ name = "app"; kind = "csv"; provides = "accounts"; path = "app.csv"; }')
        self.assertEqual(found(result, "excess-privilege"), ["ann/pay", "robot/pay"])
        self.assertEqual(found(result, "service-without-owner"), ["robot"])
        self.assertEqual(found(result, "privileged-nested"), [])

    def test_severity_rises_for_the_privileged_but_not_where_the_control_is_about_that(self):
        ldif = user("ann") + user("bob") + group("inner", "ann") + group("admins", "@inner")
        result = self.judge(ldif, ADMINS + 'entitlements: ( { group = "admins"; allowed = ( { id = "x"; } ); } );', approvals=NOBODY)
        got = {line_of(e).replace("\t", " "): e["severity"] for e in result.json["exceptions"]}
        self.assertEqual(got, {"orphaned-account ann": "critical", "orphaned-account bob": "high", "excess-privilege ann admins": "high",
                               "privileged-nested ann admins": "high", "privileged-unapproved ann admins": "high",
                               "group-without-owner admins": "medium"})

    def test_identity_survives_new_names_and_dns(self):
        ldif = ad_user("ann", 1101) + ad_group("Domain Admins", DOMAIN + "-512", "ann")
        site = self.open(world(ldif, approvals=NOBODY, server="active-directory"))
        site.run()
        before = {e["id"] for e in site.exceptions()}
        renamed = (ldif.replace("CN=ann,OU=people", "CN=Anna New,OU=elsewhere").replace("sAMAccountName: ann", "sAMAccountName: anew")
                   .replace("CN=Domain Admins,", "CN=Chefs,").replace("sAMAccountName: Domain Admins", "sAMAccountName: Chefs"))
        site.write("corp.ldif", renamed)
        run = site.run("--accept", "corp:branch.OU=people,DC=example,DC=com", "--reason", "moved")
        self.assertEqual((run.code, run.json["counts"]["new"], run.json["counts"]["resolved"]), (0, 0, 0), run.err)
        self.assertEqual({e["id"] for e in site.exceptions()}, before)
        self.assertIn("privileged-unapproved\tanew\tChefs", site.found())

    def test_a_privileged_group_under_a_localised_name_in_utf8(self):
        name = "Domänen-Admins"
        ldif = ad_user("ann", 1101) + ad_group("DA", DOMAIN + "-512", "ann").replace("sAMAccountName: DA\n", encoded("sAMAccountName", name.encode()))
        self.expect("privileged-unapproved", ["ann/" + name], ldif, approvals=NOBODY, server="active-directory")
        self.expect("excess-privilege", ["ann/" + name], ldif, 'entitlements: ( { group = "DOMÄNEN-ADMINS"; } );', server="active-directory")

    def test_sides_that_contain_each_other_are_both_held(self):
        ldif = user("ann", "1") + group("approve", "ann") + group("pay", "@approve")
        self.expect("segregation-conflict", ["Person 1/r"], ldif, 'segregation: ( { id = "r"; a = ["pay"]; b = ["approve"]; } );', people=[person("1")])

    def test_explain_says_how_a_right_was_granted(self):
        ldif = (ad_user("ann", 1101, extra="primaryGroupID: 512\n") + ad_group("Domain Admins", DOMAIN + "-512")
                + ad_group("Administrators", "S-1-5-32-544", "@Domain Admins"))
        site = self.open(world(ldif, server="active-directory"))
        rows = {row["group"]: row for row in site.rightful("explain", "ann", "--json").json["explain"]}
        self.assertEqual(sorted(rows), ["Administrators", "Domain Admins"])
        self.assertEqual([hop["via"] for hop in rows["Administrators"]["path"]], ["primary group", "member"])
        self.assertIn("primary group", site.rightful("explain", "ann").out)

    def test_without_people_rights_that_rest_on_them_are_not_evaluable(self):
        site = self.open(Site(HEAD + 'sources: ( { name = "corp"; kind = "ldif"; provides = "directory"; server = "openldap"; path = "corp.ldif"; } );'
                              + ADMINS + 'entitlements: ( { group = "admins"; allowed = ( { id = "1"; } ); } );',
                              {"corp.ldif": user("ann", "1") + group("inner", "ann") + group("admins", "@inner")}))
        run = site.run()
        self.assertEqual(run.code, 0, run.err)
        for control in ("excess-privilege", "segregation-conflict", "leaver-active", "asset-ghost"):
            self.assertTrue(unjudged(run, control), control)
        self.assertIn("privileged-nested\tann\tadmins", site.found())

    def test_thresholds_of_an_exception_are_those_it_was_judged_by(self):
        ldif = user("ann", "1").replace("pwdLastSuccess: 20260316080000Z", "pwdLastSuccess: 20260101080000Z")
        config = 'profile = [ "soc2", "pci" ]; controls: { dormant-account: { days = 60; severity = "high"; }; };'
        site = self.open(world(ldif, config, people=[person("1")]))
        self.assertEqual(site.run().code, 0)
        rows = site.exceptions()
        self.assertEqual([(e["control"], e["severity"]) for e in rows], [("dormant-account", "high")])
        self.assertEqual(rows[0]["rule"]["thresholds"], {"days": 60, "privileged_days": 30})
        self.assertIn("soc2", rows[0]["rule"]["profile"])
        self.assertIn("pci", rows[0]["rule"]["profile"])

    def test_a_limit_passes_only_when_more_than_it_is_over(self):
        ldif = user("ann", "1").replace("pwdLastSuccess: 20260316080000Z", "pwdLastSuccess: 20260115050000Z")
        for seconds, expected in ((0, []), (1, ["ann"])):
            self.expect("dormant-account", expected, ldif, "controls: { dormant-account: { days = 61; }; };", people=[person("1")],
                        as_of=f"2026-03-17T05:00:0{seconds}Z")


class Configuration(RightsTest):
    def refused(self, config, *words):
        result = self.open(world(user("ann"), config)).rightful("check", "--offline")
        self.assertEqual(result.code, 78, result.out + result.err)
        for word in words:
            self.assertIn(word, result.err)

    def test_mistakes_are_named(self):
        self.refused('profile = "iso";', "rightful.conf:", "profile", "iso27001")
        self.refused('controls: { leaver-activ: { hours = 1; }; };', "leaver-activ", "did you mean", "leaver-active")
        self.refused('controls: { leaver-active: { hour = 1; }; };', "hour", "did you mean")
        self.refused('controls: { orphaned-account: { days = 3; }; };', "days")
        self.refused('controls: { leaver-active: { severity = "urgent"; }; };', "severity", "critical")
        self.refused('controls: { leaver-active: { hours = -1; }; };', "hours")
        self.refused('account_classes: ( { class = "robot"; name = "x"; } );', "class", "service")
        self.refused('segregation: ( { id = "a"; a = ["x"]; b = ["y"]; }, { id = "a"; a = ["x"]; b = ["y"]; } );', "twice")
        self.refused('entitlements: ( { group = "x"; allowed = ( { departement = "y"; } ); } );', "departement", "department")
        self.refused('privileged = "admins"; colour = 1;', "privileged", "colour")


class Entries(RightsTest):
    def counts(self, ldif, server="openldap", corp="", config=""):
        result = self.judge(ldif, config, server=server, corp=corp)
        source = result.json["run"]["sources"][0]
        self.assertEqual(source["status"], "complete", source)
        self.assertEqual(source["counts"]["pulled"], source["counts"]["kept"] + source["counts"]["rejected"] + source["counts"]["excluded"])
        return source

    def test_what_is_an_account_and_what_a_group_in_openldap(self):
        ldif = user("a1") + user("a2", classes="posixAccount") + user("a3", classes="account")
        for number, name in enumerate(("groupOfNames", "groupOfUniqueNames", "groupOfMembers", "posixGroup", "groupOfURLs", "group")):
            ldif += group(f"g{number}", classes=name)
        ldif += "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n"
        ldif += "dn: cn=pc,dc=example,dc=com\nobjectClass: device\ncn: pc\n\n"
        ldif += user("none").replace("uid: none\n", "")
        source = self.counts(ldif)
        self.assertEqual({k: source["counts"][k] for k in ("accounts", "groups", "computers", "rejected")},
                         {"accounts": 3, "groups": 6, "computers": 0, "rejected": 0})
        self.assertEqual(source["exclusions"].get("no-name"), 1, source)

    def test_what_is_an_account_and_what_a_group_in_active_directory(self):
        ldif = (ad_user("a1", 1) + ad_user("a2", 2, classes=("top", "person", "organizationalPerson", "user")) + ad_group("g1", DOMAIN + "-3")
                + ad_user("pc$", 4, classes=("user", "computer"), control=4096)
                + ad_user("gmsa$", 5, classes=("user", "computer", "msDS-GroupManagedServiceAccount"))
                + ad_user("smsa$", 6, classes=("user", "computer", "msDS-ManagedServiceAccount"))
                + ad_user("contact", 7, classes=("contact",)) + foreign("S-1-5-11") + ad_user("none", 8).replace("sAMAccountName: none\n", ""))
        source = self.counts(ldif, "active-directory")
        self.assertEqual({k: source["counts"][k] for k in ("accounts", "groups", "computers", "rejected")},
                         {"accounts": 4, "groups": 1, "computers": 1, "rejected": 0})
        self.assertEqual(source["exclusions"].get("no-name"), 1, source)

    def test_filters_hold_for_files_too(self):
        ldif = user("ann", extra="employeeType: staff\n") + user("bob") + group("g1", extra="description: x\n") + group("g2")
        source = self.counts(ldif, corp='account_filter = "(&(objectClass=inetOrgPerson)(employeeType=staff))"; group_filter = "(description=*)";')
        self.assertEqual((source["counts"]["accounts"], source["counts"]["groups"]), (1, 1))

    def test_without_operational_attributes_nobody_knows_who_is_locked(self):
        bare = ("dn: uid={0},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {0}\ncn: {0}\nsn: {0}\n"
                "objectClass: posixAccount\nloginShell: /usr/sbin/nologin\n\n")
        ldif = bare.format("ann") + group("admins", "ann").replace("modifyTimestamp: 20260316200000Z\n", "")
        for lock_state, orphans in (("auto", []), ("none", ["ann"]), ("recorded", ["ann"])):
            result = self.expect("orphaned-account", orphans, ldif, ADMINS, approvals=NOBODY, corp=f'lock_state = "{lock_state}";')
            self.assertEqual(found(result, "privileged-unapproved"), ["ann/admins"])
            self.assertEqual(bool(unjudged(result, "orphaned-account")), lock_state == "auto")

    def test_a_computers_account_in_no_class_of_people(self):
        ldif = ad_user("pc$", 4, classes=("user", "computer"), control=4096) + ad_user("ann", 5, "9")
        ldif += ad_group("Domain Admins", DOMAIN + "-512", "pc$")
        result = self.expect("privileged-unapproved", [], ldif, approvals=NOBODY, server="active-directory")
        self.assertEqual(found(result, "orphaned-account"), [])

    def test_domain_users_in_a_privileged_group_is_everybody(self):
        ldif = (ad_user("ann", 1101, extra="primaryGroupID: 513\n") + ad_user("bob", 1102, extra="primaryGroupID: 513\n")
                + ad_group("Domain Users", DOMAIN + "-513") + ad_group("Backup", "S-1-5-32-551", "@Domain Users"))
        result = self.expect("privileged-nested", ["ann/Backup", "bob/Backup"], ldif, server="active-directory")
        row = next(e for e in result.json["exceptions"] if e["control"] == "privileged-nested")
        self.assertEqual(row["evidence"]["path"], ["Domain Users", "Backup"])
        self.assertEqual(row["evidence"]["granted_by"], "primary group")


class Foreigners(RightsTest):
    """Guests, foreign principals and everybody: group-foreign-member, a right of the nearest governed group."""

    def test_an_unknown_sid_and_a_well_known_one_are_told_for_the_governed_group(self):
        ldif = (ad_user("ann", 1101) + foreign("S-1-5-21-9-9-9-1104") + foreign("S-1-5-11") + ad_group("ops", DOMAIN + "-1300", "S-1-5-11")
                + ad_group("Domain Admins", DOMAIN + "-512", "ann", "@ops", "S-1-5-21-9-9-9-1104", extra="adminCount: 1\n"))
        result = self.expect("group-foreign-member", ["S-1-5-11/Domain Admins", "S-1-5-21-9-9-9-1104/Domain Admins"], ldif,
                             server="active-directory")
        row = next(e for e in result.json["exceptions"] if e["subject"]["key"] == "S-1-5-11")
        self.assertEqual((row["subject"]["type"], row["subject"]["source"], row["object"]["name"], row["person"], row["severity"]),
                         ("right", "corp", "Domain Admins", None, "critical"))
        self.assertEqual(row["evidence"]["path"], ["ops", "Domain Admins"])
        self.assertTrue(row["evidence"]["everybody"])
        self.assertTrue(row["summary"].startswith("Everybody is in Domain Admins: Authenticated Users (S-1-5-11) is its member"))
        self.assertEqual(found(result, "privileged-unapproved"), [])  # nobody is told for what everybody has

    def test_a_guest_is_told_for_every_governed_group(self):
        ldif = user("ann", "1") + user("ext-eve", "") + group("payments", "ann", "ext-eve")
        self.expect("group-foreign-member", ["ext-eve/payments"], ldif,
                    'entitlements: ( { group = "payments"; allowed = ( { id = "*"; } ); } ); account_classes: ( { class = "guest"; name = "ext-*"; } );', people=[person("1")], approvals=NOBODY)

    def test_an_exception_of_a_foreign_principal_lives_as_others_do(self):
        def ldif(member):
            return (ad_user("ann", 1101) + foreign("S-1-5-21-9-9-9-1104")
                    + ad_group("Domain Admins", DOMAIN + "-512", "ann", *member, extra="adminCount: 1\n"))

        site = self.open(world(ldif(["S-1-5-21-9-9-9-1104"]), server="active-directory"))
        site.run()
        row = site.exceptions("--control", "group-foreign-member")[0]
        self.assertEqual(site.run().json["counts"]["new"], 0)
        site.write("corp.ldif", ldif([]))
        site.run()
        gone = [e for e in site.ledger() if e["id"] == row["id"]]
        self.assertEqual([e["status"] for e in gone], ["resolved"])
        site.write("corp.ldif", ldif(["S-1-5-21-9-9-9-1104"]))
        site.run()
        self.assertEqual([e["id"] for e in site.exceptions("--control", "group-foreign-member")], [row["id"]])

    def test_who_had_the_sid_is_a_member_whether_its_domain_was_read_or_not(self):
        other = "S-1-5-21-7-8-9"
        more = '{ name = "old"; kind = "ldif"; provides = "directory"; server = "active-directory"; path = "old.ldif"; }'
        old = ad_user("pat", 1103, domain=other).replace("DC=example,DC=com", "DC=old,DC=com")
        ldif = (ad_user("ann", 1101, extra=encoded("sIDHistory", sid(other + "-1103"))) + foreign(other + "-1103")
                + ad_group("Domain Admins", DOMAIN + "-512", other + "-1103", extra="adminCount: 1\n"))
        site = self.open(world(ldif, server="active-directory", old_ldif=old, more=more))
        site.run()
        before = site.found()
        for line in ("privileged-nested\tann\tDomain Admins", "privileged-nested\tpat\tDomain Admins", "privileged-residue\tann"):
            self.assertIn(line, before)
        ledger = site.ledger()
        site.write("old.ldif", "cut")
        self.assertEqual(site.run().code, 3)
        strip = lambda rows: [{**row, "last_seen": None, "run": None} for row in rows if row["control"] != "source-incomplete"]
        self.assertEqual(strip(site.ledger()), strip(ledger))

    def test_a_distribution_group_grants_nothing_but_explains_admin_count(self):
        ldif = (ad_user("ann", 1101, extra="adminCount: 1\n") + ad_user("bob", 1102, extra="adminCount: 1\n")
                + ad_group("news", DOMAIN + "-1300", "ann", kind=2)
                + ad_group("Domain Admins", DOMAIN + "-512", "@news", extra="adminCount: 1\n"))
        result = self.expect("privileged-residue", ["bob"], ldif, server="active-directory")
        self.assertEqual(found(result, "privileged-nested"), [])


class Filters(RightsTest):
    def test_the_list_can_be_narrowed(self):
        ldif = (user("ann", "1") + user("adm-ann", "1") + user("bob") + group("inner", "ann") + group("admins", "@inner"))
        site = self.open(world(ldif, ADMINS + ADM, people=[person("1")], approvals=NOBODY))
        site.run()
        self.assertEqual(site.found("--person", "1"), ["privileged-nested\tann\tadmins", "privileged-unapproved\tann\tadmins"])
        self.assertEqual(site.found("--person", "Person 1"), site.found("--person", "1"))
        self.assertEqual(site.found("--account", "ANN"), site.found("--person", "1"))
        self.assertEqual(site.found("--account", "bob"), ["orphaned-account\tbob"])
        self.assertEqual(site.found("--control", "orphaned-account"), ["orphaned-account\tbob"])
        self.assertEqual(len(site.found("--severity", "high")), 3)
        self.assertEqual(site.found("--severity", "medium"), ["group-without-owner\tadmins"])
        self.assertEqual(site.found("--status", "resolved"), [])
        self.assertEqual(len(site.found("--new")), 4)
        site.run()
        self.assertEqual(site.found("--new"), [])
        number = site.exceptions("--control", "orphaned-account")[0]["id"]
        self.assertEqual(site.rightful("exception", "assign", number, "--to", "9").code, 0)
        row = site.exceptions("--status", "assigned")[0]
        self.assertEqual((row["id"], row["status"], row["owner"]), (number, "assigned", "9"))
        self.assertEqual(len(site.found()), 4)
        for wrong in (["--control", "nothing"], ["--severity", "bad"], ["--status", "shut"]):
            self.assertEqual(site.rightful("exceptions", *wrong).code, 2)
        self.assertEqual(site.rightful("exception", "show", "EX-000999").code, 1)
        shown = site.rightful("exception", "show", number, "--json").json
        self.assertEqual(shown["schema_version"], 1)

    def test_before_any_run_lists_are_empty(self):
        site = self.open(world(user("ann", "1"), ADMINS))
        self.assertEqual(site.rightful("exceptions", "--json").json, {"schema_version": 1, "run": None, "exceptions": []})
        for command in (["runs"], ["status"], ["controls"], ["exceptions", "-o", "csv"]):
            self.assertEqual(site.rightful(*command).code, 0)

    def test_fail_on(self):
        site = self.open(world(user("bob"), ADMINS))
        self.assertEqual(site.run("--fail-on", "critical").code, 0)
        self.assertEqual(site.run("--fail-on", "high").code, 4)
        self.assertEqual(site.run("--fail-on", "low").code, 4)
        self.assertEqual(site.run("--fail-on", "worst").code, 2)


if __name__ == "__main__":
    unittest.main()
