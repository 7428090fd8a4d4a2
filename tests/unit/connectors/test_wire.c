#include "ldap/wire.h"

#include <glib.h>
#include <openldap.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_MESSAGE ((size_t)8 << 20)

/* A wire whose other end is in our hand. */
typedef struct Line {
    LDAP *ldap;
    DirectoryWire *wire;
    int server;
} Line;

static void line_open(Line *line)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(ldap_init_fd(ends[0], LDAP_PROTO_TCP, "ldap://127.0.0.1", &line->ldap),
                     LDAP_SUCCESS);
    line->wire = directory_wire_new(line->ldap, false, MAX_MESSAGE);
    line->server = ends[1];
    assert_non_null(line->wire);
}

static void line_close(Line *line)
{
    ldap_unbind_ext(line->ldap, NULL, NULL);
    directory_wire_free(line->wire);
    close(line->server);
}

static void say(const Line *line, const void *bytes, size_t n)
{
    if (n > 0) {
        assert_int_equal(write(line->server, bytes, n), n);
        assert_int_equal(directory_wire_receive(line->wire), WIRE_GOOD);
    }
}

/* "3:64:abc" of every whole message: id, operation and content. */
static void look_at_all(const Line *line, GString *seen)
{
    WireMessage message;

    while (directory_wire_look(line->wire, &message))
        g_string_append_printf(seen, "%d:%02x:%.*s ", message.id, message.operation,
                               (int)message.content.length, message.content.data);
}

#define ENTRY                                                                                      \
    "\x30\x0a\x02\x01\x03\x64\x05"                                                                 \
    "Hallo"
#define LONG_HEADS                                                                                 \
    "\x30\x84\x00\x00\x00\x0e\x02\x02\x01\x00\x64\x82\x00\x06"                                     \
    "entry2"
#define RESULT                                                                                     \
    "\x30\x0c\x02\x01\x04\x65\x03"                                                                 \
    "end"                                                                                          \
    "\xa0\x02"                                                                                     \
    "xx"
#define THREE ENTRY LONG_HEADS RESULT
#define SEEN "3:64:Hallo 256:64:entry2 4:65:end "

static void messages_are_seen_whole_wherever_the_stream_is_cut(void **state)
{
    (void)state;
    const size_t n = sizeof(THREE) - 1;

    for (size_t cut = 0; cut <= n; cut++) {
        Line line;
        g_autoptr(GString) seen = g_string_new(NULL);
        line_open(&line);
        say(&line, THREE, cut);
        look_at_all(&line, seen);
        assert_true(g_str_has_prefix(SEEN, seen->str));
        assert_true(cut == n || strcmp(seen->str, SEEN) != 0);
        say(&line, &THREE[cut], n - cut);
        look_at_all(&line, seen);
        assert_string_equal(seen->str, SEEN);
        assert_false(directory_wire_is_nonsense(line.wire));
        line_close(&line);
    }
}

static void messages_are_taken_in_their_order_and_only_after_a_look(void **state)
{
    (void)state;
    Line line;
    WireMessage message;

    line_open(&line);
    say(&line, THREE, sizeof(THREE) - 1);
    assert_false(directory_wire_take(line.wire, &message));
    assert_true(directory_wire_look(line.wire, &message));
    assert_int_equal(directory_wire_n_untaken(line.wire), sizeof(ENTRY) - 1);
    assert_true(directory_wire_take(line.wire, &message));
    assert_int_equal(message.id, 3);
    assert_false(directory_wire_take(line.wire, &message));
    assert_true(directory_wire_look(line.wire, &message));
    assert_true(directory_wire_look(line.wire, &message));
    assert_true(directory_wire_take(line.wire, &message));
    assert_int_equal(message.id, 256);
    assert_true(directory_wire_take(line.wire, &message));
    assert_int_equal(message.id, 4);
    assert_int_equal(directory_wire_n_untaken(line.wire), 0);
    line_close(&line);
}

