#include "run/explain.h"

#include "base/visible.h"
#include "membership/ways.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/run_commands.h"
#include "run/show.h"
#include "run/terminal.h"
#include "run/when.h"

#include <string.h>

static TextRef name_of(const Snapshot *snapshot, Principal principal)
{
    uint32_t id = principal_id(principal);

    return principal_kind(principal) == PRINCIPAL_GROUP ? snapshot->groups.name[id]
                                                        : snapshot->accounts.name[id];
}

static TextRef dn_of(const Snapshot *snapshot, Principal principal)
{
    uint32_t id = principal_id(principal);

    return principal_kind(principal) == PRINCIPAL_GROUP ? snapshot->groups.dn[id]
                                                        : snapshot->accounts.dn[id];
}

static json_t *json_hops(const Look *look, const GArray *hops)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = json_array();

    for (guint i = 0; hops != NULL && i < hops->len; i++) {
        const Hop *hop = &g_array_index(hops, Hop, i);

        json_t *row = json_pack(
            "{s:o s:o s:o s:o s:s}", "member", look_text(look, name_of(snapshot, hop->member)),
            "member_dn", look_text(look, dn_of(snapshot, hop->member)), "group",
            look_text(look, snapshot->groups.name[hop->group]), "group_dn",
            look_text(look, snapshot->groups.dn[hop->group]), "via", edge_via_text(hop->via));
        when_set_granted(look, row, hop->member, hop->group, hop->via);
        json_array_append_new(list, row);
    }
    return list;
}

/* What --all lists at most; there may be more ways than anybody can read. */
#define MOST_WAYS 100

/* n_ways, n_ways_is_exact, and with --all ways: [ [hops] ]. */
static void set_ways(const Look *look, json_t *row, uint32_t account, uint32_t group)
{
    g_autoptr(Ways) ways = ways_find(look->reconciliation.graph, account, group, MOST_WAYS);

    json_object_set_new(row, "n_ways", json_integer((json_int_t)ways->n));
    json_object_set_new(row, "n_ways_is_exact", json_boolean(ways->is_exact));
    if (!invocation_has(look->invocation, "all"))
        return;
    json_t *list = json_array();

    for (guint i = 0; i < ways->listed->len; i++)
        json_array_append_new(list, json_hops(look, ways->listed->pdata[i]));
    json_object_set_new(row, "ways", list);
}

/* Whose account it is, and what says so. */
static void set_person(const Look *look, json_t *row, uint32_t account)
{
    const Links *links = look->reconciliation.links;
    g_autofree char *rule = links_made_by(links, account);

    json_object_set_new(row, "person", look_person(look, links->person[account]));
    json_object_set_new(row, "linked_by",
                        links->person[account] != NONE ? fact_text(rule) : json_null());
}

static json_t *explanation(const Look *look, uint32_t account, uint32_t group)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) path = path_shortest(look->reconciliation.graph, account, group);
    g_autoptr(GArray) cut = path_cut(look->reconciliation.graph, account, group);

    json_t *row = json_pack("{s:o s:o s:o s:o s:b s:o s:o s:o}", "account",
                            look_text(look, snapshot->accounts.name[account]), "group",
                            look_text(look, snapshot->groups.name[group]), "group_dn",
                            look_text(look, snapshot->groups.dn[group]), "governed",
                            look_kinds(look, group), "is_member", path != NULL, "path",
                            json_hops(look, path), "cut", json_hops(look, cut), "first_reported",
                            path != NULL ? when_first_reported(look, account, group) : json_null());

    set_ways(look, row, account, group);
    set_person(look, row, account);
    return row;
}

/* ---- as text ---- */

static void print_text(const char *before, json_t *value, const char *after)
{
    g_autofree char *text = visible_text(json_is_string(value) ? json_string_value(value) : "?");

    printf("%s%s%s", before, text, after);
}

