#include "fixture.h"

#include "base/times.h"
#include "model/lookup.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static const Setting no_settings[] = {{.name = NULL}};
static const Connector nothing = {.kind = "nothing",
                                  .title = "Stands for sources that a test builds by hand.",
                                  .provides = PROVIDES_DIRECTORY | PROVIDES_PEOPLE |
                                              PROVIDES_ASSETS | PROVIDES_APPROVALS |
                                              PROVIDES_ACCOUNTS,
                                  .settings = no_settings};
static const Connector *const only_nothing[] = {&nothing, NULL};

static const LinkRule rules[] = {{LINK_ACCOUNT_EMPLOYEE_ID, LINK_PERSON_ID},
                                 {LINK_ACCOUNT_MAIL, LINK_PERSON_EMAIL},
                                 {LINK_ACCOUNT_NAME, LINK_PERSON_USERNAME}};

int case_setup(void **state)
{
    Case *c = g_new0(Case, 1);
    c->world = world_new();
    c->snapshot = c->world->snapshot;
    c->config = "";
    c->as_of_utc = AS_OF;
    c->has_earlier_run = true;
    for (size_t i = 0; i < WORLD_SOURCES; i++)
        c->last_good[i] = TIME_UNKNOWN;
    c->group_first_seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    c->answers = g_ptr_array_new_with_free_func(g_free);
    c->folder = g_dir_make_tmp("controls-XXXXXX", NULL);
    assert_non_null(c->folder);
    *state = c;
    return 0;
}

static void forget(Case *c)
{
    g_clear_pointer(&c->set, finding_set_free);
    g_clear_pointer(&c->governed, governed_free);
    g_clear_pointer(&c->effective, effective_free);
    g_clear_pointer(&c->graph, graph_free);
    g_clear_pointer(&c->links, links_free);
    g_clear_pointer(&c->settings, settings_free);
}

int case_teardown(void **state)
{
    Case *c = *state;
    forget(c);
    world_free(c->world);
    g_hash_table_unref(c->group_first_seen);
    memory_free(c->memory);
    standing_free(c->standing);
    reviewed_free(c->reviewed);
    times_free(c->times);
    g_ptr_array_unref(c->answers);
    finding_text_clear(&c->text);
    g_rmdir(c->folder);
    g_free(c->folder);
    g_free(c);
    return 0;
}

/* ---- the world ---- */

void set_text(Case *c, TextRef *cell, const char *text)
{
    *cell = world_text(c->world, text);
}

uint32_t person(Case *c, const char *id, const char *name)
{
    return world_person(c->world, id, name);
}

uint32_t account(Case *c, const char *name, const char *person_id)
{
    uint32_t id = world_account(c->world, name);
    set_text(c, &c->snapshot->accounts.employee_id[id], person_id);
    c->snapshot->accounts.last_logon_utc[id] = AS_OF - HOURS(1);
    return id;
}

uint32_t group(Case *c, const char *name)
{
    return world_group(c->world, name);
}

void in_group(Case *c, uint32_t member, uint32_t into)
{
    world_member(c->world, into, principal_of(PRINCIPAL_ACCOUNT, member), VIA_MEMBER);
}

void nest(Case *c, uint32_t inner, uint32_t outer)
{
    world_member(c->world, outer, principal_of(PRINCIPAL_GROUP, inner), VIA_MEMBER);
}

void left(Case *c, uint32_t who, int64_t seconds_ago)
{
    People *people = &c->snapshot->people;
    people->last_day_end_utc[who] = AS_OF - seconds_ago;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    people->last_day[who] = day_of_time(AS_OF - seconds_ago - 1, utc);
}

uint32_t approve(Case *c, const char *group_text, const char *account_name, const char *person_id)
{
    uint32_t a = world_approval(c->world, "T-1", group_text);
    Approvals *approvals = &c->snapshot->approvals;
    set_text(c, &approvals->account[a], account_name);
    set_text(c, &approvals->person_id[a], person_id);
    set_text(c, &approvals->approved_by[a], "boss");
    return a;
}

void first_seen(Case *c, uint32_t which, int64_t utc)
{
    char *key =
        g_strdup_printf("corp\x1f%s", snapshot_text(c->snapshot, c->snapshot->groups.key[which]));
    gint64 *value = g_new(gint64, 1);
    *value = utc;
    g_hash_table_insert(c->group_first_seen, key, value);
}

/* ---- judging ---- */

