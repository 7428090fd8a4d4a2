/* retention_history.c: names in the history. */
#include "ledger/history/retention.h"

#include "ledger/history/history_index.h"
#include "ledger/history/history_rows.h"

#include <string.h>

/* Texts of an account that tell who it is of; the key stays, so that lists of members still fit. */
static const BodyField account_names[] = {
    BODY_DN,           BODY_NAME,        BODY_UPN,         BODY_MAIL,
    BODY_DISPLAY_NAME, BODY_EMPLOYEE_ID, BODY_DESCRIPTION, BODY_MANAGER,
};
static const BodyField person_names[] = {BODY_NAME, BODY_MAIL, BODY_USERNAME, BODY_PREVIOUS_ID};
/* Texts of anything that mean a person or an account. */
static const BodyField references[] = {
    BODY_OWNER,  BODY_MANAGER,     BODY_CUSTODIAN,   BODY_SPONSOR,     BODY_ACCOUNT,
    BODY_PERSON, BODY_APPROVED_BY, BODY_LINK_PERSON, BODY_EMPLOYEE_ID,
};

static bool is_among(BodyField field, const BodyField *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i] == field)
            return true;
    }
    return false;
}
#define IS_AMONG(field, fields) is_among(field, fields, G_N_ELEMENTS(fields))

static char *copy_of(Text text)
{
    return g_strndup(text.length > 0 ? text.data : "", text.length);
}

/* ---- whose accounts are there ---- */

static LeaverAccount *add_account(Forgetting *forgetting, Leaver *leaver, const char *key)
{
    LeaverAccount *account = g_new0(LeaverAccount, 1);
    char *name = g_strdup_printf("%s\x1f%s", forgetting->source, key);

    account->leaver = leaver;
    account->pseudonym = pseudonym_of(forgetting->pseudonyms, "A", name);
    account->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_insert(forgetting->accounts, name, account);
    return account;
}

static bool see_account(const HistoryVersion *version, void *data, GError **error)
{
    Forgetting *forgetting = data;
    LeaverAccount *account = forgetting_account(forgetting, forgetting->source, version->key);
    g_autofree char *person = copy_of(body_get_text(version->body, BODY_LINK_PERSON));
    Leaver *leaver = g_hash_table_lookup(forgetting->leavers, person);

    (void)error;
    if (!account && leaver)
        account = add_account(forgetting, leaver, version->key);
    if (!account)
        return true;
    account->is_there = version->body.data != NULL;
    BodyReader reader = body_reader(version->body);
    while (body_next(&reader)) {
        if (IS_AMONG(reader.field, account_names) && reader.field != BODY_MANAGER)
            g_hash_table_add(account->texts, copy_of(reader.text));
    }
    return true;
}

static bool scan_all(Forgetting *forgetting, HistoryKind kind, HistoryVisit visit, GError **error)
{
    for (guint i = 0; i < forgetting->sources->len; i++) {
        forgetting->source = forgetting->sources->pdata[i];
        if (!history_scan(forgetting->store, forgetting->source, kind, 0, INT64_MAX, visit,
                          forgetting, error))
            return false;
    }
    return true;
}

bool forgetting_find_accounts(Forgetting *forgetting, GError **error)
{
    GHashTableIter iter;
    gpointer value;

    if (!scan_all(forgetting, HISTORY_ACCOUNT, see_account, error))
        return false;
    g_hash_table_iter_init(&iter, forgetting->accounts);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const LeaverAccount *account = value;
        account->leaver->is_held = account->leaver->is_held || account->is_there;
    }
    return true;
}

/* ---- what they were called ---- */

static bool see_person(const HistoryVersion *version, void *data, GError **error)
{
    Forgetting *forgetting = data;
    const Leaver *leaver = g_hash_table_lookup(forgetting->leavers, version->key);
    BodyReader reader = body_reader(version->body);

    (void)error;
    while (leaver && body_next(&reader)) {
        g_autofree char *text = IS_AMONG(reader.field, person_names) ? copy_of(reader.text) : NULL;
        pseudonyms_replace(forgetting->pseudonyms, text, leaver->pseudonym);
    }
    return true;
}

bool forgetting_learn_people(Forgetting *forgetting, GError **error)
{
    GHashTableIter accounts, texts;
    gpointer account, text;

    if (!scan_all(forgetting, HISTORY_PERSON, see_person, error))
        return false;
    g_hash_table_iter_init(&accounts, forgetting->accounts);
    while (g_hash_table_iter_next(&accounts, NULL, &account)) {
        g_hash_table_iter_init(&texts, ((LeaverAccount *)account)->texts);
        while (g_hash_table_iter_next(&texts, &text, NULL))
            pseudonyms_replace(forgetting->pseudonyms, text, ((LeaverAccount *)account)->pseudonym);
    }
    return true;
}

/* ---- versions anew ---- */

/* One version on its way: as it is, and as it will be. */
typedef struct Rewriting {
    Forgetting *forgetting;
    HistoryKind kind;
    const char *source;
    Body body; /* of what changed */
} Rewriting;

