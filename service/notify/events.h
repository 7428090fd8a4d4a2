/* events.h: what there is to tell, found in the ledger; and whether it still is, when it is sent.
 */
#pragma once

#include "notify/notify.h"

/* Puts all that is due now into the outbox. */
bool events_collect(const Notify *notify, GError **error);

/* What a message says of one event, as things stand now. */
typedef struct Told {
    char *sentence;     /* one, without links */
    char *key;          /* what it is about: of several the last one is told */
    char *path;         /* "/reviews/RV-000001": where to go; NULL */
    char *what;         /* "Rights of your people": for the subject */
    char *deadline_uid; /* NULL: no day to keep */
    char *deadline_of;  /* what, told apart from its equals: for the calendar */
    int32_t deadline;
} Told;
void told_clear(Told *told);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

/* event: of ledger_outbox_waiting(). *ret_is_open false: it was settled, and is not told. */
bool events_tell(const Notify *notify, const char *person, const json_t *event, Told *ret_told,
                 bool *ret_is_open, GError **error);
