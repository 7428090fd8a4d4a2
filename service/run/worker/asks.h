/* asks.h: what a client of the worker's socket may ask and tell: one table. */
#pragma once

#include "run/worker/looks.h"
#include "run/worker/server.h"

typedef struct Asks Asks;

/* work: called in the main loop when somebody says that a job waits. All must outlive it. */
Asks *asks_new(const Invocation *invocation, Looks *looks, void (*work)(void *data), void *data);
/* Waits for what is under way. NULL is fine. */
void asks_free(Asks *asks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Asks, asks_free)
/* A ServerHandler; data: the Asks. */
void asks_take(Call *call, void *asks);
/* Has the last run read ahead of the next question. */
void asks_refresh(Asks *asks);
