/* Sessions of the web: found by hash while they last, ended by their owner only, and audited. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Its number. */
static int64_t start(Fixture *fixture, const char *hash, const char *login, int64_t at_utc)
{
    g_autoptr(GError) error = NULL;
    LedgerSession session = {.hash = (char *)(uintptr_t)hash,
                             .login = (char *)(uintptr_t)login,
                             .who = (char *)(uintptr_t) "{}",
                             .csrf = (char *)(uintptr_t) "token",
                             .address = (char *)(uintptr_t) "192.0.2.7",
                             .agent = (char *)(uintptr_t) "",
                             .started_utc = at_utc,
                             .seen_utc = at_utc};

    if (!ledger_session_start(fixture->ledger, &session, at_utc - 30 * DAY, &error))
        fail_msg("%s", error->message);
    return session.id;
}

static bool is_there(Fixture *fixture, const char *hash)
{
    g_autoptr(GError) error = NULL;
    g_auto(LedgerSession) session = {0};

    assert_true(ledger_session_find(fixture->ledger, hash, &session, &error));
    return session.hash != NULL;
}

static bool end(Fixture *fixture, const char *login, int64_t id)
{
    bool has_ended;

    assert_true(
        ledger_session_end(fixture->ledger, login, id, "signed out", NOON, &has_ended, NULL));
    return has_ended;
}

static bool count(json_t *row, void *n)
{
    assert_string_equal(json_string_value(json_object_get(row, "address")), "192.0.2.7");
    *(int *)n += 1;
    return true;
}

static int listed(Fixture *fixture, const char *login, int64_t since_utc)
{
    int n = 0;

    assert_true(ledger_sessions(fixture->ledger, login, since_utc, count, &n, NULL));
    return n;
}

static void a_session_is_found_by_its_hash_until_it_ends(void **state)
{
    Fixture *fixture = *state;

    fixture_open(fixture, LEDGER_RUN);
    int64_t id = start(fixture, "sha256:a", "ann", NOON);
    assert_true(is_there(fixture, "sha256:a"));
    assert_false(is_there(fixture, "sha256:b"));
    assert_false(is_there(fixture, "' OR 1=1 --"));
    assert_true(end(fixture, "ann", id));
    assert_false(is_there(fixture, "sha256:a"));
    assert_false(end(fixture, "ann", id));
}

static void nobody_ends_a_session_of_another(void **state)
{
    Fixture *fixture = *state;

    fixture_open(fixture, LEDGER_RUN);
    int64_t id = start(fixture, "sha256:a", "ann", NOON);
    assert_false(end(fixture, "bob", id));
    assert_true(is_there(fixture, "sha256:a"));
}

static void numbers_are_not_used_again(void **state)
{
    Fixture *fixture = *state;

    fixture_open(fixture, LEDGER_RUN);
    int64_t first = start(fixture, "sha256:a", "ann", NOON);
    int64_t second = start(fixture, "sha256:b", "ann", NOON);
    assert_true(second > first);
    /* Both are forgotten by then. */
    int64_t later = start(fixture, "sha256:c", "ann", NOON + 31 * DAY);
    assert_true(later > second);
    assert_false(is_there(fixture, "sha256:a"));
}

static void being_used_keeps_a_session_in_the_list(void **state)
{
    Fixture *fixture = *state;

    fixture_open(fixture, LEDGER_RUN);
    start(fixture, "sha256:a", "ann", NOON);
    start(fixture, "sha256:b", "ann", NOON);
    start(fixture, "sha256:c", "bob", NOON);
    assert_int_equal(listed(fixture, "ann", NOON), 2);
    assert_int_equal(listed(fixture, "ann", NOON + 1), 0);
    assert_true(ledger_session_seen(fixture->ledger, "sha256:a", NOON + 60, "{\"run\":2}", NULL));
    assert_int_equal(listed(fixture, "ann", NOON + 1), 1);
    g_auto(LedgerSession) session = {0};
    assert_true(ledger_session_find(fixture->ledger, "sha256:a", &session, NULL));
    assert_string_equal(session.who, "{\"run\":2}");
    assert_true(ledger_session_seen(fixture->ledger, "sha256:a", NOON + 90, NULL, NULL));
    ledger_session_clear(&session);
    assert_true(ledger_session_find(fixture->ledger, "sha256:a", &session, NULL));
    assert_string_equal(session.who, "{\"run\":2}");
    assert_int_equal(session.seen_utc, NOON + 90);
}

static void sessions_and_uses_are_in_the_audit(void **state)
{
    Fixture *fixture = *state;
    LedgerUse use = {"ann", "denied", "GET /exceptions/EX-000001", NOON,
                     json_pack("{s:i}", "status", 404)};

    fixture_open(fixture, LEDGER_RUN);
    int64_t id = start(fixture, "sha256:a", "ann", NOON);
    end(fixture, "ann", id);
    assert_true(ledger_note_use(fixture->ledger, &use, NULL));
    fixture_close(fixture);
    g_autofree char *dump = dump_file(fixture->path);
    assert_non_null(strstr(dump, "signed in"));
    assert_non_null(strstr(dump, "signed out"));
    assert_non_null(strstr(dump, "denied"));
    assert_non_null(strstr(dump, "GET /exceptions/EX-000001"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_found_by_its_hash_until_it_ends),
        TEST(nobody_ends_a_session_of_another),
        TEST(numbers_are_not_used_again),
        TEST(being_used_keeps_a_session_in_the_list),
        TEST(sessions_and_uses_are_in_the_audit),
    };
    return run_on_argument(argc, argv, "sessions", tests);
}
