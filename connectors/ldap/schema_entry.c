/* One entry at a time: its values, its kind, and what is kept of it. */
#include "ldap/schema_private.h"

#define RANK_WITH_OPTION 64 /* cn;lang-de stands in for cn where there is no plain one */

/* ---- Values ---- */

void text_list_add(TextList *list, Text text)
{
    if (G_UNLIKELY(list->n == list->capacity)) {
        list->capacity = MAX(16, list->capacity * 2);
        list->texts = g_renew(Text, list->texts, list->capacity);
    }
    list->texts[list->n++] = text;
}

static void look_for_canary(Schema *schema, Text dn)
{
    g_autofree char *folded = NULL;

    for (size_t i = 0; i < schema->n_canaries; i++) {
        Canary *canary = &schema->canaries[i];
        if (canary->was_seen || dn.length == 0 || g_ascii_tolower(dn.data[0]) != canary->folded[0])
            continue;
        folded = folded != NULL ? folded : schema_fold_dn(dn.data, dn.length);
        if (strcmp(folded, canary->folded) == 0) {
            canary->was_seen = true;
            schema->n_canaries_unseen--;
        }
    }
}

void schema_begin(Schema *schema, Text dn)
{
    schema->dn = dn;
    memset(schema->slots, 0, sizeof schema->slots);
    memset(schema->ranks, 255, sizeof schema->ranks);
    schema->classes = 0;
    schema->flags = 0;
    schema->members.n = schema->member_names.n = schema->member_sids.n = schema->sid_history.n = 0;
    if (schema->filter_values->len > 0)
        g_array_set_size(schema->filter_values, 0);
    schema->oversized = schema->ranged = NULL;
    if (schema->n_canaries_unseen > 0)
        look_for_canary(schema, dn);
}

/* "member;range=0-1499": a part. "member;range=1500-*" alone would be one too, but begins above 0.
 */
static bool is_part_of_range(const char *options, size_t length)
{
    for (size_t i = 0; i + 7 <= length; i++) {
        if (options[i] == ';' && g_ascii_strncasecmp(options + i + 1, "range=", 6) == 0) {
            Text range = {options + i + 7, length - i - 7};
            return range.length < 3 || memcmp(range.data, "0-*", 3) != 0;
        }
    }
    return false;
}

static const SchemaRule *rule_with_options(Schema *schema, Text attribute, size_t length)
{
    const SchemaRule *rule = *schema_rule_place(schema, attribute.data, length);

    if (rule != NULL && is_part_of_range(attribute.data + length, attribute.length - length)) {
        schema->ranged = rule;
        return NULL;
    }
    schema->is_optional = true;
    return rule;
}

static inline bool is_spelled(const SchemaRule *rule, Text attribute)
{
    return rule != NULL && rule->length == attribute.length &&
           memcmp(rule->name, attribute.data, attribute.length) == 0;
}

const SchemaRule *schema_rule(Schema *schema, Text attribute)
{
    SchemaRule *last = schema->last_rule;

    schema->is_optional = false;
    if (is_spelled(last, attribute))
        return last;
    if (last != NULL && is_spelled(last->follower, attribute)) {
        schema->last_rule = last->follower;
        return last->follower;
    }
    if (attribute.length == 0)
        return NULL;
    const char *options = memchr(attribute.data, ';', attribute.length);
    if (G_UNLIKELY(options != NULL))
        return options == attribute.data
                   ? NULL
                   : rule_with_options(schema, attribute, (size_t)(options - attribute.data));
    SchemaRule *rule = *schema_rule_place(schema, attribute.data, attribute.length);
    if (rule != NULL && last != NULL)
        last->follower = rule;
    schema->last_rule = rule != NULL ? rule : last;
    return rule;
}

static unsigned class_bits(const ClassRow *row, Text name)
{
    for (; row->name != NULL; row++) {
        if (row->length == name.length && value_is(name, row->name))
            return row->bits;
    }
    return 0;
}

