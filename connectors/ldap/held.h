/* held.h: groups of which one search after the other shows some members.
 *
 * A sink takes an entry once and whole. Where a server sends only the members that are asked for
 * (RFC 3876), a group that lists an account, and a group above it as well, comes twice, each time
 * with one of them. So groups are held until all was asked, and given away with all members that
 * were shown. Copies what it holds. */
#pragma once

#include <rightful/record.h>

#include <glib.h>

typedef struct HeldGroups HeldGroups;

HeldGroups *held_groups_new(void);
void held_groups_free(HeldGroups *held); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeldGroups, held_groups_free)

/* A group that is there already gets those members that it did not have. */
void held_groups_add(HeldGroups *held, const DirectoryEntry *group);
/* In the order in which they came first; the entry is valid during the visit. */
void held_groups_give(HeldGroups *held, void (*visit)(gpointer data, const DirectoryEntry *group),
                      gpointer data);
