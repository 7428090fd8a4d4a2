/* manual.c: the man pages, written from the tables of commands and settings. Run by the build:
 * `manual commands` and `manual settings` print what scdoc makes pages of. Not installed. */

#include "controls/control.h"
#include "run/command.h"
#include "settings/settings.h"

#include <string.h>

/* Text that scdoc must not take for its own. */
static void print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_<>#`~+=[]-.", *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

static void print_options(const CommandOption *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->letter != 0)
            printf("*\\-%c*, ", options->letter);
        fputs("*\\-\\-", stdout);
        print_text(options->name);
        putchar('*');
        if (options->argument != NULL) {
            fputs(" _", stdout);
            print_text(options->argument);
            putchar('_');
        }
        fputs("\n\t", stdout);
        print_text(options->help);
        puts(options->type == OPTION_VALUES ? " (may be repeated)\n" : "\n");
    }
}

static void print_command(const Command *command)
{
    char last = command->summary[strlen(command->summary) - 1];

    /* scdoc takes headings as they are. */
    printf("## %s%s%s\n\n", command->name, *command->arguments != '\0' ? " " : "",
           command->arguments);
    print_text(command->summary);
    printf("%s\n\n```\n%s```\n\n", last != '?' ? "." : "", command->examples);
    print_options(command->options);
}

static void print_commands(void)
{
    puts("rightful(1)\n\n"
         "# NAME\n\n"
         "rightful \\- which access right and which asset has no rightful owner any more\n\n"
         "# SYNOPSIS\n\n"
         "*rightful* [*\\-\\-config* _FILE_] _COMMAND_ [_OPTION_]... [_ARGUMENT_]...\n\n"
         "# DESCRIPTION\n\n"
         "*rightful* reads users, groups and computers from LDAP or Active Directory, people from "
         "HR, assets from the asset register and approvals from the ticket system; works out who "
         "can really do what; and keeps a ledger of control exceptions. It only reads: no source "
         "is ever changed. A source that was not read whole changes nothing in the ledger that "
         "rests on it.\n\n"
         "# COMMANDS\n");
    for (const Command *command = commands; command->name != NULL; command++)
        print_command(command);
    puts("# OPTIONS\n");
    print_options(global_options);
    puts("# EXIT STATUS\n\n"
         "*0*\n\tDone.\n\n"
         "*1*\n\tFailed; a message on standard error says what, where, and what was not "
         "changed.\n\n"
         "*2*\n\tWrong usage.\n\n"
         "*3*\n\tIncomplete or held: a source could not be read whole, or a guard stopped the "
         "run.\n\n"
         "*4*\n\tExceptions at or above *\\-\\-fail\\-on*.\n\n"
         "*5*\n\tAnother run holds the lock.\n\n"
         "*78*\n\tThe configuration is wrong.\n\n"
         "*130*\n\tInterrupted.\n\n"
         "# ENVIRONMENT\n\n"
         "*RIGHTFUL\\_CONFIG*\n\tThe configuration file, when there is no *\\-\\-config* and no "
         "_/etc/rightful/rightful.conf_.\n\n"
         "*NO\\_COLOR*\n\tNo colours, whatever the terminal can.\n\n"
         "# SEE ALSO\n\n"
         "*rightful.conf*(5)");
}

static void print_setting(const char *key, const Setting *setting, void *data)
{
    (void)data;
    putchar('*');
    print_text(key);
    fputs("* (", stdout);
    print_text(setting_type_text(setting));
    if (setting->is_required) {
        fputs("; required", stdout);
    } else if (setting->initial != NULL) {
        fputs("; default: ", stdout);
        print_text(setting->initial);
    }
    fputs(")\n\t", stdout);
    print_text(setting->help != NULL ? setting->help : "");
    puts("\n");
}

static void print_settings(void)
{
    SettingsCatalogue catalogue = {.connectors = connectors, .controls = control_settings()};

    puts("rightful.conf(5)\n\n"
         "# NAME\n\n"
         "rightful.conf \\- configuration of rightful\n\n"
         "# DESCRIPTION\n\n"
         "One file in the syntax of libconfig, _/etc/rightful/rightful.conf_ unless "
         "*rightful*(1) is told otherwise. *@include* works; relative paths are relative to the "
         "file. Everything that is wrong is reported at once, with its line; *rightful check "
         "\\-\\-offline* does nothing else. The shipped file holds every setting, commented.\n\n"
         "# SETTINGS\n");
    settings_describe(&catalogue, print_setting, NULL);
    puts("# SEE ALSO\n\n*rightful*(1)");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "commands") == 0) {
        print_commands();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "settings") == 0) {
        print_settings();
        return 0;
    }
    fputs("usage: manual commands|settings\n", stderr);
    return EXIT_USAGE;
}
