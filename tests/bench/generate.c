/* generate.c: writes the synthetic company of the benchmark.
 *
 *   generate ACCOUNTS FOLDER   →   directory.ldif people.csv assets.csv approvals.csv rightful.conf
 *
 * Shape: 92 % person, 3 % admin, 4 % service and 1 % orphaned accounts; ACCOUNTS/5 groups with sizes by Zipf's law (the
 * biggest holds 78 %), 9.7 direct memberships an account, 45 % of the groups nested up to 12 levels, some loops;
 * ACCOUNTS/2 computers; assets 0.74 an account. About 1.75 KB of LDIF an account; a million takes some ten seconds. */
#include "company.h"
#include "writer.h"

#include <stdlib.h>

#define SUFFIX "dc=bench,dc=example"

/* ---- directory ---- */

static void put_attribute(Writer *w, const char *name, const char *value)
{
    put(w, name);
    if (g_str_is_ascii(value)) {
        put(w, ": ");
        put(w, value);
    } else {
        put(w, ":: ");
        put_base64(w, value);
    }
    put(w, "\n");
}

static void put_time_attribute(Writer *w, const char *name, int64_t utc)
{
    put(w, name);
    put(w, ": ");
    put_time(w, utc);
    put(w, "\n");
}

static void put_account_dn(Writer *w, const Company *c, uint32_t account)
{
    char name[TEXT_SIZE];
    company_account_name(c, account, name);
    put(w, "uid=");
    put(w, name);
    put(w, company_class(c, account) == ACCOUNT_SERVICE ? ",ou=Services," SUFFIX "\n" : ",ou=People," SUFFIX "\n");
}

static void put_group_dn(Writer *w, uint32_t group)
{
    put(w, "cn=g");
    put_number(w, group, 7);
    put(w, ",ou=Groups," SUFFIX "\n");
}

/* What a real export carries beside the data; ends the entry. */
static void put_operational(Writer *w, uint64_t id, const char *class, int64_t created, int64_t modified)
{
    put_attribute(w, "structuralObjectClass", class);
    put(w, "entryUUID: ");
    put_uuid(w, ask(ASK_UUID, id), ask(ASK_UUID_LOW, id));
    put(w, "\ncreatorsName: cn=admin," SUFFIX "\n");
    put_time_attribute(w, "createTimestamp", created);
    put(w, "entryCSN: ");
    put_time(w, modified);
    w->length--; /* its Z: a CSN has microseconds */
    put(w, ".000000Z#000000#000#000000\nmodifiersName: cn=admin," SUFFIX "\n");
    put_time_attribute(w, "modifyTimestamp", modified);
    put(w, "\n");
}

static void put_owner(Writer *w, const Company *c, Choice owner)
{
    if (owner.kind == CHOICE_NONE)
        return;
    put(w, "owner: ");
    if (owner.kind == CHOICE_NOBODY)
        put(w, "uid=gone,ou=People," SUFFIX "\n");
    else if (owner.kind == CHOICE_GROUP)
        put_group_dn(w, owner.id);
    else
        put_account_dn(w, c, owner.id);
}

static void put_person_attributes(Writer *w, const Company *c, uint32_t account, const AccountState *state)
{
    uint32_t person = company_person_of(c, account);
    char text[TEXT_SIZE];

    company_full_name(person, text);
    put_attribute(w, "displayName", text);
    put_attribute(w, "departmentNumber", company_department(person));
    put_attribute(w, "title", company_title(person));
    put(w, "manager: ");
    put_account_dn(w, c, person / 8);
    if (state->shows_mail) {
        company_mail(person, true, text);
        put_attribute(w, "mail", text);
    }
    if (state->shows_number) {
        put(w, "employeeNumber: ");
        put_number(w, person, 8);
        put(w, "\n");
    }
}

/* Attributes that no control needs: most of what a directory sends. */
static void put_ballast(Writer *w, uint32_t account)
{
    put(w, "telephoneNumber: +49 30 ");
    put_number(w, ask_below(ASK_PHONE, account, 100000000), 8);
    put(w, "\npostalAddress: Beispielstrasse 17$10115 Berlin$Germany\npreferredLanguage: de-DE\nroomNumber: B-");
    put_number(w, account % 900, 3);
    put(w, "\ndescription: Made by the joiner workflow, request ");
    put_number(w, ask_below(ASK_PHONE, account, 10000000), 8);
    put(w, ", see the ticket s\n ystem for who asked for it and who agreed\n");
}

