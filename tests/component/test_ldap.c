/* The ldap connector against a real slapd: what is pulled. */
#include "component/ldap_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* libldap 2.5 never frees a client certificate and its key; what it allocates between these two is
 * not looked at. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* ---- What is pulled ---- */

static void three_thousand_accounts_come_in_pages_and_the_group_has_all_its_members(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("reader", "page_size = 700;");

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_int_equal(pulled->sink->pages->len, 5);
    assert_int_equal(g_array_index(pulled->sink->pages, RecordedPage, 0).n_entries, 700);
    assert_int_equal(recorded_entry_named(pulled->sink, "all")->n_members, N_USERS - 1);
    const DirectoryEntry *entry = recorded_entry_named(pulled->sink, "u77");
    assert_string_equal(entry->employee_id.data, "00077");
    assert_int_equal(entry->key.length, 36);
    assert_true(entry->flags & ENTRY_SHOWS_OPERATIONAL);
    assert_true(entry->created_utc > 1700000000);
    assert_string_equal(recorded_note(pulled->sink, "tls"), "TLS1.3");
    assert_string_equal(recorded_note(pulled->sink, "server"), "openldap");
    assert_int_equal(strlen(pulled->sink->digest), 64);
}

static void two_pulls_have_the_same_digest(void **state)
{
    (void)state;
    g_autoptr(Pulled) one = ldap_directory_pull("reader", "page_size = 1000;");
    g_autoptr(Pulled) two = ldap_directory_pull("reader", "page_size = 333;");

    assert_pull_is_whole(one);
    assert_pull_is_whole(two);
    assert_string_equal(one->sink->digest, two->sink->digest);
}

static void starttls_gives_what_ldaps_gives(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; starttls = true; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
        slapd->ldap_url, slapd->ca_file, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    g_autoptr(Pulled) other = ldap_directory_pull("reader", "");

    assert_pull_is_whole(pulled);
    assert_string_equal(pulled->sink->digest, other->sink->digest);
    assert_string_equal(recorded_note(pulled->sink, "tls"), "TLS1.3");
}

static void external_bind_over_the_local_socket_needs_no_password(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; base = \"" SUFFIX "\"; sasl = \"EXTERNAL\";", slapd->ldapi_url);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
}

static void external_bind_with_a_client_certificate_needs_no_password(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; sasl = \"EXTERNAL\"; "
        "tls_cert_file = \"%s/tls/client.pem\"; tls_key_file = \"%s/tls/client.key\";",
        slapd->ldaps_url, slapd->ca_file, slapd->folder, slapd->folder);
    if (__lsan_disable != NULL)
        __lsan_disable();
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    if (__lsan_enable != NULL)
        __lsan_enable();

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
}

static void a_server_that_refuses_the_page_size_is_asked_for_smaller_pages(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("small", "");

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "page_size"), "100");
}

static void a_server_that_refuses_pages_is_asked_without(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("unpaged", "");

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "page_size"), "unpaged");
}

static void an_attribute_that_may_not_be_read_is_absent(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("partial", "");

    assert_pull_is_whole(pulled);
    assert_int_equal(recorded_entry_named(pulled->sink, "ann")->mail.length, 0);
}

static void success_without_entries_is_a_whole_pull_of_nothing(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("blind", "");

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, 0);
}

static void a_canary_that_is_seen_lets_the_pull_pass(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled =
        ldap_directory_pull("reader", "canaries = [\"UID=ann , dc=Example,dc=test\"];");

    assert_pull_is_whole(pulled);
}

static void a_lock_under_a_policy_that_does_not_lock_is_none(void **state)
{
    (void)state;
    g_autofree char *top = ldap_directory_small_tree();
    g_autofree char *ldif = g_strconcat(
        top,
        "dn: cn=lenient," SUFFIX "\nobjectClass: device\nobjectClass: pwdPolicy\ncn: lenient\n"
        "pwdAttribute: userPassword\npwdLockout: FALSE\n\n"
        "dn: cn=strict," SUFFIX "\nobjectClass: device\nobjectClass: pwdPolicy\ncn: strict\n"
        "pwdAttribute: userPassword\npwdLockout: TRUE\n\n"
        "dn: uid=bob," SUFFIX "\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\nsn: B\n"
        "pwdAccountLockedTime: 000001010000Z\npwdPolicySubentry: cn=lenient," SUFFIX "\n\n"
        "dn: uid=cy," SUFFIX "\nobjectClass: inetOrgPerson\nuid: cy\ncn: Cy\nsn: C\n"
        "pwdAccountLockedTime: 000001010000Z\npwdPolicySubentry: cn=strict," SUFFIX "\n\n",
        NULL);
    g_autoptr(Slapd) other = slapd_start(ldif, SUFFIX, "server");
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\"; lock_state = \"recorded\";",
        other->ldaps_url, other->ca_file, other->password_file);
    g_autoptr(Pulled) pulled = pulled_new(other->folder, "ldap", settings);

    assert_pull_is_whole(pulled);
    assert_int_equal(recorded_entry_named(pulled->sink, "bob")->enabled, STATE_YES);
    assert_int_equal(recorded_entry_named(pulled->sink, "cy")->enabled, STATE_NO);
}

/* ---- Several connections ---- */

