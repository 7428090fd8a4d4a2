#include "run/completion.h"

#include "controls/control.h"
#include "run/command.h"
#include "run/run_commands.h"

#include <string.h>

/* ---- words ---- */

static const char *const moments[] = {"auto", "always", "never", NULL};
static const char *const statuses[] = {"open",           "assigned", "resolved", "accepted",
                                       "false-positive", "all",      NULL};

/* Values that are words, by what help calls them. */
static const struct {
    const char *argument;
    const char *const *words;
} value_words[] = {
    {"SEVERITY", severities}, {"FORMAT", formats}, {"WHEN", moments}, {"STATUS", statuses}};

static char *words_of_controls(void)
{
    GString *words = g_string_new(NULL);

    for (size_t i = 0; i < n_controls; i++)
        g_string_append_printf(words, "%s%s", i > 0 ? " " : "", control_table[i]->id);
    return g_string_free(words, FALSE);
}

/* "low medium high critical"; "" when any text will do. */
static char *words_of_option(const CommandOption *option)
{
    if (strcmp(option->name, "control") == 0)
        return words_of_controls();
    for (size_t i = 0; i < G_N_ELEMENTS(value_words); i++) {
        if (g_strcmp0(option->argument, value_words[i].argument) == 0)
            return g_strjoinv(" ", (char **)(uintptr_t)value_words[i].words);
    }
    return g_strdup("");
}

static bool is_file(const CommandOption *option)
{
    return g_strcmp0(option->argument, "FILE") == 0;
}

/* "show comment" of "show|comment ID [TEXT]"; "" when the first argument is no verb. */
static char *verbs_of(const Command *command)
{
    char *verbs = g_strndup(command->arguments, strcspn(command->arguments, " "));

    if (strchr(verbs, '|') == NULL)
        *verbs = '\0';
    return g_strdelimit(verbs, "|", ' ');
}

/* In single quotes; escape stands for each quote inside. */
static char *quoted(const char *text, const char *escape)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *inner = g_strjoinv(escape, parts);

    return g_strconcat("'", inner, "'", NULL);
}

/* ---- bash ---- */

static void bash_names(const CommandOption *options, FILE *out)
{
    for (; options != NULL && options->name != NULL; options++)
        fprintf(out, " --%s", options->name);
}

/* "--output|-o"; of several options with | between them. */
static void bash_pattern(const CommandOption *option, FILE *out)
{
    fprintf(out, "--%s", option->name);
    if (option->letter != 0)
        fprintf(out, "|-%c", option->letter);
}

