/* finding.h: what one run saw. The only header of controls that the ledger includes.
 *
 * A Finding is 56 bytes of ids into the snapshot; its sentences and evidence are written only when
 * somebody needs them (it is new, it changed, or it is printed), so a million findings cost what
 * they must and no more. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum Severity {
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL,
    N_SEVERITIES
} Severity;
extern const char *const severities[]; /* "low", "medium", "high", "critical", NULL */

typedef enum SubjectType {
    SUBJECT_ACCOUNT,
    SUBJECT_GROUP,
    SUBJECT_PERSON,
    SUBJECT_ASSET,
    SUBJECT_COMPUTER,
    SUBJECT_SOURCE,
    SUBJECT_REVIEW,
    SUBJECT_RIGHT,     /* an account in a group; object = the group */
    SUBJECT_RULE,      /* only as object: a segregation rule */
    SUBJECT_EXCEPTION, /* only as object: another exception of the ledger */
    SUBJECT_NONE       /* only as object */
} SubjectType;
extern const char *const subject_types[]; /* "account", …, index = SubjectType; NULL-terminated */

typedef struct Finding {
    uint8_t identity[16]; /* finding_identity() of control, subject and object: the same tomorrow */
    uint64_t facts;   /* hash of everything that text shows; differs = the exception is updated */
    uint16_t control; /* index into the control table */
    uint8_t severity; /* Severity */
    uint8_t subject_type; /* SubjectType */
    uint32_t subject; /* id of the account, group, person, asset, computer, source, reviewer of a
                         review; of a right: who holds it, as a Principal (of an account that is its
                         id) */
    uint32_t object;  /* group or rule index; NONE */
    uint32_t person;  /* person it is about, or NONE */
    int64_t detail;   /* the control's own: mostly the instant that counts */
    uint32_t extra;   /* the control's own */
} Finding;

/* What could not be judged. An open exception that one of these covers is neither resolved nor
 * changed. */
typedef enum UnjudgedScope {
    UNJUDGED_CONTROL, /* the whole control */
    UNJUDGED_SOURCE,  /* every subject of one source */
    UNJUDGED_SUBJECT  /* one subject, whatever its object */
} UnjudgedScope;
typedef struct Unjudged {
    uint16_t control;
    uint8_t scope;
    uint32_t source;      /* UNJUDGED_SOURCE: index into snapshot sources */
    uint8_t identity[16]; /* UNJUDGED_SUBJECT: finding_identity() without object */
    uint32_t reason;      /* index into FindingSet.reasons */
} Unjudged;

/* A finding in words. All owned by the FindingText; finding_text_clear() releases. */
typedef struct FindingParty {
    const char *type;               /* "account"; NULL = there is none */
    char *source, *key, *name, *dn; /* NULL where it does not apply */
} FindingParty;
typedef struct FindingText {
    const char *control;
    Severity severity;
    FindingParty subject, object;
    char *person_id, *person_name;
    char *holders;  /* JSON list: HR ids of other people whom the subject belongs to, or may belong
                       to; NULL = of none */
    char *summary;  /* one sentence. Time that passes is written as ELAPSED_MARK … (below) */
    char *evidence; /* a JSON object, compact, keys in a stated order */
    char *action;   /* what to do, one or two sentences */
} FindingText;
void finding_text_clear(FindingText *text);

/* Exceptions stay byte-identical from night to night, so a sentence never holds "12 days" but a
 * mark for it: ELAPSED_MARK, UTC seconds in decimal, ELAPSED_MARK. Whoever shows the sentence
 * replaces it by the time between that instant and the as-of time of the run ("12 days", "5
 * hours"). U+001E cannot come from a source: intake makes control characters of texts visible in
 * sentences (base/visible.h). */
#define ELAPSED_MARK "\x1e"
char *finding_summary_at(const char *summary, int64_t as_of_utc); /* newly allocated */

/* A rule of the configuration that accepts what it fits until a date. */
typedef struct AcceptanceRule {
    const char *reason, *author;
    const char *last_day; /* "2026-12-31" */
    const char *place;    /* "file:line" */
    int64_t ends_utc;     /* 24:00 of that day in the organisation's zone */
} AcceptanceRule;

typedef struct FindingSet FindingSet;
typedef void (*FindingDescribe)(const FindingSet *set, const Finding *finding,
                                FindingText *ret_text);
struct FindingSet {
    GArray *findings;    /* (element-type Finding) in the order of controls, then subjects */
    GArray *unjudged;    /* (element-type Unjudged) */
    GPtrArray *reasons;  /* (element-type utf8) each once */
    GPtrArray *controls; /* (element-type utf8) ids by index, not owned */
    GPtrArray *sources;  /* (element-type utf8) names by index, not owned */
    bool *is_judged;     /* per control: enabled and evaluated at all in this run */
    bool *is_momentary;  /* per control: told in one run only; NULL = none */
    /* Per source: some of its records were rejected, so what is not present may be among those.
     * NULL = of none. */
    bool *has_rejected;
    bool (*is_present)(const FindingSet *set, uint32_t source, const char *key);
    /* Per finding: the rule that accepts it, index into rules plus one, 0 = none; NULL = of none.
     * Rules that are over accept nothing. */
    uint16_t *accepted_by;
    const AcceptanceRule *rules;
    int64_t as_of_utc; /* what it was judged by */
    FindingDescribe describe;
    void *context; /* of describe */
};

/* Identity is (control, stable object keys), never a name or a DN. source, key, object_key: NULL =
 * none. */
void finding_identity(const char *control, SubjectType type, const char *source, const char *key,
                      SubjectType object_type, const char *object_source, const char *object_key,
                      uint8_t ret_identity[16]);
