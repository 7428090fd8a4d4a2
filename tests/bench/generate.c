/* generate.c: writes the synthetic company of the benchmark.
 *
 *   generate ACCOUNTS FOLDER   →   directory.ldif people.csv assets.csv approvals.csv rightful.conf
 *
 * Shape: 92 % person, 3 % admin, 4 % service and 1 % orphaned accounts; ACCOUNTS/5 groups with
 * sizes by Zipf's law (the biggest holds 78 %), 9.7 direct memberships an account, 45 % of the
 * groups nested up to 12 levels, some loops; ACCOUNTS/2 computers; assets 0.74 an account.
 * About 1.75 KB of LDIF an account; a million takes some ten seconds. */
#include "output.h"

#include <stdlib.h>

#define SUFFIX "dc=bench,dc=example"

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
        put(w, "\"; title = \"*\"; }, { department = \"Sales *\"; title = \"*Engineer\"; }, { "
               "title = \"senior *\"; } ); }");
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
    put(w,
        "organisation: { name = \"Bench\"; timezone = \"Europe/Berlin\"; };\n"
        "store: { url = \"sqlite:bench.db\"; };\n"
        "sources: (\n"
        "@include \"source.conf\"\n"
        "  { name = \"hr\"; kind = \"csv\"; provides = \"people\"; path = \"people.csv\"; },\n"
        "  { name = \"assets\"; kind = \"csv\"; provides = \"assets\"; path = \"assets.csv\"; },\n"
        "  { name = \"tickets\"; kind = \"csv\"; provides = \"approvals\"; path = "
        "\"approvals.csv\"; }\n"
        ");\n"
        "correlation: ( { account = \"employee_id\"; person = \"id\"; }, { account = \"mail\"; "
        "person = \"email\"; },\n"
        "               { account = \"name\"; person = \"username\"; } );\n"
        "account_classes: ( { class = \"admin\"; name = \"adm-*\"; }, { class = \"service\"; name "
        "= \"svc-*\"; },\n                   { class = \"shared\"; name = \"shr-*\"; }, { class = "
        "\"guest\"; name = \"gst-*\"; } );\n");
    put_privileged(w, c);
    put_entitlements(w, c);
    put_segregation(w, c);
    put(w, "controls: { person-without-account: { enabled = true; }; };\n");
}

static void write_source(Writer *w, const Company *c)
{
    (void)c;
    put(w, "  { name = \"corp\"; kind = \"ldif\"; provides = \"directory\"; server = \"openldap\"; "
           "path = \"directory.ldif\";\n"
           "    computer_filter = \"(objectClass=device)\";\n"
           "    attributes: { hostname = \"associatedDomain\"; }; },\n");
}

/* Rights that somebody forgot to take away, of people who can still use them: what peer-outlier
 * should find, and no other right of a group with a home. Also the names of those groups. */
static void write_planted(Writer *w, const Company *c)
{
    char name[TEXT_SIZE];
    put(w, "group,account\n");
    for (uint32_t g = 0; g < c->n_groups; g++) {
        if (c->home[g] == 0)
            continue;
        put(w, "g");
        put_number(w, g, 7);
        put(w, ",\n");
        GroupWalk walk = company_walk(c, g);
        for (uint32_t account; company_walk_next(c, &walk, &account);) {
            AccountState state = company_account(c, account);
            if (!walk.is_planted || state.is_locked || (state.ends != 0 && state.ends <= AS_OF) ||
                company_person(account).has_left)
                continue;
            company_account_name(c, account, name);
            put(w, "g");
            put_number(w, g, 7);
            put(w, ",");
            put(w, name);
            put(w, "\n");
        }
    }
}

/* ---- all of it ---- */

typedef struct File {
    const char *name;
    void (*write)(Writer *w, const Company *c);
} File;

static const File files[] = {
    {"directory.ldif", write_directory},    {"people.csv", write_people},
    {"assets.csv", write_assets},           {"approvals.csv", write_approvals},
    {"rightful.conf", write_configuration}, {"source.conf", write_source},
    {"planted.csv", write_planted},
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
