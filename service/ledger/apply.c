/* apply.c: one run, one transaction: its row and proofs, the merge, the next baseline, the audit
 * rows. */
#include "ledger/apply.h"

#include "ledger/history/history_write.h"

#include <string.h>

typedef struct Application {
    Ledger *ledger;
    const LedgerApply *apply;
    LedgerRun run; /* a copy: the caller's changes only when the transaction is durable */
    json_t *held;  /* owned */
    char *reason;  /* owned; NULL unless the resolve guard held the run */
    Plan *plan;    /* NULL when nothing is merged */
    LedgerCounts counts;
} Application;

static void application_clear(Application *application)
{
    json_decref(application->held);
    g_free(application->reason);
    plan_free(application->plan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Application, application_clear)

/* What the resolve guard counts. */
static int64_t n_vanished(const Plan *plan)
{
    return plan->counts.n_resolved - plan->counts.n_passed;
}

static void hold(Application *application)
{
    const Plan *plan = application->plan;
    int64_t before = plan->n_unresolved_before, after = before - n_vanished(plan);

    json_array_append_new(
        application->held,
        json_pack("{s:s s:s s:I s:I s:I s:s}", "source", "ledger", "dimension", "resolved",
                  "before", (json_int_t)before, "after", (json_int_t)after, "limit",
                  (json_int_t)application->apply->resolve_limit, "accept", "ledger:resolved"));
    application->reason =
        g_strdup_printf("this run would resolve %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                        " exceptions; at most %" G_GINT64_FORMAT " are let through",
                        n_vanished(plan), before, application->apply->resolve_limit);
    application->run.status = "held";
    application->run.reason = application->reason;
    application->run.held = application->held;
    g_clear_pointer(&application->plan, plan_free);
}

/* Counts of a run that merged nothing are those of the ledger as it stays. */
static Tally *tally_of(Application *application, GError **error)
{
    g_autoptr(Tally) tally = tally_read(application->ledger->store, error);
    if (!tally)
        return NULL;
    application->counts =
        (LedgerCounts){.n_open = tally_open(tally),
                       .n_accepted = tally->by_status[STATUS_ACCEPTED],
                       .n_false_positive = tally->by_status[STATUS_FALSE_POSITIVE]};
    return waivers_count_by_rule(application->ledger->store, &application->counts.n_by_rule, error)
               ? g_steal_pointer(&tally)
               : NULL;
}

static bool write_run(Application *application, Audit *audit, GError **error)
{
    const Plan *plan = application->plan;
    g_autoptr(Tally) kept = plan ? NULL : tally_of(application, error);

    if (!plan && !kept)
        return false;
    if (plan)
        application->counts = plan->counts;
    return run_write(application->ledger->store, audit,
                     &(RunRecord){.run = &application->run,
                                  .counts = &application->counts,
                                  .tally = plan ? plan->tally : kept,
                                  .findings = plan ? plan->set : NULL},
                     error);
}

/* As before the first attempt. */
static void forget(Application *application)
{
    const LedgerRun *run = application->apply->run;

    json_decref(application->held);
    application->held = run->held ? json_copy(run->held) : json_array();
    g_clear_pointer(&application->reason, g_free);
    g_clear_pointer(&application->plan, plan_free);
    application->run = *run;
    if (!application->run.actor)
        application->run.actor = "";
}

static bool apply_run(void *data, GError **error)
{
    Application *application = data;
    const LedgerApply *apply = application->apply;
    Store *store = application->ledger->store;

    forget(application);
    g_autoptr(Audit) audit = audit_new(store, error);
    g_autoptr(Seen) seen = audit ? seen_new(store, error) : NULL;
    if (!seen || !run_next_id(store, &application->run.id, error))
        return false;
    if (apply->findings && !(application->plan = plan_new(store, apply->findings, error)))
        return false;
    if (application->plan && n_vanished(application->plan) > apply->resolve_limit)
        hold(application);
    if (!write_run(application, audit, error))
        return false;
    return !application->plan ||
           (merge_write(store, application->plan,
                        &(MergeRun){&application->run, apply->due_seconds, audit, seen}, error) &&
            baseline_write(store, apply, &application->run, error) &&
            link_states_write(store, audit, apply, &application->run, error) &&
            (apply->recall == NULL ||
             history_write(store, apply->recall, &application->run, error)));
}

/* The held entry goes to the caller's list; strings of the verdict live as long as the ledger. */
static void hand_over(Application *application, LedgerRun *run)
{
    run->id = application->run.id;
    if (!application->reason)
        return;
    g_free(application->ledger->reason);
    application->ledger->reason = g_steal_pointer(&application->reason);
    run->status = "held";
    run->reason = application->ledger->reason;
    if (run->held)
        json_array_append(
            run->held, json_array_get(application->held, json_array_size(application->held) - 1));
    else
        run->held = json_incref(application->held);
}

bool ledger_apply(Ledger *ledger, LedgerApply *apply, LedgerCounts *ret_counts, GError **error)
{
    g_auto(Application) application = {.ledger = ledger, .apply = apply};

    if (!ledger->store->driver->is_locked(ledger->store, LEDGER_LOCK_RUN)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "a run is applied under the run lock only; nothing was changed");
        return false;
    }
    if (!store_transaction(ledger->store, STORE_WRITING, apply_run, &application, error)) {
        g_prefix_error(error, "the run was not applied: ");
        return false;
    }
    hand_over(&application, apply->run);
    tally_free(ledger->tally);
    ledger->tally = application.plan ? g_steal_pointer(&application.plan->tally) : NULL;
    ledger->tally_of = ledger->store->n_writes;
    if (ret_counts)
        *ret_counts = application.counts;
    return true;
}

typedef struct Preview {
    Store *store;
    const FindingSet *findings;
    LedgerCounts counts;
} Preview;

static bool preview(void *data, GError **error)
{
    Preview *wanted = data;
    g_autoptr(Plan) plan = plan_new(wanted->store, wanted->findings, error);
    if (!plan)
        return false;
    wanted->counts = plan->counts;
    return true;
}

bool ledger_preview(Ledger *ledger, const FindingSet *findings, LedgerCounts *ret_counts,
                    GError **error)
{
    Preview wanted = {.store = ledger->store, .findings = findings};
    if (!store_transaction(ledger->store, STORE_READING, preview, &wanted, error))
        return false;
    *ret_counts = wanted.counts;
    return true;
}

bool ledger_next_run(Ledger *ledger, int64_t *ret_id, GError **error)
{
    return run_next_id(ledger->store, ret_id, error);
}
