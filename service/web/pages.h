/* pages.h: the handlers behind the rows of routes.c, one file per family of pages.
 *
 * A handler reads, builds a view model and names a template; it never writes HTML. false with an
 * error: WEB_ERROR and LEDGER_ERROR become pages that say it (404, 400, 403, 409); anything else is
 * logged and becomes "something went wrong". */
#pragma once

#include "web/request.h"

bool page_dashboard(Request *request, Reply *reply, GError **error);  /* page_dashboard.c */
bool page_exceptions(Request *request, Reply *reply, GError **error); /* page_exceptions.c */
bool page_me(Request *request, Reply *reply, GError **error);         /* page_me.c */
bool page_end_session(Request *request, Reply *reply, GError **error);
bool page_sign_out(Request *request, Reply *reply, GError **error);
bool page_sign_in(Request *request, Reply *reply, GError **error); /* page_sign_in.c */
bool page_do_sign_in(Request *request, Reply *reply, GError **error);
