/* changes.c: what people do to an exception: comment, assign. Each with its audit row, in one
 * transaction. What they decide is in decisions.c. */
#include "ledger/changes.h"

#include <string.h>

/* ---- in common ---- */

void exception_state_clear(ExceptionState *state)
{
    g_free(state->name);
    g_free(state->control);
    g_free(state->owner);
}

bool change_is_blank(const char *text)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
    return *stripped == '\0';
}

bool change_refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED, sentence);
    return false;
}

static bool not_found(const char *id, GError **error)
{
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                "there is no exception '%s'; nothing was changed. 'rightful exceptions --status "
                "all' lists them.",
                id);
    return false;
}

bool exception_state_read(Store *store, const char *id, ExceptionState *ret_state, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        store, "SELECT status, owner, control, severity FROM exception WHERE id = $1", error);
    if (!row)
        return false;
    statement_bind(row, integer_value(exception_id(id)));
    StoreStep step = exception_id(id) == 0 ? STORE_DONE : statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE && not_found(id, error);
    *ret_state = (ExceptionState){.id = exception_id(id),
                                  .name = exception_name(exception_id(id)),
                                  .status = ledger_status(statement_text(row, 0)),
                                  .owner = g_strdup(statement_text(row, 1)),
                                  .control = g_strdup(statement_text(row, 2)),
                                  .severity = (int)statement_integer(row, 3)};
    return true;
}

bool change_audit(Store *store, const ChangeMade *change, json_t *detail, GError **error)
{
    g_autofree char *text = json_to_text(detail, NULL);

    json_decref(detail);
    if (!text)
        return change_refuse(error, "the text is not valid UTF-8; nothing was changed");
    g_autoptr(Audit) audit = audit_new(store, error);
    return audit && audit_write(audit,
                                &(AuditRow){.at_utc = change->at_utc,
                                            .actor = change->actor,
                                            .action = change->action,
                                            .object = change->object,
                                            .detail = text},
                                error);
}

/* ---- comment, assign ---- */

typedef struct PersonalChange {
    Store *store;
    const char *id, *actor, *action;
    const char *text;  /* of a comment */
    const char *owner; /* of an assignment */
    int64_t at_utc;
} PersonalChange;

static bool refuse_assignment(const ExceptionState *state, GError **error)
{
    return change_refuse(
        error, "%s is %s: %s. Nothing was changed.", state->name, ledger_statuses[state->status],
        state->status == STATUS_RESOLVED ? "there is nothing left that somebody could answer for"
                                         : "it is not waiting for anybody");
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
    g_auto(ExceptionState) state = {0};

    if (!exception_state_read(change->store, change->id, &state, error))
        return false;
    if (change->owner && state.status != STATUS_OPEN && state.status != STATUS_ASSIGNED)
        return refuse_assignment(&state, error);
    if (change->owner && !write_owner(change, state.id, error))
        return false;
    return change_audit(
        change->store, &(ChangeMade){change->actor, change->action, state.name, change->at_utc},
        change->owner ? json_pack("{s:s s:s?}", "owner", change->owner, "was", state.owner)
                      : json_pack("{s:s}", "text", change->text),
        error);
}

bool ledger_comment(Ledger *ledger, const char *id, const char *actor, const char *text,
                    int64_t at_utc, GError **error)
{
    PersonalChange change = {ledger->store, id, actor, "comment", text, NULL, at_utc};

    if (change_is_blank(text))
        return change_refuse(error, "a comment needs a text; nothing was changed");
    return store_transaction(ledger->store, STORE_WRITING, make_change, &change, error);
}

bool ledger_assign(Ledger *ledger, const char *id, const char *actor, const char *owner,
                   int64_t at_utc, GError **error)
{
    PersonalChange change = {ledger->store, id, actor, "assigned", NULL, owner, at_utc};

    if (change_is_blank(owner))
        return change_refuse(
            error, "an exception is assigned to somebody: the name is empty; nothing was changed");
    return store_transaction(ledger->store, STORE_WRITING, make_change, &change, error);
}
