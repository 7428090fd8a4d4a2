/* ledger_access.h: how commands that only look reach the ledger. */
#pragma once

#include "ledger/ledger.h"
#include "run/command.h"

/* Opens the store of the configuration. *ret_ledger stays NULL with EXIT_DONE when there is none
 * yet and access is LEDGER_READ (before any run everything is empty); else any other code after a
 * message. */
ExitCode open_store(Invocation *invocation, LedgerAccess access, Ledger **ret_ledger);
/* Who holds a lock, for messages to others: "rightful run, process 17 of root on db1". Newly
 * allocated. */
char *lock_holder(const char *command);
/* Prints the error, returns the code for it. */
ExitCode ledger_failed(const GError *error);
