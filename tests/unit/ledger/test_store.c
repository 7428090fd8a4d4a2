/* Opening, refusing and locking a store. */
#include "fixture.h"
#include "ledger/store.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Opening fails with the code; the sentence has the words; the file keeps every byte. */
static void refused(Fixture *f, LedgerAccess access, LedgerError code, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL, *after = NULL;
    gsize n_before = 0, n_after = 0;

    g_file_get_contents(f->path, &before, &n_before, NULL);
    g_autoptr(Ledger) ledger = ledger_open(f->url, f->folder, access, &error);
    g_file_get_contents(f->path, &after, &n_after, NULL);
    assert_null(ledger);
    if (!g_error_matches(error, LEDGER_ERROR, (gint)code) || !strstr(error->message, words) ||
        !strstr(error->message, f->path))
        fail_msg("%d: %s", error->code, error->message);
    assert_int_equal(n_before, n_after);
    if (n_before)
        assert_memory_equal(before, after, n_before);
}

static void write_file(Fixture *f, const char *text, gsize length)
{
    assert_true(g_file_set_contents(f->path, text, (gssize)length, NULL));
}

static void only_a_run_creates_the_ledger(void **state)
{
    Fixture *f = *state;
    refused(f, LEDGER_READ, LEDGER_ERROR_MISSING, "no run has finished yet");
    refused(f, LEDGER_WRITE, LEDGER_ERROR_MISSING, "rightful run");
    assert_true(on_postgres() ? count_rows(f->path, "SELECT count(*) FROM run") == -1
                              : !g_file_test(f->path, G_FILE_TEST_EXISTS));
    fixture_open(f, LEDGER_RUN);
    fixture_open(f, LEDGER_READ);
}

static void a_new_ledger_is_readable_for_its_owner_only(void **state)
{
    Fixture *f = *state;
    struct stat info;
    mode_t mask = umask(0);
    fixture_open(f, LEDGER_RUN);
    umask(mask);

    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void an_empty_file_is_filled_by_a_run_only(void **state)
{
    Fixture *f = *state;
    write_file(f, "", 0);
    refused(f, LEDGER_READ, LEDGER_ERROR_MISSING, "empty");
    fixture_night(f, NOON, "dormant corp/ann");
    assert_int_equal(f->counts.n_open, 1);
}

static void a_file_that_is_no_database_is_refused_and_kept(void **state)
{
    Fixture *f = *state;
    g_autofree char *long_text = g_strnfill(20000, 'x');
    write_file(f, "id,name\n1,Ann\n", 14);
    refused(f, LEDGER_RUN, LEDGER_ERROR_NOT_OURS, "not a database");
    write_file(f, long_text, 20000);
    refused(f, LEDGER_RUN, LEDGER_ERROR_NOT_OURS, "not a database");
    refused(f, LEDGER_READ, LEDGER_ERROR_NOT_OURS, "not a database");
}

static void a_folder_is_refused(void **state)
{
    Fixture *f = *state;
    assert_int_equal(g_mkdir(f->path, 0700), 0);
    refused(f, LEDGER_RUN, LEDGER_ERROR_NOT_OURS, "folder");
    g_rmdir(f->path);
}

static void another_programs_database_is_refused_and_kept(void **state)
{
    Fixture *f = *state;
    g_assert_null(meddle(f->path, "CREATE TABLE song (title TEXT)"));
    refused(f, LEDGER_RUN, LEDGER_ERROR_NOT_OURS, "not a ledger");
    if (on_postgres())
        return;
    g_assert_null(meddle(f->path, "DROP TABLE song; PRAGMA application_id = 7"));
    refused(f, LEDGER_RUN, LEDGER_ERROR_NOT_OURS, "not a ledger");
}

static void a_newer_schema_is_refused_and_kept(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    g_assert_null(meddle(f->path, on_postgres() ? "UPDATE rightful_store SET version = 999"
                                                : "PRAGMA user_version = 999"));
    refused(f, LEDGER_RUN, LEDGER_ERROR_NEWER, "schema 999");
    refused(f, LEDGER_READ, LEDGER_ERROR_NEWER, "newer rightful");
}

static void unknown_kinds_of_store_are_told_the_known_ones(void **state)
{
    Fixture *f = *state;
    const char *const urls[] = {"mysql://user:secret@db/x", "nonsense", "",
                                "sqlite:", "sqlite://host/x.db"};

    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(ledger_open(urls[i], f->folder, LEDGER_RUN, &error));
        assert_non_null(strstr(error->message, "sqlite:///absolute/path"));
        assert_null(strstr(error->message, "secret"));
    }
}

