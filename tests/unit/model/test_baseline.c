#include "model/baseline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sources_are_found_by_name_and_all_is_released(void **state)
{
    (void)state;
    g_autoptr(Baseline) baseline = g_new0(Baseline, 1);
    baseline->sources = g_ptr_array_new();
    baseline->roster = g_array_new(FALSE, TRUE, sizeof(BaselinePerson));
    BaselineSource *corp = g_new0(BaselineSource, 1);
    corp->name = g_strdup("corp");
    corp->dimensions = g_array_new(FALSE, TRUE, sizeof(BaselineDimension));
    BaselineDimension dimension = {.name = g_strdup("accounts"), .last = 10, .maximum_7d = -1};
    g_array_append_val(corp->dimensions, dimension);
    corp->watched = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(corp->watched, g_strdup("group.admins"));
    g_ptr_array_add(baseline->sources, corp);
    BaselinePerson person = {.id = g_strdup("1"), .name = g_strdup("Joe")};
    g_array_append_val(baseline->roster, person);

    assert_ptr_equal(baseline_source(baseline, "corp"), corp);
    assert_null(baseline_source(baseline, "Corp"));
}

static void an_empty_baseline_knows_no_source(void **state)
{
    (void)state;
    g_autoptr(Baseline) baseline = g_new0(Baseline, 1);
    assert_null(baseline_source(baseline, "corp"));
    baseline_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_found_by_name_and_all_is_released),
        cmocka_unit_test(an_empty_baseline_knows_no_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
