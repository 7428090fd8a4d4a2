#include "ldap/range.h"
#include "ldap/value.h"

#define WINDOW 32
#define MAX_READ_AGAIN 1

/* One attribute of one answer; its values lie in the answer. */
typedef struct Part {
    struct berval attribute;
    BerVarray values;
} Part;

/* An attribute that goes on. */
typedef struct Unfinished {
    char *attribute;
    uint64_t next;
} Unfinished;

typedef struct RangedEntry {
    char *dn;
    int id;             /* the outstanding request */
    GPtrArray *answers; /* (element-type LDAPMessage) */
    GArray *parts;      /* (element-type Part) */
    GArray *unfinished; /* (element-type Unfinished); the first one is asked for */
    struct berval usn, changed;
    int n_read_again;
} RangedEntry;

struct DirectoryRanges {
    DirectorySession *session;
    Schema *schema;
    Sink *sink;
    DirectoryHashFunc hash;
    gpointer hash_data;
    bool (*visitor)(gpointer data, const DirectoryEntry *entry);
    gpointer visitor_data;
    GQueue waiting;     /* (element-type utf8): DNs */
    GQueue outstanding; /* (element-type RangedEntry), the oldest request first */
    uint64_t n_entries, n_requests;
};

/* ---- "member;range=0-1499" ---- */

static bool take_number(Text *text, uint64_t *ret_number)
{
    size_t n = 0;
    uint64_t number = 0;

    while (n < text->length && n < 18 && g_ascii_isdigit(text->data[n])) {
        number = number * 10 + (uint64_t)(text->data[n] - '0');
        n++;
    }
    *text = (Text){text->data + n, text->length - n};
    *ret_number = number;
    return n > 0;
}

static bool parse_bounds(Text text, Range *range)
{
    if (!take_number(&text, &range->first) || text.length < 2 || text.data[0] != '-')
        return false;
    text = (Text){text.data + 1, text.length - 1};
    if (text.length == 1 && text.data[0] == '*') {
        range->is_last = true;
        return true;
    }
    return take_number(&text, &range->last) && text.length == 0 && range->last >= range->first;
}

bool directory_range_parse(Text attribute, Range *ret_range)
{
    const char *end = attribute.data + attribute.length;
    const char *option = memchr(attribute.data, ';', attribute.length);
    Range range = {0};

    if (option == NULL)
        return false;
    range.attribute = (Text){attribute.data, (size_t)(option - attribute.data)};
    while (option != NULL) {
        option++;
        const char *next = memchr(option, ';', (size_t)(end - option));
        size_t length = (size_t)((next != NULL ? next : end) - option);
        if (length > 6 && g_ascii_strncasecmp(option, "range=", 6) == 0) {
            bool is_good = parse_bounds((Text){option + 6, length - 6}, &range);
            *ret_range = range;
            return is_good;
        }
        option = next;
    }
    return false;
}

/* ---- Entries ---- */

static void free_message(gpointer message)
{
    ldap_msgfree(message);
}

static void clear_part(gpointer part)
{
    ber_memfree(((Part *)part)->values);
}

static void clear_unfinished(gpointer unfinished)
{
    g_free(((Unfinished *)unfinished)->attribute);
}

static RangedEntry *entry_new(char *dn)
{
    RangedEntry *entry = g_new0(RangedEntry, 1);

    entry->dn = dn;
    entry->answers = g_ptr_array_new_with_free_func(free_message);
    entry->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_array_set_clear_func(entry->parts, clear_part);
    entry->unfinished = g_array_new(FALSE, FALSE, sizeof(Unfinished));
    g_array_set_clear_func(entry->unfinished, clear_unfinished);
    return entry;
}

static void entry_free(gpointer data)
{
    RangedEntry *entry = data;

    g_array_unref(entry->parts);
    g_array_unref(entry->unfinished);
    g_ptr_array_unref(entry->answers);
    g_free(entry->dn);
    g_free(entry);
}

static void start_again(RangedEntry *entry)
{
    g_array_set_size(entry->parts, 0);
    g_array_set_size(entry->unfinished, 0);
    g_ptr_array_set_size(entry->answers, 0);
    entry->usn = entry->changed = (struct berval){0};
}

