#include "run/pipeline.h"

#include "ledger/review_tasks.h"
#include "model/lookup.h"
#include "run/when.h"

#include <string.h>

/* ---- settings → the plain structs that rooms without settings take ---- */

static int index_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    g_assert_not_reached(); /* the settings table allows only these */
}

GArray *reconciliation_link_rules(const Settings *settings)
{
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(LinkRule));

    for (size_t i = 0; i < settings_n_groups(settings->root, "correlation"); i++) {
        const SettingsGroup *group = settings_group_at(settings->root, "correlation", i);
        int account = index_of(link_account_fields, settings_text(group, "account"));
        int person = index_of(link_person_fields, settings_text(group, "person"));
        LinkRule rule = {.account = (LinkAccountField)account, .person = (LinkPersonField)person};

        g_array_append_val(rules, rule);
    }
    return rules;
}

/* Accounts effectively in any group that the name fits; member_of of a class rule. */
static Bitset members_of(const Reconciliation *reconciliation, const char *name)
{
    Bitset members = bitset_new(reconciliation->snapshot->accounts.n);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    snapshot_find_groups(reconciliation->snapshot, name, groups);
    for (guint i = 0; i < groups->len; i++) {
        size_t n = 0;
        const uint32_t *accounts =
            effective_members(reconciliation->effective, g_array_index(groups, uint32_t, i), &n);

        for (size_t j = 0; j < n; j++)
            bitset_add(&members, accounts[j]);
    }
    return members;
}

/* ---- stages ---- */

static void stage_pull(Reconciliation *r)
{
    if (r->past != NULL)
        return;
    r->intake =
        intake_pull(r->settings, r->wanted, r->as_of_utc, r->progress, r->progress_data, r->cancel);
}

static void clear_trip(void *trip)
{
    guard_trip_clear(trip);
}

static void stage_guard(Reconciliation *r)
{
    static const char *const none[] = {NULL};
    const char *const *accepts = r->accepts != NULL ? r->accepts : none;

    r->held = g_array_new(FALSE, FALSE, sizeof(GuardTrip));
    g_array_set_clear_func(r->held, clear_trip);
    r->accepts_used = g_new0(bool, g_strv_length((char **)(uintptr_t)accepts) + 1);
    intake_guard(r->intake, r->settings, r->baseline, r->as_of_utc, accepts, r->accepts_used,
                 r->held);
}

static void note_last_good(Reconciliation *r)
{
    r->source_last_good_utc = g_new(int64_t, r->snapshot->n_sources + 1);
    for (uint32_t i = 0; i < r->snapshot->n_sources; i++) {
        const BaselineSource *source =
            r->baseline != NULL ? baseline_source(r->baseline, r->snapshot->sources[i].name) : NULL;

        r->source_last_good_utc[i] = source != NULL ? source->last_good_as_of_utc : TIME_UNKNOWN;
    }
}

static void stage_freeze(Reconciliation *r)
{
    if (r->past != NULL) {
        r->snapshot = g_steal_pointer(&r->past->snapshot);
        intake_complete(r->snapshot);
        return;
    }
    r->snapshot = intake_freeze(r->intake, r->settings, r->baseline, r->this_run);
    note_last_good(r);
}

/* ---- the same in two steps ---- */

static void stage_freeze_rosters(Reconciliation *r)
{
    r->snapshot = intake_freeze_rosters(r->intake, r->baseline, r->this_run);
    note_last_good(r);
}

static void stage_pull_scope(Reconciliation *r)
{
    intake_pull_scope(r->intake, r->settings, r->scope);
}

static void stage_freeze_rest(Reconciliation *r)
{
    intake_freeze_rest(r->intake, r->snapshot);
}

/* ---- what follows from the snapshot ---- */

