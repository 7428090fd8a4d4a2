#include "intake/parts.h"

#include "base/times.h"
#include "intake/cells.h"
#include "intake/duplicates.h"

static void clear_refused(void *data)
{
    BaselinePerson *person = data;
    g_free(person->id);
    g_free(person->name);
    g_free(person->email);
    g_free(person->username);
}

TableBuilder *table_builder_new(GTimeZone *organisation)
{
    TableBuilder *builder = g_new0(TableBuilder, 1);
    builder->zones = zones_new(organisation);
    builder->previous_ids = g_array_new(FALSE, FALSE, sizeof(TextRef));
    builder->access_groups = g_array_new(FALSE, FALSE, sizeof(TextRef));
    builder->lines = g_array_new(FALSE, FALSE, sizeof(guint32));
    builder->refused = g_array_new(FALSE, FALSE, sizeof(BaselinePerson));
    g_array_set_clear_func(builder->refused, clear_refused);
    return builder;
}

void table_builder_free(TableBuilder *builder)
{
    if (builder == NULL)
        return;
    zones_free(builder->zones);
    g_free(builder->file);
    columns_free(&builder->people, person_columns);
    g_free(builder->people.first_previous);
    g_array_unref(builder->previous_ids);
    columns_free(&builder->assets, asset_columns);
    g_free(builder->assets.first_access_group);
    g_array_unref(builder->access_groups);
    columns_free(&builder->approvals, approval_columns);
    g_array_unref(builder->lines);
    g_array_unref(builder->refused);
    g_free(builder);
}

static bool is_word(Text text, const char *word)
{
    return text.length == strlen(word) &&
           (text.length == 0 || g_ascii_strncasecmp(text.data, word, text.length) == 0);
}

/* Index of the word, n_words when it is none of them. */
static size_t find_word(Text text, const char *const *words, size_t n_words)
{
    size_t i = 0;
    while (i < n_words && !is_word(text, words[i]))
        i++;
    return i;
}

/* ---- people ---- */

static uint8_t person_status(Text text)
{
    static const char *const words[] = {"", "active", "leave", "left", "pre-start"};
    G_STATIC_ASSERT(G_N_ELEMENTS(words) == PERSON_STATUS_OTHER);
    return (uint8_t)find_word(text, words, G_N_ELEMENTS(words));
}

static void fill_person_days(People *people, uint32_t row, const Cells *cells, Zone *zone)
{
    people->start_day[row] = (int32_t)cells->values[PERSON_START_DATE];
    people->last_day[row] = (int32_t)cells->values[PERSON_LAST_WORKING_DAY];
    people->end_day[row] = (int32_t)cells->values[PERSON_END_DATE];
    people->start_utc[row] = zone_day_begins(zone, people->start_day[row]);
    people->last_day_end_utc[row] = zone_day_ends(zone, people->last_day[row]);
    people->end_day_end_utc[row] = zone_day_ends(zone, people->end_day[row]);
    people->recorded_utc[row] = cells->values[PERSON_RECORDED_AT];
}

static bool add_person(const Cells *cells)
{
    Sink *sink = cells->sink;
    TableBuilder *builder = sink->table;
    Zone *zone = zones_find(builder->zones, cells->cells[PERSON_TIMEZONE]);
    if (zone == NULL) {
        g_autofree char *name = cells_quote(cells->cells[PERSON_TIMEZONE]);
        cells_refuse(cells, PERSON_TIMEZONE,
                     "\"%s\" is no time zone (IANA name, such as Europe/Berlin)", name);
        return false;
    }
    People *people = &builder->people;
    uint32_t row = people->n++, capacity = builder->people_capacity;
    columns_reserve(people, person_columns, &builder->people_capacity, row + 1);
    if (builder->people_capacity != capacity)
        people->first_previous =
            g_renew(uint32_t, people->first_previous, builder->people_capacity + 1);
    people->first_previous[row] = builder->previous_ids->len;
    cells_list(cells, PERSON_PREVIOUS_IDS, builder->previous_ids);
    people->first_previous[row + 1] = builder->previous_ids->len;

    column_set(people->id, row, cells_text(cells, PERSON_ID));
    column_set(people->name, row, cells_text(cells, PERSON_NAME));
    column_set(people->email, row, cells_text(cells, PERSON_EMAIL));
    column_set(people->username, row, cells_text(cells, PERSON_USERNAME));
    column_set(people->manager_id, row, cells_shared(cells, PERSON_MANAGER_ID));
    column_set(people->department, row, cells_shared(cells, PERSON_DEPARTMENT));
    column_set(people->title, row, cells_shared(cells, PERSON_TITLE));
    column_set(people->location, row, cells_shared(cells, PERSON_LOCATION));
    people->kind[row] = cells->cells[PERSON_KIND].length > 0
                            ? cells_shared(cells, PERSON_KIND)
                            : sink_shared(sink, text_of(sink->options.person_kind));
    column_set(people->status_text, row, cells_shared(cells, PERSON_STATUS));
    people->status[row] = person_status(cells->cells[PERSON_STATUS]);
    column_set(people->timezone, row, cells_shared(cells, PERSON_TIMEZONE));
    column_set(people->sponsor_id, row, cells_shared(cells, PERSON_SPONSOR_ID));
    people->source[row] = sink->options.index;
    fill_person_days(people, row, cells, zone);
    if (people->recorded_utc[row] != TIME_UNKNOWN)
        sink->newest_utc = MAX(sink->newest_utc, people->recorded_utc[row]);
    return true;
}

