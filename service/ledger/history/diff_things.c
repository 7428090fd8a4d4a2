/* diff_things.c: accounts, people, groups … that are not what they were. */
#include "ledger/history/diff_private.h"

#include <string.h>

/* ---- which fields, and what their changes are called ---- */

typedef struct FieldWords {
    HistoryKind kind;
    BodyField field;
    const char *name;            /* NULL = that of the field */
    const char *change, *undone; /* NULL = "changed" */
} FieldWords;

/* Fields that only repeat what others say: instants of days, codes of texts, reasons of states. */
static const BodyField repeated[] = {BODY_START,   BODY_LAST_DAY_END, BODY_END_DAY_END,
                                     BODY_STATUS,  BODY_ENABLED_BY,   BODY_LINKED,
                                     BODY_RECORDED};

static const FieldWords field_words[] = {
    {HISTORY_ACCOUNT, BODY_NAME, NULL, "renamed", "renamed"},
    {HISTORY_ACCOUNT, BODY_DN, NULL, "moved", "moved"},
    {HISTORY_ACCOUNT, BODY_LINK_PERSON, "person", "linked", "linked"},
    {HISTORY_ACCOUNT, BODY_LINK_RULE, "linked_by", NULL, NULL},
    {HISTORY_GROUP, BODY_NAME, NULL, "renamed", "renamed"},
    {HISTORY_GROUP, BODY_DN, NULL, "moved", "moved"},
    {HISTORY_COMPUTER, BODY_NAME, NULL, "renamed", "renamed"},
    {HISTORY_COMPUTER, BODY_DN, NULL, "moved", "moved"},
    {HISTORY_PERSON, BODY_MAIL, "email", NULL, NULL},
    {HISTORY_PERSON, BODY_NAME, NULL, "renamed", "renamed"},
    {HISTORY_PERSON, BODY_MANAGER, "manager_id", "moved", "moved"},
    {HISTORY_PERSON, BODY_DEPARTMENT, NULL, "moved", "moved"},
    {HISTORY_PERSON, BODY_TITLE, NULL, "moved", "moved"},
    {HISTORY_PERSON, BODY_LOCATION, NULL, "moved", "moved"},
};

static const FieldWords *words_of(HistoryKind kind, BodyField field)
{
    static const FieldWords none = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(field_words); i++) {
        if (field_words[i].kind == kind && field_words[i].field == field)
            return &field_words[i];
    }
    return &none;
}

static bool is_compared(BodyField field)
{
    for (size_t i = 0; i < G_N_ELEMENTS(repeated); i++) {
        if (repeated[i] == field)
            return false;
    }
    return field < BODY_WITH_USE && body_field_name(field) != NULL;
}

/* ---- values ---- */

static json_t *state_json(uint64_t state)
{
    return state == STATE_UNKNOWN ? json_null() : json_boolean(state == STATE_YES);
}

static json_t *time_json(int64_t utc)
{
    return utc == TIME_NEVER ? json_string("never") : json_time(utc);
}

static json_t *day_json(int32_t day)
{
    g_autofree char *text = day_to_text(day);
    return text ? json_string(text) : json_null();
}

static json_t *reader_json(const BodyReader *reader)
{
    switch (body_field_type(reader->field)) {
    case BODY_TYPE_TEXT:
        return json_stringn(reader->text.data, reader->text.length);
    case BODY_TYPE_DAY:
        return reader->field == BODY_REVIEW_EVERY_DAYS ? json_integer(body_as_day(reader->number))
                                                       : day_json(body_as_day(reader->number));
    case BODY_TYPE_TIME:
        return time_json(body_as_time(reader->number));
    case BODY_TYPE_NUMBER:
        break;
    }
    if (reader->field == BODY_ENABLED || reader->field == BODY_LOCKED)
        return state_json(reader->number);
    return json_integer((json_int_t)reader->number);
}

/* Values of all compared fields by their numbers; a list becomes an array. */
static void read_values(Text body, json_t **values)
{
    BodyReader reader = body_reader(body);

    memset(values, 0, 128 * sizeof *values);
    while (body_next(&reader)) {
        json_t *value = reader_json(&reader);
        bool is_list = reader.field >= BODY_SID_HISTORY && reader.field < BODY_ENABLED;
        json_t **slot = &values[reader.field & 127];
        if (is_list) {
            *slot = *slot ? *slot : json_array();
            json_array_append_new(*slot, value);
        } else {
            json_decref(*slot);
            *slot = value;
        }
    }
}

static bool is_equal(json_t *before, json_t *after)
{
    if (!before || !after)
        return before == after || json_is_null(before ? before : after);
    return json_equal(before, after);
}

/* ---- one thing ---- */

typedef struct Version {
    GBytes *before, *after; /* NULL = not there */
    int64_t run;            /* of after */
} Version;

static void version_free(gpointer data)
{
    Version *version = data;
    g_clear_pointer(&version->before, g_bytes_unref);
    g_clear_pointer(&version->after, g_bytes_unref);
    g_free(version);
}

static Text text_of_bytes(GBytes *bytes)
{
    gsize n;
    const char *data = g_bytes_get_data(bytes, &n);
    return (Text){data, n};
}

