#include "run/when.h"

#include "controls/judgement.h"
#include "intake/times.h"
#include "run/facts.h"
#include "run/terminal.h"

/* ---- asking ---- */

static void add_id(GArray *ids, uint32_t id)
{
    g_array_append_val(ids, id);
}

static bool records_any(const Snapshot *snapshot, unsigned what)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].recorded_times & what) != 0)
            return true;
    }
    return false;
}

static bool is_disabled_leaver(const Reconciliation *r, uint32_t account, int64_t *ret_left)
{
    const Accounts *accounts = &r->snapshot->accounts;
    unsigned recorded = r->snapshot->sources[accounts->source[account]].recorded_times;

    if (accounts->enabled[account] != STATE_NO || (recorded & RECORDS_STATE) == 0 ||
        r->links->person_link[account] != PERSON_LINK_ONE)
        return false;
    *ret_left = person_left_at(r->snapshot, r->links->person[account], r->as_of_utc);
    return *ret_left != TIME_NEVER;
}

/* Runs have seen it usable, so that the recorded instant may say when exactly that ended. */
static bool has_stopped(const Reconciliation *r, uint32_t account)
{
    return r->recall != NULL && memory_stopped(ledger_recall_memory(r->recall), account) != NULL;
}

/* Subjects of leaver-logon, leaver-late and leaver-rights. */
static void choose_accounts(const Reconciliation *r, Bitset *chosen)
{
    const Accounts *accounts = &r->snapshot->accounts;
    int64_t left = TIME_UNKNOWN;

    for (uint32_t account = 0; account < accounts->n; account++) {
        if (is_disabled_leaver(r, account, &left) && left != TIME_UNKNOWN &&
            (accounts->last_logon_utc[account] > left || has_stopped(r, account)))
            bitset_add(chosen, account);
    }
    for (uint32_t group = 0; group < r->snapshot->groups.n; group++) {
        size_t n = 0;
        const uint32_t *members = bitset_has(&r->governed->any, group)
                                      ? effective_members(r->effective, group, &n)
                                      : NULL;
        for (size_t i = 0; i < n; i++) {
            if (is_disabled_leaver(r, members[i], &left))
                bitset_add(chosen, members[i]);
        }
    }
}

static void choose_groups(const Reconciliation *r, Bitset *groups, Bitset *accounts)
{
    const Groups *all = &r->snapshot->groups;

    for (uint32_t group = 0; group < all->n; group++) {
        size_t n = 0;
        if (!bitset_has(&r->governed->privileged, group))
            continue;
        effective_members(r->effective, group, &n);
        const uint32_t *inner = effective_groups_seen(r->effective, &n);
        bitset_add(groups, group);
        for (size_t i = 0; i < n; i++)
            bitset_add(groups, inner[i]);
        for (uint32_t m = all->first_member[group]; m < all->first_member[group + 1]; m++) {
            if (all->members_via[m] == VIA_PRIMARY_GROUP &&
                principal_kind(all->members[m]) == PRINCIPAL_ACCOUNT)
                bitset_add(accounts, principal_id(all->members[m]));
        }
    }
}

static GArray *ids_of(const Bitset *set, uint32_t n)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t id = 0; id < n; id++) {
        if (bitset_has(set, id))
            add_id(ids, id);
    }
    return ids;
}

void when_ask_for_judging(Reconciliation *r)
{
    g_auto(Bitset) accounts = bitset_new(r->snapshot->accounts.n);
    g_auto(Bitset) groups = bitset_new(r->snapshot->groups.n);

    if (records_any(r->snapshot, RECORDS_STATE))
        choose_accounts(r, &accounts);
    if (records_any(r->snapshot, RECORDS_MEMBER | RECORDS_PRIMARY_GROUP))
        choose_groups(r, &groups, &accounts);
    g_autoptr(GArray) account_ids = ids_of(&accounts, r->snapshot->accounts.n);
    g_autoptr(GArray) group_ids = ids_of(&groups, r->snapshot->groups.n);
    r->times_messages = g_ptr_array_new_with_free_func(g_free);
    r->times =
        intake_pull_times(r->settings, r->snapshot, account_ids, group_ids, r->times_messages);
}

void when_ask(Look *look, const GArray *accounts, const GArray *groups)
{
    Reconciliation *r = &look->reconciliation;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);

    if (look->past != NULL) {
        return; /* nobody can be asked what is not in the history */
    }
    times_free(r->times);
    r->times = intake_pull_times(r->settings, r->snapshot, accounts, groups, messages);
    for (guint i = 0; i < messages->len; i++)
        say_error("%s", (const char *)messages->pdata[i]);
}

void when_add_account(const Look *look, uint32_t account, GArray *accounts)
{
    const Accounts *all = &look->reconciliation.snapshot->accounts;

    if (all->enabled[account] == STATE_NO || all->locked[account] == STATE_YES)
        add_id(accounts, account);
}

void when_add_hops(const GArray *hops, GArray *accounts, GArray *groups)
{
    for (guint i = 0; hops != NULL && i < hops->len; i++) {
        const Hop *hop = &g_array_index(hops, Hop, i);

        if (hop->via == VIA_PRIMARY_GROUP && principal_kind(hop->member) == PRINCIPAL_ACCOUNT)
            add_id(accounts, principal_id(hop->member));
        else if (hop->via != VIA_PRIMARY_GROUP)
            add_id(groups, hop->group);
    }
}

