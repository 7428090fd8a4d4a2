#include "fixture.h"

#include <string.h>

/* ---- what reviews decided ---- */

static ReviewedTask *task(Case *c, const char *account_name, const char *group_name,
                          const char *decision, int64_t due_from)
{
    if (c->reviewed == NULL)
        c->reviewed = reviewed_new();
    ReviewedTask one = {.source = g_strdup("corp"),
                        .account_key = g_strdup_printf("a-%s", account_name),
                        .group_source = g_strdup("corp"),
                        .group_key = g_strdup_printf("g-%s", group_name),
                        .review = g_strdup("RV-000001"),
                        .decision = g_strdup(decision),
                        .reason = g_strdup("not needed"),
                        .decided_by_id = g_strdup("00124"),
                        .decided_by = g_strdup("Jonas Meier"),
                        .item = (int64_t)c->reviewed->tasks->len + 1,
                        .decided_utc = due_from,
                        .due_from_utc = due_from,
                        .verified_utc = TIME_UNKNOWN,
                        .returned_utc = TIME_UNKNOWN};
    g_array_append_val(c->reviewed->tasks, one);
    return &g_array_index(c->reviewed->tasks, ReviewedTask, c->reviewed->tasks->len - 1);
}

static void verified(ReviewedTask *one, int64_t utc)
{
    one->verified_run = 17;
    one->verified_utc = utc;
}

static ReviewedReviewer *reviewer(Case *c, const char *id, const char *name)
{
    if (c->reviewed == NULL)
        c->reviewed = reviewed_new();
    ReviewedReviewer one = {.key = g_strdup_printf("RV-000001/%s", id),
                            .name = g_strdup_printf("Privileged rights: %s", name),
                            .review = g_strdup("RV-000001"),
                            .title = g_strdup("Privileged rights"),
                            .reviewer_id = g_strdup(id),
                            .reviewer = g_strdup(name),
                            .due_utc = AS_OF,
                            .first = c->reviewed->decisions->len};
    g_array_append_val(c->reviewed->reviewers, one);
    return &g_array_index(c->reviewed->reviewers, ReviewedReviewer,
                          c->reviewed->reviewers->len - 1);
}

/* By the newest reviewer. */
static ReviewedDecision *decision(Case *c, const char *account_name, const char *what,
                                  int32_t seconds)
{
    ReviewedReviewer *by =
        &g_array_index(c->reviewed->reviewers, ReviewedReviewer, c->reviewed->reviewers->len - 1);
    ReviewedDecision one = {.review = g_strdup(by->review),
                            .title = g_strdup(by->title),
                            .reviewer_id = g_strdup(by->reviewer_id),
                            .reviewer = g_strdup(by->reviewer),
                            .account_source = g_strdup("corp"),
                            .account_key = g_strdup_printf("a-%s", account_name),
                            .account_name = g_strdup(account_name),
                            .group_source = g_strdup("corp"),
                            .group_key = g_strdup("g-ops"),
                            .group_name = g_strdup("ops"),
                            .holders = g_new0(char *, 2),
                            .item = by->n_decisions + 1,
                            .decided_utc = AS_OF - HOURS(2),
                            .signed_utc = AS_OF - HOURS(1),
                            .seconds = seconds,
                            .decision = g_strdup(what)};
    g_array_append_val(c->reviewed->decisions, one);
    by->n_decisions++;
    return &g_array_index(c->reviewed->decisions, ReviewedDecision,
                          c->reviewed->decisions->len - 1);
}

/* ---- review-task-overdue ---- */

static void who_has_open_items_after_the_due_date_is_late(void **state)
{
    Case *c = *state;
    account(c, "ann", "1");
    person(c, "00124", "Jonas Meier");
    ReviewedReviewer *late = reviewer(c, "00124", "Jonas Meier");
    late->due_utc = AS_OF - DAYS(2);
    late->n_open = 3;
    late->n_items = 10;
    reviewer(c, "00125", "Ana Lima")->due_utc = AS_OF - DAYS(2); /* nothing open */
    ReviewedReviewer *nobody = reviewer(c, "", "nobody");
    nobody->due_utc = AS_OF - DAYS(2);
    nobody->n_open = 1;
    assert_found(c, "review-task-overdue",
                 "Privileged rights: Jonas Meier medium, Privileged rights: nobody medium");
    nobody->n_open = 0;
    judge(c);
    const FindingText *text = text_of_finding(c, "review-task-overdue");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "Jonas Meier has not decided 3 of 10 items of the review RV-000001 "
                               "(Privileged rights) 2 days after it was due (2026-03-15).");
    assert_string_equal(text->subject.type, "review");
    assert_string_equal(text->subject.key, "RV-000001/00124");
    assert_string_equal(text->person_id, "00124");
}

