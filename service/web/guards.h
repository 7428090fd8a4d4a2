/* guards.h: was a change meant by the person whose browser sent it?
 *
 * Both must hold: the browser says that the page which sent it is ours (Sec-Fetch-Site, or Origin
 * where that is missing), and the form has the token of the session. Our pages send no referrer, so
 * a browser that sends Sec-Fetch-Site may say "Origin: null". */
#pragma once

#include "web/request.h"

/* NULL = it comes from our own page; else the sentence of a refusal. */
const char *guard_origin(const Request *request);
/* The token of the form, or of the header X-CSRF-Token, is the session's. */
bool guard_token(const Request *request);
