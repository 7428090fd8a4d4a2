/* What the service kept for its own business goes when it is over for long; what is not over, and
 * numbers that people were told, stay. */
#include "fixture.h"
#include "on_postgres.h"
#include "ledger/history/past.h"
#include "ledger/jobs.h"
#include "ledger/outbox.h"
#include "ledger/sessions.h"
#include "ledger/sign_in.h"
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

/* How many rows went, thirty days being kept. */
static int forget(Fixture *f, int64_t as_of_utc)
{
    LedgerRetention retention = {.traffic_days = 30};
    g_autoptr(GError) error = NULL;
    json_t *forgotten = NULL;

    if (!ledger_retain(f->ledger, &retention, 9, as_of_utc, "timer", &forgotten, &error))
        fail_msg("%s", error->message);
    int n = (int)json_integer_value(json_object_get(forgotten, "traffic"));
    json_decref(forgotten);
    return n;
}

static int64_t rows(Fixture *f, const char *table)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    return count_rows(f->path, sql);
}

/* ---- mails ---- */

static void tell(Fixture *f, const char *person, const char *event, int64_t at_utc)
{
    json_t *facts = json_pack("{s:s}", "kind", "run");
    g_autofree char *id = g_strdup_printf("%s-%s@example.com", person, event);
    OutboxEvent mail = {.person = person,
                        .address = "ann@example.com",
                        .event = event,
                        .facts = facts,
                        .message_id = id,
                        .day = (int32_t)(at_utc / DAY),
                        .at_utc = at_utc};
    bool is_new = false;

    assert_true(ledger_outbox_add(f->ledger, &mail, &is_new, NULL));
    assert_true(is_new);
    json_decref(facts);
}

static void mails_that_were_sent_go_and_those_that_wait_stay(void **state)
{
    Fixture *f = *state;
    tell(f, "p1", "run-1", NOON);
    tell(f, "p2", "run-1", NOON);
    tell(f, "p3", "run-1", NOON);
    assert_true(ledger_outbox_settle(f->ledger, 1, NULL, NOON, NULL));
    assert_true(ledger_outbox_settle(f->ledger, 3, "no such mailbox", NOON, NULL));

    assert_int_equal(forget(f, NOON + 30 * DAY - 1), 0);
    assert_int_equal(forget(f, NOON + 30 * DAY), 1); /* not the third: its number is the greatest */
    assert_int_equal(rows(f, "outbox"), 2);
    assert_int_equal(rows(f, "audit WHERE action = 'mail sent'"), 1);
}

static void nobody_is_told_again_within_a_year(void **state)
{
    Fixture *f = *state;
    bool was = false;
    tell(f, "p1", "run-1", NOON);

    forget(f, NOON + 364 * DAY);
    assert_true(ledger_outbox_was_told(f->ledger, "p1", "run-1", &was, NULL));
    assert_true(was);
    assert_int_equal(forget(f, NOON + 365 * DAY), 1);
    assert_true(ledger_outbox_was_told(f->ledger, "p1", "run-1", &was, NULL));
    assert_false(was);
}

/* ---- jobs ---- */

static int64_t ask(Fixture *f, int64_t at_utc)
{
    json_t *argument = json_pack("{s:s}", "person", "00123");
    JobAsked asked = {"leaver-check", argument, "ann", at_utc};
    int64_t id = 0;

    assert_true(ledger_job_add(f->ledger, &asked, &id, NULL));
    json_decref(argument);
    return id;
}

static void finish(Fixture *f, int64_t id, int64_t at_utc)
{
    json_t *result = json_pack("{s:i}", "exit", 0);

    assert_true(ledger_job_finish(f->ledger, id, result, at_utc, NULL));
    json_decref(result);
}

