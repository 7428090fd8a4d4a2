#include "ledger/outbox.h"

#include "base/times.h"
#include "ledger/changes.h"

typedef struct Outgoing {
    Store *store;
    const OutboxEvent *event;
    int32_t day; /* of the digest that the event went into; DAY_NONE = it was told already */
    int64_t id, at_utc;
    const char *failure;
} Outgoing;

/* ---- told ---- */

static bool was_told(Store *store, const char *person, const char *event, bool *ret_was,
                     GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(store, "SELECT at FROM told WHERE person = $1 AND event = $2", error);
    if (!row)
        return false;
    statement_bind(row, text_value(person), text_value(event));
    StoreStep step = statement_step(row, error);
    *ret_was = step == STORE_ROW;
    return step != STORE_FAILED;
}

bool ledger_outbox_was_told(Ledger *ledger, const char *person, const char *event, bool *ret_was,
                            GError **error)
{
    return was_told(ledger->store, person, event, ret_was, error);
}

static bool remember(const Outgoing *outgoing, GError **error)
{
    const OutboxEvent *event = outgoing->event;
    g_autoptr(Statement) insert = store_prepare(
        outgoing->store, "INSERT INTO told (person, event, at) VALUES ($1, $2, $3)", error);
    if (!insert)
        return false;
    statement_bind(insert, text_value(event->person), text_value(event->event),
                   integer_value(event->at_utc));
    return statement_run(insert, error);
}

/* ---- into the outbox ---- */

typedef struct Digest {
    int64_t id; /* 0 = there is none of that day */
    bool is_sent;
    json_t *events;
} Digest;

static bool read_digest(const Outgoing *outgoing, int32_t day, Digest *ret_digest, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(outgoing->store,
                      "SELECT id, sent, events FROM outbox WHERE person = $1 AND day = $2", error);
    *ret_digest = (Digest){0};
    if (!row)
        return false;
    statement_bind(row, text_value(outgoing->event->person), integer_value(day));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    *ret_digest = (Digest){.id = statement_integer(row, 0),
                           .is_sent = !outgoing->store->driver->is_null(row, 1),
                           .events = json_from_text(statement_text(row, 2), json_array())};
    return true;
}

static bool append(const Outgoing *outgoing, const Digest *digest, const char *events,
                   GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        outgoing->store, "UPDATE outbox SET events = $2, address = $3 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(digest->id), text_value(events),
                   text_value(outgoing->event->address));
    return statement_run(update, error);
}

static bool begin(const Outgoing *outgoing, int32_t day, const char *events, GError **error)
{
    const OutboxEvent *event = outgoing->event;
    int64_t last;

    if (!store_query_integer(outgoing->store, "SELECT max(id) FROM outbox", &last, error))
        return false;
    g_autoptr(Statement) insert =
        store_prepare(outgoing->store,
                      "INSERT INTO outbox (id, message_id, person, address, day, events, made,"
                      " tries, next_try) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
                      error);
    if (!insert)
        return false;
    statement_bind(
        insert, integer_value(last + 1), text_value(event->message_id), text_value(event->person),
        text_value(event->address), integer_value(day), text_value(events),
        integer_value(event->at_utc),
        integer_value(day == event->day ? event->not_before_utc : event->next_not_before_utc));
    return statement_run(insert, error);
}

static bool add_to_day(const Outgoing *outgoing, int32_t day, const Digest *digest, GError **error)
{
    json_t *events = digest->events ? json_incref(digest->events) : json_array();
    json_t *facts = json_copy((json_t *)(uintptr_t)outgoing->event->facts);

    json_object_set_new(facts, "event", json_string(outgoing->event->event));
    json_array_append_new(events, facts);
    g_autofree char *text = json_to_text(events, "[]");
    json_decref(events);
    return digest->id ? append(outgoing, digest, text, error) : begin(outgoing, day, text, error);
}