/* The part of a DN that tells no name: what is above the entry. */
static char *dn_without_name(const char *dn, const char *pseudonym)
{
    const char *comma = strchr(dn, ',');

    while (comma && comma > dn && comma[-1] == '\\')
        comma = strchr(comma + 1, ',');
    return g_strdup_printf("cn=%s%s", pseudonym, comma ? comma : "");
}

/* What stands instead of a text; NULL = it stays. */
static char *text_instead(const Rewriting *rewriting, const LeaverAccount *account,
                          const Leaver *leaver, BodyField field, Text text)
{
    g_autofree char *value = copy_of(text);
    const char *with;

    if (account && field == BODY_DN)
        return dn_without_name(value, account->pseudonym);
    if (account && IS_AMONG(field, account_names))
        return g_strdup(field == BODY_NAME ? account->pseudonym : "");
    if (leaver && IS_AMONG(field, person_names))
        return g_strdup(field == BODY_NAME ? leaver->pseudonym : "");
    with = IS_AMONG(field, references) ? pseudonyms_find(rewriting->forgetting->pseudonyms, value)
                                       : NULL;
    return g_strdup(with);
}

static void copy_field(Body *body, const BodyReader *reader)
{
    switch (body_field_type(reader->field)) {
    case BODY_TYPE_TEXT: {
        g_autofree char *text = copy_of(reader->text);
        body_text(body, reader->field, text);
        break;
    }
    case BODY_TYPE_NUMBER:
        body_number(body, reader->field, reader->number);
        break;
    case BODY_TYPE_DAY:
        body_day(body, reader->field, body_as_day(reader->number));
        break;
    case BODY_TYPE_TIME:
        body_time(body, reader->field, body_as_time(reader->number));
        break;
    }
}

/* False: the body stays as it is; else rewriting->body is the new one. */
static bool rewrite(Rewriting *rewriting, const char *key, Text body)
{
    Forgetting *forgetting = rewriting->forgetting;
    const LeaverAccount *account = rewriting->kind == HISTORY_ACCOUNT
                                       ? forgetting_account(forgetting, rewriting->source, key)
                                       : NULL;
    const Leaver *leaver =
        rewriting->kind == HISTORY_PERSON ? g_hash_table_lookup(forgetting->leavers, key) : NULL;
    BodyReader reader = body_reader(body);
    bool is_changed = false;

    body_begin(&rewriting->body);
    while (body_next(&reader)) {
        g_autofree char *with =
            body_field_type(reader.field) == BODY_TYPE_TEXT
                ? text_instead(rewriting, account, leaver, reader.field, reader.text)
                : NULL;
        if (with)
            body_text(&rewriting->body, reader.field, with);
        else
            copy_field(&rewriting->body, &reader);
        is_changed = is_changed || with != NULL;
    }
    return is_changed && !reader.is_broken;
}

/* The key of a person is their id. */
static const char *key_instead(const Rewriting *rewriting, const char *key)
{
    const Leaver *leaver = rewriting->kind == HISTORY_PERSON
                               ? g_hash_table_lookup(rewriting->forgetting->leavers, key)
                               : NULL;
    return leaver ? leaver->pseudonym : NULL;
}

/* ---- rows ---- */

typedef struct RowChange {
    char *source, *key, *new_key;
    HistoryKind kind;
    int64_t run;
    GBytes *body; /* NULL = gone */
} RowChange;

static void row_change_free(gpointer data)
{
    RowChange *change = data;
    g_free(change->source);
    g_free(change->key);
    g_free(change->new_key);
    g_clear_pointer(&change->body, g_bytes_unref);
    g_free(change);
}

static Text bytes_text(const void *data, size_t n)
{
    return (Text){data, n};
}

