/* history_fetch.h: newest versions of many things at once, known by the hashes of their keys.
 *
 * What a night changed was in a few rows, or scattered over the packs of a night with very many:
 * each pack is expanded once. Private to the history. */
#pragma once

#include "ledger/history/history.h"

/* index: of refs. body.data NULL: gone. As with HistoryVisit all is valid during the call only. */
typedef bool (*HistoryFound)(size_t index, const HistoryVersion *version, void *data,
                             GError **error);

/* The newest version of each until the run; refs ascending, each once. What the history never had
 * is not visited. The order is not that of refs. */
bool history_fetch(Store *store, const char *source, HistoryKind kind, const uint64_t *refs,
                   size_t n, int64_t until_run, HistoryFound found, void *data, GError **error);
