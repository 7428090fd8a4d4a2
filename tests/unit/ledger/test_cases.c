/* Leaver cases: lines are open until a check that read their source does not find them. */
#include "base/times.h"
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST_LINES 8

/* "account corp/ann open; right corp/ann>corp/admins open; asset reg/LT-1 clear" of person 1; what
 * is not "open" is clear. */
typedef struct Check {
    const char *lines;
    int64_t at_utc, run;
    bool may_open, is_unsure;
    const char *unread, *unread_kind;
    const char *digest; /* of the source that a check by hand read */
} Check;

static CaseLine parse_line(char *text)
{
    char **words = g_strsplit(g_strstrip(text), " ", 3);
    char **sides = g_strsplit(words[1], ">", 2);
    char **subject = g_strsplit(sides[0], "/", 2);
    char **object = sides[1] ? g_strsplit(sides[1], "/", 2) : NULL;
    CaseLine line = {.kind = g_intern_string(words[0]),
                     .source = g_intern_string(subject[0]),
                     .key = g_intern_string(subject[1]),
                     .object_source = object ? g_intern_string(object[0]) : "",
                     .object_key = object ? g_intern_string(object[1]) : "",
                     .name = g_intern_string(subject[1]),
                     .text = g_intern_string(words[1]),
                     .due_utc = NOON + DAY,
                     .is_open = strcmp(words[2], "open") == 0};
    g_strfreev(words);
    g_strfreev(sides);
    g_strfreev(subject);
    g_strfreev(object);
    return line;
}

static json_t *check_case(Fixture *fixture, Check check)
{
    g_auto(GStrv) parts = g_strsplit(check.lines, ";", MOST_LINES);
    const char *unread[] = {check.unread, NULL}, *kinds[] = {check.unread_kind, NULL};
    json_t *sources =
        check.digest ? json_pack("[{s:s s:s}]", "name", "corp", "digest", check.digest) : NULL;
    CaseLine lines[MOST_LINES];
    g_autoptr(GError) error = NULL;
    json_t *found = NULL;
    size_t n = 0;

    for (; parts[n] && *parts[n]; n++)
        lines[n] = parse_line(parts[n]);
    CaseCheck all = {.person = "1",
                     .name = "Ann",
                     .last_day = day_of_time(NOON, g_time_zone_new_utc()),
                     .at_utc = check.at_utc ? check.at_utc : NOON,
                     .actor = "hr",
                     .run = check.run,
                     .may_open = check.may_open,
                     .is_sure = !check.is_unsure,
                     .unread_sources = check.unread ? unread : NULL,
                     .unread_kinds = check.unread_kind ? kinds : NULL,
                     .sources = sources,
                     .lines = lines,
                     .n_lines = n};
    if (!ledger_case_check(fixture->ledger, &all, &found, &error))
        fail_msg("%s", error->message);
    json_decref(sources);
    return found;
}

/* "open: ann open, LT-1 clear | opened, line open": status, lines, changes; "" when there is no
 * case. */
static const char *summary(json_t *found)
{
    static GString *text;
    size_t i;
    json_t *row;

    if (!text)
        text = g_string_new(NULL);
    g_string_truncate(text, 0);
    if (!found)
        return "";
    g_string_append_printf(text, "%s:", json_string_value(json_object_get(found, "status")));
    json_array_foreach(json_object_get(found, "lines"), i, row) g_string_append_printf(
        text, "%s %s %s", i ? "," : "", json_string_value(json_object_get(row, "text")),
        json_string_value(json_object_get(row, "status")));
    json_array_foreach(json_object_get(found, "history"), i, row) g_string_append_printf(
        text, "%s %s", i ? "," : " |", json_string_value(json_object_get(row, "change")));
    json_decref(found);
    return text->str;
}

static int setup(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        fixture_open(*state, LEDGER_RUN);
    return failed;
}

static void a_check_opens_a_case_only_when_it_may(void **state)
{
    Fixture *fixture = *state;

    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann open"})),
                        "");
    assert_string_equal(
        summary(check_case(fixture, (Check){.lines = "account corp/ann open; asset reg/LT-1 clear",
                                            .may_open = true})),
        "open: corp/ann open, reg/LT-1 clear | opened, line open");
}

