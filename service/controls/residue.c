/* residue.c: what Active Directory leaves on accounts that once had more: adminCount, sIDHistory.
 */
#include "controls/catalogue.h"
#include "controls/evidence.h"
#include "model/lookup.h"
#include "model/sid.h"

#define CLASSES_JUDGED (CLASSES_OF_PEOPLE | CLASSES_WITH_OWNER)
#define REASON_NO_GROUPS                                                                           \
    "none of the groups that Active Directory protects was read, so nothing can explain "          \
    "adminCount"
#define REASON_UNREAD_MEMBERS                                                                      \
    "a protected group has members that were not read; one of them may be a group that explains "  \
    "adminCount"
#define REASON_NOT_SHOWN                                                                           \
    "adminCount is set nowhere, not even on the groups that Active Directory protects: the "       \
    "reader "                                                                                      \
    "may not be allowed to see it"
#define REASON_OTHER_DIRECTORY                                                                     \
    "a directory was not read whole; a protected group of it may explain adminCount"
#define REASON_FORMER_SID                                                                          \
    "a directory was not read whole; a SID of the account's sIDHistory may be of it"

/* A privileged SID in sIDHistory is a privileged right, which is high elsewhere. */
#define STEP_PRIVILEGED 2

/* ---- adminCount ---- */

/* What each source is able to say about adminCount. */
typedef struct SourceView {
    bool is_active_directory, shows_admin_count, has_protected_group, has_unread_members;
} SourceView;

static void look_at_entries(const Snapshot *snapshot, SourceView *views)
{
    const Accounts *accounts = &snapshot->accounts;
    const Groups *groups = &snapshot->groups;
    for (uint32_t i = 0; i < accounts->n; i++) {
        SourceView *view = &views[accounts->source[i]];
        view->is_active_directory |= accounts->enabled_by[i] == ENABLED_BY_UAC;
        view->shows_admin_count |= (accounts->flags[i] & ENTRY_ADMIN_COUNT) != 0;
    }
    for (uint32_t i = 0; i < groups->n; i++) {
        SourceView *view = &views[groups->source[i]];
        view->shows_admin_count |= (groups->flags[i] & ENTRY_ADMIN_COUNT) != 0;
        view->has_protected_group |= sid_is_protected(snapshot_text(snapshot, groups->sid[i]));
    }
}

/* Accounts in or below protected groups. Not the walk of rights: AdminSDHolder follows distribution
 * groups, too. */
typedef struct Protection {
    const Snapshot *snapshot;
    SourceView *views;
    Bitset accounts, groups;
    GArray *open; /* (element-type guint32) groups whose members are to be marked */
} Protection;

static void protect_group(Protection *protection, uint32_t group)
{
    if (bitset_has(&protection->groups, group))
        return;
    bitset_add(&protection->groups, group);
    g_array_append_val(protection->open, group);
}

static void protect_members(Protection *protection, uint32_t group)
{
    const Snapshot *snapshot = protection->snapshot;
    const Groups *groups = &snapshot->groups;
    for (uint32_t i = groups->first_member[group]; i < groups->first_member[group + 1]; i++) {
        uint32_t id = principal_id(groups->members[i]);
        switch (principal_kind(groups->members[i])) {
        case PRINCIPAL_ACCOUNT:
            bitset_add(&protection->accounts, id);
            break;
        case PRINCIPAL_GROUP:
            protect_group(protection, id);
            break;
        case PRINCIPAL_FOREIGN: /* of another forest (with a SID) nothing is followed */
            if (snapshot->foreigners.sid[id] == 0)
                protection->views[groups->source[group]].has_unread_members = true;
            break;
        case PRINCIPAL_COMPUTER:
            break;
        }
    }
}

