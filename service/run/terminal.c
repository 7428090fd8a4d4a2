#include "run/terminal.h"

#include <string.h>
#include <unistd.h>

bool terminal_has_colour(const char *option, FILE *stream)
{
    const char *term = g_getenv("TERM");

    if (g_strcmp0(option, "always") == 0)
        return true;
    if (g_strcmp0(option, "never") == 0)
        return false;
    const char *no_color = g_getenv("NO_COLOR");

    return isatty(fileno(stream)) && (no_color == NULL || *no_color == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

typedef struct Colour {
    const char *word, *escape;
} Colour;

static const char *colour_in(const Colour *table, const char *word)
{
    for (; table->word != NULL; table++) {
        if (strcmp(table->word, word) == 0)
            return table->escape;
    }
    return NULL;
}

const char *colour_of_severity(const char *severity)
{
    static const Colour table[] = {
        {"critical", "\x1b[1;31m"}, {"high", "\x1b[31m"}, {"medium", "\x1b[33m"}, {0}};

    return colour_in(table, severity);
}

const char *colour_of_status(const char *status)
{
    static const Colour table[] = {{"complete", "\x1b[32m"},
                                   {"applied", "\x1b[32m"},
                                   {"pass", "\x1b[32m"},
                                   {"incomplete", "\x1b[31m"},
                                   {"held", "\x1b[31m"},
                                   {"failed", "\x1b[31m"},
                                   {"exceptions", "\x1b[31m"},
                                   {"stale", "\x1b[33m"},
                                   {"partial", "\x1b[33m"},
                                   {"not evaluable", "\x1b[33m"},
                                   {0}};

    return colour_in(table, status);
}

void print_heading(FILE *out, bool has_colour, const char *text)
{
    fprintf(out, has_colour ? "\x1b[1m%s\x1b[0m\n" : "%s\n", text);
}

/* ---- progress ---- */

#define LINE_EVERY_US (100 * G_TIME_SPAN_MILLISECOND)
#define LOG_EVERY_US (5 * G_TIME_SPAN_SECOND)

typedef struct SourceProgress {
    char *name;
    uint64_t n_records;
    bool is_finished;
} SourceProgress;

struct Progress {
    GMutex mutex;
    GArray *sources; /* (element-type SourceProgress) */
    bool is_quiet, is_hidden, is_terminal, is_shown;
    int64_t last_us;
};

static void clear_source(void *data)
{
    SourceProgress *source = data;

    g_free(source->name);
}

Progress *progress_new(bool is_quiet)
{
    Progress *progress = g_new0(Progress, 1);

    g_mutex_init(&progress->mutex);
    progress->sources = g_array_new(FALSE, FALSE, sizeof(SourceProgress));
    g_array_set_clear_func(progress->sources, clear_source);
    progress->is_quiet = is_quiet;
    progress->is_terminal = isatty(STDERR_FILENO);
    progress->last_us = g_get_monotonic_time();
    return progress;
}

void progress_hide(Progress *progress)
{
    g_mutex_lock(&progress->mutex);
    progress->is_hidden = true;
    if (progress->is_shown)
        fputs("\r\x1b[K", stderr);
    progress->is_shown = false;
    g_mutex_unlock(&progress->mutex);
}

void progress_show(Progress *progress)
{
    g_mutex_lock(&progress->mutex);
    progress->is_hidden = false;
    g_mutex_unlock(&progress->mutex);
}

void progress_free(Progress *progress)
{
    if (progress == NULL)
        return;
    progress_hide(progress);
    g_array_unref(progress->sources);
    g_mutex_clear(&progress->mutex);
    g_free(progress);
}

static SourceProgress *source_of(Progress *progress, const char *name)
{
    for (guint i = 0; i < progress->sources->len; i++) {
        SourceProgress *source = &g_array_index(progress->sources, SourceProgress, i);

        if (strcmp(source->name, name) == 0)
            return source;
    }
    SourceProgress added = {.name = g_strdup(name)};

    g_array_append_val(progress->sources, added);
    return &g_array_index(progress->sources, SourceProgress, progress->sources->len - 1);
}

static void print_line(Progress *progress)
{
    g_autoptr(GString) line = g_string_new("reading");

    for (guint i = 0; i < progress->sources->len; i++) {
        const SourceProgress *source = &g_array_index(progress->sources, SourceProgress, i);

        g_string_append_printf(line, " · %s %" G_GUINT64_FORMAT "%s", source->name,
                               source->n_records, source->is_finished ? " done" : "");
    }
    if (progress->is_terminal) {
        fprintf(stderr, "\r\x1b[K%s", line->str);
        fflush(stderr);
        progress->is_shown = true;
    } else {
        fprintf(stderr, "%s\n", line->str);
    }
}

void progress_report(const char *source, uint64_t n_records, bool is_finished, void *data)
{
    Progress *progress = data;

    if (progress->is_quiet)
        return;
    g_mutex_lock(&progress->mutex);
    SourceProgress *entry = source_of(progress, source);
    int64_t now = g_get_monotonic_time();

    entry->n_records = n_records;
    entry->is_finished = is_finished;
    if (!progress->is_hidden &&
        now - progress->last_us >= (progress->is_terminal ? LINE_EVERY_US : LOG_EVERY_US)) {
        progress->last_us = now;
        print_line(progress);
    }
    g_mutex_unlock(&progress->mutex);
}
