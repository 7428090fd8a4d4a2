/* retention_traffic.c: what the service kept for its own business, and needs no more.
 *
 * None of it is evidence: that a mail was sent, a job asked for and done, somebody signed in or was
 * refused stands in audit rows. */
#include "ledger/history/retention.h"

/* Somebody hears of a thing once. So what was told is remembered for longer: what is still open
 * after a year may be told again. */
#define TOLD_DAYS 365

typedef struct Traffic {
    const char *name; /* in the audit row */
    int64_t least_days;
    const char *count, *drop;
} Traffic;

#define FROM(name, least_days, where)                                                              \
    {                                                                                              \
#name, least_days, "SELECT count(*) FROM " #name " WHERE " where,                          \
            "DELETE FROM " #name " WHERE " where                                                   \
    }

/* Numbers are given by the greatest one: where they are told to people it stays, or the next would
 * be given twice. */
static const Traffic tables[] = {
    FROM(outbox, 0, "sent <= $1 AND id < (SELECT max(id) FROM outbox)"),
    FROM(told, TOLD_DAYS, "at <= $1"),
    FROM(job, 0, "finished <= $1 AND id < (SELECT max(id) FROM job)"),
    FROM(session, 0, "ended <= $1 OR seen <= $1"),
    FROM(sign_in_failure, 0, "last <= $1"),
    FROM(api_token, 0, "(revoked <= $1 OR expires <= $1) AND id < (SELECT max(id) FROM api_token)"),
};

static bool drop_of_table(const Retaining *retaining, const Traffic *table, int64_t *ret_n,
                          GError **error)
{
    int64_t days = MAX(retaining->retention->traffic_days, table->least_days);
    int64_t until_utc = retaining->as_of_utc - days * RETENTION_DAY;
    g_autoptr(Statement) count = store_prepare(retaining->store, table->count, error);
    g_autoptr(Statement) drop = count ? store_prepare(retaining->store, table->drop, error) : NULL;

    if (!drop)
        return false;
    statement_bind(count, integer_value(until_utc));
    if (statement_step(count, error) != STORE_ROW)
        return false;
    *ret_n = statement_integer(count, 0);
    statement_reset(count);
    statement_bind(drop, integer_value(until_utc));
    return *ret_n == 0 || statement_run(drop, error);
}

bool retaining_forget_traffic(Retaining *retaining, GError **error)
{
    json_t *detail =
        json_pack("{s:I}", "traffic_days", (json_int_t)retaining->retention->traffic_days);
    int64_t n_all = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        int64_t n;
        if (!drop_of_table(retaining, &tables[i], &n, error)) {
            json_decref(detail);
            return false;
        }
        if (n > 0)
            json_object_set_new(detail, tables[i].name, json_integer((json_int_t)n));
        n_all += n;
    }
    retaining->n_traffic = n_all;
    if (n_all > 0)
        return retaining_audit(retaining, "forgotten", "traffic", detail, error);
    json_decref(detail);
    return true;
}
