#include "ldap/entry.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "name=value,value;name=…" of what the walk gives of an entry with these attributes, "!" behind it
 * when the entry was broken. */
static char *walked(const char *bytes, size_t n)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    const guint8 head[] = {0x04, 0x02, 'd', 'n', 0x30, (guint8)n};
    EntryWalk walk;
    Text dn, name, value;
    GString *all = g_string_new(NULL);

    g_byte_array_append(content, head, sizeof head);
    g_byte_array_append(content, (const guint8 *)bytes, (guint)n);
    assert_true(entry_begin(&walk, (Text){(const char *)content->data, content->len}, &dn));
    assert_memory_equal(dn.data, "dn", 2);
    while (entry_next_attribute(&walk, &name)) {
        g_string_append_printf(all, "%.*s=", (int)name.length, name.data);
        while (entry_next_value(&walk, &value))
            g_string_append_printf(all, "%.*s,", (int)value.length, value.data);
        g_string_append_c(all, ';');
    }
    if (walk.is_broken)
        g_string_append_c(all, '!');
    return g_string_free(all, FALSE);
}

#define assert_walked(bytes, expected)                                                             \
    do {                                                                                           \
        g_autofree char *found = walked(bytes, sizeof(bytes) - 1);                                 \
        assert_string_equal(found, expected);                                                      \
    } while (0)

static void attributes_come_with_all_their_values(void **state)
{
    (void)state;
    assert_walked("\x30\x0c\x04\x02"
                  "cn"
                  "\x31\x06\x04\x01"
                  "a"
                  "\x04\x01"
                  "b"
                  "\x30\x09\x04\x01"
                  "x"
                  "\x31\x04\x04\x00\x04\x00",
                  "cn=a,b,;x=,,;");
}

static void long_lengths_are_read(void **state)
{
    (void)state;
    assert_walked("\x30\x81\x0b\x04\x82\x00\x02"
                  "cn"
                  "\x31\x83\x00\x00\x00",
                  "cn=;");
}

static void an_attribute_without_values_is_passed_over(void **state)
{
    (void)state;
    assert_walked("\x30\x05\x04\x01"
                  "x"
                  "\x31\x00"
                  "\x30\x08\x04\x01"
                  "y"
                  "\x31\x03\x04\x01"
                  "v",
                  "x=;y=v,;");
}

static void what_is_no_ldap_is_broken(void **state)
{
    (void)state;
    assert_walked("\x04\x01x", "!");                 /* no sequence */
    assert_walked("\x30\x09\x04\x01x\x31\x00", "!"); /* longer than the message */
    assert_walked("\x30\x05\x04\x04x\x31\x00", "!"); /* a name longer than its attribute */
    assert_walked("\x30\x05\x0c\x01x\x31\x00", "!"); /* a name of another type */
    assert_walked("\x30\x05\x04\x01x\x31\x01", "!"); /* a set longer than its attribute */
    assert_walked("\x30\x03\x04\x01x", "!");         /* no set */
    assert_walked("\x30\x05\x04\x01x\x31\x80", "!"); /* indefinite length */
    assert_walked("\x30\x07\x04\x01x\x31\x02\x04\x05", "x=;!"); /* a value longer than the set */
    assert_walked("\x30\x06\x04\x01x\x31\x01\x04", "x=;!");     /* a value without length */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_come_with_all_their_values),
        cmocka_unit_test(long_lengths_are_read),
        cmocka_unit_test(an_attribute_without_values_is_passed_over),
        cmocka_unit_test(what_is_no_ldap_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
