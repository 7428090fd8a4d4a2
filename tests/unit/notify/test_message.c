/* A message is one message, whatever its texts are. */
#include "notify/message.h"

#include "base/calendar.h"
#include "notify/recipients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *write_message(const char *to, const char *subject, const char *text, const char *link)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    MessageLine line = {(char *)(uintptr_t) "k", (char *)(uintptr_t)text, (char *)(uintptr_t)link};
    Message message = {.from = "rightful@example.com",
                       .to = to,
                       .message_id = "1.rightful@example.com",
                       .subject = subject,
                       .greeting = "Hello,",
                       .closing = "Bye.",
                       .lines = lines,
                       .date_utc = INT64_C(1772539200)};

    g_ptr_array_add(lines, &line);
    return message_text(&message);
}

static void a_subject_begins_no_other_header(void **state)
{
    g_autofree char *text =
        write_message("a@example.com", "Review\r\nBcc: all@example.com\r\n\r\nbody", "x", NULL);

    assert_non_null(text);
    assert_null(strstr(text, "\nBcc:"));
}

static void a_message_has_one_recipient_or_is_none(void **state)
{
    assert_null(write_message("a@example.com, b@example.com", "s", "x", NULL));
    assert_null(write_message("", "s", "x", NULL));
    g_autofree char *text = write_message("a@example.com", "s", "x", NULL);
    assert_non_null(strstr(text, "To: a@example.com\r\n"));
    assert_non_null(strstr(text, "Message-Id: <1.rightful@example.com>\r\n"));
}

static void html_is_escaped_and_links_are_links(void **state)
{
    g_autofree char *text =
        write_message("a@example.com", "s", "<script>&\"'", "https://r.example.com/reviews/1");

    assert_non_null(strstr(text, "&lt;script&gt;&amp;"));
    assert_non_null(strstr(text, "https://r.example.com/reviews/1"));
}

static void lines_are_never_too_long_for_mail(void **state)
{
    g_autofree char *many = g_strnfill(5000, 'x');
    g_autofree char *text = write_message("a@example.com", "s", many, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

    for (char **line = lines; *line; line++)
        assert_true(strlen(*line) <= 998);
}

static void a_calendar_has_the_day_and_escapes_its_texts(void **state)
{
    CalendarDay day = {.uid = "RV-000001-1@rightful",
                       .summary = "Last day: a, b; c",
                       .description = "two\nlines\nBEGIN:VALARM",
                       .url = "https://r.example.com/",
                       .day = 20529, /* 2026-03-17 */
                       .stamp_utc = INT64_C(1772539200)};
    g_autofree char *text = calendar_text(&day, 1);

    assert_non_null(strstr(text, "DTSTART;VALUE=DATE:20260317"));
    assert_non_null(strstr(text, "SUMMARY:Last day: a\\, b\\; c"));
    assert_null(strstr(text, "\nBEGIN:VALARM"));
    assert_non_null(strstr(text, "UID:RV-000001-1@rightful"));
}

static void an_address_is_one_address(void **state)
{
    static const char *const bad[] = {
        "",      "a",       "@b",    "a@",      "a@b@c",   "a@b\r\nRCPT TO:<c@d>",
        "a b@c", "a@b,c@d", "<a@b>", "a\x01@b", "\"a\"@b", "\xc3\xa4@b"};

    assert_null(recipients_address_problem("lena.wong+x@mail.example.com"));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_non_null(recipients_address_problem(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_begins_no_other_header),
        cmocka_unit_test(a_message_has_one_recipient_or_is_none),
        cmocka_unit_test(html_is_escaped_and_links_are_links),
        cmocka_unit_test(lines_are_never_too_long_for_mail),
        cmocka_unit_test(a_calendar_has_the_day_and_escapes_its_texts),
        cmocka_unit_test(an_address_is_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
