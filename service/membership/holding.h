/* holding.h: which of some rights, named by the keys of account and group, are held now.
 *
 * Keys are as identities have them: the entry's key, else its DN, else its name. Cost: one pass
 * over the accounts and groups, and one walk of each group that is asked for. */
#pragma once

#include "membership/effective.h"
#include "model/snapshot.h"

typedef struct RightAsked {
    const char *source, *account_key, *group_source, *group_key;
} RightAsked;

typedef struct RightHeld {
    uint32_t account, group; /* NONE: there is none of that key */
    bool is_held;            /* effectively, by whatever way */
    uint64_t path;           /* of what is held: effective_path_hash() */
} RightHeld;

/* The accounts and groups alone: nothing is walked, and nothing is held. Newly allocated, n_asked
 * of them, in their order. */
RightHeld *rights_find(const Snapshot *snapshot, const RightAsked *asked, size_t n_asked);
/* The same, and who is in. */
RightHeld *rights_held(const Snapshot *snapshot, Effective *effective, const RightAsked *asked,
                       size_t n_asked);
/* What is not held tonight may be so only because something was not read: a directory is not
 * whole, or the account or group may be among its rejected records. */
bool right_is_doubtful(const Snapshot *snapshot, const RightHeld *held);
