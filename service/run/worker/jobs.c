#include "run/worker/jobs.h"

#include "ledger/jobs.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define POLL_US (30 * G_USEC_PER_SEC)
#define PATIENCE_US (5 * G_USEC_PER_SEC)
#define MOST_MESSAGE_BYTES 4000

/* What is running, even when it was replaced by a newer version since. */
#define OWN_PROGRAM "/proc/self/exe"

struct Jobs {
    char *config, *store, *directory;
    char *as_of; /* what jobs judge by; NULL = their clock */
    void (*done)(void *data);
    void *data;
    GThread *thread;
    GMutex mutex;
    GCond woken;
    bool is_ending, is_called; /* under the mutex, as the child */
    GSubprocess *child;
};

/* ---- the commands ---- */

static const char *text_in(const json_t *argument, const char *name)
{
    const char *text = json_string_value(json_object_get(argument, name));

    return text != NULL && *text != '\0' ? text : NULL;
}

static void add_option(GPtrArray *words, const char *option, const char *value)
{
    if (value != NULL)
        g_ptr_array_add(words, g_strdup_printf("--%s=%s", option, value));
}

static const char *say_run(const json_t *argument, GPtrArray *words)
{
    return NULL;
}

/* Behind "--", what begins with a dash is no option. */
static const char *say_leaver(const json_t *argument, GPtrArray *words)
{
    const char *person = text_in(argument, "person");

    add_option(words, "last-day", text_in(argument, "last_day"));
    if (json_is_true(json_object_get(argument, "urgent")))
        g_ptr_array_add(words, g_strdup("--urgent"));
    g_ptr_array_add(words, g_strdup("--"));
    g_ptr_array_add(words, g_strdup(person));
    return person != NULL ? NULL : "the job does not say who leaves; ask for it again";
}

static const char *say_review(const json_t *argument, GPtrArray *words)
{
    const char *name = text_in(argument, "name");

    g_ptr_array_add(words, g_strdup("--"));
    g_ptr_array_add(words, g_strdup("start"));
    g_ptr_array_add(words, g_strdup(name));
    return name != NULL ? NULL : "the job does not say which review; ask for it again";
}

static const char *say_remind(const json_t *argument, GPtrArray *words)
{
    const char *review = text_in(argument, "review");

    g_ptr_array_add(words, g_strdup("--"));
    g_ptr_array_add(words, g_strdup("remind"));
    g_ptr_array_add(words, g_strdup(review));
    return review != NULL ? NULL : "the job does not say which review; ask for it again";
}

static void tell_run(const json_t *output, json_t *result)
{
    const json_t *run = json_object_get(output, "run");

    json_object_set(result, "run", json_object_get(run, "id"));
    json_object_set(result, "status", json_object_get(run, "status"));
    json_object_set(result, "counts", json_object_get(output, "counts"));
    json_object_set(result, "held", json_object_get(output, "held"));
}

static void tell_leaver(const json_t *output, json_t *result)
{
    const json_t *leaver = json_array_get(json_object_get(output, "leaver"), 0);
    const json_t *found = json_object_get(leaver, "case");

    json_object_set(result, "closed", json_object_get(leaver, "closed"));
    json_object_set(result, "unsure", json_object_get(leaver, "unsure"));
    json_object_set(result, "case", json_object_get(found, "id"));
}

static void tell_review(const json_t *output, json_t *result)
{
    json_t *review = json_object_get(output, "review");

    if (json_is_array(review))
        review = json_array_get(review, 0);
    json_object_set(result, "review", json_object_get(review, "id"));
    if (json_object_get(review, "id") == NULL) { /* a campaign begins whole, or not at all */
        const char *why = text_in(result, "message");
        const char *said = text_in(result, "error");
        json_object_set_new(result, "error",
                            json_string(said != NULL  ? said
                                        : why != NULL ? why
                                                      : "no review was started"));
    }
}

static void tell_remind(const json_t *output, json_t *result)
{
    json_object_set(result, "reminded", json_object_get(output, "reminded"));
}