static void put_account(Writer *w, const Company *c, uint32_t account)
{
    AccountClass class = company_class(c, account);
    AccountState state = company_account(c, account);
    char name[TEXT_SIZE];

    company_account_name(c, account, name);
    put(w, "dn: ");
    put_account_dn(w, c, account);
    put(w, "objectClass: inetOrgPerson\n");
    if (class == ACCOUNT_SERVICE)
        put(w, "objectClass: extensibleObject\n"); /* may have an owner */
    put_attribute(w, "uid", name);
    put_attribute(w, "cn", name);
    put_attribute(w, "sn", name);
    if (class == ACCOUNT_PERSON || class == ACCOUNT_ADMIN)
        put_person_attributes(w, c, account, &state);
    if (class == ACCOUNT_SERVICE)
        put_owner(w, c, company_service_owner(c, account));
    if (class == ACCOUNT_ORPHAN && account % 2 == 0) {
        put(w, "employeeNumber: X"); /* a number that no roster knows */
        put_number(w, account, 7);
        put(w, "\n");
    }
    put_ballast(w, account);
    if (state.last_logon != 0)
        put_time_attribute(w, "pwdLastSuccess", state.last_logon);
    if (state.is_locked)
        put(w, "pwdAccountLockedTime: 000001010000Z\n");
    if (state.ends != 0)
        put_time_attribute(w, "pwdEndTime", state.ends);
    put_operational(w, account, "inetOrgPerson", state.created, MAX(state.last_logon, state.created));
}

static void put_group(Writer *w, const Company *c, uint32_t group)
{
    put(w, "dn: ");
    put_group_dn(w, group);
    put(w, "objectClass: groupOfNames\ncn: g");
    put_number(w, group, 7);
    put(w, "\ndescription: Grants what this group grants\n");
    put_owner(w, c, company_group_owner(c, group));
    GroupWalk walk = company_walk(c, group);
    for (uint32_t account; company_walk_next(c, &walk, &account);) {
        put(w, "member: ");
        put_account_dn(w, c, account);
    }
    for (uint32_t e = c->first_child[group]; e < c->first_child[group + 1]; e++) {
        put(w, "member: ");
        put_group_dn(w, c->child[e]);
    }
    put_operational(w, group + (UINT64_C(1) << 40), "groupOfNames", AS_OF - 500 * DAY, AS_OF - DAY);
}

static void put_host(Writer *w, uint32_t computer)
{
    put(w, "h");
    put_number(w, computer, 7);
}

static void put_computer(Writer *w, uint32_t computer)
{
    ComputerState state = company_computer(computer);
    put(w, "dn: cn=");
    put_host(w, computer);
    put(w, ",ou=Computers," SUFFIX "\nobjectClass: device\nobjectClass: uidObject\nobjectClass: domainRelatedObject\ncn: ");
    put_host(w, computer);
    put(w, "\nuid: ");
    put_host(w, computer);
    put(w, "\nassociatedDomain: ");
    put_host(w, computer);
    put(w, ".bench.example\nserialNumber: SN");
    put_number(w, computer, 8);
    put(w, "\nl: Berlin\n");
    if (state.last_seen != 0)
        put_time_attribute(w, "pwdLastSuccess", state.last_seen);
    if (state.is_locked)
        put(w, "pwdAccountLockedTime: 000001010000Z\n");
    put_operational(w, computer + (UINT64_C(1) << 41), "device", AS_OF - 900 * DAY, MAX(state.last_seen, AS_OF - 900 * DAY));
}

static void put_tree(Writer *w)
{
    static const char *const units[] = {"People", "Services", "Groups", "Computers"};
    put(w, "dn: " SUFFIX "\nobjectClass: organization\nobjectClass: dcObject\no: Bench\ndc: bench\n");
    put_operational(w, UINT64_C(1) << 42, "organization", AS_OF - 2000 * DAY, AS_OF - 2000 * DAY);
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        put(w, "dn: ou=");
        put(w, units[i]);
        put(w, "," SUFFIX "\nobjectClass: organizationalUnit\n");
        put_attribute(w, "ou", units[i]);
        put_operational(w, (UINT64_C(1) << 42) + i + 1, "organizationalUnit", AS_OF - 2000 * DAY, AS_OF - 2000 * DAY);
    }
}

