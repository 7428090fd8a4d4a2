/* What a review decided, in the language of who carries it out. */
#include "review/removal.h"

#include <glib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* cuts: "member_dn|group_dn|via", separated by ';'. */
static json_t *task(const char *decision, const char *path, const char *cuts)
{
    json_t *body = json_pack("{s:s s:s s:{s:s} s:{s:s} s:[] s:[]}", "decision", decision, "reason",
                             "read only will do", "account", "name", "ann", "group", "name",
                             "admins", "path", "cuts");
    char **steps = g_strsplit(path, ">", -1), **edges = g_strsplit(cuts, ";", -1);

    for (size_t i = 0; steps[i]; i++)
        json_array_append_new(json_object_get(body, "path"), json_string(steps[i]));
    for (size_t i = 0; edges[i] && *edges[i]; i++) {
        char **parts = g_strsplit(edges[i], "|", 3);
        json_array_append_new(json_object_get(body, "cuts"),
                              json_pack("{s:s s:s s:s}", "member_dn", parts[0], "group_dn",
                                        parts[1], "via", parts[2]));
        g_strfreev(parts);
    }
    g_strfreev(steps);
    g_strfreev(edges);
    review_removal_explain(body);
    return body;
}

static void assert_task(json_t *body, const char *how, const char *ldif)
{
    assert_string_equal(json_string_value(json_object_get(body, "how")), how);
    if (ldif)
        assert_string_equal(json_string_value(json_object_get(body, "ldif")), ldif);
    else
        assert_true(json_is_null(json_object_get(body, "ldif")));
    json_decref(body);
}

static void a_membership_is_one_record(void **state)
{
    (void)state;
    assert_task(
        task("remove", "ann>admins", "uid=ann,dc=x|cn=admins,dc=x|member"),
        "Remove uid=ann,dc=x from cn=admins,dc=x.",
        "dn: cn=admins,dc=x\nchangetype: modify\ndelete: member\nmember: uid=ann,dc=x\n-\n\n");
    assert_task(task("remove", "ann>admins", "uid=ann,dc=x|cn=admins,dc=x|memberUid"),
                "Remove uid=ann,dc=x from cn=admins,dc=x.",
                "dn: cn=admins,dc=x\nchangetype: modify\ndelete: memberUid\nmemberUid: ann\n-\n\n");
}

static void what_hangs_on_a_nested_membership_is_said(void **state)
{
    (void)state;
    json_t *body = task("remove", "ann>ops>admins",
                        "uid=ann,dc=x|cn=ops,dc=x|member;uid=ann,dc=x|cn=admins,dc=x|uniqueMember");
    const char *how = json_string_value(json_object_get(body, "how"));

    assert_non_null(strstr(how, "Several ways lead there: all of these memberships have to go."));
    assert_non_null(strstr(how, "(ann → ops → admins), so whatever else the membership gives"));
    assert_non_null(strstr(json_string_value(json_object_get(body, "ldif")),
                           "delete: uniqueMember\nuniqueMember: uid=ann,dc=x\n"));
    json_decref(body);
}

static void what_is_no_value_of_the_group_has_no_record(void **state)
{
    (void)state;
    assert_task(task("remove", "ann>admins", "uid=ann,dc=x|cn=admins,dc=x|primary group"),
                "Give uid=ann,dc=x another primary group than cn=admins,dc=x.", NULL);
    assert_task(task("remove", "ann>admins", ""), "Take ann out of admins.", NULL);
}

static void a_right_that_is_reduced_says_to_what(void **state)
{
    (void)state;
    json_t *body = task("reduce", "ann>admins", "uid=ann,dc=x|cn=admins,dc=x|member");
    assert_non_null(strstr(json_string_value(json_object_get(body, "how")),
                           "It is to be reduced, not lost: read only will do. Remove"));
    json_decref(body);
}

static void a_value_that_is_no_plain_text_cannot_end_its_line(void **state)
{
    (void)state;
    const struct {
        const char *dn, *line;
    } rows[] = {
        {"uid=a\nb,dc=x", "member:: dWlkPWEKYixkYz14\n"},
        {" uid=a", "member:: IHVpZD1h\n"},
        {"uid=a ", "member:: dWlkPWEg\n"},
        {"<uid", "member:: PHVpZA==\n"},
        {"uid=j\xc3\xb6rg", "member:: dWlkPWrDtnJn\n"},
        {"uid=a:b", "member: uid=a:b\n"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *cut = g_strdup_printf("%s|cn=admins,dc=x|member", rows[i].dn);
        json_t *body = task("remove", "ann>admins", cut);
        assert_non_null(strstr(json_string_value(json_object_get(body, "ldif")), rows[i].line));
        json_decref(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_membership_is_one_record),
        cmocka_unit_test(what_hangs_on_a_nested_membership_is_said),
        cmocka_unit_test(what_is_no_value_of_the_group_has_no_record),
        cmocka_unit_test(a_right_that_is_reduced_says_to_what),
        cmocka_unit_test(a_value_that_is_no_plain_text_cannot_end_its_line),
    };
    return cmocka_run_group_tests_name("removal", tests, NULL, NULL);
}
