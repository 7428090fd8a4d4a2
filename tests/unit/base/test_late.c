#include <rightful/late.h>

#include <gio/gio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const LateLibrary standard = {.names = {"libof-another-system.so.1", "libc.so.6"}};
static const LateLibrary nowhere = {.names = {"libnowhere.so.1"}};

static void a_library_is_found_by_the_first_of_its_names_that_there_is(void **state)
{
    (void)state;
    assert_int_equal(LATE(standard, strlen)("late"), 4);
}

/* What a process says that looks for this function; it must end by SIGABRT. */
static char *last_words(const LateLibrary *library, const char *function)
{
    int said[2];
    char text[1024];

    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL);
        dup2(said[1], STDERR_FILENO);
        late_function(library, function);
        _exit(0);
    }
    close(said[1]);
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n < sizeof text - 1;) {
        got = read(said[0], text + n, sizeof text - 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    text[n] = '\0';
    close(said[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return g_strdup(text);
}

static void what_is_not_there_ends_the_process_with_a_sentence(void **state)
{
    (void)state;
    g_autofree char *library = last_words(&nowhere, "strlen");
    assert_non_null(strstr(library, "libnowhere.so.1 cannot be loaded: "));

    g_autofree char *function = last_words(&standard, "no_such_function");
    assert_non_null(strstr(function, "is not the library that rightful was built for: "));
}

/* The point of it: none of them, and nothing that stands behind them, is in a process that did not
 * ask. */
static void the_program_is_not_linked_with_what_is_late(void **state)
{
    (void)state;
    static const char *const late[] = {"libical",       "libicuuc",   "libgmime", "libcurl",
                                       "libmicrohttpd", "libsystemd", "libzip",   "libpq",
                                       "libkrb5",       "libssl",     "libcrypto"};
    const char *program = getenv("RIGHTFUL");
    const char *const command[] = {program, "--version", NULL};
    g_auto(GStrv) environment =
        g_environ_setenv(g_get_environ(), "LD_TRACE_LOADED_OBJECTS", "1", TRUE);
    g_autofree char *loaded = NULL;

    if (program == NULL)
        skip();
    assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)command, environment, 0, NULL, NULL, &loaded,
                             NULL, NULL, NULL));
    assert_non_null(strstr(loaded, "libglib"));
    for (size_t i = 0; i < G_N_ELEMENTS(late); i++)
        if (strstr(loaded, late[i]) != NULL)
            fail_msg("linked with %s:\n%s", late[i], loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_found_by_the_first_of_its_names_that_there_is),
        cmocka_unit_test(what_is_not_there_ends_the_process_with_a_sentence),
        cmocka_unit_test(the_program_is_not_linked_with_what_is_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