/* ---- as JSON ---- */

static void set_answer(const Look *look, json_t *facts, const char *name, TimesAnswer answer,
                       int64_t utc, const char *meaning)
{
    g_autofree char *note_name = g_strconcat(name, "_note", NULL);
    const char *text = look->past != NULL && answer == TIMES_NOT_ASKED ? "not kept by the history"
                                                                       : times_answer_text(answer);
    g_autofree char *is = answer == TIMES_RECORDED && meaning != NULL
                              ? g_strdup_printf("%s: %s", text, meaning)
                              : g_strdup(text);

    json_object_set_new(facts, name, answer == TIMES_RECORDED ? fact_time(utc) : json_null());
    json_object_set_new(facts, note_name, json_string(is));
}

void when_set_account(const Look *look, json_t *facts, uint32_t account)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    int64_t utc = TIME_UNKNOWN;

    json_object_set_new(facts, "disabled_at", json_null());
    json_object_set_new(facts, "disabled_at_note", json_null());
    if (accounts->enabled[account] == STATE_NO) {
        TimesAnswer answer = times_disabled(r->times, r->snapshot, account, &utc);
        set_answer(look, facts, "disabled_at", answer, utc,
                   "the latest change of userAccountControl");
    }
    json_object_set_new(facts, "locked_at", json_null());
    json_object_set_new(facts, "locked_at_note", json_null());
    if (accounts->locked[account] == STATE_YES) {
        TimesAnswer answer = times_locked(r->times, r->snapshot, account, &utc);
        set_answer(look, facts, "locked_at", answer, utc, NULL);
    }
}

void when_set_granted(const Look *look, json_t *facts, Principal member, uint32_t group,
                      EdgeVia via)
{
    const Reconciliation *r = &look->reconciliation;
    int64_t utc = TIME_UNKNOWN;
    TimesAnswer answer = times_granted(r->times, r->snapshot, member, group, via, &utc);

    set_answer(look, facts, "granted_at", answer, utc, NULL);
}

/* ---- from the ledger ---- */

typedef struct Search {
    const char *account_source, *account_key, *group_key;
    char *id, *first_seen;
} Search;

static const char *text_at(const json_t *object, const char *party, const char *name)
{
    return json_string_value(json_object_get(json_object_get(object, party), name));
}

/* Of several controls about one right the one that reported it first. */
static bool find_right(json_t *row, void *data)
{
    Search *search = data;
    const char *first_seen = json_string_value(json_object_get(row, "first_seen"));

    if (g_strcmp0(text_at(row, "subject", "type"), "right") != 0 ||
        g_strcmp0(text_at(row, "subject", "source"), search->account_source) != 0 ||
        g_strcmp0(text_at(row, "subject", "key"), search->account_key) != 0 ||
        g_strcmp0(text_at(row, "object", "key"), search->group_key) != 0 ||
        (search->first_seen != NULL && g_strcmp0(first_seen, search->first_seen) >= 0))
        return true;
    g_free(search->id);
    g_free(search->first_seen);
    search->id = g_strdup(json_string_value(json_object_get(row, "id")));
    search->first_seen = g_strdup(first_seen);
    return true;
}

json_t *when_first_reported(const Look *look, uint32_t account, uint32_t group)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    Search search = {.account_source = snapshot->sources[snapshot->accounts.source[account]].name,
                     .account_key = snapshot_text(snapshot, snapshot->accounts.key[account]),
                     .group_key = snapshot_text(snapshot, snapshot->groups.key[group])};
    int64_t at_run = look->past != NULL ? look->past->run : 0;
    LedgerFilter filter = {.account = search.account_key, .at_run = at_run};
    g_autoptr(GError) error = NULL;
    json_t *began = NULL;

    if (look->ledger != NULL &&
        !ledger_exceptions(look->ledger, &filter, find_right, &search, &error)) {
        say_error("%s", error->message);
    } else if (search.id != NULL) {
        began = ledger_began_at(look->ledger, search.id, at_run, &error);
        json_object_set_new(began, "exception", json_string(search.id));
    }
    g_free(search.id);
    g_free(search.first_seen);
    return began != NULL ? began : json_null();
}

/* ---- as text ---- */

char *when_disabled_text(const json_t *facts)
{
    const char *at = json_string_value(json_object_get(facts, "disabled_at"));
    const char *is = json_string_value(json_object_get(facts, "disabled_at_note"));

    if (is == NULL)
        return g_strdup("");
    return at != NULL ? g_strdup_printf(" since %s or earlier (recorded by the directory)", at)
                      : g_strdup_printf(" (since when: %s)", is);
}

char *when_granted_text(const json_t *facts)
{
    const char *at = json_string_value(json_object_get(facts, "granted_at"));
    const char *is = json_string_value(json_object_get(facts, "granted_at_note"));

    return at != NULL ? g_strdup_printf("granted %s, %s", at, is)
                      : g_strdup_printf("granted when: %s", is != NULL ? is : "not known");
}