typedef struct JobKind {
    const char *name, *command;
    /* Appends its options and arguments; a sentence where the job cannot be done. */
    const char *(*say)(const json_t *argument, GPtrArray *words);
    void (*tell)(const json_t *output, json_t *result);
    bool goes_by_clock; /* takes no --as-of: mail goes by the real day */
} JobKind;

static const JobKind kinds[] = {
    {"run", "run", say_run, tell_run},
    {"leaver-check", "leaver", say_leaver, tell_leaver},
    {"review-start", "review", say_review, tell_review},
    {"review-remind", "review", say_remind, tell_remind, .goes_by_clock = true},
};

static const JobKind *find_kind(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* ---- the child ---- */

static GPtrArray *command_of(const Jobs *jobs, const JobKind *kind, const json_t *job,
                             const char **ret_problem)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(words, g_strdup(OWN_PROGRAM));
    g_ptr_array_add(words, g_strdup_printf("--config=%s", jobs->config));
    g_ptr_array_add(words, g_strdup("--quiet"));
    g_ptr_array_add(words, g_strdup("--json"));
    g_ptr_array_add(words, g_strdup(kind->command));
    add_option(words, "as", text_in(job, "actor"));
    add_option(words, "as-of", kind->goes_by_clock ? NULL : jobs->as_of);
    *ret_problem = kind->say(json_object_get(job, "argument"), words);
    g_ptr_array_add(words, NULL);
    return words;
}

/* A killed worker's child does not go on alone, holding the lock that the next one needs. */
static void end_with_parent(void *unused)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* NULL when the worker is ending. */
static GSubprocess *start_child(Jobs *jobs, const GPtrArray *words, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);

    if (jobs->is_ending)
        return NULL;
    g_subprocess_launcher_set_child_setup(launcher, end_with_parent, NULL, NULL);
    jobs->child = g_subprocess_launcher_spawnv(
        launcher, (const char *const *)(const void *)words->pdata, error);
    return jobs->child;
}

static bool end_child(Jobs *jobs)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);

    g_clear_object(&jobs->child);
    g_cond_broadcast(&jobs->woken);
    return jobs->is_ending;
}

/* Its last words say what went wrong. */
static char *last_words(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    gsize n = strlen(valid);
    const char *from = n > MOST_MESSAGE_BYTES ? valid + n - MOST_MESSAGE_BYTES : valid;

    while (from != valid && (*from & 0xc0) == 0x80) { /* not in the middle of a letter */
        from++;
    }
    return g_strstrip(g_strdup(from));
}

/* Something was done, though perhaps not all of it. */
static bool is_result(int code)
{
    return code == EXIT_DONE || code == EXIT_INCOMPLETE || code == EXIT_FINDINGS;
}

static json_t *result_of(GSubprocess *child, const JobKind *kind, const char *out, const char *err)
{
    g_autofree char *message = last_words(err);
    json_t *output = json_loads(out != NULL ? out : "", 0, NULL);
    json_t *result = json_object();

    if (!g_subprocess_get_if_exited(child)) {
        json_object_set_new(result, "error",
                            json_sprintf("rightful %s was ended by signal %d; ask for it again",
                                         kind->command, g_subprocess_get_term_sig(child)));
    } else {
        int code = g_subprocess_get_exit_status(child);

        json_object_set_new(result, "exit", json_integer(code));
        if (!is_result(code)) {
            const char *what = *message != '\0' ? message : "it failed and did not say why";
            json_object_set_new(result, "error", json_string(what));
        } else if (*message != '\0') {
            json_object_set_new(result, "message", json_string(message));
        }
        kind->tell(output, result);
    }
    json_decref(output);
    return result;
}

static json_t *failed(const char *why)
{
    return json_pack("{s:s}", "error", why);
}

/* NULL: the worker is ending, and the job stays for the next one. */
static json_t *do_job(Jobs *jobs, const json_t *job)
{
    const JobKind *kind = find_kind(json_string_value(json_object_get(job, "kind")));
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL, *err = NULL;
    const char *problem = NULL;

    if (kind == NULL)
        return failed("there is no such job");
    g_autoptr(GPtrArray) words = command_of(jobs, kind, job, &problem);
    if (problem != NULL)
        return failed(problem);
    GSubprocess *child = start_child(jobs, words, &error);
    if (child == NULL)
        return error != NULL ? failed(error->message) : NULL;
    bool is_heard = g_subprocess_communicate_utf8(child, NULL, NULL, &out, &err, &error);
    json_t *result = is_heard ? result_of(child, kind, out, err) : failed(error->message);

    if (end_child(jobs))
        g_clear_pointer(&result, json_decref);
    return result;
}

