#include "harness/world.h"

#include "model/lookup.h"

#define CREATED_2020 INT64_C(1577836800)

typedef struct WorldEdge {
    uint32_t group;
    Principal member;
    EdgeVia via;
} WorldEdge;

typedef struct WorldText {
    uint32_t row;
    TextRef text;
} WorldText;

/* ---- columns ---- */

#define COLUMN(table, name) (table)->name = g_malloc0_n(WORLD_ROWS + 1, sizeof *(table)->name)

static void allocate_accounts(Accounts *a)
{
    COLUMN(a, key), COLUMN(a, dn), COLUMN(a, name), COLUMN(a, upn), COLUMN(a, mail),
        COLUMN(a, display_name);
    COLUMN(a, employee_id), COLUMN(a, department), COLUMN(a, title), COLUMN(a, description),
        COLUMN(a, sid);
    COLUMN(a, owner_text), COLUMN(a, owner_entry), COLUMN(a, manager_text), COLUMN(a, class_text),
        COLUMN(a, source), COLUMN(a, enabled);
    COLUMN(a, enabled_by), COLUMN(a, locked), COLUMN(a, flags), COLUMN(a, expires_utc),
        COLUMN(a, created_utc);
    COLUMN(a, last_logon_utc), COLUMN(a, password_changed_utc), COLUMN(a, last_logon_slack);
    COLUMN(a, interactive_utc);
}

static void allocate_groups(Groups *g)
{
    COLUMN(g, key), COLUMN(g, dn), COLUMN(g, name), COLUMN(g, cn), COLUMN(g, sid),
        COLUMN(g, owner_text), COLUMN(g, owner_entry);
    COLUMN(g, description), COLUMN(g, source), COLUMN(g, flags), COLUMN(g, first_member);
}

static void allocate_computers(Computers *c)
{
    COLUMN(c, key), COLUMN(c, dn), COLUMN(c, name), COLUMN(c, hostname), COLUMN(c, serial),
        COLUMN(c, sid);
    COLUMN(c, source), COLUMN(c, enabled), COLUMN(c, enabled_by), COLUMN(c, flags),
        COLUMN(c, expires_utc);
    COLUMN(c, created_utc), COLUMN(c, last_logon_utc), COLUMN(c, last_logon_slack);
}

static void allocate_people(People *p)
{
    COLUMN(p, id), COLUMN(p, name), COLUMN(p, email), COLUMN(p, username), COLUMN(p, manager_id),
        COLUMN(p, department);
    COLUMN(p, title), COLUMN(p, location), COLUMN(p, kind), COLUMN(p, status_text),
        COLUMN(p, timezone);
    COLUMN(p, sponsor_id), COLUMN(p, source), COLUMN(p, status), COLUMN(p, start_day),
        COLUMN(p, last_day);
    COLUMN(p, end_day), COLUMN(p, start_utc), COLUMN(p, last_day_end_utc),
        COLUMN(p, end_day_end_utc);
    COLUMN(p, recorded_utc), COLUMN(p, first_previous), COLUMN(p, next_successor),
        COLUMN(p, gone_since_run);
}

static void allocate_assets(Assets *a)
{
    COLUMN(a, id), COLUMN(a, name), COLUMN(a, kind), COLUMN(a, status_text), COLUMN(a, serial),
        COLUMN(a, hostname);
    COLUMN(a, owner), COLUMN(a, custodian), COLUMN(a, classification), COLUMN(a, location),
        COLUMN(a, source);
    COLUMN(a, status), COLUMN(a, assigned_utc), COLUMN(a, due_back_utc);
    COLUMN(a, last_review_utc), COLUMN(a, review_every_days), COLUMN(a, first_access_group);
    COLUMN(a, last_audit), COLUMN(a, next_audit);
}

static void allocate_approvals(Approvals *a)
{
    COLUMN(a, id), COLUMN(a, group), COLUMN(a, account), COLUMN(a, person_id),
        COLUMN(a, approved_by);
    COLUMN(a, reference), COLUMN(a, source), COLUMN(a, approved_utc), COLUMN(a, expires_utc);
}