/* Nothing has a name but its key where it has none. */
static char *name_of(GBytes *bytes, const char *key)
{
    Text name = body_get_text(text_of_bytes(bytes), BODY_NAME);
    return name.length > 0 ? g_strndup(name.data, name.length) : g_strdup(key);
}

static const char *state_word(json_t *value)
{
    return json_is_true(value) ? "enabled" : json_is_false(value) ? "disabled" : "changed";
}

static void add_field(ThingsDiff *diff, HistoryKind kind, BodyField field, ThingChange *change)
{
    const FieldWords *words = words_of(kind, field);

    change->field = words->name ? words->name : body_field_name(field);
    change->change = words->change ? words->change : "changed";
    change->undone = words->undone ? words->undone : "changed";
    if (field == BODY_ENABLED) {
        change->change = state_word(change->after);
        change->undone = state_word(change->before);
    }
    diff_add(diff, change);
}

static void compare_bodies(ThingsDiff *diff, HistoryKind kind, const char *key, const char *name,
                           const Version *version)
{
    json_t *before[128], *after[128];

    read_values(text_of_bytes(version->before), before);
    read_values(text_of_bytes(version->after), after);
    for (unsigned field = 0; field < 128; field++) {
        if (is_compared(field) && !is_equal(before[field], after[field]))
            add_field(diff, kind, field,
                      &(ThingChange){.kind = history_kinds[kind],
                                     .name = name,
                                     .key = key,
                                     .before = json_incref(before[field]),
                                     .after = json_incref(after[field]),
                                     .run = version->run});
        json_decref(before[field]);
        json_decref(after[field]);
    }
}

static void compare_versions(ThingsDiff *diff, HistoryKind kind, const char *key,
                             const Version *version)
{
    bool is_person = kind == HISTORY_PERSON;
    GBytes *known = version->after ? version->after : version->before;

    if (!known)
        return; /* came and went in between */
    g_autofree char *name = name_of(known, key);
    if (version->before && version->after) {
        compare_bodies(diff, kind, key, name, version);
        return;
    }
    const char *came = is_person ? "joined" : "new", *went = is_person ? "left the roster" : "gone";
    diff_add(diff, &(ThingChange){.kind = history_kinds[kind],
                                  .name = name,
                                  .key = key,
                                  .change = version->after ? came : went,
                                  .undone = version->after ? went : came,
                                  .run = version->run});
}

/* ---- all of a kind ---- */

static bool note_change(const HistoryVersion *version, void *data, GError **error)
{
    GHashTable *versions = data;
    Version *known = g_hash_table_lookup(versions, version->key);

    (void)error;
    if (!known) {
        known = g_new0(Version, 1);
        g_hash_table_insert(versions, g_strdup(version->key), known);
    }
    g_clear_pointer(&known->after, g_bytes_unref);
    if (version->body.data)
        known->after = g_bytes_new(version->body.data, version->body.length);
    known->run = version->run;
    return true;
}

static bool note_before(const HistoryVersion *version, void *data, GError **error)
{
    Version *known = g_hash_table_lookup(data, version->key);

    (void)error;
    if (known)
        known->before = g_bytes_new(version->body.data, version->body.length);
    return true;
}

#define FEW 200 /* that are looked up one by one: each may expand a pack */

static bool read_before(ThingsDiff *diff, HistoryKind kind, GHashTable *versions, GError **error)
{
    GHashTableIter iter;
    gpointer key, value;

    if (g_hash_table_size(versions) > FEW)
        return history_walk(diff->store, diff->source, kind, diff->earlier, note_before, versions,
                            error);
    g_hash_table_iter_init(&iter, versions);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        GByteArray *body;
        if (!history_get(diff->store, diff->source, kind, key, diff->earlier, &body, NULL, error))
            return false;
        if (body)
            ((Version *)value)->before = g_byte_array_free_to_bytes(body);
    }
    return true;
}

/* Whose last day was over between the two runs, whether or not anybody wrote anything. */
static bool add_leaver(const HistoryVersion *version, void *data, GError **error)
{
    ThingsDiff *diff = data;
    int64_t last = body_get_time(version->body, BODY_LAST_DAY_END);
    int64_t end = last != TIME_UNKNOWN ? last : body_get_time(version->body, BODY_END_DAY_END);

    (void)error;
    if (end == TIME_UNKNOWN || end <= diff->earlier_utc || end > diff->later_utc)
        return true;
    Text text = body_get_text(version->body, BODY_NAME);
    g_autofree char *name = g_strndup(text.data, text.length);
    diff_add(diff, &(ThingChange){.kind = "person",
                                  .name = name ? name : version->key,
                                  .key = version->key,
                                  .change = "left",
                                  .undone = "not yet left",
                                  .after = json_time(end)});
    return true;
}

bool diff_kind(ThingsDiff *diff, HistoryKind kind, GError **error)
{
    g_autoptr(GHashTable) versions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, version_free);
    GHashTableIter iter;
    gpointer key, value;

    if (!history_scan(diff->store, diff->source, kind, diff->earlier, diff->later, note_change,
                      versions, error) ||
        !read_before(diff, kind, versions, error))
        return false;
    g_hash_table_iter_init(&iter, versions);
    while (g_hash_table_iter_next(&iter, &key, &value))
        compare_versions(diff, kind, key, value);
    return kind != HISTORY_PERSON ||
           history_walk(diff->store, diff->source, kind, diff->later, add_leaver, diff, error);
}
