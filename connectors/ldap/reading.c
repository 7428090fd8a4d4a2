#include "ldap/reading.h"
#include "ldap/page.h"

#include <poll.h>

#define MAX_EMPTY_PAGES 100
/* No references to other partitions, please (MS-ADTS section 3.1.1.3.4.1.4). */
#define DOMAIN_SCOPE_OID "1.2.840.113556.1.4.1339"
/* A server writes entry by entry. Who is woken by each spends his time, and the server's, on waking
 * up: on two cores a bare reader took 2.2 s so and 1.5 s with naps between the reads. Longer ones
 * save more of our CPU and no more time. */
#define NAP_US 400
#define MUCH_BYTES ((size_t)128 << 10)
/* An answer of a few entries is soon there: whoever naps then comes late. */
#define FEW_ENTRIES 100
/* So much of the first page waits for its result. */
#define MAX_HELD_BYTES ((size_t)256 << 20)

struct DirectoryReading {
    ReadingOptions options;
    DirectoryWire *wire;
    int page_size; /* that is asked for now; 0 = no pages */
    Page page;
    Rounds rounds;
    int n_empty;
    uint64_t n_entries; /* handed over */
    char *reference;    /* the first one, where references are not normal */
    bool is_asked;      /* a request is open: of the page, or of the next when the page is over */
    bool is_early;      /* it was sent before its turn, which has not come */
    bool is_unpaged;    /* asked for without pages, though they may be needed */
    int ahead_id;       /* the next page's, … */
    int ahead_rc;       /* … or why it could not be asked for */
    bool is_ready, is_broken, is_done;
    gint64 heard_us;
};

DirectoryReading *directory_reading_new(const ReadingOptions *options)
{
    DirectoryReading *reading = g_new0(DirectoryReading, 1);

    reading->options = *options;
    reading->wire = options->session->wire;
    reading->page_size = options->is_probe ? 0 : options->page_size;
    reading->page.number = 1;
    return reading;
}

void directory_reading_free(DirectoryReading *reading)
{
    if (reading == NULL)
        return;
    if (reading->is_asked && !reading->is_broken)
        ldap_abandon_ext(reading->options.session->ldap,
                         reading->page.is_over ? reading->ahead_id : reading->page.id, NULL, NULL);
    if (reading->is_early)
        directory_wire_forget(reading->wire, reading->page.id);
    page_clear(&reading->page);
    rounds_clear(&reading->rounds);
    g_free(reading->reference);
    g_free(reading);
}

bool directory_reading_is_done(const DirectoryReading *reading)
{
    return reading->is_done;
}

uint64_t directory_reading_n_entries(const DirectoryReading *reading)
{
    return reading->n_entries;
}

/* ---- Sentences ---- */

bool directory_reading_cut(const DirectoryReading *reading, GError **error, SourceError code,
                           const char *what)
{
    const Page *page = &reading->page;
    uint64_t n_held = page->n_taken == 0 ? page->n_entries : 0;

    g_set_error(error, SOURCE_ERROR, code,
                "%s: base %s, page %" G_GUINT64_FORMAT ", after %" G_GUINT64_FORMAT
                " entries: %s; nothing of this pull is used",
                reading->options.session->url, reading->options.base, page->number,
                reading->n_entries + n_held, what);
    return false;
}

static bool cut(const DirectoryReading *reading, GError **error, const char *what)
{
    return directory_reading_cut(reading, error, SOURCE_ERROR_CUT, what);
}

static bool page_failed(const DirectoryReading *reading, GError **error)
{
    g_autofree char *what = page_result_text(&reading->page);

    return directory_reading_cut(reading, error, page_error(&reading->page), what);
}

static bool is_past_deadline(const DirectoryReading *reading)
{
    return g_get_monotonic_time() >= reading->options.session->deadline_us;
}

static bool no_answer(const DirectoryReading *reading, GError **error)
{
    g_autofree char *what =
        is_past_deadline(reading)
            ? g_strdup("not done within deadline_seconds")
            : g_strdup_printf("no answer for %d s", reading->options.session->timeout_seconds);

    return cut(reading, error, what);
}

/* ---- Asking ---- */

/* Not critical: a server that does not know it after all sends more than is needed. */
static int values_control(const char *values, struct berval **ret_bytes, LDAPControl *control)
{
    BerElement *element = ber_alloc_t(LBER_USE_DER);

    if (element == NULL || ldap_put_vrFilter(element, values) == -1 ||
        ber_flatten(element, ret_bytes) == -1) {
        ber_free(element, 1);
        return LDAP_FILTER_ERROR;
    }
    ber_free(element, 1);
    control->ldctl_oid = (char *)(uintptr_t)LDAP_CONTROL_VALUESRETURNFILTER;
    control->ldctl_value = **ret_bytes;
    return LDAP_SUCCESS;
}

