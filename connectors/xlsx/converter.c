#include "xlsx/converter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_MS 200 /* how soon a cancelled pull is noticed */
#define BLOCK ((size_t)256 << 10)
#define MAX_COMPLAINT 8192
#define MAX_MEMORY ((rlim_t)2 << 30)
#define WORKBOOK_FD 3

struct Converter {
    GPid pid; /* 0 = ended and waited for */
    int out, err;
    Sink *sink;
    gint64 deadline_us;
    int timeout_seconds;
    GString *complaint;
    char *block;
};

bool converter_is_number(const char *sheet)
{
    size_t n = strlen(sheet);
    return n >= 1 && n <= 3 && strspn(sheet, "0123456789") == n && sheet[0] != '0';
}

/* ---- the child ---- */

/* Between fork and exec: only what is safe there. A child that cannot be limited must not start. */
static void limit_child(gpointer data)
{
    rlim_t seconds = (rlim_t) * (const int *)data;
    const struct {
        int resource;
        rlim_t limit;
    } limits[] = {
        {RLIMIT_AS, MAX_MEMORY}, {RLIMIT_CPU, seconds}, {RLIMIT_FSIZE, 0}, {RLIMIT_CORE, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        const struct rlimit limit = {limits[i].limit, limits[i].limit};
        if (setrlimit(limits[i].resource, &limit) != 0)
            abort();
    }
    if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        abort();
}

static bool spawn(Converter *converter, int fd, const char *sheet, GError **error)
{
    g_autofree char *which = converter_is_number(sheet) ? g_strconcat("--sheet=", sheet, NULL)
                                                        : g_strconcat("--sheetname=", sheet, NULL);
    g_autofree char *search = g_strconcat("PATH=", g_getenv("PATH"), NULL);
    const char *const arguments[] = {"xlsx2csv",
                                     "--dateformat=" CONVERTER_DATE_FORMAT,
                                     "--timeformat=%H:%M:%S",
                                     "--no-line-breaks",
                                     "--skipemptycolumns",
                                     which,
                                     "/proc/self/fd/3",
                                     NULL};
    /* Without the last three Python reads the user's own modules, leaves files behind, or warns. */
    const char *const environment[] = {search,
                                       "LANG=C.UTF-8",
                                       "PYTHONNOUSERSITE=1",
                                       "PYTHONDONTWRITEBYTECODE=1",
                                       "PYTHONWARNINGS=ignore",
                                       NULL};
    const int source = fd, target = WORKBOOK_FD;
    return g_spawn_async_with_pipes_and_fds(
        "/", arguments, environment, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, limit_child,
        &converter->timeout_seconds, -1, -1, -1, &source, &target, 1, &converter->pid, NULL,
        &converter->out, &converter->err, error);
}

Converter *converter_start(int fd, const char *sheet, int timeout_seconds, Sink *sink,
                           GError **error)
{
    g_autoptr(Converter) converter = g_new0(Converter, 1);
    g_autoptr(GError) problem = NULL;
    converter->out = converter->err = -1;
    converter->sink = sink;
    converter->timeout_seconds = timeout_seconds;
    converter->deadline_us = g_get_monotonic_time() + (gint64)timeout_seconds * G_USEC_PER_SEC;
    converter->complaint = g_string_new(NULL);
    converter->block = g_malloc(BLOCK);
    if (spawn(converter, fd, sheet, &problem))
        return g_steal_pointer(&converter);
    converter->pid = 0;
    if (g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
        g_set_error(
            error, SOURCE_ERROR, SOURCE_ERROR_MISSING,
            "the program xlsx2csv is not installed (Debian package xlsx2csv); the sheet was "
            "not read");
    else
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_MISSING, "xlsx2csv cannot be started: %s",
                    problem->message);
    return NULL;
}

/* Ends the process with everything it may have started, and waits for it. */
static int end_child(Converter *converter)
{
    int status = 0;
    if (converter->pid == 0)
        return 0;
    while (waitpid(converter->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    converter->pid = 0;
    return status;
}

void converter_free(Converter *converter)
{
    if (converter == NULL)
        return;
    if (converter->pid != 0) {
        kill(-converter->pid, SIGKILL);
        kill(converter->pid, SIGKILL); /* its session may not have begun */
        end_child(converter);
    }
    if (converter->out >= 0)
        close(converter->out);
    if (converter->err >= 0)
        close(converter->err);
    g_string_free(converter->complaint, TRUE);
    g_free(converter->block);
    g_free(converter);
}

/* ---- its output ---- */

static void read_complaint(Converter *converter)
{
    char bytes[1024];
    ssize_t n = read(converter->err, bytes, sizeof bytes);
    if (n > 0 && converter->complaint->len < MAX_COMPLAINT)
        g_string_append_len(converter->complaint, bytes, n);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        close(converter->err);
        converter->err = -1;
    }
}

static bool wait_for_output(Converter *converter, GError **error)
{
    for (;;) {
        if (converter->sink != NULL && sink_is_cancelled(converter->sink)) {
            g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT, "reading was cancelled");
            return false;
        }
        if (g_get_monotonic_time() >= converter->deadline_us) {
            g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                        "xlsx2csv took longer than %d s (timeout_seconds)",
                        converter->timeout_seconds);
            return false;
        }
        struct pollfd fds[] = {{.fd = converter->out, .events = POLLIN},
                               {.fd = converter->err, .events = POLLIN}};
        if (poll(fds, 2, SLICE_MS) <= 0)
            continue;
        if (fds[1].revents != 0)
            read_complaint(converter);
        if (fds[0].revents != 0)
            return true;
    }
}

