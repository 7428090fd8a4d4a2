/* The life of an exception over several nights. */
#include "fixture.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define assert_text(actual, expected)                                                              \
    do {                                                                                           \
        g_autofree char *actual_text = (actual);                                                   \
        assert_string_equal(actual_text, expected);                                                \
    } while (0)

static void what_is_found_first_is_new_and_open(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; dormant corp/bob !medium");

    assert_int_equal(f->counts.n_new, 2);
    assert_int_equal(f->counts.n_open, 2);
    assert_int_equal(f->counts.n_resolved, 0);
    assert_text(fixture_list(f, NULL),
                "EX-000001 leaver-active ann open high\nEX-000002 dormant bob open medium");
}

static void an_exception_has_the_json_of_the_interface(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann > admins");

    g_autoptr(GError) error = NULL;
    json_t *exception = ledger_exception(f->ledger, "ex-1", &error);
    json_object_del(exception, "history");
    char *text = json_dumps(exception, JSON_COMPACT);
    assert_string_equal(
        text, "{\"id\":\"EX-000001\",\"control\":\"leaver-active\",\"severity\":"
              "\"high\",\"status\":\"open\","
              "\"subject\":{\"type\":\"right\",\"source\":\"corp\",\"key\":\"key-"
              "ann\",\"name\":\"ann\",\"dn\":\"cn=ann,dc=example\"},"
              "\"object\":{\"type\":\"group\",\"source\":\"corp\",\"key\":\"key-"
              "admins\",\"name\":\"admins\"},"
              "\"person\":{\"id\":\"00123\",\"name\":\"Lena "
              "Wong\"},\"summary\":\"ann is wrong since 2 days (0).\","
              "\"evidence\":{\"facts\":0,\"list\":[[\"ops\",\"Domain "
              "Admins\"]]},\"action\":\"Disable the account.\","
              "\"references\":{},\"rule\":{\"profile\":\"iso27001\",\"thresholds\":"
              "{\"hours\":24},\"set_by\":{\"hours\":\"iso27001\"},\"config\":\"sha256:00\"},"
              "\"first_seen\":\"2026-03-03T12:00:00Z\",\"last_seen\":\"2026-03-"
              "03T12:00:00Z\",\"due\":\"2026-03-10T12:00:00Z\","
              "\"owner\":null,\"run\":1,\"opened_run\":1,"
              "\"began\":{\"is\":\"not known: no earlier run judged it\","
              "\"not_reported_at\":null,\"not_reported_by_run\":null,"
              "\"reported_at\":\"2026-03-03T12:00:00Z\",\"reported_by_run\":1}}");
    free(text);
    json_decref(exception);
}

static void the_same_night_twice_changes_nothing(void **state)
{
    Fixture *f = *state;
    const char *night = "leaver-active corp/ann; leaver-active corp/bob; dormant corp/ann";
    fixture_night(f, NOON, night);
    fixture_night(f, NOON, night);

    assert_int_equal(f->counts.n_new, 0);
    assert_int_equal(f->counts.n_resolved, 0);
    assert_int_equal(f->counts.n_open, 3);
    assert_int_equal(f->n_described, 0);
}

static void a_quiet_night_writes_no_exception_row(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; dormant corp/bob");
    fixture_close(f);
    forbid(f->path, "UPDATE", "exception", NULL, "written");
    forbid(f->path, "INSERT", "exception", NULL, "written");
    forbid(f->path, "INSERT", "exception_text", NULL, "written");
    fixture_night(f, NOON + DAY, "leaver-active corp/ann; dormant corp/bob");
    g_autoptr(GError) error = NULL;

    assert_false(
        fixture_try_night(f, NOON + DAY, "leaver-active corp/ann #2; dormant corp/bob", &error));
    assert_non_null(strstr(error->message, "written"));
}

static void last_seen_and_elapsed_time_go_on_without_a_write(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann");
    fixture_night(f, NOON + DAY, "leaver-active corp/ann");

    assert_text(fixture_member(f, "EX-000001", "first_seen"), "2026-03-03T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "last_seen"), "2026-03-04T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "summary"), "ann is wrong since 3 days (0).");
    assert_text(fixture_member(f, "EX-000001", "run"), "2");
}

