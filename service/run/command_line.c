#include "run/command.h"

#include "base/times.h"
#include "controls/control.h"
#include "run/terminal.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIGURATION "/etc/rightful/rightful.conf"

const CommandOption global_options[] = {
    {.name = "config", .type = OPTION_VALUE, .argument = "FILE", .help = "Configuration file"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_VALUE,
     .argument = "FORMAT",
     .help = "table, json, ndjson or csv"},
    {.name = "json", .help = "Same as -o json"},
    {.name = "color", .type = OPTION_VALUE, .argument = "WHEN", .help = "auto, always or never"},
    {.name = "quiet", .letter = 'q', .help = "No progress and no notices, only errors"},
    {.name = "verbose", .letter = 'v', .help = "More of what is going on"},
    {.name = "help", .letter = 'h', .help = "This help"},
    {.name = "version", .help = "Version"},
    {0}};

void say_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "rightful: %s\n", text);
}

void say(const Invocation *invocation, const char *format, ...)
{
    if (invocation->is_quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s\n", text);
}

ExitCode usage_error(const Invocation *invocation, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    const char *name = invocation->command != NULL ? invocation->command->name : NULL;

    say_error("%s", text);
    fprintf(stderr, "Try: rightful %s%s--help\n", name != NULL ? name : "",
            name != NULL ? " " : "");
    return EXIT_USAGE;
}

/* ---- options ---- */

bool invocation_has(const Invocation *invocation, const char *option)
{
    return g_hash_table_contains(invocation->values, option);
}

const char *const *invocation_values(const Invocation *invocation, const char *option)
{
    static const char *const none[] = {NULL};
    char **values = g_hash_table_lookup(invocation->values, option);

    return values != NULL ? (const char *const *)values : none;
}

const char *invocation_value(const Invocation *invocation, const char *option)
{
    return invocation_values(invocation, option)[0];
}

/* GOption wants a place per option; ours end up in one table by name. */
typedef struct OptionPlace {
    gboolean flag;
    char *value;
    char **values;
} OptionPlace;

static size_t count_options(const CommandOption *options)
{
    size_t n = 0;

    while (options != NULL && options[n].name != NULL)
        n++;
    return n;
}

static GOptionEntry *option_entries(const CommandOption *options, OptionPlace *places)
{
    size_t n = count_options(options);
    GOptionEntry *entries = g_new0(GOptionEntry, n + 1);

    for (size_t i = 0; i < n; i++) {
        GOptionArg type = options[i].type == OPTION_FLAG    ? G_OPTION_ARG_NONE
                          : options[i].type == OPTION_VALUE ? G_OPTION_ARG_STRING
                                                            : G_OPTION_ARG_STRING_ARRAY;
        void *place = options[i].type == OPTION_FLAG    ? (void *)&places[i].flag
                      : options[i].type == OPTION_VALUE ? (void *)&places[i].value
                                                        : (void *)&places[i].values;

        entries[i] = (GOptionEntry){.long_name = options[i].name,
                                    .short_name = options[i].letter,
                                    .arg = type,
                                    .arg_data = place,
                                    .description = options[i].help,
                                    .arg_description = options[i].argument};
    }
    return entries;
}

static void keep_values(Invocation *invocation, const CommandOption *options, OptionPlace *places)
{
    for (size_t i = 0; i < count_options(options); i++) {
        char **values = places[i].values;

        if (places[i].flag) {
            values = g_new0(char *, 1);
        } else if (places[i].value != NULL) {
            values = g_new0(char *, 2);
            values[0] = places[i].value;
        }
        if (values != NULL)
            g_hash_table_insert(invocation->values, g_strdup(options[i].name), values);
    }
}

/* Takes the options out of arguments. is_lenient: options of others stay where they are. */
static bool parse_options(Invocation *invocation, const CommandOption *options, char ***arguments,
                          bool is_lenient, GError **error)
{
    g_autofree OptionPlace *places = g_new0(OptionPlace, count_options(options) + 1);
    g_autofree GOptionEntry *entries = option_entries(options, places);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_ignore_unknown_options(context, is_lenient);
    g_option_context_add_main_entries(context, entries, NULL);
    bool is_parsed = g_option_context_parse_strv(context, arguments, error);

    keep_values(invocation, options, places);
    return is_parsed;
}

/* "Unknown option --asof" → with the option that was meant. */
static ExitCode option_error(const Invocation *invocation, const GError *error, char **arguments)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *unknown = strstr(error->message, "--");
    const char *nearest = NULL;

    for (const CommandOption *option = invocation->command->options;
         option != NULL && option->name != NULL; option++)
        g_ptr_array_add(names, (void *)(uintptr_t)option->name);
    for (const CommandOption *option = global_options; option->name != NULL; option++)
        g_ptr_array_add(names, (void *)(uintptr_t)option->name);
    g_ptr_array_add(names, NULL);
    if (unknown != NULL)
        nearest = settings_nearest(unknown + 2, (const char *const *)names->pdata);
    return nearest != NULL
               ? usage_error(invocation, "%s; did you mean --%s?", error->message, nearest)
               : usage_error(invocation, "%s", error->message);
}

