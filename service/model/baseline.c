#include "model/baseline.h"

static void baseline_source_free(BaselineSource *source)
{
    g_free(source->name);
    for (guint i = 0; source->dimensions != NULL && i < source->dimensions->len; i++)
        g_free(g_array_index(source->dimensions, BaselineDimension, i).name);
    g_clear_pointer(&source->dimensions, g_array_unref);
    g_clear_pointer(&source->watched, g_ptr_array_unref);
    g_free(source);
}

void baseline_free(Baseline *baseline)
{
    if (baseline == NULL)
        return;
    if (baseline->sources != NULL) {
        /* Works with and without a free function set on the array: who fills it need not know. */
        g_ptr_array_set_free_func(baseline->sources, NULL);
        for (guint i = 0; i < baseline->sources->len; i++)
            baseline_source_free(g_ptr_array_index(baseline->sources, i));
        g_ptr_array_unref(baseline->sources);
    }
    for (guint i = 0; baseline->roster != NULL && i < baseline->roster->len; i++) {
        BaselinePerson *person = &g_array_index(baseline->roster, BaselinePerson, i);
        g_free(person->id);
        g_free(person->name);
        g_free(person->email);
        g_free(person->username);
    }
    g_clear_pointer(&baseline->roster, g_array_unref);
    g_free(baseline->last_boot);
    g_clear_pointer(&baseline->group_first_seen, g_hash_table_unref);
    g_free(baseline);
}

const BaselineSource *baseline_source(const Baseline *baseline, const char *name)
{
    for (guint i = 0; baseline->sources != NULL && i < baseline->sources->len; i++) {
        const BaselineSource *source = g_ptr_array_index(baseline->sources, i);
        if (g_str_equal(source->name, name))
            return source;
    }
    return NULL;
}
