#include "component/slapd.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char *script_path(void)
{
    const char *root = g_getenv("SOURCE_ROOT");
    return g_build_filename(root != NULL ? root : ".", "tests", "component", "slapd.sh", NULL);
}

/* Runs slapd.sh; its standard output, or NULL. Exits with 77 where the server is missing. */
static char *run(const char *const *arguments, const char *certificate)
{
    g_auto(GStrv) environment =
        g_environ_setenv(g_get_environ(), "SLAPD_CERTIFICATE", certificate, TRUE);
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    int status = 0;

    if (!g_spawn_sync(NULL, (char **)(uintptr_t)arguments, environment, G_SPAWN_DEFAULT, NULL, NULL,
                      &output, NULL, &status, &error))
        g_error("%s", error->message);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        exit(77);
    if (status != 0)
        g_clear_pointer(&output, g_free);
    return output;
}

static char *value_of(const char *environment, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(environment, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++) {
        size_t length = strlen(name);
        if (strncmp(lines[i], name, length) == 0 && lines[i][length] == '=')
            return g_strdup(lines[i] + length + 1);
    }
    return NULL;
}

Slapd *slapd_start(const char *ldif, const char *suffix, const char *certificate)
{
    Slapd *slapd = g_new0(Slapd, 1);

    slapd->folder = g_dir_make_tmp("rightful-slapd-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(slapd->folder, "load.ldif", NULL);
    g_autofree char *script = script_path();
    g_assert_true(g_file_set_contents(file, ldif, -1, NULL));
    const char *const arguments[] = {script, "start", slapd->folder, file, suffix, NULL};
    g_autofree char *environment = run(arguments, certificate);
    if (environment == NULL)
        g_error("slapd does not start");
    g_autofree char *pid = value_of(environment, "SLAPD_PID");
    slapd->pid = (pid_t)atoi(pid);
    slapd->ldap_url = value_of(environment, "LDAP_URL");
    slapd->ldaps_url = value_of(environment, "LDAPS_URL");
    slapd->ldapi_url = value_of(environment, "LDAPI_URL");
    slapd->ca_file = value_of(environment, "CA_FILE");
    slapd->other_ca_file = g_build_filename(slapd->folder, "tls", "other.pem", NULL);
    slapd->password_file = value_of(environment, "PASSWORD_FILE");
    slapd->log = value_of(environment, "SLAPD_LOG");
    return slapd;
}

void slapd_stop(Slapd *slapd)
{
    if (slapd == NULL)
        return;
    g_autofree char *script = script_path();
    const char *const arguments[] = {script, "stop", slapd->folder, NULL};
    g_free(run(arguments, "server"));
    const char *const removal[] = {"rm", "-rf", slapd->folder, NULL};
    g_spawn_sync(NULL, (char **)(uintptr_t)removal, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                 NULL, NULL, NULL);
    g_free(slapd->folder);
    g_free(slapd->ldap_url);
    g_free(slapd->ldaps_url);
    g_free(slapd->ldapi_url);
    g_free(slapd->ca_file);
    g_free(slapd->other_ca_file);
    g_free(slapd->password_file);
    g_free(slapd->log);
    g_free(slapd);
}

guint slapd_count_in_log(const Slapd *slapd, const char *text)
{
    g_autofree char *log = NULL;
    guint n = 0;

    g_assert_true(g_file_get_contents(slapd->log, &log, NULL, NULL));
    for (const char *at = strstr(log, text); at != NULL; at = strstr(at + 1, text))
        n++;
    return n;
}
