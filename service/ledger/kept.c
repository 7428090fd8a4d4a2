#include "ledger/kept.h"

/* Questions may come from outside (a search); a page asks two or three. */
#define KEPT_MOST 256

struct Kept {
    int64_t newest;      /* audit row; 0 = none yet */
    GHashTable *answers; /* text → json_t */
};

static void release(gpointer json)
{
    json_decref(json);
}

Kept *kept_new(void)
{
    Kept *kept = g_new0(Kept, 1);

    kept->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, release);
    return kept;
}

void kept_free(Kept *kept)
{
    if (!kept)
        return;
    g_hash_table_unref(kept->answers);
    g_free(kept);
}

bool kept_refresh(Kept *kept, Store *store, GError **error)
{
    int64_t newest;

    if (!store_query_integer(store, "SELECT max(id) FROM audit", &newest, error))
        return false;
    if (newest != kept->newest)
        g_hash_table_remove_all(kept->answers);
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