static char *text_copy(Text text)
{
    return text.length > 0 ? g_strndup(text.data, text.length) : g_strdup("");
}

static void note_refused(TableBuilder *builder, Text id, Text name, Text email, Text username)
{
    BaselinePerson person = {.id = text_copy(id),
                             .name = text_copy(name),
                             .email = text_copy(email),
                             .username = text_copy(username)};
    g_array_append_val(builder->refused, person);
}

/* Somebody whose row cannot be used has not left: the roster names them, and whom they were before.
 */
static void note_refused_row(TableBuilder *builder, const Cells *row)
{
    Text id = row->cells[PERSON_ID], name = row->cells[PERSON_NAME];
    Text rest = row->cells[PERSON_PREVIOUS_IDS], old;
    if (id.length > 0 && cells_is_identifier(row, PERSON_ID))
        note_refused(builder, id, name, row->cells[PERSON_EMAIL], row->cells[PERSON_USERNAME]);
    else
        builder->has_nameless = true;
    while (cells_next_of_list(&rest, &old))
        note_refused(builder, old, name, (Text){0}, (Text){0});
}

/* The same of a row that was kept until another of its id came. */
static void note_refused_person(const Sink *sink, uint32_t row)
{
    TableBuilder *builder = sink->table;
    const People *people = &builder->people;
    Text name = text_of(text_pool_get(sink->text, people->name[row]));
    note_refused(builder, text_of(text_pool_get(sink->text, people->id[row])), name,
                 text_of(text_pool_get(sink->text, people->email[row])),
                 text_of(text_pool_get(sink->text, people->username[row])));
    for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++) {
        TextRef old = g_array_index(builder->previous_ids, TextRef, i);
        note_refused(builder, text_of(text_pool_get(sink->text, old)), name, (Text){0}, (Text){0});
    }
}

/* ---- assets ---- */

static uint8_t asset_status(Text text)
{
    static const char *const words[] = {"", "in_use", "stock", "loan", "repair", "lost", "retired"};
    G_STATIC_ASSERT(G_N_ELEMENTS(words) == ASSET_STATUS_OTHER);
    return (uint8_t)find_word(text, words, G_N_ELEMENTS(words));
}

static bool add_asset(const Cells *cells)
{
    Sink *sink = cells->sink;
    TableBuilder *builder = sink->table;
    Assets *assets = &builder->assets;
    Zone *zone = zones_find(builder->zones, (Text){0});
    uint32_t row = assets->n++, capacity = builder->assets_capacity;
    columns_reserve(assets, asset_columns, &builder->assets_capacity, row + 1);
    if (builder->assets_capacity != capacity)
        assets->first_access_group =
            g_renew(uint32_t, assets->first_access_group, builder->assets_capacity + 1);
    assets->first_access_group[row] = builder->access_groups->len;
    cells_list(cells, ASSET_ACCESS_GROUPS, builder->access_groups);
    assets->first_access_group[row + 1] = builder->access_groups->len;

    column_set(assets->id, row, cells_text(cells, ASSET_ID));
    column_set(assets->name, row, cells_text(cells, ASSET_NAME));
    column_set(assets->kind, row, cells_shared(cells, ASSET_KIND));
    column_set(assets->status_text, row, cells_shared(cells, ASSET_STATUS));
    assets->status[row] = asset_status(cells->cells[ASSET_STATUS]);
    column_set(assets->serial, row, cells_text(cells, ASSET_SERIAL));
    column_set(assets->hostname, row, cells_text(cells, ASSET_HOSTNAME));
    column_set(assets->owner, row, cells_text(cells, ASSET_OWNER));
    column_set(assets->custodian, row, cells_text(cells, ASSET_CUSTODIAN));
    column_set(assets->classification, row, cells_shared(cells, ASSET_CLASSIFICATION));
    column_set(assets->location, row, cells_shared(cells, ASSET_LOCATION));
    assets->source[row] = sink->options.index;
    assets->assigned_utc[row] = cells->values[ASSET_ASSIGNED_AT];
    assets->due_back_utc[row] = zone_day_ends(zone, (int32_t)cells->values[ASSET_DUE_BACK]);
    assets->last_review_utc[row] = zone_day_ends(zone, (int32_t)cells->values[ASSET_LAST_REVIEW]);
    assets->review_every_days[row] = (int32_t)cells->values[ASSET_REVIEW_EVERY_DAYS];
    column_set(assets->last_audit, row, day_packed((int32_t)cells->values[ASSET_LAST_AUDIT]));
    column_set(assets->next_audit, row, day_packed((int32_t)cells->values[ASSET_NEXT_AUDIT]));
    return true;
}

