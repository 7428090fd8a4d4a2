/* What people do, what stands in the audit log, and what lists and filters show. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define assert_text(actual, expected)                                                              \
    do {                                                                                           \
        g_autofree char *actual_text = (actual);                                                   \
        assert_string_equal(actual_text, expected);                                                \
    } while (0)

static void a_comment_is_history_and_audit(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_night(f, NOON, "dormant corp/ann");

    assert_true(
        ledger_comment(f->ledger, "EX-000001", "jdoe", "Called her.\n<b>", NOON + 5, &error));
    json_t *exception = ledger_exception(f->ledger, "1", NULL);
    char *row = json_dumps(json_array_get(json_object_get(exception, "history"), 1), JSON_COMPACT);
    assert_string_equal(
        row, "{\"at\":\"2026-03-03T12:00:05Z\",\"actor\":\"jdoe\",\"change\":\"comment\","
             "\"text\":\"Called her.\\n<b>\",\"run\":null}");
    free(row);
    json_decref(exception);
    fixture_close(f);
    assert_int_equal(
        count_rows(f->path,
                   "SELECT count(*) FROM audit WHERE action = 'comment' AND actor = 'jdoe'"),
        1);
}

static void an_assignment_sets_status_and_owner(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");

    assert_true(ledger_assign(f->ledger, "ex-000001", "jdoe", "Li Wong", NOON + 5, NULL));
    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann assigned high");
    assert_text(fixture_member(f, "EX-000001", "owner"), "Li Wong");
    assert_text(fixture_history(f, "EX-000001"), "opened assigned");
    fixture_night(f, NOON + DAY, "dormant corp/ann #2");
    assert_text(fixture_list(f, "assigned"), "EX-000001 dormant ann assigned high");
    assert_int_equal(f->counts.n_open, 1);
}

static void empty_texts_and_names_are_refused(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    const char *const blanks[] = {"", "  \t", NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(blanks); i++) {
        g_autoptr(GError) no_text = NULL;
        g_autoptr(GError) no_name = NULL;
        assert_false(ledger_comment(f->ledger, "EX-000001", "jdoe", blanks[i], NOON, &no_text));
        assert_false(ledger_assign(f->ledger, "EX-000001", "jdoe", blanks[i], NOON, &no_name));
        assert_true(g_error_matches(no_text, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
        assert_true(g_error_matches(no_name, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    }
    assert_text(fixture_history(f, "EX-000001"), "opened");
}

static void what_is_resolved_cannot_be_assigned_but_commented(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_night(f, NOON + DAY, "+dormant; @corp");

    assert_false(ledger_assign(f->ledger, "EX-000001", "jdoe", "li", NOON, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    assert_non_null(strstr(error->message, "EX-000001 is resolved"));
    assert_true(ledger_comment(f->ledger, "EX-000001", "jdoe", "Good.", NOON, NULL));
}

static void an_unknown_id_is_told_with_the_way_to_list(void **state)
{
    Fixture *f = *state;
    const char *const ids[] = {"EX-000009", "9", "EX-", "banana", "-1", "99999999999999999999", ""};
    fixture_night(f, NOON, "dormant corp/ann");

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(ledger_comment(f->ledger, ids[i], "jdoe", "text", NOON, &error));
        assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
        assert_non_null(strstr(error->message, "rightful exceptions"));
        g_clear_error(&error);
        assert_null(ledger_exception(f->ledger, ids[i], &error));
        assert_null(error);
    }
}

static void every_change_has_its_audit_row(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/a; dormant corp/b; dormant corp/c; dormant corp/d");
    ledger_comment(f->ledger, "1", "jdoe", "text", NOON, NULL);
    ledger_assign(f->ledger, "2", "jdoe", "li", NOON, NULL);
    fixture_night(f, NOON + DAY, "dormant corp/b #2; dormant corp/c !low; dormant corp/d");
    fixture_night(f, NOON + 2 * DAY,
                  "dormant corp/a; dormant corp/b #2; dormant corp/c !low; dormant corp/d");
    fixture_close(f);

    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit"),
                     SCHEMA_VERSION + 3 + 4 + 2 + 3 + 1);
    const struct {
        const char *action;
        int n;
    } expected[] = {{"migrated", SCHEMA_VERSION},
                    {"run", 3},
                    {"opened", 4},
                    {"comment", 1},
                    {"assigned", 1},
                    {"resolved", 1},
                    {"updated", 1},
                    {"severity", 1},
                    {"reopened", 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *sql =
            g_strdup_printf("SELECT count(*) FROM audit WHERE action = '%s'", expected[i].action);
        assert_int_equal(count_rows(f->path, sql), expected[i].n);
    }
}

static void the_audit_log_can_only_grow(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    const char *const attempts[] = {"UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"};

    g_autofree char *before = dump_file(f->path);
    for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++) {
        g_autofree char *answer = meddle(f->path, attempts[i]);
        assert_string_equal(answer, "audit is append-only");
    }
    g_autofree char *after = dump_file(f->path);
    assert_string_equal(before, after);
}

static void a_failed_change_leaves_neither_change_nor_audit_row(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    forbid(f->path, "INSERT", "audit", "NEW.action = 'assigned'", "no audit");
    g_autofree char *before = dump_file(f->path);
    fixture_open(f, LEDGER_WRITE);
    assert_false(ledger_assign(f->ledger, "1", "jdoe", "li", NOON, NULL));
    fixture_close(f);
    g_autofree char *after = dump_file(f->path);
    assert_string_equal(before, after);
}

static bool append_id(json_t *row, void *data)
{
    g_string_append_printf(data, "%s ", json_string_value(json_object_get(row, "id")) + 3);
    return true;
}

static char *filtered(Fixture *f, LedgerFilter filter)
{
    GString *ids = g_string_new(NULL);
    assert_true(ledger_exceptions(f->ledger, &filter, append_id, ids, NULL));
    return g_string_free(ids, FALSE);
}

static void lists_are_ordered_by_severity_control_subject(void **state)
{
    Fixture *f = *state;
    fixture_night(
        f, NOON, "b corp/x !low; b corp/z; b corp/y; a corp/y; c corp/a !critical; a corp/y > pay");

    assert_text(filtered(f, (LedgerFilter){0}), "000005 000004 000006 000003 000002 000001 ");
}

static void filters_find_what_they_name(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "a corp/ann; a corp/Käthe !low; b corp/ann > pay; b corp/bob");
    ledger_assign(f->ledger, "4", "jdoe", "li", NOON, NULL);
    fixture_night(f, NOON + DAY, "a corp/ann; b corp/ann > pay; b corp/bob; b corp/new");

    assert_text(filtered(f, (LedgerFilter){0}), "000001 000003 000004 000005 ");
    assert_text(filtered(f, (LedgerFilter){.status = "all"}),
                "000001 000003 000004 000005 000002 ");
    assert_text(filtered(f, (LedgerFilter){.status = "open"}), "000001 000003 000005 ");
    assert_text(filtered(f, (LedgerFilter){.status = "resolved"}), "000002 ");
    assert_text(filtered(f, (LedgerFilter){.control = "A"}), "000001 ");
    assert_text(filtered(f, (LedgerFilter){.status = "all", .severity = "LOW"}), "000002 ");
    assert_text(filtered(f, (LedgerFilter){.account = "ANN"}), "000001 000003 ");
    assert_text(filtered(f, (LedgerFilter){.status = "all", .account = "KÄTHE"}), "000002 ");
    assert_text(filtered(f, (LedgerFilter){.account = "cn=BOB,dc=example"}), "000004 ");
    assert_text(filtered(f, (LedgerFilter){.account = "key-bob", .person = "lena wong"}),
                "000004 ");
    assert_text(filtered(f, (LedgerFilter){.person = "123"}), "");
    assert_text(filtered(f, (LedgerFilter){.only_new = true}), "000005 ");
}

static void only_new_shows_reopened_ones_too(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "a corp/ann; a corp/bob");
    fixture_night(f, NOON, "a corp/bob");
    fixture_night(f, NOON, "a corp/ann; a corp/bob");

    assert_text(filtered(f, (LedgerFilter){.only_new = true}), "000001 ");
}

static bool stop_after_two(json_t *row, void *data)
{
    (void)row;
    return ++*(int *)data < 2;
}

static void a_visitor_can_stop(void **state)
{
    Fixture *f = *state;
    int n = 0;
    fixture_night(f, NOON, "a corp/ann; a corp/bob; a corp/cat");

    assert_true(ledger_exceptions(f->ledger, NULL, stop_after_two, &n, NULL));
    assert_int_equal(n, 2);
}

typedef struct Pager {
    Fixture *fixture;
    Ledger *reader;
    int n;
} Pager;

static bool run_meanwhile(json_t *row, void *data)
{
    Pager *pager = data;
    (void)row;
    if (pager->n++ == 0)
        fixture_night(pager->fixture, NOON + DAY, "a corp/x0");
    return true;
}

static void a_reader_in_a_pager_does_not_keep_a_run_from_writing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) night = g_string_new(NULL);
    for (int i = 0; i < 700; i++)
        g_string_append_printf(night, "a corp/x%d;", i);
    fixture_night(f, NOON, night->str);
    g_autoptr(Ledger) reader = ledger_open(f->url, f->folder, LEDGER_READ, NULL);
    Pager pager = {f, reader, 0};

    assert_false(ledger_exceptions(reader, NULL, run_meanwhile, &pager, &error));
    assert_non_null(strstr(error->message, "run 2 was applied while this list was written"));
}

static json_t *references(const char *control)
{
    return json_pack("{s:[s]}", "iso27001_2022", control);
}

static void references_come_from_the_caller(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    ledger_set_references(f->ledger, references);

    assert_text(fixture_member(f, "1", "references"), "{\"iso27001_2022\":[\"dormant\"]}");
}

static void summary_and_results_count_what_is_open(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON,
                  "a corp/ann; a corp/bob !low; ?b; c corp/eve; ?c corp/ann; +d; ?e lab; -f");
    fixture_night(f, NOON, "a corp/ann; ?b; c corp/eve; ?c corp/ann; +d; ?e lab; -f");
    json_t *summary = ledger_summary(f->ledger, NULL);
    json_t *results = ledger_control_results(f->ledger, NULL);
    char *summary_text = json_dumps(summary, JSON_COMPACT),
         *results_text = json_dumps(results, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(summary_text,
                        "{\"open\":2,\"assigned\":0,\"accepted\":0,\"accepted_by_rule\":0,\"false_"
                        "positive\":0,\"resolved\":1,"
                        "\"by_severity\":{\"critical\":0,\"high\":2,\"medium\":0,\"low\":0},"
                        "\"by_control\":{\"a\":1,\"c\":1}}");
    assert_string_equal(results_text,
                        "{\"a\":{\"open\":1,\"reason\":null,\"result\":\"exceptions\"},"
                        "\"b\":{\"open\":0,\"reason\":null,\"result\":\"not-evaluable\"},"
                        "\"c\":{\"open\":1,\"reason\":null,\"result\":\"exceptions\"},"
                        "\"d\":{\"open\":0,\"reason\":null,\"result\":\"pass\"},"
                        "\"e\":{\"open\":0,\"reason\":null,\"result\":\"not-evaluable\"}}");
    free(summary_text);
    free(results_text);
    json_decref(summary);
    json_decref(results);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define CHANGES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        CHANGES(a_comment_is_history_and_audit),
        CHANGES(an_assignment_sets_status_and_owner),
        CHANGES(empty_texts_and_names_are_refused),
        CHANGES(what_is_resolved_cannot_be_assigned_but_commented),
        CHANGES(an_unknown_id_is_told_with_the_way_to_list),
        CHANGES(every_change_has_its_audit_row),
        CHANGES(the_audit_log_can_only_grow),
        CHANGES(a_failed_change_leaves_neither_change_nor_audit_row),
        CHANGES(lists_are_ordered_by_severity_control_subject),
        CHANGES(filters_find_what_they_name),
        CHANGES(only_new_shows_reopened_ones_too),
        CHANGES(a_visitor_can_stop),
        CHANGES(a_reader_in_a_pager_does_not_keep_a_run_from_writing),
        CHANGES(references_come_from_the_caller),
        CHANGES(summary_and_results_count_what_is_open),
    };
    return run_on_argument(argc, argv, "changes and lists", tests);
}
