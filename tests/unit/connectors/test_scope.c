#include "ldap/scope.h"

#include "ldap/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char *condition_of(Text value)
{
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);

    directory_scope_condition(conditions, "mail", value);
    assert_int_equal(conditions->len, 1);
    return g_strdup(g_ptr_array_index(conditions, 0));
}

static void assert_condition(Text value, const char *expected)
{
    g_autofree char *condition = condition_of(value);
    assert_string_equal(condition, expected);
}

/* The five that RFC 4515 section 3 names. */
static void special_characters_are_escaped(void **state)
{
    (void)state;
    assert_condition(text_of("*"), "(mail=\\2A)");
    assert_condition(text_of("("), "(mail=\\28)");
    assert_condition(text_of(")"), "(mail=\\29)");
    assert_condition(text_of("\\"), "(mail=\\5C)");
    assert_condition((Text){"a\0b", 3}, "(mail=a\\00b)");
}

static void a_value_cannot_leave_its_condition(void **state)
{
    (void)state;
    assert_condition(text_of("x)(uid=*"), "(mail=x\\29\\28uid=\\2A)");
    assert_condition(text_of("*)(objectClass=*"), "(mail=\\2A\\29\\28objectClass=\\2A)");
}

/* Whatever byte it is: the condition says this value and no other. */
static void every_byte_comes_back(void **state)
{
    (void)state;
    for (int byte = 1; byte < 128; byte++) {
        const char raw[] = {'a', (char)byte, 'z'};
        g_autofree char *condition = condition_of((Text){raw, sizeof raw});
        g_autoptr(GError) error = NULL;
        g_autoptr(Filter) filter = filter_parse(condition, &error);
        if (filter == NULL)
            fail_msg("byte %d: %s: %s", byte, condition, error->message);
        const FilterValue same = {"mail", {raw, sizeof raw}};
        const FilterValue longer = {"mail", {"a and more z", 12}};
        assert_true(filter_matches(filter, &same, 1));
        assert_false(filter_matches(filter, &longer, 1));
    }
}

static void nothing_is_asked_for_an_empty_value(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);

    directory_scope_condition(conditions, "mail", text_of(""));
    directory_scope_condition(conditions, "mail", (Text){0});
    assert_int_equal(conditions->len, 0);
}

/* ---- keys ---- */

static char *keys_of(const SchemaOptions *options, const char *field, const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) schema = schema_new(options, &error);
    const ScopeKey key = {field, value};
    const Scope scope = {&key, 1};

    if (schema == NULL)
        fail_msg("%s", error->message);
    g_autoptr(GPtrArray) conditions = directory_scope_conditions(schema, &scope);
    g_ptr_array_add(conditions, NULL);
    return g_strjoinv("", (char **)conditions->pdata);
}

static void assert_keys(const char *server, const char *field, const char *value,
                        const char *expected)
{
    g_autofree char *keys = keys_of(&(SchemaOptions){.server = server}, field, value);
    assert_string_equal(keys, expected);
}

static void a_field_is_asked_by_the_attributes_of_the_family(void **state)
{
    (void)state;
    assert_keys("openldap", "employee_id", "00123", "(employeeNumber=00123)");
    assert_keys("openldap", "name", "lwong", "(uid=lwong)");
    assert_keys("active-directory", "name", "lwong", "(sAMAccountName=lwong)");
    assert_keys("active-directory", "employee_id", "7", "(employeeID=7)(employeeNumber=7)");
    assert_keys("active-directory", "upn", "a@b", "(userPrincipalName=a@b)");
}

static void an_entry_without_a_display_name_is_found_by_its_cn(void **state)
{
    (void)state;
    assert_keys("openldap", "display_name", "x", "(displayName=x)(cn=x)");
}

static void a_mapped_field_is_asked_by_its_own_attribute(void **state)
{
    (void)state;
    const char *const fields[] = {"employee_id", NULL}, *const attributes[] = {"carLicense", NULL};
    SchemaOptions options = {.server = "openldap", .fields = fields, .attributes = attributes};
    g_autofree char *keys = keys_of(&options, "employee_id", "7");

    assert_string_equal(keys, "(carLicense=7)");
}

static void other_spellings_are_asked_too_each_once(void **state)
{
    (void)state;
    assert_keys("openldap", "name", "LWong", "(uid=LWong)(uid=lwong)");
    /* é composed and decomposed; libldap escapes what is not ASCII. */
    assert_keys("openldap", "name", "\xc3\xa9", "(uid=\\C3\\A9)(uid=e\\CC\\81)");
    assert_keys("openldap", "name", "e\xcc\x81", "(uid=e\\CC\\81)(uid=\\C3\\A9)");
}

static void a_field_the_family_does_not_have_asks_nothing(void **state)
{
    (void)state;
    assert_keys("openldap", "upn", "a@b", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_characters_are_escaped),
        cmocka_unit_test(a_value_cannot_leave_its_condition),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(nothing_is_asked_for_an_empty_value),
        cmocka_unit_test(a_field_is_asked_by_the_attributes_of_the_family),
        cmocka_unit_test(an_entry_without_a_display_name_is_found_by_its_cn),
        cmocka_unit_test(a_mapped_field_is_asked_by_its_own_attribute),
        cmocka_unit_test(other_spellings_are_asked_too_each_once),
        cmocka_unit_test(a_field_the_family_does_not_have_asks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
