#include "web/figures.h"

#include <stdint.h>
#include <string.h>

/* ---- paths ---- */

#define BOX_HEIGHT 38
#define BOX_STEP 66
#define BOX_LETTERS 38 /* that fit; the words below have the whole name */

static char *shortened(const char *name)
{
    g_autofree char *head = NULL;

    if (g_utf8_strlen(name, -1) <= BOX_LETTERS)
        return g_strdup(name);
    head = g_utf8_substring(name, 0, BOX_LETTERS - 1);
    return g_strconcat(head, "…", NULL);
}

static void add_box(json_t *boxes, GString *words, const char *name)
{
    json_int_t i = (json_int_t)json_array_size(boxes);
    json_int_t top = 1 + i * BOX_STEP;
    g_autofree char *text = shortened(name);
    json_t *line = NULL;

    if (i > 0)
        line = json_pack("{s:I s:I s:I}", "from", top - BOX_STEP + BOX_HEIGHT, "to", top, "word",
                         top - (BOX_STEP - BOX_HEIGHT) / 2 + 4);
    json_array_append_new(boxes, json_pack("{s:s s:I s:I s:o*}", "text", text, "y", top, "text_y",
                                           top + BOX_HEIGHT / 2 + 5, "arrow", line));
    g_string_append_printf(words, "%s%s",
                           i == 0   ? ""
                           : i == 1 ? " is in "
                                    : ", which is in ",
                           name);
}

void figure_path(json_t *paths, const char *first, const json_t *steps)
{
    json_t *boxes = json_array();
    g_autoptr(GString) words = g_string_new(NULL);
    size_t i;
    json_t *step;

    if (first && g_strcmp0(first, json_string_value(json_array_get(steps, 0))) != 0)
        add_box(boxes, words, first);
    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        if (json_is_string(step))
            add_box(boxes, words, json_string_value(step));
    }
    if (json_array_size(boxes) < 2) {
        json_decref(boxes);
        return;
    }
    g_string_append_c(words, '.');
    json_array_append_new(
        paths, json_pack("{s:I s:s s:o}", "height",
                         (json_int_t)(json_array_size(boxes) - 1) * BOX_STEP + BOX_HEIGHT + 2,
                         "words", words->str, "boxes", boxes));
}

json_t *figure_paths_of(const json_t *exception)
{
    const json_t *evidence = json_object_get(exception, "evidence");
    const char *subject =
        json_string_value(json_object_get(json_object_get(exception, "subject"), "name"));
    json_t *paths = json_array(), *path;
    size_t i;

    figure_path(paths, subject, json_object_get(evidence, "path"));
    json_array_foreach(json_object_get(evidence, "privileged_through"), i, path)
        figure_path(paths, subject, path);
    figure_path(paths, NULL, json_object_get(evidence, "each_contains_the_next"));
    return paths;
}

/* ---- the trend ---- */

#define TREND_HEIGHT 160
#define TREND_LEFT 44
#define TREND_WIDTH 660
#define TREND_RUNS 30
#define TREND_FEWEST 12 /* bars are not wider than so many make them */

static const char *const levels[] = {"critical", "high", "medium", "low"};

static json_int_t count_of(const json_t *run, const char *severity)
{
    const json_t *counts = json_object_get(run, "counts");

    return json_integer_value(json_object_get(json_object_get(counts, "by_severity"), severity));
}

static json_int_t total_of(const json_t *run)
{
    json_int_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        n += count_of(run, levels[i]);
    return n;
}

/* The runs that say something about the company, oldest first. */
static json_t *applied(const json_t *runs)
{
    json_t *list = json_array(), *run;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)runs, i, run)
    {
        const char *status = json_string_value(json_object_get(run, "status"));
        if (json_array_size(list) < TREND_RUNS && json_is_object(json_object_get(run, "counts")) &&
            (g_strcmp0(status, "applied") == 0 || g_strcmp0(status, "partial") == 0))
            json_array_insert(list, 0, run);
    }
    return list;
}

static json_t *trend_row(const json_t *run)
{
    json_t *row = json_pack("{s:O s:O s:I}", "id", json_object_get(run, "id"), "as_of",
                            json_object_get(run, "as_of"), "open", total_of(run));
    g_autofree char *href = g_strdup_printf("/runs/%" JSON_INTEGER_FORMAT,
                                            json_integer_value(json_object_get(run, "id")));

    json_object_set_new(row, "href", json_string(href));
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        json_object_set_new(row, levels[i], json_integer(count_of(run, levels[i])));
    return row;
}

/* Heights are cumulated before they are rounded, so that bars end where the axis says. */
static void add_bars(json_t *bars, const json_t *run, json_int_t x, json_int_t width, double scale)
{
    json_int_t below = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        json_int_t n = count_of(run, levels[i]);
        json_int_t bottom = (json_int_t)((double)below * scale + 0.5);
        json_int_t top = (json_int_t)((double)(below + n) * scale + 0.5);
        below += n;
        if (top > bottom)
            json_array_append_new(bars, json_pack("{s:s s:I s:I s:I s:I}", "class", levels[i], "x",
                                                  x, "y", TREND_HEIGHT - top, "w", width, "h",
                                                  top - bottom));
    }
}

/* 1, 2 or 5 times a power of ten, so that there are two to five lines. */
static json_int_t step_of(json_int_t most)
{
    json_int_t step = 1;

    for (int i = 0; most / step > 4; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

static json_t *axis_lines(json_int_t most, double scale)
{
    json_t *lines = json_array();

    for (json_int_t n = 0; n <= most; n += step_of(most)) {
        json_int_t y = TREND_HEIGHT - (json_int_t)((double)n * scale + 0.5);
        json_array_append_new(lines, json_pack("{s:I s:I s:I}", "n", n, "y", y, "text_y", y + 4));
    }
    return lines;
}

json_t *figure_trend(const json_t *runs)
{
    json_t *list = applied(runs), *run, *bars = json_array(), *rows = json_array();
    json_int_t most = 1, n = (json_int_t)json_array_size(list);
    json_int_t step = (TREND_WIDTH - TREND_LEFT) / MAX(n, TREND_FEWEST);
    double scale;
    size_t i;

    json_array_foreach(list, i, run) most = MAX(most, total_of(run));
    scale = (double)(TREND_HEIGHT - 8) / (double)most;
    json_array_foreach(list, i, run)
    {
        add_bars(bars, run, TREND_LEFT + (json_int_t)i * step, step - 5, scale);
        json_array_insert_new(rows, 0, trend_row(run));
    }
    json_decref(list);
    if (n == 0) {
        json_decref(bars);
        json_decref(rows);
        return NULL;
    }
    g_autofree char *words =
        n == 1 ? g_strdup("There was one run yet.")
               : g_strdup_printf("The last %" JSON_INTEGER_FORMAT " runs, oldest first.", n);
    return json_pack("{s:i s:i s:o s:o s:o s:s}", "width", TREND_WIDTH, "height", TREND_HEIGHT + 8,
                     "lines", axis_lines(most, scale), "bars", bars, "rows", rows, "words", words);
}
