/* Jobs are taken in their order, and again when they were not finished; tokens are hashes with an
 * end. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t add(Fixture *fixture, const char *kind)
{
    g_autoptr(GError) error = NULL;
    json_t *argument = json_pack("{s:s}", "person", "00123");
    JobAsked asked = {kind, argument, "ann", NOON};
    int64_t id = 0;

    assert_true(ledger_job_add(fixture->ledger, &asked, &id, &error));
    json_decref(argument);
    return id;
}

/* 0 = none waits. */
static int64_t take(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    json_t *job = NULL;

    assert_true(ledger_job_take(fixture->ledger, NOON + 1, &job, &error));
    int64_t id = json_integer_value(json_object_get(job, "job"));
    json_decref(job);
    return id;
}

static void finish(Fixture *fixture, int64_t id, const char *result)
{
    g_autoptr(GError) error = NULL;
    json_t *json = json_loads(result, 0, NULL);

    assert_true(ledger_job_finish(fixture->ledger, id, json, NOON + 2, &error));
    json_decref(json);
}

static char *status(Fixture *fixture, int64_t id)
{
    g_autoptr(GError) error = NULL;
    json_t *job = ledger_job(fixture->ledger, id, &error);
    char *text = g_strdup(json_string_value(json_object_get(job, "status")));

    json_decref(job);
    return text;
}

static void assert_status(Fixture *fixture, int64_t id, const char *wanted)
{
    g_autofree char *is = status(fixture, id);
    assert_string_equal(is, wanted);
}

static void jobs_are_taken_in_their_order(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);
    int64_t first = add(fixture, "run"), second = add(fixture, "leaver-check");

    assert_status(fixture, first, "waiting");
    assert_int_equal(take(fixture), first);
    assert_status(fixture, first, "working");
    finish(fixture, first, "{\"exit\": 0}");
    assert_status(fixture, first, "done");
    assert_int_equal(take(fixture), second);
    finish(fixture, second, "{\"error\": \"no such person\"}");
    assert_status(fixture, second, "failed");
    assert_int_equal(take(fixture), 0);
}

static void a_job_that_was_not_finished_is_taken_again(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);
    int64_t id = add(fixture, "run");

    assert_int_equal(take(fixture), id);
    fixture_close(fixture);
    fixture_open(fixture, LEDGER_RUN);
    assert_int_equal(take(fixture), id);
}

static void a_job_has_one_result(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);
    int64_t id = add(fixture, "run");

    finish(fixture, id, "{\"exit\": 0}");
    finish(fixture, id, "{\"error\": \"later\"}");
    assert_status(fixture, id, "done");
    assert_null(ledger_job(fixture->ledger, 99, NULL));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(jobs_are_taken_in_their_order, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_job_that_was_not_finished_is_taken_again, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_job_has_one_result, fixture_setup, fixture_teardown),
    };
    return run_on_argument(argc, argv, "jobs", tests);
}
