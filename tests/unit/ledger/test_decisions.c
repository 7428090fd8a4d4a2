/* What people and rules decide about exceptions, and what becomes of it. */
#include "fixture.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define assert_text(actual, expected)                                                              \
    do {                                                                                           \
        g_autofree char *actual_text = (actual);                                                   \
        assert_string_equal(actual_text, expected);                                                \
    } while (0)

static const char roster[] =
    "INSERT INTO roster (id, name, email, username, gone_since, successor, has_left) VALUES "
    "('00123', 'Lena Wong', 'lena@example.com', 'lwong', 0, '', 0), "
    "('00124', 'Jonas Meier', 'jonas@example.com', 'jmeier', 0, '', 0), "
    "('00125', 'Ana Lima', 'ana@example.com', 'alima', 0, '', 0), "
    "('00126', 'Ida Gone', 'ida@example.com', 'igone', 7, '', 0), "
    "('00127', 'Per Left', 'per@example.com', 'pleft', 0, '', 1), "
    "('00009', 'Lena Alt', 'alt@example.com', 'lalt', 0, '00123', 0), "
    "('00130', 'Jan Twin', 'twin1@example.com', '', 0, '', 0), "
    "('00131', 'Jan Twin', 'twin2@example.com', '', 0, '', 0)";

/* A first night, and the people who can decide. Exceptions are about 00123, Lena Wong. */
static void begin(Fixture *f, const char *night)
{
    fixture_night(f, NOON, night);
    fixture_close(f);
    g_assert_null(meddle(f->path, roster));
    fixture_open(f, LEDGER_RUN);
}

/* Until the end of 10 March, UTC. */
static LedgerDecision decision(const char *id, const char *requester, const char *approver)
{
    return (LedgerDecision){.id = id,
                            .actor = "root",
                            .requester = requester,
                            .approver = approver,
                            .reason = "replaced in spring",
                            .last_day = "2026-03-10",
                            .ends_utc = NOON + 7 * DAY + DAY / 2,
                            .at_utc = NOON + 5};
}

static void assert_refused(Fixture *f, const LedgerDecision *wanted, const char *why)
{
    g_autoptr(GError) error = NULL;

    assert_false(ledger_accept(f->ledger, wanted, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    if (!strstr(error->message, why))
        fail_msg("'%s' does not say '%s'", error->message, why);
    assert_non_null(strstr(error->message, "othing was changed"));
}

static void accept_it(Fixture *f, const char *id)
{
    g_autoptr(GError) error = NULL;
    LedgerDecision wanted = decision(id, "jmeier", "00125");

    ledger_accept(f->ledger, &wanted, &error);
    if (error)
        fail_msg("%s", error->message);
}

static void what_is_accepted_is_not_open_and_says_why(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann; dormant corp/bob");
    accept_it(f, "EX-000001");

    assert_text(fixture_list(f, NULL), "EX-000002 dormant bob open high");
    assert_text(fixture_list(f, "accepted"), "EX-000001 dormant ann accepted high");
    assert_text(fixture_member(f, "EX-000001", "waiver"),
                "{\"kind\":\"accepted\",\"reason\":\"replaced in spring\",\"author\":null,"
                "\"approver\":\"00125\",\"approver_name\":\"Ana Lima\",\"requester\":\"00124\","
                "\"requester_name\":\"Jonas Meier\",\"until\":\"2026-03-10\","
                "\"decided\":\"2026-03-03T12:00:05Z\",\"state\":\"in force\"}");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted");
}

static void a_waiver_stands_quiet_nights_and_lapses_at_the_end_of_its_day(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    accept_it(f, "EX-000001");

    fixture_night(f, NOON + 7 * DAY, "dormant corp/ann #2");
    assert_int_equal(f->counts.n_accepted, 1);
    assert_int_equal(f->counts.n_open, 0);
    assert_text(fixture_member(f, "EX-000001", "evidence.facts"), "2");
    fixture_night(f, NOON + 7 * DAY + DAY / 2 - 1, "dormant corp/ann #2");
    assert_int_equal(f->counts.n_lapsed, 0);

    fixture_night(f, NOON + 7 * DAY + DAY / 2, "dormant corp/ann #2");
    assert_int_equal(f->counts.n_lapsed, 1);
    assert_int_equal(f->counts.n_new, 1);
    assert_int_equal(f->counts.n_reopened, 1);
    assert_int_equal(f->counts.n_open, 1);
    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_member(f, "EX-000001", "waiver.state"), "lapsed");
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-03-18T00:00:00Z");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted updated lapsed");

    fixture_night(f, NOON + 9 * DAY, "dormant corp/ann #2");
    assert_int_equal(f->counts.n_lapsed, 0);
    assert_int_equal(f->counts.n_new, 0);
}

