/* What a quiet night does not read: digests of buckets, and sixty random nights of two ledgers,
 * of which one forgets its digests and so reads everything every night. */
#include "fixture.h"

#include "ledger/digests.h"
#include "ledger/ledger_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* ---- digests ---- */

#define N_ROWS 1000

static void make_rows(DigestRow *rows)
{
    for (uint32_t i = 0; i < N_ROWS; i++) {
        g_autofree char *key = g_strdup_printf("key-%u", i);
        rows[i] = (DigestRow){.facts = i, .severity = i % N_SEVERITIES};
        finding_identity("odd", SUBJECT_ACCOUNT, "corp", key, SUBJECT_NONE, NULL, NULL,
                         rows[i].identity);
    }
}

static size_t n_different(const Digests *a, const Digests *b)
{
    size_t n = 0;

    for (size_t i = 0; i < digests_n(a); i++)
        n += memcmp(digests_of(a, i), digests_of(b, i), DIGEST_SIZE) != 0;
    return n;
}

static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    DigestRow rows[N_ROWS], reversed[N_ROWS];
    g_auto(Digests) first = {0}, second = {0};

    make_rows(rows);
    for (size_t i = 0; i < N_ROWS; i++)
        reversed[N_ROWS - 1 - i] = rows[i];
    digests_make(&first, 4, rows, N_ROWS);
    digests_make(&second, 4, reversed, N_ROWS);
    assert_int_equal(n_different(&first, &second), 0);
}

static void whatever_changes_is_seen_in_its_bucket_only(void **state)
{
    (void)state;
    DigestRow rows[N_ROWS];
    g_auto(Digests) before = {0};

    make_rows(rows);
    digests_make(&before, 4, rows, N_ROWS);
    for (size_t i = 0; i < N_ROWS; i += 7) {
        DigestRow was = rows[i];
        g_auto(Digests) after = {0};
        switch (i % 3) {
        case 0:
            rows[i].facts++;
            break;
        case 1:
            rows[i].severity ^= 1;
            break;
        default:
            rows[i].identity[13] ^= 1;
        }
        digests_make(&after, 4, rows, N_ROWS);
        size_t bucket = digests_bucket(&before, was.identity);
        assert_int_equal(n_different(&before, &after), 1);
        assert_memory_not_equal(digests_of(&before, bucket), digests_of(&after, bucket),
                                DIGEST_SIZE);
        rows[i] = was;
    }
}

static void an_identity_lies_within_the_limits_of_its_bucket(void **state)
{
    (void)state;
    DigestRow rows[N_ROWS];

    make_rows(rows);
    for (unsigned bits = 0; bits <= 16; bits++) {
        const Digests digests = {.bits = bits};
        for (size_t i = 0; i < N_ROWS; i++) {
            uint8_t least[16], greatest[16];
            digests_limits(&digests, digests_bucket(&digests, rows[i].identity), least, greatest);
            assert_true(memcmp(least, rows[i].identity, 16) <= 0);
            assert_true(memcmp(rows[i].identity, greatest, 16) <= 0);
        }
    }
}

/* ---- nights ---- */

#define N_NIGHTS 60
#define N_NAMES 240
#define N_DECIDED 12
#define N_RULED 8 /* what is decided is read every night: it must be little */

static const AcceptanceRule rules[] = {
    {"known since the audit", "jmeier", "2026-04-10", "rightful.conf:7", NOON + 38 * DAY},
};

static const char roster[] =
    "INSERT INTO roster (id, name, email, username, gone_since, successor, has_left) VALUES "
    "('00124', 'Jonas Meier', 'jonas@example.com', 'jmeier', 0, '', 0), "
    "('00125', 'Ana Lima', 'ana@example.com', 'alima', 0, '', 0)";

typedef struct World {
    bool is_there[N_NAMES], is_ruled[N_NAMES];
    int facts[N_NAMES], severity[N_NAMES];
} World;

static int any(GRand *rand, int end)
{
    return g_rand_int_range(rand, 0, end);
}

/* A few things change, most nights at most two. */
static void change(World *world, GRand *rand)
{
    for (int n = any(rand, 20) == 0 ? N_NAMES : any(rand, 3); n > 0; n--) {
        int name = any(rand, N_NAMES);
        switch (any(rand, 5)) {
        case 0:
        case 1:
            world->is_there[name] = !world->is_there[name];
            break;
        case 2:
            world->facts[name] = any(rand, 3);
            break;
        case 3:
            world->severity[name] = any(rand, N_SEVERITIES);
            break;
        default:
            world->is_ruled[name % N_RULED] = !world->is_ruled[name % N_RULED];
        }
    }
}