static void print_path(json_t *path)
{
    size_t i;
    json_t *hop;

    print_text("  ", json_object_get(json_array_get(path, 0), "member"), "\n");
    json_array_foreach(path, i, hop)
    {
        print_text("    in ", json_object_get(hop, "group"), "");
        print_text("  (", json_object_get(hop, "via"), ", ");
        print_text("", json_object_get(hop, "group_dn"), ")\n");
        g_autofree char *granted = when_granted_text(hop);
        printf("      %s\n", granted);
    }
}

/* What the ledger knows of the whole way. */
static void print_first_reported(json_t *began)
{
    json_t *before = json_object_get(began, "not_reported_at");

    if (json_is_null(began))
        return;
    print_text("  First reported (", json_object_get(began, "exception"), ")");
    if (json_is_string(before)) {
        print_text(" between the runs of ", before, " and of ");
        print_text("", json_object_get(began, "reported_at"), "");
    } else {
        print_text(" by the run of ", json_object_get(began, "reported_at"),
                   ", the first that judged it");
    }
    puts("; this is when rightful saw it, not what the directory recorded.");
}

static void print_cut(json_t *cut)
{
    size_t i;
    json_t *hop;

    puts(json_array_size(cut) == 1
             ? "  To take the right away, remove this one membership:"
             : "  Several ways lead there; to take the right away, remove all of:");
    json_array_foreach(cut, i, hop)
    {
        print_text("    ", json_object_get(hop, "member_dn"), "\n");
        print_text("      from ", json_object_get(hop, "group_dn"), "");
        print_text("  (", json_object_get(hop, "via"), ")\n");
    }
}

/* "    2. ann → ops → admins". */
static void print_way(size_t number, json_t *way)
{
    size_t i;
    json_t *hop;

    printf("    %zu. ", number);
    print_text("", json_object_get(json_array_get(way, 0), "member"), "");
    json_array_foreach(way, i, hop)
    {
        print_text(" → ", json_object_get(hop, "group"), "");
    }
    fputc('\n', stdout);
}

static void print_ways(json_t *row)
{
    json_int_t n = json_integer_value(json_object_get(row, "n_ways"));
    json_t *ways = json_object_get(row, "ways"), *way;
    const char *least = json_is_true(json_object_get(row, "n_ways_is_exact")) ? "" : "at least ";
    size_t i;

    if (n < 2)
        return;
    printf("  %s%" JSON_INTEGER_FORMAT " ways lead there", least, n);
    if (ways == NULL) {
        puts("; --all lists them.");
        return;
    }
    if ((size_t)n > json_array_size(ways))
        printf(", of which the %zu shortest are", json_array_size(ways));
    puts(":");
    json_array_foreach(ways, i, way)
    {
        print_way(i + 1, way);
    }
}

static void print_person(json_t *row)
{
    json_t *person = json_object_get(row, "person");

    if (json_is_object(person)) {
        print_text("  account of ", json_object_get(person, "name"), " (");
        print_text("", json_object_get(person, "id"), ", ");
        print_text("", json_object_get(row, "linked_by"), ")\n");
    }
}

static void print_explanation(const Invocation *invocation, json_t *row)
{
    g_autofree char *account = visible_text(json_string_value(json_object_get(row, "account")));
    g_autofree char *group = visible_text(json_string_value(json_object_get(row, "group")));
    g_autofree char *heading = g_strdup_printf("%s → %s", account, group);
    json_t *kinds = json_object_get(row, "governed");
    size_t i;
    json_t *kind;

    print_heading(stdout, invocation->has_colour, heading);
    if (!json_is_true(json_object_get(row, "is_member"))) {
        printf("  %s is not in %s, directly or through other groups.\n", account, group);
        return;
    }
    print_person(row);
    json_array_foreach(kinds, i, kind)
    {
        printf("%s%s", i == 0 ? "  governed: " : ", ", json_string_value(kind));
    }
    fputs(json_array_size(kinds) > 0 ? "\n" : "", stdout);
    print_path(json_object_get(row, "path"));
    print_first_reported(json_object_get(row, "first_reported"));
    print_ways(row);
    print_cut(json_object_get(row, "cut"));
}

