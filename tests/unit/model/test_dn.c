#include "model/dn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_normal(const char *dn, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    dn_normalise(text_of(dn), out);
    assert_string_equal(out->str, expected);

    g_autoptr(GString) again = g_string_new(NULL);
    dn_normalise(text_of(out->str), again);
    assert_string_equal(again->str, expected);
    assert_true(dn_equals(text_of(dn), text_of(expected)));
    assert_true(dn_hash(text_of(dn)) == dn_hash(text_of(expected)));
}

static void assert_equal_dns(const char *a, const char *b)
{
    if (!dn_equals(text_of(a), text_of(b)))
        fail_msg("%s and %s should be one DN", a, b);
    assert_true(dn_hash(text_of(a)) == dn_hash(text_of(b)));
}

static void assert_different_dns(const char *a, const char *b)
{
    if (dn_equals(text_of(a), text_of(b)))
        fail_msg("%s and %s should be two DNs", a, b);
}

static void nearly_all_names_are_plain(void **state)
{
    (void)state;
    const char *const plain[] = {
        "uid=ann,ou=people,dc=example,dc=com",
        "CN=Ann Lee (Sales),OU=Users & Guests,DC=corp,DC=example,DC=com",
        "dc=com",
        "c=d",
        "cn=a=b,dc=com",
        "cn=svc-backup_01.prod@example,ou=0123456789abcdef0123456789abcdef,dc=com"};
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (!dn_is_plain(text_of(plain[i])))
            fail_msg("%s is plain", plain[i]);
        g_autofree char *lower = g_ascii_strdown(plain[i], -1);
        assert_normal(plain[i], lower);
    }
}

static void what_has_several_spellings_is_not_plain(void **state)
{
    (void)state;
    const char *const others[] = {"",
                                  "ann",
                                  "=ann,dc=com",
                                  "cn=,dc=com",
                                  "cn=ann,",
                                  "cn=ann,dc=",
                                  "cn=ann, dc=com",
                                  "cn=ann ,dc=com",
                                  "cn= ann,dc=com",
                                  "cn =ann,dc=com",
                                  " cn=ann,dc=com",
                                  "cn=ann,dc=com ",
                                  "cn=ann  lee,dc=com",
                                  "cn=ann\\2c lee,dc=com",
                                  "cn=\"ann\",dc=com",
                                  "cn=ann+uid=x,dc=com",
                                  "cn=#0403616e6e,dc=com",
                                  "cn=ann;dc=com",
                                  "cn=a<b,dc=com",
                                  "cn=a\tb,dc=com",
                                  "cn=a\x7f,dc=com",
                                  "cn=jürgen,dc=com",
                                  "commonName=ann,dc=com",
                                  "2.5.4.3=ann,dc=com",
                                  "cn=ann,lee,dc=com",
                                  "cn=ann,,dc=com"};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (dn_is_plain(text_of(others[i])))
            fail_msg("%s is not plain", others[i]);
}

/* The plain test looks at sixteen bytes at a time: the trap is at the borders. */
static void what_is_not_plain_is_seen_at_every_position(void **state)
{
    (void)state;
    for (int pad = 1; pad < 40; pad++) {
        g_autofree char *filling = g_strnfill((gsize)pad, 'x');
        const char *const traps[] = {"  ",   " ,dc=c",   ", dc=c",  "=,dc=c", "\\2c",
                                     "+a=b", "\xc3\xbc", ",dcdc=c", ",",      "\""};
        for (size_t i = 0; i < G_N_ELEMENTS(traps); i++) {
            g_autofree char *dn = g_strconcat("cn=", filling, traps[i], "y,dc=com", NULL);
            if (dn_is_plain(text_of(dn)))
                fail_msg("%s is not plain", dn);
        }
        g_autofree char *good = g_strconcat("cn=", filling, " y,ou=z,dc=com", NULL);
        if (!dn_is_plain(text_of(good)))
            fail_msg("%s is plain", good);
    }
}

