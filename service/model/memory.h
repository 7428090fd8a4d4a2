/* memory.h: what earlier nights recorded and this one judges with.
 *
 * Filled after the snapshot is frozen, from the history that the ledger keeps; read by controls;
 * plain data. Only what changed is here: an account that was always usable, or a person who never
 * moved, has no row (but for people on leave, below). A change is known by two as-of times, those
 * of the last run that saw the state before and of the first that saw the one after; it happened in
 * between. */
#pragma once

#include "model/snapshot.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* An account that was usable once and is not any more (disabled or expired). */
typedef struct StoppedAccount {
    uint32_t account;
    int64_t last_usable_utc, first_unusable_utc;
} StoppedAccount;

typedef enum MovedField { MOVED_DEPARTMENT, MOVED_TITLE, MOVED_STATUS } MovedField;

/* A person whose department, title or status is another one than before: the newest change of each
 * field. Whoever is on leave and never was seen otherwise has a row of MOVED_STATUS, too, with
 * last_before_utc = TIME_UNKNOWN: the first run that saw him is where his leave is counted from. */
typedef struct MovedPerson {
    uint32_t person;
    uint8_t field; /* MovedField */
    char *before;  /* what it was; "" = empty */
    int64_t last_before_utc, first_after_utc;
} MovedPerson;

typedef enum IdentifierKind { IDENTIFIER_NAME, IDENTIFIER_MAIL, IDENTIFIER_UPN } IdentifierKind;

/* What an account of somebody was called until it vanished, was renamed or became another's. */
typedef struct FormerIdentifier {
    uint8_t kind; /* IdentifierKind */
    char *value;  /* case folded */
    char *source, *account_key;
    char *person_id, *person_name;
    int64_t last_seen_utc; /* as-of of the last run in which it was theirs */
} FormerIdentifier;

/* An effective governed right that was there in the last applied run of both its sources. */
typedef struct KnownRight {
    uint32_t account, group;
    int64_t first_seen_utc; /* without a gap since then */
} KnownRight;

typedef struct Memory {
    GArray *stopped; /* (element-type StoppedAccount) by account */
    GArray *moved;   /* (element-type MovedPerson) by person, then field */
    GArray *former;  /* (element-type FormerIdentifier) by kind, value, newest first */
    GArray *rights;  /* (element-type KnownRight) by account, then group */
    /* Per source of the snapshot: as-of of the last run whose history has it; TIME_UNKNOWN = none:
     * what is not in `rights` is then not "new" but not comparable. */
    int64_t *source_known_utc;
    /* The same of the first run: what has no row has been as it is since then, or since the first
     * run that saw it. TIME_UNKNOWN = none. */
    int64_t *source_since_utc;
} Memory;

/* Empty, for n_sources that nothing is known of. */
Memory *memory_new(uint32_t n_sources);
void memory_free(Memory *memory); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Memory, memory_free)

/* Puts the rows into the orders above, after the last was added. */
void memory_sort(Memory *memory);

/* NULL when there is none. Cost: O(log n). */
const StoppedAccount *memory_stopped(const Memory *memory, uint32_t account);
const MovedPerson *memory_moved(const Memory *memory, uint32_t person, MovedField field);
const KnownRight *memory_right(const Memory *memory, uint32_t account, uint32_t group);
/* All of one kind and case-folded value, newest first; NULL when there is none. */
const FormerIdentifier *memory_former(const Memory *memory, IdentifierKind kind, const char *value,
                                      size_t *ret_n);
