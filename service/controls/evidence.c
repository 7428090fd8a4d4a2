#include "controls/evidence.h"

#include "base/times.h"
#include "base/visible.h"

#include <stdarg.h>
#include <string.h>

/* ---- sentences ---- */

static void append_format(GString *out, const char *format, va_list arguments)
{
    for (const char *c = format;; c++) {
        const char *mark = strchrnul(c, '%');
        g_string_append_len(out, c, mark - c);
        if (*mark == '\0')
            return;
        switch (*(c = mark + 1)) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            visible_append(out, text != NULL ? text : "");
            break;
        }
        case 'e':
            g_string_append_printf(out, ELAPSED_MARK "%" G_GINT64_FORMAT ELAPSED_MARK,
                                   va_arg(arguments, int64_t));
            break;
        case 'd':
            g_string_append_printf(out, "%" G_GINT64_FORMAT, va_arg(arguments, int64_t));
            break;
        case '%':
            g_string_append_c(out, '%');
            break;
        default:
            g_assert_not_reached();
        }
    }
}

void sentence_append(GString *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append_format(out, format, arguments);
    va_end(arguments);
}

char *sentence(const char *format, ...)
{
    GString *out = g_string_new(NULL);
    va_list arguments;
    va_start(arguments, format);
    append_format(out, format, arguments);
    va_end(arguments);
    return g_string_free(out, FALSE);
}

char *elapsed_text(int64_t seconds)
{
    int64_t value = MAX(seconds, 0) / 60;
    const char *unit = "minute";
    if (seconds >= 2 * 86400) {
        value = seconds / 86400;
        unit = "day";
    } else if (seconds >= 3600) {
        value = seconds / 3600;
        unit = "hour";
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " %s%s", value, unit, value == 1 ? "" : "s");
}

char *day_shown(const ControlContext *context, int64_t utc)
{
    if (utc == TIME_UNKNOWN || utc == TIME_NEVER)
        return g_strdup("an unknown day");
    return day_to_text(day_of_time(utc, context->settings->timezone));
}

/* ---- names ---- */

static const char *first_of(const ControlContext *context, TextRef name, TextRef dn, TextRef key)
{
    return snapshot_text(context->snapshot, name != 0 ? name : dn != 0 ? dn : key);
}

const char *account_shown(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    return first_of(context, accounts->name[account], accounts->dn[account],
                    accounts->key[account]);
}

const char *member_shown(const ControlContext *context, Principal member)
{
    const Snapshot *snapshot = context->snapshot;
    uint32_t id = principal_id(member);
    switch (principal_kind(member)) {
    case PRINCIPAL_ACCOUNT:
        return account_shown(context, id);
    case PRINCIPAL_GROUP:
        return group_shown(context, id);
    case PRINCIPAL_COMPUTER:
        return first_of(context, snapshot->computers.name[id], snapshot->computers.dn[id],
                        snapshot->computers.key[id]);
    case PRINCIPAL_FOREIGN:
        break;
    }
    return first_of(context, snapshot->foreigners.sid[id], snapshot->foreigners.text[id], 0);
}

const char *group_shown(const ControlContext *context, uint32_t group)
{
    const Groups *groups = &context->snapshot->groups;
    return first_of(context, groups->name[group], groups->dn[group], groups->key[group]);
}

const char *person_shown(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    return first_of(context, people->name[person], people->id[person], 0);
}

const char *asset_shown(const ControlContext *context, uint32_t asset)
{
    const Assets *assets = &context->snapshot->assets;
    return first_of(context, assets->name[asset], assets->id[asset], 0);
}

const char *person_zone(const ControlContext *context, uint32_t person)
{
    TextRef zone = context->snapshot->people.timezone[person];
    return zone != 0 ? snapshot_text(context->snapshot, zone) : context->settings->timezone_name;
}

char *person_end_shown(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    uint32_t speaking = person_speaking(context->snapshot, person);
    int64_t left = context->judgement->left_utc[person];
    const char *name = person_shown(context, speaking);
    if (people->gone_since_run[speaking] > 0)
        return sentence("%s is gone from the roster since run %d", name,
                        people->gone_since_run[speaking]);
    if (left == TIME_UNKNOWN)
        return sentence("%s left (the roster does not say when)", name);
    bool is_last_day = left == people->last_day_end_utc[speaking];
    g_autofree char *day =
        day_to_text(is_last_day ? people->last_day[speaking] : people->end_day[speaking]);
    return sentence(is_last_day ? "%s's last working day (%s, %s)" : "%s's end date (%s, %s)", name,
                    day, person_zone(context, speaking));
}

