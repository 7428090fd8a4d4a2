/* retention_people.c: who is forgotten, and where their names stand. */
#include "ledger/history/retention.h"

#include <string.h>

static void leaver_free(gpointer data)
{
    Leaver *leaver = data;
    g_free(leaver->id);
    g_free(leaver->pseudonym);
    g_free(leaver);
}

static void account_free(gpointer data)
{
    LeaverAccount *account = data;
    g_free(account->pseudonym);
    g_hash_table_unref(account->texts);
    g_free(account);
}

LeaverAccount *forgetting_account(const Forgetting *forgetting, const char *source, const char *key)
{
    g_autofree char *name = g_strdup_printf("%s\x1f%s", source, key);
    return g_hash_table_lookup(forgetting->accounts, name);
}

/* ---- who is to be forgotten ---- */

static bool read_leavers(Retaining *retaining, Forgetting *forgetting, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(retaining->store,
                      "SELECT o.id, o.name, o.email, o.username FROM roster o JOIN run r ON r.id = "
                      "o.gone_since WHERE o.gone_since > 0 AND r.as_of <= $1 ORDER BY o.id",
                      error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(retaining->as_of_utc -
                                       retaining->retention->people_days * RETENTION_DAY));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        Leaver *leaver = g_new0(Leaver, 1);
        leaver->id = g_strdup(statement_text(rows, 0));
        leaver->pseudonym = pseudonym_of(forgetting->pseudonyms, "P", leaver->id);
        g_hash_table_insert(forgetting->leavers, leaver->id, leaver);
    }
    return step == STORE_DONE;
}

/* Whoever has to answer for an exception must know whom it is about. */
static bool hold_those_with_exceptions(const Forgetting *forgetting, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        forgetting->store,
        "SELECT t.person_id, t.subject_type, t.subject_key, e.owner FROM exception e JOIN "
        "exception_text t ON t.exception = e.id WHERE e.resolved_run IS NULL",
        error);
    StoreStep step;

    if (!rows)
        return false;
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        const char *type = statement_text(rows, 1);
        bool is_person = type && strcmp(type, "person") == 0;
        const char *ids[] = {statement_text(rows, 0), is_person ? statement_text(rows, 2) : NULL,
                             statement_text(rows, 3)};
        for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
            Leaver *leaver = ids[i] ? g_hash_table_lookup(forgetting->leavers, ids[i]) : NULL;
            if (leaver)
                leaver->is_held = true;
        }
    }
    return step == STORE_DONE;
}

static gboolean is_held(gpointer id, gpointer leaver, gpointer data)
{
    (void)id;
    (void)data;
    return ((Leaver *)leaver)->is_held;
}

static gboolean is_of_held(gpointer name, gpointer account, gpointer data)
{
    (void)name;
    (void)data;
    return ((LeaverAccount *)account)->leaver->is_held;
}

static bool read_sources(Forgetting *forgetting, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        forgetting->store, "SELECT source FROM history_source ORDER BY source", error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        g_ptr_array_add(forgetting->sources, g_strdup(statement_text(rows, 0)));
    return step == STORE_DONE;
}

/* Of those who are left: everything that the roster called them. */
static bool learn_roster(const Forgetting *forgetting, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(forgetting->store,
                      "SELECT id, name, email, username FROM roster WHERE gone_since > 0", error);
    StoreStep step;

    if (!rows)
        return false;
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        const Leaver *leaver = g_hash_table_lookup(forgetting->leavers, statement_text(rows, 0));
        for (int i = 0; leaver && i < 4; i++)
            pseudonyms_replace(forgetting->pseudonyms, statement_text(rows, i), leaver->pseudonym);
    }
    return step == STORE_DONE;
}

/* ---- in exceptions ---- */

/* Columns of an exception that may name somebody, in the order of the query below. */
enum {
    WORD_SUBJECT_KEY = 1,
    WORD_SUBJECT_DN,
    WORD_OBJECT_KEY,
    WORD_OBJECT_NAME,
    WORD_OBJECT_DN,
    WORD_PERSON_ID,
    WORD_PERSON_NAME,
    WORD_SUMMARY,
    WORD_EVIDENCE,
    WORD_ACTION,
    WORD_HOLDERS,
    WORD_SUBJECT_NAME,
    WORD_OWNER,
    N_WORDS,
    WORD_SUBJECT_TYPE = N_WORDS,
    WORD_SOURCE
};

typedef struct Words {
    int64_t exception;
    char *texts[N_WORDS]; /* from WORD_SUBJECT_KEY on */
} Words;

