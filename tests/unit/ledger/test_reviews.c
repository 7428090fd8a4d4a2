/* Campaigns: started whole or not at all, frozen, and read back. */
#include "base/times.h"
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/reviews.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST_ITEMS 8

static const char roster[] =
    "INSERT INTO roster (id, name, email, username, gone_since, successor, has_left) VALUES "
    "('1', 'Ann', '', 'ann', 0, '', 0), ('2', 'Bob', '', 'bob', 0, '', 0)";

static int setup(void **state)
{
    int failed = fixture_setup(state);
    Fixture *f = *state;

    if (failed)
        return failed;
    fixture_open(f, LEDGER_RUN);
    fixture_night(f, NOON, "@corp");
    fixture_close(f);
    g_assert_null(meddle(f->path, roster));
    fixture_open(f, LEDGER_RUN);
    return 0;
}

/* "ann>admins:2" is ann's right into admins, which 2 looks at; separated by spaces. */
static json_t *try_start(Fixture *f, const char *name, const char *rights, GError **error)
{
    static const char *const nobody[] = {NULL}, *const ann[] = {"1", NULL};
    g_auto(GStrv) words = g_strsplit(rights, " ", MOST_ITEMS);
    ReviewItem items[MOST_ITEMS];
    json_t *facts = json_pack("{s:s s:b}", "means", "Everything", "direct", 1), *found = NULL;
    json_t *scope = json_pack("{s:s}", "scope", "privileged");
    json_t *proof = json_pack("[{s:s s:s}]", "name", "corp", "status", "complete");
    size_t n = 0;

    for (; words[n]; n++) {
        char *group = strchr(words[n], '>'), *reviewer = strchr(words[n], ':');
        *group++ = *reviewer++ = '\0';
        bool is_ann = strcmp(words[n], "ann") == 0;
        items[n] = (ReviewItem){.source = "corp",
                                .account_key = words[n],
                                .account_name = words[n],
                                .group_source = "corp",
                                .group_key = group,
                                .group_name = group,
                                .person_id = is_ann ? "1" : "",
                                .facts = facts,
                                .is_single = strcmp(group, "admins") == 0,
                                .holders = is_ann ? ann : nobody,
                                .reviewer = reviewer};
    }
    ReviewStart start = {.name = name,
                         .title = "Privileged rights",
                         .scope = scope,
                         .owner = "2",
                         .actor = "timer",
                         .started_utc = NOON,
                         .as_of_utc = NOON,
                         .run = 1,
                         .due_utc = NOON + 14 * DAY,
                         .proof = proof,
                         .items = items,
                         .n_items = n};
    (void)ledger_review_start(f->ledger, &start, &found, error);
    json_decref(facts);
    json_decref(scope);
    json_decref(proof);
    return found;
}

static json_t *start(Fixture *f, const char *name, const char *rights)
{
    g_autoptr(GError) error = NULL;
    json_t *found = try_start(f, name, rights, &error);
    if (!found)
        fail_msg("%s", error->message);
    return found;
}

static const char *text_of_member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void a_campaign_is_read_as_it_was_started(void **state)
{
    json_t *review = start(*state, "quarter", "ann>admins:2 svc>admins: bob>staff:1");

    assert_string_equal(text_of_member(review, "id"), "RV-000001");
    assert_string_equal(text_of_member(review, "status"), "open");
    assert_string_equal(text_of_member(review, "due"), "2026-03-17T12:00:00Z");
    assert_string_equal(text_of_member(json_object_get(review, "owner"), "name"), "Bob");
    assert_int_equal(number_of(review, "run"), 1);
    assert_int_equal(number_of(review, "items"), 3);
    assert_int_equal(number_of(review, "open"), 3);
    assert_int_equal(number_of(review, "decided"), 0);
    assert_int_equal(number_of(review, "drafted"), 0);
    assert_int_equal(json_array_size(json_object_get(review, "reviewers")), 3);
    assert_string_equal(
        text_of_member(json_array_get(json_object_get(review, "proof"), 0), "status"), "complete");
    json_decref(review);
}

static bool collect(json_t *row, void *list)
{
    return json_array_append(list, row) == 0;
}

static json_t *items(Fixture *f, const char *review, ReviewItemFilter filter)
{
    json_t *list = json_array();
    assert_true(ledger_review_items(f->ledger, review, &filter, collect, list, NULL));
    return list;
}

static void items_have_their_facts_beside_what_moves(void **state)
{
    Fixture *f = *state;
    json_decref(start(f, "quarter", "ann>admins:2 svc>staff:"));
    json_t *list = items(f, "rv-1", (ReviewItemFilter){0});
    const json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);

    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(number_of(first, "item"), 1);
    assert_string_equal(text_of_member(json_object_get(first, "account"), "name"), "ann");
    assert_string_equal(text_of_member(json_object_get(first, "person"), "name"), "Ann");
    assert_string_equal(text_of_member(json_object_get(first, "reviewer"), "id"), "2");
    assert_string_equal(text_of_member(first, "state"), "undecided");
    assert_string_equal(text_of_member(first, "means"), "Everything");
    assert_true(json_is_true(json_object_get(first, "single")));
    assert_true(json_is_null(json_object_get(first, "draft")));
    assert_true(json_is_null(json_object_get(second, "person")));
    assert_true(json_is_null(json_object_get(second, "reviewer")));
    json_decref(list);
    json_t *item = ledger_review_item(f->ledger, "RV-000001", 2, NULL);
    assert_int_equal(json_array_size(json_object_get(item, "moves")), 0);
    assert_non_null(json_object_get(item, "moves"));
    assert_null(ledger_review_item(f->ledger, "RV-000001", 3, NULL));
    json_decref(item);
}

