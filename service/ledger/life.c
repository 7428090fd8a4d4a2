#include "ledger/life.h"

#include "controls/finding.h"

#include <string.h>

void life_at_clear(LifeAt *life)
{
    g_clear_pointer(&life->words, g_free);
}

bool run_mark_read(Store *store, int64_t run, RunMark *ret_mark, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT min(id) FROM audit WHERE object = $1", error);
    g_autofree char *object = g_strdup_printf("run %" G_GINT64_FORMAT, run);

    if (!row)
        return false;
    statement_bind(row, text_value(object));
    if (statement_step(row, error) == STORE_FAILED)
        return false;
    *ret_mark = (RunMark){run, statement_integer(row, 0)};
    if (ret_mark->first_row > 0)
        return true;
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                "there is no run %" G_GINT64_FORMAT "; rightful runs lists them", run);
    return false;
}

/* What an exception is after an action. Others leave its status alone. */
static const struct {
    const char *action;
    Status status;
} actions[] = {
    {"opened", STATUS_OPEN},
    {"reopened", STATUS_OPEN},
    {"resolved", STATUS_RESOLVED},
    {"assigned", STATUS_ASSIGNED},
    {"reopened by hand", STATUS_OPEN},
    {"accepted", STATUS_ACCEPTED},
    {"false-positive", STATUS_FALSE_POSITIVE},
    {"lapsed", STATUS_OPEN},
    {"reopened by hand", STATUS_OPEN},
};

Statement *life_prepare(Store *store, GError **error)
{
    return store_prepare(
        store, "SELECT id, action, run, detail FROM audit WHERE object = $1 ORDER BY id", error);
}

typedef struct Row {
    int64_t id, run;
    const char *action;
    json_t *detail;
} Row;

static int severity_named(const Row *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row->detail, name));
    for (int severity = 0; text && severity < N_SEVERITIES; severity++) {
        if (strcmp(text, severities[severity]) == 0)
            return severity;
    }
    return -1;
}

static void add_change(LifeAt *life, const Row *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(row->action, actions[i].action) == 0) {
            life->is_there = true;
            life->status = actions[i].status;
            life->changed_run = row->run;
        }
    }
    if (severity_named(row, "to") >= 0)
        life->severity_run = row->run;
}

/* The first change after the mark says what stood there until then. */
static void undo_change(LifeAt *life, const Row *row)
{
    const char *words = json_string_value(json_object_get(row->detail, "words"));

    if (row->run == 0)
        return; /* a person changed it: the "was" of an assignment is no sentence */
    if (!words)
        words = json_string_value(json_object_get(row->detail, "was"));
    if (life->severity < 0)
        life->severity = severity_named(row, "from");
    if (!life->words)
        life->words = g_strdup(words);
}

static bool is_in(const RunMark *mark, const Row *row)
{
    return row->id < mark->first_row || row->run == mark->run;
}

bool life_read(Statement *statement, int64_t exception, const RunMark *marks, size_t n_marks,
               LifeAt *lives, GError **error)
{
    char object[32];
    StoreStep step;

    for (size_t i = 0; i < n_marks; i++)
        lives[i] = (LifeAt){.severity = -1};
    g_snprintf(object, sizeof object, "EX-%06" G_GINT64_FORMAT, exception);
    statement_bind(statement, text_value(object));
    while ((step = statement_step(statement, error)) == STORE_ROW) {
        Row row = {.id = statement_integer(statement, 0),
                   .action = statement_text(statement, 1),
                   .run = statement_integer(statement, 2),
                   .detail = json_from_text(statement_text(statement, 3), json_object())};
        for (size_t i = 0; i < n_marks; i++)
            (is_in(&marks[i], &row) ? add_change : undo_change)(&lives[i], &row);
        json_decref(row.detail);
    }
    statement_reset(statement);
    return step == STORE_DONE;
}