DirectoryRanges *directory_ranges_new(DirectorySession *session, Schema *schema, Sink *sink,
                                      DirectoryHashFunc hash, gpointer hash_data)
{
    DirectoryRanges *ranges = g_new0(DirectoryRanges, 1);

    ranges->session = session;
    ranges->schema = schema;
    ranges->sink = sink;
    ranges->hash = hash;
    ranges->hash_data = hash_data;
    g_queue_init(&ranges->waiting);
    g_queue_init(&ranges->outstanding);
    return ranges;
}

void directory_ranges_free(DirectoryRanges *ranges)
{
    if (ranges == NULL)
        return;
    g_queue_clear_full(&ranges->waiting, g_free);
    g_queue_clear_full(&ranges->outstanding, entry_free);
    g_free(ranges);
}

void directory_ranges_set_visitor(DirectoryRanges *ranges,
                                  bool (*visitor)(gpointer data, const DirectoryEntry *entry),
                                  gpointer data)
{
    ranges->visitor = visitor;
    ranges->visitor_data = data;
}

void directory_ranges_add(DirectoryRanges *ranges, Text dn)
{
    g_queue_push_tail(&ranges->waiting, g_strndup(dn.data, dn.length));
}

/* ---- Asking ---- */

static bool incomplete(const DirectoryRanges *ranges, const char *dn, GError **error,
                       const char *what)
{
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                "%s: %s: %s, so its members are not all known; nothing of this pull is used",
                ranges->session->url, dn, what);
    return false;
}

/* "member;range=1500-*": as far as the server goes, or no further than what is asked for at a time.
 */
static char *range_name(const Unfinished *unfinished, size_t n_values)
{
    uint64_t first = unfinished->next;

    return n_values > 0
               ? g_strdup_printf("%s;range=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
                                 unfinished->attribute, first, first + n_values - 1)
               : g_strdup_printf("%s;range=%" G_GUINT64_FORMAT "-*", unfinished->attribute, first);
}

/* The whole entry, or the next range of its first unfinished attribute. */
static bool ask(DirectoryRanges *ranges, RangedEntry *entry, GError **error)
{
    char **attributes = (char **)(uintptr_t)schema_wanted(ranges->schema);
    g_autofree char *range = NULL;
    char *further[] = {NULL, (char *)(uintptr_t) "uSNChanged", (char *)(uintptr_t) "whenChanged",
                       NULL};

    if (entry->unfinished->len > 0) {
        const Unfinished *unfinished = &g_array_index(entry->unfinished, Unfinished, 0);
        range = range_name(unfinished, schema_range_values(ranges->schema));
        further[0] = range;
        attributes = further;
    }
    int rc = ldap_search_ext(ranges->session->ldap, entry->dn, LDAP_SCOPE_BASE, "(objectClass=*)",
                             attributes, 0, NULL, NULL, NULL, LDAP_NO_LIMIT, &entry->id);
    if (rc != LDAP_SUCCESS)
        return incomplete(ranges, entry->dn, error, ldap_err2string(rc));
    ranges->n_requests++;
    g_queue_push_tail(&ranges->outstanding, entry);
    return true;
}

/* ---- Answers ---- */

static Text name_of(const Part *part)
{
    return (Text){part->attribute.bv_val, part->attribute.bv_len};
}

static bool is_same(const struct berval *one, const struct berval *other)
{
    return one->bv_len == other->bv_len &&
           (one->bv_len == 0 || memcmp(one->bv_val, other->bv_val, one->bv_len) == 0);
}

static void note_version(const Part *part, struct berval *usn, struct berval *changed)
{
    if (part->values == NULL || part->values[0].bv_val == NULL)
        return;
    if (value_is(name_of(part), "uSNChanged"))
        *usn = part->values[0];
    else if (value_is(name_of(part), "whenChanged"))
        *changed = part->values[0];
}

