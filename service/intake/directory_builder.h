/* directory_builder.h: entries of one directory (or rows of an account list) to columns.
 *
 * Members stay ids of DNs until everything is pulled: a group may come before its members, and a
 * member may be of another source. */
#pragma once

#include "intake/columns.h"
#include "intake/dn_table.h"

#include <rightful/sink.h>

#define NO_GID UINT32_MAX

/* Columns that only the builder needs; rows as in the snapshot's tables. */
typedef struct AccountExtras {
    uint32_t *line;       /* of the file, 0 = none */
    uint8_t *is_refused;  /* shares its DN or key with another entry */
    uint32_t *gid;        /* gidNumber of a posixAccount, NO_GID */
    TextRef *primary_sid; /* AD's primary group */
} AccountExtras;

typedef struct GroupExtras {
    uint32_t *line;
    uint8_t *is_refused;
    uint32_t *gid;
    uint64_t *first_member; /* into member_ids */
    uint32_t *n_members;
} GroupExtras;

typedef struct ComputerExtras {
    uint32_t *line;
    uint8_t *is_refused;
    TextRef *primary_sid;
} ComputerExtras;

extern const ColumnList account_extra_columns, group_extra_columns, computer_extra_columns;

/* foreignSecurityPrincipal: stands for a SID. */
typedef struct ForeignEntry {
    uint32_t dn;
    TextRef sid;
} ForeignEntry;

/* A member given by login name or SID (or, in account lists, the other way round: an account's
 * group). */
typedef struct TextEdge {
    uint32_t group;
    TextRef text;
} TextEdge;

typedef struct RowEdge {
    uint32_t group, account;
} RowEdge;

/* sIDHistory: a SID that the account had. */
typedef struct FormerSid {
    uint32_t account;
    TextRef sid;
} FormerSid;

typedef struct DirectoryBuilder {
    DnTable dns;
    Accounts accounts;
    AccountExtras account_extras;
    uint32_t accounts_capacity, account_extras_capacity;
    Groups groups;
    GroupExtras group_extras;
    uint32_t groups_capacity, group_extras_capacity;
    Computers computers;
    ComputerExtras computer_extras;
    uint32_t computers_capacity, computer_extras_capacity;
    uint32_t *member_ids; /* DN ids, NONE for empty ones; runs per group */
    uint64_t n_member_ids, member_ids_capacity;
    GArray *foreign;          /* ForeignEntry */
    GArray *member_names;     /* TextEdge: memberUid */
    GArray *member_sids;      /* TextEdge */
    GArray *row_edges;        /* RowEdge: account lists */
    GArray *former_sids;      /* FormerSid, by account */
    GHashTable *table_groups; /* account lists: group name → row + 1 */
    bool shows_operational;
    int64_t n_memberships; /* values read */
    uint32_t n_refused;
    uint32_t n_replaced; /* of these: not refused, but gone (see directory_builder_add) */
} DirectoryBuilder;

DirectoryBuilder *directory_builder_new(TextPool *pool);
void directory_builder_free(DirectoryBuilder *builder); /* NULL is fine */

void directory_builder_add(Sink *sink, const DirectoryEntry *entry, const Place *place);
/* Refuses entries of one key, and drops all that were refused. */
void directory_builder_finish(Sink *sink);

/* For account lists: a new row, all columns zero or unknown; the group of this name, new if need
 * be. */
uint32_t directory_builder_add_account(DirectoryBuilder *builder, uint8_t source, uint32_t line);
uint32_t directory_builder_table_group(Sink *sink, Text name);
