/* Pages of exceptions are pieces of the whole list, whatever the filter. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool append_id(json_t *row, void *text)
{
    g_string_append_printf(text, "%s ", json_string_value(json_object_get(row, "id")));
    return true;
}

/* Ids of a page, "EX-000001 EX-000002 "; asserts the total unless it is -1. */
static char *page(Fixture *fixture, LedgerListing listing, int64_t total)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    int64_t got;

    listing.limit = listing.limit ? listing.limit : 1000;
    if (!ledger_listing(fixture->ledger, &listing, append_id, text, &got, &error))
        fail_msg("%s", error->message);
    if (total >= 0)
        assert_int_equal(got, total);
    return g_string_free(text, FALSE);
}

static void assert_page(Fixture *fixture, LedgerListing listing, int64_t total, const char *wanted)
{
    g_autofree char *got = page(fixture, listing, total);

    assert_string_equal(got, wanted);
}

static void nights(Fixture *fixture)
{
    fixture_night(fixture, NOON,
                  "leaver-active corp/ann !critical; dormant corp/bob !low; dormant corp/100%_x "
                  "!low; excess corp/cid");
    fixture_night(fixture, NOON + DAY,
                  "leaver-active corp/ann !critical; dormant corp/bob !low; dormant corp/100%_x "
                  "!low; excess corp/dan");
}

static void pages_in_a_row_are_the_whole_list(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GString) pages = g_string_new(NULL), whole = g_string_new(NULL);

    nights(fixture);
    for (int64_t first = 0; first < 6; first += 2) {
        g_autofree char *one = page(fixture, (LedgerListing){.first = first, .limit = 2}, 4);
        g_string_append(pages, one);
    }
    assert_true(ledger_exceptions(fixture->ledger, NULL, append_id, whole, NULL));
    assert_string_equal(pages->str, whole->str);
}

static int64_t n_assigned(Ledger *ledger)
{
    json_t *summary = ledger_summary(ledger, NULL);
    assert_non_null(summary);
    int64_t n = json_integer_value(json_object_get(summary, "assigned"));

    json_decref(summary);
    return n;
}

static void what_was_counted_is_counted_anew_after_a_change(void **state)
{
    Fixture *fixture = *state;

    nights(fixture);
    fixture_open(fixture, LEDGER_WRITE);
    g_autoptr(Ledger) other = ledger_open(fixture->url, fixture->folder, LEDGER_READ, NULL);
    assert_int_equal(n_assigned(fixture->ledger), 0);
    assert_int_equal(n_assigned(other), 0);
    assert_page(fixture, (LedgerListing){.status = "assigned"}, 0, "");
    assert_true(ledger_assign(fixture->ledger, "EX-000001", "bob", "ann", NOON + 2 * DAY, NULL));
    assert_int_equal(n_assigned(fixture->ledger), 1);
    assert_int_equal(n_assigned(other), 1);
    assert_page(fixture, (LedgerListing){.status = "assigned"}, 1, "EX-000001 ");
    assert_int_equal(n_assigned(other), 1);
}

static void filters_hold_together(void **state)
{
    Fixture *fixture = *state;

    nights(fixture);
    assert_page(fixture, (LedgerListing){.severity = "critical"}, 1, "EX-000001 ");
    assert_page(fixture, (LedgerListing){.control = "dormant", .severity = "critical"}, 0, "");
    assert_page(fixture, (LedgerListing){.source = "corp", .control = "leaver-active"}, 1,
                "EX-000001 ");
    assert_page(fixture, (LedgerListing){.source = "hr"}, 0, "");
    G_GNUC_UNUSED g_autofree char *all = page(fixture, (LedgerListing){.status = "all"}, 5);
    g_autofree char *resolved = page(fixture, (LedgerListing){.status = "resolved"}, 1);
    g_autofree char *new = page(fixture, (LedgerListing){.only_new = true}, 1);
    assert_string_not_equal(resolved, new);
}

