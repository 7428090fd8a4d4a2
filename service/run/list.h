/* list.h: rows of a command that lists, in the format that was asked for. */
#pragma once

#include "report/writer.h"
#include "run/command.h"

#include <jansson.h>

/* rows: a JSON array, borrowed; columns end with a row without path. EXIT_DONE, or EXIT_FAILED
 * after a message. */
ExitCode list_rows(const Invocation *invocation, const char *name, const Column *columns,
                   const json_t *rows);
/* The end of a writer that got its rows one by one; the same codes. */
ExitCode list_end(Writer *writer);
