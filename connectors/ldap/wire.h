/* wire.h: messages of the server where they stand in the receive buffer.
 *
 * libldap makes the connection, TLS and the bind, and it encodes the requests. Of the answers it
 * copies each message twice and wakes up for every entry; so a layer of ours lies on top of its
 * layers (TLS, SASL) and owns one large buffer. Whoever reads a search looks at the messages in it
 * and takes the entries from there; everything else (results, references, notices, strays) is lent
 * to libldap, which reads exactly that message and judges it as it always does. Outside of a search
 * libldap reads through the layer and sees no difference. One thread. */
#pragma once

#include <rightful/text.h>

#include <ldap.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct DirectoryWire DirectoryWire;

typedef struct WireMessage {
    int32_t id;
    unsigned char operation; /* its tag: LDAP_RES_SEARCH_ENTRY, … */
    Text content;            /* of the operation */
    Text whole;
} WireMessage;

typedef enum WireState {
    WIRE_GOOD,
    WIRE_NOTHING, /* nothing after all; wait again */
    WIRE_BROKEN   /* the connection ended */
} WireState;

/* Of a bound connection without an open request. is_layered: TLS or SASL lies below, which may hold
 * bytes that poll() does not see. NULL when there is no connection. To be freed after the LDAP
 * handle. */
DirectoryWire *directory_wire_new(LDAP *ldap, bool is_layered, size_t max_message_bytes);
void directory_wire_free(DirectoryWire *wire); /* NULL is fine */

int directory_wire_socket(const DirectoryWire *wire);
/* Bytes are there that poll() would not tell of: below, or brought back. */
bool directory_wire_has_hidden(const DirectoryWire *wire);
/* Takes what has arrived; call when poll() or has_hidden says that there is something. Texts of
 * messages are no more valid then. */
WireState directory_wire_receive(DirectoryWire *wire);
/* How many bytes the last receive brought. */
size_t directory_wire_n_received(const DirectoryWire *wire);

/* The next message that was not looked at; false when it is not all there, or is none. */
bool directory_wire_look(DirectoryWire *wire, WireMessage *ret_message);
/* What came is not LDAP, or a message too large: nothing after it can be read. */
bool directory_wire_is_nonsense(const DirectoryWire *wire);
/* The next message that was looked at and not taken. */
bool directory_wire_take(DirectoryWire *wire, WireMessage *ret_message);
/* Bytes that were looked at and not taken. */
size_t directory_wire_n_untaken(const DirectoryWire *wire);
/* libldap reads this message and nothing else, until lent again (NULL: all that is not taken). */
void directory_wire_lend(DirectoryWire *wire, const WireMessage *message);

/* Several requests may be open at a time. What comes for one whose turn has not come yet is put
 * aside (copied), and when it has, stands before all that was not looked at. */
void directory_wire_put_aside(DirectoryWire *wire, int32_t id); /* from now on */
/* Is this message for such a request? Then it is put aside, and to be passed over. */
bool directory_wire_is_put_aside(DirectoryWire *wire, const WireMessage *message);
/* Its turn has come: directory_wire_has_hidden() says whether anything was put aside. */
void directory_wire_bring_back(DirectoryWire *wire, int32_t id);
/* Nobody waits for it any more. */
void directory_wire_forget(DirectoryWire *wire, int32_t id);