static void before_the_due_date_nobody_is_late(void **state)
{
    Case *c = *state;
    account(c, "ann", "1");
    ReviewedReviewer *one = reviewer(c, "00124", "Jonas Meier");
    one->due_utc = AS_OF + 1;
    one->n_open = 3;
    assert_found(c, "review-task-overdue", "");
    assert_unjudged(c, "review-task-overdue", "");
}

static void without_a_ledger_reviews_are_not_judged(void **state)
{
    Case *c = *state;
    account(c, "ann", "1");
    assert_unjudged(c, "review-task-overdue", "*: there is no ledger that knows of reviews");
    assert_unjudged(c, "revocation-not-executed", "*: there is no ledger that knows of reviews");
}

/* ---- revocation-not-executed ---- */

static void a_right_that_was_to_go_is_told_after_a_week(void **state)
{
    Case *c = *state;
    uint32_t ops = group(c, "ops"), inner = group(c, "inner"), dev = group(c, "dev");
    uint32_t ann = account(c, "ann", "1"), bob = account(c, "bob", "2"),
             cid = account(c, "cid", "3");
    nest(c, inner, ops);
    in_group(c, ann, inner);
    in_group(c, bob, dev);
    in_group(c, cid, dev);
    task(c, "ann", "ops", "remove", AS_OF - DAYS(8));
    task(c, "bob", "ops", "remove", AS_OF - DAYS(8)); /* is gone */
    task(c, "cid", "dev", "remove", AS_OF - DAYS(7)); /* has time */
    task(c, "dan", "dev", "remove", AS_OF - DAYS(9)); /* is no account any more */
    assert_found(c, "revocation-not-executed", "ann/ops high");
    const FindingText *text = text_of_finding(c, "revocation-not-executed");
    g_autofree char *shown = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(shown, "ann is still in ops 8 days after Jonas Meier decided to remove it "
                               "(RV-000001, item 1, 2026-03-09).");
    assert_non_null(strstr(text->evidence, "\"path\":[\"inner\",\"ops\"]"));
    assert_non_null(strstr(text->action, "rightful review tasks RV-000001"));
}

static void a_privileged_right_has_a_day(void **state)
{
    Case *c = *state;
    uint32_t ops = group(c, "ops");
    in_group(c, account(c, "ann", "1"), ops);
    task(c, "ann", "ops", "remove", AS_OF - HOURS(25));
    assert_found(c, "revocation-not-executed", "");
    c->config = "privileged = [\"ops\"];";
    judge(c);
    assert_found(c, "revocation-not-executed", "ann/ops critical");
}

static void what_is_not_seen_in_a_directory_that_is_not_whole_is_left(void **state)
{
    Case *c = *state;
    uint8_t other = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    group(c, "ops");
    account(c, "ann", "1");
    task(c, "ann", "ops", "remove", AS_OF - DAYS(8));
    assert_unjudged(c, "revocation-not-executed", "");
    c->snapshot->sources[other].status = SOURCE_INCOMPLETE;
    judge(c);
    assert_found(c, "revocation-not-executed", "");
    assert_non_null(strstr(unjudged(c, "revocation-not-executed"),
                           "subject: the right is not seen, but not every directory was read"));
}

/* ---- right-regranted ---- */

static void what_was_proven_gone_must_not_come_back_unapproved(void **state)
{
    Case *c = *state;
    uint32_t ops = group(c, "ops");
    in_group(c, account(c, "ann", "1"), ops);
    account(c, "bob", "2");
    verified(task(c, "ann", "ops", "remove", AS_OF - DAYS(30)), AS_OF - DAYS(20));
    verified(task(c, "bob", "ops", "remove", AS_OF - DAYS(30)), AS_OF - DAYS(20));
    assert_found(c, "right-regranted", "ann/ops high");
    assert_found(c, "revocation-not-executed", "");
    const FindingText *text = text_of_finding(c, "right-regranted");
    assert_string_equal(text->summary,
                        "ann is in ops again: the review RV-000001 had it removed (decided by "
                        "Jonas Meier, proven by run 17, 2026-02-25), and nobody has approved it "
                        "since.");
    uint32_t approval = approve(c, "ops", "ann", NULL); /* the one that the review overruled */
    c->snapshot->approvals.approved_utc[approval] = AS_OF - DAYS(40);
    judge(c);
    assert_found(c, "right-regranted", "ann/ops high");
    c->snapshot->approvals.approved_utc[approval] = AS_OF - DAYS(10);
    judge(c);
    assert_found(c, "right-regranted", "");
}

