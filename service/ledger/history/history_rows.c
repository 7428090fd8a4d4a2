#include "ledger/history/history_rows.h"

#include "ledger/history/history_index.h"

/* ---- rows ---- */

static StoreValue ref_value(const char *source, HistoryKind kind, const char *key)
{
    return integer_value((int64_t)history_ref(source, kind, key));
}

bool history_row_delete(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, GError **error)
{
    g_autoptr(Statement) drop = store_prepare(store,
                                              "DELETE FROM history WHERE source = $1 AND kind = $2 "
                                              "AND ref = $3 AND key = $4 AND run = $5",
                                              error);

    if (!drop)
        return false;
    statement_bind(drop, text_value(source), text_value(history_kinds[kind]),
                   ref_value(source, kind, key), text_value(key), integer_value(run));
    return statement_run(drop, error);
}

bool history_row_insert(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, Text body, GError **error)
{
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO history (source, kind, ref, key, run, body) VALUES ($1, $2, $3, $4, $5, $6)",
        error);

    if (!insert)
        return false;
    statement_bind(insert, text_value(source), text_value(history_kinds[kind]),
                   ref_value(source, kind, key), text_value(key), integer_value(run),
                   body.data ? blob_value(body.data, body.length)
                             : (StoreValue){.type = VALUE_NULL});
    return statement_run(insert, error);
}

/* ---- packs ---- */

void pack_place_clear(gpointer place)
{
    g_free(((PackPlace *)place)->source);
}

bool pack_place_open(Store *store, const PackPlace *place, PackReader *ret_reader, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store,
                      "SELECT size, body FROM history_pack WHERE source = $1 AND kind = $2 AND "
                      "run = $3 AND place = $4",
                      error);
    size_t n;

    if (!row)
        return false;
    statement_bind(row, text_value(place->source), text_value(history_kinds[place->kind]),
                   integer_value(place->run), integer_value(place->place));
    StoreStep step = statement_step(row, error);
    if (step == STORE_FAILED)
        return false;
    const void *data = step == STORE_ROW ? statement_blob(row, 1, &n) : NULL;
    return (data && pack_open(ret_reader, data, n, statement_integer(row, 0))) ||
           history_fail_broken(place->source, place->kind, place->run, error);
}

bool pack_place_write(Store *store, const PackPlace *place, const Pack *pack, GError **error)
{
    g_autoptr(Statement) update =
        store_prepare(store,
                      "UPDATE history_pack SET n = $5, size = $6, body = $7 WHERE source = $1 AND "
                      "kind = $2 AND run = $3 AND place = $4",
                      error);
    size_t n;
    g_autofree uint8_t *packed = pack_seal(pack, &n);

    if (!update)
        return false;
    statement_bind(update, text_value(place->source), text_value(history_kinds[place->kind]),
                   integer_value(place->run), integer_value(place->place), integer_value(pack->n),
                   integer_value((int64_t)pack->bytes.size), blob_value(packed, n));
    return statement_run(update, error);
}

static bool has_place(const GArray *places, int64_t run, int64_t place)
{
    for (guint i = 0; i < places->len; i++) {
        const PackPlace *known = &g_array_index(places, PackPlace, i);
        if (known->place == place && known->run == run)
            return true;
    }
    return false;
}

bool pack_places_of_key(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, GArray *places, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    if (!history_find_places(store, source, kind, run, history_ref(source, kind, key), found,
                             error))
        return false;
    for (guint i = 0; i < found->len; i++) {
        int64_t at = g_array_index(found, uint32_t, i);
        if (!has_place(places, run, at)) {
            PackPlace place = {g_strdup(source), kind, run, at};
            g_array_append_val(places, place);
        }
    }
    return true;
}
