/* world.h: small worlds for unit tests, built directly into a snapshot, without intake.
 *
 * All columns have WORLD_ROWS rows from the beginning, so a test sets what it needs:
 *   uint32_t ann = world_account(world, "ann");
 *   world->snapshot->accounts.enabled[ann] = STATE_NO;
 * Columns may be set until the end; memberships, previous ids and access groups count from
 * world_freeze() on, which may be called again. Source 0 is "corp", a complete directory that
 * records the last use and locks. */
#pragma once

#include "membership/effective.h"
#include "model/snapshot.h"

#define WORLD_ROWS 256
#define WORLD_SOURCES 16

typedef struct World {
    Snapshot *snapshot;
    /* private */
    GArray *edges, *previous_ids, *access_groups;
    GPtrArray *answers;
} World;

World *world_new(void);
void world_free(World *world); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* Another complete source; returns its index. */
uint8_t world_source(World *world, const char *name, Provides provides);
TextRef world_text(World *world, const char *text); /* NULL is 0 */

/* Rows of source 0. Account: key "a-NAME", dn "uid=NAME,ou=people,dc=example,dc=com", enabled,
 * never expires, created 2020-01-01, last logon and password change unknown. Group: key "g-NAME",
 * dn "cn=NAME,ou=groups,…". Computer: key "c-NAME", dn "cn=NAME,ou=computers,…", otherwise like an
 * account. */
uint32_t world_account(World *world, const char *name);
uint32_t world_group(World *world, const char *name);
uint32_t world_computer(World *world, const char *name);
uint32_t world_foreign(World *world, const char *text, const char *sid); /* sid NULL: dangling */

/* A SID that the account had; accounts in ascending order. */
void world_sid_history(World *world, uint32_t account, const char *sid);

/* Rows of the first source that provides them; "hr", "assets" and "tickets" come into being with
 * the first row. Person: active, no dates. Asset: in use, no kind. Approval: no dates, nobody named
 * yet. */
uint32_t world_person(World *world, const char *id, const char *name);
uint32_t world_asset(World *world, const char *id);
uint32_t world_approval(World *world, const char *id, const char *group);

void world_member(World *world, uint32_t group, Principal member, EdgeVia via);
void world_previous_id(World *world, uint32_t person, const char *id);
void world_access_group(World *world, uint32_t asset, const char *name);
void world_freeze(World *world);

/* "ann in g1; g1 in g2; bob in g1 via primary group; eve": names beginning with g are groups,
 * others accounts; frozen. */
World *world_parse(const char *text);
/* The account or group of this name; fails the test when there is none. */
Principal world_find(const World *world, const char *name);
/* Names of the effective members, sorted, joined by ", "; owned by the world. */
const char *world_effective(World *world, const char *group);
