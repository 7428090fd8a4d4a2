/* A snapshot made of the history is the one that was frozen that night. */
#include "fixture.h"

#include "harness/random_world.h"
#include "ledger/history/body_columns.h"
#include "ledger/history/past.h"
#include "ledger/history/past_refs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_NIGHTS 12

/* ---- what a snapshot says, as sorted lines ---- */

typedef struct Telling {
    const Snapshot *snapshot;
    GPtrArray *lines;
} Telling;

static const char *text(const Telling *telling, TextRef ref)
{
    return snapshot_text(telling->snapshot, ref);
}

static void tell(Telling *telling, char *line)
{
    g_ptr_array_add(telling->lines, line);
}

static void tell_accounts(Telling *t)
{
    const Accounts *a = &t->snapshot->accounts;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t n_sids, sid = snapshot_sid_history(t->snapshot, i, &n_sids);
        g_autoptr(GString) sids = g_string_new(NULL);
        for (uint32_t j = sid; j < sid + n_sids; j++)
            g_string_append_printf(sids, " %s", text(t, t->snapshot->sid_history.sid[j]));
        tell(t, g_strdup_printf(
                    "account %s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%d %d %d %u|"
                    "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "|%s",
                    text(t, a->key[i]), text(t, a->dn[i]), text(t, a->name[i]), text(t, a->upn[i]),
                    text(t, a->mail[i]), text(t, a->display_name[i]), text(t, a->employee_id[i]),
                    text(t, a->department[i]), text(t, a->title[i]), text(t, a->description[i]),
                    text(t, a->sid[i]), text(t, a->owner_text[i]), text(t, a->manager_text[i]),
                    text(t, a->class_text[i]), a->enabled[i], a->enabled_by[i], a->locked[i],
                    a->flags[i], a->expires_utc[i], a->created_utc[i], a->password_changed_utc[i],
                    sids->str));
    }
}

static char *member_name(const Telling *t, Principal member)
{
    const Snapshot *s = t->snapshot;
    uint32_t id = principal_id(member);
    switch (principal_kind(member)) {
    case PRINCIPAL_ACCOUNT:
        return g_strdup_printf("account %s", text(t, s->accounts.key[id]));
    case PRINCIPAL_GROUP:
        return g_strdup_printf("group %s", text(t, s->groups.key[id]));
    case PRINCIPAL_COMPUTER:
        return g_strdup_printf("computer %s", text(t, s->computers.key[id]));
    case PRINCIPAL_FOREIGN:
        break;
    }
    return g_strdup_printf("foreign %s %s", text(t, s->foreigners.text[id]),
                           text(t, s->foreigners.sid[id]));
}

static void tell_groups(Telling *t)
{
    const Groups *g = &t->snapshot->groups;
    for (uint32_t i = 0; i < g->n; i++) {
        tell(t,
             g_strdup_printf("group %s|%s|%s|%s|%s|%s|%s|%u", text(t, g->key[i]), text(t, g->dn[i]),
                             text(t, g->name[i]), text(t, g->cn[i]), text(t, g->sid[i]),
                             text(t, g->owner_text[i]), text(t, g->description[i]), g->flags[i]));
        for (uint32_t m = g->first_member[i]; m < g->first_member[i + 1]; m++) {
            bool is_repeated = m > g->first_member[i] && g->members[m] == g->members[m - 1];
            g_autofree char *name = member_name(t, g->members[m]);
            if (!is_repeated)
                tell(t, g_strdup_printf("member %s: %s via %d", text(t, g->key[i]), name,
                                        g->members_via[m]));
        }
    }
}

static void tell_computers(Telling *t)
{
    const Computers *c = &t->snapshot->computers;
    for (uint32_t i = 0; i < c->n; i++)
        tell(t,
             g_strdup_printf("computer %s|%s|%s|%s|%s|%d|%u|%" G_GINT64_FORMAT, text(t, c->key[i]),
                             text(t, c->dn[i]), text(t, c->name[i]), text(t, c->hostname[i]),
                             text(t, c->serial[i]), c->enabled[i], c->flags[i], c->created_utc[i]));
}

