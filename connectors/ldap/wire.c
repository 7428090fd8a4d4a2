#include "ldap/wire.h"
#include "ldap/element.h"

#include <errno.h>
#include <glib.h>

/* Above TLS and SASL (LBER_SBIOD_LEVEL_APPLICATION). */
#define LEVEL_TOP 100
#define FIRST_CAPACITY ((size_t)1 << 20)
#define ROOM_TO_RECEIVE ((size_t)256 << 10)

struct DirectoryWire {
    Sockbuf_IO_Desc *layer; /* ours, NULL after libldap removed it */
    int socket;
    bool is_layered;
    bool is_nonsense;
    size_t max_message_bytes;
    char *buffer;
    size_t capacity;
    size_t taken, looked, end; /* offsets: up to there used, looked at, received */
    bool is_lent;
    Text lent; /* what libldap may read */
    size_t n_received;
    GHashTable *aside;    /* id of a request whose turn has not come → GByteArray, its messages */
    bool is_brought_back; /* messages stand in the buffer that were received before */
};

/* ---- The layer ---- */

static int set_up(Sockbuf_IO_Desc *layer, void *wire)
{
    layer->sbiod_pvt = wire;
    ((DirectoryWire *)wire)->layer = layer;
    return 0;
}

static int tear_down(Sockbuf_IO_Desc *layer)
{
    ((DirectoryWire *)layer->sbiod_pvt)->layer = NULL;
    return 0;
}

static int control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    const DirectoryWire *wire = layer->sbiod_pvt;

    if (option == LBER_SB_OPT_DATA_READY) {
        if (wire->is_lent)
            return wire->lent.length > 0;
        if (wire->taken < wire->end)
            return 1;
    }
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static ber_slen_t read_lent(DirectoryWire *wire, void *buffer, ber_len_t length)
{
    size_t n = MIN(length, wire->lent.length);

    if (n == 0) {
        errno = EWOULDBLOCK;
        return -1;
    }
    memcpy(buffer, wire->lent.data, n);
    wire->lent = (Text){wire->lent.data + n, wire->lent.length - n};
    return (ber_slen_t)n;
}

/* libldap asks for a few bytes at a time. */
static ber_slen_t read_through(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t length)
{
    DirectoryWire *wire = layer->sbiod_pvt;

    if (wire->is_lent)
        return read_lent(wire, buffer, length);
    if (wire->taken == wire->end) {
        wire->taken = wire->looked = wire->end = 0;
        ber_slen_t received = LBER_SBIOD_READ_NEXT(layer, wire->buffer, wire->capacity);
        if (received <= 0)
            return received;
        wire->end = (size_t)received;
    }
    size_t n = MIN(length, wire->end - wire->taken);
    memcpy(buffer, wire->buffer + wire->taken, n);
    wire->taken += n;
    wire->looked = wire->taken;
    return (ber_slen_t)n;
}

static ber_slen_t write_through(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t length)
{
    return LBER_SBIOD_WRITE_NEXT(layer, buffer, length);
}

static Sockbuf_IO wire_layer = {
    .sbi_setup = set_up,
    .sbi_remove = tear_down,
    .sbi_ctrl = control,
    .sbi_read = read_through,
    .sbi_write = write_through,
};

/* ---- Life ---- */

static void free_messages(gpointer messages)
{
    g_byte_array_unref(messages);
}

DirectoryWire *directory_wire_new(LDAP *ldap, bool is_layered, size_t max_message_bytes)
{
    Sockbuf *sockbuf = NULL;
    int socket = -1;

    if (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &sockbuf) != LDAP_OPT_SUCCESS || sockbuf == NULL ||
        ldap_get_option(ldap, LDAP_OPT_DESC, &socket) != LDAP_OPT_SUCCESS || socket < 0)
        return NULL;
    DirectoryWire *wire = g_new0(DirectoryWire, 1);
    wire->socket = socket;
    wire->is_layered = is_layered;
    wire->max_message_bytes = max_message_bytes;
    wire->capacity = FIRST_CAPACITY;
    wire->buffer = g_malloc(wire->capacity);
    wire->aside = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_messages);
    if (ber_sockbuf_add_io(sockbuf, &wire_layer, LEVEL_TOP, wire) != 0)
        g_clear_pointer(&wire, directory_wire_free);
    return wire;
}

void directory_wire_free(DirectoryWire *wire)
{
    if (wire != NULL) {
        g_hash_table_unref(wire->aside);
        g_free(wire->buffer);
        g_free(wire);
    }
}

int directory_wire_socket(const DirectoryWire *wire)
{
    return wire->socket;
}

/* ---- Receiving ---- */

bool directory_wire_has_hidden(const DirectoryWire *wire)
{
    return wire->is_brought_back ||
           (wire->is_layered && wire->layer != NULL &&
            LBER_SBIOD_CTRL_NEXT(wire->layer, LBER_SB_OPT_DATA_READY, NULL) > 0);
}

static void make_room(DirectoryWire *wire, size_t n_bytes)
{
    if (wire->capacity - wire->end >= n_bytes)
        return;
    if (wire->taken > 0) {
        memmove(wire->buffer, wire->buffer + wire->taken, wire->end - wire->taken);
        wire->looked -= wire->taken;
        wire->end -= wire->taken;
        wire->taken = 0;
    }
    while (wire->capacity - wire->end < n_bytes) {
        wire->capacity *= 2;
        wire->buffer = g_realloc(wire->buffer, wire->capacity);
    }
}

