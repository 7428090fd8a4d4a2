/* link.c: `link ACCOUNT PERSON`, `link list`, `unlink ACCOUNT`: whose an account is, where no rule
 * can tell. The sources are read, so that both are there and meant; nothing is written but the
 * ledger. */

#include "run/list.h"
#include "run/run_commands.h"

#include "base/visible.h"
#include "model/lookup.h"
#include "run/hand_links.h"
#include "run/look.h"
#include "run/terminal.h"

#include <string.h>

static const Column link_columns[] = {{.path = "account", .header = "ACCOUNT"},
                                      {.path = "source", .header = "SOURCE"},
                                      {.path = "person.name", .header = "PERSON"},
                                      {.path = "person.id", .header = "ID"},
                                      {.path = "state", .header = "STATE"},
                                      {.path = "actor", .header = "BY"},
                                      {.path = "at", .header = "ON"},
                                      {.path = "reason", .header = "REASON", .may_wrap = true},
                                      {.path = "key"},
                                      {0}};

static ExitCode list_links(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);
    json_t *list = NULL;

    if (code != EXIT_DONE)
        return code;
    list = ledger != NULL ? ledger_links(ledger, &error) : json_array();
    if (list == NULL)
        return ledger_failed(error);
    code = list_rows(invocation, "link", link_columns, list);
    json_decref(list);
    return code;
}

/* ---- who and what is meant ---- */

static ExitCode several(const Look *look, const char *what, const char *text, const GArray *found,
                        TextRef (*name_of)(const Snapshot *snapshot, uint32_t id))
{
    g_autoptr(GString) all = g_string_new(NULL);

    for (guint i = 0; i < found->len; i++) {
        const char *name = snapshot_text(
            look->reconciliation.snapshot,
            name_of(look->reconciliation.snapshot, g_array_index(found, uint32_t, i)));
        g_autofree char *visible = visible_text(name);

        g_string_append_printf(all, "%s%s", i > 0 ? "; " : "", visible);
    }
    return usage_error(look->invocation, "\"%s\" may be several %s: %s. Give one of these", text,
                       what, all->str);
}

static TextRef account_key(const Snapshot *snapshot, uint32_t account)
{
    const Accounts *accounts = &snapshot->accounts;
    TextRef dn = accounts->dn[account];

    return accounts->key[account] != 0 ? accounts->key[account]
           : dn != 0                   ? dn
                                       : accounts->name[account];
}

static TextRef person_id(const Snapshot *snapshot, uint32_t person)
{
    return snapshot->people.id[person];
}

static ExitCode find_account(const Look *look, const char *text, uint32_t *ret_account)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    if (snapshot_find_accounts(look->reconciliation.snapshot, text, found) == 0)
        return look_not_found(look, "account", text);
    if (found->len > 1)
        return several(look, "accounts", text, found, account_key);
    *ret_account = g_array_index(found, uint32_t, 0);
    return EXIT_DONE;
}

static ExitCode find_person(const Look *look, const char *text, uint32_t *ret_person)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    *ret_person = snapshot_find_person(snapshot, text);
    if (*ret_person != NONE)
        return EXIT_DONE;
    if (snapshot_find_people(snapshot, text, found) == 0)
        return look_not_found(look, "person", text);
    *ret_person = snapshot_person_now(snapshot, g_array_index(found, uint32_t, 0));
    for (guint i = 1; i < found->len; i++) {
        if (snapshot_person_now(snapshot, g_array_index(found, uint32_t, i)) != *ret_person)
            return several(look, "people", text, found, person_id);
    }
    return EXIT_DONE;
}

/* ---- link ---- */

static ExitCode write_link(Invocation *invocation, const LedgerLink *link)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_link(ledger, link, &error))
        return ledger_failed(error);
    say(invocation, "%s (%s) is linked to %s (%s) before all rules, from the next run on.",
        link->account, link->source, link->person_name, link->person_id);
    return EXIT_DONE;
}