/* What it says of a cell whose number is no date; the cell stays as it is and is judged here. */
static bool is_harmless(const char *line)
{
    return line[0] == '\0' || strcmp(line, "Error: potential invalid date format.") == 0;
}

/* The last line that it complained with (of a Python traceback: the reason); NULL without one. */
static char *find_reason(const Converter *converter)
{
    g_autofree char *text =
        g_utf8_make_valid(converter->complaint->str, (gssize)converter->complaint->len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    char *reason = NULL;
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (!is_harmless(g_strstrip(lines[i]))) {
            g_free(reason);
            reason = g_strdup(lines[i]);
        }
    }
    return reason;
}

static bool judge_end(Converter *converter, int status, GError **error)
{
    g_autofree char *reason = find_reason(converter);
    bool is_signal = WIFSIGNALED(status);
    int code = is_signal ? WTERMSIG(status) : WEXITSTATUS(status);
    if (status == 0 && reason == NULL)
        return true;
    if (is_signal && code == SIGABRT && reason == NULL)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
                    "xlsx2csv could not be limited, so it was not started");
    else if (reason != NULL && strstr(reason, "MemoryError") != NULL)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                    "xlsx2csv needs more memory than it gets (2 GiB); export the sheet as CSV");
    else if (is_signal && (code == SIGXCPU || code == SIGKILL))
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                    "xlsx2csv was ended after %d s of work (timeout_seconds)",
                    converter->timeout_seconds);
    else
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SYNTAX, "xlsx2csv ended with %s %d%s%s",
                    is_signal ? "signal" : "code", code, reason != NULL ? ": " : "",
                    reason != NULL ? reason : "");
    return false;
}

static int left_ms(const Converter *converter)
{
    gint64 left = (converter->deadline_us - g_get_monotonic_time()) / 1000;
    return (int)CLAMP(left, 0, G_MAXINT);
}

/* Its output is closed, so it is ending, or else it is ended. */
static bool finish(Converter *converter, GError **error)
{
    struct pollfd complaint = {.fd = converter->err, .events = POLLIN};
    while (converter->err >= 0 && poll(&complaint, 1, left_ms(converter)) > 0)
        read_complaint(converter);
    struct pollfd end = {.fd = pidfd_open(converter->pid, 0), .events = POLLIN};
    if (end.fd < 0 || poll(&end, 1, left_ms(converter)) <= 0)
        kill(-converter->pid, SIGKILL);
    if (end.fd >= 0)
        close(end.fd);
    return judge_end(converter, end_child(converter), error);
}

bool converter_read(Converter *converter, const char **ret_bytes, size_t *ret_n, GError **error)
{
    ssize_t n;
    do {
        if (!wait_for_output(converter, error))
            return false;
        n = read(converter->out, converter->block, BLOCK);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT, "reading from xlsx2csv: %s",
                    g_strerror(errno));
        return false;
    }
    if (n == 0 && !finish(converter, error))
        return false;
    *ret_bytes = converter->block;
    *ret_n = (size_t)n;
    return true;
}