static ExitCode print_all(const Look *look, json_t *rows)
{
    size_t i;
    json_t *row;

    if (look->invocation->format != FORMAT_TABLE) {
        ExitCode code = look_show(look, "explain", rows);

        return code == EXIT_DONE ? look_result(look) : code;
    }
    look_print_heading(look);
    json_array_foreach(rows, i, row)
    {
        if (i > 0)
            fputc('\n', stdout);
        print_explanation(look->invocation, row);
    }
    json_decref(rows);
    return fflush(stdout) == 0 ? look_result(look) : EXIT_FAILED;
}

/* An account, and a group that is asked about. */
typedef struct Pair {
    uint32_t account, group;
} Pair;

static void add_pair(GArray *pairs, uint32_t account, uint32_t group)
{
    Pair pair = {account, group};

    g_array_append_val(pairs, pair);
}

/* Without a group: every governed group the account is in, the privileged ones first. */
static void add_governed(const Look *look, uint32_t account, GArray *pairs)
{
    const Governed *governed = look->reconciliation.governed;
    g_autoptr(GArray) groups = path_groups_of(look->reconciliation.graph, account);

    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < groups->len; i++) {
            uint32_t group = g_array_index(groups, uint32_t, i);
            bool is_privileged = bitset_has(&governed->privileged, group);

            if (bitset_has(&governed->any, group) && is_privileged == (pass == 0))
                add_pair(pairs, account, group);
        }
    }
}

static void ask_when_granted(Look *look, const GArray *pairs)
{
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < pairs->len; i++) {
        const Pair *pair = &g_array_index(pairs, Pair, i);
        g_autoptr(GArray) path =
            path_shortest(look->reconciliation.graph, pair->account, pair->group);

        when_add_hops(path, accounts, groups);
    }
    when_ask(look, accounts, groups);
}

json_t *explain_find(Look *look, const char *account, const char *group, const char **ret_missing)
{
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    const Snapshot *snapshot = look->reconciliation.snapshot;

    if (snapshot_find_accounts(snapshot, account, accounts) == 0) {
        *ret_missing = "account";
        return NULL;
    }
    if (group != NULL && snapshot_find_groups(snapshot, group, groups) == 0) {
        *ret_missing = "group";
        return NULL;
    }
    for (guint i = 0; i < accounts->len; i++) {
        uint32_t id = g_array_index(accounts, uint32_t, i);

        if (groups->len == 0)
            add_governed(look, id, pairs);
        for (guint j = 0; j < groups->len; j++)
            add_pair(pairs, id, g_array_index(groups, uint32_t, j));
    }
    ask_when_granted(look, pairs);
    json_t *rows = json_array();

    for (guint i = 0; i < pairs->len; i++) {
        const Pair *pair = &g_array_index(pairs, Pair, i);

        json_array_append_new(rows, explanation(look, pair->account, pair->group));
    }
    return rows;
}

ExitCode command_explain(Invocation *invocation)
{
    if (invocation_has(invocation, "cut"))
        return explain_cut(invocation);
    g_auto(Look) look = {0};
    ExitCode code = look_open(invocation, &look);
    const char *missing = NULL;

    if (code != EXIT_DONE)
        return code;
    const char *group = invocation->n_arguments == 2 ? invocation->arguments[1] : NULL;
    json_t *rows = explain_find(&look, invocation->arguments[0], group, &missing);

    if (rows == NULL)
        return look_not_found(&look, missing,
                              strcmp(missing, "group") == 0 ? group : invocation->arguments[0]);
    if (json_array_size(rows) == 0)
        say(invocation, "%s is in no governed group; name a group to ask about another one.",
            invocation->arguments[0]);
    return print_all(&look, rows);
}
