/* Campaigns that are over for long go whole, when nothing needs them any more; their heads stay. */
#include "ledger/history/past.h"
#include "ledger/review_tasks.h"
#include "on_postgres.h"
#include "reviewing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define YEAR (365 * DAY)

static int setup(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        reviewing_begin(*state);
    return failed;
}

static void decide(Fixture *f, int64_t item, const char *decision)
{
    assert_null(try_draft(f, "00124", item, decision, "because Lena Wong asked"));
    assert_null(try_sign(f, "00124"));
}

static void close_review(Fixture *f, const char *id, int64_t at_utc)
{
    g_autoptr(GError) error = NULL;

    if (!ledger_review_close(f->ledger, "root", at_utc, id, NULL, &error))
        fail_msg("%s", error->message);
}

/* How many campaigns the night forgot. */
static int forget(Fixture *f, int64_t as_of_utc)
{
    LedgerRetention retention = {.reviews_days = 365};
    g_autoptr(GError) error = NULL;
    json_t *forgotten = NULL;

    if (!ledger_retain(f->ledger, &retention, 9, as_of_utc, "timer", &forgotten, &error))
        fail_msg("%s", error->message);
    int n = (int)json_integer_value(json_object_get(forgotten, "reviews"));
    json_decref(forgotten);
    return n;
}

/* "3 items, 1 decided, 2 not reviewed, sha256:…" of its head; newly allocated. */
static char *head(Fixture *f, const char *id)
{
    json_t *review = ledger_review(f->ledger, id, NOON, NULL);
    char *text = g_strdup_printf("%d items, %d decided, %d not reviewed, %s",
                                 (int)json_integer_value(json_object_get(review, "items")),
                                 (int)json_integer_value(json_object_get(review, "decided")),
                                 (int)json_integer_value(json_object_get(review, "not_reviewed")),
                                 json_string_value(json_object_get(review, "population")));
    json_decref(review);
    return text;
}

static void what_is_over_for_long_keeps_its_numbers_and_its_digest(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123; bob/ops @00124; cid/ops @00125", NULL);
    decide(f, 1, "keep");
    close_review(f, "RV-000001", NOON + DAY);
    g_autofree char *before = head(f, "RV-000001");

    assert_int_equal(forget(f, NOON + YEAR), 0); /* closed a day later */
    assert_int_equal(forget(f, NOON + DAY + YEAR), 1);
    assert_int_equal(forget(f, NOON + DAY + YEAR), 0);
    g_autofree char *after = head(f, "RV-000001");
    assert_string_equal(after, before);
    assert_true(g_str_has_prefix(after, "3 items, 1 decided, 2 not reviewed, sha256:"));
    fixture_close(f);
    for (size_t i = 0; i < 5; i++) {
        static const char *const tables[] = {"item", "decision", "sign_off", "move", "task"};
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM review_%s", tables[i]);
        assert_int_equal(count_rows(f->path, sql), 0);
    }
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'forgotten' "
                                         "AND object = 'RV-000001' AND run = 9"),
                     1);
}

static void a_removal_that_is_not_proven_keeps_it(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    decide(f, 1, "remove");
    ReviewNight night = {.run = 5,
                         .as_of_utc = NOON + DAY,
                         .at_utc = NOON + DAY,
                         .actor = "timer",
                         .sights = (ReviewSight[]){{.review = 1, .item = 1, .is_there = false}},
                         .n_sights = 1};
    ReviewNightCounts counts;

    assert_int_equal(forget(f, NOON + 2 * YEAR), 0);
    assert_true(ledger_review_night(f->ledger, &night, &counts, NULL));
    assert_int_equal(counts.n_verified, 1);
    assert_int_equal(forget(f, NOON + 2 * YEAR), 1);
}

/* Else an older decision about the same right would count again. */
static void a_newer_one_does_not_go_before_an_older_about_the_same_right(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123; bob/ops @00124", NULL);
    decide(f, 1, "keep");
    close_review(f, "RV-000001", NOON + 2 * DAY);
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    close_review(f, "RV-000002", NOON + DAY);

    assert_int_equal(forget(f, NOON + DAY + YEAR), 0);
    assert_int_equal(forget(f, NOON + 2 * DAY + YEAR), 2);
}

/* As the controls about reviews open them: about one reviewer in one campaign. */
static void except(Fixture *f, int64_t at_utc, const char *subject_key)
{
    g_autofree char *sql = g_strdup_printf("UPDATE exception_text SET subject_type = 'review', "
                                           "subject_key = '%s' WHERE exception = 1",
                                           subject_key);

    fixture_night(f, at_utc, "review-invalid corp/ann");
    fixture_close(f);
    g_autofree char *failure = meddle(f->path, sql);
    assert_null(failure);
    fixture_open(f, LEDGER_RUN);
}

static void an_open_exception_about_its_reviewers_keeps_it(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    decide(f, 1, "keep"); /* the last signature closes it */
    except(f, NOON + DAY, "RV-000001/00124");

    assert_int_equal(forget(f, NOON + 2 * YEAR), 0);
    fixture_night(f, NOON + 2 * DAY,
                  "+review-invalid; @corp"); /* looked, and found nothing any more */
    assert_int_equal(forget(f, NOON + 2 * YEAR), 1);
}

static void an_exception_about_another_campaign_does_not_keep_it(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    close_review(f, "RV-000001", NOON + DAY);
    except(f, NOON + DAY, "RV-000010/00124");

    assert_int_equal(forget(f, NOON + 2 * YEAR), 1);
}

static void what_is_not_forgotten_cannot_be_deleted_by_hand(void **state)
{
    Fixture *f = *state;
    static const char *const attempts[] = {
        "DELETE FROM review_decision", "DELETE FROM review_sign_off",
        "UPDATE review_decision SET reason = 'x'", "UPDATE review_sign_off SET sentence = 'x'"};
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    decide(f, 1, "keep");
    fixture_close(f);

    for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++) {
        g_autofree char *failure = meddle(f->path, attempts[i]);
        assert_non_null(failure);
        assert_non_null(strstr(failure, "append-only"));
    }
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_decision"), 1);
}

#define retention_test(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        retention_test(what_is_over_for_long_keeps_its_numbers_and_its_digest),
        retention_test(a_removal_that_is_not_proven_keeps_it),
        retention_test(a_newer_one_does_not_go_before_an_older_about_the_same_right),
        retention_test(an_open_exception_about_its_reviewers_keeps_it),
        retention_test(an_exception_about_another_campaign_does_not_keep_it),
        retention_test(what_is_not_forgotten_cannot_be_deleted_by_hand),
    };
    return run_on_argument(argc, argv, "review_retention", tests);
}
