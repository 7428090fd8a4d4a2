#include "web/guards.h"

#include "base/token.h"

static const char *const foreign = "This was not sent by a page of this service, so nothing was "
                                   "changed. Open the page here and try again.";

const char *guard_origin(const Request *request)
{
    const char *site = request_header(request, "sec-fetch-site");
    const char *origin = request_header(request, "origin");
    bool is_ours = g_strcmp0(origin, request->site->options->address.origin) == 0;

    if (!site)
        return is_ours ? NULL : foreign;
    if (!g_str_equal(site, "same-origin"))
        return foreign;
    return !origin || is_ours || g_str_equal(origin, "null") ? NULL : foreign;
}

bool guard_token(const Request *request)
{
    const char *token = request_header(request, "x-csrf-token");

    if (!token)
        token = fields_get(request->fields, "csrf");
    return token_equals(token, request->session.csrf);
}
