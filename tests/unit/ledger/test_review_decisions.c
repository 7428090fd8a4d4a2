/* Who may decide about the items of a review, and what becomes of it. */
#include "on_postgres.h"
#include "reviewing.h"

#include "base/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define assert_items(f, expected)                                                                  \
    do {                                                                                           \
        g_autofree char *items_text = reviewing_items(f);                                          \
        assert_string_equal(items_text, expected);                                                 \
    } while (0)

#define assert_done(tried)                                                                         \
    do {                                                                                           \
        g_autofree char *failure_text = (tried);                                                   \
        if (failure_text)                                                                          \
            fail_msg("%s", failure_text);                                                          \
    } while (0)

#define assert_told(tried, code, words)                                                            \
    do {                                                                                           \
        g_autofree char *failure_text = (tried);                                                   \
        assert_non_null(failure_text);                                                             \
        if (!strstr(failure_text, words) || !strstr(failure_text, "othing was changed"))           \
            fail_msg("'%s' does not say '%s'", failure_text, words);                               \
        assert_int_equal(reviewing_code, code);                                                    \
    } while (0)
#define assert_refused(tried, words) assert_told(tried, LEDGER_ERROR_REFUSED, words)
#define assert_conflict(tried, words) assert_told(tried, LEDGER_ERROR_CONFLICT, words)

static int setup(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        reviewing_begin(*state);
    return failed;
}

/* What the review's audit rows say. */
#define assert_changes(f, expected)                                                                \
    do {                                                                                           \
        g_autofree char *all = reviewing_changes(ledger_review_history(f->ledger, "1", NULL));     \
        assert_string_equal(all, expected);                                                        \
    } while (0)

static char *status_of(Fixture *f)
{
    json_t *review = ledger_review(f->ledger, "1", NOON, NULL);
    char *status = g_strdup(json_string_value(json_object_get(review, "status")));

    json_decref(review);
    return status;
}

/* ---- drafts ---- */

static void a_draft_is_the_reviewers_and_can_be_changed_and_taken_back(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123; bob/ops @00125 =00128", NULL);
    ReviewActor actor = reviewing_actor("00124", 70);

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_items(f, "1:@00124 v2 drafted keep; 2:@00125 v1 undecided");
    assert_done(try_draft(f, "00124", 1, "remove", ""));
    assert_items(f, "1:@00124 v3 drafted remove; 2:@00125 v1 undecided");
    assert_refused(try_draft(f, "00124", 2, "keep", ""), "is for Ana Lima (00125) to decide");
    assert_true(ledger_review_undraft(f->ledger, &actor, "1", 1, 3, NULL));
    assert_items(f, "1:@00124 v4 undecided; 2:@00125 v1 undecided");
    assert_changes(f, "started drafted draft changed refused draft taken back");
    reviewing_assert_last(f, 50, "refused started");
}

static void the_same_draft_again_is_no_change(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123", NULL);
    ReviewActor actor = reviewing_actor("00124", 60);
    ReviewDraft draft = {.review = "1",
                         .item = 1,
                         .version = 1,
                         .decision = "keep",
                         .until = DAY_NONE,
                         .reason = "",
                         .seconds = -1};
    g_autoptr(GError) error = NULL;

    assert_true(ledger_review_draft(f->ledger, &actor, &draft, 1, NULL));
    assert_true(ledger_review_draft(f->ledger, &actor, &draft, 1, NULL));
    assert_items(f, "1:@00124 v2 drafted keep");
    draft.decision = "remove";
    assert_false(ledger_review_draft(f->ledger, &actor, &draft, 1, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_CONFLICT));
    assert_non_null(strstr(error->message, "was drafted as keep by Jonas Meier (00124) at "
                                           "2026-03-03T12:01:00Z"));
    assert_changes(f, "started drafted conflict");
}

static void what_needs_a_reason_gets_none_without(void **state)
{
    Fixture *f = *state;
    reviewing_start(f,
                    "ann/ops @00124 =00123 privileged single; bob/ops @00124 advice-remove;"
                    "cid/ops @00124 advice-keep; dan/ops @00124",
                    NULL);

    assert_refused(try_draft(f, "00124", 1, "keep", " "), "needs a reason: it is privileged");
    assert_refused(try_draft(f, "00124", 2, "keep", ""), "against the advice");
    assert_refused(try_draft(f, "00124", 3, "remove", ""), "against the advice");
    assert_refused(try_draft(f, "00124", 4, "keep-until", ""), "kept until a day");
    assert_refused(try_draft(f, "00124", 4, "reduce", ""), "say to what");
    assert_refused(try_draft(f, "00124", 4, "perhaps", "x"), "is no decision");
    assert_done(try_draft(f, "00124", 1, "keep", "on call"));
    assert_done(try_draft(f, "00124", 2, "remove", ""));
    assert_done(try_draft(f, "00124", 3, "keep", ""));
    assert_done(try_draft(f, "00124", 4, "keep-until", "project"));
}

