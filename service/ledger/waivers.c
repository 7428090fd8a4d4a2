#include "ledger/waivers.h"

#include <string.h>
#include <xxhash.h>

const char *const waiver_kinds[] = {"accepted", "rule", "false-positive", NULL};

uint64_t waiver_words(const char *reason, const char *author, const char *last_day)
{
    g_autofree char *all = g_strconcat(reason, "\x1f", author, "\x1f", last_day, NULL);
    return XXH3_64bits(all, strlen(all));
}

static WaiverKind kind_of(const char *text)
{
    int kind = WAIVER_FALSE_POSITIVE;
    while (kind > 0 && g_strcmp0(waiver_kinds[kind], text) != 0)
        kind--;
    return (WaiverKind)kind;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

GArray *waivers_read(Store *store, GError **error)
{
    g_autoptr(GArray) waivers = g_array_new(FALSE, FALSE, sizeof(Waiver));
    g_autoptr(Statement) rows = store_prepare(store,
                                              "SELECT exception, kind, ends, lapsed_run, reason, "
                                              "requester, last_day FROM waiver ORDER BY exception",
                                              error);
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        bool has_end = !store->driver->is_null(rows, 2);
        Waiver waiver = {.exception = statement_integer(rows, 0),
                         .kind = kind_of(statement_text(rows, 1)),
                         .ends_utc = has_end ? statement_integer(rows, 2) : INT64_MAX,
                         .has_lapsed = statement_integer(rows, 3) != 0};
        if (waiver.kind == WAIVER_RULE)
            waiver.words = waiver_words(statement_text(rows, 4), statement_text(rows, 5),
                                        or_empty(statement_text(rows, 6)));
        g_array_append_val(waivers, waiver);
    }
    return step == STORE_DONE ? g_steal_pointer(&waivers) : NULL;
}

static int compare(const void *a, const void *b)
{
    const Waiver *left = a, *right = b;
    return (left->exception > right->exception) - (left->exception < right->exception);
}

const Waiver *waivers_find(const GArray *waivers, int64_t exception)
{
    Waiver wanted = {.exception = exception};
    return waivers->len == 0
               ? NULL
               : bsearch(&wanted, waivers->data, waivers->len, sizeof wanted, compare);
}

bool waivers_count_by_rule(Store *store, int64_t *ret_n, GError **error)
{
    return store_query_integer(
        store, "SELECT count(*) FROM waiver WHERE kind = 'rule' AND lapsed_run IS NULL", ret_n,
        error);
}

enum {
    KIND,
    REASON,
    REQUESTER,
    REQUESTER_NAME,
    APPROVER,
    APPROVER_NAME,
    LAST_DAY,
    ENDS,
    DECIDED,
    LAPSED_RUN
};

static const char *state_of(Statement *row, int first)
{
    if (statement_integer(row, first + LAPSED_RUN) == 0)
        return "in force";
    return statement_integer(row, first + ENDS) == 0 ? "withdrawn" : "lapsed";
}

json_t *waiver_json(Statement *row, int first)
{
    const char *kind = statement_text(row, first + KIND);
    bool is_rule = kind && kind_of(kind) == WAIVER_RULE;

    if (!kind)
        return json_null();
    return json_pack("{s:s s:s s:s? s:s? s:s? s:s? s:s? s:s? s:o s:s}", "kind", kind, "reason",
                     statement_text(row, first + REASON), "author",
                     is_rule ? statement_text(row, first + REQUESTER) : NULL, "approver",
                     statement_text(row, first + APPROVER), "approver_name",
                     statement_text(row, first + APPROVER_NAME), "requester",
                     is_rule ? NULL : statement_text(row, first + REQUESTER), "requester_name",
                     statement_text(row, first + REQUESTER_NAME), "until",
                     statement_text(row, first + LAST_DAY), "decided",
                     json_time(statement_integer(row, first + DECIDED)), "state",
                     state_of(row, first));
}
