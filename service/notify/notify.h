/* notify.h: who hears what, once, by mail.
 *
 * notify_collect() finds what is due to be told and puts it into the outbox, one digest a person
 * and day; notify_send() writes and sends those that are due, and leaves out what was settled in
 * the meantime. Both look at the ledger as it is and may be called at any time, again and again. A
 * message is sent at least once: whoever is killed after it was sent and before that was noted
 * sends it again, under the same Message-ID.
 *
 * Mail only: there is no webhook, so nothing here asks an address that a configuration names by URL
 * but the mail server. */
#pragma once

#include "ledger/ledger.h"
#include "settings/settings.h"

#include <gio/gio.h>

typedef struct NotifyPerson {
    char *name, *email, *manager; /* manager: HR id; each may be NULL */
} NotifyPerson;
void notify_person_clear(NotifyPerson *person);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NotifyPerson, notify_person_clear)

/* What the notifier cannot know by itself: people as of the last applied run. */
typedef struct NotifyPeople {
    /* false: nobody has this HR id. */
    bool (*find)(void *data, const char *id, NotifyPerson *ret_person);
    /* HR ids of those who have a role of `web.roles`, NULL-terminated; newly allocated. */
    char **(*with_role)(void *data, const char *role);
    void *data;
} NotifyPeople;

typedef struct Notify {
    Ledger *ledger; /* open for writing */
    const Settings *settings;
    const NotifyPeople *people;
    int64_t now_utc;       /* clock */
    int64_t collected_utc; /* when notify_collect() last succeeded: what changes by the day only is
                              not looked at again on that day; TIME_UNKNOWN = never */
    GCancellable *cancel;  /* no further message is begun; may be NULL */
} Notify;

/* Is there a mail server? Without one nothing is collected. */
bool notify_is_configured(const Settings *settings);
bool notify_collect(const Notify *notify, GError **error);

typedef struct NotifyReminder {
    const char *review;   /* "RV-000001" */
    const char *reviewer; /* HR id; NULL = all who have something open */
    const char *actor;    /* who asks for it; recorded */
} NotifyReminder;
/* Puts a reminder into the outbox of each reviewer who has something open, in the one digest of the
 * day, or of the next day where today's has gone: [ {"person": {"id", "name"}, "open", "day":
 * "2026-03-20" or null, "reason": why none, or not today, or null} ], a row a reviewer.
 * LEDGER_ERROR_NOT_FOUND: no such review; LEDGER_ERROR_REFUSED: it is closed, that person has
 * nothing to do with it, or there is no mail server. New reference. */
json_t *notify_remind(const Notify *notify, const NotifyReminder *reminder, GError **error);

typedef struct NotifyCounts {
    int n_sent, n_settled /* nothing was left to tell */, n_never, n_postponed;
} NotifyCounts;
/* At most `cap` messages an hour. true though some could not be sent: the rows say why. An error is
 * the ledger's, or the mail server's as such (unreachable, refused): the others wait, too. */
bool notify_send(const Notify *notify, NotifyCounts *ret_counts, GError **error);
