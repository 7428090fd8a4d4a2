#include "ledger/plan.h"

#include "ledger/coverage.h"
#include "ledger/plan_rows.h"
#include "ledger/scopes.h"

#include <string.h>

typedef struct Planner {
    Plan *plan;
    Coverage *coverage;
    uint32_t *slots; /* findings by identity: open addressing; a finding plus one, 0 = free */
    size_t n_slots;  /* a power of two */
    size_t n;
    GArray *waivers;    /* (element-type Waiver) */
    GHashTable *scopes; /* (utf8 → Scope) */
    GArray *doubtful;   /* (element-type PlanRow) covered or not: depends on the subject */
    GArray *left;       /* (element-type DigestRow) left alone */
    PlanRows rows;
} Planner;

static const Finding *finding_at(const Plan *plan, uint32_t index)
{
    return &g_array_index(plan->set->findings, Finding, index);
}

/* Where the finding of that identity is, or belongs. Identities are hashes already. */
static uint32_t *slot_of(const Planner *planner, const uint8_t *identity)
{
    uint64_t hash;

    memcpy(&hash, identity, sizeof hash);
    for (size_t at = hash & (planner->n_slots - 1);; at = (at + 1) & (planner->n_slots - 1)) {
        uint32_t *slot = &planner->slots[at];
        if (*slot == 0 || memcmp(finding_at(planner->plan, *slot - 1)->identity, identity, 16) == 0)
            return slot;
    }
}

static void index_findings(Planner *planner)
{
    planner->n_slots = 2;
    while (planner->n_slots < 2 * planner->n)
        planner->n_slots *= 2;
    planner->slots = g_new0(uint32_t, planner->n_slots);
    for (uint32_t i = 0; i < planner->n; i++) {
        uint32_t *slot = slot_of(planner, finding_at(planner->plan, i)->identity);
        if (*slot == 0)
            *slot = i + 1;
        else
            planner->plan->change[i] = CHANGE_REPEATED;
    }
}

/* The first finding of that identity, or the number of findings. */
static size_t find_identity(const Planner *planner, const uint8_t *identity)
{
    uint32_t found = *slot_of(planner, identity);
    return found > 0 ? found - 1 : planner->n;
}

static const Waiver *waiver_of(const Planner *planner, const Gone *row)
{
    return row->status == STATUS_ACCEPTED ? waivers_find(planner->waivers, row->id) : NULL;
}

static bool is_over(const Planner *planner, const Waiver *waiver)
{
    return waiver && !waiver->has_lapsed && waiver->ends_utc <= planner->plan->set->as_of_utc;
}

/* The rule that accepts the finding; NULL = none. */
static const AcceptanceRule *rule_of(const FindingSet *set, size_t index)
{
    uint16_t rule = set->accepted_by ? set->accepted_by[index] : 0;
    return rule > 0 ? &set->rules[rule - 1] : NULL;
}

static Turn turn_by_rule(const Planner *planner, const Waiver *waiver, const AcceptanceRule *rule)
{
    if (rule)
        return waiver->words == waiver_words(rule->reason, rule->author, rule->last_day)
                   ? TURN_NONE
                   : TURN_REWORDED;
    return is_over(planner, waiver) ? TURN_LAPSED : TURN_UNRULED;
}

static Turn turn_of(const Planner *planner, size_t index, const Gone *row)
{
    const AcceptanceRule *rule = rule_of(planner->plan->set, index);
    const Waiver *waiver = waiver_of(planner, row);

    if (row->status == STATUS_OPEN || row->status == STATUS_ASSIGNED)
        return rule ? TURN_RULED : TURN_NONE;
    if (waiver && waiver->kind == WAIVER_RULE)
        return turn_by_rule(planner, waiver, rule);
    if (!is_over(planner, waiver))
        return TURN_NONE;
    return rule ? TURN_RULED : TURN_LAPSED;
}

static void count_lapsed(Plan *plan)
{
    plan->counts.n_lapsed++;
    plan->counts.n_reopened++;
    plan->counts.n_new++;
}

