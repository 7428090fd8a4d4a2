#include "ledger/describer.h"

#define BATCH 64
#define N_BATCHES 4
#define WORTH_A_THREAD (4 * BATCH)

typedef struct Batch {
    FindingText texts[BATCH];
    guint n;
} Batch;

struct Describer {
    const Plan *plan;
    guint next;                /* finding to be looked at */
    Batch *batch;              /* that of who asks; NULL = none */
    guint taken;               /* of its texts */
    GThread *thread;           /* NULL: whoever asks describes */
    GAsyncQueue *empty, *full; /* of Batch */
    Batch batches[N_BATCHES];
    int stop; /* atomic */
};

bool describer_has(const Plan *plan, guint finding)
{
    return plan->change[finding] != CHANGE_NONE && plan->change[finding] != CHANGE_REPEATED;
}

static void clear_batch(Batch *batch)
{
    for (guint i = 0; i < batch->n; i++)
        finding_text_clear(&batch->texts[i]);
    batch->n = 0;
}

static void fill_batch(Describer *describer, Batch *batch)
{
    const FindingSet *set = describer->plan->set;

    clear_batch(batch);
    for (; describer->next < set->findings->len && batch->n < BATCH; describer->next++) {
        const Finding *finding = &g_array_index(set->findings, Finding, describer->next);
        if (!describer_has(describer->plan, describer->next))
            continue;
        FindingText *text = &batch->texts[batch->n++];
        set->describe(set, finding, text);
        text->control = set->controls->pdata[finding->control];
    }
}

/* Ends with an empty batch, or when nobody wants more. What was allocated here is freed here. */
static gpointer describe_ahead(gpointer data)
{
    Describer *describer = data;
    Batch *batch;

    do {
        batch = g_async_queue_pop(describer->empty);
        fill_batch(describer, batch);
        g_async_queue_push(describer->full, batch);
    } while (batch->n > 0 && g_atomic_int_get(&describer->stop) == 0);
    return NULL;
}

static bool is_worth_a_thread(const Plan *plan)
{
    guint n = 0;

    for (guint i = 0; i < plan->set->findings->len && n < WORTH_A_THREAD; i++)
        n += describer_has(plan, i);
    return n >= WORTH_A_THREAD && g_get_num_processors() > 1;
}

Describer *describer_new(const Plan *plan)
{
    Describer *describer = g_new0(Describer, 1);

    describer->plan = plan;
    describer->empty = g_async_queue_new();
    describer->full = g_async_queue_new();
    for (size_t i = 0; i < N_BATCHES; i++)
        g_async_queue_push(describer->empty, &describer->batches[i]);
    if (is_worth_a_thread(plan))
        describer->thread = g_thread_try_new("describe", describe_ahead, describer, NULL);
    return describer;
}

void describer_free(Describer *describer)
{
    if (!describer)
        return;
    g_atomic_int_set(&describer->stop, 1);
    if (describer->batch)
        g_async_queue_push(describer->empty, describer->batch);
    if (describer->thread)
        g_thread_join(describer->thread);
    for (size_t i = 0; i < N_BATCHES; i++)
        clear_batch(&describer->batches[i]);
    g_async_queue_unref(describer->empty);
    g_async_queue_unref(describer->full);
    g_free(describer);
}

static void next_batch(Describer *describer)
{
    if (describer->batch)
        g_async_queue_push(describer->empty, describer->batch);
    if (!describer->thread) {
        describer->batch = g_async_queue_pop(describer->empty);
        fill_batch(describer, describer->batch);
    } else {
        describer->batch = g_async_queue_pop(describer->full);
    }
    describer->taken = 0;
}

const FindingText *describer_next(Describer *describer)
{
    if (!describer->batch || describer->taken == describer->batch->n)
        next_batch(describer);
    return &describer->batch->texts[describer->taken++];
}
