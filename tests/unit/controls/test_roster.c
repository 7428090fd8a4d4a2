#include "fixture.h"

#include "base/times.h"

#include <string.h>

/* ---- leaver-recorded-late ---- */

static uint32_t leaver(Case *c, const char *id, const char *name, int64_t recorded_after)
{
    uint32_t p = person(c, id, name);
    left(c, p, DAYS(10));
    c->snapshot->people.recorded_utc[p] = AS_OF - DAYS(10) + recorded_after;
    return p;
}

static void a_leaving_that_was_recorded_after_the_last_day_is_an_exception(void **state)
{
    Case *c = *state;
    leaver(c, "1", "Ann", 1);
    leaver(c, "2", "Bob", 0);
    leaver(c, "3", "Cem", -DAYS(30));
    uint32_t here = person(c, "4", "Dora");
    left(c, here, -DAYS(3));
    c->snapshot->people.recorded_utc[here] = AS_OF;
    assert_found(c, "leaver-recorded-late", "Ann low");
    assert_unjudged(c, "leaver-recorded-late", "");
}

static void a_late_record_says_how_late_and_stays_the_same(void **state)
{
    Case *c = *state;
    leaver(c, "1", "Ann", DAYS(3));
    const FindingText *text = text_of_finding(c, "leaver-recorded-late");
    assert_string_equal(text->subject.type, "person");
    assert_string_equal(text->summary, "The roster recorded it only 3 days after Ann's last "
                                       "working day (2026-03-07, UTC).");
    Finding before = *only_finding(c, "leaver-recorded-late");
    c->as_of_utc += DAYS(1);
    judge(c);
    assert_int_equal(before.facts, only_finding(c, "leaver-recorded-late")->facts);
}

static void a_record_may_be_allowed_some_days(void **state)
{
    Case *c = *state;
    c->config = "controls: { leaver-recorded-late: { days = 3; }; };";
    leaver(c, "1", "Ann", DAYS(3));
    leaver(c, "2", "Bob", DAYS(3) + 1);
    assert_found(c, "leaver-recorded-late", "Bob low");
}

static void a_leaving_without_either_time_is_not_evaluable(void **state)
{
    Case *c = *state;
    uint32_t ann = leaver(c, "1", "Ann", 0);
    c->snapshot->people.recorded_utc[ann] = TIME_UNKNOWN;
    assert_unjudged(c, "leaver-recorded-late",
                    "subject: the roster does not say when it was recorded (recorded_at)");
    uint32_t bob = person(c, "2", "Bob");
    c->snapshot->people.status[bob] = PERSON_STATUS_LEFT;
    c->snapshot->people.recorded_utc[bob] = AS_OF;
    judge(c);
    assert_found(c, "leaver-recorded-late", "");
    assert_unjudged(c, "leaver-recorded-late",
                    "subject: it is not known when the person left | subject: the roster does not "
                    "say when it was recorded (recorded_at)");
}

static void an_old_row_of_somebody_is_no_leaver(void **state)
{
    Case *c = *state;
    uint32_t old = leaver(c, "1", "Ann", DAYS(3)), now = person(c, "2", "Ann");
    world_previous_id(c->world, now, "1");
    c->snapshot->people.next_successor[old] = now + 1;
    assert_found(c, "leaver-recorded-late", "");
}

/* ---- contractor-without-end ---- */

static uint32_t contractor(Case *c, const char *id, const char *kind, int64_t ends_in,
                           const char *sponsor)
{
    uint32_t p = person(c, id, id);
    set_text(c, &c->snapshot->people.kind[p], kind);
    set_text(c, &c->snapshot->people.sponsor_id[p], sponsor);
    if (ends_in != 0) {
        c->snapshot->people.end_day_end_utc[p] = AS_OF + ends_in;
        c->snapshot->people.end_day[p] = day_from_civil(2026, 12, 31);
    }
    return p;
}

static void a_contractor_needs_an_end_and_a_sponsor_who_works_here(void **state)
{
    Case *c = *state;
    person(c, "boss", "Boss");
    left(c, person(c, "gone", "Gone"), DAYS(1));
    contractor(c, "fine", "contractor", DAYS(9), "boss");
    contractor(c, "no-end", "EXTERNAL", 0, "boss");
    contractor(c, "no-sponsor", "supplier", DAYS(9), NULL);
    contractor(c, "nobody", "Partner", DAYS(9), "who");
    contractor(c, "sponsor-left", "contractor", DAYS(9), "gone");
    contractor(c, "both", "contractor", 0, "gone");
    contractor(c, "employee", "employee", 0, NULL);
    assert_found(c, "contractor-without-end",
                 "both medium, no-end medium, no-sponsor medium, nobody medium, sponsor-left "
                 "medium");
    assert_unjudged(c, "contractor-without-end", "");
}

