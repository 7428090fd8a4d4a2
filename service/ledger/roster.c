#include "ledger/roster.h"

#include "ledger/changes.h"

#include "base/hash.h"

#include <string.h>

#define MAX_SUCCESSORS 16 /* a chain of previous ids; intake lets no loop through */

void roster_person_clear(RosterPerson *person)
{
    g_free(person->id);
    g_free(person->name);
}

char *roster_speaking_id(Store *store, const char *id, GError **error)
{
    g_autofree char *now = g_strdup(id);
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT successor FROM roster WHERE id = $1", error);

    for (int i = 0; row && i < MAX_SUCCESSORS; i++) {
        statement_bind(row, text_value(now));
        StoreStep step = statement_step(row, error);
        if (step == STORE_FAILED)
            return NULL;
        const char *successor = step == STORE_ROW ? statement_text(row, 0) : NULL;
        if (!successor || *successor == '\0')
            return g_steal_pointer(&now);
        g_free(now);
        now = g_strdup(successor);
        statement_reset(row);
    }
    return row ? g_steal_pointer(&now) : NULL;
}

static char *folded(const char *text)
{
    g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_DEFAULT);
    return g_utf8_casefold(normal ? normal : text, -1);
}

static bool is_same(const char *folded_text, const char *other)
{
    g_autofree char *text = other && *other ? folded(other) : NULL;
    return text && g_str_equal(text, folded_text);
}

/* Which columns a text may mean somebody by. */
typedef enum Means { MEANS_ANY, MEANS_LOGIN } Means;

typedef enum Match { MATCH_NAME, MATCH_ADDRESS, MATCH_ID, N_MATCHES } Match;

/* How the row is meant by the text; N_MATCHES = it is not. */
static Match match(Statement *row, const char *text, const char *folded_text, Means means)
{
    if (means == MEANS_LOGIN)
        return is_same(folded_text, statement_text(row, 2)) ? MATCH_ADDRESS : N_MATCHES;
    if (g_strcmp0(statement_text(row, 0), text) == 0)
        return MATCH_ID;
    if (is_same(folded_text, statement_text(row, 1)) ||
        is_same(folded_text, statement_text(row, 2)))
        return MATCH_ADDRESS;
    return is_same(folded_text, statement_text(row, 3)) ? MATCH_NAME : N_MATCHES;
}

/* Ids of the people whom the text means best, each once, as who speaks for them now. */
static GPtrArray *find_ids(Store *store, const char *text, Means means, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folded_text = folded(text);
    g_autoptr(Statement) rows = store_prepare(
        store, "SELECT id, email, username, name, successor FROM roster ORDER BY id", error);
    Match best = MATCH_NAME;
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        Match how = match(rows, text, folded_text, means);
        const char *successor = statement_text(rows, 4);
        const char *id = successor && *successor ? successor : statement_text(rows, 0);
        if (how == N_MATCHES || how < best)
            continue;
        if (how > best)
            g_ptr_array_set_size(ids, 0);
        best = how;
        if (!g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
            g_ptr_array_add(ids, g_strdup(id));
    }
    return step == STORE_DONE ? g_steal_pointer(&ids) : NULL;
}

static bool several(const GPtrArray *ids, const char *text, GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < ids->len; i++)
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", (const char *)ids->pdata[i]);
    return change_refuse(error,
                         "'%s' may be several people of the last applied roster (%s): give the HR "
                         "id. Nothing was changed.",
                         text, list->str);
}

bool roster_find_id(Store *store, const char *id, RosterPerson *ret_person, GError **error)
{
    g_autofree char *now = roster_speaking_id(store, id, error);
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT name, has_left, gone_since FROM roster WHERE id = $1", now ? error : NULL);

    *ret_person = (RosterPerson){0};
    if (!now || !row)
        return false;
    statement_bind(row, text_value(now));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    *ret_person = (RosterPerson){.id = g_steal_pointer(&now),
                                 .name = g_strdup(statement_text(row, 0)),
                                 .has_left = statement_integer(row, 1) != 0,
                                 .gone_since = statement_integer(row, 2)};
    return true;
}

static bool find(Store *store, const char *text, Means means, RosterPerson *ret_person,
                 GError **error)
{
    g_autoptr(GPtrArray) ids = find_ids(store, text, means, error);

    *ret_person = (RosterPerson){0};
    if (!ids)
        return false;
    if (ids->len > 1)
        return several(ids, text, error);
    return ids->len == 0 || roster_find_id(store, ids->pdata[0], ret_person, error);
}

bool roster_find(Store *store, const char *text, RosterPerson *ret_person, GError **error)
{
    return find(store, text, MEANS_ANY, ret_person, error);
}

bool roster_find_login(Store *store, const char *login, RosterPerson *ret_person, GError **error)
{
    return find(store, login, MEANS_LOGIN, ret_person, error);
}

uint64_t roster_mark(const RosterRow *row)
{
    const char *const texts[] = {row->name, row->email, row->username, row->successor};
    uint64_t mark = (uint64_t)row->gone_since * 2 + (uint64_t)row->has_left;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        mark = (mark ^ hash_exact(texts[i], strlen(texts[i]))) * UINT64_C(0x9e3779b97f4a7c15);
    return mark ^ mark >> 32;
}
