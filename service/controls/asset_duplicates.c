/* asset_duplicates.c: assets that share a serial number or a hostname.
 *
 * One index a field, each row looked up once; only where two rows meet is more done. A label of a
 * hostname ("pc1") brings together what may be one name, full names then part it again: a short one
 * equals a full one if exactly one fits. */
#include "controls/asset_evidence.h"
#include "controls/catalogue.h"
#include "base/text_index.h"
#include "correlate/hosts.h"

#include <string.h>

#define MOST_NAMED 5    /* in the sentence */
#define MOST_LISTED 100 /* in the evidence: "To be filled by O.E.M." may stand on thousands */

typedef enum SharedField { SHARED_SERIAL, SHARED_HOSTNAME } SharedField;
static const struct {
    const char *name, *words;
} shared_fields[] = {
    [SHARED_SERIAL] = {"serial", "serial number"}, [SHARED_HOSTNAME] = {"hostname", "hostname"}};

/* members[first .. first + n), the subject first, all by their keys. */
typedef struct SharedValue {
    uint32_t subject, first, n;
    uint8_t field; /* SharedField */
} SharedValue;

typedef struct AssetClusters {
    GArray *values;  /* (element-type SharedValue) by subject, then field */
    GArray *members; /* (element-type guint32) assets */
} AssetClusters;

AssetClusters *asset_clusters_new(void)
{
    AssetClusters *clusters = g_new0(AssetClusters, 1);
    clusters->values = g_array_new(FALSE, FALSE, sizeof(SharedValue));
    clusters->members = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return clusters;
}

void asset_clusters_free(AssetClusters *clusters)
{
    g_array_unref(clusters->values);
    g_array_unref(clusters->members);
    g_free(clusters);
}

/* ---- rows that meet ---- */

/* A row whose key another one had before: the first of them, and this one. */
typedef struct Meeting {
    uint32_t first, row;
} Meeting;

typedef struct Search {
    const Snapshot *snapshot;
    SharedField field;
    GArray *meetings; /* (element-type Meeting) */
} Search;

/* An application may well name the host it runs on. */
static bool is_searched(const Search *search, uint32_t asset)
{
    return !asset_is_over(&search->snapshot->assets, asset) &&
           (search->field == SHARED_SERIAL || !asset_is_intangible(search->snapshot, asset));
}

static void meet(size_t row, uint32_t *first, void *data)
{
    Search *search = data;
    if (!is_searched(search, (uint32_t)row))
        return;
    if (*first == TEXT_INDEX_NONE) {
        *first = (uint32_t)row;
        return;
    }
    Meeting meeting = {*first, (uint32_t)row};
    g_array_append_val(search->meetings, meeting);
}

