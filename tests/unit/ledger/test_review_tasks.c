/* What reviews decided is open until a run proves it, and open items follow who is here. */
#include "on_postgres.h"
#include "reviewing.h"

#include "ledger/review_tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static int setup(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        reviewing_begin(*state);
    return failed;
}

static void decide(Fixture *f, const char *person, int64_t item, const char *decision)
{
    g_autofree char *failure = try_draft(f, person, item, decision, "because");
    if (failure)
        fail_msg("%s", failure);
}

static void sign(Fixture *f, const char *person)
{
    g_autofree char *failure = try_sign(f, person);
    if (failure)
        fail_msg("%s", failure);
}

typedef struct Night {
    int64_t run;
    ReviewSight sights[4];
    size_t n_sights;
    ReviewHolders holders[2];
    size_t n_holders;
} Night;

/* "1 verified, 0 returned, 0 moved" */
static const char *night(Fixture *f, const Night *seen)
{
    static char text[64];
    g_autoptr(GError) error = NULL;
    ReviewNightCounts counts;
    ReviewNight all = {.run = seen->run,
                       .as_of_utc = NOON + seen->run * DAY,
                       .at_utc = NOON + seen->run * DAY,
                       .actor = "timer",
                       .sights = seen->sights,
                       .n_sights = seen->n_sights,
                       .holders = seen->holders,
                       .n_holders = seen->n_holders};

    if (!ledger_review_night(f->ledger, &all, &counts, &error))
        fail_msg("%s", error->message);
    g_snprintf(text, sizeof text, "%d verified, %d returned, %d moved", (int)counts.n_verified,
               (int)counts.n_returned, (int)counts.n_moved);
    return text;
}

static bool append_task(json_t *task, void *data)
{
    GString *out = data;
    json_t *verified = json_object_get(task, "verified");

    g_string_append_printf(out, "%s%d %s %s", out->len > 0 ? "; " : "",
                           (int)json_integer_value(json_object_get(task, "item")),
                           json_string_value(json_object_get(task, "decision")),
                           json_string_value(json_object_get(task, "state")));
    if (json_is_object(verified))
        g_string_append_printf(out, " by run %d",
                               (int)json_integer_value(json_object_get(verified, "run")));
    return true;
}

static char *tasks(Fixture *f, bool only_open)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (!ledger_review_tasks(f->ledger, NULL, only_open, NOON + DAY, append_task, out, &error))
        fail_msg("%s", error->message);
    return g_string_free(out, FALSE);
}

#define assert_tasks(f, only_open, expected)                                                       \
    do {                                                                                           \
        g_autofree char *tasks_text = tasks(f, only_open);                                         \
        assert_string_equal(tasks_text, expected);                                                 \
    } while (0)

static void a_task_is_open_until_a_run_does_not_find_the_right(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124; cid/ops @00124", NULL);
    decide(f, "00124", 1, "remove");
    decide(f, "00124", 2, "keep-until");
    decide(f, "00124", 3, "keep");
    sign(f, "00124");

    assert_tasks(f, false, "1 remove open; 2 keep-until later");
    assert_tasks(f, true, "1 remove open");
    const Night there = {.run = 1, .sights = {{1, 1, true}, {1, 2, true}}, .n_sights = 2};
    assert_string_equal(night(f, &there), "0 verified, 0 returned, 0 moved");
    const Night gone = {.run = 2, .sights = {{1, 1, false}, {1, 2, true}}, .n_sights = 2};
    assert_string_equal(night(f, &gone), "1 verified, 0 returned, 0 moved");
    assert_string_equal(night(f, &gone), "0 verified, 0 returned, 0 moved");
    assert_tasks(f, false, "1 remove verified by run 2; 2 keep-until later");
    const Night back = {.run = 3, .sights = {{1, 1, true}}, .n_sights = 1};
    assert_string_equal(night(f, &back), "0 verified, 1 returned, 0 moved");
    assert_tasks(f, true, "1 remove returned by run 2");
    const Night again = {.run = 4, .sights = {{1, 1, false}}, .n_sights = 1};
    assert_string_equal(night(f, &again), "1 verified, 0 returned, 0 moved");
    assert_tasks(f, false, "1 remove verified by run 4; 2 keep-until later");
}

