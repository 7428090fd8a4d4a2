#include "ldap/search.h"
#include "ldap/range.h"
#include "ldap/reading.h"
#include "digest.h"

#define CANCEL_EVERY 1024
#define ASKED_AT_ONCE 32 /* slapd lets a hundred wait from one connection */

struct DirectorySearch {
    DirectorySession *session;
    Schema *schema;
    Sink *sink;
    int page_size;
    bool references_are_normal;
    bool has_domain_scope, has_matched_values;
    const char *filter; /* NULL = the schema's */
    DirectoryVisitor visitor;
    gpointer visitor_data;
    uint64_t n_entries;
    SourceDigest *digest; /* of the digests of the parts */
};

/* One base. */
typedef struct Part {
    DirectorySearch *search;
    DirectorySession *session;
    DirectoryReading *reading;
    DirectoryRanges *ranges;
    DirectoryVisitor visitor;
    SourceDigest *digest;
} Part;

/* ---- Digest ---- */

/* Of ranges; the length goes in front, so that no two lists of values give the same bytes. */
static void hash_range(gpointer part, const struct berval *value)
{
    uint32_t length = (uint32_t)value->bv_len;

    source_digest_add(((Part *)part)->digest, &length, sizeof length);
    source_digest_add(((Part *)part)->digest, value->bv_val, value->bv_len);
}

char *directory_search_digest(DirectorySearch *search)
{
    return source_digest_text(search->digest);
}

/* ---- Life ---- */

DirectorySearch *directory_search_new(DirectorySession *session, Schema *schema, Sink *sink,
                                      int page_size, bool references_are_normal)
{
    DirectorySearch *search = g_new0(DirectorySearch, 1);

    search->session = session;
    search->schema = schema;
    search->sink = sink;
    search->page_size = page_size;
    search->references_are_normal = references_are_normal;
    search->digest = source_digest_new();
    return search;
}

void directory_search_free(DirectorySearch *search)
{
    if (search != NULL) {
        source_digest_free(search->digest);
        g_free(search);
    }
}

void directory_search_set_domain_scope(DirectorySearch *search)
{
    search->has_domain_scope = true;
}

void directory_search_set_matched_values(DirectorySearch *search)
{
    search->has_matched_values = true;
}

bool directory_search_has_matched_values(const DirectorySearch *search)
{
    return search->has_matched_values;
}

void directory_search_hand_over(DirectorySearch *search, const DirectoryEntry *entry)
{
    sink_entry(search->sink, entry, &(Place){.dn = entry->dn});
}

void directory_search_set_visitor(DirectorySearch *search, DirectoryVisitor visitor, gpointer data)
{
    search->visitor = visitor;
    search->visitor_data = data;
}

void directory_search_set_filter(DirectorySearch *search, const char *filter)
{
    search->filter = filter;
}

uint64_t directory_search_n_entries(const DirectorySearch *search)
{
    return search->n_entries;
}

/* ---- Entries ---- */

static void hand_over(Part *part, Text dn)
{
    DirectorySearch *search = part->search;
    DirectoryEntry entry;
    const char *reason;
    const Place place = {.dn = dn};

    switch (schema_end(search->schema, &entry, &reason)) {
    case SCHEMA_KEEP:
        if (part->visitor == NULL || part->visitor(search->visitor_data, &entry))
            sink_entry(search->sink, &entry, &place);
        return;
    case SCHEMA_EXCLUDE:
        sink_exclude(search->sink, reason);
        return;
    case SCHEMA_REJECT:
        sink_reject(search->sink, &place, "%s", reason);
        return;
    case SCHEMA_PARTIAL:
        break;
    }
    directory_ranges_add(part->ranges, dn);
}

static void take_attributes(Schema *schema, EntryWalk *walk)
{
    Text attribute;
    Text value;

    while (entry_next_attribute(walk, &attribute)) {
        const SchemaRule *rule = schema_rule(schema, attribute);
        while (rule != NULL && entry_next_value(walk, &value))
            schema_add(schema, rule, value);
    }
}

/* Everything points into the receive buffer: nothing is copied. */
static bool take_entry(gpointer data, Text dn, EntryWalk *walk, GError **error)
{
    Part *part = data;
    DirectorySearch *search = part->search;

    source_digest_add(part->digest, dn.data,
                      (size_t)(walk->attributes.data + walk->attributes.length - dn.data));
    schema_begin(search->schema, dn);
    take_attributes(search->schema, walk);
    if (walk->is_broken) {
        return true; /* the reading says so */
    }
    search->n_entries++;
    if (search->n_entries % CANCEL_EVERY == 0 && sink_is_cancelled(search->sink))
        return directory_reading_cut(part->reading, error, SOURCE_ERROR_CUT, "stopped");
    hand_over(part, dn);
    return true;
}

/* ---- Parts ---- */

/* The question as the search stands now. */
static SearchQuestion question_of(const DirectorySearch *search)
{
    return (SearchQuestion){.filter = search->filter != NULL ? search->filter
                                                             : schema_server_filter(search->schema),
                            .visitor = search->visitor};
}

