/* A run on PostgreSQL whose connection, process or server ends at any message: applied once and
 * whole, or not at all. Each night is also judged by a ledger on SQLite that nothing happens to. */
#include "fixture.h"
#include "harness/cutting_proxy.h"
#include "ledger/store.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* New, gone, back, changed, other severity, left alone. */
static const char *const nights[] = {
    "leaver-active corp/ann; leaver-active corp/bob; dormant corp/cat; dormant lab/dan; excess "
    "corp/eve > pay",
    "leaver-active corp/ann #2; leaver-active corp/fay; dormant corp/cat !low; ?dormant lab; "
    "excess corp/gil > pay",
};

typedef struct Pair {
    Fixture *harmed; /* through the proxy */
    Fixture *twin;   /* on SQLite */
    CuttingProxy *proxy;
    int n_nights;
} Pair;

static Fixture *make_twin(void)
{
    Fixture *twin = g_new0(Fixture, 1);
    twin->folder = g_dir_make_tmp("ledger-XXXXXX", NULL);
    twin->path = g_build_filename(twin->folder, "test.db", NULL);
    twin->url = g_strconcat("sqlite://", twin->path, NULL);
    twin->resolve_limit = INT64_MAX;
    return twin;
}

static int64_t as_of(const Pair *pair)
{
    return NOON + pair->n_nights * DAY;
}

static const char *tonight(const Pair *pair)
{
    return nights[pair->n_nights % 2];
}

/* Not through the proxy. */
static char *digest(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    bool is_file = g_path_is_absolute(fixture->path);
    g_autoptr(Ledger) ledger =
        ledger_open(is_file ? fixture->url : fixture->path, fixture->folder, LEDGER_READ, &error);
    char *text = ledger ? ledger_digest(ledger, &error) : NULL;
    if (!text)
        fail_msg("%s", error->message);
    return text;
}

static void assert_same(Pair *pair, const char *what, int at)
{
    fixture_close(pair->harmed);
    fixture_close(pair->twin);
    g_autofree char *harmed = digest(pair->harmed), *twin = digest(pair->twin);
    if (!g_str_equal(harmed, twin))
        fail_msg("%s at message %d, night %d: the ledgers differ", what, at, pair->n_nights);
}

static int setup(void **state)
{
    Pair *pair = g_new0(Pair, 1);
    void *harmed;

    fixture_setup(&harmed);
    pair->harmed = harmed;
    pair->twin = make_twin();
    pair->proxy = cutting_proxy_start(on_postgres_server());
    fixture_night(pair->twin, as_of(pair), tonight(pair));
    json_decref(ledger_copy(pair->twin->ledger, pair->harmed->url, "/", NULL));
    pair->n_nights = 1;
    /* From here on through the proxy. */
    g_auto(GStrv) parts =
        g_strsplit(pair->harmed->url, postgres_server_folder(on_postgres_server()), 2);
    g_free(pair->harmed->url);
    pair->harmed->url = g_strconcat(parts[0], cutting_proxy_folder(pair->proxy), parts[1], NULL);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    Pair *pair = *state;
    void *harmed = pair->harmed, *twin = pair->twin;

    fixture_teardown(&harmed);
    fixture_teardown(&twin);
    cutting_proxy_stop(pair->proxy);
    g_free(pair);
    return 0;
}

/* What a process of its own would do, error or not. */
static bool open_and_run(Pair *pair, int *ret_locked_at, GError **error)
{
    Fixture *f = pair->harmed;

    fixture_close(f);
    *ret_locked_at = INT_MAX;
    f->ledger = ledger_open(f->url, f->folder, LEDGER_RUN, error);
    for (int i = 0; f->ledger && i < 6000; i++) {
        g_clear_error(error);
        if (ledger_lock(f->ledger, LEDGER_LOCK_RUN, "rightful run, pid 17 on host db1", error))
            break;
        if (!g_error_matches(*error, LEDGER_ERROR, LEDGER_ERROR_LOCKED))
            return false;
        g_usleep(10000); /* a dead one's, for a moment */
    }
    if (!f->ledger || *error)
        return false;
    *ret_locked_at = cutting_proxy_messages(pair->proxy);
    return fixture_try_night(f, as_of(pair), tonight(pair), error);
}

static void run_unharmed(Pair *pair)
{
    g_autoptr(GError) error = NULL;
    int locked_at;

    cutting_proxy_set(pair->proxy, HARM_NONE, 0, HARM_NONE, 0);
    if (!open_and_run(pair, &locked_at, &error))
        fail_msg("%s", error->message);
}