static void words_clear(gpointer data)
{
    Words *words = data;
    for (size_t i = 0; i < N_WORDS; i++)
        g_free(words->texts[i]);
}

static char *evidence_instead(const Pseudonyms *pseudonyms, const char *text, bool *ret_changed)
{
    json_t *before = json_from_text(text, json_object());
    json_t *after = pseudonyms_in_json(pseudonyms, before, ret_changed);
    char *instead = json_to_text(after, "{}");

    json_decref(before);
    json_decref(after);
    return instead;
}

static char *text_instead(const Forgetting *forgetting, int column, const char *text,
                          bool *ret_changed)
{
    const Pseudonyms *pseudonyms = forgetting->pseudonyms;
    bool is_sentence = column == WORD_SUMMARY || column == WORD_ACTION;

    if (!text)
        return NULL;
    if (column == WORD_EVIDENCE || column == WORD_HOLDERS)
        return evidence_instead(pseudonyms, text, ret_changed);
    if (is_sentence)
        return pseudonyms_in_text(pseudonyms, text, ret_changed);
    const char *with = pseudonyms_find(pseudonyms, text);
    *ret_changed = *ret_changed || with != NULL;
    return g_strdup(with ? with : text);
}

/* Exceptions about those people or their accounts; other words may mean somebody else by the same
 * name. */
static bool is_about(const Forgetting *forgetting, Statement *row)
{
    const char *type = statement_text(row, WORD_SUBJECT_TYPE),
               *key = statement_text(row, WORD_SUBJECT_KEY);
    const char *person = statement_text(row, WORD_PERSON_ID),
               *source = statement_text(row, WORD_SOURCE);
    const char *object = statement_text(row, WORD_OBJECT_KEY);
    bool is_account = type && (strcmp(type, "account") == 0 || strcmp(type, "right") == 0);

    return (person && g_hash_table_contains(forgetting->leavers, person)) ||
           (key && g_hash_table_contains(forgetting->leavers, key)) ||
           (object && g_hash_table_contains(forgetting->leavers, object)) ||
           (is_account && key && source && forgetting_account(forgetting, source, key));
}

static bool collect_words(const Forgetting *forgetting, GArray *all, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        forgetting->store,
        "SELECT e.id, t.subject_key, t.subject_dn, t.object_key, t.object_name, t.object_dn, "
        "t.person_id, t.person_name, t.summary, t.evidence, t.action, t.holders, e.subject_name, "
        "e.owner, "
        "t.subject_type, e.source FROM exception e JOIN exception_text t ON t.exception = e.id "
        "WHERE e.resolved_run IS NOT NULL ORDER BY e.id",
        error);
    StoreStep step;

    if (!rows)
        return false;
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        bool is_changed = false;
        Words words = {.exception = statement_integer(rows, 0)};
        if (!is_about(forgetting, rows))
            continue;
        for (int column = WORD_SUBJECT_KEY; column < N_WORDS; column++)
            words.texts[column] =
                text_instead(forgetting, column, statement_text(rows, column), &is_changed);
        if (is_changed)
            g_array_append_val(all, words);
        else
            words_clear(&words);
    }
    return step == STORE_DONE;
}

static bool write_words(Store *store, const GArray *all, GError **error)
{
    g_autoptr(Statement) text = store_prepare(
        store,
        "UPDATE exception_text SET subject_key = $2, subject_dn = $3, object_key = $4, "
        "object_name = $5, object_dn = $6, person_id = $7, person_name = $8, summary = $9, "
        "evidence = $10, action = $11, holders = $12 WHERE exception = $1",
        error);
    g_autoptr(Statement) name =
        text ? store_prepare(
                   store, "UPDATE exception SET subject_name = $2, owner = $3 WHERE id = $1", error)
             : NULL;

    for (guint i = 0; name && i < all->len; i++) {
        const Words *words = &g_array_index(all, Words, i);
        StoreValue values[WORD_HOLDERS + 1] = {integer_value(words->exception)};
        for (int column = WORD_SUBJECT_KEY; column <= WORD_HOLDERS; column++)
            values[column] = text_value(words->texts[column]);
        statement_bind_values(text, values, G_N_ELEMENTS(values));
        statement_bind(name, integer_value(words->exception),
                       text_value(words->texts[WORD_SUBJECT_NAME]),
                       text_value(words->texts[WORD_OWNER]));
        if (!statement_run(text, error) || !statement_run(name, error))
            return false;
    }
    return name != NULL;
}

