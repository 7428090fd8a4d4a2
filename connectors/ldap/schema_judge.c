/* How each server family says that an account is off, locked, over, and when it was used last. */
#include "ldap/schema_private.h"

#define SECONDS_PER_DAY 86400
/* lastLogonTimestamp is renewed only when it is 9 to 14 days old, lastLogon is one controller's own
 * (MS-ADA1 2.352). */
#define LOGON_SLACK_SECONDS (14 * SECONDS_PER_DAY)

/* A time that may be absent; a value that is no time sets the flag. */
static int64_t time_of(Text value, int64_t absent, uint32_t flag, uint32_t *flags)
{
    int64_t utc;

    if (value.length == 0)
        return absent;
    if (value_time(value, &utc))
        return utc;
    *flags |= flag;
    return TIME_UNKNOWN;
}

static int64_t number_of(Text value, int64_t otherwise)
{
    int64_t number;

    return value_integer(value, &number) ? number : otherwise;
}

/* false: certainly none. Capitals are the bytes with bit 6 and without bit 5, and few others. */
static bool may_have_capitals(Text text)
{
    uint64_t found = 0;
    size_t i = 0;

    for (; i + 8 <= text.length; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, sizeof word);
        found |= word & ~(word << 1) & UINT64_C(0x4040404040404040);
    }
    for (; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        found |= (uint64_t)(c & ~(c << 1) & 0x40);
    }
    return found != 0;
}

static void fill_key(Schema *schema, DirectoryEntry *entry)
{
    Text key = schema->slots[SLOT_KEY];

    entry->key = key;
    if (key.length == 16 && value_guid(key, schema->key)) {
        entry->key = (Text){schema->key, VALUE_GUID_SIZE - 1};
    } else if (key.length < sizeof schema->key && may_have_capitals(key)) {
        for (size_t i = 0; i < key.length; i++)
            schema->key[i] = g_ascii_tolower(key.data[i]);
        entry->key = (Text){schema->key, key.length};
    }
}

static void fill_common(Schema *schema, DirectoryEntry *entry)
{
    fill_key(schema, entry);
    entry->created_utc =
        time_of(schema->slots[SLOT_CREATED], TIME_UNKNOWN, ENTRY_CREATED_UNREADABLE, &entry->flags);
    /* 0: never, or not since the directory records it (MS-ADA2). */
    Text interactive = schema->slots[SLOT_INTERACTIVE];
    int64_t utc = number_of(interactive, 1) == 0
                      ? 0
                      : time_of(interactive, 0, ENTRY_INTERACTIVE_UNREADABLE, &entry->flags);
    entry->interactive_utc = MAX(utc, 0);
    uint32_t ignored = 0;
    entry->changed_utc = time_of(schema->slots[SLOT_CHANGED], TIME_UNKNOWN, 0, &ignored);
}

static void fill_sid(Schema *schema, DirectoryEntry *entry)
{
    size_t length;

    if (value_sid(schema->slots[SLOT_SID], schema->sid, &length)) {
        entry->sid = (Text){schema->sid, length};
    } else if (entry->kind == ENTRY_FOREIGN && value_sid(entry->name, schema->sid, &length)) {
        entry->sid = (Text){schema->sid, length}; /* a foreign principal is named by its SID */
    }
}

/* ---- OpenLDAP ---- */

/* What the account's policy says of locks. An account without a policy of its own has the server's
 * default one, which no reader sees: then what all policies have in common. Of a policy that is
 * named and cannot be read nothing is known: it may not even exist, and then no lock counts. Where
 * no policy can be read at all, a lock for ever is what an administrator has set to disable the
 * account (locks), but how long a temporary one lasts nobody says (is_ambiguous). */
static LockPolicy policy_of(const Schema *schema)
{
    static const LockPolicy none_known = {.locks = STATE_YES, .is_ambiguous = true};
    static const LockPolicy unknown = {.locks = STATE_UNKNOWN, .is_ambiguous = true};
    Text name = schema->slots[SLOT_POLICY];

    if (schema->policies == NULL)
        return none_known;
    if (name.length == 0)
        return schema->every_policy;
    g_autofree char *dn = schema_fold_dn(name.data, name.length);
    const LockPolicy *policy = g_hash_table_lookup(schema->policies, dn);
    return policy != NULL ? *policy : unknown;
}

/* A lock that the server made by itself, and takes away by itself: locked, never disabled. */
static void judge_temporary_lock(const LockPolicy *policy, int64_t since, DirectoryEntry *entry)
{
    if (policy->locks == STATE_UNKNOWN || policy->is_ambiguous) {
        entry->locked = STATE_UNKNOWN;
        return;
    }
    entry->locked = STATE_YES;
    entry->locked_until_utc =
        policy->seconds > 0 ? since + MIN(policy->seconds, INT32_MAX) : TIME_NEVER;
}

