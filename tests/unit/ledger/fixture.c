#include "fixture.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

const int64_t fixture_due_seconds[] = {90 * DAY, 30 * DAY, 7 * DAY, 1 * DAY};

typedef struct Item {
    char *source, *name, *object;
    int facts;
} Item;

typedef struct Night {
    GArray *items; /* (element-type Item) */
    Fixture *fixture;
    uint32_t next; /* describe must not go back behind it */
} Night;

static void item_clear(gpointer data)
{
    Item *item = data;
    g_free(item->source);
    g_free(item->name);
    g_free(item->object);
}

static void describe(const FindingSet *set, const Finding *finding, FindingText *ret_text)
{
    Night *night = set->context;
    const Item *item = &g_array_index(night->items, Item, finding->subject);

    night->fixture->n_described++;
    night->fixture->is_in_order = night->fixture->is_in_order && finding->subject >= night->next;
    night->next = finding->subject;
    ret_text->control = set->controls->pdata[finding->control];
    ret_text->severity = finding->severity;
    ret_text->subject = (FindingParty){subject_types[finding->subject_type], g_strdup(item->source),
                                       g_strdup_printf("key-%s", item->name), g_strdup(item->name),
                                       g_strdup_printf("cn=%s,dc=example", item->name)};
    if (item->object)
        ret_text->object =
            (FindingParty){"group", g_strdup(item->source), g_strdup_printf("key-%s", item->object),
                           g_strdup(item->object), NULL};
    ret_text->person_id = g_strdup("00123");
    ret_text->person_name = g_strdup("Lena Wong");
    ret_text->summary =
        g_strdup_printf("%s is wrong since " ELAPSED_MARK "%" G_GINT64_FORMAT ELAPSED_MARK " (%d).",
                        item->name, NOON - 2 * DAY, item->facts);
    ret_text->evidence =
        g_strdup_printf("{\"facts\":%d,\"list\":[[\"ops\",\"Domain Admins\"]]}", item->facts);
    ret_text->action = g_strdup("Disable the account.");
}

static uint16_t index_of(GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (g_str_equal(names->pdata[i], name))
            return (uint16_t)i;
    }
    g_ptr_array_add(names, g_strdup(name));
    return (uint16_t)(names->len - 1);
}

static void identity_of(const char *control, const Item *item, uint8_t *ret_identity)
{
    g_autofree char *key = g_strdup_printf("key-%s", item->name);
    g_autofree char *object = item->object ? g_strdup_printf("key-%s", item->object) : NULL;
    finding_identity(control, item->object ? SUBJECT_RIGHT : SUBJECT_ACCOUNT, item->source, key,
                     item->object ? SUBJECT_GROUP : SUBJECT_NONE,
                     item->object ? item->source : NULL, object, ret_identity);
}

static void split_subject(const char *word, Item *item)
{
    const char *slash = strchr(word, '/');
    assert_non_null(slash);
    item->source = g_strndup(word, (gsize)(slash - word));
    item->name = g_strdup(slash + 1);
}

static void add_finding(FindingSet *set, GStrv words)
{
    Night *night = set->context;
    Item item = {0};
    uint16_t rule = 0;
    Finding finding = {
        .severity = SEVERITY_HIGH, .subject = night->items->len, .object = UINT32_MAX};

    split_subject(words[1], &item);
    for (GStrv word = words + 2; *word; word++) {
        if (**word == '>')
            item.object = g_strdup(*++word);
        else if (**word == '#')
            item.facts = atoi(*word + 1);
        else if (**word == '=')
            rule = (uint16_t)atoi(*word + 1);
        else if (**word == '!')
            for (finding.severity = 0; !g_str_equal(severities[finding.severity], *word + 1);)
                finding.severity++;
    }
    finding.control = index_of(set->controls, words[0]);
    index_of(set->sources, item.source);
    finding.subject_type = item.object ? SUBJECT_RIGHT : SUBJECT_ACCOUNT;
    finding.facts = UINT64_MAX - (unsigned)item.facts; /* above what fits a signed column */
    identity_of(words[0], &item, finding.identity);
    g_array_append_val(night->items, item);
    g_array_append_val(set->findings, finding);
    set->accepted_by = g_renew(uint16_t, set->accepted_by, set->findings->len);
    set->accepted_by[set->findings->len - 1] = rule;
}

static void add_unjudged(FindingSet *set, GStrv words)
{
    Unjudged unjudged = {.control = index_of(set->controls, words[0] + 1),
                         .scope = UNJUDGED_CONTROL};

    if (words[1] && strchr(words[1], '/')) {
        Item item = {0};
        split_subject(words[1], &item);
        index_of(set->sources, item.source);
        identity_of(words[0] + 1, &item, unjudged.identity);
        unjudged.scope = UNJUDGED_SUBJECT;
        item_clear(&item);
    } else if (words[1]) {
        unjudged.scope = UNJUDGED_SOURCE;
        unjudged.source = index_of(set->sources, words[1]);
    }
    g_array_append_val(set->unjudged, unjudged);
}