static void after_a_quarter_it_is_a_new_right(void **state)
{
    Case *c = *state;
    uint32_t ops = group(c, "ops");
    in_group(c, account(c, "ann", "1"), ops);
    ReviewedTask *one = task(c, "ann", "ops", "remove", AS_OF - DAYS(100));
    verified(one, AS_OF - DAYS(91));
    assert_found(c, "right-regranted", "");
    one->returned_utc = AS_OF - DAYS(2); /* 89 days after: it was told then, and still stands */
    judge(c);
    assert_found(c, "right-regranted", "ann/ops high");
}

/* ---- review-invalid ---- */

static void own_rights_are_not_for_oneself_to_decide(void **state)
{
    Case *c = *state;
    group(c, "ops");
    person(c, "1", "Ann One");
    person(c, "2", "Bob Two");
    account(c, "ann", "1");
    account(c, "adm", "1"); /* hers, whatever was known when she decided */
    account(c, "bob", "2");
    reviewer(c, "1", "Ann One");
    decision(c, "bob", "keep", -1);
    assert_found(c, "review-invalid", "");
    decision(c, "adm", "keep", -1);
    judge(c);
    assert_found(c, "review-invalid", "Privileged rights: Ann One high");
    const FindingText *text = text_of_finding(c, "review-invalid");
    assert_string_equal(text->summary,
                        "Ann One decided in the review RV-000001 (Privileged rights) what somebody "
                        "else had to: 1 about rights of their own.");
    assert_non_null(strstr(text->evidence, "\"account\":\"adm\""));
}

static void who_could_hold_it_then_and_who_had_left_decided_in_vain(void **state)
{
    Case *c = *state;
    group(c, "ops");
    uint32_t ann = person(c, "1", "Ann One");
    account(c, "bob", "2");
    reviewer(c, "1", "Ann One");
    ReviewedDecision *one = decision(c, "gone", "remove", -1);
    assert_found(c, "review-invalid", "");
    one->holders[0] = g_strdup("1");
    judge(c);
    assert_found(c, "review-invalid", "Privileged rights: Ann One high");
    g_clear_pointer(&one->holders[0], g_free);
    left(c, ann, HOURS(1) + 1);
    judge(c);
    assert_found(c, "review-invalid", "Privileged rights: Ann One high");
    left(c, ann, HOURS(1) - 1); /* after the signature */
    judge(c);
    assert_found(c, "review-invalid", "");
}

static void who_approved_a_right_does_not_say_that_it_stays(void **state)
{
    Case *c = *state;
    group(c, "ops");
    set_text(c, &c->snapshot->people.username[person(c, "1", "Ann One")], "boss");
    person(c, "2", "Bob Two");
    account(c, "bob", "2");
    reviewer(c, "1", "Ann One");
    ReviewedDecision *one = decision(c, "bob", "keep", -1);
    approve(c, "ops", "bob", NULL);
    assert_found(c, "review-invalid", "Privileged rights: Ann One high");
    g_free(one->decision);
    one->decision = g_strdup("remove");
    judge(c);
    assert_found(c, "review-invalid", "");
}

/* ---- review-implausible ---- */

static void twenty_items_in_two_seconds_each_were_not_read(void **state)
{
    Case *c = *state;
    account(c, "ann", "1");
    reviewer(c, "1", "Ann One");
    for (int i = 0; i < 19; i++)
        decision(c, "ann", "keep", i < 10 ? 2 : 300);
    decision(c, "ann", "keep", -1);
    assert_found(c, "review-implausible", ""); /* 19 of them are timed */
    decision(c, "ann", "keep", 3);
    judge(c);
    assert_found(c, "review-implausible", "Privileged rights: Ann One medium");
    assert_non_null(strstr(text_of_finding(c, "review-implausible")->summary,
                           "decided 20 items of the review RV-000001 (Privileged rights) in 2.5 "
                           "seconds each"));
    decision(c, "ann", "keep", 3);
    judge(c);
    assert_found(c, "review-implausible", ""); /* a median of three */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(who_has_open_items_after_the_due_date_is_late),
        case_test(before_the_due_date_nobody_is_late),
        case_test(without_a_ledger_reviews_are_not_judged),
        case_test(a_right_that_was_to_go_is_told_after_a_week),
        case_test(a_privileged_right_has_a_day),
        case_test(what_is_not_seen_in_a_directory_that_is_not_whole_is_left),
        case_test(what_was_proven_gone_must_not_come_back_unapproved),
        case_test(after_a_quarter_it_is_a_new_right),
        case_test(own_rights_are_not_for_oneself_to_decide),
        case_test(who_could_hold_it_then_and_who_had_left_decided_in_vain),
        case_test(who_approved_a_right_does_not_say_that_it_stays),
        case_test(twenty_items_in_two_seconds_each_were_not_read),
    };
    return cmocka_run_group_tests_name("review work", tests, NULL, NULL);
}