static void a_day_to_keep_until_is_ahead_and_not_far(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124", NULL);
    ReviewActor actor = reviewing_actor("00124", 60);
    int32_t today = day_of_time(NOON, actor.zone);
    const struct {
        int32_t day;
        bool is_good;
    } days[] = {{today, false},       {today - 1, false},  {DAY_NONE, false},
                {today + 401, false}, {today + 400, true}, {today + 1, true}};

    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        ReviewDraft draft = {.review = "1",
                             .item = 1,
                             .decision = "keep-until",
                             .until = days[i].day,
                             .reason = "project",
                             .seconds = -1};
        assert_int_equal(ledger_review_draft(f->ledger, &actor, &draft, 1, NULL), days[i].is_good);
    }
    actor.at_utc += DAY; /* the day is over when it comes to signing */
    g_autoptr(GError) error = NULL;
    int64_t n = 0;
    assert_false(ledger_review_sign(f->ledger, &actor, "1", "Yes.", &n, &error));
    assert_non_null(strstr(error->message, "which is over"));
}

static void a_bulk_is_all_or_nothing_and_names_what_it_may_not_hold(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124 single; cid/ops @00124 single", NULL);
    ReviewActor actor = reviewing_actor("00124", 60);
    ReviewDraft drafts[3];
    g_autoptr(GError) error = NULL, other = NULL;

    for (int i = 0; i < 3; i++)
        drafts[i] = (ReviewDraft){.review = "1",
                                  .item = i + 1,
                                  .decision = "keep",
                                  .until = DAY_NONE,
                                  .reason = "all on call",
                                  .is_bulk = true,
                                  .seconds = -1};
    assert_false(ledger_review_draft(f->ledger, &actor, drafts, 3, &error));
    assert_non_null(strstr(error->message, "2 (bob in ops), 3 (cid in ops)"));
    assert_items(f, "1:@00124 v1 undecided; 2:@00124 v1 undecided; 3:@00124 v1 undecided");
    assert_true(ledger_review_draft(f->ledger, &actor, drafts, 1, NULL));
    drafts[0].reason = "";
    assert_false(ledger_review_draft(f->ledger, &actor, drafts, 1, &other));
    assert_non_null(strstr(other->message, "needs a reason"));
    drafts[0].item = 99;
    g_clear_error(&other);
    assert_false(ledger_review_draft(f->ledger, &actor, drafts, 1, &other));
    assert_true(g_error_matches(other, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
}

/* ---- nobody decides about themselves ---- */

static void nobody_decides_about_an_account_that_may_be_theirs(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "adm-jo/ops @00124 =00123 =00124; lena/ops @00123 =00009; x/ops @00125",
                    NULL);

    assert_refused(try_draft(f, "00124", 1, "keep", ""), "nobody decides about their own rights");
    assert_refused(try_draft(f, "00123", 2, "keep", ""), "nobody decides about their own rights");
    assert_refused(try_move(f, "00125", 3, "delegated", "00126"), "has left");
    assert_refused(try_move(f, "00125", 3, "delegated", "Per Left"), "has left");
    assert_refused(try_move(f, "00125", 3, "delegated", "nobody"), "is nobody of the last");
    assert_refused(try_move(f, "00124", 1, "delegated", "00125"), "their own rights");
    assert_done(try_move(f, "00124", 1, "not-mine", NULL));
    assert_items(f, "1:@00128 v2 undecided; 2:@00123 v1 undecided; 3:@00125 v1 undecided");
}

static void a_link_made_later_counts_from_then_on(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "svc/ops @00124 =00123; bob/ops @00124", NULL);

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_draft(f, "00124", 2, "keep", ""));
    fixture_close(f);
    g_assert_null(meddle(f->path, "INSERT INTO manual_link (source, account_key, account_name, "
                                  "person_id, person_name, reason, actor, at, state) VALUES "
                                  "('corp', 'svc', 'svc', '00124', 'Jonas Meier', 'x', 'x', 1, "
                                  "'x')"));
    fixture_open(f, LEDGER_RUN);
    assert_refused(try_sign(f, "00124"), "item 1 of RV-000001 (svc in ops)");
    assert_refused(try_draft(f, "00124", 1, "remove", ""), "their own rights");
    assert_done(try_move(f, "00124", 1, "dont-know", NULL));
    assert_done(try_sign(f, "00124"));
    assert_items(f, "1:@00128 v3 undecided; 2:@00124 v3 signed keep");
}

