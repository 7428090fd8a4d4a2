/* A run is applied whole or not at all, whatever happens to the process or the disk, and at
 * whatever write. */
#include "broken_disk.h"
#include "fixture.h"
#include "nights.h"
#include "ledger/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST                                                                                      \
    "leaver-active corp/ann; leaver-active corp/bob; dormant corp/cat; dormant lab/dan; excess "   \
    "corp/eve > pay"
/* New, gone, changed, other severity, left alone. */
#define SECOND                                                                                     \
    "leaver-active corp/ann #2; leaver-active corp/fay; dormant corp/cat !low; ?dormant lab; "     \
    "excess corp/gil > pay"

/* Five hundred processes are forked here, each with all that this one holds: freed memory that the
 * address sanitizer keeps back (256 MB if nobody says less) is most of what a fork has to copy. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4";
}

static void copy_file(const char *from, const char *to)
{
    g_autofree char *data = NULL;
    gsize length;
    assert_true(g_file_get_contents(from, &data, &length, NULL));
    assert_true(g_file_set_contents(to, data, (gssize)length, NULL));
}

static void forget_journal(const Fixture *fixture)
{
    g_autofree char *journal = g_strconcat(fixture->path, "-journal", NULL);
    g_unlink(journal);
}

/* What the history keeps of the two nights: new, gone, changed, moved. */
#define FIRST_THINGS                                                                               \
    "ann =p1 mail=a@x.org; bob; cat; person p1 dept=Sales status=leave; group* g1 ann bob"
#define SECOND_THINGS "ann =p1 mail=b@x.org; bob off; dan; person p1 dept=Legal; group* g1 ann dan"

static bool run_night(Fixture *fixture, int64_t as_of_utc, const char *things, const char *findings,
                      GError **error)
{
    g_autoptr(Nightly) nightly = nightly_parse(things, as_of_utc);

    if (!fixture->ledger)
        fixture_open(fixture, LEDGER_RUN);
    nightly_use(fixture, nightly);
    bool is_applied = fixture_try_night(fixture, as_of_utc, findings, error);
    nightly_use(fixture, NULL);
    g_clear_pointer(&fixture->recall, ledger_recall_free);
    return is_applied;
}

static bool second_night(Fixture *fixture, GError **error)
{
    return run_night(fixture, NOON + DAY, SECOND_THINGS, SECOND, error);
}

/* Ledger after FIRST, and dumps of before and after SECOND. */
typedef struct Worlds {
    char *start, *before, *after;
} Worlds;

static Worlds make_worlds(Fixture *fixture)
{
    Worlds worlds = {.start = g_strconcat(fixture->path, ".start", NULL)};

    assert_true(run_night(fixture, NOON, FIRST_THINGS, FIRST, NULL));
    fixture_close(fixture);
    worlds.before = dump_file(fixture->path);
    copy_file(fixture->path, worlds.start);
    assert_true(second_night(fixture, NULL));
    fixture_close(fixture);
    worlds.after = dump_file(fixture->path);
    assert_string_not_equal(worlds.before, worlds.after);
    return worlds;
}

static void worlds_clear(Worlds *worlds)
{
    g_free(worlds->start);
    g_free(worlds->before);
    g_free(worlds->after);
}

