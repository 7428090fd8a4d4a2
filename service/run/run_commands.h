/* run_commands.h: the functions behind the rows of commands.c, one file per family. */
#pragma once

#include "run/command.h"

#include "ledger/ledger.h"

ExitCode command_run(Invocation *invocation);        /* run_command.c */
ExitCode command_check(Invocation *invocation);      /* check.c */
ExitCode command_status(Invocation *invocation);     /* status.c */
ExitCode command_exceptions(Invocation *invocation); /* exceptions.c */
ExitCode command_exception(Invocation *invocation);
ExitCode command_explain(Invocation *invocation); /* explain.c */
ExitCode explain_cut(Invocation *invocation);     /* explain_cut.c: explain --cut */
ExitCode command_person(Invocation *invocation);  /* things.c */
ExitCode command_account(Invocation *invocation);
ExitCode command_group(Invocation *invocation);
ExitCode command_asset(Invocation *invocation);
ExitCode command_leaver(Invocation *invocation); /* leaver.c */
ExitCode command_review(Invocation *invocation); /* reviews/review_command.c */
ExitCode command_link(Invocation *invocation);   /* link.c */
ExitCode command_unlink(Invocation *invocation);
ExitCode command_worker(Invocation *invocation);
ExitCode command_controls(Invocation *invocation); /* catalogue.c */
/* Its rows: the table of controls with the limits in force and what the last run said; ledger may
 * be NULL. */
json_t *controls_json(const Settings *settings, Ledger *ledger, GError **error);
ExitCode command_list(Invocation *invocation);
ExitCode command_completion(Invocation *invocation); /* completion.c */
ExitCode command_runs(Invocation *invocation);       /* runs.c */
ExitCode command_run_show(Invocation *invocation);
int64_t run_number(const char *text);           /* a whole positive number, else -1 */
ExitCode command_diff(Invocation *invocation);  /* diff.c */
ExitCode command_store(Invocation *invocation); /* store_command.c */
ExitCode command_token(Invocation *invocation); /* token.c */
ExitCode command_web(Invocation *invocation);   /* web_command.c */
