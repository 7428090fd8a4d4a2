/* explain_cut.c: who loses which governed right when one group is taken out of another. */

#include "run/run_commands.h"

#include "base/visible.h"
#include "membership/ways.h"
#include "model/lookup.h"
#include "run/look.h"
#include "run/show.h"
#include "run/terminal.h"

/* ---- what is lost ---- */

static json_t *json_loser(const Look *look, uint32_t account)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    State enabled = (State)accounts->enabled[account];

    return json_pack("{s:o s:s s:o s:o s:o}", "account", look_text(look, accounts->name[account]),
                     "source", r->snapshot->sources[accounts->source[account]].name, "enabled",
                     enabled == STATE_UNKNOWN ? json_null() : json_boolean(enabled == STATE_YES),
                     "account_dn", look_text(look, accounts->dn[account]), "person",
                     look_person(look, r->links->person[account]));
}

/* People lose a right with the last account that carries it. */
static bool keeps_by_another_account(const Look *look, uint32_t person, uint32_t group,
                                     const Bitset *lost)
{
    const Links *links = look->reconciliation.links;
    g_autoptr(GArray) path = NULL;

    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];

        g_clear_pointer(&path, g_array_unref);
        path = bitset_has(lost, account)
                   ? NULL
                   : path_shortest(look->reconciliation.graph, account, group);
        if (path != NULL)
            return true;
    }
    return false;
}

typedef struct Losses {
    GHashTable *people, *accounts; /* ids, plus one: of all rights together */
} Losses;

/* NULL: the membership leads nobody into the group. */
static json_t *lost_right(const Look *look, uint32_t inner, uint32_t outer, uint32_t group,
                          Losses *losses)
{
    const Reconciliation *r = &look->reconciliation;
    g_autoptr(GArray) lost = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_auto(Bitset) is_lost = bitset_new(r->snapshot->accounts.n);
    g_autoptr(GHashTable) people = g_hash_table_new(NULL, NULL);
    uint32_t n_kept = 0;

    if (!ways_cut(r->effective, r->graph, inner, outer, group, lost, &n_kept))
        return NULL;
    json_t *list = json_array();

    for (guint i = 0; i < lost->len; i++)
        bitset_add(&is_lost, g_array_index(lost, uint32_t, i));
    for (guint i = 0; i < lost->len; i++) {
        uint32_t account = g_array_index(lost, uint32_t, i);
        uint32_t person = r->links->person[account];

        g_hash_table_add(losses->accounts, GUINT_TO_POINTER(account + 1));
        json_array_append_new(list, json_loser(look, account));
        if (person != NONE && !keeps_by_another_account(look, person, group, &is_lost)) {
            g_hash_table_add(people, GUINT_TO_POINTER(person + 1));
            g_hash_table_add(losses->people, GUINT_TO_POINTER(person + 1));
        }
    }
    return json_pack(
        "{s:o s:o s:o s:i s:i s:i s:o}", "group", look_text(look, r->snapshot->groups.name[group]),
        "group_dn", look_text(look, r->snapshot->groups.dn[group]), "governed",
        look_kinds(look, group), "n_people", (int)g_hash_table_size(people), "n_accounts",
        (int)lost->len, "n_keep_by_another_way", (int)n_kept, "lose", list);
}

static json_t *effect(const Look *look, uint32_t inner, uint32_t outer)
{
    const Reconciliation *r = &look->reconciliation;
    const Groups *groups = &r->snapshot->groups;
    g_autoptr(GHashTable) people = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) accounts = g_hash_table_new(NULL, NULL);
    Losses losses = {people, accounts};
    json_t *rights = json_array();

    for (uint32_t group = 0; group < groups->n; group++) {
        json_t *right = bitset_has(&r->governed->any, group)
                            ? lost_right(look, inner, outer, group, &losses)
                            : NULL;

        if (right != NULL)
            json_array_append_new(rights, right);
    }
    return json_pack("{s:o s:o s:o s:o s:i s:i s:o}", "inner", look_text(look, groups->name[inner]),
                     "inner_dn", look_text(look, groups->dn[inner]), "outer",
                     look_text(look, groups->name[outer]), "outer_dn",
                     look_text(look, groups->dn[outer]), "n_people", (int)g_hash_table_size(people),
                     "n_accounts", (int)g_hash_table_size(accounts), "rights", rights);
}

/* ---- as text ---- */

