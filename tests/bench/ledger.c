/* What the ledger costs, with findings that nobody had to look for.
 *
 * ledger N [sqlite|postgresql]: in a store of its own, durable: a first night of N exceptions, a
 * quiet one, a night with 0.5 % new and 0.5 % gone; and the naive way, which writes every row again
 * every night. One line each: what, wall seconds, own CPU seconds, wall as share of the naive way.
 */
#include "harness/postgres_server.h"
#include "ledger/ledger.h"
#include "ledger/store.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define NOON INT64_C(1772539200)
#define DAY INT64_C(86400)

static const char *const controls[] = {"dormant-account", "excess-privilege", "leaver-active",
                                       "orphaned-account"};

typedef struct Night {
    FindingSet set;
} Night;

static void describe(const FindingSet *set, const Finding *finding, FindingText *ret_text)
{
    uint32_t n = finding->subject;

    ret_text->control = set->controls->pdata[finding->control];
    ret_text->severity = finding->severity;
    ret_text->subject = (FindingParty){
        "account", g_strdup("corp"), g_strdup_printf("00000000-0000-4000-8000-%012u", n),
        g_strdup_printf("user%u", n), g_strdup_printf("uid=user%u,ou=People,dc=example,dc=com", n)};
    ret_text->person_id = g_strdup_printf("%08u", n);
    ret_text->person_name = g_strdup_printf("Person Number %u", n);
    ret_text->summary =
        g_strdup_printf("user%u was last used " ELAPSED_MARK "%" G_GINT64_FORMAT ELAPSED_MARK
                        " ago; the limit is 90 days.",
                        n, NOON - 200 * DAY);
    ret_text->evidence =
        g_strdup_printf("{\"last_logon\":\"2025-08-15T12:00:00Z\",\"limit_days\":90,"
                        "\"enabled\":true,\"linked_by\":\"employee_id = id\",\"n\":%u}",
                        n);
    ret_text->action = g_strdup("Ask the person whether the account is still needed; disable it if "
                                "not.");
}

/* Of the subjects first … first + n - 1. */
static Night *night_new(uint32_t first, uint32_t n)
{
    Night *night = g_new0(Night, 1);
    FindingSet *set = &night->set;

    set->findings = g_array_sized_new(FALSE, FALSE, sizeof(Finding), n);
    set->unjudged = g_array_new(FALSE, FALSE, sizeof(Unjudged));
    set->reasons = g_ptr_array_new();
    set->controls = g_ptr_array_new();
    set->sources = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++)
        g_ptr_array_add(set->controls, (gpointer)(uintptr_t)controls[i]);
    g_ptr_array_add(set->sources, (gpointer)(uintptr_t) "corp");
    set->is_judged = g_new(bool, G_N_ELEMENTS(controls));
    memset(set->is_judged, true, G_N_ELEMENTS(controls));
    set->describe = describe;
    for (uint32_t control = 0; control < G_N_ELEMENTS(controls); control++) {
        for (uint32_t i = control; i < n; i += G_N_ELEMENTS(controls)) {
            uint32_t subject = first + i;
            Finding finding = {.facts = subject,
                               .control = (uint16_t)(subject % G_N_ELEMENTS(controls)),
                               .severity = SEVERITY_MEDIUM,
                               .subject = subject,
                               .object = UINT32_MAX,
                               .person = subject};
            g_autofree char *key = g_strdup_printf("00000000-0000-4000-8000-%012u", subject);
            finding_identity(controls[finding.control], SUBJECT_ACCOUNT, "corp", key, SUBJECT_NONE,
                             NULL, NULL, finding.identity);
            g_array_append_val(set->findings, finding);
        }
    }
    return night;
}

static void night_free(Night *night)
{
    g_array_unref(night->set.findings);
    g_array_unref(night->set.unjudged);
    g_ptr_array_unref(night->set.reasons);
    g_ptr_array_unref(night->set.controls);
    g_ptr_array_unref(night->set.sources);
    g_free(night->set.is_judged);
    g_free(night);
}

typedef struct Clock {
    gint64 wall;
    struct rusage used;
} Clock;

static Clock now(void)
{
    Clock clock = {.wall = g_get_monotonic_time()};
    getrusage(RUSAGE_SELF, &clock.used);
    return clock;
}

static double seconds(struct timeval a, struct timeval b)
{
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_usec - a.tv_usec) / 1e6;
}

static double naive; /* seconds */