static char *night_text(const World *world, GRand *rand)
{
    GString *text = g_string_new("+odd; +old; @corp; @shop");

    for (int i = 0; i < N_NAMES; i++) {
        if (world->is_there[i])
            g_string_append_printf(text, "; %s %s/n%d #%d !%s%s", i % 2 ? "odd" : "old",
                                   i % 3 ? "corp" : "shop", i, world->facts[i],
                                   severities[world->severity[i]], world->is_ruled[i] ? " =1" : "");
    }
    if (any(rand, 12) == 0)
        g_string_append(text, "; ?odd corp");
    if (any(rand, 12) == 0)
        g_string_append_printf(text, "; ?old shop/n%d", 6 * any(rand, N_NAMES / 6));
    return g_string_free(text, FALSE);
}

static LedgerDecision decision(const char *id, int64_t at_utc)
{
    return (LedgerDecision){.id = id,
                            .actor = "root",
                            .requester = "jmeier",
                            .approver = "00125",
                            .reason = "replaced in spring",
                            .last_day = "2026-05-10",
                            .ends_utc = at_utc + 20 * DAY,
                            .at_utc = at_utc};
}

/* Somebody decides about one of them, or nobody. What is refused is refused by both ledgers. */
static void decide(Fixture *f, int what, int exception, int64_t at_utc)
{
    g_autofree char *id = g_strdup_printf("%d", exception);
    const LedgerDecision wanted = decision(id, at_utc);

    if (what == 0)
        ledger_accept(f->ledger, &wanted, NULL);
    else if (what == 1)
        ledger_false_positive(f->ledger, &wanted, NULL);
    else if (what == 2)
        ledger_reopen(f->ledger, &wanted, fixture_due_seconds, NULL);
    else if (what == 3)
        ledger_assign(f->ledger, id, "root", "jmeier", at_utc, NULL);
}

/* All that the ledger says, but for the digests, and for the moment it was made at. */
static char *whole(Fixture *f)
{
    fixture_close(f);
    g_autofree char *dump = dump_file(f->path);
    g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
    GString *out = g_string_new(NULL);

    bool is_digest = false; /* bytes, which may hold a newline; the next table is exception_text */

    for (char **line = lines; *line; line++) {
        is_digest = is_digest ? strstr(*line, "exception_text") == NULL
                              : strstr(*line, "exception_digest") != NULL;
        if (!is_digest && !strstr(*line, "schema"))
            g_string_append_printf(out, "%s\n", *line);
    }
    fixture_open(f, LEDGER_RUN);
    return g_string_free(out, FALSE);
}

static GArray *rows_of(Store *store)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(DigestRow));
    g_autoptr(Statement) all = store_prepare(
        store, "SELECT identity, facts, severity FROM exception WHERE resolved_run IS NULL", NULL);

    while (statement_step(all, NULL) == STORE_ROW) {
        size_t size;
        DigestRow row = {.facts = (uint64_t)statement_integer(all, 1),
                         .severity = (uint32_t)statement_integer(all, 2)};
        memcpy(row.identity, statement_blob(all, 0, &size), 16);
        g_array_append_val(rows, row);
    }
    return rows;
}

static void assert_digests_are_those_of_the_rows(Fixture *f)
{
    Store *store = f->ledger->store;
    g_auto(Digests) kept = {0}, made = {0};
    g_autoptr(Tally) kept_tally = NULL;
    g_autoptr(Tally) tally = tally_read(store, NULL);
    g_autoptr(GArray) rows = rows_of(store);
    bool is_current;

    assert_true(digests_read(&kept, &kept_tally, &is_current, store, NULL));
    assert_true(is_current);
    digests_make(&made, kept.bits, (const DigestRow *)(const void *)rows->data, rows->len);
    assert_int_equal(n_different(&kept, &made), 0);
    g_autofree char *is = tally_to_text(kept_tally), *wanted = tally_to_text(tally);
    assert_string_equal(is, wanted);
}

