/* The ldap connector and real slapds: whom it speaks to, and what it never says. */
#include "component/ldap_directory.h"

#include <glib/gstdio.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- Several servers ---- */

/* A port that nobody listens on: no connection, and at once. */
static char *dead_url(void)
{
    int port;
    close(ldap_directory_silent_peer(&port));
    return g_strdup_printf("ldaps://127.0.0.1:%d", port);
}

static void a_server_that_cannot_be_reached_is_passed_over_and_the_proof_says_so(void **state)
{
    (void)state;
    g_autofree char *dead = dead_url();
    g_autofree char *settings =
        g_strdup_printf("url = [\"%s\", \"%s\"]; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        dead, slapd->ldaps_url, slapd->ca_file, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    g_autofree char *checks = pulled_checks(slapd->folder, "ldap", settings);
    g_autofree char *why =
        g_strdup_printf("%s: cannot connect to 127.0.0.1: Connection refused", dead);

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "url"), slapd->ldaps_url);
    assert_string_equal(recorded_note(pulled->sink, "passed_over"), why);
    assert_non_null(strstr(checks, "warn: not the first server: "));
    assert_non_null(strstr(checks, why));
}

static void a_server_with_the_wrong_certificate_is_passed_over_before_anything_is_sent(void **state)
{
    (void)state;
    g_autofree char *ldif = ldap_directory_small_tree();
    g_autoptr(Slapd) other = slapd_start(ldif, SUFFIX, "wrong");
    g_autofree char *both = NULL;
    g_autofree char *settings = NULL;
    g_autofree char *a = NULL;
    g_autofree char *b = NULL;

    g_assert_true(g_file_get_contents(slapd->ca_file, &a, NULL, NULL));
    g_assert_true(g_file_get_contents(other->ca_file, &b, NULL, NULL));
    g_autofree char *certificates = g_strconcat(a, b, NULL);
    both = g_build_filename(slapd->folder, "both.pem", NULL);
    g_assert_true(g_file_set_contents(both, certificates, -1, NULL));
    settings =
        g_strdup_printf("url = [\"%s\", \"%s\"]; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        other->ldaps_url, slapd->ldaps_url, both, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_non_null(strstr(recorded_note(pulled->sink, "passed_over"), "elsewhere.invalid"));
    assert_int_equal(slapd_count_in_log(other, "BIND dn"), 0);
}

static void a_refused_bind_is_not_tried_at_the_next_server(void **state)
{
    (void)state;
    g_autofree char *wrong = g_build_filename(slapd->folder, "wrong-password-2", NULL);
    g_assert_true(g_file_set_contents(wrong, "nonsense\n", -1, NULL));
    g_chmod(wrong, 0600);
    guint before = slapd_count_in_log(slapd, "BIND dn=\"cn=half,o=readers\" method=128");
    g_autofree char *settings =
        g_strdup_printf("url = [\"%s\", \"%s\"]; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=half,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ldaps_url, slapd->ca_file, wrong);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_REFUSED, "bind refused for cn=half,o=readers");
    assert_int_equal(slapd_count_in_log(slapd, "BIND dn=\"cn=half,o=readers\" method=128"),
                     before + 1);
}

static void servers_of_which_none_answers_are_all_named(void **state)
{
    (void)state;
    g_autofree char *one = dead_url();
    g_autofree char *two = dead_url();
    g_autofree char *settings =
        g_strdup_printf("url = [\"%s\", \"%s\"]; base = \"" SUFFIX "\";", one, two);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_UNREACHABLE, one);
    assert_non_null(strstr(pulled->error, two));
}

static void one_unencrypted_server_among_several_is_a_problem_of_the_settings(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = [\"%s\", \"%s\"]; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ldap_url, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_non_null(strstr(pulled->problems, "unencrypted"));
}

/* ---- What is refused before anything is sent ---- */

static void a_password_over_plain_ldap_is_a_problem_of_the_settings(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; base = \"" SUFFIX "\"; bind_dn = \"cn=reader,o=readers\"; "
                        "password_file = \"%s\";",
                        slapd->ldap_url, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_non_null(strstr(pulled->problems, "unencrypted"));
}

static void a_password_over_plain_ldap_is_sent_where_it_is_allowed_by_name(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; base = \"" SUFFIX "\"; bind_dn = \"cn=reader,o=readers\"; "
                        "password_file = \"%s\"; allow_plaintext_bind = true;",
                        slapd->ldap_url, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_is_whole(pulled);
}

static void assert_key_refused(const char *key_setting, const char *key_file)
{
    g_chmod(key_file, 0644);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; base = \"" SUFFIX "\"; sasl = \"EXTERNAL\"; "
                        "tls_cert_file = \"%s/tls/client.pem\"; %s",
                        slapd->ldaps_url, slapd->folder, key_setting);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    g_chmod(key_file, 0600);

    assert_non_null(strstr(pulled->problems, key_file));
    assert_non_null(strstr(pulled->problems, "by everybody"));
}

static void a_private_key_that_everybody_can_read_is_refused(void **state)
{
    (void)state;
    g_autofree char *key = g_build_filename(slapd->folder, "tls", "client.key", NULL);
    g_autofree char *certificate = g_build_filename(slapd->folder, "tls", "client.pem", NULL);
    g_autofree char *setting = g_strdup_printf("tls_key_file = \"%s\";", key);

    assert_key_refused(setting, key);
    assert_key_refused("", certificate);
}

static void an_empty_password_never_reaches_the_server(void **state)
{
    (void)state;
    g_autofree char *empty = g_build_filename(slapd->folder, "empty-password", NULL);
    g_assert_true(g_file_set_contents(empty, "\n", -1, NULL));
    g_chmod(empty, 0600);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=small,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ca_file, empty);
    guint before = slapd_count_in_log(slapd, "BIND dn=\"cn=small");
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_false(pulled->is_whole);
    assert_int_equal(slapd_count_in_log(slapd, "BIND dn=\"cn=small"), before);
}

