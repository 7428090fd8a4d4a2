/* The ldap connector against a real slapd: what is pulled, and everything that makes a pull fail.
 */
#include "component/slapd.h"
#include "ldap/session.h"
#include "harness/pulled.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#define SUFFIX "dc=example,dc=test"
#define N_USERS 3000

/* libldap 2.5 never frees a client certificate and its key; what it allocates between these two is
 * not looked at. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static Slapd *slapd; /* serves N_USERS accounts and one group of all of them */

static char *small_tree(void)
{
    return g_strdup("dn: " SUFFIX
                    "\nobjectClass: organization\nobjectClass: dcObject\no: x\ndc: example\n\n"
                    "dn: uid=ann," SUFFIX "\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: A\n"
                    "mail: ann@example.test\n\n");
}

static char *big_tree(void)
{
    GString *ldif = g_string_new(NULL);
    g_autofree char *top = small_tree();

    g_string_append(ldif, top);
    for (int i = 0; i < N_USERS - 1; i++) {
        g_string_append_printf(ldif,
                               "dn: uid=u%d," SUFFIX
                               "\nobjectClass: inetOrgPerson\nuid: u%d\ncn: U\nsn: U\n"
                               "mail: u%d@example.test\nemployeeNumber: %05d\n\n",
                               i, i, i, i);
    }
    g_string_append(ldif, "dn: cn=all," SUFFIX "\nobjectClass: groupOfNames\ncn: all\n");
    for (int i = 0; i < N_USERS - 1; i++) {
        g_string_append_printf(ldif, "member: uid=u%d," SUFFIX "\n", i);
    }
    g_string_append(ldif, "\n");
    return g_string_free(ldif, FALSE);
}

static int start(void **state)
{
    (void)state;
    g_autofree char *ldif = big_tree();
    slapd = slapd_start(ldif, SUFFIX, "server");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    g_clear_pointer(&slapd, slapd_stop);
    return 0;
}

/* Pulls over LDAPS as one of the readers of slapd.sh; more: further settings. */
static Pulled *pull_as(const char *reader, const char *more)
{
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; bind_dn = \"cn=%s,o=readers\"; "
        "password_file = \"%s\"; timeout_seconds = 5; %s",
        slapd->ldaps_url, slapd->ca_file, reader, slapd->password_file, more);
    return pulled_new(slapd->folder, "ldap", settings);
}

static void assert_fails(const Pulled *pulled, SourceError code, const char *part)
{
    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    if (strstr(pulled->error, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", pulled->error, part);
    }
    assert_int_equal(pulled->code, code);
}

static void assert_whole(const Pulled *pulled)
{
    assert_string_equal(pulled->problems, "");
    assert_string_equal(pulled->error, "");
    assert_true(pulled->is_whole);
}

/* ---- What is pulled ---- */

static void three_thousand_accounts_come_in_pages_and_the_group_has_all_its_members(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("reader", "page_size = 700;");

    assert_whole(pulled);
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
    g_autoptr(Pulled) one = pull_as("reader", "page_size = 1000;");
    g_autoptr(Pulled) two = pull_as("reader", "page_size = 333;");

    assert_whole(one);
    assert_whole(two);
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
    g_autoptr(Pulled) other = pull_as("reader", "");

    assert_whole(pulled);
    assert_string_equal(pulled->sink->digest, other->sink->digest);
    assert_string_equal(recorded_note(pulled->sink, "tls"), "TLS1.3");
}

static void external_bind_over_the_local_socket_needs_no_password(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; base = \"" SUFFIX "\"; sasl = \"EXTERNAL\";", slapd->ldapi_url);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
}

static void external_bind_with_a_client_certificate_needs_no_password(void **state)
{
    (void)state;
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; sasl = \"EXTERNAL\"; "
        "tls_cert_file = \"%s/tls/client.pem\"; tls_key_file = \"%s/tls/client.key\";",
        slapd->ldaps_url, slapd->ca_file, slapd->folder, slapd->folder);
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    if (__lsan_enable != NULL) {
        __lsan_enable();
    }

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
}

static void a_server_that_refuses_the_page_size_is_asked_for_smaller_pages(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("small", "");

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "page_size"), "100");
}

static void a_server_that_refuses_pages_is_asked_without(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("unpaged", "");

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "page_size"), "unpaged");
}

static void an_attribute_that_may_not_be_read_is_absent(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("partial", "");

    assert_whole(pulled);
    assert_int_equal(recorded_entry_named(pulled->sink, "ann")->mail.length, 0);
}

