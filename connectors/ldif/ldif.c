/* The connector of LDIF files: the tables of ldap/schema over ldif/parser. */
#include "ldif/parser.h"

#define CANCEL_EVERY 1024

static const Setting ldif_settings[] = {
    {.name = "path",
     .type = SETTING_PATH,
     .is_required = true,
     .help = "The LDIF file: a whole export with operational attributes (ldapsearch '*' '+', "
             "slapcat, ldifde)."},
    {.name = "server",
     .type = SETTING_TEXT,
     .is_required = true,
     .choices = schema_servers,
     .help = "Which server family the file comes from."},
    DIRECTORY_SETTINGS,
    {NULL},
};

static void validate(const Source *source, GPtrArray *problems)
{
    schema_validate(source->settings, problems);
}

static bool hand_over(Schema *schema, Sink *sink, const Place *place, GError **error)
{
    DirectoryEntry entry;
    const char *reason;

    switch (schema_end(schema, &entry, &reason)) {
    case SCHEMA_KEEP:
        sink_entry(sink, &entry, place);
        return true;
    case SCHEMA_EXCLUDE:
        sink_exclude(sink, reason);
        return true;
    case SCHEMA_REJECT:
        sink_reject(sink, place, "%s", reason);
        return true;
    case SCHEMA_PARTIAL:
        break;
    }
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                "%s:%" G_GUINT64_FORMAT
                ": %.*s: the file holds only a range of %s; export it with all "
                "values; nothing of the file is used",
                place->file, place->line, (int)place->dn.length, place->dn.data, reason);
    return false;
}

static bool read_entries(const char *path, LdifReader *reader, Schema *schema, Sink *sink,
                         GError **error)
{
    g_autoptr(LdifParser) parser = ldif_parser_new(reader, path);
    Place place;
    const char *reason;

    for (uint64_t n = 1;; n++) {
        switch (ldif_parser_next(parser, schema, &place, &reason, error)) {
        case LDIF_ENTRY:
            if (!hand_over(schema, sink, &place, error))
                return false;
            break;
        case LDIF_REJECTED:
            sink_reject(sink, &place, "%s", reason);
            break;
        case LDIF_END:
            return true;
        case LDIF_FAILED:
            return false;
        }
        if (n % CANCEL_EVERY == 0 && sink_is_cancelled(sink)) {
            g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                        "%s: stopped after %" G_GUINT64_FORMAT " entries", path, n);
            return false;
        }
    }
}

static bool pull(const Source *source, Sink *sink, GError **error)
{
    const char *path = settings_text(source->settings, "path");
    g_autoptr(Schema) schema = schema_new_from_settings(source->settings, NULL, error);
    g_autoptr(LdifReader) reader = schema != NULL ? ldif_reader_open(path, error) : NULL;
    g_autofree char *digest = NULL;
    int64_t modified_utc;

    if (reader == NULL || !read_entries(path, reader, schema, sink, error) ||
        !ldif_reader_finish(reader, &digest, &modified_utc, error))
        return false;
    const char *canary = schema_missing_canary(schema);
    if (canary != NULL) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CANARY,
                    "%s: the canary %s is not in the file, so it is not a whole export", path,
                    canary);
        return false;
    }
    sink_digest(sink, digest);
    sink_file_time(sink, modified_utc);
    sink_note(sink, "file", path);
    return true;
}

/* A file is its own check: what can be said without reading all of it. */
static void check(const Source *source, CheckReport *report)
{
    const char *path = settings_text(source->settings, "path");
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) schema = schema_new_from_settings(source->settings, NULL, &error);
    g_autoptr(LdifReader) reader = schema != NULL ? ldif_reader_open(path, &error) : NULL;

    if (reader == NULL) {
        check_fail(report, "%s", error->message);
        return;
    }
    g_autoptr(LdifParser) parser = ldif_parser_new(reader, path);
    DirectoryEntry entry;
    Place place;
    const char *reason;
    for (int n = 0; n < 1000; n++) {
        LdifStep step = ldif_parser_next(parser, schema, &place, &reason, &error);
        if (step == LDIF_FAILED) {
            check_fail(report, "%s", error->message);
            return;
        }
        if (step == LDIF_END)
            break;
        if (step == LDIF_ENTRY && schema_end(schema, &entry, &reason) == SCHEMA_KEEP) {
            check_pass(report, "%s: readable, first entry %.*s", path, (int)entry.name.length,
                       entry.name.data);
            return;
        }
    }
    check_warn(
        report,
        "%s: no account, group or computer among the first entries; is server = \"%s\" right?",
        path, settings_text(source->settings, "server"));
}

extern const Connector ldif_connector;
const Connector ldif_connector = {
    .kind = "ldif",
    .title = "LDIF file exported from a directory",
    .provides = PROVIDES_DIRECTORY,
    .settings = ldif_settings,
    .validate = validate,
    .pull = pull,
    .check = check,
};
