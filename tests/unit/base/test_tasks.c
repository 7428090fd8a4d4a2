#include "base/tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#define N 100

static void count(void *data)
{
    int *times = data;
    (*times)++;
}

static void each_task_runs_once(void **state)
{
    (void)state;
    int times[N] = {0};
    Task tasks[N];
    for (size_t i = 0; i < N; i++)
        tasks[i] = (Task){count, &times[i]};
    tasks_run(tasks, N);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(times[i], 1);
}

static void no_task_is_no_work(void **state)
{
    (void)state;
    int times = 0;
    const Task none[] = {{count, &times}};
    tasks_run(none, 0);
    assert_int_equal(times, 0);
}

/* One waits for what another writes: they can only end if they stand side by side. */
static void wait_for_it(void *data)
{
    int *flag = data;
    while (g_atomic_int_get(flag) == 0)
        g_usleep(100);
}

static void raise_it(void *data)
{
    g_atomic_int_set((int *)data, 1);
}

static void tasks_stand_side_by_side(void **state)
{
    (void)state;
    if (g_get_num_processors() < 2)
        skip();
    int flag = 0;
    const Task tasks[] = {{wait_for_it, &flag}, {raise_it, &flag}};
    tasks_run(tasks, 2);
    assert_int_equal(flag, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once),
        cmocka_unit_test(no_task_is_no_work),
        cmocka_unit_test(tasks_stand_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
