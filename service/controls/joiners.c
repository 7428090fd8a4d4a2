/* joiners.c: people who work here, and the accounts they have: none, none that works, too many. */
#include "controls/catalogue.h"
#include "controls/evidence.h"

#include <string.h>

#define REASON_STATE_UNKNOWN "whether an account of the person is enabled is not known"

/* Says for the person that the state of one of the accounts is not known; where its source shows no
 * states at all, once for everybody. */
static void unjudged_state(ControlContext *context, uint32_t person, uint32_t account)
{
    uint8_t index = context->snapshot->accounts.source[account];
    const SourceRecord *source = &context->snapshot->sources[index];
    if (source->records_lock_state) {
        control_unjudged_subject(context, SUBJECT_PERSON, person, REASON_STATE_UNKNOWN);
        return;
    }
    if ((context->judgement->said[index] & SAID_STATE) != 0)
        return;
    context->judgement->said[index] |= SAID_STATE;
    g_autofree char *reason = g_strdup_printf(
        "%s: does not show whether an account is locked (see lock_state)", source->name);
    control_unjudged(context, reason);
}

/* Of an account, so that the order of accounts does not matter to a sum. */
static uint64_t account_hash(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    return facts_text(context, account_facts(context, account), accounts->name[account]);
}

static int compare_accounts(const void *a, const void *b, void *data)
{
    const ControlContext *context = data;
    const Accounts *accounts = &context->snapshot->accounts;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = strcmp(account_shown(context, left), account_shown(context, right));
    if (order == 0)
        order = strcmp(snapshot_text(context->snapshot, accounts->key[left]),
                       snapshot_text(context->snapshot, accounts->key[right]));
    return order != 0 ? order : (int)accounts->source[left] - (int)accounts->source[right];
}

/* The person's accounts of classes person, admin and guest, by name. (element-type guint32) */
static GArray *accounts_of(const ControlContext *context, uint32_t person)
{
    const Links *links = context->links;
    GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        if (account_is_of(context, links->person_accounts[i], CLASSES_OF_PEOPLE))
            g_array_append_val(list, links->person_accounts[i]);
    }
    g_array_sort_with_data(list, compare_accounts, (gpointer)(uintptr_t)context);
    return list;
}

static json_t *list_accounts(const ControlContext *context, const GArray *accounts)
{
    json_t *list = json_array();
    for (guint i = 0; i < accounts->len; i++) {
        uint32_t account = g_array_index(accounts, uint32_t, i);
        json_t *row = json_object();
        evidence_text(row, "account", account_shown(context, account));
        evidence_account(context, row, account);
        json_array_append_new(list, row);
    }
    return list;
}

static void append_names(const ControlContext *context, GString *summary, const GArray *accounts)
{
    for (guint i = 0; i < accounts->len; i++)
        sentence_append(summary, "%s%s",
                        i == 0                   ? ""
                        : i + 1 == accounts->len ? " and "
                                                 : ", ",
                        account_shown(context, g_array_index(accounts, uint32_t, i)));
}

/* People who may be the owner of an account that several match. */
static Bitset find_candidates(const ControlContext *context)
{
    Bitset candidates = bitset_new(context->snapshot->people.n);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, context->links->candidates);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const GArray *people = value;
        for (guint i = 0; i < people->len; i++)
            bitset_add(&candidates,
                       person_speaking(context->snapshot, g_array_index(people, uint32_t, i)));
    }
    return candidates;
}

/* ---- worker-disabled ---- */

