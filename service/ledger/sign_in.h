/* sign_in.h: failed sign-ins: how many more may reach the directory, and what is written down.
 *
 * Tries are counted by whom: an account, or an address. A try is counted before it is made, so that
 * a hundred at once are not more than one after the other; who knew the password gets his account's
 * back. Once `most` tries failed, none is let through until `window_seconds` have passed since the
 * last that was. Those that are not let through are counted too, and written down at powers of two:
 * ten thousand guesses are a dozen rows. */
#pragma once

#include "ledger/ledger.h"

typedef struct SignInLimit {
    const char *whom; /* "user:…", "address:…" */
    int64_t most, window_seconds;
} SignInLimit;

typedef struct SignInTry {
    const char *login, *address; /* as given */
    const char *source;          /* "" = not known */
    int64_t at_utc;              /* clock */
} SignInTry;

/* *ret_is_let: the try is counted, and may be made. Else it was refused, and the audit rows that
 * this wants are written. */
bool ledger_sign_in_begin(Ledger *ledger, const SignInTry *attempt, const SignInLimit *limit,
                          bool *ret_is_let, GError **error);
/* Takes a counted try back. is_all: and every failure before it. */
bool ledger_sign_in_forgive(Ledger *ledger, const char *whom, bool is_all, GError **error);
/* How a try ended: one audit row "signed in" or "sign-in refused" with the true reason. account: of
 * the entry, NULL = none was found. */
bool ledger_sign_in_note(Ledger *ledger, const SignInTry *attempt, const char *account,
                         const char *refused /* NULL: signed in */, GError **error);
