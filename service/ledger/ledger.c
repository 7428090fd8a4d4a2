/* ledger.c: opening, locking, and the small things that all files of the ledger need. */
#include "ledger/kept.h"
#include "ledger/ledger_private.h"
#include "ledger/tally.h"

#include <string.h>

const char *const ledger_statuses[] = {"open",           "assigned", "accepted",
                                       "false-positive", "resolved", NULL};

Status ledger_status(const char *text)
{
    for (int status = 0; status < N_STATUSES; status++) {
        if (g_strcmp0(text, ledger_statuses[status]) == 0)
            return (Status)status;
    }
    return STATUS_OPEN;
}

char *exception_name(int64_t id)
{
    return g_strdup_printf("EX-%06" G_GINT64_FORMAT, id);
}

int64_t exception_id(const char *text)
{
    guint64 id;

    if (g_ascii_strncasecmp(text, "EX-", 3) == 0)
        text += 3;
    return g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &id, NULL) ? (int64_t)id : 0;
}

json_t *json_time(int64_t utc)
{
    g_autofree char *text = time_to_text(utc);
    return text ? json_string(text) : json_null();
}

json_t *json_from_text(const char *text, json_t *otherwise)
{
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    if (!json)
        return otherwise;
    json_decref(otherwise);
    return json;
}

char *json_to_text(const json_t *json, const char *otherwise)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    char *copy = g_strdup(text ? text : otherwise);
    free(text);
    return copy;
}

char *ledger_shown_url(const char *url)
{
    return store_shown_url(url);
}

Ledger *ledger_open(const char *url, const char *base_directory, LedgerAccess access,
                    GError **error)
{
    g_autofree char *shown = ledger_shown_url(url);
    g_autoptr(Store) store = store_open(url, base_directory, access, error);
    if (!store || !schema_check(store, shown, access, error))
        return NULL;

    Ledger *ledger = g_new0(Ledger, 1);
    ledger->store = g_steal_pointer(&store);
    ledger->url = g_steal_pointer(&shown);
    ledger->kept = kept_new();
    return ledger;
}

void ledger_close(Ledger *ledger)
{
    if (!ledger)
        return;
    store_close(ledger->store);
    g_free(ledger->url);
    g_free(ledger->reason);
    tally_free(ledger->tally);
    kept_free(ledger->kept);
    g_free(ledger);
}

bool ledger_lock(Ledger *ledger, LedgerLock lock, const char *holder, GError **error)
{
    return ledger->store->driver->lock(ledger->store, lock, holder, error);
}

bool ledger_keep_lock(Ledger *ledger, GError **error)
{
    return ledger->store->driver->keep_lock(ledger->store, error);
}

void ledger_set_references(Ledger *ledger, json_t *(*references)(const char *control))
{
    ledger->references = references;
}

json_t *ledger_info(Ledger *ledger, GError **error)
{
    int64_t schema, n_runs, n_exceptions;
    Store *store = ledger->store;

    if (!store->driver->schema_version(store, &schema, error) ||
        !store_query_integer(store, "SELECT count(*) FROM run", &n_runs, error) ||
        !store_query_integer(store, "SELECT count(*) FROM exception", &n_exceptions, error))
        return NULL;
    return json_pack("{s:s s:I s:I s:I s:I}", "url", ledger->url, "schema", (json_int_t)schema,
                     "runs", (json_int_t)n_runs, "exceptions", (json_int_t)n_exceptions,
                     "size_bytes", (json_int_t)store->driver->size_bytes(store));
}
