#include "ldap/schema_private.h"

#define MAX_VALUE_BYTES ((size_t)1 << 20)

/* ---- Rules ---- */

/* Attribute names are ASCII and compare without case: | 32 folds letters and keeps digits and
 * hyphens apart. */
static size_t name_hash(const char *name, size_t length)
{
    size_t hash = length * 131;

    hash = hash * 31 + ((unsigned char)name[0] | 32);
    hash = hash * 31 + ((unsigned char)name[length / 2] | 32);
    hash = hash * 31 + ((unsigned char)name[length - 1] | 32);
    hash = hash * 31 + ((unsigned char)name[length / 4] | 32);
    hash = hash * 31 + ((unsigned char)name[length * 3 / 4] | 32);
    return (hash ^ hash >> 11) % RULE_TABLE_SIZE;
}

static bool is_name(const SchemaRule *rule, const char *name, size_t length)
{
    return rule->length == length && (memcmp(rule->name, name, length) == 0 ||
                                      g_ascii_strncasecmp(rule->name, name, length) == 0);
}

SchemaRule **schema_rule_place(Schema *schema, const char *name, size_t length)
{
    size_t at = name_hash(name, length);

    while (schema->table[at] != NULL && !is_name(schema->table[at], name, length))
        at = (at + 1) % RULE_TABLE_SIZE;
    return &schema->table[at];
}

static bool add_rule(Schema *schema, const AttributeRow *row, GError **error)
{
    size_t length = strlen(row->name);

    if (schema->n_rules == MAX_RULES) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN,
                    "filters and attributes name more than %d attributes", MAX_RULES);
        return false;
    }
    SchemaRule **place = schema_rule_place(schema, row->name, length);
    SchemaRule *rule = &schema->rules[schema->n_rules++];
    *rule = (SchemaRule){.name = row->name,
                         .length = length,
                         .action = row->action,
                         .rank = row->rank,
                         .is_operational = row->is_operational,
                         .is_asked = !row->is_not_asked,
                         .next = *place};
    *place = rule;
    return true;
}

/* Secrets, and text that people put secrets into only when it is not asked for by name (directory
 * facts, section 9). */
static bool is_never_read(const char *attribute)
{
    static const char *const secrets[] = {"userPassword",
                                          "unixUserPassword",
                                          "unicodePwd",
                                          "supplementalCredentials",
                                          "ms-Mcs-AdmPwd",
                                          "krbPrincipalKey",
                                          "ipaNTHash",
                                          "dBCSPwd",
                                          "ntPwdHistory",
                                          "lmPwdHistory",
                                          "sambaNTPassword",
                                          "sambaLMPassword",
                                          "pwdHistory",
                                          "msDS-ManagedPassword",
                                          NULL};

    for (size_t i = 0; secrets[i] != NULL; i++) {
        if (g_ascii_strcasecmp(secrets[i], attribute) == 0)
            return true;
    }
    return g_ascii_strncasecmp(attribute, "msLAPS-", 7) == 0;
}

static bool is_attribute_name(const char *attribute)
{
    return attribute[0] != '\0' &&
           strspn(attribute, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
               strlen(attribute);
}

static bool add_mapped_field(Schema *schema, const char *field, const char *attribute,
                             GError **error)
{
    if (is_never_read(attribute) || !is_attribute_name(attribute)) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, "attributes: %s = \"%s\": %s",
                    field, attribute,
                    is_never_read(attribute) ? "this attribute holds secrets and is never read"
                                             : "not the name of an attribute");
        return false;
    }
    for (const FieldRow *row = schema_field_rows; row->name != NULL; row++) {
        if (strcmp(row->name, field) == 0) {
            return add_rule(schema,
                            &(AttributeRow){.name = attribute, .action = (unsigned char)row->slot},
                            error);
        }
    }
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, "attributes: %s is not a record field",
                field);
    return false;
}

/* Is the slot taken over by the setting `attributes`? The further places of an expiry or a last use
 * go with it. */
