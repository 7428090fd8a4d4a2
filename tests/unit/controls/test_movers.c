#include "fixture.h"

#include <string.h>

#define LINE_FOR_SALES                                                                             \
    "entitlements: ( { group = \"pay\"; allowed = ( { department = \"Sales\"; } ); } );"
#define LINE_FOR_BOTH                                                                              \
    "entitlements: ( { group = \"pay\"; allowed = ( { department = \"Sales\"; }, { department = "  \
    "\"Finance\"; } ); } );"

static void remember(Case *c)
{
    c->memory = memory_new(3);
    for (int i = 0; i < 3; i++) {
        c->memory->source_since_utc[i] = AS_OF - DAYS(300);
        c->memory->source_known_utc[i] = AS_OF - DAYS(1);
    }
}

static void moved(Case *c, uint32_t who, MovedField field, const char *before, int64_t seen_ago)
{
    MovedPerson row = {.person = who,
                       .field = field,
                       .before = g_strdup(before),
                       .last_before_utc = AS_OF - seen_ago - DAYS(1),
                       .first_after_utc = AS_OF - seen_ago};
    g_array_append_val(c->memory->moved, row);
}

static void known(Case *c, uint32_t account, uint32_t group, int64_t ago)
{
    KnownRight row = {account, group, AS_OF - ago};
    g_array_append_val(c->memory->rights, row);
}

static uint32_t clerk(Case *c, const char *name, const char *department)
{
    uint32_t who = person(c, name, name);
    set_text(c, &c->snapshot->people.department[who], department);
    set_text(c, &c->snapshot->people.title[who], "Clerk");
    account(c, name, name);
    return who;
}

/* Ann came from Sales to Finance 31 days ago and is still in pay, which is for Sales. */
static void ann_moved(Case *c)
{
    c->config = LINE_FOR_SALES;
    remember(c);
    uint32_t ann = clerk(c, "ann", "Finance");
    uint32_t pay = group(c, "pay");
    in_group(c, 0, pay);
    known(c, 0, pay, DAYS(200));
    moved(c, ann, MOVED_DEPARTMENT, "Sales", DAYS(31));
}

/* ---- mover-rights ---- */

static void right_of_the_earlier_place_is_told_after_the_limit(void **state)
{
    Case *c = *state;
    ann_moved(c);
    assert_found(c, "mover-rights", "ann/pay medium");
    assert_unjudged(c, "mover-rights", "");
    const FindingText *text = text_of_finding(c, "mover-rights");
    g_autofree char *summary = finding_summary_at(text->summary, AS_OF);
    assert_string_equal(summary, "ann is still in pay 31 days after the department of ann changed "
                                 "from Sales to Finance.");
    assert_non_null(strstr(text->evidence, "\"before\":\"Sales\""));
    assert_non_null(strstr(text->evidence, "\"peers\":0,\"peers_holding\":0"));
    c->config = LINE_FOR_SALES "controls: { mover-rights: { days = 31; }; };";
    judge(c);
    assert_found(c, "mover-rights", "");
    c->config = LINE_FOR_SALES "profile = \"fedramp-moderate\";";
    c->as_of_utc = AS_OF - DAYS(29);
    judge(c);
    assert_found(c, "mover-rights", "ann/pay medium");
}

static void new_place_that_allows_the_right_explains_it(void **state)
{
    Case *c = *state;
    ann_moved(c);
    c->config = LINE_FOR_BOTH;
    assert_found(c, "mover-rights", "");
    assert_unjudged(c, "mover-rights", "");
}

static void new_peers_who_hold_the_right_explain_it(void **state)
{
    Case *c = *state;
    ann_moved(c);
    clerk(c, "bob", "Finance");
    clerk(c, "cid", "finance");
    assert_found(c, "mover-rights", "ann/pay medium");
    in_group(c, 2, 0);
    judge(c);
    assert_found(c, "mover-rights", "");
}

static void right_that_came_with_the_move_or_after_it_is_no_left_over(void **state)
{
    Case *c = *state;
    ann_moved(c);
    g_array_index(c->memory->rights, KnownRight, 0).first_seen_utc = AS_OF - DAYS(31);
    assert_found(c, "mover-rights", "");
    g_array_index(c->memory->rights, KnownRight, 0).first_seen_utc = AS_OF - DAYS(32);
    judge(c);
    assert_found(c, "mover-rights", "ann/pay medium");
    c->memory->rights->len = 0;
    judge(c);
    assert_found(c, "mover-rights", "");
    assert_unjudged(c, "mover-rights", "");
    c->memory->source_known_utc[0] = TIME_UNKNOWN;
    judge(c);
    assert_unjudged(c, "mover-rights",
                    "subject: nothing is recorded of what earlier runs saw of it");
}

static void approval_given_after_the_move_explains_it_an_older_one_does_not(void **state)
{
    Case *c = *state;
    ann_moved(c);
    uint32_t ticket = world_approval(c->world, "T-1", "pay");
    set_text(c, &c->snapshot->approvals.person_id[ticket], "ann");
    set_text(c, &c->snapshot->approvals.approved_by[ticket], "boss");
    c->snapshot->approvals.approved_utc[ticket] = AS_OF - DAYS(100);
    assert_found(c, "mover-rights", "ann/pay medium");
    c->snapshot->approvals.approved_utc[ticket] = AS_OF - DAYS(20);
    judge(c);
    assert_found(c, "mover-rights", "");
}

