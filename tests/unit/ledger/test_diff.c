/* What became of exceptions between two runs, and what was open after one of them. */
#include "fixture.h"
#include "on_postgres.h"

#include "ledger/history/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define assert_text(actual, expected)                                                              \
    do {                                                                                           \
        g_autofree char *actual_text = (actual);                                                   \
        assert_string_equal(actual_text, expected);                                                \
    } while (0)

static const char *text_at(json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "-";
}

/* "3 opened EX-000001 ann status - open", one a line. */
static bool add_line(json_t *row, void *data)
{
    g_string_append_printf(data, "%s%lld %s %s %s %s %s %s", ((GString *)data)->len > 0 ? "\n" : "",
                           json_integer_value(json_object_get(row, "run")), text_at(row, "change"),
                           text_at(row, "key"), text_at(row, "name"), text_at(row, "field"),
                           text_at(row, "before"), text_at(row, "after"));
    return true;
}

static char *diff(Fixture *f, int64_t from, int64_t to)
{
    GString *lines = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!ledger_diff_exceptions(f->ledger, from, to, add_line, lines, &error))
        g_string_append(lines, error->message);
    return g_string_free(lines, FALSE);
}

static bool add_open(json_t *row, void *data)
{
    g_string_append_printf(data, "%s%s %s %s", ((GString *)data)->len > 0 ? "\n" : "",
                           text_at(row, "id"), text_at(row, "severity"), text_at(row, "summary"));
    return true;
}

/* What ledger_exceptions() lists; run 0 = now. */
static char *open_at(Fixture *f, int64_t run)
{
    GString *lines = g_string_new(NULL);
    LedgerFilter filter = {.at_run = run};
    g_autoptr(GError) error = NULL;

    if (!ledger_exceptions(f->ledger, &filter, add_open, lines, &error))
        g_string_append(lines, error->message);
    return g_string_free(lines, FALSE);
}

static void what_is_opened_resolved_and_reopened_is_told_with_its_run(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "late corp/ann; late corp/bob");
    fixture_night(f, NOON + DAY, "late corp/bob; late corp/eve; +late");
    fixture_night(f, NOON + 2 * DAY, "late corp/ann; late corp/eve; +late");

    assert_text(diff(f, 1, 2), "2 resolved EX-000001 ann status open resolved\n"
                               "2 opened EX-000003 eve status - open");
    assert_text(diff(f, 2, 3), "3 reopened EX-000001 ann status resolved open\n"
                               "3 resolved EX-000002 bob status open resolved");
    assert_text(diff(f, 1, 3), "3 resolved EX-000002 bob status open resolved\n"
                               "2 opened EX-000003 eve status - open");
}

static void a_run_is_no_different_from_itself(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "late corp/ann");
    fixture_night(f, NOON + DAY, "late corp/bob; +late");

    assert_text(diff(f, 2, 2), "");
}

static void backwards_the_same_is_told_the_other_way_round(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "late corp/ann");
    fixture_night(f, NOON + DAY, "late corp/bob; +late");

    assert_text(diff(f, 2, 1), "2 reopened EX-000001 ann status resolved open\n"
                               "2 not yet opened EX-000002 bob status open -");
}

static void what_came_and_went_in_between_is_told_once(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "+late");
    fixture_night(f, NOON + DAY, "late corp/ann");
    fixture_night(f, NOON + 2 * DAY, "+late; @corp");

    assert_text(diff(f, 1, 3), "3 opened and resolved EX-000001 ann status - resolved");
}

static void another_severity_is_a_change(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "late corp/ann !low");
    fixture_night(f, NOON + DAY, "late corp/ann !high");
    fixture_night(f, NOON + 2 * DAY, "late corp/ann !critical");

    assert_text(diff(f, 1, 2), "2 changed EX-000001 ann severity low high");
    assert_text(diff(f, 2, 3), "3 changed EX-000001 ann severity high critical");
    assert_text(diff(f, 1, 3), "3 changed EX-000001 ann severity low critical");
    assert_text(diff(f, 3, 2), "3 changed EX-000001 ann severity critical high");
}

static void what_a_person_does_belongs_to_the_time_after_the_run(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_night(f, NOON, "late corp/ann");
    assert_true(ledger_assign(f->ledger, "EX-1", "ops", "00124", NOON + 60, &error));
    fixture_night(f, NOON + DAY, "late corp/ann");

    assert_text(diff(f, 1, 2), "0 changed EX-000001 ann status open assigned");
    assert_text(diff(f, 2, 2), "");
}

static void a_run_that_never_was_is_named(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "late corp/ann");

    assert_text(diff(f, 1, 7), "there is no run 7; rightful runs lists them");
}

static void what_was_open_is_listed_as_it_was_that_night(void **state)
{
    Fixture *f = *state;
    static const char *const nights[] = {
        "late corp/ann !low; late corp/bob #1; old corp/eve !critical",
        "late corp/ann !high; late corp/bob #2; old corp/eve !low",
        "late corp/bob #2 !low; ?old corp; +late",
        "late corp/ann !low; late corp/bob #3; +old; @corp",
        "late corp/ann !low #7; +late",
    };
    g_autoptr(GPtrArray) live = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < G_N_ELEMENTS(nights); i++) {
        fixture_night(f, NOON + i * DAY, nights[i]);
        g_ptr_array_add(live, open_at(f, 0));
    }
    for (guint i = 0; i < live->len; i++)
        assert_text(open_at(f, i + 1), live->pdata[i]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(what_is_opened_resolved_and_reopened_is_told_with_its_run),
        TEST(a_run_is_no_different_from_itself),
        TEST(backwards_the_same_is_told_the_other_way_round),
        TEST(what_came_and_went_in_between_is_told_once),
        TEST(another_severity_is_a_change),
        TEST(what_a_person_does_belongs_to_the_time_after_the_run),
        TEST(a_run_that_never_was_is_named),
        TEST(what_was_open_is_listed_as_it_was_that_night),
    };
    return run_on_argument(argc, argv, "what changed", tests);
}
