/* review_json.h: what the files that read reviews share. */
#pragma once

#include "ledger/ledger_private.h"

static inline bool review_is_null(Statement *row, int column)
{
    return row->store->driver->is_null(row, column);
}
/* Null for what is null. */
json_t *review_time(Statement *row, int column);
json_t *review_day(Statement *row, int column);
/* {"id", "name"} of a column that is an HR id and the next, its name; null for "" and null. */
json_t *review_person(Statement *row, int column);
