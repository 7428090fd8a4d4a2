/* The ldap connector against a real slapd: what check tells of it and of its reader. */
#include "component/ldap_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void check_tells_connection_certificate_base_and_canaries(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = [\"" SUFFIX "\", \"ou=no," SUFFIX "\"]; "
        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\"; canaries = [\"uid=ann," SUFFIX
        "\", \"uid=no," SUFFIX "\"];",
        slapd->ldaps_url, slapd->ca_file, slapd->password_file);
    g_autofree char *checks = pulled_checks(slapd->folder, "ldap", settings);

    assert_non_null(strstr(checks, "connected, bound as cn=reader,o=readers"));
    assert_non_null(strstr(checks, "pass: TLS1.3, certificate valid until 20"));
    assert_non_null(strstr(checks, "pass: account uid="));
    assert_non_null(strstr(checks, "fail: base ou=no," SUFFIX));
    assert_non_null(strstr(checks, "pass: canary uid=ann"));
    assert_non_null(strstr(checks, "fail: canary uid=no"));
}

static char *checks_of(const char *reader)
{
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=%s,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ca_file, reader, slapd->password_file);
    return pulled_checks(slapd->folder, "ldap", settings);
}

static void assert_says(const char *checks, const char *part)
{
    if (strstr(checks, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", checks, part);
}

static void check_tells_what_the_reader_can_read_of_what_controls_need(void **state)
{
    (void)state;
    g_autofree char *checks = checks_of("reader");

    assert_says(checks, "pass: key of accounts can be read (entryUUID");
    assert_says(checks, "pass: employee_id of accounts can be read (employeeNumber");
    assert_says(checks, "pass: mail of accounts can be read (mail");
    assert_says(checks, "pass: members of groups can be read (");
    assert_says(checks, "warn: no account shows last_logon (");
    assert_says(checks, "rests on it: the last use: dormant-account");
}

static void check_tells_an_attribute_that_may_not_be_read(void **state)
{
    (void)state;
    g_autofree char *checks = checks_of("partial");

    assert_says(checks, "warn: employee_id of accounts may be searched for but not read (");
    assert_says(checks, "warn: no account shows mail (mail");
    assert_says(checks, "or the reader lacks the right; rests on it: the match to people by mail");
}

static void check_says_nothing_of_attributes_where_no_entry_is_seen(void **state)
{
    (void)state;
    g_autofree char *checks = checks_of("blind");

    assert_null(strstr(checks, "rests on it"));
}

static void check_names_the_accounts_that_no_pull_shows(void **state)
{
    (void)state;
    g_autofree char *checks = checks_of("reader");

    assert_says(checks, "outside every pull, to be reviewed by hand: the rootdn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_tells_connection_certificate_base_and_canaries),
        cmocka_unit_test(check_tells_what_the_reader_can_read_of_what_controls_need),
        cmocka_unit_test(check_tells_an_attribute_that_may_not_be_read),
        cmocka_unit_test(check_says_nothing_of_attributes_where_no_entry_is_seen),
        cmocka_unit_test(check_names_the_accounts_that_no_pull_shows),
    };
    return cmocka_run_group_tests_name("The ldap connector against a real slapd", tests,
                                       ldap_directory_start, ldap_directory_stop);
}
