/* stream.c: the barest streaming read of a directory: bind, a paged search, every entry walked
 * value by value where it lies in the receive buffer, and thrown away. What no reader over LDAP can
 * beat by much. libldap connects, binds and encodes the requests; the answers are read here. Prints
 * entries and values.
 *
 *   stream URL BIND_DN PASSWORD BASE PAGE_SIZE FILTER ATTRIBUTE… */
#include <ldap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_BYTES ((size_t)16 << 20)
#define TAG_SEQUENCE 0x30

typedef struct Stream {
    LDAP *ldap;
    int socket;
    unsigned char *buffer;
    size_t begin, end; /* of what is there and not walked */
    unsigned long n_entries, n_values;
    uint64_t sum; /* of the bytes that were looked at, so that no compiler leaves them out */
} Stream;

static void stop(const char *what)
{
    fprintf(stderr, "stream: %s\n", what);
    exit(1);
}

/* The head of an element: its content begins at the result and has *ret_length bytes; NULL when the
 * head is not all there. */
static const unsigned char *head(const unsigned char *at, const unsigned char *end,
                                 size_t *ret_length)
{
    if (end - at < 2)
        return NULL;
    size_t length = at[1];
    at += 2;
    if (length >= 0x80) {
        size_t n = length - 0x80;
        if ((size_t)(end - at) < n)
            return NULL;
        for (length = 0; n > 0; n--)
            length = length << 8 | *at++;
    }
    *ret_length = length;
    return at;
}

static const unsigned char *content(const unsigned char *at, const unsigned char *end,
                                    size_t *ret_length)
{
    const unsigned char *found = head(at, end, ret_length);

    if (found == NULL || (size_t)(end - found) < *ret_length)
        stop("an answer that is not LDAP");
    return found;
}

static void walk_values(Stream *stream, const unsigned char *at, const unsigned char *end)
{
    size_t length;

    while (at < end) {
        at = content(at, end, &length);
        stream->sum += length > 0 ? at[length - 1] : 0;
        stream->n_values++;
        at += length;
    }
}

/* LDAPDN, then a sequence of { type, set of values }. */
static void walk_entry(Stream *stream, const unsigned char *at, const unsigned char *end)
{
    size_t length;

    at = content(at, end, &length) + length;
    at = content(at, end, &length);
    while (at < end) {
        const unsigned char *attribute = content(at, end, &length);
        const unsigned char *attribute_end = at = attribute + length;
        attribute = content(attribute, attribute_end, &length) + length;
        attribute = content(attribute, attribute_end, &length);
        walk_values(stream, attribute, attribute + length);
    }
    stream->n_entries++;
}

static void receive(Stream *stream)
{
    if (stream->begin > 0) {
        memmove(stream->buffer, stream->buffer + stream->begin, stream->end - stream->begin);
        stream->end -= stream->begin;
        stream->begin = 0;
    }
    ssize_t n = stream->end < BUFFER_BYTES ? recv(stream->socket, stream->buffer + stream->end,
                                                  BUFFER_BYTES - stream->end, 0)
                                           : 0;
    if (n <= 0)
        stop("the connection broke, or a message is too large");
    stream->end += (size_t)n;
}

/* The next whole message, which stays until the next call. */
static const unsigned char *next_message(Stream *stream, size_t *ret_length)
{
    for (;;) {
        const unsigned char *at = stream->buffer + stream->begin;
        const unsigned char *end = stream->buffer + stream->end;
        const unsigned char *found = head(at, end, ret_length);
        if (found != NULL && at[0] != TAG_SEQUENCE)
            stop("an answer that is not LDAP");
        if (found != NULL && (size_t)(end - found) >= *ret_length) {
            stream->begin = (size_t)(found + *ret_length - stream->buffer);
            return found;
        }
        receive(stream);
    }
}

/* Takes the cookie out of a result's controls: they end with it. */
static void take_cookie(const unsigned char *at, const unsigned char *end, struct berval *cookie)
{
    static const char oid[] = LDAP_CONTROL_PAGEDRESULTS;
    const unsigned char *found = memmem(at, (size_t)(end - at), oid, sizeof oid - 1);
    size_t length;

    ber_memfree(cookie->bv_val);
    *cookie = (struct berval){0};
    if (found == NULL)
        return;
    at = content(found + sizeof oid - 1, end, &length); /* OCTET STRING of */
    at = content(at, end, &length);                     /* SEQUENCE of */
    at = content(at, end, &length) + length;            /* the estimate and */
    at = content(at, end, &length);                     /* the cookie */
    cookie->bv_val = ber_memalloc(length + 1);
    cookie->bv_len = length;
    memcpy(cookie->bv_val, at, length);
}

static void ask(const Stream *stream, char **arguments, struct berval *cookie)
{
    LDAPControl *paging = NULL;
    int id;

    if (ldap_create_page_control(stream->ldap, atoi(arguments[5]), cookie, 1, &paging) !=
        LDAP_SUCCESS)
        stop("no paging control");
    LDAPControl *controls[] = {paging, NULL};
    if (ldap_search_ext(stream->ldap, arguments[4], LDAP_SCOPE_SUBTREE, arguments[6], &arguments[7],
                        0, controls, NULL, NULL, LDAP_NO_LIMIT, &id) != LDAP_SUCCESS)
        stop("the search cannot be sent");
    ldap_control_free(paging);
}

static void read_page(Stream *stream, struct berval *cookie)
{
    for (;;) {
        size_t length;
        const unsigned char *at = next_message(stream, &length);
        const unsigned char *end = at + length;
        at = content(at, end, &length) + length; /* the message id */
        const unsigned char *operation = content(at, end, &length);
        if (*at == LDAP_RES_SEARCH_ENTRY) {
            walk_entry(stream, operation, operation + length);
            continue;
        }
        if (*at != LDAP_RES_SEARCH_RESULT || operation[2] != LDAP_SUCCESS)
            stop("the search failed");
        take_cookie(operation + length, end, cookie);
        return;
    }
}

static void connect_and_bind(Stream *stream, char **arguments)
{
    struct berval password = {.bv_len = strlen(arguments[3]), .bv_val = arguments[3]};
    int version = LDAP_VERSION3;

    if (ldap_initialize(&stream->ldap, arguments[1]) != LDAP_SUCCESS ||
        ldap_set_option(stream->ldap, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_OPT_SUCCESS ||
        ldap_sasl_bind_s(stream->ldap, arguments[2], LDAP_SASL_SIMPLE, &password, NULL, NULL,
                         NULL) != LDAP_SUCCESS ||
        ldap_get_option(stream->ldap, LDAP_OPT_DESC, &stream->socket) != LDAP_OPT_SUCCESS)
        stop("no bind");
}

int main(int n_arguments, char **arguments)
{
    Stream stream = {.buffer = malloc(BUFFER_BYTES)};
    struct berval cookie = {0};

    if (n_arguments < 8 || stream.buffer == NULL) {
        fprintf(stderr, "usage: stream URL BIND_DN PASSWORD BASE PAGE_SIZE FILTER ATTRIBUTE...\n");
        return 2;
    }
    connect_and_bind(&stream, arguments);
    do {
        ask(&stream, arguments, &cookie);
        read_page(&stream, &cookie);
    } while (cookie.bv_len > 0);
    printf("%lu %lu %lu\n", stream.n_entries, stream.n_values, (unsigned long)stream.sum);
    ber_memfree(cookie.bv_val);
    ldap_unbind_ext(stream.ldap, NULL, NULL);
    free(stream.buffer);
    return 0;
}
