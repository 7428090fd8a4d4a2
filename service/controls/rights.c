/* rights.c: what several controls about rights ask. */
#include "controls/rights.h"

#include "base/probed.h"
#include "controls/allowed.h"

#define CLASSES_WITHOUT_RIGHTS (CLASS_BIT(CLASS_BREAK_GLASS) | CLASS_BIT(CLASS_COMPUTER))
#define REASON_FIELD "a field of the person that `allowed` asks for is not known"

bool right_is_subject(const ControlContext *context, uint32_t account)
{
    return context->judgement->usable[account] != STATE_NO &&
           !account_is_of(context, account, CLASSES_WITHOUT_RIGHTS);
}

uint64_t right_facts(const ControlContext *context, uint32_t account, uint32_t group,
                     const Bitset *stops, uint64_t path)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint64_t facts = facts_mix(path, (uint64_t)context->classes[account]);
    facts =
        facts_mix(facts, (uint64_t)accounts->enabled[account] << 8 | accounts->enabled_by[account]);
    facts = facts_mix(facts, (uint64_t)accounts->expires_utc[account]);
    facts ^= granted_hash(context, account, group, stops);
    return facts_mix(facts, links_made_by_hash(context->links, account));
}

/* ---- who may hold a right ---- */

/* The person whose fields decide: the account's, else its owner's; NONE with ret_reason set =
 * cannot be told. */
static uint32_t deciding_person(const ControlContext *context, uint32_t account,
                                const char **ret_reason)
{
    const Links *links = context->links;
    *ret_reason = NULL;
    switch ((PersonLink)links->person_link[account]) {
    case PERSON_LINK_ONE:
        return person_speaking(context->snapshot, links->person[account]);
    case PERSON_LINK_AMBIGUOUS:
    case PERSON_LINK_UNKNOWN:
        *ret_reason = REASON_PERSON;
        return NONE;
    case PERSON_LINK_NONE:
        break;
    }
    const Owner *owner = &links->account_owner[account];
    OwnerVerdict verdict =
        owner_judge(context, owner, context->snapshot->accounts.owner_text[account], false);
    if (owner_is_untold(owner, &verdict))
        *ret_reason = verdict.reason;
    return person_speaking(context->snapshot, owner_person(owner));
}

State right_is_allowed(const ControlContext *context, const GArray *lines, uint32_t account,
                       uint32_t *ret_person, const char **ret_reason)
{
    *ret_person = deciding_person(context, account, ret_reason);
    State best = STATE_NO;
    for (guint i = 0; i < lines->len && best != STATE_YES; i++) {
        uint32_t line = g_array_index(lines, uint32_t, i);
        if (allowed_needs_approval(context->judgement->allowed, line))
            continue;
        if (*ret_reason != NULL) {
            best = STATE_UNKNOWN;
        } else if (*ret_person != NONE) {
            State one = allowed_judge(context->judgement->allowed, line, *ret_person);
            best = one == STATE_NO ? best : one;
        }
    }
    if (best == STATE_UNKNOWN && *ret_reason == NULL)
        *ret_reason = REASON_FIELD;
    return best;
}

void right_describe(const ControlContext *context, const Finding *finding, const Bitset *stops,
                    json_t *evidence, GArray *hops)
{
    json_object_set_new(evidence, "path",
                        evidence_path(context, finding->subject, finding->object, stops, hops));
    evidence_granted(context, evidence, hops);
    evidence_account(context, evidence, finding->subject);
}

bool right_people_could_tell(const ControlContext *context)
{
    return !sources_incomplete(context->snapshot, PROVIDES_PEOPLE) ||
           context->snapshot->approvals.n == 0;
}

/* ---- all of them ---- */

void rights_visit(ControlContext *context, const Bitset *among, RightVisit visit, void *data)
{
    const Snapshot *snapshot = context->snapshot;
    /* Last group visited for an account, plus one: a group governed in several ways is visited
     * once. */
    g_autofree uint32_t *visited = probed_new(uint32_t, (size_t)snapshot->accounts.n + 1);
    for (uint32_t group = 0; group < snapshot->groups.n; group++) {
        if (!bitset_has(&context->governed->any, group))
            continue;
        for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
            if (!bitset_has(governed_kind(context->governed, (GovernedKind)kind), group))
                continue;
            size_t n = 0;
            const uint32_t *members = effective_members_nearest(
                context->effective, group, governed_stops(context->governed, (GovernedKind)kind),
                &n);
            for (size_t i = 0; i < n; i++) {
                if (!bitset_has(among, members[i]) || visited[members[i]] == group + 1)
                    continue;
                visited[members[i]] = group + 1;
                visit(context, members[i], group, (GovernedKind)kind, data);
            }
        }
    }
}
