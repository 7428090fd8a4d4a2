/* leaver_handover.c: what of a leaver needs somebody else: what he owns, who reports to him, what
 * he approved, what he has still to decide. A leaver check against live directories and a nightly
 * run must say the same, so nothing here rests on what the check alone does not read: the accounts
 * and groups of other people. */

#include "run/leaver_verdict.h"

#include "base/times.h"
#include "run/facts.h"

typedef struct Handing {
    const Look *look;
    uint32_t person;
    const Owned *owned;
    Verdict *verdict;
} Handing;

static const char *text_of_ref(const Handing *handing, TextRef ref)
{
    return snapshot_text(handing->look->reconciliation.snapshot, ref);
}

static const char *source_name(const Handing *handing, uint8_t source)
{
    const Snapshot *snapshot = handing->look->reconciliation.snapshot;

    return source < snapshot->n_sources ? snapshot->sources[source].name : "";
}

/* Keys as identities have them: key, else DN, else name. */
static const char *entry_key(const Handing *handing, TextRef key, TextRef dn, TextRef name)
{
    return text_of_ref(handing, key != 0 ? key : dn != 0 ? dn : name);
}

/* ---- what he owns ---- */

static void add_account(const Handing *handing, uint32_t account)
{
    const Reconciliation *r = &handing->look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    const char *name = text_of_ref(handing, accounts->name[account]);
    const char *source = source_name(handing, accounts->source[account]);
    g_autofree char *text = g_strdup_printf("%s account %s (%s) needs another owner",
                                            account_classes[r->classes[account]], name, source);

    /* Nobody has to answer for what cannot be used. */
    if (leaver_account_usable(handing->look, account) != STATE_NO) {
        verdict_add_handover(
            handing->verdict,
            &(LeaverLine){.kind = "owned-account",
                          .source = source,
                          .key = entry_key(handing, accounts->key[account], accounts->dn[account],
                                           accounts->name[account]),
                          .name = name,
                          .text = text,
                          .due_utc = handing->verdict->due.owner_utc});
    }
}

static void add_group(const Handing *handing, uint32_t group)
{
    const Groups *groups = &handing->look->reconciliation.snapshot->groups;
    const char *name = text_of_ref(handing, groups->name[group]);
    const char *source = source_name(handing, groups->source[group]);
    g_autofree char *text = g_strdup_printf("group %s (%s) needs another owner", name, source);

    verdict_add_handover(handing->verdict,
                         &(LeaverLine){.kind = "owned-group",
                                       .source = source,
                                       .key = entry_key(handing, groups->key[group],
                                                        groups->dn[group], groups->name[group]),
                                       .name = name,
                                       .text = text,
                                       .due_utc = handing->verdict->due.owner_utc});
}

/* To hold an asset and to answer for it are two things: one is given back, the other handed over.
 */
static void add_asset(const Handing *handing, uint32_t asset)
{
    const Assets *assets = &handing->look->reconciliation.snapshot->assets;
    const char *id = text_of_ref(handing, assets->id[asset]);
    unsigned role = owned_asset_role(handing->look, asset, handing->person);
    g_autofree char *held = g_strdup_printf("%s is still assigned, as custodian", id);
    g_autofree char *owned = g_strdup_printf("%s needs another owner", id);
    LeaverLine line = {
        .source = source_name(handing, assets->source[asset]), .key = id, .name = id};

    if ((role & OWNED_AS_CUSTODIAN) != 0) {
        line.kind = "asset";
        line.text = held;
        line.due_utc = handing->verdict->due.asset_utc;
        verdict_add_line(handing->verdict, &line, STATE_YES);
    }
    if ((role & OWNED_AS_OWNER) != 0) {
        line.kind = "owned-asset";
        line.text = owned;
        line.due_utc = handing->verdict->due.owner_utc;
        verdict_add_handover(handing->verdict, &line);
    }
}

/* ---- who names him ---- */

static void add_person(const Handing *handing, const char *kind, const char *as, uint32_t person)
{
    const People *people = &handing->look->reconciliation.snapshot->people;
    const char *id = text_of_ref(handing, people->id[person]);
    const char *name = text_of_ref(handing, people->name[person]);
    g_autofree char *text = g_strdup_printf("%s (%s) needs another %s", name, id, as);

    verdict_add_handover(handing->verdict,
                         &(LeaverLine){.kind = kind,
                                       .source = source_name(handing, people->source[person]),
                                       .key = id,
                                       .name = name,
                                       .text = text,
                                       .due_utc = handing->verdict->due.owner_utc});
}