static void a_lapsed_one_is_nobodys_and_can_be_accepted_anew(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    ledger_assign(f->ledger, "1", "root", "Li", NOON, NULL);
    accept_it(f, "1");
    fixture_night(f, NOON + 8 * DAY, "dormant corp/ann");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_member(f, "EX-000001", "owner"), "null");
    LedgerDecision again = decision("1", "jmeier", "00125");
    assert_refused(f, &again, "2026-03-10 is over");
    again.last_day = "2026-03-20";
    again.ends_utc = NOON + 17 * DAY + DAY / 2;
    assert_true(ledger_accept(f->ledger, &again, NULL));
    assert_text(fixture_member(f, "EX-000001", "waiver.state"), "in force");
}

static void a_waiver_lapses_even_when_nobody_could_look(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    accept_it(f, "1");
    fixture_night(f, NOON + 8 * DAY, "?dormant corp; @corp");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_member(f, "EX-000001", "run"), "1");
    assert_int_equal(f->counts.n_open, 1);
    assert_int_equal(f->counts.n_lapsed, 1);
}

static void subject_requester_and_approver_are_three_people(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    const struct {
        const char *requester, *approver, *why;
    } refused[] = {
        {"00124", "00124", "Jonas Meier (00124) asks for it and cannot approve it too"},
        {"jmeier", "jonas@example.com", "cannot approve it too"},
        {"00124", "00123", "EX-000001 is about Lena Wong (00123): who approves"},
        {"00124", "lena wong", "EX-000001 is about Lena Wong (00123): who approves"},
        {"00124", "lalt", "EX-000001 is about Lena Wong (00123): who approves"}, /* her old id */
        {"lwong", "00125", "EX-000001 is about Lena Wong: somebody else must decide"},
        {"00009", "00125", "EX-000001 is about Lena Wong: somebody else must decide"},
        {"00124", "00126", "Ida Gone (00126) has left"},
        {"00124", "pleft", "Per Left (00127) has left"},
        {"00124", "nobody", "'nobody' is nobody of the last applied roster"},
        {"nobody", "00125", "'nobody' is nobody of the last applied roster"},
        {"00124", "Jan Twin", "may be several people of the last applied roster (00130, 00131)"},
        {"00124", " ", "somebody who approves"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        LedgerDecision wanted = decision("1", refused[i].requester, refused[i].approver);
        assert_refused(f, &wanted, refused[i].why);
    }
    assert_text(fixture_history(f, "EX-000001"), "opened");
}

static void whoever_the_account_belongs_to_is_its_subject(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    fixture_close(f);
    g_assert_null(meddle(f->path, "UPDATE exception_text SET person_id = NULL, "
                                  "holders = '[\"00124\",\"00009\"]'"));
    fixture_open(f, LEDGER_WRITE);

    LedgerDecision wanted = decision("1", NULL, "00124");
    assert_refused(f, &wanted, "is about Jonas Meier (00124)");
    wanted.approver = "00123";
    assert_refused(f, &wanted, "is about Lena Wong (00123)");
    wanted.approver = "00125";
    wanted.actor = "ann"; /* nobody of the roster, but the account itself */
    assert_refused(f, &wanted, "is about ann: somebody else");
    wanted.actor = "root";
    assert_true(ledger_accept(f->ledger, &wanted, NULL));
}

static void only_what_is_open_is_accepted_and_the_second_of_two_is_told(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    accept_it(f, "1");
    LedgerDecision again = decision("1", "jmeier", "00125");

    assert_refused(f, &again, "EX-000001 is accepted already");
    fixture_night(f, NOON + DAY, "+dormant; @corp");
    assert_refused(f, &again, "EX-000001 is resolved");
    again.reason = " ";
    assert_refused(f, &again, "a reason");
}

static void a_waiver_ends_with_what_it_was_for(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann");
    accept_it(f, "1");
    fixture_night(f, NOON + DAY, "+dormant; @corp");
    assert_int_equal(f->counts.n_resolved, 1);
    assert_text(fixture_member(f, "EX-000001", "waiver"), "(missing)");

    fixture_night(f, NOON + 2 * DAY, "dormant corp/ann");
    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted resolved reopened");
}

static void a_false_positive_stays_one_while_it_is_found(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann; dormant corp/bob");
    LedgerDecision wrong = decision("1", NULL, NULL);
    wrong.reason = "logs on through the gateway";
    assert_true(ledger_false_positive(f->ledger, &wrong, NULL));

    fixture_night(f, NOON + 300 * DAY, "dormant corp/ann #2; dormant corp/bob");
    assert_text(fixture_list(f, "false-positive"), "EX-000001 dormant ann false-positive high");
    assert_int_equal(f->counts.n_false_positive, 1);
    fixture_night(f, NOON + 301 * DAY, "dormant corp/bob");
    assert_text(fixture_list(f, "resolved"), "EX-000001 dormant ann resolved high");
    /* What was said about the rule is kept. */
    json_t *feedback = ledger_feedback(f->ledger, NULL);
    char *text = json_dumps(feedback, JSON_COMPACT);
    assert_string_equal(text,
                        "{\"dormant\":[{\"exception\":\"EX-000001\",\"at\":\"2026-03-03T12:00:"
                        "05Z\",\"actor\":\"root\",\"reason\":\"logs on through the "
                        "gateway\"}]}");
    free(text);
    json_decref(feedback);
    fixture_night(f, NOON + 302 * DAY, "dormant corp/ann; dormant corp/bob");
    assert_text(fixture_list(f, "open"),
                "EX-000001 dormant ann open high\nEX-000002 dormant bob open high");
}

static void nobody_calls_their_own_exception_false(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    begin(f, "dormant corp/ann");
    LedgerDecision wrong = decision("1", NULL, NULL);
    wrong.actor = "lwong";

    assert_false(ledger_false_positive(f->ledger, &wrong, &error));
    assert_non_null(strstr(error->message, "is about Lena Wong"));
}

static void reopening_by_hand_takes_the_decision_back(void **state)
{
    Fixture *f = *state;
    begin(f, "dormant corp/ann; dormant corp/bob");
    LedgerDecision wrong = decision("2", NULL, NULL);
    accept_it(f, "1");
    ledger_false_positive(f->ledger, &wrong, NULL);
    fixture_night(f, NOON + 3 * DAY, "dormant corp/ann; dormant corp/bob");

    LedgerDecision back = decision("1", NULL, NULL);
    assert_true(ledger_reopen(f->ledger, &back, fixture_due_seconds, NULL));
    assert_true(ledger_reopen(f->ledger, &wrong, fixture_due_seconds, NULL));
    assert_text(fixture_list(f, NULL),
                "EX-000001 dormant ann open high\nEX-000002 dormant bob open high");
    assert_text(fixture_member(f, "EX-000001", "due"), "2026-03-13T12:00:00Z");
    assert_text(fixture_member(f, "EX-000001", "waiver"), "(missing)");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted reopened by hand");
    json_t *feedback = ledger_feedback(f->ledger, NULL);
    assert_int_equal(json_object_size(feedback), 0);
    json_decref(feedback);

    g_autoptr(GError) error = NULL;
    assert_false(ledger_reopen(f->ledger, &back, fixture_due_seconds, &error));
    assert_non_null(strstr(error->message, "EX-000001 is open already"));
}

/* ---- rules of the configuration ---- */

static const AcceptanceRule rules[] = {
    {"owned by the vendor", "P100", "2026-03-10", "rightful.conf:7", NOON + 7 * DAY + DAY / 2},
    {"owned by the vendor", "P100", "2026-04-10", "rightful.conf:7", NOON + 38 * DAY + DAY / 2}};

static void what_a_rule_accepts_is_recorded_and_counted_but_not_new(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    fixture_night(f, NOON, "dormant corp/ann =1; dormant corp/bob");

    assert_int_equal(f->counts.n_new, 1);
    assert_int_equal(f->counts.n_open, 1);
    assert_int_equal(f->counts.n_accepted, 1);
    assert_int_equal(f->counts.n_by_rule, 1);
    assert_text(fixture_list(f, "accepted"), "EX-000001 dormant ann accepted high");
    assert_text(fixture_member(f, "EX-000001", "waiver.author"), "P100");
    assert_text(fixture_member(f, "EX-000001", "waiver.kind"), "rule");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted");
    fixture_night(f, NOON + DAY, "dormant corp/ann =1; dormant corp/bob");
    assert_int_equal(f->counts.n_by_rule, 1);
    assert_text(fixture_history(f, "EX-000001"), "opened accepted");
}

static void a_rule_takes_what_is_open_and_gives_it_back_when_it_is_gone(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_night(f, NOON + DAY, "dormant corp/ann =1");
    assert_int_equal(f->counts.n_open, 0);
    fixture_night(f, NOON + 2 * DAY, "dormant corp/ann");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_int_equal(f->counts.n_lapsed, 1);
    assert_text(fixture_member(f, "EX-000001", "waiver.state"), "withdrawn");
    assert_text(fixture_history(f, "EX-000001"), "opened accepted lapsed");
}

static void a_rule_that_is_over_lapses_and_one_that_is_renewed_does_not(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    fixture_night(f, NOON, "dormant corp/ann =1; dormant corp/bob =1");
    fixture_night(f, NOON + 8 * DAY, "dormant corp/ann; dormant corp/bob =2");

    assert_text(fixture_list(f, NULL), "EX-000001 dormant ann open high");
    assert_text(fixture_member(f, "EX-000001", "waiver.state"), "lapsed");
    assert_text(fixture_member(f, "EX-000002", "waiver.until"), "2026-04-10");
    assert_text(fixture_history(f, "EX-000002"), "opened accepted accepted");
}

static void what_a_person_accepted_goes_to_the_rule_when_it_lapses(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    begin(f, "dormant corp/ann");
    accept_it(f, "1");
    fixture_night(f, NOON + DAY, "dormant corp/ann =2");
    assert_text(fixture_member(f, "EX-000001", "waiver.kind"), "accepted");
    fixture_night(f, NOON + 8 * DAY, "dormant corp/ann =2");
    assert_text(fixture_member(f, "EX-000001", "waiver.kind"), "rule");
    assert_int_equal(f->counts.n_lapsed, 0);
}

static void what_a_rule_accepts_is_not_reopened_by_hand(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    f->rules = rules;
    fixture_night(f, NOON, "dormant corp/ann =1");
    LedgerDecision back = decision("1", NULL, NULL);

    assert_false(ledger_reopen(f->ledger, &back, fixture_due_seconds, &error));
    assert_non_null(strstr(error->message, "suppressions"));
}

static void what_comes_back_under_a_rule_is_accepted_at_once(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_night(f, NOON + DAY, "+dormant; @corp");
    fixture_night(f, NOON + 2 * DAY, "dormant corp/ann =1");

    assert_text(fixture_list(f, "accepted"), "EX-000001 dormant ann accepted high");
    assert_int_equal(f->counts.n_new, 0);
    assert_text(fixture_history(f, "EX-000001"), "opened resolved reopened accepted");
}

/* ---- what is late ---- */

/* "EX-000001 of dormant, found; EX-000002 of dormant, not judged | EX-000003 until 2026-03-10 by
 * 00125, found": overdue ones, then those whose waiver is over. */
static char *late(Fixture *f, int64_t as_of_utc, const char *night)
{
    g_autoptr(GError) error = NULL;
    FindingSet *set = night_set(night, f);
    set->as_of_utc = as_of_utc;
    set->rules = f->rules;
    g_autoptr(Standing) standing = ledger_standing(f->ledger, set, &error);
    if (error)
        fail_msg("%s", error->message);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < standing->overdue->len; i++) {
        const StandingException *row = &g_array_index(standing->overdue, StandingException, i);
        g_string_append_printf(out, "%s%s of %s, %s", i ? "; " : "", row->name, row->control,
                               row->finding == UINT32_MAX ? "not judged" : "found");
    }
    for (guint i = 0; i < standing->lapsed->len; i++) {
        const StandingException *row = &g_array_index(standing->lapsed, StandingException, i);
        g_string_append_printf(out, " | %s until %s by %s, %s", row->name, row->last_day,
                               row->answers, row->finding == UINT32_MAX ? "not judged" : "found");
    }
    night_set_free(set);
    return g_string_free(out, FALSE);
}

