#include "ledger/jobs.h"

#include "ledger/changes.h"

#define COLUMNS "id, kind, argument, actor, asked, started, finished, result"
enum {
    JOB_ID,
    JOB_KIND,
    JOB_ARGUMENT,
    JOB_ACTOR,
    JOB_ASKED,
    JOB_STARTED,
    JOB_FINISHED,
    JOB_RESULT
};

typedef struct Job {
    Store *store;
    const JobAsked *asked;
    int64_t id, at_utc;
    const json_t *result;
    json_t *job;
} Job;

/* ---- as JSON ---- */

static json_t *time_at(Statement *row, int column)
{
    return row->store->driver->is_null(row, column) ? json_null()
                                                    : json_time(statement_integer(row, column));
}

static json_t *job_json(Statement *row)
{
    bool is_begun = !row->store->driver->is_null(row, JOB_STARTED);
    bool is_over = !row->store->driver->is_null(row, JOB_FINISHED);
    json_t *result = json_from_text(statement_text(row, JOB_RESULT), json_null());
    const char *status = !is_over ? is_begun ? "working" : "waiting"
                         : json_object_get(result, "error") != NULL ? "failed"
                                                                    : "done";

    return json_pack("{s:I s:s s:o s:s s:o s:o s:o s:s s:o}", "job",
                     (json_int_t)statement_integer(row, JOB_ID), "kind",
                     statement_text(row, JOB_KIND), "argument",
                     json_from_text(statement_text(row, JOB_ARGUMENT), json_object()), "actor",
                     statement_text(row, JOB_ACTOR), "asked", time_at(row, JOB_ASKED), "started",
                     time_at(row, JOB_STARTED), "finished", time_at(row, JOB_FINISHED), "status",
                     status, "result", result);
}

/* *ret_job NULL: the query has no row. */
static bool read_one(Store *store, const char *sql, int64_t value, json_t **ret_job, GError **error)
{
    g_autoptr(Statement) row = store_prepare(store, sql, error);

    *ret_job = NULL;
    if (!row)
        return false;
    if (value != 0)
        statement_bind(row, integer_value(value));
    StoreStep step = statement_step(row, error);
    if (step == STORE_ROW)
        *ret_job = job_json(row);
    return step != STORE_FAILED;
}

json_t *ledger_job(Ledger *ledger, int64_t id, GError **error)
{
    json_t *job = NULL;

    if (id > 0)
        read_one(ledger->store, "SELECT " COLUMNS " FROM job WHERE id = $1", id, &job, error);
    return job;
}

/* ---- changes ---- */

static bool write_audit(Store *store, int64_t id, const char *actor, const char *action,
                        int64_t at_utc, json_t *detail, GError **error)
{
    g_autofree char *object = g_strdup_printf("job %" G_GINT64_FORMAT, id);

    return change_audit(store, &(ChangeMade){actor, action, object, at_utc}, detail, error);
}

static bool add(void *data, GError **error)
{
    Job *job = data;
    const JobAsked *asked = job->asked;
    int64_t last;

    if (!store_query_integer(job->store, "SELECT max(id) FROM job", &last, error))
        return false;
    job->id = last + 1;
    g_autoptr(Statement) insert = store_prepare(
        job->store,
        "INSERT INTO job (id, kind, argument, actor, asked) VALUES ($1, $2, $3, $4, $5)", error);
    g_autofree char *argument = json_to_text(asked->argument, "{}");
    if (!insert)
        return false;
    statement_bind(insert, integer_value(job->id), text_value(asked->kind), text_value(argument),
                   text_value(asked->actor), integer_value(asked->at_utc));
    return statement_run(insert, error) &&
           write_audit(job->store, job->id, asked->actor, "job asked", asked->at_utc,
                       json_pack("{s:s s:O}", "kind", asked->kind, "argument",
                                 (json_t *)(uintptr_t)asked->argument),
                       error);
}

bool ledger_job_add(Ledger *ledger, const JobAsked *asked, int64_t *ret_id, GError **error)
{
    Job job = {.store = ledger->store, .asked = asked};

    if (!store_transaction(ledger->store, STORE_WRITING, add, &job, error))
        return false;
    *ret_id = job.id;
    return true;
}

static bool take(void *data, GError **error)
{
    Job *job = data;

    g_clear_pointer(&job->job, json_decref);
    if (!read_one(job->store,
                  "SELECT " COLUMNS " FROM job WHERE finished IS NULL ORDER BY id LIMIT 1", 0,
                  &job->job, error))
        return false;
    if (!job->job)
        return true;
    g_autoptr(Statement) update =
        store_prepare(job->store, "UPDATE job SET started = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(json_integer_value(json_object_get(job->job, "job"))),
                   integer_value(job->at_utc));
    return statement_run(update, error);
}

bool ledger_job_take(Ledger *ledger, int64_t at_utc, json_t **ret_job, GError **error)
{
    Job job = {.store = ledger->store, .at_utc = at_utc};

    *ret_job = NULL;
    if (!store_transaction(ledger->store, STORE_WRITING, take, &job, error)) {
        json_decref(job.job);
        return false;
    }
    *ret_job = job.job;
    return true;
}

bool ledger_job_waits(Ledger *ledger, bool *ret_waits, GError **error)
{
    int64_t id;

    if (!store_query_integer(ledger->store, "SELECT id FROM job WHERE finished IS NULL LIMIT 1",
                             &id, error))
        return false;
    *ret_waits = id != 0;
    return true;
}

static bool finish(void *data, GError **error)
{
    Job *job = data;
    g_autoptr(Statement) update = store_prepare(
        job->store, "UPDATE job SET finished = $2, result = $3 WHERE id = $1 AND finished IS NULL",
        error);
    g_autofree char *result = json_to_text(job->result, "{}");
    if (!update)
        return false;
    statement_bind(update, integer_value(job->id), integer_value(job->at_utc), text_value(result));
    return statement_run(update, error) &&
           write_audit(job->store, job->id, "worker", "job finished", job->at_utc,
                       json_deep_copy(job->result), error);
}

bool ledger_job_finish(Ledger *ledger, int64_t id, const json_t *result, int64_t at_utc,
                       GError **error)
{
    Job job = {.store = ledger->store, .id = id, .result = result, .at_utc = at_utc};

    return store_transaction(ledger->store, STORE_WRITING, finish, &job, error);
}