static void judge_locks(const Schema *schema, DirectoryEntry *entry)
{
    Text lock = schema->slots[SLOT_LOCK];
    int64_t since;

    entry->locked = STATE_NO;
    entry->enabled = schema->lock_state == RECORDED_AUTO ? STATE_UNKNOWN : STATE_YES;
    entry->enabled_by =
        schema->lock_state == RECORDED_NO ? ENABLED_BY_LOCK_STATE : ENABLED_BY_NOTHING;
    if (lock.length == 0)
        return;
    LockPolicy policy = policy_of(schema);
    if (policy.locks == STATE_NO) {
        return; /* the server does not look at it */
    }
    if (!value_is_year_zero(lock) && value_generalized_time(lock, &since)) {
        judge_temporary_lock(&policy, since, entry);
    } else if (policy.locks == STATE_YES && value_is_year_zero(lock)) {
        entry->enabled = STATE_NO;
        entry->enabled_by = ENABLED_BY_PPOLICY_LOCK;
    } else {
        entry->enabled = entry->locked = STATE_UNKNOWN;
        entry->enabled_by = ENABLED_BY_UNREADABLE;
    }
}

/* The earlier of pwdEndTime and the day of shadowExpire; 0 and less of the latter mean never. */
static void judge_expiry(const Schema *schema, DirectoryEntry *entry)
{
    Text shadow = schema->slots[SLOT_SHADOW_EXPIRE];
    int64_t day;

    entry->expires_utc =
        time_of(schema->slots[SLOT_EXPIRES], TIME_NEVER, ENTRY_EXPIRES_UNREADABLE, &entry->flags);
    if (shadow.length == 0)
        return;
    if (!value_integer(shadow, &day) || day > INT32_MAX) {
        entry->flags |= ENTRY_EXPIRES_UNREADABLE;
        entry->expires_utc = TIME_UNKNOWN;
    } else if (day > 0 && entry->expires_utc != TIME_UNKNOWN &&
               (entry->expires_utc == TIME_NEVER || day * SECONDS_PER_DAY < entry->expires_utc)) {
        entry->expires_utc = day * SECONDS_PER_DAY;
    }
}

/* pwdLastSuccess, authTimestamp, lastLoginTime: whichever the overlays write; the newest counts. */
static void judge_last_use(const Schema *schema, DirectoryEntry *entry)
{
    int64_t latest = TIME_UNKNOWN;
    bool is_unreadable = false;

    if (schema->last_use == RECORDED_NO)
        return;
    for (int slot = SLOT_LOGON; slot <= SLOT_LOGON_3; slot++) {
        uint32_t flags = 0;
        int64_t utc =
            time_of(schema->slots[slot], TIME_UNKNOWN, ENTRY_LAST_LOGON_UNREADABLE, &flags);
        is_unreadable |= flags != 0;
        latest = MAX(latest, utc);
    }
    if (is_unreadable) {
        entry->flags |= ENTRY_LAST_LOGON_UNREADABLE;
        latest = TIME_UNKNOWN;
    } else if (latest == TIME_UNKNOWN && schema->last_use == RECORDED_YES) {
        latest = TIME_NEVER;
    }
    entry->last_logon_utc = latest;
}

void schema_judge_openldap(Schema *schema, DirectoryEntry *entry)
{
    fill_common(schema, entry);
    int64_t gid = number_of(schema->slots[SLOT_GID], -1);
    entry->gid_number = gid >= 0 ? gid : -1;
    if (entry->kind == ENTRY_GROUP)
        return;
    judge_locks(schema, entry);
    judge_expiry(schema, entry);
    judge_last_use(schema, entry);
    entry->password_changed_utc = time_of(schema->slots[SLOT_PASSWORD_CHANGED], TIME_UNKNOWN,
                                          ENTRY_PASSWORD_CHANGED_UNREADABLE, &entry->flags);
}

/* ---- 389 Directory Server, FreeIPA ---- */

/* The server itself compares without case (pw.c): "true" is locked, whatever else is not, but what
 * we do not know is not called enabled. */