/* SECOND in a process of its own; true when it ended by itself. */
static bool second_night_in_child(Fixture *fixture, DiskFault fault, int at_write)
{
    pid_t child = fork();
    if (child == 0) {
        broken_disk_break(fault, at_write);
        fixture_open(fixture, LEDGER_RUN);
        second_night(fixture, NULL);
        fixture_close(fixture);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

static void a_run_killed_at_any_write_leaves_the_ledger_as_before_or_as_after(void **state)
{
    Fixture *fixture = *state;
    int n_before = 0, n_after = 0;
    bool is_through = false;

    broken_disk_install();
    Worlds worlds = make_worlds(fixture);
    for (int at = 1; !is_through && at < 1000; at++) {
        forget_journal(fixture);
        copy_file(worlds.start, fixture->path);
        is_through = second_night_in_child(fixture, DISK_KILL, at);
        /* The next to come: it must get the lock, and finds a whole ledger. */
        fixture_open(fixture, LEDGER_RUN);
        fixture_close(fixture);
        g_autofree char *dump = dump_file(fixture->path);
        n_before += g_str_equal(dump, worlds.before);
        n_after += g_str_equal(dump, worlds.after);
        assert_int_equal(n_before + n_after, at);
    }
    broken_disk_remove();
    assert_true(is_through);
    assert_true(n_before >= 10);
    worlds_clear(&worlds);
}

/* Sudden ends at instants that no write marks. */
static void a_run_killed_at_any_instant_leaves_the_ledger_as_before_or_as_after(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GRand) random = g_rand_new_with_seed(17);
    Worlds worlds = make_worlds(fixture);

    for (int i = 0; i < 60; i++) {
        forget_journal(fixture);
        copy_file(worlds.start, fixture->path);
        pid_t child = fork();
        if (child == 0) {
            second_night(fixture, NULL);
            _exit(0);
        }
        g_usleep((gulong)g_rand_int_range(random, 0, 20000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        g_autofree char *dump = dump_file(fixture->path);
        assert_true(g_str_equal(dump, worlds.before) || g_str_equal(dump, worlds.after));
    }
    worlds_clear(&worlds);
}

static int64_t version_of(const Fixture *fixture)
{
    return count_rows(fixture->path, "SELECT count(*) FROM sqlite_master WHERE name = 'audit'") == 0
               ? 0
               : count_rows(fixture->path, "SELECT count(*) FROM audit WHERE action = 'migrated'");
}

/* A ledger as a kill left it, between two migrations. */
typedef struct Halfway {
    char *file, *dump;
    int64_t version; /* 0: there was no file */
} Halfway;

static void halfway_begin(const Halfway *halfway, const Fixture *fixture)
{
    forget_journal(fixture);
    g_unlink(fixture->path);
    if (halfway->version > 0)
        copy_file(halfway->file, fixture->path);
}

/* The next to come finishes what is left, from here. */
static void halfway_reached(Halfway *halfway, Fixture *fixture, char *dump)
{
    halfway->version = version_of(fixture);
    g_free(halfway->dump);
    halfway->dump = dump;
    copy_file(fixture->path, halfway->file);
    fixture_open(fixture, LEDGER_RUN);
    fixture_close(fixture);
    assert_int_equal(version_of(fixture), SCHEMA_VERSION);
}

/* Each migration is a transaction. So a kill within one must leave what was there before it, to the
 * byte, and the next migration is killed from where that one ended: to begin with no file every
 * time would only repeat what the one before has proven. */
static void a_first_run_killed_at_any_write_can_be_repeated(void **state)
{
    Fixture *fixture = *state;
    Halfway halfway = {.file = g_strconcat(fixture->path, ".halfway", NULL)};
    bool is_through = false;
    int n_kills = 0;

    assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
    halfway.dump = dump_file(fixture->path);
    broken_disk_install();
    for (int at = 1; !is_through && at < 1000; at += 2) {
        halfway_begin(&halfway, fixture);
        is_through = second_night_in_child(fixture, DISK_KILL, at);
        g_autofree char *dump = dump_file(fixture->path);
        n_kills += !is_through;
        if (version_of(fixture) > halfway.version) {
            assert_true(at > 2); /* not at the first write of the next */
            halfway_reached(&halfway, fixture, g_steal_pointer(&dump));
            at = -1;
        } else if (!g_str_equal(dump, halfway.dump)) {
            assert_int_equal(halfway.version, SCHEMA_VERSION);
            assert_int_equal(count_rows(fixture->path, "SELECT count(*) FROM run"), 1);
            assert_int_equal(count_rows(fixture->path, "SELECT count(*) FROM exception"), 4);
        }
    }
    broken_disk_remove();
    assert_true(is_through && n_kills > 200);
    assert_int_equal(halfway.version, SCHEMA_VERSION);
    g_free(halfway.file);
    g_free(halfway.dump);
}

static void fail_at_every_write(Fixture *fixture, DiskFault fault, LedgerError expected,
                                const char *words)
{
    bool is_through = false;
    int at;

    broken_disk_install();
    Worlds worlds = make_worlds(fixture);
    for (at = 1; !is_through && at < 1000; at++) {
        g_autoptr(GError) error = NULL;
        copy_file(worlds.start, fixture->path);
        fixture_open(fixture, LEDGER_RUN);
        broken_disk_break(fault, at);
        is_through = second_night(fixture, &error);
        broken_disk_break(fault, 0);
        fixture_close(fixture);
        g_autofree char *dump = dump_file(fixture->path);
        assert_string_equal(dump, is_through ? worlds.after : worlds.before);
        if (!is_through) {
            assert_true(g_error_matches(error, LEDGER_ERROR, (gint)expected));
            assert_non_null(strstr(error->message, words));
            assert_non_null(strstr(error->message, "ledger is unchanged"));
            assert_non_null(strstr(error->message, fixture->path));
        }
    }
    broken_disk_remove();
    assert_true(is_through && at > 5);
    worlds_clear(&worlds);
}

static void a_full_disk_at_any_write_leaves_the_ledger_unchanged_and_says_so(void **state)
{
    fail_at_every_write(*state, DISK_FULL, LEDGER_ERROR_FULL, "the disk is full");
}

static void a_disk_error_at_any_write_leaves_the_ledger_unchanged_and_says_so(void **state)
{
    fail_at_every_write(*state, DISK_ERROR, LEDGER_ERROR_FAILED, "the disk answered with an error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CRASH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        CRASH(a_run_killed_at_any_write_leaves_the_ledger_as_before_or_as_after),
        CRASH(a_run_killed_at_any_instant_leaves_the_ledger_as_before_or_as_after),
        CRASH(a_first_run_killed_at_any_write_can_be_repeated),
        CRASH(a_full_disk_at_any_write_leaves_the_ledger_unchanged_and_says_so),
        CRASH(a_disk_error_at_any_write_leaves_the_ledger_unchanged_and_says_so),
    };
    return cmocka_run_group_tests_name("crashes and broken disks", tests, NULL, NULL);
}
