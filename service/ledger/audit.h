/* audit.h: one row for every change, written in the transaction of the change and never touched
 * again. The history of an exception is read back from the same rows. */
#pragma once

#include "ledger/store.h"

#include <jansson.h>

typedef struct Audit Audit;

typedef struct AuditRow {
    int64_t at_utc; /* clock, or the start of the run that made the change */
    const char *actor;
    const char
        *action; /* opened, reopened, resolved, severity, updated, comment, assigned, run, … */
    const char *object; /* "EX-000042", "run 17", "schema 1" */
    int64_t run;        /* 0 = made by a person */
    const char *detail; /* JSON, or NULL */
} AuditRow;

/* A prepared writer; the store must outlive it. NULL on failure. */
Audit *audit_new(Store *store, GError **error);
void audit_free(Audit *audit); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audit, audit_free)
bool audit_write(Audit *audit, const AuditRow *row, GError **error);

int64_t audit_last_id(const Audit *audit); /* of the last row there is */

/* [ {at, actor, change, text, run} ] of one exception, oldest first; NULL on failure. */
json_t *audit_history(Store *store, const char *object, GError **error);
