/* Two hundred random nights against a slow and simple twin of the ledger, which keeps every night
 * in memory and works out each answer from all of them. */
#include "fixture.h"

#include "base/times.h"
#include "ledger/history/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define N_NIGHTS 200
#define N_CONTROLS 3
#define N_SOURCES 2
#define N_NAMES 6
#define N_ITEMS (N_CONTROLS * N_SOURCES * N_NAMES * 2) /* with an object or without */

static const char *const controls[N_CONTROLS] = {"late", "odd", "old"};
static const char *const sources[N_SOURCES] = {"corp", "shop"};

/* ---- one night ---- */

typedef enum Judged { JUDGED, JUDGED_OFF, JUDGED_NOT } Judged;

typedef struct Item {
    bool is_found, is_unjudged; /* unjudged: this one alone */
    int severity, facts;
} Item;

typedef struct Night {
    int64_t as_of_utc;
    Judged controls[N_CONTROLS];
    bool is_source_unjudged[N_CONTROLS][N_SOURCES];
    bool is_configured[N_SOURCES];
    Item items[N_ITEMS];
    int order[N_ITEMS]; /* of the findings, as they are handed over */
} Night;

static int control_of(int item)
{
    return item / (N_SOURCES * N_NAMES * 2);
}

static int source_of(int item)
{
    return item / (N_NAMES * 2) % N_SOURCES;
}

static int name_of(int item)
{
    return item / 2 % N_NAMES;
}

static bool has_object(int item)
{
    return item % 2 == 1;
}

/* What could not be judged of an account could not be judged of its rights. */
static bool is_judged(const Night *night, int item)
{
    int control = control_of(item), source = source_of(item);
    return night->controls[control] == JUDGED && !night->is_source_unjudged[control][source] &&
           !night->items[item - has_object(item)].is_unjudged && night->is_configured[source];
}

/* Mostly as the night before. */
static void next_night(Night *night, GRand *rand, int64_t as_of_utc)
{
    night->as_of_utc = as_of_utc;
    for (int control = 0; control < N_CONTROLS; control++) {
        int state = g_rand_int_range(rand, 0, 12);
        night->controls[control] = state == 0 ? JUDGED_OFF : state == 1 ? JUDGED_NOT : JUDGED;
        for (int source = 0; source < N_SOURCES; source++)
            night->is_source_unjudged[control][source] = g_rand_int_range(rand, 0, 10) == 0;
    }
    for (int source = 0; source < N_SOURCES; source++)
        night->is_configured[source] = g_rand_int_range(rand, 0, 15) > 0;
    for (int i = 0; i < N_ITEMS; i++) {
        Item *item = &night->items[i];
        if (g_rand_int_range(rand, 0, 8) == 0)
            item->is_found = g_rand_boolean(rand);
        if (g_rand_int_range(rand, 0, 12) == 0)
            item->severity = g_rand_int_range(rand, 0, 4);
        if (g_rand_int_range(rand, 0, 12) == 0)
            item->facts = g_rand_int_range(rand, 0, 3);
        item->is_unjudged = !has_object(i) && g_rand_int_range(rand, 0, 20) == 0;
        night->order[i] = i;
    }
    for (int i = N_ITEMS - 1; i > 0; i--) {
        int other = g_rand_int_range(rand, 0, i + 1), kept = night->order[i];
        night->order[i] = night->order[other];
        night->order[other] = kept;
    }
}

static char *night_text(const Night *night)
{
    static const char *const marks[] = {"+", "-", "?"};
    GString *text = g_string_new(NULL);
    for (int control = 0; control < N_CONTROLS; control++) {
        g_string_append_printf(text, "%s%s;", marks[night->controls[control]], controls[control]);
        for (int source = 0; source < N_SOURCES; source++)
            if (night->is_source_unjudged[control][source] && night->is_configured[source])
                g_string_append_printf(text, "?%s %s;", controls[control], sources[source]);
    }
    for (int source = 0; source < N_SOURCES; source++)
        if (night->is_configured[source])
            g_string_append_printf(text, "@%s;", sources[source]);
    for (int i = 0; i < N_ITEMS; i++) {
        int at = night->order[i];
        const Item *item = &night->items[at];
        if (item->is_found && is_judged(night, at))
            g_string_append_printf(text, "%s %s/%c%s !%s #%d;", controls[control_of(at)],
                                   sources[source_of(at)], 'a' + name_of(at),
                                   has_object(at) ? " > admins" : "", severities[item->severity],
                                   item->facts);
        else if (item->is_unjudged && night->is_configured[source_of(at)])
            g_string_append_printf(text, "?%s %s/%c;", controls[control_of(at)],
                                   sources[source_of(at)], 'a' + name_of(at));
    }
    return g_string_free(text, FALSE);
}