static void what_is_gone_is_resolved(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; leaver-active corp/bob");
    fixture_night(f, NOON + DAY, "leaver-active corp/ann; leaver-active corp/bob");
    fixture_night(f, NOON + 2 * DAY, "leaver-active corp/bob");

    assert_int_equal(f->counts.n_resolved, 1);
    assert_int_equal(f->counts.n_open, 1);
    assert_text(fixture_list(f, NULL), "EX-000002 leaver-active bob open high");
    assert_text(fixture_list(f, "resolved"), "EX-000001 leaver-active ann resolved high");
    assert_text(fixture_member(f, "EX-000001", "resolved"), "2026-03-05T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "last_seen"), "2026-03-04T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "summary"), "ann is wrong since 3 days (0).");
}

static void a_relapse_reopens_the_same_id(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; leaver-active corp/bob");
    fixture_night(f, NOON + DAY, "leaver-active corp/bob");
    fixture_night(f, NOON + 2 * DAY, "leaver-active corp/ann #3; leaver-active corp/bob");

    assert_int_equal(f->counts.n_new, 1);
    assert_int_equal(f->counts.n_reopened, 1);
    assert_text(fixture_list(f, NULL),
                "EX-000001 leaver-active ann open high\nEX-000002 leaver-active bob open high");
    assert_text(fixture_history(f, "EX-000001"), "opened resolved reopened");
    assert_text(fixture_member(f, "EX-000001", "first_seen"), "2026-03-03T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-03-12T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "evidence.facts"), "3");
    assert_text(fixture_member(f, "EX-000001", "resolved"), "(missing)");
}

static void other_facts_are_taken_over_and_the_old_words_kept(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann");
    fixture_night(f, NOON + DAY, "leaver-active corp/ann #5");

    assert_int_equal(f->counts.n_new, 0);
    assert_int_equal(f->n_described, 1);
    assert_text(fixture_member(f, "EX-000001", "evidence.facts"), "5");
    assert_text(fixture_history(f, "EX-000001"), "opened updated");
    fixture_close(f);
    assert_int_equal(
        count_rows(f->path, "SELECT count(*) FROM audit WHERE detail LIKE '%since 2 days (0)%'"),
        1);
}

static void another_severity_moves_the_due_date_and_is_history(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann");
    fixture_night(f, NOON + DAY, "leaver-active corp/ann !critical");

    assert_text(fixture_member(f, "EX-000001", "severity"), "critical");
    /* As soon as if it had been found today, and no later than before. */
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-03-05T12:00:00Z");
    fixture_night(f, NOON + 2 * DAY, "leaver-active corp/ann !low");
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-06-01T12:00:00Z");
    fixture_night(f, NOON + 89 * DAY, "leaver-active corp/ann !medium");
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-06-01T12:00:00Z");
    assert_text(fixture_history(f, "EX-000001"), "opened severity severity severity");
}

static void an_unjudged_control_leaves_its_exceptions_alone(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; dormant corp/bob");
    fixture_night(f, NOON + DAY, "?leaver-active; +dormant; @corp");

    assert_text(fixture_list(f, NULL), "EX-000001 leaver-active ann open high");
    assert_text(fixture_member(f, "EX-000001", "last_seen"), "2026-03-03T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "run"), "1");
    /* Not even its sentence grows older: nobody looked. */
    assert_text(fixture_member(f, "EX-000001", "summary"), "ann is wrong since 2 days (0).");
    fixture_night(f, NOON + 2 * DAY, "leaver-active corp/ann; +dormant");
    assert_text(fixture_member(f, "EX-000001", "last_seen"), "2026-03-05T12:00:00Z");
}

static void an_unjudged_source_leaves_its_subjects_alone(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "leaver-active corp/ann; leaver-active lab/eve");
    fixture_night(f, NOON + DAY, "?leaver-active lab; @corp");

    assert_text(fixture_list(f, NULL), "EX-000002 leaver-active eve open high");
    assert_text(fixture_member(f, "EX-000002", "last_seen"), "2026-03-03T12:00:00Z");
}

static void an_unjudged_subject_is_left_alone_whatever_its_object(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "excess corp/ann > pay; excess corp/ann > buy; excess corp/bob > pay");
    fixture_night(f, NOON + DAY, "?excess corp/ann");

    assert_int_equal(f->counts.n_resolved, 1);
    assert_text(fixture_list(f, "resolved"), "EX-000003 excess bob resolved high");
    assert_text(fixture_member(f, "EX-000001", "run"), "1");
}