/* ---- settings and times ---- */

static void print_problems(const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++)
        fprintf(stderr, "%s\n", (const char *)problems->pdata[i]);
    fprintf(stderr, "%u problem%s in the configuration; nothing was read or changed.\n",
            problems->len, problems->len == 1 ? "" : "s");
}

const Settings *invocation_settings(Invocation *invocation)
{
    if (invocation->settings != NULL)
        return invocation->settings;
    const char *path = invocation_value(invocation, "config");
    const char *from_environment = g_getenv("RIGHTFUL_CONFIG");
    SettingsCatalogue catalogue = {.connectors = connectors, .controls = control_settings()};
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    if (path == NULL)
        path = g_file_test(DEFAULT_CONFIGURATION, G_FILE_TEST_EXISTS) || from_environment == NULL
                   ? DEFAULT_CONFIGURATION
                   : from_environment;
    g_clear_pointer(&invocation->unreadable, g_ptr_array_unref);
    invocation->unreadable = g_ptr_array_new_with_free_func(g_free);
    invocation->settings =
        settings_load(path, &catalogue, problems,
                      invocation->command->needs_secrets ? problems : invocation->unreadable);
    if (invocation->settings == NULL)
        print_problems(problems);
    return invocation->settings;
}

bool invocation_has_secrets(const Invocation *invocation)
{
    if (invocation->unreadable->len > 0)
        print_problems(invocation->unreadable);
    return invocation->unreadable->len == 0;
}

