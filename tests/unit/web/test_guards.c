/* A change is meant when our page sent it and its form has the token of the session. */
#include "web/guards.h"

#include "web/options.h"
#include "web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OURS "https://rightful.example.com"
#define TOKEN "0123456789abcdef"

static bool is_ours(const char *site, const char *origin)
{
    char address[] = OURS;
    WebOptions options = {.address = {.origin = address}};
    Site here = {.options = &options};
    g_autoptr(GHashTable) headers = g_hash_table_new(g_str_hash, g_str_equal);
    Request request = {.site = &here, .headers = headers};

    if (site)
        g_hash_table_insert(headers, (gpointer)(uintptr_t) "sec-fetch-site",
                            (gpointer)(uintptr_t)site);
    if (origin)
        g_hash_table_insert(headers, (gpointer)(uintptr_t) "origin", (gpointer)(uintptr_t)origin);
    return guard_origin(&request) == NULL;
}

static void a_browser_that_says_where_a_request_comes_from_is_believed(void **state)
{
    static const char *const foreign[] = {"cross-site", "same-site", "none", "", "Same-Origin"};
    (void)state;

    assert_true(is_ours("same-origin", NULL));
    assert_true(is_ours("same-origin", OURS));
    assert_true(is_ours("same-origin", "null")); /* pages that send no referrer */
    assert_false(is_ours("same-origin", "https://evil.example"));
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        assert_false(is_ours(foreign[i], OURS));
}

static void an_old_browser_says_it_by_the_origin(void **state)
{
    static const char *const foreign[] = {
        "null", "", "http://rightful.example.com", OURS ".evil.example", OURS "/", OURS ":443"};
    (void)state;

    assert_true(is_ours(NULL, OURS));
    assert_false(is_ours(NULL, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        assert_false(is_ours(NULL, foreign[i]));
}

static bool has_token(const char *header, const char *form)
{
    char csrf[] = TOKEN;
    g_autoptr(GHashTable) headers = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(Fields) fields = fields_parse(form, strlen(form), FIELDS_MAX, NULL);
    Request request = {.headers = headers, .fields = fields, .session = {.csrf = csrf}};

    if (header)
        g_hash_table_insert(headers, (gpointer)(uintptr_t) "x-csrf-token",
                            (gpointer)(uintptr_t)header);
    return guard_token(&request);
}

static void the_token_is_the_session_s_or_none(void **state)
{
    (void)state;
    assert_true(has_token(NULL, "csrf=" TOKEN));
    assert_true(has_token(TOKEN, ""));
    assert_false(has_token(NULL, ""));
    assert_false(has_token(NULL, "csrf="));
    assert_false(has_token(NULL, "csrf=0123456789abcde"));
    assert_false(has_token(NULL, "csrf=" TOKEN "0"));
    assert_false(has_token("wrong", "csrf=" TOKEN)); /* a header that is there is what counts */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_that_says_where_a_request_comes_from_is_believed),
        cmocka_unit_test(an_old_browser_says_it_by_the_origin),
        cmocka_unit_test(the_token_is_the_session_s_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