static void every_escape_of_rfc_4514_is_resolved(void **state)
{
    (void)state;
    assert_normal("cn=Smith\\, Ann,dc=Example", "cn=smith\\, ann,dc=example");
    assert_normal("cn=Smith\\2C Ann,dc=example", "cn=smith\\, ann,dc=example");
    assert_normal("cn=a\\+b,dc=x", "cn=a\\+b,dc=x");
    assert_normal("cn=a\\\"b,dc=x", "cn=a\\\"b,dc=x");
    assert_normal("cn=a\\\\b,dc=x", "cn=a\\\\b,dc=x");
    assert_normal("cn=a\\<b\\>c,dc=x", "cn=a\\<b\\>c,dc=x");
    assert_normal("cn=a\\;b,dc=x", "cn=a\\;b,dc=x");
    assert_normal("cn=a\\3bb,dc=x", "cn=a\\;b,dc=x");
    assert_normal("cn=\\#1,dc=x", "cn=\\#1,dc=x");
    assert_normal("cn=\\231,dc=x", "cn=\\#1,dc=x");
    assert_normal("cn=a#1\\,,dc=x", "cn=a#1\\,,dc=x");
    assert_normal("cn=\\ ann\\ ,dc=x", "cn=ann,dc=x"); /* insignificant spaces */
    assert_normal("cn=ann\\20\\20lee,dc=x", "cn=ann lee,dc=x");
    assert_normal("cn=a\\=b,dc=x", "cn=a=b,dc=x");
    assert_normal("CN=Lu\\C4\\8Di\\C4\\87", "cn=lučić"); /* the example of RFC 4514 */
    assert_normal("\\63n=ann", "\\63n=ann");             /* types have no escapes: no DN */
}

static void hex_values_are_the_strings_they_encode(void **state)
{
    (void)state;
    assert_normal("cn=#04024869,dc=x", "cn=hi,dc=x");
    assert_normal("cn=#0C024869,dc=x", "cn=hi,dc=x");
    assert_normal("cn=#0304AABBCCDD,dc=x", "cn=#0304aabbccdd,dc=x"); /* a bit string */
    assert_normal("cn=a\\00b,dc=x", "cn=#610062,dc=x");
    assert_normal("cn=a\\FFb,dc=x", "cn=#61ff62,dc=x");
}

static void types_may_be_long_names_or_oids_in_any_case(void **state)
{
    (void)state;
    assert_normal("2.5.4.3=Ann,0.9.2342.19200300.100.1.25=Example", "cn=ann,dc=example");
    assert_normal("commonName=Ann,organizationalUnitName=People,countryName=DE",
                  "cn=ann,ou=people,c=de");
    assert_normal("UserID=ann,DomainComponent=x", "uid=ann,dc=x");
    assert_normal("1.2.3.4=Ann,dc=x", "1.2.3.4=ann,dc=x");
    assert_normal("nsUniqueId=A,dc=x", "nsuniqueid=a,dc=x");
}

static void parts_of_a_multi_valued_rdn_have_no_order(void **state)
{
    (void)state;
    assert_normal("uid=ann+cn=Ann Lee,dc=x", "cn=ann lee+uid=ann,dc=x");
    assert_equal_dns("uid=ann+cn=Ann Lee,dc=x", "CN=ANN LEE + UID=ann,DC=X");
    assert_different_dns("uid=ann+cn=lee,dc=x", "uid=ann,cn=lee,dc=x");
}

static void spaces_and_old_forms_do_not_count(void **state)
{
    (void)state;
    assert_normal(" cn = Ann   Lee , dc = example ", "cn=ann lee,dc=example");
    assert_equal_dns("ou = CORP , dc=example", "OU=corp,dc=example");
    assert_equal_dns("cn=\"Lee, Ann\",dc=x", "cn=Lee\\, Ann,dc=x");
    assert_equal_dns("cn=ann;dc=x", "cn=ann,dc=x");
}

static void unicode_is_folded_without_a_locale(void **state)
{
    (void)state;
    assert_equal_dns("cn=MÜLLER,dc=x", "cn=müller,dc=x");
    assert_equal_dns("cn=Jose\xcc\x81,dc=x", "cn=josé,dc=x"); /* NFD, NFC */
    assert_equal_dns("cn=STRASSE,dc=x", "cn=straße,dc=x");
    assert_equal_dns("cn=\xef\xbc\xa1nn,dc=x", "cn=ann,dc=x"); /* full-width A */
    assert_equal_dns("cn=ann\xc2\xa0lee,dc=x", "cn=ann lee,dc=x");
    assert_different_dns("cn=ıd,dc=x", "cn=id,dc=x");
    assert_different_dns("cn=jose,dc=x", "cn=josé,dc=x");
    assert_different_dns("cn=аnn,dc=x", "cn=ann,dc=x"); /* a Cyrillic letter */
}