static bool is_mapped(const SchemaOptions *options, unsigned action)
{
    Slot slot = action == SLOT_LOGON_2 || action == SLOT_LOGON_3 ? SLOT_LOGON
                : action == SLOT_SHADOW_EXPIRE                   ? SLOT_EXPIRES
                                                                 : (Slot)action;

    for (size_t i = 0; options->fields != NULL && options->fields[i] != NULL; i++) {
        for (const FieldRow *row = schema_field_rows; row->name != NULL; row++) {
            if (row->slot == slot && strcmp(row->name, options->fields[i]) == 0)
                return true;
        }
    }
    return false;
}

static bool add_rules(Schema *schema, const SchemaOptions *options, GError **error)
{
    for (const AttributeRow *row = schema->family->attributes; row->name != NULL; row++) {
        AttributeRow copy = *row;
        if (is_mapped(options, row->action)) {
            copy.action = ACTION_MARK;
            copy.is_not_asked = true;
        }
        if (!add_rule(schema, &copy, error))
            return false;
    }
    for (size_t i = 0; options->fields != NULL && options->fields[i] != NULL; i++) {
        if (!add_mapped_field(schema, options->fields[i], options->attributes[i], error))
            return false;
    }
    return true;
}

/* ---- Making one ---- */

static bool add_filter(Schema *schema, const char *name, const char *text, Filter **ret_filter,
                       GError **error)
{
    if (text == NULL)
        return true;
    *ret_filter = filter_parse(text, error);
    if (*ret_filter == NULL) {
        g_prefix_error(error, "%s: ", name);
        return false;
    }
    g_autoptr(GPtrArray) attributes = g_ptr_array_new();
    filter_attributes(*ret_filter, attributes);
    for (guint i = 0; i < attributes->len; i++) {
        const AttributeRow row = {.name = g_ptr_array_index(attributes, i),
                                  .action = ACTION_FILTER};
        SchemaRule *known = *schema_rule_place(schema, row.name, strlen(row.name));
        while (known != NULL && known->action != ACTION_FILTER)
            known = (SchemaRule *)(uintptr_t)known->next;
        if (known == NULL && !add_rule(schema, &row, error))
            return false;
    }
    return true;
}

static void join_filters(Schema *schema, const SchemaOptions *options)
{
    const Family *family = schema->family;
    GString *all = g_string_new("(|");

    schema->filters[ENTRY_ACCOUNT] =
        options->account_filter != NULL ? options->account_filter : family->account_filter;
    schema->filters[ENTRY_GROUP] =
        options->group_filter != NULL ? options->group_filter : family->group_filter;
    schema->filters[ENTRY_COMPUTER] =
        options->computer_filter != NULL ? options->computer_filter : family->computer_filter;
    schema->filters[ENTRY_FOREIGN] = family->foreign_filter;
    for (size_t i = 0; i < G_N_ELEMENTS(schema->filters); i++) {
        if (schema->filters[i] != NULL)
            g_string_append(all, schema->filters[i]);
    }
    g_string_append_c(all, ')');
    schema->server_filter = g_string_free(all, FALSE);
}

/* Lower case without blanks round separators: enough to recognise a DN that an admin has typed. */
char *schema_fold_dn(const char *dn, size_t length)
{
    char *folded = g_malloc(length + 1);
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        bool is_after = n > 0 && strchr(",=+", folded[n - 1]) != NULL;
        size_t next = i;
        while (next < length && dn[next] == ' ')
            next++;
        bool is_before = next == length || strchr(",=+", dn[next]) != NULL;
        if (dn[i] != ' ' || (!is_after && !is_before))
            folded[n++] = g_ascii_tolower(dn[i]);
    }
    folded[n] = '\0';
    return folded;
}

static Recorded recorded_of(const char *choice)
{
    return choice == NULL || strcmp(choice, "auto") == 0 ? RECORDED_AUTO
           : strcmp(choice, "none") == 0                 ? RECORDED_NO
                                                         : RECORDED_YES;
}

