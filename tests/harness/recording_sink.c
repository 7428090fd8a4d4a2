#include "harness/recording_sink.h"

static Text copy_text(Text text)
{
    char *copy = g_malloc(text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return (Text){.data = copy, .length = text.length};
}

static char *copy_chars(Text text)
{
    return (char *)(uintptr_t)copy_text(text).data;
}

static void free_text(Text text)
{
    g_free((void *)(uintptr_t)text.data);
}

static Text *copy_texts(const Text *texts, size_t n)
{
    Text *copies = g_new0(Text, n + 1);
    for (size_t i = 0; i < n; i++)
        copies[i] = copy_text(texts[i]);
    return copies;
}

static void free_texts(const Text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free_text(texts[i]);
    g_free((void *)(uintptr_t)texts);
}

/* clang-format off */
#define FOR_EACH_TEXT(DO)                                                                          \
    DO(dn) DO(key) DO(name) DO(cn) DO(upn) DO(mail) DO(display_name) DO(employee_id)               \
    DO(department) DO(title) DO(description) DO(manager) DO(owner) DO(hostname) DO(serial)         \
    DO(sid) DO(primary_group_sid)
/* clang-format on */

static void free_entry(gpointer data)
{
    RecordedEntry *recorded = data;
    DirectoryEntry *entry = &recorded->entry;
#define FREE(member) free_text(entry->member);
    FOR_EACH_TEXT(FREE)
#undef FREE
    free_texts(entry->sid_history, entry->n_sid_history);
    free_texts(entry->members, entry->n_members);
    free_texts(entry->member_names, entry->n_member_names);
    free_texts(entry->member_sids, entry->n_member_sids);
    g_free(recorded->file);
    g_free(recorded->dn);
    g_free(recorded);
}

static void free_row(gpointer data)
{
    RecordedRow *row = data;
    for (size_t i = 0; i < row->n_cells; i++)
        g_free(row->cells[i]);
    g_free(row->cells);
    g_free(row->file);
    g_free(row);
}

static void free_reject(gpointer data)
{
    RecordedReject *reject = data;
    g_free(reject->reason);
    g_free(reject->file);
    g_free(reject->dn);
    g_free(reject);
}

Sink *recording_sink_new(void)
{
    Sink *sink = g_new0(Sink, 1);
    sink->entries = g_ptr_array_new_with_free_func(free_entry);
    sink->rows = g_ptr_array_new_with_free_func(free_row);
    sink->rejects = g_ptr_array_new_with_free_func(free_reject);
    sink->excluded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sink->pages = g_array_new(FALSE, FALSE, sizeof(RecordedPage));
    sink->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sink->file_time_utc = TIME_UNKNOWN;
    return sink;
}

void recording_sink_free(Sink *sink)
{
    if (sink == NULL)
        return;
    g_ptr_array_unref(sink->entries);
    g_ptr_array_unref(sink->rows);
    g_ptr_array_unref(sink->rejects);
    g_hash_table_unref(sink->excluded);
    g_array_unref(sink->pages);
    g_hash_table_unref(sink->notes);
    g_free(sink->digest);
    g_free(sink);
}

void sink_entry(Sink *sink, const DirectoryEntry *entry, const Place *place)
{
    RecordedEntry *recorded = g_new0(RecordedEntry, 1);
    recorded->entry = *entry;
    DirectoryEntry *copy = &recorded->entry;
#define COPY(member) copy->member = copy_text(entry->member);
    FOR_EACH_TEXT(COPY)
#undef COPY
    copy->sid_history = copy_texts(entry->sid_history, entry->n_sid_history);
    copy->members = copy_texts(entry->members, entry->n_members);
    copy->member_names = copy_texts(entry->member_names, entry->n_member_names);
    copy->member_sids = copy_texts(entry->member_sids, entry->n_member_sids);
    recorded->file = g_strdup(place->file != NULL ? place->file : "");
    recorded->line = place->line;
    recorded->dn = copy_chars(place->dn);
    g_ptr_array_add(sink->entries, recorded);
    if (sink->on_entry != NULL)
        sink->on_entry(sink->on_entry_data);
}

void sink_row(Sink *sink, const Text *cells, size_t n_cells, const Place *place)
{
    RecordedRow *row = g_new0(RecordedRow, 1);
    row->cells = g_new0(char *, n_cells + 1);
    row->n_cells = n_cells;
    for (size_t i = 0; i < n_cells; i++)
        row->cells[i] = copy_chars(cells[i]);
    row->file = g_strdup(place->file != NULL ? place->file : "");
    row->line = place->line;
    g_ptr_array_add(sink->rows, row);
}

void sink_reject(Sink *sink, const Place *place, const char *format, ...)
{
    RecordedReject *reject = g_new0(RecordedReject, 1);
    va_list arguments;
    va_start(arguments, format);
    reject->reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reject->file = g_strdup(place->file != NULL ? place->file : "");
    reject->line = place->line;
    reject->dn = copy_chars(place->dn);
    g_ptr_array_add(sink->rejects, reject);
}

void sink_exclude(Sink *sink, const char *rule)
{
    int n = GPOINTER_TO_INT(g_hash_table_lookup(sink->excluded, rule));
    g_hash_table_insert(sink->excluded, g_strdup(rule), GINT_TO_POINTER(n + 1));
    sink->n_excluded++;
}

void sink_page(Sink *sink, int result_code, uint64_t n_entries)
{
    RecordedPage page = {.result_code = result_code, .n_entries = n_entries};
    g_array_append_val(sink->pages, page);
}

void sink_reference(Sink *sink)
{
    sink->n_references++;
}

void sink_fields(Sink *sink, uint32_t fields)
{
    sink->fields = fields;
}

void sink_digest(Sink *sink, const char *hex)
{
    g_free(sink->digest);
    sink->digest = g_strdup(hex);
}

void sink_file_time(Sink *sink, int64_t modified_utc)
{
    sink->file_time_utc = modified_utc;
}

void sink_records_times(Sink *sink, unsigned recorded)
{
    sink->recorded_times = recorded;
}

void sink_note(Sink *sink, const char *name, const char *value)
{
    g_hash_table_insert(sink->notes, g_strdup(name), g_strdup(value));
}

bool sink_is_cancelled(Sink *sink)
{
    size_t n = sink->entries->len + sink->rows->len;
    return sink->is_cancelled || (sink->cancel_after > 0 && n >= sink->cancel_after);
}

const DirectoryEntry *recorded_entry(const Sink *sink, size_t i)
{
    g_assert_cmpuint(i, <, sink->entries->len);
    return &((const RecordedEntry *)sink->entries->pdata[i])->entry;
}

const DirectoryEntry *recorded_entry_named(const Sink *sink, const char *name)
{
    for (size_t i = 0; i < sink->entries->len; i++) {
        const DirectoryEntry *entry = recorded_entry(sink, i);
        if (strcmp(entry->name.data, name) == 0)
            return entry;
    }
    return NULL;
}

const char *recorded_cell(const Sink *sink, size_t i, size_t field)
{
    g_assert_cmpuint(i, <, sink->rows->len);
    const RecordedRow *row = sink->rows->pdata[i];
    g_assert_cmpuint(field, <, row->n_cells);
    return row->cells[field];
}

const char *recorded_reason(const Sink *sink, size_t i)
{
    g_assert_cmpuint(i, <, sink->rejects->len);
    return ((const RecordedReject *)sink->rejects->pdata[i])->reason;
}

const char *recorded_note(const Sink *sink, const char *name)
{
    return g_hash_table_lookup(sink->notes, name);
}

/* ---- check() ---- */

CheckReport *recording_report_new(void)
{
    CheckReport *report = g_new0(CheckReport, 1);
    report->lines = g_ptr_array_new_with_free_func(g_free);
    return report;
}

void recording_report_free(CheckReport *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->lines);
    g_free(report);
}

G_GNUC_PRINTF(3, 0)
static void add_line(CheckReport *report, const char *verdict, const char *format,
                     va_list arguments)
{
    g_autofree char *fact = g_strdup_vprintf(format, arguments);
    g_ptr_array_add(report->lines, g_strdup_printf("%s: %s", verdict, fact));
}

#define DEFINE_CHECK(verdict)                                                                      \
    void check_##verdict(CheckReport *report, const char *format, ...)                             \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        add_line(report, #verdict, format, arguments);                                             \
        va_end(arguments);                                                                         \
    }
DEFINE_CHECK(pass)
DEFINE_CHECK(warn)
DEFINE_CHECK(fail)

char *recorded_report(const CheckReport *report)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < report->lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)report->lines->pdata[i]);
    return g_string_free(text, FALSE);
}
