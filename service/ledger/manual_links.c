/* manual_links.c: whose an account is, where somebody said so. Each is made and taken back in one
 * transaction with its audit row; of two at once one finds what the other made. */
#include "ledger/apply.h"
#include "ledger/changes.h"
#include "ledger/roster.h"

#define COLUMNS                                                                                    \
    "source, account_key, account_name, person_id, person_name, reason, actor, at, state"
enum {
    LINK_SOURCE,
    LINK_KEY,
    LINK_ACCOUNT,
    LINK_PERSON,
    LINK_PERSON_NAME,
    LINK_REASON,
    LINK_ACTOR,
    LINK_AT,
    LINK_STATE
};

static json_t *link_json(Statement *row)
{
    return json_pack(
        "{s:s s:s s:s s:{s:s s:s} s:s s:s s:o s:s}", "source", statement_text(row, LINK_SOURCE),
        "account", statement_text(row, LINK_ACCOUNT), "key", statement_text(row, LINK_KEY),
        "person", "id", statement_text(row, LINK_PERSON), "name",
        statement_text(row, LINK_PERSON_NAME), "state", statement_text(row, LINK_STATE), "actor",
        statement_text(row, LINK_ACTOR), "at", json_time(statement_integer(row, LINK_AT)), "reason",
        statement_text(row, LINK_REASON));
}

json_t *ledger_links(Ledger *ledger, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store,
        "SELECT " COLUMNS " FROM manual_link ORDER BY source, account_name, account_key", error);
    json_t *links = json_array();
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(links, link_json(rows));
    if (step == STORE_DONE)
        return links;
    json_decref(links);
    return NULL;
}

/* ---- making and taking back ---- */

typedef struct Linking {
    Store *store;
    const LedgerLink *link;
} Linking;

/* Nobody says of an account that is theirs that it is somebody else's. */
static bool is_not_their_own(const Linking *linking, const char *holder, GError **error)
{
    const LedgerLink *link = linking->link;
    g_auto(RosterPerson) who = {0};
    const char *text = link->requester ? link->requester : link->actor;

    if (!roster_find(linking->store, text, &who, error))
        return false;
    if (link->requester && !who.id)
        return change_refuse(error,
                             "'%s' is nobody of the last applied roster: who asks must be known. "
                             "Nothing was changed.",
                             link->requester);
    g_autofree char *now =
        holder && who.id ? roster_speaking_id(linking->store, holder, error) : NULL;
    if (holder && who.id && !now)
        return false;
    return !now || g_strcmp0(now, who.id) != 0 ||
           change_refuse(error,
                         "%s belongs to %s, who asks: somebody else must decide whose it is. "
                         "Nothing was changed.",
                         link->account, who.name);
}

static bool write_audit(const Linking *linking, const char *action, const char *person,
                        GError **error)
{
    const LedgerLink *link = linking->link;
    g_autofree char *object = g_strdup_printf("link %s/%s", link->source, link->account_key);

    return change_audit(linking->store, &(ChangeMade){link->actor, action, object, link->at_utc},
                        json_pack("{s:s s:s s:s? s:s?}", "account", link->account, "person", person,
                                  "reason", link->reason, "as", link->requester),
                        error);
}

static bool is_free(const Linking *linking, GError **error)
{
    g_autoptr(Statement) row = store_prepare(linking->store,
                                             "SELECT " COLUMNS " FROM manual_link "
                                             "WHERE source = $1 AND account_key = $2",
                                             error);
    if (!row)
        return false;
    statement_bind(row, text_value(linking->link->source), text_value(linking->link->account_key));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    g_autofree char *at = time_to_text(statement_integer(row, LINK_AT));
    return change_refuse(
        error,
        "%s is linked to %s (%s) already, by %s on %.10s: %s. 'rightful unlink %s' "
        "first. Nothing was changed.",
        statement_text(row, LINK_ACCOUNT), statement_text(row, LINK_PERSON_NAME),
        statement_text(row, LINK_PERSON), statement_text(row, LINK_ACTOR), at,
        statement_text(row, LINK_REASON), statement_text(row, LINK_ACCOUNT));
}

static bool make_link(void *data, GError **error)
{
    const Linking *linking = data;
    const LedgerLink *link = linking->link;

    if (!is_not_their_own(linking, link->holder_id, error) || !is_free(linking, error))
        return false;
    g_autoptr(Statement) insert =
        store_prepare(linking->store,
                      "INSERT INTO manual_link (" COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'from the next run on')",
                      error);
    if (!insert)
        return false;
    statement_bind(
        insert, text_value(link->source), text_value(link->account_key), text_value(link->account),
        text_value(link->person_id), text_value(link->person_name), text_value(link->reason),
        text_value(link->requester ? link->requester : link->actor), integer_value(link->at_utc));
    return statement_run(insert, error) && write_audit(linking, "linked", link->person_id, error);
}

bool ledger_link(Ledger *ledger, const LedgerLink *link, GError **error)
{
    Linking linking = {ledger->store, link};

    if (change_is_blank(link->reason))
        return change_refuse(error, "a manual link needs a reason; nothing was changed");
    return store_transaction(ledger->store, STORE_WRITING, make_link, &linking, error);
}

static bool take_back(void *data, GError **error)
{
    const Linking *linking = data;
    const LedgerLink *link = linking->link;
    g_autoptr(Statement) row = store_prepare(
        linking->store,
        "DELETE FROM manual_link WHERE source = $1 AND account_key = $2 RETURNING person_id",
        error);
    if (!row)
        return false;
    statement_bind(row, text_value(link->source), text_value(link->account_key));
    StoreStep step = statement_step(row, error);
    if (step == STORE_DONE)
        return change_refuse(error, "%s is not linked by hand any more; nothing was changed",
                             link->account);
    g_autofree char *person = step == STORE_ROW ? g_strdup(statement_text(row, 0)) : NULL;
    while (step == STORE_ROW)
        step = statement_step(row, error);
    return step == STORE_DONE && is_not_their_own(linking, person, error) &&
           write_audit(linking, "unlinked", person, error);
}

bool ledger_unlink(Ledger *ledger, const LedgerLink *link, GError **error)
{
    Linking linking = {ledger->store, link};

    return store_transaction(ledger->store, STORE_WRITING, take_back, &linking, error);
}

/* ---- what a run made of them ---- */

bool link_states_write(Store *store, Audit *audit, const LedgerApply *apply, const LedgerRun *run,
                       GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        store,
        "UPDATE manual_link SET state = $3 WHERE source = $1 AND account_key = $2 AND state <> $3",
        error);
    if (!update)
        return false;
    for (size_t i = 0; i < apply->n_link_states; i++) {
        const LedgerLinkState *state = &apply->link_states[i];
        statement_bind(update, text_value(state->source), text_value(state->account_key),
                       text_value(state->state));
        if (!statement_run(update, error))
            return false;
        if (!state->is_change)
            continue;
        g_autofree char *object = g_strdup_printf("link %s/%s", state->source, state->account_key);
        json_t *detail = json_pack("{s:s}", "state", state->state);
        g_autofree char *text = json_to_text(detail, "{}");
        json_decref(detail);
        if (!audit_write(audit,
                         &(AuditRow){.at_utc = run->started_utc,
                                     .actor = run->actor,
                                     .action = "link state",
                                     .object = object,
                                     .run = run->id,
                                     .detail = text},
                         error))
            return false;
    }
    return true;
}
