/* table_builder.h: rows of tables to columns: people, assets, approvals, account lists.
 *
 * Here cells get their meaning (dates, times, numbers, lists); a cell that has none rejects its
 * row, with file, line and column. Cost: about 0.5 us a row; what a zone says about a day is
 * computed once. */
#pragma once

#include "intake/columns.h"
#include "intake/zones.h"

#include <rightful/sink.h>

typedef struct TableBuilder {
    Zones *zones;
    TextRef last_shared[MAX_RECORD_FIELDS]; /* per field, the value that cells_shared() gave last */
    char *file;            /* of the rows, for messages at the end; NULL = none came */
    const char *line_name; /* of the places of the rows; NULL = lines of a text file */
    People people;
    uint32_t people_capacity;
    GArray *previous_ids; /* TextRef; rows own runs of them: people.first_previous */
    Assets assets;
    uint32_t assets_capacity;
    GArray *access_groups; /* TextRef; assets.first_access_group */
    Approvals approvals;
    uint32_t approvals_capacity;
    GArray *lines;     /* guint32: of each row, 0 = none */
    GArray *refused;   /* BaselinePerson: people whose rows were refused, as far as their ids can be
                          read */
    bool has_nameless; /* a row of people was refused, and nobody knows whose it is */
} TableBuilder;

TableBuilder *table_builder_new(GTimeZone *organisation);
void table_builder_free(TableBuilder *builder); /* NULL is fine */
void table_builder_add(Sink *sink, const Text *cells, size_t n_cells, const Place *place);
/* Refuses all rows of an id that comes twice. */
void table_builder_finish(Sink *sink);