static WireState receive_once(DirectoryWire *wire)
{
    errno = 0;
    ber_slen_t n =
        LBER_SBIOD_READ_NEXT(wire->layer, wire->buffer + wire->end, wire->capacity - wire->end);
    bool is_retry = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;

    if (n <= 0)
        return is_retry ? WIRE_NOTHING : WIRE_BROKEN;
    wire->end += (size_t)n;
    wire->n_received += (size_t)n;
    return WIRE_GOOD;
}

WireState directory_wire_receive(DirectoryWire *wire)
{
    wire->n_received = 0;
    if (wire->is_brought_back) {
        wire->is_brought_back = false;
        return WIRE_GOOD;
    }
    if (wire->layer == NULL)
        return WIRE_BROKEN;
    if (wire->taken == wire->end)
        wire->taken = wire->looked = wire->end = 0;
    make_room(wire, ROOM_TO_RECEIVE);
    WireState state = receive_once(wire);
    /* TLS gives one record at a time, of one entry as a rule. */
    while (state == WIRE_GOOD && wire->capacity - wire->end >= ROOM_TO_RECEIVE / 2 &&
           directory_wire_has_hidden(wire))
        state = receive_once(wire);
    return wire->n_received > 0 ? WIRE_GOOD : state;
}

size_t directory_wire_n_received(const DirectoryWire *wire)
{
    return wire->n_received;
}

/* ---- Messages ---- */

static bool parse_id(Text text, int32_t *ret_id)
{
    uint32_t id = 0;

    if (text.length == 0 || text.length > 4 || (unsigned char)text.data[0] >= 0x80)
        return false;
    for (size_t i = 0; i < text.length; i++)
        id = id << 8 | (unsigned char)text.data[i];
    *ret_id = (int32_t)id;
    return true;
}

/* LDAPMessage ::= SEQUENCE { messageID, protocolOp, controls }, RFC 4511 section 4.1.1. */
static bool parse_message(Text whole, WireMessage *ret_message)
{
    Text rest = whole;
    Text body, id;
    WireMessage message = {.whole = whole};

    if (!element_take(&rest, ELEMENT_SEQUENCE, &body) ||
        !element_take(&body, ELEMENT_INTEGER, &id) || !parse_id(id, &message.id) ||
        body.length == 0)
        return false;
    message.operation = (unsigned char)body.data[0];
    *ret_message = message;
    return element_take(&body, message.operation, &ret_message->content);
}

static bool is_too_large(const DirectoryWire *wire, size_t head, size_t length)
{
    return length > wire->max_message_bytes - head;
}

bool directory_wire_look(DirectoryWire *wire, WireMessage *ret_message)
{
    Text rest = {wire->buffer + wire->looked, wire->end - wire->looked};
    size_t head = 0;
    size_t length = 0;

    if (rest.length == 0 || wire->is_nonsense)
        return false;
    ElementState state = (unsigned char)rest.data[0] == ELEMENT_SEQUENCE
                             ? element_head(rest, &head, &length)
                             : ELEMENT_BROKEN;
    if (state == ELEMENT_BROKEN || (state == ELEMENT_HEADED && is_too_large(wire, head, length))) {
        wire->is_nonsense = true;
        return false;
    }
    if (state == ELEMENT_CUT || length > rest.length - head)
        return false;
    wire->is_nonsense = !parse_message((Text){rest.data, head + length}, ret_message);
    wire->looked += wire->is_nonsense ? 0 : head + length;
    return !wire->is_nonsense;
}

bool directory_wire_is_nonsense(const DirectoryWire *wire)
{
    return wire->is_nonsense;
}

bool directory_wire_take(DirectoryWire *wire, WireMessage *ret_message)
{
    Text rest = {wire->buffer + wire->taken, wire->looked - wire->taken};
    size_t head = 0;
    size_t length = 0;

    if (rest.length == 0 || element_head(rest, &head, &length) != ELEMENT_HEADED)
        return false;
    wire->taken += head + length;
    return parse_message((Text){rest.data, head + length}, ret_message);
}

size_t directory_wire_n_untaken(const DirectoryWire *wire)
{
    return wire->looked - wire->taken;
}

void directory_wire_lend(DirectoryWire *wire, const WireMessage *message)
{
    wire->is_lent = message != NULL;
    wire->lent = message != NULL ? message->whole : (Text){0};
}

/* ---- More than one request ---- */

void directory_wire_put_aside(DirectoryWire *wire, int32_t id)
{
    g_hash_table_insert(wire->aside, GINT_TO_POINTER(id), g_byte_array_new());
}

bool directory_wire_is_put_aside(DirectoryWire *wire, const WireMessage *message)
{
    GByteArray *messages = g_hash_table_lookup(wire->aside, GINT_TO_POINTER(message->id));

    if (messages == NULL)
        return false;
    g_byte_array_append(messages, (const guint8 *)message->whole.data,
                        (guint)message->whole.length);
    return true;
}

void directory_wire_bring_back(DirectoryWire *wire, int32_t id)
{
    const GByteArray *messages = g_hash_table_lookup(wire->aside, GINT_TO_POINTER(id));

    if (messages != NULL && messages->len > 0) {
        make_room(wire, messages->len);
        memmove(wire->buffer + wire->looked + messages->len, wire->buffer + wire->looked,
                wire->end - wire->looked);
        memcpy(wire->buffer + wire->looked, messages->data, messages->len);
        wire->end += messages->len;
        wire->is_brought_back = true;
    }
    directory_wire_forget(wire, id);
}

void directory_wire_forget(DirectoryWire *wire, int32_t id)
{
    g_hash_table_remove(wire->aside, GINT_TO_POINTER(id));
}
