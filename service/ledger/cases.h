/* cases.h: leaver cases: what of one person has to be closed, line by line, until all of it is.
 *
 * A case is opened by a leaver check, and checked again by every run. A line is clear when a check
 * that read its source whole did not find it open; a case is clear when all its lines are and the
 * check that says so left nothing unread. A clear line or case that is found open again is open
 * again, with its history. Every change and its audit row are one transaction. */
#pragma once

#include "ledger/ledger.h"

/* Texts are borrowed; none is NULL, "" where there is nothing. */
typedef struct CaseLine {
    const char *kind; /* "account", "right", "asset", "owned-asset", …: docs/leaver.md */
    const char *source, *key, *object_source, *object_key;
    const char *name, *text; /* text: one sentence on what is open, or was */
    int64_t due_utc;
    bool is_open; /* false: it is there, and closed */
} CaseLine;

typedef struct CaseCheck {
    const char *person, *name; /* HR id, full name */
    int32_t last_day;          /* DAY_NONE: not known */
    int64_t at_utc;            /* what was judged by */
    const char *actor;
    int64_t run; /* 0 = by hand */
    bool is_urgent;
    bool may_open; /* open a case where there is none; else only one that is there is checked */
    bool is_sure;  /* nothing was left unread, and nothing is unknown */
    const char *const *unread_sources; /* lines of these are left as they are; NULL-terminated */
    const char *const *unread_kinds;   /* the same, of lines of these kinds; may be NULL */
    json_t *sources; /* what a check by hand read, each as case_proof_source() gives it; NULL for a
                        run */
    const CaseLine *lines;
    size_t n_lines;
} CaseCheck;

/* Opens or updates. *ret_case as from ledger_case(); NULL when there is no case. */
bool ledger_case_check(Ledger *ledger, const CaseCheck *check, json_t **ret_case, GError **error);

/* {"id": "LC-000001", "person": {id, name}, "status": "open" | "clear", "last_day", "urgent",
 * "opened", "opened_by", "checked", "checked_run", "sure", "due": of the earliest open line,
 * "open", "lines_total", "cleared", "cleared_run"} with "lines": [ {kind, source, key, name,
 * object, text, status, due, opened, cleared, cleared_run} ] and "history". id_or_person:
 * "LC-000001" or the HR id. NULL and no error when there is none. */
json_t *ledger_case(Ledger *ledger, const char *id_or_person, GError **error);
/* As ledger_case(), and "checks": what proved that something is closed, oldest first: [ {"at",
 * "actor", "run", "sources": [ {name, kind, provides, status, digest, started, finished, pulled} ]
 * or null when its record is not kept any more, "found": [ sentences ], "clear": the case was clear
 * by it} ]. */
json_t *ledger_case_proof(Ledger *ledger, const char *id_or_person, GError **error);
/* Of a source of a run's record ({name, kind, …, counts}), what a proof says. New reference. */
json_t *case_proof_source(const json_t *source);
/* Without lines and history; those that are due first come first. */
bool ledger_cases(Ledger *ledger, bool with_clear, LedgerVisit visit, void *data, GError **error);

/* A dropped file, and what became of it. */
typedef struct CaseFile {
    const char *name;   /* valid UTF-8 */
    const char *owner;  /* login name, or number */
    const char *digest; /* of the bytes that were parsed; NULL: none were */
    const char *result; /* "done", "refused", "waiting" */
    const char *why;    /* "" for done */
    int64_t size, n_people;
    const char *actor;
    int64_t at_utc;
} CaseFile;
/* One audit row: "leaver file RESULT" of "file NAME". */
bool ledger_case_file(Ledger *ledger, const CaseFile *file, GError **error);
