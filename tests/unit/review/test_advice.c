/* What is suggested to reviewers. */
#include "base/times.h"
#include "review/advice.h"

#include <rightful/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOON INT64_C(1772539200) /* 2026-03-03T12:00:00Z */
#define DAY INT64_C(86400)

static AdviceSigns usual(void)
{
    static GTimeZone *zone;
    if (zone == NULL)
        zone = g_time_zone_new_utc();
    return (AdviceSigns){
        .last_used_utc = NOON - DAY, .as_of_utc = NOON, .others = 3, .holding = 3, .zone = zone};
}

static void assert_advice(AdviceSigns signs, const char *decision, const char *part)
{
    json_t *advice = review_advice(&signs);
    if (decision == NULL) {
        assert_true(json_is_null(advice));
    } else {
        assert_string_equal(json_string_value(json_object_get(advice, "decision")), decision);
        assert_non_null(strstr(json_string_value(json_object_get(advice, "reason")), part));
    }
    json_decref(advice);
}

static void what_all_peers_hold_and_is_used_may_stay(void **state)
{
    (void)state;
    assert_advice(usual(), "keep",
                  "All 3 others of the same department and title hold it, and the account was used "
                  "on 2026-03-02.");
}

static void without_use_or_peers_nothing_is_suggested(void **state)
{
    (void)state;
    AdviceSigns signs = usual();
    signs.holding = 2;
    assert_advice(signs, NULL, NULL);
    signs = usual();
    signs.others = signs.holding = 2;
    assert_advice(signs, NULL, NULL);
    signs = usual();
    signs.last_used_utc = NOON - 31 * DAY;
    assert_advice(signs, NULL, NULL);
    signs.uncertainty_seconds = 14 * DAY;
    assert_advice(signs, "keep", "2026-01-31");
    signs.last_used_utc = TIME_NEVER;
    assert_advice(signs, NULL, NULL);
    signs.last_used_utc = TIME_UNKNOWN;
    assert_advice(signs, NULL, NULL);
}

static void what_speaks_against_it_goes_before(void **state)
{
    (void)state;
    AdviceSigns signs = usual();
    signs.is_closed = true;
    assert_advice(signs, "remove", "cannot be used any more");
    signs.against = "ann left on 2026-03-01.";
    assert_advice(signs, "remove", "ann left on 2026-03-01.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_peers_hold_and_is_used_may_stay),
        cmocka_unit_test(without_use_or_peers_nothing_is_suggested),
        cmocka_unit_test(what_speaks_against_it_goes_before),
    };
    return cmocka_run_group_tests_name("review/advice", tests, NULL, NULL);
}