static const Threshold disabled_thresholds[] = {
    {"days", "Time for which somebody who works here has no account that can be used.", 1,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Since when the account is disabled, as far as anybody recorded or saw it; this run, if none saw
 * it before. */
static int64_t disabled_since(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    const Memory *memory = context->memory;
    const StoppedAccount *stopped = memory != NULL ? memory_stopped(memory, account) : NULL;
    if (stopped != NULL)
        return stopped->first_unusable_utc;
    int64_t since =
        memory != NULL ? memory->source_since_utc[accounts->source[account]] : TIME_UNKNOWN;
    int64_t created = accounts->created_utc[account];
    if (since == TIME_UNKNOWN)
        return context->as_of_utc;
    return created != TIME_UNKNOWN && created != TIME_NEVER ? MAX(since, created) : since;
}

/* An expiry is recorded with its day. */
static int64_t unusable_since(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    int64_t expires = accounts->expires_utc[account];
    bool is_expired =
        expires != TIME_NEVER && expires != TIME_UNKNOWN && expires <= context->as_of_utc;
    if (accounts->enabled[account] != STATE_NO)
        return expires;
    int64_t disabled = disabled_since(context, account);
    return is_expired ? MIN(disabled, expires) : disabled;
}

/* Who is on leave may well be disabled: leave-active asks for it. */
static bool should_have_access(const ControlContext *context, uint32_t person)
{
    return person_is_at_work(context, person) &&
           context->snapshot->people.status[person] != PERSON_STATUS_LEAVE;
}

static void judge_disabled(ControlContext *context, uint32_t person, int64_t limit,
                           bool is_candidate)
{
    const Links *links = context->links;
    int64_t since = context->snapshot->people.start_utc[person];
    uint32_t unknown = NONE, n = 0;
    uint64_t facts = 0;
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        if (!account_is_of(context, account, CLASSES_OF_PEOPLE))
            continue;
        if (context->judgement->usable[account] == STATE_YES)
            return;
        n++;
        if (context->judgement->usable[account] == STATE_UNKNOWN) {
            unknown = account;
            continue;
        }
        since = MAX(since, unusable_since(context, account));
        facts += account_hash(context, account);
    }
    if (unknown != NONE)
        unjudged_state(context, person, unknown);
    else if (n > 0 && is_candidate)
        control_unjudged_subject(context, SUBJECT_PERSON, person,
                                 "another account may be the person's; several people match it");
    else if (n > 0 && time_is_over(context, since, limit))
        control_report(context, SUBJECT_PERSON, person, NONE, person, 0, since, 0, facts);
}

static void evaluate_disabled(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    g_auto(Bitset) candidates = find_candidates(context);
    for (uint32_t person = 0; person < context->snapshot->people.n; person++) {
        if (should_have_access(context, person))
            judge_disabled(context, person, limit, bitset_has(&candidates, person));
    }
}

static void describe_disabled(const ControlContext *context, const Finding *finding,
                              FindingText *text)
{
    const People *people = &context->snapshot->people;
    g_autoptr(GArray) accounts = accounts_of(context, finding->person);
    json_t *evidence = json_object();
    evidence_time(evidence, "unusable_since", finding->detail);
    evidence_day(evidence, "start_date", people->start_day[finding->person]);
    evidence_person(context, evidence, finding->person);
    json_object_set_new(evidence, "accounts", list_accounts(context, accounts));
    GString *summary = g_string_new(NULL);
    sentence_append(summary, "%s works here, and ", person_shown(context, finding->person));
    if (accounts->len == 1)
        sentence_append(summary, "the only account, %s, has been disabled or expired for %e.",
                        account_shown(context, g_array_index(accounts, uint32_t, 0)),
                        finding->detail);
    else {
        g_string_append(summary, "all accounts (");
        append_names(context, summary, accounts);
        sentence_append(summary, ") have been disabled or expired for %e.", finding->detail);
    }
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Open the account again if it is needed; if %s has left, correct "
                               "the roster.",
                               person_shown(context, finding->person)));
}

const Control control_worker_disabled = {
    .id = "worker-disabled",
    .title = "Person who works here has no account that can be used",
    .severity = SEVERITY_LOW,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_PERSON,
    .thresholds = disabled_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16"},
    .evaluate = evaluate_disabled,
    .describe = describe_disabled,
};

/* ---- duplicate-account ---- */

static const Threshold duplicate_thresholds[] = {
    {"accounts", "Enabled accounts of one class that a person may have in one source.", 1,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* How many accounts of a class somebody has in a source. */
typedef struct Holding {
    uint32_t n_usable, n_unknown;
} Holding;
typedef struct Holdings {
    Holding *rows; /* by source and class; all zero between people */
    int64_t limit;
} Holdings;

static Holding *holding_of(const ControlContext *context, const Holdings *holdings,
                           uint32_t account)
{
    uint32_t source = context->snapshot->accounts.source[account];
    return &holdings->rows[source * N_CLASSES + context->classes[account]];
}

static void count_holdings(const ControlContext *context, const Holdings *holdings, uint32_t person)
{
    const Links *links = context->links;
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        Holding *holding = holding_of(context, holdings, account);
        holding->n_usable += context->judgement->usable[account] == STATE_YES;
        holding->n_unknown += context->judgement->usable[account] == STATE_UNKNOWN;
    }
}

static void forget_holdings(const ControlContext *context, const Holdings *holdings,
                            uint32_t person)
{
    const Links *links = context->links;
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++)
        *holding_of(context, holdings, links->person_accounts[i]) = (Holding){0};
}

static void judge_holdings(ControlContext *context, const Holdings *holdings, uint32_t person)
{
    const Links *links = context->links;
    uint32_t n = 0, unknown = NONE;
    uint64_t facts = 0;
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        const Holding *holding = holding_of(context, holdings, account);
        if (!account_is_of(context, account, CLASSES_OF_PEOPLE))
            continue;
        if (holding->n_usable > holdings->limit) {
            if (context->judgement->usable[account] != STATE_YES)
                continue;
            facts += account_hash(context, account);
            n++;
        } else if (holding->n_usable + holding->n_unknown > holdings->limit &&
                   context->judgement->usable[account] == STATE_UNKNOWN)
            unknown = account;
    }
    if (n > 0)
        control_report(context, SUBJECT_PERSON, person, NONE, person, 0, n, 0, facts);
    else if (unknown != NONE)
        unjudged_state(context, person, unknown);
}

