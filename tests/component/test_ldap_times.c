/* When members came, as Active Directory tells it and no free server does: by a scripted responder.
 */
#include "component/responder.h"
#include "harness/pulled.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("rightful-times-XXXXXX", NULL);
    return folder == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    g_autofree char *path = g_build_filename(folder, "pulled.conf", NULL);
    g_remove(path);
    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

/* What it tells of its first n groups; the responder is stopped, so that its counters can be read.
 */
static char *ask(Responder *responder, size_t n_groups)
{
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; base = \"" RESPONDER_BASE "\"; timeout_seconds = 20;", responder->url);
    g_autofree TimesSubject *groups = g_new0(TimesSubject, n_groups);
    g_autoptr(GPtrArray) dns = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < n_groups; i++) {
        g_ptr_array_add(dns, g_strdup_printf("CN=g%zu,OU=Groups," RESPONDER_BASE, i));
        groups[i] = (TimesSubject){dns->pdata[i], ""};
    }
    char *told = pulled_times(folder, "ldap", settings, NULL, 0, groups, n_groups);
    responder_stop(responder);
    return told;
}

static char *ask_script(const ResponderScript *script, size_t n_groups)
{
    g_autoptr(Responder) responder = responder_start(script);

    return ask(responder, n_groups);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n' ? 1 : 0;
    return n;
}

static void assert_told(const char *told, size_t group, size_t member)
{
    g_autofree char *line = g_strdup_printf("group %zu CN=u%zu,OU=People," RESPONDER_BASE " %zu\n",
                                            group, member, RESPONDER_FIRST_STAMP + member);

    if (strstr(told, line) == NULL)
        fail_msg("not told: %s", line);
}

static void the_time_of_every_member_is_told(void **state)
{
    (void)state;
    g_autofree char *told =
        ask_script(&(ResponderScript){.n_groups = 3, .n_members = 5, .with_stamps = true}, 3);

    assert_int_equal(count_lines(told), 15);
    for (size_t group = 0; group < 3; group++) {
        for (size_t member = 0; member < 5; member++)
            assert_told(told, group, member);
    }
}

static void stamps_given_in_ranges_are_followed_to_their_end(void **state)
{
    (void)state;
    g_autofree char *told = ask_script(
        &(ResponderScript){
            .n_groups = 2, .n_members = 2501, .range_step = 1000, .with_stamps = true},
        2);

    assert_int_equal(count_lines(told), 2 * 2501);
    assert_told(told, 0, 0);
    assert_told(told, 0, 1000);
    assert_told(told, 1, 2500);
}

/* 32 outstanding: 1,000 groups are no 1,000 round trips. */
static void many_groups_are_asked_for_at_once(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 1000, .n_members = 2, .with_stamps = true});
    g_autofree char *told = ask(responder, 1000);

    assert_int_equal(count_lines(told), 2000);
    assert_in_range(responder->n_round_trips, 1, 150);
}

static void a_removed_member_and_a_broken_stamp_are_passed_over(void **state)
{
    (void)state;
    g_autofree char *told = ask_script(
        &(ResponderScript){
            .n_groups = 1, .n_members = 9, .with_stamps = true, .breaks_stamps = true},
        1);

    assert_int_equal(count_lines(told), 3);
    assert_told(told, 0, 0);
    assert_told(told, 0, 3);
    assert_told(told, 0, 6);
}

static void a_range_that_is_not_the_one_asked_for_ends_that_group(void **state)
{
    (void)state;
    g_autofree char *told = ask_script(&(ResponderScript){.n_groups = 2,
                                                          .n_members = 50,
                                                          .range_step = 10,
                                                          .with_stamps = true,
                                                          .shifts_stamps = true},
                                       2);

    assert_told(told, 0, 9);
    assert_told(told, 1, 9);
    assert_null(strstr(told, "CN=u30,"));
    assert_null(strstr(told, "not known")); /* no failure */
}

static void what_may_not_be_read_is_not_known_and_no_failure(void **state)
{
    (void)state;
    g_autofree char *refused = ask_script(
        &(ResponderScript){.n_groups = 1, .n_members = 5, .with_stamps = true, .range_code = 50},
        1);
    g_autofree char *empty = ask_script(&(ResponderScript){.n_groups = 1, .n_members = 5}, 1);

    assert_string_equal(refused, "");
    assert_string_equal(empty, "");
}

static void a_server_that_is_gone_is_a_failure(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 1, .n_members = 5, .with_stamps = true});

    responder_stop(responder);
    g_autofree char *told = ask(responder, 1);
    assert_non_null(strstr(told, "127.0.0.1"));
    assert_null(strstr(told, "group 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_of_every_member_is_told),
        cmocka_unit_test(stamps_given_in_ranges_are_followed_to_their_end),
        cmocka_unit_test(many_groups_are_asked_for_at_once),
        cmocka_unit_test(a_removed_member_and_a_broken_stamp_are_passed_over),
        cmocka_unit_test(a_range_that_is_not_the_one_asked_for_ends_that_group),
        cmocka_unit_test(what_may_not_be_read_is_not_known_and_no_failure),
        cmocka_unit_test(a_server_that_is_gone_is_a_failure),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