FindingSet *night_set(const char *text, Fixture *fixture)
{
    FindingSet *set = g_new0(FindingSet, 1);
    Night *night = g_new0(Night, 1);
    g_auto(GStrv) items = g_strsplit(text, ";", -1);
    g_autoptr(GPtrArray) off = g_ptr_array_new_with_free_func(g_free);

    night->items = g_array_new(FALSE, FALSE, sizeof(Item));
    g_array_set_clear_func(night->items, item_clear);
    night->fixture = fixture;
    set->findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    set->unjudged = g_array_new(FALSE, TRUE, sizeof(Unjudged));
    set->reasons = g_ptr_array_new();
    set->controls = g_ptr_array_new_with_free_func(g_free);
    set->sources = g_ptr_array_new_with_free_func(g_free);
    set->describe = describe;
    set->context = night;
    for (GStrv item = items; *item; item++) {
        g_auto(GStrv) words = g_strsplit(g_strstrip(*item), " ", -1);
        if (words[0] == NULL || *words[0] == '\0')
            continue;
        if (*words[0] == '?')
            add_unjudged(set, words);
        else if (*words[0] == '@')
            index_of(set->sources, words[0] + 1);
        else if (*words[0] == '+' || *words[0] == '-')
            g_ptr_array_add(off, g_strdup(words[0]));
        else
            add_finding(set, words);
        if (*words[0] == '+' || *words[0] == '-')
            index_of(set->controls, words[0] + 1);
    }
    set->is_judged = g_new(bool, set->controls->len + 1);
    memset(set->is_judged, true, set->controls->len);
    set->is_momentary = g_new(bool, set->controls->len + 1);
    for (guint i = 0; i < set->controls->len; i++)
        set->is_momentary[i] = g_str_equal(set->controls->pdata[i], "privileged-new");
    for (guint i = 0; i < off->len; i++) {
        const char *word = off->pdata[i];
        set->is_judged[index_of(set->controls, word + 1)] = *word == '+';
    }
    return set;
}

void night_set_free(FindingSet *set)
{
    Night *night = set->context;
    g_array_unref(night->items);
    g_free(night);
    g_array_unref(set->findings);
    g_array_unref(set->unjudged);
    g_ptr_array_unref(set->reasons);
    g_ptr_array_unref(set->controls);
    g_ptr_array_unref(set->sources);
    g_free(set->is_judged);
    g_free(set->is_momentary);
    g_free(set->accepted_by);
    g_free(set);
}

/* In memory where there is such a folder: these tests commit thousands of times, each with a sync
 * that a busy disk answers when it likes. None of them needs a disk: a process that is killed loses
 * nothing that it wrote, wherever it wrote it; disks that fail are broken_disk.h. */
static char *make_folder(void)
{
    g_autofree char *folder = g_strdup("/dev/shm/ledger-XXXXXX");

    return g_mkdtemp(folder) ? g_steal_pointer(&folder) : g_dir_make_tmp("ledger-XXXXXX", NULL);
}

int fixture_setup(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = make_folder();
    fixture->url = on_postgres_url();
    fixture->path =
        fixture->url ? g_strdup(fixture->url) : g_build_filename(fixture->folder, "test.db", NULL);
    if (!fixture->url)
        fixture->url = g_strconcat("sqlite://", fixture->path, NULL);
    fixture->resolve_limit = INT64_MAX;
    *state = fixture;
    return fixture->folder ? 0 : -1;
}

int fixture_teardown(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GDir) folder = NULL;
    const char *name;

    g_clear_pointer(&fixture->recall, ledger_recall_free);
    fixture_close(fixture);
    json_decref(fixture->held);
    folder = g_dir_open(fixture->folder, 0, NULL);
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        g_remove(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->url);
    g_free(fixture);
    return 0;
}

void fixture_close(Fixture *fixture)
{
    g_clear_pointer(&fixture->ledger, ledger_close);
}

void fixture_open(Fixture *fixture, LedgerAccess access)
{
    g_autoptr(GError) error = NULL;

    fixture_close(fixture);
    fixture->ledger = ledger_open(fixture->url, fixture->folder, access, &error);
    if (fixture->ledger && access == LEDGER_RUN)
        ledger_lock(fixture->ledger, LEDGER_LOCK_RUN, "rightful run, pid 17 on host db1", &error);
    if (error)
        fail_msg("%s", error->message);
}