/* Rows as review_decisions.h writes them. */
static void decide_by_hand(Fixture *f)
{
    fixture_close(f);
    g_assert_null(meddle(
        f->path,
        "INSERT INTO review_sign_off (id, review, stage, by_whom, at, sentence, n_items) VALUES "
        "(1, 1, 1, '2', 1772539300, 'I looked.', 1);"
        "INSERT INTO review_decision (review, place, stage, sign_off, decision, reason, by_whom, "
        "at, is_bulk) VALUES (1, 1, 1, 1, 'remove', 'left the team', '2', 1772539250, 0);"
        "UPDATE review_item SET outcome = 'remove' WHERE review = 1 AND place = 1;"
        "INSERT INTO review_draft (review, place, decision, until, reason, by_whom, at, is_bulk) "
        "VALUES (1, 2, 'keep-until', 20600, 'project', '2', 1772539260, 0);"
        "INSERT INTO review_move (id, review, place, at, actor, why, sender, receiver, note) "
        "VALUES (1, 1, 3, 1772539270, 'bob', 'delegated', '2', '1', 'yours');"));
    fixture_open(f, LEDGER_RUN);
}

static void drafts_decisions_and_moves_are_shown(void **state)
{
    Fixture *f = *state;
    json_decref(start(f, "quarter", "ann>admins:2 svc>staff:2 x>staff:1"));
    decide_by_hand(f);
    json_t *decided = ledger_review_item(f->ledger, "1", 1, NULL);
    json_t *drafted = ledger_review_item(f->ledger, "1", 2, NULL);
    json_t *moved = ledger_review_item(f->ledger, "1", 3, NULL);
    const json_t *decision = json_object_get(decided, "decision");
    const json_t *move = json_array_get(json_object_get(moved, "moves"), 0);

    assert_string_equal(text_of_member(decided, "state"), "signed");
    assert_string_equal(text_of_member(decision, "decision"), "remove");
    assert_string_equal(text_of_member(decision, "sentence"), "I looked.");
    assert_string_equal(text_of_member(json_object_get(decision, "by"), "name"), "Bob");
    assert_string_equal(text_of_member(drafted, "state"), "drafted");
    assert_string_equal(text_of_member(json_object_get(drafted, "draft"), "until"), "2026-05-27");
    assert_string_equal(text_of_member(json_object_get(move, "to"), "name"), "Ann");
    json_decref(decided);
    json_decref(drafted);
    json_decref(moved);
}

static void items_are_filtered_by_reviewer_state_and_place(void **state)
{
    Fixture *f = *state;
    static const struct {
        ReviewItemFilter filter;
        size_t n;
    } cases[] = {{{.reviewer = "2"}, 2},         {{.reviewer = ""}, 0},
                 {{.state = "signed"}, 1},       {{.state = "drafted"}, 1},
                 {{.state = "undecided"}, 1},    {{.state = "open"}, 2},
                 {{.state = "not-reviewed"}, 0}, {{.first = 2}, 2},
                 {{.first = 1, .limit = 1}, 1},  {{.reviewer = "2", .state = "open"}, 1}};

    json_decref(start(f, "quarter", "ann>admins:2 svc>staff:2 x>staff:1"));
    decide_by_hand(f);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *list = items(f, "RV-000001", cases[i].filter);
        if (json_array_size(list) != cases[i].n)
            fail_msg("case %zu: %zu items", i, json_array_size(list));
        json_decref(list);
    }
}

static json_t *reviews(Fixture *f, ReviewFilter filter)
{
    json_t *list = json_array();
    assert_true(ledger_reviews(f->ledger, &filter, collect, list, NULL));
    return list;
}

static void numbers_of_one_reviewer_are_about_his_items(void **state)
{
    Fixture *f = *state;
    json_decref(start(f, "quarter", "ann>admins:2 svc>staff:2 x>staff:1"));
    decide_by_hand(f);
    json_t *all = reviews(f, (ReviewFilter){.now_utc = NOON});
    json_t *of_bob = reviews(f, (ReviewFilter){.reviewer = "2", .now_utc = NOON + 15 * DAY});
    json_t *of_none = reviews(f, (ReviewFilter){.reviewer = "3", .now_utc = NOON});
    const json_t *one = json_array_get(all, 0), *his = json_array_get(of_bob, 0);

    assert_int_equal(number_of(one, "items"), 3);
    assert_int_equal(number_of(one, "decided"), 1);
    assert_int_equal(number_of(one, "open"), 2);
    assert_int_equal(number_of(one, "drafted"), 1);
    assert_null(json_object_get(one, "all_items"));
    assert_int_equal(number_of(his, "items"), 2);
    assert_int_equal(number_of(his, "open"), 1);
    assert_int_equal(number_of(his, "all_items"), 3);
    assert_string_equal(text_of_member(his, "status"), "overdue");
    assert_int_equal(json_array_size(of_none), 0);
    json_decref(all);
    json_decref(of_bob);
    json_decref(of_none);
}