/* ---- evidence ---- */

void evidence_text(json_t *evidence, const char *name, const char *text)
{
    json_object_set_new(evidence, name,
                        text != NULL && *text != '\0' ? json_string(text) : json_null());
}

void evidence_ref(const ControlContext *context, json_t *evidence, const char *name, TextRef ref)
{
    evidence_text(evidence, name, snapshot_text(context->snapshot, ref));
}

void evidence_time(json_t *evidence, const char *name, int64_t utc)
{
    g_autofree char *text = utc == TIME_NEVER ? g_strdup("never") : time_to_text(utc);
    evidence_text(evidence, name, text);
}

void evidence_day(json_t *evidence, const char *name, int32_t day)
{
    g_autofree char *text = day_to_text(day);
    evidence_text(evidence, name, text);
}

void evidence_state(json_t *evidence, const char *name, State state)
{
    json_object_set_new(evidence, name,
                        state == STATE_UNKNOWN ? json_null() : json_boolean(state == STATE_YES));
}

void evidence_days(json_t *evidence, const char *name, int64_t seconds)
{
    json_object_set_new(evidence, name, json_integer(seconds / 86400));
}

static const char *enabled_why(uint8_t enabled_by)
{
    static const char *const reasons[] = {
        [ENABLED_BY_NOTHING] = "no lock attribute",
        [ENABLED_BY_UAC] = "userAccountControl",
        [ENABLED_BY_PPOLICY_LOCK] = "pwdAccountLockedTime",
        [ENABLED_BY_NSACCOUNTLOCK] = "nsAccountLock",
        [ENABLED_BY_COLUMN] = "column enabled",
        [ENABLED_BY_LOCK_STATE] = "lock_state = none",
        [ENABLED_BY_UNREADABLE] = "the lock attribute makes no sense",
    };
    return enabled_by < G_N_ELEMENTS(reasons) ? reasons[enabled_by] : "unknown";
}

/* Nothing where the directory records no such time: then the runs of the exception tell. */
static void evidence_disabled(const ControlContext *context, json_t *evidence, uint32_t account)
{
    int64_t utc = TIME_UNKNOWN;
    if (context->snapshot->accounts.enabled[account] != STATE_NO ||
        times_disabled(context->times, context->snapshot, account, &utc) != TIMES_RECORDED)
        return;
    evidence_time(evidence, "disabled_at", utc);
    evidence_text(evidence, "disabled_at_note",
                  "recorded by the directory: the latest change of userAccountControl");
}

uint64_t disabled_hash(const ControlContext *context, uint32_t account)
{
    int64_t utc = TIME_UNKNOWN;
    bool is_recorded =
        context->snapshot->accounts.enabled[account] == STATE_NO &&
        times_disabled(context->times, context->snapshot, account, &utc) == TIMES_RECORDED;
    return is_recorded ? facts_mix(0, (uint64_t)utc) : 0;
}

static void evidence_link(const ControlContext *context, json_t *evidence, uint32_t account)
{
    const Links *links = context->links;
    if (links->person_link[account] != PERSON_LINK_ONE)
        return;
    g_autofree char *rule = links_made_by(links, account);
    evidence_text(evidence, "linked_by", rule);
}

void evidence_account(const ControlContext *context, json_t *evidence, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    evidence_state(evidence, "enabled", (State)accounts->enabled[account]);
    evidence_text(evidence, "enabled_by", enabled_why(accounts->enabled_by[account]));
    evidence_disabled(context, evidence, account);
    if (accounts->expires_utc[account] != TIME_UNKNOWN)
        evidence_time(evidence, "expires", accounts->expires_utc[account]);
    evidence_text(evidence, "class", account_classes[context->classes[account]]);
    evidence_text(evidence, "source", context->snapshot->sources[accounts->source[account]].name);
    evidence_link(context, evidence, account);
}

void evidence_person(const ControlContext *context, json_t *evidence, uint32_t person)
{
    const People *people = &context->snapshot->people;
    uint32_t speaking = person_speaking(context->snapshot, person);
    evidence_day(evidence, "last_working_day", people->last_day[speaking]);
    if (people->end_day[speaking] != DAY_NONE)
        evidence_day(evidence, "end_date", people->end_day[speaking]);
    evidence_text(evidence, "timezone", person_zone(context, speaking));
    if (people->status_text[speaking] != 0)
        evidence_ref(context, evidence, "status", people->status_text[speaking]);
    if (people->gone_since_run[speaking] > 0)
        json_object_set_new(evidence, "gone_since_run",
                            json_integer(people->gone_since_run[speaking]));
}