/* Status after the turn; counts what it means. */
static Status take_turn(Planner *planner, size_t index, const Gone *row)
{
    Plan *plan = planner->plan;
    Turn turn = turn_of(planner, index, row);
    const Waiver *waiver = waiver_of(planner, row);
    bool is_by_rule = turn == TURN_RULED || turn == TURN_REWORDED ||
                      (turn == TURN_NONE && waiver && waiver->kind == WAIVER_RULE);

    plan->turn[index] = (uint8_t)turn;
    plan->counts.n_by_rule += is_by_rule;
    if (turn == TURN_LAPSED || turn == TURN_UNRULED)
        count_lapsed(plan);
    return turn == TURN_NONE ? row->status : is_by_rule ? STATUS_ACCEPTED : STATUS_OPEN;
}

static void note_found(Planner *planner, size_t index, const Gone *row, uint64_t facts)
{
    Plan *plan = planner->plan;
    const Finding *finding = finding_at(plan, (uint32_t)index);

    plan->exception[index] = row->id;
    plan->severity_was[index] = (uint8_t)row->severity;
    plan->change[index] = finding->severity != row->severity ? CHANGE_SEVERITY
                          : finding->facts != facts          ? CHANGE_FACTS
                                                             : CHANGE_NONE;
    tally_add(plan->tally, row->control, finding->severity, take_turn(planner, index, row), 1);
}

/* What is told in one run only is gone in the next: that is no reason to hold a run. */
static bool is_momentary(const FindingSet *set, const char *control)
{
    for (guint i = 0; set->is_momentary && i < set->controls->len; i++) {
        if (set->is_momentary[i] && strcmp(set->controls->pdata[i], control) == 0)
            return true;
    }
    return false;
}

static void note_gone(Planner *planner, const Gone *row)
{
    Gone gone = *row;
    gone.has_waiver = waivers_find(planner->waivers, row->id) != NULL;
    g_array_append_val(planner->plan->gone, gone);
    planner->plan->counts.n_resolved++;
    planner->plan->counts.n_passed += is_momentary(planner->plan->set, row->control);
}

/* A waiver ends on its date whether or not the source could be read: an outage does not extend it.
 */
static void note_left_alone(Planner *planner, GArray *ids, const PlanRow *read)
{
    Plan *plan = planner->plan;
    const Gone *row = &read->row;
    const Waiver *waiver = waiver_of(planner, row);
    bool has_lapsed = is_over(planner, waiver);

    g_array_append_val(ids, row->id);
    g_array_append_val(planner->left, read->is);
    tally_add(plan->tally, row->control, row->severity, has_lapsed ? STATUS_OPEN : row->status, 1);
    if (has_lapsed) {
        Lapsed lapsed = {row->id, row->severity};
        g_array_append_val(plan->lapsed, lapsed);
        count_lapsed(plan);
    }
    plan->counts.n_by_rule += waiver && waiver->kind == WAIVER_RULE && !has_lapsed;
}

static void plan_exception(Planner *planner, const PlanRow *read)
{
    const Gone *row = &read->row;
    size_t index = find_identity(planner, read->is.identity);
    Cover cover = coverage_of_scope(planner->coverage, row->control, row->source);
    Scope *scope = index < planner->n && cover == COVER_NONE
                       ? NULL
                       : scopes_of(planner->scopes, row->control, row->source);

    if (index < planner->n) {
        note_found(planner, index, row, read->is.facts);
        if (scope)
            scope->n_found++;
    } else if (cover == COVER_CONTROL) {
        note_left_alone(planner, scope->by_control, read);
    } else if (cover == COVER_SOURCE) {
        note_left_alone(planner, scope->by_source, read);
    } else if (cover == COVER_SUBJECT) {
        g_array_append_val(planner->doubtful, *read);
    } else {
        note_gone(planner, row);
    }
}

static bool is_found(void *data, const uint8_t *identity)
{
    const Planner *planner = data;
    return find_identity(planner, identity) < planner->n;
}

