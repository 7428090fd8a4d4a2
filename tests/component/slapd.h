/* slapd.h: tests/component/slapd.sh from C. */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct Slapd {
    char *folder;
    char *ldap_url, *ldaps_url, *ldapi_url, *ca_file, *other_ca_file, *password_file, *log;
    pid_t pid;
} Slapd;

/* Serves the LDIF text below suffix; certificate: "server", "wrong" or "expired". Ends the process
 * with 77 (or 1) when slapd is not installed. */
Slapd *slapd_start(const char *ldif, const char *suffix, const char *certificate);
void slapd_stop(Slapd *slapd); /* removes its folder; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Slapd, slapd_stop)

/* How often a text stands in the server's log. */
guint slapd_count_in_log(const Slapd *slapd, const char *text);
