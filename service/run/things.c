#include "run/things.h"

#include "base/times.h"
#include "membership/path.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/if_left.h"
#include "run/run_commands.h"
#include "run/show.h"
#include "run/when.h"

#include <string.h>

/* Members that tell things of one list apart; those that a list has not are passed over. */
static const char *const things_order[] = {"source", "name", "id", "dn", "key", NULL};
static const char *const members_order[] = {"type", "name", "dn", NULL};

static json_t *json_state(uint8_t state)
{
    return state == STATE_UNKNOWN ? json_null() : json_boolean(state == STATE_YES);
}

/* ---- account ---- */

static json_t *json_sid_history(const Look *look, uint32_t account)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = json_array();
    uint32_t n = 0, begin = snapshot_sid_history(snapshot, account, &n);

    for (uint32_t i = begin; i < begin + n; i++)
        json_array_append_new(list, look_text(look, snapshot->sid_history.sid[i]));
    return list;
}

static json_t *json_groups_of(const Look *look, uint32_t account)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) groups = path_groups_of(look->reconciliation.graph, account);
    json_t *list = json_array();

    for (guint i = 0; i < groups->len; i++) {
        uint32_t group = g_array_index(groups, uint32_t, i);

        json_array_append_new(
            list,
            json_pack("{s:o s:b s:o s:o}", "name", look_text(look, snapshot->groups.name[group]),
                      "listed", membership_is_listed(snapshot, group, account), "governed",
                      look_kinds(look, group), "dn", look_text(look, snapshot->groups.dn[group])));
    }
    return list;
}

/* last_logon is "never" where the directory records logons and has none of this account. */
static json_t *json_last_logon(int64_t last_logon)
{
    return last_logon == TIME_NEVER ? json_string("never") : fact_time(last_logon);
}

static json_t *account_facts(const Look *look, uint32_t account)
{
    const Reconciliation *r = &look->reconciliation;
    const Accounts *accounts = &r->snapshot->accounts;
    g_autofree char *rule = links_made_by(r->links, account);
    json_t *facts = json_object();

    json_object_set_new(facts, "name", look_text(look, accounts->name[account]));
    json_object_set_new(facts, "source",
                        json_string(r->snapshot->sources[accounts->source[account]].name));
    json_object_set_new(facts, "class", json_string(account_classes[r->classes[account]]));
    json_object_set_new(facts, "enabled", json_state(accounts->enabled[account]));
    json_object_set_new(facts, "locked", json_state(accounts->locked[account]));
    when_set_account(look, facts, account);
    json_object_set_new(facts, "expires", fact_time(accounts->expires_utc[account]));
    json_object_set_new(facts, "created", fact_time(accounts->created_utc[account]));
    json_object_set_new(facts, "last_logon", json_last_logon(accounts->last_logon_utc[account]));
    json_object_set_new(facts, "interactive_logon",
                        accounts->interactive_utc[account] != 0
                            ? fact_time(accounts->interactive_utc[account])
                            : json_null());
    if (look->past != NULL) { /* use alone makes no new version: it may have been later */
        json_object_set_new(facts, "last_logon_run",
                            json_integer(look->past->account_run[account]));
    }
    json_object_set_new(facts, "last_logon_slack_days",
                        json_integer(accounts->last_logon_slack[account] / 86400));
    json_object_set_new(facts, "password_changed",
                        fact_time(accounts->password_changed_utc[account]));
    json_object_set_new(facts, "person", look_person(look, r->links->person[account]));
    json_object_set_new(facts, "linked_by", fact_text(rule));
    json_object_set_new(
        facts, "owner",
        look_owner(look, &r->links->account_owner[account], accounts->owner_text[account]));
    json_object_set_new(facts, "dn", look_text(look, accounts->dn[account]));
    json_object_set_new(facts, "key", look_text(look, accounts->key[account]));
    json_object_set_new(facts, "sid", look_text(look, accounts->sid[account]));
    json_object_set_new(facts, "sid_history", json_sid_history(look, account));
    json_object_set_new(facts, "upn", look_text(look, accounts->upn[account]));
    json_object_set_new(facts, "mail", look_text(look, accounts->mail[account]));
    json_object_set_new(facts, "display_name", look_text(look, accounts->display_name[account]));
    json_object_set_new(facts, "employee_id", look_text(look, accounts->employee_id[account]));
    json_object_set_new(facts, "department", look_text(look, accounts->department[account]));
    json_object_set_new(facts, "title", look_text(look, accounts->title[account]));
    json_object_set_new(facts, "manager", look_text(look, accounts->manager_text[account]));
    json_object_set_new(facts, "description", look_text(look, accounts->description[account]));
    json_object_set_new(facts, "flags", fact_flags(accounts->flags[account]));
    json_object_set_new(facts, "groups", json_groups_of(look, account));
    json_object_set_new(
        facts, "exceptions",
        look_exceptions(look, NULL, snapshot_text(r->snapshot, accounts->key[account])));
    return facts;
}

