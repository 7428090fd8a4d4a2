/* A folder in which others leave files: what is taken, what is not and why, and where it ends. */
#include "run/drop_folder.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Fixture {
    char *path;
    DropFolder *folder;
} Fixture;

static int setup(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->path = g_dir_make_tmp("rightful-drop-XXXXXX", NULL);
    fixture->folder = drop_folder_open(fixture->path, NULL);
    *state = fixture;
    return fixture->folder != NULL ? 0 : 1;
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        if (g_file_test(inside, G_FILE_TEST_IS_DIR) && !g_file_test(inside, G_FILE_TEST_IS_SYMLINK))
            remove_all(inside);
        else
            g_unlink(inside);
    }
    g_rmdir(path);
}

static int teardown(void **state)
{
    Fixture *fixture = *state;

    drop_folder_close(fixture->folder);
    remove_all(fixture->path);
    g_free(fixture->path);
    g_free(fixture);
    return 0;
}

static void drop(const Fixture *fixture, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(fixture->path, name, NULL);

    assert_true(g_file_set_contents_full(path, content, -1, G_FILE_SET_CONTENTS_NONE, 0640, NULL));
}

/* "waiting/b.csv a.csv"; newly allocated. */
static char *list(const Fixture *fixture)
{
    g_autoptr(GPtrArray) names = drop_folder_list(fixture->folder, NULL);

    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)(void *)names->pdata);
}

/* What was read, or why it was not; newly allocated. Settles it there. */
static char *take(const Fixture *fixture, DropEnd end)
{
    g_autoptr(GPtrArray) names = drop_folder_list(fixture->folder, NULL);
    g_auto(DropFile) file = {0};
    char *why = NULL;

    assert_true(names->len > 0);
    assert_true(drop_folder_read(fixture->folder, names, 0, &file, &why));
    assert_true((why == NULL) == (file.content != NULL));
    assert_true(drop_folder_settle(fixture->folder, &file, end, "because\n", NULL));
    return why != NULL ? why : g_strndup(file.content, file.length);
}

#define assert_list(fixture, wanted)                                                               \
    do {                                                                                           \
        g_autofree char *names = list(fixture);                                                    \
        assert_string_equal(names, wanted);                                                        \
    } while (0)
#define assert_taken(fixture, end, wanted)                                                         \
    do {                                                                                           \
        g_autofree char *taken = take(fixture, end);                                               \
        assert_string_equal(taken, wanted);                                                        \
    } while (0)

static bool is_there(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->path, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void only_files_that_have_their_name_are_complete(void **state)
{
    const Fixture *fixture = *state;

    drop(fixture, "b.csv", "2");
    drop(fixture, "a.csv", "1");
    drop(fixture, "c.csv.tmp", "3");
    drop(fixture, ".d.csv", "4");
    assert_list(fixture, "a.csv b.csv");
}

static void a_file_ends_with_a_text_that_says_why_and_nothing_is_written_over(void **state)
{
    const Fixture *fixture = *state;

    drop(fixture, "a.csv", "first");
    assert_taken(fixture, DROP_DONE, "first");
    assert_true(is_there(fixture, "done/a.csv") && is_there(fixture, "done/a.csv.txt"));
    drop(fixture, "a.csv", "second");
    assert_taken(fixture, DROP_DONE, "second");
    assert_list(fixture, "");
    g_autofree char *path = g_build_filename(fixture->path, "done", "a.csv", NULL);
    g_autofree char *kept = NULL;
    assert_true(g_file_get_contents(path, &kept, NULL, NULL));
    assert_string_equal(kept, "first");
}

static void what_waits_is_taken_first_and_again(void **state)
{
    const Fixture *fixture = *state;

    drop(fixture, "z.csv", "waits");
    assert_taken(fixture, DROP_WAITING, "waits");
    drop(fixture, "a.csv", "new");
    assert_list(fixture, "waiting/z.csv a.csv");
    assert_taken(fixture, DROP_WAITING, "waits");
    assert_list(fixture, "waiting/z.csv a.csv");
    assert_taken(fixture, DROP_DONE, "waits");
    assert_false(is_there(fixture, "waiting/z.csv.txt"));
    assert_list(fixture, "a.csv");
}

static void what_somebody_else_could_change_is_refused(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *path = g_build_filename(fixture->path, "a.csv", NULL);
    g_autofree char *other = g_build_filename(fixture->path, "other", NULL);

    drop(fixture, "other", "x");
    assert_int_equal(symlink(other, path), 0);
    assert_taken(fixture, DROP_REFUSED, "it is a symbolic link");
    assert_int_equal(link(other, path), 0);
    assert_taken(fixture, DROP_REFUSED,
                 "it has another name too (a hard link): somebody else may change it");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_taken(fixture, DROP_REFUSED, "it is no regular file");
    drop(fixture, "a.csv", "x");
    assert_int_equal(g_chmod(path, 0666), 0);
    assert_taken(fixture, DROP_REFUSED, "everybody may write it");
    drop(fixture, "a.csv", "x");
    assert_int_equal(truncate(path, (off_t)DROP_MAX_BYTES + 1), 0);
    assert_taken(fixture, DROP_REFUSED, "it is larger than 1 MiB");
    assert_list(fixture, "");
}

static void a_file_that_is_gone_is_no_file(void **state)
{
    const Fixture *fixture = *state;
    g_auto(DropFile) file = {0};
    g_autofree char *why = NULL;

    drop(fixture, "a.csv", "x");
    g_autoptr(GPtrArray) names = drop_folder_list(fixture->folder, NULL);
    g_autofree char *path = g_build_filename(fixture->path, "a.csv", NULL);
    g_unlink(path);
    assert_false(drop_folder_read(fixture->folder, names, 0, &file, &why));
}

static void a_folder_that_everybody_may_write_is_none(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *gone = g_build_filename(fixture->path, "gone", NULL);

    assert_int_equal(g_chmod(fixture->path, 0777), 0);
    assert_null(drop_folder_open(fixture->path, &error));
    g_clear_error(&error);
    assert_null(drop_folder_open(gone, &error));
    assert_non_null(error);
}

#define drop_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        drop_test(only_files_that_have_their_name_are_complete),
        drop_test(a_file_ends_with_a_text_that_says_why_and_nothing_is_written_over),
        drop_test(what_waits_is_taken_first_and_again),
        drop_test(what_somebody_else_could_change_is_refused),
        drop_test(a_file_that_is_gone_is_no_file),
        drop_test(a_folder_that_everybody_may_write_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