static void tell_people(Telling *t)
{
    const People *p = &t->snapshot->people;
    for (uint32_t i = 0; i < p->n; i++) {
        g_autoptr(GString) previous = g_string_new(NULL);
        for (uint32_t j = p->first_previous[i]; j < p->first_previous[i + 1]; j++)
            g_string_append_printf(previous, " %s", text(t, p->previous_ids[j]));
        if (p->source[i] != UINT8_MAX)
            tell(t, g_strdup_printf("person %s|%s|%s|%s|%s|%s|%s|%d|%d|%" G_GINT64_FORMAT "|%s",
                                    text(t, p->id[i]), text(t, p->name[i]), text(t, p->email[i]),
                                    text(t, p->username[i]), text(t, p->department[i]),
                                    text(t, p->title[i]), text(t, p->manager_id[i]), p->status[i],
                                    p->last_day[i], p->last_day_end_utc[i], previous->str));
    }
}

static void tell_assets(Telling *t)
{
    const Assets *a = &t->snapshot->assets;
    for (uint32_t i = 0; i < a->n; i++) {
        g_autoptr(GString) groups = g_string_new(NULL);
        for (uint32_t j = a->first_access_group[i]; j < a->first_access_group[i + 1]; j++)
            g_string_append_printf(groups, " %s", text(t, a->access_groups[j]));
        tell(t, g_strdup_printf("asset %s|%s|%s|%s|%s|%d|%d|%d|%" G_GINT64_FORMAT "|%s",
                                text(t, a->id[i]), text(t, a->name[i]), text(t, a->owner[i]),
                                text(t, a->custodian[i]), text(t, a->hostname[i]), a->status[i],
                                a->review_every_days[i], day_unpacked(a->last_audit[i]),
                                a->assigned_utc[i], groups->str));
    }
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef void (*Teller)(Telling *telling);

static char *told(const Snapshot *snapshot, const Teller *tellers, size_t n)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    Telling telling = {snapshot, lines};

    for (size_t i = 0; i < n; i++)
        tellers[i](&telling);
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static char *told_directory(const Snapshot *snapshot)
{
    static const Teller tellers[] = {tell_accounts, tell_groups, tell_computers};
    return told(snapshot, tellers, G_N_ELEMENTS(tellers));
}

static char *told_people(const Snapshot *snapshot)
{
    static const Teller tellers[] = {tell_people};
    return told(snapshot, tellers, G_N_ELEMENTS(tellers));
}

static char *told_assets(const Snapshot *snapshot)
{
    static const Teller tellers[] = {tell_assets};
    return told(snapshot, tellers, G_N_ELEMENTS(tellers));
}

/* ---- nights ---- */

static TextRef random_text(World *world, GRand *rand, const char *name)
{
    int n = g_rand_int_range(rand, 0, 4);
    g_autofree char *value = n > 0 ? g_strdup_printf("%s %d ä", name, n) : NULL;
    return world_text(world, value);
}

static int64_t random_time(GRand *rand)
{
    static const int64_t times[] = {TIME_UNKNOWN, TIME_NEVER, 0, -86400, NOON, NOON + DAY};
    return times[g_rand_int_range(rand, 0, G_N_ELEMENTS(times))];
}

static void vary_accounts(World *world, GRand *rand)
{
    Accounts *a = &world->snapshot->accounts;
    for (uint32_t i = 0; i < a->n; i++) {
        if (g_rand_int_range(rand, 0, 3) == 0)
            continue; /* as on every night */
        a->title[i] = random_text(world, rand, "title");
        a->department[i] = random_text(world, rand, "department");
        a->mail[i] = random_text(world, rand, "mail");
        a->owner_text[i] = random_text(world, rand, "owner");
        a->enabled[i] = (uint8_t)g_rand_int_range(rand, 0, 3);
        a->flags[i] = (uint32_t)g_rand_int_range(rand, 0, 1024);
        a->expires_utc[i] = random_time(rand);
        a->password_changed_utc[i] = random_time(rand);
        if (g_rand_int_range(rand, 0, 10) == 0)
            world_sid_history(world, i, "S-1-5-21-1-2-3-4");
    }
}

static void vary_tables(World *world, GRand *rand, bool has_people)
{
    int n_people = g_rand_int_range(rand, 5, 25);
    for (int i = 0; i < n_people && has_people; i++) {
        g_autofree char *id = g_strdup_printf("%05d", i);
        uint32_t person = world_person(world, id, "Somebody");
        People *people = &world->snapshot->people;
        people->department[person] = random_text(world, rand, "department");
        people->email[person] = random_text(world, rand, "email");
        people->last_day[person] = g_rand_int_range(rand, 0, 3) - 1;
        people->last_day_end_utc[person] = random_time(rand);
        if (g_rand_int_range(rand, 0, 4) == 0)
            world_previous_id(world, person, "old");
    }
    int n_assets = g_rand_int_range(rand, 5, 25);
    for (int i = 0; i < n_assets; i++) {
        g_autofree char *id = g_strdup_printf("LT-%d", i);
        uint32_t asset = world_asset(world, id);
        Assets *assets = &world->snapshot->assets;
        assets->owner[asset] = random_text(world, rand, "owner");
        assets->assigned_utc[asset] = random_time(rand);
        assets->review_every_days[asset] = g_rand_int_range(rand, -1, 3);
        assets->last_audit[asset] = (PackedDay)g_rand_int_range(rand, 0, 2) * day_packed(20000);
        if (g_rand_int_range(rand, 0, 3) == 0)
            world_access_group(world, asset, "g1");
    }
}

static World *night_world(GRand *rand, bool has_people)
{
    World *world = random_world(g_rand_int(rand), (uint32_t)g_rand_int_range(rand, 10, 60),
                                (uint32_t)g_rand_int_range(rand, 3, 20), 120);
    world_computer(world, "pc1");
    uint8_t hr = world_source(world, "hr", PROVIDES_PEOPLE);
    world_source(world, "assets", PROVIDES_ASSETS);
    vary_accounts(world, rand);
    vary_tables(world, rand, has_people);
    world->snapshot->sources[hr].status = has_people ? SOURCE_COMPLETE : SOURCE_INCOMPLETE;
    world_freeze(world);
    return world;
}

/* Every second account is somebody's. */
typedef struct Decided {
    uint32_t person[WORLD_ROWS];
    uint8_t link[WORLD_ROWS], rule[WORLD_ROWS], classes[WORLD_ROWS];
} Decided;

static void decide(const Snapshot *snapshot, GRand *rand, Decided *decided)
{
    for (uint32_t i = 0; i < snapshot->accounts.n; i++) {
        bool is_linked = snapshot->people.n > 0 && g_rand_boolean(rand);
        decided->person[i] = is_linked ? i % snapshot->people.n : NONE;
        decided->link[i] = is_linked ? 1 : 0;
        decided->rule[i] = is_linked ? 0 : UINT8_MAX;
        decided->classes[i] = (uint8_t)g_rand_int_range(rand, 0, 7);
    }
}

static void apply_night(Fixture *f, const World *world, const Decided *decided, int64_t as_of_utc)
{
    static const char *const rules[] = {"employee_id = id", NULL};
    static const size_t no_holders[] = {0};
    LedgerPresent present = {.snapshot = world->snapshot,
                             .as_of_utc = as_of_utc,
                             .person = decided->person,
                             .person_link = decided->link,
                             .rule = decided->rule,
                             .classes = decided->classes,
                             .rule_texts = rules,
                             .first_holder = no_holders};

    f->present = &present;
    f->sources = fixture_sources(world->snapshot);
    fixture_night(f, as_of_utc, "+late");
    f->present = NULL;
    json_decref(f->sources);
    f->sources = NULL;
}

static void assert_links(const LedgerPast *past, const Snapshot *frozen, const Decided *decided)
{
    const Snapshot *s = past->snapshot;
    g_autoptr(GHashTable) rows = g_hash_table_new(g_str_hash, g_str_equal);
    for (uint32_t i = 0; i < frozen->accounts.n; i++)
        g_hash_table_insert(rows,
                            (gpointer)(uintptr_t)snapshot_text(frozen, frozen->accounts.key[i]),
                            GUINT_TO_POINTER(i));
    for (uint32_t i = 0; i < s->accounts.n; i++) {
        uint32_t was =
            GPOINTER_TO_UINT(g_hash_table_lookup(rows, snapshot_text(s, s->accounts.key[i])));
        uint32_t person = decided->person[was];
        assert_string_equal(snapshot_text(s, past->links.person[i]),
                            person == NONE ? "" : snapshot_text(frozen, frozen->people.id[person]));
        assert_string_equal(snapshot_text(s, past->links.rule[i]),
                            person == NONE ? "" : "employee_id = id");
        assert_int_equal(past->links.linked[i], decided->link[was]);
        assert_int_equal(past->links.account_class[i], decided->classes[was] + 1);
    }
}

static void assert_past_of_random_nights(Fixture *f, uint32_t seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    World *worlds[N_NIGHTS];
    Decided *decided = g_new0(Decided, N_NIGHTS);
    const Snapshot *roster[N_NIGHTS] = {NULL}; /* of that night, or the last one before */

    for (int night = 0; night < N_NIGHTS; night++) {
        bool has_people = night == 0 || g_rand_int_range(rand, 0, 4) > 0;
        worlds[night] = night_world(rand, has_people);
        roster[night] = has_people ? worlds[night]->snapshot : roster[night - 1];
        decide(worlds[night]->snapshot, rand, &decided[night]);
        apply_night(f, worlds[night], &decided[night], NOON + night * DAY);
    }
    for (int night = 0; night < N_NIGHTS; night++) {
        g_autoptr(GError) error = NULL;
        const Snapshot *frozen = worlds[night]->snapshot;
        g_autoptr(LedgerPast) past = ledger_past(f->ledger, night + 1, &error);
        if (past == NULL)
            fail_msg("seed %u, night %d: %s", seed, night, error->message);
        g_autofree char *is = told_directory(past->snapshot), *was = told_directory(frozen);
        g_autofree char *people_is = told_people(past->snapshot),
                        *people_was = told_people(roster[night]);
        g_autofree char *assets_is = told_assets(past->snapshot), *assets_was = told_assets(frozen);
        assert_string_equal(is, was);
        assert_string_equal(people_is, people_was);
        assert_string_equal(assets_is, assets_was);
        assert_int_equal(past->n_unexplained, 0);
        if (roster[night] == frozen)
            assert_links(past, frozen, &decided[night]);
    }
    for (int night = 0; night < N_NIGHTS; night++)
        world_free(worlds[night]);
    g_free(decided);
}

static void a_past_snapshot_is_the_frozen_one(void **state)
{
    Fixture *f = *state;
    fixture_open(f, LEDGER_RUN);
    assert_past_of_random_nights(f, 1);
}

static void whatever_the_nights_were(void **state)
{
    Fixture *f = *state;
    fixture_open(f, LEDGER_RUN);
    assert_past_of_random_nights(f, 20260317);
}

/* A column that the snapshot gets one day must get a place here, too. */
static void no_column_is_forgotten(void **state)
{
    (void)state;
    static const struct {
        HistoryKind kind;
        size_t size;     /* of the table */
        size_t n_others; /* pointers at its end that are lists, filled apart */
    } tables[] = {
        {HISTORY_ACCOUNT, sizeof(Accounts), 0},   {HISTORY_GROUP, sizeof(Groups), 3},
        {HISTORY_COMPUTER, sizeof(Computers), 0}, {HISTORY_FOREIGN, sizeof(Foreigners), 0},
        {HISTORY_PERSON, sizeof(People), 3},      {HISTORY_ASSET, sizeof(Assets), 2},
        {HISTORY_APPROVAL, sizeof(Approvals), 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        size_t n_columns = tables[i].size / sizeof(void *) - 1; /* the number of rows is the rest */
        assert_int_equal(body_tables[tables[i].kind].n + tables[i].n_others, n_columns);
    }
}

static void refs_find_what_was_added(void **state)
{
    (void)state;
    g_autoptr(PastRefs) refs = past_refs_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    uint64_t seen[5000];

    for (uint32_t i = 0; i < G_N_ELEMENTS(seen); i++) {
        /* All of them begin at the same few places. */
        seen[i] = (uint64_t)g_rand_int(rand) << 32 | (i & 3);
        past_refs_add(refs, seen[i], i);
    }
    for (uint32_t i = 0; i < G_N_ELEMENTS(seen); i++)
        assert_int_equal(past_refs_find(refs, seen[i]), i);
    assert_int_equal(past_refs_find(refs, 12), NONE);
}

static void before_there_was_a_history_there_is_none(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_night(f, NOON, "late corp/ann");

    assert_null(ledger_past(f->ledger, 1, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
    assert_string_equal(error->message, "the ledger has no history of run 1");
}

static void a_run_is_found_by_its_time(void **state)
{
    Fixture *f = *state;
    int64_t run;
    fixture_night(f, NOON, "+late");
    fixture_night(f, NOON + DAY, "+late");
    fixture_night(f, NOON + DAY, "+late");

    assert_true(ledger_run_at(f->ledger, NOON - 1, &run, NULL));
    assert_int_equal(run, 0);
    assert_true(ledger_run_at(f->ledger, NOON + DAY - 1, &run, NULL));
    assert_int_equal(run, 1);
    assert_true(ledger_run_at(f->ledger, NOON + DAY, &run, NULL));
    assert_int_equal(run, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_past_snapshot_is_the_frozen_one),
        TEST(whatever_the_nights_were),
        TEST(no_column_is_forgotten),
        TEST(refs_find_what_was_added),
        TEST(before_there_was_a_history_there_is_none),
        TEST(a_run_is_found_by_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
