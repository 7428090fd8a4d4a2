/* dispatch.h: from a request that is whole to a reply: who asks, whether they may, whether it was
 * meant, the handler, and the audit row of a denial. Never fails: what goes wrong is a reply. */
#pragma once

#include "web/request.h"

/* In a thread with a ledger (NULL: it could not be opened; why: the error). */
void dispatch(Request *request, const GError *why, Reply *reply);

/* One line on stderr, made visible; the only place where web/ logs. */
void web_log(const char *format, ...) G_GNUC_PRINTF(1, 2);
