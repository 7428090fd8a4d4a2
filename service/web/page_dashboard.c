/* page_dashboard.c: is all well? What waits for whom. */

#include "web/pages.h"

bool page_dashboard(Request *request, Reply *reply, GError **error)
{
    json_t *run = request->sees_all ? ledger_last_run(request->ledger, error) : NULL;
    json_t *counts = request->sees_all && !*error ? ledger_summary(request->ledger, error) : NULL;

    if (*error) {
        json_decref(run);
        return false;
    }
    reply_page(reply, "dashboard", "Overview",
               json_pack("{s:o s:o}", "run", run ? run : json_null(), "counts",
                         counts ? counts : json_null()));
    return true;
}
