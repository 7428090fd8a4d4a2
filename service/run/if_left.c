/* if_left.c: what would have nobody to answer for it if a person left today. */

#include "run/if_left.h"

#include "controls/judgement.h"
#include "run/owned.h"

static json_t *own_accounts(const Look *look, uint32_t person)
{
    const Reconciliation *r = &look->reconciliation;
    json_t *list = json_array();

    for (uint32_t account = 0; account < r->snapshot->accounts.n; account++) {
        if (r->links->person[account] != NONE &&
            person_speaking(r->snapshot, r->links->person[account]) == person)
            json_array_append_new(list, owned_fact_account(look, account));
    }
    return list;
}

/* As they are now: of the past nothing is told. */
static json_t *reviews_of(const Look *look, const Owned *owned)
{
    g_autoptr(GError) error = NULL;
    json_t *rows =
        owned_fact_reviews(look, owned, look->past == NULL ? look->ledger : NULL, &error);

    if (rows == NULL)
        say_error("%s; the answer is without access reviews", error->message);
    return rows != NULL ? rows : json_null();
}

json_t *if_left_facts(const Look *look, uint32_t row)
{
    uint32_t person = person_speaking(look->reconciliation.snapshot, row);
    g_autoptr(OwnedIndex) index = owned_index_new(look, &person, 1);
    const Owned *owned = owned_of(index, person);
    json_t *facts = look_person(look, person);

    json_object_set_new(facts, "own_accounts", own_accounts(look, person));
    json_object_set_new(facts, "owned_accounts", owned_fact_accounts(look, owned->accounts));
    json_object_set_new(facts, "owned_groups", owned_fact_groups(look, owned->groups));
    json_object_set_new(facts, "assets", owned_fact_assets(look, owned->assets, person));
    json_object_set_new(facts, "direct_reports", owned_fact_people(look, owned->reports));
    json_object_set_new(facts, "sponsored", owned_fact_people(look, owned->sponsored));
    json_object_set_new(facts, "approvals_given", owned_fact_approvals(look, owned->approvals));
    json_object_set_new(facts, "reviews", reviews_of(look, owned));
    return facts;
}
