/* jobs.h: does what the web asks for (ledger/jobs.h), one job at a time, in a thread of its own.
 *
 * Each is a command of this program in a child process: a run that crashes takes nothing down with
 * it, and a job does what the command does. A job whose worker was killed, or told to end, is taken
 * up again by the next one; all of them may be done twice. */
#pragma once

#include "run/command.h"

typedef struct Jobs Jobs;

/* done: called from the thread after every job, and every 30 s. config: path; both must outlive
 * it. */
Jobs *jobs_new(const Invocation *invocation, void (*done)(void *data), void *data);
/* A job may be waiting; it is also looked for every 30 s. NULL is fine. */
void jobs_wake(Jobs *jobs);
/* The child is told to end, and waited for. NULL is fine. */
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)