static void what_is_late_is_what_is_still_found_past_its_date(void **state)
{
    Fixture *f = *state;
    f->rules = rules;
    begin(f, "dormant corp/ann; dormant corp/bob; excess corp/ann > pay; dormant corp/eve !low");
    int64_t due = NOON + 7 * DAY;

    assert_text(late(f, due, "dormant corp/ann; dormant corp/bob; excess corp/ann > pay"), "");
    assert_text(late(f, due + 1, "dormant corp/ann; ?excess corp/ann; +dormant"),
                "EX-000001 of dormant, found; EX-000003 of excess, not judged");
    assert_text(late(f, due + 1, "dormant corp/ann =2; +excess"), "");
    ledger_assign(f->ledger, "1", "root", "Li", NOON, NULL);
    accept_it(f, "2");
    assert_text(late(f, due + DAY, "dormant corp/ann; dormant corp/bob; +excess"),
                "EX-000001 of dormant, found | EX-000002 until 2026-03-10 by 00125, found");
    assert_text(late(f, due + DAY, "dormant corp/bob; +excess"),
                " | EX-000002 until 2026-03-10 by 00125, found");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define DECIDE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        DECIDE(what_is_accepted_is_not_open_and_says_why),
        DECIDE(a_waiver_stands_quiet_nights_and_lapses_at_the_end_of_its_day),
        DECIDE(a_lapsed_one_is_nobodys_and_can_be_accepted_anew),
        DECIDE(a_waiver_lapses_even_when_nobody_could_look),
        DECIDE(subject_requester_and_approver_are_three_people),
        DECIDE(whoever_the_account_belongs_to_is_its_subject),
        DECIDE(only_what_is_open_is_accepted_and_the_second_of_two_is_told),
        DECIDE(a_waiver_ends_with_what_it_was_for),
        DECIDE(a_false_positive_stays_one_while_it_is_found),
        DECIDE(nobody_calls_their_own_exception_false),
        DECIDE(reopening_by_hand_takes_the_decision_back),
        DECIDE(what_a_rule_accepts_is_recorded_and_counted_but_not_new),
        DECIDE(a_rule_takes_what_is_open_and_gives_it_back_when_it_is_gone),
        DECIDE(a_rule_that_is_over_lapses_and_one_that_is_renewed_does_not),
        DECIDE(what_a_person_accepted_goes_to_the_rule_when_it_lapses),
        DECIDE(what_a_rule_accepts_is_not_reopened_by_hand),
        DECIDE(what_comes_back_under_a_rule_is_accepted_at_once),
        DECIDE(what_is_late_is_what_is_still_found_past_its_date),
    };
    return run_on_argument(argc, argv, "ledger/decisions", tests);
}