static void write_directory(Writer *w, const Company *c)
{
    put_tree(w);
    for (uint32_t a = 0; a < c->n_accounts; a++)
        put_account(w, c, a);
    for (uint32_t g = 0; g < c->n_groups; g++)
        put_group(w, c, g);
    for (uint32_t i = 0; i < c->n_computers; i++)
        put_computer(w, i);
}

/* ---- tables ---- */

static void put_optional_date(Writer *w, int64_t day)
{
    if (day != 0)
        put_date(w, day);
    put(w, ",");
}

static void put_person(Writer *w, uint32_t person)
{
    PersonState state = company_person(person);
    char text[TEXT_SIZE];

    put_number(w, person, 8);
    put(w, ",");
    company_full_name(person, text);
    put(w, text);
    put(w, ",");
    company_mail(person, false, text);
    put(w, text);
    put(w, ",u");
    put_number(w, person, 7);
    put(w, ",");
    if (person > 0)
        put_number(w, person / 8, 8);
    put(w, ",");
    put(w, company_department(person));
    put(w, ",");
    put(w, company_title(person));
    put(w, state.is_contractor ? ",contractor," : ",employee,");
    put(w, state.has_left ? "left," : "active,");
    put_date(w, AS_OF_DAY - 1000 - (int64_t)(person % 2000));
    put(w, ",");
    put_optional_date(w, state.last_day);
    put_optional_date(w, state.end_day);
    put_timestamp(w, AS_OF - DAY - (int64_t)(person % 100) * DAY);
    put(w, "\n");
}

static void write_people(Writer *w, const Company *c)
{
    put(w, "id,name,email,username,manager_id,department,title,kind,status,start_date,last_working_day,end_date,recorded_at\n");
    for (uint32_t person = 0; person < c->n_people; person++)
        put_person(w, person);
}

/* Owner or custodian: by id, e-mail or user name; some empty, some nobody we know. */
static void put_somebody(Writer *w, const Company *c, Question question, uint64_t asset, bool may_be_missing)
{
    uint64_t luck = ask_below(question, asset, 200);
    uint32_t person = (uint32_t)ask_below(question + 1, asset, c->n_persons);
    char mail[TEXT_SIZE];

    if (may_be_missing && luck < 2)
        return;
    if (may_be_missing && luck == 2) {
        put(w, "Z0000001");
    } else if (luck < 20 && !company_shares_mail(person) && (person == 0 || !company_shares_mail(person - 1))) {
        company_mail(person, true, mail);
        put(w, mail);
    } else if (luck < 40) {
        put(w, "u");
        put_number(w, person, 7);
    } else {
        put_number(w, person, 8);
    }
}

static void put_asset(Writer *w, const Company *c, uint64_t asset, const char *kind, const char *status)
{
    put(w, "A");
    put_number(w, asset, 8);
    put(w, ",");
    put(w, kind);
    put(w, " ");
    put_number(w, asset, 1);
    put(w, ",");
    put(w, kind);
    put(w, ",");
    put(w, status);
    put(w, ",");
    put_somebody(w, c, ASK_ASSET_OWNER, asset, true);
    put(w, ",");
    if (g_str_equal(status, "in_use") || g_str_equal(status, "loan") || g_str_equal(status, "repair"))
        put_somebody(w, c, ASK_CUSTODIAN, asset, false);
    put(w, ",");
}

/* Host names in the register are long, short or in capitals. */
static void put_spelled_host(Writer *w, uint32_t computer)
{
    uint64_t spelling = ask_below(ASK_SPELL_HOST, computer, 10);
    put(w, spelling < 8 ? "h" : "H");
    put_number(w, computer, 7);
    put(w, spelling < 6 ? ".bench.example" : spelling == 9 ? ".BENCH.EXAMPLE" : "");
}

static void put_computer_asset(Writer *w, const Company *c, uint64_t asset, uint32_t computer, const ComputerState *state,
                               bool is_replacement)
{
    put_asset(w, c, asset, "computer", is_replacement ? "in_use" : state->status);
    if (!is_replacement) {
        put(w, "SN");
        put_number(w, computer, 8);
    }
    put(w, ",");
    if (!state->is_serial_only)
        put_spelled_host(w, computer);
    put(w, ",,,\n");
}

static void put_application(Writer *w, const Company *c, uint64_t asset, uint32_t index)
{
    uint64_t age = 10 + ask_below(ASK_REVIEW, asset, 400);
    if (age % 180 < 3 || age % 365 < 3 || age % 120 < 3)
        age += 5;
    put_asset(w, c, asset, "application", "in_use");
    put(w, ",,");
    if (index % 10 != 0 && index < c->access->len) {
        put(w, "g");
        put_number(w, g_array_index(c->access, uint32_t, index), 7);
    }
    put(w, index % 3 == 0 ? ",120," : ",,");
    if (index % 4 != 1)
        put_date(w, AS_OF_DAY - (int64_t)age);
    put(w, "\n");
}

