#include "web/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_row_says_who_may_and_what_is_done(void **state)
{
    (void)state;
    for (const Route *route = routes; route->path; route++) {
        assert_non_null(route->handler);
        assert_int_equal(*route->path, '/');
        assert_true(g_str_equal(route->method, "GET") || g_str_equal(route->method, "POST"));
        /* A route that nobody may ask for, or that everybody may by mistake. */
        assert_true((route->all | route->own) != 0);
        assert_false(route->all & SIGNED_IN);
        assert_false(route->own & (ANYBODY | PROGRAMS));
        assert_int_equal(route->scope != NULL, (route->all & PROGRAMS) != 0);
        assert_int_equal(route->body_limit > 0, g_str_equal(route->method, "POST"));
    }
}

static void whoever_only_reads_changes_nothing(void **state)
{
    (void)state;
    for (const Route *route = routes; route->path; route++) {
        bool is_post = g_str_equal(route->method, "POST");
        /* Of an auditor's own: signing in and out, sessions, reviews as anybody's. */
        assert_false(is_post && (route->all & ROLE_AUDITOR));
    }
}

static void a_form_has_the_token_among_its_fields(void **state)
{
    (void)state;
    for (const Route *route = routes; route->path; route++) {
        bool is_form = g_str_equal(route->method, "POST") && !route->takes_json &&
                       !(route->all & (ANYBODY | PROGRAMS));
        assert_true(!is_form || (route->fields && g_strv_contains(route->fields, "csrf")));
    }
}

static const char *find(const char *method, const char *const *pieces, char **ret_parameter,
                        char **ret_allow)
{
    Request request = {.method = method};
    const Route *route = route_find(&request, pieces, ret_allow);

    *ret_parameter = g_steal_pointer(&request.parameters[0]);
    request_clear(&request);
    return route ? route->path : NULL;
}

static void a_path_fits_as_a_whole(void **state)
{
    (void)state;
    static const char *const root[] = {"", NULL}, *const list[] = {"exceptions", NULL};
    static const char *const none[] = {"exception", NULL};
    static const char *const check[] = {"api", "v1", "leaver-checks", "12", NULL};
    static const char *const deep[] = {"api", "v1", "leaver-checks", "12", "x", NULL};
    g_autofree char *parameter = NULL, *allow = NULL, *no_parameter = NULL;

    assert_string_equal(find("GET", root, &no_parameter, &allow), "/");
    assert_string_equal(find("GET", list, &no_parameter, &allow), "/exceptions");
    assert_null(find("GET", none, &no_parameter, &allow));
    assert_null(find("GET", deep, &no_parameter, &allow));
    assert_string_equal(find("GET", check, &parameter, &allow), "/api/v1/leaver-checks/{id}");
    assert_string_equal(parameter, "12");
    assert_null(allow);
    assert_null(find("POST", list, &no_parameter, &allow));
    assert_string_equal(allow, "GET, HEAD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_says_who_may_and_what_is_done),
        cmocka_unit_test(whoever_only_reads_changes_nothing),
        cmocka_unit_test(a_form_has_the_token_among_its_fields),
        cmocka_unit_test(a_path_fits_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