static void neither_strangers_nor_leavers_decide(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00127; bob/ops @nobody; cid/ops @00009", NULL);

    assert_refused(try_draft(f, "00127", 1, "keep", ""), "has left");
    assert_refused(try_draft(f, "nobody", 2, "keep", ""), "is nobody of the last applied roster");
    assert_done(try_draft(f, "00123", 3, "keep", "")); /* who is 00009 now */
    assert_done(try_sign(f, "00123"));
}

/* ---- signing ---- */

static void what_is_signed_stands_and_the_last_decision_closes_the_review(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00125", NULL);

    assert_refused(try_sign(f, "00124"), "has decided about nothing");
    assert_done(try_draft(f, "00124", 1, "remove", ""));
    assert_done(try_sign(f, "00124"));
    assert_items(f, "1:@00124 v3 signed remove; 2:@00125 v1 undecided");
    assert_conflict(try_draft(f, "00124", 1, "keep", "y"),
                    "was signed as remove by Jonas Meier (00124) at 2026-03-03T12:02:00Z");
    assert_conflict(try_move(f, "00124", 1, "delegated", "00125"), "was signed as remove");
    assert_done(try_draft(f, "00125", 2, "keep", ""));
    assert_done(try_sign(f, "00125"));
    g_autofree char *status = status_of(f);
    assert_string_equal(status, "closed");
    assert_conflict(try_draft(f, "00125", 2, "keep", ""), "was closed by somebody at");
    assert_changes(f, "started refused drafted signed conflict conflict drafted signed closed "
                      "conflict");
    reviewing_assert_last(f, 3, "conflict closed signed");
}

static void no_answer_is_not_reviewed(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124; cid/dev @00125", NULL);
    g_autoptr(GError) error = NULL;

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_draft(f, "00125", 3, "keep", ""));
    assert_done(try_sign(f, "00125"));
    assert_true(
        ledger_review_close(f->ledger, "root", NOON + DAY, "RV-000001", "the team is gone", NULL));
    assert_items(f, "1:@00124 v3 not-reviewed keep; 2:@00124 v2 not-reviewed; "
                    "3:@00125 v3 signed keep");
    assert_false(ledger_review_close(f->ledger, "root", NOON + DAY, "1", NULL, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_CONFLICT));
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action LIKE '%closed' "
                                         "AND detail LIKE '%the team is gone%'"),
                     1);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM group_reviewed"), 1);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM group_reviewed WHERE "
                                         "group_key = 'dev' AND review = 1"),
                     1);
}

static void part_of_a_group_reviews_no_group(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124", "{\"fallback\": \"00128\"}");

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_sign(f, "00124"));
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM group_reviewed"), 0);
}

static void what_is_to_be_carried_out_is_a_task(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124; cid/ops @00124; dan/ops @00124", NULL);

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_draft(f, "00124", 2, "remove", ""));
    assert_done(try_draft(f, "00124", 3, "reduce", "read only"));
    assert_done(try_draft(f, "00124", 4, "keep-until", "project")); /* 2026-04-02 */
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_task"), 0);
    fixture_open(f, LEDGER_RUN);
    assert_done(try_sign(f, "00124"));
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_task"), 3);
    assert_int_equal(count_rows(f->path, "SELECT due_from FROM review_task WHERE place = 2"),
                     NOON + 120);
    assert_int_equal(count_rows(f->path, "SELECT due_from FROM review_task WHERE place = 4"),
                     NOON + 30 * DAY + DAY / 2);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_draft"), 0);
}

/* ---- from one to another ---- */

