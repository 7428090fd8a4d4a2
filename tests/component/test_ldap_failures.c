/* The ldap connector against a real slapd: everything that makes a pull fail. */
#include "component/ldap_directory.h"
#include "ldap/session.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- What makes it fail ---- */

static void a_canary_that_is_not_seen_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("blind", "canaries = [\"uid=ann," SUFFIX "\"];");

    assert_pull_fails(pulled, SOURCE_ERROR_CANARY, "canary uid=ann," SUFFIX);
}

static void a_size_limit_on_page_three_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = ldap_directory_pull("capped", "page_size = 1000;");

    assert_pull_fails(pulled, SOURCE_ERROR_CUT, "page 3");
    assert_non_null(strstr(pulled->error, "(4)"));
    assert_int_equal(pulled->sink->pages->len, 3);
    assert_int_equal(g_array_index(pulled->sink->pages, RecordedPage, 2).result_code, 4);
}

static void a_wrong_password_is_tried_once(void **state)
{
    (void)state;
    g_autofree char *wrong = g_build_filename(slapd->folder, "wrong-password", NULL);
    g_assert_true(g_file_set_contents(wrong, "nonsense\n", -1, NULL));
    g_chmod(wrong, 0600);
    guint before = slapd_count_in_log(slapd, "BIND dn=\"cn=capped,o=readers\" method=128");
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "bind_dn = \"cn=capped,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ca_file, wrong);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_REFUSED,
                      "bind refused for cn=capped,o=readers: Invalid credentials (49)");
    assert_null(strstr(pulled->error, "nonsense"));
    assert_int_equal(slapd_count_in_log(slapd, "BIND dn=\"cn=capped,o=readers\" method=128"),
                     before + 1);
}

static void an_unknown_base_is_named(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"ou=nowhere," SUFFIX "\"; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        slapd->ldaps_url, slapd->ca_file, slapd->password_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_MISSING, "base ou=nowhere," SUFFIX);
}

static void an_unknown_ca_is_said(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\";",
                        slapd->ldaps_url, slapd->other_ca_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_TLS, "unknown CA (CN=rightful test CA)");
}

static void assert_certificate_refused(const char *certificate, bool with_starttls,
                                       const char *part)
{
    g_autofree char *ldif = ldap_directory_small_tree();
    g_autoptr(Slapd) other = slapd_start(ldif, SUFFIX, certificate);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; starttls = %s; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        with_starttls ? other->ldap_url : other->ldaps_url, other->ca_file,
                        with_starttls ? "true" : "false", other->password_file);
    g_autoptr(Pulled) pulled = pulled_new(other->folder, "ldap", settings);

    assert_pull_fails(pulled, SOURCE_ERROR_TLS, part);
    assert_int_equal(slapd_count_in_log(other, "BIND dn"), 0);
}

static void a_certificate_of_another_name_is_refused(void **state)
{
    (void)state;
    assert_certificate_refused("wrong", false,
                               "certificate is for elsewhere.invalid, wanted 127.0.0.1");
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    assert_certificate_refused("expired", false, "certificate expired on 2020-02-01");
}

static void starttls_refuses_a_certificate_of_another_name(void **state)
{
    (void)state;
    assert_certificate_refused("wrong", true,
                               "certificate is for elsewhere.invalid, wanted 127.0.0.1");
}

static void assert_silence_ends(const char *scheme, const char *more)
{
    int port;
    int fd = ldap_directory_silent_peer(&port);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s://127.0.0.1:%d\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "timeout_seconds = 1; %s",
                        scheme, port, slapd->ca_file, more);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    close(fd);

    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    assert_int_equal(pulled->code, SOURCE_ERROR_UNREACHABLE);
    assert_true(pulled->seconds < 30);
    assert_true(pulled->cpu_seconds < 0.5);
}

static void a_silent_peer_on_ldaps_is_left_in_time_and_without_spinning(void **state)
{
    (void)state;
    assert_silence_ends("ldaps", "");
}

