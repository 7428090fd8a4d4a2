/* owned_facts.c: what people answer for, as JSON. */

#include "run/owned.h"

#include "ledger/reviews.h"
#include "run/facts.h"

typedef json_t *(*FactOf)(const Look *look, uint32_t row);

static json_t *facts_of(const Look *look, const GArray *rows, FactOf fact)
{
    json_t *list = json_array();

    for (guint i = 0; i < rows->len; i++)
        json_array_append_new(list, fact(look, g_array_index(rows, uint32_t, i)));
    return list;
}

json_t *owned_fact_account(const Look *look, uint32_t account)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    State enabled = (State)accounts->enabled[account];

    return json_pack("{s:o s:s s:s s:o s:o}", "name", look_text(look, accounts->name[account]),
                     "source", r->snapshot->sources[accounts->source[account]].name, "class",
                     account_classes[r->classes[account]], "enabled",
                     enabled == STATE_UNKNOWN ? json_null() : json_boolean(enabled == STATE_YES),
                     "dn", look_text(look, accounts->dn[account]));
}

json_t *owned_fact_accounts(const Look *look, const GArray *accounts)
{
    return facts_of(look, accounts, owned_fact_account);
}

static json_t *fact_group(const Look *look, uint32_t group)
{
    const Groups *groups = &look->reconciliation.snapshot->groups;

    return json_pack("{s:o s:o s:o}", "name", look_text(look, groups->name[group]), "governed",
                     look_kinds(look, group), "dn", look_text(look, groups->dn[group]));
}

json_t *owned_fact_groups(const Look *look, const GArray *groups)
{
    return facts_of(look, groups, fact_group);
}

static json_t *fact_person(const Look *look, uint32_t person)
{
    const People *people = &look->reconciliation.snapshot->people;

    return json_pack(
        "{s:o s:o s:o s:o s:o s:o}", "id", look_text(look, people->id[person]), "name",
        look_text(look, people->name[person]), "kind", look_text(look, people->kind[person]),
        "department", look_text(look, people->department[person]), "title",
        look_text(look, people->title[person]), "end_date", fact_day(people->end_day[person]));
}

json_t *owned_fact_people(const Look *look, const GArray *people)
{
    return facts_of(look, people, fact_person);
}

json_t *owned_fact_assets(const Look *look, const GArray *rows, uint32_t person)
{
    static const char *const roles[] = {[OWNED_AS_OWNER] = "owner",
                                        [OWNED_AS_CUSTODIAN] = "custodian",
                                        [OWNED_AS_OWNER | OWNED_AS_CUSTODIAN] =
                                            "owner and custodian"};
    const Assets *assets = &look->reconciliation.snapshot->assets;
    json_t *list = json_array();

    for (guint i = 0; i < rows->len; i++) {
        uint32_t asset = g_array_index(rows, uint32_t, i);
        json_array_append_new(list, json_pack("{s:o s:o s:o s:o s:s}", "id",
                                              look_text(look, assets->id[asset]), "name",
                                              look_text(look, assets->name[asset]), "kind",
                                              look_text(look, assets->kind[asset]), "status",
                                              look_text(look, assets->status_text[asset]), "as",
                                              roles[owned_asset_role(look, asset, person)]));
    }
    return list;
}

static json_t *fact_approval(const Look *look, uint32_t approval)
{
    const Approvals *approvals = &look->reconciliation.snapshot->approvals;

    return json_pack("{s:o s:o s:o s:o s:o s:o}", "id", look_text(look, approvals->id[approval]),
                     "group", look_text(look, approvals->group[approval]), "account",
                     look_text(look, approvals->account[approval]), "person_id",
                     look_text(look, approvals->person_id[approval]), "expires",
                     fact_time(approvals->expires_utc[approval]), "reference",
                     look_text(look, approvals->reference[approval]));
}

json_t *owned_fact_approvals(const Look *look, const GArray *approvals)
{
    return facts_of(look, approvals, fact_approval);
}

/* ---- what he has to decide ---- */

static bool append_review(json_t *row, void *rows)
{
    if (json_integer_value(json_object_get(row, "open")) > 0)
        json_array_append_new(rows, json_pack("{s:O s:O s:O s:O}", "id", json_object_get(row, "id"),
                                              "title", json_object_get(row, "title"), "due",
                                              json_object_get(row, "due"), "open",
                                              json_object_get(row, "open")));
    return true;
}

json_t *owned_fact_reviews(const Look *look, const Owned *owned, Ledger *ledger, GError **error)
{
    json_t *rows = json_array();
    bool is_read = true;

    for (guint i = 0; ledger != NULL && is_read && i < owned->ids->len; i++) {
        ReviewFilter filter = {.reviewer = owned->ids->pdata[i],
                               .now_utc = look->reconciliation.as_of_utc};
        is_read = ledger_reviews(ledger, &filter, append_review, rows, error);
    }
    if (is_read)
        return rows;
    json_decref(rows);
    return NULL;
}
