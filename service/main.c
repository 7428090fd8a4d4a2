/* main.c: arguments → command → exit code. */

#include "run/command.h"

#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static GCancellable *cancel;

/* g_cancellable_cancel() is not async-signal-safe, so a thread waits for the signals instead of a
 * handler. */
static void *wait_for_signals(void *data)
{
    const sigset_t *signals = data;
    int number = 0;

    while (sigwait(signals, &number) == 0)
        g_cancellable_cancel(cancel);
    return NULL;
}

/* Tables need to know how wide a character is; a C locale would print every ä as \xc3\xa4. */
static void choose_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (!g_get_charset(NULL))
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* Columns and tables of hash slots are grown, joined and dropped all the time. As mappings of their
 * own they grow without being copied and go back when they are freed; without this the peak of a
 * run over 100,000 accounts is 160 MB instead of 95. */
static void give_memory_back(void)
{
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    mallopt(M_ARENA_MAX,
            2); /* threads come and go: what an arena of their own keeps, nobody uses */
}

int main(int argc, char **argv)
{
    static sigset_t signals;

    give_memory_back();

    choose_locale();
#ifndef __SANITIZE_ADDRESS__   /* the leak check of a test build has to look into this process */
    prctl(PR_SET_DUMPABLE, 0); /* bind secrets are in memory: no core dumps, no ptrace by others */
#endif
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, with a sentence */
    cancel = g_cancellable_new();
    g_thread_unref(g_thread_new("signals", wait_for_signals, &signals));
    return command_line_run(argc, argv, cancel);
}