static void stage_correlate(Reconciliation *r)
{
    if (r->past != NULL) {
        LinkDecisions decisions = {.person = r->past->links.person,
                                   .rule = r->past->links.rule,
                                   .linked = r->past->links.linked};
        r->links = links_new_decided(r->snapshot, &decisions);
        return;
    }
    g_autoptr(GArray) rules = reconciliation_link_rules(r->settings);

    r->links = links_new_with(r->snapshot, (const LinkRule *)(const void *)rules->data, rules->len,
                              r->manual, r->n_manual);
}

static void stage_membership(Reconciliation *r)
{
    r->graph = graph_new(r->snapshot);
    r->effective = effective_new(r->graph);
}

/* Classes are what the run of then made of the accounts. */
static void take_classes(Reconciliation *r)
{
    for (uint32_t account = 0; account < r->snapshot->accounts.n; account++) {
        uint8_t account_class = r->past->links.account_class[account];

        if (account_class > 0 && account_class <= N_CLASSES)
            r->classes[account] = account_class - 1;
    }
}

static void stage_classes(Reconciliation *r)
{
    size_t n = settings_n_groups(r->settings->root, "account_classes");
    g_autofree ClassRule *rules = g_new0(ClassRule, n + 1);
    g_autofree Bitset *members = g_new0(Bitset, n + 1);

    for (size_t i = 0; i < n; i++) {
        const SettingsGroup *group = settings_group_at(r->settings->root, "account_classes", i);
        const char *member_of = settings_text(group, "member_of");

        rules[i].account_class =
            (AccountClass)index_of(account_classes, settings_text(group, "class"));
        rules[i].name = settings_text(group, "name");
        rules[i].under = settings_text(group, "under");
        rules[i].source = settings_text(group, "source");
        if (member_of != NULL) {
            members[i] = members_of(r, member_of);
            rules[i].members = &members[i];
        }
    }
    r->classes = classes_assign(r->snapshot, rules, n);
    for (size_t i = 0; i < n; i++)
        bitset_clear(&members[i]);
    if (r->past != NULL)
        take_classes(r);
}

static void stage_govern(Reconciliation *r)
{
    r->governed = governed_new(r->snapshot, r->effective, r->settings);
}

static void stage_controls(Reconciliation *r)
{
    if (r->ledger != NULL && r->recall_error == NULL)
        r->reviewed = ledger_reviewed(r->ledger, &r->recall_error);
    r->context = (ControlContext){
        .snapshot = r->snapshot,
        .links = r->links,
        .classes = r->classes,
        .graph = r->graph,
        .effective = r->effective,
        .governed = r->governed,
        .times = r->times,
        .memory = r->recall != NULL ? ledger_recall_memory(r->recall) : NULL,
        .reviewed = r->reviewed,
        .settings = r->settings,
        .as_of_utc = r->as_of_utc,
        .has_earlier_run = r->baseline != NULL && r->baseline->last_run > 0,
        .source_last_good_utc = r->source_last_good_utc,
        .group_first_seen = r->baseline != NULL ? r->baseline->group_first_seen : NULL,
    };
    r->findings = controls_evaluate(&r->context);
}

static void stage_suppress(Reconciliation *r)
{
    r->suppressions = suppressions_new(&r->context);
    suppressions_apply(r->suppressions, &r->context, r->findings);
}

/* Controls about the ledger must know what was found, and what of it a rule accepts. */
static void stage_standing(Reconciliation *r)
{
    g_autoptr(GError) error = NULL;
    bool may_ask = r->ledger != NULL && r->context.has_earlier_run;

    r->standing = may_ask ? ledger_standing(r->ledger, r->findings, &error) : NULL;
    controls_evaluate_ledger(&r->context, r->standing,
                             error != NULL ? error->message : "there is no ledger to look into");
    suppressions_apply(r->suppressions, &r->context, r->findings);
}

