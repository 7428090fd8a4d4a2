#include "run/command.h"

#include "run/terminal.h"

#include <string.h>

static void print_options(const CommandOption *options, FILE *out)
{
    for (; options != NULL && options->name != NULL; options++) {
        g_autofree char *left = g_strdup_printf("%s%c%s--%s%s%s", options->letter != 0 ? "-" : " ",
                                                options->letter != 0 ? options->letter : ' ',
                                                options->letter != 0 ? ", " : "  ", options->name,
                                                options->argument != NULL ? " " : "",
                                                options->argument != NULL ? options->argument : "");

        fprintf(out, "  %-34s %s%s\n", left, options->help,
                options->type == OPTION_VALUES ? " (may be repeated)" : "");
    }
}

void help_print_command(const Command *command, FILE *out, bool has_colour)
{
    fprintf(out, "rightful %s: %s\n\n", command->name, command->summary);
    print_heading(out, has_colour, "Examples");
    fprintf(out, "%s\n", command->examples);
    print_heading(out, has_colour, "Usage");
    fprintf(out, "  rightful [--config FILE] %s%s%s%s\n\n", command->name,
            command->options != NULL ? " [OPTION]…" : "", *command->arguments != '\0' ? " " : "",
            command->arguments);
    if (command->options != NULL) {
        print_heading(out, has_colour, "Options");
        print_options(command->options, out);
        fputc('\n', out);
    }
    print_heading(out, has_colour, "Everywhere");
    print_options(global_options, out);
}

void help_print(FILE *out, bool has_colour)
{
    fputs("rightful tells every morning which access right and which asset has no rightful owner "
          "any more.\n\n",
          out);
    print_heading(out, has_colour, "Examples");
    fputs(
        "  rightful check                       is the configuration right, do the sources "
        "answer?\n"
        "  rightful run                         one reconciliation, what the timer starts\n"
        "  rightful exceptions --severity high  what somebody must answer for\n"
        "  rightful explain lwong               why an account has its rights, and what to cut\n\n",
        out);
    print_heading(out, has_colour, "Commands");
    for (const Command *command = commands; command->name != NULL; command++)
        fprintf(out, "  %-14s %s\n", command->name, command->summary);
    fputc('\n', out);
    print_heading(out, has_colour, "Options");
    print_options(global_options, out);
    fputs("\nrightful COMMAND --help shows more. The configuration is "
          "/etc/rightful/rightful.conf, else "
          "$RIGHTFUL_CONFIG.\n",
          out);
}
