/* sign_in.h: does somebody know the password of his account, and may he come in?
 *
 * The directory that `web.sign_in` names is asked. Whatever is wrong, the client learns the same
 * after the same time; the true reason is in the audit log. Waits for the directory: not for the
 * main loop. */
#pragma once

#include "run/worker/looks.h"

typedef struct SignIn {
    const Settings *settings;
    Looks *looks;
} SignIn;

/* request: {"user", "password", "address"}; its password is overwritten. {"who": …}, or {"error"}
 * where the directory or the ledger cannot be asked, whoever it is. *ret_not_before_us: of
 * g_get_monotonic_time(), when it may be told. New reference. */
json_t *sign_in_check(const SignIn *sign_in, const json_t *request, gint64 *ret_not_before_us);
