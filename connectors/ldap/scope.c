#include "ldap/scope.h"
#include "ldap/held.h"

#define CONDITIONS_A_SEARCH 100

typedef struct ScopeReader {
    DirectorySearch *search;
    const Schema *schema;
    const char *const *bases;
    GHashTable *handed, *expanded;       /* DNs as the server spells them */
    GPtrArray *by_dn, *by_name, *by_sid; /* attributes, of the schema */
    GPtrArray *by_owner;                 /* attributes that name owners */
    GPtrArray *conditions;               /* of the next level of groups */
    GArray *ends;       /* (element-type guint) in conditions, where those of an entry end */
    GPtrArray *owned;   /* conditions of what is owned; NULL = it is not wanted */
    HeldGroups *held;   /* NULL: the server sends all members, so groups go on as they come */
    bool must_show_why; /* of members only those are sent that were asked for, and one was */
    char *unexplained;  /* a group that did not */
    bool is_probe;      /* what comes is not in scope */
    bool shows_use;
    uint64_t n_accounts;
} ScopeReader;

/* ---- Filters ---- */

void directory_scope_condition(GPtrArray *conditions, const char *attribute, Text value)
{
    struct berval raw = {.bv_len = value.length, .bv_val = (char *)(uintptr_t)value.data};
    struct berval escaped = {0};

    if (value.length == 0 || ldap_bv2escaped_filter_value(&raw, &escaped) != 0)
        return;
    g_ptr_array_add(conditions, g_strdup_printf("(%s=%s)", attribute, escaped.bv_val));
    ldap_memfree(escaped.bv_val);
}

static void add_key(GPtrArray *conditions, GHashTable *known, const char *attribute,
                    const char *value)
{
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);

    directory_scope_condition(made, attribute, text_of(value));
    for (guint i = 0; i < made->len; i++) {
        char *condition = g_strdup(g_ptr_array_index(made, i));
        if (g_hash_table_add(known, condition))
            g_ptr_array_add(conditions, g_strdup(condition));
    }
}

GPtrArray *directory_scope_conditions(const Schema *schema, const Scope *scope)
{
    GPtrArray *conditions = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (size_t i = 0; i < scope->n_keys; i++) {
        const char *value = scope->keys[i].value;
        /* Most servers compare by such spellings themselves; not all, and not all attributes. */
        g_autofree char *lower = g_utf8_strdown(value, -1);
        g_autofree char *composed = g_utf8_normalize(value, -1, G_NORMALIZE_NFKC);
        g_autofree char *decomposed = g_utf8_normalize(value, -1, G_NORMALIZE_NFD);
        const char *const spellings[] = {value, lower, composed, decomposed};
        g_autoptr(GPtrArray) attributes = g_ptr_array_new();
        schema_attributes_of(schema, scope->keys[i].field, attributes);
        for (guint a = 0; a < attributes->len; a++) {
            for (size_t s = 0; s < G_N_ELEMENTS(spellings); s++)
                add_key(conditions, known, g_ptr_array_index(attributes, a), spellings[s]);
        }
    }
    return conditions;
}

/* "(&(|…)KIND)" of a part of the conditions. The kind comes last: a server goes through its indexes
 * in this order and stops where nothing is left, and everything is of some kind. */
static char *either_of(const char *kind, const GPtrArray *conditions, guint begin, guint end)
{
    GString *filter = g_string_new("(&(|");

    for (guint i = begin; i < end; i++)
        g_string_append(filter, g_ptr_array_index(conditions, i));
    g_string_append_printf(filter, ")%s)", kind);
    return g_string_free(filter, FALSE);
}

/* ---- Entries ---- */

static void add_listed(ScopeReader *reader, const GPtrArray *attributes, Text value)
{
    for (guint i = 0; i < attributes->len; i++)
        directory_scope_condition(reader->conditions, g_ptr_array_index(attributes, i), value);
}

/* memberUid tells upper from lower case on the server, intake does not. */
static void add_listed_name(ScopeReader *reader, Text name)
{
    g_autofree char *lower = g_ascii_strdown(name.data, (gssize)name.length);

    add_listed(reader, reader->by_name, name);
    if (memcmp(lower, name.data, name.length) != 0)
        add_listed(reader, reader->by_name, text_of(lower));
}

/* The conditions since the last end belong to one entry. */
static void end_entry(ScopeReader *reader)
{
    g_array_append_val(reader->ends, reader->conditions->len);
}

