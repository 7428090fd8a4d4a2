#include "ledger/history/retention.h"

bool retaining_audit(const Retaining *retaining, const char *action, const char *object,
                     json_t *detail, GError **error)
{
    g_autofree char *text = json_to_text(detail, "{}");

    json_decref(detail);
    return audit_write(retaining->audit,
                       &(AuditRow){.at_utc = retaining->as_of_utc,
                                   .actor = retaining->actor,
                                   .action = action,
                                   .object = object,
                                   .run = retaining->run,
                                   .detail = text},
                       error);
}

/* ---- exceptions that are long resolved ---- */

/* What stays is what the identity is made of: number, control, dates and keys. */
static bool forget_resolved(Retaining *retaining, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(Statement) rows = store_prepare(
        retaining->store,
        "SELECT e.id FROM exception e JOIN exception_text t ON t.exception = e.id JOIN run r ON "
        "r.id = e.resolved_run WHERE r.as_of <= $1 AND t.evidence <> '{\"forgotten\":true}' "
        "ORDER BY e.id",
        error);
    g_autoptr(Statement) update =
        rows ? store_prepare(
                   retaining->store,
                   "UPDATE exception_text SET subject_dn = NULL, object_dn = NULL, person_name = "
                   "NULL, summary = 'Resolved long ago; the details are not kept.', "
                   "evidence = '{\"forgotten\":true}', action = '' WHERE exception = $1",
                   error)
             : NULL;
    StoreStep step;

    if (!update)
        return false;
    statement_bind(rows, integer_value(retaining->as_of_utc -
                                       retaining->retention->resolved_days * RETENTION_DAY));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(ids, id);
    }
    statement_reset(rows);
    for (guint i = 0; step == STORE_DONE && i < ids->len; i++) {
        g_autofree char *object = exception_name(g_array_index(ids, int64_t, i));
        statement_bind(update, integer_value(g_array_index(ids, int64_t, i)));
        if (!statement_run(update, error) ||
            !retaining_audit(retaining, "pseudonymised", object,
                             json_pack("{s:I}", "resolved_days",
                                       (json_int_t)retaining->retention->resolved_days),
                             error))
            return false;
    }
    retaining->n_exceptions += ids->len;
    return step == STORE_DONE;
}

/* ---- what was refused in old runs ---- */

typedef struct Proof {
    int64_t run, place;
    char *body;
} Proof;

static void proof_clear(gpointer data)
{
    g_free(((Proof *)data)->body);
}

/* The counts stay, the sentences go: they quote what stood in a cell. */
static char *body_without_rejections(const char *text)
{
    json_t *body = json_from_text(text, json_object());
    bool has_any = json_array_size(json_object_get(body, "rejections")) > 0;

    json_object_set_new(body, "rejections", json_array());
    char *without = has_any ? json_to_text(body, "{}") : NULL;
    json_decref(body);
    return without;
}

static bool forget_rejections(Retaining *retaining, GError **error)
{
    g_autoptr(GArray) proofs = g_array_new(FALSE, FALSE, sizeof(Proof));
    g_autoptr(Statement) rows =
        store_prepare(retaining->store,
                      "SELECT s.run, s.place, s.body FROM run_source s JOIN run r ON r.id = s.run "
                      "WHERE r.as_of <= $1 ORDER BY s.run, s.place",
                      error);
    g_autoptr(Statement) update =
        rows ? store_prepare(retaining->store,
                             "UPDATE run_source SET body = $3 WHERE run = $1 AND place = $2", error)
             : NULL;
    StoreStep step;

    if (!update)
        return false;
    g_array_set_clear_func(proofs, proof_clear);
    statement_bind(rows, integer_value(retaining->as_of_utc -
                                       retaining->retention->rejections_days * RETENTION_DAY));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        Proof proof = {statement_integer(rows, 0), statement_integer(rows, 1),
                       body_without_rejections(statement_text(rows, 2))};
        if (proof.body)
            g_array_append_val(proofs, proof);
    }
    statement_reset(rows);
    for (guint i = 0; step == STORE_DONE && i < proofs->len; i++) {
        const Proof *proof = &g_array_index(proofs, Proof, i);
        g_autofree char *object = g_strdup_printf("run %" G_GINT64_FORMAT, proof->run);
        statement_bind(update, integer_value(proof->run), integer_value(proof->place),
                       text_value(proof->body));
        if (!statement_run(update, error) ||
            !retaining_audit(retaining, "pseudonymised", object,
                             json_pack("{s:I}", "rejections_days",
                                       (json_int_t)retaining->retention->rejections_days),
                             error))
            return false;
    }
    retaining->n_runs = proofs->len;
    return step == STORE_DONE;
}

/* ---- all of it ---- */

static bool retain(void *data, GError **error)
{
    Retaining *retaining = data;
    const LedgerRetention *retention = retaining->retention;
    g_autoptr(Audit) audit = audit_new(retaining->store, error);

    retaining->audit = audit;
    return audit && (retention->people_days == 0 || retaining_forget_people(retaining, error)) &&
           (retention->resolved_days == 0 || forget_resolved(retaining, error)) &&
           (retention->rejections_days == 0 || forget_rejections(retaining, error)) &&
           (retention->reviews_days == 0 || retaining_forget_reviews(retaining, error)) &&
           (retention->history_days == 0 || retaining_forget_versions(retaining, error)) &&
           (retention->traffic_days == 0 || retaining_forget_traffic(retaining, error));
}

/* SQLite leaves what it deletes in the file until it needs the room; PostgreSQL has VACUUM. */
static bool overwrite_what_goes(Store *store, GError **error)
{
    return store->driver != &sqlite_driver ||
           store->driver->execute(store, "PRAGMA secure_delete = ON", error);
}

bool ledger_retain(Ledger *ledger, const LedgerRetention *retention, int64_t run, int64_t as_of_utc,
                   const char *actor, json_t **ret_forgotten, GError **error)
{
    Retaining retaining = {.store = ledger->store,
                           .retention = retention,
                           .run = run,
                           .as_of_utc = as_of_utc,
                           .actor = actor};

    if (!ledger->store->driver->is_locked(ledger->store, LEDGER_LOCK_RUN)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "names are forgotten under the run lock only; nothing was changed");
        return false;
    }
    if (!overwrite_what_goes(ledger->store, error) ||
        !store_transaction(ledger->store, STORE_WRITING, retain, &retaining, error)) {
        g_prefix_error(error, "nothing was forgotten: ");
        return false;
    }
    *ret_forgotten = json_pack(
        "{s:I s:I s:I s:I s:I s:I s:I s:I}", "people", (json_int_t)retaining.n_people, "accounts",
        (json_int_t)retaining.n_accounts, "versions", (json_int_t)retaining.n_versions,
        "exceptions", (json_int_t)retaining.n_exceptions, "runs", (json_int_t)retaining.n_runs,
        "reviews", (json_int_t)retaining.n_reviews, "history", (json_int_t)retaining.n_history,
        "traffic", (json_int_t)retaining.n_traffic);
    return true;
}