/* ---- one after the other ---- */

static bool do_next(Jobs *jobs, bool *ret_is_done, GError **error)
{
    json_t *job = NULL;
    g_autoptr(Ledger) ledger = ledger_open(jobs->store, jobs->directory, LEDGER_WRITE, error);

    *ret_is_done = false;
    if (ledger == NULL || !ledger_job_take(ledger, clock_utc(), &job, error))
        return false;
    if (job == NULL)
        return true;
    g_clear_pointer(&ledger, ledger_close); /* the child has the store to itself */
    json_t *result = do_job(jobs, job);
    int64_t id = json_integer_value(json_object_get(job, "job"));
    json_decref(job);
    if (result == NULL)
        return true;
    ledger = ledger_open(jobs->store, jobs->directory, LEDGER_WRITE, error);
    *ret_is_done = ledger != NULL && ledger_job_finish(ledger, id, result, clock_utc(), error);
    json_decref(result);
    return *ret_is_done;
}

/* Before the first run there is no store, and so no job. */
static void do_all(Jobs *jobs)
{
    bool is_done = true;

    while (is_done) {
        g_autoptr(GError) error = NULL;

        if (!do_next(jobs, &is_done, &error) &&
            !g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING))
            say_error("jobs: %s", error->message);
        jobs->done(jobs->data);
    }
}

static bool wait_for_call(Jobs *jobs)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
    gint64 until = g_get_monotonic_time() + POLL_US;

    while (!jobs->is_ending && !jobs->is_called &&
           g_cond_wait_until(&jobs->woken, &jobs->mutex, until))
        continue;
    jobs->is_called = false;
    return !jobs->is_ending;
}

static void *work(void *data)
{
    Jobs *jobs = data;

    do {
        do_all(jobs);
    } while (wait_for_call(jobs));
    return NULL;
}

Jobs *jobs_new(const Invocation *invocation, void (*done)(void *data), void *data)
{
    Jobs *jobs = g_new0(Jobs, 1);

    jobs->config = g_strdup(invocation->settings->path);
    jobs->store = g_strdup(invocation->settings->store_url);
    jobs->directory = g_path_get_dirname(jobs->config);
    jobs->as_of = g_strdup(invocation_value(invocation, "as-of"));
    jobs->done = done;
    jobs->data = data;
    g_mutex_init(&jobs->mutex);
    g_cond_init(&jobs->woken);
    jobs->thread = g_thread_new("jobs", work, jobs);
    return jobs;
}

void jobs_wake(Jobs *jobs)
{
    if (jobs == NULL)
        return;
    g_mutex_lock(&jobs->mutex);
    jobs->is_called = true;
    g_cond_signal(&jobs->woken);
    g_mutex_unlock(&jobs->mutex);
}

/* A run that waits for a directory does not hear it; killed, it leaves the ledger as it was. */
static void stop_child(Jobs *jobs)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
    gint64 until = g_get_monotonic_time() + PATIENCE_US;

    jobs->is_ending = true;
    g_cond_broadcast(&jobs->woken);
    if (jobs->child != NULL)
        g_subprocess_send_signal(jobs->child, SIGTERM);
    while (jobs->child != NULL && g_cond_wait_until(&jobs->woken, &jobs->mutex, until))
        continue;
    if (jobs->child != NULL)
        g_subprocess_force_exit(jobs->child);
}

void jobs_free(Jobs *jobs)
{
    if (jobs == NULL)
        return;
    stop_child(jobs);
    g_thread_join(jobs->thread);
    g_cond_clear(&jobs->woken);
    g_mutex_clear(&jobs->mutex);
    g_free(jobs->config);
    g_free(jobs->store);
    g_free(jobs->as_of);
    g_free(jobs->directory);
    g_free(jobs);
}
