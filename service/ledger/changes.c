/* changes.c: what people do to an exception: comment, assign. Each with its audit row, in one
 * transaction. */
#include "ledger/audit.h"
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct PersonalChange {
    Store *store;
    const char *id_text, *actor, *action;
    const char *text;  /* of a comment */
    const char *owner; /* of an assignment */
    int64_t at_utc;
} PersonalChange;

static bool is_blank(const char *text)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
    return *stripped == '\0';
}

static bool not_found(const char *id, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                "there is no exception '%s'; nothing was changed. 'rightful exceptions --status "
                "all' lists them.",
                id);
    return false;
}

/* Status and owner of now, newly allocated. */
static bool read_state(Store *store, int64_t id, const char *id_text, Status *ret_status,
                       char **ret_owner, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT status, owner FROM exception WHERE id = $1", error);
    if (!row)
        return false;
    statement_bind(row, integer_value(id));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE && not_found(id_text, error);
    *ret_status = ledger_status(statement_text(row, 0));
    *ret_owner = g_strdup(statement_text(row, 1));
    return true;
}

static bool refuse_assignment(Status status, const char *id, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED, "%s is %s: %s. Nothing was changed.", id,
                ledger_statuses[status],
                status == STATUS_RESOLVED ? "there is nothing left that somebody could answer for"
                                          : "it is not waiting for anybody");
    return false;
}

static bool write_owner(const PersonalChange *change, int64_t id, GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        change->store, "UPDATE exception SET status = 'assigned', owner = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(id), text_value(change->owner));
    return statement_run(update, error);
}

static bool make_change(void *data, GError **error)
{
    const PersonalChange *change = data;
    int64_t id = exception_id(change->id_text);
    g_autofree char *name = exception_name(id);
    g_autofree char *owner_was = NULL;
    Status status;

    if (id == 0)
        return not_found(change->id_text, error);
    if (!read_state(change->store, id, change->id_text, &status, &owner_was, error))
        return false;
    if (change->owner && status != STATUS_OPEN && status != STATUS_ASSIGNED)
        return refuse_assignment(status, name, error);
    if (change->owner && !write_owner(change, id, error))
        return false;

    json_t *detail = change->owner
                         ? json_pack("{s:s s:s?}", "owner", change->owner, "was", owner_was)
                         : json_pack("{s:s}", "text", change->text);
    g_autofree char *detail_text = json_to_text(detail, NULL);
    json_decref(detail);
    if (!detail_text) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "the text is not valid UTF-8; nothing was changed");
        return false;
    }
    g_autoptr(Audit) audit = audit_new(change->store, error);
    return audit && audit_write(audit,
                                &(AuditRow){.at_utc = change->at_utc,
                                            .actor = change->actor,
                                            .action = change->action,
                                            .object = name,
                                            .detail = detail_text},
                                error);
}

bool ledger_comment(Ledger *ledger, const char *id, const char *actor, const char *text,
                    int64_t at_utc, GError **error)
{
    PersonalChange change = {ledger->store, id, actor, "comment", text, NULL, at_utc};

    if (is_blank(text)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "a comment needs a text; nothing was changed");
        return false;
    }
    return store_transaction(ledger->store, STORE_WRITING, make_change, &change, error);
}

bool ledger_assign(Ledger *ledger, const char *id, const char *actor, const char *owner,
                   int64_t at_utc, GError **error)
{
    PersonalChange change = {ledger->store, id, actor, "assigned", NULL, owner, at_utc};

    if (is_blank(owner)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED,
                    "an exception is assigned to somebody: the name is empty; nothing was changed");
        return false;
    }
    return store_transaction(ledger->store, STORE_WRITING, make_change, &change, error);
}
