/* governed.h: the groups somebody must answer for, resolved once per run.
 *
 * Privileged groups (configured, and AD's built-in ones by RID in every language), groups of
 * entitlements, access groups of assets, sides of segregation rules. "Privileged account" means
 * effective member of a privileged group. */
#pragma once

#include "base/bitset.h"
#include "membership/effective.h"
#include "model/snapshot.h"
#include "settings/settings.h"

typedef struct Entitlement {
    const SettingsGroup *settings;
    const char *group_text, *means, *risk;
    GArray *groups; /* (element-type guint32); empty = the name fits nothing */
} Entitlement;

typedef struct SegregationRule {
    const char *id;
    GArray *a, *b;             /* (element-type guint32) groups of each side */
    GPtrArray *unresolved;     /* (element-type utf8) names that fit nothing */
    const char *const *except; /* HR ids */
} SegregationRule;

/* A line of privileged-too-many.groups. */
typedef struct GroupLimit {
    const SettingsGroup *settings;
    GArray *groups; /* (element-type guint32); empty = the name fits nothing */
} GroupLimit;

typedef enum GovernedKind {
    GOVERNED_PRIVILEGED,
    GOVERNED_ENTITLEMENT,
    GOVERNED_ACCESS,
    GOVERNED_SEGREGATION,
    N_GOVERNED_KINDS
} GovernedKind;

typedef struct Governed {
    Bitset privileged, entitlement, access, segregation, any; /* a bit per group */
    /* Groups that everybody of a domain is in by themselves (Domain Users), when they have more
     * members than group-foreign-member allows: who holds a right only through one is not told by
     * the controls about rights. That group is told once, instead of a hundred thousand accounts.
     */
    Bitset crowds;
    Bitset stops[N_GOVERNED_KINDS]; /* groups of the kind, and crowds */
    Bitset privileged_groups;       /* these and all below them */
    Bitset privileged_accounts;     /* a bit per account */
    Bitset unknown_access;          /* a bit per asset: an access group of it is no group */
    Entitlement *entitlements;
    size_t n_entitlements;
    SegregationRule *segregations;
    size_t n_segregations;
    GroupLimit *group_limits;
    size_t n_group_limits;
    /* Names of the configuration that fit no group, with their place: sentences for `check`, run
     * warnings and not_evaluable. (element-type utf8) */
    GPtrArray *unresolved;
    GPtrArray *unresolved_privileged; /* (element-type utf8) the names alone */
    GPtrArray *unresolved_classes;    /* (element-type utf8) sentences, also in unresolved */
    /* The same for rows of tables, a sentence a source: warnings. (element-type utf8) */
    GPtrArray *unresolved_rows;
    bool is_partial;      /* a directory is not complete: names that fit nothing may be of it */
    GPtrArray *ambiguous; /* (element-type utf8) sentences: several groups fit, all are meant */
} Governed;

/* effective is used to find privileged_accounts. All arguments must outlive the result. Cannot
 * fail. */
Governed *governed_new(const Snapshot *snapshot, Effective *effective, const Settings *settings);
void governed_free(Governed *governed); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Governed, governed_free)
