/* leaver_facts.c: what is true of one leaver now, and what follows from it. */

#include "run/leaver_verdict.h"

#include "base/times.h"
#include "controls/judgement.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/when.h"

/* ---- accounts ---- */

/* "disabled", "expired", "locked", "enabled", "unknown": the strongest that holds. Locked is not
 * closed: who is locked out may come back by himself. */
static const char *account_state(const Look *look, uint32_t account)
{
    const Accounts *accounts = &look->reconciliation.snapshot->accounts;

    if (accounts->enabled[account] == STATE_NO)
        return "disabled";
    switch (leaver_account_usable(look, account)) {
    case STATE_NO:
        return "expired";
    case STATE_YES:
        return accounts->locked[account] == STATE_YES ? "locked" : "enabled";
    case STATE_UNKNOWN:
        break;
    }
    return "unknown";
}

static json_t *fact_state(State state)
{
    return state == STATE_UNKNOWN ? json_null() : json_boolean(state == STATE_YES);
}

/* [account, group, …, governed group] */
static json_t *fact_path(const Look *look, uint32_t account, uint32_t group)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) hops = path_shortest(look->reconciliation.graph, account, group);
    json_t *path = json_array();

    json_array_append_new(path, look_text(look, snapshot->accounts.name[account]));
    for (guint i = 0; hops != NULL && i < hops->len; i++)
        json_array_append_new(
            path, look_text(look, snapshot->groups.name[g_array_index(hops, Hop, i).group]));
    return path;
}

static void add_right(const Look *look, uint32_t account, uint32_t group, Verdict *verdict)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const Accounts *accounts = &snapshot->accounts;
    const Groups *groups = &snapshot->groups;
    const char *name = snapshot_text(snapshot, accounts->name[account]);
    g_autofree char *text =
        g_strdup_printf("%s is in %s", name, snapshot_text(snapshot, groups->name[group]));
    bool is_privileged = bitset_has(&look->reconciliation.governed->privileged, group);

    verdict_add_line(verdict,
                     &(LeaverLine){.kind = "right",
                                   .source = snapshot->sources[accounts->source[account]].name,
                                   .key = snapshot_text(snapshot, accounts->key[account]),
                                   .object_source = snapshot->sources[groups->source[group]].name,
                                   .object_key = snapshot_text(snapshot, groups->key[group]),
                                   .name = name,
                                   .text = text,
                                   .due_utc = is_privileged ? verdict->due.privileged_right_utc
                                                            : verdict->due.right_utc},
                     STATE_YES);
}

static json_t *fact_groups(const Look *look, uint32_t account, Verdict *verdict)
{
    const Reconciliation *r = &look->reconciliation;
    const Groups *groups = &r->snapshot->groups;
    g_autoptr(GArray) found = path_groups_of(r->graph, account);
    json_t *list = json_array();

    for (guint i = 0; i < found->len; i++) {
        uint32_t group = g_array_index(found, uint32_t, i);

        if (!bitset_has(&r->governed->any, group))
            continue;
        json_array_append_new(list, json_pack("{s:o s:o s:o s:o}", "name",
                                              look_text(look, groups->name[group]), "governed",
                                              look_kinds(look, group), "path",
                                              fact_path(look, account, group), "dn",
                                              look_text(look, groups->dn[group])));
        add_right(look, account, group, verdict);
    }
    return list;
}

static json_t *fact_last_logon(int64_t last_logon)
{
    return last_logon == TIME_NEVER ? json_string("never") : fact_time(last_logon);
}

