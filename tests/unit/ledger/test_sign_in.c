/* Failed sign-ins: how many reach the directory, and what is written down. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/sign_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const SignInTry attempt = {"lena", "192.0.2.1", "corp", NOON};

/* "let" or "refused" at that time, three tries in an hour. */
static const char *try_at(Fixture *fixture, const char *whom, int64_t at_utc)
{
    SignInTry now = attempt;
    SignInLimit limit = {whom, 3, 3600};
    g_autoptr(GError) error = NULL;
    bool is_let = false;

    now.at_utc = at_utc;
    assert_true(ledger_sign_in_begin(fixture->ledger, &now, &limit, &is_let, &error));
    return is_let ? "let" : "refused";
}

static int64_t n_audited(Fixture *fixture)
{
    fixture_close(fixture);
    int64_t n = count_rows(fixture->path, "SELECT count(*) FROM audit WHERE object = 'sign-in'");
    fixture_open(fixture, LEDGER_RUN);
    return n;
}

static void so_many_tries_are_let_through_and_no_more(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);

    for (int i = 0; i < 3; i++)
        assert_string_equal(try_at(fixture, "user:a", NOON + i), "let");
    assert_string_equal(try_at(fixture, "user:a", NOON + 3), "refused");
    assert_string_equal(try_at(fixture, "user:b", NOON + 3), "let");
}

static void refused_tries_do_not_make_the_wait_longer(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);

    for (int i = 0; i < 3; i++)
        try_at(fixture, "user:a", NOON);
    assert_string_equal(try_at(fixture, "user:a", NOON + 3599), "refused");
    assert_string_equal(try_at(fixture, "user:a", NOON + 3600), "let");
    assert_string_equal(try_at(fixture, "user:a", NOON + 3601), "let");
}

static void a_clock_that_was_set_back_locks_nobody_out_for_ever(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);

    for (int i = 0; i < 3; i++)
        try_at(fixture, "user:a", NOON + 10 * DAY);
    assert_string_equal(try_at(fixture, "user:a", NOON), "let");
}

static void who_knew_the_password_gets_his_tries_back(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    fixture_open(fixture, LEDGER_RUN);

    for (int i = 0; i < 3; i++) {
        try_at(fixture, "user:a", NOON);
        try_at(fixture, "address:x", NOON);
    }
    assert_true(ledger_sign_in_forgive(fixture->ledger, "user:a", true, &error));
    assert_true(ledger_sign_in_forgive(fixture->ledger, "address:x", false, &error));
    for (int i = 0; i < 3; i++)
        assert_string_equal(try_at(fixture, "user:a", NOON), "let");
    assert_string_equal(try_at(fixture, "address:x", NOON), "let");
    assert_string_equal(try_at(fixture, "address:x", NOON), "refused");
}

static void refused_tries_are_written_down_at_powers_of_two(void **state)
{
    Fixture *fixture = *state;
    fixture_open(fixture, LEDGER_RUN);

    for (int i = 0; i < 3 + 9; i++)
        try_at(fixture, "user:a", NOON);
    assert_int_equal(n_audited(fixture), 4); /* 1, 2, 4, 8 */
}

static void what_was_typed_may_be_anything(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    SignInTry odd = {"\xff\xfe\n\x1b[31m", "\xc0", "corp", NOON};
    fixture_open(fixture, LEDGER_RUN);

    assert_true(ledger_sign_in_note(fixture->ledger, &odd, NULL, "no account", &error));
    assert_true(ledger_sign_in_note(fixture->ledger, &odd, "cn=a", NULL, &error));
    assert_int_equal(n_audited(fixture), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_tries_are_let_through_and_no_more, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(refused_tries_do_not_make_the_wait_longer, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_locks_nobody_out_for_ever,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(who_knew_the_password_gets_his_tries_back, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(refused_tries_are_written_down_at_powers_of_two,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_was_typed_may_be_anything, fixture_setup,
                                        fixture_teardown),
    };
    return run_on_argument(argc, argv, "failed sign-ins", tests);
}