int64_t clock_utc(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

const char *actor_name(void)
{
    const struct passwd *user = getpwuid(geteuid());

    return user != NULL ? user->pw_name : "rightful";
}

const char *invocation_actor(const Invocation *invocation)
{
    const char *given = invocation_value(invocation, "as");

    return given != NULL ? given : actor_name();
}

bool invocation_as_of(const Invocation *invocation, int64_t otherwise, int64_t *ret_utc)
{
    const char *text = invocation_value(invocation, "as-of");

    if (text == NULL) {
        *ret_utc = otherwise;
        return true;
    }
    if (!time_parse(text_of(text), invocation->settings->timezone, ret_utc)) {
        usage_error(
            invocation,
            "--as-of %s: not a time; allowed: ISO 8601 as in 2026-03-17T05:00:00Z or 2026-03-17",
            text);
        return false;
    }
    return true;
}

bool invocation_past(const Invocation *invocation, int64_t *ret_utc)
{
    const char *text = invocation_value(invocation, "as-of");
    GTimeZone *zone = invocation->settings->timezone;
    int32_t day;

    *ret_utc = TIME_UNKNOWN;
    if (text != NULL && day_parse(text_of(text), NULL, &day)) {
        *ret_utc = day_ends_utc(day, zone) - 1;
        return true;
    }
    return text == NULL || invocation_as_of(invocation, TIME_UNKNOWN, ret_utc);
}

/* ---- the command line ---- */

static const Command *find_command(const char *name)
{
    for (const Command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}

static ExitCode unknown_command(Invocation *invocation, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (const Command *command = commands; command->name != NULL; command++)
        g_ptr_array_add(names, (void *)(uintptr_t)command->name);
    g_ptr_array_add(names, NULL);
    const char *nearest = settings_nearest(name, (const char *const *)names->pdata);

    return nearest != NULL
               ? usage_error(invocation, "there is no command \"%s\"; did you mean \"%s\"?", name,
                             nearest)
               : usage_error(invocation, "there is no command \"%s\"", name);
}

static bool choose_format(Invocation *invocation)
{
    const char *output = invocation_value(invocation, "output");

    if (invocation_has(invocation, "json"))
        output = "json";
    if (output == NULL)
        return true;
    for (size_t i = 0; formats[i] != NULL; i++) {
        if (strcmp(formats[i], output) == 0) {
            invocation->format = (Format)i;
            return true;
        }
    }
    usage_error(invocation, "-o %s: no such format; allowed: table, json, ndjson, csv", output);
    return false;
}

static ExitCode run_command(Invocation *invocation, char ***arguments)
{
    g_autoptr(GError) error = NULL;
    const Command *command = invocation->command;

    if (invocation_has(invocation, "help")) {
        help_print_command(command, stdout, invocation->has_colour);
        return EXIT_DONE;
    }
    if (!parse_options(invocation, command->options, arguments, false, &error))
        return option_error(invocation, error, *arguments);
    invocation->arguments = *arguments + 2;
    invocation->n_arguments = (int)g_strv_length(*arguments) - 2;
    if (invocation->n_arguments > 0 && strcmp(invocation->arguments[0], "--") == 0) {
        invocation->arguments++;
        invocation->n_arguments--;
    }
    if (invocation->n_arguments < command->min_arguments)
        return usage_error(invocation, "%s needs %s", command->name, command->arguments);
    if (invocation->n_arguments > command->max_arguments)
        return usage_error(invocation, "%s: \"%s\" is one argument too many", command->name,
                           invocation->arguments[command->max_arguments]);
    return choose_format(invocation) ? command->run(invocation) : EXIT_USAGE;
}

static ExitCode dispatch(Invocation *invocation, char ***arguments)
{
    const char *name = (*arguments)[1];

    if (invocation_has(invocation, "version")) {
        printf("rightful %s\n", RIGHTFUL_VERSION);
        return EXIT_DONE;
    }
    if (name == NULL || strcmp(name, "help") == 0) {
        const Command *about =
            name != NULL && (*arguments)[2] != NULL ? find_command((*arguments)[2]) : NULL;

        if (about != NULL) {
            help_print_command(about, stdout, invocation->has_colour);
            return EXIT_DONE;
        }
        bool is_asked = name != NULL || invocation_has(invocation, "help");

        help_print(is_asked ? stdout : stderr, invocation->has_colour && is_asked);
        return is_asked ? EXIT_DONE : EXIT_USAGE;
    }
    if (name[0] == '-')
        return usage_error(invocation, "unknown option %s before the command", name);
    invocation->command = find_command(name);
    return invocation->command == NULL ? unknown_command(invocation, name)
                                       : run_command(invocation, arguments);
}

int command_line_run(int argc, char **argv, GCancellable *cancel)
{
    g_autoptr(GError) error = NULL;
    g_autofree char **given = g_new0(char *, (size_t)argc + 1);
    Invocation invocation = {.cancel = cancel};

    for (int i = 0; i < argc; i++)
        given[i] = argv[i];
    char **arguments = g_strdupv(given);

    invocation.values =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    int code = EXIT_USAGE;

    if (!parse_options(&invocation, global_options, &arguments, true, &error)) {
        usage_error(&invocation, "%s", error->message);
    } else {
        invocation.is_quiet = invocation_has(&invocation, "quiet");
        invocation.is_verbose = invocation_has(&invocation, "verbose");
        invocation.has_colour = terminal_has_colour(invocation_value(&invocation, "color"), stdout);
        code = dispatch(&invocation, &arguments);
    }
    settings_free(invocation.settings);
    g_clear_pointer(&invocation.unreadable, g_ptr_array_unref);
    g_hash_table_unref(invocation.values);
    g_strfreev(arguments);
    return code;
}
