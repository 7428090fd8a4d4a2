/* again.h: a form that came when its session was over is not lost: the page that says so holds what
 * was entered, and sends it once more, with the token of the present session. */
#pragma once

#include "web/request.h"

/* Makes the reply a page with the request's fields, which were read; false (and nothing done) when
 * there is no form to send again: JSON, or nothing in it. */
bool again_offer(const Request *request, Reply *reply, unsigned status, const char *sentence);
