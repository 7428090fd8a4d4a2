/* exception_json.h: rows of exceptions as the JSON that people and scripts rely on. */
#pragma once

#include "ledger/ledger_private.h"
#include "ledger/seen.h"
#include "ledger/waivers.h"

/* Columns of a query that exception_json() reads, from exception e and exception_text t. */
#define EXCEPTION_COLUMNS                                                                          \
    "e.id, e.control, e.severity, e.status, e.source, e.subject_name, e.owner, e.opened_run, "     \
    "e.found_run, "                                                                                \
    "e.last_seen_run, e.resolved_run, e.due, t.subject_type, t.subject_key, t.subject_dn, "        \
    "t.object_type, "                                                                              \
    "t.object_source, t.object_key, t.object_name, t.object_dn, t.person_id, t.person_name, "      \
    "t.summary, t.evidence, "                                                                      \
    "t.action, " WAIVER_COLUMNS
/* The tables of these columns, up to the condition. */
#define EXCEPTION_TABLES                                                                           \
    "exception e JOIN exception_text t ON t.exception = e.id "                                     \
    "LEFT JOIN waiver w ON w.exception = e.id "
enum {
    COLUMN_ID,
    COLUMN_CONTROL,
    COLUMN_SEVERITY,
    COLUMN_STATUS,
    COLUMN_SOURCE,
    COLUMN_SUBJECT_NAME,
    COLUMN_OWNER,
    COLUMN_OPENED_RUN,
    COLUMN_FOUND_RUN,
    COLUMN_LAST_SEEN_RUN,
    COLUMN_RESOLVED_RUN,
    COLUMN_DUE,
    COLUMN_SUBJECT_TYPE,
    COLUMN_SUBJECT_KEY,
    COLUMN_SUBJECT_DN,
    COLUMN_OBJECT_TYPE,
    COLUMN_OBJECT_SOURCE,
    COLUMN_OBJECT_KEY,
    COLUMN_OBJECT_NAME,
    COLUMN_OBJECT_DN,
    COLUMN_PERSON_ID,
    COLUMN_PERSON_NAME,
    COLUMN_SUMMARY,
    COLUMN_EVIDENCE,
    COLUMN_ACTION,
    COLUMN_WAIVER
};

/* Of the row that the statement stands on. New reference; NULL on failure. */
json_t *exception_json(const Ledger *ledger, Seen *seen, Statement *row, GError **error);
/* The few members of it that a line of a list shows; what is left out costs ten times as much. */
json_t *exception_line_json(Seen *seen, Statement *row, GError **error);