static int compare_meetings(const void *a, const void *b)
{
    const Meeting *left = a, *right = b;
    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

/* ---- clusters ---- */

static int compare_keys(const void *a, const void *b, void *data)
{
    const Snapshot *snapshot = data;
    const Assets *assets = &snapshot->assets;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = strcmp(snapshot_text(snapshot, assets->id[left]),
                       snapshot_text(snapshot, assets->id[right]));
    if (order == 0)
        order = strcmp(snapshot->sources[assets->source[left]].name,
                       snapshot->sources[assets->source[right]].name);
    return order != 0 ? order : left < right ? -1 : left > right;
}

static void add_cluster(AssetClusters *clusters, const Snapshot *snapshot, SharedField field,
                        uint32_t *members, uint32_t n)
{
    if (n < 2)
        return;
    g_qsort_with_data(members, (gint)n, sizeof *members, compare_keys,
                      (gpointer)(uintptr_t)snapshot);
    SharedValue value = {
        .subject = members[0], .first = clusters->members->len, .n = n, .field = (uint8_t)field};
    g_array_append_vals(clusters->members, members, n);
    g_array_append_val(clusters->values, value);
}

static Text hostname_of(const Snapshot *snapshot, uint32_t asset)
{
    return host_name(text_of(snapshot_text(snapshot, snapshot->assets.hostname[asset])));
}

static bool is_full(Text name)
{
    return host_label(name).length < name.length;
}

/* Short names first, then full ones by the alphabet, without case. */
static int compare_hostnames(const void *a, const void *b, void *data)
{
    Text left = hostname_of(data, *(const uint32_t *)a);
    Text right = hostname_of(data, *(const uint32_t *)b);
    if (is_full(left) != is_full(right))
        return is_full(left) ? 1 : -1;
    if (left.length != right.length)
        return left.length < right.length ? -1 : 1;
    return g_ascii_strncasecmp(left.data, right.data, left.length);
}

/* All have one label. */
static void add_hostnames(AssetClusters *clusters, const Snapshot *snapshot, uint32_t *members,
                          uint32_t n)
{
    gpointer data = (gpointer)(uintptr_t)snapshot;
    g_qsort_with_data(members, (gint)n, sizeof *members, compare_hostnames, data);
    uint32_t n_short = 0;
    while (n_short < n && !is_full(hostname_of(snapshot, members[n_short])))
        n_short++;
    /* Equal when sorted: the first and the last full name are the only one there is. */
    if (n_short == n || compare_hostnames(&members[n_short], &members[n - 1], data) == 0) {
        add_cluster(clusters, snapshot, SHARED_HOSTNAME, members, n);
        return;
    }
    for (uint32_t begin = n_short, end; begin < n; begin = end) {
        for (end = begin + 1;
             end < n && compare_hostnames(&members[begin], &members[end], data) == 0;)
            end++;
        add_cluster(clusters, snapshot, SHARED_HOSTNAME, members + begin, end - begin);
    }
    add_cluster(clusters, snapshot, SHARED_HOSTNAME, members, n_short);
}

static void add_meetings(AssetClusters *clusters, const Search *search)
{
    const Meeting *meetings = (const Meeting *)(const void *)search->meetings->data;
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; i < search->meetings->len;) {
        uint32_t first = meetings[i].first;
        g_array_set_size(members, 0);
        g_array_append_val(members, first);
        for (; i < search->meetings->len && meetings[i].first == first; i++)
            g_array_append_val(members, meetings[i].row);
        uint32_t *rows = (uint32_t *)(void *)members->data;
        if (search->field == SHARED_HOSTNAME)
            add_hostnames(clusters, search->snapshot, rows, members->len);
        else
            add_cluster(clusters, search->snapshot, search->field, rows, members->len);
    }
}

static void find_clusters(AssetClusters *clusters, const Snapshot *snapshot, SharedField field)
{
    Search search = {.snapshot = snapshot,
                     .field = field,
                     .meetings = g_array_new(FALSE, FALSE, sizeof(Meeting))};
    const Assets *assets = &snapshot->assets;
    bool is_host = field == SHARED_HOSTNAME;
    g_autoptr(TextIndex) index = is_host
                                     ? text_index_new_with(snapshot->text, assets->n, host_label)
                                     : text_index_new(snapshot->text, assets->n);
    text_index_add_batch(index, is_host ? assets->hostname : assets->serial, assets->n, meet,
                         &search);
    g_array_sort(search.meetings, compare_meetings);
    add_meetings(clusters, &search);
    g_array_unref(search.meetings);
}

static int compare_values(const void *a, const void *b)
{
    const SharedValue *left = a, *right = b;
    if (left->subject != right->subject)
        return left->subject < right->subject ? -1 : 1;
    return left->field < right->field ? -1 : left->field > right->field;
}

/* ---- asset-duplicate ---- */

static uint64_t value_facts(const ControlContext *context, const SharedValue *value, uint64_t facts)
{
    const Assets *assets = &context->snapshot->assets;
    const TextRef *column = value->field == SHARED_SERIAL ? assets->serial : assets->hostname;
    facts = facts_text(context, facts_mix(facts, value->field), column[value->subject]);
    for (uint32_t i = 0; i < value->n; i++) {
        uint32_t asset =
            g_array_index(context->judgement->asset_clusters->members, uint32_t, value->first + i);
        facts = facts_text(context, facts, assets->id[asset]);
        facts = facts_text(context, facts, assets->name[asset]);
        facts = facts_text(context, facts, assets->kind[asset]);
        facts = facts_text(context, facts, assets->status_text[asset]);
    }
    return facts;
}

/* A register without either column says nothing about duplicates. */
static void say_registers_without_both(ControlContext *context)
{
    for (uint32_t source = 0; source < context->snapshot->n_sources; source++) {
        const SourceRecord *record = &context->snapshot->sources[source];
        if (record->provides == PROVIDES_ASSETS && (record->fields >> ASSET_HOSTNAME & 1) == 0)
            column_known(context, source, ASSET_SERIAL);
    }
}

