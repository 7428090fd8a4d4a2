/* What only PostgreSQL does: serialization failures, other people's settings, text that orders by
 * bytes. */
#include "fixture.h"
#include "ledger/postgres/postgres_store.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* The first n inserts into the table end as the server ends transactions that collide. */
static void collide(Fixture *f, const char *table, const char *state, int n)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE SEQUENCE tries; CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF nextval('tries') <= %d THEN RAISE EXCEPTION 'collision' USING ERRCODE = '%s'; "
        "END IF; RETURN NEW; END $$; CREATE TRIGGER collide BEFORE INSERT ON %s FOR EACH ROW "
        "EXECUTE FUNCTION collide()",
        n, state, table);
    g_autofree char *answer = meddle(f->path, sql);
    if (answer)
        fail_msg("%s", answer);
}

static void a_transaction_that_collides_is_repeated_as_a_whole(void **state)
{
    static const char *const places[][2] = {
        {"run", "40001"}, {"exception", "40001"}, {"exception_text", "40P01"}, {"audit", "40P01"}};
    Fixture *f = *state;

    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob");
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *night = g_strdup_printf("dormant corp/ann; dormant corp/n%zu", i);
        collide(f, places[i][0], places[i][1], 2);
        fixture_night(f, NOON + DAY, night);
        assert_int_equal(f->run, 2 + i);
        assert_int_equal(f->counts.n_new, 1);
        assert_int_equal(f->counts.n_resolved, 1);
        g_assert_null(meddle(f->path, "DROP FUNCTION collide CASCADE; DROP SEQUENCE tries"));
    }
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'opened'"), 6);
}

static void what_collides_for_ever_is_told_and_nothing_is_changed(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fixture_night(f, NOON, "dormant corp/ann");
    collide(f, "exception", "40001", 1000);
    assert_false(fixture_try_night(f, NOON + DAY, "dormant corp/bob", &error));
    assert_non_null(strstr(error->message, "The ledger is unchanged"));
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM run"), 1);
    assert_true(ledger_comment(f->ledger, "1", "jdoe", "still here", NOON, NULL));
}

static void one_failed_row_undoes_the_run(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fixture_night(f, NOON, "dormant corp/ann");
    forbid(f->path, "INSERT", "exception_text", "NEW.exception = 3", "not this one");
    assert_false(fixture_try_night(f, NOON + DAY,
                                   "dormant corp/bob; dormant corp/cat; dormant corp/dan", &error));
    assert_non_null(strstr(error->message, "not this one"));
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM exception"), 1);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'run'"), 1);
}

/* Whatever the locale of the database. */
static void every_text_orders_by_bytes(void **state)
{
    Fixture *f = *state;

    fixture_open(f, LEDGER_RUN);
    assert_int_equal(count_rows(f->path,
                                "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = "
                                "a.attrelid JOIN pg_collation l ON l.oid = a.attcollation WHERE "
                                "c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = "
                                "current_schema()) AND c.relkind = 'r' AND l.collname <> 'C' "
                                "AND c.relname NOT LIKE 'rightful%'"),
                     0);
}

/* COPY in binary form takes exactly these. */
static void every_column_is_of_three_types(void **state)
{
    Fixture *f = *state;

    fixture_open(f, LEDGER_RUN);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM information_schema.columns WHERE "
                                         "table_schema = current_schema() AND data_type NOT IN "
                                         "('bigint', 'text', 'bytea')"),
                     0);
}

static void thousands_of_new_ones_arrive_by_copy(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) night = g_string_new(NULL);

    for (int i = 0; i < 6000; i++)
        g_string_append_printf(night, "dormant corp/a%d;", i);
    fixture_night(f, NOON, night->str);
    g_string_append(night, "dormant corp/one-more");
    fixture_night(f, NOON + DAY, night->str);
    assert_int_equal(f->counts.n_new, 1);
    fixture_night(f, NOON + 2 * DAY, "dormant corp/one-more");
    assert_int_equal(f->counts.n_resolved, 6000);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM exception_text"), 6001);
}

static void tokens_of_commits_are_forgotten_after_days(void **state)
{
    Fixture *f = *state;

    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    assert_true(count_rows(f->path, "SELECT count(*) FROM rightful_commit") > 1);
    g_assert_null(meddle(f->path, "UPDATE rightful_commit SET at = at - 3 * 86400"));
    fixture_night(f, NOON + DAY, "dormant corp/ann");
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM rightful_commit"), 1);
}

static void passwords_are_not_shown(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"postgresql://me:geheim@db/x", "postgresql://me:***@db/x"},
        {"postgres://me:ge%40heim@db:5433/x?sslmode=require",
         "postgres://me:***@db:5433/x?sslmode=require"},
        {"postgresql://db/x?user=me&password=geheim&sslmode=require",
         "postgresql://db/x?user=me&password=***&sslmode=require"},
        {"postgresql:///x?sslpassword=geheim", "postgresql:///x?sslpassword=***"},
        {"postgresql:///x?host=/run/postgresql", "postgresql:///x?host=/run/postgresql"},
        {"postgresql://[::1]:5433/x", "postgresql://[::1]:5433/x"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *shown = postgres_shown_url(urls[i][0]);
        assert_string_equal(shown, urls[i][1]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define POSTGRES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        POSTGRES(a_transaction_that_collides_is_repeated_as_a_whole),
        POSTGRES(what_collides_for_ever_is_told_and_nothing_is_changed),
        POSTGRES(one_failed_row_undoes_the_run),
        POSTGRES(every_text_orders_by_bytes),
        POSTGRES(every_column_is_of_three_types),
        POSTGRES(thousands_of_new_ones_arrive_by_copy),
        POSTGRES(tokens_of_commits_are_forgotten_after_days),
        POSTGRES(passwords_are_not_shown),
    };
    return run_on_argument(argc, argv, "PostgreSQL", tests);
}
