#include "web/programs.h"

#include "web/routes.h"

#include "ledger/tokens.h"

#include <string.h>

/* NULL: there is none. */
static const char *token_of(const Request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = request_header(request, "authorization");

    if (!header || g_ascii_strncasecmp(header, scheme, strlen(scheme)) != 0)
        return NULL;
    return header + strlen(scheme);
}

bool program_is_let_in(Request *request, Reply *reply, GError **error)
{
    g_auto(TokenChecked) checked = {0};

    if (!ledger_token_check(request->ledger, token_of(request), request->route->scope,
                            request->now_utc, &checked, error))
        return false;
    request->program = checked.name ? g_strconcat("token ", checked.name, NULL) : NULL;
    if (checked.verdict == TOKEN_VALID)
        return true;
    reply_refuse(reply, 401,
                 "A token is needed here that is valid and made for this (rightful token). Nothing "
                 "was changed.");
    reply_header(reply, "WWW-Authenticate", "Bearer");
    reply->is_denial = true;
    return false;
}