/* Branches of `case $before`: what follows an option that has a value. */
static void bash_values(const CommandOption *options, FILE *out)
{
    for (; options != NULL && options->name != NULL; options++) {
        g_autofree char *words = words_of_option(options);

        if (options->type == OPTION_FLAG)
            continue;
        fputs("    ", out);
        bash_pattern(options, out);
        if (is_file(options))
            fputs(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", out);
        else
            fprintf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", words);
    }
}

static void bash_skip_values(FILE *out)
{
    for (const CommandOption *option = global_options; option->name != NULL; option++) {
        if (option->type != OPTION_FLAG) {
            fputs("    ", out);
            bash_pattern(option, out);
            fputs(") i=$((i + 1)) ;;\n", out);
        }
    }
}

static void bash_command(const Command *command, FILE *out)
{
    g_autofree char *verbs = verbs_of(command);

    fprintf(out, "  %s)\n    case $before in\n", command->name);
    bash_values(command->options, out);
    fputs("    esac\n    words='", out);
    bash_names(command->options, out);
    fputs("'\n", out);
    if (*verbs != '\0')
        fprintf(out, "    [ $n = 0 ] && words=\"%s $words\"\n", verbs);
    fputs("    ;;\n", out);
}

static void print_bash(FILE *out)
{
    fputs("# Completion of rightful for bash, made from its table of commands.\n"
          "_rightful() {\n"
          "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "  local command='' words='' n=0 i\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    case ${COMP_WORDS[i]} in\n",
          out);
    bash_skip_values(out);
    fputs("    -*) ;;\n"
          "    *) if [ -z \"$command\" ]; then command=${COMP_WORDS[i]}; else n=$((n + 1)); fi ;;\n"
          "    esac\n"
          "  done\n"
          "  case $before in\n",
          out);
    bash_values(global_options, out);
    fputs("  esac\n  case $command in\n  '') words='", out);
    for (const Command *command = commands; command->name != NULL; command++)
        fprintf(out, " %s", command->name);
    fputs("' ;;\n", out);
    for (const Command *command = commands; command->name != NULL; command++)
        bash_command(command, out);
    fputs("  esac\n  COMPREPLY=($(compgen -W \"$words", out);
    bash_names(global_options, out);
    fputs("\" -- \"$word\"))\n}\ncomplete -F _rightful rightful\n", out);
}

/* ---- zsh ---- */

/* '--output[table, json, ndjson or csv]:FORMAT:(table json)': brackets and colons separate. */
static void zsh_option(const CommandOption *option, FILE *out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *words = words_of_option(option);

    g_string_append_printf(text, "%s--%s[", option->type == OPTION_VALUES ? "*" : "", option->name);
    for (const char *c = option->help; *c != '\0'; c++)
        g_string_append_printf(text, strchr("[]:\\", *c) != NULL ? "\\%c" : "%c", *c);
    g_string_append_c(text, ']');
    if (option->type != OPTION_FLAG) {
        g_string_append_printf(text, ":%s:", option->argument);
        if (is_file(option))
            g_string_append(text, "_files");
        else if (*words != '\0')
            g_string_append_printf(text, "(%s)", words);
    }
    g_autofree char *quotes = quoted(text->str, "'\\''");
    fprintf(out, " \\\n      %s", quotes);
}

static void zsh_options(const CommandOption *options, FILE *out)
{
    for (; options != NULL && options->name != NULL; options++)
        zsh_option(options, out);
}

static void print_zsh(FILE *out)
{
    fputs("#compdef rightful\n"
          "# Completion of rightful for zsh, made from its table of commands.\n"
          "_rightful() {\n"
          "  local context state line\n"
          "  local -a commands\n"
          "  commands=(\n",
          out);
    for (const Command *command = commands; command->name != NULL; command++) {
        g_autofree char *text = g_strdup_printf("%s:%s", command->name, command->summary);
        g_autofree char *quotes = quoted(text, "'\\''");

        fprintf(out, "    %s\n", quotes);
    }
    fputs("  )\n  _arguments -C", out);
    zsh_options(global_options, out);
    fputs(" \\\n      '1:command:->command' '*::argument:->argument'\n"
          "  case $state in\n"
          "  command) _describe -t commands command commands ;;\n"
          "  argument)\n"
          "    case $words[1] in\n",
          out);
    for (const Command *command = commands; command->name != NULL; command++) {
        g_autofree char *verbs = verbs_of(command);

        fprintf(out, "    %s) _arguments", command->name);
        zsh_options(command->options, out);
        zsh_options(global_options, out);
        if (*verbs != '\0')
            fprintf(out, " \\\n      '1:what:(%s)'", verbs);
        fputs(" ;;\n", out);
    }
    fputs("    esac ;;\n  esac\n}\n_rightful \"$@\"\n", out);
}

/* ---- fish ---- */

static void fish_option(const CommandOption *option, const char *condition, FILE *out)
{
    g_autofree char *words = words_of_option(option);
    g_autofree char *help = quoted(option->help, "\\'");

    fprintf(out, "complete -c rightful%s -l %s", condition, option->name);
    if (option->letter != 0)
        fprintf(out, " -s %c", option->letter);
    if (option->type != OPTION_FLAG)
        fputs(is_file(option) ? " -r -F" : " -x", out);
    if (*words != '\0')
        fprintf(out, " -a '%s'", words);
    fprintf(out, " -d %s\n", help);
}

static void print_fish(FILE *out)
{
    fputs("# Completion of rightful for fish, made from its table of commands.\n"
          "complete -c rightful -f\n",
          out);
    for (const CommandOption *option = global_options; option->name != NULL; option++)
        fish_option(option, "", out);
    for (const Command *command = commands; command->name != NULL; command++) {
        g_autofree char *summary = quoted(command->summary, "\\'");
        g_autofree char *verbs = verbs_of(command);
        g_autofree char *condition =
            g_strdup_printf(" -n '__fish_seen_subcommand_from %s'", command->name);

        fprintf(out, "complete -c rightful -n __fish_use_subcommand -a %s -d %s\n", command->name,
                summary);
        if (*verbs != '\0')
            fprintf(out, "complete -c rightful%s -a '%s'\n", condition, verbs);
        for (const CommandOption *o = command->options; o != NULL && o->name != NULL; o++)
            fish_option(o, condition, out);
    }
}

/* ---- the shells ---- */

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

bool completion_print(const char *shell, FILE *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shells); i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}

ExitCode command_completion(Invocation *invocation)
{
    const char *shell = invocation->arguments[0];

    return completion_print(shell, stdout)
               ? EXIT_DONE
               : usage_error(invocation, "completion %s: allowed: bash, zsh, fish", shell);
}
