/* history.h: what everything looked like after a run, read back.
 *
 * One thing's versions are rows of `history`, or entries of the packs of nights that brought very
 * many; these functions read both as one. A version holds from its run on until the next of the
 * same key; a run that did not change the thing (or did not read its source whole) has none. Bodies
 * are those of body.h; lists of members and of governed rights those of member_list.h.
 *
 * Inside a transaction of the caller's where several calls must agree. Private to the ledger:
 * other folders get JSON. */
#pragma once

#include "ledger/history/body.h"
#include "ledger/history/member_list.h"
#include "ledger/store.h"

/* What is kept, and what its key is. In the tables by name: never rename one. */
typedef enum HistoryKind {
    HISTORY_ACCOUNT,
    HISTORY_GROUP,
    HISTORY_COMPUTER,
    HISTORY_FOREIGN, /* a member that no pulled entry explains; the key is its text, body: its SID
                      */
    HISTORY_PERSON,
    HISTORY_ASSET,
    HISTORY_APPROVAL,
    HISTORY_MEMBERS, /* key and source are the group's */
    HISTORY_RIGHTS,  /* who effectively was in a governed group; the same */
    N_HISTORY_KINDS
} HistoryKind;
extern const char *const history_kinds[]; /* "account", …, NULL */

/* By what members of lists are known; of accounts, groups, computers and foreigners. */
uint64_t history_ref(const char *source, HistoryKind kind, const char *key);

typedef struct HistoryVersion {
    const char *key;
    int64_t run;
    Text body; /* data NULL: gone */
} HistoryVersion;
/* Everything of the version is valid during the call only. false stops: with *error set it fails,
 * else it is done. */
typedef bool (*HistoryVisit)(const HistoryVersion *version, void *data, GError **error);

/* Every version of runs in (after_run, until_run]; of one key in ascending order of runs, keys in
 * no order. Cost: packs of these runs are expanded. */
bool history_scan(Store *store, const char *source, HistoryKind kind, int64_t after_run,
                  int64_t until_run, HistoryVisit visit, void *data, GError **error);
/* Everything of the kind as it was after the run, each once, without what was gone. Not for lists:
 * history_walk_members(). */
bool history_walk(Store *store, const char *source, HistoryKind kind, int64_t run,
                  HistoryVisit visit, void *data, GError **error);
/* Every version of one thing until the run, oldest first. Cost: a row each, and a pack expanded for
 * each that is in one. */
bool history_versions(Store *store, const char *source, HistoryKind kind, const char *key,
                      int64_t until_run, HistoryVisit visit, void *data, GError **error);
/* The thing as it was after the run; *ret_body is owned, data NULL where it was not there or gone.
 * ret_run: of the version, 0 = none; may be NULL. */
bool history_get(Store *store, const char *source, HistoryKind kind, const char *key, int64_t run,
                 GByteArray **ret_body, int64_t *ret_run, GError **error);

/* Members (or holders of the right) after the run, by ref and via. NULL on failure. */
GArray *history_members(Store *store, const char *source, HistoryKind kind, const char *group_key,
                        int64_t run, GError **error); /* (element-type HistoryMember) */
typedef bool (*HistoryMembersVisit)(const char *group_key, const GArray *members, void *data,
                                    GError **error);
/* The lists of all groups that were there after the run. Memory: all of them at once. */
bool history_walk_members(Store *store, const char *source, HistoryKind kind, int64_t run,
                          HistoryMembersVisit visit, void *data, GError **error);