/* ---- approvals ---- */

static bool check_approval(const Cells *cells)
{
    bool has_group = cells->cells[APPROVAL_GROUP].length > 0;
    bool has_account = cells->cells[APPROVAL_ACCOUNT].length > 0;
    bool has_person = cells->cells[APPROVAL_PERSON_ID].length > 0;
    if (!has_account && !has_person) {
        cells_refuse(cells, APPROVAL_ACCOUNT,
                     "is empty, and so is person_id; one of them is needed");
        return false;
    }
    if (!has_group && !has_account) {
        cells_refuse(cells, APPROVAL_GROUP,
                     "is empty; only the approval of a shared account needs none");
        return false;
    }
    return true;
}

static bool add_approval(const Cells *cells)
{
    if (!check_approval(cells))
        return false;
    TableBuilder *builder = cells->sink->table;
    Approvals *approvals = &builder->approvals;
    Zone *zone = zones_find(builder->zones, (Text){0});
    uint32_t row = approvals->n++;
    columns_reserve(approvals, approval_columns, &builder->approvals_capacity, row + 1);
    column_set(approvals->id, row, cells_text(cells, APPROVAL_ID));
    column_set(approvals->group, row, cells_shared(cells, APPROVAL_GROUP));
    column_set(approvals->account, row, cells_shared(cells, APPROVAL_ACCOUNT));
    column_set(approvals->person_id, row, cells_shared(cells, APPROVAL_PERSON_ID));
    column_set(approvals->approved_by, row, cells_shared(cells, APPROVAL_APPROVED_BY));
    column_set(approvals->reference, row, cells_text(cells, APPROVAL_REFERENCE));
    approvals->source[row] = cells->sink->options.index;
    approvals->approved_utc[row] =
        zone_day_begins(zone, (int32_t)cells->values[APPROVAL_APPROVED_ON]);
    approvals->expires_utc[row] = zone_day_ends(zone, (int32_t)cells->values[APPROVAL_EXPIRES_ON]);
    return true;
}

/* ---- account lists ---- */

static bool add_account(const Cells *cells)
{
    Sink *sink = cells->sink;
    DirectoryBuilder *builder = sink->directory;
    uint32_t line = (uint32_t)MIN(cells->place->line, (uint64_t)UINT32_MAX);
    uint32_t row = directory_builder_add_account(builder, sink->options.index, line);
    Accounts *accounts = &builder->accounts;
    State enabled = (State)cells->values[ACCOUNT_ENABLED];
    column_set(accounts->key, row, cells_text(cells, ACCOUNT_ID));
    column_set(accounts->name, row, cells_text(cells, ACCOUNT_NAME));
    column_set(accounts->mail, row, cells_text(cells, ACCOUNT_MAIL));
    column_set(accounts->employee_id, row, cells_text(cells, ACCOUNT_EMPLOYEE_ID));
    column_set(accounts->display_name, row, cells_text(cells, ACCOUNT_DISPLAY_NAME));
    column_set(accounts->class_text, row, cells_shared(cells, ACCOUNT_CLASS));
    column_set(accounts->owner_text, row, cells_shared(cells, ACCOUNT_OWNER));
    accounts->enabled[row] = (uint8_t)enabled;
    accounts->enabled_by[row] = enabled != STATE_UNKNOWN ? ENABLED_BY_COLUMN : ENABLED_BY_NOTHING;
    accounts->locked[row] = STATE_UNKNOWN;
    accounts->expires_utc[row] =
        TIME_NEVER; /* a list of accounts has no such column: being listed as enabled counts */
    accounts->created_utc[row] = cells->values[ACCOUNT_CREATED];
    accounts->last_logon_utc[row] = cells->values[ACCOUNT_LAST_LOGON];
    accounts->password_changed_utc[row] = TIME_UNKNOWN;

    Text rest = cells->cells[ACCOUNT_GROUPS], group;
    while (cells_next_of_list(&rest, &group)) {
        RowEdge edge = {.group = directory_builder_table_group(sink, group), .account = row};
        g_array_append_val(builder->row_edges, edge);
        builder->n_memberships++;
    }
    return true;
}

/* ---- any row ---- */

