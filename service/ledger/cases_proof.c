/* cases_proof.c: what proves that something of a leaver is closed: who looked when, at what. */
#include "ledger/cases.h"
#include "ledger/ledger_private.h"

#include <string.h>

json_t *case_proof_source(const json_t *source)
{
    static const char *const members[] = {"name",   "kind",    "provides", "status",
                                          "digest", "started", "finished"};
    const json_t *pulled = json_object_get(json_object_get(source, "counts"), "pulled");
    json_t *proof = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        json_t *value = json_object_get(source, members[i]);
        json_object_set_new(proof, members[i], value ? json_incref(value) : json_null());
    }
    json_object_set_new(proof, "pulled",
                        pulled ? json_incref((json_t *)(uintptr_t)pulled) : json_null());
    return proof;
}

/* null when there is no record of the run. */
static bool read_sources(Ledger *ledger, int64_t run, json_t **ret_sources, GError **error)
{
    g_autoptr(GError) failed = NULL;
    json_t *record = ledger_run(ledger, run, &failed), *source;
    json_t *list = record ? json_array() : json_null();
    size_t i;

    json_array_foreach(json_object_get(record, "sources"), i, source)
        json_array_append_new(list, case_proof_source(source));
    json_decref(record);
    if (failed) {
        json_decref(list);
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    *ret_sources = list;
    return true;
}

static json_t *find_check(const json_t *checks, const json_t *at, const json_t *run)
{
    size_t i;
    json_t *check;

    json_array_foreach((json_t *)(uintptr_t)checks, i, check)
    {
        if (json_equal(json_object_get(check, "at"), at) &&
            json_equal(json_object_get(check, "run"), run))
            return check;
    }
    return NULL;
}

/* The check at that time by that run (references are taken), which is new when it is the first of
 * its kind. */
static json_t *check_of(json_t *checks, json_t *at, json_t *run, const char *actor)
{
    json_t *check = find_check(checks, at, run);

    if (check) {
        json_decref(at);
        json_decref(run);
        return check;
    }
    check = json_pack("{s:o s:s? s:o s:n s:[] s:b}", "at", at, "actor", actor, "run", run,
                      "sources", "found", "clear", 0);
    json_array_append_new(checks, check);
    return check;
}

static void add_row(json_t *checks, Statement *row)
{
    int64_t run = statement_integer(row, 3);
    json_t *detail = json_from_text(statement_text(row, 4), json_object());
    json_t *check = check_of(checks, json_time(statement_integer(row, 0)),
                             run > 0 ? json_integer(run) : json_null(), statement_text(row, 1));
    json_t *text = json_object_get(detail, "text"), *sources = json_object_get(detail, "sources");

    if (sources)
        json_object_set(check, "sources", sources);
    if (strcmp(statement_text(row, 2), "clear") == 0)
        json_object_set_new(check, "clear", json_true());
    else if (text)
        json_array_append(json_object_get(check, "found"), text);
    json_decref(detail);
}

/* What was closed when it was first seen has no audit row of its own. */
static void add_first_seen(json_t *checks, const json_t *lines)
{
    size_t i;
    json_t *line;

    json_array_foreach((json_t *)(uintptr_t)lines, i, line)
    {
        json_t *at = json_object_get(line, "cleared");
        if (!json_is_string(at) || !json_equal(at, json_object_get(line, "opened")))
            continue;
        json_t *check = check_of(checks, json_incref(at),
                                 json_incref(json_object_get(line, "cleared_run")), NULL);
        json_array_append(json_object_get(check, "found"), json_object_get(line, "text"));
    }
}

/* A check that opened the case and found nothing closed proves nothing. */
static void drop_empty(json_t *checks)
{
    for (size_t i = json_array_size(checks); i-- > 0;) {
        const json_t *check = json_array_get(checks, i);
        if (json_array_size(json_object_get(check, "found")) == 0 &&
            !json_is_true(json_object_get(check, "clear")))
            json_array_remove(checks, i);
    }
}

static bool read_checks(Ledger *ledger, const char *name, json_t *checks, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store,
        "SELECT COALESCE(r.as_of, a.at), a.actor, a.action, a.run, a.detail FROM audit a"
        " LEFT JOIN run r ON r.id = a.run"
        " WHERE a.object = $1 AND a.action IN ('opened', 'line clear', 'clear') ORDER BY a.id",
        error);
    StoreStep step = STORE_FAILED;

    if (!rows)
        return false;
    statement_bind(rows, text_value(name));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        add_row(checks, rows);
    return step == STORE_DONE;
}

static bool add_runs(Ledger *ledger, json_t *checks, GError **error)
{
    bool is_good = true;
    size_t i;
    json_t *check;

    json_array_foreach(checks, i, check)
    {
        int64_t run = json_integer_value(json_object_get(check, "run"));
        json_t *sources = NULL;

        is_good = is_good && (run == 0 || read_sources(ledger, run, &sources, error));
        if (sources)
            json_object_set_new(check, "sources", sources);
    }
    return is_good;
}

json_t *ledger_case_proof(Ledger *ledger, const char *id_or_person, GError **error)
{
    json_t *found = ledger_case(ledger, id_or_person, error);
    json_t *checks = json_array();
    bool is_read = found && read_checks(ledger, json_string_value(json_object_get(found, "id")),
                                        checks, error);

    if (is_read) {
        add_first_seen(checks, json_object_get(found, "lines"));
        drop_empty(checks);
    }
    if (!is_read || !add_runs(ledger, checks, error)) {
        json_decref(checks);
        json_decref(found);
        return NULL;
    }
    json_object_set_new(found, "checks", checks);
    return found;
}
