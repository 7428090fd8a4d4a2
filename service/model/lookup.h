/* lookup.h: finding things in a snapshot by DN, name, SID or id. Read-only once the snapshot is
 * frozen. Cost: by DN and by person id O(1); groups by name O(1); free searches of the command line
 * O(n). */
#pragma once

#include "base/text_multimap.h"
#include "model/snapshot.h"

/* The entry with this DN (any spelling) in one source, or in any when source is UINT8_MAX; NONE if
 * none. */
Principal snapshot_find_dn(const Snapshot *snapshot, uint8_t source, const char *dn);
/* Accounts, groups and computers by SID; NONE if none. */
Principal snapshot_find_sid(const Snapshot *snapshot, const char *sid);
/* Groups that a configuration or a table means by this text: DN, SID, name or cn, case-insensitive;
 * several may fit. Appends ids to found (element-type guint32), returns how many. */
size_t snapshot_find_groups(const Snapshot *snapshot, const char *text, GArray *found);
/* Accounts by name, upn, mail, DN or key (case-insensitive); several may fit. */
size_t snapshot_find_accounts(const Snapshot *snapshot, const char *text, GArray *found);
/* The person with this id (exact text, or listed as previous id; of an old row its successor);
 * NONE. */
uint32_t snapshot_find_person(const Snapshot *snapshot, const char *id);
/* People by id and previous ids, without case; rows as they stand, not who speaks for them. */
const TextMultimap *snapshot_people_by_id(const Snapshot *snapshot);
/* The row that speaks for this one: its last successor, or itself. */
uint32_t snapshot_person_now(const Snapshot *snapshot, uint32_t person);
/* People by id, e-mail, username or full name (case-insensitive); several may fit. */
size_t snapshot_find_people(const Snapshot *snapshot, const char *text, GArray *found);
uint32_t snapshot_find_asset(const Snapshot *snapshot, const char *id);

/* Called by intake when freezing, after all columns are final; owns nothing of the snapshot. Cheap:
 * each index is built when it is first asked for (safe from any thread), so a run pays only for
 * those it needs. */
void snapshot_build_indexes(Snapshot *snapshot);
/* Rows came that are not of people: what was built of others is forgotten. */
void snapshot_renew_indexes(Snapshot *snapshot);
void snapshot_free_indexes(Snapshot *snapshot); /* by snapshot_free(); fine to call twice */