/* Shows the first line that differs: all of them would be too long for cmocka. */
static void assert_same(const char *is, const char *wanted, uint32_t seed, int night)
{
    g_auto(GStrv) lines = g_strsplit(is, "\n", -1), others = g_strsplit(wanted, "\n", -1);

    for (guint i = 0; lines[i] && others[i]; i++) {
        if (strcmp(lines[i], others[i]) != 0)
            fail_msg("seed %u, night %d\n%.400s\nread all: %.400s", seed, night, lines[i],
                     others[i]);
    }
    assert_int_equal(g_strv_length(lines), g_strv_length(others));
}

static void forget_digests(Fixture *f)
{
    Store *store = f->ledger->store;
    assert_true(store->driver->execute(store, "DELETE FROM exception_digest", NULL));
}

static void one_night(Fixture *f, int64_t as_of_utc, const char *night)
{
    f->rules = rules;
    fixture_night(f, as_of_utc, night);
}

static void run_nights(Fixture *f, Fixture *reading, uint32_t seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    World world = {0};

    for (int i = 0; i < N_NAMES; i++)
        world.is_there[i] = any(rand, 4) > 0;
    for (int night = 0; night < N_NIGHTS; night++) {
        int64_t as_of_utc = NOON + night * DAY;
        g_autofree char *text = night_text(&world, rand);
        int what = any(rand, 8), exception = 1 + any(rand, N_DECIDED);
        one_night(f, as_of_utc, text);
        one_night(reading, as_of_utc, text);
        assert_digests_are_those_of_the_rows(f);
        if (night % 10 == 9) {
            g_autofree char *is = whole(f), *wanted = whole(reading);
            assert_same(is, wanted, seed, night);
        }
        assert_memory_equal(&f->counts, &reading->counts, sizeof f->counts);
        decide(f, what, exception, as_of_utc + 60);
        decide(reading, what, exception, as_of_utc + 60);
        forget_digests(reading);
        change(&world, rand);
    }
}

static void a_ledger_that_reads_little_becomes_what_one_that_reads_all_does(void **state)
{
    Fixture *f = *state;
    void *other = NULL;

    digests_bucket_size = 1;
    assert_int_equal(fixture_setup(&other), 0);
    Fixture *reading = other;
    for (int i = 0; i < 2; i++) {
        Fixture *each = i == 0 ? f : reading;
        one_night(each, NOON - DAY, "+odd; +old; @corp; @shop");
        fixture_close(each);
        g_assert_null(meddle(each->path, roster));
        fixture_open(each, LEDGER_RUN);
    }
    run_nights(f, reading, 20260303);
    fixture_teardown(&other);
    digests_bucket_size = 64;
}

static void a_quiet_night_writes_no_digests(void **state)
{
    Fixture *f = *state;
    const char night[] = "dormant corp/ann; dormant corp/bob";

    fixture_night(f, NOON, night);
    fixture_close(f);
    int64_t audit = count_rows(f->path, "SELECT audit FROM exception_digest");
    fixture_night(f, NOON + DAY, night);
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT audit FROM exception_digest"), audit);
    fixture_night(f, NOON + 2 * DAY, "dormant corp/ann");
    fixture_close(f);
    assert_true(count_rows(f->path, "SELECT audit FROM exception_digest") > audit);
}

static char *twenty_but(int missing)
{
    GString *night = g_string_new("+old; @corp");

    for (int i = 0; i < 20; i++) {
        if (i != missing)
            g_string_append_printf(night, "; old corp/n%d", i);
    }
    return g_string_free(night, FALSE);
}

/* One row for a whole scope would say that none of it was seen. */
static void what_is_not_read_counts_as_found_in_its_scope(void **state)
{
    Fixture *f = *state;
    g_autofree char *all = twenty_but(-1);

    digests_bucket_size = 1;
    for (int i = 0; i < 20; i++) {
        g_autofree char *but = twenty_but(i);
        g_autofree char *night = g_strconcat(but, "; ?old corp", NULL);
        fixture_night(f, NOON + 2 * i * DAY, all);
        fixture_night(f, NOON + (2 * i + 1) * DAY, night);
    }
    digests_bucket_size = 64;
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM unjudged WHERE exception = 0"), 0);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM unjudged WHERE exception > 0"), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(whatever_changes_is_seen_in_its_bucket_only),
        cmocka_unit_test(an_identity_lies_within_the_limits_of_its_bucket),
        cmocka_unit_test_setup_teardown(what_is_not_read_counts_as_found_in_its_scope,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_quiet_night_writes_no_digests, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(
            a_ledger_that_reads_little_becomes_what_one_that_reads_all_does, fixture_setup,
            fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