static void print_loser(json_t *loser)
{
    json_t *person = json_object_get(loser, "person");
    g_autofree char *account = visible_text(json_string_value(json_object_get(loser, "account")));
    g_autofree char *name = visible_text(json_string_value(json_object_get(person, "name")));

    printf("      %s", account);
    if (json_is_object(person))
        printf("  (%s)", name);
    puts(json_is_false(json_object_get(loser, "enabled")) ? "  disabled" : "");
}

static void print_right(json_t *right)
{
    g_autofree char *group = visible_text(json_string_value(json_object_get(right, "group")));
    json_int_t n = json_integer_value(json_object_get(right, "n_accounts"));
    json_int_t n_kept = json_integer_value(json_object_get(right, "n_keep_by_another_way"));
    size_t i;
    json_t *value;

    printf("  %s  (", group);
    json_array_foreach(json_object_get(right, "governed"), i, value)
    {
        printf("%s%s", i == 0 ? "" : ", ", json_string_value(value));
    }
    puts(n > 0 ? ") is lost by" : ") is lost by nobody");
    json_array_foreach(json_object_get(right, "lose"), i, value)
    {
        print_loser(value);
    }
    if (n_kept > 0)
        printf("    %" JSON_INTEGER_FORMAT " account%s it by another way.\n", n_kept,
               n_kept == 1 ? " keeps" : "s keep");
}

static void print_effect(const Invocation *invocation, json_t *row)
{
    g_autofree char *inner = visible_text(json_string_value(json_object_get(row, "inner")));
    g_autofree char *outer = visible_text(json_string_value(json_object_get(row, "outer")));
    g_autofree char *heading = g_strdup_printf("%s out of %s", inner, outer);
    json_int_t n_people = json_integer_value(json_object_get(row, "n_people"));
    json_int_t n_accounts = json_integer_value(json_object_get(row, "n_accounts"));
    size_t i;
    json_t *right;

    print_heading(stdout, invocation->has_colour, heading);
    if (n_accounts == 0)
        puts("  If this membership is removed, nobody loses a governed right.");
    else
        printf("  If this membership is removed, %" JSON_INTEGER_FORMAT
               " %s lose a governed right, with %" JSON_INTEGER_FORMAT " account%s.\n",
               n_people, n_people == 1 ? "person would" : "people would", n_accounts,
               n_accounts == 1 ? "" : "s");
    json_array_foreach(json_object_get(row, "rights"), i, right)
    {
        print_right(right);
    }
}

static ExitCode print_effects(const Look *look, json_t *rows)
{
    const Invocation *invocation = look->invocation;
    ExitCode code = EXIT_DONE;
    size_t i;
    json_t *row;

    if (invocation->format != FORMAT_TABLE) {
        code = show_things(invocation, "explain", rows);
        return code == EXIT_DONE ? look_result(look) : code;
    }
    json_array_foreach(rows, i, row)
    {
        print_effect(invocation, row);
    }
    json_decref(rows);
    return fflush(stdout) == 0 ? look_result(look) : EXIT_FAILED;
}

/* ---- the command ---- */

static bool is_in(const Graph *graph, uint32_t inner, uint32_t outer)
{
    EdgeVia via;

    return graph_find_edge(graph, outer, principal_of(PRINCIPAL_GROUP, inner), &via);
}

ExitCode explain_cut(Invocation *invocation)
{
    g_auto(Look) look = {0};
    g_autoptr(GArray) inner = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) outer = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    if (invocation->n_arguments != 2)
        return usage_error(invocation, "--cut takes two groups: the inner one and the outer one");
    ExitCode code = look_open(invocation, &look);

    if (code != EXIT_DONE)
        return code;
    const Snapshot *snapshot = look.reconciliation.snapshot;

    if (snapshot_find_groups(snapshot, invocation->arguments[0], inner) == 0)
        return look_not_found(&look, "group", invocation->arguments[0]);
    if (snapshot_find_groups(snapshot, invocation->arguments[1], outer) == 0)
        return look_not_found(&look, "group", invocation->arguments[1]);
    json_t *rows = json_array();

    for (guint i = 0; i < inner->len; i++) {
        for (guint o = 0; o < outer->len; o++) {
            uint32_t from = g_array_index(inner, uint32_t, i);
            uint32_t out_of = g_array_index(outer, uint32_t, o);

            if (is_in(look.reconciliation.graph, from, out_of))
                json_array_append_new(rows, effect(&look, from, out_of));
        }
    }
    if (json_array_size(rows) == 0) {
        json_decref(rows);
        say_error("%s is not a member of %s, so there is nothing to cut", invocation->arguments[0],
                  invocation->arguments[1]);
        return look.is_whole ? EXIT_FAILED : EXIT_INCOMPLETE;
    }
    return print_effects(&look, rows);
}
