#include "ledger/plan_rows.h"

#include <string.h>

/* Where more than one bucket in so many changed, one query for all is faster. */
#define WORTH_READING_ALL 4

void plan_rows_clear(PlanRows *rows)
{
    digests_clear(&rows->before);
    digests_clear(&rows->tonight);
    tally_free(rows->tally);
    g_free(rows->unread);
}

/* ---- what to look at ---- */

/* Of the findings, each identity once, and what was left alone beside them; NULL = nothing. */
static void digest_findings(const PlanRows *rows, const GArray *left, unsigned bits,
                            Digests *ret_digests)
{
    const GArray *findings = rows->set->findings;
    size_t n = left ? left->len : 0;
    g_autofree DigestRow *found = g_new(DigestRow, findings->len + n + 1);

    if (n > 0)
        memcpy(found, left->data, n * sizeof *found);
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = &g_array_index(findings, Finding, i);
        if (rows->change[i] == CHANGE_REPEATED)
            continue;
        found[n].facts = finding->facts;
        found[n].severity = finding->severity;
        memcpy(found[n++].identity, finding->identity, 16);
    }
    digests_make(ret_digests, bits, found, n);
}

/* What a decision of somebody, or a rule, is about is looked at every night. */
static bool look_at_waivers(PlanRows *rows, Store *store, GError **error)
{
    g_autoptr(Statement) waived =
        store_prepare(store,
                      "SELECT identity FROM exception WHERE id IN (SELECT exception FROM waiver) "
                      "AND resolved_run IS NULL",
                      error);
    StoreStep step = STORE_FAILED;

    while (waived && (step = statement_step(waived, error)) == STORE_ROW) {
        size_t size;
        rows->unread[digests_bucket(&rows->before, statement_blob(waived, 0, &size))] = false;
    }
    return step == STORE_DONE;
}

static void look_at_rules(PlanRows *rows)
{
    const FindingSet *set = rows->set;

    for (guint i = 0; set->accepted_by && i < set->findings->len; i++) {
        const uint8_t *identity = g_array_index(set->findings, Finding, i).identity;
        if (set->accepted_by[i] != 0)
            rows->unread[digests_bucket(&rows->before, identity)] = false;
    }
}

static bool compare(PlanRows *rows, Store *store, GError **error)
{
    size_t n = digests_n(&rows->before), n_read = 0;

    rows->unread = g_new(uint8_t, n);
    for (size_t i = 0; i < n; i++)
        rows->unread[i] =
            memcmp(digests_of(&rows->before, i), digests_of(&rows->tonight, i), DIGEST_SIZE) == 0;
    if (!look_at_waivers(rows, store, error))
        return false;
    look_at_rules(rows);
    for (size_t i = 0; i < n; i++)
        n_read += !rows->unread[i];
    if (n_read * WORTH_READING_ALL > n)
        g_clear_pointer(&rows->unread, g_free);
    return true;
}

bool plan_rows_begin(PlanRows *rows, Store *store, GError **error)
{
    size_t n = rows->set->findings->len;

    if (!digests_read(&rows->before, &rows->tally, &rows->is_tally_current, store, error))
        return false;
    if (rows->before.sums && digests_are_outgrown(&rows->before, n))
        digests_clear(&rows->before);
    digest_findings(rows, NULL, rows->before.sums ? rows->before.bits : digests_bits_for(n),
                    &rows->tonight);
    return !rows->before.sums || compare(rows, store, error);
}

void plan_rows_end(PlanRows *rows, const GArray *left, Digests *ret_after, bool *ret_is_kept)
{
    if (left->len > 0)
        digest_findings(rows, left, rows->tonight.bits, &rows->tonight);
    *ret_after = rows->tonight;
    rows->tonight.sums = NULL;
    *ret_is_kept =
        rows->is_tally_current && rows->before.sums &&
        memcmp(rows->before.sums, ret_after->sums, digests_n(ret_after) * DIGEST_SIZE) == 0;
}

bool plan_rows_is_unread(const PlanRows *rows, const uint8_t *identity)
{
    return rows->unread && rows->unread[digests_bucket(&rows->before, identity)];
}