World *world_new(void)
{
    World *world = g_new0(World, 1);
    Snapshot *s = world->snapshot = g_new0(Snapshot, 1);
    s->text = text_pool_new();
    s->sources = g_new0(SourceRecord, WORLD_SOURCES);
    allocate_accounts(&s->accounts);
    allocate_groups(&s->groups);
    allocate_computers(&s->computers);
    COLUMN(&s->foreigners, text), COLUMN(&s->foreigners, sid), COLUMN(&s->foreigners, source);
    COLUMN(&s->sid_history, account), COLUMN(&s->sid_history, sid);
    allocate_people(&s->people);
    allocate_assets(&s->assets);
    allocate_approvals(&s->approvals);
    world->edges = g_array_new(FALSE, FALSE, sizeof(WorldEdge));
    world->previous_ids = g_array_new(FALSE, FALSE, sizeof(WorldText));
    world->access_groups = g_array_new(FALSE, FALSE, sizeof(WorldText));
    world->answers = g_ptr_array_new_with_free_func(g_free);
    world_source(world, "corp", PROVIDES_DIRECTORY);
    return world;
}

void world_free(World *world)
{
    if (world == NULL)
        return;
    snapshot_free(world->snapshot);
    g_array_unref(world->edges);
    g_array_unref(world->previous_ids);
    g_array_unref(world->access_groups);
    g_ptr_array_unref(world->answers);
    g_free(world);
}

/* ---- rows ---- */

static uint32_t new_row(uint32_t *n)
{
    if (*n >= WORLD_ROWS)
        g_error("a world has %d rows of each kind", WORLD_ROWS);
    return (*n)++;
}

static TextRef text_around(World *world, const char *before, const char *name, const char *after)
{
    g_autofree char *text = g_strconcat(before, name, after, NULL);
    return world_text(world, text);
}

TextRef world_text(World *world, const char *text)
{
    return text_pool_intern(world->snapshot->text, text_of(text));
}

uint8_t world_source(World *world, const char *name, Provides provides)
{
    Snapshot *s = world->snapshot;
    if (s->n_sources >= WORLD_SOURCES)
        g_error("a world has %d sources", WORLD_SOURCES);
    bool is_directory = provides == PROVIDES_DIRECTORY;
    s->sources[s->n_sources] = (SourceRecord){
        .name = g_strdup(name),
        .kind = g_strdup(is_directory ? "ldif" : "csv"),
        .provides = provides,
        .status = SOURCE_COMPLETE,
        .started_utc = TIME_UNKNOWN,
        .finished_utc = TIME_UNKNOWN,
        .newest_utc = TIME_UNKNOWN,
        .rejections = g_ptr_array_new_with_free_func(g_free),
        .exclusions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .notes = g_ptr_array_new_with_free_func(g_free),
        .fields = UINT32_MAX,
        .records_last_use = is_directory,
        .records_lock_state = is_directory,
    };
    return (uint8_t)s->n_sources++;
}

static uint8_t source_for(World *world, Provides provides, const char *name)
{
    for (uint32_t i = 0; i < world->snapshot->n_sources; i++)
        if ((world->snapshot->sources[i].provides & provides) != 0)
            return (uint8_t)i;
    return world_source(world, name, provides);
}

uint32_t world_account(World *world, const char *name)
{
    Accounts *accounts = &world->snapshot->accounts;
    uint32_t id = new_row(&accounts->n);
    accounts->key[id] = text_around(world, "a-", name, "");
    accounts->dn[id] = text_around(world, "uid=", name, ",ou=people,dc=example,dc=com");
    accounts->name[id] = world_text(world, name);
    accounts->enabled[id] = STATE_YES;
    accounts->enabled_by[id] = ENABLED_BY_UAC;
    accounts->locked[id] = STATE_NO;
    accounts->expires_utc[id] = TIME_NEVER;
    accounts->created_utc[id] = CREATED_2020;
    accounts->last_logon_utc[id] = TIME_UNKNOWN;
    accounts->password_changed_utc[id] = TIME_UNKNOWN;
    return id;
}

uint32_t world_group(World *world, const char *name)
{
    Groups *groups = &world->snapshot->groups;
    uint32_t id = new_row(&groups->n);
    groups->key[id] = text_around(world, "g-", name, "");
    groups->dn[id] = text_around(world, "cn=", name, ",ou=groups,dc=example,dc=com");
    groups->name[id] = world_text(world, name);
    return id;
}

