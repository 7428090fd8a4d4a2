/* terminal.h: what the terminal is told besides data: colours and progress. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* --color auto|always|never, NO_COLOR, TERM=dumb; auto: only when the stream is a terminal. */
bool terminal_has_colour(const char *option, FILE *stream);
const char *colour_of_severity(const char *severity); /* escape sequence or NULL */
const char *colour_of_status(const char *status);
void print_heading(FILE *out, bool has_colour, const char *text);

/* One line on stderr that says how far each source is: rewritten in place on a terminal, else a
 * line every few seconds. Called from the pulling threads. */
typedef struct Progress Progress;
Progress *progress_new(bool is_quiet);
void progress_free(Progress *progress); /* removes the line; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)
/* Hidden it stays silent, so that something else can be said. Shown at first. */
void progress_hide(Progress *progress);
void progress_show(Progress *progress);
void progress_report(const char *source, uint64_t n_records, bool is_finished, void *progress);