/* ---- looking ---- */

#define COLUMNS "id, identity, facts, severity, control, source, status, found_run"

static void read_row(Statement *row, PlanRow *ret_row)
{
    const char *control = statement_text(row, 4), *source = statement_text(row, 5);
    size_t size;

    /* Neighbours are of one control and source mostly: interning takes a lock and a hash. */
    if (!ret_row->row.control || strcmp(ret_row->row.control, control) != 0)
        ret_row->row.control = g_intern_string(control);
    if (!ret_row->row.source || strcmp(ret_row->row.source, source) != 0)
        ret_row->row.source = g_intern_string(source);
    ret_row->row.id = statement_integer(row, 0);
    ret_row->row.found_run = statement_integer(row, 7);
    ret_row->row.severity = (int)statement_integer(row, 3);
    ret_row->row.status = ledger_status(statement_text(row, 6));
    memcpy(ret_row->is.identity, statement_blob(row, 1, &size), 16);
    ret_row->is.facts = (uint64_t)statement_integer(row, 2);
    ret_row->is.severity = (uint32_t)ret_row->row.severity;
}

static bool read_all(const PlanRows *rows, Store *store, GError **error)
{
    g_autoptr(Statement) all = store_prepare(
        store, "SELECT " COLUMNS " FROM exception WHERE resolved_run IS NULL ORDER BY id", error);
    StoreStep step = STORE_FAILED;
    PlanRow row = {0};

    while (all && (step = statement_step(all, error)) == STORE_ROW) {
        read_row(all, &row);
        rows->visit(rows->data, &row);
    }
    return step == STORE_DONE;
}

/* The buckets begin … end - 1. */
static bool read_range(const PlanRows *rows, Statement *range, size_t begin, size_t end,
                       GArray *ret_found, GError **error)
{
    uint8_t least[16], greatest[16], ignored[16];
    StoreStep step;
    PlanRow row = {0};

    digests_limits(&rows->before, begin, least, ignored);
    digests_limits(&rows->before, end - 1, ignored, greatest);
    statement_bind(range, blob_value(least, 16), blob_value(greatest, 16));
    while ((step = statement_step(range, error)) == STORE_ROW) {
        read_row(range, &row);
        g_array_append_val(ret_found, row);
    }
    return step == STORE_DONE;
}

static int compare_ids(const void *a, const void *b)
{
    const PlanRow *left = a, *right = b;
    return (left->row.id > right->row.id) - (left->row.id < right->row.id);
}

static bool read_changed(const PlanRows *rows, Store *store, GArray *ret_found, GError **error)
{
    g_autoptr(Statement) range =
        store_prepare(store,
                      "SELECT " COLUMNS " FROM exception "
                      "WHERE identity >= $1 AND identity <= $2 AND resolved_run IS NULL",
                      error);
    size_t n = digests_n(&rows->before);

    if (!range)
        return false;
    for (size_t begin = 0, end; begin < n; begin = end + 1) {
        for (end = begin; end < n && !rows->unread[end];)
            end++;
        if (end > begin && !read_range(rows, range, begin, end, ret_found, error))
            return false;
    }
    g_array_sort(ret_found, compare_ids);
    return true;
}

/* Is something among them neither found nor sure to be gone? */
static bool is_anything_doubtful(const PlanRows *rows, const GArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        const PlanRow *row = &g_array_index(found, PlanRow, i);
        if (!rows->is_found(rows->data, row->is.identity) &&
            coverage_of_scope(rows->coverage, row->row.control, row->row.source) != COVER_NONE)
            return true;
    }
    return false;
}

bool plan_rows_read(PlanRows *rows, Store *store, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(PlanRow));

    if (rows->unread && !read_changed(rows, store, found, error))
        return false;
    if (rows->unread && is_anything_doubtful(rows, found))
        g_clear_pointer(&rows->unread, g_free);
    if (!rows->unread)
        return read_all(rows, store, error);
    for (guint i = 0; i < found->len; i++)
        rows->visit(rows->data, &g_array_index(found, PlanRow, i));
    return true;
}