static void what_is_found_in_an_unjudged_control_counts_as_seen(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "excess corp/ann; excess corp/bob");
    fixture_night(f, NOON + DAY, "excess corp/ann; ?excess");

    assert_text(fixture_member(f, "EX-000001", "run"), "2");
    assert_text(fixture_member(f, "EX-000002", "run"), "1");
}

static void switching_a_control_off_resolves_nothing(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_night(f, NOON + DAY, "-dormant; @corp");
    fixture_night(f, NOON + 2 * DAY, "@corp");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_member(f, "EX-000001", "run"), "1");
}

static void a_source_that_is_no_longer_configured_resolves_nothing(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant lab/ann; dormant corp/bob");
    fixture_night(f, NOON + DAY, "+dormant; @corp");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
}

static void accepted_ones_stay_accepted_when_found_again_and_are_resolved_when_gone(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob");
    fixture_close(f);
    g_assert_null(meddle(f->path, "UPDATE exception SET status = 'accepted' WHERE id = 1;"
                                  "UPDATE exception SET status = 'false-positive' WHERE id = 2;"
                                  "DELETE FROM exception_digest" /* no audit row tells of it */));
    fixture_night(f, NOON + DAY, "dormant corp/ann #2; dormant corp/bob");
    assert_int_equal(f->counts.n_new, 0);
    assert_int_equal(f->counts.n_open, 0);
    assert_int_equal(f->counts.n_accepted, 1);
    assert_int_equal(f->counts.n_false_positive, 1);
    assert_text(fixture_list(f, "accepted"), "EX-000001 dormant ann accepted high");

    fixture_night(f, NOON + 2 * DAY, "+dormant; @corp");
    assert_int_equal(f->counts.n_resolved, 2);
    assert_int_equal(f->counts.n_accepted, 0);
}

static void a_run_that_would_resolve_too_much_is_held_and_merges_nothing(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/a; dormant corp/b; dormant corp/c; dormant corp/d");
    f->resolve_limit = 2;
    fixture_night(f, NOON + DAY, "dormant corp/a; leaver-active corp/new");

    assert_string_equal(f->status, "held");
    assert_int_equal(f->run, 2);
    char *held = json_dumps(f->held, JSON_COMPACT);
    assert_string_equal(
        held, "[{\"source\":\"ledger\",\"dimension\":\"resolved\",\"before\":4,\"after\":1,"
              "\"limit\":2,\"accept\":\"ledger:resolved\"}]");
    free(held);
    assert_int_equal(f->counts.n_open, 4);
    assert_int_equal(f->counts.n_new, 0);
    assert_text(fixture_list(f, "all"),
                "EX-000001 dormant a open high\nEX-000002 dormant b open high\n"
                "EX-000003 dormant c open high\nEX-000004 dormant d open high");
    assert_text(fixture_member(f, "EX-000001", "run"), "1");

    f->resolve_limit = 3;
    fixture_night(f, NOON + DAY, "dormant corp/a");
    assert_string_equal(f->status, "applied");
    assert_int_equal(f->counts.n_resolved, 3);
}