/* Messages of 3 and 4 come in turn; 4 was asked for early. */
static void what_comes_before_its_turn_is_seen_when_it_has_come(void **state)
{
    (void)state;
    Line line;
    WireMessage message;
    g_autoptr(GString) seen = g_string_new(NULL);

    line_open(&line);
    directory_wire_put_aside(line.wire, 4);
    say(&line, RESULT ENTRY, sizeof(RESULT ENTRY) - 1);
    assert_true(directory_wire_look(line.wire, &message));
    assert_true(directory_wire_is_put_aside(line.wire, &message));
    assert_true(directory_wire_look(line.wire, &message));
    assert_false(directory_wire_is_put_aside(line.wire, &message));
    while (directory_wire_take(line.wire, &message))
        continue;
    say(&line, LONG_HEADS, sizeof(LONG_HEADS) - 3); /* a message that is not all there */
    assert_false(directory_wire_has_hidden(line.wire));
    directory_wire_bring_back(line.wire, 4);
    assert_true(directory_wire_has_hidden(line.wire));
    assert_int_equal(directory_wire_receive(line.wire), WIRE_GOOD);
    assert_false(directory_wire_has_hidden(line.wire));
    look_at_all(&line, seen);
    assert_string_equal(seen->str, "4:65:end ");
    say(&line, &LONG_HEADS[sizeof(LONG_HEADS) - 3], 2);
    look_at_all(&line, seen);
    assert_string_equal(seen->str, "4:65:end 256:64:entry2 ");
    line_close(&line);
}

static void what_nobody_waits_for_any_more_is_not_put_aside(void **state)
{
    (void)state;
    Line line;
    WireMessage message;

    line_open(&line);
    directory_wire_put_aside(line.wire, 3);
    directory_wire_forget(line.wire, 3);
    say(&line, ENTRY, sizeof(ENTRY) - 1);
    assert_true(directory_wire_look(line.wire, &message));
    assert_false(directory_wire_is_put_aside(line.wire, &message));
    directory_wire_bring_back(line.wire, 3);
    assert_false(directory_wire_has_hidden(line.wire));
    line_close(&line);
}

static gpointer write_all(gpointer data)
{
    const Line *line = data;
    size_t n = MAX_MESSAGE / 2;
    g_autofree char *content = g_malloc0(n);
    const unsigned char head[] = {0x30, 0x83, (unsigned char)(n >> 16), 0, 8, 0x02, 1, 5,
                                  0x64, 0x83, (unsigned char)(n >> 16), 0, 0};

    if (write(line->server, head, sizeof head) == (ssize_t)sizeof head) {
        for (size_t done = 0; done < n;) {
            ssize_t written = write(line->server, content + done, n - done);
            done += written > 0 ? (size_t)written : n;
        }
    }
    return NULL;
}

static void a_message_larger_than_the_buffer_is_seen(void **state)
{
    (void)state;
    Line line;
    WireMessage message;

    line_open(&line);
    GThread *writer = g_thread_new("writer", write_all, &line);
    while (!directory_wire_look(line.wire, &message))
        assert_int_equal(directory_wire_receive(line.wire), WIRE_GOOD);
    g_thread_join(writer);
    assert_int_equal(message.id, 5);
    assert_int_equal(message.content.length, MAX_MESSAGE / 2);
    line_close(&line);
}

static void assert_nonsense(const char *bytes, size_t n)
{
    Line line;
    WireMessage message;

    line_open(&line);
    say(&line, ENTRY, sizeof(ENTRY) - 1);
    say(&line, bytes, n);
    assert_true(directory_wire_look(line.wire, &message));
    assert_false(directory_wire_is_nonsense(line.wire));
    assert_false(directory_wire_look(line.wire, &message));
    assert_true(directory_wire_is_nonsense(line.wire));
    line_close(&line);
}

#define ASSERT_NONSENSE(bytes) assert_nonsense(bytes, sizeof(bytes) - 1)

static void what_is_no_ldap_ends_the_stream(void **state)
{
    (void)state;
    ASSERT_NONSENSE("HTTP/1.1 400 Bad Request\r\n");
    ASSERT_NONSENSE("\x30\x80\x02\x01\x03"); /* indefinite length */
    ASSERT_NONSENSE(
        "\x30\x85\x00\x00\x00\x00\x05\x02\x01\x03\x64\x00");         /* a length of five bytes */
    ASSERT_NONSENSE("\x30\x84\x7f\xff\xff\xff");                     /* too large */
    ASSERT_NONSENSE("\x30\x00");                                     /* no id */
    ASSERT_NONSENSE("\x30\x03\x02\x01\x03");                         /* no operation */
    ASSERT_NONSENSE("\x30\x05\x04\x01\x03\x64\x00");                 /* an id that is no number */
    ASSERT_NONSENSE("\x30\x05\x02\x01\xff\x64\x00");                 /* a negative id … */
    ASSERT_NONSENSE("\x30\x08\x02\x04\xff\xff\xff\xff\x64\x00");     /* … in four bytes */
    ASSERT_NONSENSE("\x30\x09\x02\x05\x00\x00\x00\x00\x01\x64\x00"); /* an id of five bytes */
    ASSERT_NONSENSE("\x30\x05\x02\x01\x03\x64\x01");                 /* longer than its message */
}