static void a_text_is_looked_for_as_it_is(void **state)
{
    Fixture *fixture = *state;

    nights(fixture);
    g_autofree char *ann = page(fixture, (LedgerListing){.text = "AN"}, 2); /* ann, dan */
    assert_non_null(strstr(ann, "EX-000001"));
    g_autofree char *percent = page(fixture, (LedgerListing){.text = "%"}, 1);
    g_autofree char *under = page(fixture, (LedgerListing){.text = "_"}, 1);
    assert_string_equal(percent, under);
    assert_page(fixture, (LedgerListing){.text = "' OR '1'='1"}, 0, "");
    assert_page(fixture, (LedgerListing){.text = "\\"}, 0, "");
}

static void a_name_is_found_whatever_its_case(void **state)
{
    Fixture *fixture = *state;

    fixture_night(fixture, NOON, "dormant corp/JÖRG; dormant corp/jörgen; dormant corp/jorg");
    G_GNUC_UNUSED g_autofree char *upper = page(fixture, (LedgerListing){.text = "Jörg"}, 2);
    G_GNUC_UNUSED g_autofree char *umlaut = page(fixture, (LedgerListing){.text = "Ö"}, 2);
    g_autofree char *plain = page(fixture, (LedgerListing){.text = "o"}, 1);
    g_autofree char *jorg = page(fixture, (LedgerListing){.text = "jorg"}, 1);
    assert_string_equal(plain, jorg);
    G_GNUC_UNUSED g_autofree char *all = page(fixture, (LedgerListing){.text = ""}, 3);
    assert_page(fixture, (LedgerListing){.text = "jorgx"}, 0, "");
}

static void many(Fixture *fixture, guint n, guint n_left)
{
    g_autoptr(GString) findings = g_string_new("leaver-active corp/zed !critical");

    for (guint i = 0; i < n; i++)
        if (i >= n_left)
            g_string_append_printf(findings, "; dormant corp/account%04u", i * 7919 % n);
    fixture_night(fixture, NOON + (n_left ? DAY : 0), findings->str);
}

/* The slow way: all there are, and those of them whose name has the text in it. */
typedef struct Slow {
    const char *text;
    GPtrArray *ids;
} Slow;

static bool take(json_t *row, void *data)
{
    Slow *slow = data;
    const char *name = json_string_value(json_object_get(json_object_get(row, "subject"), "name"));

    if (strstr(name, slow->text))
        g_ptr_array_add(slow->ids, g_strdup(json_string_value(json_object_get(row, "id"))));
    return true;
}

static void assert_like_the_slow_way(Fixture *fixture, const char *text)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    Slow slow = {text ? text : "", ids};

    assert_true(ledger_exceptions(fixture->ledger, NULL, take, &slow, NULL));
    for (int64_t first = 0; first < ids->len + 7; first += 311) {
        g_autoptr(GString) wanted = g_string_new(NULL);
        for (int64_t i = first; i < MIN(first + 7, (int64_t)ids->len); i++)
            g_string_append_printf(wanted, "%s ", (const char *)ids->pdata[i]);
        assert_page(fixture, (LedgerListing){.text = text, .first = first, .limit = 7}, ids->len,
                    wanted->str);
    }
}

