/* A file of leavers: names, or a table; all of it, or a sentence that says which line is wrong. */
#include "run/leaver_file.h"

#include "base/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* "00123 2026-03-05 urgent; Lena Wong": who is wanted, or the error; newly allocated. */
static char *parse(const char *content, size_t length)
{
    LeaverAsked otherwise = {.last_day = DAY_NONE};
    g_autoptr(GArray) wanted = leaver_wanted_new();
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);

    if (!leaver_file_parse(content, length, &otherwise, wanted, &error)) {
        g_string_assign(out, error->message);
        return g_string_free(out, FALSE);
    }
    for (guint i = 0; i < wanted->len; i++) {
        const LeaverWanted *one = &g_array_index(wanted, LeaverWanted, i);
        g_autofree char *day =
            one->asked.last_day != DAY_NONE ? day_to_text(one->asked.last_day) : g_strdup("");
        g_string_append_printf(out, "%s%s%s%s%s", i > 0 ? "; " : "", one->text,
                               *day != '\0' ? " " : "", day, one->asked.is_urgent ? " urgent" : "");
    }
    return g_string_free(out, FALSE);
}

#define assert_parsed(content, wanted)                                                             \
    do {                                                                                           \
        g_autofree char *parsed = parse(content, sizeof(content) - 1);                             \
        assert_string_equal(parsed, wanted);                                                       \
    } while (0)

static void a_line_is_somebody(void **state)
{
    (void)state;
    assert_parsed("00123\n  Lena Wong \r\n\n# gone\n00124", "00123; Lena Wong; 00124");
    assert_parsed("\xef\xbb\xbf"
                  "00123\n",
                  "00123");
    assert_parsed("", "");
    assert_parsed("Wong, Lena\n", "Wong, Lena"); /* a comma makes no table */
}

static void a_table_says_the_day_and_the_urgency(void **state)
{
    (void)state;
    assert_parsed("# of HR\nperson,last_day,urgent\n00123,2026-03-05,yes\n\"Wong, Lena\",,\n",
                  "00123 2026-03-05 urgent; Wong, Lena");
    assert_parsed("Department;\"Person\";URGENT\nIT;00123;No\n", "00123");
    assert_parsed("person\n", "");
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    assert_parsed("# of HR\n\nperson,last_day\n00123,5.3.2026\n",
                  "line 4: last_day is no date; allowed: ISO 8601 as in 2026-12-31");
    assert_parsed("person,urgent\n00123,perhaps\n", "line 2: urgent is neither yes nor no");
    assert_parsed("person,urgent\n,yes\n", "line 2: person is empty");
    assert_parsed("person,urgent\n00123\n", "line 2 has 1 cells, the header has 2");
    assert_parsed("person,Person\n", "line 1: the column person is there twice");
    assert_parsed("00123\n\xff\n", "it is not valid UTF-8 text");
    assert_parsed("a\0b\n", "it is not valid UTF-8 text");
}

static void a_file_has_an_end(void **state)
{
    (void)state;
    g_autoptr(GString) content = g_string_new(NULL);

    for (int i = 0; i <= LEAVER_FILE_MAX_PEOPLE; i++)
        g_string_append_printf(content, "%d\n", i);
    g_autofree char *parsed = parse(content->str, content->len);
    assert_string_equal(parsed, "it names 1001 people; at most 1000 in one file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_somebody),
        cmocka_unit_test(a_table_says_the_day_and_the_urgency),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_file_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