static void judge_account_lock(const Schema *schema, DirectoryEntry *entry)
{
    Text lock = schema->slots[SLOT_NS_ACCOUNT_LOCK];
    int64_t until;

    entry->enabled = schema->lock_state == RECORDED_AUTO ? STATE_UNKNOWN : STATE_YES;
    entry->enabled_by =
        schema->lock_state == RECORDED_NO ? ENABLED_BY_LOCK_STATE : ENABLED_BY_NOTHING;
    if (lock.length > 0) {
        entry->enabled = value_is(lock, "true")    ? STATE_NO
                         : value_is(lock, "false") ? STATE_YES
                                                   : STATE_UNKNOWN;
        entry->enabled_by =
            entry->enabled != STATE_UNKNOWN ? ENABLED_BY_NSACCOUNTLOCK : ENABLED_BY_UNREADABLE;
    }
    Text unlock = schema->slots[SLOT_LOCK];
    entry->locked = STATE_NO;
    if (unlock.length > 0 && value_generalized_time(unlock, &until)) {
        entry->locked = STATE_YES;
        /* 1970 is how the server writes "until somebody unlocks it" (passwordUnlock: off). */
        entry->locked_until_utc = until > 0 ? until : TIME_NEVER;
    } else if (unlock.length > 0) {
        entry->locked = STATE_UNKNOWN;
    }
}

void schema_judge_389ds(Schema *schema, DirectoryEntry *entry)
{
    fill_common(schema, entry);
    int64_t gid = number_of(schema->slots[SLOT_GID], -1);
    entry->gid_number = gid >= 0 ? gid : -1;
    if (entry->kind == ENTRY_GROUP)
        return;
    judge_account_lock(schema, entry);
    judge_expiry(schema, entry);
    judge_last_use(schema, entry);
    entry->password_changed_utc = time_of(schema->slots[SLOT_PASSWORD_CHANGED], TIME_UNKNOWN,
                                          ENTRY_PASSWORD_CHANGED_UNREADABLE, &entry->flags);
}

static bool lies_in(Text dn, const char *container)
{
    size_t length = strlen(container);

    for (size_t i = 0; i + length <= dn.length; i++) {
        if (dn.data[i] == ',' && g_ascii_strncasecmp(dn.data + i, container, length) == 0)
            return true;
    }
    return false;
}

/* Staged users are not accounts yet; the compat tree shows the same users once more. */
const char *schema_freeipa_place_rule(Text dn)
{
    return lies_in(dn, ",cn=staged users,cn=accounts,cn=provisioning,") ? "staged"
           : lies_in(dn, ",cn=compat,")                                 ? "compat"
                                                                        : NULL;
}

/* A preserved user is locked by a class of service, which an export does not have. */
void schema_judge_freeipa(Schema *schema, DirectoryEntry *entry)
{
    schema_judge_389ds(schema, entry);
    fill_sid(schema, entry); /* by which a trusting Active Directory lists it as a member */
    if (entry->kind == ENTRY_ACCOUNT &&
        lies_in(entry->dn, ",cn=deleted users,cn=accounts,cn=provisioning,")) {
        entry->enabled = STATE_NO;
        entry->enabled_by = ENABLED_BY_NSACCOUNTLOCK;
    }
}

/* ---- Active Directory ---- */

static void fill_primary_group(Schema *schema, DirectoryEntry *entry)
{
    int64_t rid = number_of(schema->slots[SLOT_PRIMARY_GROUP], 0);
    const char *dash = entry->sid.length > 0 ? strrchr(schema->sid, '-') : NULL;
    if (rid > 0 && rid <= UINT32_MAX && dash != NULL) {
        int n = g_snprintf(schema->primary_group_sid, sizeof schema->primary_group_sid,
                           "%.*s-%" G_GINT64_FORMAT, (int)(dash - schema->sid), schema->sid, rid);
        entry->primary_group_sid = (Text){schema->primary_group_sid, (size_t)n};
    }
}

static void fill_sid_history(Schema *schema, DirectoryEntry *entry)
{
    TextList *history = &schema->sid_history;
    GString *text = schema->sid_history_text;
    size_t n = 0;

    if (history->n == 0)
        return;
    /* Room for all of them first: the texts point into it. */
    g_string_set_size(text, history->n * VALUE_SID_SIZE);
    for (size_t i = 0; i < history->n; i++) {
        char *place = text->str + n * VALUE_SID_SIZE;
        size_t length;
        if (value_sid(history->texts[i], place, &length)) {
            history->texts[n++] = (Text){place, length};
        }
    }
    entry->sid_history = history->texts;
    entry->n_sid_history = n;
}