static void note_wanted(Schema *schema)
{
    schema->wanted = g_ptr_array_new();
    for (size_t i = 0; i < schema->n_rules; i++) {
        const SchemaRule *rule = &schema->rules[i];
        bool is_new = rule->is_asked;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = !schema->rules[j].is_asked ||
                     !is_name(rule, schema->rules[j].name, schema->rules[j].length);
        if (is_new)
            g_ptr_array_add(schema->wanted, (gpointer)(uintptr_t)rule->name);
    }
    g_ptr_array_add(schema->wanted, NULL);
}

static void add_canaries(Schema *schema, const char *const *canaries)
{
    schema->n_canaries = canaries != NULL ? g_strv_length((char **)(uintptr_t)canaries) : 0;
    schema->n_canaries_unseen = schema->n_canaries;
    schema->canaries = g_new0(Canary, schema->n_canaries + 1);
    for (size_t i = 0; i < schema->n_canaries; i++) {
        schema->canaries[i] =
            (Canary){.dn = canaries[i], .folded = schema_fold_dn(canaries[i], strlen(canaries[i]))};
    }
}

static const Family *family_find(const char *server)
{
    const Family *family = schema_families;

    while (family->server != NULL && strcmp(family->server, server) != 0)
        family++;
    return family->server != NULL ? family : NULL;
}

Schema *schema_new(const SchemaOptions *options, GError **error)
{
    g_autoptr(Schema) schema = g_new0(Schema, 1);

    schema->family = family_find(options->server);
    if (schema->family == NULL) {
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_FORBIDDEN, "server: \"%s\" is not known",
                    options->server);
        return NULL;
    }
    schema->lock_state = recorded_of(options->lock_state);
    schema->last_use = recorded_of(options->last_use);
    schema->max_value_bytes =
        options->max_value_bytes != 0 ? options->max_value_bytes : MAX_VALUE_BYTES;
    schema->filter_values = g_array_new(FALSE, FALSE, sizeof(FilterValue));
    schema->sid_history_text = g_string_new(NULL);
    if (!add_rules(schema, options, error) ||
        !add_filter(schema, "account_filter", options->account_filter, &schema->account_filter,
                    error) ||
        !add_filter(schema, "group_filter", options->group_filter, &schema->group_filter, error) ||
        !add_filter(schema, "computer_filter", options->computer_filter, &schema->computer_filter,
                    error))
        return NULL;
    add_canaries(schema, options->canaries);
    note_wanted(schema);
    join_filters(schema, options);
    return g_steal_pointer(&schema);
}

/* An array of the attributes that the map gives for its keys; free with g_free(). */
static const char **mapped_attributes(const SettingsGroup *settings, const char *const *fields)
{
    size_t n = g_strv_length((char **)(uintptr_t)fields);
    const char **attributes = g_new0(const char *, n + 1);

    for (size_t i = 0; i < n; i++)
        attributes[i] = settings_map_value(settings, "attributes", fields[i]);
    return attributes;
}

Schema *schema_new_from_settings(const SettingsGroup *settings, const char *server, GError **error)
{
    const char *const *fields = settings_map_keys(settings, "attributes");
    g_autofree const char **attributes = mapped_attributes(settings, fields);
    SchemaOptions options = {
        .server = server != NULL ? server : settings_text(settings, "server"),
        .account_filter = settings_text(settings, "account_filter"),
        .group_filter = settings_text(settings, "group_filter"),
        .computer_filter = settings_text(settings, "computer_filter"),
        .fields = fields,
        .attributes = attributes,
        .canaries = settings_texts(settings, "canaries"),
        .lock_state = settings_text(settings, "lock_state"),
        .last_use = settings_text(settings, "last_use"),
        .max_value_bytes = (size_t)settings_int(settings, "max_value_bytes"),
    };
    return schema_new(&options, error);
}

void schema_validate(const SettingsGroup *settings, GPtrArray *problems)
{
    const char *server = settings_text(settings, "server");
    bool is_auto = server == NULL || strcmp(server, "auto") == 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) schema =
        schema_new_from_settings(settings, is_auto ? "openldap" : server, &error);

    if (schema == NULL)
        g_ptr_array_add(problems, g_strdup(error->message));
}

