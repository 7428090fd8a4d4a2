#include "harness/pulled.h"

#include <time.h>

static const Setting no_controls[] = {{.name = NULL}};
static const SettingsCatalogue catalogue = {.connectors = connectors, .controls = no_controls};

static Settings *load(const char *folder, const char *kind, const char *settings,
                      GPtrArray *problems)
{
    g_autofree char *path = g_build_filename(folder, "pulled.conf", NULL);
    g_autofree char *text = g_strdup_printf(
        "sources: ( { name = \"t\"; kind = \"%s\"; provides = \"directory\"; %s } );\n"
        "store: { url = \"sqlite:t.db\"; };\n",
        kind, settings);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return settings_load(path, &catalogue, problems, NULL);
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The sink is the result's. */
static Pulled *pull(const char *folder, const char *kind, const char *settings, Sink *sink)
{
    Pulled *pulled = g_new0(Pulled, 1);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Settings) loaded = load(folder, kind, settings, problems);
    g_autoptr(GError) error = NULL;

    pulled->sink = sink;
    g_ptr_array_add(problems, NULL);
    pulled->problems = g_strjoinv("\n", (char **)problems->pdata);
    if (loaded != NULL) {
        gint64 begin = g_get_monotonic_time();
        double cpu = cpu_seconds();
        pulled->is_whole =
            loaded->sources[0].connector->pull(&loaded->sources[0].source, pulled->sink, &error);
        pulled->seconds = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
        pulled->cpu_seconds = cpu_seconds() - cpu;
        /* A connector that fails says why, and one that does not says nothing. */
        g_assert_true(pulled->is_whole == (error == NULL));
    }
    pulled->error = g_strdup(error != NULL ? error->message : "");
    pulled->code = error != NULL ? (SourceError)error->code : 0;
    return pulled;
}

Pulled *pulled_new(const char *folder, const char *kind, const char *settings)
{
    return pull(folder, kind, settings, recording_sink_new());
}

Pulled *pulled_cancelled_new(const char *folder, const char *kind, const char *settings)
{
    Sink *sink = recording_sink_new();

    sink->is_cancelled = true;
    return pull(folder, kind, settings, sink);
}

Pulled *pulled_watched_new(const char *folder, const char *kind, const char *settings,
                           void (*on_entry)(gpointer data), gpointer data)
{
    Sink *sink = recording_sink_new();

    sink->on_entry = on_entry;
    sink->on_entry_data = data;
    return pull(folder, kind, settings, sink);
}

void pulled_free(Pulled *pulled)
{
    if (pulled == NULL)
        return;
    recording_sink_free(pulled->sink);
    g_free(pulled->error);
    g_free(pulled->problems);
    g_free(pulled);
}

char *pulled_checks(const char *folder, const char *kind, const char *settings)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Settings) loaded = load(folder, kind, settings, problems);
    g_autoptr(CheckReport) report = recording_report_new();

    g_assert_nonnull(loaded);
    loaded->sources[0].connector->check(&loaded->sources[0].source, report);
    return recorded_report(report);
}

static void append_time(GString *out, const char *name, int64_t utc)
{
    if (utc == TIME_UNKNOWN)
        g_string_append_printf(out, "%s -", name);
    else
        g_string_append_printf(out, "%s %" G_GINT64_FORMAT, name, utc);
}

static void write_account(void *data, size_t index, const AccountTimes *times)
{
    GString *out = data;

    g_string_append_printf(out, "account %zu", index);
    append_time(out, " disabled", times->disabled_utc);
    append_time(out, " locked", times->locked_utc);
    append_time(out, " primary", times->primary_group_utc);
    g_string_append_c(out, '\n');
}

static void write_member(void *data, size_t group, Text member, int64_t granted_utc)
{
    GString *out = data;

    g_string_append_printf(out, "group %zu %.*s", group, (int)member.length, member.data);
    append_time(out, "", granted_utc);
    g_string_append_c(out, '\n');
}

char *pulled_times(const char *folder, const char *kind, const char *settings,
                   const TimesSubject *accounts, size_t n_accounts, const TimesSubject *groups,
                   size_t n_groups)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Settings) loaded = load(folder, kind, settings, problems);
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    TimesQuestion question = {.accounts = accounts,
                              .groups = groups,
                              .n_accounts = n_accounts,
                              .n_groups = n_groups,
                              .account = write_account,
                              .member = write_member,
                              .data = out};

    g_assert_nonnull(loaded);
    bool is_whole =
        loaded->sources[0].connector->pull_times(&loaded->sources[0].source, &question, &error);
    g_assert_true(is_whole == (error == NULL));
    g_string_append(out, error != NULL ? error->message : "");
    return g_string_free(out, FALSE);
}
