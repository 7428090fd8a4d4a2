#include "ledger/apply.h"

bool run_next_id(Store *store, int64_t *ret_id, GError **error)
{
    return store_query_integer(store, "SELECT COALESCE(max(id), 0) + 1 FROM run", ret_id, error);
}

/* Per judged control: "exceptions", "not-evaluable" or "pass". Some of its subjects unjudged is
 * still a pass of the others; a whole source unjudged is none. */
static json_t *results_of(const FindingSet *set)
{
    json_t *results = json_object();

    for (guint i = 0; set && i < set->controls->len; i++) {
        if (!set->is_judged || set->is_judged[i])
            json_object_set_new(results, set->controls->pdata[i], json_string("pass"));
    }
    for (guint i = 0; set && i < set->findings->len; i++) {
        const Finding *finding = &g_array_index(set->findings, Finding, i);
        if (i == 0 || finding->control != finding[-1].control)
            json_object_set_new(results, set->controls->pdata[finding->control],
                                json_string("exceptions"));
    }
    for (guint i = 0; set && set->unjudged && i < set->unjudged->len; i++) {
        const Unjudged *unjudged = &g_array_index(set->unjudged, Unjudged, i);
        const char *control = set->controls->pdata[unjudged->control];
        bool has_findings =
            g_strcmp0(json_string_value(json_object_get(results, control)), "exceptions") == 0;
        if (unjudged->scope != UNJUDGED_SUBJECT && !has_findings)
            json_object_set_new(results, control, json_string("not-evaluable"));
    }
    return results;
}

static json_t *counts_json(const RunRecord *record)
{
    const LedgerCounts *counts = record->counts;
    return json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I s:o s:o}", "new", (json_int_t)counts->n_new,
                     "reopened", (json_int_t)counts->n_reopened, "open", (json_int_t)counts->n_open,
                     "resolved", (json_int_t)counts->n_resolved, "accepted",
                     (json_int_t)counts->n_accepted, "accepted_by_rule",
                     (json_int_t)counts->n_by_rule, "lapsed", (json_int_t)counts->n_lapsed,
                     "false_positive", (json_int_t)counts->n_false_positive, "by_control",
                     tally_controls(record->tally), "by_severity", tally_severities(record->tally));
}

/* Newly allocated; takes json. */
static char *take_text(json_t *json)
{
    char *text = json_to_text(json, "{}");
    json_decref(json);
    return text;
}

static bool write_row(Store *store, const RunRecord *record, GError **error)
{
    const LedgerRun *run = record->run;
    g_autofree char *counts = take_text(counts_json(record));
    g_autofree char *results = take_text(results_of(record->findings));
    g_autofree char *thresholds = json_to_text(run->thresholds, "{}");
    g_autofree char *set_by = json_to_text(run->set_by, "{}");
    g_autofree char *held = json_to_text(run->held, "[]");
    g_autofree char *accepted = json_to_text(run->accepted, "[]");
    g_autofree char *not_evaluable = json_to_text(run->not_evaluable, "[]");
    g_autofree char *suppressions = json_to_text(run->suppressions, "[]");
    g_autoptr(Statement) insert = store_prepare(
        store,
        "INSERT INTO run (id, status, as_of, started, finished, actor, version, "
        "config, profile, reason, "
        "counts, thresholds, set_by, results, held, accepted, not_evaluable, suppressions, "
        "boot, up_seconds) "
        "VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "
        "$20)",
        error);
    if (!insert)
        return false;
    statement_bind(
        insert, integer_value(run->id), text_value(run->status), integer_value(run->as_of_utc),
        integer_value(run->started_utc), integer_value(run->finished_utc),
        text_value(run->actor ? run->actor : ""), text_value(run->version ? run->version : ""),
        text_value(run->config_digest ? run->config_digest : ""),
        text_value(run->profile ? run->profile : ""), text_value(run->reason), text_value(counts),
        text_value(thresholds), text_value(set_by), text_value(results), text_value(held),
        text_value(accepted), text_value(not_evaluable), text_value(suppressions),
        text_value(run->boot ? run->boot : ""), integer_value(run->up_seconds));
    return statement_run(insert, error);
}

static bool write_sources(Store *store, const LedgerRun *run, GError **error)
{
    g_autoptr(Statement) insert = store_prepare(store,
                                                "INSERT INTO run_source (run, place, name, status, "
                                                "digest, body) VALUES ($1, $2, $3, $4, $5, $6)",
                                                error);
    size_t place;
    json_t *source;

    if (!insert)
        return false;
    json_array_foreach(run->sources, place, source)
    {
        g_autofree char *body = json_to_text(source, "{}");
        const char *name = json_string_value(json_object_get(source, "name"));
        const char *status = json_string_value(json_object_get(source, "status"));
        statement_bind(insert, integer_value(run->id), integer_value((int64_t)place),
                       text_value(name ? name : ""), text_value(status ? status : ""),
                       text_value(json_string_value(json_object_get(source, "digest"))),
                       text_value(body));
        if (!statement_run(insert, error))
            return false;
    }
    return true;
}

static bool write_run_audit(Audit *audit, const RunRecord *record, const char *action,
                            json_t *detail, GError **error)
{
    const LedgerRun *run = record->run;
    g_autofree char *object = g_strdup_printf("run %" G_GINT64_FORMAT, run->id);
    g_autofree char *text = take_text(detail);

    return audit_write(audit,
                       &(AuditRow){.at_utc = run->started_utc,
                                   .actor = run->actor ? run->actor : "",
                                   .action = action,
                                   .object = object,
                                   .run = run->id,
                                   .detail = text},
                       error);
}

static json_t *run_detail(const RunRecord *record)
{
    const LedgerCounts *counts = record->counts;
    return json_pack("{s:s s:I s:I s:I s:s?}", "status", record->run->status, "new",
                     (json_int_t)counts->n_new, "resolved", (json_int_t)counts->n_resolved, "open",
                     (json_int_t)counts->n_open, "reason", record->run->reason);
}

bool run_write(Store *store, Audit *audit, const RunRecord *record, GError **error)
{
    size_t i;
    json_t *accept;

    if (!write_row(store, record, error) ||
        !write_run_audit(audit, record, "run", run_detail(record), error) ||
        !write_sources(store, record->run, error))
        return false;
    json_array_foreach(record->run->accepted, i, accept)
    {
        if (!write_run_audit(audit, record, "guard accepted", json_incref(accept), error))
            return false;
    }
    return true;
}