/* ---- person ---- */

static json_t *json_accounts_of(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    const Accounts *accounts = &look->reconciliation.snapshot->accounts;
    json_t *list = json_array();

    for (uint32_t i = links->first_account[person]; i < links->first_account[person + 1]; i++) {
        uint32_t account = links->person_accounts[i];
        g_autofree char *rule = links_made_by(links, account);

        json_array_append_new(
            list, json_pack("{s:o s:s s:s s:o s:o s:o}", "name",
                            look_text(look, accounts->name[account]), "source",
                            look->reconciliation.snapshot->sources[accounts->source[account]].name,
                            "class", account_classes[look->reconciliation.classes[account]],
                            "enabled", json_state(accounts->enabled[account]), "last_logon",
                            json_last_logon(accounts->last_logon_utc[account]), "linked_by",
                            fact_text(rule)));
    }
    look_sort(list, things_order);
    return list;
}

static json_t *json_assets_of(const Look *look, uint32_t person)
{
    const Links *links = look->reconciliation.links;
    const Assets *assets = &look->reconciliation.snapshot->assets;
    json_t *list = json_array();

    for (uint32_t i = 0; i < assets->n; i++) {
        bool is_owner = owner_person(&links->asset_owner[i]) == person;
        bool is_custodian = owner_person(&links->asset_custodian[i]) == person;

        if (is_owner || is_custodian)
            json_array_append_new(list, json_pack("{s:o s:o s:o s:o s:s}", "id",
                                                  look_text(look, assets->id[i]), "name",
                                                  look_text(look, assets->name[i]), "kind",
                                                  look_text(look, assets->kind[i]), "status",
                                                  look_text(look, assets->status_text[i]), "as",
                                                  is_owner && is_custodian ? "owner and custodian"
                                                  : is_owner               ? "owner"
                                                                           : "custodian"));
    }
    look_sort(list, things_order);
    return list;
}

static json_t *person_facts(const Look *look, uint32_t person)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const People *people = &snapshot->people;
    json_t *facts = json_object();

    json_object_set_new(facts, "id", look_text(look, people->id[person]));
    json_object_set_new(facts, "name", look_text(look, people->name[person]));
    json_object_set_new(facts, "source",
                        people->source[person] == UINT8_MAX
                            ? json_null()
                            : json_string(snapshot->sources[people->source[person]].name));
    json_object_set_new(facts, "status", look_text(look, people->status_text[person]));
    json_object_set_new(facts, "kind", look_text(look, people->kind[person]));
    json_object_set_new(facts, "department", look_text(look, people->department[person]));
    json_object_set_new(facts, "title", look_text(look, people->title[person]));
    json_object_set_new(facts, "email", look_text(look, people->email[person]));
    json_object_set_new(facts, "username", look_text(look, people->username[person]));
    json_object_set_new(facts, "manager_id", look_text(look, people->manager_id[person]));
    json_object_set_new(facts, "sponsor_id", look_text(look, people->sponsor_id[person]));
    json_object_set_new(facts, "location", look_text(look, people->location[person]));
    json_object_set_new(facts, "timezone", look_text(look, people->timezone[person]));
    json_object_set_new(facts, "start_date", fact_day(people->start_day[person]));
    json_object_set_new(facts, "last_working_day", fact_day(people->last_day[person]));
    json_object_set_new(facts, "end_date", fact_day(people->end_day[person]));
    json_object_set_new(facts, "gone_since_run",
                        people->gone_since_run[person] > 0
                            ? json_integer(people->gone_since_run[person])
                            : json_null());
    json_object_set_new(facts, "accounts", json_accounts_of(look, person));
    json_object_set_new(facts, "assets", json_assets_of(look, person));
    json_object_set_new(facts, "exceptions",
                        look_exceptions(look, snapshot_text(snapshot, people->id[person]), NULL));
    return facts;
}

/* ---- group ---- */

static json_t *json_member(const Look *look, Principal member, const char *via)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    uint32_t id = principal_id(member);
    const struct {
        const char *kind;
        TextRef name, dn;
    } facts =
        principal_kind(member) == PRINCIPAL_ACCOUNT
            ? (typeof(facts)){"account", snapshot->accounts.name[id], snapshot->accounts.dn[id]}
        : principal_kind(member) == PRINCIPAL_GROUP
            ? (typeof(facts)){"group", snapshot->groups.name[id], snapshot->groups.dn[id]}
        : principal_kind(member) == PRINCIPAL_COMPUTER
            ? (typeof(facts)){"computer", snapshot->computers.name[id], snapshot->computers.dn[id]}
            : (typeof(facts)){snapshot->foreigners.sid[id] != 0 ? "foreign" : "unknown",
                              snapshot->foreigners.text[id], snapshot->foreigners.text[id]};

    return json_pack("{s:o s:s s:s s:o}", "name", look_text(look, facts.name), "type", facts.kind,
                     "via", via, "dn", look_text(look, facts.dn));
}

