#include "ledger/ranked.h"

#include <string.h>

struct Ranked {
    GArray *ids;    /* (element-type int64_t) */
    GArray *starts; /* (element-type guint32) of each name, and of what would follow the last */
    GString *names; /* folded; each ends with NUL, which no text has in it */
};

/* Composed, so that "e" is not found in "é". */
static char *folded(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_autofree char *lower = g_utf8_casefold(valid, -1);

    return g_utf8_normalize(lower, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

/* Most names are ASCII, and need no more than a pass over their bytes. */
static void append_folded(GString *names, const char *name)
{
    gsize begin = names->len;

    if (!g_str_is_ascii(name)) {
        g_autofree char *fold = folded(name);
        g_string_append_len(names, fold, (gssize)strlen(fold) + 1);
        return;
    }
    g_string_append_len(names, name, (gssize)strlen(name) + 1);
    for (char *c = names->str + begin; *c != '\0'; c++)
        *c = g_ascii_tolower(*c);
}

static void end_name(Ranked *ranked)
{
    guint32 start = (guint32)ranked->names->len;

    g_array_append_val(ranked->starts, start);
}

Ranked *ranked_read(Statement *rows, GError **error)
{
    g_autoptr(Ranked) ranked = g_new0(Ranked, 1);
    StoreStep step;

    ranked->ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
    ranked->starts = g_array_new(FALSE, FALSE, sizeof(guint32));
    ranked->names = g_string_new(NULL);
    end_name(ranked);
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        int64_t id = statement_integer(rows, 0);
        g_array_append_val(ranked->ids, id);
        append_folded(ranked->names, statement_text(rows, 1));
        end_name(ranked);
    }
    return step == STORE_DONE ? g_steal_pointer(&ranked) : NULL;
}

void ranked_free(Ranked *ranked)
{
    if (!ranked)
        return;
    g_array_unref(ranked->ids);
    g_array_unref(ranked->starts);
    g_string_free(ranked->names, TRUE);
    g_free(ranked);
}

int64_t ranked_size(const Ranked *ranked)
{
    return ranked->ids->len;
}

static void append_ids(const Ranked *ranked, int64_t first, int64_t limit, GArray *ids)
{
    int64_t size = ranked_size(ranked);

    if (first < size)
        g_array_append_vals(ids, &g_array_index(ranked->ids, int64_t, first),
                            (guint)MIN(limit, size - first));
}

/* The first row from this one on whose name has the text in it; the number of all: there is none.
 */
static guint next_row(const Ranked *ranked, const char *text, guint row)
{
    const guint32 *starts = (const guint32 *)(const void *)ranked->starts->data;
    const char *names = ranked->names->str;
    size_t n_bytes = ranked->names->len - starts[row];
    const char *hit = n_bytes > 0 ? memmem(names + starts[row], n_bytes, text, strlen(text)) : NULL;

    if (!hit)
        return ranked->ids->len;
    while (starts[row + 1] <= hit - names)
        row++;
    return row;
}

int64_t ranked_find(const Ranked *ranked, const char *text, int64_t first, int64_t limit,
                    GArray *ids)
{
    int64_t n_found = 0;

    if (!text) {
        append_ids(ranked, first, limit, ids);
        return ranked_size(ranked);
    }
    g_autoptr(GString) wanted = g_string_new(NULL);
    append_folded(wanted, text);
    guint row = next_row(ranked, wanted->str, 0);
    while (row < ranked->ids->len) {
        if (n_found >= first && n_found < first + limit)
            append_ids(ranked, row, 1, ids);
        n_found++;
        row = next_row(ranked, wanted->str, row + 1);
    }
    return n_found;
}
