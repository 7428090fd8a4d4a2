#include "web/threads.h"

#include "web/clock.h"

typedef struct ThreadsWorker {
    struct Threads *threads;
    GThread *thread;
    Ledger *ledger;
    int64_t since; /* of the job at hand, by web_clock_seconds(); 0 = none */
} ThreadsWorker;

struct Threads {
    const WebOptions *options;
    ThreadsWork work;
    size_t n_waiting;
    GMutex mutex;
    GCond cond;
    GQueue jobs;
    bool is_stopping;
    unsigned n_workers;
    ThreadsWorker workers[];
};

static Ledger *open_ledger(const WebOptions *options, GError **error)
{
    Ledger *ledger =
        ledger_open(options->settings->store_url, options->directory, LEDGER_WRITE, error);

    if (ledger)
        ledger_set_references(ledger, options->references);
    return ledger;
}

static void do_job(ThreadsWorker *worker, void *job)
{
    g_autoptr(GError) error = NULL;

    if (!worker->ledger)
        worker->ledger = open_ledger(worker->threads->options, &error);
    worker->threads->work(job, worker->ledger, error);
}

static void *next_job(ThreadsWorker *worker)
{
    Threads *threads = worker->threads;

    g_mutex_lock(&threads->mutex);
    worker->since = 0;
    while (g_queue_is_empty(&threads->jobs) && !threads->is_stopping)
        g_cond_wait(&threads->cond, &threads->mutex);
    void *job = g_queue_pop_head(&threads->jobs);
    worker->since = job ? web_clock_seconds() : 0;
    g_mutex_unlock(&threads->mutex);
    return job;
}

static void *run(void *data)
{
    ThreadsWorker *worker = data;
    void *job;

    while ((job = next_job(worker)) != NULL)
        do_job(worker, job);
    ledger_close(worker->ledger);
    return NULL;
}

Threads *threads_new(const char *name, unsigned n_threads, size_t n_waiting,
                     const WebOptions *options, ThreadsWork work)
{
    Threads *threads = g_malloc0(sizeof *threads + n_threads * sizeof threads->workers[0]);

    threads->options = options;
    threads->work = work;
    threads->n_waiting = n_waiting;
    threads->n_workers = n_threads;
    g_mutex_init(&threads->mutex);
    g_cond_init(&threads->cond);
    g_queue_init(&threads->jobs);
    for (unsigned i = 0; i < n_threads; i++) {
        threads->workers[i].threads = threads;
        threads->workers[i].thread = g_thread_new(name, run, &threads->workers[i]);
    }
    return threads;
}

void threads_finish(Threads *threads)
{
    g_mutex_lock(&threads->mutex);
    threads->is_stopping = true;
    g_cond_broadcast(&threads->cond);
    g_mutex_unlock(&threads->mutex);
    for (unsigned i = 0; i < threads->n_workers; i++)
        g_thread_join(g_steal_pointer(&threads->workers[i].thread));
    threads->n_workers = 0;
}

void threads_free(Threads *threads)
{
    if (!threads)
        return;
    threads_finish(threads);
    g_mutex_clear(&threads->mutex);
    g_cond_clear(&threads->cond);
    g_free(threads);
}

bool threads_add(Threads *threads, void *job)
{
    g_mutex_lock(&threads->mutex);
    bool has_room =
        !threads->is_stopping && g_queue_get_length(&threads->jobs) < threads->n_waiting;
    if (has_room) {
        g_queue_push_tail(&threads->jobs, job);
        g_cond_signal(&threads->cond);
    }
    g_mutex_unlock(&threads->mutex);
    return has_room;
}

int64_t threads_busy_seconds(Threads *threads)
{
    int64_t oldest = 0, now = web_clock_seconds();

    g_mutex_lock(&threads->mutex);
    for (unsigned i = 0; i < threads->n_workers; i++) {
        int64_t since = threads->workers[i].since;
        if (since != 0)
            oldest = MAX(oldest, now - since);
    }
    g_mutex_unlock(&threads->mutex);
    return oldest;
}