static ExitCode link_found(Look *look, uint32_t account, uint32_t person, const char *reason)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const Links *links = look->reconciliation.links;
    uint32_t holder = links->person[account];
    const char *name = snapshot_text(snapshot, snapshot->accounts.name[account]);
    LedgerLink link = {
        .source = snapshot->sources[snapshot->accounts.source[account]].name,
        .account_key = snapshot_text(snapshot, account_key(snapshot, account)),
        .account = name,
        .person_id = snapshot_text(snapshot, snapshot->people.id[person]),
        .person_name = snapshot_text(snapshot, snapshot->people.name[person]),
        .holder_id = holder != NONE ? snapshot_text(snapshot, snapshot->people.id[holder]) : NULL,
        .reason = reason,
        .actor = actor_name(),
        .requester = invocation_value(look->invocation, "as"),
        .at_utc = clock_utc()};
    bool is_manual = links->rule[account] == LINK_RULE_MANUAL;

    if (holder == person && !is_manual) {
        g_autofree char *rule = links_made_by(links, account);

        say_error("%s belongs to %s (%s) already, by the rule %s; nothing was changed", name,
                  link.person_name, link.person_id, rule);
        return EXIT_FAILED;
    }
    return write_link(look->invocation, &link);
}

ExitCode command_link(Invocation *invocation)
{
    const char *reason = invocation_value(invocation, "reason");
    g_auto(Look) look = {0};
    uint32_t account = NONE, person = NONE;

    if (invocation->n_arguments == 1 && strcmp(invocation->arguments[0], "list") == 0)
        return list_links(invocation);
    if (invocation->n_arguments != 2)
        return usage_error(invocation, "link needs ACCOUNT and PERSON, or list");
    if (reason == NULL || *reason == '\0')
        return usage_error(invocation,
                           "link needs --reason TEXT: it is recorded who said so, and why");
    if (!g_utf8_validate(reason, -1, NULL))
        return usage_error(invocation, "the reason is not valid UTF-8; nothing was written");
    ExitCode code =
        look_open_some(invocation, PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS | PROVIDES_PEOPLE, &look);

    if (code == EXIT_DONE)
        code = find_account(&look, invocation->arguments[0], &account);
    if (code == EXIT_DONE)
        code = find_person(&look, invocation->arguments[1], &person);
    return code == EXIT_DONE ? link_found(&look, account, person, reason) : code;
}

/* ---- unlink ---- */

static bool is_meant(const json_t *link, const char *text)
{
    const char *source = json_string_value(json_object_get(link, "source"));
    const char *account = json_string_value(json_object_get(link, "account"));
    const char *key = json_string_value(json_object_get(link, "key"));
    g_autofree char *full = g_strconcat(source, "/", account, NULL);
    const char *const names[] = {account, key, full};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(names[i], text) == 0)
            return true;
    }
    return false;
}

/* Among what is linked by hand: the account itself may be gone. */
static ExitCode find_link(const Invocation *invocation, json_t *list, json_t **ret_link)
{
    const char *text = invocation->arguments[0];
    size_t i;
    json_t *link;

    json_array_foreach(list, i, link)
    {
        if (!is_meant(link, text))
            continue;
        if (*ret_link != NULL)
            return usage_error(invocation,
                               "\"%s\" may be several accounts; rightful link list -o csv shows "
                               "their keys: give one of these",
                               text);
        *ret_link = link;
    }
    if (*ret_link != NULL)
        return EXIT_DONE;
    say_error("no account \"%s\" is linked by hand; rightful link list shows those that are", text);
    return EXIT_FAILED;
}

ExitCode command_unlink(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    const char *reason = invocation_value(invocation, "reason");
    json_t *found = NULL;

    if (reason != NULL && !g_utf8_validate(reason, -1, NULL))
        return usage_error(invocation, "the reason is not valid UTF-8; nothing was written");
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *list = ledger_links(ledger, &error);

    code = list == NULL ? ledger_failed(error) : find_link(invocation, list, &found);
    if (code == EXIT_DONE) {
        LedgerLink link = {.source = json_string_value(json_object_get(found, "source")),
                           .account_key = json_string_value(json_object_get(found, "key")),
                           .account = json_string_value(json_object_get(found, "account")),
                           .reason = reason,
                           .actor = actor_name(),
                           .requester = invocation_value(invocation, "as"),
                           .at_utc = clock_utc()};

        code = ledger_unlink(ledger, &link, &error) ? EXIT_DONE : ledger_failed(error);
    }
    json_decref(list);
    return code;
}
