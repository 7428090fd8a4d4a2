#include "intake/parts.h"

/* ---- settings ---- */

static bool has_setting(const Connector *connector, const char *name)
{
    for (const Setting *setting = connector->settings; setting != NULL && setting->name != NULL;
         setting++)
        if (strcmp(setting->name, name) == 0)
            return true;
    return false;
}

/* A text of the source's own settings; NULL when its connector has no such setting. */
static const char *source_text(const SettingsSource *source, const char *name)
{
    return has_setting(source->connector, name) ? settings_text(source->source.settings, name)
                                                : NULL;
}

static AbsenceRule absence_rule(const SettingsSource *source, const char *name)
{
    const char *text = source_text(source, name);
    if (text != NULL && strcmp(text, "recorded") == 0)
        return ABSENCE_RECORDED;
    return text != NULL && strcmp(text, "none") == 0 ? ABSENCE_NONE : ABSENCE_AUTO;
}

static void read_headers(const SettingsSource *source, SinkOptions *options)
{
    const RecordKind *kind = record_kind(source->source.provides);
    if (kind == NULL || !has_setting(source->connector, "columns"))
        return;
    for (size_t field = 0; field < kind->n_fields; field++)
        options->headers[field] =
            settings_map_value(source->source.settings, "columns", kind->fields[field].name);
}

static SinkOptions options_of(const Settings *settings, uint32_t index, int64_t as_of_utc)
{
    const SettingsSource *source = &settings->sources[index];
    SinkOptions options = {
        .name = source->source.name,
        .kind = source->connector->kind,
        .provides = source->source.provides,
        .index = (uint8_t)index,
        .timezone = settings->timezone,
        .as_of_utc = as_of_utc,
        .date_format = source_text(source, "date_format"),
        .person_kind = source_text(source, "person_kind"),
        .lock_state = absence_rule(source, "lock_state"),
        .last_use = absence_rule(source, "last_use"),
    };
    if (has_setting(source->connector, "canaries"))
        options.canaries = settings_texts(source->source.settings, "canaries");
    read_headers(source, &options);
    return options;
}

/* ---- threads ---- */

void sink_pull(Sink *sink, const SettingsSource *source)
{
    const Connector *connector = source->connector;
    const SinkOptions *options = &sink->options;
    g_autoptr(GError) error = NULL;
    sink->record.started_utc = g_get_real_time() / G_USEC_PER_SEC;
    if (options->provides == PROVIDES_DIRECTORY && options->scope == NULL)
        sink->handover = handover_new(sink);
    bool is_whole = options->scope != NULL
                        ? connector->pull_scope(&source->source, options->scope, sink, &error)
                        : connector->pull(&source->source, sink, &error);
    g_clear_pointer(&sink->handover, handover_free);
    sink_finish(sink, is_whole, error);
    if (options->progress != NULL)
        options->progress(options->name, sink->n_records, true, options->progress_data);
}

typedef struct Pull {
    const SettingsSource *source;
    Sink *sink;
} Pull;

static gpointer pull_source(gpointer data)
{
    g_autofree Pull *pull = data;
    sink_pull(pull->sink, pull->source);
    return NULL;
}

static void start_pull(Intake *intake, const Settings *settings, uint32_t i)
{
    Pull *pull = g_new0(Pull, 1);
    *pull = (Pull){.source = &settings->sources[i], .sink = intake->sinks[i]};
    intake->threads[i] = g_thread_try_new(pull->source->source.name, pull_source, pull, NULL);
    if (intake->threads[i] == NULL) /* no thread to be had: then one after the other */
        pull_source(pull);
}

static void end_thread(Intake *intake, uint32_t i)
{
    if (intake->threads[i] != NULL)
        g_thread_join(g_steal_pointer(&intake->threads[i]));
}

void intake_wait_for(Intake *intake, unsigned kinds)
{
    for (uint32_t i = 0; i < intake->n; i++)
        if ((intake->sinks[i]->options.provides & kinds) != 0)
            end_thread(intake, i);
}

static void collect_messages(Intake *intake)
{
    for (uint32_t i = 0; i < intake->n; i++) {
        const GPtrArray *messages = intake->sinks[i]->messages;
        for (guint m = 0; m < messages->len; m++)
            g_ptr_array_add(intake->messages, g_strdup(messages->pdata[m]));
    }
}