static Bitset protected_accounts(const Snapshot *snapshot, SourceView *views)
{
    Protection protection = {.snapshot = snapshot,
                             .views = views,
                             .accounts = bitset_new(snapshot->accounts.n),
                             .groups = bitset_new(snapshot->groups.n),
                             .open = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    for (uint32_t group = 0; group < snapshot->groups.n; group++) {
        if (sid_is_protected(snapshot_text(snapshot, snapshot->groups.sid[group])))
            protect_group(&protection, group);
    }
    for (guint i = 0; i < protection.open->len; i++)
        protect_members(&protection, g_array_index(protection.open, uint32_t, i));
    bitset_clear(&protection.groups);
    g_array_unref(protection.open);
    return protection.accounts;
}

/* Why nobody can tell whether an adminCount of this source is explained; NULL when it can be told.
 */
static const char *doubt_about(const SourceView *view, bool is_partial)
{
    if (is_partial)
        return REASON_OTHER_DIRECTORY;
    if (!view->has_protected_group)
        return REASON_NO_GROUPS;
    return view->has_unread_members ? REASON_UNREAD_MEMBERS : NULL;
}

static void say_what_is_not_shown(ControlContext *context, const SourceView *views)
{
    for (uint32_t i = 0; i < context->snapshot->n_sources; i++) {
        const SourceView *view = &views[i];
        if (view->is_active_directory && view->has_protected_group && !view->shows_admin_count) {
            g_autofree char *reason =
                g_strdup_printf("%s: %s", context->snapshot->sources[i].name, REASON_NOT_SHOWN);
            control_unjudged_source(context, i, reason);
        }
    }
}

/* ---- sIDHistory ---- */

typedef enum FormerMeaning {
    FORMER_UNKNOWN,
    FORMER_ORDINARY,
    FORMER_PRIVILEGED, /* a privileged group or account, or a group below a privileged one */
} FormerMeaning;

/* Administrator and krbtgt, and every group that rules a domain or is guarded, even of a domain
 * that is not configured. */
static bool is_privileged_by_number(const char *sid)
{
    uint32_t rid = 0;
    bool is_of_domain = sid_kind(sid, &rid) == SID_OF_DOMAIN;
    return (is_of_domain && (rid == 500 || rid == 502)) || sid_is_privileged(sid) ||
           sid_is_protected(sid);
}

static FormerMeaning meaning_of(const ControlContext *context, TextRef ref, Principal *ret_known)
{
    const char *sid = snapshot_text(context->snapshot, ref);
    Principal known = *ret_known = snapshot_find_sid(context->snapshot, sid);
    if (is_privileged_by_number(sid))
        return FORMER_PRIVILEGED;
    if (known == NONE)
        return FORMER_UNKNOWN;
    uint32_t id = principal_id(known);
    bool is_privileged =
        (principal_kind(known) == PRINCIPAL_ACCOUNT && account_is_privileged(context, id)) ||
        (principal_kind(known) == PRINCIPAL_GROUP &&
         bitset_has(&context->governed->privileged_groups, id));
    return is_privileged ? FORMER_PRIVILEGED : FORMER_ORDINARY;
}

static const char *source_of(const Snapshot *snapshot, Principal known)
{
    uint32_t id = principal_id(known);
    uint8_t source = principal_kind(known) == PRINCIPAL_ACCOUNT ? snapshot->accounts.source[id]
                     : principal_kind(known) == PRINCIPAL_GROUP ? snapshot->groups.source[id]
                                                                : snapshot->computers.source[id];
    return snapshot->sources[source].name;
}

/* Facts of the account's former SIDs, whether one is privileged, and whether one may be of a
 * directory that was not read whole. */
typedef struct Former {
    uint64_t facts;
    bool is_privileged, is_in_doubt;
} Former;

static Former judge_former(const ControlContext *context, uint32_t begin, uint32_t n,
                           bool is_partial)
{
    const Snapshot *snapshot = context->snapshot;
    Former former = {0};
    for (uint32_t i = begin; i < begin + n; i++) {
        TextRef sid = snapshot->sid_history.sid[i];
        Principal known = NONE;
        FormerMeaning meaning = meaning_of(context, sid, &known);
        former.is_privileged |= meaning == FORMER_PRIVILEGED;
        former.is_in_doubt |= known == NONE && is_partial;
        former.facts = facts_mix(facts_text(context, former.facts, sid), meaning);
        if (known != NONE) {
            former.facts = facts_mix(former.facts, g_str_hash(member_shown(context, known)));
            former.facts = facts_mix(former.facts, g_str_hash(source_of(snapshot, known)));
        }
    }
    return former;
}

/* ---- privileged-residue ---- */

static void judge_residue(ControlContext *context, uint32_t account, const SourceView *view,
                          bool is_partial, bool has_stale_count)
{
    uint32_t n = 0, begin = snapshot_sid_history(context->snapshot, account, &n);
    if (!has_stale_count && n == 0)
        return;
    Former former = judge_former(context, begin, n, is_partial);
    const char *doubt = has_stale_count ? doubt_about(view, is_partial) : NULL;
    if (former.is_in_doubt || doubt != NULL)
        control_unjudged_subject(context, SUBJECT_ACCOUNT, account,
                                 former.is_in_doubt ? REASON_FORMER_SID : doubt);
    /* Tomorrow's answer may be another one: what is open stays as it is. */
    has_stale_count = has_stale_count && doubt == NULL;
    if (former.is_in_doubt || (doubt != NULL && is_partial) || (!has_stale_count && n == 0))
        return;
    control_report(context, SUBJECT_ACCOUNT, account, NONE, person_of(context, account),
                   former.is_privileged ? STEP_PRIVILEGED : 0, 0, has_stale_count,
                   facts_mix(account_facts(context, account), former.facts + has_stale_count));
}

static void evaluate_residue(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    g_autofree SourceView *views = g_new0(SourceView, (size_t)snapshot->n_sources + 1);
    look_at_entries(snapshot, views);
    g_auto(Bitset) protected = protected_accounts(snapshot, views);
    bool is_partial = sources_incomplete(snapshot, PROVIDES_DIRECTORY);
    say_what_is_not_shown(context, views);
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        if (!account_is_of(context, account, CLASSES_JUDGED))
            continue;
        bool has_stale_count = (snapshot->accounts.flags[account] & ENTRY_ADMIN_COUNT) != 0 &&
                               !bitset_has(&protected, account);
        judge_residue(context, account, &views[snapshot->accounts.source[account]], is_partial,
                      has_stale_count);
    }
}

