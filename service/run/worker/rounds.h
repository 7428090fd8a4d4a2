/* rounds.h: a thread that does one thing, again and again: when it is woken, and every so often. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct Rounds Rounds;

/* Begins with a round at once. round is called in the thread alone; data must outlive it. */
Rounds *rounds_new(const char *name, int64_t every_us, void (*round)(void *data), void *data);
/* The next round begins now, or as soon as the one under way has ended. */
void rounds_wake(Rounds *rounds);
/* Waits for the round that is under way. NULL is fine. */
void rounds_free(Rounds *rounds);