static void an_item_goes_from_reviewer_to_reviewer_and_its_draft_with_nobody(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124 =00123", NULL);

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_move(f, "00124", 1, "delegated", "ana@example.com"));
    assert_items(f, "1:@00125 v3 undecided");
    assert_refused(try_draft(f, "00124", 1, "keep", ""), "is for Ana Lima");
    assert_refused(try_move(f, "00124", 1, "delegated", "00128"), "is for Ana Lima");
    assert_refused(try_move(f, "00125", 1, "delegated", "lwong"), "their own rights");
    assert_refused(try_move(f, "00125", 1, "delegated", "00125"), "already");
    assert_done(try_move(f, "00125", 1, "dont-know", NULL));
    assert_items(f, "1:@00128 v4 undecided");
    assert_done(try_move(f, "00128", 1, "dont-know", NULL)); /* on to the owner */
    assert_refused(try_move(f, "00129", 1, "dont-know", NULL), "can fall back to nobody else");
    assert_items(f, "1:@00129 v5 undecided");
}

static void only_the_owner_of_the_campaign_reassigns_and_not_about_himself(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; odd/ops @00124 =00129", NULL);

    assert_refused(try_move(f, "00124", 1, "reassigned", "00125"), "by the owner of the campaign");
    assert_done(try_move(f, "00129", 1, "reassigned", "00125"));
    assert_refused(try_move(f, "00129", 2, "reassigned", "00125"), "their own rights");
    assert_items(f, "1:@00125 v2 undecided; 2:@00124 v1 undecided");
}

static void a_second_stage_is_somebody_elses_and_decides(void **state)
{
    Fixture *f = *state;
    reviewing_start(f,
                    "ann/ops @00124 second-00125; bob/ops @00124 second-00124; "
                    "eve/ops @00124 second-00127 =00128",
                    "{\"fallback\": \"00128\", \"second_stage\": \"owner\", "
                    "\"whole_groups\": true}");

    for (int i = 1; i <= 3; i++)
        assert_done(try_draft(f, "00124", i, "keep", ""));
    assert_done(try_sign(f, "00124"));
    assert_items(f, "1:@00125 stage 2 v3 undecided; 2:@00128 stage 2 v3 undecided; "
                    "3:@00129 stage 2 v3 undecided");
    assert_refused(try_move(f, "00125", 1, "delegated", "00124"), "in the first stage");
    assert_done(try_draft(f, "00125", 1, "remove", ""));
    assert_done(try_sign(f, "00125"));
    assert_items(f, "1:@00125 stage 2 v5 signed remove; 2:@00128 stage 2 v3 undecided; "
                    "3:@00129 stage 2 v3 undecided");
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_decision WHERE place = 1"),
                     2);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review_task"), 1);
}

static void nothing_signed_can_be_changed_by_anybody(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124", NULL);

    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_sign(f, "00124"));
    fixture_close(f);
    const char *forbidden[] = {"UPDATE review_decision SET decision = 'remove'",
                               "DELETE FROM review_decision", "DELETE FROM review_sign_off",
                               "UPDATE review_sign_off SET sentence = 'no'"};
    for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++) {
        g_autofree char *failure = meddle(f->path, forbidden[i]);
        assert_non_null(failure);
    }
}

/* ---- at once ---- */

#define N_RACERS 16

typedef struct Racer {
    Fixture *f;
    int number;
    bool has_won;
    GError *error;
} Racer;

static gpointer race(gpointer data)
{
    Racer *racer = data;
    g_autofree char *reason = g_strdup_printf("reason %d", racer->number);
    g_autoptr(Ledger) ledger =
        ledger_open(racer->f->url, racer->f->folder, LEDGER_WRITE, &racer->error);
    ReviewActor actor = reviewing_actor("00124", racer->number);
    ReviewDraft draft = {.review = "1",
                         .item = 1,
                         .version = 1,
                         .decision = racer->number % 2 ? "keep" : "remove",
                         .until = DAY_NONE,
                         .reason = reason,
                         .seconds = -1};

    if (ledger)
        racer->has_won = ledger_review_draft(ledger, &actor, &draft, 1, &racer->error);
    return NULL;
}