static void a_line_is_clear_when_it_is_not_found_any_more_and_so_is_the_case(void **state)
{
    Fixture *fixture = *state;

    json_decref(check_case(
        fixture, (Check){.lines = "account corp/ann open; asset reg/LT-1 open", .may_open = true}));
    assert_string_equal(
        summary(check_case(fixture, (Check){.lines = "account corp/ann clear", .run = 1})),
        "clear: corp/ann clear, no longer: reg/LT-1 clear"
        " | opened, line open, line open, line clear, line clear, clear");
}

static void what_could_not_be_read_stays_open(void **state)
{
    Fixture *fixture = *state;

    json_decref(
        check_case(fixture, (Check){.lines = "account corp/ann open; right corp/ann>lab/root open;"
                                             "asset reg/LT-1 open",
                                    .may_open = true}));
    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann clear",
                                                            .unread = "reg",
                                                            .is_unsure = true})),
                        "open: reg/LT-1 open, corp/ann clear, no longer: corp/ann>lab/root clear"
                        " | opened, line open, line open, line open, line clear, line clear");
}

static void a_right_needs_both_its_sources_to_be_gone(void **state)
{
    Fixture *fixture = *state;

    json_decref(
        check_case(fixture, (Check){.lines = "right corp/ann>lab/root open", .may_open = true}));
    assert_string_equal(
        summary(check_case(fixture, (Check){.lines = "", .unread = "lab", .is_unsure = true})),
        "open: corp/ann>lab/root open | opened, line open");
}

static void nothing_open_and_something_unread_is_not_clear(void **state)
{
    Fixture *fixture = *state;

    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann clear",
                                                            .is_unsure = true,
                                                            .may_open = true})),
                        "open: corp/ann clear | opened");
    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann clear"})),
                        "clear: corp/ann clear | opened, clear");
}

static void a_clear_case_is_opened_again_with_its_history(void **state)
{
    Fixture *fixture = *state;

    json_decref(check_case(fixture, (Check){.lines = "account corp/ann open", .may_open = true}));
    json_decref(check_case(fixture, (Check){.lines = "account corp/ann clear"}));
    assert_string_equal(
        summary(check_case(fixture, (Check){.lines = "account corp/ann open"})),
        "open: corp/ann open | opened, line open, line clear, clear, line open again, open again");
}

static void a_line_that_stays_open_keeps_its_beginning_and_its_earlier_due_time(void **state)
{
    Fixture *fixture = *state;

    json_decref(check_case(fixture, (Check){.lines = "account corp/ann open", .may_open = true}));
    json_t *found = check_case(
        fixture, (Check){.lines = "account corp/ann open", .at_utc = NOON + DAY, .run = 7});
    const json_t *line = json_array_get(json_object_get(found, "lines"), 0);

    assert_string_equal(json_string_value(json_object_get(line, "opened")), "2026-03-03T12:00:00Z");
    assert_string_equal(json_string_value(json_object_get(found, "checked")),
                        "2026-03-04T12:00:00Z");
    assert_int_equal(json_integer_value(json_object_get(found, "checked_run")), 7);
    json_decref(found);
}

static void a_kind_of_line_that_could_not_be_told_stays_open(void **state)
{
    Fixture *fixture = *state;

    json_decref(
        check_case(fixture, (Check){.lines = "owned-group corp/g open; account corp/ann open",
                                    .may_open = true}));
    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann clear",
                                                            .unread_kind = "owned-group",
                                                            .is_unsure = true})),
                        "open: corp/g open, corp/ann clear"
                        " | opened, line open, line open, line clear");
    assert_string_equal(summary(check_case(fixture, (Check){.lines = "account corp/ann clear"})),
                        "clear: corp/ann clear, no longer: corp/g clear"
                        " | opened, line open, line open, line clear, line clear, clear");
}

