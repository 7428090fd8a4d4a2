/* telemetry.c: how reviewers went about it; facts, no judgement. */
#include "ledger/review/kin.h"

#include "ledger/review_json.h"
#include "ledger/reviews.h"

#include <stdlib.h>
#include <string.h>

char *ledger_review_person(Ledger *ledger, const char *login, GError **error)
{
    g_auto(RosterPerson) person = {0};

    if (!roster_find_login(ledger->store, login, &person, error))
        return NULL;
    return g_strdup(kin_is_here(&person) ? person.id : "");
}

/* ---- facts of one reviewer, or of all ---- */

typedef struct Habits {
    char *id, *name;
    GArray *seconds; /* (element-type gint64) */
    int64_t n, n_bulk, n_keep, n_changed;
} Habits;

static void habits_free(gpointer data)
{
    Habits *habits = data;
    g_free(habits->id);
    g_free(habits->name);
    g_array_unref(habits->seconds);
    g_free(habits);
}

static Habits *habits_of(GHashTable *all, const char *id, const char *name)
{
    Habits *habits = g_hash_table_lookup(all, id);

    if (habits)
        return habits;
    habits = g_new0(Habits, 1);
    habits->id = g_strdup(id);
    habits->name = g_strdup(name && *name ? name : id);
    habits->seconds = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_hash_table_insert(all, habits->id, habits);
    return habits;
}

static void add_decision(Habits *habits, Statement *row)
{
    const char *decision = statement_text(row, 2);

    habits->n++;
    habits->n_bulk += statement_integer(row, 3) != 0;
    habits->n_keep += g_str_has_prefix(decision, "keep");
    if (!review_is_null(row, 4)) {
        gint64 seconds = statement_integer(row, 4);
        g_array_append_val(habits->seconds, seconds);
    }
}

static bool read_decisions(Store *store, int64_t review, GHashTable *each, Habits *all,
                           GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT d.by_whom, p.name, d.decision, d.is_bulk, d.seconds FROM review_decision d "
        "LEFT JOIN roster p ON p.id = d.by_whom WHERE d.review = $1",
        error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(review));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        add_decision(all, rows);
        add_decision(habits_of(each, statement_text(rows, 0), statement_text(rows, 1)), rows);
    }
    return step == STORE_DONE;
}

/* A draft leaves no other trace when it is changed. */
static bool read_changes(Store *store, const char *review, GHashTable *each, Habits *all,
                         GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        store, "SELECT detail FROM audit WHERE object = $1 AND action = 'draft changed'", error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return false;
    statement_bind(rows, text_value(review));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        json_t *detail = json_from_text(statement_text(rows, 0), json_object());
        const char *id = json_string_value(json_object_get(detail, "as"));
        Habits *habits = id ? g_hash_table_lookup(each, id) : NULL;
        if (habits)
            habits->n_changed++;
        all->n_changed++;
        json_decref(detail);
    }
    return step == STORE_DONE;
}

/* ---- as JSON ---- */

static int compare_seconds(const void *a, const void *b)
{
    gint64 one = *(const gint64 *)a, two = *(const gint64 *)b;
    return one < two ? -1 : one > two;
}

static json_t *median(GArray *seconds)
{
    guint n = seconds->len;

    if (n == 0)
        return json_null();
    g_array_sort(seconds, compare_seconds);
    return json_real((double)(g_array_index(seconds, gint64, (n - 1) / 2) +
                              g_array_index(seconds, gint64, n / 2)) /
                     2);
}

static json_t *percent(int64_t part, int64_t n)
{
    return n > 0 ? json_integer((part * 100 + n / 2) / n) : json_null();
}

static void add_facts(json_t *body, const Habits *habits)
{
    json_object_set_new(body, "decisions", json_integer(habits->n));
    json_object_set_new(body, "timed", json_integer(habits->seconds->len));
    json_object_set_new(body, "median_seconds", median(habits->seconds));
    json_object_set_new(body, "bulk_percent", percent(habits->n_bulk, habits->n));
    json_object_set_new(body, "keep_percent", percent(habits->n_keep, habits->n));
    json_object_set_new(body, "drafts_changed", json_integer(habits->n_changed));
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static json_t *each_json(GHashTable *each)
{
    GList *ids = g_list_sort(g_hash_table_get_keys(each), compare_ids);
    json_t *list = json_array();

    for (const GList *id = ids; id; id = id->next) {
        const Habits *habits = g_hash_table_lookup(each, id->data);
        json_t *body =
            json_pack("{s:{s:s s:s}}", "reviewer", "id", habits->id, "name", habits->name);
        add_facts(body, habits);
        json_array_append_new(list, body);
    }
    g_list_free(ids);
    return list;
}

json_t *ledger_review_telemetry(Ledger *ledger, const char *review, bool by_reviewer,
                                GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(ReviewState) state = {0};
    g_autoptr(GHashTable) each = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, habits_free);
    json_t *body = NULL;

    if (!review_state_read(ledger->store, review, &state, &failure)) {
        if (!g_error_matches(failure, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND))
            g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    Habits all = {.seconds = g_array_new(FALSE, FALSE, sizeof(gint64))};
    if (read_decisions(ledger->store, state.id, each, &all, error) &&
        read_changes(ledger->store, state.name, each, &all, error)) {
        body = json_pack("{s:s s:I}", "review", state.name, "reviewers",
                         (json_int_t)g_hash_table_size(each));
        add_facts(body, &all);
        if (by_reviewer)
            json_object_set_new(body, "by_reviewer", each_json(each));
    }
    g_array_unref(all.seconds);
    return body;
}