static void a_contract_that_is_over_needs_neither(void **state)
{
    Case *c = *state;
    contractor(c, "over", "contractor", -DAYS(1), NULL);
    uint32_t status = contractor(c, "left", "contractor", 0, NULL);
    c->snapshot->people.status[status] = PERSON_STATUS_LEFT;
    uint32_t gone = contractor(c, "gone", "contractor", 0, NULL);
    c->snapshot->people.gone_since_run[gone] = 3;
    assert_found(c, "contractor-without-end", "");
}

static void the_last_working_day_stands_in_for_the_end(void **state)
{
    Case *c = *state;
    person(c, "boss", "Boss");
    left(c, contractor(c, "1", "contractor", 0, "boss"), -DAYS(3));
    assert_found(c, "contractor-without-end", "");
}

static void a_sponsor_may_be_known_by_an_old_id(void **state)
{
    Case *c = *state;
    world_previous_id(c->world, person(c, "new", "Boss"), "old");
    contractor(c, "1", "contractor", DAYS(9), "old");
    assert_found(c, "contractor-without-end", "");
}

static void the_sentence_says_what_is_missing(void **state)
{
    Case *c = *state;
    left(c, person(c, "7", "Otto"), DAYS(1));
    uint32_t p = contractor(c, "1", "contractor", 0, "7");
    const FindingText *text = text_of_finding(c, "contractor-without-end");
    assert_string_equal(text->summary,
                        "1 is a contractor and has no end date, and has a sponsor, Otto, who has "
                        "left.");
    assert_non_null(strstr(text->evidence, "\"sponsor_id\":\"7\",\"sponsor\":\"Otto\","
                                           "\"sponsor_state\":\"left\""));
    set_text(c, &c->snapshot->people.sponsor_id[p], "who?");
    judge(c);
    text = text_of_finding(c, "contractor-without-end");
    assert_non_null(strstr(text->summary, "a sponsor, \"who?\", who is nobody we know."));
}

static void a_roster_without_sponsors_or_with_a_refused_one_is_not_evaluable(void **state)
{
    static const char reason[] =
        "subject: whether the contractor's sponsor still works here is not known";
    Case *c = *state;
    uint32_t boss = person(c, "boss", "Boss"),
             p = contractor(c, "1", "contractor", DAYS(9), "boss");
    c->snapshot->people.gone_since_run[boss] = PERSON_UNREAD;
    assert_found(c, "contractor-without-end", "");
    assert_unjudged(c, "contractor-without-end", reason);
    set_text(c, &c->snapshot->people.sponsor_id[p], NULL);
    c->snapshot->sources[c->snapshot->people.source[p]].fields &= ~(1u << PERSON_SPONSOR_ID);
    judge(c);
    assert_found(c, "contractor-without-end", "");
    assert_unjudged(c, "contractor-without-end", reason);
    c->snapshot->people.end_day_end_utc[p] = TIME_UNKNOWN; /* that is known */
    judge(c);
    assert_found(c, "contractor-without-end", "1 medium");
}

static void an_incomplete_roster_is_not_evaluable(void **state)
{
    Case *c = *state;
    leaver(c, "1", "Ann", DAYS(3));
    contractor(c, "2", "contractor", 0, NULL);
    c->snapshot->sources[1].status = SOURCE_INCOMPLETE;
    assert_unjudged(c, "leaver-recorded-late", "*: hr: incomplete");
    assert_unjudged(c, "contractor-without-end", "*: hr: incomplete");
    assert_found(c, "contractor-without-end", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(a_leaving_that_was_recorded_after_the_last_day_is_an_exception),
        case_test(a_late_record_says_how_late_and_stays_the_same),
        case_test(a_record_may_be_allowed_some_days),
        case_test(a_leaving_without_either_time_is_not_evaluable),
        case_test(an_old_row_of_somebody_is_no_leaver),
        case_test(a_contractor_needs_an_end_and_a_sponsor_who_works_here),
        case_test(a_contract_that_is_over_needs_neither),
        case_test(the_last_working_day_stands_in_for_the_end),
        case_test(a_sponsor_may_be_known_by_an_old_id),
        case_test(the_sentence_says_what_is_missing),
        case_test(a_roster_without_sponsors_or_with_a_refused_one_is_not_evaluable),
        case_test(an_incomplete_roster_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
