#include "ldap/times.h"
#include "ldap/range.h"
#include "ldap/replication.h"
#include "ldap/value.h"

#define WINDOW 32
#define UAC_DISABLED 2
#define VALUE_STAMPS "msDS-ReplValueMetaData"
#define ATTRIBUTE_STAMPS "msDS-ReplAttributeMetaData"

/* One outstanding search. */
typedef struct Request {
    int id;
    bool is_group;
    size_t index;    /* into the question's accounts or groups */
    uint64_t first;  /* of the values of a group's stamps */
    char *attribute; /* of a further range; NULL for the first answer */
} Request;

typedef struct TimesReader {
    DirectorySession *session;
    bool is_active_directory;
    unsigned recorded;
    const TimesQuestion *question;
    size_t next_account, next_group; /* not yet asked for */
    GQueue outstanding;              /* (element-type Request), the oldest first */
} TimesReader;

unsigned directory_recorded_times(const DirectoryServer *server, const char *family)
{
    if (strcmp(family, "active-directory") == 0)
        return RECORDS_STATE | RECORDS_LOCK | RECORDS_PRIMARY_GROUP |
               (server->is_samba ? 0 : RECORDS_MEMBER);
    return strcmp(family, "openldap") == 0 ? RECORDS_LOCK : 0;
}

/* ---- Asking ---- */

static void request_free(gpointer data)
{
    Request *request = data;

    g_free(request->attribute);
    g_free(request);
}

static bool failed(const TimesReader *reader, const char *what, GError **error)
{
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                "%s: %s while recorded times were read; those that are missing count as not known",
                reader->session->url, what);
    return false;
}

static const TimesSubject *subject_of(const TimesReader *reader, const Request *request)
{
    return request->is_group ? &reader->question->groups[request->index]
                             : &reader->question->accounts[request->index];
}

/* Where an entry has no key of its own, its key is its DN. */
static bool is_guid(const char *key)
{
    for (size_t i = 0; i < VALUE_GUID_SIZE - 1; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? key[i] != '-' : !g_ascii_isxdigit(key[i]))
            return false;
    }
    return key[VALUE_GUID_SIZE - 1] == '\0';
}

static bool send_request(TimesReader *reader, Request *request, GError **error)
{
    static const char *const active_directory[] = {"userAccountControl", "lockoutTime",
                                                   ATTRIBUTE_STAMPS, "replPropertyMetaData", NULL};
    static const char *const openldap[] = {"pwdAccountLockedTime", NULL};
    const char *const further[] = {request->attribute != NULL ? request->attribute : VALUE_STAMPS,
                                   NULL};
    const char *const *attributes = request->is_group             ? further
                                    : reader->is_active_directory ? active_directory
                                                                  : openldap;
    const TimesSubject *subject = subject_of(reader, request);
    g_autofree char *base = reader->is_active_directory && is_guid(subject->key)
                                ? g_strdup_printf("<GUID=%s>", subject->key)
                                : g_strdup(subject->dn);
    int rc = ldap_search_ext(reader->session->ldap, base, LDAP_SCOPE_BASE, "(objectClass=*)",
                             (char **)(uintptr_t)attributes, 0, NULL, NULL, NULL, LDAP_NO_LIMIT,
                             &request->id);

    if (rc != LDAP_SUCCESS) {
        request_free(request);
        return failed(reader, ldap_err2string(rc), error);
    }
    g_queue_push_tail(&reader->outstanding, request);
    return true;
}

/* The next subject that nobody has asked for; NULL when there is none. */
static Request *next_request(TimesReader *reader)
{
    unsigned of_accounts = RECORDS_STATE | RECORDS_LOCK | RECORDS_PRIMARY_GROUP;
    bool has_accounts = (reader->recorded & of_accounts) != 0;
    bool has_groups = (reader->recorded & RECORDS_MEMBER) != 0;
    Request request = {0};

    if (has_accounts && reader->next_account < reader->question->n_accounts) {
        request.index = reader->next_account++;
    } else if (has_groups && reader->next_group < reader->question->n_groups) {
        request.is_group = true;
        request.index = reader->next_group++;
    } else {
        return NULL;
    }
    return g_memdup2(&request, sizeof request);
}

