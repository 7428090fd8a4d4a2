/* leaver.h: between the files of `leaver`: finding the person, what is true of him now, and saying
 * it. */
#pragma once

#include "run/look.h"
#include "run/owned.h"

/* What HR says beside the roster. */
typedef struct LeaverAsked {
    int32_t last_day; /* DAY_NONE: the roster's */
    bool is_urgent;   /* everything is due when the last day ends, or now */
} LeaverAsked;

/* One who is meant, by number, name, address or user name. */
typedef struct LeaverWanted {
    char *text; /* owned */
    LeaverAsked asked;
} LeaverWanted;
GArray *leaver_wanted_new(void); /* (element-type LeaverWanted) */
void leaver_wanted_add(GArray *wanted, const char *text, const LeaverAsked *asked);

typedef struct LeaverAnswer {
    json_t *list;      /* as leaver_facts() with "case", one a person; NULL: nobody was checked */
    json_t *sources;   /* as in a run's record */
    json_t *ambiguous; /* [ {"text", "people"} ]; NULL */
    char *why;         /* owned; why nobody was checked; NULL when it was something else */
} LeaverAnswer;
void leaver_answer_clear(LeaverAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LeaverAnswer, leaver_answer_clear)

/* Asks the sources for these people, and opens or updates their cases. EXIT_DONE; EXIT_INCOMPLETE
 * with a list when a source was not whole; any other code after a message. */
ExitCode leaver_check(Invocation *invocation, const GArray *wanted, const char *actor,
                      LeaverAnswer *ret_answer);
/* Does what complete files in the folder ask for. */
ExitCode leaver_drop(Invocation *invocation, const char *folder);

/* When what has to be closed: the end of the last day and the limits of the controls that judge it
 * (leaver-active, leaver-rights, asset-not-returned). What needs another owner needs one then:
 * owner-left and asset-owner-left have no limit. */
typedef struct LeaverDue {
    int64_t account_utc, right_utc, privileged_right_utc, asset_utc, owner_utc;
} LeaverDue;
LeaverDue leaver_due(const Look *look, uint32_t person, const LeaverAsked *asked);

typedef struct LeaverLine {
    const char *kind; /* "account", "right", "asset": to be closed; "owned-account", "owned-group",
                         "owned-asset", "report", "sponsored", "approval", "review": for somebody
                         else */
    const char *source, *key, *object_source, *object_key; /* object: NULL where there is none */
    const char *name, *text;
    int64_t due_utc;
} LeaverLine;

typedef struct LeaverQuestion {
    uint32_t person;
    bool has_keys; /* the person has what a correlation rule asks for */
    const LeaverAsked *asked;
    const Owned *owned; /* what he answers for */
    Ledger *ledger;     /* whose reviews are asked for; NULL = there is none yet */
} LeaverQuestion;

/* Everything of one person as a JSON object. "closed" is true only when nothing is open and nothing
 * is unsure: an account that can be used, a governed group, an assigned asset, and whatever needs
 * somebody else (owned accounts, groups and assets, reports, approvals, reviews: "handover") is
 * open; a source that was not read whole, a state that is not known, an account that could be
 * another person's is unsure ("closed": null). */
json_t *leaver_facts(const Look *look, const LeaverQuestion *question);
json_t *leaver_person(const Look *look, uint32_t person); /* {"id", "name", "department", …} */

/* Appends every account that is or could be his, and of which since when can be asked (when.h). */
void leaver_add_accounts(const Look *look, uint32_t person, GArray *accounts);

/* Opens or updates the case of what leaver_facts() gave, when there is a store: "case" of leaver is
 * set, null when there is none. Somebody who is not leaving gets no case. EXIT_FAILED after a
 * message when it could not be written. */
ExitCode leaver_case_check(Look *look, uint32_t person, const LeaverAsked *asked, const char *actor,
                           json_t *leaver);
ExitCode leaver_list(Invocation *invocation);
ExitCode leaver_show(Invocation *invocation, const char *id);

void leaver_print(const Invocation *invocation, const json_t *leaver);
/* People that one text fits, on stderr, to choose from. */
void leaver_print_choice(const char *text, const json_t *people);
