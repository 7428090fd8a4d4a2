/* mail.h: collects what is to be told and sends it (notify/notify.h), once a minute, in a thread of
 * its own: a mail server that does not answer holds up nobody. */
#pragma once

#include "run/worker/looks.h"

typedef struct Mail Mail;

/* NULL where no mail server is configured. The settings and the looks must outlive it. */
Mail *mail_new(const Settings *settings, Looks *looks);
/* Something happened: look now. NULL is fine. */
void mail_wake(Mail *mail);
/* Waits for the message that is under way. NULL is fine. */
void mail_free(Mail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mail, mail_free)
