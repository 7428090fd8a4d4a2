#include "fixture.h"

#include <string.h>

static void incomplete_and_held_sources_are_exceptions(void **state)
{
    Case *c = *state;
    SourceRecord *hr = &c->snapshot->sources[world_source(c->world, "hr", PROVIDES_PEOPLE)];
    hr->status = SOURCE_HELD;
    hr->reason = g_strdup("people-active fell from 80 to 40");
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_found(c, "source-incomplete", "corp high, hr high");
    c->snapshot->sources[0].status = SOURCE_COMPLETE;
    judge(c);
    const FindingText *text = text_of_finding(c, "source-incomplete");
    assert_string_equal(text->summary, "The source hr was held: people-active fell from 80 to 40");
    assert_string_equal(text->subject.type, "source");
    assert_string_equal(text->subject.name, "hr");
}

static void complete_source_passes(void **state)
{
    Case *c = *state;
    assert_found(c, "source-incomplete", "");
    assert_found(c, "source-stale", "");
    assert_found(c, "source-rows-rejected", "");
}

static void stale_source_is_stale_and_not_incomplete(void **state)
{
    Case *c = *state;
    SourceRecord *corp = &c->snapshot->sources[0];
    corp->status = SOURCE_STALE;
    corp->newest_utc = AS_OF - HOURS(30);
    assert_found(c, "source-stale", "corp high");
    assert_found(c, "source-incomplete", "");
    g_autofree char *shown = finding_summary_at(text_of_finding(c, "source-stale")->summary, AS_OF);
    assert_string_equal(shown,
                        "The newest record of the source corp is 30 hours old (2026-03-15).");
}

static void source_that_fails_for_longer_than_the_limit_is_stale_too(void **state)
{
    Case *c = *state;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    assert_found(c, "source-stale", "");
    c->last_good[0] = AS_OF - HOURS(24);
    judge(c);
    assert_found(c, "source-stale", "");
    c->last_good[0]--;
    judge(c);
    assert_found(c, "source-stale", "corp high");
    c->config = "freshness: { directory_hours = 48; };";
    judge(c);
    assert_found(c, "source-stale", "");
}

static void rejected_rows_are_an_exception_with_their_places(void **state)
{
    Case *c = *state;
    SourceRecord *corp = &c->snapshot->sources[0];
    corp->counts.rejected = 2;
    g_ptr_array_add(corp->rejections, g_strdup("hr.csv:17: id is empty"));
    assert_found(c, "source-rows-rejected", "corp medium");
    assert_non_null(
        strstr(text_of_finding(c, "source-rows-rejected")->evidence, "hr.csv:17: id is empty"));
    c->config = "controls: { source-rows-rejected: { rows = 3; }; };";
    judge(c);
    assert_found(c, "source-rows-rejected", "");
}

static void rows_of_a_broken_pull_are_not_evaluable(void **state)
{
    Case *c = *state;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    c->snapshot->sources[0].reason = g_strdup("cut");
    assert_unjudged(c, "source-rows-rejected", "corp: cut");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(incomplete_and_held_sources_are_exceptions),
        case_test(complete_source_passes),
        case_test(stale_source_is_stale_and_not_incomplete),
        case_test(source_that_fails_for_longer_than_the_limit_is_stale_too),
        case_test(rejected_rows_are_an_exception_with_their_places),
        case_test(rows_of_a_broken_pull_are_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