static Intake *intake_new(const Settings *settings, const SinkOptions *common)
{
    Intake *intake = g_new0(Intake, 1);
    intake->n = (uint32_t)settings->n_sources;
    intake->sinks = g_new0(Sink *, settings->n_sources + 1);
    intake->threads = g_new0(GThread *, settings->n_sources + 1);
    intake->messages = g_ptr_array_new_with_free_func(g_free);
    for (uint32_t i = 0; i < intake->n; i++) {
        SinkOptions options = options_of(settings, i, common->as_of_utc);
        options.progress = common->progress;
        options.progress_data = common->progress_data;
        options.cancel = common->cancel;
        options.is_given_up = &intake->is_given_up;
        options.beside = i > 0 ? intake->sinks[0]->text : NULL;
        intake->sinks[i] = sink_new(&options);
    }
    return intake;
}

Intake *intake_pull(const Settings *settings, unsigned wanted, int64_t as_of_utc,
                    IntakeProgress progress, void *data, GCancellable *cancel)
{
    Intake *intake = intake_new(settings, &(SinkOptions){.as_of_utc = as_of_utc,
                                                         .progress = progress,
                                                         .progress_data = data,
                                                         .cancel = cancel});
    for (uint32_t i = 0; i < intake->n; i++) {
        if ((intake->sinks[i]->options.provides & wanted) != 0)
            start_pull(intake, settings, i);
        else
            sink_fail(intake->sinks[i], "not pulled: this command does not need it");
    }
    intake_wait_for(intake, UINT_MAX);
    collect_messages(intake);
    return intake;
}

/* ---- a few accounts ---- */

static bool can_scope(const SettingsSource *source)
{
    return source->connector->pull_scope != NULL && source->source.provides == PROVIDES_DIRECTORY;
}

static gpointer make_ready(gpointer connector)
{
    ((const Connector *)connector)->make_ready();
    return NULL;
}

/* Without a thread it gets ready when it is pulled. */
static void begin_to_get_ready(Intake *intake, const SettingsSource *source, uint32_t i)
{
    if (source->connector->make_ready != NULL)
        intake->threads[i] = g_thread_try_new(source->source.name, make_ready,
                                              (gpointer)(uintptr_t)source->connector, NULL);
}

Intake *intake_begin(const Settings *settings, int64_t as_of_utc, IntakeProgress progress,
                     void *data, GCancellable *cancel)
{
    Intake *intake = intake_new(settings, &(SinkOptions){.as_of_utc = as_of_utc,
                                                         .progress = progress,
                                                         .progress_data = data,
                                                         .cancel = cancel});
    for (uint32_t i = 0; i < intake->n; i++) {
        if (can_scope(&settings->sources[i]))
            begin_to_get_ready(intake, &settings->sources[i], i);
        else
            start_pull(intake, settings, i);
    }
    return intake;
}

void intake_pull_scope(Intake *intake, const Settings *settings, const Scope *scope)
{
    for (uint32_t i = 0; i < intake->n; i++) {
        if (can_scope(&settings->sources[i])) {
            end_thread(intake, i);
            intake->sinks[i]->options.scope = scope;
            start_pull(intake, settings, i);
        }
    }
    intake_wait_for(intake, UINT_MAX);
    scope_follow(intake, settings, scope);
    for (uint32_t i = 0; i < intake->n; i++)
        intake->sinks[i]->options.scope = NULL;
    collect_messages(intake);
}

void intake_free(Intake *intake)
{
    if (intake == NULL)
        return;
    g_atomic_int_set(&intake->is_given_up, 1);
    intake_wait_for(intake, UINT_MAX);
    for (uint32_t i = 0; i < intake->n; i++)
        sink_free(intake->sinks[i]);
    g_free(intake->sinks);
    g_free(intake->threads);
    g_ptr_array_unref(intake->messages);
    g_free(intake);
}

const GPtrArray *intake_messages(const Intake *intake)
{
    return intake->messages;
}

const GArray *intake_dimensions(const Intake *intake, uint32_t source)
{
    return intake->sinks[source]->dimensions;
}

const GPtrArray *intake_watched(const Intake *intake, uint32_t source)
{
    return intake->sinks[source]->watched;
}