void schema_free(Schema *schema)
{
    if (schema == NULL)
        return;
    filter_free(schema->account_filter);
    filter_free(schema->group_filter);
    filter_free(schema->computer_filter);
    for (size_t i = 0; i < schema->n_canaries; i++)
        g_free(schema->canaries[i].folded);
    g_free(schema->canaries);
    g_free(schema->server_filter);
    g_free(schema->range_name);
    g_clear_pointer(&schema->wanted, g_ptr_array_unref);
    g_clear_pointer(&schema->policies, g_hash_table_unref);
    g_free(schema->members.texts);
    g_free(schema->member_names.texts);
    g_free(schema->member_sids.texts);
    g_free(schema->sid_history.texts);
    g_clear_pointer(&schema->filter_values, g_array_unref);
    if (schema->sid_history_text != NULL)
        g_string_free(schema->sid_history_text, TRUE);
    g_free(schema);
}

static void join_policy(LockPolicy *every, const LockPolicy *policy)
{
    every->is_ambiguous |= every->seconds != policy->seconds;
    if (every->locks != policy->locks)
        every->locks = STATE_UNKNOWN;
}

void schema_add_policy(Schema *schema, Text dn, bool is_locking, int64_t lock_seconds)
{
    LockPolicy *policy = g_new(LockPolicy, 1);

    *policy = (LockPolicy){.locks = is_locking ? STATE_YES : STATE_NO, .seconds = lock_seconds};
    if (schema->policies == NULL) {
        schema->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        schema->every_policy = *policy;
    } else {
        join_policy(&schema->every_policy, policy);
    }
    g_hash_table_insert(schema->policies, schema_fold_dn(dn.data, dn.length), policy);
}

const char *const *schema_wanted(const Schema *schema)
{
    return (const char *const *)schema->wanted->pdata;
}

void schema_ask_ranges(Schema *schema, size_t n_values)
{
    schema->range_values = n_values;
    for (guint i = 0; schema->wanted->pdata[i] != NULL && n_values > 0; i++) {
        char **name = (char **)&schema->wanted->pdata[i];
        if (g_ascii_strcasecmp(*name, "member") == 0) {
            schema->range_name = g_strdup_printf("%s;range=0-%zu", *name, n_values - 1);
            *name = schema->range_name;
        }
    }
}

size_t schema_range_values(const Schema *schema)
{
    return schema->range_values;
}

const char *schema_server_filter(const Schema *schema)
{
    return schema->server_filter;
}

const char *schema_filter_of(const Schema *schema, EntryKind kind)
{
    return schema->filters[kind];
}

static void add_attributes(const Schema *schema, unsigned action, GPtrArray *attributes)
{
    for (size_t i = 0; i < schema->n_rules; i++) {
        if (schema->rules[i].action == action && schema->rules[i].is_asked)
            g_ptr_array_add(attributes, (gpointer)(uintptr_t)schema->rules[i].name);
    }
}

void schema_attributes_of(const Schema *schema, const char *field, GPtrArray *attributes)
{
    for (const FieldRow *row = schema_field_rows; row->name != NULL; row++) {
        if (strcmp(row->name, field) == 0)
            add_attributes(schema, row->slot, attributes);
    }
    if (strcmp(field, "display_name") == 0) { /* an entry without one shows its cn */
        add_attributes(schema, SLOT_CN, attributes);
    } else if (strcmp(field, "last_logon") == 0) {
        add_attributes(schema, SLOT_LOGON_2, attributes);
        add_attributes(schema, SLOT_LOGON_3, attributes);
    }
}

void schema_member_attributes(const Schema *schema, SchemaMembers by, GPtrArray *attributes)
{
    static const unsigned actions[] = {ACTION_MEMBER, ACTION_MEMBER_NAME, ACTION_MEMBER_SID};

    add_attributes(schema, actions[by], attributes);
    if (by == MEMBERS_BY_DN)
        add_attributes(schema, ACTION_UNIQUE_MEMBER, attributes);
}