static void pages_far_behind_and_of_names_are_pieces_of_the_same_list(void **state)
{
    Fixture *fixture = *state;
    static const char *const texts[] = {NULL, "account", "9", "account00", "zed", "x"};

    many(fixture, 2500, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_like_the_slow_way(fixture, texts[i]);
    many(fixture, 2500, 700); /* what was kept is of yesterday */
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_like_the_slow_way(fixture, texts[i]);
}

static bool has_no_evidence(json_t *row, void *n)
{
    assert_null(json_object_get(row, "evidence"));
    assert_null(json_object_get(row, "rule"));
    assert_non_null(strstr(json_string_value(json_object_get(row, "id")), "EX-"));
    assert_non_null(json_string_value(json_object_get(row, "summary")));
    assert_non_null(json_string_value(json_object_get(row, "first_seen")));
    (*(int *)n)++;
    return true;
}

static bool compare_with_line(json_t *row, void *whole)
{
    const char *name;
    json_t *value;

    json_t *same = json_array_get(whole, 0);
    json_object_foreach(row, name, value)
    {
        if (!json_equal(value, json_object_get(same, name)))
            fail_msg("%s differs", name);
    }
    json_array_remove(whole, 0);
    return true;
}

static bool collect(json_t *row, void *rows)
{
    json_array_append(rows, row);
    return true;
}

static void a_line_says_what_the_whole_says_without_the_evidence(void **state)
{
    Fixture *fixture = *state;
    LedgerListing whole = {.limit = 10, .status = "all"},
                  lines = {.limit = 10, .status = "all", .only_lines = true};
    json_t *rows = json_array();
    int64_t total;
    int n = 0;

    nights(fixture);
    assert_true(ledger_listing(fixture->ledger, &whole, collect, rows, &total, NULL));
    assert_true(ledger_listing(fixture->ledger, &lines, has_no_evidence, &n, &total, NULL));
    assert_int_equal(n, 5);
    assert_true(ledger_listing(fixture->ledger, &lines, compare_with_line, rows, &total, NULL));
    json_decref(rows);
}

static void what_is_theirs_is_what_is_assigned_to_them(void **state)
{
    Fixture *fixture = *state;
    bool is_theirs;

    nights(fixture); /* all of it is about 00123 */
    G_GNUC_UNUSED g_autofree char *about = page(fixture, (LedgerListing){.only_of = "00123"}, 4);
    assert_page(fixture, (LedgerListing){.only_of = "00777"}, 0, "");
    /* Whoever is nobody of the roster owns nothing, and what is about nobody is not theirs. */
    assert_page(fixture, (LedgerListing){.only_of = ""}, 0, "");
    assert_true(ledger_exception_is_of(fixture->ledger, "EX-000001", "", &is_theirs, NULL));
    assert_false(is_theirs);
    assert_true(ledger_assign(fixture->ledger, "EX-000001", "root", "00777", NOON, NULL));
    assert_page(fixture, (LedgerListing){.only_of = "00777"}, 1, "EX-000001 ");
    assert_page(fixture, (LedgerListing){.owner = "00777"}, 1, "EX-000001 ");
    assert_page(fixture, (LedgerListing){.only_of = "00777", .control = "dormant"}, 0, "");
    assert_true(ledger_exception_is_of(fixture->ledger, "EX-000001", "00777", &is_theirs, NULL));
    assert_true(is_theirs);
    assert_true(ledger_exception_is_of(fixture->ledger, "EX-000002", "00777", &is_theirs, NULL));
    assert_false(is_theirs);
    assert_true(ledger_exception_is_of(fixture->ledger, "EX-999999", "00777", &is_theirs, NULL));
    assert_false(is_theirs);
}

static void a_page_behind_the_last_is_empty(void **state)
{
    Fixture *fixture = *state;

    nights(fixture);
    assert_page(fixture, (LedgerListing){.first = 1000000, .limit = 50}, 4, "");
}

static void before_any_run_there_is_nothing(void **state)
{
    Fixture *fixture = *state;
    int64_t run = 5, as_of;

    fixture_open(fixture, LEDGER_RUN);
    assert_page(fixture, (LedgerListing){0}, 0, "");
    assert_true(ledger_latest_run(fixture->ledger, &run, &as_of, NULL));
    assert_int_equal(run, 0);
    nights(fixture);
    assert_true(ledger_latest_run(fixture->ledger, &run, &as_of, NULL));
    assert_int_equal(run, 2);
    assert_int_equal(as_of, NOON + DAY);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(pages_in_a_row_are_the_whole_list),
        TEST(filters_hold_together),
        TEST(what_was_counted_is_counted_anew_after_a_change),
        TEST(a_text_is_looked_for_as_it_is),
        TEST(a_name_is_found_whatever_its_case),
        TEST(pages_far_behind_and_of_names_are_pieces_of_the_same_list),
        TEST(a_line_says_what_the_whole_says_without_the_evidence),
        TEST(what_is_theirs_is_what_is_assigned_to_them),
        TEST(a_page_behind_the_last_is_empty),
        TEST(before_any_run_there_is_nothing),
    };
    return run_on_argument(argc, argv, "listing", tests);
}