/* Entries of other directories, and what stands for them in this one (MS-ADTS: a foreign security
 * principal has the SID of whom it stands for). */
static void expand_elsewhere(ScopeReader *reader, const Scope *scope, GPtrArray *foreign)
{
    for (size_t i = 0; scope->dns != NULL && scope->dns[i] != NULL; i++) {
        add_listed(reader, reader->by_dn, text_of(scope->dns[i]));
        end_entry(reader);
    }
    for (size_t i = 0; scope->sids != NULL && scope->sids[i] != NULL; i++) {
        add_listed(reader, reader->by_sid, text_of(scope->sids[i]));
        end_entry(reader);
        directory_scope_condition(foreign, "objectSid", text_of(scope->sids[i]));
    }
}

/* Attributes of DN syntax (RFC 4519, MS-ADA2): another text is no value of theirs. */
static bool holds_dns(const char *attribute)
{
    static const char *const names[] = {"owner", "managedBy", "manager", "secretary", "seeAlso"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(attribute, names[i]) == 0)
            return true;
    }
    return false;
}

static void add_owner(ScopeReader *reader, Text owner, bool is_dn)
{
    for (guint i = 0; reader->owned != NULL && i < reader->by_owner->len; i++) {
        const char *attribute = g_ptr_array_index(reader->by_owner, i);
        if (is_dn || !holds_dns(attribute))
            directory_scope_condition(reader->owned, attribute, owner);
    }
}

/* Which groups list this entry is the next level's question. */
static void expand(ScopeReader *reader, const DirectoryEntry *entry)
{
    add_listed(reader, reader->by_dn, entry->dn);
    add_listed(reader, reader->by_sid, entry->sid);
    if (entry->kind != ENTRY_ACCOUNT)
        return;
    add_listed_name(reader, entry->name);
    directory_scope_condition(reader->conditions, "objectSid", entry->primary_group_sid);
    if (entry->gid_number >= 0) {
        g_autofree char *gid = g_strdup_printf("%" G_GINT64_FORMAT, entry->gid_number);
        directory_scope_condition(reader->conditions, "gidNumber", text_of(gid));
    }
}

/* It lists what it was asked for by, or is the primary group of an account. */
static bool shows_why(const DirectoryEntry *group)
{
    return group->n_members + group->n_member_names + group->n_member_sids > 0 ||
           group->gid_number >= 0 || group->sid.length > 0;
}

static void hold(ScopeReader *reader, const DirectoryEntry *group)
{
    if (reader->must_show_why && reader->unexplained == NULL && !shows_why(group))
        reader->unexplained = g_strndup(group->dn.data, group->dn.length);
    held_groups_add(reader->held, group);
}

/* Two entries of one DN would be refused, so each goes to the sink once. */
static bool visit(gpointer data, const DirectoryEntry *entry)
{
    ScopeReader *reader = data;
    char *dn = g_strndup(entry->dn.data, entry->dn.length);

    if (entry->kind == ENTRY_ACCOUNT && !reader->is_probe) {
        reader->n_accounts++;
        reader->shows_use |= entry->last_logon_utc != TIME_UNKNOWN;
        add_owner(reader, entry->dn, true);
        add_owner(reader, entry->name, false);
    }
    if (!reader->is_probe && g_hash_table_add(reader->expanded, g_strdup(dn))) {
        expand(reader, entry);
        end_entry(reader);
    }
    if (reader->held != NULL && entry->kind == ENTRY_GROUP && !reader->is_probe) {
        hold(reader, entry);
        g_free(dn);
        return false;
    }
    return g_hash_table_add(reader->handed, dn);
}

/* ---- Searches ---- */

static bool read_filter(ScopeReader *reader, const char *filter, GError **error)
{
    directory_search_set_filter(reader->search, filter);
    for (size_t i = 0; reader->bases[i] != NULL; i++) {
        if (!directory_search_read(reader->search, reader->bases[i], error))
            return false;
    }
    return true;
}

