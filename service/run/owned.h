/* owned.h: what people answer for, and who would have to answer for it if they left: accounts and
 * groups owned, assets owned and held, people who report to them or whom they sponsor, approvals
 * that they gave.
 *
 * A case is checked for hundreds of leavers by one run, so what belongs to whom is found in one
 * pass for all of them. Cost: O(accounts + groups + assets + people + approvals). */
#pragma once

#include "run/look.h"

/* Of one person; rows of the snapshot, in its order. (element-type uint32_t) */
typedef struct Owned {
    GPtrArray *ids; /* (element-type utf8) every HR id that is or was his; texts of the snapshot */
    GArray *accounts; /* that are not his own */
    GArray *groups;
    GArray *assets;    /* as owner or custodian, neither retired nor lost */
    GArray *reports;   /* who are still here */
    GArray *sponsored; /* the same */
    GArray *approvals; /* that have not ended */
    GArray *standing;  /* of these, those that nobody else has given as well */
} Owned;

typedef struct OwnedIndex OwnedIndex;
/* people: rows that speak for themselves (snapshot_find_person() gives such). The snapshot must
 * outlive the index. */
OwnedIndex *owned_index_new(const Look *look, const uint32_t *people, size_t n_people);
void owned_index_free(OwnedIndex *index); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OwnedIndex, owned_index_free)
/* Of one of these people. */
const Owned *owned_of(const OwnedIndex *index, uint32_t person);

typedef enum OwnedAs { OWNED_AS_OWNER = 1, OWNED_AS_CUSTODIAN = 2 } OwnedAs; /* bits */
unsigned owned_asset_role(const Look *look, uint32_t asset, uint32_t person);

/* The same as JSON, one object a row. New references. */
json_t *owned_fact_account(const Look *look,
                           uint32_t account); /* name, source, class, enabled, dn */
json_t *owned_fact_accounts(const Look *look, const GArray *accounts);
json_t *owned_fact_groups(const Look *look, const GArray *groups); /* name, governed, dn */
json_t *owned_fact_people(const Look *look, const GArray *people); /* id, name, kind, department,
                                                                      title, end_date */
json_t *owned_fact_assets(const Look *look, const GArray *assets, uint32_t person); /* id, name,
                                                                         kind, status, as */
json_t *owned_fact_approvals(const Look *look, const GArray *approvals); /* id, group, account,
                                                                         person_id, expires,
                                                                         reference */
/* Access reviews that wait for decisions of his, under any of his numbers: id, title, due, open.
 * ledger may be NULL: none. NULL on failure. */
json_t *owned_fact_reviews(const Look *look, const Owned *owned, Ledger *ledger, GError **error);