static void a_silent_peer_on_starttls_is_left_in_time(void **state)
{
    (void)state;
    assert_silence_ends("ldap", "starttls = true;");
}

/* ---- A server that dies or sleeps in the middle ---- */

static int tcp_option(int fd, int option)
{
    int value = -1;
    socklen_t length = sizeof value;

    assert_int_equal(getsockopt(fd, IPPROTO_TCP, option, &value, &length), 0);
    return value;
}

static void a_peer_that_vanishes_is_asked_for_after_a_minute_not_after_two_hours(void **state)
{
    (void)state;
    int port;
    int listening = ldap_directory_silent_peer(&port);
    char host[] = "127.0.0.1";
    const DirectoryAddress address = {.host = host, .port = port};
    int fd = directory_connect(&address, 7, NULL);

    assert_true(fd >= 0);
    assert_int_equal(tcp_option(fd, TCP_KEEPIDLE), 60);
    assert_int_equal(tcp_option(fd, TCP_KEEPINTVL), 15);
    assert_int_equal(tcp_option(fd, TCP_KEEPCNT), 4);
    assert_int_equal(tcp_option(fd, TCP_USER_TIMEOUT), 7000);
    close(fd);
    close(listening);
}

typedef struct Trouble {
    const Slapd *server;
    int signal;
} Trouble;

/* Waits until the second page was asked for, then sends the signal. */
static gpointer make_trouble(gpointer data)
{
    const Trouble *trouble = data;

    for (int i = 0; i < 60000 && slapd_count_in_log(trouble->server, "SEARCH RESULT") < 20; i++)
        g_usleep(1000);
    kill(trouble->server->pid, trouble->signal);
    return NULL;
}

static void assert_trouble_is_noticed(int number, const char *part)
{
    g_autofree char *ldif = ldap_directory_big_tree();
    g_autoptr(Slapd) other = slapd_start(ldif, SUFFIX, "server");
    Trouble trouble = {.server = other, .signal = number};
    GThread *thread = g_thread_new("trouble", make_trouble, &trouble);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX
                        "\"; page_size = 1; timeout_seconds = 1; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        other->ldaps_url, other->ca_file, other->password_file);
    g_autoptr(Pulled) pulled = pulled_new(other->folder, "ldap", settings);
    g_thread_join(thread);

    assert_pull_fails(pulled, SOURCE_ERROR_CUT, part);
    assert_true(pulled->sink->entries->len > 0);
    assert_true(pulled->sink->entries->len < N_USERS);
}

static void a_server_killed_in_the_middle_makes_the_pull_incomplete(void **state)
{
    (void)state;
    assert_trouble_is_noticed(SIGKILL, "after");
}

static void a_server_stopped_in_the_middle_makes_the_pull_incomplete(void **state)
{
    (void)state;
    assert_trouble_is_noticed(SIGSTOP, "no answer for 1 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canary_that_is_not_seen_makes_the_pull_incomplete),
        cmocka_unit_test(a_size_limit_on_page_three_makes_the_pull_incomplete),
        cmocka_unit_test(a_wrong_password_is_tried_once),
        cmocka_unit_test(an_unknown_base_is_named),
        cmocka_unit_test(an_unknown_ca_is_said),
        cmocka_unit_test(a_certificate_of_another_name_is_refused),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(starttls_refuses_a_certificate_of_another_name),
        cmocka_unit_test(a_silent_peer_on_ldaps_is_left_in_time_and_without_spinning),
        cmocka_unit_test(a_silent_peer_on_starttls_is_left_in_time),
        cmocka_unit_test(a_peer_that_vanishes_is_asked_for_after_a_minute_not_after_two_hours),
        cmocka_unit_test(a_server_killed_in_the_middle_makes_the_pull_incomplete),
        cmocka_unit_test(a_server_stopped_in_the_middle_makes_the_pull_incomplete),
    };
    return cmocka_run_group_tests_name("The ldap connector against a real slapd", tests,
                                       ldap_directory_start, ldap_directory_stop);
}