static bool add(void *data, GError **error)
{
    Outgoing *outgoing = data;
    const OutboxEvent *event = outgoing->event;
    Digest digest;
    bool was;

    outgoing->day = DAY_NONE;
    if (!was_told(outgoing->store, event->person, event->event, &was, error))
        return false;
    if (was)
        return true;
    if (!read_digest(outgoing, event->day, &digest, error))
        return false;
    int32_t day = event->day;
    if (digest.is_sent) {
        json_decref(digest.events);
        if (!read_digest(outgoing, ++day, &digest, error))
            return false;
    }
    outgoing->day = day;
    bool is_added = add_to_day(outgoing, day, &digest, error) && remember(outgoing, error);
    json_decref(digest.events);
    return is_added;
}

bool ledger_outbox_add(Ledger *ledger, const OutboxEvent *event, bool *ret_is_new, GError **error)
{
    Outgoing outgoing = {.store = ledger->store, .event = event};

    if (!store_transaction(ledger->store, STORE_WRITING, add, &outgoing, error))
        return false;
    *ret_is_new = outgoing.day != DAY_NONE;
    return true;
}

/* ---- because somebody asked ---- */

typedef struct Asking {
    Store *store;
    const OutboxAsked *asked;
    int32_t *days;
} Asking;

static bool audit_asked(const Asking *asking, GError **error)
{
    const OutboxAsked *asked = asking->asked;
    json_t *told = json_array(), *before = json_array();

    for (size_t i = 0; i < asked->n_events; i++)
        json_array_append_new(asking->days[i] != DAY_NONE ? told : before,
                              json_string(asked->events[i].person));
    return change_audit(asking->store,
                        &(ChangeMade){asked->actor, "reminded", asked->object, asked->at_utc},
                        json_pack("{s:o s:o}", "people", told, "already", before), error);
}

static bool add_asked(void *data, GError **error)
{
    const Asking *asking = data;

    for (size_t i = 0; i < asking->asked->n_events; i++) {
        Outgoing outgoing = {.store = asking->store, .event = &asking->asked->events[i]};
        if (!add(&outgoing, error))
            return false;
        asking->days[i] = outgoing.day;
    }
    return audit_asked(asking, error);
}

bool ledger_outbox_add_asked(Ledger *ledger, const OutboxAsked *asked, int32_t *ret_days,
                             GError **error)
{
    Asking asking = {ledger->store, asked, ret_days};

    return store_transaction(ledger->store, STORE_WRITING, add_asked, &asking, error);
}

/* ---- out of it ---- */

bool ledger_outbox_waiting(Ledger *ledger, int64_t now_utc, int64_t limit, LedgerVisit visit,
                           void *data, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT id, message_id, person, address, day, tries, events FROM outbox"
                      " WHERE sent IS NULL AND next_try <= $1 ORDER BY next_try, id LIMIT $2",
                      error);
    StoreStep step = STORE_FAILED;
    bool goes_on = true;

    if (rows)
        statement_bind(rows, integer_value(now_utc), integer_value(limit));
    while (rows && goes_on && (step = statement_step(rows, error)) == STORE_ROW) {
        json_t *row = json_pack(
            "{s:I s:s s:s s:s s:I s:I s:o}", "id", (json_int_t)statement_integer(rows, 0),
            "message_id", statement_text(rows, 1), "person", statement_text(rows, 2), "address",
            statement_text(rows, 3), "day", (json_int_t)statement_integer(rows, 4), "tries",
            (json_int_t)statement_integer(rows, 5), "events",
            json_from_text(statement_text(rows, 6), json_array()));
        goes_on = visit(row, data);
        json_decref(row);
    }
    return !goes_on || step == STORE_DONE;
}

