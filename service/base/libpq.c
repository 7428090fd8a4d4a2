#include <rightful/libpq.h>

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Before main(), since unsetenv() is not for threads. */
__attribute__((constructor)) static void take_no_outside_settings(void)
{
    static const char *const names[] = {"PGHOST",
                                        "PGHOSTADDR",
                                        "PGPORT",
                                        "PGDATABASE",
                                        "PGUSER",
                                        "PGPASSWORD",
                                        "PGSERVICE",
                                        "PGOPTIONS",
                                        "PGAPPNAME",
                                        "PGSSLMODE",
                                        "PGREQUIRESSL",
                                        "PGSSLCOMPRESSION",
                                        "PGSSLCERT",
                                        "PGSSLKEY",
                                        "PGSSLROOTCERT",
                                        "PGSSLCRL",
                                        "PGSSLCRLDIR",
                                        "PGSSLSNI",
                                        "PGREQUIREPEER",
                                        "PGSSLMINPROTOCOLVERSION",
                                        "PGSSLMAXPROTOCOLVERSION",
                                        "PGGSSENCMODE",
                                        "PGKRBSRVNAME",
                                        "PGGSSLIB",
                                        "PGGSSDELEGATION",
                                        "PGCHANNELBINDING",
                                        "PGREQUIREAUTH",
                                        "PGSSLCERTMODE",
                                        "PGCONNECT_TIMEOUT",
                                        "PGCLIENTENCODING",
                                        "PGTARGETSESSIONATTRS",
                                        "PGLOADBALANCEHOSTS",
                                        "PGDATESTYLE",
                                        "PGTZ",
                                        "PGGEQO"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        unsetenv(names[i]);
}

char *libpq_text(const char *message)
{
    char *text = g_strdup(message != NULL ? message : "");
    g_strdelimit(g_strstrip(text), "\n\r\t", ' ');
    return text;
}

const char *libpq_option(const PQconninfoOption *options, const char *name)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, name) == 0)
            return options->val;
    }
    return NULL;
}

bool libpq_is_given(const PQconninfoOption *options, const char *name)
{
    const char *value = libpq_option(options, name);
    return value != NULL && value[0] != '\0';
}

bool libpq_insists_on_tls(const char *sslmode)
{
    return sslmode != NULL &&
           (strcmp(sslmode, "require") == 0 || strcmp(sslmode, "verify-ca") == 0 ||
            strcmp(sslmode, "verify-full") == 0);
}