static void a_newer_decision_takes_the_place_of_an_older(void **state)
{
    Fixture *f = *state;
    int64_t n = 0;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124", NULL);
    decide(f, "00124", 1, "remove");
    decide(f, "00124", 2, "remove");
    sign(f, "00124");
    reviewing_start(f, "ann/ops @00125; bob/ops @00125", NULL);
    ReviewActor actor = reviewing_actor("00125", 200);
    ReviewDraft draft = {.review = "2",
                         .item = 1,
                         .decision = "keep",
                         .until = INT32_MIN,
                         .reason = "",
                         .seconds = -1};

    assert_true(ledger_review_draft(f->ledger, &actor, &draft, 1, NULL));
    assert_tasks(f, true, "1 remove open; 2 remove open");
    assert_true(ledger_review_sign(f->ledger, &actor, "2", "Yes.", &n, NULL));
    assert_tasks(f, false, "1 remove superseded; 2 remove open");
    g_autoptr(Reviewed) reviewed = ledger_reviewed(f->ledger, NULL);
    assert_int_equal(reviewed->tasks->len, 1);
    assert_int_equal(reviewed->decisions->len, 2);
    assert_true(ledger_review_close(f->ledger, "root", NOON + DAY, "2", NULL, NULL));
    assert_tasks(f, true, "2 remove open"); /* not reviewed is no decision */
}

static void open_items_follow_who_is_here_and_whose_accounts_are(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124; cid/ops @00127; dan/ops @; eve/ops @00125",
                    NULL);
    decide(f, "00124", 2, "keep");
    decide(f, "00125", 5, "keep");
    sign(f, "00125");
    const char *const holders[] = {"00124", "00125", NULL};
    const Night linked = {
        .run = 1, .holders = {{"corp", "bob", holders}, {"corp", "eve", holders}}, .n_holders = 2};

    assert_string_equal(night(f, &linked), "0 verified, 0 returned, 3 moved");
    assert_string_equal(night(f, &linked), "0 verified, 0 returned, 0 moved");
    g_autofree char *items = reviewing_items(f);
    assert_string_equal(items, "1:@00124 v1 undecided; 2:@00128 v3 undecided; "
                               "3:@00128 v2 undecided; 4:@00128 v2 undecided; "
                               "5:@00125 v3 signed keep");
    g_autofree char *failure = try_move(f, "00128", 2, "delegated", "00125");
    assert_non_null(strstr(failure, "their own rights"));
    /* No draft, no holders. */
    reviewing_assert_last(f, 50, "refused nobody left own signed started");
}

static void the_controls_are_told_who_is_late_and_what_was_decided(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123; bob/ops @00125; cid/dev @00125", NULL);
    decide(f, "00124", 1, "remove");
    decide(f, "00125", 3, "keep");
    sign(f, "00124");
    sign(f, "00125");
    g_autoptr(Reviewed) reviewed = ledger_reviewed(f->ledger, NULL);

    assert_int_equal(reviewed->reviewers->len, 2);
    const ReviewedReviewer *ana = &g_array_index(reviewed->reviewers, ReviewedReviewer, 1);
    assert_string_equal(ana->key, "RV-000001/00125");
    assert_string_equal(ana->reviewer, "Ana Lima");
    assert_int_equal(ana->n_open, 1);
    assert_int_equal(ana->n_items, 2);
    assert_int_equal(ana->n_decisions, 1);
    assert_int_equal(g_array_index(reviewed->decisions, ReviewedDecision, ana->first).item, 3);
    const ReviewedDecision *first = &g_array_index(reviewed->decisions, ReviewedDecision, 0);
    assert_string_equal(first->reviewer_id, "00124");
    assert_string_equal(first->holders[0], "00123");
    assert_int_equal(first->seconds, 7);
    assert_null(reviewed_group(reviewed, "corp", "dev"));
    assert_true(ledger_review_close(f->ledger, "root", NOON + DAY, "1", NULL, NULL));
    g_autoptr(Reviewed) closed = ledger_reviewed(f->ledger, NULL);
    assert_int_equal(g_array_index(closed->reviewers, ReviewedReviewer, 1).n_open, 0);
    assert_int_equal(reviewed_group(closed, "corp", "dev")->at_utc, NOON + DAY);
    assert_null(reviewed_group(closed, "corp", "ops"));
}

int main(int argc, char **argv)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        test(a_task_is_open_until_a_run_does_not_find_the_right),
        test(a_newer_decision_takes_the_place_of_an_older),
        test(open_items_follow_who_is_here_and_whose_accounts_are),
        test(the_controls_are_told_who_is_late_and_what_was_decided),
    };
    return run_on_argument(argc, argv, "review tasks", tests);
}