uint32_t world_computer(World *world, const char *name)
{
    Computers *computers = &world->snapshot->computers;
    uint32_t id = new_row(&computers->n);
    computers->key[id] = text_around(world, "c-", name, "");
    computers->dn[id] = text_around(world, "cn=", name, ",ou=computers,dc=example,dc=com");
    computers->name[id] = world_text(world, name);
    computers->enabled[id] = STATE_YES;
    computers->enabled_by[id] = ENABLED_BY_UAC;
    computers->expires_utc[id] = TIME_NEVER;
    computers->created_utc[id] = CREATED_2020;
    computers->last_logon_utc[id] = TIME_UNKNOWN;
    return id;
}

uint32_t world_foreign(World *world, const char *text, const char *sid)
{
    Foreigners *foreigners = &world->snapshot->foreigners;
    uint32_t id = new_row(&foreigners->n);
    foreigners->text[id] = world_text(world, text);
    foreigners->sid[id] = world_text(world, sid);
    return id;
}

void world_sid_history(World *world, uint32_t account, const char *sid)
{
    SidHistory *history = &world->snapshot->sid_history;
    uint32_t row = new_row(&history->n);
    history->account[row] = account;
    history->sid[row] = world_text(world, sid);
}

uint32_t world_person(World *world, const char *id_text, const char *name)
{
    People *people = &world->snapshot->people;
    uint32_t id = new_row(&people->n);
    people->id[id] = world_text(world, id_text);
    people->name[id] = world_text(world, name);
    people->source[id] = source_for(world, PROVIDES_PEOPLE, "hr");
    people->status[id] = PERSON_STATUS_ACTIVE;
    people->status_text[id] = world_text(world, "active");
    people->start_day[id] = people->last_day[id] = people->end_day[id] = INT32_MIN;
    people->start_utc[id] = people->last_day_end_utc[id] = people->end_day_end_utc[id] =
        TIME_UNKNOWN;
    people->recorded_utc[id] = TIME_UNKNOWN;
    people->first_previous[people->n] = people->first_previous[id];
    return id;
}

uint32_t world_asset(World *world, const char *id_text)
{
    Assets *assets = &world->snapshot->assets;
    uint32_t id = new_row(&assets->n);
    assets->id[id] = world_text(world, id_text);
    assets->source[id] = source_for(world, PROVIDES_ASSETS, "assets");
    assets->status[id] = ASSET_STATUS_IN_USE;
    assets->status_text[id] = world_text(world, "in_use");
    assets->assigned_utc[id] = assets->due_back_utc[id] = assets->last_review_utc[id] =
        TIME_UNKNOWN;
    assets->review_every_days[id] = -1;
    assets->first_access_group[assets->n] = assets->first_access_group[id];
    return id;
}

uint32_t world_approval(World *world, const char *id_text, const char *group)
{
    Approvals *approvals = &world->snapshot->approvals;
    uint32_t id = new_row(&approvals->n);
    approvals->id[id] = world_text(world, id_text);
    approvals->group[id] = world_text(world, group);
    approvals->source[id] = source_for(world, PROVIDES_APPROVALS, "tickets");
    approvals->approved_utc[id] = approvals->expires_utc[id] = TIME_UNKNOWN;
    return id;
}

/* ---- lists ---- */

void world_member(World *world, uint32_t group, Principal member, EdgeVia via)
{
    WorldEdge edge = {.group = group, .member = member, .via = via};
    g_array_append_val(world->edges, edge);
}

void world_previous_id(World *world, uint32_t person, const char *id)
{
    WorldText text = {.row = person, .text = world_text(world, id)};
    g_array_append_val(world->previous_ids, text);
}

void world_access_group(World *world, uint32_t asset, const char *name)
{
    WorldText text = {.row = asset, .text = world_text(world, name)};
    g_array_append_val(world->access_groups, text);
}

static int compare_edges(const void *a, const void *b)
{
    const WorldEdge *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->member != y->member)
        return x->member < y->member ? -1 : 1;
    return (int)x->via - (int)y->via;
}

static void freeze_members(World *world)
{
    Groups *groups = &world->snapshot->groups;
    g_free(groups->members);
    g_free(groups->members_via);
    groups->members = g_new(Principal, world->edges->len + 1);
    groups->members_via = g_new(uint8_t, world->edges->len + 1);
    memset(groups->first_member, 0, (WORLD_ROWS + 1) * sizeof *groups->first_member);
    g_array_sort(world->edges, compare_edges);

    uint32_t n = 0, group = 0;
    for (guint i = 0; i < world->edges->len; i++) {
        const WorldEdge *edge = &g_array_index(world->edges, WorldEdge, i);
        while (group < edge->group)
            groups->first_member[++group] = n;
        if (n > groups->first_member[group] && groups->members[n - 1] == edge->member)
            continue;
        groups->members[n] = edge->member;
        groups->members_via[n++] = (uint8_t)edge->via;
    }
    while (group < WORLD_ROWS)
        groups->first_member[++group] = n;
}

