/* Who decides. */
#include "review/reviewer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CHAIN(manager, fallback)                                                                   \
    {                                                                                              \
        {"the manager of Ann", "1", "Boss", manager}, {"the fallback", "2", "Vice", fallback},     \
            {"the campaign's owner", NULL, NULL, REVIEWER_MISSING},                                \
    }

static void assert_chosen(const ReviewerCandidate *chain, size_t n, const char *id, const char *why)
{
    g_autofree char *said = NULL;
    const ReviewerCandidate *chosen = reviewer_choose(chain, n, &said);
    assert_string_equal(chosen != NULL ? chosen->id : "", id);
    assert_string_equal(said, why);
}

static void the_first_who_can_decides(void **state)
{
    (void)state;
    const ReviewerCandidate fits[] = CHAIN(REVIEWER_FITS, REVIEWER_FITS);
    assert_chosen(fits, 3, "1", "the manager of Ann");
}

static void who_has_left_or_would_judge_himself_is_passed_over(void **state)
{
    (void)state;
    const ReviewerCandidate left[] = CHAIN(REVIEWER_GONE, REVIEWER_FITS);
    const ReviewerCandidate self[] = CHAIN(REVIEWER_HOLDER, REVIEWER_FITS);
    assert_chosen(left, 3, "2",
                  "the fallback, because the manager of Ann (Boss) is not working here");
    assert_chosen(
        self, 3, "2",
        "the fallback, because the manager of Ann (Boss) would decide on their own right");
}

static void nobody_decides_when_nobody_can(void **state)
{
    (void)state;
    const ReviewerCandidate none[] = CHAIN(REVIEWER_GONE, REVIEWER_HOLDER);
    assert_chosen(none, 3, "",
                  "nobody, because the manager of Ann (Boss) is not working here, the fallback "
                  "(Vice) would decide on their own right, the campaign's owner is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_who_can_decides),
        cmocka_unit_test(who_has_left_or_would_judge_himself_is_passed_over),
        cmocka_unit_test(nobody_decides_when_nobody_can),
    };
    return cmocka_run_group_tests_name("review/reviewer", tests, NULL, NULL);
}