static int send_request(const DirectoryReading *reading, struct berval *cookie, int *ret_id)
{
    const ReadingOptions *options = &reading->options;
    LDAP *ldap = options->session->ldap;
    LDAPControl *paging = NULL;
    LDAPControl domain_scope = {.ldctl_oid = (char *)(uintptr_t)DOMAIN_SCOPE_OID};
    LDAPControl values = {0};
    struct berval *value_bytes = NULL;
    LDAPControl *controls[4] = {NULL, NULL, NULL, NULL};
    size_t n_controls = 0;

    if (reading->page_size > 0) {
        int rc = ldap_create_page_control(ldap, reading->page_size, cookie, 1, &paging);
        if (rc != LDAP_SUCCESS)
            return rc;
        controls[n_controls++] = paging;
    }
    if (options->has_domain_scope)
        controls[n_controls++] = &domain_scope;
    int rc = LDAP_SUCCESS;
    if (options->values != NULL) {
        rc = values_control(options->values, &value_bytes, &values);
        controls[n_controls++] = &values;
    }
    if (rc == LDAP_SUCCESS)
        rc = ldap_search_ext(ldap, options->base, LDAP_SCOPE_SUBTREE, options->filter,
                             (char **)(uintptr_t)options->attributes, 0, controls, NULL, NULL,
                             options->is_probe ? 1 : LDAP_NO_LIMIT, ret_id);
    ber_bvfree(value_bytes);
    if (paging != NULL)
        ldap_control_free(paging);
    return rc;
}

static bool not_sent(const DirectoryReading *reading, int rc, GError **error)
{
    g_autofree char *what =
        g_strdup_printf("search of %s: %s", reading->options.base, ldap_err2string(rc));

    return directory_reading_cut(
        reading, error, rc == LDAP_SERVER_DOWN ? SOURCE_ERROR_CUT : SOURCE_ERROR_FORBIDDEN, what);
}

static bool ask_first(DirectoryReading *reading, GError **error)
{
    struct berval no_cookie = {0};
    int rc = send_request(reading, &no_cookie, &reading->page.id);

    reading->is_asked = rc == LDAP_SUCCESS;
    reading->heard_us = g_get_monotonic_time();
    return reading->is_asked || not_sent(reading, rc, error);
}

bool directory_reading_ask(DirectoryReading *reading, GError **error)
{
    reading->is_unpaged = reading->page_size > 0;
    reading->page_size = 0;
    reading->is_early = ask_first(reading, error);
    if (reading->is_early)
        directory_wire_put_aside(reading->wire, reading->page.id);
    return reading->is_early;
}

/* Its turn has come, and what was received before. */
static void take_turn(DirectoryReading *reading)
{
    if (reading->is_early) {
        directory_wire_bring_back(reading->wire, reading->page.id);
        reading->is_early = false;
        reading->heard_us = g_get_monotonic_time();
    }
}

/* Before the page's entries are used. Whether it could be sent is told when they are. */
static void ask_ahead(DirectoryReading *reading)
{
    Page *page = &reading->page;

    reading->is_asked = false;
    if (page->code == LDAP_SUCCESS && page->cookie.bv_len > 0) {
        reading->ahead_rc = send_request(reading, &page->cookie, &reading->ahead_id);
        reading->is_asked = reading->ahead_rc == LDAP_SUCCESS;
    }
}

/* ---- Looking at what came ---- */

static bool take_result(DirectoryReading *reading, LDAPMessage *message)
{
    if (!page_end(&reading->page, reading->options.session->ldap, message, reading->page_size > 0))
        return false;
    ask_ahead(reading);
    return true;
}

static void take_reference(DirectoryReading *reading, LDAPMessage *message)
{
    const ReadingOptions *options = &reading->options;
    char **urls = NULL;

    if (options->is_probe)
        return;
    sink_reference(options->sink);
    if (!options->references_are_normal && reading->reference == NULL &&
        ldap_parse_reference(options->session->ldap, message, &urls, NULL, 0) == LDAP_SUCCESS)
        reading->reference = g_strdup(urls != NULL && urls[0] != NULL ? urls[0] : "another server");
    ldap_memvfree((void **)urls);
}

/* libldap judges everything that is no entry: false when the connection cannot be used any more.
 * What belongs to no request it throws away. */
