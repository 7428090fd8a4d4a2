/* ldap_directory.h: one real slapd for all tests of a program, with N_USERS accounts
 * and one group of all of them, and what every test of the connector asks of a pull. */
#pragma once

#include "component/slapd.h"
#include "harness/pulled.h"

#define SUFFIX "dc=example,dc=test"
#define N_USERS 3000

extern Slapd *slapd;                    /* between the two */
int ldap_directory_start(void **state); /* for cmocka, of a group */
int ldap_directory_stop(void **state);

/* LDIF, newly allocated: the suffix and one account, ann; and what slapd serves here. */
char *ldap_directory_small_tree(void);
char *ldap_directory_big_tree(void);

/* Pulls over LDAPS as one of the readers of slapd.sh; more: further settings. */
Pulled *ldap_directory_pull(const char *reader, const char *more);
void assert_pull_fails(const Pulled *pulled, SourceError code, const char *part);
void assert_pull_is_whole(const Pulled *pulled);

/* A socket on loopback that accepts connections and says nothing. */
int ldap_directory_silent_peer(int *ret_port);
