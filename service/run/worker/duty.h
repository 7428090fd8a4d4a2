/* duty.h: of several workers of one store one does the jobs and sends the mail: the one that holds
 * the store's worker lock. The others stand by, and the lock goes to the next within seconds of its
 * holder's end.
 *
 * A thread of its own holds the lock and asks whether it still does; what follows from it happens
 * in the main loop. */
#pragma once

#include "run/command.h"

typedef struct Duty Duty;

/* All are called in the main loop. */
typedef struct DutyCalls {
    /* Now on, or off; or off for another reason. why: a sentence when it is off and somebody wants
     * to know, else NULL; borrowed. */
    void (*changed)(bool is_on, const char *why, void *data);
    /* On, and a job waits: another host's page may have asked, whose worker stands by. */
    void (*asked)(void *data);
    void *data;
} DutyCalls;
/* The invocation must outlive it. */
Duty *duty_new(const Invocation *invocation, const DutyCalls *calls);
/* Look now: there may be a store, or a lock, that was not there before. NULL is fine. */
void duty_wake(Duty *duty);
/* Releases the lock: what is done under it must have ended. NULL is fine. */
void duty_free(Duty *duty);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Duty, duty_free)
