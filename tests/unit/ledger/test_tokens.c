/* Tokens of programs: seen once, good for one thing and for a time. */
#include "fixture.h"
#include "on_postgres.h"
#include "base/digest.h"
#include "ledger/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        fixture_open(*state, LEDGER_RUN);
    return failed;
}

static TokenNew of_hr(const char *name)
{
    return (TokenNew){.name = name,
                      .scope = "leaver-checks",
                      .expires_utc = NOON + 30 * DAY,
                      .actor = "root",
                      .at_utc = NOON};
}

/* The token; NULL with *ret_why. */
static char *try_new(Fixture *fixture, TokenNew token, char **ret_why)
{
    g_autoptr(GError) error = NULL;
    char *secret = NULL;
    json_t *row = NULL;

    *ret_why = NULL;
    if (!ledger_token_new(fixture->ledger, &token, &secret, &row, &error)) {
        assert_null(secret);
        *ret_why = g_strdup(error->message);
        return NULL;
    }
    assert_string_equal(json_string_value(json_object_get(row, "name")), token.name);
    assert_string_equal(json_string_value(json_object_get(row, "status")), "valid");
    json_decref(row);
    return secret;
}

static char *new_token(Fixture *fixture, TokenNew token)
{
    g_autofree char *why = NULL;
    char *secret = try_new(fixture, token, &why);

    if (!secret)
        fail_msg("%s", why);
    return secret;
}

