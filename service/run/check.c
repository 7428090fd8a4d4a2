/* check.c: is everything right, before a run depends on it? One line a fact, all of them, never
 * only the first. Sources are tried side by side, as a run does: several that say nothing cost one
 * waiting time, not the sum of them. */

#include "run/run_commands.h"

#include "notify/notify.h"
#include "notify/smtp.h"
#include "run/facts.h"
#include "run/ledger_access.h"
#include "run/pipeline.h"
#include "run/summary.h"
#include "run/terminal.h"

struct CheckReport {
    const char *about; /* the source, or "store", "names" … */
    json_t *rows;
    bool has_failed;
};

static void G_GNUC_PRINTF(3, 0)
    add_row(CheckReport *report, const char *result, const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_array_append_new(report->rows, json_pack("{s:s s:s s:s}", "about", report->about, "result",
                                                  result, "text", valid));
}

void check_pass(CheckReport *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_row(report, "ok", format, arguments);
    va_end(arguments);
}

void check_warn(CheckReport *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_row(report, "warning", format, arguments);
    va_end(arguments);
}

void check_fail(CheckReport *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_row(report, "FAILED", format, arguments);
    va_end(arguments);
    report->has_failed = true;
}

static const char *colour_of_result(const char *result)
{
    switch (*result) {
    case 'F':
        return "\x1b[1;31m";
    case 'w':
        return "\x1b[33m";
    default:
        return "\x1b[32m";
    }
}

static const Column columns[] = {{.path = "about", .header = "ABOUT"},
                                 {.path = "result", .header = "RESULT", .colour = colour_of_result},
                                 {.path = "text", .header = "WHAT WAS FOUND", .may_wrap = true},
                                 {0}};

static void check_store(Invocation *invocation, CheckReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    g_autofree char *directory = g_path_get_dirname(invocation->settings->path);
    g_autofree char *url = ledger_shown_url(invocation->settings->store_url);

    report->about = "store";
    ledger = ledger_open(invocation->settings->store_url, directory, LEDGER_READ, &error);
    if (ledger != NULL) {
        json_t *info = ledger_info(ledger, &error);

        if (info != NULL) {
            check_pass(report, "%s: schema %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " runs",
                       url, json_integer_value(json_object_get(info, "schema")),
                       json_integer_value(json_object_get(info, "runs")));
            json_decref(info);
            return;
        }
    }
    if (g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING))
        check_warn(report, "%s: not there yet; the first run creates it", url);
    else if (g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_OLDER))
        check_warn(report, "%s", error->message);
    else
        check_fail(report, "%s", error->message);
}

/* A wrong clock judges leavers wrongly; 2024 is older than this program. */
static void check_clock(CheckReport *report)
{
    const int64_t program_utc = INT64_C(1704067200);

    report->about = "clock";
    if (clock_utc() < program_utc)
        check_fail(report, "this machine's clock stands before 2024; leavers and dormancy would be "
                           "judged wrongly. "
                           "Set it, or start the time service");
    else
        check_pass(report, "plausible");
}

static void check_pull(CheckReport *report, const SourceRecord *source, const Reconciliation *r)
{
    g_autofree char *age = intake_age_problem(source, r->settings, r->as_of_utc);

    report->about = source->name;
    if (source->status != SOURCE_COMPLETE) {
        check_fail(report, "%s", source->reason);
        return;
    }
    check_pass(report,
               "read whole: %" G_GINT64_FORMAT " kept, %" G_GINT64_FORMAT
               " left out, %" G_GINT64_FORMAT " rejected",
               source->counts.kept, source->counts.excluded, source->counts.rejected);
    if (age != NULL)
        check_warn(report, "%s: a run would not judge by it", age);
}

static void check_governed(CheckReport *report, const Governed *governed)
{
    report->about = "names";
    for (guint i = 0; i < governed->unresolved->len; i++)
        check_fail(report, "%s", (const char *)governed->unresolved->pdata[i]);
    for (guint i = 0; i < governed->unresolved_rows->len; i++)
        check_warn(report, "%s", (const char *)governed->unresolved_rows->pdata[i]);
    for (guint i = 0; i < governed->ambiguous->len; i++)
        check_warn(report, "%s", (const char *)governed->ambiguous->pdata[i]);
}

/* Rules of `suppressions`: nobody should find out from an alarm that one has ended. */
static void check_suppressions(CheckReport *report, const Reconciliation *r)
{
    ControlContext context = {.snapshot = r->snapshot,
                              .links = r->links,
                              .settings = r->settings,
                              .as_of_utc = r->as_of_utc};
    g_autoptr(GPtrArray) warnings = suppressions_warnings(&context, NULL);
    size_t n = settings_n_groups(r->settings->root, "suppressions");

    report->about = "suppressions";
    for (guint i = 0; i < warnings->len; i++)
        check_warn(report, "%s", (const char *)warnings->pdata[i]);
    if (n > 0 && warnings->len == 0)
        check_pass(report, "%zu rule%s", n, n == 1 ? "" : "s");
}

/* Reads the sources of settings whole, once: names of groups can only be checked against what is
 * really there. */
