/* A few accounts and their groups across several directories: an account of one is a member in
 * another by its DN (one forest), or by its SID (a foreign security principal, an external
 * member). */
#include "intake/parts.h"

#define MAX_ROUNDS 16

/* Entries that were found, each once; texts of the sinks' pools. */
typedef struct Found {
    GPtrArray *dns, *sids;
    GHashTable *known;
} Found;

static void found_init(Found *found)
{
    found->dns = g_ptr_array_new();
    found->sids = g_ptr_array_new();
    found->known = g_hash_table_new(g_str_hash, g_str_equal);
}

static void found_clear(Found *found)
{
    g_ptr_array_unref(found->dns);
    g_ptr_array_unref(found->sids);
    g_hash_table_unref(found->known);
}

static void add_texts(Found *found, GPtrArray *list, const TextPool *text, const TextRef *column,
                      uint32_t n)
{
    for (uint32_t row = 0; row < n; row++) {
        const char *value = text_pool_get(text, column[row]);
        if (*value != '\0' && g_hash_table_add(found->known, (gpointer)(uintptr_t)value))
            g_ptr_array_add(list, (gpointer)(uintptr_t)value);
    }
}

static bool is_scoped(const Sink *sink)
{
    return sink->options.scope != NULL && sink->record.status == SOURCE_COMPLETE;
}

/* What all others but this one have found. */
static void find_elsewhere(const Intake *intake, uint32_t index, Found *found)
{
    for (uint32_t i = 0; i < intake->n; i++) {
        const Sink *sink = intake->sinks[i];
        if (i == index || !is_scoped(sink))
            continue;
        const Accounts *accounts = &sink->directory->accounts;
        const Groups *groups = &sink->directory->groups;
        add_texts(found, found->dns, sink->text, accounts->dn, accounts->n);
        add_texts(found, found->sids, sink->text, accounts->sid, accounts->n);
        add_texts(found, found->dns, sink->text, groups->dn, groups->n);
        add_texts(found, found->sids, sink->text, groups->sid, groups->n);
    }
    g_ptr_array_add(found->dns, NULL);
    g_ptr_array_add(found->sids, NULL);
}

static void pull_again(Intake *intake, const Settings *settings, uint32_t index, const Scope *scope,
                       const Found *found)
{
    Scope wider = *scope;
    wider.dns = (const char *const *)found->dns->pdata;
    wider.sids = (const char *const *)found->sids->pdata;
    SinkOptions options = intake->sinks[index]->options;
    options.scope = &wider;
    options.beside = intake->sinks[index]->text;
    Sink *sink = sink_new(&options);
    sink_pull(sink, &settings->sources[index]);
    sink->options.scope = scope;
    sink_free(intake->sinks[index]);
    intake->sinks[index] = sink;
}

/* A source asked for more finds what it found before, so the numbers only grow. */
static bool follow_once(Intake *intake, const Settings *settings, const Scope *scope, guint *asked)
{
    bool is_new = false;
    for (uint32_t i = 0; i < intake->n; i++) {
        if (!is_scoped(intake->sinks[i]))
            continue;
        Found found;
        found_init(&found);
        find_elsewhere(intake, i, &found);
        guint n = g_hash_table_size(found.known);
        if (n > asked[i]) {
            asked[i] = n;
            is_new = true;
            pull_again(intake, settings, i, scope, &found);
        }
        found_clear(&found);
    }
    return is_new;
}

void scope_follow(Intake *intake, const Settings *settings, const Scope *scope)
{
    g_autofree guint *asked = g_new0(guint, (gsize)intake->n + 1);
    for (int round = 0; round < MAX_ROUNDS; round++)
        if (!follow_once(intake, settings, scope, asked))
            return;
    for (uint32_t i = 0; i < intake->n; i++)
        if (is_scoped(intake->sinks[i]))
            sink_fail(intake->sinks[i],
                      "memberships across directories do not end after %d rounds; nothing of this "
                      "source is used",
                      MAX_ROUNDS);
}
