/* Two hundred random nights, against a twin that keeps a full copy of every night. */
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

/* ---- the twin: "source kind key" → line; what a line shows of use does not count ---- */

static char *without_use(const char *line)
{
    const char *use = strstr(line, " last_logon=");
    return use ? g_strndup(line, (gsize)(use - line)) : g_strdup(line);
}

static char *without_link(const char *line)
{
    g_autofree char *plain = without_use(line);
    char *link = strstr(plain, " link_person=");
    if (!link)
        link = strstr(plain, " linked=");
    if (!link)
        link = strstr(plain, " class=");
    return link ? g_strndup(plain, (gsize)(link - plain)) : g_strdup(plain);
}

static char *with_link_of(const char *line, const char *before)
{
    g_autofree char *own = without_link(line);
    g_autofree char *own_before = without_link(before);
    g_autofree char *plain_before = without_use(before);
    g_autofree char *plain = without_use(line);
    return g_strconcat(own, plain_before + strlen(own_before), line + strlen(plain), NULL);
}

static char *name_of(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 4);
    return g_strjoin(" ", words[0], words[1], words[2], NULL);
}

static void see(GHashTable *kept, GHashTable *seen, const char *line, bool are_links_known)
{
    char *name = name_of(line);
    const char *before = g_hash_table_lookup(kept, name);
    bool is_account = strstr(name, " account ") != NULL;
    g_autofree char *now =
        before && is_account && !are_links_known ? with_link_of(line, before) : g_strdup(line);
    g_autofree char *now_plain = without_use(now);
    g_autofree char *before_plain = before ? without_use(before) : NULL;

    g_hash_table_add(seen, g_strdup(name));
    if (before && g_str_equal(now_plain, before_plain))
        g_free(name);
    else
        g_hash_table_insert(kept, name, g_steal_pointer(&now));
}

static void drop_unseen(GHashTable *kept, GHashTable *seen, const Snapshot *s)
{
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, kept);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        for (uint32_t i = 0; i < s->n_sources; i++) {
            bool is_of = g_str_has_prefix(name, s->sources[i].name) &&
                         ((const char *)name)[strlen(s->sources[i].name)] == ' ';
            if (is_of && s->sources[i].status == SOURCE_COMPLETE &&
                s->sources[i].counts.rejected == 0 && !g_hash_table_contains(seen, name)) {
                g_hash_table_iter_remove(&iter);
                break;
            }
        }
    }
}

static char *copy_night(GHashTable *kept, const Nightly *nightly)
{
    static const HistoryKind kinds[] = {HISTORY_ACCOUNT, HISTORY_GROUP, HISTORY_PERSON};
    const Snapshot *s = nightly_snapshot(nightly);
    const uint32_t counts[] = {s->accounts.n, s->groups.n, s->people.n};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    bool are_links_known = snapshot_is_complete(s, PROVIDES_PEOPLE);
    GHashTableIter iter;
    gpointer line;

    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        for (uint32_t row = 0; row < counts[k]; row++) {
            g_autofree char *now = thing_line(nightly, kinds[k], row);
            see(kept, seen, now, are_links_known);
        }
    }
    drop_unseen(kept, seen, s);
    g_hash_table_iter_init(&iter, kept);
    while (g_hash_table_iter_next(&iter, NULL, &line))
        g_ptr_array_add(lines, g_strdup(line));
    return join_lines(lines);
}

/* The history without lists. */
static char *things_text(Fixture *fixture, int64_t run)
{
    g_autofree char *text = history_text(fixture, run);
    g_auto(GStrv) all = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (GStrv line = all; *line; line++) {
        if (**line && !strstr(*line, " members ") && !strstr(*line, " rights "))
            g_ptr_array_add(lines, g_strdup(*line));
    }
    return join_lines(lines);
}

static void assert_nights(Fixture *f, uint32_t seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);
    RandomNights nights = random_nights(random);

    for (int night = 0; night < N_NIGHTS; night++) {
        g_autofree char *text = random_nights_next(&nights);
        g_autoptr(Nightly) nightly = nightly_parse(text, NOON + night * DAY);
        nightly_merge(f, nightly);
        g_ptr_array_add(copies, copy_night(kept, nightly));
    }
    for (int night = 0; night < N_NIGHTS; night++) {
        g_autofree char *text = things_text(f, night + 1);
        if (!g_str_equal(text, copies->pdata[night]))
            fail_msg("seed %u, night %d: the history has\n%s\nand the copy\n%s", seed, night, text,
                     (char *)copies->pdata[night]);
    }
}

static void every_night_is_there_as_it_was(void **state)
{
    assert_nights(*state, 1);
}

static void every_night_is_there_as_it_was_in_packs_and_small_chunks(void **state)
{
    history_pack_least = 3;
    history_chunk = 2;
    assert_nights(*state, 2);
    history_pack_least = 1024;
    history_chunk = 2048;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define NIGHTS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        NIGHTS(every_night_is_there_as_it_was),
        NIGHTS(every_night_is_there_as_it_was_in_packs_and_small_chunks),
    };
    return run_on_argument(argc, argv, "random nights", tests);
}
