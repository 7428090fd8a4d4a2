/* threads.h: threads that do whole requests, each with its own connection to the ledger.
 *
 * The thread that speaks HTTP never waits for a database or the worker; a request that is whole
 * waits here. What asks the worker has threads of its own, so that a slow directory does not keep
 * the pages waiting. */
#pragma once

#include "ledger/ledger.h"
#include "web/options.h"

typedef struct Threads Threads;

/* Does one job. ledger NULL: it cannot be opened, why says it; the next job tries again. */
typedef void (*ThreadsWork)(void *job, Ledger *ledger, const GError *why);

Threads *threads_new(const char *name, unsigned n_threads, size_t n_waiting,
                     const WebOptions *options, ThreadsWork work);
void threads_free(Threads *threads); /* NULL is fine */
/* false: so many wait already, or it ends: the job stays the caller's. */
bool threads_add(Threads *threads, void *job);
/* Does what waits and ends the threads; nothing is taken any more. */
void threads_finish(Threads *threads);
/* Seconds for which the oldest job that is being done has been; 0 = nothing is. */
int64_t threads_busy_seconds(Threads *threads);
