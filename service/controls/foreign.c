/* foreign.c: members of governed groups that are not of the house: guests, principals of other
 * domains, and everybody at once. */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"
#include "model/sid.h"

#define RID_GUEST 501
#define REASON_UNREAD "a directory was not read whole; the member may be an account of it"

/* What is known of a member that is no account. */
typedef struct Stranger {
    const char *sid;
    const SidMeaning *meaning; /* NULL: one principal, not a crowd */
    uint32_t domain;           /* the source whose domain the SID is of; NONE */
    Principal known;           /* a computer of another source, or the crowd's group; NONE */
} Stranger;

static uint32_t source_of_domain(const Snapshot *snapshot, const char *sid)
{
    size_t length = sid_domain_length(sid);
    for (uint32_t i = 0; length > 0 && i < snapshot->n_sources; i++) {
        const char *domain = snapshot->sources[i].domain_sid;
        if (domain != NULL && strlen(domain) == length && strncmp(domain, sid, length) == 0)
            return i;
    }
    return NONE;
}

static Stranger stranger_of(const Snapshot *snapshot, Principal member)
{
    uint32_t id = principal_id(member);
    bool is_group = principal_kind(member) == PRINCIPAL_GROUP;
    TextRef ref = is_group ? snapshot->groups.sid[id] : snapshot->foreigners.sid[id];
    const char *sid = snapshot_text(snapshot, ref);
    return (Stranger){.sid = sid,
                      .meaning = sid_meaning(sid),
                      .domain = source_of_domain(snapshot, sid),
                      .known = is_group ? member : snapshot_find_sid(snapshot, sid)};
}

static bool is_guest(const ControlContext *context, uint32_t account)
{
    if (context->judgement->usable[account] == STATE_NO)
        return false;
    if (account_is_of(context, account, CLASS_BIT(CLASS_GUEST)))
        return true;
    if (!account_is_of(context, account, CLASS_BIT(CLASS_BREAK_GLASS))) /* which Guest is, too */
        return false;
    uint32_t rid = 0;
    TextRef sid = context->snapshot->accounts.sid[account];
    return sid_kind(snapshot_text(context->snapshot, sid), &rid) == SID_OF_DOMAIN &&
           rid == RID_GUEST;
}

/* ---- judging ---- */

static uint64_t stranger_facts(const ControlContext *context, const Stranger *stranger)
{
    uint64_t facts = stranger->meaning != NULL ? g_str_hash(stranger->meaning->who) : 0;
    if (stranger->domain != NONE)
        facts = facts_mix(facts, g_str_hash(context->snapshot->sources[stranger->domain].name));
    if (stranger->known != NONE)
        facts = facts_mix(facts, g_str_hash(member_shown(context, stranger->known)));
    return facts;
}

/* The group at hand. */
typedef struct Door {
    ControlContext *context;
    uint32_t group;
    GovernedKind kind;
    GHashTable *told; /* principals, plus one: a group governed in several ways is told once */
    GHashTable *former_sids; /* SIDs that some account had: it is a member by them itself */
} Door;

static void report_member(Door *door, Principal member)
{
    ControlContext *context = door->context;
    if (!g_hash_table_add(door->told, GSIZE_TO_POINTER((gsize)member + 1)))
        return;
    uint64_t path = effective_path_hash(context->effective, member);
    if (principal_kind(member) == PRINCIPAL_ACCOUNT) {
        control_report(context, SUBJECT_RIGHT, member, door->group, person_of(context, member), 0,
                       0, door->kind, facts_mix(path, account_facts(context, member)));
        return;
    }
    Stranger stranger = stranger_of(context->snapshot, member);
    if (stranger.meaning == NULL && stranger.known == NONE &&
        sources_incomplete(context->snapshot, PROVIDES_DIRECTORY)) {
        control_unjudged_subject(context, SUBJECT_RIGHT, member, REASON_UNREAD);
        return;
    }
    /* Of accounts control_report() knows whether they are privileged. */
    int step = bitset_has(&context->governed->privileged, door->group) ? 1 : 0;
    control_report(context, SUBJECT_RIGHT, member, door->group, NONE, step, 0, door->kind,
                   facts_mix(path, stranger_facts(context, &stranger)));
}

static void judge_door(Door *door)
{
    ControlContext *context = door->context;
    const Snapshot *snapshot = context->snapshot;
    size_t n = 0;
    const uint32_t *accounts = effective_members_nearest(
        context->effective, door->group, governed_kind(context->governed, door->kind), &n);
    for (size_t i = 0; i < n; i++) {
        if (is_guest(context, accounts[i]))
            report_member(door, principal_of(PRINCIPAL_ACCOUNT, accounts[i]));
    }
    const uint32_t *groups = effective_groups_seen(context->effective, &n);
    for (size_t i = 0; i < n; i++) {
        if (sid_is_crowd(snapshot_text(snapshot, snapshot->groups.sid[groups[i]])))
            report_member(door, principal_of(PRINCIPAL_GROUP, groups[i]));
    }
    const uint32_t *foreigners = effective_foreigners_seen(context->effective, &n);
    for (size_t i = 0; i < n; i++) {
        TextRef sid = snapshot->foreigners.sid[foreigners[i]];
        if (sid != 0 && /* without one: member-unknown */
            !g_hash_table_contains(door->former_sids, snapshot_text(snapshot, sid)))
            report_member(door, principal_of(PRINCIPAL_FOREIGN, foreigners[i]));
    }
}

