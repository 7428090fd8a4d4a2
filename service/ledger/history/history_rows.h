/* history_rows.h: versions of old runs, replaced or taken out: only what is forgotten changes them.
 *
 * A version is a row of `history` or an entry of a pack; both are known by source, kind, key and
 * run. The index of a pack is left as it is: it may name a pack that has the key no more. Private
 * to the history. */
#pragma once

#include "ledger/history/history.h"
#include "ledger/history/pack.h"

/* Nothing happens when there is no such row. */
bool history_row_delete(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, GError **error);
/* body.data NULL: gone. */
bool history_row_insert(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, Text body, GError **error);

typedef struct PackPlace {
    char *source;
    HistoryKind kind;
    int64_t run, place;
} PackPlace;

void pack_place_clear(gpointer place); /* a PackPlace */
/* The pack is read whole: statements may follow while it is open. */
bool pack_place_open(Store *store, const PackPlace *place, PackReader *ret_reader, GError **error);
bool pack_place_write(Store *store, const PackPlace *place, const Pack *pack, GError **error);
/* Appends the packs of that run which may hold the key, each once (element-type PackPlace, all of
 * this source and kind). */
bool pack_places_of_key(Store *store, const char *source, HistoryKind kind, const char *key,
                        int64_t run, GArray *places, GError **error);
