/* libpq.h: what everybody who talks to PostgreSQL does alike: no settings from the environment, and
 * libpq's own words made fit for a sentence.
 *
 * libpq reads PG… variables where a connection string is silent: another host, no TLS, a password,
 * a setting that lets a reading transaction write. Whoever uses this header has them taken away
 * before main(). What only names a file stays: PGPASSFILE, PGSERVICEFILE, PGSYSCONFDIR. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

/* libpq ends its sentences with a line end, and some have several lines: one line, newly
 * allocated. NULL is the empty text. */
char *libpq_text(const char *message);
/* The value of an option; NULL when there is none. options may be NULL. */
const char *libpq_option(const PQconninfoOption *options, const char *name);
bool libpq_is_given(const PQconninfoOption *options, const char *name); /* and not empty */
/* Does this sslmode insist on TLS? NULL does not. */
bool libpq_insists_on_tls(const char *sslmode);