static void evaluate_foreign(ControlContext *context)
{
    unjudged_governed_names(context);
    g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) former_sids = g_hash_table_new(g_str_hash, g_str_equal);
    const SidHistory *history = &context->snapshot->sid_history;
    for (uint32_t i = 0; i < history->n; i++)
        g_hash_table_add(former_sids,
                         (gpointer)(uintptr_t)snapshot_text(context->snapshot, history->sid[i]));
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (!bitset_has(&context->governed->any, group))
            continue;
        g_hash_table_remove_all(told);
        for (int kind = 0; kind < N_GOVERNED_KINDS; kind++) {
            Door door = {context, group, (GovernedKind)kind, told, former_sids};
            if (bitset_has(governed_kind(context->governed, door.kind), group))
                judge_door(&door);
        }
    }
}

/* ---- telling ---- */

static void tell_guest(const ControlContext *context, const Finding *finding, json_t *evidence,
                       const GArray *hops, GString *summary, GString *action)
{
    const char *group = group_shown(context, finding->object);
    evidence_account(context, evidence, finding->subject);
    sentence_append(summary, "%s is a guest and in %s", account_shown(context, finding->subject),
                    group);
    sentence_append_way(context, summary, hops);
    g_string_append_c(summary, '.');
    action_cut(context, action, hops, finding->subject, finding->object);
    sentence_append(action, " If the guest needs it, the owner of %s accepts this until a date.",
                    group);
}

/* "Domain Users", "Domänen-Benutzer (Domain Users)", "Authenticated Users (S-1-5-11)". */
static void append_crowd(const ControlContext *context, const Stranger *stranger, GString *summary)
{
    const char *name = stranger->meaning->name;
    const char *own = stranger->known != NONE ? member_shown(context, stranger->known) : name;
    sentence_append(summary, "%s", own);
    if (stranger->known == NONE)
        sentence_append(summary, " (%s)", stranger->sid);
    else if (g_ascii_strcasecmp(own, name) != 0)
        sentence_append(summary, " (%s)", name);
}

static void tell_crowd(const ControlContext *context, const Finding *finding,
                       const Stranger *stranger, const GArray *hops, GString *summary,
                       GString *action)
{
    const char *group = group_shown(context, finding->object);
    if (stranger->meaning->is_everybody)
        sentence_append(summary, "Everybody is in %s: ", group);
    append_crowd(context, stranger, summary);
    if (stranger->meaning->is_everybody)
        g_string_append(summary, " is its member");
    else
        sentence_append(summary, " is in %s", group);
    sentence_append_way(context, summary, hops);
    sentence_append(summary, ", and that is %s.", stranger->meaning->who);
    action_cut(context, action, hops, finding->subject, finding->object);
    g_string_append(action, " Whoever needs the right gets a membership of their own.");
}

static void tell_single(const ControlContext *context, const Finding *finding,
                        const Stranger *stranger, const GArray *hops, GString *summary,
                        GString *action)
{
    const Snapshot *snapshot = context->snapshot;
    const char *group = group_shown(context, finding->object);
    const char *domain = stranger->domain != NONE ? snapshot->sources[stranger->domain].name : NULL;
    if (stranger->known != NONE)
        sentence_append(summary, "The computer %s (%s) is in %s",
                        member_shown(context, stranger->known), stranger->sid, group);
    else
        sentence_append(summary, "%s is in %s", stranger->sid, group);
    sentence_append_way(context, summary, hops);
    if (stranger->known != NONE)
        g_string_append(summary, ", and is of another domain.");
    else if (domain != NULL)
        sentence_append(summary, ": a SID of the domain of %s, but of nothing that was read of it.",
                        domain);
    else
        g_string_append(summary, ", and nobody can tell who that is: the SID is of no domain that "
                                 "is configured.");
    if (stranger->known == NONE && domain == NULL)
        g_string_append(action, "Configure its domain as a source, and the member gets a name. ");
    action_cut(context, action, hops, finding->subject, finding->object);
}

static void describe_foreign(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    const Bitset *stops = governed_kind(context->governed, (GovernedKind)finding->extra);
    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    json_t *evidence = json_object();
    json_object_set_new(evidence, "path",
                        evidence_path(context, finding->subject, finding->object, stops, hops));
    json_object_set_new(evidence, "privileged_group",
                        json_boolean(bitset_has(&context->governed->privileged, finding->object)));
    if (principal_kind(finding->subject) == PRINCIPAL_ACCOUNT) {
        tell_guest(context, finding, evidence, hops, summary, action);
    } else {
        Stranger stranger = stranger_of(context->snapshot, finding->subject);
        const SidMeaning *meaning = stranger.meaning;
        evidence_text(evidence, "sid", stranger.sid);
        evidence_text(evidence, "known_as",
                      meaning != NULL          ? meaning->name
                      : stranger.known != NONE ? member_shown(context, stranger.known)
                                               : NULL);
        evidence_text(evidence, "domain",
                      stranger.domain != NONE ? context->snapshot->sources[stranger.domain].name
                                              : NULL);
        json_object_set_new(evidence, "everybody",
                            json_boolean(meaning != NULL && meaning->is_everybody));
        if (meaning != NULL)
            tell_crowd(context, finding, &stranger, hops, summary, action);
        else
            tell_single(context, finding, &stranger, hops, summary, action);
    }
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

static const Threshold foreign_thresholds[] = {
    {"members",
     "Rights that more accounts than this hold only because everybody does are told once, for the "
     "group.",
     50, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME, THRESHOLD_SAME},
    {.name = NULL},
};

const Control control_group_foreign_member = {
    .id = "group-foreign-member",
    .title = "Guest, principal of another domain or everybody in a governed group",
    .severity = SEVERITY_HIGH,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_RIGHT,
    .thresholds = foreign_thresholds,
    .references = {.iso_2013 = "A.9.2.3 A.15.1.1", .iso_2022 = "8.2 5.19", .pci = "8.2.7"},
    .walks = true,
    .evaluate = evaluate_foreign,
    .describe = describe_foreign,
};