static void add_multiple(Schema *schema, const SchemaRule *rule, Text value)
{
    switch ((Action)rule->action) {
    case ACTION_CLASS:
        schema->classes |= CLASS_ANY | class_bits(schema->family->classes, value);
        break;
    case ACTION_MEMBER:
        text_list_add(&schema->members, value);
        break;
    case ACTION_UNIQUE_MEMBER:
        text_list_add(&schema->members, value_without_bit_string(value));
        break;
    case ACTION_MEMBER_NAME:
        text_list_add(&schema->member_names, value);
        break;
    case ACTION_MEMBER_SID:
        text_list_add(&schema->member_sids, value);
        break;
    case ACTION_SID_HISTORY:
        text_list_add(&schema->sid_history, value);
        break;
    case ACTION_MEMBER_URL:
        schema->flags |= ENTRY_MEMBERS_NOT_EXPANDED;
        break;
    case ACTION_FILTER: {
        FilterValue kept = {.attribute = rule->name, .value = value};
        g_array_append_val(schema->filter_values, kept);
        break;
    }
    case ACTION_MARK:
        break;
    }
}

/* A slot keeps the value of the best rank. */
static inline void add_single(Schema *schema, const SchemaRule *rule, Text value)
{
    unsigned char rank = rule->rank + (schema->is_optional ? RANK_WITH_OPTION : 0);

    if (rank < schema->ranks[rule->action]) {
        schema->slots[rule->action] = value;
        schema->ranks[rule->action] = rank;
    }
}

/* The rules of an attribute, from one of its values of which there may be several. */
static G_NO_INLINE void add_rest(Schema *schema, const SchemaRule *rule, Text value)
{
    for (; rule != NULL; rule = rule->next) {
        schema->flags |= rule->is_operational * (uint32_t)ENTRY_SHOWS_OPERATIONAL;
        if (rule->action < N_SLOTS)
            add_single(schema, rule, value);
        else
            add_multiple(schema, rule, value);
    }
}

void schema_add(Schema *schema, const SchemaRule *rule, Text value)
{
    if (value.length == 0) {
        return; /* an empty value says nothing that an absent one does not */
    }
    if (G_UNLIKELY(value.length > schema->max_value_bytes)) {
        schema->oversized = rule;
        return;
    }
    for (; rule != NULL; rule = rule->next) { /* nothing here calls anything: most values */
        if (rule->action >= N_SLOTS && rule->action != ACTION_MARK) {
            add_rest(schema, rule, value);
            return;
        }
        schema->flags |= rule->is_operational * (uint32_t)ENTRY_SHOWS_OPERATIONAL;
        if (rule->action < N_SLOTS)
            add_single(schema, rule, value);
    }
}

/* ---- Verdict ---- */

static bool fits(const Schema *schema, const Filter *filter, bool by_class)
{
    return filter == NULL
               ? by_class
               : filter_matches(filter,
                                (const FilterValue *)(const void *)schema->filter_values->data,
                                schema->filter_values->len);
}

/* NULL when the entry is to be kept, else the rule that leaves it out. Order: a computer is a user
 * in Active Directory, and a managed service account is a computer. */
static const char *classify(Schema *schema, EntryKind *ret_kind)
{
    unsigned classes = schema->classes;
    bool is_service = (classes & CLASS_SERVICE) != 0;
    bool is_computer = (classes & CLASS_COMPUTER) != 0 && !is_service;
    bool is_account = is_service || ((classes & CLASS_ACCOUNT) != 0 && !is_computer);

    if (!is_service && fits(schema, schema->computer_filter, is_computer)) {
        *ret_kind = ENTRY_COMPUTER;
    } else if (fits(schema, schema->group_filter, (classes & CLASS_GROUP) != 0)) {
        *ret_kind = ENTRY_GROUP;
    } else if (fits(schema, schema->account_filter, is_account) && !is_computer) {
        *ret_kind = ENTRY_ACCOUNT;
    } else if ((classes & CLASS_FOREIGN) != 0) {
        *ret_kind = ENTRY_FOREIGN;
    } else {
        bool has_class = is_account || is_computer || (classes & CLASS_GROUP) != 0;
        return has_class ? "filtered" : "other-class";
    }
    return NULL;
}