/* Puts the attributes of an answer behind those that are there; false: not LDAP. */
static bool walk(DirectoryRanges *ranges, RangedEntry *entry, LDAPMessage *answer)
{
    LDAP *ldap = ranges->session->ldap;
    LDAPMessage *message = ldap_first_entry(ldap, answer);
    BerElement *ber = NULL;
    struct berval dn = {0};
    Part part = {0};

    int rc = ldap_get_dn_ber(ldap, message, &ber, &dn);
    while (rc == LDAP_SUCCESS) {
        rc = ldap_get_attribute_ber(ldap, message, ber, &part.attribute, &part.values);
        if (rc != LDAP_SUCCESS || part.attribute.bv_val == NULL)
            break;
        g_array_append_val(entry->parts, part);
    }
    ber_free(ber, 0);
    return rc == LDAP_SUCCESS;
}

/* False when a first range does not begin at 0: that is another kind of answer (DirSync's
 * "range=1-1" means an added value), and no list of members. */
static bool take_whole(RangedEntry *entry)
{
    for (guint i = 0; i < entry->parts->len; i++) {
        const Part *part = &g_array_index(entry->parts, Part, i);
        Range range;
        note_version(part, &entry->usn, &entry->changed);
        if (!directory_range_parse(name_of(part), &range))
            continue;
        if (range.first != 0)
            return false;
        if (!range.is_last) {
            Unfinished unfinished = {g_strndup(range.attribute.data, range.attribute.length),
                                     range.last + 1};
            g_array_append_val(entry->unfinished, unfinished);
        }
    }
    return true;
}

/* Of an answer to a range only that range is kept; false when it is not there, or the entry is not
 * what it was. */
static bool take_range(RangedEntry *entry, guint first_part)
{
    Unfinished *unfinished = &g_array_index(entry->unfinished, Unfinished, 0);
    struct berval usn = {0};
    struct berval changed = {0};
    Range range = {0};
    bool is_there = false;

    for (guint i = entry->parts->len; i > first_part; i--) {
        const Part *part = &g_array_index(entry->parts, Part, i - 1);
        Range found;
        note_version(part, &usn, &changed);
        if (directory_range_parse(name_of(part), &found) &&
            found.attribute.length == strlen(unfinished->attribute) &&
            g_ascii_strncasecmp(found.attribute.data, unfinished->attribute,
                                found.attribute.length) == 0 &&
            found.first == unfinished->next) {
            range = found;
            is_there = true;
        } else {
            g_array_remove_index(entry->parts, i - 1);
        }
    }
    if (!is_there || !is_same(&usn, &entry->usn) || !is_same(&changed, &entry->changed))
        return false;
    if (range.is_last)
        g_array_remove_index(entry->unfinished, 0);
    else
        unfinished->next = range.last + 1;
    return true;
}

/* A range says where its values begin and end; as many must be there. */
static bool has_all_values(const Part *part)
{
    Range range;
    uint64_t n = 0;

    while (part->values != NULL && part->values[n].bv_val != NULL)
        n++;
    return !directory_range_parse(name_of(part), &range) || range.is_last ||
           n == range.last - range.first + 1;
}

static bool hand_over(DirectoryRanges *ranges, RangedEntry *entry, GError **error)
{
    Schema *schema = ranges->schema;
    const Text dn = {entry->dn, strlen(entry->dn)};
    const Place place = {.dn = dn};
    DirectoryEntry record;
    const char *reason;

    schema_begin(schema, dn);
    for (guint i = 0; i < entry->parts->len; i++) {
        const Part *part = &g_array_index(entry->parts, Part, i);
        Text attribute = {part->attribute.bv_val, part->attribute.bv_len};
        Range range;
        if (!has_all_values(part))
            return incomplete(ranges, entry->dn, error, "a range has fewer values than it says");
        ranges->hash(ranges->hash_data, &part->attribute);
        if (directory_range_parse(attribute, &range))
            attribute = range.attribute;
        const SchemaRule *rule = schema_rule(schema, attribute);
        for (BerVarray value = part->values; value != NULL && value->bv_val != NULL; value++) {
            ranges->hash(ranges->hash_data, value);
            if (rule != NULL) {
                schema_add(schema, rule, (Text){value->bv_val, value->bv_len});
            }
        }
    }
    switch (schema_end(schema, &record, &reason)) {
    case SCHEMA_KEEP:
        if (ranges->visitor == NULL || ranges->visitor(ranges->visitor_data, &record))
            sink_entry(ranges->sink, &record, &place);
        return true;
    case SCHEMA_EXCLUDE:
        sink_exclude(ranges->sink, reason);
        return true;
    case SCHEMA_REJECT:
        sink_reject(ranges->sink, &place, "%s", reason);
        return true;
    case SCHEMA_PARTIAL:
        break;
    }
    return incomplete(ranges, entry->dn, error, "a range that cannot be read");
}