static void what_is_told_in_one_run_only_holds_no_run(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON,
                  "dormant corp/a; privileged-new corp/b; privileged-new corp/c; privileged-new "
                  "corp/d");
    f->resolve_limit = 1;
    fixture_night(f, NOON + DAY, "+dormant; +privileged-new; @corp");
    assert_string_equal(f->status, "applied");
    assert_int_equal(f->counts.n_resolved, 4);
    assert_int_equal(f->counts.n_passed, 3);
    f->resolve_limit = 0;
    fixture_night(f, NOON + 2 * DAY, "dormant corp/a; privileged-new corp/b");
    fixture_night(f, NOON + 3 * DAY, "+dormant; +privileged-new; @corp");
    assert_string_equal(f->status, "held");
    assert_string_equal(json_string_value(json_object_get(json_array_get(f->held, 0), "dimension")),
                        "resolved");
}

static void a_preview_counts_like_the_merge_and_writes_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const char *second = "dormant corp/b; dormant corp/c; dormant corp/d #2";
    LedgerCounts counts;
    fixture_night(f, NOON, "dormant corp/a; dormant corp/b; dormant corp/d");
    fixture_close(f);
    g_autofree char *before = dump_file(f->path);

    fixture_open(f, LEDGER_READ);
    FindingSet *set = night_set(second, f);
    assert_true(ledger_preview(f->ledger, set, &counts, &error));
    night_set_free(set);
    fixture_close(f);
    assert_text(dump_file(f->path), before);
    fixture_night(f, NOON + DAY, second);
    assert_memory_equal(&counts, &f->counts, sizeof counts);
}

static void findings_are_described_in_the_order_of_the_set(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) night = g_string_new(NULL);
    for (int i = 0; i < 300; i++)
        g_string_append_printf(night, "dormant corp/a%d;", i);
    fixture_night(f, NOON, night->str);

    assert_int_equal(f->n_described, 300);
    assert_true(f->is_in_order);
    for (int i = 0; i < 300; i++) { /* each got its own words */
        g_autofree char *id = g_strdup_printf("EX-%06d", i + 1);
        g_autofree char *name = g_strdup_printf("a%d", i), *key = g_strdup_printf("key-a%d", i);
        assert_text(fixture_member(f, id, "subject.name"), name);
        assert_text(fixture_member(f, id, "subject.key"), key);
    }
}

static void the_same_identity_twice_in_a_night_is_one_exception(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/a; dormant corp/a #2");
    fixture_night(f, NOON + DAY, "dormant corp/a; dormant corp/a #2");

    assert_int_equal(f->counts.n_open, 1);
    assert_text(fixture_history(f, "EX-000001"), "opened");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define LIFE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        LIFE(what_is_found_first_is_new_and_open),
        LIFE(an_exception_has_the_json_of_the_interface),
        LIFE(the_same_night_twice_changes_nothing),
        LIFE(a_quiet_night_writes_no_exception_row),
        LIFE(last_seen_and_elapsed_time_go_on_without_a_write),
        LIFE(what_is_gone_is_resolved),
        LIFE(a_relapse_reopens_the_same_id),
        LIFE(other_facts_are_taken_over_and_the_old_words_kept),
        LIFE(another_severity_moves_the_due_date_and_is_history),
        LIFE(an_unjudged_control_leaves_its_exceptions_alone),
        LIFE(an_unjudged_source_leaves_its_subjects_alone),
        LIFE(an_unjudged_subject_is_left_alone_whatever_its_object),
        LIFE(what_is_found_in_an_unjudged_control_counts_as_seen),
        LIFE(switching_a_control_off_resolves_nothing),
        LIFE(a_source_that_is_no_longer_configured_resolves_nothing),
        LIFE(accepted_ones_stay_accepted_when_found_again_and_are_resolved_when_gone),
        LIFE(a_run_that_would_resolve_too_much_is_held_and_merges_nothing),
        LIFE(what_is_told_in_one_run_only_holds_no_run),
        LIFE(a_preview_counts_like_the_merge_and_writes_nothing),
        LIFE(findings_are_described_in_the_order_of_the_set),
        LIFE(the_same_identity_twice_in_a_night_is_one_exception),
    };
    return run_on_argument(argc, argv, "the life of an exception", tests);
}