/* Canaries come with the first chunk: each by its DN, whatever it is. */
static char *accounts_filter(const ScopeReader *reader, const GPtrArray *keys, guint begin,
                             const GPtrArray *canaries)
{
    guint end = MIN(begin + CONDITIONS_A_SEARCH, keys->len);
    GString *filter = g_string_new("(|");

    if (end > begin) {
        g_autofree char *accounts =
            either_of(schema_filter_of(reader->schema, ENTRY_ACCOUNT), keys, begin, end);
        g_string_append(filter, accounts);
    }
    for (guint i = 0; begin == 0 && i < canaries->len; i++)
        g_string_append(filter, g_ptr_array_index(canaries, i));
    g_string_append_c(filter, ')');
    return g_string_free(filter, FALSE);
}

static bool read_accounts(ScopeReader *reader, const Scope *scope, const GPtrArray *canaries,
                          GError **error)
{
    g_autoptr(GPtrArray) keys = directory_scope_conditions(reader->schema, scope);

    for (guint begin = 0; begin < keys->len || (begin == 0 && canaries->len > 0);
         begin += CONDITIONS_A_SEARCH) {
        g_autofree char *filter = accounts_filter(reader, keys, begin, canaries);
        if (!read_filter(reader, filter, error))
            return false;
    }
    return true;
}

/* All entries of one kind that fit one of the conditions. */
static bool read_kind(ScopeReader *reader, const char *kind, const GPtrArray *conditions,
                      GError **error)
{
    for (guint begin = 0; begin < conditions->len; begin += CONDITIONS_A_SEARCH) {
        g_autofree char *filter =
            either_of(kind, conditions, begin, MIN(begin + CONDITIONS_A_SEARCH, conditions->len));
        if (!read_filter(reader, filter, error))
            return false;
    }
    return true;
}

static bool read_elsewhere(ScopeReader *reader, const Scope *scope, GError **error)
{
    const char *kind = schema_filter_of(reader->schema, ENTRY_FOREIGN);
    g_autoptr(GPtrArray) foreign = g_ptr_array_new_with_free_func(g_free);

    expand_elsewhere(reader, scope, foreign);
    return kind == NULL || read_kind(reader, kind, foreign, error);
}

static void add_owners(ScopeReader *reader, const Scope *scope)
{
    for (size_t i = 0; scope->dns != NULL && scope->dns[i] != NULL; i++)
        add_owner(reader, text_of(scope->dns[i]), true);
    for (size_t i = 0; scope->owners != NULL && scope->owners[i] != NULL; i++)
        add_owner(reader, text_of(scope->owners[i]), false);
}

/* ---- Of members only those that matter ---- */

static bool is_member_attribute(const ScopeReader *reader, const char *name)
{
    const GPtrArray *const lists[] = {reader->by_dn, reader->by_name, reader->by_sid};

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (g_ptr_array_find_with_equal_func((GPtrArray *)(uintptr_t)lists[i], name, g_str_equal,
                                             NULL))
            return true;
    }
    return false;
}

/* "((cn=*)…(member=DN)…)": everything but members, and of these the ones in the conditions (RFC
 * 3876). */
static char *values_of(const ScopeReader *reader, const GPtrArray *conditions, guint begin,
                       guint end)
{
    GString *values = g_string_new("(");

    for (const char *const *name = schema_wanted(reader->schema); *name != NULL; name++) {
        if (!is_member_attribute(reader, *name))
            g_string_append_printf(values, "(%s=*)", *name);
    }
    for (guint i = begin; i < end; i++)
        g_string_append(values, g_ptr_array_index(conditions, i));
    g_string_append_c(values, ')');
    return g_string_free(values, FALSE);
}

static bool refuse_unexplained(const ScopeReader *reader, GError **error)
{
    if (reader->unexplained == NULL)
        return true;
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                "%s was found by its members but shows none of them: the reader may search for "
                "them and not read them, or the server keeps back too much; nothing of this pull "
                "is used",
                reader->unexplained);
    return false;
}

static bool visit_listing(gpointer data, const DirectoryEntry *entry)
{
    ScopeReader *reader = data;

    reader->must_show_why = true;
    bool goes_on = visit(reader, entry);
    reader->must_show_why = false;
    return goes_on;
}

static void clear_question(gpointer data)
{
    const SearchQuestion *question = data;

    g_free((char *)(uintptr_t)question->filter);
    g_free((char *)(uintptr_t)question->values);
}

/* Which groups list an entry is a question of its own, and all of them are asked at once. A server
 * goes through the members of every group that comes into question, condition by condition: asked
 * for thirty entries in one search, a group of everybody took it thirty times as long, mostly to
 * find that it lists none of the others. */
