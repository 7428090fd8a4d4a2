#include "component/responder.h"

#include <lber.h>
#include <ldap.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DOMAIN_SCOPE_OID "1.2.840.113556.1.4.1339"
#define STAMPS "msDS-ReplValueMetaData"
#define LATENCY_US 4000
#define CHANGE_AT 2 /* the how many'th range of a group finds it changed */

typedef struct Request {
    ber_int_t id;
    ber_tag_t operation;
    char base[256];
    ber_int_t scope;
    char range_attribute[64]; /* "member;range=1500-*", or "" */
    bool wants_stamps;
    size_t first_stamp;
    bool is_paged, has_domain_scope;
    size_t page_size, first; /* of the cookie */
} Request;

typedef struct Connection {
    Responder *responder;
    int socket;
    Sockbuf *sockbuf;
    size_t n_pages;
    GByteArray *answers;
    bool is_over;
} Connection;

/* ---- Reading ---- */

static void read_controls(BerElement *ber, Request *request)
{
    ber_len_t length;
    char *end;

    if (ber_peek_tag(ber, &length) != LDAP_TAG_CONTROLS)
        return;
    for (ber_tag_t tag = ber_first_element(ber, &length, &end); tag != LBER_DEFAULT;
         tag = ber_next_element(ber, &length, end)) {
        struct berval oid = {0};
        struct berval value = {0};
        ber_int_t critical = 0;
        ber_scanf(ber, "{m", &oid);
        if (ber_peek_tag(ber, &length) == LBER_BOOLEAN)
            ber_scanf(ber, "b", &critical);
        if (ber_peek_tag(ber, &length) == LBER_OCTETSTRING)
            ber_scanf(ber, "m", &value);
        ber_scanf(ber, "}");
        if (strcmp(oid.bv_val, DOMAIN_SCOPE_OID) == 0) {
            request->has_domain_scope = true;
        } else if (strcmp(oid.bv_val, LDAP_CONTROL_PAGEDRESULTS) == 0) {
            BerElement *page = ber_init(&value);
            ber_int_t size = 0;
            struct berval cookie = {0};
            ber_scanf(page, "{im}", &size, &cookie);
            request->is_paged = true;
            request->page_size = (size_t)size;
            request->first = cookie.bv_len > 0 ? strtoul(cookie.bv_val, NULL, 10) : 0;
            ber_free(page, 1);
        }
    }
}

static void read_search(BerElement *ber, Request *request)
{
    struct berval base = {0};
    struct berval filter;
    ber_int_t deref;
    ber_int_t size;
    ber_int_t seconds;
    ber_int_t types_only;
    char **attributes = NULL;

    ber_scanf(ber, "{meiiib", &base, &request->scope, &deref, &size, &seconds, &types_only);
    g_strlcpy(request->base, base.bv_val, sizeof request->base);
    ber_skip_element(ber, &filter);
    ber_scanf(ber, "{v}}", &attributes);
    for (char **attribute = attributes; attribute != NULL && *attribute != NULL; attribute++) {
        if (g_str_has_prefix(*attribute, STAMPS)) {
            request->wants_stamps = true;
            request->first_stamp = strlen(*attribute) > strlen(STAMPS ";range=")
                                       ? strtoul(*attribute + strlen(STAMPS ";range="), NULL, 10)
                                       : 0;
        }
        if (g_str_has_prefix(*attribute, "member;range="))
            g_strlcpy(request->range_attribute, *attribute, sizeof request->range_attribute);
    }
    ber_memvfree((void **)attributes);
    read_controls(ber, request);
}

static bool read_request(Connection *connection, Request *ret_request)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    ber_len_t length;
    Request request = {0};
    bool is_good = ber_get_next(connection->sockbuf, &length, ber) == LDAP_TAG_MESSAGE &&
                   ber_scanf(ber, "i", &request.id) != LBER_ERROR;

    if (is_good) {
        request.operation = ber_peek_tag(ber, &length);
        if (request.operation == LDAP_REQ_SEARCH)
            read_search(ber, &request);
    }
    ber_free(ber, 1);
    *ret_request = request;
    return is_good && request.operation != LDAP_REQ_UNBIND;
}

/* ---- Answering ---- */

static void send_ber(Connection *connection, BerElement *ber)
{
    struct berval *bytes = NULL;

    if (ber_flatten(ber, &bytes) == 0)
        g_byte_array_append(connection->answers, (const guint8 *)bytes->bv_val,
                            (guint)bytes->bv_len);
    ber_bvfree(bytes);
    ber_free(ber, 1);
}