static void of_sixteen_who_decide_at_once_one_wins_and_all_are_told(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124", NULL);
    Racer racers[N_RACERS];
    GThread *threads[N_RACERS];
    int n_won = 0;

    reviewing_actor("00124", 0); /* makes what the threads share */
    for (int i = 0; i < N_RACERS; i++) {
        racers[i] = (Racer){.f = f, .number = i};
        threads[i] = g_thread_new("racer", race, &racers[i]);
    }
    for (int i = 0; i < N_RACERS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < N_RACERS; i++) {
        n_won += racers[i].has_won;
        if (racers[i].has_won)
            continue;
        assert_true(g_error_matches(racers[i].error, LEDGER_ERROR, LEDGER_ERROR_CONFLICT));
        if (!strstr(racers[i].error->message, "by Jonas Meier (00124) at 2026-03-03T12:00:"))
            fail_msg("'%s' says neither who nor when", racers[i].error->message);
        g_clear_error(&racers[i].error);
    }
    assert_int_equal(n_won, 1);
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'drafted'"), 1);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'conflict'"),
                     N_RACERS - 1);
    assert_int_equal(count_rows(f->path, "SELECT version FROM review_item"), 2);
}

/* ---- how they went about it ---- */

static void habits_are_told_of_all_and_of_each(void **state)
{
    Fixture *f = *state;
    reviewing_start(f, "ann/ops @00124; bob/ops @00124; cid/ops @00125", NULL);

    assert_done(try_draft(f, "00124", 1, "remove", ""));
    assert_done(try_draft(f, "00124", 1, "keep", ""));
    assert_done(try_draft(f, "00124", 2, "keep-until", "project"));
    assert_done(try_draft(f, "00125", 3, "remove", ""));
    assert_done(try_sign(f, "00124"));
    assert_done(try_sign(f, "00125"));
    json_t *all = ledger_review_telemetry(f->ledger, "1", false, NULL);
    json_t *each = ledger_review_telemetry(f->ledger, "RV-000001", true, NULL);
    char *text = json_dumps(all, JSON_COMPACT),
         *one = json_dumps(json_array_get(json_object_get(each, "by_reviewer"), 0), JSON_COMPACT);
    assert_string_equal(text, "{\"review\":\"RV-000001\",\"reviewers\":2,\"decisions\":3,"
                              "\"timed\":3,\"median_seconds\":7.0,\"bulk_percent\":0,"
                              "\"keep_percent\":67,\"drafts_changed\":1}");
    assert_string_equal(one, "{\"reviewer\":{\"id\":\"00124\",\"name\":\"Jonas Meier\"},"
                             "\"decisions\":2,\"timed\":2,\"median_seconds\":7.0,"
                             "\"bulk_percent\":0,\"keep_percent\":100,\"drafts_changed\":1}");
    free(text);
    free(one);
    json_decref(all);
    json_decref(each);
    assert_null(ledger_review_telemetry(f->ledger, "9", false, NULL));
}

static void a_login_name_means_whoever_has_it_as_username(void **state)
{
    Fixture *f = *state;
    const char *const logins[][2] = {{"jmeier", "00124"}, {"JMEIER", "00124"}, {"00124", ""},
                                     {"Jonas Meier", ""}, {"pleft", ""},       {"igone", ""},
                                     {"lalt", "00123"},   {"root", ""},        {"", ""}};

    for (size_t i = 0; i < G_N_ELEMENTS(logins); i++) {
        g_autofree char *id = ledger_review_person(f->ledger, logins[i][0], NULL);
        assert_string_equal(id, logins[i][1]);
    }
}

int main(int argc, char **argv)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        test(a_draft_is_the_reviewers_and_can_be_changed_and_taken_back),
        test(the_same_draft_again_is_no_change),
        test(what_needs_a_reason_gets_none_without),
        test(a_day_to_keep_until_is_ahead_and_not_far),
        test(a_bulk_is_all_or_nothing_and_names_what_it_may_not_hold),
        test(nobody_decides_about_an_account_that_may_be_theirs),
        test(a_link_made_later_counts_from_then_on),
        test(neither_strangers_nor_leavers_decide),
        test(what_is_signed_stands_and_the_last_decision_closes_the_review),
        test(no_answer_is_not_reviewed),
        test(part_of_a_group_reviews_no_group),
        test(what_is_to_be_carried_out_is_a_task),
        test(an_item_goes_from_reviewer_to_reviewer_and_its_draft_with_nobody),
        test(only_the_owner_of_the_campaign_reassigns_and_not_about_himself),
        test(a_second_stage_is_somebody_elses_and_decides),
        test(nothing_signed_can_be_changed_by_anybody),
        test(of_sixteen_who_decide_at_once_one_wins_and_all_are_told),
        test(habits_are_told_of_all_and_of_each),
        test(a_login_name_means_whoever_has_it_as_username),
    };
    return run_on_argument(argc, argv, "review decisions", tests);
}
