/* settings.h: the configuration of a run, read once, checked whole.
 *
 * The only folder that includes libconfig. Everything is driven by tables of Setting: the service's
 * own (settings_table.c), one per connector, and one per control (passed in, since settings know no
 * control). Reading never stops at the first problem: all of them are collected as "file:line: key:
 * what is wrong; allowed: …; did you mean …?" (interface.md section 2). */
#pragma once

#include <rightful/connector.h>
#include <rightful/settings.h>

#include <glib.h>

/* What the reader must know besides its own table. */
typedef struct SettingsCatalogue {
    const Connector *const *connectors; /* NULL-terminated */
    const Setting *controls;            /* children of `controls`: one SETTING_GROUP a control */
} SettingsCatalogue;

typedef struct SettingsSource {
    Source source; /* name, provides, settings: what a connector gets */
    const Connector *connector;
    const char *place; /* "file:line" */
} SettingsSource;

typedef struct Settings {
    char *path;   /* absolute */
    char *digest; /* "sha256:…" over all files read (includes too), secrets not among them */
    const SettingsGroup *root;
    char *organisation;  /* may be "" */
    GTimeZone *timezone; /* the organisation's; never NULL (UTC when not set) */
    char *timezone_name;
    char *store_url;
    SettingsSource *sources;
    size_t n_sources;
    const char *const *profiles; /* NULL-terminated, at least "iso27001" */
} Settings;

/* NULL when there is any problem; then problems (element-type utf8, sentences without a final
 * newline) is not empty. Checks that files and secrets which the configuration needs exist; does
 * not connect anywhere. Secrets that are not there, or not for whoever asks, go to unreadable and
 * are no problem: the web and who looks at the ledger get none. NULL: they are problems. */
Settings *settings_load(const char *path, const SettingsCatalogue *catalogue, GPtrArray *problems,
                        GPtrArray *unreadable);
void settings_free(Settings *settings); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* The whole table, flattened for `rightful list settings` and for the test of config/rightful.conf:
 * calls visit with the full key ("sources.ldap.page_size", "controls.dormant-account.days",
 * "guards.shrink_percent"). */
typedef void (*SettingsVisit)(const char *key, const Setting *setting, void *data);
void settings_describe(const SettingsCatalogue *catalogue, SettingsVisit visit, void *data);
const char *
setting_type_text(const Setting *setting); /* "integer 1..1000", "text", "list of texts", … */

/* The nearest of the NULL-terminated names to what somebody typed (edit distance, at most a third
 * of its length); NULL when none is near. Also used for commands and options. */
const char *settings_nearest(const char *typed, const char *const *names);
