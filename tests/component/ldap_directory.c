#include "component/ldap_directory.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/socket.h>

Slapd *slapd;

char *ldap_directory_small_tree(void)
{
    return g_strdup("dn: " SUFFIX
                    "\nobjectClass: organization\nobjectClass: dcObject\no: x\ndc: example\n\n"
                    "dn: uid=ann," SUFFIX "\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\nsn: A\n"
                    "mail: ann@example.test\n\n");
}

char *ldap_directory_big_tree(void)
{
    GString *ldif = g_string_new(NULL);
    g_autofree char *top = ldap_directory_small_tree();

    g_string_append(ldif, top);
    for (int i = 0; i < N_USERS - 1; i++)
        g_string_append_printf(ldif,
                               "dn: uid=u%d," SUFFIX
                               "\nobjectClass: inetOrgPerson\nuid: u%d\ncn: U\nsn: U\n"
                               "mail: u%d@example.test\nemployeeNumber: %05d\n\n",
                               i, i, i, i);
    g_string_append(ldif, "dn: cn=all," SUFFIX "\nobjectClass: groupOfNames\ncn: all\n");
    for (int i = 0; i < N_USERS - 1; i++)
        g_string_append_printf(ldif, "member: uid=u%d," SUFFIX "\n", i);
    g_string_append(ldif, "\n");
    return g_string_free(ldif, FALSE);
}

int ldap_directory_start(void **state)
{
    (void)state;
    g_autofree char *ldif = ldap_directory_big_tree();
    slapd = slapd_start(ldif, SUFFIX, "server");
    return 0;
}

int ldap_directory_stop(void **state)
{
    (void)state;
    g_clear_pointer(&slapd, slapd_stop);
    return 0;
}

Pulled *ldap_directory_pull(const char *reader, const char *more)
{
    g_autofree char *settings = g_strdup_printf(
        "url = \"%s\"; tls_ca_file = \"%s\"; base = \"" SUFFIX "\"; bind_dn = \"cn=%s,o=readers\"; "
        "password_file = \"%s\"; timeout_seconds = 5; %s",
        slapd->ldaps_url, slapd->ca_file, reader, slapd->password_file, more);
    return pulled_new(slapd->folder, "ldap", settings);
}

void assert_pull_fails(const Pulled *pulled, SourceError code, const char *part)
{
    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    if (strstr(pulled->error, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", pulled->error, part);
    assert_int_equal(pulled->code, code);
}

void assert_pull_is_whole(const Pulled *pulled)
{
    assert_string_equal(pulled->problems, "");
    assert_string_equal(pulled->error, "");
    assert_true(pulled->is_whole);
}

int ldap_directory_silent_peer(int *ret_port)
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
