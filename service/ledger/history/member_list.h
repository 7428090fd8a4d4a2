/* member_list.h: the members of one group as the history keeps them, and what one night changed.
 *
 * A member is the hash of its source, kind and key (history_ref()) and how it was granted. A
 * version of a list is either whole, or only what was added and removed since the version before:
 * one member more in a group of a million is a dozen bytes. Body: a byte that says which, then
 * sections: a byte (EdgeVia, LIST_REMOVED), the number of members, eight bytes each, ascending. */
#pragma once

#include "ledger/history/body.h"

typedef enum ListType { LIST_WHOLE = 1, LIST_CHANGE = 2 } ListType;
#define LIST_REMOVED 0x80

typedef struct HistoryMember {
    uint64_t ref;
    int64_t since_run; /* member without a gap since then */
    uint8_t via;       /* EdgeVia; 0 in lists of rights */
} HistoryMember;

/* Adds a version to the members so far (element-type HistoryMember, by ref and via); false when the
 * bytes are broken. body.data NULL (gone) empties the list. */
bool member_list_add(GArray *members, Text body, int64_t run);
/* Members by ref and via, each once; since_run does not count. */
void member_list_whole(Body *body, const HistoryMember *members, size_t n);
/* What makes after of before; returns how many were added and removed. */
size_t member_list_change(Body *body, const GArray *before, const HistoryMember *after, size_t n);
/* By ref, then via. */
int history_member_compare(const void *a, const void *b);
void history_members_sort(GArray *members);
/* A whole version from the refs of each way; n_of[via] of them, sorted here. spare: room for the
 * longest of them. */
void member_list_put_header(Body *body);
void member_list_put_refs(Body *body, uint8_t via, uint64_t *refs, uint64_t *spare, size_t n);
