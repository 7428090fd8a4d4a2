/* The LDIF: an export as slapcat writes it, with the operational attributes a real one has. */
#include "output.h"

#define SUFFIX "dc=bench,dc=example"

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

static bool has_owner(AccountClass class)
{
    return class == ACCOUNT_SERVICE || class == ACCOUNT_SHARED;
}

static void put_account_dn(Writer *w, const Company *c, uint32_t account)
{
    char name[TEXT_SIZE];
    company_account_name(c, account, name);
    put(w, "uid=");
    put(w, name);
    put(w, has_owner(company_class(c, account)) ? ",ou=Services," SUFFIX "\n"
                                                : ",ou=People," SUFFIX "\n");
}

static void put_group_dn(Writer *w, uint32_t group)
{
    put(w, "cn=g");
    put_number(w, group, 7);
    put(w, ",ou=Groups," SUFFIX "\n");
}

/* What a real export carries beside the data; ends the entry. */
static void put_operational(Writer *w, uint64_t id, const char *class, int64_t created,
                            int64_t modified)
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

static void put_person_attributes(Writer *w, const Company *c, uint32_t account,
                                  const AccountState *state)
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
    put(w, "\npostalAddress: Beispielstrasse 17$10115 Berlin$Germany\npreferredLanguage: "
           "de-DE\nroomNumber: B-");
    put_number(w, account % 900, 3);
    put(w, "\ndescription: Made by the joiner workflow, request ");
    put_number(w, ask_below(ASK_PHONE, account, 10000000), 8);
    put(w, ", see the ticket s\n ystem for who asked for it and who agreed\n");
}

/* Half of them show a number that no roster knows; an eighth is somebody's second account. */
static void put_strange_number(Writer *w, const Company *c, uint32_t account)
{
    if (account % 2 == 0) {
        put(w, "employeeNumber: X");
        put_number(w, account, 7);
        put(w, "\n");
    } else if (account % 8 == 1) {
        put(w, "employeeNumber: ");
        put_number(w, account * UINT64_C(7) % c->n_persons, 8);
        put(w, "\n");
    }
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
    if (has_owner(class))
        put(w, "objectClass: extensibleObject\n"); /* may have an owner */
    put_attribute(w, "uid", name);
    put_attribute(w, "cn", name);
    put_attribute(w, "sn", name);
    if (class == ACCOUNT_PERSON || class == ACCOUNT_ADMIN)
        put_person_attributes(w, c, account, &state);
    if (has_owner(class))
        put_owner(w, c, company_service_owner(c, account));
    if (class == ACCOUNT_ORPHAN)
        put_strange_number(w, c, account);
    put_ballast(w, account);
    if (state.last_logon != 0)
        put_time_attribute(w, "pwdLastSuccess", state.last_logon);
    put_time_attribute(w, "pwdChangedTime", state.password_changed);
    if (state.is_locked)
        put(w, "pwdAccountLockedTime: 000001010000Z\n");
    if (state.ends != 0)
        put_time_attribute(w, "pwdEndTime", state.ends);
    put_operational(w, account, "inetOrgPerson", state.created,
                    MAX(state.last_logon, state.created));
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
    if (company_has_unknown_member(group))
        put(w, "member: uid=ghost,ou=People," SUFFIX "\n");
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
    put(w, ",ou=Computers," SUFFIX
           "\nobjectClass: device\nobjectClass: uidObject\nobjectClass: domainRelatedObject\ncn: ");
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
    put_operational(w, computer + (UINT64_C(1) << 41), "device", AS_OF - 900 * DAY,
                    MAX(state.last_seen, AS_OF - 900 * DAY));
}

static void put_tree(Writer *w)
{
    static const char *const units[] = {"People", "Services", "Groups", "Computers"};
    put(w,
        "dn: " SUFFIX "\nobjectClass: organization\nobjectClass: dcObject\no: Bench\ndc: bench\n");
    put_operational(w, UINT64_C(1) << 42, "organization", AS_OF - 2000 * DAY, AS_OF - 2000 * DAY);
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        put(w, "dn: ou=");
        put(w, units[i]);
        put(w, "," SUFFIX "\nobjectClass: organizationalUnit\n");
        put_attribute(w, "ou", units[i]);
        put_operational(w, (UINT64_C(1) << 42) + i + 1, "organizationalUnit", AS_OF - 2000 * DAY,
                        AS_OF - 2000 * DAY);
    }
}

void write_directory(Writer *w, const Company *c)
{
    put_tree(w);
    for (uint32_t a = 0; a < c->n_accounts; a++)
        put_account(w, c, a);
    for (uint32_t g = 0; g < c->n_groups; g++)
        put_group(w, c, g);
    for (uint32_t i = 0; i < c->n_computers; i++)
        put_computer(w, i);
}
