#include "run/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_command_has_a_function_a_summary_and_examples_that_name_it(void **state)
{
    (void)state;
    for (const Command *command = commands; command->name != NULL; command++) {
        g_autofree char *call = g_strdup_printf("  rightful %s", command->name);

        assert_non_null(command->run);
        assert_true(strlen(command->summary) > 10);
        assert_true(g_str_has_prefix(command->examples, call));
        assert_true(g_str_has_suffix(command->examples, "\n"));
        assert_true(command->min_arguments <= command->max_arguments);
        assert_int_equal(command->max_arguments > 0, command->arguments[0] != '\0');
    }
}

static void no_two_commands_share_a_name(void **state)
{
    (void)state;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (const Command *command = commands; command->name != NULL; command++)
        assert_true(g_hash_table_add(names, (void *)(uintptr_t)command->name));
}

static void no_two_options_of_a_command_share_a_name(void **state)
{
    (void)state;
    for (const Command *command = commands; command->name != NULL; command++) {
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        for (const CommandOption *own = command->options; own != NULL && own->name != NULL; own++) {
            if (!g_hash_table_add(names, (void *)(uintptr_t)own->name))
                fail_msg("%s has two options --%s", command->name, own->name);
        }
    }
}

static void no_option_of_a_command_hides_a_global_one(void **state)
{
    (void)state;
    for (const Command *command = commands; command->name != NULL; command++) {
        for (const CommandOption *own = command->options; own != NULL && own->name != NULL; own++) {
            assert_non_null(own->help);
            assert_int_equal(own->type == OPTION_FLAG, own->argument == NULL);
            for (const CommandOption *global = global_options; global->name != NULL; global++)
                assert_string_not_equal(own->name, global->name);
        }
    }
}

static void help_of_a_command_begins_with_its_examples(void **state)
{
    (void)state;
    for (const Command *command = commands; command->name != NULL; command++) {
        char *text = NULL;
        size_t length = 0;
        FILE *out = open_memstream(&text, &length);

        help_print_command(command, out, false);
        fclose(out);
        const char *examples = strstr(text, "Examples"), *usage = strstr(text, "Usage");

        assert_true(examples != NULL && usage != NULL && examples < usage);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_a_function_a_summary_and_examples_that_name_it),
        cmocka_unit_test(no_two_commands_share_a_name),
        cmocka_unit_test(no_two_options_of_a_command_share_a_name),
        cmocka_unit_test(no_option_of_a_command_hides_a_global_one),
        cmocka_unit_test(help_of_a_command_begins_with_its_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