/* Once the lock is held, whatever is lost is made good by the run itself. */
static void assert_harmless_at_every_message(Pair *pair, Harm harm, const char *what, int step)
{
    bool is_through = false;
    int at = 1, n_recovered = 0;

    for (; !is_through; at += step, pair->n_nights++) {
        g_autoptr(GError) error = NULL;
        int locked_at;
        cutting_proxy_set(pair->proxy, harm, at, HARM_NONE, 0);
        bool is_applied = open_and_run(pair, &locked_at, &error);
        is_through = !cutting_proxy_has_harmed(pair->proxy);
        cutting_proxy_set(pair->proxy, HARM_NONE, 0, HARM_NONE, 0);
        if (!is_applied && at > locked_at)
            fail_msg("%s at message %d: %s", what, at, error->message);
        if (!is_applied) {
            assert_non_null(
                strstr(error->message, "hanged")); /* "unchanged", "nothing was changed" */
            assert_null(strstr(error->message, "secret"));
            assert_same(pair, what, at);
            run_unharmed(pair);
        } else if (!is_through) {
            n_recovered++;
        }
        fixture_night(pair->twin, as_of(pair), tonight(pair));
        assert_same(pair, what, at);
    }
    assert_true(n_recovered * step > 40);
}

static void a_connection_cut_before_any_message_costs_nothing(void **state)
{
    assert_harmless_at_every_message(*state, HARM_CUT_BEFORE, "cut before", 2);
}

static void a_connection_cut_after_any_message_costs_nothing(void **state)
{
    assert_harmless_at_every_message(*state, HARM_CUT_AFTER, "cut after", 1);
}

static void a_server_that_crashes_costs_nothing(void **state)
{
    assert_harmless_at_every_message(*state, HARM_CRASH, "crash", 17);
}

/* In a process that is killed; true when it ended by itself. */
static bool run_in_child(Pair *pair)
{
    pid_t child = fork();
    if (child == 0) {
        g_autoptr(GError) error = NULL;
        int locked_at;
        cutting_proxy_be_victim(pair->proxy);
        pair->twin->ledger = NULL;
        bool is_applied = open_and_run(pair, &locked_at, &error);
        fixture_close(pair->harmed);
        _exit(is_applied ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status);
}

static void assert_whole_when_killed(Pair *pair, Harm first, int first_at, int at,
                                     bool *ret_is_through)
{
    fixture_close(pair->harmed);
    fixture_close(pair->twin);
    g_autofree char *before = digest(pair->twin);
    fixture_night(pair->twin, as_of(pair), tonight(pair));
    fixture_close(pair->twin);
    if (first == HARM_NONE)
        cutting_proxy_set(pair->proxy, HARM_KILL, at, HARM_NONE, 0);
    else
        cutting_proxy_set(pair->proxy, first, first_at, HARM_KILL, at);
    *ret_is_through = run_in_child(pair);
    cutting_proxy_set(pair->proxy, HARM_NONE, 0, HARM_NONE, 0);
    g_autofree char *found = digest(pair->harmed), *after = digest(pair->twin);
    if (g_str_equal(found, before))
        run_unharmed(pair);
    else if (!g_str_equal(found, after))
        fail_msg("killed at message %d, night %d: neither as before nor as after", at,
                 pair->n_nights);
    assert_same(pair, "after killing", at);
    pair->n_nights++;
}

static void a_run_killed_at_any_message_leaves_the_ledger_as_before_or_as_after(void **state)
{
    bool is_through = false;
    int at = 1;

    for (; !is_through; at += 2)
        assert_whole_when_killed(*state, HARM_NONE, 0, at, &is_through);
    assert_true(at > 40);
}

/* The connection is lost early, in the middle and at the COMMIT; while the run recovers, it is
 * killed. */
static void a_run_killed_while_it_recovers_leaves_the_ledger_as_before_or_as_after(void **state)
{
    Pair *pair = *state;

    run_unharmed(pair);
    fixture_night(pair->twin, as_of(pair), tonight(pair));
    pair->n_nights++;
    int n = cutting_proxy_messages(pair->proxy);
    const int places[] = {n / 3, n - 2, n - 1, n};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        bool is_through = false;
        for (int at = 1; !is_through; at += 11)
            assert_whole_when_killed(pair, HARM_CUT_AFTER, places[i], at, &is_through);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define LOST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        LOST(a_connection_cut_before_any_message_costs_nothing),
        LOST(a_connection_cut_after_any_message_costs_nothing),
        LOST(a_server_that_crashes_costs_nothing),
        LOST(a_run_killed_at_any_message_leaves_the_ledger_as_before_or_as_after),
        LOST(a_run_killed_while_it_recovers_leaves_the_ledger_as_before_or_as_after),
    };
    return run_on_argument(argc, argv, "lost connections", tests);
}
