/* chosen.h: exceptions whose ids are known, many with one question: over a network a question each
 * would be most of what a page takes, and minutes of what a whole list does. */
#pragma once

#include "ledger/ledger_private.h"

#include <jansson.h>

/* Of the row of EXCEPTION_COLUMNS that the statement stands on; *ret_json NULL = leave it out. */
typedef bool (*ChosenRow)(Statement *row, void *data, json_t **ret_json, GError **error);

/* Adds what row makes of each to rows (element-type json_t), in the order of the ids; what is not
 * there is left out. A question for each 50. Inside a transaction. */
bool chosen_read(Store *store, const int64_t *ids, guint n_ids, ChosenRow row, void *data,
                 GPtrArray *rows, GError **error);