static json_t *fact_account(const Look *look, uint32_t account, json_t *groups)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    g_autofree char *rule = links_made_by(r->links, account);
    json_t *facts = json_pack(
        "{s:o s:s s:s s:s s:o s:o s:o s:o}", "name", look_text(look, accounts->name[account]),
        "source", r->snapshot->sources[accounts->source[account]].name, "class",
        account_classes[r->classes[account]], "state", account_state(look, account), "open",
        fact_state(leaver_account_usable(look, account)), "enabled",
        fact_state((State)accounts->enabled[account]), "locked",
        fact_state((State)accounts->locked[account]), "expires",
        fact_time(accounts->expires_utc[account]));

    when_set_account(look, facts, account);
    json_object_set_new(facts, "last_logon", fact_last_logon(accounts->last_logon_utc[account]));
    json_object_set_new(facts, "last_logon_slack_days",
                        json_integer(accounts->last_logon_slack[account] / 86400));
    json_object_set_new(facts, "linked_by", fact_text(rule));
    json_object_set_new(facts, "dn", look_text(look, accounts->dn[account]));
    json_object_set_new(facts, "key", look_text(look, accounts->key[account]));
    json_object_set_new(facts, "groups", groups);
    return facts;
}

static json_t *fact_accounts(const Look *look, uint32_t person, Verdict *verdict)
{
    const Links *links = look->reconciliation.links;
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = json_array();

    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        const char *name = snapshot_text(snapshot, snapshot->accounts.name[account]);
        const char *source = snapshot->sources[snapshot->accounts.source[account]].name;
        State usable = leaver_account_usable(look, account);
        g_autofree char *text =
            g_strdup_printf("account %s (%s) is %s", name, source, account_state(look, account));

        verdict_add_line(
            verdict,
            &(LeaverLine){.kind = "account",
                          .source = source,
                          .key = snapshot_text(snapshot, snapshot->accounts.key[account]),
                          .name = name,
                          .text = text,
                          .due_utc = verdict->due.account_utc},
            usable);
        if (usable == STATE_UNKNOWN)
            verdict_unsure(verdict, "whether account %s (%s) can be used is not known", name,
                           source);
        json_array_append_new(list,
                              fact_account(look, account, fact_groups(look, account, verdict)));
    }
    look_sort(list, (const char *const[]){"source", "name", "dn", "key",
                                          NULL}); /* as `person` lists them */
    return list;
}

/* Accounts that could be this person's or another's. */
static json_t *fact_ambiguous(const Look *look, uint32_t person, Verdict *verdict)
{
    const Links *links = look->reconciliation.links;
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = json_array();

    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        const GArray *people = g_hash_table_lookup(links->candidates, GUINT_TO_POINTER(account));
        json_t *candidates = json_array();
        bool is_candidate = false;

        for (guint i = 0; people != NULL && i < people->len; i++) {
            uint32_t candidate = g_array_index(people, uint32_t, i);
            is_candidate |= candidate == person;
            json_array_append_new(candidates, look_person(look, candidate));
        }
        if (!is_candidate) {
            json_decref(candidates);
            continue;
        }
        if (leaver_account_usable(look, account) != STATE_NO)
            verdict_unsure(verdict, "account %s (%s) could be of several people",
                           snapshot_text(snapshot, snapshot->accounts.name[account]),
                           snapshot->sources[snapshot->accounts.source[account]].name);
        Verdict aside = {.open = json_array()};
        json_t *facts = fact_account(look, account, fact_groups(look, account, &aside));
        json_object_set_new(facts, "candidates", candidates);
        json_array_append_new(list, facts);
        json_decref(aside.open);
    }
    return list;
}

/* ---- sources ---- */

#define PROVIDES_WHAT_IS_CLOSED (PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS | PROVIDES_ASSETS)

static void judge_source(const Look *look, const SourceRecord *source, Verdict *verdict)
{
    if (source->status != SOURCE_COMPLETE) {
        verdict_unsure(verdict, "%s: %s: %s", source->name, source_status_text(source->status),
                       source->reason != NULL ? source->reason : "?");
        return;
    }
    g_autofree char *age =
        intake_age_problem(source, look->reconciliation.settings, look->reconciliation.as_of_utc);
    if (age != NULL)
        verdict_unsure(verdict, "%s: %s", source->name, age);
    if (source->counts.rejected > 0 && (source->provides & PROVIDES_WHAT_IS_CLOSED) != 0)
        verdict_unsure(verdict, "%s: %" G_GINT64_FORMAT " records could not be used: %s",
                       source->name, source->counts.rejected,
                       source->rejections->len > 0 ? (const char *)source->rejections->pdata[0]
                                                   : "?");
}