static void send_answers(Connection *connection)
{
    const GByteArray *answers = connection->answers;

    for (size_t done = 0; done < answers->len;) {
        ssize_t n =
            send(connection->socket, answers->data + done, answers->len - done, MSG_NOSIGNAL);
        if (n <= 0) {
            connection->is_over = true;
            break;
        }
        done += (size_t)n;
    }
    g_byte_array_set_size(connection->answers, 0);
}

static void send_result(Connection *connection, const Request *request, ber_tag_t operation,
                        int code, const char *cookie)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);

    ber_printf(ber, "{it{ess}", request->id, operation, code, "", "");
    if (cookie != NULL) {
        BerElement *value = ber_alloc_t(LBER_USE_DER);
        struct berval *bytes = NULL;
        ber_printf(value, "{is}", 0, cookie);
        ber_flatten(value, &bytes);
        ber_printf(ber, "t{{sO}}", LDAP_TAG_CONTROLS, LDAP_CONTROL_PAGEDRESULTS, bytes);
        ber_bvfree(bytes);
        ber_free(value, 1);
    }
    ber_printf(ber, "}");
    send_ber(connection, ber);
}

/* RFC 4511 section 4.4.1: message 0, result 52, and the name of the notice. */
static void send_disconnection(Connection *connection)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);

    ber_printf(ber, "{it{essts}}", 0, LDAP_RES_EXTENDED, LDAP_UNAVAILABLE, "",
               "The server is going down", LDAP_TAG_EXOP_RES_OID, LDAP_NOTICE_OF_DISCONNECTION);
    send_ber(connection, ber);
    send_answers(connection);
    shutdown(connection->socket, SHUT_RDWR);
    connection->is_over = true;
}

static void put_attribute(BerElement *ber, const char *name, const char *value)
{
    ber_printf(ber, "{s[s]}", name, value);
}

static void put_members(BerElement *ber, const char *name, size_t first, size_t end)
{
    char member[64];

    ber_printf(ber, "{s[", name);
    for (size_t i = first; i < end; i++) {
        snprintf(member, sizeof member, "CN=u%zu,OU=People," RESPONDER_BASE, i);
        ber_printf(ber, "s", member);
    }
    ber_printf(ber, "]}");
}

static void send_root_dse(Connection *connection, const Request *request)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);

    ber_printf(ber, "{it{s{", request->id, LDAP_RES_SEARCH_ENTRY, "");
    put_attribute(ber, "supportedCapabilities", "1.2.840.113556.1.4.800");
    if (!connection->responder->script.without_domain_scope)
        put_attribute(ber, "supportedControl", DOMAIN_SCOPE_OID);
    ber_printf(ber, "}}}");
    send_ber(connection, ber);
}

/* The members from first on, under the name that the server gives the range. last: as far as was
 * asked for. */
static void put_range(const Responder *responder, BerElement *ber, size_t first, size_t last)
{
    const ResponderScript *script = &responder->script;
    bool is_other = script->range_step_2 > 0 && (first / script->range_step) % 2 == 1;
    size_t step = is_other ? script->range_step_2 : script->range_step;
    size_t end = MIN(first + step, script->n_members);
    char name[64];

    end = last < end ? last + 1 : end;
    if (end == script->n_members)
        snprintf(name, sizeof name, "member;range=%zu-*", first);
    else
        snprintf(name, sizeof name, "member;range=%zu-%zu", first, end - 1);
    put_members(ber, name, first, end - (script->loses_value && first > 0 ? 1 : 0));
}

/* Of "member;range=0-499"; without an end, or without a range, the greatest number. */
static size_t last_of(const Request *request)
{
    const char *dash = strrchr(request->range_attribute, '-');

    return dash != NULL && dash[1] != '*' ? strtoul(dash + 1, NULL, 10) : G_MAXSIZE;
}

