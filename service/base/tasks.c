#include "base/tasks.h"

#include <glib.h>

#define MAX_THREADS 16

typedef struct TaskQueue {
    const Task *tasks;
    size_t n;
    size_t next; /* atomic */
} TaskQueue;

static gpointer work(gpointer data)
{
    TaskQueue *queue = data;
    size_t at;
    while ((at = __atomic_fetch_add(&queue->next, 1, __ATOMIC_RELAXED)) < queue->n)
        queue->tasks[at].run(queue->tasks[at].data);
    return NULL;
}

void tasks_run(const Task *tasks, size_t n)
{
    TaskQueue queue = {.tasks = tasks, .n = n};
    GThread *threads[MAX_THREADS];
    size_t n_threads = 0, wanted = MIN(MIN(n, g_get_num_processors()), MAX_THREADS);
    for (size_t i = 1; i < wanted; i++) {
        threads[n_threads] = g_thread_try_new("task", work, &queue, NULL);
        if (threads[n_threads] == NULL)
            break;
        n_threads++;
    }
    work(&queue);
    for (size_t i = 0; i < n_threads; i++)
        g_thread_join(threads[i]);
}

typedef struct Piece {
    TaskRange run;
    void *data;
    size_t begin, end;
} Piece;

static void run_piece(void *data)
{
    const Piece *piece = data;
    piece->run(piece->data, piece->begin, piece->end);
}

/* Pieces are many, so that who is faster does more, and not small. */
#define N_PIECES 16
#define LEAST_ROWS 256

void tasks_run_ranges(TaskRange run, void *data, size_t n)
{
    size_t step = MAX((n + N_PIECES - 1) / N_PIECES, LEAST_ROWS);
    Piece pieces[N_PIECES];
    Task tasks[N_PIECES];
    size_t n_pieces = 0;
    for (size_t begin = 0; begin < n; begin += step, n_pieces++) {
        pieces[n_pieces] = (Piece){run, data, begin, MIN(begin + step, n)};
        tasks[n_pieces] = (Task){run_piece, &pieces[n_pieces]};
    }
    tasks_run(tasks, n_pieces);
}
