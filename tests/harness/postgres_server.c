#include "harness/postgres_server.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 5432 /* of the socket's name: nothing listens on it */

struct PostgresServer {
    char *programs, *folder, *data;
    const struct passwd *user; /* NULL: as who we are */
};

/* The newest. */
static char *find_programs(void)
{
    g_autoptr(GDir) versions = g_dir_open("/usr/lib/postgresql", 0, NULL);
    g_autofree char *best = NULL;
    const char *name;

    while (versions && (name = g_dir_read_name(versions))) {
        if (!best || g_ascii_strtoll(name, NULL, 10) > g_ascii_strtoll(best, NULL, 10)) {
            g_free(best);
            best = g_strdup(name);
        }
    }
    return best ? g_build_filename("/usr/lib/postgresql", best, "bin", NULL) : NULL;
}

/* In the child: becomes the server's user, and dies with the test. */
static void prepare_child(gpointer data)
{
    const PostgresServer *server = data;

    if (server->user && (initgroups(server->user->pw_name, server->user->pw_gid) != 0 ||
                         setgid(server->user->pw_gid) != 0 || setuid(server->user->pw_uid) != 0))
        _exit(127);
}

static void run(const PostgresServer *server, const char *program, const char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *path = g_build_filename(server->programs, program, NULL);
    g_autofree char *log = g_build_filename(server->folder, "log", NULL);
    g_autofree char *said = NULL;
    int status;

    g_ptr_array_add(argv, path);
    for (; *arguments; arguments++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)*arguments);
    g_ptr_array_add(argv, NULL);
    if (!g_spawn_sync("/", (char **)argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, prepare_child,
                      (gpointer)(uintptr_t)server, NULL, &said, &status, &error) ||
        !g_spawn_check_wait_status(status, &error)) {
        g_autofree char *logged = NULL;
        g_file_get_contents(log, &logged, NULL, NULL);
        g_error("%s: %s %s%s", program, error->message, said ? said : "", logged ? logged : "");
    }
}

static void start(const PostgresServer *server)
{
    g_autofree char *log = g_build_filename(server->folder, "log", NULL);
    const char *const arguments[] = {"-D", server->data, "-w", "-t",    "60",
                                     "-l", log,          "-s", "start", NULL};
    run(server, "pg_ctl", arguments);
}

static void stop(const PostgresServer *server)
{
    const char *const arguments[] = {"-D", server->data, "-m", "immediate", "-s", "stop", NULL};
    run(server, "pg_ctl", arguments);
}

static void configure(const PostgresServer *server, bool is_durable)
{
    g_autofree char *path = g_build_filename(server->data, "postgresql.auto.conf", NULL);
    g_autofree char *text =
        g_strdup_printf("listen_addresses = ''\nunix_socket_directories = '%s'\nport = %d\n"
                        "fsync = %s\nfull_page_writes = %s\nshared_buffers = 32MB\n"
                        "max_connections = 60\n",
                        server->folder, PORT, is_durable ? "on" : "off", is_durable ? "on" : "off");
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    if (server->user)
        g_assert_cmpint(chown(path, server->user->pw_uid, server->user->pw_gid), ==, 0);
}

PostgresServer *postgres_server_start(bool is_durable)
{
    g_autofree char *programs = find_programs();
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;

    if (!programs || (geteuid() == 0 && !user))
        return NULL;
    PostgresServer *server = g_new0(PostgresServer, 1);
    server->programs = g_steal_pointer(&programs);
    server->user = user;
    server->folder = g_dir_make_tmp("rightful-postgres-XXXXXX", NULL);
    server->data = g_build_filename(server->folder, "data", NULL);
    if (user)
        g_assert_cmpint(chown(server->folder, user->pw_uid, user->pw_gid), ==, 0);
    g_chmod(server->folder, 0755);
    /* A locale that does not order by bytes: the ledger must do that by itself. */
    const char *const arguments[] = {
        "-D",       server->data, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "-N", "-U",
        "postgres", NULL};
    run(server, "initdb", arguments);
    configure(server, is_durable);
    start(server);
    return server;
}

void postgres_server_restart(PostgresServer *server)
{
    stop(server);
    start(server);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) folder =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    g_remove(path);
}

void postgres_server_stop(PostgresServer *server)
{
    if (!server)
        return;
    stop(server);
    remove_tree(server->folder);
    g_free(server->programs);
    g_free(server->folder);
    g_free(server->data);
    g_free(server);
}

const char *postgres_server_folder(const PostgresServer *server)
{
    return server->folder;
}

int postgres_server_port(const PostgresServer *server)
{
    (void)server;
    return PORT;
}