static char *tree_of_branches(void)
{
    static const char *const branches[] = {"a", "b", "c", "d"};
    GString *ldif = g_string_new(NULL);
    g_autofree char *top = ldap_directory_small_tree();

    g_string_append(ldif, top);
    for (size_t b = 0; b < G_N_ELEMENTS(branches); b++) {
        g_string_append_printf(ldif,
                               "dn: ou=%s," SUFFIX "\nobjectClass: organizationalUnit\nou: %s\n\n",
                               branches[b], branches[b]);
        for (size_t i = 0; i < 100 * (4 - b); i++)
            g_string_append_printf(ldif,
                                   "dn: uid=%s%zu,ou=%s," SUFFIX
                                   "\nobjectClass: inetOrgPerson\nuid: %s%zu\ncn: U\nsn: U\n\n",
                                   branches[b], i, branches[b], branches[b], i);
    }
    return g_string_free(ldif, FALSE);
}

#define BRANCHES                                                                                   \
    "base = [\"ou=d," SUFFIX "\", \"ou=a," SUFFIX "\", \"ou=b," SUFFIX "\", \"ou=c," SUFFIX "\"];" \
    " "

static Pulled *pull_branches(const Slapd *server, const char *more)
{
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; bind_dn = \"cn=reader,o=readers\"; "
                        "password_file = \"%s\"; page_size = 30; %s",
                        server->ldaps_url, server->ca_file, server->password_file, more);
    return pulled_new(server->folder, "ldap", settings);
}

static gint by_name(gconstpointer one, gconstpointer other)
{
    const RecordedEntry *const *a = one;
    const RecordedEntry *const *b = other;

    return strcmp((*a)->entry.name.data, (*b)->entry.name.data);
}

static void assert_same_entries(const Pulled *one, const Pulled *other)
{
    assert_int_equal(one->sink->entries->len, other->sink->entries->len);
    g_ptr_array_sort(one->sink->entries, by_name);
    g_ptr_array_sort(other->sink->entries, by_name);
    for (size_t i = 0; i < one->sink->entries->len; i++)
        assert_string_equal(recorded_entry(one->sink, i)->dn.data,
                            recorded_entry(other->sink, i)->dn.data);
}

static void bases_read_side_by_side_give_what_they_give_one_after_the_other(void **state)
{
    (void)state;
    g_autofree char *ldif = tree_of_branches();
    g_autoptr(Slapd) server = slapd_start(ldif, SUFFIX, "server");
    g_autoptr(Pulled) alone = pull_branches(server, BRANCHES);
    assert_pull_is_whole(alone);
    assert_int_equal(alone->sink->entries->len, 1000);
    guint before = slapd_count_in_log(server, "BIND dn=\"cn=reader,o=readers\" method=128");

    for (int n = 2; n <= 8; n += 2) {
        g_autofree char *more = g_strdup_printf(BRANCHES "connections = %d;", n);
        g_autofree char *used = g_strdup_printf("%d", MIN(n, 4));
        g_autoptr(Pulled) together = pull_branches(server, more);
        assert_pull_is_whole(together);
        assert_same_entries(together, alone);
        assert_string_equal(together->sink->digest, alone->sink->digest);
        assert_string_equal(recorded_note(together->sink, "connections"), used);
    }
    assert_int_equal(slapd_count_in_log(server, "BIND dn=\"cn=reader,o=readers\" method=128"),
                     before + 2 + 4 + 4 + 4);
}

static void one_base_that_fails_among_several_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autofree char *ldif = tree_of_branches();
    g_autoptr(Slapd) server = slapd_start(ldif, SUFFIX, "server");
    g_autoptr(Pulled) pulled = pull_branches(server, "base = [\"ou=a," SUFFIX "\", \"ou=b," SUFFIX
                                                     "\", \"ou=no," SUFFIX "\"]; connections = 3;");

    assert_pull_fails(pulled, SOURCE_ERROR_MISSING,
                      "base ou=no," SUFFIX ", page 1, after 0 entries");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_thousand_accounts_come_in_pages_and_the_group_has_all_its_members),
        cmocka_unit_test(two_pulls_have_the_same_digest),
        cmocka_unit_test(starttls_gives_what_ldaps_gives),
        cmocka_unit_test(external_bind_over_the_local_socket_needs_no_password),
        cmocka_unit_test(external_bind_with_a_client_certificate_needs_no_password),
        cmocka_unit_test(a_server_that_refuses_the_page_size_is_asked_for_smaller_pages),
        cmocka_unit_test(a_server_that_refuses_pages_is_asked_without),
        cmocka_unit_test(an_attribute_that_may_not_be_read_is_absent),
        cmocka_unit_test(success_without_entries_is_a_whole_pull_of_nothing),
        cmocka_unit_test(a_canary_that_is_seen_lets_the_pull_pass),
        cmocka_unit_test(bases_read_side_by_side_give_what_they_give_one_after_the_other),
        cmocka_unit_test(one_base_that_fails_among_several_makes_the_pull_incomplete),
        cmocka_unit_test(a_lock_under_a_policy_that_does_not_lock_is_none),
    };
    return cmocka_run_group_tests_name("The ldap connector against a real slapd", tests,
                                       ldap_directory_start, ldap_directory_stop);
}
