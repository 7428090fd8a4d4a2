#include "intake/parts.h"

#include "base/visible.h"
#include "intake/door.h"

#define REJECTIONS_KEPT 100 /* a source; the rest is counted */
#define PROGRESS_EVERY 4096

SourceRecord sink_record(const SinkOptions *options)
{
    return (SourceRecord){
        .name = g_strdup(options->name),
        .kind = g_strdup(options->kind),
        .provides = options->provides,
        .status = SOURCE_COMPLETE,
        .started_utc = g_get_real_time() / G_USEC_PER_SEC,
        .newest_utc = TIME_UNKNOWN,
        .rejections = g_ptr_array_new_with_free_func(g_free),
        .exclusions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .notes = g_ptr_array_new_with_free_func(g_free),
    };
}

Sink *sink_new(const SinkOptions *options)
{
    Sink *sink = g_new0(Sink, 1);
    sink->options = *options;
    sink->text = options->beside != NULL ? text_pool_new_beside(options->beside) : text_pool_new();
    sink->scratch = g_string_new(NULL);
    sink->file_time_utc = TIME_UNKNOWN;
    sink->newest_utc = TIME_UNKNOWN;
    sink->messages = g_ptr_array_new_with_free_func(g_free);
    sink->record = sink_record(options);
    if (options->provides == PROVIDES_DIRECTORY || options->provides == PROVIDES_ACCOUNTS)
        sink->directory = directory_builder_new(sink->text);
    if (options->provides != PROVIDES_DIRECTORY)
        sink->table = table_builder_new(options->timezone);
    return sink;
}

void sink_free(Sink *sink)
{
    if (sink == NULL)
        return;
    directory_builder_free(sink->directory);
    table_builder_free(sink->table);
    text_pool_free(sink->text);
    g_string_free(sink->scratch, TRUE);
    g_ptr_array_unref(sink->messages);
    source_record_clear(&sink->record);
    for (guint i = 0; sink->dimensions != NULL && i < sink->dimensions->len; i++)
        g_free(g_array_index(sink->dimensions, GuardDimension, i).name);
    g_clear_pointer(&sink->dimensions, g_array_unref);
    g_clear_pointer(&sink->watched, g_ptr_array_unref);
    g_free(sink);
}

/* ---- what the builders need ---- */

TextRef sink_text(Sink *sink, Text text)
{
    return text.length > 0 ? text_pool_add(sink->text, door_clean(text, sink->scratch)) : 0;
}

TextRef sink_shared(Sink *sink, Text text)
{
    return text.length > 0 ? text_pool_intern(sink->text, door_clean(text, sink->scratch)) : 0;
}

static void append_place(GString *sentence, const Place *place, const char *column)
{
    if (place->file != NULL && place->line > 0 && place->line_name != NULL)
        g_string_append_printf(sentence, "%s, %s %" G_GUINT64_FORMAT "%s", place->file,
                               place->line_name, place->line, place->columns != NULL ? ", " : ": ");
    else if (place->file != NULL && place->line > 0)
        g_string_append_printf(sentence, "%s:%" G_GUINT64_FORMAT ": ", place->file, place->line);
    else if (place->file != NULL)
        g_string_append_printf(sentence, "%s: ", place->file);
    else if (place->line > 0)
        g_string_append_printf(sentence, "line %" G_GUINT64_FORMAT ": ", place->line);
    if (place->dn.length > 0) {
        g_autofree char *dn = g_utf8_make_valid(place->dn.data, (gssize)place->dn.length);
        visible_append(sentence, dn);
        g_string_append(sentence, ": ");
    }
    if (column != NULL) {
        visible_append(sentence, column);
        g_string_append(sentence, ": ");
    }
}

G_GNUC_PRINTF(4, 0)
static void keep_rejection(Sink *sink, const Place *place, const char *column, const char *format,
                           va_list arguments)
{
    sink->record.counts.rejected++;
    if (sink->record.rejections->len >= REJECTIONS_KEPT) {
        sink->n_messages_left_out++;
        return;
    }
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    GString *sentence = g_string_new(NULL);
    append_place(sentence, place, column);
    g_string_append(sentence, what);
    g_ptr_array_add(sink->messages, g_strdup(sentence->str));
    g_ptr_array_add(sink->record.rejections, g_string_free(sentence, FALSE));
}