/* ---- Answers about accounts ---- */

static bool single_value(LDAP *ldap, LDAPMessage *entry, const char *attribute, GString *text)
{
    struct berval **values = ldap_get_values_len(ldap, entry, attribute);
    bool is_there = values != NULL && values[0] != NULL && values[1] == NULL;

    g_string_truncate(text, 0);
    if (is_there)
        g_string_append_len(text, values[0]->bv_val, (gssize)values[0]->bv_len);
    ldap_value_free_len(values);
    return is_there;
}

static int64_t time_value(LDAP *ldap, LDAPMessage *entry, const char *attribute)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t utc;

    return single_value(ldap, entry, attribute, text) &&
                   value_time((Text){text->str, text->len}, &utc)
               ? utc
               : TIME_UNKNOWN;
}

/* From the documented form, which Microsoft's servers give. */
static int64_t described_time(LDAP *ldap, LDAPMessage *entry, const char *attribute)
{
    struct berval **values = ldap_get_values_len(ldap, entry, ATTRIBUTE_STAMPS);
    int64_t utc = TIME_UNKNOWN;

    for (size_t i = 0; values != NULL && values[i] != NULL && utc == TIME_UNKNOWN; i++) {
        ReplicationStamp stamp;
        if (replication_read_xml((Text){values[i]->bv_val, values[i]->bv_len}, &stamp)) {
            if (!stamp.is_of_value && g_ascii_strcasecmp(stamp.attribute, attribute) == 0)
                utc = stamp.changed_utc;
            replication_stamp_clear(&stamp);
        }
    }
    ldap_value_free_len(values);
    return utc;
}

static int64_t attribute_time(LDAP *ldap, LDAPMessage *entry, const char *attribute, uint32_t id)
{
    g_autoptr(GString) blob = g_string_new(NULL);
    int64_t utc = described_time(ldap, entry, attribute);

    if (utc == TIME_UNKNOWN && single_value(ldap, entry, "replPropertyMetaData", blob) &&
        !replication_stored_time((Text){blob->str, blob->len}, id, &utc))
        utc = TIME_UNKNOWN;
    return utc;
}

/* The account may have been enabled since the pull, or on this server: then the last change of
 * userAccountControl says nothing about a disabling. */
static bool is_disabled(LDAP *ldap, LDAPMessage *entry)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t flags;

    return single_value(ldap, entry, "userAccountControl", text) &&
           value_integer((Text){text->str, text->len}, &flags) && (flags & UAC_DISABLED) != 0;
}

static void take_account(TimesReader *reader, const Request *request, LDAPMessage *entry)
{
    LDAP *ldap = reader->session->ldap;
    AccountTimes times = {TIME_UNKNOWN, TIME_UNKNOWN, TIME_UNKNOWN};

    if (!reader->is_active_directory) {
        times.locked_utc = time_value(ldap, entry, "pwdAccountLockedTime");
    } else {
        times.locked_utc = time_value(ldap, entry, "lockoutTime");
        times.primary_group_utc =
            attribute_time(ldap, entry, "primaryGroupID", REPLICATION_ID_PRIMARY_GROUP);
        if (is_disabled(ldap, entry))
            times.disabled_utc = attribute_time(ldap, entry, "userAccountControl",
                                                REPLICATION_ID_USER_ACCOUNT_CONTROL);
    }
    reader->question->account(reader->question->data, request->index, &times);
}

/* ---- Answers about groups ---- */

static void take_member(const TimesReader *reader, const Request *request, Text value)
{
    ReplicationStamp stamp;

    if (!replication_read_xml(value, &stamp))
        return;
    if (stamp.is_of_value && !stamp.is_removed &&
        g_ascii_strcasecmp(stamp.attribute, "member") == 0)
        reader->question->member(reader->question->data, request->index, text_of(stamp.value),
                                 stamp.changed_utc);
    replication_stamp_clear(&stamp);
}

