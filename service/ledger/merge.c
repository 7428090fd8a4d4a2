#include "ledger/merge.h"

#include "ledger/describer.h"
#include "ledger/turns.h"

#include <string.h>

typedef struct Merger {
    const Plan *plan;
    const MergeRun *merge;
    Statement *reopen, *update, *text, *summary, *resolve;
    Bulk *exceptions, *texts, *left_alone;
} Merger;

static void merger_clear(Merger *merger)
{
    Statement *statements[] = {merger->reopen, merger->update, merger->text, merger->summary,
                               merger->resolve};
    Bulk *bulks[] = {merger->exceptions, merger->texts, merger->left_alone};

    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++)
        statement_free(statements[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(bulks); i++)
        bulk_free(bulks[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Merger, merger_clear)

static bool prepare_bulks(Merger *merger, Store *store, GError **error)
{
    merger->exceptions = bulk_new(store, "exception",
                                  "id, identity, facts, control, severity, status, source, "
                                  "subject_name, opened_run, found_run, due, due_from",
                                  error);
    merger->texts = merger->exceptions
                        ? bulk_new(store, "exception_text",
                                   "exception, subject_type, subject_key, subject_dn, object_type, "
                                   "object_source, object_key, object_name, object_dn, person_id, "
                                   "person_name, summary, evidence, action, holders",
                                   error)
                        : NULL;
    merger->left_alone = merger->texts
                             ? bulk_new(store, "unjudged", "run, control, source, exception", error)
                             : NULL;
    return merger->left_alone != NULL;
}

static bool prepare(Merger *merger, Store *store, GError **error)
{
    const struct {
        Statement **statement;
        const char *sql;
    } all[] = {
        {&merger->reopen, "UPDATE exception SET facts = $2, severity = $3, status = 'open', source "
                          "= $4, subject_name = $5, "
                          "owner = NULL, found_run = $6, reopened_run = $6, last_seen_run = NULL, "
                          "resolved_run = NULL, due = $7, due_from = $8 "
                          "WHERE id = $1"},
        /* A due date moves only with the severity. What turns out to be worse is due as soon as if
           it had been found now, and never later than before; what turns out to be less bad, as if
           it had been so from where it, or its last relapse, began. */
        {&merger->update,
         "UPDATE exception SET facts = $2, severity = $3, source = $4, subject_name = $5, "
         "found_run = $6, "
         "due = CASE WHEN severity = $3 THEN due WHEN severity > $3 THEN due_from + $7 - $8 "
         "WHEN due < $7 THEN due ELSE $7 END WHERE id = $1"},
        {&merger->text,
         "UPDATE exception_text SET subject_type = $2, subject_key = $3, subject_dn = $4, "
         "object_type = $5, object_source = $6, object_key = $7, object_name = $8, object_dn = $9, "
         "person_id = $10, person_name = $11, summary = $12, evidence = $13, action = $14, "
         "holders = $15 "
         "WHERE exception = $1"},
        {&merger->summary, "SELECT summary FROM exception_text WHERE exception = $1"},
        {&merger->resolve, "UPDATE exception SET status = 'resolved', resolved_run = $2, "
                           "last_seen_run = $3 WHERE id = $1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!(*all[i].statement = store_prepare(store, all[i].sql, error)))
            return false;
    }
    return prepare_bulks(merger, store, error);
}

static bool write_audit(Merger *merger, int64_t id, const char *action, const char *detail,
                        GError **error)
{
    const LedgerRun *run = merger->merge->run;
    char object[32];

    g_snprintf(object, sizeof object, "EX-%06" G_GINT64_FORMAT, id);
    return audit_write(merger->merge->audit,
                       &(AuditRow){.at_utc = run->started_utc,
                                   .actor = run->actor,
                                   .action = action,
                                   .object = object,
                                   .run = run->id,
                                   .detail = detail},
                       error);
}

/* is_new: the exception has no row yet. */
static bool write_text(Merger *merger, int64_t id, bool is_new, const FindingText *text,
                       GError **error)
{
    const FindingParty *subject = &text->subject, *object = &text->object;
    const StoreValue values[] = {integer_value(id),
                                 text_value(subject->type),
                                 text_value(subject->key),
                                 text_value(subject->dn),
                                 text_value(object->type),
                                 text_value(object->source),
                                 text_value(object->key),
                                 text_value(object->name),
                                 text_value(object->dn),
                                 text_value(text->person_id),
                                 text_value(text->person_name),
                                 text_value(text->summary ? text->summary : ""),
                                 text_value(text->evidence ? text->evidence : "{}"),
                                 text_value(text->action ? text->action : ""),
                                 text_value(text->holders)};

    if (is_new)
        return bulk_add_values(merger->texts, values, G_N_ELEMENTS(values), error);
    statement_bind_values(merger->text, values, G_N_ELEMENTS(values));
    return statement_run(merger->text, error);
}

/* What the exception said until now, for the audit row of its change: "was" as the last run's
 * reader saw it, "words" as it is stored where that is something else (time passes in it). */
static void add_words(Merger *merger, int64_t id, json_t *detail)
{
    statement_bind(merger->summary, integer_value(id));
    bool is_there = statement_step(merger->summary, NULL) == STORE_ROW;
    const char *words = is_there ? statement_text(merger->summary, 0) : "";
    g_autofree char *was = finding_summary_at(words, seen_newest_as_of(merger->merge->seen));

    json_object_set_new(detail, "was", json_string(was));
    if (strcmp(was, words) != 0)
        json_object_set_new(detail, "words", json_string(words));
    statement_reset(merger->summary);
}

static bool write_change_audit(Merger *merger, size_t index, int64_t id, int severity,
                               GError **error)
{
    static const char *const names[] = {
        [CHANGE_FACTS] = "updated", [CHANGE_SEVERITY] = "severity", [CHANGE_REOPEN] = "reopened"};
    const Plan *plan = merger->plan;
    json_t *detail = json_object();

    if (plan->severity_was[index] != severity) {
        json_object_set_new(detail, "from", json_string(severities[plan->severity_was[index]]));
        json_object_set_new(detail, "to", json_string(severities[severity]));
    }
    add_words(merger, id, detail);
    g_autofree char *text = json_to_text(detail, "{}");

    json_decref(detail);
    return write_audit(merger, id, names[plan->change[index]], text, error);
}

static bool write_new(Merger *merger, const Finding *finding, int64_t id, const FindingText *text,
                      GError **error)
{
    const MergeRun *merge = merger->merge;

    return bulk_add(merger->exceptions, error, integer_value(id),
                    blob_value(finding->identity, sizeof finding->identity),
                    integer_value((int64_t)finding->facts), text_value(text->control),
                    integer_value(finding->severity), text_value("open"),
                    text_value(text->subject.source ? text->subject.source : ""),
                    text_value(text->subject.name ? text->subject.name : ""),
                    integer_value(merge->run->id), integer_value(merge->run->id),
                    integer_value(merge->run->as_of_utc + merge->due_seconds[finding->severity]),
                    integer_value(merge->run->as_of_utc)) &&
           write_audit(merger, id, "opened", NULL, error) &&
           write_text(merger, id, true, text, error);
}

static bool write_known(Merger *merger, size_t index, const Finding *finding,
                        const FindingText *text, GError **error)
{
    const MergeRun *merge = merger->merge;
    int64_t id = merger->plan->exception[index];
    bool is_back = merger->plan->change[index] == CHANGE_REOPEN;
    int64_t now = merge->run->as_of_utc, due = now + merge->due_seconds[finding->severity];
    Statement *statement = is_back ? merger->reopen : merger->update;

    if (!write_change_audit(merger, index, id, finding->severity, error))
        return false;
    statement_bind(statement, integer_value(id), integer_value((int64_t)finding->facts),
                   integer_value(finding->severity),
                   text_value(text->subject.source ? text->subject.source : ""),
                   text_value(text->subject.name ? text->subject.name : ""),
                   integer_value(merge->run->id), integer_value(due), integer_value(now));
    return statement_run(statement, error) && write_text(merger, id, false, text, error);
}

static bool write_findings(Merger *merger, GError **error)
{
    const Plan *plan = merger->plan;
    g_autoptr(Describer) describer = describer_new(plan);
    int64_t next_id = plan->greatest_id + 1;

    for (guint i = 0; i < plan->set->findings->len; i++) {
        const Finding *finding = &g_array_index(plan->set->findings, Finding, i);
        if (!describer_has(plan, i))
            continue;
        const FindingText *text = describer_next(describer);
        bool is_written = plan->change[i] == CHANGE_NEW
                              ? write_new(merger, finding, next_id++, text, error)
                              : write_known(merger, i, finding, text, error);
        if (!is_written)
            return false;
    }
    return true;
}

static bool write_gone(Merger *merger, GError **error)
{
    const MergeRun *merge = merger->merge;

    for (guint i = 0; i < merger->plan->gone->len; i++) {
        const Gone *gone = &g_array_index(merger->plan->gone, Gone, i);
        int64_t last_seen;
        if (!seen_last(merge->seen, gone->id, gone->control, gone->source, gone->found_run,
                       &last_seen, error))
            return false;
        statement_bind(merger->resolve, integer_value(gone->id), integer_value(merge->run->id),
                       integer_value(last_seen));
        if (!statement_run(merger->resolve, error) ||
            !write_audit(merger, gone->id, "resolved", NULL, error))
            return false;
    }
    return true;
}

static bool write_left_alone(Merger *merger, GError **error)
{
    const GArray *rows = merger->plan->left_alone;

    for (guint i = 0; i < rows->len; i++) {
        const LeftAlone *row = &g_array_index(rows, LeftAlone, i);
        if (!bulk_add(merger->left_alone, error, integer_value(merger->merge->run->id),
                      text_value(row->control), text_value(row->source),
                      integer_value(row->exception)))
            return false;
    }
    return true;
}

/* Has nothing changed that the digests and the tally are made of? */
static bool is_kept(const Plan *plan)
{
    return plan->are_digests_kept && !plan_has_turns(plan);
}

bool merge_write(Store *store, const Plan *plan, const MergeRun *merge, GError **error)
{
    g_auto(Merger) merger = {.plan = plan, .merge = merge};

    return prepare(&merger, store, error) && write_findings(&merger, error) &&
           write_gone(&merger, error) && write_left_alone(&merger, error) &&
           (!plan_has_turns(plan) ||
            (bulk_end(merger.exceptions, error) && turns_write(store, plan, merge, error))) &&
           (is_kept(plan) ||
            digests_write(&plan->digests, plan->tally, merge->audit, store, error));
}