static void jobs_that_are_done_go_and_their_numbers_are_not_used_again(void **state)
{
    Fixture *f = *state;
    ask(f, NOON);
    ask(f, NOON);
    ask(f, NOON);
    finish(f, 1, NOON);
    finish(f, 3, NOON);

    assert_int_equal(forget(f, NOON + 30 * DAY), 1);
    assert_int_equal(rows(f, "job WHERE id = 2"), 1); /* is still to be done */
    assert_int_equal(ask(f, NOON + 30 * DAY), 4);
    assert_int_equal(forget(f, NOON + 30 * DAY), 1); /* now the third is not the greatest */
}

/* ---- sign-ins, sessions, tokens ---- */

static void failed_sign_ins_go(void **state)
{
    Fixture *f = *state;
    SignInTry attempt = {"lena", "192.0.2.1", "corp", NOON};
    SignInLimit limit = {"user:lena", 3, 3600};
    bool is_let = false;

    assert_true(ledger_sign_in_begin(f->ledger, &attempt, &limit, &is_let, NULL));
    assert_int_equal(forget(f, NOON + 30 * DAY - 1), 0);
    assert_int_equal(forget(f, NOON + 30 * DAY), 1);
    assert_int_equal(rows(f, "sign_in_failure"), 0);
}

static void start(Fixture *f, const char *hash, int64_t at_utc)
{
    g_auto(LedgerSession) session = {.hash = g_strdup(hash),
                                     .login = g_strdup("lena"),
                                     .who = g_strdup("{}"),
                                     .csrf = g_strdup("c"),
                                     .address = g_strdup("192.0.2.1"),
                                     .agent = g_strdup("browser"),
                                     .started_utc = at_utc,
                                     .seen_utc = at_utc};

    assert_true(ledger_session_start(f->ledger, &session, 0, NULL));
}

static void sessions_that_ended_or_were_left_alone_go(void **state)
{
    Fixture *f = *state;
    start(f, "old", NOON);
    start(f, "used", NOON);
    assert_true(ledger_session_seen(f->ledger, "used", NOON + 20 * DAY, NULL, NULL));

    assert_int_equal(forget(f, NOON + 30 * DAY), 1);
    assert_int_equal(rows(f, "session WHERE hash = 'used'"), 1);
}

static void make_token(Fixture *f, const char *name, int64_t expires_utc)
{
    TokenNew token = {name, "leaver-checks", expires_utc, "root", NOON};
    g_autofree char *secret = NULL;
    json_t *row = NULL;

    assert_true(ledger_token_new(f->ledger, &token, &secret, &row, NULL));
    json_decref(row);
}

static void tokens_that_are_over_go_and_valid_ones_stay(void **state)
{
    Fixture *f = *state;
    make_token(f, "short", NOON + DAY);
    make_token(f, "long", NOON + 300 * DAY);
    make_token(f, "last", NOON + DAY);

    assert_int_equal(forget(f, NOON + 31 * DAY - 1), 0);
    assert_int_equal(forget(f, NOON + 31 * DAY), 1);
    assert_int_equal(rows(f, "api_token WHERE name = 'long'"), 1);
}

static void it_is_said_in_one_audit_row(void **state)
{
    Fixture *f = *state;
    finish(f, ask(f, NOON), NOON);
    ask(f, NOON);

    forget(f, NOON + 30 * DAY);
    forget(f, NOON + 30 * DAY);
    assert_int_equal(rows(f, "audit WHERE action = 'forgotten' AND object = 'traffic' AND detail = "
                             "'{\"traffic_days\":30,\"job\":1}'"),
                     1);
    assert_int_equal(rows(f, "audit WHERE action = 'forgotten'"), 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TRAFFIC(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)
        TRAFFIC(mails_that_were_sent_go_and_those_that_wait_stay),
        TRAFFIC(nobody_is_told_again_within_a_year),
        TRAFFIC(jobs_that_are_done_go_and_their_numbers_are_not_used_again),
        TRAFFIC(failed_sign_ins_go),
        TRAFFIC(sessions_that_ended_or_were_left_alone_go),
        TRAFFIC(tokens_that_are_over_go_and_valid_ones_stay),
        TRAFFIC(it_is_said_in_one_audit_row),
    };
    return run_on_argument(argc, argv, "retention of traffic", tests);
}