void evidence_last_use(const ControlContext *context, json_t *evidence, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    evidence_time(evidence, "last_logon", accounts->last_logon_utc[account]);
    evidence_days(evidence, "uncertainty_days", accounts->last_logon_slack[account]);
}

/* ---- ways ---- */

const Effective *evidence_walk(const ControlContext *context, uint32_t group, const Bitset *stops)
{
    Judgement *judgement = context->judgement;
    if (judgement->walker == NULL)
        judgement->walker = effective_new(context->graph);
    if (judgement->walked_group == group && judgement->walked_stops == stops)
        return judgement->walker;
    size_t n = 0;
    if (stops != NULL)
        effective_members_nearest(judgement->walker, group, stops, &n);
    else
        effective_members(judgement->walker, group, &n);
    judgement->walked_group = group;
    judgement->walked_stops = stops;
    return judgement->walker;
}

json_t *evidence_path(const ControlContext *context, Principal member, uint32_t group,
                      const Bitset *stops, GArray *hops)
{
    g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Hop));
    GArray *way = hops != NULL ? hops : own;
    g_array_set_size(way, 0);
    effective_path(evidence_walk(context, group, stops), member, way);
    json_t *path = json_array();
    for (guint i = 0; i < way->len; i++)
        json_array_append_new(path,
                              json_string(group_shown(context, g_array_index(way, Hop, i).group)));
    return path;
}

static TimesAnswer hop_granted(const ControlContext *context, const Hop *hop, int64_t *ret_utc)
{
    return times_granted(context->times, context->snapshot, hop->member, hop->group, hop->via,
                         ret_utc);
}

void evidence_granted(const ControlContext *context, json_t *evidence, const GArray *hops)
{
    json_t *list = json_array();
    bool is_kept = false;
    for (guint i = 0; i < hops->len; i++) {
        int64_t utc = TIME_UNKNOWN;
        TimesAnswer answer = hop_granted(context, &g_array_index(hops, Hop, i), &utc);
        json_t *row = json_object();
        is_kept |= answer == TIMES_RECORDED || answer == TIMES_NOT_GIVEN;
        evidence_time(row, "at", utc);
        evidence_text(row, "is", times_answer_text(answer));
        json_array_append_new(list, row);
    }
    if (is_kept)
        json_object_set_new(evidence, "granted", list);
    else
        json_decref(list);
}

uint64_t granted_hash(const ControlContext *context, uint32_t account, uint32_t group,
                      const Bitset *stops)
{
    if (!times_has_any(context->times))
        return 0;
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(Hop));
    uint64_t hash = 0;
    effective_path(evidence_walk(context, group, stops), account, hops);
    for (guint i = 0; i < hops->len; i++) {
        int64_t utc = TIME_UNKNOWN;
        TimesAnswer answer = hop_granted(context, &g_array_index(hops, Hop, i), &utc);
        hash = facts_mix(hash, (uint64_t)answer);
        hash = facts_mix(hash, (uint64_t)utc);
    }
    return hash;
}

static int compare_group_names(const void *a, const void *b, void *data)
{
    const ControlContext *context = data;
    const PrivilegedRight *rows =
        (const PrivilegedRight *)(const void *)context->judgement->privileged->data;
    uint32_t left = rows[*(const uint32_t *)a].group, right = rows[*(const uint32_t *)b].group;
    int order = strcmp(group_shown(context, left), group_shown(context, right));
    return order != 0 ? order : left < right ? -1 : left > right;
}

void evidence_privileged(const ControlContext *context, json_t *evidence, uint32_t account)
{
    const Judgement *judgement = context->judgement;
    uint32_t first = judgement->first_right[account], end = judgement->first_right[account + 1];
    if (first == end)
        return;
    g_autofree uint32_t *rows =
        g_memdup2(judgement->rights_of + first, sizeof *rows * (end - first));
    g_qsort_with_data(rows, (gint)(end - first), sizeof *rows, compare_group_names,
                      (gpointer)(uintptr_t)context);
    json_t *ways = json_array();
    for (uint32_t i = 0; i < end - first; i++) {
        uint32_t group = g_array_index(judgement->privileged, PrivilegedRight, rows[i]).group;
        json_array_append_new(
            ways, evidence_path(context, account, group,
                                governed_stops(context->governed, GOVERNED_PRIVILEGED), NULL));
    }
    json_object_set_new(evidence, "privileged_through", ways);
}

