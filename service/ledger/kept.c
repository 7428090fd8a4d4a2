#include "ledger/kept.h"

/* Questions may come from outside (a search); a page asks two or three. */
#define KEPT_MOST 256
#define MOST_ROWS 1000000 /* of lists: 30 MB */

struct Kept {
    int64_t newest;      /* audit row; 0 = none yet */
    GHashTable *answers; /* text → json_t */
    GHashTable *lists;   /* text → Ranked */
    int64_t n_rows;      /* of all lists */
};

static void release(gpointer json)
{
    json_decref(json);
}

static void release_list(gpointer list)
{
    ranked_free(list);
}

Kept *kept_new(void)
{
    Kept *kept = g_new0(Kept, 1);

    kept->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, release);
    kept->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, release_list);
    return kept;
}

void kept_free(Kept *kept)
{
    if (!kept)
        return;
    g_hash_table_unref(kept->answers);
    g_hash_table_unref(kept->lists);
    g_free(kept);
}

static void forget_lists(Kept *kept)
{
    g_hash_table_remove_all(kept->lists);
    kept->n_rows = 0;
}

bool kept_refresh(Kept *kept, Store *store, GError **error)
{
    int64_t newest;

    if (!store_query_integer(store, "SELECT max(id) FROM audit", &newest, error))
        return false;
    if (newest != kept->newest) {
        g_hash_table_remove_all(kept->answers);
        forget_lists(kept);
    }
    kept->newest = newest;
    return true;
}

json_t *kept_find(const Kept *kept, const char *question)
{
    json_t *answer = g_hash_table_lookup(kept->answers, question);
    return answer ? json_deep_copy(answer) : NULL;
}

void kept_add(Kept *kept, const char *question, const json_t *answer)
{
    if (g_hash_table_size(kept->answers) >= KEPT_MOST)
        g_hash_table_remove_all(kept->answers);
    g_hash_table_insert(kept->answers, g_strdup(question), json_deep_copy(answer));
}

const Ranked *kept_list(const Kept *kept, const char *question)
{
    return g_hash_table_lookup(kept->lists, question);
}

const Ranked *kept_add_list(Kept *kept, const char *question, Ranked *list)
{
    if (kept->n_rows + ranked_size(list) > MOST_ROWS)
        forget_lists(kept);
    g_hash_table_replace(kept->lists, g_strdup(question), list);
    kept->n_rows += ranked_size(list);
    return list;
}