void table_builder_add(Sink *sink, const Text *cells, size_t n_cells, const Place *place)
{
    TableBuilder *builder = sink->table;
    if (builder->file == NULL)
        builder->file = g_strdup(place->file);
    builder->line_name = place->line_name;
    Cells row;
    bool is_people = sink->options.provides == PROVIDES_PEOPLE;
    bool is_added = cells_read(&row, sink, cells, place) &&
                    (is_people                                      ? add_person(&row)
                     : sink->options.provides == PROVIDES_ASSETS    ? add_asset(&row)
                     : sink->options.provides == PROVIDES_APPROVALS ? add_approval(&row)
                                                                    : add_account(&row));
    if (!is_added) {
        if (is_people)
            note_refused_row(builder, &row);
        return;
    }
    guint32 line = (guint32)MIN(place->line, (uint64_t)UINT32_MAX);
    g_array_append_val(builder->lines, line);
    sink->record.counts.kept++;
}

/* ---- an id twice ---- */

typedef struct SameIds {
    Sink *sink;
    const TextRef *ids;
    uint8_t *is_refused;
    uint32_t n_refused;
} SameIds;

static void refuse_same_id(SameIds *same, uint32_t row, uint32_t other)
{
    if (same->is_refused[row])
        return;
    same->is_refused[row] = 1;
    same->n_refused++;
    const TableBuilder *builder = same->sink->table;
    const TextPool *pool = same->sink->text;
    const char *id = text_pool_get(pool, same->ids[row]);
    if (same->sink->options.provides == PROVIDES_PEOPLE)
        note_refused_person(same->sink, row);
    g_autofree char *quoted = cells_quote(text_of(id));
    const char *header = same->sink->options.headers[0];
    Place place = {.file = builder->file,
                   .line = g_array_index(builder->lines, guint32, row),
                   .line_name = builder->line_name};
    sink_refuse_kept(same->sink, &place, header != NULL ? header : "id",
                     "\"%s\" stands in %s %u too; no row with this id is used", quoted,
                     builder->line_name != NULL ? builder->line_name : "line",
                     g_array_index(builder->lines, guint32, other));
}

static void on_same_id(uint32_t first, uint32_t row, void *data)
{
    refuse_same_id(data, first, row);
    refuse_same_id(data, row, first);
}

/* Thins runs that belong to rows; call it before the rows themselves are thinned. */
static void thin_runs(uint32_t *first, uint32_t n, GArray *values, const uint8_t *is_refused)
{
    guint n_values = 0;
    uint32_t next = 0;
    for (uint32_t row = 0; row < n; row++) {
        uint32_t begin = first[row], end = first[row + 1];
        if (is_refused[row])
            continue;
        first[next++] = n_values;
        for (uint32_t i = begin; i < end; i++)
            g_array_index(values, TextRef, n_values++) = g_array_index(values, TextRef, i);
    }
    if (first != NULL)
        first[next] = n_values;
    g_array_set_size(values, n_values);
}

static void thin_table(Sink *sink, const uint8_t *is_refused)
{
    TableBuilder *builder = sink->table;
    if (sink->options.provides == PROVIDES_PEOPLE) {
        thin_runs(builder->people.first_previous, builder->people.n, builder->previous_ids,
                  is_refused);
        builder->people.n =
            columns_thin(&builder->people, builder->people.n, person_columns, is_refused);
    } else if (sink->options.provides == PROVIDES_ASSETS) {
        thin_runs(builder->assets.first_access_group, builder->assets.n, builder->access_groups,
                  is_refused);
        builder->assets.n =
            columns_thin(&builder->assets, builder->assets.n, asset_columns, is_refused);
    } else if (sink->options.provides == PROVIDES_APPROVALS) {
        builder->approvals.n =
            columns_thin(&builder->approvals, builder->approvals.n, approval_columns, is_refused);
    } else {
        memcpy(sink->directory->account_extras.is_refused, is_refused, sink->directory->accounts.n);
        sink->directory->n_refused = 1;
    }
}

void table_builder_finish(Sink *sink)
{
    const TableBuilder *builder = sink->table;
    uint32_t n = builder->lines->len;
    const TextRef *ids = sink->options.provides == PROVIDES_PEOPLE   ? builder->people.id
                         : sink->options.provides == PROVIDES_ASSETS ? builder->assets.id
                         : sink->options.provides == PROVIDES_APPROVALS
                             ? builder->approvals.id
                             : sink->directory->accounts.key;
    g_autofree uint8_t *is_refused = g_new0(uint8_t, (size_t)n + 1);
    SameIds same = {.sink = sink, .ids = ids, .is_refused = is_refused};
    duplicates_find(sink->text, ids, n, on_same_id, &same);
    if (same.n_refused > 0)
        thin_table(sink, is_refused);
}