static bool judge(DirectoryReading *reading, const WireMessage *message)
{
    LDAP *ldap = reading->options.session->ldap;
    struct timeval no_time = {0};
    LDAPMessage *answer = NULL;

    directory_wire_lend(reading->wire, message);
    int type = ldap_result(ldap, reading->page.id, LDAP_MSG_ONE, &no_time, &answer);
    directory_wire_lend(reading->wire, NULL);
    bool is_good = type == 0;
    if (type == LDAP_RES_SEARCH_RESULT) {
        is_good = take_result(reading, answer);
    } else if (type == LDAP_RES_SEARCH_REFERENCE) {
        take_reference(reading, answer);
        is_good = true;
    }
    ldap_msgfree(answer);
    return is_good;
}

static bool is_entry(const Page *page, const WireMessage *message)
{
    return message->operation == LDAP_RES_SEARCH_ENTRY && message->id == page->id;
}

/* Everything that came is looked at, and so the next page asked for, before any of it is used. */
static void look(DirectoryReading *reading)
{
    Page *page = &reading->page;
    WireMessage message;

    while (!reading->is_broken && directory_wire_look(reading->wire, &message)) {
        if (is_entry(page, &message) && !page->is_over)
            page->n_entries++;
        else if (!directory_wire_is_put_aside(reading->wire, &message))
            reading->is_broken = !judge(reading, &message);
    }
}

/* ---- Using it ---- */

static bool take_entry(DirectoryReading *reading, Text content, GError **error)
{
    Page *page = &reading->page;
    EntryWalk walk;
    Text dn;

    if (!entry_begin(&walk, content, &dn))
        return cut(reading, error, "an answer that is not LDAP");
    if (page->first_dn == NULL)
        page->first_dn = g_strndup(dn.data, dn.length);
    page->n_taken++;
    reading->n_entries++;
    if (!reading->options.take(reading->options.data, dn, &walk, error))
        return false;
    return !walk.is_broken || cut(reading, error, "an answer that is not LDAP");
}

static bool take_entries(DirectoryReading *reading, GError **error)
{
    Page *page = &reading->page;
    WireMessage message;

    while (directory_wire_take(reading->wire, &message)) {
        if (is_entry(page, &message) && page->n_taken < page->n_entries &&
            !take_entry(reading, message.content, error))
            return false;
    }
    return true;
}

/* On the first page entries wait until the result is known: one that is refused after some entries
 * (389 Directory Server does that) is asked for again in another size. */
static bool may_ask_for_less(const DirectoryReading *reading)
{
    return reading->page.number == 1 && reading->page.n_taken == 0 &&
           (reading->page_size > 0 || reading->is_unpaged);
}

static bool is_holding(const DirectoryReading *reading)
{
    return may_ask_for_less(reading) && !reading->page.is_over &&
           directory_wire_n_untaken(reading->wire) < MAX_HELD_BYTES;
}

static bool start_again(DirectoryReading *reading, GError **error)
{
    WireMessage passed_over;

    while (directory_wire_take(reading->wire, &passed_over))
        continue;
    page_clear(&reading->page);
    reading->page.number = 1;
    reading->page_size =
        reading->is_unpaged ? reading->options.page_size : page_size_below(reading->page_size);
    reading->is_unpaged = false;
    return ask_first(reading, error);
}

static void note_page_size(const DirectoryReading *reading)
{
    char text[16] = "unpaged";

    if (reading->page_size > 0)
        g_snprintf(text, sizeof text, "%d", reading->page_size);
    sink_note(reading->options.sink, "page_size", text);
}

static bool judge_page(DirectoryReading *reading, GError **error)
{
    const Page *page = &reading->page;

    if (page->code != LDAP_SUCCESS)
        return page_failed(reading, error);
    if (reading->page_size > 0 && !page->has_cookie)
        return cut(reading, error, "the server paged without a cookie");
    if (rounds_is_repeated(&reading->rounds, page->first_dn))
        return cut(reading, error, "paging does not end: the same page came twice");
    reading->n_empty = page->n_entries == 0 ? reading->n_empty + 1 : 0;
    if (reading->n_empty > MAX_EMPTY_PAGES)
        return cut(reading, error, "paging does not end: only empty pages");
    return true;
}

static bool end_probe(DirectoryReading *reading, GError **error)
{
    const Page *page = &reading->page;

    reading->is_done = page->code == LDAP_SUCCESS ||
                       (page->code == LDAP_SIZELIMIT_EXCEEDED && page->n_entries > 0);
    return reading->is_done || page_failed(reading, error);
}

