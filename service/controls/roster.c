/* roster.c: what the roster says too late, or leaves open. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"

/* ---- leaver-recorded-late ---- */

static const Threshold recorded_thresholds[] = {
    {"days", "Time between the end of the last working day and the record of it.", 0,
     THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

/* Why it cannot be told when the leaving was recorded; NULL when it can. */
static const char *recording_unknown(const ControlContext *context, uint32_t person)
{
    if (context->judgement->left_utc[person] == TIME_UNKNOWN)
        return "it is not known when the person left";
    if (context->snapshot->people.recorded_utc[person] == TIME_UNKNOWN)
        return "the roster does not say when it was recorded (recorded_at)";
    return NULL;
}

static void evaluate_recorded_late(ControlContext *context)
{
    int64_t limit = control_limit(context->settings, context->control, "days");
    const People *people = &context->snapshot->people;
    for (uint32_t person = 0; person < people->n; person++) {
        if (people_successor(people, person) != NONE || !person_has_left(context, person))
            continue;
        const char *reason = recording_unknown(context, person);
        int64_t left = context->judgement->left_utc[person],
                recorded = people->recorded_utc[person];
        if (reason != NULL)
            control_unjudged_subject(context, SUBJECT_PERSON, person, reason);
        else if (recorded - left > limit)
            control_report(context, SUBJECT_PERSON, person, NONE, person, 0, left, 0,
                           facts_text(context, facts_mix((uint64_t)recorded, (uint64_t)left),
                                      people->status_text[person]));
    }
}

static void describe_recorded_late(const ControlContext *context, const Finding *finding,
                                   FindingText *text)
{
    int64_t recorded = context->snapshot->people.recorded_utc[finding->person];
    json_t *evidence = json_object();
    evidence_person(context, evidence, finding->person);
    evidence_time(evidence, "recorded_at", recorded);
    g_autofree char *late = elapsed_text(recorded - finding->detail);
    g_autofree char *end = person_end_shown(context, finding->person);
    char *action = sentence("Find out what happened to the accounts of %s in between, and how such "
                            "a leaving is recorded in time.",
                            person_shown(context, finding->person));
    finding_text_take(text, sentence("The roster recorded it only %s after %s.", late, end),
                      evidence, action);
}

const Control control_leaver_recorded_late = {
    .id = "leaver-recorded-late",
    .title = "Leaving was recorded after the last working day",
    .severity = SEVERITY_LOW,
    .needs = NEED_PEOPLE,
    .subject = SUBJECT_PERSON,
    .thresholds = recorded_thresholds,
    .references = {.iso_2013 = "A.7.3.1", .iso_2022 = "6.5", .nist = "PS-7"},
    .evaluate = evaluate_recorded_late,
    .describe = describe_recorded_late,
};

/* ---- contractor-without-end ---- */

/* Who answers for a contractor. */
typedef enum SponsorState {
    SPONSOR_HERE,
    SPONSOR_EMPTY,
    SPONSOR_NOBODY, /* no row of any roster has that id */
    SPONSOR_LEFT,
    SPONSOR_UNKNOWN
} SponsorState;
static const char *const sponsor_states[] = {[SPONSOR_HERE] = "here",
                                             [SPONSOR_EMPTY] = "empty",
                                             [SPONSOR_NOBODY] = "nobody we know",
                                             [SPONSOR_LEFT] = "left",
                                             [SPONSOR_UNKNOWN] = "not known"};

#define EXTRA_NO_END 0x100u /* extra: the sponsor's state, and this */

static uint32_t sponsor_of(const ControlContext *context, uint32_t person)
{
    const Snapshot *snapshot = context->snapshot;
    TextRef id = snapshot->people.sponsor_id[person];
    return id != 0 ? person_speaking(snapshot,
                                     snapshot_find_person(snapshot, snapshot_text(snapshot, id)))
                   : NONE;
}

static SponsorState judge_sponsor(const ControlContext *context, uint32_t person)
{
    const Snapshot *snapshot = context->snapshot;
    uint32_t sponsor = sponsor_of(context, person);
    const SourceRecord *roster = &snapshot->sources[snapshot->people.source[person]];
    if (snapshot->people.sponsor_id[person] == 0)
        return (roster->fields >> PERSON_SPONSOR_ID & 1) != 0 ? SPONSOR_EMPTY : SPONSOR_UNKNOWN;
    if (sponsor == NONE)
        return SPONSOR_NOBODY;
    if (person_is_unread(snapshot, sponsor))
        return SPONSOR_UNKNOWN;
    return person_has_left(context, sponsor) ? SPONSOR_LEFT : SPONSOR_HERE;
}

/* The contract is not over; nobody needs an end or a sponsor any more who has left. */
static bool is_under_contract(const ControlContext *context, uint32_t person)
{
    const Snapshot *snapshot = context->snapshot;
    int64_t end = person_contract_end(context, person);
    return people_successor(&snapshot->people, person) == NONE &&
           person_is_contractor(snapshot, person) && !person_has_left(context, person) &&
           (end == TIME_UNKNOWN || end > context->as_of_utc);
}

static uint64_t contract_facts(const ControlContext *context, uint32_t person, uint32_t extra)
{
    const People *people = &context->snapshot->people;
    uint32_t sponsor = sponsor_of(context, person);
    uint64_t facts =
        facts_mix((uint32_t)people->end_day[person], (uint32_t)people->last_day[person]);
    facts = facts_text(context, facts_mix(facts, extra), people->kind[person]);
    facts = facts_text(context, facts, people->sponsor_id[person]);
    return sponsor != NONE ? facts_text(context, facts, people->name[sponsor]) : facts;
}

static void evaluate_without_end(ControlContext *context)
{
    const People *people = &context->snapshot->people;
    for (uint32_t person = 0; person < people->n; person++) {
        if (!is_under_contract(context, person))
            continue;
        SponsorState sponsor = judge_sponsor(context, person);
        bool has_end = person_contract_end(context, person) != TIME_UNKNOWN;
        uint32_t extra = (uint32_t)sponsor | (has_end ? 0 : EXTRA_NO_END);
        if (!has_end || (sponsor != SPONSOR_HERE && sponsor != SPONSOR_UNKNOWN))
            control_report(context, SUBJECT_PERSON, person, NONE, person, 0, 0, extra,
                           contract_facts(context, person, extra));
        else if (sponsor == SPONSOR_UNKNOWN)
            control_unjudged_subject(context, SUBJECT_PERSON, person,
                                     "whether the contractor's sponsor still works here is not "
                                     "known");
    }
}

static void append_sponsor(const ControlContext *context, GString *summary, uint32_t person,
                           SponsorState state)
{
    const Snapshot *snapshot = context->snapshot;
    uint32_t sponsor = sponsor_of(context, person);
    switch (state) {
    case SPONSOR_EMPTY:
        g_string_append(summary, "has no sponsor");
        break;
    case SPONSOR_NOBODY:
        sentence_append(summary, "has a sponsor, \"%s\", who is nobody we know",
                        snapshot_text(snapshot, snapshot->people.sponsor_id[person]));
        break;
    case SPONSOR_LEFT:
        sentence_append(summary, "has a sponsor, %s, who has left", person_shown(context, sponsor));
        break;
    case SPONSOR_HERE:
    case SPONSOR_UNKNOWN:
        break;
    }
}

static void describe_without_end(const ControlContext *context, const Finding *finding,
                                 FindingText *text)
{
    const People *people = &context->snapshot->people;
    uint32_t person = finding->person, sponsor = sponsor_of(context, person);
    SponsorState state = (SponsorState)(finding->extra & 0xff);
    bool has_end = (finding->extra & EXTRA_NO_END) == 0;
    bool has_sponsor = state == SPONSOR_HERE || state == SPONSOR_UNKNOWN;
    json_t *evidence = json_object();
    evidence_ref(context, evidence, "kind", people->kind[person]);
    evidence_day(evidence, "end_date", people->end_day[person]);
    evidence_day(evidence, "last_working_day", people->last_day[person]);
    evidence_ref(context, evidence, "sponsor_id", people->sponsor_id[person]);
    evidence_text(evidence, "sponsor", sponsor != NONE ? person_shown(context, sponsor) : NULL);
    evidence_text(evidence, "sponsor_state", sponsor_states[state]);

    GString *summary = g_string_new(NULL);
    sentence_append(summary, "%s is a contractor and ", person_shown(context, person));
    if (!has_end)
        g_string_append(summary, has_sponsor ? "has no end date" : "has no end date, and ");
    append_sponsor(context, summary, person, state);
    g_string_append_c(summary, '.');
    char *action = sentence("%s%s%s", !has_end ? "Enter in the roster when the contract ends" : "",
                            !has_end && !has_sponsor ? "; " : "",
                            has_sponsor ? "."
                            : has_end   ? "Enter in the roster who answers for the contractor now."
                                        : "enter who answers for the contractor.");
    finding_text_take(text, g_string_free(summary, FALSE), evidence, action);
}

const Control control_contractor_without_end = {
    .id = "contractor-without-end",
    .title = "Contractor without an end date, or without a sponsor who works here",
    .severity = SEVERITY_MEDIUM,
    .needs = NEED_PEOPLE,
    .subject = SUBJECT_PERSON,
    .references = {.iso_2013 = "A.15.1.1", .iso_2022 = "5.19"},
    .evaluate = evaluate_without_end,
    .describe = describe_without_end,
};
