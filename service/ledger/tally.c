#include "ledger/tally.h"

#include <string.h>

Tally *tally_new(void)
{
    Tally *tally = g_new0(Tally, 1);
    tally->by_control = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return tally;
}

void tally_free(Tally *tally)
{
    if (!tally)
        return;
    g_hash_table_unref(tally->by_control);
    g_free(tally);
}

void tally_add(Tally *tally, const char *control, int severity, Status status, int64_t n)
{
    tally->by_status[status] += n;
    if (status != STATUS_OPEN && status != STATUS_ASSIGNED)
        return;
    tally->by_severity[severity] += n;
    int64_t *count = g_hash_table_lookup(tally->by_control, control);
    if (!count) {
        count = g_new0(int64_t, 1);
        g_hash_table_insert(tally->by_control, g_strdup(control), count);
    }
    *count += n;
}

Tally *tally_read(Store *store, GError **error)
{
    g_autoptr(Tally) tally = tally_new();
    g_autoptr(Statement) rows = store_prepare(
        store,
        "SELECT control, severity, status, count(*) FROM exception WHERE resolved_run IS NULL "
        "GROUP BY control, severity, status",
        error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        tally_add(tally, statement_text(rows, 0), (int)statement_integer(rows, 1),
                  ledger_status(statement_text(rows, 2)), statement_integer(rows, 3));
    return step == STORE_DONE ? g_steal_pointer(&tally) : NULL;
}

static json_t *numbers(const int64_t *values, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_integer(values[i]));
    return list;
}

char *tally_to_text(const Tally *tally)
{
    json_t *json =
        json_pack("{s:o s:o s:o}", "status", numbers(tally->by_status, N_STATUSES), "severity",
                  numbers(tally->by_severity, N_SEVERITIES), "control", tally_controls(tally));
    char *text = json_to_text(json, "{}");

    json_decref(json);
    return text;
}

static bool take_numbers(const json_t *list, int64_t *ret_values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret_values[i] = json_integer_value(json_array_get(list, i));
    return json_array_size(list) == n;
}

Tally *tally_from_text(const char *text)
{
    json_t *json = json_from_text(text, json_object());
    g_autoptr(Tally) tally = tally_new();
    const char *control;
    json_t *n;
    bool is_one = take_numbers(json_object_get(json, "status"), tally->by_status, N_STATUSES) &&
                  take_numbers(json_object_get(json, "severity"), tally->by_severity, N_SEVERITIES);

    json_object_foreach(json_object_get(json, "control"), control, n)
    {
        int64_t *count = g_new(int64_t, 1);
        *count = json_integer_value(n);
        g_hash_table_insert(tally->by_control, g_strdup(control), count);
    }
    json_decref(json);
    return is_one ? g_steal_pointer(&tally) : NULL;
}

int64_t tally_open(const Tally *tally)
{
    return tally->by_status[STATUS_OPEN] + tally->by_status[STATUS_ASSIGNED];
}

int64_t tally_unresolved(const Tally *tally)
{
    return tally_open(tally) + tally->by_status[STATUS_ACCEPTED] +
           tally->by_status[STATUS_FALSE_POSITIVE];
}

json_t *tally_severities(const Tally *tally)
{
    json_t *json = json_object();
    for (int severity = N_SEVERITIES - 1; severity >= 0; severity--)
        json_object_set_new(json, severities[severity], json_integer(tally->by_severity[severity]));
    return json;
}

json_t *tally_controls(const Tally *tally)
{
    json_t *json = json_object();
    g_autoptr(GList) controls =
        g_list_sort(g_hash_table_get_keys(tally->by_control), (GCompareFunc)(void (*)(void))strcmp);

    for (GList *i = controls; i; i = i->next) {
        const int64_t *count = g_hash_table_lookup(tally->by_control, i->data);
        if (*count > 0)
            json_object_set_new(json, i->data, json_integer(*count));
    }
    return json;
}
