/* command.h: what a command of the command line is, and what it gets.
 *
 * Every command is one row of the table in commands.c; the help, "did you mean" and the tests read
 * the same table. Commands print data on stdout and everything else on stderr, and return an exit
 * code of interface.md. */
#pragma once

#include "report/writer.h"
#include "settings/settings.h"

#include <gio/gio.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ExitCode {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_INCOMPLETE = 3, /* incomplete or held */
    EXIT_FINDINGS = 4,   /* exceptions at or above --fail-on */
    EXIT_LOCKED = 5,
    EXIT_CONFIGURATION = 78, /* EX_CONFIG */
    EXIT_INTERRUPTED = 130
} ExitCode;

typedef enum OptionType { OPTION_FLAG, OPTION_VALUE, OPTION_VALUES } OptionType;

typedef struct CommandOption {
    const char *name; /* "as-of"; NULL ends a list */
    char letter;      /* 'o', or 0 */
    OptionType type;
    const char *argument; /* "TIME"; NULL for flags */
    const char *help;
} CommandOption;

typedef struct Invocation Invocation;

typedef struct Command {
    const char *name;
    const char *arguments;        /* "ACCOUNT [GROUP]", "" */
    const char *summary;          /* one line, for the list of commands */
    const char *examples;         /* lines "rightful …   what it does", shown first in --help */
    const CommandOption *options; /* its own; NULL = none */
    int min_arguments, max_arguments;
    ExitCode (*run)(Invocation *invocation);
    bool needs_secrets; /* reads the sources, always: a secret that it cannot read is a mistake in
                         * the configuration like any other */
} Command;

extern const Command commands[]; /* ended by a row without name */
extern const CommandOption global_options[];

struct Invocation {
    const Command *command;
    char **arguments; /* of the command, NULL-terminated */
    int n_arguments;
    GHashTable *values; /* option name → char ** (NULL-terminated); flags: present */
    Format format;
    bool has_colour, is_quiet, is_verbose;
    Settings *settings;    /* loaded by invocation_settings() */
    GPtrArray *unreadable; /* secrets that this user cannot read, as sentences; NULL = not looked */
    GCancellable *cancel;  /* set by SIGINT and SIGTERM */
};

/* Parses, runs, returns the exit code. The whole program but signals and locale. */
int command_line_run(int argc, char **argv, GCancellable *cancel);

bool invocation_has(const Invocation *invocation, const char *option);
const char *invocation_value(const Invocation *invocation,
                             const char *option); /* NULL = not given */
const char *const *invocation_values(const Invocation *invocation,
                                     const char *option); /* never NULL */

/* The configuration, read on first use; NULL after all problems were printed (then return
 * EXIT_CONFIGURATION). */
const Settings *invocation_settings(Invocation *invocation);
/* Can whoever asks read the secrets of the sources? Of commands that read the sources only now and
 * then; the settings are loaded. false after all problems were printed (then return
 * EXIT_CONFIGURATION). */
bool invocation_has_secrets(const Invocation *invocation);
/* --as-of, else `otherwise`. false after a message. */
bool invocation_as_of(const Invocation *invocation, int64_t otherwise, int64_t *ret_utc);
/* --as-of of commands that show the past: a date is the end of that day. *ret_utc TIME_UNKNOWN: not
 * given. false after a message. */
bool invocation_past(const Invocation *invocation, int64_t *ret_utc);
int64_t clock_utc(void); /* the only place where run/ asks the clock */
/* Who asks for it: --as, else the login name. */
const char *invocation_actor(const Invocation *invocation);
const char *actor_name(void); /* login name of who runs this; "rightful" under systemd */

/* A sentence on stderr, "rightful: …". Errors always, notices unless --quiet, details with -v. */
void say_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
void say(const Invocation *invocation, const char *format, ...) G_GNUC_PRINTF(2, 3);
ExitCode usage_error(const Invocation *invocation, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* help.c */
void help_print(FILE *out, bool has_colour);
void help_print_command(const Command *command, FILE *out, bool has_colour);
