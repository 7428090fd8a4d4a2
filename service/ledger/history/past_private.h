/* past_private.h: what the files share that make a snapshot of a past night. */
#pragma once

#include "ledger/history/body_columns.h"
#include "ledger/ledger_private.h"
#include "ledger/history/past.h"
#include "ledger/history/past_refs.h"

/* A row to be: where its key and body stand. */
typedef struct PastEntry {
    size_t key, body, n_body; /* in texts */
    int64_t run;              /* that wrote it; of a person who vanished: that missed them */
    uint8_t source;
} PastEntry;

typedef struct PastEdge {
    uint32_t group;
    Principal member;
    uint8_t via;
} PastEdge;

typedef struct Rebuild {
    Store *store;
    LedgerPast *past;
    Snapshot *snapshot;
    uint8_t source;  /* that is read now */
    GArray *entries; /* (element-type PastEntry) rows to be, of one kind */
    GString *texts;  /* keys and bodies of them */
    PastRefs *refs;  /* of everything that can be a member */
    GArray *edges;   /* (element-type PastEdge) */
} Rebuild;

static inline const char *source_name(const Rebuild *rebuild)
{
    return rebuild->snapshot->sources[rebuild->source].name;
}

bool past_is_damaged(const char *source, GError **error); /* always false */

/* Runs read(rebuild, …) for every source that was whole. */
typedef bool (*SourceReader)(Rebuild *rebuild, HistoryKind kind, GError **error);
bool past_each_source(Rebuild *rebuild, HistoryKind kind, SourceReader read, GError **error);

/* past_rows.c: the rows of a kind with a table, and their lists of texts. */
bool past_read_table(Rebuild *rebuild, HistoryKind kind, GError **error);
/* past_members.c: after all tables. */
bool past_read_members(Rebuild *rebuild, GError **error);