static Settings *load(Case *c)
{
    g_autofree char *path = g_build_filename(c->folder, "rightful.conf", NULL);
    g_autofree char *content = g_strconcat(
        "organisation: { timezone = \"UTC\"; };\n"
        "store: { url = \"sqlite:x.db\"; };\n"
        "sources: ( { name = \"corp\"; kind = \"nothing\"; provides = \"directory\"; } );\n",
        c->config, NULL);
    assert_true(g_file_set_contents(path, content, -1, NULL));
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    SettingsCatalogue catalogue = {.connectors = only_nothing, .controls = control_settings()};
    Settings *settings = settings_load(path, &catalogue, problems, NULL);
    for (guint i = 0; i < problems->len; i++)
        print_error("%s\n", (const char *)problems->pdata[i]);
    g_remove(path);
    assert_non_null(settings);
    return settings;
}

void judge(Case *c)
{
    forget(c);
    world_freeze(c->world);
    c->settings = load(c);
    c->links = links_new(c->snapshot, rules, G_N_ELEMENTS(rules));
    c->graph = graph_new(c->snapshot);
    c->effective = effective_new(c->graph);
    c->governed = governed_new(c->snapshot, c->effective, c->settings);
    c->context = (ControlContext){.snapshot = c->snapshot,
                                  .links = c->links,
                                  .classes = c->classes,
                                  .graph = c->graph,
                                  .effective = c->effective,
                                  .governed = c->governed,
                                  .times = c->times,
                                  .settings = c->settings,
                                  .as_of_utc = c->as_of_utc,
                                  .has_earlier_run = c->has_earlier_run,
                                  .source_last_good_utc = c->last_good,
                                  .group_first_seen = c->group_first_seen,
                                  .memory = c->memory,
                                  .reviewed = c->reviewed};
    c->set = controls_evaluate(&c->context);
    controls_evaluate_ledger(&c->context, c->standing, "there is no ledger to look into");
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined(Case *c, GPtrArray *parts, const char *between)
{
    g_ptr_array_sort(parts, compare_texts);
    g_ptr_array_add(parts, NULL);
    char *text = g_strjoinv(between, (char **)parts->pdata);
    g_ptr_array_add(c->answers, text);
    return text;
}

static bool is_of(Case *c, uint16_t control, const char *id)
{
    return strcmp(c->set->controls->pdata[control], id) == 0;
}

const char *found(Case *c, const char *control)
{
    assert_non_null(control_find(control));
    if (c->set == NULL)
        judge(c);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < c->set->findings->len; i++) {
        const Finding *finding = &g_array_index(c->set->findings, Finding, i);
        if (!is_of(c, finding->control, control))
            continue;
        FindingText text;
        c->set->describe(c->set, finding, &text);
        assert_non_null(text.summary);
        assert_non_null(text.evidence);
        assert_true(*text.action != '\0');
        g_ptr_array_add(parts, g_strdup_printf("%s%s%s %s", text.subject.name,
                                               text.object.type != NULL ? "/" : "",
                                               text.object.type != NULL ? text.object.name : "",
                                               severities[text.severity]));
        finding_text_clear(&text);
    }
    return joined(c, parts, ", ");
}

const char *unjudged(Case *c, const char *control)
{
    assert_non_null(control_find(control));
    if (c->set == NULL)
        judge(c);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < c->set->unjudged->len; i++) {
        const Unjudged *row = &g_array_index(c->set->unjudged, Unjudged, i);
        if (!is_of(c, row->control, control))
            continue;
        const char *scope = row->scope == UNJUDGED_CONTROL   ? "*"
                            : row->scope == UNJUDGED_SUBJECT ? "subject"
                                                             : c->set->sources->pdata[row->source];
        g_ptr_array_add(parts, g_strdup_printf("%s: %s", scope,
                                               (const char *)c->set->reasons->pdata[row->reason]));
    }
    return joined(c, parts, " | ");
}

const Finding *only_finding(Case *c, const char *control)
{
    if (c->set == NULL)
        judge(c);
    const Finding *only = NULL;
    for (guint i = 0; i < c->set->findings->len; i++) {
        const Finding *finding = &g_array_index(c->set->findings, Finding, i);
        if (!is_of(c, finding->control, control))
            continue;
        assert_null(only);
        only = finding;
    }
    assert_non_null(only);
    return only;
}

const FindingText *text_of_finding(Case *c, const char *control)
{
    const Finding *finding = only_finding(c, control);
    finding_text_clear(&c->text);
    c->set->describe(c->set, finding, &c->text);
    return &c->text;
}