/* detail: how many values the subject shares; extra: the first of them. */
static void evaluate_duplicate(ControlContext *context)
{
    AssetClusters *clusters = context->judgement->asset_clusters;
    say_registers_without_both(context);
    find_clusters(clusters, context->snapshot, SHARED_SERIAL);
    find_clusters(clusters, context->snapshot, SHARED_HOSTNAME);
    g_array_sort(clusters->values, compare_values);
    const SharedValue *values = (const SharedValue *)(const void *)clusters->values->data;
    for (guint begin = 0, end; begin < clusters->values->len; begin = end) {
        uint32_t subject = values[begin].subject;
        uint64_t facts = asset_facts(context, subject);
        for (end = begin; end < clusters->values->len && values[end].subject == subject; end++)
            facts = value_facts(context, &values[end], facts);
        control_report(context, SUBJECT_ASSET, subject, NONE, NONE, 0, end - begin, begin, facts);
    }
}

static json_t *list_members(const ControlContext *context, const uint32_t *members, uint32_t n)
{
    const Assets *assets = &context->snapshot->assets;
    json_t *list = json_array();
    for (uint32_t i = 0; i < MIN(n, MOST_LISTED); i++) {
        json_t *row = json_object();
        evidence_ref(context, row, "id", assets->id[members[i]]);
        evidence_ref(context, row, "name", assets->name[members[i]]);
        evidence_ref(context, row, "kind", assets->kind[members[i]]);
        evidence_ref(context, row, "status", assets->status_text[members[i]]);
        evidence_text(row, "source", context->snapshot->sources[assets->source[members[i]]].name);
        json_array_append_new(list, row);
    }
    return list;
}

/* "A-1 (Laptop) and A-2 have the same serial number X1" */
static void describe_value(const ControlContext *context, const SharedValue *value,
                           GString *summary, json_t *list)
{
    const Assets *assets = &context->snapshot->assets;
    const uint32_t *members =
        &g_array_index(context->judgement->asset_clusters->members, uint32_t, value->first);
    bool is_serial = value->field == SHARED_SERIAL;
    TextRef shared = (is_serial ? assets->serial : assets->hostname)[value->subject];
    uint32_t n_named = value->n > MOST_NAMED + 1 ? MOST_NAMED : value->n;
    for (uint32_t i = 0; i < n_named; i++) {
        g_autofree char *name = asset_named(context, members[i]);
        sentence_append(summary, "%s%s", i == 0 ? "" : i + 1 == value->n ? " and " : ", ", name);
    }
    if (n_named < value->n)
        sentence_append(summary, " and %d more", (int64_t)(value->n - n_named));
    sentence_append(summary, " have the same %s \"%s\"", shared_fields[value->field].words,
                    snapshot_text(context->snapshot, shared));

    json_t *row = json_object();
    evidence_text(row, "field", shared_fields[value->field].name);
    evidence_ref(context, row, "value", shared);
    json_object_set_new(row, "count", json_integer(value->n));
    json_object_set_new(row, "assets", list_members(context, members, value->n));
    json_array_append_new(list, row);
}

static void describe_duplicate(const ControlContext *context, const Finding *finding,
                               FindingText *text)
{
    const GArray *values = context->judgement->asset_clusters->values;
    json_t *evidence = json_object(), *list = json_array();
    GString *summary = g_string_new(NULL);
    for (uint32_t i = 0; i < (uint32_t)finding->detail; i++) {
        if (i > 0)
            g_string_append(summary, "; ");
        describe_value(context, &g_array_index(values, SharedValue, finding->extra + i), summary,
                       list);
    }
    g_string_append_c(summary, '.');
    json_object_set_new(evidence, "shared", list);
    evidence_asset(context, evidence, finding->subject);
    finding_text_take(text, g_string_free(summary, FALSE), evidence,
                      sentence("Find out whether it is one thing that was registered twice; then "
                               "retire the record that is too much, or correct the value."));
}

const Control control_asset_duplicate = {
    .id = "asset-duplicate",
    .title = "Assets share a serial number or a hostname",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_ASSETS,
    .subject = SUBJECT_ASSET,
    .references = {.iso_2013 = "A.8.1.1", .iso_2022 = "5.9", .nist = "CM-8"},
    .evaluate = evaluate_duplicate,
    .describe = describe_duplicate,
};