uint64_t privileged_hash(const ControlContext *context, uint32_t account)
{
    const Judgement *judgement = context->judgement;
    uint64_t hash = 0; /* a sum: the order of groups in the snapshot must not matter */
    for (uint32_t i = judgement->first_right[account]; i < judgement->first_right[account + 1];
         i++) {
        const PrivilegedRight *right =
            &g_array_index(judgement->privileged, PrivilegedRight, judgement->rights_of[i]);
        hash += facts_text(context, right->path, context->snapshot->groups.name[right->group]);
    }
    return hash;
}

uint64_t account_facts(const ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    uint64_t facts =
        facts_mix((uint64_t)accounts->enabled[account] << 8 | accounts->enabled_by[account],
                  (uint64_t)context->classes[account]);
    facts = facts_mix(facts, (uint64_t)accounts->expires_utc[account]);
    facts = facts_mix(facts, links_made_by_hash(context->links, account));
    return facts_mix(facts, privileged_hash(context, account));
}

/* What the member is called in the group's list, where that is known: an admin must find it. */
static TextRef member_dn(const Snapshot *snapshot, Principal member)
{
    uint32_t id = principal_id(member);
    switch (principal_kind(member)) {
    case PRINCIPAL_ACCOUNT:
        return snapshot->accounts.dn[id];
    case PRINCIPAL_GROUP:
        return snapshot->groups.dn[id];
    case PRINCIPAL_COMPUTER:
        return snapshot->computers.dn[id];
    case PRINCIPAL_FOREIGN:
        break;
    }
    return snapshot->foreigners.text[id];
}

void sentence_append_way(const ControlContext *context, GString *summary, const GArray *hops)
{
    for (guint i = 0; i + 1 < hops->len; i++)
        sentence_append(summary, "%s%s", i == 0 ? " through " : " → ",
                        group_shown(context, g_array_index(hops, Hop, i).group));
}

void action_cut(const ControlContext *context, GString *action, const GArray *hops,
                Principal member, uint32_t group)
{
    if (hops->len == 0)
        return;
    const Hop *first = &g_array_index(hops, Hop, 0);
    TextRef dn = member_dn(context->snapshot, member);
    const char *who =
        dn != 0 ? snapshot_text(context->snapshot, dn) : member_shown(context, member);
    if (first->via == VIA_PRIMARY_GROUP)
        sentence_append(action, "Give %s another primary group than %s", who,
                        group_shown(context, first->group));
    else
        sentence_append(action, "Remove %s from %s", who, group_shown(context, first->group));
    if (first->group != group)
        sentence_append(action, ", which leads to %s", group_shown(context, group));
    g_string_append_c(action, '.');
}

/* ---- approvals ---- */

typedef struct Listing {
    const ControlContext *context;
    json_t *list;
} Listing;

static bool list_approval(uint32_t approval, ApprovalVerdict verdict, void *data)
{
    Listing *listing = data;
    const ControlContext *context = listing->context;
    const Approvals *approvals = &context->snapshot->approvals;
    json_t *row = json_object();
    evidence_ref(context, row, "id", approvals->id[approval]);
    evidence_ref(context, row, "reference", approvals->reference[approval]);
    evidence_ref(context, row, "approved_by", approvals->approved_by[approval]);
    evidence_time(row, "approved_on", approvals->approved_utc[approval]);
    evidence_time(row, "expires_on", approvals->expires_utc[approval]);
    evidence_text(row, "verdict", approval_verdicts[verdict]);
    json_array_append_new(listing->list, row);
    return true;
}

void evidence_approvals(const ControlContext *context, json_t *evidence, uint32_t group,
                        uint32_t account, uint32_t person)
{
    Listing listing = {context, json_array()};
    approvals_of(context, group, account, person, list_approval, &listing);
    json_object_set_new(evidence, "approvals", listing.list);
}

char *evidence_dump(const json_t *value)
{
    char *dumped = json_dumps(value, JSON_COMPACT);
    char *text = g_strdup(dumped);
    free(dumped);
    return text;
}

void finding_text_take(FindingText *text, char *summary, json_t *evidence, char *action)
{
    text->summary = summary;
    text->evidence = evidence_dump(evidence);
    text->action = action;
    json_decref(evidence);
}