static void tell(const char *store, const char *what, Clock from)
{
    Clock to = now();
    double wall = (double)(to.wall - from.wall) / 1e6;
    double cpu = seconds(from.used.ru_utime, to.used.ru_utime) +
                 seconds(from.used.ru_stime, to.used.ru_stime);

    if (naive == 0)
        naive = wall;
    printf("%-10s  %-34s  %8.3f s  %8.3f s own CPU  %6.3f\n", store, what, wall, cpu, wall / naive);
    fflush(stdout);
}

static Ledger *open_store(const char *url)
{
    g_autoptr(GError) error = NULL;
    Ledger *ledger = ledger_open(url, "/", LEDGER_RUN, &error);

    if (!ledger || !ledger_lock(ledger, LEDGER_LOCK_RUN, "bench", &error))
        g_error("%s", error->message);
    return ledger;
}

static void apply(Ledger *ledger, const Night *night, int64_t as_of_utc)
{
    static const int64_t due_seconds[] = {90 * DAY, 30 * DAY, 7 * DAY, DAY};
    g_autoptr(GError) error = NULL;
    LedgerRun run = {.status = "applied",
                     .as_of_utc = as_of_utc,
                     .started_utc = as_of_utc,
                     .finished_utc = as_of_utc,
                     .actor = "bench",
                     .version = "0",
                     .config_digest = "sha256:00",
                     .profile = "iso27001"};
    LedgerApply apply = {.run = &run,
                         .findings = &night->set,
                         .resolve_limit = INT64_MAX,
                         .due_seconds = due_seconds};

    if (!ledger_apply(ledger, &apply, NULL, &error))
        g_error("%s", error->message);
}

static void measure(const char *store, const char *url, const char *other_url, uint32_t n)
{
    uint32_t changed = n / 200;
    Night *first = night_new(0, n), *second = night_new(changed, n), *one = night_new(0, 1);
    Clock from;

    /* Every row again: what a ledger does that keeps no identity. The tables are there, and warm.
     */
    Ledger *ledger = open_store(other_url);
    apply(ledger, one, NOON - DAY);
    from = now();
    apply(ledger, first, NOON);
    tell(store, "every row written (naive night)", from);
    ledger_close(ledger);

    ledger = open_store(url);
    from = now();
    apply(ledger, first, NOON);
    tell(store, "first night", from);
    from = now();
    apply(ledger, first, NOON + DAY);
    tell(store, "quiet night", from);
    from = now();
    apply(ledger, second, NOON + 2 * DAY);
    tell(store, "0.5 % new, 0.5 % gone", from);
    from = now();
    apply(ledger, second, NOON + 3 * DAY);
    tell(store, "quiet night after it", from);
    ledger_close(ledger);
    night_free(first);
    night_free(second);
    night_free(one);
}

static void measure_sqlite(uint32_t n)
{
    g_autofree char *folder = g_dir_make_tmp("ledger-bench-XXXXXX", NULL);
    static const char *const names[] = {"a.db", "b.db", "a.db.lock", "b.db.lock"};
    g_autofree char *url = g_strdup_printf("sqlite://%s/a.db", folder);
    g_autofree char *other = g_strdup_printf("sqlite://%s/b.db", folder);

    measure("SQLite", url, other, n);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static char *make_schema(PostgresServer *server, const char *schema)
{
    g_autofree char *place =
        g_strdup_printf("postgresql:///postgres?host=%s&port=%d&user=postgres",
                        postgres_server_folder(server), postgres_server_port(server));
    g_autofree char *sql = g_strdup_printf("CREATE SCHEMA %s", schema);
    PGconn *connection = PQconnectdb(place);

    PQclear(PQexec(connection, sql));
    PQfinish(connection);
    return g_strdup_printf("%s&options=-csearch_path%%3D%s", place, schema);
}

static void measure_postgres(uint32_t n)
{
    PostgresServer *server = postgres_server_start(true);

    if (!server) {
        fprintf(stderr, "There is no PostgreSQL on this machine.\n");
        return;
    }
    g_autofree char *url = make_schema(server, "a"), *other = make_schema(server, "b");
    measure("PostgreSQL", url, other, n);
    postgres_server_stop(server);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)g_ascii_strtoull(argv[1], NULL, 10) : 100000;
    const char *only = argc > 2 ? argv[2] : "";

    if (!g_str_equal(only, "postgresql"))
        measure_sqlite(n);
    naive = 0;
    if (!g_str_equal(only, "sqlite"))
        measure_postgres(n);
    return 0;
}