/* Rows of text behind n_rows rows: counted, then put in their places in the order of their adding.
 */
static TextRef *freeze_texts(const GArray *texts, uint32_t *first)
{
    TextRef *refs = g_new0(TextRef, texts->len + 1);
    uint32_t n = 0;
    for (uint32_t row = 0; row < WORLD_ROWS; row++) {
        first[row] = n;
        for (guint i = 0; i < texts->len; i++)
            if (g_array_index(texts, WorldText, i).row == row)
                refs[n++] = g_array_index(texts, WorldText, i).text;
    }
    first[WORLD_ROWS] = n;
    return refs;
}

void world_freeze(World *world)
{
    Snapshot *s = world->snapshot;
    freeze_members(world);
    g_free(s->people.previous_ids);
    s->people.previous_ids = freeze_texts(world->previous_ids, s->people.first_previous);
    g_free(s->assets.access_groups);
    s->assets.access_groups = freeze_texts(world->access_groups, s->assets.first_access_group);
    snapshot_build_indexes(s);
}

/* ---- worlds from one line ---- */

static Principal find_or_none(const World *world, const char *name)
{
    const Snapshot *s = world->snapshot;
    for (uint32_t i = 0; i < s->accounts.n; i++)
        if (g_str_equal(snapshot_text(s, s->accounts.name[i]), name))
            return principal_of(PRINCIPAL_ACCOUNT, i);
    for (uint32_t i = 0; i < s->groups.n; i++)
        if (g_str_equal(snapshot_text(s, s->groups.name[i]), name))
            return principal_of(PRINCIPAL_GROUP, i);
    return NONE;
}

Principal world_find(const World *world, const char *name)
{
    Principal found = find_or_none(world, name);
    if (found == NONE)
        g_error("the world has no %s", name);
    return found;
}

static Principal find_or_make(World *world, const char *name)
{
    Principal found = find_or_none(world, name);
    if (found != NONE)
        return found;
    return *name == 'g' ? principal_of(PRINCIPAL_GROUP, world_group(world, name))
                        : principal_of(PRINCIPAL_ACCOUNT, world_account(world, name));
}

static EdgeVia via_of(const char *text)
{
    for (int via = VIA_MEMBER; via <= VIA_TABLE; via++)
        if (g_str_equal(edge_via_text((EdgeVia)via), text))
            return (EdgeVia)via;
    g_error("no membership is granted via \"%s\"", text);
}

World *world_parse(const char *text)
{
    World *world = world_new();
    g_auto(GStrv) sentences = g_strsplit(text, ";", -1);
    for (char **sentence = sentences; *sentence != NULL; sentence++) {
        g_auto(GStrv) how = g_strsplit(g_strstrip(*sentence), " via ", 2);
        if (how[0] == NULL || *how[0] == '\0')
            continue;
        g_auto(GStrv) what = g_strsplit(how[0], " in ", 2);
        Principal member = find_or_make(world, g_strstrip(what[0]));
        if (what[1] != NULL) {
            Principal group = find_or_make(world, g_strstrip(what[1]));
            g_assert(principal_kind(group) == PRINCIPAL_GROUP);
            world_member(world, principal_id(group), member,
                         how[1] != NULL ? via_of(how[1]) : VIA_MEMBER);
        }
    }
    world_freeze(world);
    return world;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *world_effective(World *world, const char *group)
{
    const Snapshot *s = world->snapshot;
    g_autoptr(Graph) graph = graph_new(s);
    g_autoptr(Effective) effective = effective_new(graph);
    size_t n;
    const uint32_t *members =
        effective_members(effective, principal_id(world_find(world, group)), &n);
    g_auto(GStrv) names = g_new0(char *, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = g_strdup(snapshot_text(s, s->accounts.name[members[i]]));
    qsort(names, n, sizeof *names, compare_names);
    char *answer = g_strjoinv(", ", names);
    g_ptr_array_add(world->answers, answer);
    return answer;
}