static void a_field_filled_in_is_no_move_and_a_title_is_one(void **state)
{
    Case *c = *state;
    ann_moved(c);
    g_array_set_size(c->memory->moved, 0);
    moved(c, 0, MOVED_DEPARTMENT, "", DAYS(40));
    assert_found(c, "mover-rights", "");
    moved(c, 0, MOVED_TITLE, "Seller", DAYS(50));
    judge(c);
    assert_found(c, "mover-rights", "ann/pay medium");
    assert_non_null(strstr(text_of_finding(c, "mover-rights")->summary,
                           "after the title of ann changed from Seller to Clerk."));
}

static void who_has_no_known_place_now_is_not_evaluable(void **state)
{
    Case *c = *state;
    ann_moved(c);
    c->config = "privileged = [\"pay\"];";
    c->snapshot->people.department[0] = 0;
    assert_found(c, "mover-rights", "");
    assert_unjudged(c, "mover-rights",
                    "subject: the department or the title of the person is not known");
}

static void leavers_and_dead_accounts_are_no_matter_of_it(void **state)
{
    Case *c = *state;
    ann_moved(c);
    left(c, 0, DAYS(1));
    assert_found(c, "mover-rights", "");
    c->snapshot->people.last_day_end_utc[0] = TIME_UNKNOWN;
    c->snapshot->accounts.enabled[0] = STATE_NO;
    judge(c);
    assert_found(c, "mover-rights", "");
}

/* ---- privileged-new ---- */

static uint32_t admins_since(Case *c, int64_t ago)
{
    uint32_t admins = group(c, "admins");
    first_seen(c, admins, AS_OF - ago);
    c->config = "privileged = [\"admins\"];";
    remember(c);
    return admins;
}

static void right_that_the_run_before_did_not_see_is_new(void **state)
{
    Case *c = *state;
    uint32_t admins = admins_since(c, DAYS(50)), ops = group(c, "ops");
    uint32_t ann = account(c, "ann", NULL), eve = account(c, "eve", NULL);
    nest(c, ops, admins);
    in_group(c, ann, ops);
    in_group(c, eve, ops);
    known(c, ann, admins, DAYS(50));
    assert_found(c, "privileged-new", "eve/admins high");
    assert_unjudged(c, "privileged-new", "");
    const FindingText *text = text_of_finding(c, "privileged-new");
    assert_string_equal(text->summary,
                        "eve is in admins through ops, and was not in the run before.");
    assert_non_null(strstr(text->evidence, "\"not_seen_by_the_run_of\":\"2026-03-16T05:00:00Z\""));
}

static void dead_and_break_glass_accounts_have_no_new_rights(void **state)
{
    Case *c = *state;
    uint32_t admins = admins_since(c, DAYS(50));
    uint32_t dead = account(c, "dead", NULL), glass = account(c, "bg", NULL);
    c->snapshot->accounts.enabled[dead] = STATE_NO;
    c->classes[glass] = CLASS_BREAK_GLASS;
    in_group(c, dead, admins);
    in_group(c, glass, admins);
    c->classes[account(c, "svc", NULL)] = CLASS_SERVICE;
    in_group(c, 2, admins);
    assert_found(c, "privileged-new", "svc/admins high");
}

static void nothing_is_new_where_nothing_was_watched(void **state)
{
    Case *c = *state;
    in_group(c, account(c, "ann", NULL), admins_since(c, DAYS(50)));
    c->memory->source_known_utc[0] = TIME_UNKNOWN;
    assert_found(c, "privileged-new", "");
    assert_unjudged(c, "privileged-new",
                    "subject: nothing is recorded of what earlier runs saw of it");
    c->memory->source_known_utc[0] = AS_OF - DAYS(1);
    g_hash_table_remove_all(c->group_first_seen);
    judge(c);
    assert_found(c, "privileged-new", "");
    assert_unjudged(c, "privileged-new", "subject: no earlier run watched the group");
    c->has_earlier_run = false;
    judge(c);
    assert_unjudged(c, "privileged-new", "*: it needs an earlier run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(right_of_the_earlier_place_is_told_after_the_limit),
        case_test(new_place_that_allows_the_right_explains_it),
        case_test(new_peers_who_hold_the_right_explain_it),
        case_test(right_that_came_with_the_move_or_after_it_is_no_left_over),
        case_test(approval_given_after_the_move_explains_it_an_older_one_does_not),
        case_test(a_field_filled_in_is_no_move_and_a_title_is_one),
        case_test(who_has_no_known_place_now_is_not_evaluable),
        case_test(leavers_and_dead_accounts_are_no_matter_of_it),
        case_test(right_that_the_run_before_did_not_see_is_new),
        case_test(dead_and_break_glass_accounts_have_no_new_rights),
        case_test(nothing_is_new_where_nothing_was_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