static void evaluate_duplicate_account(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    const Links *links = context->links;
    g_autofree Holding *rows = g_new0(Holding, ((size_t)snapshot->n_sources + 1) * N_CLASSES);
    Holdings holdings = {rows, control_limit(context->settings, context->control, "accounts")};
    for (uint32_t person = 0; person < snapshot->people.n; person++) {
        uint32_t n = links->first_account[person + 1] - links->first_account[person];
        if (n <= holdings.limit)
            continue;
        count_holdings(context, &holdings, person);
        judge_holdings(context, &holdings, person);
        forget_holdings(context, &holdings, person);
    }
}

/* Those that are too many with others of their class and source. */
static GArray *duplicates_of(const ControlContext *context, uint32_t person)
{
    g_autoptr(GArray) all = accounts_of(context, person);
    g_autofree Holding *rows =
        g_new0(Holding, ((size_t)context->snapshot->n_sources + 1) * N_CLASSES);
    Holdings holdings = {rows, control_limit(context->settings, context->control, "accounts")};
    GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    count_holdings(context, &holdings, person);
    for (guint i = 0; i < all->len; i++) {
        uint32_t account = g_array_index(all, uint32_t, i);
        if (context->judgement->usable[account] == STATE_YES &&
            holding_of(context, &holdings, account)->n_usable > holdings.limit)
            g_array_append_val(list, account);
    }
    return list;
}

static void describe_duplicate_account(const ControlContext *context, const Finding *finding,
                                       FindingText *text)
{
    g_autoptr(GArray) accounts = duplicates_of(context, finding->person);
    json_t *evidence = json_object();
    json_object_set_new(evidence, "accounts", list_accounts(context, accounts));
    GString *summary = g_string_new(NULL);
    sentence_append(summary, "%s has %d accounts of the same kind that can be used: ",
                    person_shown(context, finding->person), finding->detail);
    append_names(context, summary, accounts);
    g_string_append_c(summary, '.');
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Find out which of them is needed, and disable the others."));
}

const Control control_duplicate_account = {
    .id = "duplicate-account",
    .title = "Person has several enabled accounts of the same class",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_PERSON,
    .thresholds = duplicate_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16", .nist = "IA-4", .pci = "8.2.1"},
    .evaluate = evaluate_duplicate_account,
    .describe = describe_duplicate_account,
};

/* ---- person-without-account ---- */

static const Threshold without_thresholds[] = {
    {"days", "Time between the start date and the first account.", 5, THRESHOLD_SAME,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* The start date; without one, the first run that knew the roster, or when HR wrote the row. */
static int64_t works_since(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    if (people->start_utc[person] != TIME_UNKNOWN)
        return people->start_utc[person];
    uint8_t source = people->source[person];
    int64_t since = context->memory != NULL && source < context->snapshot->n_sources
                        ? context->memory->source_since_utc[source]
                        : TIME_UNKNOWN;
    return since != TIME_UNKNOWN ? MAX(since, people->recorded_utc[person]) : context->as_of_utc;
}

static void evaluate_without_account(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const People *people = &context->snapshot->people;
    const Links *links = context->links;
    g_auto(Bitset) candidates = find_candidates(context);
    for (uint32_t person = 0; person < people->n; person++) {
        if (links->first_account[person + 1] > links->first_account[person] ||
            bitset_has(&candidates, person))
            continue;
        if (people->gone_since_run[person] == PERSON_UNREAD &&
            people_successor(people, person) == NONE)
            control_unjudged_subject(context, SUBJECT_PERSON, person, REASON_PERSON_UNREAD);
        if (!person_is_at_work(context, person))
            continue;
        int64_t since = works_since(context, person);
        if (time_is_over(context, since, limit))
            control_report(context, SUBJECT_PERSON, person, NONE, person, 0, since, 0,
                           facts_text(context, (uint32_t)people->start_day[person],
                                      people->department[person]));
    }
}

static void describe_without_account(const ControlContext *context, const Finding *finding,
                                     FindingText *text)
{
    const People *people = &context->snapshot->people;
    json_t *evidence = json_object();
    evidence_day(evidence, "start_date", people->start_day[finding->person]);
    evidence_ref(context, evidence, "department", people->department[finding->person]);
    evidence_person(context, evidence, finding->person);
    bool has_start = people->start_utc[finding->person] != TIME_UNKNOWN;
    char *summary = sentence(
        "%s %s %e and no account is linked to this person.", person_shown(context, finding->person),
        has_start ? "has worked here for" : "has been in the roster for", finding->detail);
    finding_text_take(text, summary, evidence,
                      sentence("Find out which account is used; record the employee number on it, "
                               "or open one."));
}

const Control control_person_without_account = {
    .id = "person-without-account",
    .title = "Person who works here has no account",
    .severity = SEVERITY_LOW,
    .is_initially_off = true,
    .needs = NEED_PEOPLE | NEED_ALL_ACCOUNTS,
    .subject = SUBJECT_PERSON,
    .thresholds = without_thresholds,
    .references = {.iso_2013 = "A.9.2.1", .iso_2022 = "5.16"},
    .evaluate = evaluate_without_account,
    .describe = describe_without_account,
};