/* Looked at: it counts as what it is made by the plan, no longer as what it was. */
static void visit_exception(void *data, const PlanRow *row)
{
    Planner *planner = data;

    tally_add(planner->plan->tally, row->row.control, row->row.severity, row->row.status, -1);
    plan_exception(planner, row);
}

static void note_unread(Planner *planner, const PlanRows *rows)
{
    Plan *plan = planner->plan;

    for (uint32_t i = 0; rows->unread && i < planner->n; i++) {
        if (plan->change[i] == CHANGE_NEW &&
            plan_rows_is_unread(rows, finding_at(plan, i)->identity))
            plan->change[i] = CHANGE_NONE;
    }
}

static bool plan_exceptions(Planner *planner, Store *store, GError **error)
{
    Plan *plan = planner->plan;
    PlanRows *rows = &planner->rows;

    *rows = (PlanRows){.set = plan->set,
                       .change = plan->change,
                       .coverage = planner->coverage,
                       .is_found = is_found,
                       .visit = visit_exception,
                       .data = planner};
    if (!plan_rows_begin(rows, store, error))
        return false;
    plan->n_unresolved_before = tally_unresolved(rows->tally);
    plan->tally = g_steal_pointer(&rows->tally);
    if (!plan_rows_read(rows, store, error))
        return false;
    note_unread(planner, rows);
    return true;
}

static bool is_subject_covered(Planner *planner, Statement *parties, const Gone *row,
                               bool *ret_is_covered, GError **error)
{
    statement_bind(parties, integer_value(row->id));
    StoreStep step = statement_step(parties, error);
    if (step == STORE_FAILED)
        return false;
    *ret_is_covered =
        step == STORE_ROW &&
        coverage_of_subject(planner->coverage,
                            &(CoverParties){.control = row->control,
                                            .subject_type = statement_text(parties, 0),
                                            .source = *row->source ? row->source : NULL,
                                            .key = statement_text(parties, 1),
                                            .object_type = statement_text(parties, 2),
                                            .object_source = statement_text(parties, 3),
                                            .object_key = statement_text(parties, 4)});
    statement_reset(parties);
    return true;
}

static bool plan_doubtful(Planner *planner, Store *store, GError **error)
{
    g_autoptr(Statement) parties = store_prepare(store,
                                                 "SELECT subject_type, subject_key, object_type, "
                                                 "object_source, object_key FROM exception_text "
                                                 "WHERE exception = $1",
                                                 error);

    for (guint i = 0; parties && i < planner->doubtful->len; i++) {
        const PlanRow *read = &g_array_index(planner->doubtful, PlanRow, i);
        const Gone *row = &read->row;
        bool is_covered;
        if (!is_subject_covered(planner, parties, row, &is_covered, error))
            return false;
        if (is_covered)
            note_left_alone(planner, scopes_of(planner->scopes, row->control, row->source)->alone,
                            read);
        else
            note_gone(planner, row);
    }
    return parties != NULL;
}

/* What a rule accepts from the beginning is nothing new that somebody must answer for. */
static void count_new(Plan *plan, size_t index)
{
    const Finding *finding = finding_at(plan, (uint32_t)index);
    bool is_by_rule = rule_of(plan->set, index) != NULL;

    plan->turn[index] = is_by_rule ? TURN_RULED : TURN_NONE;
    plan->counts.n_by_rule += is_by_rule;
    plan->counts.n_new += !is_by_rule;
    tally_add(plan->tally, plan->set->controls->pdata[finding->control], finding->severity,
              is_by_rule ? STATUS_ACCEPTED : STATUS_OPEN, 1);
}