static bool end_reading(DirectoryReading *reading, GError **error)
{
    reading->is_done = true;
    note_page_size(reading);
    if (reading->reference == NULL)
        return true;
    g_autofree char *what =
        g_strdup_printf("a part of %s is on another server (%s), which is not followed",
                        reading->options.base, reading->reference);
    return cut(reading, error, what);
}

/* Everything of the page was handed over; *page becomes the next one. */
static bool end_page(DirectoryReading *reading, GError **error)
{
    Page *page = &reading->page;

    if (reading->options.is_probe)
        return end_probe(reading, error);
    sink_page(reading->options.sink, page->code, page->n_entries);
    if (!judge_page(reading, error))
        return false;
    if (page->cookie.bv_len == 0)
        return end_reading(reading, error);
    Page next = {.number = page->number + 1, .id = reading->ahead_id};
    page_clear(page);
    *page = next;
    return reading->is_asked || not_sent(reading, reading->ahead_rc, error);
}

static bool use(DirectoryReading *reading, GError **error)
{
    const Page *page = &reading->page;

    if (page->is_over && may_ask_for_less(reading) && page_is_size_refused(page))
        return start_again(reading, error);
    if (is_holding(reading))
        return true;
    return take_entries(reading, error) && (!page->is_over || end_page(reading, error));
}

/* ---- Waiting ---- */

static bool may_nap(const DirectoryReading *reading)
{
    const Page *page = &reading->page;
    bool expects_more = reading->page_size == 0 || page->n_entries < (uint64_t)reading->page_size;
    bool is_much = page->number > 1 || page->n_entries > FEW_ENTRIES;

    return is_much && page->n_entries > 0 && expects_more && !reading->options.is_probe &&
           directory_wire_n_received(reading->wire) < MUCH_BYTES;
}

/* How long the answer may take: timeout_seconds, or what is left of the deadline. */
static gint64 patience_us(const DirectoryReading *reading)
{
    const DirectorySession *session = reading->options.session;
    gint64 end = MIN(session->deadline_us,
                     reading->heard_us + (gint64)session->timeout_seconds * G_USEC_PER_SEC);

    return MAX(0, end - g_get_monotonic_time());
}

static bool has_begun(const DirectoryReading *reading)
{
    return reading->heard_us > 0;
}

void directory_readings_wait(DirectoryReading *const *readings, size_t n)
{
    g_autofree struct pollfd *waits = g_new0(struct pollfd, n);
    gint64 patience = G_MAXINT64;
    bool all_nap = true;

    for (size_t i = 0; i < n; i++) {
        take_turn(readings[i]);
        bool is_ready = !has_begun(readings[i]) || directory_wire_has_hidden(readings[i]->wire);
        readings[i]->is_ready = is_ready;
        patience = is_ready ? 0 : MIN(patience, patience_us(readings[i]));
        all_nap = all_nap && has_begun(readings[i]) && may_nap(readings[i]);
        waits[i] =
            (struct pollfd){.fd = directory_wire_socket(readings[i]->wire), .events = POLLIN};
    }
    if (all_nap && patience > NAP_US)
        g_usleep(NAP_US);
    /* Rounded up, so that the time is over when it returns for nothing. */
    int milliseconds = (int)MIN((patience + 999) / 1000, G_MAXINT);
    if (poll(waits, n, milliseconds) <= 0)
        return;
    for (size_t i = 0; i < n; i++)
        readings[i]->is_ready |= waits[i].revents != 0;
}

static bool receive(DirectoryReading *reading)
{
    switch (directory_wire_receive(reading->wire)) {
    case WIRE_GOOD:
        reading->heard_us = g_get_monotonic_time();
        break;
    case WIRE_NOTHING:
        break;
    case WIRE_BROKEN:
        reading->is_broken = true;
        break;
    }
    return !reading->is_broken;
}

bool directory_reading_step(DirectoryReading *reading, GError **error)
{
    if (!has_begun(reading))
        return ask_first(reading, error);
    if (is_past_deadline(reading) || (!reading->is_ready && patience_us(reading) == 0))
        return no_answer(reading, error);
    if (!reading->is_ready)
        return true;
    if (receive(reading))
        look(reading);
    if (!use(reading, error))
        return false;
    if (directory_wire_is_nonsense(reading->wire))
        return cut(reading, error, "an answer that is not LDAP");
    return !reading->is_broken || reading->is_done || cut(reading, error, "the connection broke");
}

bool directory_reading_finish(DirectoryReading *reading, GError **error)
{
    while (!reading->is_done) {
        directory_readings_wait(&reading, 1);
        if (!directory_reading_step(reading, error))
            return false;
    }
    return true;
}