static bool kind_named(const char *name, HistoryKind *ret_kind)
{
    for (HistoryKind kind = HISTORY_ACCOUNT; kind <= HISTORY_APPROVAL; kind++) {
        if (strcmp(history_kinds[kind], name) == 0) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

/* key and body as they stand; changed: body is the new one, else the old one is kept. */
static RowChange *row_change(const Rewriting *rewriting, const char *key, int64_t run, Text body,
                             bool is_changed)
{
    RowChange *change = g_new0(RowChange, 1);

    change->source = g_strdup(rewriting->source);
    change->kind = rewriting->kind;
    change->key = g_strdup(key);
    change->new_key = g_strdup(key_instead(rewriting, key));
    change->run = run;
    if (body.data)
        change->body = is_changed ? g_bytes_new(rewriting->body.data, rewriting->body.size)
                                  : g_bytes_new(body.data, body.length);
    return change;
}

/* rows: source, kind, key, run, body. */
static void judge_row(Forgetting *forgetting, Statement *rows, GPtrArray *changes)
{
    g_autofree char *source = g_strdup(statement_text(rows, 0));
    const char *key = statement_text(rows, 2);
    Rewriting rewriting = {.forgetting = forgetting, .source = source};
    size_t n = 0;
    const void *data = statement_blob(rows, 4, &n);
    bool is_gone = rows->store->driver->is_null(rows, 4);

    if (kind_named(statement_text(rows, 1), &rewriting.kind)) {
        Text body = bytes_text(is_gone ? NULL : data ? data : "", n);
        bool is_changed = rewrite(&rewriting, key, body);
        if (is_changed || key_instead(&rewriting, key))
            g_ptr_array_add(
                changes, row_change(&rewriting, key, statement_integer(rows, 3), body, is_changed));
    }
    body_clear(&rewriting.body);
}

/* Whatever stands in place of it is a row. */
static bool write_row(Store *store, const RowChange *change, GError **error)
{
    gsize n = 0;
    const void *data = change->body ? g_bytes_get_data(change->body, &n) : NULL;
    const char *key = change->new_key ? change->new_key : change->key;

    return history_row_insert(store, change->source, change->kind, key, change->run,
                              bytes_text(change->body && !data ? "" : data, n), error);
}

static bool replace_row(Store *store, const RowChange *change, GError **error)
{
    return history_row_delete(store, change->source, change->kind, change->key, change->run,
                              error) &&
           write_row(store, change, error);
}

static bool rewrite_rows(Forgetting *forgetting, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(row_change_free);
    g_autoptr(Statement) rows =
        store_prepare(forgetting->store, "SELECT source, kind, key, run, body FROM history", error);
    StoreStep step;

    if (!rows)
        return false;
    while ((step = statement_step(rows, error)) == STORE_ROW)
        judge_row(forgetting, rows, changes);
    if (step != STORE_DONE)
        return false;
    statement_reset(rows);
    for (guint i = 0; i < changes->len; i++) {
        if (!replace_row(forgetting->store, changes->pdata[i], error))
            return false;
    }
    forgetting->n_versions += changes->len;
    return true;
}

/* ---- packs ---- */

/* Entries of people leave their pack for a row of their own: their new key has another hash. */
static bool rewrite_entries(Rewriting *rewriting, PackReader *reader, int64_t run, Pack *pack,
                            GPtrArray *moved)
{
    bool is_changed = false;

    while (pack_next(reader)) {
        g_autofree char *key = copy_of(reader->key);
        bool is_other = rewrite(rewriting, key, reader->body);
        if (key_instead(rewriting, key)) {
            g_ptr_array_add(moved, row_change(rewriting, key, run, reader->body, is_other));
        } else {
            Text body = is_other
                            ? bytes_text((const char *)rewriting->body.data, rewriting->body.size)
                            : reader->body;
            pack_add(pack, reader->key, body);
            rewriting->forgetting->n_versions += is_other;
        }
        is_changed = is_changed || is_other || key_instead(rewriting, key);
    }
    return is_changed;
}

static bool rewrite_pack(Forgetting *forgetting, const PackPlace *place, GError **error)
{
    g_auto(PackReader) reader = {0};
    g_autoptr(GPtrArray) moved = g_ptr_array_new_with_free_func(row_change_free);
    Rewriting rewriting = {.forgetting = forgetting, .source = place->source, .kind = place->kind};
    Pack pack = {0};

    if (!pack_place_open(forgetting->store, place, &reader, error))
        return false;
    pack_begin(&pack);
    bool is_changed = rewrite_entries(&rewriting, &reader, place->run, &pack, moved);
    bool is_written = reader.is_broken
                          ? history_fail_broken(place->source, place->kind, place->run, error)
                          : !is_changed || pack_place_write(forgetting->store, place, &pack, error);
    for (guint i = 0; is_written && i < moved->len; i++)
        is_written = write_row(forgetting->store, moved->pdata[i], error);
    forgetting->n_versions += moved->len;
    pack_clear(&pack);
    body_clear(&rewriting.body);
    return is_written;
}

static GArray *list_packs(Store *store, GError **error)
{
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(PackPlace));
    g_autoptr(Statement) rows =
        store_prepare(store, "SELECT source, kind, run, place FROM history_pack", error);
    StoreStep step = STORE_FAILED;

    g_array_set_clear_func(places, pack_place_clear);
    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        PackPlace place = {.run = statement_integer(rows, 2), .place = statement_integer(rows, 3)};
        if (!kind_named(statement_text(rows, 1), &place.kind))
            continue;
        place.source = g_strdup(statement_text(rows, 0));
        g_array_append_val(places, place);
    }
    return step == STORE_DONE ? g_steal_pointer(&places) : NULL;
}

static bool rewrite_packs(Forgetting *forgetting, GError **error)
{
    g_autoptr(GArray) places = list_packs(forgetting->store, error);

    for (guint i = 0; places && i < places->len; i++) {
        if (!rewrite_pack(forgetting, &g_array_index(places, PackPlace, i), error))
            return false;
    }
    return places != NULL;
}

bool forgetting_rewrite_history(Forgetting *forgetting, GError **error)
{
    return rewrite_rows(forgetting, error) && rewrite_packs(forgetting, error);
}
