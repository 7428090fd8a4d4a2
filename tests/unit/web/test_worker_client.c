/* Asking the worker: an answer, or a sentence, and never longer than the deadline. */
#include "web/worker_client.h"

#include "web/web.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* One that answers each connection with the same bytes; NULL: it takes the question and is silent
 * until it is stopped. */
typedef struct Worker {
    char *folder, *path;
    const char *answer;
    int listener;
    GThread *thread;
    int n_asked;
} Worker;

static void *serve(void *data)
{
    Worker *worker = data;
    int silent = -1;

    for (int fd; (fd = accept(worker->listener, NULL, NULL)) >= 0;) {
        char question[4096];
        worker->n_asked++;
        if (!worker->answer) {
            silent = fd;
            continue;
        }
        while (recv(fd, question, sizeof question, 0) > 0)
            continue;
        (void)send(fd, worker->answer, strlen(worker->answer), MSG_NOSIGNAL);
        close(fd);
    }
    if (silent >= 0)
        close(silent);
    return NULL;
}

static void start(Worker *worker, const char *answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *worker = (Worker){.answer = answer,
                       .folder = g_dir_make_tmp("rightful-client-XXXXXX", NULL),
                       .listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    worker->path = g_build_filename(worker->folder, "s", NULL);
    g_strlcpy(address.sun_path, worker->path, sizeof address.sun_path);
    assert_int_equal(bind(worker->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(worker->listener, 5), 0);
    worker->thread = g_thread_new("worker", serve, worker);
}

/* How often it was asked. */
static int stop(Worker *worker)
{
    shutdown(worker->listener, SHUT_RDWR);
    g_thread_join(worker->thread);
    close(worker->listener);
    g_unlink(worker->path);
    g_rmdir(worker->folder);
    g_free(worker->path);
    g_free(worker->folder);
    return worker->n_asked;
}

/* The answer as text, or the sentence; newly allocated. */
static char *ask(WorkerClient *client, int64_t deadline_ms)
{
    g_autoptr(GError) error = NULL;
    json_t *answer = worker_ask(client, json_pack("{s:s}", "ask", "who"), deadline_ms, &error);

    assert_true((answer == NULL) == (error != NULL));
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    char *copy = g_strdup(text ? text : error->message);
    assert_true(answer || g_error_matches(error, WEB_ERROR, WEB_ERROR_WORKER));
    free(text);
    json_decref(answer);
    return copy;
}

/* Of a worker that answers that. */
static char *told(const char *answer)
{
    Worker worker;
    start(&worker, answer);
    g_autoptr(WorkerClient) client = worker_client_new(worker.path);
    char *text = ask(client, 10000);

    assert_int_equal(stop(&worker), 1);
    return text;
}

static void an_answer_is_an_object(void **state)
{
    static const char *const broken[] = {"",         "[1]",         "\"text\"",
                                         "{\"a\":1", "{} trailing", "{\"a\":1,\"a\":2}"};
    (void)state;
    g_autofree char *good = told("{\"who\":null}\n");

    assert_string_equal(good, "{\"who\":null}");
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autofree char *text = told(broken[i]);
        assert_true(g_str_has_prefix(text, "The worker gave no answer that could be read."));
    }
}

static void what_the_worker_says_is_wrong_is_the_sentence(void **state)
{
    (void)state;
    g_autofree char *text = told("{\"error\": \"There was no run yet.\"}");

    assert_string_equal(text, "There was no run yet.");
}

static void one_that_is_silent_is_waited_for_until_the_deadline_and_then_left_alone(void **state)
{
    (void)state;
    Worker worker;
    start(&worker, NULL);
    g_autoptr(WorkerClient) client = worker_client_new(worker.path);
    g_autofree char *first = ask(client, 50);

    assert_true(g_str_has_prefix(first, "The worker did not answer in time."));
    gint64 began = g_get_monotonic_time();
    g_autofree char *second = ask(client, 500);
    bool is_soon = g_get_monotonic_time() - began < G_USEC_PER_SEC;
    assert_true(g_str_has_prefix(second, "The worker "));
    int n_asked = stop(&worker);
    assert_true(n_asked == 1 || !is_soon); /* at once: it rests */
}

static void nobody_there_is_a_sentence(void **state)
{
    static const char *const paths[] = {"", "/nowhere/at/all.sock", NULL};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(WorkerClient) client = worker_client_new(paths[i]);
        g_autofree char *text = ask(client, 1000);
        assert_true(g_str_has_prefix(text, "The worker does not run, or may not be asked."));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_an_object),
        cmocka_unit_test(what_the_worker_says_is_wrong_is_the_sentence),
        cmocka_unit_test(one_that_is_silent_is_waited_for_until_the_deadline_and_then_left_alone),
        cmocka_unit_test(nobody_there_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