static json_t *json_members(const Look *look, uint32_t group)
{
    const Groups *groups = &look->reconciliation.snapshot->groups;
    json_t *list = json_array();

    for (uint32_t i = groups->first_member[group]; i < groups->first_member[group + 1]; i++) {
        EdgeVia via = (EdgeVia)groups->members_via[i];
        json_t *member = json_member(look, groups->members[i], edge_via_text(via));

        when_set_granted(look, member, groups->members[i], group, via);
        json_array_append_new(list, member);
    }
    look_sort(list, members_order);
    return list;
}

static json_t *json_effective(const Look *look, uint32_t group)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = json_array();
    size_t n = 0;
    const uint32_t *members = effective_members(look->reconciliation.effective, group, &n);

    for (size_t i = 0; i < n; i++) {
        bool is_listed = membership_is_listed(snapshot, group, members[i]);

        json_array_append_new(list, json_member(look, principal_of(PRINCIPAL_ACCOUNT, members[i]),
                                                is_listed ? "direct" : "nested"));
    }
    look_sort(list, members_order);
    return list;
}

static json_t *group_facts(const Look *look, uint32_t group)
{
    const Reconciliation *r = &look->reconciliation;
    const Groups *groups = &r->snapshot->groups;
    json_t *facts = json_object();
    size_t n = 0;

    effective_members(r->effective, group, &n);
    json_object_set_new(facts, "name", look_text(look, groups->name[group]));
    json_object_set_new(facts, "source",
                        json_string(r->snapshot->sources[groups->source[group]].name));
    json_object_set_new(facts, "governed", look_kinds(look, group));
    json_object_set_new(facts, "owner",
                        look_owner(look, &r->links->group_owner[group], groups->owner_text[group]));
    json_object_set_new(facts, "dn", look_text(look, groups->dn[group]));
    json_object_set_new(facts, "key", look_text(look, groups->key[group]));
    json_object_set_new(facts, "sid", look_text(look, groups->sid[group]));
    json_object_set_new(facts, "grants_nothing",
                        json_boolean((groups->flags[group] & ENTRY_IS_DISTRIBUTION) != 0));
    json_object_set_new(
        facts, "direct_members",
        json_integer(groups->first_member[group + 1] - groups->first_member[group]));
    json_object_set_new(facts, "effective_members", json_integer((json_int_t)n));
    json_object_set_new(facts, "members",
                        invocation_has(look->invocation, "effective") ? json_effective(look, group)
                                                                      : json_members(look, group));
    json_object_set_new(
        facts, "exceptions",
        look_exceptions_of(look, "group", snapshot_text(r->snapshot, groups->key[group])));
    return facts;
}

/* ---- asset ---- */

static json_t *json_computer(const Look *look, uint32_t computer)
{
    const Computers *computers = &look->reconciliation.snapshot->computers;

    if (computer == NONE)
        return json_null();
    return json_pack("{s:o s:o s:o s:o s:o}", "name", look_text(look, computers->name[computer]),
                     "hostname", look_text(look, computers->hostname[computer]), "enabled",
                     json_state(computers->enabled[computer]), "last_logon",
                     json_last_logon(computers->last_logon_utc[computer]), "dn",
                     look_text(look, computers->dn[computer]));
}

