/* control.h: one rule of the catalogue, and what it is judged with.
 *
 * Controls are pure functions of the snapshot, the links, the memberships, the settings and the
 * as-of time: no clock, no I/O, nothing kept between runs. Each has three results: pass, exception,
 * not evaluable. What "not evaluable" means, and who is a subject, is in shared rulings and in
 * docs/controls.md. Stored in the ledger by id: never rename one. */
#pragma once

#include "controls/finding.h"
#include "controls/governed.h"
#include "correlate/classes.h"
#include "correlate/links.h"
#include "membership/effective.h"
#include "membership/path.h"
#include "model/memory.h"
#include "model/reviewed.h"
#include "model/snapshot.h"
#include "model/standing.h"
#include "model/times.h"
#include "settings/settings.h"

typedef enum Need {
    NEED_PEOPLE =
        1 << 0, /* every people source complete, else the whole control is not evaluable */
    NEED_DIRECTORY =
        1 << 1,           /* judged per directory: subjects of an incomplete one are left alone */
    NEED_ASSETS = 1 << 2, /* every assets source complete */
    NEED_APPROVALS = 1 << 3,       /* every approvals source complete, if one is configured */
    NEED_ALL_DIRECTORIES = 1 << 4, /* every directory complete: absence is concluded */
    NEED_ALL_ACCOUNTS =
        1 << 6, /* every directory and accounts source complete: a person is judged over all */
    NEED_EARLIER_RUN = 1 << 5,   /* not evaluable on the first run */
    NEED_PEOPLE_IF_ANY = 1 << 7, /* every people source complete, if one is configured */
    NEED_MEMORY = 1 << 8,        /* as NEED_EARLIER_RUN, and ControlContext.memory is there */
    NEED_LEDGER = 1 << 9,        /* judges exceptions, when everything else is judged */
    NEED_REVIEWS = 1 << 10       /* ControlContext.reviewed is there */
} Need;

/* A limit. Its name is its setting and the key in `rule.thresholds`: "days", "hours",
 * "privileged_hours", "high_days", "percent", "members". A time limit named …days may also be set
 * as …hours and the other way round. */
typedef struct Threshold {
    const char *name;
    const char *help;
    int64_t iso27001;
    int64_t pci, fedramp_moderate, fedramp_high, dora, soc2; /* THRESHOLD_SAME = as iso27001 */
} Threshold;
#define THRESHOLD_SAME INT64_MIN

typedef struct References {
    const char *iso_2013, *iso_2022, *nist, *pci, *soc2,
        *other; /* ids separated by one space; NULL = none */
} References;

typedef struct ControlContext ControlContext;

typedef struct Control {
    const char *id, *title;
    Severity severity;
    bool is_privilege_itself; /* severity does not rise for privileged accounts: it says it already
                               */
    bool is_initially_off;
    bool is_advice;    /* never above low, whatever is configured */
    bool is_momentary; /* tells in one run what the next one knows: its exceptions resolve by
                          themselves, so the resolve guard does not count them */
    bool walks;       /* uses ControlContext.effective or what entitlements allow: such controls are
                         judged one after the other, all others beside them and without these two */
    bool walks_apart; /* walks, needs nothing of what entitlements allow, and takes long: it has a
                         walker of its own and is judged beside the others */
    unsigned needs;   /* bits of Need */
    SubjectType subject;
    const Threshold *thresholds; /* ended by a row without name; NULL = none */
    const Setting *settings;     /* others of its own, ended likewise; NULL = none */
    References references;
    void (*evaluate)(ControlContext *context);
    /* Fills summary, evidence and action; subject, object, person, severity are filled already. */
    void (*describe)(const ControlContext *context, const Finding *finding, FindingText *text);
} Control;

extern const Control *const control_table[]; /* NULL-terminated, in the order of the catalogue */
extern const size_t n_controls;
const Control *control_find(const char *id); /* NULL when there is none */
/* The settings of all controls, for SettingsCatalogue: enabled, severity and the thresholds of
 * each. Made once. */
const Setting *control_settings(void);

struct ControlContext {
    const Snapshot *snapshot;
    const Links *links;
    const uint8_t *classes; /* AccountClass per account */
    const Graph *graph;
    Effective *effective;
    const Governed *governed;
    const Times *times; /* recorded by the directories, as far as asked for; NULL = nothing */
    const Settings *settings;
    int64_t as_of_utc;
    bool has_earlier_run;
    /* Of the last applied runs: when a source was last read whole (TIME_UNKNOWN = never; index =
     * snapshot source), and when a governed group was first seen (key = "source\x1fgroup key",
     * value = gint64 *; may be NULL). */
    const int64_t *source_last_good_utc;
    GHashTable *group_first_seen;
    const Memory *memory;     /* what changed since earlier runs; NULL = nothing is known of any */
    const Standing *standing; /* of controls_evaluate_ledger() */
    const Reviewed *reviewed; /* what reviews decided; NULL = there is no ledger to tell */
    /* the control under evaluation */
    const Control *control;
    uint16_t control_index;
    FindingSet *out;
    struct Judgement *judgement; /* made by controls_evaluate(), freed with the set */
};

/* Evaluates every enabled control in table order, but those with NEED_LEDGER. The context's other
 * fields are filled; out is made here. The set's describe works as long as the context lives. */
FindingSet *controls_evaluate(ControlContext *context);
/* Then those with NEED_LEDGER, which must know what the others found; appends to their set.
 * standing NULL: they are not evaluable, why_not says why. It must live as long as the context. */
void controls_evaluate_ledger(ControlContext *context, const Standing *standing,
                              const char *why_not);
void finding_set_free(FindingSet *set); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FindingSet, finding_set_free)

/* Limit in force: the configuration's, else the strictest of the profiles. Times in seconds, others
 * as they are. */
int64_t control_limit(const Settings *settings, const Control *control, const char *threshold);
/* {"hours": 24, "privileged_hours": 4}, as a JSON text; newly allocated. */
char *control_thresholds_json(const Settings *settings, const Control *control);
/* {"hours": "pci", "privileged_hours": "configuration"}: who says so, of the profiles the strictest
 * ("dora, soc2" when both say the same). A profile that names no limit leaves it to iso27001. */
char *control_set_by_json(const Settings *settings, const Control *control);
bool control_is_enabled(const Settings *settings, const Control *control);
Severity control_severity(const Settings *settings, const Control *control);

/* ---- for evaluate functions ---- */

/* Subjects and objects by id; person NONE where there is none; facts: hash of what else the text
 * shows. The severity is the control's in force, one step up for a privileged account unless
 * is_privilege_itself, plus step. */
void control_report(ControlContext *context, SubjectType type, uint32_t subject, uint32_t object,
                    uint32_t person, int step, int64_t detail, uint32_t extra, uint64_t facts);
/* The same about an exception of context->standing. Privileged is what its own finding is about. */
void control_report_exception(ControlContext *context, const StandingException *exception,
                              int64_t detail, uint64_t facts);
void control_unjudged_exception(ControlContext *context, const StandingException *exception,
                                const char *reason);
void control_unjudged(ControlContext *context, const char *reason); /* the whole control */
void control_unjudged_source(ControlContext *context, uint32_t source, const char *reason);
void control_unjudged_subject(ControlContext *context, SubjectType type, uint32_t subject,
                              const char *reason);