static void write_assets(Writer *w, const Company *c)
{
    uint64_t asset = 1;
    put(w, "id,name,kind,status,owner,custodian,serial,hostname,access_groups,review_every_days,last_review\n");
    for (uint32_t i = 0; i < c->n_computers; i++) {
        ComputerState state = company_computer(i);
        if (state.is_registered)
            put_computer_asset(w, c, asset++, i, &state, false);
        if (state.is_replaced)
            put_computer_asset(w, c, asset++, i, &state, true);
    }
    for (uint32_t i = 0; i < c->n_computers / 200; i++) { /* never in the directory */
        ComputerState state = {.status = "in_use"};
        put_computer_asset(w, c, asset++, c->n_computers + i, &state, false);
    }
    for (uint32_t i = 0; i < c->n_phones; i++) {
        put_asset(w, c, asset++, "phone", i % 20 == 0 ? "stock" : "in_use");
        put(w, ",,,,\n");
    }
    for (uint32_t i = 0; i < c->n_applications; i++)
        put_application(w, c, asset++, i);
}

static void put_approver(Writer *w, const Company *c, uint64_t about, uint64_t luck, bool has_person, uint32_t person)
{
    uint32_t approver = (uint32_t)ask_below(ASK_APPROVER, about, c->n_persons);
    if (luck < 2)
        return; /* nobody signed */
    if (luck < 5 && has_person)
        approver = person; /* signed by the subject */
    else if (has_person && approver == person)
        approver = (approver + 1) % c->n_persons;
    put_number(w, approver, 8);
}

static void put_approval(Writer *w, const Company *c, uint64_t *number, uint32_t group, uint32_t account)
{
    uint64_t about = (uint64_t)group << 32 | account;
    uint64_t luck = ask_below(ASK_APPROVAL, about, 100);
    AccountClass class = company_class(c, account);
    bool has_person = class == ACCOUNT_PERSON || class == ACCOUNT_ADMIN;
    uint32_t person = has_person ? company_person_of(c, account) : 0;
    char name[TEXT_SIZE];

    if (luck >= 70)
        return;
    put(w, "P");
    put_number(w, ++*number, 8);
    put(w, ",g");
    put_number(w, group, 7);
    put(w, ",");
    bool is_by_person = has_person && c->role[group] == ROLE_PRIVILEGED && luck % 3 == 0;
    if (!is_by_person) {
        company_account_name(c, account, name);
        put(w, name);
    }
    put(w, ",");
    if (is_by_person)
        put_number(w, person, 8);
    put(w, ",");
    put_approver(w, c, about, luck, has_person, person);
    put(w, ",");
    put_date(w, AS_OF_DAY - 400);
    put(w, ",");
    if (luck < 30)
        put_date(w, AS_OF_DAY + (luck < 10 ? -20 : 0) + (int64_t)(luck % 2) * 9);
    put(w, "\n");
}

static void put_approvals_of(Writer *w, const Company *c, uint64_t *number, const GArray *groups)
{
    for (guint i = 0; i < groups->len; i++) {
        uint32_t group = g_array_index(groups, uint32_t, i);
        GroupWalk walk = company_walk(c, group);
        for (uint32_t account; company_walk_next(c, &walk, &account);)
            put_approval(w, c, number, group, account);
    }
}

static void write_approvals(Writer *w, const Company *c)
{
    uint64_t number = 0;
    put(w, "id,group,account,person_id,approved_by,approved_on,expires_on\n");
    put_approvals_of(w, c, &number, c->privileged);
    put_approvals_of(w, c, &number, c->entitlements);
}

/* ---- configuration ---- */

static void put_quoted_group(Writer *w, uint32_t group, bool as_dn)
{
    put(w, as_dn ? "\"cn=g" : "\"g");
    put_number(w, group, 7);
    put(w, as_dn ? ",ou=Groups," SUFFIX "\"" : "\"");
}

static void put_privileged(Writer *w, const Company *c)
{
    put(w, "privileged = [\n");
    for (guint i = 0; i < c->privileged->len; i++) {
        put(w, i == 0 ? "  " : ",\n  ");
        put_quoted_group(w, g_array_index(c->privileged, uint32_t, i), i % 5 == 0);
    }
    put(w, "\n];\n");
}