static bool rewrite_exceptions(Forgetting *forgetting, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Words));

    g_array_set_clear_func(all, words_clear);
    if (!collect_words(forgetting, all, error) || !write_words(forgetting->store, all, error))
        return false;
    forgetting->n_exceptions = all->len;
    return true;
}

/* ---- all of it ---- */

static bool forget_person(const Retaining *retaining, const Leaver *leaver, GError **error)
{
    static const char *const statements[] = {
        "UPDATE waiver SET requester = $2, requester_name = NULL WHERE requester = $1",
        "UPDATE waiver SET approver = $2, approver_name = NULL WHERE approver = $1",
        "DELETE FROM roster WHERE id = $1",
        "DELETE FROM manual_link WHERE person_id = $1", /* of an account that is gone */
        "DELETE FROM history_moved WHERE key = $1",
        "DELETE FROM history_former WHERE person = $1",
        "DELETE FROM told WHERE person = $1",
        "DELETE FROM outbox WHERE person = $1", /* one that waits has nowhere to go */
    };
    g_autofree char *object = g_strdup_printf("person %s", leaver->pseudonym);

    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        g_autoptr(Statement) statement = store_prepare(retaining->store, statements[i], error);
        if (!statement)
            return false;
        StoreValue values[] = {text_value(leaver->id), text_value(leaver->pseudonym)};
        statement_bind_values(statement, values, i < 2 ? 2 : 1);
        if (!statement_run(statement, error))
            return false;
    }
    return retaining_audit(
        retaining, "pseudonymised", object,
        json_pack("{s:I}", "people_days", (json_int_t)retaining->retention->people_days), error);
}

static gint compare_leavers(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Leaver *const *)a)->pseudonym, (*(Leaver *const *)b)->pseudonym);
}

static bool forget_each(Retaining *retaining, const Forgetting *forgetting, GError **error)
{
    g_autoptr(GPtrArray) leavers = g_ptr_array_new();
    GHashTableIter iter;
    gpointer leaver;

    g_hash_table_iter_init(&iter, forgetting->leavers);
    while (g_hash_table_iter_next(&iter, NULL, &leaver))
        g_ptr_array_add(leavers, leaver);
    g_ptr_array_sort(leavers, compare_leavers);
    for (guint i = 0; i < leavers->len; i++) {
        if (!forgetting_rewrite_case(forgetting, leavers->pdata[i], error) ||
            !forget_person(retaining, leavers->pdata[i], error))
            return false;
    }
    return true;
}

static bool choose_people(Retaining *retaining, Forgetting *forgetting, GError **error)
{
    if (!read_leavers(retaining, forgetting, error) ||
        !hold_those_with_exceptions(forgetting, error) ||
        !forgetting_hold_open_cases(forgetting, error))
        return false;
    g_hash_table_foreach_remove(forgetting->leavers, is_held, NULL);
    if (g_hash_table_size(forgetting->leavers) == 0)
        return true; /* most nights: the history need not be read */
    if (!read_sources(forgetting, error) || !forgetting_find_accounts(forgetting, error))
        return false;
    g_hash_table_foreach_remove(forgetting->accounts, is_of_held, NULL);
    g_hash_table_foreach_remove(forgetting->leavers, is_held, NULL);
    return true;
}

static bool forget_chosen(Retaining *retaining, Forgetting *forgetting, GError **error)
{
    if (g_hash_table_size(forgetting->leavers) == 0)
        return true;
    if (!learn_roster(forgetting, error) || !forgetting_learn_people(forgetting, error) ||
        !rewrite_exceptions(forgetting, error) || !forgetting_rewrite_history(forgetting, error) ||
        !forget_each(retaining, forgetting, error))
        return false;
    retaining->n_people = g_hash_table_size(forgetting->leavers);
    retaining->n_accounts = g_hash_table_size(forgetting->accounts);
    retaining->n_versions = forgetting->n_versions;
    retaining->n_exceptions += forgetting->n_exceptions;
    return true;
}

bool retaining_forget_people(Retaining *retaining, GError **error)
{
    g_autoptr(Pseudonyms) pseudonyms = pseudonyms_new(retaining->store, error);
    g_autoptr(GHashTable) leavers =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, leaver_free);
    g_autoptr(GHashTable) accounts =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, account_free);
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
    Forgetting forgetting = {.store = retaining->store,
                             .pseudonyms = pseudonyms,
                             .leavers = leavers,
                             .accounts = accounts,
                             .sources = sources};

    return pseudonyms && choose_people(retaining, &forgetting, error) &&
           forget_chosen(retaining, &forgetting, error);
}
