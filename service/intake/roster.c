/* People across runs: who vanished from the roster, and whose old id lives on in another row. */
#include "intake/parts.h"

#include "base/times.h"

/* Rows by id, exactly as it is spelled: 00123 is not 123. */
static GHashTable *index_ids(const Snapshot *snapshot)
{
    const People *people = &snapshot->people;
    GHashTable *rows = g_hash_table_new(g_str_hash, g_str_equal);
    for (uint32_t row = people->n; row-- > 0;)
        g_hash_table_insert(rows, (gpointer)(uintptr_t)snapshot_text(snapshot, people->id[row]),
                            GUINT_TO_POINTER(row + 1));
    return rows;
}

/* Would row, spoken for by successor, in the end speak for itself? */
static bool closes_loop(const People *people, uint32_t row, uint32_t successor)
{
    for (uint32_t at = successor; at != NONE; at = people_successor(people, at))
        if (at == row)
            return true;
    return false;
}

void roster_link_previous(Snapshot *snapshot)
{
    People *people = &snapshot->people;
    if (people->n == 0 || people->first_previous[people->n] == 0)
        return;
    g_autoptr(GHashTable) rows = index_ids(snapshot);
    for (uint32_t row = 0; row < people->n; row++) {
        for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++) {
            const char *id = snapshot_text(snapshot, people->previous_ids[i]);
            uint32_t old = GPOINTER_TO_UINT(g_hash_table_lookup(rows, id));
            if (old > 0 && people_successor(people, old - 1) == NONE &&
                !closes_loop(people, old - 1, row))
                people->next_successor[old - 1] = row + 1;
        }
    }
}

static TextRef add_text(Snapshot *snapshot, const char *text)
{
    return text != NULL ? text_pool_add(snapshot->text, text_of(text)) : 0;
}

static void fill_gone(Snapshot *snapshot, uint32_t row, const BaselinePerson *person,
                      int64_t this_run)
{
    People *people = &snapshot->people;
    people->id[row] = add_text(snapshot, person->id);
    people->name[row] = add_text(snapshot, person->name);
    people->email[row] = add_text(snapshot, person->email);
    people->username[row] = add_text(snapshot, person->username);
    people->source[row] = UINT8_MAX;
    people->start_day[row] = people->last_day[row] = people->end_day[row] = DAY_NONE;
    people->start_utc[row] = people->last_day_end_utc[row] = people->end_day_end_utc[row] =
        TIME_UNKNOWN;
    people->recorded_utc[row] = TIME_UNKNOWN;
    people->gone_since_run[row] = person->gone_since_run > 0 ? person->gone_since_run : this_run;
}

/* Makes room for more rows behind the last one. */
static void reserve_rows(People *people, guint n_more)
{
    uint32_t capacity = people->n, n = people->n + n_more;
    columns_reserve(people, person_columns, &capacity, n);
    people->first_previous = g_renew(uint32_t, people->first_previous, (size_t)n + 1);
    if (people->n == 0)
        people->first_previous[0] = 0;
}

static void add_row(Snapshot *snapshot, const BaselinePerson *person, int64_t this_run)
{
    People *people = &snapshot->people;
    uint32_t row = people->n++;
    people->first_previous[row + 1] = people->first_previous[row];
    fill_gone(snapshot, row, person, this_run);
}

/* Ids that somebody in the roster has or had. */
static GHashTable *index_known_ids(const Snapshot *snapshot)
{
    GHashTable *known = index_ids(snapshot);
    const People *people = &snapshot->people;
    for (uint32_t i = 0; people->n > 0 && i < people->first_previous[people->n]; i++)
        g_hash_table_insert(known,
                            (gpointer)(uintptr_t)snapshot_text(snapshot, people->previous_ids[i]),
                            GUINT_TO_POINTER(1));
    return known;
}

void roster_add_gone(Snapshot *snapshot, const Baseline *baseline, int64_t this_run)
{
    if (baseline == NULL || baseline->roster == NULL || baseline->roster->len == 0)
        return;
    g_autoptr(GHashTable) known = index_known_ids(snapshot);
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < baseline->roster->len; i++) {
        if (!g_hash_table_contains(known, g_array_index(baseline->roster, BaselinePerson, i).id))
            g_array_append_val(gone, i);
    }
    if (gone->len == 0)
        return;
    reserve_rows(&snapshot->people, gone->len);
    for (guint i = 0; i < gone->len; i++)
        add_row(snapshot,
                &g_array_index(baseline->roster, BaselinePerson, g_array_index(gone, guint, i)),
                this_run);
}

/* ---- rows that were refused ---- */

/* Nearly never: then nobody has to be looked up. */
static bool is_any_refused(const Intake *intake, bool *ret_has_nameless)
{
    bool is_any = false;
    *ret_has_nameless = false;
    for (uint32_t i = 0; i < intake->n; i++) {
        if (!is_roster(intake->sinks[i])) /* it may be read still */
            continue;
        const TableBuilder *table = intake->sinks[i]->table;
        is_any = is_any || table->refused->len > 0 || table->has_nameless;
        *ret_has_nameless = *ret_has_nameless || table->has_nameless;
    }
    return is_any;
}

static void collect_unread(GPtrArray *unread, GHashTable *known, const GArray *people)
{
    for (guint i = 0; i < people->len; i++) {
        BaselinePerson *person = &g_array_index(people, BaselinePerson, i);
        if (g_hash_table_contains(known, person->id))
            continue;
        g_hash_table_insert(known, person->id, GUINT_TO_POINTER(1));
        g_ptr_array_add(unread, person);
    }
}

void roster_add_unread(Snapshot *snapshot, const Intake *intake, const Baseline *baseline)
{
    bool has_nameless = false;
    if (!is_any_refused(intake, &has_nameless))
        return;
    g_autoptr(GHashTable) known = index_known_ids(snapshot);
    g_autoptr(GPtrArray) unread = g_ptr_array_new();
    for (uint32_t i = 0; i < intake->n; i++)
        if (is_roster(intake->sinks[i]))
            collect_unread(unread, known, intake->sinks[i]->table->refused);
    /* A refused row without an id may be anybody's whom the roster lacks. */
    for (guint i = 0; has_nameless && baseline != NULL && i < baseline->roster->len; i++) {
        BaselinePerson *person = &g_array_index(baseline->roster, BaselinePerson, i);
        if (person->gone_since_run == 0 && !g_hash_table_contains(known, person->id))
            g_ptr_array_add(unread, person);
    }
    if (unread->len == 0)
        return;
    reserve_rows(&snapshot->people, unread->len);
    for (guint i = 0; i < unread->len; i++) {
        add_row(snapshot, unread->pdata[i], PERSON_UNREAD);
        snapshot->people.gone_since_run[snapshot->people.n - 1] = PERSON_UNREAD;
    }
}
