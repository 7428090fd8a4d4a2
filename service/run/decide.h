/* decide.h: what somebody decides about an exception: `exception accept`, `false-positive`,
 * `reopen`. The ledger is open for writing. */
#pragma once

#include "run/ledger_access.h"

ExitCode exception_accept(Invocation *invocation, Ledger *ledger);
ExitCode exception_false_positive(Invocation *invocation, Ledger *ledger);
ExitCode exception_reopen(Invocation *invocation, Ledger *ledger);
