/* What Active Directory does and no free server does, by a scripted responder: ranges of values
 * that nobody asked for, references, and pulls that go wrong in the middle. */
#include "component/responder.h"
#include "harness/pulled.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* libldap 2.5 never frees a notice of disconnection. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("rightful-range-XXXXXX", NULL);
    return folder == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

/* Pulls from it and stops it, so that its counters can be read. */
static Pulled *pull_from(Responder *responder, const char *more)
{
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; base = \"" RESPONDER_BASE "\"; timeout_seconds = 20; %s",
                        responder->url, more);
    Pulled *pulled = pulled_new(folder, "ldap", settings);

    responder_stop(responder);
    return pulled;
}

static Pulled *pull_script(const ResponderScript *script)
{
    g_autoptr(Responder) responder = responder_start(script);

    return pull_from(responder, "page_size = 10;");
}

static void assert_whole(const Pulled *pulled, size_t n_groups, size_t n_members)
{
    assert_string_equal(pulled->problems, "");
    assert_string_equal(pulled->error, "");
    assert_true(pulled->is_whole);
    assert_int_equal(pulled->sink->entries->len, n_groups);
    for (size_t i = 0; i < n_groups; i++) {
        const DirectoryEntry *group = recorded_entry(pulled->sink, i);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (size_t j = 0; j < group->n_members; j++)
            g_hash_table_add(seen, (gpointer)(uintptr_t)group->members[j].data);
        assert_int_equal(group->n_members, n_members);
        assert_int_equal(g_hash_table_size(seen), n_members);
    }
}

static void assert_incomplete(const Pulled *pulled, const char *part)
{
    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    if (strstr(pulled->error, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", pulled->error, part);
    assert_non_null(strstr(pulled->error, "nothing of this pull is used"));
}

/* ---- Ranges ---- */

static void a_group_given_in_ranges_of_1500_is_read_whole(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled =
        pull_script(&(ResponderScript){.n_groups = 3, .n_members = 5000, .range_step = 1500});

    assert_whole(pulled, 3, 5000);
    assert_string_equal(recorded_note(pulled->sink, "server"), "active-directory");
}

static void the_server_chooses_the_step(void **state)
{
    (void)state;
    static const size_t steps[][2] = {{1500, 1000}, {7, 3}, {1, 0}, {99, 0}, {50, 49}};

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(Pulled) pulled = pull_script(&(ResponderScript){.n_groups = 2,
                                                                  .n_members = i == 0 ? 6001 : 100,
                                                                  .range_step = steps[i][0],
                                                                  .range_step_2 = steps[i][1]});
        assert_whole(pulled, 2, i == 0 ? 6001 : 100);
    }
}

static void a_group_at_the_limit_needs_no_range(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 1, .n_members = 1500, .range_step = 1500});
    g_autoptr(Pulled) pulled = pull_from(responder, "");

    assert_whole(pulled, 1, 1500);
    assert_int_equal(responder->n_range_searches, 0);
}

static void ranges_that_are_asked_for_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        int asked;
        size_t step, n_searches; /* the first page has a range already */
    } cases[] = {
        {500, 1500, 10}, {1500, 1500, 4}, {4000, 1500, 4}, {4999, 5000, 2}, {5000, 5000, 0}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *more = g_strdup_printf("member_range = %d;", cases[i].asked);
        g_autoptr(Responder) responder = responder_start(
            &(ResponderScript){.n_groups = 2, .n_members = 5000, .range_step = cases[i].step});
        g_autoptr(Pulled) pulled = pull_from(responder, more);
        assert_whole(pulled, 2, 5000);
        assert_int_equal(responder->n_range_searches, 2 * cases[i].n_searches);
    }
}

static void a_server_that_gives_all_members_though_asked_for_a_range_is_believed(void **state)
{
    (void)state;
    g_autoptr(Responder) responder = responder_start(&(ResponderScript){
        .n_groups = 2, .n_members = 50, .range_step = 60, .ignores_range = true});
    g_autoptr(Pulled) pulled = pull_from(responder, "member_range = 10;");

    assert_whole(pulled, 2, 50);
}