static bool settle(void *data, GError **error)
{
    const Outgoing *outgoing = data;
    g_autofree char *object = g_strdup_printf("mail %" G_GINT64_FORMAT, outgoing->id);
    g_autoptr(Statement) update =
        store_prepare(outgoing->store,
                      "UPDATE outbox SET sent = $2, failure = $3, tries = tries + 1 WHERE id = $1"
                      " AND sent IS NULL",
                      error);
    if (!update)
        return false;
    statement_bind(update, integer_value(outgoing->id), integer_value(outgoing->at_utc),
                   text_value(outgoing->failure));
    return statement_run(update, error) &&
           change_audit(outgoing->store,
                        &(ChangeMade){"worker", outgoing->failure ? "mail not sent" : "mail sent",
                                      object, outgoing->at_utc},
                        json_pack("{s:s?}", "reason", outgoing->failure), error);
}

bool ledger_outbox_settle(Ledger *ledger, int64_t id, const char *failure, int64_t at_utc,
                          GError **error)
{
    Outgoing outgoing = {.store = ledger->store, .id = id, .failure = failure, .at_utc = at_utc};

    return store_transaction(ledger->store, STORE_WRITING, settle, &outgoing, error);
}

static bool postpone(void *data, GError **error)
{
    const Outgoing *outgoing = data;
    g_autoptr(Statement) update = store_prepare(
        outgoing->store,
        "UPDATE outbox SET tries = tries + 1, next_try = $2, failure = $3 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(outgoing->id), integer_value(outgoing->at_utc),
                   text_value(outgoing->failure));
    return statement_run(update, error);
}

bool ledger_outbox_postpone(Ledger *ledger, int64_t id, const char *failure, int64_t next_utc,
                            GError **error)
{
    Outgoing outgoing = {.store = ledger->store, .id = id, .failure = failure, .at_utc = next_utc};

    return store_transaction(ledger->store, STORE_WRITING, postpone, &outgoing, error);
}

/* ---- how it stands ---- */

static json_t *never_sent(Ledger *ledger, int64_t since_utc, GError **error)
{
    g_autoptr(Statement) rows = store_prepare(
        ledger->store,
        "SELECT person, failure, sent FROM outbox WHERE sent >= $1 AND failure IS NOT NULL"
        " ORDER BY sent DESC, id DESC LIMIT 20",
        error);
    json_t *list = json_array();
    StoreStep step = STORE_FAILED;

    if (rows)
        statement_bind(rows, integer_value(since_utc));
    while (rows && (step = statement_step(rows, error)) == STORE_ROW)
        json_array_append_new(list, json_pack("{s:s s:s s:o}", "person", statement_text(rows, 0),
                                              "failure", statement_text(rows, 1), "at",
                                              json_time(statement_integer(rows, 2))));
    if (step == STORE_DONE)
        return list;
    json_decref(list);
    return NULL;
}

json_t *ledger_outbox_state(Ledger *ledger, int64_t since_utc, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT (SELECT count(*) FROM outbox WHERE sent IS NULL),"
                      " (SELECT count(*) FROM outbox WHERE sent >= $1 AND failure IS NULL),"
                      " (SELECT min(made) FROM outbox WHERE sent IS NULL),"
                      " (SELECT failure FROM outbox WHERE sent IS NULL ORDER BY id LIMIT 1)",
                      error);
    if (!row)
        return NULL;
    statement_bind(row, integer_value(since_utc));
    if (statement_step(row, error) != STORE_ROW)
        return NULL;
    bool has_oldest = !row->store->driver->is_null(row, 2);
    json_t *state =
        json_pack("{s:I s:I s:o s:s?}", "waiting", (json_int_t)statement_integer(row, 0), "sent",
                  (json_int_t)statement_integer(row, 1), "oldest",
                  has_oldest ? json_time(statement_integer(row, 2)) : json_null(), "failure",
                  statement_text(row, 3));
    json_t *never = never_sent(ledger, since_utc, error);

    if (!never)
        g_clear_pointer(&state, json_decref);
    else
        json_object_set_new(state, "never", never);
    return state;
}