static void success_without_entries_is_a_whole_pull_of_nothing(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("blind", "");

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, 0);
}

static void a_canary_that_is_seen_lets_the_pull_pass(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("reader", "canaries = [\"UID=ann , dc=Example,dc=test\"];");

    assert_whole(pulled);
}

/* ---- Several connections ---- */

static char *tree_of_branches(void)
{
    static const char *const branches[] = {"a", "b", "c", "d"};
    GString *ldif = g_string_new(NULL);
    g_autofree char *top = small_tree();

    g_string_append(ldif, top);
    for (size_t b = 0; b < G_N_ELEMENTS(branches); b++) {
        g_string_append_printf(ldif,
                               "dn: ou=%s," SUFFIX "\nobjectClass: organizationalUnit\nou: %s\n\n",
                               branches[b], branches[b]);
        for (size_t i = 0; i < 100 * (4 - b); i++) {
            g_string_append_printf(ldif,
                                   "dn: uid=%s%zu,ou=%s," SUFFIX
                                   "\nobjectClass: inetOrgPerson\nuid: %s%zu\ncn: U\nsn: U\n\n",
                                   branches[b], i, branches[b], branches[b], i);
        }
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
    for (size_t i = 0; i < one->sink->entries->len; i++) {
        assert_string_equal(recorded_entry(one->sink, i)->dn.data,
                            recorded_entry(other->sink, i)->dn.data);
    }
}

static void bases_read_side_by_side_give_what_they_give_one_after_the_other(void **state)
{
    (void)state;
    g_autofree char *ldif = tree_of_branches();
    g_autoptr(Slapd) server = slapd_start(ldif, SUFFIX, "server");
    g_autoptr(Pulled) alone = pull_branches(server, BRANCHES);
    assert_whole(alone);
    assert_int_equal(alone->sink->entries->len, 1000);
    guint before = slapd_count_in_log(server, "BIND dn=\"cn=reader,o=readers\" method=128");

    for (int n = 2; n <= 8; n += 2) {
        g_autofree char *more = g_strdup_printf(BRANCHES "connections = %d;", n);
        g_autofree char *used = g_strdup_printf("%d", MIN(n, 4));
        g_autoptr(Pulled) together = pull_branches(server, more);
        assert_whole(together);
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

    assert_fails(pulled, SOURCE_ERROR_MISSING, "base ou=no," SUFFIX ", page 1, after 0 entries");
}

/* ---- What makes it fail ---- */

static void a_canary_that_is_not_seen_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("blind", "canaries = [\"uid=ann," SUFFIX "\"];");

    assert_fails(pulled, SOURCE_ERROR_CANARY, "canary uid=ann," SUFFIX);
}

static void a_size_limit_on_page_three_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autoptr(Pulled) pulled = pull_as("capped", "page_size = 1000;");

    assert_fails(pulled, SOURCE_ERROR_CUT, "page 3");
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

    assert_fails(pulled, SOURCE_ERROR_REFUSED,
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

    assert_fails(pulled, SOURCE_ERROR_MISSING, "base ou=nowhere," SUFFIX);
}

static void an_unknown_ca_is_said(void **state)
{
    (void)state;
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\";",
                        slapd->ldaps_url, slapd->other_ca_file);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);

    assert_fails(pulled, SOURCE_ERROR_TLS, "unknown CA (CN=rightful test CA)");
}

static void assert_certificate_refused(const char *certificate, bool with_starttls,
                                       const char *part)
{
    g_autofree char *ldif = small_tree();
    g_autoptr(Slapd) other = slapd_start(ldif, SUFFIX, certificate);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; starttls = %s; "
                        "bind_dn = \"cn=reader,o=readers\"; password_file = \"%s\";",
                        with_starttls ? other->ldap_url : other->ldaps_url, other->ca_file,
                        with_starttls ? "true" : "false", other->password_file);
    g_autoptr(Pulled) pulled = pulled_new(other->folder, "ldap", settings);

    assert_fails(pulled, SOURCE_ERROR_TLS, part);
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

