/* recall.h: what a night changed, found by fingerprints before anything is written.
 *
 * The parts of a LedgerRecall: per source and kind the changes (recall.c), what follows for the
 * controls (remember.c), both written by history_write.c in the run's transaction. */
#pragma once

#include "ledger/history/now.h"

#include "model/memory.h"

typedef enum ChangeType {
    HISTORY_NEW,
    HISTORY_OTHER,     /* other content, or another link */
    HISTORY_SAME_BODY, /* only time went by: an account expired */
    HISTORY_GONE
} ChangeType;

typedef struct HistoryChange {
    Fingerprint now;   /* of what is gone: what it was */
    uint8_t type;      /* ChangeType */
    uint8_t state_was; /* State, of accounts */
} HistoryChange;

/* One source and kind that this run saw whole. */
typedef struct KindRecall {
    uint8_t source;
    uint8_t kind;    /* HistoryKind */
    bool is_known;   /* false: everything is new, and `changes` is empty */
    GArray *changes; /* (element-type HistoryChange) by ref */
} KindRecall;

/* Changes of the tables that controls are told from. Keys and texts are owned. */
typedef struct StoppedChange {
    uint8_t source;
    char *key;
    /* first_unusable_utc TIME_UNKNOWN: the row goes; TIME_NEVER: unknown since last_usable_utc. */
    int64_t last_usable_utc, first_unusable_utc;
} StoppedChange;
typedef struct MovedChange {
    uint8_t source;
    uint8_t field; /* MovedField */
    char *key;
    char *before; /* NULL: the row goes */
    int64_t last_before_utc, first_after_utc;
} MovedChange;

struct LedgerRecall {
    LedgerPresent present;
    Things things;
    int64_t last_run; /* the newest that merged; 0 = none */
    GArray *kinds;    /* (element-type KindRecall) by kind, then source */
    /* Per governed group: holders that are no longer seen, on a night that does not prove that they
     * are gone (element-type HistoryMember), or NULL. */
    GArray **kept_holders;
    GArray *stopped; /* (element-type StoppedChange) */
    GArray *moved;   /* (element-type MovedChange) */
    Memory *tonight; /* former identifiers that this night adds */
    Memory *memory;
};

/* remember.c: fills recall->memory and the changes of its tables; kinds are compared already. */
bool remember(LedgerRecall *recall, Store *store, GError **error);

/* Members of the list as this run leaves it, by ref and via: what is seen, and what is kept.
 * things: with things_hash_principals(). */
void recall_members(const LedgerRecall *recall, const Things *things, HistoryKind kind,
                    uint32_t row, GArray *members);
const char *recall_source_name(const LedgerRecall *recall, uint8_t source);