static void a_relative_path_is_beside_the_configuration(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = ledger_open("sqlite:test.db", f->folder, LEDGER_RUN, &error);

    assert_non_null(ledger);
    assert_true(g_file_test(f->path, G_FILE_TEST_IS_REGULAR));
}

static void a_damaged_ledger_is_said_to_be_damaged(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) night = g_string_new(NULL);
    for (int i = 0; i < 2000; i++)
        g_string_append_printf(night, "dormant corp/a%d;", i);
    fixture_night(f, NOON, night->str);
    fixture_close(f);
    g_autofree char *data = NULL;
    gsize length;
    g_file_get_contents(f->path, &data, &length, NULL);
    memset(data + 8192, 0xa5, length - 8192);
    write_file(f, data, length);

    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = ledger_open(f->url, f->folder, LEDGER_RUN, &error);
    if (ledger && ledger_lock(ledger, LEDGER_LOCK_RUN, "x", &error)) {
        f->ledger = g_steal_pointer(&ledger);
        assert_false(fixture_try_night(f, NOON, night->str, &error));
    }
    assert_non_null(strstr(error->message, "damaged"));
}

/* As somebody who is not root, in a process of its own: 0 = refused as it should be. */
static int open_as_nobody(Fixture *f, LedgerAccess access, const char *words)
{
    pid_t child = fork();
    if (child == 0) {
        g_autoptr(GError) error = NULL;
        if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(2);
        g_autoptr(Ledger) ledger = ledger_open(f->url, f->folder, access, &error);
        if (ledger && access == LEDGER_RUN && ledger_lock(ledger, LEDGER_LOCK_RUN, "x", &error)) {
            f->ledger = g_steal_pointer(&ledger);
            fixture_try_night(f, NOON + DAY, "dormant corp/bob", &error);
        }
        bool is_as_said = words ? error && strstr(error->message, words) : ledger && !error;
        if (!is_as_said)
            g_printerr("%s\n", error ? error->message : "no error");
        _exit(is_as_said ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static void a_read_only_file_can_be_read_and_a_run_is_refused(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    g_chmod(f->folder, 0755);
    g_chmod(f->path, 0444);

    assert_int_equal(open_as_nobody(f, LEDGER_RUN, "ledger is unchanged"), 0);
    assert_int_equal(open_as_nobody(f, LEDGER_WRITE, "read-only"), 0);
    assert_int_equal(open_as_nobody(f, LEDGER_READ, NULL), 0);
}

static void a_read_only_folder_refuses_a_run(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_close(f);
    g_autofree char *before = dump_file(f->path);
    g_autofree char *lock = g_strconcat(f->path, ".lock", NULL);
    g_chmod(f->path, 0666);
    g_chmod(lock, 0666);
    g_chmod(f->folder, 0555);
    assert_int_equal(open_as_nobody(f, LEDGER_RUN, "ledger is unchanged"), 0);
    g_chmod(f->folder, 0755);
    g_autofree char *after = dump_file(f->path);
    assert_string_equal(before, after);
}

static void a_new_ledger_in_a_read_only_folder_is_refused(void **state)
{
    Fixture *f = *state;
    g_chmod(f->folder, 0555);
    assert_int_equal(open_as_nobody(f, LEDGER_RUN, "cannot be created"), 0);
    g_chmod(f->folder, 0755);
}

static void a_reader_cannot_write(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_night(f, NOON, "dormant corp/ann");
    fixture_open(f, LEDGER_READ);

    assert_false(ledger_comment(f->ledger, "EX-000001", "ann", "text", NOON, &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_READ_ONLY));
}

static void a_run_without_the_lock_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_open(f, LEDGER_RUN);
    Ledger *locked = g_steal_pointer(&f->ledger);
    f->ledger = ledger_open(f->url, f->folder, LEDGER_RUN, &error);

    assert_false(fixture_try_night(f, NOON, "dormant corp/ann", &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED));
    ledger_close(locked);
}

static void the_second_run_is_told_who_holds_the_lock_since_when(void **state)
{
    Fixture *f = *state;
    int ready[2], done[2];
    char byte;

    assert_int_equal(pipe(ready) | pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        fixture_open(f, LEDGER_RUN);
        if (write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) >= 0)
            _exit(0);
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    g_autoptr(GError) error = NULL;
    f->ledger = ledger_open(f->url, f->folder, LEDGER_RUN, &error);
    assert_non_null(f->ledger);
    assert_false(ledger_lock(f->ledger, LEDGER_LOCK_RUN, "second", &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED));
    assert_non_null(strstr(error->message, "rightful run, pid 17 on host db1, since 20"));

    /* Its death is its release. */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    bool is_locked = false;
    for (int i = 0;
         i < 6000 && !(is_locked = ledger_lock(f->ledger, LEDGER_LOCK_RUN, "second", NULL)); i++)
        g_usleep(10000); /* a server takes a moment to see it */
    assert_true(is_locked);
    close(ready[0]), close(ready[1]), close(done[0]), close(done[1]);
}

static void a_worker_has_a_lock_of_its_own(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fixture_open(f, LEDGER_RUN); /* holds the lock of the run */
    g_autoptr(Ledger) first = ledger_open(f->url, f->folder, LEDGER_WRITE, &error);
    g_autoptr(Ledger) second = ledger_open(f->url, f->folder, LEDGER_WRITE, &error);

    assert_non_null(first);
    assert_non_null(second);
    assert_true(ledger_lock(first, LEDGER_LOCK_WORKER, "rightful worker on host db1", &error));
    assert_true(ledger_lock(first, LEDGER_LOCK_WORKER, "the same once more", &error));
    assert_true(ledger_keep_lock(first, &error));
    assert_false(ledger_lock(second, LEDGER_LOCK_WORKER, "second", &error));
    assert_true(g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED));
    assert_non_null(strstr(error->message, "another worker does the jobs and the mail: rightful "
                                           "worker on host db1, since 20"));
    fixture_night(f, NOON, "dormant corp/ann"); /* the run is not held up */
    g_clear_pointer(&first, ledger_close);
    bool is_locked = false;
    for (int i = 0; i < 200 && !is_locked; i++) {
        is_locked = ledger_lock(second, LEDGER_LOCK_WORKER, "second", NULL);
        g_usleep(is_locked ? 0 : 10000); /* a server takes a moment to see it */
    }
    assert_true(is_locked);
}

enum { PROCEEDED, LOCKED_OUT, OTHERWISE };

/* Starts with all others on an empty store; who has the lock waits until everybody knows. */
static void compete(Fixture *f, int start, int told, int everybody)
{
    g_autoptr(GError) error = NULL;
    char byte;

    if (read(start, &byte, 1) != 0)
        _exit(OTHERWISE);
    f->ledger = ledger_open(f->url, f->folder, LEDGER_RUN, &error);
    bool is_ours = f->ledger && ledger_lock(f->ledger, LEDGER_LOCK_RUN, "one of sixteen", &error);
    bool is_out = g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_LOCKED);
    if (!is_ours && !is_out)
        g_printerr("%s\n", error->message);
    if (write(told, "x", 1) != 1 || read(everybody, &byte, 1) != 0 || !is_ours)
        _exit(is_out ? LOCKED_OUT : OTHERWISE);
    bool is_applied = fixture_try_night(f, NOON, "dormant corp/ann", &error);
    fixture_close(f);
    _exit(is_applied ? PROCEEDED : OTHERWISE);
}