static void add_questions(const ScopeReader *reader, const GPtrArray *level, const GArray *ends,
                          GArray *questions)
{
    const char *groups = schema_filter_of(reader->schema, ENTRY_GROUP);
    guint begin = 0;

    for (guint i = 0; i < ends->len; i++) {
        guint end = g_array_index(ends, guint, i);
        if (end > begin) {
            const SearchQuestion question = {.filter = either_of(groups, level, begin, end),
                                             .values = values_of(reader, level, begin, end),
                                             .visitor = visit_listing};
            g_array_append_val(questions, question);
        }
        begin = end;
    }
}

/* What is owned need not list anybody, and its members are asked for by others. */
static void add_owned_questions(const ScopeReader *reader, const GPtrArray *owned,
                                GArray *questions)
{
    g_autofree char *either =
        g_strdup_printf("(|%s%s)", schema_filter_of(reader->schema, ENTRY_ACCOUNT),
                        schema_filter_of(reader->schema, ENTRY_GROUP));

    for (guint begin = 0; begin < owned->len; begin += CONDITIONS_A_SEARCH) {
        const SearchQuestion question = {
            .filter = either_of(either, owned, begin, MIN(begin + CONDITIONS_A_SEARCH, owned->len)),
            .values = values_of(reader, owned, 0, 0),
            .visitor = visit};
        g_array_append_val(questions, question);
    }
}

/* The groups that list one of the level, and what is owned. */
static bool read_narrowed(ScopeReader *reader, const GPtrArray *level, const GArray *ends,
                          const GPtrArray *owned, GError **error)
{
    g_autoptr(GArray) questions = g_array_new(FALSE, FALSE, sizeof(SearchQuestion));

    g_array_set_clear_func(questions, clear_question);
    add_questions(reader, level, ends, questions);
    if (owned != NULL)
        add_owned_questions(reader, owned, questions);
    return directory_search_read_together(reader->search,
                                          (const SearchQuestion *)(const void *)questions->data,
                                          questions->len, reader->bases, error) &&
           refuse_unexplained(reader, error);
}

/* The first level of groups, and what the accounts own: one search where the conditions are few. */
static bool read_first(ScopeReader *reader, const GPtrArray *level, const GPtrArray *owned,
                       GError **error)
{
    const char *groups = schema_filter_of(reader->schema, ENTRY_GROUP);
    g_autofree char *either =
        g_strdup_printf("(|%s%s)", schema_filter_of(reader->schema, ENTRY_ACCOUNT), groups);

    if (level->len == 0 || level->len + owned->len > CONDITIONS_A_SEARCH)
        return read_kind(reader, groups, level, error) && read_kind(reader, either, owned, error);
    g_autofree char *lists = either_of(groups, level, 0, level->len);
    g_autofree char *owns = either_of(either, owned, 0, owned->len);
    g_autofree char *filter = g_strdup_printf("(|%s%s)", lists, owns);
    return read_filter(reader, filter, error);
}

static bool read_level(ScopeReader *reader, const char *kind, GError **error)
{
    g_autoptr(GPtrArray) level = g_steal_pointer(&reader->conditions);
    g_autoptr(GArray) ends = g_steal_pointer(&reader->ends);
    g_autoptr(GPtrArray) owned = g_steal_pointer(&reader->owned);

    reader->conditions = g_ptr_array_new_with_free_func(g_free);
    reader->ends = g_array_new(FALSE, FALSE, sizeof(guint));
    if (reader->held != NULL)
        return read_narrowed(reader, level, ends, owned, error);
    return owned != NULL && owned->len > 0 ? read_first(reader, level, owned, error)
                                           : read_kind(reader, kind, level, error);
}

static bool read_groups(ScopeReader *reader, const Scope *scope, GError **error)
{
    const char *kind = schema_filter_of(reader->schema, ENTRY_GROUP);

    add_owners(reader, scope);
    while (kind != NULL &&
           (reader->conditions->len > 0 || (reader->owned != NULL && reader->owned->len > 0))) {
        if (!read_level(reader, kind, error))
            return false;
    }
    return true;
}

static bool probe(ScopeReader *reader, const char *filter, bool *ret_is_found, GError **error)
{
    bool is_found = false, is_read = true;

    reader->is_probe = true;
    for (size_t i = 0; reader->bases[i] != NULL && is_read && !is_found; i++)
        is_read =
            directory_search_probe(reader->search, reader->bases[i], filter, &is_found, error);
    reader->is_probe = false;
    *ret_is_found = is_found;
    return is_read;
}

