/* outbox.h: mail to be sent, at least once: one digest a person and day, a row with the events that
 * it tells of.
 *
 * An event is told to a person once: `told` remembers it in the transaction that puts it into the
 * outbox. A message has its id from the beginning, so that one that was sent and not marked so is
 * the same message when it is sent again. */
#pragma once

#include "ledger/ledger.h"

typedef struct OutboxEvent {
    const char *person;     /* HR id, or another name for who hears it, "role:admin …" */
    const char *address;    /* "" = nobody knows it: the row says so, and is never sent */
    const char *event;      /* "review RV-000001 half-way": what is told, once */
    const json_t *facts;    /* an object, kept for whoever writes the message; borrowed */
    const char *message_id; /* of the message, should this be its first event */
    int32_t day;            /* of the digest; where that one was sent, the next */
    int64_t not_before_utc, next_not_before_utc; /* of that day's digest, and of the next one's */
    int64_t at_utc;
} OutboxEvent;

/* *ret_is_new: false = told already, and nothing was changed. */
bool ledger_outbox_add(Ledger *ledger, const OutboxEvent *event, bool *ret_is_new, GError **error);
/* Several at once, because somebody asked for it: one transaction with an audit row of that person
 * about the object, written though there was nothing left to tell. ret_days: of each the day of the
 * digest that it went into; DAY_NONE = told already. */
typedef struct OutboxAsked {
    const OutboxEvent *events;
    size_t n_events;
    const char *actor, *object; /* "RV-000001" */
    int64_t at_utc;
} OutboxAsked;
bool ledger_outbox_add_asked(Ledger *ledger, const OutboxAsked *asked, int32_t *ret_days,
                             GError **error);
/* Was that event told to that person, or is it waiting to be? */
bool ledger_outbox_was_told(Ledger *ledger, const char *person, const char *event, bool *ret_was,
                            GError **error);
/* Those that are due, the oldest first: {"id", "message_id", "person", "address", "day", "tries",
 * "events": [ {"event", …facts…} ]}. */
bool ledger_outbox_waiting(Ledger *ledger, int64_t now_utc, int64_t limit, LedgerVisit visit,
                           void *data, GError **error);
/* With its audit row. failure: NULL = sent; else why it never will be. */
bool ledger_outbox_settle(Ledger *ledger, int64_t id, const char *failure, int64_t at_utc,
                          GError **error);
/* It failed, and is tried again. */
bool ledger_outbox_postpone(Ledger *ledger, int64_t id, const char *failure, int64_t next_utc,
                            GError **error);
/* {"waiting": n, "sent": n, "oldest": time of the oldest that waits or null, "failure": of it,
 * "never": [ {"person", "failure", "at"} ], at most 20 since since_utc}; "sent" too since then. */
json_t *ledger_outbox_state(Ledger *ledger, int64_t since_utc, GError **error);