/* ---- the twin: each answer from all nights ---- */

typedef struct Twin {
    const Night *nights;
    int n;                /* so many of them */
    int numbers[N_ITEMS]; /* of the exception; 0 = never found */
} Twin;

static bool is_seen(const Twin *twin, int night, int item)
{
    return is_judged(&twin->nights[night], item) && twin->nights[night].items[item].is_found;
}

static bool is_missed(const Twin *twin, int night, int item)
{
    return is_judged(&twin->nights[night], item) && !twin->nights[night].items[item].is_found;
}

/* The night that resolved it, -1 = it is open. */
static int resolved_by(const Twin *twin, int item)
{
    int by = -1;
    for (int night = 0; night < twin->n; night++) {
        if (is_seen(twin, night, item))
            by = -1;
        else if (by < 0 && is_missed(twin, night, item))
            by = night;
    }
    return by;
}

static int first_seen(const Twin *twin, int item)
{
    int night = 0;
    while (!is_seen(twin, night, item))
        night++;
    return night;
}

static int last_seen(const Twin *twin, int item)
{
    int night = twin->n - 1;
    while (!is_seen(twin, night, item))
        night--;
    return night;
}

/* Due: from where it began; less grave counts from there anew, graver is never due later. */
static int64_t due(const Twin *twin, int item)
{
    int64_t due = 0, from = 0;
    int severity = -1;
    bool is_open = false;
    for (int night = 0; night < twin->n; night++) {
        int64_t now = twin->nights[night].as_of_utc;
        if (is_missed(twin, night, item))
            is_open = false;
        if (!is_seen(twin, night, item))
            continue;
        int is = twin->nights[night].items[item].severity;
        int64_t anew = now + fixture_due_seconds[is];
        if (!is_open) {
            due = anew;
            from = now;
        } else if (is < severity) {
            due = from + fixture_due_seconds[is];
        } else if (is > severity) {
            due = MIN(due, anew);
        }
        severity = is;
        is_open = true;
    }
    return due;
}

static char *twin_line(const Twin *twin, int item)
{
    int seen = last_seen(twin, item), first = first_seen(twin, item),
        resolved = resolved_by(twin, item);
    const Item *last = &twin->nights[seen].items[item];
    int64_t days = (twin->nights[seen].as_of_utc - (NOON - 2 * DAY)) / DAY;
    g_autofree char *first_text = time_to_text(twin->nights[first].as_of_utc);
    g_autofree char *seen_text = time_to_text(twin->nights[seen].as_of_utc);
    g_autofree char *due_text = time_to_text(due(twin, item));
    g_autofree char *resolved_text =
        resolved >= 0 ? time_to_text(twin->nights[resolved].as_of_utc) : g_strdup("-");
    return g_strdup_printf(
        "EX-%06d %s %s/%c%s %s %s|%c is wrong since %" G_GINT64_FORMAT
        " days (%d).|%s %s %s %d %d %s",
        twin->numbers[item], controls[control_of(item)], sources[source_of(item)],
        'a' + name_of(item), has_object(item) ? ">admins" : "", severities[last->severity],
        resolved >= 0 ? "resolved" : "open", 'a' + name_of(item), days, last->facts, first_text,
        seen_text, due_text, seen + 1, first + 1, resolved_text);
}

static void number_new(Twin *twin, int *greatest)
{
    const Night *night = &twin->nights[twin->n - 1];
    for (int i = 0; i < N_ITEMS; i++) {
        int item = night->order[i];
        if (is_seen(twin, twin->n - 1, item) && twin->numbers[item] == 0)
            twin->numbers[item] = ++*greatest;
    }
}

/* ---- the ledger says the same ---- */

static const char *member(json_t *row, const char *party, const char *name)
{
    json_t *object = party ? json_object_get(row, party) : row;
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "-";
}

