/* refused.h: entries of a directory that cannot be told apart, and so are not used.
 *
 * Two entries of one DN or of one key are marked while the builder goes on, because both may have
 * members already; at the end the marked rows are taken out, and every number of a row behind them
 * is corrected. Hardly anything is ever refused here. */
#pragma once

#include "intake/parts.h"

/* An entry comes under a DN that another one stands under. Is it a new object, made while a live
 * server was read, in the place of a deleted one? Then the first one is left out, and true. */
bool refused_is_replaced(Sink *sink, Principal first, const DirectoryEntry *entry,
                         const Place *place);
/* Neither is used. From a live server it makes the pull incomplete. */
void refused_same_dn(Sink *sink, Principal first, const Place *place);

/* Marks entries that share a key. A Task: data is the sink. */
void refused_same_keys(void *sink);

/* Takes out what is marked. Cost: O(entries). */
void refused_drop(DirectoryBuilder *builder);
