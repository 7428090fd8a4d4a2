/* What a run says of reviews to the ledger: rights that it did not find, and whose the accounts of
 * open items are; nothing of what it did not read. */
#include "harness/world.h"
#include "unit/ledger/on_postgres.h"
#include "unit/ledger/reviewing.h"

#include "run/reviews/night.h"

#include <string.h>

/* ---- a night ---- */

typedef struct Night {
    Fixture *fixture;
    World *world; /* items of the campaign name its keys: "a-ann/g-g1" */
    Reviewed *reviewed;
} Night;

static void setup_review(Fixture *f, const char *items)
{
    reviewing_begin(f);
    reviewing_start(f, items, NULL);
}

static void decide_all(Fixture *f, int64_t n_items, const char *decision)
{
    for (int64_t item = 1; item <= n_items; item++)
        assert_null(try_draft(f, "00124", item, decision, "because"));
    assert_null(try_sign(f, "00124"));
}

/* "1 verified, 0 returned, 0 moved": what the run makes of it that read this world. */
static const char *judge(const Night *night)
{
    static const LinkRule rules[] = {{LINK_ACCOUNT_EMPLOYEE_ID, LINK_PERSON_ID}};
    static char text[64];
    const Snapshot *snapshot = night->world->snapshot;
    g_autoptr(GError) error = NULL;
    g_autoptr(Links) links = links_new(snapshot, rules, G_N_ELEMENTS(rules));
    g_autoptr(Graph) graph = graph_new(snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    g_autofree uint8_t *classes = g_new0(uint8_t, WORLD_ROWS); /* persons all */
    Reconciliation r = {.snapshot = night->world->snapshot,
                        .links = links,
                        .effective = effective,
                        .classes = classes,
                        .reviewed = night->reviewed};
    LedgerRun run = {.id = 7, .as_of_utc = NOON + DAY, .started_utc = NOON + DAY, .actor = "timer"};
    ReviewNightCounts counts;

    if (!review_night(night->fixture->ledger, &r, &run, &counts, &error))
        fail_msg("%s", error->message);
    g_snprintf(text, sizeof text, "%d verified, %d returned, %d moved", (int)counts.n_verified,
               (int)counts.n_returned, (int)counts.n_moved);
    return text;
}

static void assert_night(Fixture *f, World *world, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Reviewed) reviewed = ledger_reviewed(f->ledger, &error);

    assert_non_null(reviewed);
    assert_string_equal(judge(&(Night){f, world, reviewed}), expected);
}

static void assert_items(Fixture *f, const char *expected)
{
    g_autofree char *items = reviewing_items(f);
    assert_string_equal(items, expected);
}

static void belongs_to(World *world, const char *account, const char *person)
{
    world->snapshot->accounts.employee_id[principal_id(world_find(world, account))] =
        world_text(world, person);
}

/* ---- rights that were to go ---- */

static void a_right_that_is_held_by_no_way_is_proven_gone(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann; bob in g1; cid in g2; g2 in g1");
    setup_review(f, "a-ann/g-g1 @00124; a-bob/g-g1 @00124; a-cid/g-g1 @00124; a-zoe/g-g1 @00124");
    decide_all(f, 4, "remove");

    assert_night(f, world, "2 verified, 0 returned, 0 moved"); /* ann's, and zoe is no more */
    assert_night(f, world, "0 verified, 0 returned, 0 moved"); /* it may be repeated */
}

static void what_was_kept_is_nobodys_task(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann; bob in g1");
    setup_review(f, "a-ann/g-g1 @00124");
    decide_all(f, 1, "keep");

    assert_night(f, world, "0 verified, 0 returned, 0 moved");
}

static void what_is_found_again_is_returned(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) without = world_parse("ann; bob in g1");
    g_autoptr(World) with = world_parse("ann in g1; bob in g1");
    setup_review(f, "a-ann/g-g1 @00124");
    decide_all(f, 1, "remove");

    assert_night(f, without, "1 verified, 0 returned, 0 moved");
    assert_night(f, with, "0 verified, 1 returned, 0 moved");
}

static void half_an_answer_proves_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann; bob in g1");
    SourceRecord *corp = &world->snapshot->sources[0];
    setup_review(f, "a-ann/g-g1 @00124; a-zoe/g-g1 @00124");
    decide_all(f, 2, "remove");

    corp->status = SOURCE_INCOMPLETE;
    assert_night(f, world, "0 verified, 0 returned, 0 moved");
    corp->status = SOURCE_COMPLETE;
    corp->counts.rejected = 1; /* zoe may be the record that was refused; ann was read */
    assert_night(f, world, "1 verified, 0 returned, 0 moved");
    corp->counts.rejected = 0;
    assert_night(f, world, "1 verified, 0 returned, 0 moved");
}

static void what_was_decided_while_the_run_read_is_the_next_runs(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann; bob in g1");
    setup_review(f, "a-ann/g-g1 @00124");
    g_autoptr(Reviewed) before = ledger_reviewed(f->ledger, NULL);
    decide_all(f, 1, "remove");

    assert_string_equal(judge(&(Night){f, world, before}), "0 verified, 0 returned, 0 moved");
    assert_night(f, world, "1 verified, 0 returned, 0 moved");
}

/* ---- whose the accounts are ---- */

static void an_item_goes_from_who_turns_out_to_hold_the_account(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann in g1; bob in g1");
    world_person(world, "00124", "Jonas Meier");
    world_freeze(world);
    belongs_to(world, "ann", "00124");
    setup_review(f, "a-ann/g-g1 @00124; a-bob/g-g1 @00124");

    assert_night(f, world, "0 verified, 0 returned, 1 moved");
    assert_items(f, "1:@00128 v2 undecided; 2:@00124 v1 undecided");
}

static void whoever_the_account_may_belong_to_holds_it(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann in g1");
    world_person(world, "00124", "Jonas Meier");
    uint32_t now = world_person(world, "00777", "Jonas Meier");
    world_previous_id(world, now, "00124"); /* the same person under a newer number */
    world_freeze(world);
    belongs_to(world, "ann", "00777");
    setup_review(f, "a-ann/g-g1 @00124");

    assert_night(f, world, "0 verified, 0 returned, 1 moved");
    assert_items(f, "1:@00128 v2 undecided");
}

static void an_account_that_is_not_there_leaves_its_item_where_it_is(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("bob in g1");
    setup_review(f, "a-zoe/g-g1 @00124 =00123");

    assert_night(f, world, "0 verified, 0 returned, 0 moved");
    assert_items(f, "1:@00124 v1 undecided");
}

static void nothing_to_do_is_done(void **state)
{
    Fixture *f = *state;
    g_autoptr(World) world = world_parse("ann in g1");
    reviewing_begin(f);

    assert_night(f, world, "0 verified, 0 returned, 0 moved");
}

#define night_test(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        night_test(a_right_that_is_held_by_no_way_is_proven_gone),
        night_test(what_was_kept_is_nobodys_task),
        night_test(what_is_found_again_is_returned),
        night_test(half_an_answer_proves_nothing),
        night_test(what_was_decided_while_the_run_read_is_the_next_runs),
        night_test(an_item_goes_from_who_turns_out_to_hold_the_account),
        night_test(whoever_the_account_may_belong_to_holds_it),
        night_test(an_account_that_is_not_there_leaves_its_item_where_it_is),
        night_test(nothing_to_do_is_done),
    };
    return run_on_argument(argc, argv, "run/reviews/night", tests);
}