static bool add_line(json_t *row, void *lines)
{
    bool has_group = json_is_object(json_object_get(row, "object"));
    g_ptr_array_add(
        lines, g_strdup_printf("%s %s %s/%s%s%s %s %s|%s|%s %s %s %lld %lld %s",
                               member(row, NULL, "id"), member(row, NULL, "control"),
                               member(row, "subject", "source"), member(row, "subject", "name"),
                               has_group ? ">" : "", has_group ? member(row, "object", "name") : "",
                               member(row, NULL, "severity"), member(row, NULL, "status"),
                               member(row, NULL, "summary"), member(row, NULL, "first_seen"),
                               member(row, NULL, "last_seen"), member(row, NULL, "due"),
                               json_integer_value(json_object_get(row, "run")),
                               json_integer_value(json_object_get(row, "opened_run")),
                               member(row, NULL, "resolved")));
    return true;
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    char *text = g_strjoinv("\n", (char **)lines->pdata);
    g_ptr_array_unref(lines);
    return text;
}

static char *ledger_lines(Fixture *f)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    LedgerFilter everything = {.status = "all"};
    g_autoptr(GError) error = NULL;
    if (!ledger_exceptions(f->ledger, &everything, add_line, lines, &error))
        fail_msg("%s", error->message);
    return joined(lines);
}

static char *twin_lines(const Twin *twin)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (int item = 0; item < N_ITEMS; item++) {
        if (twin->numbers[item] > 0)
            g_ptr_array_add(lines, twin_line(twin, item));
    }
    return joined(lines);
}

static void assert_counts(Fixture *f, const Twin *twin)
{
    Twin before = *twin;
    int64_t n_open = 0, n_new = 0, n_reopened = 0, n_resolved = 0;
    before.n--;
    for (int item = 0; item < N_ITEMS; item++) {
        if (twin->numbers[item] == 0)
            continue;
        bool is_open = resolved_by(twin, item) < 0;
        bool was_there = first_seen(twin, item) < before.n;
        bool was_open = was_there && resolved_by(&before, item) < 0;
        n_open += is_open;
        n_new += is_open && !was_open;
        n_reopened += is_open && was_there && !was_open;
        n_resolved += was_open && !is_open;
    }
    assert_int_equal(f->counts.n_open, n_open);
    assert_int_equal(f->counts.n_new, n_new);
    assert_int_equal(f->counts.n_reopened, n_reopened);
    assert_int_equal(f->counts.n_resolved, n_resolved);
}

/* What was open after each night, as it was listed then, and as it is told at the end. */
static char *open_lines(Fixture *f, int64_t run)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    LedgerFilter open = {.at_run = run};
    g_autoptr(GError) error = NULL;
    if (!ledger_exceptions(f->ledger, &open, add_line, lines, &error))
        fail_msg("%s", error->message);
    for (guint i = 0; i < lines->len; i++) /* dates of the row are those of now */
        *strrchr(lines->pdata[i], '|') = '\0';
    return joined(lines);
}

static void say_difference(uint32_t seed, int night, const char *text, const char *is,
                           const char *expected)
{
    g_auto(GStrv) lines = g_strsplit(is, "\n", -1), others = g_strsplit(expected, "\n", -1);
    print_error("seed %u, night %d: %s\n", seed, night, text);
    for (GStrv line = lines, other = others; *line && *other; line++, other++) {
        if (strcmp(*line, *other) != 0)
            print_error("ledger: %s\ntwin:   %s\n", *line, *other);
    }
}

static void run_nights(Fixture *f, uint32_t seed, int n_nights)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autofree Night *nights = g_new0(Night, N_NIGHTS);
    g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func(g_free);
    Twin twin = {.nights = nights};
    int greatest = 0;

    for (int night = 0; night < n_nights; night++) {
        if (night > 0)
            nights[night] = nights[night - 1];
        next_night(&nights[night], rand, NOON + night * DAY);
        g_autofree char *text = night_text(&nights[night]);
        fixture_night(f, nights[night].as_of_utc, text);
        twin.n = night + 1;
        number_new(&twin, &greatest);
        g_autofree char *is = ledger_lines(f), *expected = twin_lines(&twin);
        if (strcmp(is, expected) != 0)
            say_difference(seed, night, text, is, expected);
        assert_string_equal(is, expected);
        assert_counts(f, &twin);
        g_ptr_array_add(listed, open_lines(f, 0));
    }
    for (guint night = 0; night < listed->len; night += 7) {
        g_autofree char *told = open_lines(f, night + 1);
        assert_string_equal(told, listed->pdata[night]);
    }
}

static void two_hundred_nights_are_what_the_twin_says(void **state)
{
    run_nights(*state, 1, N_NIGHTS);
}

static void and_fifty_others(void **state)
{
    run_nights(*state, 20260317, N_NIGHTS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_hundred_nights_are_what_the_twin_says, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(and_fifty_others, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
