#include "ledger/scopes.h"

#include <string.h>

static void scope_free(gpointer data)
{
    Scope *scope = data;
    g_array_unref(scope->by_control);
    g_array_unref(scope->by_source);
    g_array_unref(scope->alone);
    g_free(scope);
}

static GArray *new_ids(void)
{
    return g_array_new(FALSE, FALSE, sizeof(int64_t));
}

GHashTable *scopes_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, scope_free);
}

Scope *scopes_of(GHashTable *scopes, const char *control, const char *source)
{
    g_autofree char *name = g_strconcat(control, "\x1f", source, NULL);
    Scope *scope = g_hash_table_lookup(scopes, name);
    if (!scope) {
        scope = g_new0(Scope, 1);
        scope->control = g_intern_string(control);
        scope->source = g_intern_string(source);
        scope->by_control = new_ids();
        scope->by_source = new_ids();
        scope->alone = new_ids();
        g_hash_table_insert(scopes, g_steal_pointer(&name), scope);
    }
    return scope;
}

static void leave_alone(GArray *rows, const Scope *scope, const char *source, const GArray *ids,
                        bool is_whole)
{
    LeftAlone row = {scope->control, source, 0};

    if (is_whole && ids->len > 0) {
        g_array_append_val(rows, row);
        return;
    }
    row.source = scope->source;
    for (guint i = 0; i < ids->len; i++) {
        row.exception = g_array_index(ids, int64_t, i);
        g_array_append_val(rows, row);
    }
}

static int compare_left_alone(const void *a, const void *b)
{
    const LeftAlone *left = a, *right = b;
    int order = strcmp(left->control, right->control);
    order = order ? order : strcmp(left->source, right->source);
    return order ? order
                 : (left->exception > right->exception) - (left->exception < right->exception);
}

static bool is_same_left_alone(const GArray *rows, guint i)
{
    return i > 0 && compare_left_alone(&g_array_index(rows, LeftAlone, i - 1),
                                       &g_array_index(rows, LeftAlone, i)) == 0;
}

void scopes_sum_up(GHashTable *scopes, GArray *ret_left_alone)
{
    g_autoptr(GHashTable) found =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL); /* controls */
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, scopes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Scope *scope = value;
        if (scope->n_found > 0)
            g_hash_table_add(found, g_strdup(scope->control));
    }
    g_hash_table_iter_init(&iter, scopes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Scope *scope = value;
        leave_alone(ret_left_alone, scope, "", scope->by_control,
                    !g_hash_table_contains(found, scope->control));
        leave_alone(ret_left_alone, scope, scope->source, scope->by_source, scope->n_found == 0);
        leave_alone(ret_left_alone, scope, scope->source, scope->alone, false);
    }
    g_array_sort(ret_left_alone, compare_left_alone);
    for (guint i = ret_left_alone->len; i-- > 1;) {
        if (is_same_left_alone(ret_left_alone, i))
            g_array_remove_index(ret_left_alone, i);
    }
}