static void check_whole(Invocation *invocation, const Settings *settings, CheckReport *report)
{
    g_autoptr(Progress) progress = progress_new(invocation->is_quiet);
    g_auto(Reconciliation) r = {.settings = settings,
                                .as_of_utc = clock_utc(),
                                .wanted = PROVIDES_EVERYTHING,
                                .progress = progress_report,
                                .progress_data = progress,
                                .cancel = invocation->cancel};
    bool is_all = settings->n_sources == invocation->settings->n_sources;

    if (settings->n_sources == 0 || !reconciliation_look(&r))
        return;
    for (uint32_t i = 0; i < r.snapshot->n_sources; i++)
        check_pull(report, &r.snapshot->sources[i], &r);
    if (is_all) {
        check_governed(report, r.governed);
        check_suppressions(report, &r);
    }
}

/* ---- Sources ---- */

typedef struct SourceCheck {
    const SettingsSource *source;
    CheckReport report;
    GThread *thread;
} SourceCheck;

static gpointer check_source(gpointer data)
{
    SourceCheck *check = data;

    check->source->connector->check(&check->source->source, &check->report);
    return NULL;
}

static SourceCheck *start_checks(const Settings *settings)
{
    SourceCheck *checks = g_new0(SourceCheck, settings->n_sources);

    for (size_t i = 0; i < settings->n_sources; i++) {
        const SettingsSource *source = &settings->sources[i];
        checks[i] = (SourceCheck){.source = source,
                                  .report = {.about = source->source.name, .rows = json_array()}};
        checks[i].thread = g_thread_new(source->source.name, check_source, &checks[i]);
    }
    return checks;
}

/* Those that failed are not asked again: a second bind with a wrong password is a step towards a
 * locked account. */
static void check_sources(Invocation *invocation, CheckReport *report)
{
    const Settings *settings = invocation->settings;
    g_autofree SourceCheck *checks = start_checks(settings);
    g_autofree SettingsSource *good = g_new0(SettingsSource, settings->n_sources + 1);
    Settings rest = *settings;

    rest.sources = good;
    rest.n_sources = 0;
    for (size_t i = 0; i < settings->n_sources; i++) {
        g_thread_join(checks[i].thread);
        json_array_extend(report->rows, checks[i].report.rows);
        json_decref(checks[i].report.rows);
        report->has_failed |= checks[i].report.has_failed;
        if (!checks[i].report.has_failed)
            good[rest.n_sources++] = settings->sources[i];
    }
    check_whole(invocation, &rest, report);
    if (rest.n_sources < settings->n_sources) {
        report->about = "names";
        check_warn(report, "names of groups were not checked, as not every source can be read");
    }
}

/* ---- Mail ---- */

/* Connects, encrypts, signs in; nothing is sent. */
static void check_mail(const Settings *settings, CheckReport *report)
{
    const SettingsGroup *notify = settings_group(settings->root, "notify");
    g_autoptr(GError) error = NULL;

    report->about = "mail";
    if (!notify_is_configured(settings)) {
        check_warn(report, "no mail server is configured (notify.smtp_url): nobody is reminded");
        return;
    }
    g_autoptr(Smtp) smtp = smtp_new(notify, &error);
    if (smtp == NULL || !smtp_check(smtp, &error)) {
        check_fail(report, "%s", error->message);
        return;
    }
    check_pass(report, "%s answers%s%s", settings_text(notify, "smtp_url"),
               settings_bool(notify, "allow_plaintext") ? ", unencrypted" : ", encrypted",
               settings_text(notify, "user") != NULL ? ", and lets us in" : "");
}

/* What failed stands among all that is right; here is a list of it. */
static void say_what_failed(const json_t *rows)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const char *last = "";
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *about = json_string_value(json_object_get(row, "about"));
        bool is_failed = *json_string_value(json_object_get(row, "result")) == 'F';
        if (is_failed && strcmp(about, last) != 0) {
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", about);
            last = about;
        }
    }
    say_error("failed: %s; the lines above say why", names->str);
}

static ExitCode print_report(const Invocation *invocation, const CheckReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Writer) writer =
        writer_new(invocation->format, "check", columns, stdout, invocation->has_colour);
    size_t i;
    json_t *row;

    json_array_foreach(report->rows, i, row)
    {
        writer_row(writer, row);
    }
    bool is_written = writer_end(writer, &error);
    if (!is_written) {
        say_error("%s", error->message);
    } else if (report->has_failed) {
        fflush(stdout);
        say_what_failed(report->rows);
    }
    json_decref(report->rows);
    return is_written && !report->has_failed ? EXIT_DONE : EXIT_FAILED;
}

ExitCode command_check(Invocation *invocation)
{
    const Settings *settings = invocation_settings(invocation);

    if (settings == NULL)
        return EXIT_CONFIGURATION;
    CheckReport report = {.about = "settings", .rows = json_array()};

    check_pass(&report, "%s: no problem found, %zu source%s", settings->path, settings->n_sources,
               settings->n_sources == 1 ? "" : "s");
    check_clock(&report);
    check_store(invocation, &report);
    if (!invocation_has(invocation, "offline")) {
        check_sources(invocation, &report);
        check_mail(settings, &report);
    }
    return print_report(invocation, &report);
}