static json_t *asset_facts(const Look *look, uint32_t asset)
{
    const Reconciliation *r = &look->reconciliation;
    const Assets *assets = &r->snapshot->assets;
    json_t *facts = json_object(), *groups = json_array();

    for (uint32_t i = assets->first_access_group[asset]; i < assets->first_access_group[asset + 1];
         i++)
        json_array_append_new(groups, look_text(look, assets->access_groups[i]));
    json_object_set_new(facts, "id", look_text(look, assets->id[asset]));
    json_object_set_new(facts, "name", look_text(look, assets->name[asset]));
    json_object_set_new(facts, "kind", look_text(look, assets->kind[asset]));
    json_object_set_new(facts, "status", look_text(look, assets->status_text[asset]));
    json_object_set_new(facts, "serial", look_text(look, assets->serial[asset]));
    json_object_set_new(facts, "hostname", look_text(look, assets->hostname[asset]));
    json_object_set_new(facts, "owner",
                        look_owner(look, &r->links->asset_owner[asset], assets->owner[asset]));
    json_object_set_new(
        facts, "custodian",
        look_owner(look, &r->links->asset_custodian[asset], assets->custodian[asset]));
    json_object_set_new(facts, "classification", look_text(look, assets->classification[asset]));
    json_object_set_new(facts, "location", look_text(look, assets->location[asset]));
    json_object_set_new(facts, "assigned_at", fact_time(assets->assigned_utc[asset]));
    json_object_set_new(facts, "due_back", fact_time(assets->due_back_utc[asset]));
    json_object_set_new(facts, "last_review", fact_time(assets->last_review_utc[asset]));
    json_object_set_new(facts, "last_audit", fact_day(day_unpacked(assets->last_audit[asset])));
    json_object_set_new(facts, "next_audit", fact_day(day_unpacked(assets->next_audit[asset])));
    json_object_set_new(facts, "access_groups", groups);
    json_object_set_new(facts, "computer", json_computer(look, r->links->asset_computer[asset]));
    json_object_set_new(
        facts, "exceptions",
        look_exceptions_of(look, "asset", snapshot_text(r->snapshot, assets->id[asset])));
    return facts;
}

/* ---- the commands ---- */

typedef struct Thing {
    const char *name;
    size_t (*find)(const Snapshot *snapshot, const char *text, GArray *found);
    json_t *(*facts)(const Look *look, uint32_t id);
    PrincipalKind dated; /* whose recorded times are asked for; PRINCIPAL_FOREIGN: of nothing */
} Thing;

static size_t find_asset(const Snapshot *snapshot, const char *text, GArray *found)
{
    uint32_t asset = snapshot_find_asset(snapshot, text);

    if (asset == NONE)
        return 0;
    g_array_append_val(found, asset);
    return 1;
}

/* Pages link a group by its key, which no configuration would write. */
static size_t find_group(const Snapshot *snapshot, const char *text, GArray *found)
{
    size_t n = snapshot_find_groups(snapshot, text, found);

    for (uint32_t group = 0; n == 0 && group < snapshot->groups.n; group++) {
        if (g_ascii_strcasecmp(snapshot_text(snapshot, snapshot->groups.key[group]), text) == 0) {
            g_array_append_val(found, group);
            n++;
        }
    }
    return n;
}

static const Thing things[] = {
    {"account", snapshot_find_accounts, account_facts, PRINCIPAL_ACCOUNT},
    {"person", snapshot_find_people, person_facts, PRINCIPAL_FOREIGN},
    {"group", find_group, group_facts, PRINCIPAL_GROUP},
    {"asset", find_asset, asset_facts, PRINCIPAL_FOREIGN},
};

static const Thing *find_thing(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++) {
        if (strcmp(things[i].name, name) == 0)
            return &things[i];
    }
    return NULL;
}

static json_t *all_facts(Look *look, const Thing *thing, const char *text)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    json_t *list = json_array();

    thing->find(look->reconciliation.snapshot, text, found);
    for (guint i = 0; thing->dated == PRINCIPAL_ACCOUNT && i < found->len; i++)
        when_add_account(look, g_array_index(found, uint32_t, i), accounts);
    if (found->len > 0)
        when_ask(look, accounts, thing->dated == PRINCIPAL_GROUP ? found : groups);
    for (guint i = 0; i < found->len; i++)
        json_array_append_new(list, thing->facts(look, g_array_index(found, uint32_t, i)));
    look_sort(list, things_order);
    return list;
}

json_t *things_find(Look *look, const char *name, const char *text)
{
    return all_facts(look, find_thing(name), text);
}

static ExitCode show_thing(Invocation *invocation, const Thing *thing)
{
    g_auto(Look) look = {0};
    ExitCode code = look_open(invocation, &look);

    if (code != EXIT_DONE)
        return code;
    json_t *list = all_facts(&look, thing, invocation->arguments[0]);

    if (json_array_size(list) == 0) {
        json_decref(list);
        return look_not_found(&look, thing->name, invocation->arguments[0]);
    }
    code = look_show(&look, thing->name, list);
    return code == EXIT_DONE ? look_result(&look) : code;
}

ExitCode command_account(Invocation *invocation)
{
    return show_thing(invocation, find_thing("account"));
}

ExitCode command_person(Invocation *invocation)
{
    static const Thing if_left = {"person", snapshot_find_people, if_left_facts, PRINCIPAL_FOREIGN};

    return show_thing(invocation,
                      invocation_has(invocation, "if-left") ? &if_left : find_thing("person"));
}

ExitCode command_group(Invocation *invocation)
{
    return show_thing(invocation, find_thing("group"));
}

ExitCode command_asset(Invocation *invocation)
{
    return show_thing(invocation, find_thing("asset"));
}