/* Accepts connections and says nothing. */
static int silent_peer(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void assert_silence_ends(const char *scheme, const char *more)
{
    int port;
    int fd = silent_peer(&port);
    g_autofree char *settings =
        g_strdup_printf("url = \"%s://127.0.0.1:%d\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; "
                        "timeout_seconds = 1; %s",
                        scheme, port, slapd->ca_file, more);
    g_autoptr(Pulled) pulled = pulled_new(slapd->folder, "ldap", settings);
    close(fd);

    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    assert_int_equal(pulled->code, SOURCE_ERROR_UNREACHABLE);
    assert_true(pulled->seconds < 4);
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

/* ---- Several servers ---- */

/* A port that nobody listens on: no connection, and at once. */
static char *dead_url(void)
{
    int port;
    close(silent_peer(&port));
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

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_string_equal(recorded_note(pulled->sink, "url"), slapd->ldaps_url);
    assert_string_equal(recorded_note(pulled->sink, "passed_over"), why);
    assert_non_null(strstr(checks, "warn: not the first server: "));
    assert_non_null(strstr(checks, why));
}

static void a_server_with_the_wrong_certificate_is_passed_over_before_anything_is_sent(void **state)
{
    (void)state;
    g_autofree char *ldif = small_tree();
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

    assert_whole(pulled);
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

    assert_fails(pulled, SOURCE_ERROR_REFUSED, "bind refused for cn=half,o=readers");
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

    assert_fails(pulled, SOURCE_ERROR_UNREACHABLE, one);
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
    int listening = silent_peer(&port);
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

    for (int i = 0; i < 60000 && slapd_count_in_log(trouble->server, "SEARCH RESULT") < 20; i++) {
        g_usleep(1000);
    }
    kill(trouble->server->pid, trouble->signal);
    return NULL;
}

static void assert_trouble_is_noticed(int number, const char *part)
{
    g_autofree char *ldif = big_tree();
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

    assert_fails(pulled, SOURCE_ERROR_CUT, part);
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

    assert_whole(pulled);
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
    g_autoptr(Pulled) pulled = pull_as("reader", "");
    g_autofree char *settings =
        g_strdup_printf("url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\";",
                        slapd->ldaps_url, slapd->other_ca_file);
    g_autoptr(Pulled) untrusted = pulled_new(slapd->folder, "ldap", settings);
    assert_int_equal(g_chdir(before), 0);

    assert_whole(pulled);
    assert_int_equal(pulled->sink->entries->len, N_USERS + 1);
    assert_int_equal(untrusted->code, SOURCE_ERROR_TLS);
}

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

static void a_lock_under_a_policy_that_does_not_lock_is_none(void **state)
{
    (void)state;
    g_autofree char *top = small_tree();
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

    assert_whole(pulled);
    assert_int_equal(recorded_entry_named(pulled->sink, "bob")->enabled, STATE_YES);
    assert_int_equal(recorded_entry_named(pulled->sink, "cy")->enabled, STATE_NO);
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
    if (strstr(checks, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", checks, part);
    }
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
        cmocka_unit_test(a_server_that_cannot_be_reached_is_passed_over_and_the_proof_says_so),
        cmocka_unit_test(
            a_server_with_the_wrong_certificate_is_passed_over_before_anything_is_sent),
        cmocka_unit_test(a_refused_bind_is_not_tried_at_the_next_server),
        cmocka_unit_test(servers_of_which_none_answers_are_all_named),
        cmocka_unit_test(one_unencrypted_server_among_several_is_a_problem_of_the_settings),
        cmocka_unit_test(a_peer_that_vanishes_is_asked_for_after_a_minute_not_after_two_hours),
        cmocka_unit_test(a_server_killed_in_the_middle_makes_the_pull_incomplete),
        cmocka_unit_test(a_server_stopped_in_the_middle_makes_the_pull_incomplete),
        cmocka_unit_test(a_password_over_plain_ldap_is_a_problem_of_the_settings),
        cmocka_unit_test(a_password_over_plain_ldap_is_sent_where_it_is_allowed_by_name),
        cmocka_unit_test(a_private_key_that_everybody_can_read_is_refused),
        cmocka_unit_test(an_empty_password_never_reaches_the_server),
        cmocka_unit_test(an_ldaprc_in_the_working_directory_changes_nothing),
        cmocka_unit_test(check_tells_connection_certificate_base_and_canaries),
        cmocka_unit_test(check_tells_what_the_reader_can_read_of_what_controls_need),
        cmocka_unit_test(check_tells_an_attribute_that_may_not_be_read),
        cmocka_unit_test(check_says_nothing_of_attributes_where_no_entry_is_seen),
        cmocka_unit_test(check_names_the_accounts_that_no_pull_shows),
        cmocka_unit_test(a_lock_under_a_policy_that_does_not_lock_is_none),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