static void of_sixteen_runs_at_once_one_proceeds(void **state)
{
    Fixture *f = *state;
    int start[2], told[2], everybody[2], ended[3] = {0};
    char byte;

    assert_int_equal(pipe(start) | pipe(told) | pipe(everybody), 0);
    for (int i = 0; i < 16; i++) {
        if (fork() == 0) {
            close(start[1]), close(everybody[1]);
            compete(f, start[0], told[1], everybody[0]);
        }
    }
    close(start[1]); /* go */
    for (int i = 0; i < 16; i++)
        assert_int_equal(read(told[0], &byte, 1), 1);
    close(everybody[1]);
    for (int i = 0; i < 16; i++) {
        int status = 0;
        wait(&status);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= OTHERWISE);
        ended[WEXITSTATUS(status)]++;
    }
    assert_int_equal(ended[PROCEEDED], 1);
    assert_int_equal(ended[LOCKED_OUT], 15);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM run"), 1);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'migrated'"),
                     SCHEMA_VERSION);
    close(start[0]), close(told[0]), close(told[1]), close(everybody[0]);
}

/* Makes a ledger as soon as it is told to. */
static void make_ledger(Fixture *f, int start)
{
    char byte;

    if (read(start, &byte, 1) != 0)
        _exit(1);
    fixture_open(f, LEDGER_RUN);
    fixture_close(f);
    _exit(0);
}

static void a_ledger_that_is_just_made_is_nobody_elses(void **state)
{
    Fixture *f = *state;
    int start[2];

    assert_int_equal(pipe(start), 0);
    pid_t child = fork();
    if (child == 0) {
        close(start[1]);
        make_ledger(f, start[0]);
    }
    close(start[1]); /* go */
    while (waitpid(child, NULL, WNOHANG) == 0) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Ledger) ledger = ledger_open(f->url, f->folder, LEDGER_READ, &error);
        assert_true(ledger || !g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_NOT_OURS));
    }
    close(start[0]);
}

