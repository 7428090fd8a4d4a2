#include "web/web.h"

#include "base/libsystemd.h"
#include "web/assets.h"
#include "web/clock.h"
#include "web/layout.h"
#include "web/listen.h"
#include "web/server.h"

#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

#define SWEEP_MS 1000
#define ARENAS 24            /* more than there are threads */
#define KEPT_BYTES (8 << 20) /* of an arena; the biggest page needs less */

/* Every connection is a file descriptor; the usual limit of 1024 is for programs with select(). */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 4096) {
        limit.rlim_cur = MIN(limit.rlim_max, 4096);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void wait_for_end(WebServer *server, GCancellable *cancel)
{
    GPollFD poll_fd;
    uint64_t watchdog_us = 0;
    int64_t told = web_clock_seconds();

    sd_watchdog_enabled(0, &watchdog_us);
    g_cancellable_make_pollfd(cancel, &poll_fd);
    while (!g_cancellable_is_cancelled(cancel)) {
        g_poll(&poll_fd, 1, SWEEP_MS);
        web_server_sweep(server);
        int64_t now = web_clock_seconds();
        bool is_due = watchdog_us > 0 && now - told >= (int64_t)(watchdog_us / 3000000);
        if (is_due && web_server_is_alive(server)) {
            sd_notify(0, "WATCHDOG=1");
            told = now;
        }
    }
    g_cancellable_release_fd(cancel);
}

static bool serve(const Site *site, const WebSocket *socket, GCancellable *cancel, GError **error)
{
    WebServer *server = web_server_new(site, socket->fd, error);

    if (!server)
        return false;
    fprintf(stderr, "rightful: %s is served%s\n", site->options->address.origin,
            site->options->sign_in == SIGN_IN_DEMO ? "; anybody may be anybody: this is a demo"
                                                   : "");
    sd_notify(0, "READY=1");
    wait_for_end(server, cancel);
    sd_notify(0, "STOPPING=1");
    web_server_free(server);
    return true;
}

/* A run gives memory back as soon as it can (main.c). Pages come again and again, on several
 * threads at once: each has an arena of its own, and what a page needed stays for the next one. */
static void keep_memory(void)
{
    mallopt(M_ARENA_MAX, ARENAS);
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

bool web_run(const WebStart *start, GError **error)
{
    keep_memory();
    g_autoptr(WebOptions) options = web_options_new(start, error);
    g_autoptr(TemplateSet) templates = options ? layout_templates(error) : NULL;
    g_auto(WebSocket) socket = {.fd = -1};

    if (start->is_demo && start->begins_utc != TIME_UNKNOWN)
        web_clock_begin_at(start->begins_utc);
    if (!templates || !web_socket_open(options, &socket, error))
        return false;
    allow_many_files();
    web_options_bound(options, socket.port);
    g_autoptr(Assets) assets = assets_new();
    g_autoptr(WorkerClient) worker = worker_client_new(options->worker_socket);
    Site site = {.options = options, .templates = templates, .assets = assets, .worker = worker};

    return serve(&site, &socket, start->cancel, error);
}
