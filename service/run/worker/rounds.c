#include "run/worker/rounds.h"

#include <stdbool.h>

struct Rounds {
    int64_t every_us;
    void (*round)(void *data);
    void *data;
    GThread *thread;
    GMutex mutex;
    GCond woken;
    bool is_ending, is_called; /* under the mutex */
};

static bool wait_for_next(Rounds *rounds)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&rounds->mutex);
    int64_t until = g_get_monotonic_time() + rounds->every_us;

    while (!rounds->is_ending && !rounds->is_called &&
           g_cond_wait_until(&rounds->woken, &rounds->mutex, until))
        continue;
    rounds->is_called = false;
    return !rounds->is_ending;
}

static void *go(void *data)
{
    Rounds *rounds = data;

    do {
        rounds->round(rounds->data);
    } while (wait_for_next(rounds));
    return NULL;
}

Rounds *rounds_new(const char *name, int64_t every_us, void (*round)(void *data), void *data)
{
    Rounds *rounds = g_new0(Rounds, 1);

    rounds->every_us = every_us;
    rounds->round = round;
    rounds->data = data;
    g_mutex_init(&rounds->mutex);
    g_cond_init(&rounds->woken);
    rounds->thread = g_thread_new(name, go, rounds);
    return rounds;
}

static void call(Rounds *rounds, bool *flag)
{
    g_mutex_lock(&rounds->mutex);
    *flag = true;
    g_cond_signal(&rounds->woken);
    g_mutex_unlock(&rounds->mutex);
}

void rounds_wake(Rounds *rounds)
{
    call(rounds, &rounds->is_called);
}

void rounds_free(Rounds *rounds)
{
    if (rounds == NULL)
        return;
    call(rounds, &rounds->is_ending);
    g_thread_join(rounds->thread);
    g_cond_clear(&rounds->woken);
    g_mutex_clear(&rounds->mutex);
    g_free(rounds);
}