/* Findings that no unresolved exception is: new, or one that was resolved and is back. */
static bool plan_new_ones(Planner *planner, Store *store, GError **error)
{
    Plan *plan = planner->plan;
    /* Ids are given without gaps, so this says whether anything was ever resolved. */
    bool may_be_back = plan->n_unresolved_before < plan->greatest_id;
    g_autoptr(Statement) back = store_prepare(
        store,
        "SELECT id, severity FROM exception WHERE identity = $1 AND resolved_run IS NOT NULL",
        error);

    for (size_t i = 0; back && i < planner->n; i++) {
        const Finding *finding = finding_at(plan, (uint32_t)i);
        if (plan->change[i] != CHANGE_NEW)
            continue;
        count_new(plan, i);
        if (!may_be_back)
            continue;
        statement_bind(back, blob_value(finding->identity, sizeof finding->identity));
        StoreStep step = statement_step(back, error);
        if (step == STORE_FAILED)
            return false;
        if (step == STORE_ROW) {
            plan->exception[i] = statement_integer(back, 0);
            plan->severity_was[i] = (uint8_t)statement_integer(back, 1);
            plan->change[i] = CHANGE_REOPEN;
            plan->counts.n_reopened += plan->turn[i] == TURN_NONE;
        }
        statement_reset(back);
    }
    return back != NULL;
}

static void count(Plan *plan)
{
    plan->counts.n_open = tally_open(plan->tally);
    plan->counts.n_accepted = plan->tally->by_status[STATUS_ACCEPTED];
    plan->counts.n_false_positive = plan->tally->by_status[STATUS_FALSE_POSITIVE];
}

static void planner_clear(Planner *planner)
{
    coverage_free(planner->coverage);
    g_free(planner->slots);
    g_hash_table_unref(planner->scopes);
    g_array_unref(planner->doubtful);
    g_array_unref(planner->left);
    plan_rows_clear(&planner->rows);
    if (planner->waivers)
        g_array_unref(planner->waivers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Planner, planner_clear)

Plan *plan_new(Store *store, const FindingSet *set, GError **error)
{
    g_autoptr(Plan) plan = g_new0(Plan, 1);
    size_t n = set->findings->len;
    g_auto(Planner) planner = {.plan = plan, .n = n, .coverage = coverage_new(set)};

    planner.scopes = scopes_new();
    planner.doubtful = g_array_new(FALSE, FALSE, sizeof(PlanRow));
    planner.left = g_array_new(FALSE, FALSE, sizeof(DigestRow));
    plan->set = set;
    plan->exception = g_new0(int64_t, n);
    plan->change = g_new0(uint8_t, n);
    plan->severity_was = g_new0(uint8_t, n);
    plan->turn = g_new0(uint8_t, n);
    plan->gone = g_array_new(FALSE, FALSE, sizeof(Gone));
    plan->lapsed = g_array_new(FALSE, FALSE, sizeof(Lapsed));
    plan->left_alone = g_array_new(FALSE, FALSE, sizeof(LeftAlone));
    index_findings(&planner);
    if (!(planner.waivers = waivers_read(store, error)) ||
        !store_query_integer(store, "SELECT max(id) FROM exception", &plan->greatest_id, error) ||
        !plan_exceptions(&planner, store, error) || !plan_doubtful(&planner, store, error) ||
        !plan_new_ones(&planner, store, error))
        return NULL;
    scopes_sum_up(planner.scopes, plan->left_alone);
    plan_rows_end(&planner.rows, planner.left, &plan->digests, &plan->are_digests_kept);
    count(plan);
    return g_steal_pointer(&plan);
}

bool plan_has_turns(const Plan *plan)
{
    bool has_any = plan->lapsed->len > 0;

    for (guint i = 0; i < plan->set->findings->len && !has_any; i++)
        has_any = plan->turn[i] != TURN_NONE;
    for (guint i = 0; i < plan->gone->len && !has_any; i++)
        has_any = g_array_index(plan->gone, Gone, i).has_waiver;
    return has_any;
}

void plan_free(Plan *plan)
{
    if (!plan)
        return;
    g_free(plan->exception);
    g_free(plan->change);
    g_free(plan->severity_was);
    g_free(plan->turn);
    g_array_unref(plan->gone);
    g_array_unref(plan->lapsed);
    g_array_unref(plan->left_alone);
    tally_free(plan->tally);
    digests_clear(&plan->digests);
    g_free(plan);
}