static void one_campaign_of_a_name_is_open_at_a_time(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    ReviewLast last;

    json_decref(start(f, "quarter", "ann>admins:2"));
    assert_null(try_start(f, "quarter", "ann>admins:2", &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    assert_non_null(strstr(error->message, "RV-000001"));
    json_decref(start(f, "other", "ann>admins:2"));
    assert_true(ledger_review_last(f->ledger, "quarter", &last, NULL));
    assert_int_equal(last.id, 1);
    assert_true(last.is_open);
    assert_int_equal(last.started_utc, NOON);
    assert_true(ledger_review_last(f->ledger, "never", &last, NULL));
    assert_int_equal(last.id, 0);
}

static void closed_campaigns_are_listed_on_demand_and_let_the_next_begin(void **state)
{
    Fixture *f = *state;

    json_decref(start(f, "quarter", "ann>admins:2"));
    fixture_close(f);
    g_assert_null(meddle(f->path, "UPDATE review SET closed_at = 1772539300, closed_by = 'bob'"));
    fixture_open(f, LEDGER_RUN);
    json_t *open = reviews(f, (ReviewFilter){.now_utc = NOON});
    json_t *all = reviews(f, (ReviewFilter){.with_closed = true, .now_utc = NOON});

    assert_int_equal(json_array_size(open), 0);
    assert_int_equal(json_array_size(all), 1);
    assert_string_equal(text_of_member(json_array_get(all, 0), "status"), "closed");
    json_decref(open);
    json_decref(all);
    json_decref(start(f, "quarter", "ann>admins:2"));
}

static void the_population_is_told_by_its_digest(void **state)
{
    Fixture *f = *state;
    json_t *first = start(f, "a", "ann>admins:2 svc>staff:2");
    json_t *same = start(f, "b", "ann>admins:1 svc>staff:");
    json_t *other = start(f, "c", "svc>staff:2 ann>admins:2");

    assert_true(g_str_has_prefix(text_of_member(first, "population"), "sha256:"));
    /* Who looks at it is no part of what is looked at. */
    assert_string_equal(text_of_member(first, "population"), text_of_member(same, "population"));
    assert_string_not_equal(text_of_member(first, "population"),
                            text_of_member(other, "population"));
    json_decref(first);
    json_decref(same);
    json_decref(other);
}

static void a_start_that_fails_leaves_nothing(void **state)
{
    Fixture *f = *state;

    fixture_close(f);
    forbid(f->path, "INSERT", "review_item", NULL, "no room");
    fixture_open(f, LEDGER_RUN);
    assert_null(try_start(f, "quarter", "ann>admins:2", NULL));
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM review"), 0);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'started'"), 0);
}

static bool is_new_wait(Fixture *f, const char *name, int32_t since, const char *reason)
{
    g_autoptr(GError) error = NULL;
    ReviewWait wait = {name, since, reason, "timer", NOON, 1};
    bool is_new;

    if (!ledger_review_wait(f->ledger, &wait, &is_new, &error))
        fail_msg("%s", error->message);
    return is_new;
}

static void what_waits_is_new_until_it_was_said_and_again_when_it_changes(void **state)
{
    Fixture *f = *state;

    assert_true(is_new_wait(f, "a", 20000, "nobody \"holds\" it"));
    assert_false(is_new_wait(f, "a", 20000, "nobody \"holds\" it"));
    assert_true(is_new_wait(f, "b", 20000, "nobody \"holds\" it"));
    assert_true(is_new_wait(f, "a", 20000, "the group is gone"));
    assert_true(is_new_wait(f, "a", 20000, "nobody \"holds\" it"));
    assert_true(is_new_wait(f, "a", 20090, "nobody \"holds\" it"));
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'not started' "
                                         "AND object = 'review a' AND run = 1"),
                     4);
}

#define review_test(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        review_test(a_campaign_is_read_as_it_was_started),
        review_test(items_have_their_facts_beside_what_moves),
        review_test(drafts_decisions_and_moves_are_shown),
        review_test(items_are_filtered_by_reviewer_state_and_place),
        review_test(numbers_of_one_reviewer_are_about_his_items),
        review_test(one_campaign_of_a_name_is_open_at_a_time),
        review_test(closed_campaigns_are_listed_on_demand_and_let_the_next_begin),
        review_test(the_population_is_told_by_its_digest),
        review_test(a_start_that_fails_leaves_nothing),
        review_test(what_waits_is_new_until_it_was_said_and_again_when_it_changes),
    };
    return run_on_argument(argc, argv, "reviews", tests);
}