json_t *fixture_sources(const Snapshot *snapshot)
{
    json_t *sources = json_array();
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];
        json_array_append_new(sources,
                              json_pack("{s:s s:s s:s s:s}", "name", source->name, "kind", "ldif",
                                        "provides", provides_name(source->provides), "status",
                                        source_status_text(source->status)));
    }
    return sources;
}

static bool recall_night(Fixture *fixture, GError **error)
{
    g_clear_pointer(&fixture->recall, ledger_recall_free);
    if (fixture->present)
        fixture->recall = ledger_recall(fixture->ledger, fixture->present, error);
    return !fixture->present || fixture->recall;
}

bool fixture_try_night(Fixture *fixture, int64_t as_of_utc, const char *night, GError **error)
{
    if (!recall_night(fixture, error))
        return false;
    FindingSet *set = night_set(night, fixture);
    set->as_of_utc = as_of_utc;
    set->rules = fixture->rules;
    json_t *thresholds = json_pack("{s:{s:i}}", "leaver-active", "hours", 24);
    json_t *set_by = json_pack("{s:{s:s}}", "leaver-active", "hours", "iso27001");
    LedgerRun run = {.status = "applied",
                     .as_of_utc = as_of_utc,
                     .started_utc = as_of_utc + 60,
                     .finished_utc = as_of_utc + 90,
                     .actor = "timer",
                     .version = "0.1.0",
                     .config_digest = "sha256:00",
                     .profile = "iso27001",
                     .sources = fixture->sources,
                     .thresholds = thresholds,
                     .set_by = set_by};
    g_autoptr(Baseline) before = ledger_baseline(fixture->ledger, as_of_utc, NULL);
    LedgerApply apply = {.run = &run,
                         .findings = set,
                         .before = before,
                         .resolve_limit = fixture->resolve_limit,
                         .due_seconds = fixture_due_seconds,
                         .baselines = fixture->baselines,
                         .n_baselines = fixture->n_baselines,
                         .snapshot = fixture->snapshot,
                         .recall = fixture->recall,
                         .governed_group_keys = fixture->governed};

    fixture->n_described = 0;
    fixture->is_in_order = true;
    bool is_applied = ledger_apply(fixture->ledger, &apply, &fixture->counts, error);
    fixture->status = run.status;
    fixture->run = run.id;
    json_decref(fixture->held);
    fixture->held = run.held;
    json_decref(thresholds);
    json_decref(set_by);
    night_set_free(set);
    return is_applied;
}

void fixture_night(Fixture *fixture, int64_t as_of_utc, const char *night)
{
    g_autoptr(GError) error = NULL;

    if (!fixture->ledger)
        fixture_open(fixture, LEDGER_RUN);
    if (!fixture_try_night(fixture, as_of_utc, night, &error))
        fail_msg("%s", error->message);
}

static bool list_row(json_t *row, void *data)
{
    g_string_append_printf(
        data, "%s%s %s %s %s %s", ((GString *)data)->len ? "\n" : "",
        json_string_value(json_object_get(row, "id")),
        json_string_value(json_object_get(row, "control")),
        json_string_value(json_object_get(json_object_get(row, "subject"), "name")),
        json_string_value(json_object_get(row, "status")),
        json_string_value(json_object_get(row, "severity")));
    return true;
}

char *fixture_list(Fixture *fixture, const char *status)
{
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    LedgerFilter filter = {.status = status};

    ledger_exceptions(fixture->ledger, &filter, list_row, out, &error);
    if (error)
        fail_msg("%s", error->message);
    return g_string_free(out, FALSE);
}

static json_t *exception_of(Fixture *fixture, const char *id)
{
    g_autoptr(GError) error = NULL;
    json_t *exception = ledger_exception(fixture->ledger, id, &error);
    if (error)
        fail_msg("%s", error->message);
    assert_non_null(exception);
    return exception;
}

char *fixture_member(Fixture *fixture, const char *id, const char *path)
{
    json_t *exception = exception_of(fixture, id), *json = exception;
    g_auto(GStrv) names = g_strsplit(path, ".", -1);

    for (GStrv name = names; *name; name++)
        json = json_object_get(json, *name);
    char *text = json_is_string(json) ? g_strdup(json_string_value(json)) : NULL;
    if (!text) {
        char *dumped = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
        text = g_strdup(dumped ? dumped : "(missing)");
        free(dumped);
    }
    json_decref(exception);
    return text;
}

char *fixture_history(Fixture *fixture, const char *id)
{
    json_t *exception = exception_of(fixture, id), *row;
    GString *out = g_string_new(NULL);
    size_t i;

    json_array_foreach(json_object_get(exception, "history"), i, row) g_string_append_printf(
        out, "%s%s", i ? " " : "", json_string_value(json_object_get(row, "change")));
    json_decref(exception);
    return g_string_free(out, FALSE);
}