static void judge_account_control(const Schema *schema, DirectoryEntry *entry)
{
    static const struct {
        uint32_t bit;
        EntryFlags flag;
    } meanings[] = {
        {0x20, ENTRY_PASSWORD_NOT_REQUIRED},       {0x80, ENTRY_PASSWORD_REVERSIBLE},
        {0x2000, ENTRY_IS_DOMAIN_CONTROLLER},      {0x10000, ENTRY_PASSWORD_NEVER_EXPIRES},
        {0x80000, ENTRY_DELEGATION_UNCONSTRAINED}, {0x400000, ENTRY_PREAUTHENTICATION_OFF},
        {0x4000000, ENTRY_IS_DOMAIN_CONTROLLER},
    };
    int64_t uac = number_of(schema->slots[SLOT_UAC], -1);

    if (uac < 0 || uac > INT32_MAX) { /* missing, text, negative: nothing is known */
        entry->enabled = STATE_UNKNOWN;
        entry->enabled_by = ENABLED_BY_UNREADABLE;
        return;
    }
    entry->enabled = (uac & 2) != 0 ? STATE_NO : STATE_YES;
    entry->enabled_by = ENABLED_BY_UAC;
    for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if ((uac & meanings[i].bit) != 0)
            entry->flags |= meanings[i].flag;
    }
}

/* The computed bits know lockoutDuration; without them any lockoutTime counts. */
static void judge_lockout(const Schema *schema, DirectoryEntry *entry)
{
    int64_t computed;
    int64_t since;

    if (value_integer(schema->slots[SLOT_COMPUTED], &computed))
        entry->locked = (computed & 0x10) != 0 ? STATE_YES : STATE_NO;
    else if (schema->slots[SLOT_LOCK].length == 0)
        entry->locked = entry->enabled == STATE_UNKNOWN ? STATE_UNKNOWN : STATE_NO;
    else if (value_integer(schema->slots[SLOT_LOCK], &since) && since >= 0)
        entry->locked = since > 0 ? STATE_YES : STATE_NO;
    else
        entry->locked = STATE_UNKNOWN;
}

/* accountExpires and the logon times: 0 and the greatest number mean never (MS-ADA1 section 2.2).
 */
static int64_t filetime_or_never(Text value, uint32_t flag, uint32_t *flags)
{
    int64_t number;

    if (value.length == 0 ||
        (value_integer(value, &number) && (number == 0 || number == INT64_MAX)))
        return TIME_NEVER;
    return time_of(value, TIME_NEVER, flag, flags);
}

static void judge_times(const Schema *schema, DirectoryEntry *entry)
{
    const Text *slots = schema->slots;
    int64_t number;

    entry->expires_utc =
        filetime_or_never(slots[SLOT_EXPIRES], ENTRY_EXPIRES_UNREADABLE, &entry->flags);
    int64_t own = filetime_or_never(slots[SLOT_LOGON], ENTRY_LAST_LOGON_UNREADABLE, &entry->flags);
    int64_t replicated =
        filetime_or_never(slots[SLOT_LOGON_2], ENTRY_LAST_LOGON_UNREADABLE, &entry->flags);
    bool is_unreadable = (entry->flags & ENTRY_LAST_LOGON_UNREADABLE) != 0;
    entry->last_logon_utc =
        is_unreadable || schema->last_use == RECORDED_NO ? TIME_UNKNOWN : MAX(own, replicated);
    entry->last_logon_slack_seconds = LOGON_SLACK_SECONDS;

    Text changed = slots[SLOT_PASSWORD_CHANGED];
    bool must_change = value_integer(changed, &number) && number == 0;
    entry->password_changed_utc =
        must_change
            ? TIME_UNKNOWN
            : time_of(changed, TIME_UNKNOWN, ENTRY_PASSWORD_CHANGED_UNREADABLE, &entry->flags);
}

void schema_judge_active_directory(Schema *schema, DirectoryEntry *entry)
{
    const Text *slots = schema->slots;
    int64_t number;

    fill_common(schema, entry);
    fill_sid(schema, entry);
    fill_primary_group(schema, entry);
    fill_sid_history(schema, entry);
    if (value_integer(slots[SLOT_ADMIN_COUNT], &number) && number > 0)
        entry->flags |= ENTRY_ADMIN_COUNT;
    if (entry->kind == ENTRY_GROUP) {
        /* Bit 31 is the sign: security groups are negative. */
        if (value_integer(slots[SLOT_GROUP_TYPE], &number) && (number & 0x80000000) == 0)
            entry->flags |= ENTRY_IS_DISTRIBUTION;
        return;
    }
    if (entry->kind == ENTRY_FOREIGN)
        return;
    if ((schema->classes & CLASS_SERVICE) != 0)
        entry->flags |= ENTRY_IS_SERVICE;
    judge_account_control(schema, entry);
    judge_lockout(schema, entry);
    judge_times(schema, entry);
}
