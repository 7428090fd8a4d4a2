#include "ldap/value.h"

#include <glib.h>
#include <rightful/record.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static Text bytes_of(const char *base64, guchar *buffer)
{
    gint state = 0;
    guint save = 0;
    gsize n = g_base64_decode_step(base64, strlen(base64), buffer, &state, &save);
    return (Text){(const char *)buffer, n};
}

static void assert_time(const char *value, int64_t expected)
{
    int64_t utc = 0;

    if (!value_generalized_time(text_of(value), &utc))
        fail_msg("%s was refused", value);
    assert_int_equal(utc, expected);
}

static void assert_no_time(const char *value)
{
    int64_t utc;

    if (value_generalized_time(text_of(value), &utc))
        fail_msg("%s was taken as %" G_GINT64_FORMAT, value, utc);
}

static void generalized_time_is_read_in_all_its_forms(void **state)
{
    (void)state;
    assert_time("19700101000000Z", 0);
    assert_time("20261122011009Z", 1795309809);
    assert_time("20261122011009.0Z", 1795309809);
    assert_time("20261122011009,987654Z", 1795309809);
    assert_time("202611220110Z", 1795309800);
    assert_time("2026112201Z", 1795309200);
    assert_time("2026112201.5Z", 1795311000);   /* half an hour */
    assert_time("202611220110.5Z", 1795309830); /* half a minute */
    assert_time("20261122021009+0100", 1795309809);
    assert_time("20261121221009-03", 1795309809);
    assert_time("20261122064009+0530", 1795309809);
    assert_time("20161231235960Z", 1483228800); /* leap second */
    assert_time("20240229000000Z", 1709164800);
    assert_time("19691231235959Z", -1);
    assert_time("99991231235959Z", INT64_C(253402300799));
}

static void a_time_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        "20260230000000Z", /* 30 February */
        "20250229000000Z",
        "20261301000000Z",
        "20260001000000Z",
        "20260100000000Z",
        "20260101240000Z",
        "20260101006000Z",
        "20260101000061Z",
        "20260101000000", /* no zone */
        "20260101000000z",
        "20260101000000.Z", /* no digits of the fraction */
        "20260101000000+2400",
        "20260101000000+01:00",
        "20260101000000Z ",
        "20260101000000ZZ",
        "2026010100000Z", /* half a second field */
        "20260101Z",      /* hours are not optional */
        "2026-01-01T00:00:00Z",
        "000001010000Z", /* year 0 */
        "soon",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        assert_no_time(values[i]);
}

static void year_zero_is_known_as_the_mark_for_ever(void **state)
{
    (void)state;
    assert_true(value_is_year_zero(text_of("000001010000Z")));
    assert_true(value_is_year_zero(text_of("00000101000000Z")));
    assert_false(value_is_year_zero(text_of("20260101000000Z")));
    assert_false(value_is_year_zero(text_of("0000")));
}

static void integers_are_exact_or_refused(void **state)
{
    (void)state;
    int64_t number = 0;

    assert_true(value_integer(text_of("9223372036854775807"), &number));
    assert_true(number == INT64_MAX);
    assert_true(value_integer(text_of("-9223372036854775808"), &number));
    assert_true(number == INT64_MIN);
    assert_true(value_integer(text_of("-1"), &number));
    assert_int_equal(number, -1);
    static const char *const bad[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "99999999999999999999",
        "a"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(value_integer(text_of(bad[i]), &number));
}

static void filetime_counts_from_1601(void **state)
{
    (void)state;
    int64_t utc;

    assert_true(value_filetime(INT64_C(116444736000000000), &utc));
    assert_int_equal(utc, 0);
    assert_true(value_filetime(INT64_C(133481088000000000), &utc));
    assert_int_equal(utc, 1703635200);
    assert_false(value_filetime(1, &utc));
    assert_false(value_filetime(-1, &utc));
}

static void binary_sids_become_text(void **state)
{
    (void)state;
    static const struct {
        const char *base64, *sid;
    } vectors[] = {
        {"AQUAAAAAAAUVAAAAXc80FO3YP0NGEb/pAQIAAA==",
         "S-1-5-21-339005277-1128257773-3921613126-513"},
        {"AQIAAAAAAAUgAAAAIAIAAA==", "S-1-5-32-544"},
        {"AQEAAAAAAAUJAAAA", "S-1-5-9"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        guchar buffer[64];
        char sid[VALUE_SID_SIZE];
        size_t length;
        assert_true(value_sid(bytes_of(vectors[i].base64, buffer), sid, &length));
        assert_string_equal(sid, vectors[i].sid);
        assert_int_equal(length, strlen(sid));
    }
}

static void the_longest_sid_fits_and_a_broken_one_is_refused(void **state)
{
    (void)state;
    char bytes[8 + 4 * 16];
    char sid[VALUE_SID_SIZE];
    size_t length;

    memset(bytes, 0xff, sizeof bytes);
    bytes[0] = 1;
    bytes[1] = 15;
    assert_true(value_sid((Text){bytes, 8 + 4 * 15}, sid, &length));
    assert_true(length < VALUE_SID_SIZE);
    assert_false(value_sid((Text){bytes, 8 + 4 * 14}, sid, &length));
    bytes[1] = 16;
    assert_false(value_sid((Text){bytes, 8 + 4 * 16}, sid, &length));
    assert_false(value_sid(text_of("nonsense"), sid, &length));
    assert_true(value_sid(text_of("S-1-5-18"), sid, &length));
    assert_string_equal(sid, "S-1-5-18");
}

static void guids_are_of_mixed_order(void **state)
{
    (void)state;
    guchar buffer[64];
    char guid[VALUE_GUID_SIZE];

    assert_true(value_guid(bytes_of("qDyKjA4CdU2PEpOcNnFH6w==", buffer), guid));
    assert_string_equal(guid, "8c8a3ca8-020e-4d75-8f12-939c367147eb");
    assert_false(value_guid(text_of("short"), guid));
}

static void a_bit_string_behind_a_member_is_cut_off(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t length;
    } cases[] = {{"cn=a#'0101'B", 4}, {"cn=a#''B", 4},     {"cn=a", 4},
                 {"cn=a#1", 6},       {"cn=a#'012'B", 11}, {"'B", 2}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(value_without_bit_string(text_of(cases[i].value)).length, cases[i].length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generalized_time_is_read_in_all_its_forms),
        cmocka_unit_test(a_time_that_does_not_exist_is_refused),
        cmocka_unit_test(year_zero_is_known_as_the_mark_for_ever),
        cmocka_unit_test(integers_are_exact_or_refused),
        cmocka_unit_test(filetime_counts_from_1601),
        cmocka_unit_test(binary_sids_become_text),
        cmocka_unit_test(the_longest_sid_fits_and_a_broken_one_is_refused),
        cmocka_unit_test(guids_are_of_mixed_order),
        cmocka_unit_test(a_bit_string_behind_a_member_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
