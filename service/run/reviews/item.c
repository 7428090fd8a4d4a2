#include "run/reviews/item.h"

#include "controls/judgement.h"
#include "controls/parties.h"
#include "controls/peers.h"
#include "membership/path.h"
#include "review/advice.h"
#include "run/facts.h"
#include "run/reviews/holders.h"

#include <string.h>

#define SECONDS_OF_DAY 86400

static json_t *text_of_ref(const Reconciliation *r, TextRef ref)
{
    return fact_text(snapshot_text(r->snapshot, ref));
}

static json_t *person_fact(const Reconciliation *r, uint32_t person)
{
    const People *people = &r->snapshot->people;

    if (person == NONE)
        return json_null();
    return json_pack("{s:o s:o}", "id", text_of_ref(r, people->id[person]), "name",
                     text_of_ref(r, people->name[person]));
}

static json_t *dn_of(const Reconciliation *r, Principal member)
{
    uint32_t id = principal_id(member);

    return text_of_ref(r, principal_kind(member) == PRINCIPAL_GROUP ? r->snapshot->groups.dn[id]
                                                                    : r->snapshot->accounts.dn[id]);
}

/* ---- what the right is ---- */

static const char *const risks[] = {"low", "medium", "high", NULL};

static int risk_rank(const char *risk)
{
    for (int i = 0; risks[i] != NULL; i++) {
        if (g_strcmp0(risks[i], risk) == 0)
            return i;
    }
    return -1;
}

/* What the entitlements say that the group grants, and the highest of their risks. */
static void set_meaning(const ItemMaking *making, uint32_t group, json_t *facts)
{
    const Governed *governed = making->r->governed;
    g_autoptr(GArray) lines = governed_entitlements_of(governed, group);
    const char *means = NULL;
    int rank = -1;

    for (guint i = 0; i < lines->len; i++) {
        const Entitlement *line = &governed->entitlements[g_array_index(lines, uint32_t, i)];
        means = means == NULL && line->means != NULL && *line->means != '\0' ? line->means : means;
        rank = MAX(rank, risk_rank(line->risk));
    }
    json_object_set_new(facts, "means", fact_text(means));
    bool is_privileged = bitset_has(&governed->privileged, group);
    json_object_set_new(facts, "risk",
                        fact_text(is_privileged ? "privileged"
                                  : rank >= 0   ? risks[rank]
                                                : NULL));
}

/* "path": names from the account to the group; "cut": the first edge to take away. */
static void set_way(const ItemMaking *making, const PopulationRow *row, json_t *facts)
{
    const Reconciliation *r = making->r;
    g_autoptr(GArray) cut = path_cut(r->graph, row->account, row->group);
    json_t *path = json_array(), *cuts = json_array();

    json_array_append_new(path, text_of_ref(r, r->snapshot->accounts.name[row->account]));
    for (guint i = 0; i < row->hops->len; i++) {
        const Hop *hop = &g_array_index(row->hops, Hop, i);
        json_array_append_new(path, text_of_ref(r, r->snapshot->groups.name[hop->group]));
    }
    for (guint i = 0; i < cut->len; i++) {
        const Hop *hop = &g_array_index(cut, Hop, i);
        json_array_append_new(cuts, json_pack("{s:o s:o s:s}", "member_dn", dn_of(r, hop->member),
                                              "group_dn",
                                              dn_of(r, principal_of(PRINCIPAL_GROUP, hop->group)),
                                              "via", edge_via_text(hop->via)));
    }
    json_object_set_new(facts, "path", path);
    json_object_set_new(facts, "direct", json_boolean(row->hops->len == 1));
    json_t *first = json_array_get(cuts, 0);
    json_object_set(facts, "cut", first != NULL ? first : json_null());
    json_object_set_new(facts, "cuts", cuts);
}

/* ---- since when ---- */

static json_t *instant(int64_t utc, const char *note)
{
    return json_pack("{s:o s:s}", "at", fact_time(utc), "note", note);
}

/* The right is as old as the youngest membership of its way, where all of them are recorded. */
static int64_t recorded_since(const ItemMaking *making, const PopulationRow *row)
{
    int64_t since = TIME_UNKNOWN;

    for (guint i = 0; i < row->hops->len; i++) {
        const Hop *hop = &g_array_index(row->hops, Hop, i);
        int64_t utc = TIME_UNKNOWN;

        if (times_granted(making->times, making->r->snapshot, hop->member, hop->group, hop->via,
                          &utc) != TIMES_RECORDED)
            return TIME_UNKNOWN;
        since = MAX(since, utc);
    }
    return since;
}

