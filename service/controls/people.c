/* people.c: who has left, which accounts can be used, what an owner still is. */
#include "controls/judgement.h"

uint32_t person_speaking(const Snapshot *snapshot, uint32_t person)
{
    /* A chain of renamed ids is short; the limit ends a loop of rows that list each other. */
    for (int i = 0; i < 16 && person != NONE && people_successor(&snapshot->people, person) != NONE;
         i++)
        person = people_successor(&snapshot->people, person);
    return person;
}

/* A start after the end, once it is reached, makes the end one of an earlier employment. */
static bool is_of_earlier_time(const People *people, uint32_t person, int64_t end_utc,
                               int64_t as_of_utc)
{
    int64_t start = people->start_utc[person];
    return start != TIME_UNKNOWN && start >= end_utc && start <= as_of_utc;
}

int64_t person_left_at(const Snapshot *snapshot, uint32_t person, int64_t as_of_utc)
{
    const People *people = &snapshot->people;
    person = person_speaking(snapshot, person);
    if (people->gone_since_run[person] == PERSON_UNREAD)
        return TIME_NEVER;
    if (people->gone_since_run[person] != 0)
        return TIME_UNKNOWN;

    const int64_t ends[] = {people->last_day_end_utc[person], people->end_day_end_utc[person]};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (ends[i] == TIME_UNKNOWN || is_of_earlier_time(people, person, ends[i], as_of_utc))
            continue;
        return ends[i] <= as_of_utc ? ends[i] : TIME_NEVER;
    }
    return people->status[person] == PERSON_STATUS_LEFT ? TIME_UNKNOWN : TIME_NEVER;
}

bool person_is_unread(const Snapshot *snapshot, uint32_t person)
{
    return person != NONE &&
           snapshot->people.gone_since_run[person_speaking(snapshot, person)] == PERSON_UNREAD;
}

bool person_is_active(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    int64_t start = people->start_utc[person];
    return context->judgement->left_utc[person] == TIME_NEVER &&
           people->gone_since_run[person] == 0 && people_successor(people, person) == NONE &&
           people->status[person] != PERSON_STATUS_PRE_START &&
           (start == TIME_UNKNOWN || start <= context->as_of_utc);
}

bool person_is_contractor(const Snapshot *snapshot, uint32_t person)
{
    static const char *const kinds[] = {"contractor", "external", "supplier", "partner"};
    const char *kind = snapshot_text(snapshot, snapshot->people.kind[person]);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_ascii_strcasecmp(kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

int64_t person_contract_end(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    int64_t end = people->end_day_end_utc[person];
    if (end == TIME_UNKNOWN)
        end = people->last_day_end_utc[person];
    if (end == TIME_UNKNOWN || is_of_earlier_time(people, person, end, context->as_of_utc))
        return TIME_UNKNOWN;
    return end;
}

bool person_is_at_work(const ControlContext *context, uint32_t person)
{
    const People *people = &context->snapshot->people;
    int64_t start = people->start_utc[person];
    if (people_successor(people, person) != NONE || person_has_left(context, person) ||
        person_is_unread(context->snapshot, person))
        return false;
    return start != TIME_UNKNOWN ? start <= context->as_of_utc
                                 : people->status[person] != PERSON_STATUS_PRE_START;
}

bool ambiguous_with_leaver(const ControlContext *context, uint32_t account)
{
    if (context->links->person_link[account] != PERSON_LINK_AMBIGUOUS)
        return false;
    const GArray *candidates =
        g_hash_table_lookup(context->links->candidates, GUINT_TO_POINTER(account));
    for (guint i = 0; candidates != NULL && i < candidates->len; i++) {
        if (person_has_left(context, g_array_index(candidates, uint32_t, i)))
            return true;
    }
    return false;
}

bool sources_incomplete(const Snapshot *snapshot, unsigned provides)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & provides) != 0 &&
            snapshot->sources[i].status != SOURCE_COMPLETE)
            return true;
    }
    return false;
}

bool sources_configured(const Snapshot *snapshot, unsigned provides)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & provides) != 0)
            return true;
    }
    return false;
}

/* ---- accounts and computers ---- */

static SubjectType account_subject(const ControlContext *context)
{
    return context->control->subject == SUBJECT_RIGHT ? SUBJECT_RIGHT : SUBJECT_ACCOUNT;
}

void unjudged_once(ControlContext *context, uint32_t source, int what, const char *fact)
{
    if ((context->judgement->said[source] & what) != 0)
        return;
    context->judgement->said[source] |= (uint8_t)what;
    g_autofree char *reason =
        g_strdup_printf("%s: %s", context->snapshot->sources[source].name, fact);
    control_unjudged_source(context, source, reason);
}

bool column_known(ControlContext *context, uint32_t source, unsigned field)
{
    const SourceRecord *record = &context->snapshot->sources[source];
    if ((record->fields >> field & 1) != 0)
        return true;
    g_autofree char *fact =
        g_strdup_printf("has no column %s", record_kind(record->provides)->fields[field].name);
    unjudged_once(context, source, SAID_OTHER, fact);
    return false;
}

static void state_unknown(ControlContext *context, SubjectType type, uint32_t subject,
                          uint32_t source, State enabled)
{
    const SourceRecord *record = &context->snapshot->sources[source];
    if (enabled == STATE_UNKNOWN && !record->records_lock_state) {
        unjudged_once(context, source, SAID_STATE,
                      "does not show whether an account is locked (see lock_state)");
        return;
    }
    g_autofree char *reason =
        g_strdup_printf("%s: whether the account is enabled could not be read", record->name);
    control_unjudged_subject(context, type, subject, reason);
}