static void judge_sources(const Look *look, bool has_keys, Verdict *verdict)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    bool has_accounts = false;

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        has_accounts |=
            source->provides == PROVIDES_DIRECTORY || source->provides == PROVIDES_ACCOUNTS;
        judge_source(look, source, verdict);
    }
    if (!has_accounts)
        verdict_unsure(verdict, "no source of accounts is configured");
    if (!has_keys)
        verdict_unsure(verdict, "the roster has nothing of this person that a correlation "
                                "rule could find an account by");
}

/* Files are as old as they are: whoever reads "live" must know. */
static json_t *fact_files(const Snapshot *snapshot)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        bool is_file = false;
        for (guint n = 0; n < source->notes->len; n++)
            is_file |= g_str_has_prefix(source->notes->pdata[n], "file=");
        if (is_file && source->status == SOURCE_COMPLETE &&
            (source->provides & PROVIDES_WHAT_IS_CLOSED) != 0)
            json_array_append_new(list, json_pack("{s:s s:o}", "source", source->name, "newest",
                                                  fact_time(source->newest_utc)));
    }
    return list;
}

/* ---- all of it ---- */

void leaver_add_accounts(const Look *look, uint32_t person, GArray *accounts)
{
    const Links *links = look->reconciliation.links;
    GHashTableIter candidates;
    gpointer account, people;

    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++)
        when_add_account(look, links->person_accounts[i], accounts);
    g_hash_table_iter_init(&candidates, links->candidates);
    while (g_hash_table_iter_next(&candidates, &account, &people)) {
        const GArray *list = people;
        for (guint i = 0; i < list->len; i++) {
            if (g_array_index(list, uint32_t, i) == person)
                when_add_account(look, GPOINTER_TO_UINT(account), accounts);
        }
    }
}

json_t *leaver_person(const Look *look, uint32_t person)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const People *people = &snapshot->people;
    uint32_t manager =
        people->manager_id[person] != 0
            ? snapshot_find_person(snapshot, snapshot_text(snapshot, people->manager_id[person]))
            : NONE;
    int64_t left = person_left_at(snapshot, person, look->reconciliation.as_of_utc);

    return json_pack("{s:o s:o s:o s:o s:o s:o s:o s:o s:b}", "id",
                     look_text(look, people->id[person]), "name",
                     look_text(look, people->name[person]), "department",
                     look_text(look, people->department[person]), "title",
                     look_text(look, people->title[person]), "manager", look_person(look, manager),
                     "status", look_text(look, people->status_text[person]), "last_working_day",
                     fact_day(people->last_day[person]), "end_date",
                     fact_day(people->end_day[person]), "has_left", left != TIME_NEVER);
}

json_t *leaver_facts(const Look *look, const LeaverQuestion *question)
{
    uint32_t person = question->person;
    Verdict verdict = {.lines = json_array(),
                       .open = json_array(),
                       .unsure = json_array(),
                       .handover = json_array(),
                       .due = leaver_due(look, person, question->asked)};
    json_t *facts = json_pack("{s:o}", "person", leaver_person(look, person));
    json_t *accounts = fact_accounts(look, person, &verdict);
    json_t *ambiguous = fact_ambiguous(look, person, &verdict);

    leaver_add_handover(look, person, question->owned, question->ledger, &verdict, facts);
    judge_sources(look, question->has_keys, &verdict);
    json_object_set_new(facts, "closed", verdict_closed(&verdict));
    json_object_set_new(facts, "lines", verdict.lines);
    json_object_set_new(facts, "open", verdict.open);
    json_object_set_new(facts, "handover", verdict.handover);
    json_object_set_new(facts, "unsure", verdict.unsure);
    json_object_set_new(facts, "accounts", accounts);
    json_object_set_new(facts, "ambiguous_accounts", ambiguous);
    json_object_set_new(facts, "files", fact_files(look->reconciliation.snapshot));
    json_object_set_new(facts, "checked", fact_time(look->reconciliation.as_of_utc));
    return facts;
}
