/* Random people, links, delegations, bulk decisions and stages against a slow and simple twin.
 * After every step the ledger is as the twin has it, and nobody has decided about an account that
 * was, or could be, theirs then (invariant 11). */
#include "on_postgres.h"
#include "reviewing.h"

#include "base/times.h"
#include "ledger/review_tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_WORLDS 8
#define N_STEPS 60
#define N_ITEMS 6
#define NOBODY (-1)

enum { LENA, JONAS, ANA, FALL, OWNER, PER, N_PEOPLE };
static const char *const ids[N_PEOPLE] = {"00123", "00124", "00125", "00128", "00129", "00127"};

typedef struct Item {
    int reviewer, second, stage, signer;
    unsigned holders, senders; /* bits of people */
    bool is_single, has_draft, is_done;
} Item;

typedef struct Twin {
    Item items[N_ITEMS];
    bool has_left[N_PEOPLE];
    bool has_second, is_closed;
    int n_decisions;
    unsigned deciders[N_ITEMS]; /* bits of people: whose decisions were looked at */
} Twin;

/* ---- the rules, as plainly as can be ---- */

static bool holds(const Item *item, int person)
{
    return item->holders >> person & 1;
}

static bool may_decide(const Twin *twin, const Item *item, int who)
{
    return !twin->is_closed && !twin->has_left[who] && !item->is_done && item->reviewer == who &&
           !holds(item, who) && !(item->stage == 2 && item->signer == who);
}

static bool is_fit(const Twin *twin, const Item *item, int who)
{
    return who != NOBODY && !twin->has_left[who] && !holds(item, who) && item->signer != who;
}

static int fallback(const Twin *twin, const Item *item)
{
    const int chain[] = {FALL, OWNER};
    for (size_t i = 0; i < G_N_ELEMENTS(chain); i++) {
        if (is_fit(twin, item, chain[i]) && item->reviewer != chain[i] &&
            !(item->senders >> chain[i] & 1))
            return chain[i];
    }
    return NOBODY;
}

static void hand_to(Item *item, int who)
{
    item->reviewer = who;
    item->has_draft = false;
}

/* ---- steps: what the twin expects, and does ---- */

static bool twin_draft(Twin *twin, int who, const int *places, int n, bool is_bulk)
{
    for (int i = 0; i < n; i++) {
        const Item *item = &twin->items[places[i]];
        if (!may_decide(twin, item, who) || (is_bulk && item->is_single))
            return false;
    }
    for (int i = 0; i < n; i++)
        twin->items[places[i]].has_draft = true;
    return true;
}

static bool twin_sign(Twin *twin, int who)
{
    int n = 0, n_open = 0;
    for (int i = 0; i < N_ITEMS; i++) {
        Item *item = &twin->items[i];
        if (item->has_draft && item->reviewer == who && !may_decide(twin, item, who))
            return false;
        n += item->has_draft && item->reviewer == who;
    }
    if (n == 0 || twin->is_closed || twin->has_left[who])
        return false;
    for (int i = 0; i < N_ITEMS; i++) {
        Item *item = &twin->items[i];
        if (item->has_draft && item->reviewer == who) {
            twin->n_decisions++;
            item->has_draft = false;
            if (item->stage == 1 && twin->has_second) {
                item->signer = who;
                hand_to(item,
                        is_fit(twin, item, item->second) ? item->second : fallback(twin, item));
                item->stage = 2;
            } else {
                item->is_done = true;
            }
        }
        n_open += !item->is_done;
    }
    twin->is_closed = n_open == 0;
    return true;
}

static bool twin_move(Twin *twin, int who, int place, const char *why, int receiver)
{
    Item *item = &twin->items[place];
    bool is_owner = strcmp(why, "reassigned") == 0;
    bool is_falling = receiver == NOBODY && item->reviewer == who && !item->is_done;
    if (twin->is_closed || twin->has_left[who] || item->is_done)
        return false;
    if (is_owner ? who != OWNER || holds(item, who) : !is_falling && !may_decide(twin, item, who))
        return false;
    int to = receiver == NOBODY ? fallback(twin, item) : receiver;
    if (receiver == NOBODY ? to == NOBODY && !holds(item, who)
                           : !is_fit(twin, item, to) || to == item->reviewer)
        return false;
    if (strcmp(why, "not-mine") == 0 || strcmp(why, "dont-know") == 0)
        item->senders |= 1u << (unsigned)who;
    hand_to(item, to);
    return true;
}

static void twin_night(Twin *twin)
{
    for (int i = 0; i < N_ITEMS; i++) {
        Item *item = &twin->items[i];
        if (item->is_done || twin->is_closed)
            continue;
        int who = item->reviewer;
        if (who != NOBODY && !holds(item, who) && !twin->has_left[who])
            continue;
        int to = fallback(twin, item);
        if (to != who)
            hand_to(item, to);
    }
}

/* ---- the same to the ledger ---- */