/* Every group would look empty, and every control about rights would pass. */
static void a_server_that_knows_no_ranges_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Responder) responder = responder_start(&(ResponderScript){
        .n_groups = 2, .n_members = 50, .range_step = 60, .without_range = true});
    g_autoptr(Pulled) pulled = pull_from(responder, "member_range = 10;");

    assert_false(pulled->is_whole);
    assert_non_null(strstr(pulled->error, "has members, and none is shown when member;range=0-9"));
    assert_int_equal(pulled->sink->entries->len, 0);
}

/* The requests of 1,000 groups of 5,000 members, four each, with a hundredth of the values. */
static void a_thousand_groups_do_not_wait_for_each_other(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 1000, .n_members = 50, .range_step = 15});
    g_autoptr(Pulled) pulled = pull_from(responder, "page_size = 1000;");

    assert_whole(pulled, 1000, 50);
    assert_int_equal(responder->n_range_searches, 3000);
    print_message("%zu searches in %zu round trips\n", responder->n_searches,
                  responder->n_round_trips);
    assert_true(responder->n_round_trips < 400);
}

static void ranges_give_the_same_digest_every_time(void **state)
{
    (void)state;
    const ResponderScript script = {.n_groups = 40, .n_members = 100, .range_step = 15};
    g_autoptr(Pulled) one = pull_script(&script);
    g_autoptr(Pulled) two = pull_script(&script);

    assert_whole(one, 40, 100);
    assert_string_equal(one->sink->digest, two->sink->digest);
}

static void a_group_that_changes_while_it_is_read_is_read_again(void **state)
{
    (void)state;
    g_autoptr(Responder) responder = responder_start(
        &(ResponderScript){.n_groups = 1, .n_members = 100, .range_step = 10, .n_changes = 1});
    g_autoptr(Pulled) pulled = pull_from(responder, "");

    assert_whole(pulled, 1, 100);
    assert_int_equal(responder->n_range_searches, 2 + 9);
}

static void a_group_that_does_not_stop_changing_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_script(
        &(ResponderScript){.n_groups = 1, .n_members = 100, .range_step = 10, .n_changes = 2});

    assert_incomplete(pulled, "CN=g0,OU=Groups,DC=example,DC=test: it changed");
    assert_int_equal(pulled->sink->entries->len, 0);
}

static void ranges_that_do_not_go_on_make_the_pull_incomplete(void **state)
{
    (void)state;
    const ResponderScript big = {.n_groups = 2, .n_members = 100, .range_step = 15};
    ResponderScript without = big;
    ResponderScript ignores = big;
    ResponderScript loses = big;
    ResponderScript busy = big;
    ResponderScript gone = big;

    without.without_range = true;
    ignores.ignores_range = true;
    loses.loses_value = true;
    busy.range_code = 51;
    gone.forgets_group = true;
    g_autoptr(Pulled) pulled_without = pull_script(&without);
    g_autoptr(Pulled) pulled_ignores = pull_script(&ignores);
    g_autoptr(Pulled) pulled_loses = pull_script(&loses);
    g_autoptr(Pulled) pulled_busy = pull_script(&busy);
    g_autoptr(Pulled) pulled_gone = pull_script(&gone);

    assert_incomplete(pulled_without, "does not go on");
    assert_incomplete(pulled_ignores, "does not go on");
    assert_incomplete(pulled_loses, "fewer values");
    assert_incomplete(pulled_busy, "busy");
    assert_incomplete(pulled_gone, "not any more");
}

/* ---- Pages ---- */

static void a_result_code_on_a_later_page_makes_the_pull_incomplete(void **state)
{
    (void)state;
    static const int codes[] = {1, 3, 4, 11, 51, 52, 53, 80};

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(Pulled) pulled = pull_script(&(ResponderScript){
            .n_groups = 50, .n_members = 2, .bad_page = 3, .bad_page_code = codes[i]});
        assert_incomplete(pulled, "page 3");
    }
}

static void a_notice_of_disconnection_makes_the_pull_incomplete(void **state)
{
    (void)state;
    if (__lsan_disable != NULL)
        __lsan_disable();
    for (size_t page = 1; page <= 3; page++) {
        g_autoptr(Pulled) pulled = pull_script(&(ResponderScript){
            .n_groups = 50, .n_members = 2, .bad_page = page, .disconnects = true});
        assert_incomplete(pulled, "the connection broke");
    }
    if (__lsan_enable != NULL)
        __lsan_enable();
}

