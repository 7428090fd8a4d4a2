#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static const char content[] =
    "sources: ( { name = \"corp\"; kind = \"tree\"; provides = \"directory\"; "
    "url = \"u\"; password_file = \"secret\"; } );";

static Settings *load_with_secret(void **state, const char *secret)
{
    g_autofree char *path = fixture_write(state, "secret", secret);
    assert_int_equal(g_chmod(path, 0600), 0);
    return fixture_load(state, content);
}

static void a_secret_is_the_first_line_without_its_end(void **state)
{
    g_autoptr(Settings) settings = load_with_secret(state, "hunter 2\r\nmore\n");

    char *secret = settings_secret(settings->sources[0].source.settings, "password_file", NULL);
    assert_string_equal(secret, "hunter 2");
    settings_secret_free(secret);
}

static void an_empty_first_line_is_no_secret(void **state)
{
    g_autoptr(Settings) settings = load_with_secret(state, "\nhunter2\n");
    g_autoptr(GError) error = NULL;

    assert_null(settings_secret(settings->sources[0].source.settings, "password_file", &error));
    assert_non_null(strstr(error->message, "is empty"));
}

static void an_endless_line_is_no_secret(void **state)
{
    g_autofree char *line = g_strnfill(5000, 'x');
    g_autoptr(Settings) settings = load_with_secret(state, line);
    g_autoptr(GError) error = NULL;

    assert_null(settings_secret(settings->sources[0].source.settings, "password_file", &error));
    assert_non_null(strstr(error->message, "longer than"));
    assert_null(strstr(error->message, "xxxx"));
}

static void a_credential_of_the_unit_comes_before_a_file(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("rightful-credentials-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "secret", NULL);
    assert_true(g_file_set_contents(path, "from the unit\n", -1, NULL));
    assert_int_equal(g_chmod(path, 0400), 0);
    assert_true(g_setenv("CREDENTIALS_DIRECTORY", folder, TRUE));

    g_autoptr(Settings) settings = load_with_secret(state, "from the file\n");
    char *secret = settings_secret(settings->sources[0].source.settings, "password_file", NULL);
    assert_string_equal(secret, "from the unit");
    settings_secret_free(secret);
    (void)g_remove(path);
    (void)g_rmdir(folder);
}

static void a_name_alone_is_looked_for_where_units_take_credentials_from(void **state)
{
    g_autofree char *folder = g_build_filename(*state, "credentials", NULL);
    g_autofree char *path = g_build_filename(folder, "secret", NULL);

    g_unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_true(g_file_set_contents(path, "kept for units\n", -1, NULL));
    assert_int_equal(g_chmod(path, 0600), 0);
    g_autoptr(Settings) settings = fixture_load(state, content);
    char *secret = settings_secret(settings->sources[0].source.settings, "password_file", NULL);
    assert_string_equal(secret, "kept for units");
    settings_secret_free(secret);
    assert_int_equal(g_remove(path), 0);
}

static void one_that_is_not_there_is_no_problem_for_who_needs_none(void **state)
{
    g_autofree char *path = fixture_write(state, "test.conf", content);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) unreadable = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Settings) settings = settings_load(path, &fixture_catalogue, problems, unreadable);
    g_autoptr(GError) error = NULL;

    assert_non_null(settings);
    assert_int_equal(problems->len, 0);
    assert_int_equal(unreadable->len, 1);
    assert_non_null(strstr(unreadable->pdata[0], "sources.corp.password_file: "));
    assert_null(settings_secret(settings->sources[0].source.settings, "password_file", &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
}

static void one_that_everybody_can_read_is_a_problem_for_all(void **state)
{
    g_autofree char *secret = fixture_write(state, "secret", "hunter2\n");
    g_autofree char *path = fixture_write(state, "test.conf", content);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) unreadable = g_ptr_array_new_with_free_func(g_free);

    assert_int_equal(g_chmod(secret, 0644), 0);
    assert_null(settings_load(path, &fixture_catalogue, problems, unreadable));
    assert_int_equal(problems->len, 1);
    assert_int_equal(unreadable->len, 0);
}

static void a_secret_that_is_gone_by_then_is_an_error(void **state)
{
    g_autoptr(Settings) settings = load_with_secret(state, "hunter2\n");
    g_autofree char *path = g_build_filename(*state, "secret", NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_remove(path), 0);
    assert_null(settings_secret(settings->sources[0].source.settings, "password_file", &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_the_first_line_without_its_end),
        TEST(an_empty_first_line_is_no_secret),
        TEST(an_endless_line_is_no_secret),
        TEST(a_credential_of_the_unit_comes_before_a_file),
        TEST(a_name_alone_is_looked_for_where_units_take_credentials_from),
        TEST(one_that_is_not_there_is_no_problem_for_who_needs_none),
        TEST(one_that_everybody_can_read_is_a_problem_for_all),
        TEST(a_secret_that_is_gone_by_then_is_an_error),
    };
    return cmocka_run_group_tests_name("settings/secret", tests, NULL, NULL);
}