/* The answer to the oldest request; NULL with error. */
static LDAPMessage *wait_for(DirectoryRanges *ranges, const RangedEntry *entry, GError **error)
{
    LDAP *ldap = ranges->session->ldap;
    struct timeval limit = directory_session_patience(ranges->session);
    LDAPMessage *answer = NULL;
    char *diagnostic = NULL;
    int code = LDAP_SERVER_DOWN;
    int type = ldap_result(ldap, entry->id, LDAP_MSG_ALL, &limit, &answer);

    if (type <= 0) {
        ldap_msgfree(answer);
        incomplete(ranges, entry->dn, error,
                   type == 0 ? "no answer in time" : "the connection broke");
        return NULL;
    }
    int rc = ldap_parse_result(ldap, answer, &code, NULL, &diagnostic, NULL, NULL, 0);
    g_autofree char *text = directory_result_text(rc == LDAP_SUCCESS ? code : rc, diagnostic);
    ldap_memfree(diagnostic);
    if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS)
        incomplete(ranges, entry->dn, error, text);
    else if (ldap_count_entries(ldap, answer) != 1)
        incomplete(ranges, entry->dn, error, "it was there and is not any more");
    else
        return answer;
    ldap_msgfree(answer);
    return NULL;
}

/* ret_is_done: everything of the entry is there. */
static bool take_answer(DirectoryRanges *ranges, RangedEntry *entry, bool *ret_is_done,
                        GError **error)
{
    LDAPMessage *answer = wait_for(ranges, entry, error);

    if (answer == NULL)
        return false;
    guint n_before = entry->parts->len;
    bool is_whole = entry->unfinished->len == 0;
    g_ptr_array_add(entry->answers, answer);
    if (!walk(ranges, entry, answer))
        return incomplete(ranges, entry->dn, error, "an answer that is not LDAP");
    if (is_whole && !take_whole(entry))
        return incomplete(ranges, entry->dn, error, "its first range does not begin at 0");
    if (!is_whole && !take_range(entry, n_before)) {
        if (entry->n_read_again == MAX_READ_AGAIN)
            return incomplete(ranges, entry->dn, error,
                              "it changed again and again while its ranges were read, or the "
                              "server does not go on with them");
        entry->n_read_again++;
        start_again(entry);
        *ret_is_done = false;
        return true;
    }
    *ret_is_done = entry->unfinished->len == 0;
    return true;
}

/* For the proof of the pull. */
static void note_ranges(DirectoryRanges *ranges)
{
    if (ranges->n_entries > 0) {
        g_autofree char *text =
            g_strdup_printf("%" G_GUINT64_FORMAT " in %" G_GUINT64_FORMAT " requests",
                            ranges->n_entries, ranges->n_requests);
        sink_note(ranges->sink, "in_ranges", text);
    }
    ranges->n_entries = ranges->n_requests = 0;
}

bool directory_ranges_read(DirectoryRanges *ranges, GError **error)
{
    while (ranges->waiting.length > 0 || ranges->outstanding.length > 0) {
        while (ranges->waiting.length > 0 && ranges->outstanding.length < WINDOW) {
            RangedEntry *entry = entry_new(g_queue_pop_head(&ranges->waiting));
            if (!ask(ranges, entry, error)) {
                entry_free(entry);
                return false;
            }
        }
        RangedEntry *entry = g_queue_pop_head(&ranges->outstanding);
        bool is_done = false;
        bool is_good = take_answer(ranges, entry, &is_done, error);
        if (is_good && sink_is_cancelled(ranges->sink))
            is_good = incomplete(ranges, entry->dn, error, "stopped");
        if (is_good)
            is_good = is_done ? hand_over(ranges, entry, error) : ask(ranges, entry, error);
        if (is_done || !is_good)
            entry_free(entry);
        if (!is_good)
            return false;
        ranges->n_entries += is_done;
    }
    note_ranges(ranges);
    return true;
}