/* "Domain Admins (group of old, privileged)"; the SID itself where nobody is known by it. */
static void append_former(const ControlContext *context, GString *summary, json_t *list,
                          TextRef ref)
{
    const Snapshot *snapshot = context->snapshot;
    const char *sid = snapshot_text(snapshot, ref);
    Principal known = NONE;
    bool is_privileged = meaning_of(context, ref, &known) == FORMER_PRIVILEGED;
    const char *kind = known == NONE                                ? NULL
                       : principal_kind(known) == PRINCIPAL_ACCOUNT ? "account"
                       : principal_kind(known) == PRINCIPAL_GROUP   ? "group"
                                                                    : "computer";
    json_t *row = json_object();
    evidence_text(row, "sid", sid);
    evidence_text(row, "type", kind);
    evidence_text(row, "name", known != NONE ? member_shown(context, known) : NULL);
    evidence_text(row, "source", known != NONE ? source_of(snapshot, known) : NULL);
    json_object_set_new(row, "privileged", json_boolean(is_privileged));
    json_array_append_new(list, row);

    if (known == NONE)
        sentence_append(summary, "%s (nobody we know%s)", sid,
                        is_privileged ? ", privileged by its number" : "");
    else
        sentence_append(summary, "%s (%s of %s%s)", member_shown(context, known), kind,
                        source_of(snapshot, known), is_privileged ? ", privileged" : "");
}

/* ", and also counts as Domain Admins (group of old, privileged), by its sIDHistory". */
static void describe_former(const ControlContext *context, const Finding *finding, GString *summary,
                            json_t *evidence)
{
    uint32_t n = 0, begin = snapshot_sid_history(context->snapshot, finding->subject, &n);
    json_t *list = json_array();
    if (n > 0)
        g_string_append(summary,
                        finding->extra != 0 ? ", and also counts as " : " also counts as ");
    for (uint32_t i = begin; i < begin + n; i++) {
        g_string_append(summary, i == begin ? "" : i + 1 == begin + n ? " and " : ", ");
        append_former(context, summary, list, context->snapshot->sid_history.sid[i]);
    }
    if (n > 0)
        g_string_append(summary, ", by its sIDHistory");
    json_object_set_new(evidence, "sid_history", list);
}

static void describe_residue(const ControlContext *context, const Finding *finding,
                             FindingText *text)
{
    bool has_stale_count = finding->extra != 0;
    TextRef dn = context->snapshot->accounts.dn[finding->subject];
    const char *name = account_shown(context, finding->subject);
    const char *where = dn != 0 ? snapshot_text(context->snapshot, dn) : name;
    json_t *evidence = json_object();
    json_object_set_new(evidence, "admin_count_unexplained", json_boolean(has_stale_count));

    GString *summary = g_string_new(NULL), *action = g_string_new(NULL);
    sentence_append(summary, "%s", name);
    if (has_stale_count) {
        g_string_append(summary, " has adminCount set, but is in no group that Active Directory "
                                 "protects");
        sentence_append(action,
                        "Clear adminCount of %s and let it inherit permissions again; nothing does "
                        "that by itself.",
                        where);
    }
    describe_former(context, finding, summary, evidence);
    g_string_append_c(summary, '.');
    if (json_array_size(json_object_get(evidence, "sid_history")) > 0)
        sentence_append(action,
                        "%sRemove the old SIDs from sIDHistory of %s, as soon as nothing "
                        "that is needed is granted to them.",
                        has_stale_count ? " " : "", where);
    evidence_account(context, evidence, finding->subject);
    evidence_privileged(context, evidence, finding->subject);
    finding_text_take(text, g_string_free(summary, FALSE), evidence, g_string_free(action, FALSE));
}

const Control control_privileged_residue = {
    .id = "privileged-residue",
    .title = "Account still carries the marks of privileges that it had",
    .severity = SEVERITY_LOW,
    .is_privilege_itself = true,
    .needs = NEED_DIRECTORY,
    .subject = SUBJECT_ACCOUNT,
    .references = {.iso_2013 = "A.9.2.3", .iso_2022 = "8.2"},
    .evaluate = evaluate_residue,
    .describe = describe_residue,
};
