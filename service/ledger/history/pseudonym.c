#include "ledger/history/pseudonym.h"

#include <string.h>
#include <sys/random.h>

#define KEY_SIZE 32
#define SHORTEST 4 /* bytes of a name that is looked for inside a sentence */

struct Pseudonyms {
    uint8_t key[KEY_SIZE];
    GHashTable *texts; /* folded text → pseudonym */
    size_t longest;    /* bytes of the longest folded text */
};

/* ---- the key ---- */

static bool read_key(Store *store, uint8_t *key, bool *ret_is_there, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT value FROM meta WHERE name = 'pseudonym_key'", error);

    if (!row)
        return false;
    StoreStep step = statement_step(row, error);
    const char *hex = step == STORE_ROW ? statement_text(row, 0) : "";
    *ret_is_there = strlen(hex) == 2 * KEY_SIZE;
    for (size_t i = 0; *ret_is_there && i < KEY_SIZE; i++)
        key[i] =
            (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return step != STORE_FAILED;
}

static bool make_key(Store *store, uint8_t *key, GError **error)
{
    g_autoptr(Statement) insert =
        store_prepare(store, "INSERT INTO meta (name, value) VALUES ('pseudonym_key', $1)", error);
    g_autoptr(GString) hex = g_string_new(NULL);

    if (getrandom(key, KEY_SIZE, 0) != KEY_SIZE) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "the system gave no random bytes for the key of pseudonyms; nothing was "
                    "changed");
        return false;
    }
    for (size_t i = 0; i < KEY_SIZE; i++)
        g_string_append_printf(hex, "%02x", key[i]);
    if (!insert)
        return false;
    statement_bind(insert, text_value(hex->str));
    return statement_run(insert, error);
}

Pseudonyms *pseudonyms_new(Store *store, GError **error)
{
    g_autoptr(Pseudonyms) pseudonyms = g_new0(Pseudonyms, 1);
    bool is_there;

    pseudonyms->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!read_key(store, pseudonyms->key, &is_there, error) ||
        (!is_there && !make_key(store, pseudonyms->key, error)))
        return NULL;
    return g_steal_pointer(&pseudonyms);
}

void pseudonyms_free(Pseudonyms *pseudonyms)
{
    if (!pseudonyms)
        return;
    explicit_bzero(pseudonyms->key, KEY_SIZE);
    g_hash_table_unref(pseudonyms->texts);
    g_free(pseudonyms);
}

char *pseudonym_of(const Pseudonyms *pseudonyms, const char *prefix, const char *identity)
{
    g_autofree char *digest =
        g_compute_hmac_for_string(G_CHECKSUM_SHA256, pseudonyms->key, KEY_SIZE, identity, -1);
    g_autofree char *upper = g_ascii_strup(digest, 10);
    return g_strdup_printf("%s-%s", prefix, upper);
}

/* ---- what is replaced ---- */

static char *folded(const char *text, gssize length)
{
    return g_utf8_casefold(text, length);
}

void pseudonyms_replace(Pseudonyms *pseudonyms, const char *text, const char *with)
{
    if (!text || !*text)
        return;
    g_autofree char *key = folded(text, -1);
    if (g_hash_table_contains(pseudonyms->texts, key))
        return;
    pseudonyms->longest = MAX(pseudonyms->longest, strlen(text));
    g_hash_table_insert(pseudonyms->texts, g_steal_pointer(&key), g_strdup(with));
}

const char *pseudonyms_find(const Pseudonyms *pseudonyms, const char *text)
{
    if (!text || !*text)
        return NULL;
    g_autofree char *key = folded(text, -1);
    return g_hash_table_lookup(pseudonyms->texts, key);
}

/* ---- in sentences ---- */

static bool is_word(const char *at)
{
    return (*at & 0x80) != 0 || g_ascii_isalnum(*at);
}

/* The longest text to be replaced that stands at this place and ends where a word ends. */
static const char *longest_at(const Pseudonyms *pseudonyms, const char *at, size_t *ret_length)
{
    size_t most = strnlen(at, pseudonyms->longest);

    for (size_t length = most; length >= SHORTEST; length--) {
        bool is_end = !is_word(at + length) || !is_word(at + length - 1);
        if (!is_end || (at[length] & 0xc0) == 0x80)
            continue;
        g_autofree char *key = folded(at, (gssize)length);
        const char *with = g_hash_table_lookup(pseudonyms->texts, key);
        if (with) {
            *ret_length = length;
            return with;
        }
    }
    return NULL;
}

char *pseudonyms_in_text(const Pseudonyms *pseudonyms, const char *text, bool *ret_changed)
{
    GString *out = g_string_new(NULL);
    bool is_changed = false;

    for (const char *at = text; *at;) {
        bool is_begin = at == text || !is_word(at - 1) || !is_word(at);
        size_t length = 0;
        const char *with = is_begin ? longest_at(pseudonyms, at, &length) : NULL;
        if (with) {
            g_string_append(out, with);
            at += length;
            is_changed = true;
        } else {
            g_string_append_c(out, *at++);
        }
    }
    if (ret_changed)
        *ret_changed = *ret_changed || is_changed;
    return g_string_free(out, FALSE);
}

static json_t *in_string(const Pseudonyms *pseudonyms, const json_t *json, bool *ret_changed)
{
    const char *text = json_string_value(json);
    const char *whole = pseudonyms_find(pseudonyms, text);
    g_autofree char *with =
        whole ? g_strdup(whole) : pseudonyms_in_text(pseudonyms, text, ret_changed);

    *ret_changed = *ret_changed || whole != NULL;
    return json_string(with);
}

json_t *pseudonyms_in_json(const Pseudonyms *pseudonyms, const json_t *json, bool *ret_changed)
{
    json_t *source = (json_t *)(uintptr_t)json, *value, *out;
    const char *name;
    size_t i;

    if (json_is_string(json))
        return in_string(pseudonyms, json, ret_changed);
    if (json_is_array(json)) {
        out = json_array();
        json_array_foreach(source, i, value)
        {
            json_array_append_new(out, pseudonyms_in_json(pseudonyms, value, ret_changed));
        }
        return out;
    }
    if (json_is_object(json)) {
        out = json_object();
        json_object_foreach(source, name, value)
        {
            json_object_set_new(out, name, pseudonyms_in_json(pseudonyms, value, ret_changed));
        }
        return out;
    }
    return json_incref(source);
}