/* Each stamp speaks for itself, so a group that changes between two ranges does no harm; a range
 * that is not the one that was asked for ends the reading of this group. */
static Request *further_range(const Request *request, const Range *range)
{
    if (range->is_last || range->first != request->first || range->last < range->first)
        return NULL;
    Request *further = g_new0(Request, 1);
    further->is_group = true;
    further->index = request->index;
    further->first = range->last + 1;
    further->attribute =
        g_strdup_printf(VALUE_STAMPS ";range=%" G_GUINT64_FORMAT "-*", further->first);
    return further;
}

/* ret_further: what must be asked for next, or NULL. */
static void take_group(TimesReader *reader, const Request *request, LDAPMessage *entry,
                       Request **ret_further)
{
    LDAP *ldap = reader->session->ldap;
    BerElement *ber = NULL;

    for (char *name = ldap_first_attribute(ldap, entry, &ber); name != NULL;
         name = ldap_next_attribute(ldap, entry, ber)) {
        struct berval **values = ldap_get_values_len(ldap, entry, name);
        Range range;
        if (*ret_further == NULL && directory_range_parse(text_of(name), &range) &&
            value_is(range.attribute, VALUE_STAMPS))
            *ret_further = further_range(request, &range);
        for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
            take_member(reader, request, (Text){values[i]->bv_val, values[i]->bv_len});
        }
        ldap_value_free_len(values);
        ldap_memfree(name);
    }
    ber_free(ber, 0);
}

/* ---- All of them ---- */

/* The answer to the oldest request. A result other than success is an entry of which nothing is
 * known; silence, or a broken connection, is a failure. */
static bool take_answer(TimesReader *reader, const Request *request, Request **ret_further,
                        GError **error)
{
    LDAP *ldap = reader->session->ldap;
    struct timeval limit = directory_session_patience(reader->session);
    LDAPMessage *answer = NULL;
    int code = LDAP_SERVER_DOWN;
    int type = ldap_result(ldap, request->id, LDAP_MSG_ALL, &limit, &answer);

    if (type <= 0) {
        ldap_msgfree(answer);
        return failed(reader, type == 0 ? "no answer in time" : "the connection broke", error);
    }
    LDAPMessage *entry = ldap_first_entry(ldap, answer);
    if (ldap_parse_result(ldap, answer, &code, NULL, NULL, NULL, NULL, 0) == LDAP_SUCCESS &&
        code == LDAP_SUCCESS && entry != NULL) {
        if (request->is_group)
            take_group(reader, request, entry, ret_further);
        else
            take_account(reader, request, entry);
    }
    ldap_msgfree(answer);
    return true;
}

static bool fill_window(TimesReader *reader, GError **error)
{
    while (reader->outstanding.length < WINDOW) {
        Request *request = next_request(reader);
        if (request == NULL)
            return true;
        if (!send_request(reader, request, error))
            return false;
    }
    return true;
}

static bool read_all(TimesReader *reader, GError **error)
{
    while (fill_window(reader, error)) {
        Request *request = g_queue_pop_head(&reader->outstanding);
        Request *further = NULL;
        if (request == NULL)
            return true;
        bool is_read = take_answer(reader, request, &further, error);
        request_free(request);
        if (!is_read || (further != NULL && !send_request(reader, further, error)))
            return false;
    }
    return false;
}

bool directory_read_times(DirectorySession *session, const char *family, unsigned recorded,
                          const TimesQuestion *question, GError **error)
{
    TimesReader reader = {.session = session,
                          .is_active_directory = strcmp(family, "active-directory") == 0,
                          .recorded = recorded,
                          .question = question};

    g_queue_init(&reader.outstanding);
    bool is_whole = read_all(&reader, error);
    g_queue_clear_full(&reader.outstanding, request_free);
    return is_whole;
}
