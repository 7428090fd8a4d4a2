/* What a night is told of earlier ones, against a slow and simple twin: it keeps every night whole
 * and works each answer out from the first one on, by what model/memory.h and docs/ledger.md say.
 * Nothing of the history is used here but what is compared. */
#include "nights.h"
#include "on_postgres.h"
#include "random_nights.h"

#include "ledger/history/now.h"
#include "ledger/history/pack_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_NIGHTS 200

typedef struct Twin {
    GPtrArray *nights; /* (element-type Nightly) of all so far, the newest is tonight */
    GHashTable *lines; /* what tonight is told, as memory_text() words it */
} Twin;

static const Nightly *night_at(const Twin *twin, guint m)
{
    return twin->nights->pdata[m];
}

static const Snapshot *snapshot_at(const Twin *twin, guint m)
{
    return nightly_snapshot(night_at(twin, m));
}

static int day_at(const Twin *twin, guint m)
{
    return (int)((nightly_present(night_at(twin, m))->as_of_utc - NOON) / DAY);
}

/* ---- sources: 0 corp, 1 lab, 2 hr ---- */

static bool is_whole(const Snapshot *s, int source)
{
    return s->sources[source].status == SOURCE_COMPLETE;
}

/* Who is not there is gone, and not among the rejected. */
static bool is_proof_of_absence(const Snapshot *s, int source)
{
    return is_whole(s, source) && s->sources[source].counts.rejected == 0;
}

/* The night before m that read the source whole last; -1 = none. */
static int known_before(const Twin *twin, int source, guint m)
{
    for (guint before = m; before-- > 0;) {
        if (is_whole(snapshot_at(twin, before), source))
            return (int)before;
    }
    return -1;
}

