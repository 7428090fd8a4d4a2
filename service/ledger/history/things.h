/* things.h: the things of a snapshot as the history keeps them: key, body, fingerprint.
 *
 * A fingerprint is three hashes: of the key, of what the thing is and, of an account, of whose
 * it is. A night is compared by fingerprints, so what did not change is read from memory once and
 * from the ledger not at all. Cost: about 0.2 µs a thing, on all processors. */
#pragma once

#include "ledger/history/history.h"

#include "model/snapshot.h"

/* Which things stand in lists, as PrincipalKind. */
#define N_PRINCIPAL_KINDS 4

typedef struct Fingerprint {
    uint64_t ref;  /* history_ref(); 0 = nothing is known of this row: left alone */
    uint64_t hash; /* of an account its two lowest bits are a State: could it be used */
    uint64_t link;
    uint32_t row; /* of the snapshot; not stored */
} Fingerprint;
#define FINGERPRINT_STATE 3

/* What the history looks at, and hashes of keys that several kinds need. */
typedef struct Things {
    const LedgerPresent *present;
    const Snapshot *snapshot;
    bool are_links_known;
    uint64_t *refs[N_PRINCIPAL_KINDS]; /* per account, group, computer, foreigner; NULL until
                                          things_hash_principals() */
} Things;

void things_init(Things *things, const LedgerPresent *present);
void things_clear(Things *things);
void things_hash_principals(Things *things);

/* Rows of the kind: of lists the groups, of rights the governed ones in their order. */
uint32_t things_n(const Things *things, HistoryKind kind);
/* Index into sources; UINT8_MAX = of none that was read. */
uint8_t things_source(const Things *things, HistoryKind kind, uint32_t row);
const char *things_key(const Things *things, HistoryKind kind, uint32_t row);
/* May sources of this kind have such things? */
bool things_may_have(Provides provides, HistoryKind kind);
/* Not of lists. */
void things_body(const Things *things, HistoryKind kind, uint32_t row, Body *body);
/* The whole list, like member_list_whole(); room is scratch. Needs things_hash_principals(). */
void things_list_body(const Things *things, HistoryKind kind, uint32_t row, GArray *room,
                      Body *body);
/* Appends the members of the list, by ref and via. */
void things_members(const Things *things, HistoryKind kind, uint32_t row, GArray *members);
static inline bool history_is_list(HistoryKind kind)
{
    return kind == HISTORY_MEMBERS || kind == HISTORY_RIGHTS;
}

/* One row's; body is scratch and holds its body afterwards. */
Fingerprint things_fingerprint(const Things *things, HistoryKind kind, uint32_t row,
                               uint64_t ref_seed, Body *body);
/* Of all rows; owned by the caller (g_free). Lists need things_hash_principals(). */
Fingerprint *things_fingerprints(const Things *things, HistoryKind kind);
/* The hash of a list. */
uint64_t things_list_hash(const HistoryMember *members, size_t n);