void sink_refuse(Sink *sink, const Place *place, const char *column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep_rejection(sink, place, column, format, arguments);
    va_end(arguments);
}

void sink_refuse_kept(Sink *sink, const Place *place, const char *column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep_rejection(sink, place, column, format, arguments);
    va_end(arguments);
    sink->record.counts.kept--;
}

void sink_warn(Sink *sink, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(sink->messages, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void sink_fail(Sink *sink, const char *format, ...)
{
    if (sink->record.status != SOURCE_COMPLETE)
        return;
    va_list arguments;
    va_start(arguments, format);
    sink->record.status = SOURCE_INCOMPLETE;
    sink->record.reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

/* ---- the contract of connectors: include/rightful/sink.h ---- */

static void count_record(Sink *sink)
{
    sink->record.counts.pulled++;
    if (++sink->n_records % PROGRESS_EVERY == 0 && sink->options.progress != NULL)
        sink->options.progress(sink->options.name, sink->n_records, false,
                               sink->options.progress_data);
}

void sink_entry(Sink *sink, const DirectoryEntry *entry, const Place *place)
{
    count_record(sink);
    if (sink->handover != NULL)
        handover_entry(sink->handover, entry, place);
    else
        directory_builder_add(sink, entry, place);
}

void sink_row(Sink *sink, const Text *cells, size_t n_cells, const Place *place)
{
    count_record(sink);
    table_builder_add(sink, cells, n_cells, place);
}

void sink_reject(Sink *sink, const Place *place, const char *format, ...)
{
    count_record(sink);
    va_list arguments;
    va_start(arguments, format);
    if (sink->handover != NULL) {
        g_autofree char *what = g_strdup_vprintf(format, arguments);
        handover_rejection(sink->handover, place, what);
    } else {
        keep_rejection(sink, place, NULL, format, arguments);
    }
    va_end(arguments);
}

void sink_exclude_more(Sink *sink, const char *rule, uint32_t n_more)
{
    if (n_more == 0)
        return;
    sink->record.counts.excluded += n_more;
    gsize n = GPOINTER_TO_SIZE(g_hash_table_lookup(sink->record.exclusions, rule));
    g_hash_table_insert(sink->record.exclusions, g_strdup(rule), GSIZE_TO_POINTER(n + n_more));
}

void sink_exclude(Sink *sink, const char *rule)
{
    count_record(sink);
    sink_exclude_more(sink, rule, 1);
}

void sink_page(Sink *sink, int result_code, uint64_t n_entries)
{
    sink->n_pages++;
    if (result_code != 0 && sink->bad_page_code == 0)
        sink->bad_page_code = result_code;
}

void sink_reference(Sink *sink)
{
    sink->n_references++;
}

void sink_fields(Sink *sink, uint32_t fields)
{
    sink->record.fields = fields;
}

void sink_digest(Sink *sink, const char *hex)
{
    g_free(sink->record.digest);
    sink->record.digest = g_strconcat("sha256:", hex, NULL);
}

void sink_file_time(Sink *sink, int64_t modified_utc)
{
    sink->file_time_utc = modified_utc;
}

void sink_records_times(Sink *sink, unsigned recorded)
{
    sink->record.recorded_times = recorded;
}

/* What each of many searches tells is one fact. */
void sink_note(Sink *sink, const char *name, const char *value)
{
    g_autofree char *note = g_strdup_printf("%s=%s", name, value);
    if (!g_ptr_array_find_with_equal_func(sink->record.notes, note, g_str_equal, NULL))
        g_ptr_array_add(sink->record.notes, g_steal_pointer(&note));
}

bool sink_is_cancelled(Sink *sink)
{
    const SinkOptions *options = &sink->options;
    return (options->cancel != NULL && g_cancellable_is_cancelled(options->cancel)) ||
           (options->is_given_up != NULL && g_atomic_int_get(options->is_given_up) != 0);
}