/* As Microsoft's servers write it: a name as it is, and a NUL at the end. */
static void put_stamp(const ResponderScript *script, BerElement *ber, size_t i)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(RESPONDER_FIRST_STAMP + (gint64)i);
    g_autofree char *changed = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    bool is_removed = script->breaks_stamps && i % 3 == 1;
    g_autofree char *xml = g_strdup_printf(
        "<DS_REPL_VALUE_META_DATA>\n\t<pszAttributeName>member</pszAttributeName>\n"
        "\t<pszObjectDn>CN=u%zu,OU=People," RESPONDER_BASE "</pszObjectDn>\n"
        "\t<ftimeDeleted>%s</ftimeDeleted>\n\t<ftimeCreated>2020-01-01T00:00:00Z</ftimeCreated>\n"
        "\t<dwVersion>1</dwVersion>\n"
        "\t<ftimeLastOriginatingChange>%s</ftimeLastOriginatingChange>\n"
        "</DS_REPL_VALUE_META_DATA>\n",
        i, is_removed ? changed : "1601-01-01T00:00:00Z", changed);
    bool is_broken = script->breaks_stamps && i % 3 == 2;

    ber_printf(ber, "o", xml, (ber_len_t)(is_broken ? strlen(xml) / 2 : strlen(xml) + 1));
}

static void send_stamps(Connection *connection, const Request *request, size_t group)
{
    const ResponderScript *script = &connection->responder->script;
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    size_t first = request->first_stamp;
    size_t step = script->range_step > 0 ? script->range_step : script->n_members;
    size_t end = MIN(first + step, script->n_members);
    size_t shift = script->shifts_stamps && first > 0 ? 1 : 0;
    char text[64];

    snprintf(text, sizeof text, "CN=g%zu,OU=Groups," RESPONDER_BASE, group);
    ber_printf(ber, "{it{s{", request->id, LDAP_RES_SEARCH_ENTRY, text);
    if (first == 0 && end == script->n_members)
        snprintf(text, sizeof text, STAMPS);
    else if (end == script->n_members)
        snprintf(text, sizeof text, STAMPS ";range=%zu-*", first);
    else
        snprintf(text, sizeof text, STAMPS ";range=%zu-%zu", first + shift, end - 1);
    ber_printf(ber, "{s[", text);
    for (size_t i = first; i < end && script->with_stamps; i++)
        put_stamp(script, ber, i);
    ber_printf(ber, "]}}}}");
    send_ber(connection, ber);
}

static void send_group(Connection *connection, const Request *request, size_t group)
{
    Responder *responder = connection->responder;
    const ResponderScript *script = &responder->script;
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    bool is_range = request->range_attribute[0] != '\0';
    size_t first =
        is_range ? strtoul(request->range_attribute + strlen("member;range="), NULL, 10) : 0;
    bool is_changed =
        is_range && responder->n_changes_left > 0 && first >= CHANGE_AT * script->range_step;
    char text[64];

    snprintf(text, sizeof text, "CN=g%zu,OU=Groups," RESPONDER_BASE, group);
    ber_printf(ber, "{it{s{", request->id, LDAP_RES_SEARCH_ENTRY, text);
    put_attribute(ber, "objectClass", "group");
    snprintf(text, sizeof text, "g%zu", group);
    put_attribute(ber, "sAMAccountName", text);
    snprintf(text, sizeof text, "%zu", 1000 + responder->n_changes_left - (is_changed ? 1 : 0));
    put_attribute(ber, "uSNChanged", text);
    responder->n_changes_left -= is_changed ? 1 : 0;
    if (script->range_step == 0 || (!is_range && script->n_members <= script->range_step) ||
        (is_range && script->ignores_range)) {
        put_members(ber, "member", 0, script->n_members);
    } else if (!is_range || !script->without_range) {
        put_members(ber, "member", 0, 0);
        put_range(responder, ber, first, last_of(request));
    }
    ber_printf(ber, "}}}");
    send_ber(connection, ber);
}

static void send_reference(Connection *connection, const Request *request)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);

    ber_printf(ber, "{it[s]}", request->id, LDAP_RES_SEARCH_REFERENCE,
               "ldap://elsewhere.invalid/CN=Configuration," RESPONDER_BASE);
    send_ber(connection, ber);
}

static void send_page(Connection *connection, const Request *request)
{
    const ResponderScript *script = &connection->responder->script;
    g_atomic_int_inc(&connection->responder->n_pages_asked);
    bool is_bad = ++connection->n_pages == script->bad_page;
    size_t first = script->repeats_page ? 0 : request->first;
    size_t size = request->is_paged ? request->page_size : script->n_groups;
    size_t end = MIN(first + size, script->n_groups);
    char cookie[32] = "";

    for (size_t i = first; i < (is_bad ? first + (end - first) / 2 : end); i++)
        send_group(connection, request, i);
    for (size_t i = 0; i < script->n_references && !request->has_domain_scope; i++)
        send_reference(connection, request);
    if (is_bad && script->disconnects) {
        send_disconnection(connection);
        return;
    }
    if (end < script->n_groups || script->repeats_page)
        snprintf(cookie, sizeof cookie, "%zu", end);
    send_result(connection, request, LDAP_RES_SEARCH_RESULT, is_bad ? script->bad_page_code : 0,
                request->is_paged ? cookie : NULL);
}