/* Mostly whoever the item is for. */
static int actor_for(const Twin *twin, GRand *rand, int place)
{
    int reviewer = twin->items[place].reviewer;
    return reviewer != NOBODY && g_rand_int_range(rand, 0, 4) > 0
               ? reviewer
               : g_rand_int_range(rand, 0, N_PEOPLE);
}

static void assert_agree(bool expected, GError *error, const char *what)
{
    if (expected != (error == NULL))
        fail_msg("%s: the twin says %s, the ledger %s", what, expected ? "yes" : "no",
                 error ? error->message : "yes");
}

static void step_draft(Fixture *f, Twin *twin, GRand *rand)
{
    int first = g_rand_int_range(rand, 0, N_ITEMS), who = actor_for(twin, rand, first);
    int n = g_rand_boolean(rand) ? 1 : g_rand_int_range(rand, 2, 4), places[4];
    bool is_bulk = n > 1;
    ReviewActor actor = reviewing_actor(ids[who], 60);
    ReviewDraft drafts[4];
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < n; i++) {
        places[i] = (first + i) % N_ITEMS;
        drafts[i] = (ReviewDraft){.review = "1",
                                  .item = places[i] + 1,
                                  .decision = g_rand_boolean(rand) ? "keep" : "remove",
                                  .until = DAY_NONE,
                                  .reason = "because",
                                  .is_bulk = is_bulk,
                                  .seconds = -1};
    }
    ledger_review_draft(f->ledger, &actor, drafts, (size_t)n, &error);
    assert_agree(twin_draft(twin, who, places, n, is_bulk), error, "draft");
}

static void step_sign(Fixture *f, Twin *twin, GRand *rand)
{
    int who = actor_for(twin, rand, g_rand_int_range(rand, 0, N_ITEMS));
    ReviewActor actor = reviewing_actor(ids[who], 60);
    g_autoptr(GError) error = NULL;
    int64_t n = 0;

    ledger_review_sign(f->ledger, &actor, "1", "Yes.", &n, &error);
    assert_agree(twin_sign(twin, who), error, "sign");
}

static void step_move(Fixture *f, Twin *twin, GRand *rand)
{
    static const char *const whys[] = {"delegated", "not-mine", "dont-know", "reassigned"};
    const char *why = whys[g_rand_int_range(rand, 0, 4)];
    int64_t place = g_rand_int_range(rand, 1, N_ITEMS + 1);
    int who = actor_for(twin, rand, (int)place - 1), receiver = g_rand_int_range(rand, 0, N_PEOPLE);
    ReviewActor actor = reviewing_actor(ids[who], 60);
    g_autoptr(GError) error = NULL;

    if (strcmp(why, "dont-know") == 0 || (strcmp(why, "not-mine") == 0 && place % 2))
        receiver = NOBODY;
    ledger_review_move(f->ledger, &actor, "1", &place, 1, why,
                       receiver == NOBODY ? NULL : ids[receiver], "note", &error);
    assert_agree(twin_move(twin, who, (int)place - 1, why, receiver), error, why);
}

/* Somebody says whose an account is; one account an item. */
static void step_link(Fixture *f, Twin *twin, GRand *rand)
{
    int place = g_rand_int_range(rand, 0, N_ITEMS), who = g_rand_int_range(rand, 0, N_PEOPLE);
    g_autofree char *account = g_strdup_printf("a%d", place);
    LedgerLink link = {.source = "corp",
                       .account_key = account,
                       .account = account,
                       .person_id = ids[who],
                       .person_name = ids[who],
                       .reason = "it is",
                       .actor = "root",
                       .at_utc = NOON};

    if (ledger_link(f->ledger, &link, NULL))
        twin->items[place].holders |= 1u << (unsigned)who;
}

/* A run finds a holder; holders stay even if the next finds none. */
static void step_night(Fixture *f, Twin *twin, GRand *rand)
{
    int place = g_rand_int_range(rand, 0, N_ITEMS), who = g_rand_int_range(rand, 0, N_PEOPLE);
    g_autofree char *account = g_strdup_printf("a%d", place);
    const char *found[] = {who == LENA ? "00009" : ids[who], NULL}; /* by a previous id, too */
    ReviewHolders holders = {"corp", account, found};
    ReviewNight night = {.run = 1,
                         .as_of_utc = NOON + DAY,
                         .at_utc = NOON + DAY,
                         .actor = "timer",
                         .holders = &holders,
                         .n_holders = g_rand_boolean(rand)};
    ReviewNightCounts counts;
    g_autoptr(GError) error = NULL;

    if (!ledger_review_night(f->ledger, &night, &counts, &error))
        fail_msg("%s", error->message);
    if (night.n_holders > 0 && !twin->items[place].is_done && !twin->is_closed)
        twin->items[place].holders |= 1u << (unsigned)who;
    twin_night(twin);
}

