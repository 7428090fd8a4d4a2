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
    return settings_load(path, &catalogue, problems);
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
    if (pulled == NULL) {
        return;
    }
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