static json_t *since_fact(const ItemMaking *making, const PopulationRow *row)
{
    const Reconciliation *r = making->r;
    const Memory *memory = r->context.memory;
    uint8_t source = r->snapshot->groups.source[row->group];
    int64_t recorded = recorded_since(making, row);
    const KnownRight *known =
        memory != NULL ? memory_right(memory, row->account, row->group) : NULL;

    if (recorded != TIME_UNKNOWN)
        return instant(recorded, "recorded by the directory");
    if (memory == NULL || memory->source_since_utc[source] == TIME_UNKNOWN)
        return instant(TIME_UNKNOWN, "not known: this run is the first");
    if (known != NULL && known->first_seen_utc <= memory->source_since_utc[source])
        return instant(known->first_seen_utc, "or earlier: the first run saw it already");
    if (known != NULL)
        return instant(known->first_seen_utc, "first seen then, not by the run before");
    if (bitset_has(&r->governed->any, row->group))
        return instant(r->as_of_utc, "first seen now, not by the last run");
    return instant(TIME_UNKNOWN, "not known: nobody governed the group");
}

/* ---- use ---- */

static json_t *last_used_fact(const ItemMaking *making, uint32_t account)
{
    const Accounts *accounts = &making->r->snapshot->accounts;
    int64_t at = accounts->last_logon_utc[account];
    int64_t days = accounts->last_logon_slack[account] / SECONDS_OF_DAY;

    if (at == TIME_NEVER)
        return json_pack("{s:n s:I s:s}", "at", "uncertainty_days", (json_int_t)days, "note",
                         "the account was never used");
    if (at == TIME_UNKNOWN)
        return json_pack("{s:n s:n s:s}", "at", "uncertainty_days", "note",
                         "not recorded by this directory");
    return json_pack(
        "{s:o s:I s:s}", "at", fact_time(at), "uncertainty_days", (json_int_t)days, "note",
        days > 0 ? "of the account; may be later by that many days" : "of the account");
}

/* ---- approval ---- */

typedef struct ApprovalSearch {
    const Reconciliation *r;
    json_t *found;
} ApprovalSearch;

/* Whom the approver's text means, by name; else the text. */
static json_t *approver_of(const Reconciliation *r, uint32_t approval)
{
    uint32_t person = owner_person(&r->context.judgement->approvers[approval]);

    return person != NONE ? text_of_ref(r, r->snapshot->people.name[person])
                          : text_of_ref(r, r->snapshot->approvals.approved_by[approval]);
}

static bool take_valid(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    ApprovalSearch *search = data;
    const Approvals *approvals = &search->r->snapshot->approvals;

    if (verdict != APPROVAL_VALID)
        return true;
    TextRef reference = approvals->reference[approval] != 0 ? approvals->reference[approval]
                                                            : approvals->id[approval];
    search->found = json_pack("{s:o s:o s:o s:o}", "reference", text_of_ref(search->r, reference),
                              "by", approver_of(search->r, approval), "on",
                              fact_time(approvals->approved_utc[approval]), "expires",
                              fact_time(approvals->expires_utc[approval]));
    return false;
}

static json_t *approval_fact(const ItemMaking *making, uint32_t account, uint32_t group,
                             uint32_t person)
{
    ApprovalSearch search = {making->r, NULL};

    approvals_of(&making->r->context, group, account, person, take_valid, &search);
    return search.found != NULL ? search.found : json_null();
}

/* ---- peers and advice ---- */

typedef struct PeerCount {
    uint32_t others, holding;
} PeerCount;

static PeerCount count_peers(const ItemMaking *making, uint32_t group, uint32_t person)
{
    Peers *peers = judgement_peers(&making->r->context);

    if (person == NONE || peers_place(peers, person) == NONE) {
        return (PeerCount){0};
    }
    peers_count(peers, group);
    return (PeerCount){peers_others(peers, person), peers_holding(peers, person)};
}

static void set_advice(const ItemMaking *making, const PopulationRow *row, uint32_t person,
                       json_t *facts)
{
    const Reconciliation *r = making->r;
    const Accounts *accounts = &r->snapshot->accounts;
    PeerCount count = count_peers(making, row->group, person);
    g_autofree char *against = found_against(making->found, row->account, row->group);
    AdviceSigns signs = {.is_closed = r->context.judgement->usable[row->account] == STATE_NO,
                         .against = against,
                         .last_used_utc = accounts->last_logon_utc[row->account],
                         .uncertainty_seconds = accounts->last_logon_slack[row->account],
                         .as_of_utc = r->as_of_utc,
                         .others = count.others,
                         .holding = count.holding,
                         .zone = r->settings->timezone};

    json_object_set_new(facts, "peers",
                        count.others > 0 ? json_pack("{s:i s:i}", "holding", (int)count.holding,
                                                     "of", (int)count.others)
                                         : json_null());
    json_object_set_new(facts, "advice", review_advice(&signs));
}

/* ---- the last campaign ---- */

char *item_key(const char *source, const char *account_key, const char *group_source,
               const char *group_key)
{
    return g_strdup_printf("%s\x1f%s\x1f%s\x1f%s", source, account_key, group_source, group_key);
}

