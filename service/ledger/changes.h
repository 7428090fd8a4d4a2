/* changes.h: what the changes that people make have in common. */
#pragma once

#include "ledger/audit.h"
#include "ledger/ledger_private.h"

typedef struct ExceptionState {
    int64_t id;
    char *name; /* "EX-000042" */
    char *control;
    Status status;
    int severity;
    char *owner; /* NULL = nobody */
} ExceptionState;

void exception_state_clear(ExceptionState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExceptionState, exception_state_clear)
/* id: "EX-000042" or "42". LEDGER_ERROR_NOT_FOUND when there is none. */
bool exception_state_read(Store *store, const char *id, ExceptionState *ret_state, GError **error);

bool change_is_blank(const char *text);
/* Always false. */
bool change_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef struct ChangeMade {
    const char *actor, *action, *object;
    int64_t at_utc;
} ChangeMade;
/* The audit row of a change by a person; takes detail, refuses what is not valid UTF-8. */
bool change_audit(Store *store, const ChangeMade *change, json_t *detail, GError **error);
