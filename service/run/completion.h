/* completion.h: what shells complete, written from the tables of commands and options.
 *
 * Only what is known without a configuration: commands, their verbs, options, values that are words
 * of a table, file names. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* shell: "bash", "zsh" or "fish"; false for any other, with nothing written. */
bool completion_print(const char *shell, FILE *out);
