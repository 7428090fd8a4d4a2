#include "ldap/search.h"
#include "ldap/entry.h"
#include "ldap/range.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define CANCEL_EVERY 1024
#define MAX_EMPTY_PAGES 100
/* No references to other partitions, please (MS-ADTS section 3.1.1.3.4.1.4). */
#define DOMAIN_SCOPE_OID "1.2.840.113556.1.4.1339"
#define HASH_BUFFER ((size_t)64 << 10)

struct DirectorySearch {
    DirectorySession *session;
    Schema *schema;
    Sink *sink;
    int page_size;
    bool references_are_normal;
    bool has_domain_scope;
    DirectoryRanges *ranges;
    const char *filter; /* NULL = the schema's */
    DirectoryVisitor visitor;
    gpointer visitor_data;
    uint64_t n_entries;
    const char *base; /* while its pages are read, */
    uint64_t page;    /* and which one it is; else 0 */
    uint64_t n_held;  /* of its entries that wait for the result */
    char *reference;  /* the first one, where references are not normal */

    gnutls_hash_hd_t hash;
    char *unhashed;
    size_t n_unhashed;
};

/* How one page ended. */
typedef struct Page {
    int code;
    char *diagnostic;
    struct berval cookie;
    bool has_cookie; /* the server answered the paging control at all */
    uint64_t n_entries;
    char *first_dn;
} Page;

static void hash_range(gpointer search, const struct berval *value);

DirectorySearch *directory_search_new(DirectorySession *session, Schema *schema, Sink *sink,
                                      int page_size, bool references_are_normal)
{
    DirectorySearch *search = g_new0(DirectorySearch, 1);

    search->session = session;
    search->schema = schema;
    search->sink = sink;
    search->page_size = page_size;
    search->references_are_normal = references_are_normal;
    search->unhashed = g_malloc(HASH_BUFFER);
    search->ranges = directory_ranges_new(session, schema, sink, hash_range, search);
    if (gnutls_hash_init(&search->hash, GNUTLS_DIG_SHA256) < 0) {
        search->hash = NULL;
    }
    return search;
}

void directory_search_free(DirectorySearch *search)
{
    if (search == NULL) {
        return;
    }
    if (search->hash != NULL) {
        gnutls_hash_deinit(search->hash, NULL);
    }
    directory_ranges_free(search->ranges);
    g_free(search->reference);
    g_free(search->unhashed);
    g_free(search);
}

static void page_clear(Page *page)
{
    ber_memfree(page->cookie.bv_val);
    g_free(page->diagnostic);
    g_free(page->first_dn);
    *page = (Page){0};
}

/* ---- Digest ---- */

static void hash_bytes(DirectorySearch *search, const void *bytes, size_t length)
{
    if (length > HASH_BUFFER - search->n_unhashed) {
        if (search->hash != NULL) {
            gnutls_hash(search->hash, search->unhashed, search->n_unhashed);
        }
        search->n_unhashed = 0;
        if (length > HASH_BUFFER) {
            if (search->hash != NULL) {
                gnutls_hash(search->hash, bytes, length);
            }
            return;
        }
    }
    memcpy(search->unhashed + search->n_unhashed, bytes, length);
    search->n_unhashed += length;
}

/* The length goes in front, so that no two lists of values give the same bytes. */
static void hash_value(DirectorySearch *search, const struct berval *value)
{
    uint32_t length = (uint32_t)value->bv_len;

    hash_bytes(search, &length, sizeof length);
    if (length > 0) {
        hash_bytes(search, value->bv_val, value->bv_len);
    }
}

static void hash_range(gpointer search, const struct berval *value)
{
    hash_value(search, value);
}

char *directory_search_digest(DirectorySearch *search)
{
    unsigned char digest[32];
    GString *hex = g_string_new(NULL);

    if (search->hash == NULL) {
        return g_string_free(hex, FALSE);
    }
    gnutls_hash(search->hash, search->unhashed, search->n_unhashed);
    gnutls_hash_deinit(search->hash, digest);
    search->hash = NULL;
    for (size_t i = 0; i < sizeof digest; i++) {
        g_string_append_printf(hex, "%02x", digest[i]);
    }
    return g_string_free(hex, FALSE);
}

