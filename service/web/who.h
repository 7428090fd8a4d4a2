/* who.h: who somebody is, as the worker found them in the directory, and which roles they have. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum Role {
    ROLE_ADMIN = 1 << 0,   /* everything technical */
    ROLE_HR = 1 << 1,      /* leaver cases, people */
    ROLE_AUDITOR = 1 << 2, /* reads everything, writes nothing */
    ROLE_REVIEWS = 1 << 3, /* owns campaigns */
    /* For tables of routes: */
    SIGNED_IN = 1 << 8, /* whoever is signed in, with a role or without */
    ANYBODY = 1 << 9,   /* nobody needs to be signed in */
    PROGRAMS = 1 << 10  /* a bearer token; never a session */
} Role;

typedef struct Who {
    const char *login; /* the account's name as signed in */
    const char
        *person; /* HR id; NULL = linked to nobody of the roster: owns nothing, decides nothing */
    const char *name; /* to be shown */
    unsigned roles;
    bool is_usable;
    int64_t run;  /* by which run this was judged */
    json_t *json; /* all that is known; what the others point into */
} Who;

/* json: {"user", "account", "person", "accounts", "roles", "usable", "run", …}; taken. false when
 * it is nobody (null), or not in that shape. */
bool who_init(Who *who, json_t *json);
void who_clear(Who *who);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Who, who_clear)

/* [ "admin", … ] of the bits, also those for tables: "signed-in", "anybody", "programs". New
 * reference. */
json_t *role_names(unsigned roles);
unsigned role_of(const char *name); /* one of the four; else 0 */
