/* retention_cases.c: leaver cases and links by hand of those who are forgotten. */
#include "ledger/history/retention.h"

bool forgetting_hold_open_cases(const Forgetting *forgetting, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        forgetting->store, "SELECT person FROM leaver_case WHERE cleared_at IS NULL", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        Leaver *leaver = g_hash_table_lookup(forgetting->leavers, statement_text(rows, 0));
        if (leaver)
            leaver->is_held = true;
    }
    return step == STORE_DONE;
}

typedef struct CaseWords {
    char *kind, *source, *key, *object_source, *object_key; /* which line of the case */
    char *name;                                             /* what stands there instead */
} CaseWords;

static void case_words_clear(gpointer data)
{
    CaseWords *words = data;
    g_free(words->kind);
    g_free(words->source);
    g_free(words->key);
    g_free(words->object_source);
    g_free(words->object_key);
    g_free(words->name);
}

/* An account's pseudonym follows from its key: what it was called then the history may know no
 * more. */
static char *line_name(const Forgetting *forgetting, Statement *row)
{
    const char *name = statement_text(row, 5);
    const char *with = pseudonyms_find(forgetting->pseudonyms, name);

    if (strcmp(statement_text(row, 0), "account") != 0)
        return g_strdup(with ? with : name);
    g_autofree char *account =
        g_strdup_printf("%s\x1f%s", statement_text(row, 1), statement_text(row, 2));
    return pseudonym_of(forgetting->pseudonyms, "A", account);
}

static bool collect_lines(const Forgetting *forgetting, int64_t id, GArray *all, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(forgetting->store,
                      "SELECT kind, source, key, object_source, object_key, name "
                      "FROM leaver_line WHERE leaver_case = $1",
                      error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(id));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        CaseWords words = {.name = line_name(forgetting, rows)};
        char **which[] = {&words.kind, &words.source, &words.key, &words.object_source,
                          &words.object_key};
        for (int column = 0; column < (int)G_N_ELEMENTS(which); column++)
            *which[column] = g_strdup(statement_text(rows, column));
        g_array_append_val(all, words);
    }
    return step == STORE_DONE;
}

static bool rewrite_lines(const Forgetting *forgetting, int64_t id, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(CaseWords));
    g_autoptr(Statement) update =
        store_prepare(forgetting->store,
                      "UPDATE leaver_line SET name = $7, text = 'The details are not kept.' "
                      "WHERE leaver_case = $1 AND kind = $2 AND source = $3 AND key = $4 AND "
                      "object_source = $5 AND object_key = $6",
                      error);

    g_array_set_clear_func(all, case_words_clear);
    if (!update || !collect_lines(forgetting, id, all, error))
        return false;
    for (guint i = 0; i < all->len; i++) {
        const CaseWords *words = &g_array_index(all, CaseWords, i);
        statement_bind(update, integer_value(id), text_value(words->kind),
                       text_value(words->source), text_value(words->key),
                       text_value(words->object_source), text_value(words->object_key),
                       text_value(words->name));
        if (!statement_run(update, error))
            return false;
    }
    return true;
}

static bool find_case(const Forgetting *forgetting, const Leaver *leaver, int64_t *ret_id,
                      GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(forgetting->store, "SELECT id FROM leaver_case WHERE person = $1", error);

    if (!row)
        return false;
    statement_bind(row, text_value(leaver->id));
    StoreStep step = statement_step(row, error);
    *ret_id = step == STORE_ROW ? statement_integer(row, 0) : 0;
    return step != STORE_FAILED;
}

/* In the cases of others: they had to find him another manager or sponsor. */
static bool rewrite_as_report(const Forgetting *forgetting, const Leaver *leaver, GError **error)
{
    g_autoptr(Statement) update =
        store_prepare(forgetting->store,
                      "UPDATE leaver_line SET key = $2, name = $2, text = 'The details are not "
                      "kept.' WHERE kind IN ('report', 'sponsored') AND key = $1",
                      error);

    if (!update)
        return false;
    statement_bind(update, text_value(leaver->id), text_value(leaver->pseudonym));
    return statement_run(update, error);
}

bool forgetting_rewrite_case(const Forgetting *forgetting, const Leaver *leaver, GError **error)
{
    int64_t id;

    if (!rewrite_as_report(forgetting, leaver, error) || !find_case(forgetting, leaver, &id, error))
        return false;
    if (id == 0)
        return true;
    g_autoptr(Statement) update = store_prepare(
        forgetting->store, "UPDATE leaver_case SET person = $2, name = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(id), text_value(leaver->pseudonym));
    return statement_run(update, error) && rewrite_lines(forgetting, id, error);
}