/* Commands that look show what there is: no guard, however old. */
enum { LOOKING = 1 << 0, LOOKING_AT_ROSTERS = 1 << 1, LOOKING_AT_SCOPE = 1 << 2, JUDGING = 1 << 3 };
#define WHOLE (LOOKING | JUDGING)
#define ALL_BUT_ROSTERS (WHOLE | LOOKING_AT_SCOPE)

typedef struct Stage {
    const char *name;
    void (*run)(Reconciliation *reconciliation);
    unsigned purposes;
} Stage;

static const Stage stages[] = {
    {"pull", stage_pull, WHOLE},
    {"pull", stage_pull_scope, LOOKING_AT_SCOPE},
    {"guard", stage_guard, JUDGING},
    {"freeze", stage_freeze, WHOLE},
    {"rosters", stage_freeze_rosters, LOOKING_AT_ROSTERS},
    {"freeze", stage_freeze_rest, LOOKING_AT_SCOPE},
    {"correlate", stage_correlate, ALL_BUT_ROSTERS},
    {"membership", stage_membership, ALL_BUT_ROSTERS},
    {"classes", stage_classes, ALL_BUT_ROSTERS},
    {"govern", stage_govern, ALL_BUT_ROSTERS},
    {"recall", recall_for_judging, JUDGING},
    {"times", when_ask_for_judging, JUDGING},
    {"controls", stage_controls, JUDGING},
    {"suppress", stage_suppress, JUDGING},
    {"standing", stage_standing, JUDGING},
};

static bool run_stages(Reconciliation *reconciliation, unsigned purpose)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++) {
        int64_t start = g_get_monotonic_time();

        if ((stages[i].purposes & purpose) == 0)
            continue;
        stages[i].run(reconciliation);
        if (reconciliation->timings != NULL)
            fprintf(reconciliation->timings, "stage %-10s %9.4f s\n", stages[i].name,
                    (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
        if (reconciliation->cancel != NULL && g_cancellable_is_cancelled(reconciliation->cancel))
            return false;
    }
    return true;
}

bool reconciliation_look(Reconciliation *reconciliation)
{
    return run_stages(reconciliation, LOOKING);
}

void reconciliation_begin(Reconciliation *r)
{
    r->intake = intake_begin(r->settings, r->as_of_utc, r->progress, r->progress_data, r->cancel);
}

bool reconciliation_look_rosters(Reconciliation *reconciliation)
{
    return run_stages(reconciliation, LOOKING_AT_ROSTERS);
}

bool reconciliation_look_scope(Reconciliation *reconciliation, const Scope *scope)
{
    reconciliation->scope = scope;
    bool is_done = run_stages(reconciliation, LOOKING_AT_SCOPE);
    reconciliation->scope = NULL;
    return is_done;
}

bool reconciliation_judge(Reconciliation *reconciliation)
{
    return run_stages(reconciliation, JUDGING);
}

void reconciliation_clear(Reconciliation *r)
{
    g_clear_pointer(&r->recall, ledger_recall_free);
    g_clear_pointer(&r->present, present_free);
    g_clear_error(&r->recall_error);
    g_clear_pointer(&r->findings, finding_set_free);
    g_clear_pointer(&r->suppressions, suppressions_free);
    g_clear_pointer(&r->standing, standing_free);
    g_clear_pointer(&r->reviewed, reviewed_free);
    g_clear_pointer(&r->times, times_free);
    g_clear_pointer(&r->times_messages, g_ptr_array_unref);
    g_clear_pointer(&r->governed, governed_free);
    g_clear_pointer(&r->classes, g_free);
    g_clear_pointer(&r->effective, effective_free);
    g_clear_pointer(&r->graph, graph_free);
    g_clear_pointer(&r->links, links_free);
    g_clear_pointer(&r->snapshot, snapshot_free);
    g_clear_pointer(&r->intake, intake_free);
    g_clear_pointer(&r->held, g_array_unref);
    g_clear_pointer(&r->accepts_used, g_free);
    g_clear_pointer(&r->source_last_good_utc, g_free);
}