static void answer_base_search(Connection *connection, const Request *request)
{
    Responder *responder = connection->responder;
    bool is_range = request->range_attribute[0] != '\0';
    unsigned long group;
    int code = 0;

    responder->n_base_searches++;
    responder->n_range_searches += is_range ? 1 : 0;
    if (request->base[0] == '\0')
        send_root_dse(connection, request);
    else if (is_range && responder->script.range_code != 0)
        code = responder->script.range_code;
    else if (request->wants_stamps && responder->script.range_code != 0)
        code = responder->script.range_code;
    else if (request->wants_stamps && sscanf(request->base, "CN=g%lu", &group) == 1)
        send_stamps(connection, request, group);
    else if (sscanf(request->base, "CN=g%lu", &group) == 1 && !responder->script.forgets_group)
        send_group(connection, request, group);
    send_result(connection, request, LDAP_RES_SEARCH_RESULT, code, NULL);
}

static void answer(Connection *connection, const Request *request)
{
    Responder *responder = connection->responder;

    if (request->operation == LDAP_REQ_BIND) {
        send_result(connection, request, LDAP_RES_BIND, 0, NULL);
    } else if (request->operation == LDAP_REQ_SEARCH) {
        responder->n_searches++;
        responder->n_with_domain_scope += request->has_domain_scope ? 1 : 0;
        if (request->scope == LDAP_SCOPE_BASE)
            answer_base_search(connection, request);
        else
            send_page(connection, request);
    }
}

/* ---- The thread ---- */

static bool is_readable(int socket)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};

    return poll(&wait, 1, 0) > 0;
}

static void serve(Responder *responder, int socket)
{
    Connection connection = {.responder = responder, .socket = socket};
    g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(Request));
    struct pollfd wait = {.fd = socket, .events = POLLIN};

    connection.answers = g_byte_array_new();
    connection.sockbuf = ber_sockbuf_alloc();
    ber_sockbuf_add_io(connection.sockbuf, &ber_sockbuf_io_tcp, LBER_SBIOD_LEVEL_PROVIDER, &socket);
    while (!connection.is_over && poll(&wait, 1, 30000) > 0) {
        g_usleep(LATENCY_US);
        g_array_set_size(requests, 0);
        while (is_readable(socket)) {
            Request request;
            if (!read_request(&connection, &request)) {
                connection.is_over = true;
                break;
            }
            g_array_append_val(requests, request);
        }
        responder->n_round_trips++;
        for (guint i = 0; i < requests->len && !connection.is_over; i++)
            answer(&connection, &g_array_index(requests, Request, i));
        send_answers(&connection);
    }
    g_byte_array_unref(connection.answers);
    ber_sockbuf_free(connection.sockbuf); /* closes the socket */
}

static gpointer run(gpointer data)
{
    Responder *responder = data;

    while (!g_atomic_int_get(&responder->is_stopping)) {
        int socket = accept(responder->listener, NULL, NULL);
        if (socket >= 0)
            serve(responder, socket);
    }
    return NULL;
}

Responder *responder_start(const ResponderScript *script)
{
    Responder *responder = g_new0(Responder, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    responder->script = *script;
    responder->n_changes_left = script->n_changes;
    responder->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (responder->listener < 0 ||
        bind(responder->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(responder->listener, 4) != 0 ||
        getsockname(responder->listener, (struct sockaddr *)&address, &length) != 0)
        g_error("responder: no socket");
    responder->url = g_strdup_printf("ldap://127.0.0.1:%d", ntohs(address.sin_port));
    responder->thread = g_thread_new("responder", run, responder);
    return responder;
}

void responder_stop(Responder *responder)
{
    if (responder->thread == NULL)
        return;
    g_atomic_int_set(&responder->is_stopping, 1);
    shutdown(responder->listener, SHUT_RDWR);
    g_thread_join(g_steal_pointer(&responder->thread));
    close(responder->listener);
}

void responder_free(Responder *responder)
{
    if (responder != NULL) {
        responder_stop(responder);
        g_free(responder->url);
        g_free(responder);
    }
}