static bool is_same(Text a, Text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static void name_entry(const Schema *schema, DirectoryEntry *entry)
{
    const Text *slots = schema->slots;
    bool is_active_directory = schema->family->judge == schema_judge_active_directory;

    entry->name = slots[SLOT_NAME];
    if (entry->kind == ENTRY_GROUP && !is_active_directory)
        entry->name = slots[SLOT_CN].length > 0 ? slots[SLOT_CN] : slots[SLOT_NAME];
    else if (entry->kind != ENTRY_ACCOUNT && entry->name.length == 0)
        entry->name = slots[SLOT_CN];
    if (entry->kind == ENTRY_COMPUTER && entry->name.length > 1 &&
        entry->name.data[entry->name.length - 1] == '$')
        entry->name.length--;
    if (entry->kind == ENTRY_GROUP && !is_same(slots[SLOT_CN], entry->name))
        entry->cn = slots[SLOT_CN];
}

static void fill_texts(const Schema *schema, DirectoryEntry *entry)
{
    const Text *slots = schema->slots;

    entry->upn = slots[SLOT_UPN];
    entry->mail = slots[SLOT_MAIL];
    entry->display_name =
        slots[SLOT_DISPLAY_NAME].length > 0 ? slots[SLOT_DISPLAY_NAME] : slots[SLOT_CN];
    entry->employee_id = slots[SLOT_EMPLOYEE_ID];
    entry->department = slots[SLOT_DEPARTMENT];
    entry->title = slots[SLOT_TITLE];
    entry->description = slots[SLOT_DESCRIPTION];
    entry->manager = slots[SLOT_MANAGER];
    entry->owner = slots[SLOT_OWNER];
    entry->serial = slots[SLOT_SERIAL];
    entry->hostname = slots[SLOT_HOSTNAME];
    if (entry->kind == ENTRY_COMPUTER && entry->hostname.length == 0)
        entry->hostname = entry->name;
    entry->members = schema->members.texts;
    entry->n_members = schema->members.n;
    entry->member_names = schema->member_names.texts;
    entry->n_member_names = schema->member_names.n;
    entry->member_sids = schema->member_sids.texts;
    entry->n_member_sids = schema->member_sids.n;
}

static SchemaVerdict refuse(Schema *schema, SchemaVerdict verdict, const SchemaRule *rule,
                            const char **ret_reason)
{
    if (verdict == SCHEMA_REJECT)
        g_snprintf(schema->reason, sizeof schema->reason,
                   "a value of %.60s is longer than max_value_bytes = %" G_GSIZE_FORMAT, rule->name,
                   schema->max_value_bytes);
    else
        g_snprintf(schema->reason, sizeof schema->reason, "%.100s", rule->name);
    *ret_reason = schema->reason;
    return verdict;
}

SchemaVerdict schema_end(Schema *schema, DirectoryEntry *ret_entry, const char **ret_reason)
{
    EntryKind kind = ENTRY_ACCOUNT;
    const char *rule = classify(schema, &kind);

    if (rule == NULL && schema->family->place_rule != NULL)
        rule = schema->family->place_rule(schema->dn);
    if (rule != NULL) {
        *ret_reason = rule;
        return SCHEMA_EXCLUDE;
    }
    if (schema->ranged != NULL)
        return refuse(schema, SCHEMA_PARTIAL, schema->ranged, ret_reason);
    if (schema->oversized != NULL)
        return refuse(schema, SCHEMA_REJECT, schema->oversized, ret_reason);
    *ret_entry = (DirectoryEntry){
        .kind = kind,
        .dn = schema->dn,
        .gid_number = -1,
        .locked_until_utc = TIME_NEVER,
        .expires_utc = TIME_NEVER,
        .created_utc = TIME_UNKNOWN,
        .changed_utc = TIME_UNKNOWN,
        .last_logon_utc = TIME_UNKNOWN,
        .password_changed_utc = TIME_UNKNOWN,
        .flags = schema->flags,
    };
    name_entry(schema, ret_entry);
    if (ret_entry->name.length == 0 && kind != ENTRY_FOREIGN) { /* which stands for its SID */
        *ret_reason = "no-name";
        return SCHEMA_EXCLUDE;
    }
    fill_texts(schema, ret_entry);
    schema->family->judge(schema, ret_entry);
    if (ret_entry->enabled_by == ENABLED_BY_UAC && schema->slots[SLOT_UAC].length > 0) {
        int64_t uac;
        if (value_integer(schema->slots[SLOT_UAC], &uac) && (uac & 0x800) != 0) {
            *ret_reason = "trust"; /* what another domain logs on with: nobody's account */
            return SCHEMA_EXCLUDE;
        }
    }
    return SCHEMA_KEEP;
}

bool schema_saw_class(const Schema *schema)
{
    return (schema->classes & CLASS_ANY) != 0;
}

bool schema_rule_is_dn(const SchemaRule *rule)
{
    return rule->action == ACTION_MEMBER || rule->action == ACTION_UNIQUE_MEMBER ||
           rule->action == SLOT_MANAGER;
}

const char *schema_missing_canary(const Schema *schema)
{
    for (size_t i = 0; i < schema->n_canaries; i++) {
        if (!schema->canaries[i].was_seen)
            return schema->canaries[i].dn;
    }
    return NULL;
}
