/* times.h: what directories recorded of when something became as it is, as far as it was asked for.
 *
 * Beside the snapshot, not in it: of a million accounts a few hundred are asked about, so this is a
 * map and no column. Filled by service/intake, read-only afterwards. Cost: 16 to 48 bytes a time.
 */
#pragma once

#include "model/snapshot.h"

#include <rightful/times.h>

typedef struct Times Times;

/* Why a time is there or not. Never a time without TIMES_RECORDED. */
typedef enum TimesAnswer {
    TIMES_RECORDED,
    TIMES_NOT_KEPT,  /* this source records no such times */
    TIMES_NOT_ASKED, /* nobody asked this time (several thousand were wanted, or none) */
    TIMES_NOT_GIVEN  /* it was asked for, and the directory gave none that makes sense */
} TimesAnswer;

/* The snapshot must outlive the result. Cannot fail. */
Times *times_new(const Snapshot *snapshot);
void times_free(Times *times); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Times, times_free)

/* ---- filling ---- */

void times_ask_account(Times *times, uint32_t account);
void times_ask_group(Times *times, uint32_t group);
void times_set_account(Times *times, uint32_t account, const AccountTimes *answer);
void times_set_granted(Times *times, uint32_t group, Principal member, int64_t granted_utc);

/* ---- reading; times may be NULL: nothing was asked ---- */

/* Is any time recorded? */
bool times_has_any(const Times *times);

/* When the attribute that disables the account was last changed: it was disabled then, or earlier.
 */
TimesAnswer times_disabled(const Times *times, const Snapshot *snapshot, uint32_t account,
                           int64_t *ret_utc);
/* When the temporary lock of the account began. */
TimesAnswer times_locked(const Times *times, const Snapshot *snapshot, uint32_t account,
                         int64_t *ret_utc);
/* When member came into group, as it is in it now. */
TimesAnswer times_granted(const Times *times, const Snapshot *snapshot, Principal member,
                          uint32_t group, EdgeVia via, int64_t *ret_utc);
/* "recorded", "not recorded by this directory", …: static text. */
const char *times_answer_text(TimesAnswer answer);