static void tell(Twin *twin, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(Twin *twin, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_hash_table_add(twin->lines, g_strdup_vprintf(format, values));
    va_end(values);
}

/* ---- accounts ---- */

static int find_account(const Snapshot *s, int source, const char *key)
{
    for (uint32_t i = 0; i < s->accounts.n; i++) {
        if (s->accounts.source[i] == source &&
            g_str_equal(snapshot_text(s, s->accounts.key[i]), key))
            return (int)i;
    }
    return -1;
}

/* "An account that was usable once and is not any more." */
static void tell_stop(Twin *twin, int source, const char *key)
{
    int usable = -1, unusable = -1;

    for (guint m = 0; m < twin->nights->len; m++) {
        const Snapshot *s = snapshot_at(twin, m);
        int row = find_account(s, source, key);
        if (row < 0 && is_proof_of_absence(s, source))
            usable = unusable = -1;
        if (row < 0)
            continue;
        if (s->accounts.enabled[row] == STATE_YES) {
            usable = (int)m;
            unusable = -1;
        } else if (s->accounts.enabled[row] == STATE_NO && unusable < 0) {
            unusable = (int)m;
        } else if (s->accounts.enabled[row] == STATE_UNKNOWN && usable >= 0 && unusable < 0) {
            continue; /* unknown is never "no", nor "still": the last night that knew counts */
        }
    }
    if (usable < 0 || unusable < 0)
        return;
    /* Of a night whose records were refused nobody knows whether it was among them: as whole. */
    for (int m = usable + 1; m < unusable; m++) {
        const Snapshot *s = snapshot_at(twin, (guint)m);
        int row = find_account(s, source, key);
        if (row >= 0)
            break;
        if (is_whole(s, source))
            usable = m;
    }
    tell(twin, "stopped %s %d %d", key + 2, day_at(twin, (guint)usable),
         day_at(twin, (guint)unusable));
}

/* HR id of whose it was in that night; NULL = nobody's, or nobody knew: see is_link_known(). */
static const char *owner(const Nightly *nightly, int row)
{
    const LedgerPresent *present = nightly_present(nightly);
    const Snapshot *s = nightly_snapshot(nightly);

    return present->person[row] == NONE ? NULL
                                        : snapshot_text(s, s->people.id[present->person[row]]);
}

/* The newest of one name, one line. */
static void tell_former(GHashTable *newest, const char *kind, const char *value, const char *key,
                        const char *person, int last)
{
    g_autofree char *folded = g_utf8_casefold(value, -1);

    if (*value)
        g_hash_table_insert(newest,
                            g_strdup_printf("former %s %s %s %s", kind, folded, key + 2, person),
                            GINT_TO_POINTER(last + 1));
}

/* "What an account of somebody was called until it vanished, was renamed or became another's." */
static void note_former(Twin *twin, GHashTable *newest, int source, const char *key)
{
    static const char *const kinds[] = {"name", "mail", "upn"};
    g_autofree char *person = NULL;
    char *names[3] = {NULL};

    for (guint m = 0; m < twin->nights->len; m++) {
        const Snapshot *s = snapshot_at(twin, m);
        int row = find_account(s, source, key), last = known_before(twin, source, m);
        if (row < 0 && !is_proof_of_absence(s, source))
            continue;
        bool are_links_known = is_whole(s, 2);
        const char *now = row < 0            ? NULL
                          : !are_links_known ? person
                                             : owner(night_at(twin, m), row);
        bool is_theirs = person && now && g_str_equal(person, now);
        for (int i = 0; i < 3; i++) {
            const TextRef columns[] = {row < 0 ? 0 : s->accounts.name[row],
                                       row < 0 ? 0 : s->accounts.mail[row],
                                       row < 0 ? 0 : s->accounts.upn[row]};
            const char *called = row < 0 ? "" : snapshot_text(s, columns[i]);
            if (person && names[i] && !(is_theirs && g_str_equal(names[i], called)))
                tell_former(newest, kinds[i], names[i], key, person, last);
            g_free(names[i]);
            names[i] = g_strdup(called);
        }
        char *known = g_strdup(now); /* it may be the one that is freed */
        g_free(person);
        person = known;
    }
    for (int i = 0; i < 3; i++)
        g_free(names[i]);
}

/* ---- people ---- */

static int find_person(const Snapshot *s, const char *id)
{
    for (uint32_t i = 0; i < s->people.n; i++) {
        if (g_str_equal(snapshot_text(s, s->people.id[i]), id))
            return (int)i;
    }
    return -1;
}

static const char *field_of(const Snapshot *s, int row, int field)
{
    const TextRef texts[] = {s->people.department[row], s->people.title[row],
                             s->people.status_text[row]};
    return snapshot_text(s, texts[field]);
}

/* "The newest change of each field. Whoever is on leave and never was seen otherwise has a row,
 * too." */
static void tell_move(Twin *twin, const char *id, int field)
{
    static const char *const fields[] = {"department", "title", "status"};
    g_autofree char *value = NULL, *before = NULL;
    int last = -1, first = -1;

    for (guint m = 0; m < twin->nights->len; m++) {
        const Snapshot *s = snapshot_at(twin, m);
        int row = is_whole(s, 2) ? find_person(s, id) : -1;
        if (row < 0 && is_proof_of_absence(s, 2)) {
            g_clear_pointer(&value, g_free);
            g_clear_pointer(&before, g_free);
        }
        if (row < 0)
            continue;
        const char *now = field_of(s, row, field);
        bool is_on_leave = field == 2 && g_str_equal(now, "leave");
        if (value ? !g_str_equal(value, now) : is_on_leave) {
            g_free(before);
            before = g_strdup(value ? value : "");
            last = value ? known_before(twin, 2, m) : -1;
            first = (int)m;
        }
        g_free(value);
        value = g_strdup(now);
    }
    if (before && last >= 0)
        tell(twin, "moved %s %s '%s' %d %d", id, fields[field], before, day_at(twin, (guint)last),
             day_at(twin, (guint)first));
    else if (before)
        tell(twin, "moved %s %s '%s' - %d", id, fields[field], before, day_at(twin, (guint)first));
}

/* ---- rights ---- */

static bool holds(const Nightly *nightly, int group_source, const char *group, int source,
                  const char *account)
{
    const LedgerPresent *present = nightly_present(nightly);
    const Snapshot *s = nightly_snapshot(nightly);

    for (uint32_t g = 0; g < present->n_governed; g++) {
        uint32_t row = present->governed[g];
        if (s->groups.source[row] != group_source ||
            !g_str_equal(snapshot_text(s, s->groups.key[row]), group))
            continue;
        for (size_t i = present->first_holder[g]; i < present->first_holder[g + 1]; i++) {
            uint32_t holder = present->holders[i];
            if (s->accounts.source[holder] == source &&
                g_str_equal(snapshot_text(s, s->accounts.key[holder]), account))
                return true;
        }
    }
    return false;
}

/* A right is lost on a night that read every directory whole and refused nothing. */
static bool is_proof_of_loss(const Snapshot *s)
{
    return is_proof_of_absence(s, 0) && is_proof_of_absence(s, 1);
}

/* "Without a gap since then", as of the night before. */
static void tell_right(Twin *twin, int group_source, const char *group, int source,
                       const char *account)
{
    int since = -1;

    for (guint m = 0; m + 1 < twin->nights->len; m++) {
        if (holds(night_at(twin, m), group_source, group, source, account))
            since = since < 0 ? (int)m : since;
        else if (is_proof_of_loss(snapshot_at(twin, m)))
            since = -1;
    }
    if (since >= 0)
        tell(twin, "right %s %s %d", account + 2, group + 2, day_at(twin, (guint)since));
}

static void tell_rights(Twin *twin)
{
    const Nightly *tonight = night_at(twin, twin->nights->len - 1);
    const LedgerPresent *present = nightly_present(tonight);
    const Snapshot *s = nightly_snapshot(tonight);

    for (uint32_t g = 0; g < present->n_governed; g++) {
        uint32_t row = present->governed[g];
        for (size_t i = present->first_holder[g]; i < present->first_holder[g + 1]; i++) {
            uint32_t holder = present->holders[i];
            tell_right(twin, s->groups.source[row], snapshot_text(s, s->groups.key[row]),
                       s->accounts.source[holder], snapshot_text(s, s->accounts.key[holder]));
        }
    }
}

/* ---- all ---- */

static void tell_formers(Twin *twin)
{
    g_autoptr(GHashTable) newest = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer line, last;

    for (int i = 0; i < RANDOM_ACCOUNTS; i++) {
        g_autofree char *key = g_strdup_printf("a-u%d", i);
        note_former(twin, newest, i % 2, key);
    }
    g_hash_table_iter_init(&iter, newest);
    while (g_hash_table_iter_next(&iter, &line, &last))
        tell(twin, "%s %d", (char *)line, day_at(twin, (guint)(GPOINTER_TO_INT(last) - 1)));
}

static char *twin_text(Twin *twin)
{
    const Snapshot *s = snapshot_at(twin, twin->nights->len - 1);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer line;

    g_hash_table_remove_all(twin->lines);
    for (uint32_t i = 0; i < s->accounts.n; i++)
        tell_stop(twin, s->accounts.source[i], snapshot_text(s, s->accounts.key[i]));
    for (uint32_t i = 0; i < s->people.n; i++) {
        for (int field = 0; field < 3; field++)
            tell_move(twin, snapshot_text(s, s->people.id[i]), field);
    }
    tell_formers(twin);
    tell_rights(twin);
    g_hash_table_iter_init(&iter, twin->lines);
    while (g_hash_table_iter_next(&iter, &line, NULL))
        g_ptr_array_add(lines, g_strdup(line));
    return join_lines(lines);
}

/* Lines of one that the other does not have. */
static char *lines_only_in(const char *text, const char *other)
{
    g_auto(GStrv) mine = g_strsplit(text, "\n", -1);
    g_auto(GStrv) theirs = g_strsplit(other, "\n", -1);
    GString *only = g_string_new(NULL);

    for (GStrv line = mine; *line; line++) {
        if (**line && !g_strv_contains((const char *const *)theirs, *line))
            g_string_append_printf(only, "  %s\n", *line);
    }
    return g_string_free(only, FALSE);
}

static void free_nightly(void *nightly)
{
    nightly_free(nightly);
}

static void assert_told_the_same(Fixture *f, uint32_t seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    RandomNights nights = random_nights(random);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_nightly);
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Twin twin = {all, lines};

    for (int night = 0; night < N_NIGHTS; night++) {
        g_autofree char *text = random_nights_next(&nights);
        Nightly *nightly = nightly_parse(text, NOON + night * DAY);
        g_ptr_array_add(all, nightly);
        nightly_merge(f, nightly);
        g_autofree char *told = memory_text(f, nightly);
        g_autofree char *should_be = twin_text(&twin);
        g_autofree char *too_much = lines_only_in(told, should_be);
        g_autofree char *missing = lines_only_in(should_be, told);
        if (*too_much || *missing)
            fail_msg("seed %u, night %d: told\n%sbut the twin\n%s", seed, night, too_much, missing);
    }
}

static void two_hundred_nights_are_told_what_the_twin_tells(void **state)
{
    assert_told_the_same(*state, 11);
}

static void and_out_of_packs_and_small_chunks(void **state)
{
    history_pack_least = 3;
    history_chunk = 2;
    assert_told_the_same(*state, 12);
    history_pack_least = 1024;
    history_chunk = 2048;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TWIN(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        TWIN(two_hundred_nights_are_told_what_the_twin_tells),
        TWIN(and_out_of_packs_and_small_chunks),
    };
    return run_on_argument(argc, argv, "memory of random nights", tests);
}
