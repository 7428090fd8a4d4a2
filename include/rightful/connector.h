/* connector.h: what a source kind is.
 *
 * A connector is one const struct, listed in connectors/registry.c. It reads settings through its
 * own table, pushes records into a Sink, never writes to a source, never logs, and keeps no state
 * between calls. pull() returns true only when the source was read whole: any doubt is false with
 * an error sentence, and then nothing of the pull is used. */
#pragma once

#include <rightful/record.h>
#include <rightful/settings.h>
#include <rightful/sink.h>
#include <rightful/times.h>

#define SOURCE_ERROR (source_error_quark())
GQuark source_error_quark(void); /* defined in connectors/registry.c */

typedef enum SourceError {
    SOURCE_ERROR_UNREACHABLE, /* no connection, a time limit, or it broke */
    SOURCE_ERROR_TLS,         /* certificate, handshake */
    SOURCE_ERROR_REFUSED,     /* bind refused: never tried again in the same run */
    SOURCE_ERROR_CUT,         /* read in part: limits, a dropped connection, a cut file */
    SOURCE_ERROR_SYNTAX,      /* a file that cannot be parsed */
    SOURCE_ERROR_MISSING,     /* base, file or column that is not there */
    SOURCE_ERROR_FORBIDDEN,   /* unsafe by configuration: plaintext bind, symlink, … */
    SOURCE_ERROR_CANARY       /* an object that must be there was not seen */
} SourceError;

/* One configured source, as a connector sees it. Owned by the caller for the whole pull. */
typedef struct Source {
    const char *name;
    Provides provides;
    const SettingsGroup *settings; /* { … } of the source, by the connector's own table */
} Source;

/* One text that an account of a person may carry: field is a record field of a directory
 * ("employee_id", "mail", "name", "upn", "display_name"), named as in the setting `attributes`. */
typedef struct ScopeKey {
    const char *field, *value;
} ScopeKey;

/* The accounts that are asked for: those with any of the keys, compared as the directory compares.
 * More may come than belong to a person; correlation decides. */
typedef struct Scope {
    const ScopeKey *keys;
    size_t n_keys;
    /* Wanted too, NULL-terminated: accounts and groups that one of these accounts owns, or that
     * name one of these texts (a number, an address, a user name) as their owner. NULL: nothing of
     * what is owned is wanted. */
    const char *const *owners;
    /* Entries of other directories that were found to be in scope, NULL-terminated (NULL = none):
     * the groups that list one are wanted too. */
    const char *const *dns, *const *sids;
} Scope;

/* Whether somebody knows the password of the one account that has this login name. */
typedef struct PasswordQuestion {
    const char *login, *password; /* UTF-8; neither is empty */
    /* Exactly one entry fits: may its password be tried? Asked before anything is sent with it. key
     * and dn as in DirectoryEntry. */
    bool (*may_try)(void *data, const char *key, const char *dn);
    void *data;
} PasswordQuestion;

typedef enum PasswordVerdict {
    PASSWORD_NOBODY,    /* no account has that login name */
    PASSWORD_SEVERAL,   /* more than one has */
    PASSWORD_NOT_TRIED, /* may_try() said no */
    PASSWORD_WRONG,     /* or refused for another reason that the directory has: see why */
    PASSWORD_RIGHT
} PasswordVerdict;

typedef struct PasswordAnswer {
    PasswordVerdict verdict;
    char *why;      /* what the directory said of a refused password; NULL */
    char *key, *dn; /* of the entry; NULL when it is not exactly one */
    State enabled, locked;
    int64_t expires_utc; /* TIME_NEVER, TIME_UNKNOWN */
} PasswordAnswer;
void password_answer_clear(PasswordAnswer *answer); /* defined in connectors/registry.c */

/* What check() finds out; each line is one fact shown to the admin. */
typedef struct CheckReport CheckReport;
void check_pass(CheckReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
void check_warn(CheckReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
void check_fail(CheckReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef struct Connector {
    const char *kind;  /* "ldap": stored in the ledger, never rename */
    const char *title; /* one line for `rightful list connectors` */
    unsigned provides; /* which kinds of records it can give: bits of Provides */
    const Setting
        *settings; /* its own keys; name, kind and provides are added by the settings reader */
    /* Further checks on one source's settings that a table cannot say (ldap:// without starttls and
     * with a password …). Optional. Appends complete sentences to problems. */
    void (*validate)(const Source *source, GPtrArray *problems /* (element-type utf8) */);
    bool (*pull)(const Source *source, Sink *sink, GError **error);
    /* Loads what every pull needs, while nobody knows yet what to ask for. Optional. From any
     * thread, more than once. */
    void (*make_ready)(void);
    /* The accounts in scope, and every group that they are in, directly or through other groups: as
     * true as a pull, in a few searches. Optional: without it a scoped pull is a whole one. */
    bool (*pull_scope)(const Source *source, const Scope *scope, Sink *sink, GError **error);
    /* Recorded times of a few entries of an earlier pull. Optional: without it none are recorded.
     * An entry that is not there any more, or may not be read, is no error; a server that does not
     * answer is one. */
    bool (*pull_times)(const Source *source, const TimesQuestion *question, GError **error);
    /* Optional: without it nobody signs in by this source. The account is searched for as the
     * source's own reader, and its password is tried on a second connection, which is encrypted
     * unless the settings name the exception. false: it could not be asked, whoever was meant. */
    bool (*verify_password)(const Source *source, const PasswordQuestion *question,
                            PasswordAnswer *ret_answer, GError **error);
    /* Connection, rights, certificates, canaries; reads as little as possible. Required. */
    void (*check)(const Source *source, CheckReport *report);
} Connector;

extern const Connector *const connectors[]; /* NULL-terminated; connectors/registry.c */