static Part *part_new(DirectorySearch *search, DirectorySession *session, const char *base,
                      const SearchQuestion *question, bool is_probe)
{
    Part *part = g_new0(Part, 1);
    const ReadingOptions options = {
        .session = session,
        .base = base,
        .filter = question->filter,
        .attributes = schema_wanted(search->schema),
        .values = question->values,
        .page_size = search->page_size,
        .has_domain_scope = search->has_domain_scope,
        .references_are_normal = search->references_are_normal,
        .is_probe = is_probe,
        .sink = search->sink,
        .take = take_entry,
        .data = part,
    };

    part->search = search;
    part->session = session;
    part->visitor = question->visitor;
    part->digest = source_digest_new();
    part->reading = directory_reading_new(&options);
    part->ranges = directory_ranges_new(session, search->schema, search->sink, hash_range, part);
    directory_ranges_set_visitor(part->ranges, part->visitor, search->visitor_data);
    return part;
}

static void part_free(gpointer data)
{
    Part *part = data;

    if (part == NULL)
        return;
    directory_reading_free(part->reading);
    directory_ranges_free(part->ranges);
    source_digest_free(part->digest);
    g_free(part);
}

/* When no paged search is open any more: the rest of it. */
static bool finish_part(Part *part, GError **error)
{
    if (!directory_ranges_read(part->ranges, error))
        return false;
    g_autofree char *digest = source_digest_text(part->digest);
    source_digest_add(part->search->digest, digest, strlen(digest));
    return true;
}

static bool read_part(DirectorySearch *search, const char *base, const SearchQuestion *question,
                      bool is_probe, bool *ret_is_found, GError **error)
{
    Part *part = part_new(search, search->session, base, question, is_probe);
    bool is_read = directory_reading_finish(part->reading, error) && finish_part(part, error);

    *ret_is_found = directory_reading_n_entries(part->reading) > 0;
    part_free(part);
    return is_read;
}

bool directory_search_read(DirectorySearch *search, const char *base, GError **error)
{
    SearchQuestion question = question_of(search);
    bool is_found;

    return read_part(search, base, &question, false, &is_found, error);
}

bool directory_search_probe(DirectorySearch *search, const char *base, const char *filter,
                            bool *ret_is_found, GError **error)
{
    SearchQuestion question = question_of(search);

    question.filter = filter;
    return read_part(search, base, &question, true, ret_is_found, error);
}

/* ---- Together ---- */

/* Keeps the parts from `begin` on asked for, as far as the server may be burdened. */
static bool ask_further(const GPtrArray *parts, guint begin, guint *n_asked, GError **error)
{
    for (; *n_asked < MIN(begin + ASKED_AT_ONCE, parts->len); (*n_asked)++) {
        if (!directory_reading_ask(((Part *)g_ptr_array_index(parts, *n_asked))->reading, error))
            return false;
    }
    return true;
}

bool directory_search_read_together(DirectorySearch *search, const SearchQuestion *questions,
                                    size_t n, const char *const *bases, GError **error)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);
    guint n_asked = 0;
    bool is_read = true;

    for (size_t i = 0; i < n; i++) {
        for (size_t b = 0; bases[b] != NULL; b++)
            g_ptr_array_add(parts,
                            part_new(search, search->session, bases[b], &questions[i], false));
    }
    for (guint i = 0; i < parts->len && is_read; i++) {
        Part *part = g_ptr_array_index(parts, i);
        is_read = ask_further(parts, i, &n_asked, error) &&
                  directory_reading_finish(part->reading, error);
    }
    for (guint i = 0; i < parts->len && is_read; i++)
        is_read = finish_part(g_ptr_array_index(parts, i), error);
    return is_read;
}

/* ---- Side by side ---- */

/* Who reads what now; a connection that is done with a base takes the next one. */
typedef struct Crew {
    DirectorySearch *search;
    const char *const *bases; /* not begun yet */
    GPtrArray *parts; /* (element-type Part): all that were begun, in the order of the bases */
    DirectoryReading **readings; /* one for each connection that has something to do */
    Part **working;              /* of the same connections */
    size_t n_working;
} Crew;

static void begin_next(Crew *crew, size_t place, DirectorySession *session)
{
    SearchQuestion question = question_of(crew->search);
    Part *part = part_new(crew->search, session, *crew->bases++, &question, false);

    g_ptr_array_add(crew->parts, part);
    crew->working[place] = part;
    crew->readings[place] = part->reading;
}

static void take_leave(Crew *crew, size_t place)
{
    crew->n_working--;
    crew->working[place] = crew->working[crew->n_working];
    crew->readings[place] = crew->readings[crew->n_working];
}

static bool work(Crew *crew, GError **error)
{
    while (crew->n_working > 0) {
        directory_readings_wait(crew->readings, crew->n_working);
        for (size_t i = crew->n_working; i > 0; i--) {
            size_t place = i - 1;
            if (!directory_reading_step(crew->readings[place], error))
                return false;
            if (!directory_reading_is_done(crew->readings[place]))
                continue;
            if (*crew->bases != NULL)
                begin_next(crew, place, crew->working[place]->session);
            else
                take_leave(crew, place);
        }
    }
    return true;
}

bool directory_search_read_all(DirectorySearch *search, const char *const *bases, GPtrArray *others,
                               GError **error)
{
    size_t n = 1 + others->len;
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);
    g_autofree DirectoryReading **readings = g_new0(DirectoryReading *, n);
    g_autofree Part **working = g_new0(Part *, n);
    Crew crew = {search, bases, parts, readings, working, 0};

    while (*crew.bases != NULL && crew.n_working < n) {
        DirectorySession *session =
            crew.n_working == 0 ? search->session : g_ptr_array_index(others, crew.n_working - 1);
        begin_next(&crew, crew.n_working++, session);
    }
    bool is_read = work(&crew, error);
    for (guint i = 0; i < parts->len && is_read; i++)
        is_read = finish_part(g_ptr_array_index(parts, i), error);
    return is_read;
}
