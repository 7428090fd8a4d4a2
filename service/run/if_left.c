/* if_left.c: what would have nobody to answer for it if a person left today. */

#include "run/if_left.h"

#include "controls/judgement.h"
#include "model/lookup.h"
#include "run/facts.h"

#include <string.h>

/* Whose row it is now: somebody who came back under a new number owns what carries the old one. */
static uint32_t who(const Look *look, uint32_t person)
{
    return person_speaking(look->reconciliation.snapshot, person);
}

static bool is_owned_by(const Look *look, const Owner *owner, uint32_t person)
{
    return owner_person(owner) != NONE && who(look, owner_person(owner)) == person;
}

static json_t *account_row(const Look *look, uint32_t account)
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

static json_t *own_accounts(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    json_t *list = json_array();

    for (uint32_t account = 0; account < look->reconciliation.snapshot->accounts.n; account++) {
        if (links->person[account] != NONE && who(look, links->person[account]) == person) {
            json_array_append_new(list, account_row(look, account));
        }
    }
    return list;
}

/* Accounts that are not his own: of services, shared ones, of whoever he answers for. */
static json_t *owned_accounts(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    json_t *list = json_array();

    for (uint32_t account = 0; account < look->reconciliation.snapshot->accounts.n; account++) {
        if (is_owned_by(look, &links->account_owner[account], person)) {
            json_array_append_new(list, account_row(look, account));
        }
    }
    return list;
}

static json_t *owned_groups(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    const Groups *groups = &look->reconciliation.snapshot->groups;
    json_t *list = json_array();

    for (uint32_t group = 0; group < groups->n; group++) {
        if (is_owned_by(look, &links->group_owner[group], person)) {
            json_array_append_new(list, json_pack("{s:o s:o s:o}", "name",
                                                  look_text(look, groups->name[group]), "governed",
                                                  look_kinds(look, group), "dn",
                                                  look_text(look, groups->dn[group])));
        }
    }
    return list;
}

static json_t *assets_of(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    const Assets *assets = &look->reconciliation.snapshot->assets;
    json_t *list = json_array();

    for (uint32_t i = 0; i < assets->n; i++) {
        bool is_owner = is_owned_by(look, &links->asset_owner[i], person);
        bool is_custodian = is_owned_by(look, &links->asset_custodian[i], person);
        bool is_over =
            assets->status[i] == ASSET_STATUS_RETIRED || assets->status[i] == ASSET_STATUS_LOST;

        if ((!is_owner && !is_custodian) || is_over) {
            continue;
        }
        const char *as = is_owner && is_custodian ? "owner and custodian"
                         : is_owner               ? "owner"
                                                  : "custodian";
        json_array_append_new(list, json_pack("{s:o s:o s:o s:o s:s}", "id",
                                              look_text(look, assets->id[i]), "name",
                                              look_text(look, assets->name[i]), "kind",
                                              look_text(look, assets->kind[i]), "status",
                                              look_text(look, assets->status_text[i]), "as", as));
    }
    return list;
}

/* People who are still here and whose column names the person. */
static json_t *people_of(const Look *look, const TextRef *column, uint32_t person)
{
    const Reconciliation *r = &look->reconciliation;
    const People *people = &r->snapshot->people;
    json_t *list = json_array();

    for (uint32_t i = 0; i < people->n; i++) {
        uint32_t named =
            column[i] != 0
                ? snapshot_find_person(r->snapshot, snapshot_text(r->snapshot, column[i]))
                : NONE;

        if (named == NONE || who(look, named) != person || who(look, i) != i ||
            person_left_at(r->snapshot, i, r->as_of_utc) != TIME_NEVER) {
            continue;
        }
        json_array_append_new(
            list,
            json_pack("{s:o s:o s:o s:o s:o s:o}", "id", look_text(look, people->id[i]), "name",
                      look_text(look, people->name[i]), "kind", look_text(look, people->kind[i]),
                      "department", look_text(look, people->department[i]), "title",
                      look_text(look, people->title[i]), "end_date", fact_day(people->end_day[i])));
    }
    return list;
}

/* Those that have not ended. */
static json_t *approvals_by(const Look *look, uint32_t person)
{
    const Reconciliation *r = &look->reconciliation;
    const Approvals *approvals = &r->snapshot->approvals;
    json_t *list = json_array();

    for (uint32_t i = 0; i < approvals->n; i++) {
        int64_t until = approvals->expires_utc[i];

        if (approvals->approved_by[i] == 0 || (until != TIME_UNKNOWN && until <= r->as_of_utc)) {
            continue;
        }
        Owner approver =
            links_find_owner(r->links, snapshot_text(r->snapshot, approvals->approved_by[i]));

        if (is_owned_by(look, &approver, person)) {
            json_array_append_new(
                list,
                json_pack("{s:o s:o s:o s:o s:o s:o}", "id", look_text(look, approvals->id[i]),
                          "group", look_text(look, approvals->group[i]), "account",
                          look_text(look, approvals->account[i]), "person_id",
                          look_text(look, approvals->person_id[i]), "expires", fact_time(until),
                          "reference", look_text(look, approvals->reference[i])));
        }
    }
    return list;
}

json_t *if_left_facts(const Look *look, uint32_t row)
{
    const People *people = &look->reconciliation.snapshot->people;
    uint32_t person = who(look, row);
    json_t *facts = look_person(look, person);

    json_object_set_new(facts, "own_accounts", own_accounts(look, person));
    json_object_set_new(facts, "owned_accounts", owned_accounts(look, person));
    json_object_set_new(facts, "owned_groups", owned_groups(look, person));
    json_object_set_new(facts, "assets", assets_of(look, person));
    json_object_set_new(facts, "direct_reports", people_of(look, people->manager_id, person));
    json_object_set_new(facts, "sponsored", people_of(look, people->sponsor_id, person));
    json_object_set_new(facts, "approvals_given", approvals_by(look, person));
    return facts;
}