void directory_search_set_domain_scope(DirectorySearch *search)
{
    search->has_domain_scope = true;
}

void directory_search_set_visitor(DirectorySearch *search, DirectoryVisitor visitor, gpointer data)
{
    search->visitor = visitor;
    search->visitor_data = data;
    directory_ranges_set_visitor(search->ranges, visitor, data);
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

static bool cut(const DirectorySearch *search, GError **error, SourceError code, const char *what)
{
    g_autofree char *place =
        search->page > 0
            ? g_strdup_printf("base %s, page %" G_GUINT64_FORMAT ", after %" G_GUINT64_FORMAT
                              " entries",
                              search->base, search->page, search->n_entries + search->n_held)
            : g_strdup_printf("after %" G_GUINT64_FORMAT " entries", search->n_entries);

    g_set_error(error, SOURCE_ERROR, code, "%s: %s: %s; nothing of this pull is used",
                search->session->url, place, what);
    return false;
}

static void hand_over(DirectorySearch *search, Text dn)
{
    DirectoryEntry entry;
    const char *reason;
    const Place place = {.dn = dn};

    switch (schema_end(search->schema, &entry, &reason)) {
    case SCHEMA_KEEP:
        if (search->visitor == NULL || search->visitor(search->visitor_data, &entry)) {
            sink_entry(search->sink, &entry, &place);
        }
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
    directory_ranges_add(search->ranges, dn);
}

static void take_attributes(DirectorySearch *search, EntryWalk *walk)
{
    struct berval attribute;
    struct berval value;

    while (entry_next_attribute(walk, &attribute)) {
        const SchemaRule *rule =
            schema_rule(search->schema, (Text){attribute.bv_val, attribute.bv_len});
        hash_value(search, &attribute);
        while (entry_next_value(walk, &value)) {
            hash_value(search, &value);
            if (rule != NULL) {
                schema_add(search->schema, rule, (Text){value.bv_val, value.bv_len});
            }
        }
    }
}

/* Everything points into the message: nothing is copied. */
static bool take_entry(DirectorySearch *search, LDAPMessage *message, Page *page, GError **error)
{
    LDAP *ldap = search->session->ldap;
    BerElement *ber = NULL;
    struct berval dn = {0};
    int rc = ldap_get_dn_ber(ldap, message, &ber, &dn);
    EntryWalk walk = {.ber = ber};

    if (rc == LDAP_SUCCESS) {
        schema_begin(search->schema, (Text){dn.bv_val, dn.bv_len});
        hash_value(search, &dn);
        take_attributes(search, &walk);
    }
    ber_free(ber, 0);
    if (rc != LDAP_SUCCESS || walk.is_broken) {
        return cut(search, error, SOURCE_ERROR_CUT, "an answer that is not LDAP");
    }
    if (page->first_dn == NULL) {
        page->first_dn = g_strndup(dn.bv_val, dn.bv_len);
    }
    search->n_entries++;
    if (search->n_entries % CANCEL_EVERY == 0 && sink_is_cancelled(search->sink)) {
        return cut(search, error, SOURCE_ERROR_CUT, "stopped");
    }
    hand_over(search, (Text){dn.bv_val, dn.bv_len});
    return true;
}

static void take_reference(DirectorySearch *search, LDAPMessage *message)
{
    char **urls = NULL;

    sink_reference(search->sink);
    if (!search->references_are_normal && search->reference == NULL &&
        ldap_parse_reference(search->session->ldap, message, &urls, NULL, 0) == LDAP_SUCCESS) {
        search->reference = g_strdup(urls != NULL && urls[0] != NULL ? urls[0] : "another server");
    }
    ldap_memvfree((void **)urls);
}

/* ---- Pages ---- */

static bool ask(DirectorySearch *search, const char *base, int page_size, struct berval *cookie,
                int *ret_id, GError **error)
{
    LDAP *ldap = search->session->ldap;
    LDAPControl *paging = NULL;
    LDAPControl domain_scope = {.ldctl_oid = (char *)(uintptr_t)DOMAIN_SCOPE_OID};
    LDAPControl *controls[3] = {NULL, NULL, NULL};
    size_t n_controls = 0;
    char **attributes = (char **)(uintptr_t)schema_wanted(search->schema);

    if (page_size > 0) {
        if (ldap_create_page_control(ldap, page_size, cookie, 1, &paging) != LDAP_SUCCESS) {
            return cut(search, error, SOURCE_ERROR_CUT, "no paging control");
        }
        controls[n_controls++] = paging;
    }
    if (search->has_domain_scope) {
        controls[n_controls++] = &domain_scope;
    }
    const char *filter =
        search->filter != NULL ? search->filter : schema_server_filter(search->schema);
    int rc = ldap_search_ext(ldap, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, controls, NULL,
                             NULL, LDAP_NO_LIMIT, ret_id);
    if (paging != NULL) {
        ldap_control_free(paging);
    }
    if (rc != LDAP_SUCCESS) {
        g_autofree char *what = g_strdup_printf("search of %s: %s", base, ldap_err2string(rc));
        return cut(search, error,
                   rc == LDAP_SERVER_DOWN ? SOURCE_ERROR_CUT : SOURCE_ERROR_FORBIDDEN, what);
    }
    return true;
}

static bool take_result(DirectorySearch *search, LDAPMessage *message, Page *page, GError **error)
{
    LDAP *ldap = search->session->ldap;
    LDAPControl **controls = NULL;
    char *diagnostic = NULL;
    ber_int_t estimate = 0;

    if (ldap_parse_result(ldap, message, &page->code, NULL, &diagnostic, NULL, &controls, 0) !=
        LDAP_SUCCESS) {
        return cut(search, error, SOURCE_ERROR_CUT, "a result that cannot be read");
    }
    page->diagnostic = g_strdup(diagnostic);
    ldap_memfree(diagnostic);
    LDAPControl *paging = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    page->has_cookie =
        paging != NULL &&
        ldap_parse_pageresponse_control(ldap, paging, &estimate, &page->cookie) == LDAP_SUCCESS;
    ldap_controls_free(controls);
    return true;
}

/* No answer in time, or a connection that broke. */
static bool no_answer(DirectorySearch *search, int rc, GError **error)
{
    g_autofree char *what = NULL;

    if (rc == 0) {
        /* The clock of select() may end a little early. */
        bool is_over = g_get_monotonic_time() >= search->session->deadline_us - G_USEC_PER_SEC / 10;
        what = is_over ? g_strdup("not done within deadline_seconds")
                       : g_strdup_printf("no answer for %d s", search->session->timeout_seconds);
    } else {
        int code = LDAP_SERVER_DOWN;
        ldap_get_option(search->session->ldap, LDAP_OPT_RESULT_CODE, &code);
        what = g_strdup_printf("the connection broke (%s)", ldap_err2string(code));
    }
    return cut(search, error, SOURCE_ERROR_CUT, what);
}

static void free_message(gpointer message)
{
    ldap_msgfree(message);
}

static bool take_held(DirectorySearch *search, GPtrArray *held, Page *page, GError **error)
{
    for (guint i = 0; i < held->len; i++) {
        if (!take_entry(search, g_ptr_array_index(held, i), page, error)) {
            return false;
        }
    }
    return true;
}

/* One page. With held, entries wait there until the result is known: a page that is refused after
 * some entries (389 Directory Server does that) can then be asked for again in another size. */
static bool read_page(DirectorySearch *search, int id, GPtrArray *held, Page *page, GError **error)
{
    LDAP *ldap = search->session->ldap;

    for (;;) {
        LDAPMessage *message = NULL;
        struct timeval limit = directory_session_patience(search->session);
        int type = ldap_result(ldap, id, LDAP_MSG_ONE, &limit, &message);
        bool is_good = true;

        if (type <= 0) {
            ldap_abandon_ext(ldap, id, NULL, NULL);
            return no_answer(search, type, error);
        }
        if (type == LDAP_RES_SEARCH_ENTRY) {
            page->n_entries++;
            if (held != NULL) {
                g_ptr_array_add(held, g_steal_pointer(&message));
                search->n_held++;
            } else {
                is_good = take_entry(search, message, page, error);
            }
        } else if (type == LDAP_RES_SEARCH_REFERENCE) {
            take_reference(search, message);
        } else if (type == LDAP_RES_SEARCH_RESULT) {
            is_good = take_result(search, message, page, error);
        }
        ldap_msgfree(message);
        if (!is_good) {
            return false;
        }
        if (type == LDAP_RES_SEARCH_RESULT) {
            return true;
        }
    }
}

static SourceError error_of_code(int code)
{
    switch (code) {
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_REFERRAL:
    case LDAP_INVALID_DN_SYNTAX:
        return SOURCE_ERROR_MISSING;
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_INAPPROPRIATE_AUTH:
        return SOURCE_ERROR_REFUSED;
    default:
        return SOURCE_ERROR_CUT;
    }
}

static const char *advice_for(int code)
{
    switch (code) {
    case LDAP_NO_SUCH_OBJECT:
        return " (does the base exist, and may the reader see it?)";
    case LDAP_REFERRAL:
        return " (this server does not hold the base)";
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
        return " (raise the limits of the reader on the server)";
    case LDAP_OPERATIONS_ERROR:
        return " (is a bind_dn needed?)";
    default:
        return "";
    }
}

static bool page_failed(const DirectorySearch *search, const char *base, uint64_t number,
                        const Page *page, GError **error)
{
    g_autofree char *text = directory_result_text(page->code, page->diagnostic);

    g_set_error(error, SOURCE_ERROR, error_of_code(page->code),
                "%s: base %s, page %" G_GUINT64_FORMAT ", after %" G_GUINT64_FORMAT
                " entries: %s%s; nothing of this "
                "pull is used",
                search->session->url, base, number, search->n_entries, text,
                advice_for(page->code));
    return false;
}

/* Do pages come again? Cookies do not tell: the same one may come with every page (Samba's names
 * the search, not the place). But an entry never comes twice, so each page is compared with the
 * newest one whose number is a power of two, and with the one before: a loop of any length is met
 * in its third round at the latest (Brent). Empty pages are not counted. */
typedef struct Rounds {
    char *before, *marker; /* first DNs */
    uint64_t n_pages;
} Rounds;

static void rounds_clear(Rounds *rounds)
{
    g_free(rounds->before);
    g_free(rounds->marker);
}

static bool is_repeated(Rounds *rounds, const char *first_dn)
{
    if (first_dn == NULL) {
        return false;
    }
    bool comes_again =
        g_strcmp0(first_dn, rounds->before) == 0 || g_strcmp0(first_dn, rounds->marker) == 0;
    g_free(rounds->before);
    rounds->before = g_strdup(first_dn);
    rounds->n_pages++;
    if ((rounds->n_pages & (rounds->n_pages - 1)) == 0) {
        g_free(rounds->marker);
        rounds->marker = g_strdup(first_dn);
    }
    return comes_again;
}

static bool is_size_refused(int code)
{
    return code == LDAP_ADMINLIMIT_EXCEEDED || code == LDAP_SIZELIMIT_EXCEEDED ||
           code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
}

typedef enum Outcome { OUTCOME_WHOLE, OUTCOME_FAILED, OUTCOME_SMALLER } Outcome;

/* One page asked for, read and judged. *page holds the one before and becomes this one. */
static Outcome next_page(DirectorySearch *search, const char *base, int page_size, uint64_t number,
                         Page *page, Rounds *rounds, GError **error)
{
    bool may_retry = number == 1 && page_size > 0;
    g_autoptr(GPtrArray) held = may_retry ? g_ptr_array_new_with_free_func(free_message) : NULL;
    Page now = {0};
    int id = 0;

    search->page = number;
    search->n_held = 0;
    bool is_read = ask(search, base, page_size, &page->cookie, &id, error) &&
                   read_page(search, id, held, &now, error);
    if (is_read && may_retry && is_size_refused(now.code)) {
        page_clear(&now);
        return OUTCOME_SMALLER;
    }
    if (is_read) {
        search->n_held = 0;
        is_read = held == NULL || take_held(search, held, &now, error);
        sink_page(search->sink, now.code, now.n_entries);
    }
    if (is_read && now.code != LDAP_SUCCESS) {
        is_read = page_failed(search, base, number, &now, error);
    } else if (is_read && page_size > 0 && !now.has_cookie) {
        is_read = cut(search, error, SOURCE_ERROR_CUT, "the server paged without a cookie");
    } else if (is_read && is_repeated(rounds, now.first_dn)) {
        is_read =
            cut(search, error, SOURCE_ERROR_CUT, "paging does not end: the same page came twice");
    }
    page_clear(page);
    *page = now;
    return is_read ? OUTCOME_WHOLE : OUTCOME_FAILED;
}

static Outcome read_pages(DirectorySearch *search, const char *base, int page_size, GError **error)
{
    Rounds rounds = {0};
    Page page = {0};
    Outcome outcome;
    int n_empty = 0;
    uint64_t number = 1;

    search->base = base;
    do {
        outcome = next_page(search, base, page_size, number++, &page, &rounds, error);
        n_empty = page.n_entries == 0 ? n_empty + 1 : 0;
        if (outcome == OUTCOME_WHOLE && n_empty > MAX_EMPTY_PAGES) {
            cut(search, error, SOURCE_ERROR_CUT, "paging does not end: only empty pages");
            outcome = OUTCOME_FAILED;
        }
    } while (outcome == OUTCOME_WHOLE && page.cookie.bv_len > 0);
    search->page = 0;
    rounds_clear(&rounds);
    page_clear(&page);
    return outcome;
}

static void note_page_size(DirectorySearch *search, int page_size)
{
    char text[16] = "unpaged";

    if (page_size > 0) {
        g_snprintf(text, sizeof text, "%d", page_size);
    }
    sink_note(search->sink, "page_size", text);
}

bool directory_search_read(DirectorySearch *search, const char *base, GError **error)
{
    const int ladder[] = {search->page_size, 500, 100, 0};

    for (size_t i = 0; i < G_N_ELEMENTS(ladder); i++) {
        if (i > 0 && ladder[i] >= search->page_size) {
            continue;
        }
        Outcome outcome = read_pages(search, base, ladder[i], error);
        if (outcome == OUTCOME_SMALLER) {
            continue;
        }
        note_page_size(search, ladder[i]);
        if (outcome == OUTCOME_WHOLE && !directory_ranges_read(search->ranges, error)) {
            return false;
        }
        if (outcome == OUTCOME_WHOLE && search->reference != NULL) {
            g_autofree char *what =
                g_strdup_printf("a part of %s is on another server (%s), which is not followed",
                                base, search->reference);
            return cut(search, error, SOURCE_ERROR_CUT, what);
        }
        return outcome == OUTCOME_WHOLE;
    }
    return cut(search, error, SOURCE_ERROR_CUT, "every page size was refused");
}

bool directory_search_probe(DirectorySearch *search, const char *base, const char *filter,
                            bool *ret_is_found, GError **error)
{
    LDAP *ldap = search->session->ldap;
    LDAPMessage *answer = NULL;
    Page page = {0};
    struct timeval limit = directory_session_patience(search->session);
    char **attributes = (char **)(uintptr_t)schema_wanted(search->schema);
    int rc = ldap_search_ext_s(ldap, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL,
                               &limit, 1, &answer);
    LDAPMessage *entry = answer != NULL ? ldap_first_entry(ldap, answer) : NULL;
    bool is_read = rc == LDAP_SUCCESS || (rc == LDAP_SIZELIMIT_EXCEEDED && entry != NULL);

    if (!is_read) {
        g_autofree char *what = g_strdup_printf("search of %s: %s", base, ldap_err2string(rc));
        cut(search, error, error_of_code(rc), what);
    } else if (entry != NULL) {
        is_read = take_entry(search, entry, &page, error);
    }
    *ret_is_found = entry != NULL;
    page_clear(&page);
    ldap_msgfree(answer);
    return is_read && (entry == NULL || directory_ranges_read(search->ranges, error));
}