/* Nobody found: because there is nobody, or because the reader may see nothing? */
static bool must_see_somebody(ScopeReader *reader, GError **error)
{
    bool is_found;

    if (!probe(reader, schema_filter_of(reader->schema, ENTRY_ACCOUNT), &is_found, error))
        return false;
    if (!is_found)
        g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_CUT,
                    "success, but not a single account: an empty answer is never trusted; check "
                    "base, filters and what the reader may see");
    return is_found;
}

/* Accounts that were never used are told from a server that records no use by any account that was.
 * The answer is worth one search; a server that refuses it leaves the use unknown. */
static void look_for_use(ScopeReader *reader)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new();
    g_autoptr(GString) filter = g_string_new("(&");
    bool is_found;

    schema_attributes_of(reader->schema, "last_logon", attributes);
    if (attributes->len == 0)
        return;
    g_string_append_printf(filter, "%s(|", schema_filter_of(reader->schema, ENTRY_ACCOUNT));
    for (guint i = 0; i < attributes->len; i++)
        g_string_append_printf(filter, "(%s=*)", (const char *)g_ptr_array_index(attributes, i));
    g_string_append(filter, "))");
    probe(reader, filter->str, &is_found, NULL);
}

static bool read_scope(ScopeReader *reader, const SettingsGroup *settings, const char *server,
                       const Scope *scope, GError **error)
{
    const char *dn = strcmp(server, "active-directory") == 0 ? "distinguishedName" : "entryDN";
    const char *const *canaries = settings_texts(settings, "canaries");
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; canaries[i] != NULL; i++)
        directory_scope_condition(conditions, dn, text_of(canaries[i]));
    if (!read_accounts(reader, scope, conditions, error))
        return false;
    if (reader->n_accounts == 0 && conditions->len == 0 && !must_see_somebody(reader, error))
        return false;
    if (reader->n_accounts > 0 && !reader->shows_use &&
        strcmp(settings_text(settings, "last_use"), "auto") == 0)
        look_for_use(reader);
    return read_elsewhere(reader, scope, error) && read_groups(reader, scope, error);
}

static void give_group(gpointer search, const DirectoryEntry *group)
{
    directory_search_hand_over(search, group);
}

bool directory_scope_read(DirectorySearch *search, const Schema *schema,
                          const SettingsGroup *settings, const char *server, const Scope *scope,
                          GError **error)
{
    g_autoptr(GHashTable) handed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) expanded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) by_dn = g_ptr_array_new();
    g_autoptr(GPtrArray) by_name = g_ptr_array_new();
    g_autoptr(GPtrArray) by_sid = g_ptr_array_new();
    g_autoptr(GPtrArray) by_owner = g_ptr_array_new();
    ScopeReader reader = {.search = search,
                          .schema = schema,
                          .bases = settings_texts(settings, "base"),
                          .handed = handed,
                          .expanded = expanded,
                          .by_dn = by_dn,
                          .by_name = by_name,
                          .by_sid = by_sid,
                          .by_owner = by_owner,
                          .conditions = g_ptr_array_new_with_free_func(g_free),
                          .ends = g_array_new(FALSE, FALSE, sizeof(guint)),
                          .owned = scope->owners != NULL ? g_ptr_array_new_with_free_func(g_free)
                                                         : NULL};

    g_autoptr(HeldGroups) held =
        directory_search_has_matched_values(search) ? held_groups_new() : NULL;

    reader.held = held;
    schema_member_attributes(schema, MEMBERS_BY_DN, by_dn);
    schema_member_attributes(schema, MEMBERS_BY_NAME, by_name);
    schema_member_attributes(schema, MEMBERS_BY_SID, by_sid);
    schema_attributes_of(schema, "owner", by_owner);
    directory_search_set_visitor(search, visit, &reader);
    bool is_whole = read_scope(&reader, settings, server, scope, error);
    directory_search_set_visitor(search, NULL, NULL);
    directory_search_set_filter(search, NULL);
    if (is_whole && held != NULL)
        held_groups_give(held, give_group, search);
    g_free(reader.unexplained);
    g_ptr_array_unref(reader.conditions);
    g_array_unref(reader.ends);
    g_clear_pointer(&reader.owned, g_ptr_array_unref);
    return is_whole;
}