static void a_text_that_is_no_dn_equals_itself_only(void **state)
{
    (void)state;
    assert_normal("=X,DC=com", "=x,dc=com");
    assert_normal("CN=A\\zz", "cn=a\\zz");
    assert_normal("CN=A,,DC=x", "cn=a,,dc=x");
    assert_normal("CN=#zz,DC=x", "cn=#zz,dc=x");
    assert_normal("CN=\"A,DC=x", "cn=\"a,dc=x");
    assert_equal_dns("Ann Lee", "ANN LEE");
    assert_different_dns("Ann Lee", "cn=ann lee");
}

static void names_are_compared_up_to_their_length(void **state)
{
    (void)state;
    assert_true(dn_equals((Text){"cn=ann,dc=xyz", 11}, text_of("CN=ann,dc=x")));
    assert_true(dn_equals((Text){"cn=jürgen,dc=xyz", 15}, text_of("CN=JÜRGEN,dc=x")));
}

static void an_entry_is_under_its_base_and_under_itself(void **state)
{
    (void)state;
    assert_true(dn_is_under("uid=ann,ou=people,dc=x", "ou=people,dc=x"));
    assert_true(dn_is_under("ou=people,dc=x", "ou=people,dc=x"));
    assert_true(dn_is_under("ou=people,dc=x", ""));
    assert_false(dn_is_under("dc=x", "ou=people,dc=x"));
    assert_false(dn_is_under("uid=ann,xou=people,dc=x", "ou=people,dc=x"));
    assert_false(dn_is_under("uid=ann\\,ou=people,dc=x", "ou=people,dc=x"));
    assert_true(dn_is_under("uid=ann\\\\,ou=people,dc=x", "ou=people,dc=x"));
    assert_false(dn_is_under("uid=ann,ou=people2,dc=x", "ou=people,dc=x"));
}

static void a_dn_as_it_stands_is_under_what_its_normal_form_is_under(void **state)
{
    (void)state;
    const char *const dns[] = {"UID=Ann,OU=People,DC=x",
                               "uid=ann, ou=people, dc=x",
                               "ou=people,dc=x",
                               "OU=PEOPLE,DC=X",
                               "dc=x",
                               "uid=ann,ou=xpeople,dc=x",
                               "uid=ann\\,ou=people,dc=x",
                               "uid=ann\\\\,ou=people,dc=x",
                               "uid=ann,organizationalUnitName=people,dc=x",
                               "ann"};
    const char *const bases[] = {"ou=people,dc=x", "dc=x", "", "uid=ann,ou=people,dc=x"};
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(dns); i++) {
        g_autoptr(GString) normalised = g_string_new(NULL);
        dn_normalise(text_of(dns[i]), normalised);
        for (size_t j = 0; j < G_N_ELEMENTS(bases); j++)
            if (dn_text_is_under(text_of(dns[i]), bases[j], scratch) !=
                dn_is_under(normalised->str, bases[j]))
                fail_msg("%s under %s", dns[i], bases[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearly_all_names_are_plain),
        cmocka_unit_test(what_has_several_spellings_is_not_plain),
        cmocka_unit_test(what_is_not_plain_is_seen_at_every_position),
        cmocka_unit_test(every_escape_of_rfc_4514_is_resolved),
        cmocka_unit_test(hex_values_are_the_strings_they_encode),
        cmocka_unit_test(types_may_be_long_names_or_oids_in_any_case),
        cmocka_unit_test(parts_of_a_multi_valued_rdn_have_no_order),
        cmocka_unit_test(spaces_and_old_forms_do_not_count),
        cmocka_unit_test(unicode_is_folded_without_a_locale),
        cmocka_unit_test(a_text_that_is_no_dn_equals_itself_only),
        cmocka_unit_test(names_are_compared_up_to_their_length),
        cmocka_unit_test(an_entry_is_under_its_base_and_under_itself),
        cmocka_unit_test(a_dn_as_it_stands_is_under_what_its_normal_form_is_under),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