/* "at run digest found,found clear;" of each check of the proof. */
static const char *proof(Fixture *fixture)
{
    static GString *text;
    g_autoptr(GError) error = NULL;
    json_t *found = ledger_case_proof(fixture->ledger, "1", &error), *check, *sentence;
    size_t i, j;

    if (!found)
        fail_msg("%s", error ? error->message : "no case");
    if (!text)
        text = g_string_new(NULL);
    g_string_truncate(text, 0);
    json_array_foreach(json_object_get(found, "checks"), i, check)
    {
        const json_t *sources = json_object_get(check, "sources");
        const char *digest =
            json_string_value(json_object_get(json_array_get(sources, 0), "digest"));
        g_string_append_printf(text, "%.10s %d %s", json_string_value(json_object_get(check, "at")),
                               (int)json_integer_value(json_object_get(check, "run")),
                               digest ? digest : "-");
        json_array_foreach(json_object_get(check, "found"), j, sentence)
            g_string_append_printf(text, " %s", json_string_value(sentence));
        g_string_append(text, json_is_true(json_object_get(check, "clear")) ? " clear;" : ";");
    }
    json_decref(found);
    return text->str;
}

static void the_proof_names_the_check_that_found_it_closed_and_what_that_read(void **state)
{
    Fixture *fixture = *state;

    json_decref(check_case(fixture, (Check){.lines = "account corp/ann open; account corp/bob open;"
                                                     "account corp/old clear",
                                            .may_open = true,
                                            .digest = "sha256:1"}));
    assert_string_equal(proof(fixture), "2026-03-03 0 sha256:1 corp/old;");
    json_decref(
        check_case(fixture, (Check){.lines = "account corp/ann clear; account corp/bob open;"
                                             "account corp/old clear",
                                    .at_utc = NOON + DAY,
                                    .digest = "sha256:2"}));
    json_decref(
        check_case(fixture, (Check){.lines = "account corp/ann clear; account corp/bob clear;"
                                             "account corp/old clear",
                                    .at_utc = NOON + 2 * DAY,
                                    .run = 99}));
    assert_string_equal(proof(fixture), "2026-03-03 0 sha256:1 corp/old;"
                                        "2026-03-04 0 sha256:2 corp/ann;"
                                        "2026-03-05 99 - corp/bob clear;");
}

static void of_a_case_that_found_nothing_closed_there_is_no_proof(void **state)
{
    Fixture *fixture = *state;

    json_decref(check_case(
        fixture,
        (Check){.lines = "account corp/ann open", .may_open = true, .digest = "sha256:1"}));
    assert_string_equal(proof(fixture), "");
    assert_null(ledger_case_proof(fixture->ledger, "nobody", NULL));
}

static bool count(json_t *row, void *n)
{
    assert_non_null(json_object_get(row, "person"));
    (*(int *)n)++;
    return true;
}

static void clear_cases_are_listed_on_demand(void **state)
{
    Fixture *fixture = *state;
    int n_open = 0, n_all = 0;

    json_decref(check_case(fixture, (Check){.lines = "account corp/ann clear", .may_open = true}));
    assert_true(ledger_cases(fixture->ledger, false, count, &n_open, NULL));
    assert_true(ledger_cases(fixture->ledger, true, count, &n_all, NULL));
    assert_int_equal(n_open, 0);
    assert_int_equal(n_all, 1);
    json_t *by_id = ledger_case(fixture->ledger, "lc-000001", NULL);
    json_t *by_person = ledger_case(fixture->ledger, "1", NULL);
    assert_true(json_equal(by_id, by_person));
    assert_null(ledger_case(fixture->ledger, "LC-000002", NULL));
    json_decref(by_id);
    json_decref(by_person);
}

#define case_test(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        case_test(a_check_opens_a_case_only_when_it_may),
        case_test(a_line_is_clear_when_it_is_not_found_any_more_and_so_is_the_case),
        case_test(what_could_not_be_read_stays_open),
        case_test(a_right_needs_both_its_sources_to_be_gone),
        case_test(nothing_open_and_something_unread_is_not_clear),
        case_test(a_clear_case_is_opened_again_with_its_history),
        case_test(a_line_that_stays_open_keeps_its_beginning_and_its_earlier_due_time),
        case_test(a_kind_of_line_that_could_not_be_told_stays_open),
        case_test(the_proof_names_the_check_that_found_it_closed_and_what_that_read),
        case_test(of_a_case_that_found_nothing_closed_there_is_no_proof),
        case_test(clear_cases_are_listed_on_demand),
    };
    return run_on_argument(argc, argv, "leaver cases", tests);
}