bool account_must_be_usable(ControlContext *context, uint32_t account)
{
    State usable = (State)context->judgement->usable[account];
    const Accounts *accounts = &context->snapshot->accounts;
    if (usable == STATE_UNKNOWN)
        state_unknown(context, account_subject(context), account, accounts->source[account],
                      (State)accounts->enabled[account]);
    return usable == STATE_YES;
}

bool account_must_be_enabled(ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    State enabled = (State)accounts->enabled[account];
    if (enabled == STATE_UNKNOWN)
        state_unknown(context, account_subject(context), account, accounts->source[account],
                      enabled);
    return enabled == STATE_YES;
}

bool computer_must_be_usable(ControlContext *context, uint32_t computer)
{
    State usable = (State)context->judgement->computer_usable[computer];
    const Computers *computers = &context->snapshot->computers;
    if (usable == STATE_UNKNOWN)
        state_unknown(context, SUBJECT_COMPUTER, computer, computers->source[computer],
                      (State)computers->enabled[computer]);
    return usable == STATE_YES;
}

static bool last_use_known(ControlContext *context, SubjectType type, uint32_t subject,
                           uint32_t source, int64_t last_logon_utc, uint32_t flags)
{
    bool is_unreadable = (flags & ENTRY_LAST_LOGON_UNREADABLE) != 0;
    if (last_logon_utc != TIME_UNKNOWN && !is_unreadable)
        return true;
    const SourceRecord *record = &context->snapshot->sources[source];
    if (!record->records_last_use && !is_unreadable) {
        unjudged_once(context, source, SAID_LAST_USE,
                      "does not record the last use of an account (see last_use)");
        return false;
    }
    g_autofree char *reason =
        g_strdup_printf("%s: the time of the last use could not be read", record->name);
    control_unjudged_subject(context, type, subject, reason);
    return false;
}

bool account_last_use_known(ControlContext *context, uint32_t account)
{
    const Accounts *accounts = &context->snapshot->accounts;
    return last_use_known(context, account_subject(context), account, accounts->source[account],
                          accounts->last_logon_utc[account], accounts->flags[account]);
}

bool computer_last_use_known(ControlContext *context, uint32_t computer)
{
    const Computers *computers = &context->snapshot->computers;
    return last_use_known(context, SUBJECT_COMPUTER, computer, computers->source[computer],
                          computers->last_logon_utc[computer], computers->flags[computer]);
}

/* ---- owners ---- */

/* Does every account of the person exist and none work? A person without accounts is not disabled.
 */
static bool all_accounts_dead(const ControlContext *context, uint32_t person)
{
    const Links *links = context->links;
    uint32_t first = links->first_account[person], end = links->first_account[person + 1];
    for (uint32_t i = first; i < end; i++) {
        if (context->judgement->usable[links->person_accounts[i]] != STATE_NO)
            return false;
    }
    return end > first;
}

static OwnerVerdict judge_person(const ControlContext *context, uint32_t person, bool with_accounts)
{
    int64_t left = context->judgement->left_utc[person];
    if (person_is_unread(context->snapshot, person))
        return (OwnerVerdict){.state = OWNER_STATE_UNKNOWN, .reason = REASON_PERSON_UNREAD};
    if (left != TIME_NEVER)
        return (OwnerVerdict){.state = OWNER_STATE_LEFT, .since_utc = left};
    if (!with_accounts || !all_accounts_dead(context, person))
        return (OwnerVerdict){.state = OWNER_STATE_HERE};
    if (sources_incomplete(context->snapshot, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS))
        return (OwnerVerdict){.state = OWNER_STATE_UNKNOWN,
                              .reason = "not every account of the owner could be read"};
    return (OwnerVerdict){.state = OWNER_STATE_DISABLED};
}

static OwnerVerdict judge_account(const ControlContext *context, const Owner *owner)
{
    State usable = (State)context->judgement->usable[owner->id];
    if (person_has_left(context, owner_person(owner)) ||
        person_is_unread(context->snapshot, owner_person(owner)))
        return judge_person(context, owner_person(owner), false);
    if (usable == STATE_NO)
        return (OwnerVerdict){.state = OWNER_STATE_DISABLED};
    if (usable == STATE_UNKNOWN && owner_person(owner) == NONE)
        return (OwnerVerdict){.state = OWNER_STATE_UNKNOWN,
                              .reason = "whether the owner's account is enabled is not known"};
    return (OwnerVerdict){.state = OWNER_STATE_HERE};
}

OwnerVerdict owner_judge(const ControlContext *context, const Owner *owner, TextRef text,
                         bool with_accounts)
{
    switch (owner->kind) {
    case OWNER_PERSON:
        return judge_person(context, owner->id, with_accounts);
    case OWNER_ACCOUNT:
        return judge_account(context, owner);
    case OWNER_GROUP:
        return (OwnerVerdict){.state = OWNER_STATE_HERE};
    case OWNER_AMBIGUOUS:
        return (OwnerVerdict){.state = OWNER_STATE_UNKNOWN,
                              .reason = "the owner's name fits several people"};
    case OWNER_NONE:
    case OWNER_UNKNOWN:
        break;
    }
    if (text == 0)
        return (OwnerVerdict){.state = OWNER_STATE_EMPTY};
    if (owner->kind == OWNER_UNKNOWN ||
        sources_incomplete(context->snapshot,
                           PROVIDES_PEOPLE | PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS))
        return (OwnerVerdict){.state = OWNER_STATE_UNKNOWN,
                              .reason =
                                  "the owner was not found, and not every source is complete"};
    return (OwnerVerdict){.state = OWNER_STATE_NOBODY};
}