static void put_entitlements(Writer *w, const Company *c)
{
    put(w, "entitlements: (\n");
    for (guint i = 0; i < c->entitlements->len; i++) {
        put(w, i == 0 ? "  { group = " : ",\n  { group = ");
        put_quoted_group(w, g_array_index(c->entitlements, uint32_t, i), false);
        put(w, "; means = \"A right of the benchmark\"; risk = \"high\"; approval = ");
        put(w, i % 5 == 0 ? "\"required\"" : "\"none\"");
        put(w, ";\n    allowed = ( { department = \"");
        put(w, company_departments[ask_below(ASK_ALLOWED, i, N_DEPARTMENTS)]);
        put(w, "\"; title = \"*\"; }, { department = \"Sales *\"; title = \"*Engineer\"; }, { title = \"senior *\"; } ); }");
    }
    put(w, "\n);\n");
}

static void put_segregation(Writer *w, const Company *c)
{
    put(w, "segregation: (\n");
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t a = (uint32_t)ask_below(ASK_RULE_A, i, c->sides->len);
        uint32_t b = (uint32_t)ask_below(ASK_RULE_B, i, c->sides->len);
        b = a == b ? (b + 1) % c->sides->len : b;
        put(w, i == 0 ? "  { id = \"rule-" : ",\n  { id = \"rule-");
        put_number(w, i, 3);
        put(w, "\"; a = [ ");
        put_quoted_group(w, g_array_index(c->sides, uint32_t, a), false);
        put(w, " ]; b = [ ");
        put_quoted_group(w, g_array_index(c->sides, uint32_t, b), false);
        put(w, " ]; except = [ \"");
        put_number(w, ask_below(ASK_RULE_A, i + 1000, c->n_persons), 8);
        put(w, "\" ]; }");
    }
    put(w, "\n);\n");
}

static void write_configuration(Writer *w, const Company *c)
{
    put(w, "organisation: { name = \"Bench\"; timezone = \"Europe/Berlin\"; };\n"
           "store: { url = \"sqlite:bench.db\"; };\n"
           "sources: (\n"
           "@include \"source.conf\"\n"
           "  { name = \"hr\"; kind = \"csv\"; provides = \"people\"; path = \"people.csv\"; },\n"
           "  { name = \"assets\"; kind = \"csv\"; provides = \"assets\"; path = \"assets.csv\"; },\n"
           "  { name = \"tickets\"; kind = \"csv\"; provides = \"approvals\"; path = \"approvals.csv\"; }\n"
           ");\n"
           "correlation: ( { account = \"employee_id\"; person = \"id\"; }, { account = \"mail\"; person = \"email\"; },\n"
           "               { account = \"name\"; person = \"username\"; } );\n"
           "account_classes: ( { class = \"admin\"; name = \"adm-*\"; }, { class = \"service\"; name = \"svc-*\"; } );\n");
    put_privileged(w, c);
    put_entitlements(w, c);
    put_segregation(w, c);
}

static void write_source(Writer *w, const Company *c)
{
    (void)c;
    put(w, "  { name = \"corp\"; kind = \"ldif\"; provides = \"directory\"; server = \"openldap\"; path = \"directory.ldif\";\n"
           "    computer_filter = \"(objectClass=device)\";\n"
           "    attributes: { hostname = \"associatedDomain\"; }; },\n");
}

/* ---- all of it ---- */

typedef struct File {
    const char *name;
    void (*write)(Writer *w, const Company *c);
} File;

static const File files[] = {
    {"directory.ldif", write_directory}, {"people.csv", write_people},           {"assets.csv", write_assets},
    {"approvals.csv", write_approvals},  {"rightful.conf", write_configuration}, {"source.conf", write_source},
};

int main(int argc, char **argv)
{
    uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (n < 2000) {
        fprintf(stderr, "usage: generate ACCOUNTS FOLDER   (2000 accounts or more)\n");
        return 2;
    }
    Company *company = company_new(n);
    bool is_whole = g_mkdir_with_parents(argv[2], 0755) == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(files) && is_whole; i++) {
        Writer *w = writer_open(argv[2], files[i].name);
        if (w != NULL)
            files[i].write(w, company);
        is_whole = w != NULL && writer_close(w);
    }
    if (!is_whole)
        perror(argv[2]);
    company_free(company);
    return is_whole ? 0 : 1;
}
