/* worker.c: `rightful worker`: answers the web over a UNIX socket; of several workers of one store
 * one does the jobs that the web asks for and sends the mail (duty.h).
 *
 * The main loop only hands out: questions go to threads of their own, jobs to a child process. It
 * is the main loop that tells systemd's watchdog that all is well. SIGTERM ends it when what is
 * under way has been answered; SIGHUP reads the configuration anew, and a broken one changes
 * nothing. */

#include "run/run_commands.h"
#include "run/worker/asks.h"
#include "run/worker/duty.h"
#include "run/worker/jobs.h"
#include "run/worker/mail.h"

#include "base/libsystemd.h"
#include "controls/control.h"

#include <glib-unix.h>

typedef struct Worker {
    Invocation *invocation;
    GMainLoop *loop;
    GSocket *listener;
    Looks *looks;
    Asks *asks;
    Server *server;
    Duty *duty;
    Jobs *jobs; /* NULL: standing by; likewise the mail */
    Mail *mail;
} Worker;

/* ---- one configuration's time ---- */

static void take_jobs(void *data)
{
    jobs_wake(((Worker *)data)->jobs);
}

static void work(void *data)
{
    Worker *worker = data;

    duty_wake(worker->duty); /* the first run may just have made the store */
    take_jobs(worker);
}

/* Called by the thread of the jobs: a newer run may be there. */
static void done(void *data)
{
    Worker *worker = data;

    asks_refresh(worker->asks);
    mail_wake(worker->mail);
}

static void stop_work(Worker *worker)
{
    g_clear_pointer(&worker->jobs, jobs_free);
    g_clear_pointer(&worker->mail, mail_free);
}

static void start_work(Worker *worker)
{
    worker->mail = mail_new(worker->invocation->settings, worker->looks);
    worker->jobs = jobs_new(worker->invocation, done, worker);
}

static void change_duty(bool is_on, const char *why, void *data)
{
    Worker *worker = data;
    bool was_on = worker->jobs != NULL;

    if (!is_on && why != NULL)
        say_error("standing by: %s", why);
    if (is_on && !was_on) {
        start_work(worker);
        say(worker->invocation, "this worker does the jobs and the mail");
    } else if (!is_on && was_on) {
        stop_work(worker);
    }
    sd_notify(0, is_on ? "STATUS=Doing the jobs and the mail" : "STATUS=Standing by");
}

static void start(Worker *worker)
{
    worker->looks = looks_new(worker->invocation);
    worker->asks = asks_new(worker->invocation, worker->looks, work, worker);
    worker->duty = duty_new(worker->invocation, &(DutyCalls){change_duty, take_jobs, worker});
    worker->server = server_new(worker->listener, &server_limits, asks_take, worker->asks);
}

/* Who has asked is still answered; new ones wait in the socket's queue. */
static void stop(Worker *worker)
{
    server_pause(worker->server);
    stop_work(worker);
    g_clear_pointer(&worker->duty, duty_free);
    g_clear_pointer(&worker->asks, asks_free);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_clear_pointer(&worker->server, server_free);
    g_clear_pointer(&worker->looks, looks_free);
}

/* ---- signals and time ---- */

static gboolean end(GCancellable *cancel, void *data)
{
    Worker *worker = data;

    sd_notify(0, "STOPPING=1\nSTATUS=Ending what is under way");
    g_main_loop_quit(worker->loop);
    return G_SOURCE_REMOVE;
}

static gboolean reload(void *data)
{
    Worker *worker = data;
    Settings *before = worker->invocation->settings;

    sd_notify(0, "RELOADING=1");
    worker->invocation->settings = NULL;
    if (invocation_settings(worker->invocation) == NULL) {
        say_error("the worker goes on with the configuration that it had");
        worker->invocation->settings = before;
    } else {
        stop(worker);
        settings_free(before);
        start(worker);
        say(worker->invocation, "the configuration was read anew");
    }
    sd_notify(0, "READY=1");
    return G_SOURCE_CONTINUE;
}

static gboolean feed_watchdog(void *data)
{
    sd_notify(0, "WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static void add_sources(Worker *worker, GPtrArray *sources)
{
    g_autoptr(GSource) cancelled = g_cancellable_source_new(worker->invocation->cancel);
    uint64_t watchdog_us = 0;

    g_source_set_callback(cancelled, G_SOURCE_FUNC(end), worker, NULL);
    g_source_attach(cancelled, NULL);
    g_ptr_array_add(sources, g_steal_pointer(&cancelled));
    g_unix_signal_add(SIGHUP, reload, worker);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        g_timeout_add((guint)(watchdog_us / 3000), feed_watchdog, worker);
}

static ExitCode serve(Worker *worker)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)g_source_unref);

    worker->loop = g_main_loop_new(NULL, FALSE);
    start(worker);
    add_sources(worker, sources);
    sd_notify(0, "READY=1\nSTATUS=Waiting");
    say(worker->invocation, "the worker listens");
    g_main_loop_run(worker->loop);
    stop(worker);
    g_main_loop_unref(worker->loop);
    return EXIT_DONE;
}

ExitCode command_worker(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    const Settings *settings = invocation_settings(invocation);

    if (settings == NULL)
        return EXIT_CONFIGURATION;
    const char *path = settings_text(settings_group(settings->root, "worker"), "socket");
    g_autoptr(GSocket) listener = server_listen(path, &error);

    if (listener == NULL) {
        say_error("%s; the worker was not started", error->message);
        return EXIT_FAILED;
    }
    Worker worker = {.invocation = invocation, .listener = listener};

    return serve(&worker);
}
