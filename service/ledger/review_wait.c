/* review_wait.c: campaigns that were due and could not start. The row of the audit log is at once
 * what remembers that it was said. */
#include "ledger/audit.h"
#include "ledger/ledger_private.h"
#include "ledger/reviews.h"

#include "base/times.h"

#include <string.h>

#define ACTION "not started"

typedef struct Waiting {
    Store *store;
    const ReviewWait *wait;
    char *object; /* "review externals" */
    char *detail;
    bool is_new;
} Waiting;

static bool is_said(const Waiting *waiting, bool *ret_is_said, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        waiting->store,
        "SELECT detail FROM audit WHERE object = $1 AND action = $2 ORDER BY id DESC LIMIT 1",
        error);

    if (!row)
        return false;
    statement_bind(row, text_value(waiting->object), text_value(ACTION));
    StoreStep step = statement_step(row, error);
    *ret_is_said = step == STORE_ROW && strcmp(statement_text(row, 0), waiting->detail) == 0;
    return step != STORE_FAILED;
}

static bool write_wait(void *data, GError **error)
{
    Waiting *waiting = data;
    const ReviewWait *wait = waiting->wait;
    bool was_said;

    if (!is_said(waiting, &was_said, error))
        return false;
    waiting->is_new = !was_said;
    if (was_said)
        return true;
    g_autoptr(Audit) audit = audit_new(waiting->store, error);
    return audit && audit_write(audit,
                                &(AuditRow){.at_utc = wait->at_utc,
                                            .actor = wait->actor,
                                            .action = ACTION,
                                            .object = waiting->object,
                                            .run = wait->run,
                                            .detail = waiting->detail},
                                error);
}

bool ledger_review_wait(Ledger *ledger, const ReviewWait *wait, bool *ret_is_new, GError **error)
{
    g_autofree char *object = g_strconcat("review ", wait->name, NULL);
    g_autofree char *since = day_to_text(wait->since);
    json_t *detail = json_pack("{s:s s:s}", "since", since, "reason", wait->reason);
    g_autofree char *text = json_to_text(detail, NULL);
    Waiting waiting = {ledger->store, wait, object, text, false};
    bool is_done = store_transaction(ledger->store, STORE_WRITING, write_wait, &waiting, error);

    json_decref(detail);
    if (is_done)
        *ret_is_new = waiting.is_new;
    return is_done;
}
