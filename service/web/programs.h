/* programs.h: requests of programs, which show a bearer token instead of being signed in (RFC
 * 6750). A browser never sends one by itself, so such a request cannot be forged by a page. */
#pragma once

#include "web/request.h"

/* Sets request->program when the token may be used for the route. false after a reply (401, the
 * same for every token that cannot be used; of one that exists with an audit row), or with an
 * error. */
bool program_is_let_in(Request *request, Reply *reply, GError **error);
