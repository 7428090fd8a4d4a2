#include "ledger/store.h"

#include "ledger/audit.h"
#include "ledger_resource.h"

#include <string.h>

/* Never change one that was released: add the next. Version = place in the list, from 1. */
static const char *const migrations[] = {
    "/rightful/ledger/schema/0001.sql", "/rightful/ledger/schema/0002.sql",
    "/rightful/ledger/schema/0003.sql", "/rightful/ledger/schema/0004.sql",
    "/rightful/ledger/schema/0005.sql", "/rightful/ledger/schema/0006.sql",
    "/rightful/ledger/schema/0007.sql", "/rightful/ledger/schema/0008.sql",
    "/rightful/ledger/schema/0009.sql", "/rightful/ledger/schema/0010.sql",
    "/rightful/ledger/schema/0011.sql", "/rightful/ledger/schema/0012.sql",
    "/rightful/ledger/schema/0013.sql", "/rightful/ledger/schema/0014.sql",
    "/rightful/ledger/schema/0015.sql", "/rightful/ledger/schema/0016.sql"};
G_STATIC_ASSERT(G_N_ELEMENTS(migrations) == SCHEMA_VERSION);

static bool append_word(GString *out, Store *store, const char *text, gsize length, GError **error)
{
    g_autofree char *inside = g_strndup(text, length);
    g_auto(GStrv) words = g_strsplit(inside, " ", 2);
    g_autofree char *spelled = store->driver->word(words[0], words[0] ? words[1] : NULL);

    if (spelled) {
        g_string_append(out, spelled);
        return true;
    }
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED, "schema: the %s store has no word '%s'",
                store->driver->schemes[0], inside);
    return false;
}

/* Replaces every {{word}} and {{word argument}}, and TEXT as if it were {{text}}. */
static char *spell(Store *store, const char *sql, GError **error)
{
    g_autoptr(GRegex) regex =
        g_regex_new("\\{\\{([^}]*)\\}\\}|\\bTEXT\\b", G_REGEX_OPTIMIZE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    gint begin, end, at = 0;

    for (g_regex_match(regex, sql, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_match_info_fetch_pos(match, 0, &begin, &end);
        g_string_append_len(out, sql + at, begin - at);
        bool is_word = sql[begin] == '{';
        if (!append_word(out, store, is_word ? sql + begin + 2 : "text",
                         is_word ? (gsize)(end - begin - 4) : 4, error))
            return NULL;
        at = end;
    }
    g_string_append(out, sql + at);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool create_version(Store *store, int64_t version, GError **error)
{
    g_autoptr(GBytes) bytes =
        g_resource_lookup_data(ledger_resource_get_resource(), migrations[version - 1],
                               G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    if (!bytes)
        return false;
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_autofree char *sql = spell(store, text, error);
    return sql && store->driver->execute(store, sql, error) &&
           store->driver->set_schema_version(store, version, error);
}

bool schema_create(Store *store, GError **error)
{
    for (int64_t version = 1; version <= SCHEMA_VERSION; version++) {
        if (!create_version(store, version, error))
            return false;
    }
    return true;
}

static bool apply_migration(Store *store, int64_t version, GError **error)
{
    if (!create_version(store, version, error))
        return false;
    g_autofree char *object = g_strdup_printf("schema %" G_GINT64_FORMAT, version);
    g_autoptr(Audit) audit = audit_new(store, error);
    return audit && audit_write(audit,
                                &(AuditRow){.at_utc = g_get_real_time() / G_USEC_PER_SEC,
                                            .actor = "rightful " RIGHTFUL_VERSION,
                                            .action = "migrated",
                                            .object = object},
                                error);
}

/* Looks again inside the transaction: another process may have been faster. */
static bool migrate_one(void *data, GError **error)
{
    Store *store = data;
    int64_t version;

    if (!store->driver->schema_version(store, &version, error))
        return false;
    return version < 0 || version >= SCHEMA_VERSION || apply_migration(store, version + 1, error);
}

bool schema_migrate(Store *store, GError **error)
{
    for (;;) {
        int64_t version;
        if (!store->driver->schema_version(store, &version, error))
            return false;
        if (version < 0 || version >= SCHEMA_VERSION)
            return true;
        if (!store_transaction(store, STORE_WRITING, migrate_one, store, error)) {
            g_prefix_error(error, "schema %" G_GINT64_FORMAT ": ", version + 1);
            return false;
        }
    }
}

static bool refuse_schema(const char *url, int64_t version, GError **error)
{
    if (version == SCHEMA_FOREIGN)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_OURS,
                    "%s: this is a database, but not a ledger of rightful; nothing was changed. "
                    "Set store.url to another place.",
                    url);
    else if (version > SCHEMA_VERSION)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NEWER,
                    "%s: the ledger has schema %" G_GINT64_FORMAT
                    ", written by a newer rightful; this one knows %d. "
                    "Nothing was changed. Use the newer rightful.",
                    url, version, SCHEMA_VERSION);
    else if (version == SCHEMA_EMPTY)
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_MISSING,
                    "%s: the ledger is empty: no run has finished yet. Start with 'rightful run'.",
                    url);
    else
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_OLDER,
                    "%s: the ledger has the older schema %" G_GINT64_FORMAT
                    "; this rightful needs %d. "
                    "Nothing was changed. Run 'rightful store migrate' or 'rightful run' first.",
                    url, version, SCHEMA_VERSION);
    return false;
}

bool schema_check(Store *store, const char *url, LedgerAccess access, GError **error)
{
    int64_t version;

    if (!store->driver->schema_version(store, &version, error))
        return false;
    if (access == LEDGER_RUN && version >= 0 && version < SCHEMA_VERSION) {
        if (!schema_migrate(store, error) || !store->driver->schema_version(store, &version, error))
            return false;
    }
    return version == SCHEMA_VERSION || refuse_schema(url, version, error);
}
