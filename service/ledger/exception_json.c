#include "ledger/exception_json.h"

static void set(json_t *json, const char *name, json_t *value)
{
    json_object_set_new(json, name, value);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static void set_text(json_t *json, const char *name, const char *text)
{
    if (text && *text)
        set(json, name, json_string(text));
}

typedef struct PartyColumns {
    int type, source, key, name, dn;
} PartyColumns;

static json_t *party_json(Statement *row, PartyColumns columns)
{
    const char *type = statement_text(row, columns.type);
    if (!type)
        return json_null();
    json_t *party = json_object();
    set(party, "type", json_string(type));
    set_text(party, "source", statement_text(row, columns.source));
    set(party, "key", text_or_null(statement_text(row, columns.key)));
    set(party, "name", text_or_null(statement_text(row, columns.name)));
    set_text(party, "dn", statement_text(row, columns.dn));
    return party;
}

static json_t *person_json(Statement *row)
{
    const char *id = statement_text(row, COLUMN_PERSON_ID),
               *name = statement_text(row, COLUMN_PERSON_NAME);
    return id || name ? json_pack("{s:s? s:s?}", "id", id, "name", name) : json_null();
}

static json_t *of_control(json_t *by_control, const char *control)
{
    json_t *own = json_object_get(by_control, control);
    return own ? json_incref(own) : json_object();
}

static json_t *rule_json(const RunFacts *run, const char *control)
{
    return json_pack("{s:s s:o s:o s:s}", "profile", run->profile, "thresholds",
                     of_control(run->thresholds, control), "set_by",
                     of_control(run->set_by, control), "config", run->config);
}

/* Told as of the run that last saw it: a run that could not judge it has nothing to say, not even
 * that another day has passed. */
static void set_summary(json_t *json, Statement *row, int64_t last_seen_utc)
{
    g_autofree char *summary =
        finding_summary_at(statement_text(row, COLUMN_SUMMARY), last_seen_utc);

    set(json, "summary", json_string(summary));
}

static void set_words(json_t *json, Statement *row, const RunFacts *last_seen)
{
    set_summary(json, row, last_seen->as_of_utc);
    set(json, "evidence", json_from_text(statement_text(row, COLUMN_EVIDENCE), json_object()));
    set(json, "action", json_string(statement_text(row, COLUMN_ACTION)));
}

typedef struct RowRuns {
    const RunFacts *opened, *last_seen, *resolved; /* resolved: NULL = it is not */
} RowRuns;

/* The run that saw it last. */
static bool find_last_seen(Seen *seen, Statement *row, int64_t *ret_run, GError **error)
{
    *ret_run = statement_integer(row, COLUMN_LAST_SEEN_RUN);
    return *ret_run != 0 ||
           seen_last(seen, statement_integer(row, COLUMN_ID), statement_text(row, COLUMN_CONTROL),
                     statement_text(row, COLUMN_SOURCE), statement_integer(row, COLUMN_FOUND_RUN),
                     ret_run, error);
}

static bool find_runs(Seen *seen, Statement *row, RowRuns *ret_runs, GError **error)
{
    int64_t last_seen, resolved = statement_integer(row, COLUMN_RESOLVED_RUN);

    if (!find_last_seen(seen, row, &last_seen, error))
        return false;
    ret_runs->opened = seen_run(seen, statement_integer(row, COLUMN_OPENED_RUN), error);
    ret_runs->last_seen = ret_runs->opened ? seen_run(seen, last_seen, error) : NULL;
    ret_runs->resolved = ret_runs->last_seen && resolved ? seen_run(seen, resolved, error) : NULL;
    return ret_runs->last_seen && (resolved == 0 || ret_runs->resolved);
}

static json_t *head_json(Statement *row)
{
    g_autofree char *id = exception_name(statement_integer(row, COLUMN_ID));
    json_t *json = json_object();

    set(json, "id", json_string(id));
    set(json, "control", json_string(statement_text(row, COLUMN_CONTROL)));
    set(json, "severity", json_string(severities[statement_integer(row, COLUMN_SEVERITY)]));
    set(json, "status", json_string(statement_text(row, COLUMN_STATUS)));
    return json;
}

json_t *exception_line_json(Seen *seen, Statement *row, GError **error)
{
    int64_t last_seen, last_seen_utc, opened_utc;

    if (!find_last_seen(seen, row, &last_seen, error) ||
        !seen_as_of(seen, last_seen, &last_seen_utc, error) ||
        !seen_as_of(seen, statement_integer(row, COLUMN_OPENED_RUN), &opened_utc, error))
        return NULL;
    json_t *json = head_json(row);
    set_summary(json, row, last_seen_utc);
    set(json, "first_seen", json_time(opened_utc));
    set(json, "due", json_time(statement_integer(row, COLUMN_DUE)));
    set(json, "owner", text_or_null(statement_text(row, COLUMN_OWNER)));
    return json;
}

json_t *exception_json(const Ledger *ledger, Seen *seen, Statement *row, GError **error)
{
    const char *control = statement_text(row, COLUMN_CONTROL);
    RowRuns runs;

    if (!find_runs(seen, row, &runs, error))
        return NULL;
    json_t *references = ledger->references ? ledger->references(control) : NULL;
    json_t *json = head_json(row);
    set(json, "subject",
        party_json(row, (PartyColumns){COLUMN_SUBJECT_TYPE, COLUMN_SOURCE, COLUMN_SUBJECT_KEY,
                                       COLUMN_SUBJECT_NAME, COLUMN_SUBJECT_DN}));
    set(json, "object",
        party_json(row, (PartyColumns){COLUMN_OBJECT_TYPE, COLUMN_OBJECT_SOURCE, COLUMN_OBJECT_KEY,
                                       COLUMN_OBJECT_NAME, COLUMN_OBJECT_DN}));
    set(json, "person", person_json(row));
    set_words(json, row, runs.last_seen);
    set(json, "references", references ? references : json_object());
    set(json, "rule", rule_json(runs.last_seen, control));
    set(json, "first_seen", json_time(runs.opened->as_of_utc));
    set(json, "last_seen", json_time(runs.last_seen->as_of_utc));
    set(json, "due", json_time(statement_integer(row, COLUMN_DUE)));
    set(json, "owner", text_or_null(statement_text(row, COLUMN_OWNER)));
    json_t *waiver = waiver_json(row, COLUMN_WAIVER);
    if (json_is_null(waiver))
        json_decref(waiver);
    else
        set(json, "waiver", waiver);
    set(json, "run", json_integer(runs.last_seen->id));
    set(json, "opened_run", json_integer(runs.opened->id));
    if (runs.resolved)
        set(json, "resolved", json_time(runs.resolved->as_of_utc));
    return json;
}
