/* review_command.h: the verbs of `review`, one function each; arguments[0] is the verb. */
#pragma once

#include "run/command.h"

ExitCode review_verb_start(Invocation *invocation); /* start_command.c */
ExitCode review_verb_list(Invocation *invocation);  /* show_command.c */
ExitCode review_verb_show(Invocation *invocation);

/* Now, or --as-of. false after a message. */
bool review_now(const Invocation *invocation, int64_t *ret_utc);
