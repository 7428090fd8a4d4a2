/* Lines that do not end with CR LF are seen by the places that the HTTP library hands out. */
#include "web/line_ends.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Reads a head as libmicrohttpd 0.9.75 does: in place, a NUL over each end of a line and behind
 * each name, and with that bug of it that a folded line goes to the end of the name, in another
 * place. */
typedef struct Reader {
    char received[512], moved[512];
    char *next;
    LineEnds ends;
} Reader;

/* NULL: the empty one. */
static char *next_line(Reader *reader)
{
    char *line = reader->next;
    char *end = rawmemchr(line, '\n');

    reader->next = end + 1;
    *end = '\0';
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    return *line == '\0' ? NULL : line;
}

static void read_request_line(Reader *reader)
{
    char *method = next_line(reader);
    char *target = (char *)rawmemchr(method, ' ') + 1;
    char *version = memmem(target, sizeof reader->received / 2, " HTTP/1.1", strlen(" HTTP/1.1"));

    assert_non_null(version);
    target[-1] = *version = '\0';
    target += strspn(target, " ");
    size_t target_length = strlen(target);
    char *query = strchr(target, '?');
    if (query)
        *query = '\0';
    line_ends_init(&reader->ends, method, target, target_length, version + 1);
}

/* The one of *line, with what is folded to it; *line is the next then. */
static void read_header(Reader *reader, char **line)
{
    char *name = *line;
    char *value = strchr(name, ':');

    assert_non_null(value);
    *value++ = '\0';
    value += strspn(value, " \t");
    while ((*line = next_line(reader)) != NULL && (**line == ' ' || **line == '\t')) {
        g_autofree char *joined = g_strconcat(name, *line + strspn(*line, " \t"), NULL);
        g_strlcpy(reader->moved, joined, sizeof reader->moved);
        name = reader->moved;
    }
    line_ends_add(&reader->ends, name, value);
}

static bool is_good_head(const char *head, size_t length)
{
    Reader reader = {0};
    char *line;

    memcpy(reader.received, head, length);
    reader.next = reader.received;
    read_request_line(&reader);
    line = next_line(&reader);
    while (line)
        read_header(&reader, &line);
    return line_ends_are_good(&reader.ends, (size_t)(reader.next - reader.ends.method));
}

#define is_good(head) is_good_head(head, sizeof head - 1)

static void a_head_whose_lines_end_with_cr_lf_is_good(void **state)
{
    (void)state;

    assert_true(is_good("GET / HTTP/1.1\r\n\r\n"));
    assert_true(is_good("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_true(is_good("POST / HTTP/1.1\r\nHost: x\r\nCookie: a=b; c=d\r\n\r\na body"));
}

static void white_space_around_a_value_is_allowed(void **state)
{
    (void)state;

    assert_true(is_good("GET / HTTP/1.1\r\nHost:x\r\nA:  \t x y \t \r\nB: \r\nC:\r\n\r\n"));
}

static void a_line_that_ends_with_lf_alone_is_seen_wherever_it_stands(void **state)
{
    (void)state;

    assert_false(is_good("GET / HTTP/1.1\nHost: x\r\nA: b\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\n"));
    assert_false(is_good("GET / HTTP/1.1\nHost: x\nA: b\n\n"));
    assert_false(is_good("GET / HTTP/1.1\r\n\n"));
}

static void spaces_do_not_make_up_for_it(void **state)
{
    (void)state;

    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\nA:  b\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x \nA: b\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA:b \n\r\n"));
}

static void a_folded_line_is_seen(void **state)
{
    (void)state;

    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\nD: e\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\nA:   \r\n c\r\n \r\n\r\n"));
}

static void a_nul_is_seen_in_a_target_a_value_and_before_the_end(void **state)
{
    (void)state;

    assert_false(is_good("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_false(is_good("GET\0 / HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\0\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost:\0 x\r\n\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\r\n\0A: b\r\n"));
    assert_false(is_good("GET / HTTP/1.1\r\nHost: x\n\0A\n"));
}

static void more_than_one_space_in_the_request_line_is_seen(void **state)
{
    (void)state;

    assert_false(is_good("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"));
}

static void only_versions_before_1_are_looked_at(void **state)
{
    (void)state;

    assert_true(line_ends_must_be_checked("0.9.75"));
    assert_false(line_ends_must_be_checked("1.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_whose_lines_end_with_cr_lf_is_good),
        cmocka_unit_test(white_space_around_a_value_is_allowed),
        cmocka_unit_test(a_line_that_ends_with_lf_alone_is_seen_wherever_it_stands),
        cmocka_unit_test(spaces_do_not_make_up_for_it),
        cmocka_unit_test(a_folded_line_is_seen),
        cmocka_unit_test(a_nul_is_seen_in_a_target_a_value_and_before_the_end),
        cmocka_unit_test(more_than_one_space_in_the_request_line_is_seen),
        cmocka_unit_test(only_versions_before_1_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
