/* pulled.h: one source, from the text of its settings to what its connector gave. The real settings
 * reader and the real connector; only the sink is a recorder. */
#pragma once

#include "harness/recording_sink.h"
#include "settings/settings.h"

typedef struct Pulled {
    Sink *sink;
    bool is_whole;
    char *error;      /* "" when whole */
    SourceError code; /* when not whole */
    char *problems;   /* what the settings reader said; "" when the settings are good */
    double seconds, cpu_seconds;
} Pulled;

/* folder: where the configuration is written, and what relative paths are relative to. kind:
 * "ldif"; settings: the inside of the source's { … } without name, kind and provides. Problems of
 * the settings end it before the pull. */
Pulled *pulled_new(const char *folder, const char *kind, const char *settings);
/* The same with a sink that says from the start that the pull should stop. */
Pulled *pulled_cancelled_new(const char *folder, const char *kind, const char *settings);
/* The same with a function that is called with every entry. */
Pulled *pulled_watched_new(const char *folder, const char *kind, const char *settings,
                           void (*on_entry)(gpointer data), gpointer data);
void pulled_free(Pulled *pulled); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pulled, pulled_free)

/* What check() says of such a source; to be freed. */
char *pulled_checks(const char *folder, const char *kind, const char *settings);

/* What pull_times() tells of such a source: lines "account I disabled T locked T primary T" and
 * "group I DN T", T in UTC seconds or "-", I the index; a failure ends them with its sentence. To
 * be freed. */
char *pulled_times(const char *folder, const char *kind, const char *settings,
                   const TimesSubject *accounts, size_t n_accounts, const TimesSubject *groups,
                   size_t n_groups);