static void the_same_page_for_ever_ends_the_pull(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled =
        pull_script(&(ResponderScript){.n_groups = 50, .n_members = 2, .repeats_page = true});

    assert_incomplete(pulled, "the same page came twice");
}

/* What a pull is while its entries are handed over. */
typedef struct Watch {
    Responder *responder;
    size_t page_size, n_pages, n_entries;
    size_t n_late; /* pages of which an entry was used before the next page was asked for */
} Watch;

static bool is_asked_for(const Watch *watch, size_t n_pages)
{
    for (int i = 0; i < 12000; i++) {
        if ((size_t)g_atomic_int_get(&watch->responder->n_pages_asked) >= n_pages)
            return true;
        g_usleep(5000);
    }
    return false;
}

static void note_entry(gpointer data)
{
    Watch *watch = data;
    size_t page = watch->n_entries++ / watch->page_size;

    if (page + 1 < watch->n_pages && watch->n_entries % watch->page_size == 1 &&
        !is_asked_for(watch, page + 2))
        watch->n_late++;
}

static void the_next_page_is_asked_for_before_the_last_one_is_used(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 50, .n_members = 2});
    Watch watch = {.responder = responder, .page_size = 10, .n_pages = 5};
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; base = \"" RESPONDER_BASE "\"; page_size = 10;", responder->url);
    g_autoptr(Pulled) pulled = pulled_watched_new(folder, "ldap", settings, note_entry, &watch);

    responder_stop(responder);
    assert_whole(pulled, 50, 2);
    assert_int_equal(responder->n_pages_asked, 5);
    assert_int_equal(watch.n_late, 0);
}

/* ---- References ---- */

static void active_directory_is_asked_for_no_references(void **state)
{
    (void)state;
    g_autoptr(Responder) responder =
        responder_start(&(ResponderScript){.n_groups = 30, .n_members = 2, .n_references = 3});
    g_autoptr(Pulled) pulled = pull_from(responder, "page_size = 10;");

    assert_whole(pulled, 30, 2);
    assert_int_equal(responder->n_with_domain_scope, 3);
    assert_int_equal(pulled->sink->n_references, 0);
}

static void references_that_come_all_the_same_are_counted_and_not_followed(void **state)
{
    (void)state;
    g_autoptr(Responder) responder = responder_start(&(ResponderScript){
        .n_groups = 30, .n_members = 2, .n_references = 3, .without_domain_scope = true});
    g_autoptr(Pulled) pulled = pull_from(responder, "page_size = 10;");

    assert_whole(pulled, 30, 2);
    assert_int_equal(responder->n_with_domain_scope, 0);
    assert_int_equal(pulled->sink->n_references, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_given_in_ranges_of_1500_is_read_whole),
        cmocka_unit_test(the_server_chooses_the_step),
        cmocka_unit_test(a_group_at_the_limit_needs_no_range),
        cmocka_unit_test(ranges_that_are_asked_for_are_read_whole),
        cmocka_unit_test(a_server_that_gives_all_members_though_asked_for_a_range_is_believed),
        cmocka_unit_test(a_server_that_knows_no_ranges_makes_the_pull_incomplete),
        cmocka_unit_test(a_thousand_groups_do_not_wait_for_each_other),
        cmocka_unit_test(ranges_give_the_same_digest_every_time),
        cmocka_unit_test(a_group_that_changes_while_it_is_read_is_read_again),
        cmocka_unit_test(a_group_that_does_not_stop_changing_makes_the_pull_incomplete),
        cmocka_unit_test(ranges_that_do_not_go_on_make_the_pull_incomplete),
        cmocka_unit_test(a_result_code_on_a_later_page_makes_the_pull_incomplete),
        cmocka_unit_test(a_notice_of_disconnection_makes_the_pull_incomplete),
        cmocka_unit_test(the_same_page_for_ever_ends_the_pull),
        cmocka_unit_test(the_next_page_is_asked_for_before_the_last_one_is_used),
        cmocka_unit_test(active_directory_is_asked_for_no_references),
        cmocka_unit_test(references_that_come_all_the_same_are_counted_and_not_followed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
