/* print.h: campaigns and items, in the form that was asked for. */
#pragma once

#include "run/command.h"

#include <jansson.h>

/* A campaign that was just started; takes it. */
ExitCode review_print_started(const Invocation *invocation, json_t *review);
/* A campaign with its items ("rights"); takes it. */
ExitCode review_print(const Invocation *invocation, json_t *review);
/* One item; takes it. */
ExitCode review_print_item(const Invocation *invocation, json_t *item);
