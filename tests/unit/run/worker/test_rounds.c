/* When a thread that goes in rounds does one. */
#include "run/worker/rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define A_DAY_US (INT64_C(86400) * G_USEC_PER_SEC)
#define PATIENCE_US (INT64_C(60) * G_USEC_PER_SEC)

typedef struct Work {
    GMutex mutex;
    GCond changed;
    int n_begun, n_done;
    bool is_held; /* the round under way waits */
} Work;

static void work_round(void *data)
{
    Work *work = data;

    g_mutex_lock(&work->mutex);
    work->n_begun++;
    g_cond_broadcast(&work->changed);
    while (work->is_held)
        g_cond_wait(&work->changed, &work->mutex);
    work->n_done++;
    g_cond_broadcast(&work->changed);
    g_mutex_unlock(&work->mutex);
}

static void hold(Work *work, bool is_held)
{
    g_mutex_lock(&work->mutex);
    work->is_held = is_held;
    g_cond_broadcast(&work->changed);
    g_mutex_unlock(&work->mutex);
}

static void assert_reached(Work *work, const int *count, int n)
{
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    bool is_in_time = true;

    g_mutex_lock(&work->mutex);
    while (is_in_time && *count < n)
        is_in_time = g_cond_wait_until(&work->changed, &work->mutex, until);
    g_mutex_unlock(&work->mutex);
    assert_true(is_in_time);
}

static void the_first_round_is_at_once_and_the_next_when_it_is_woken(void **state)
{
    (void)state;
    Work work = {.n_begun = 0};
    Rounds *rounds = rounds_new("test", A_DAY_US, work_round, &work);

    assert_reached(&work, &work.n_done, 1);
    rounds_wake(rounds);
    assert_reached(&work, &work.n_done, 2);
    rounds_free(rounds);
    assert_int_equal(work.n_done, 2);
}

static void a_call_during_a_round_is_not_lost(void **state)
{
    (void)state;
    Work work = {.is_held = true};
    Rounds *rounds = rounds_new("test", A_DAY_US, work_round, &work);

    assert_reached(&work, &work.n_begun, 1);
    rounds_wake(rounds);
    rounds_wake(rounds); /* once is enough */
    hold(&work, false);
    assert_reached(&work, &work.n_done, 2);
    rounds_free(rounds);
    assert_int_equal(work.n_done, 2);
}

static void every_so_often_there_is_one_unasked(void **state)
{
    (void)state;
    Work work = {.n_begun = 0};
    Rounds *rounds = rounds_new("test", 1000, work_round, &work);

    assert_reached(&work, &work.n_done, 3);
    rounds_free(rounds);
}

static void *let_go(void *data)
{
    hold(data, false);
    return NULL;
}

static void the_round_under_way_is_waited_for(void **state)
{
    (void)state;
    Work work = {.is_held = true};
    Rounds *rounds = rounds_new("test", A_DAY_US, work_round, &work);

    assert_reached(&work, &work.n_begun, 1);
    GThread *other = g_thread_new("other", let_go, &work);
    rounds_free(rounds);
    assert_int_equal(work.n_done, work.n_begun);
    g_thread_join(other);
    rounds_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_round_is_at_once_and_the_next_when_it_is_woken),
        cmocka_unit_test(a_call_during_a_round_is_not_lost),
        cmocka_unit_test(every_so_often_there_is_one_unasked),
        cmocka_unit_test(the_round_under_way_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