static void an_ldaprc_in_the_working_directory_changes_nothing(void **state)
{
    (void)state;
    g_autofree char *before = g_get_current_dir();
    g_autofree char *file = g_build_filename(slapd->folder, "ldaprc", NULL);
    g_assert_true(g_file_set_contents(file, "TLS_REQCERT never\nSIZELIMIT 7\n", -1, NULL));
    assert_int_equal(g_chdir(slapd->folder), 0);
    g_autoptr(Pulled) pulled = ldap_directory_pull("reader", "");
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\";",
                        slapd->ldaps_url, slapd->other_ca_file);
    g_autoptr(Pulled) untrusted = pulled_new(slapd->folder, "ldap", settings);
    assert_int_equal(g_chdir(before), 0);

    assert_pull_is_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_int_equal(untrusted->code, SOURCE_ERROR_TLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_cannot_be_reached_is_passed_over_and_the_proof_says_so),
        cmocka_unit_test(
            a_server_with_the_wrong_certificate_is_passed_over_before_anything_is_sent),
        cmocka_unit_test(a_refused_bind_is_not_tried_at_the_next_server),
        cmocka_unit_test(servers_of_which_none_answers_are_all_named),
        cmocka_unit_test(one_unencrypted_server_among_several_is_a_problem_of_the_settings),
        cmocka_unit_test(a_password_over_plain_ldap_is_a_problem_of_the_settings),
        cmocka_unit_test(a_password_over_plain_ldap_is_sent_where_it_is_allowed_by_name),
        cmocka_unit_test(a_private_key_that_everybody_can_read_is_refused),
        cmocka_unit_test(an_empty_password_never_reaches_the_server),
        cmocka_unit_test(an_ldaprc_in_the_working_directory_changes_nothing),
    };
    return cmocka_run_group_tests_name("The ldap connector and real slapds", tests,
                                       ldap_directory_start, ldap_directory_stop);
}