static void libldap_reads_what_it_is_lent_and_nothing_else(void **state)
{
    (void)state;
    Line line;
    WireMessage message;
    struct timeval no_time = {0};
    LDAPMessage *answer = NULL;
    int id = 0;
    int code = -1;
    static const char result[] = "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x0b\x04\x00\x04\x00";

    line_open(&line);
    assert_int_equal(
        ldap_search_ext(line.ldap, "", LDAP_SCOPE_BASE, "(a=b)", NULL, 0, NULL, NULL, NULL, 0, &id),
        LDAP_SUCCESS);
    assert_int_equal(id, 1);
    say(&line, ENTRY, sizeof(ENTRY) - 1);
    say(&line, result, sizeof result - 1);
    assert_true(directory_wire_look(line.wire, &message));
    directory_wire_lend(line.wire, &message); /* of no request: thrown away */
    assert_int_equal(ldap_result(line.ldap, id, LDAP_MSG_ONE, &no_time, &answer), 0);
    assert_true(directory_wire_look(line.wire, &message));
    directory_wire_lend(line.wire, &message);
    assert_int_equal(ldap_result(line.ldap, id, LDAP_MSG_ONE, &no_time, &answer),
                     LDAP_RES_SEARCH_RESULT);
    directory_wire_lend(line.wire, NULL);
    assert_int_equal(ldap_parse_result(line.ldap, answer, &code, NULL, NULL, NULL, NULL, 1),
                     LDAP_SUCCESS);
    assert_int_equal(code, LDAP_ADMINLIMIT_EXCEEDED);
    assert_true(directory_wire_take(line.wire, &message));
    assert_int_equal(message.id, 3);
    line_close(&line);
}

static void libldap_sees_no_difference_outside_of_a_search(void **state)
{
    (void)state;
    Line line;
    LDAPMessage *answer = NULL;
    struct timeval limit = {.tv_sec = 5};
    int id = 0;
    static const char answers[] = "\x30\x0b\x02\x01\x01\x64\x06\x04\x02"
                                  "dn"
                                  "\x30\x00"
                                  "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00";

    line_open(&line);
    assert_int_equal(
        ldap_search_ext(line.ldap, "", LDAP_SCOPE_BASE, "(a=b)", NULL, 0, NULL, NULL, NULL, 0, &id),
        LDAP_SUCCESS);
    assert_int_equal(write(line.server, answers, sizeof answers - 1), sizeof answers - 1);
    assert_int_equal(ldap_result(line.ldap, id, LDAP_MSG_ALL, &limit, &answer),
                     LDAP_RES_SEARCH_RESULT);
    assert_int_equal(ldap_count_entries(line.ldap, answer), 1);
    ldap_msgfree(answer);
    line_close(&line);
}

static void a_peer_that_is_gone_is_noticed(void **state)
{
    (void)state;
    Line line;

    line_open(&line);
    say(&line, ENTRY, 3);
    shutdown(line.server, SHUT_RDWR);
    assert_int_equal(directory_wire_receive(line.wire), WIRE_BROKEN);
    line_close(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_seen_whole_wherever_the_stream_is_cut),
        cmocka_unit_test(messages_are_taken_in_their_order_and_only_after_a_look),
        cmocka_unit_test(what_comes_before_its_turn_is_seen_when_it_has_come),
        cmocka_unit_test(what_nobody_waits_for_any_more_is_not_put_aside),
        cmocka_unit_test(a_message_larger_than_the_buffer_is_seen),
        cmocka_unit_test(what_is_no_ldap_ends_the_stream),
        cmocka_unit_test(libldap_reads_what_it_is_lent_and_nothing_else),
        cmocka_unit_test(libldap_sees_no_difference_outside_of_a_search),
        cmocka_unit_test(a_peer_that_is_gone_is_noticed),
    };

    signal(SIGPIPE, SIG_IGN); /* libldap says goodbye to peers that are gone */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
