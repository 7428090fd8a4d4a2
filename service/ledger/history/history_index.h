/* history_index.h: how hashes of keys are made and kept beside the history. Private to it. */
#pragma once

#include "ledger/history/history.h"

#include <endian.h>
#include <string.h>

/* history_ref() in two steps, for many keys of one source and kind. */
uint64_t history_ref_seed(const char *source, HistoryKind kind);
uint64_t history_ref_seeded(uint64_t seed, const char *key);

/* Of a row: key, run, body. */
HistoryVersion history_version_of(Statement *row);
/* Sets the error; false. */
bool history_fail_broken(const char *source, HistoryKind kind, int64_t run, GError **error);

/* Of history_pack_index: which pack of a run holds the keys whose hash begins so. Little-endian. */
typedef struct IndexPair {
    uint32_t upper, place;
} IndexPair;

static inline IndexPair index_pair_at(const uint8_t *data, size_t i)
{
    IndexPair pair;
    memcpy(&pair, data + i * sizeof pair, sizeof pair);
    return (IndexPair){le32toh(pair.upper), le32toh(pair.place)};
}

/* Appends the places of packs of the run that may hold a key with this ref (element-type
 * guint32). */
bool history_find_places(Store *store, const char *source, HistoryKind kind, int64_t run,
                         uint64_t ref, GArray *places, GError **error);
