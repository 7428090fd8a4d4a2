#include "ldap/replication.h"

#include <glib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* As Samba 4.17 gave it: an account made at 06:46:56 and disabled at 06:46:58. Cut after its eighth
 * stamp, the number of stamps changed with it. */
static const char from_samba[] =
    "AQAAAAAAAAAIAAAAAAAAAAAAAAABAAAA4CATIQMAAAD87AgZBj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAAAAMAAAAB"
    "AAAA4CATIQMAAAD87AgZBj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAAAAEAAgABAAAA4CATIQMAAAD87AgZBj4lSaeC"
    "38cmBtGgZA8AAAAAAABkDwAAAAAAAAIAAgABAAAA4CATIQMAAAD87AgZBj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAA"
    "ABkBAgABAAAA4CATIQMAAAD87AgZBj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAAAAEACQABAAAA4CATIQMAAAD87AgZ"
    "Bj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAAAAgACQADAAAA4iATIQMAAAD87AgZBj4lSaeC38cmBtGgZw8AAAAAAABn"
    "DwAAAAAAABAACQABAAAA4CATIQMAAAD87AgZBj4lSaeC38cmBtGgZA8AAAAAAABkDwAAAAAAAA==";

#define AT_06_46_58 INT64_C(1795330018)

static GByteArray *blob_from_samba(void)
{
    gsize length = 0;
    guchar *bytes = g_base64_decode(from_samba, &length);

    return g_byte_array_new_take(bytes, length);
}

static bool stored_time(const GByteArray *blob, size_t length, int64_t *ret_utc)
{
    /* Exactly as long as it says, so that the address sanitizer sees a byte too many. */
    g_autofree char *exact = g_memdup2(blob->data, length);

    return replication_stored_time((Text){exact, length}, REPLICATION_ID_USER_ACCOUNT_CONTROL,
                                   ret_utc);
}

static void a_stored_stamp_tells_when_its_attribute_was_changed(void **state)
{
    (void)state;
    g_autoptr(GByteArray) blob = blob_from_samba();
    int64_t utc = 0;

    assert_true(stored_time(blob, blob->len, &utc));
    assert_int_equal(utc, AT_06_46_58);
    assert_false(replication_stored_time((Text){(char *)blob->data, blob->len},
                                         REPLICATION_ID_PRIMARY_GROUP, &utc));
}

static void a_blob_that_is_cut_or_of_another_version_is_refused(void **state)
{
    (void)state;
    g_autoptr(GByteArray) blob = blob_from_samba();
    int64_t utc = 7;

    for (size_t length = 0; length < blob->len; length++)
        assert_false(stored_time(blob, length, &utc));
    blob->data[0] = 2;
    assert_false(stored_time(blob, blob->len, &utc));
    blob->data[0] = 1;
    memset(blob->data + 8, 0xff, 4); /* four thousand million stamps */
    assert_false(stored_time(blob, blob->len, &utc));
    assert_int_equal(utc, 7);
}

static void a_stored_time_that_cannot_be_is_none(void **state)
{
    (void)state;
    static const unsigned char absurd[][8] = {
        {0},                                              /* 1601 */
        {0x00, 0x91, 0x10, 0xb6, 0x02},                   /* 1970-01-01, the first second */
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* never */
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    g_autoptr(GByteArray) blob = blob_from_samba();
    int64_t utc = 7;

    for (size_t i = 0; i < G_N_ELEMENTS(absurd); i++) {
        memcpy(blob->data + 16 + 6 * 48 + 8, absurd[i], sizeof absurd[i]);
        assert_false(stored_time(blob, blob->len, &utc));
    }
    assert_int_equal(utc, 7);
}

/* ---- XML ---- */

#define STAMP(kind, body)                                                                          \
    "<DS_REPL_" kind "_META_DATA>\n\t<pszAttributeName>member</pszAttributeName>\n" body           \
    "\t<dwVersion>1</dwVersion>\n"                                                                 \
    "\t<uuidLastOriginatingDsaInvocationID>1908ecfc-3e06-4925-a782-dfc72606d1a0"                   \
    "</uuidLastOriginatingDsaInvocationID>\n"                                                      \
    "\t<usnOriginatingChange>3940</usnOriginatingChange>\n</DS_REPL_" kind "_META_DATA>\n"
#define OBJECT "\t<pszObjectDn>CN=Ann Lee,OU=People,DC=example,DC=test</pszObjectDn>\n"
#define THERE "\t<ftimeDeleted>1601-01-01T00:00:00Z</ftimeDeleted>\n"
#define CHANGED "\t<ftimeLastOriginatingChange>2026-11-22T06:46:58Z</ftimeLastOriginatingChange>\n"

static void a_value_tells_who_came_when(void **state)
{
    (void)state;
    ReplicationStamp stamp;
    static const char xml[] = STAMP("VALUE", OBJECT THERE CHANGED);

    assert_true(replication_read_xml(text_of(xml), &stamp));
    assert_true(stamp.is_of_value);
    assert_false(stamp.is_removed);
    assert_string_equal(stamp.attribute, "member");
    assert_string_equal(stamp.value, "CN=Ann Lee,OU=People,DC=example,DC=test");
    assert_int_equal(stamp.changed_utc, AT_06_46_58);
    replication_stamp_clear(&stamp);
    /* Microsoft's servers send the NUL along. */
    assert_true(replication_read_xml((Text){xml, sizeof xml}, &stamp));
    assert_int_equal(stamp.changed_utc, AT_06_46_58);
    replication_stamp_clear(&stamp);
}

static void an_attribute_tells_when_it_was_changed(void **state)
{
    (void)state;
    ReplicationStamp stamp;

    assert_true(replication_read_xml(text_of(STAMP("ATTR", CHANGED)), &stamp));
    assert_false(stamp.is_of_value);
    assert_string_equal(stamp.value, "");
    assert_int_equal(stamp.changed_utc, AT_06_46_58);
    replication_stamp_clear(&stamp);
}

static void a_value_that_was_taken_away_is_told_apart(void **state)
{
    (void)state;
    ReplicationStamp stamp;

    assert_true(replication_read_xml(
        text_of(STAMP("VALUE", OBJECT "<ftimeDeleted>2026-11-22T07:00:00Z</ftimeDeleted>" CHANGED)),
        &stamp));
    assert_true(stamp.is_removed);
    replication_stamp_clear(&stamp);
}

static void names_are_read_whether_they_were_escaped_or_not(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"CN=R&D,DC=example", "CN=R&D,DC=example"},
        {"CN=R&amp;D,DC=example", "CN=R&D,DC=example"},
        {"CN=&lt;x&gt; &quot;&apos;,DC=example", "CN=<x> \"',DC=example"},
        {"CN=&#228;,DC=example", "CN=ä,DC=example"},
        {"CN=A & B; C,DC=example", "CN=A & B; C,DC=example"},
        {"CN=end&,DC=example", "CN=end&,DC=example"}};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *xml = g_strdup_printf(
            STAMP("VALUE", "<pszObjectDn>%s</pszObjectDn>" THERE CHANGED), names[i][0]);
        ReplicationStamp stamp;
        assert_true(replication_read_xml(text_of(xml), &stamp));
        assert_string_equal(stamp.value, names[i][1]);
        replication_stamp_clear(&stamp);
    }
}

