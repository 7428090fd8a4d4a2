/* handover.h: entries on their way from the thread that reads them to the thread that builds
 * columns.
 *
 * Reading a directory and interning what was read take about as long as each other, so each has a
 * processor of its own. Entries are copied into blocks, since a connector passes pointers into its
 * receive buffer; one that is as long as a block waits until the builder has nothing to do and is
 * passed as it stands. What the builder sees comes in the order in which the connector called. */
#pragma once

#include <rightful/sink.h>

#include <stdbool.h>

typedef struct Handover Handover;

/* NULL: no thread or only one processor; then the connector's thread does both. */
Handover *handover_new(Sink *sink);
/* Returns when everything that was handed over has been built. NULL is fine. */
void handover_free(Handover *handover);

void handover_entry(Handover *handover, const DirectoryEntry *entry, const Place *place);
void handover_rejection(Handover *handover, const Place *place, const char *what);
