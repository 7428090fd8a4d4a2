#include "run/worker/who.h"

#include "controls/judgement.h"
#include "membership/path.h"
#include "model/lookup.h"

#include <string.h>

/* The keys of `web.roles`. */
static const char *const roles[] = {"admin", "hr", "auditor", "reviews"};

/* ---- which account ---- */

static bool is_same(const char *a, const char *b)
{
    g_autofree char *first = g_utf8_casefold(a, -1);
    g_autofree char *second = g_utf8_casefold(b, -1);

    return strcmp(first, second) == 0;
}

/* Whoever signs in is in a directory; a name in the accounts of an application says nothing. */
static bool may_sign_in_by(const Look *look, uint8_t source)
{
    const Reconciliation *r = &look->reconciliation;
    const SettingsGroup *web = settings_group(r->settings->root, "web");
    const char *wanted = settings_text(web, "sign_in");
    bool is_any = wanted == NULL || strcmp(wanted, "proxy") == 0;

    return r->snapshot->sources[source].provides == PROVIDES_DIRECTORY &&
           (is_any || strcmp(r->snapshot->sources[source].name, wanted) == 0);
}

uint32_t who_find(const Look *look, const char *user)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const uint32_t *person = look->reconciliation.links->person;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint32_t chosen = NONE;

    snapshot_find_accounts(snapshot, user, found);
    for (guint i = 0; i < found->len; i++) {
        uint32_t account = g_array_index(found, uint32_t, i);
        const char *name = snapshot_text(snapshot, snapshot->accounts.name[account]);
        const char *upn = snapshot_text(snapshot, snapshot->accounts.upn[account]);

        if (!may_sign_in_by(look, snapshot->accounts.source[account]) ||
            (!is_same(name, user) && !is_same(upn, user)))
            continue;
        if (chosen != NONE && (person[chosen] == NONE || person[chosen] != person[account]))
            return NONE;
        chosen = MIN(chosen, account); /* NONE is the largest */
    }
    return chosen;
}

uint32_t who_find_entry(const Look *look, const char *source, const char *key, const char *dn)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    snapshot_find_accounts(snapshot, *key != '\0' ? key : dn, found);
    for (guint i = 0; i < found->len; i++) {
        uint32_t account = g_array_index(found, uint32_t, i);
        const char *its_key = snapshot_text(snapshot, snapshot->accounts.key[account]);
        const char *its_source = snapshot->sources[snapshot->accounts.source[account]].name;

        if (strcmp(its_source, source) == 0 && (*key == '\0' || strcmp(its_key, key) == 0))
            return account;
    }
    return NONE;
}

const char *who_unusable(const Look *look, uint32_t account, int64_t now_utc)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    uint32_t person = r->links->person[account];

    if (accounts->enabled[account] == STATE_NO)
        return "the account is disabled";
    if (state_usable(STATE_YES, accounts->expires_utc[account], accounts->flags[account],
                     now_utc) == STATE_NO)
        return "the account has expired";
    if (accounts->locked[account] == STATE_YES)
        return "the account is locked";
    if (person != NONE && person_left_at(r->snapshot, person, now_utc) != TIME_NEVER)
        return "the person has left";
    return NULL;
}

/* ---- what it is ---- */

static json_t *account_json(const Look *look, uint32_t account)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const Accounts *accounts = &snapshot->accounts;

    return json_pack(
        "{s:s s:o s:o s:o}", "source", snapshot->sources[accounts->source[account]].name, "key",
        look_text(look, accounts->key[account]), "name", look_text(look, accounts->name[account]),
        "dn", look_text(look, accounts->dn[account]));
}

static json_t *person_json(const Look *look, uint32_t person)
{
    json_t *facts = look_person(look, person);

    if (person != NONE)
        json_object_set_new(facts, "email",
                            look_text(look, look->reconciliation.snapshot->people.email[person]));
    return facts;
}

static json_t *accounts_json(const Look *look, uint32_t account)
{
    const Links *links = look->reconciliation.links;
    uint32_t person = links->person[account];
    json_t *list = json_array();

    if (person == NONE) {
        json_array_append_new(list, account_json(look, account));
        return list;
    }
    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++)
        json_array_append_new(list, account_json(look, links->person_accounts[i]));
    return list;
}

/* Groups of applications are filled by whoever runs the application: they make no administrators.
 */
static bool holds_role(const Look *look, const char *name, const GArray *groups)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) meant = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    snapshot_find_groups(snapshot, name, meant);
    for (guint i = 0; i < meant->len; i++) {
        uint32_t group = g_array_index(meant, uint32_t, i);

        for (guint j = 0; may_sign_in_by(look, snapshot->groups.source[group]) && j < groups->len;
             j++) {
            if (g_array_index(groups, uint32_t, j) == group)
                return true;
        }
    }
    return false;
}

/* Of the account that signs in alone: who wants the rights of his administrator's account signs in
 * with that. */
static json_t *roles_json(const Look *look, uint32_t account)
{
    const Reconciliation *r = &look->reconciliation;
    const SettingsGroup *settings =
        settings_group(settings_group(r->settings->root, "web"), "roles");
    g_autoptr(GArray) groups = path_groups_of(r->graph, account);
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        const char *const *names = settings_texts(settings, roles[i]);
        bool is_held = false;

        for (size_t j = 0; !is_held && names[j] != NULL; j++)
            is_held = holds_role(look, names[j], groups);
        if (is_held)
            json_array_append_new(list, json_string(roles[i]));
    }
    return list;
}

json_t *who_facts(const Look *look, uint32_t account, int64_t now_utc)
{
    const Reconciliation *r = &look->reconciliation;

    return json_pack(
        "{s:o s:o s:o s:o s:o s:b}", "user", look_text(look, r->snapshot->accounts.name[account]),
        "account", account_json(look, account), "person",
        person_json(look, r->links->person[account]), "accounts", accounts_json(look, account),
        "roles", roles_json(look, account), "usable", who_unusable(look, account, now_utc) == NULL);
}

/* ---- the other way round ---- */

static void add_members(const Look *look, uint32_t group, int64_t now_utc, GPtrArray *ids)
{
    const Reconciliation *r = &look->reconciliation;
    size_t n = 0;
    const uint32_t *accounts = effective_members(r->effective, group, &n);

    for (size_t i = 0; i < n; i++) {
        uint32_t person = r->links->person[accounts[i]];

        if (person == NONE || who_unusable(look, accounts[i], now_utc) != NULL)
            continue;
        const char *id = snapshot_text(r->snapshot, r->snapshot->people.id[person]);
        if (!g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
            g_ptr_array_add(ids, g_strdup(id));
    }
}

char **who_with_role(const Look *look, const char *role, int64_t now_utc)
{
    const Reconciliation *r = &look->reconciliation;
    const SettingsGroup *settings =
        settings_group(settings_group(r->settings->root, "web"), "roles");
    const char *const *names = settings_texts(settings, role);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GPtrArray *ids = g_ptr_array_new();

    for (size_t i = 0; names[i] != NULL; i++)
        snapshot_find_groups(r->snapshot, names[i], groups);
    for (guint i = 0; i < groups->len; i++) {
        uint32_t group = g_array_index(groups, uint32_t, i);

        if (may_sign_in_by(look, r->snapshot->groups.source[group]))
            add_members(look, group, now_utc, ids);
    }
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}