static void step_leave(Fixture *f, Twin *twin, GRand *rand)
{
    int who = g_rand_int_range(rand, 0, N_PEOPLE);
    g_autofree char *sql =
        g_strdup_printf("UPDATE roster SET has_left = 1 WHERE id = '%s'", ids[who]);

    if (g_rand_int_range(rand, 0, 8) > 0)
        return;
    fixture_close(f);
    g_assert_null(meddle(f->path, sql));
    fixture_open(f, LEDGER_RUN);
    twin->has_left[who] = true;
}

/* ---- compared ---- */

static bool compare_item(json_t *row, void *data)
{
    const Twin *twin = data;
    const Item *item = &twin->items[json_integer_value(json_object_get(row, "item")) - 1];
    const json_t *reviewer = json_object_get(row, "reviewer");
    const char *state = json_string_value(json_object_get(row, "state"));

    assert_string_equal(state, item->is_done     ? "signed"
                               : item->has_draft ? "drafted"
                                                 : "undecided");
    assert_int_equal(json_integer_value(json_object_get(row, "stage")), item->stage);
    if (item->reviewer == NOBODY)
        assert_true(json_is_null(reviewer));
    else
        assert_string_equal(json_string_value(json_object_get(reviewer, "id")),
                            ids[item->reviewer]);
    return true;
}

static int person_of(const char *id)
{
    int who = 0;
    while (who < N_PEOPLE && strcmp(ids[who], id) != 0)
        who++;
    assert_int_not_equal(who, N_PEOPLE);
    return who;
}

/* Of decisions that are new: no step both changes holders and signs. */
static void assert_nobody_decided_about_themselves(Fixture *f, Twin *twin)
{
    g_autoptr(Reviewed) reviewed = ledger_reviewed(f->ledger, NULL);

    assert_int_equal(reviewed->decisions->len, twin->n_decisions);
    for (guint i = 0; i < reviewed->decisions->len; i++) {
        const ReviewedDecision *decision = &g_array_index(reviewed->decisions, ReviewedDecision, i);
        int who = person_of(decision->reviewer_id), place = (int)decision->item - 1;
        if (twin->deciders[place] >> who & 1)
            continue;
        twin->deciders[place] |= 1u << (unsigned)who;
        assert_false(holds(&twin->items[place], who));
    }
}

static void compare(Fixture *f, Twin *twin)
{
    ReviewItemFilter filter = {0};
    g_autoptr(GError) error = NULL;

    if (!ledger_review_items(f->ledger, "1", &filter, compare_item, twin, &error))
        fail_msg("%s", error->message);
    assert_nobody_decided_about_themselves(f, twin);
}

/* ---- worlds ---- */

static void begin_world(Fixture *f, Twin *twin, GRand *rand)
{
    g_autoptr(GString) items = g_string_new(NULL);

    *twin = (Twin){.has_second = g_rand_boolean(rand)};
    twin->has_left[PER] = true;
    for (int i = 0; i < N_ITEMS; i++) {
        Item *item = &twin->items[i];
        *item = (Item){.reviewer = g_rand_int_range(rand, 0, FALL),
                       .second = g_rand_int_range(rand, 0, N_PEOPLE),
                       .stage = 1,
                       .signer = NOBODY,
                       .is_single = g_rand_int_range(rand, 0, 4) == 0};
        int holder = g_rand_int_range(rand, 0, N_PEOPLE);
        item->holders = 1u << (unsigned)holder;
        g_string_append_printf(items, "%sa%d/ops @%s =%s second-%s%s", i > 0 ? ";" : "", i,
                               ids[item->reviewer], ids[holder], ids[item->second],
                               item->is_single ? " single" : "");
    }
    reviewing_start(f, items->str,
                    twin->has_second ? "{\"fallback\": \"00128\", \"second_stage\": \"owner\"}"
                                     : "{\"fallback\": \"00128\"}");
}

static int run_world(Fixture *f, guint32 seed)
{
    static void (*const steps[])(Fixture *, Twin *, GRand *) = {
        step_draft, step_draft, step_draft, step_draft, step_sign, step_sign,
        step_move,  step_move,  step_link,  step_night, step_leave};
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Twin twin;

    begin_world(f, &twin, rand);
    for (int i = 0; i < N_STEPS && !twin.is_closed; i++) {
        steps[g_rand_int_range(rand, 0, G_N_ELEMENTS(steps))](f, &twin, rand);
        compare(f, &twin);
    }
    return twin.n_decisions;
}

static void the_ledger_does_as_the_twin(void **state)
{
    int n_decisions = 0;

    (void)state;
    for (guint32 seed = 1; seed <= N_WORLDS; seed++) {
        void *fixture = NULL;
        assert_int_equal(fixture_setup(&fixture), 0);
        reviewing_begin(fixture);
        n_decisions += run_world(fixture, seed);
        fixture_teardown(&fixture);
    }
    assert_in_range(n_decisions, 20, 200); /* they did decide */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ledger_does_as_the_twin)};
    return run_on_argument(argc, argv, "review twin", tests);
}