static void what_is_no_stamp_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "member",
        "<",
        "&",
        STAMP("ANY", OBJECT THERE CHANGED),
        STAMP("VALUE", THERE CHANGED),                /* whose? */
        STAMP("VALUE", OBJECT CHANGED),               /* is it still there? */
        STAMP("VALUE", OBJECT THERE),                 /* since when? */
        STAMP("VALUE", OBJECT OBJECT THERE CHANGED),  /* who of the two? */
        STAMP("VALUE", OBJECT THERE CHANGED CHANGED), /* which of the two? */
        STAMP("VALUE", OBJECT THERE "<a>" CHANGED "</a>"),
        STAMP("VALUE", "<pszObjectDn></pszObjectDn>" THERE CHANGED),
        STAMP("VALUE", "<pszObjectDn>CN=a<b,DC=x</pszObjectDn>" THERE CHANGED),
        STAMP("VALUE", "<pszObjectDn>CN=\xff,DC=x</pszObjectDn>" THERE CHANGED),
        "<DS_REPL_ATTR_META_DATA></DS_REPL_ATTR_META_DATA>",
        "<DS_REPL_ATTR_META_DATA>" CHANGED,
        STAMP("ATTR", CHANGED) STAMP("ATTR", ""),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        ReplicationStamp stamp = {0};
        if (replication_read_xml(text_of(bad[i]), &stamp))
            fail_msg("accepted: %s", bad[i]);
    }
}

static void a_stamp_that_ends_anywhere_is_refused(void **state)
{
    (void)state;
    static const char xml[] = STAMP("VALUE", OBJECT THERE CHANGED);

    for (size_t length = 0; length + 2 < strlen(xml); length++) {
        g_autofree char *exact = g_memdup2(xml, length + 1);
        ReplicationStamp stamp = {0};
        assert_false(replication_read_xml((Text){exact, length}, &stamp));
    }
}

static void a_time_that_cannot_be_refuses_the_stamp(void **state)
{
    (void)state;
    static const char *const times[] = {"1601-01-01T00:00:00Z",
                                        "1969-12-31T23:59:59Z",
                                        "2026-02-30T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-11-22T25:00:00Z",
                                        "2026-11-22 06:46:58Z",
                                        "2026-11-22T06:46:58",
                                        "20261122064658.0Z",
                                        "2026-11-22T06:46:58+01:00",
                                        "0000-01-01T00:00:00Z",
                                        "92026-11-22T06:46:58Z",
                                        " 2026-11-22T06:46:58Z",
                                        "yesterday",
                                        "",
                                        "2026-11-22T06:46:5aZ"};

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *xml =
            g_strdup_printf(STAMP("VALUE", OBJECT THERE
                                  "<ftimeLastOriginatingChange>%s</ftimeLastOriginatingChange>"),
                            times[i]);
        ReplicationStamp stamp = {0};
        if (replication_read_xml(text_of(xml), &stamp))
            fail_msg("accepted: %s", times[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_stamp_tells_when_its_attribute_was_changed),
        cmocka_unit_test(a_blob_that_is_cut_or_of_another_version_is_refused),
        cmocka_unit_test(a_stored_time_that_cannot_be_is_none),
        cmocka_unit_test(a_value_tells_who_came_when),
        cmocka_unit_test(an_attribute_tells_when_it_was_changed),
        cmocka_unit_test(a_value_that_was_taken_away_is_told_apart),
        cmocka_unit_test(names_are_read_whether_they_were_escaped_or_not),
        cmocka_unit_test(what_is_no_stamp_is_refused),
        cmocka_unit_test(a_stamp_that_ends_anywhere_is_refused),
        cmocka_unit_test(a_time_that_cannot_be_refuses_the_stamp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
