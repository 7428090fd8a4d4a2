/* A ledger moved into another store: every row, or nothing. */
#include "fixture.h"
#include "ledger/store.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* An empty store of the kind that the suite runs on; newly allocated. */
static char *empty_url(const Fixture *f, const char *name)
{
    char *url = on_postgres_url();
    return url ? url : g_strdup_printf("sqlite://%s/%s", f->folder, name);
}

static char *other_url(const Fixture *f, const char *name)
{
    return g_strdup_printf("sqlite://%s/%s", f->folder, name);
}

static void fill(Fixture *f)
{
    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob; excess corp/eve > pay");
    ledger_comment(f->ledger, "1", "jdoe", "Grüße, \"quoted\"\n\\N\ttab", NOON, NULL);
    fixture_night(f, NOON + DAY, "dormant corp/ann #2; dormant corp/cat; ?excess corp");
}

static char *digest_at(const Fixture *f, const char *url)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = ledger_open(url, f->folder, LEDGER_READ, &error);
    if (!ledger)
        fail_msg("%s", error->message);
    return ledger_digest(ledger, NULL);
}

static void copy(Fixture *f, const char *to)
{
    g_autoptr(GError) error = NULL;
    json_t *told = ledger_copy(f->ledger, to, f->folder, &error);

    if (!told)
        fail_msg("%s", error->message);
    g_autofree char *there = digest_at(f, to);
    assert_string_equal(json_string_value(json_object_get(told, "digest")), there);
    assert_true(json_integer_value(json_object_get(told, "rows")) > 10);
    json_decref(told);
}

static void there_and_back_every_row_is_the_same(void **state)
{
    Fixture *f = *state;
    g_autofree char *there = other_url(f, "there.db"), *back = empty_url(f, "back.db");

    fill(f);
    g_autofree char *here = ledger_digest(f->ledger, NULL);
    copy(f, there);
    fixture_close(f);
    f->ledger = ledger_open(there, f->folder, LEDGER_READ, NULL);
    copy(f, back);
    g_autofree char *again = digest_at(f, back);
    assert_string_equal(here, again);
}

static void the_copy_lives_on(void **state)
{
    Fixture *f = *state;
    g_autofree char *there = empty_url(f, "there.db");

    fill(f);
    copy(f, there);
    g_autofree char *before = fixture_list(f, "all");
    fixture_close(f);
    g_free(f->url);
    f->url = g_strdup(there);
    fixture_open(f, LEDGER_RUN);
    g_autofree char *after = fixture_list(f, "all");
    assert_string_equal(before, after);
    fixture_night(f, NOON + 2 * DAY, "dormant corp/ann #2; dormant corp/fay");
    assert_int_equal(f->run, 3);
    assert_int_equal(f->counts.n_new, 1);
}

static void what_is_not_empty_is_refused_and_kept(void **state)
{
    Fixture *f = *state;
    g_autofree char *there = empty_url(f, "there.db");
    g_autoptr(GError) error = NULL;

    fill(f);
    copy(f, there);
    g_autofree char *before = digest_at(f, there);
    assert_null(ledger_copy(f->ledger, there, f->folder, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    assert_non_null(strstr(error->message, "Nothing was changed"));
    g_autofree char *after = digest_at(f, there);
    assert_string_equal(before, after);
}

static void a_digest_sees_every_change(void **state)
{
    Fixture *f = *state;
    static const char *const changes[] = {
        "UPDATE exception SET owner = '' WHERE id = 2",
        "UPDATE exception_text SET summary = summary || ' ' WHERE exception = 1",
        "DELETE FROM unjudged",
        "INSERT INTO meta (name, value) VALUES ('a', 'b')",
        "UPDATE meta SET name = 'ab', value = ''",
    };

    fill(f);
    fixture_close(f);
    g_autofree char *last = digest_at(f, f->url);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_assert_null(meddle(f->path, changes[i]));
        char *now = digest_at(f, f->url);
        assert_string_not_equal(now, last);
        g_free(last);
        last = now;
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define COPY(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        COPY(there_and_back_every_row_is_the_same),
        COPY(the_copy_lives_on),
        COPY(what_is_not_empty_is_refused_and_kept),
        COPY(a_digest_sees_every_change),
    };
    return run_on_argument(argc, argv, "copies", tests);
}