/* What would make a reviewer decide anew. */
static bool has_changed(const json_t *facts, const json_t *before)
{
    static const char *const members[] = {"path", "class", "department", "title", "manager"};

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        if (!json_equal(json_object_get(facts, members[i]), json_object_get(before, members[i])))
            return true;
    }
    return false;
}

static void set_earlier(const ItemMaking *making, const PopulationRow *row, json_t *facts)
{
    Party account = party_of(&making->r->context, SUBJECT_ACCOUNT, row->account);
    Party group = party_of(&making->r->context, SUBJECT_GROUP, row->group);
    g_autofree char *key = item_key(account.source, account.key, group.source, group.key);
    const json_t *before =
        making->earlier != NULL ? g_hash_table_lookup(making->earlier, key) : NULL;
    const json_t *decision = json_object_get(before, "decision");

    json_object_set_new(
        facts, "previous",
        json_is_object(decision)
            ? json_pack("{s:O s:O s:O s:O}", "review", json_object_get(before, "review"),
                        "decision", json_object_get(decision, "decision"), "by",
                        json_object_get(decision, "by"), "at", json_object_get(decision, "at"))
            : json_null());
    const char *change = making->earlier == NULL      ? NULL
                         : before == NULL             ? "new"
                         : has_changed(facts, before) ? "changed"
                                                      : "unchanged";
    json_object_set_new(facts, "change", fact_text(change));
}

/* ---- who ---- */

static void set_holder(const ItemMaking *making, uint32_t account, uint32_t person, json_t *facts)
{
    const Reconciliation *r = making->r;
    const Accounts *accounts = &r->snapshot->accounts;
    const People *people = &r->snapshot->people;
    State enabled = (State)accounts->enabled[account];

    json_object_set_new(facts, "class", json_string(account_classes[r->classes[account]]));
    json_object_set_new(facts, "enabled",
                        enabled == STATE_UNKNOWN ? json_null()
                                                 : json_boolean(enabled == STATE_YES));
    json_object_set_new(facts, "department",
                        text_of_ref(r, person != NONE ? people->department[person]
                                                      : accounts->department[account]));
    json_object_set_new(
        facts, "title",
        text_of_ref(r, person != NONE ? people->title[person] : accounts->title[account]));
    json_object_set_new(facts, "manager", person_fact(r, population_manager(r, person)));
    uint32_t owner = owner_person(&r->links->account_owner[account]);
    json_object_set_new(facts, "account_owner",
                        person_fact(r, owner != NONE ? person_speaking(r->snapshot, owner) : NONE));
}

static void set_reviewers(const ItemMaking *making, const PopulationRow *row, MadeItem *item)
{
    const Campaign *campaign = making->campaign;
    const char *const *holders = (const char *const *)item->holders;
    g_autofree char *why = NULL, *why_second = NULL;

    item->reviewer = chooser_choose(making->chooser, campaign->reviewer, row->account, row->group,
                                    holders, "", &why);
    json_object_set_new(item->facts, "chosen", json_string(why));
    if (campaign->second_stage != NULL) {
        const char *second = chooser_choose(making->chooser, campaign->second_stage, row->account,
                                            row->group, holders, item->reviewer, &why_second);
        json_object_set_new(item->facts, "second", fact_text(second));
    }
}

MadeItem item_make(const ItemMaking *making, const PopulationRow *row)
{
    const Reconciliation *r = making->r;
    uint32_t person = person_speaking(r->snapshot, person_of(&r->context, row->account));
    MadeItem item = {.facts = json_object(),
                     .holders = review_holders(r, row->account),
                     .person_id = person != NONE
                                      ? snapshot_text(r->snapshot, r->snapshot->people.id[person])
                                      : ""};
    const char *conflict = found_conflict(making->found, row->account, row->group);
    bool is_outlier = found_outlier(making->found, row->account, row->group);

    set_meaning(making, row->group, item.facts);
    set_holder(making, row->account, person, item.facts);
    json_object_set_new(item.facts, "account_dn", dn_of(r, row->account));
    json_object_set_new(item.facts, "group_dn",
                        dn_of(r, principal_of(PRINCIPAL_GROUP, row->group)));
    set_way(making, row, item.facts);
    json_object_set_new(item.facts, "since", since_fact(making, row));
    json_object_set_new(item.facts, "last_used", last_used_fact(making, row->account));
    json_object_set_new(item.facts, "approval",
                        approval_fact(making, row->account, row->group, person));
    json_object_set_new(item.facts, "conflict", fact_text(conflict));
    json_object_set_new(item.facts, "outlier", json_boolean(is_outlier));
    set_advice(making, row, person, item.facts);
    set_earlier(making, row, item.facts);
    json_object_set_new(item.facts, "exceptions",
                        found_exceptions(making->found, row->account, row->group));
    set_reviewers(making, row, &item);
    item.is_single =
        bitset_has(&r->governed->privileged, row->group) || conflict != NULL || is_outlier;
    return item;
}

void made_item_clear(MadeItem *item)
{
    json_decref(item->facts);
    g_free(item->holders);
}