static void refused(Fixture *fixture, TokenNew token, const char *words)
{
    g_autofree char *why = NULL;
    g_autofree char *secret = try_new(fixture, token, &why);

    assert_null(secret);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static TokenVerdict verdict(Fixture *fixture, const char *token, const char *scope, int64_t at_utc)
{
    g_auto(TokenChecked) checked = {0};
    g_autoptr(GError) error = NULL;

    if (!ledger_token_check(fixture->ledger, token, scope, at_utc, &checked, &error))
        fail_msg("%s", error->message);
    assert_true((checked.verdict == TOKEN_UNKNOWN) == (checked.name == NULL));
    return checked.verdict;
}

static bool append(json_t *row, void *list)
{
    json_array_append(list, row);
    return true;
}

/* "status used" of the newest. */
static char *newest(Fixture *fixture, int64_t at_utc)
{
    json_t *list = json_array();

    assert_true(ledger_tokens(fixture->ledger, at_utc, append, list, NULL));
    const json_t *row = json_array_get(list, 0);
    const char *used = json_string_value(json_object_get(row, "used"));
    char *text = g_strdup_printf("%s %s", json_string_value(json_object_get(row, "status")),
                                 used ? used : "never");
    json_decref(list);
    return text;
}

static void a_token_is_good_for_its_scope_until_it_expires(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *token = new_token(fixture, of_hr("hr"));

    assert_int_equal(verdict(fixture, token, "leaver-checks", NOON), TOKEN_VALID);
    assert_int_equal(verdict(fixture, token, "everything", NOON), TOKEN_OUT_OF_SCOPE);
    assert_int_equal(verdict(fixture, token, "leaver-checks", NOON + 30 * DAY), TOKEN_EXPIRED);
}

static void what_is_no_token_is_unknown(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *token = new_token(fixture, of_hr("hr"));
    g_autofree char *upper = g_ascii_strup(token, -1);
    g_autofree char *longer = g_strconcat(token, "0", NULL);
    g_autofree char *hash = digest_text(token, strlen(token));
    g_autofree char *endless = g_strnfill(1 << 20, 'a');
    const char *const others[] = {NULL,   "",   " ",     "' OR 1=1 --", upper,
                                  longer, hash, endless, "\xff"};

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        assert_int_equal(verdict(fixture, others[i], "leaver-checks", NOON), TOKEN_UNKNOWN);
}

static void the_ledger_has_the_hash_alone(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *token = new_token(fixture, of_hr("hr"));
    g_autofree char *hash = digest_text(token, strlen(token));

    fixture_close(fixture);
    g_autofree char *dump = dump_file(fixture->path);
    assert_non_null(strstr(dump, hash));
    assert_null(strstr(dump, token));
    assert_non_null(strstr(dump, "token made"));
}

static void a_token_that_was_taken_back_is_good_for_nothing(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *token = new_token(fixture, of_hr("hr"));
    g_autoptr(GError) error = NULL;

    assert_true(ledger_token_revoke(fixture->ledger, "hr", "root", NOON + DAY, NULL));
    assert_int_equal(verdict(fixture, token, "leaver-checks", NOON + DAY), TOKEN_REVOKED);
    assert_false(ledger_token_revoke(fixture->ledger, "1", "root", NOON + DAY, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    g_clear_error(&error);
    assert_false(ledger_token_revoke(fixture->ledger, "hr", "root", NOON + DAY, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
    g_clear_error(&error);
    assert_false(ledger_token_revoke(fixture->ledger, "7", "root", NOON + DAY, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND));
    /* The name is free again. */
    g_autofree char *second = new_token(fixture, of_hr("hr"));
    assert_int_equal(verdict(fixture, second, "leaver-checks", NOON), TOKEN_VALID);
    assert_int_equal(verdict(fixture, token, "leaver-checks", NOON), TOKEN_REVOKED);
}

static void uses_are_noted_to_the_minute(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *token = new_token(fixture, of_hr("hr"));
    g_autofree char *before = newest(fixture, NOON);

    verdict(fixture, token, "everything", NOON + 1);
    verdict(fixture, token, "leaver-checks", NOON + 2);
    verdict(fixture, token, "leaver-checks", NOON + 3);
    g_autofree char *after = newest(fixture, NOON + 40 * DAY);
    assert_string_equal(before, "valid never");
    assert_string_equal(after, "expired 2026-03-03T12:00:02Z");
}

static void what_makes_no_sense_is_refused_and_nothing_is_made(void **state)
{
    Fixture *fixture = *state;
    G_GNUC_UNUSED g_autofree char *token = new_token(fixture, of_hr("hr"));
    TokenNew past = of_hr("a"), endless = of_hr("a"), nothing = of_hr("a"), other = of_hr("a");

    past.expires_utc = NOON;
    endless.expires_utc = NOON + 1000 * DAY;
    nothing.scope = "";
    other.scope = "leaver-checks admin";
    refused(fixture, of_hr("hr"), "already");
    refused(fixture, of_hr(""), "name");
    refused(fixture, of_hr("7"), "name");
    refused(fixture, of_hr("a b"), "name");
    refused(fixture, past, "expired");
    refused(fixture, endless, "two years");
    refused(fixture, nothing, "scope");
    refused(fixture, other, "'admin'");
    fixture_close(fixture);
    assert_int_equal(count_rows(fixture->path, "SELECT count(*) FROM api_token"), 1);
    assert_int_equal(
        count_rows(fixture->path, "SELECT count(*) FROM audit WHERE action = 'token made'"), 1);
}

static void without_its_audit_row_no_token_is_made(void **state)
{
    Fixture *fixture = *state;

    fixture_close(fixture);
    forbid(fixture->path, "INSERT", "audit", NULL, "the log is full");
    fixture_open(fixture, LEDGER_WRITE);
    refused(fixture, of_hr("hr"), "the log is full");
    fixture_close(fixture);
    assert_int_equal(count_rows(fixture->path, "SELECT count(*) FROM api_token"), 0);
}

#define token_test(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        token_test(a_token_is_good_for_its_scope_until_it_expires),
        token_test(what_is_no_token_is_unknown),
        token_test(the_ledger_has_the_hash_alone),
        token_test(a_token_that_was_taken_back_is_good_for_nothing),
        token_test(uses_are_noted_to_the_minute),
        token_test(what_makes_no_sense_is_refused_and_nothing_is_made),
        token_test(without_its_audit_row_no_token_is_made),
    };
    return run_on_argument(argc, argv, "tokens", tests);
}