static void migrating_twice_is_migrating_once(void **state)
{
    Fixture *f = *state;
    fixture_open(f, LEDGER_RUN);
    fixture_close(f);
    g_autofree char *before = dump_file(f->path);
    fixture_open(f, LEDGER_RUN);
    fixture_close(f);
    g_autofree char *after = dump_file(f->path);
    assert_string_equal(before, after);
}

static void info_tells_url_schema_and_sizes(void **state)
{
    Fixture *f = *state;
    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob");
    json_t *info = ledger_info(f->ledger, NULL);

    assert_string_equal(json_string_value(json_object_get(info, "url")), f->url);
    assert_int_equal(json_integer_value(json_object_get(info, "schema")), SCHEMA_VERSION);
    assert_int_equal(json_integer_value(json_object_get(info, "runs")), 1);
    assert_int_equal(json_integer_value(json_object_get(info, "exceptions")), 2);
    assert_true(json_integer_value(json_object_get(info, "size_bytes")) > 10000);
    json_decref(info);
}

/* A driver may keep a statement for the next who wants the same text. */
static void a_statement_prepared_again_has_nothing_of_the_last_time(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fixture_open(f, LEDGER_RUN);
    g_autoptr(Store) store = store_open(f->url, f->folder, LEDGER_WRITE, &error);
    assert_non_null(store);
    for (int64_t time = 0; time < 3; time++) {
        g_autoptr(Statement) row =
            store_prepare(store, "SELECT coalesce($1, 42), coalesce($2, 43)", &error);
        g_autoptr(Statement) same =
            store_prepare(store, "SELECT coalesce($1, 42), coalesce($2, 43)", &error);
        assert_non_null(row);
        assert_non_null(same);
        assert_int_equal(statement_step(row, &error), STORE_ROW);
        assert_int_equal(statement_integer(row, 0), 42);
        statement_bind(same, integer_value(time), integer_value(7));
        assert_int_equal(statement_step(same, &error), STORE_ROW);
        assert_int_equal(statement_integer(same, 0), time);
    }
}

static void a_statement_that_was_given_back_holds_nobody_up(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    fixture_night(f, NOON, "dormant corp/ann; dormant corp/bob");
    fixture_close(f);
    g_autoptr(Store) reader = store_open(f->url, f->folder, LEDGER_READ, &error);
    g_autoptr(Statement) rows = store_prepare(reader, "SELECT id FROM exception", &error);
    assert_int_equal(statement_step(rows, &error), STORE_ROW); /* there is another */
    g_clear_pointer(&rows, statement_free);
    fixture_night(f, NOON + DAY, "dormant corp/ann");
    assert_int_equal(f->counts.n_open, 1);
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define OF_ANY_STORE                                                                               \
    STORE(only_a_run_creates_the_ledger), STORE(another_programs_database_is_refused_and_kept),    \
        STORE(a_newer_schema_is_refused_and_kept), STORE(a_reader_cannot_write),                   \
        STORE(a_run_without_the_lock_is_refused),                                                  \
        STORE(the_second_run_is_told_who_holds_the_lock_since_when),                               \
        STORE(a_worker_has_a_lock_of_its_own), STORE(of_sixteen_runs_at_once_one_proceeds),        \
        STORE(a_ledger_that_is_just_made_is_nobody_elses),                                         \
        STORE(migrating_twice_is_migrating_once), STORE(info_tells_url_schema_and_sizes),          \
        STORE(a_statement_prepared_again_has_nothing_of_the_last_time),                            \
        STORE(a_statement_that_was_given_back_holds_nobody_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest of_any_store[] = {OF_ANY_STORE};
    const struct CMUnitTest of_sqlite[] = {
        OF_ANY_STORE,
        STORE(a_new_ledger_is_readable_for_its_owner_only),
        STORE(an_empty_file_is_filled_by_a_run_only),
        STORE(a_file_that_is_no_database_is_refused_and_kept),
        STORE(a_folder_is_refused),
        STORE(unknown_kinds_of_store_are_told_the_known_ones),
        STORE(a_relative_path_is_beside_the_configuration),
        STORE(a_damaged_ledger_is_said_to_be_damaged),
        STORE(a_read_only_file_can_be_read_and_a_run_is_refused),
        STORE(a_read_only_folder_refuses_a_run),
        STORE(a_new_ledger_in_a_read_only_folder_is_refused),
    };
    return argc > 1 ? run_on_argument(argc, argv, "the store", of_any_store)
                    : run_on_argument(argc, argv, "the store", of_sqlite);
}