static void add_approval(const Handing *handing, uint32_t approval)
{
    const Approvals *approvals = &handing->look->reconciliation.snapshot->approvals;
    const char *id = text_of_ref(handing, approvals->id[approval]);
    /* Not whose it is: that would be told of somebody else in the leaver's case. */
    g_autofree char *text = g_strdup_printf("approval %s (%s) needs another approver", id,
                                            text_of_ref(handing, approvals->group[approval]));

    verdict_add_handover(handing->verdict,
                         &(LeaverLine){.kind = "approval",
                                       .source = source_name(handing, approvals->source[approval]),
                                       .key = id,
                                       .name = id,
                                       .text = text,
                                       .due_utc = handing->verdict->due.right_utc});
}

/* ---- what he has to decide ---- */

/* Who has left decides nothing any more, whatever the campaign's date. */
static void add_review(const Handing *handing, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    json_int_t n_open = json_integer_value(json_object_get(row, "open"));
    const char *title = json_string_value(json_object_get(row, "title"));
    int64_t due = TIME_UNKNOWN;
    g_autofree char *text = g_strdup_printf(
        "%" JSON_INTEGER_FORMAT " %s of the review \"%s\" (%s) %s another reviewer", n_open,
        n_open == 1 ? "decision" : "decisions", title, id, n_open == 1 ? "needs" : "need");

    time_parse(text_of(json_string_value(json_object_get(row, "due"))), NULL, &due);
    verdict_add_handover(
        handing->verdict,
        &(LeaverLine){.kind = "review",
                      .source = "",
                      .key = id,
                      .name = title,
                      .text = text,
                      .due_utc = due != TIME_UNKNOWN && due < handing->verdict->due.owner_utc
                                     ? due
                                     : handing->verdict->due.owner_utc});
}

/* null: they could not be read. */
static json_t *add_reviews(const Handing *handing, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    json_t *rows = owned_fact_reviews(handing->look, handing->owned, ledger, &error), *row;
    size_t i;

    if (rows == NULL) {
        verdict_unsure(handing->verdict, "what reviews wait for this person: %s", error->message);
        return json_null();
    }
    json_array_foreach(rows, i, row)
    {
        add_review(handing, row);
    }
    return rows;
}

/* ---- all of it ---- */

static uint32_t at(const GArray *rows, guint i)
{
    return g_array_index(rows, uint32_t, i);
}

static void add_lines(const Handing *handing)
{
    const Owned *owned = handing->owned;

    for (guint i = 0; i < owned->assets->len; i++)
        add_asset(handing, at(owned->assets, i));
    for (guint i = 0; i < owned->accounts->len; i++)
        add_account(handing, at(owned->accounts, i));
    for (guint i = 0; i < owned->groups->len; i++)
        add_group(handing, at(owned->groups, i));
    for (guint i = 0; i < owned->reports->len; i++)
        add_person(handing, "report", "manager", at(owned->reports, i));
    for (guint i = 0; i < owned->sponsored->len; i++)
        add_person(handing, "sponsored", "sponsor", at(owned->sponsored, i));
    for (guint i = 0; i < owned->standing->len; i++)
        add_approval(handing, at(owned->standing, i));
}

void leaver_add_handover(const Look *look, uint32_t person, const Owned *owned, Ledger *ledger,
                         Verdict *verdict, json_t *facts)
{
    Handing handing = {.look = look, .person = person, .owned = owned, .verdict = verdict};
    json_t *accounts = owned_fact_accounts(look, owned->accounts);
    json_t *groups = owned_fact_groups(look, owned->groups);

    /* A scoped pull reads in another order. */
    look_sort(accounts, (const char *const[]){"source", "name", "dn", NULL});
    look_sort(groups, (const char *const[]){"name", "dn", NULL});
    add_lines(&handing);
    json_object_set_new(facts, "assets", owned_fact_assets(look, owned->assets, person));
    json_object_set_new(facts, "owned_accounts", accounts);
    json_object_set_new(facts, "owned_groups", groups);
    json_object_set_new(facts, "direct_reports", owned_fact_people(look, owned->reports));
    json_object_set_new(facts, "sponsored", owned_fact_people(look, owned->sponsored));
    json_object_set_new(facts, "approvals_given", owned_fact_approvals(look, owned->standing));
    json_object_set_new(facts, "reviews", add_reviews(&handing, ledger));
}
