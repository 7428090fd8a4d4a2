#include "fixture.h"

SinkOptions fixture_options(const char *name, Provides provides)
{
    static GTimeZone *berlin;
    static TextPool *texts; /* sinks that are frozen together share a space, as those of a run do */
    if (berlin == NULL)
        berlin = g_time_zone_new_identifier("Europe/Berlin");
    assert_non_null(berlin);
    if (texts == NULL)
        texts = text_pool_new();
    return (SinkOptions){.name = name,
                         .kind = "test",
                         .provides = provides,
                         .timezone = berlin,
                         .as_of_utc = AS_OF,
                         .beside = texts};
}

static size_t find_field(const RecordKind *kind, const char *name)
{
    for (size_t field = 0; field < kind->n_fields; field++)
        if (strcmp(kind->fields[field].name, name) == 0)
            return field;
    fail_msg("no field %s", name);
    return 0;
}

void push_row(Sink *sink, const char *cells)
{
    const RecordKind *kind = record_kind(sink->options.provides);
    Text texts[MAX_RECORD_FIELDS] = {{0}};
    g_auto(GStrv) pairs = g_strsplit(cells, ";", -1);
    for (size_t i = 0; pairs[i] != NULL && pairs[i][0] != '\0'; i++) {
        char *equals = strchr(pairs[i], '=');
        *equals = '\0';
        texts[find_field(kind, pairs[i])] = text_of(equals + 1);
    }
    Place place = {.file = "t.csv", .line = (uint64_t)sink->record.counts.pulled + 2};
    sink_row(sink, texts, kind->n_fields, &place);
}

static DirectoryEntry entry_of(EntryKind kind, const char *name)
{
    /* Never freed: an entry borrows its texts, and a test is short. */
    static GStringChunk *texts;
    if (texts == NULL)
        texts = g_string_chunk_new(4096);
    g_autofree char *dn = g_strdup_printf("cn=%s,ou=x,dc=x", name);
    return (DirectoryEntry){
        .kind = kind,
        .dn = text_of(g_string_chunk_insert(texts, dn)),
        .name = text_of(g_string_chunk_insert(texts, name)),
        .gid_number = -1,
        .enabled = STATE_UNKNOWN,
        .locked_until_utc = TIME_NEVER,
        .expires_utc = TIME_NEVER,
        .created_utc = TIME_UNKNOWN,
        .changed_utc = TIME_UNKNOWN,
        .last_logon_utc = TIME_UNKNOWN,
        .password_changed_utc = TIME_UNKNOWN,
        .flags = ENTRY_SHOWS_OPERATIONAL,
    };
}

DirectoryEntry account_entry(const char *name)
{
    return entry_of(ENTRY_ACCOUNT, name);
}

DirectoryEntry group_entry(const char *name)
{
    return entry_of(ENTRY_GROUP, name);
}

void push_entry(Sink *sink, const DirectoryEntry *entry)
{
    Place place = {
        .file = "t.ldif", .line = (uint64_t)sink->record.counts.pulled * 10 + 1, .dn = entry->dn};
    sink_entry(sink, entry, &place);
}

void push_account(Sink *sink, const char *name)
{
    DirectoryEntry entry = account_entry(name);
    push_entry(sink, &entry);
}

void push_group(Sink *sink, const char *name, const char *members)
{
    g_auto(GStrv) words = g_strsplit(members, " ", -1);
    size_t n = g_strv_length(words);
    g_autofree Text *texts = g_new0(Text, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (strchr(words[i], '=') == NULL) {
            char *dn = g_strdup_printf("cn=%s,ou=x,dc=x", words[i]);
            g_free(words[i]);
            words[i] = dn;
        }
        texts[i] = text_of(words[i]);
    }
    DirectoryEntry entry = group_entry(name);
    entry.members = texts;
    entry.n_members = members[0] != '\0' ? n : 0;
    push_entry(sink, &entry);
}

Intake *intake_of(Sink **sinks, uint32_t n)
{
    Intake *intake = g_new0(Intake, 1);
    intake->n = n;
    intake->sinks = g_memdup2(sinks, n * sizeof *sinks);
    intake->threads = g_new0(GThread *, n);
    intake->messages = g_ptr_array_new_with_free_func(g_free);
    return intake;
}

Snapshot *freeze_sinks(Sink **sinks, uint32_t n, const Baseline *baseline)
{
    Intake *intake = intake_of(sinks, n);
    for (uint32_t i = 0; i < n; i++)
        if (sinks[i]->dimensions == NULL) /* not finished by the test itself */
            sink_finish(sinks[i], true, NULL);
    Snapshot *snapshot = intake_freeze(intake, NULL, baseline, 7);
    intake_free(intake);
    return snapshot;
}

Snapshot *freeze_sink(Sink *sink)
{
    return freeze_sinks(&sink, 1, NULL);
}

static const char *principal_name(const Snapshot *snapshot, Principal principal)
{
    uint32_t row = principal_id(principal);
    switch (principal_kind(principal)) {
    case PRINCIPAL_ACCOUNT:
        return snapshot_text(snapshot, snapshot->accounts.name[row]);
    case PRINCIPAL_GROUP:
        return snapshot_text(snapshot, snapshot->groups.name[row]);
    case PRINCIPAL_COMPUTER:
        return snapshot_text(snapshot, snapshot->computers.name[row]);
    case PRINCIPAL_FOREIGN:
        break;
    }
    return snapshot_text(snapshot, snapshot->foreigners.text[row]);
}

char *members_of(const Snapshot *snapshot, const char *group)
{
    const Groups *groups = &snapshot->groups;
    GString *text = g_string_new(NULL);
    for (uint32_t row = 0; row < groups->n; row++) {
        if (strcmp(snapshot_text(snapshot, groups->name[row]), group) != 0)
            continue;
        for (uint32_t i = groups->first_member[row]; i < groups->first_member[row + 1]; i++)
            g_string_append_printf(text, "%s%s:%s", text->len > 0 ? " " : "",
                                   principal_name(snapshot, groups->members[i]),
                                   edge_via_text(groups->members_via[i]));
        return g_string_free(text, FALSE);
    }
    fail_msg("no group %s", group);
    return NULL;
}

char *rejections_of(const SourceRecord *record)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < record->rejections->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)record->rejections->pdata[i]);
    return g_string_free(text, FALSE);
}

void assert_balanced(const SourceRecord *record)
{
    const SourceCounts *counts = &record->counts;
    assert_int_equal(counts->pulled, counts->kept + counts->rejected + counts->excluded);
}

void assert_members(const Snapshot *snapshot, const char *group, const char *expected)
{
    g_autofree char *members = members_of(snapshot, group);
    assert_string_equal(members, expected);
}

Sink *directory(const char *name, uint8_t index)
{
    SinkOptions options = fixture_options(name, PROVIDES_DIRECTORY);
    options.index = index;
    return sink_new(&options);
}
