/* review_command.h: the verbs of `review`, one function each; arguments[0] is the verb. */
#pragma once

#include "ledger/ledger.h"
#include "run/command.h"

ExitCode review_verb_start(Invocation *invocation); /* start_command.c */
ExitCode review_verb_list(Invocation *invocation);  /* show_command.c */
ExitCode review_verb_show(Invocation *invocation);
ExitCode review_verb_decide(Invocation *invocation); /* decide_command.c */
ExitCode review_verb_undo(Invocation *invocation);
ExitCode review_verb_sign(Invocation *invocation);
ExitCode review_verb_hand_on(Invocation *invocation); /* delegate, not-mine, dont-know, reassign */
ExitCode review_verb_remind(Invocation *invocation);  /* remind_command.c */
ExitCode review_verb_close(Invocation *invocation);
ExitCode review_verb_tasks(Invocation *invocation); /* tasks_command.c */
/* `show --telemetry`. */
ExitCode review_show_telemetry(Invocation *invocation, Ledger *ledger);

/* Now, or --as-of. false after a message. */
bool review_now(const Invocation *invocation, int64_t *ret_utc);
