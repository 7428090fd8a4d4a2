/* decisions.c: what people decide about an exception: accepted until a date, a false positive, or
 * open again. Nobody decides alone about what is their own: whose exception it is, who asks and who
 * approves are three different people, whatever they are called. Each decision is one transaction
 * with its audit row; of two at once one finds the state that the other left. */
#include "ledger/changes.h"
#include "ledger/roster.h"
#include "ledger/waivers.h"

#include <string.h>

typedef struct Deciding {
    Store *store;
    const LedgerDecision *decision;
    const int64_t *due_seconds; /* of a reopening; NULL otherwise */
    ExceptionState state;
    RosterPerson requester; /* id NULL: nobody of the roster */
    RosterPerson approver;
    const char *requester_text; /* as given */
} Deciding;

static void deciding_clear(Deciding *deciding)
{
    exception_state_clear(&deciding->state);
    roster_person_clear(&deciding->requester);
    roster_person_clear(&deciding->approver);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Deciding, deciding_clear)

/* ---- whose it is ---- */

typedef struct Subject {
    GPtrArray *ids; /* (element-type utf8) of the people whom the exception is about, as of now */
    char *account;  /* name of the account that it is about; NULL = it is about none */
} Subject;

static void subject_clear(Subject *subject)
{
    g_clear_pointer(&subject->ids, g_ptr_array_unref);
    g_free(subject->account);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

static bool add_person(Subject *subject, Store *store, const char *id, GError **error)
{
    char *speaking = id && *id ? roster_speaking_id(store, id, error) : NULL;

    if (speaking)
        g_ptr_array_add(subject->ids, speaking);
    return speaking || !id || !*id;
}

static bool add_holders(Subject *subject, Store *store, const char *holders, GError **error)
{
    json_t *list = json_from_text(holders, json_array()), *holder;
    bool is_good = true;
    size_t i;

    json_array_foreach(list, i, holder)
    {
        is_good = is_good && add_person(subject, store, json_string_value(holder), error);
    }
    json_decref(list);
    return is_good;
}

static bool read_subject(Store *store, int64_t id, Subject *subject, GError **error)
{
    g_autoptr(Statement) row = store_prepare(
        store,
        "SELECT t.person_id, t.holders, t.subject_type, t.subject_key, e.subject_name "
        "FROM exception_text t JOIN exception e ON e.id = t.exception WHERE t.exception = $1",
        error);
    if (!row)
        return false;
    subject->ids = g_ptr_array_new_with_free_func(g_free);
    statement_bind(row, integer_value(id));
    StoreStep step = statement_step(row, error);
    if (step != STORE_ROW)
        return step == STORE_DONE;
    const char *type = statement_text(row, 2);
    bool is_account = g_strcmp0(type, "account") == 0 || g_strcmp0(type, "right") == 0;
    subject->account = is_account ? g_strdup(statement_text(row, 4)) : NULL;
    return add_person(subject, store, statement_text(row, 0), error) &&
           add_holders(subject, store, statement_text(row, 1), error) &&
           (g_strcmp0(type, "person") != 0 ||
            add_person(subject, store, statement_text(row, 3), error));
}

static bool is_subject(const Subject *subject, const RosterPerson *person, const char *text)
{
    if (person->id)
        return g_ptr_array_find_with_equal_func(subject->ids, person->id, g_str_equal, NULL);
    /* Nobody of the roster: the login name may be the account itself. */
    return subject->account && g_ascii_strcasecmp(subject->account, text) == 0;
}

/* ---- who decides ---- */

static const char *shown(const RosterPerson *person, const char *text)
{
    return person->name && *person->name ? person->name : person->id ? person->id : text;
}

static bool find_requester(Deciding *deciding, GError **error)
{
    const LedgerDecision *decision = deciding->decision;

    deciding->requester_text = decision->requester ? decision->requester : decision->actor;
    if (!roster_find(deciding->store, deciding->requester_text, &deciding->requester, error))
        return false;
    if (decision->requester && !deciding->requester.id)
        return change_refuse(error,
                             "'%s' is nobody of the last applied roster: who asks must be known. "
                             "Nothing was changed.",
                             decision->requester);
    return true;
}

static bool find_approver(Deciding *deciding, GError **error)
{
    const char *text = deciding->decision->approver;
    RosterPerson *approver = &deciding->approver;

    if (change_is_blank(text))
        return change_refuse(error, "it needs somebody who approves; nothing was changed");
    if (!roster_find(deciding->store, text, approver, error))
        return false;
    if (!approver->id)
        return change_refuse(error,
                             "the approver '%s' is nobody of the last applied roster; give an HR "
                             "id, an e-mail address or a username. Nothing was changed.",
                             text);
    return true;
}

static bool works_here(const RosterPerson *person, GError **error)
{
    return (person->gone_since == 0 && !person->has_left) ||
           change_refuse(error,
                         "%s (%s) has left: who approves must work here. Nothing was changed.",
                         shown(person, ""), person->id);
}

/* Subject, requester and approver are three different people. */
static bool are_different(const Deciding *deciding, GError **error)
{
    const RosterPerson *requester = &deciding->requester, *approver = &deciding->approver;
    g_auto(Subject) subject = {0};

    if (!read_subject(deciding->store, deciding->state.id, &subject, error))
        return false;
    if (is_subject(&subject, requester, deciding->requester_text))
        return change_refuse(error,
                             "%s is about %s: somebody else must decide. Nothing was changed.",
                             deciding->state.name, shown(requester, deciding->requester_text));
    if (!approver->id)
        return true;
    if (is_subject(&subject, approver, ""))
        return change_refuse(error,
                             "%s is about %s (%s): who approves must be somebody else. Nothing was "
                             "changed.",
                             deciding->state.name, shown(approver, ""), approver->id);
    if (g_strcmp0(requester->id, approver->id) == 0)
        return change_refuse(error,
                             "%s (%s) asks for it and cannot approve it too. Nothing was changed.",
                             shown(approver, ""), approver->id);
    return true;
}

/* ---- decisions ---- */

static bool begin(Deciding *deciding, GError **error)
{
    const LedgerDecision *decision = deciding->decision;

    if (change_is_blank(decision->reason))
        return change_refuse(error, "it needs a reason; nothing was changed");
    return exception_state_read(deciding->store, decision->id, &deciding->state, error);
}

/* Only what is open waits for a decision. */
static bool is_waiting(const Deciding *deciding, GError **error)
{
    const ExceptionState *state = &deciding->state;

    if (state->status == STATUS_OPEN || state->status == STATUS_ASSIGNED)
        return true;
    if (state->status == STATUS_RESOLVED)
        return change_refuse(error,
                             "%s is resolved: there is nothing left to decide. Nothing was "
                             "changed.",
                             state->name);
    return change_refuse(error,
                         "%s is %s already; 'rightful exception show %s' says by whom. To decide "
                         "anew: 'rightful exception reopen %s --reason TEXT' first. Nothing was "
                         "changed.",
                         state->name, ledger_statuses[state->status], state->name, state->name);
}

/* The last merged run says what time it is: a waiver that it would end at once is none. */
static bool is_ahead(const Deciding *deciding, GError **error)
{
    int64_t as_of;

    if (!store_query_integer(deciding->store,
                             "SELECT max(as_of) FROM run WHERE status IN ('applied', 'partial')",
                             &as_of, error))
        return false;
    g_autofree char *judged_by = time_to_text(as_of);
    return deciding->decision->ends_utc > as_of ||
           change_refuse(error, "%s is over: the last run judged by %s. Nothing was changed.",
                         deciding->decision->last_day, judged_by);
}

static bool write_status(const Deciding *deciding, Status status, GError **error)
{
    g_autoptr(Statement) update =
        store_prepare(deciding->store, "UPDATE exception SET status = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(deciding->state.id), text_value(ledger_statuses[status]));
    return statement_run(update, error);
}

static bool write_waiver(const Deciding *deciding, WaiverKind kind, GError **error)
{
    const LedgerDecision *decision = deciding->decision;
    const RosterPerson *requester = &deciding->requester;
    bool has_end = kind == WAIVER_ACCEPTED;
    g_autoptr(Statement) write = store_prepare(
        deciding->store,
        "INSERT INTO waiver (exception, kind, reason, requester, requester_name, approver, "
        "approver_name, last_day, ends, decided) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (exception) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, "
        "requester = excluded.requester, requester_name = excluded.requester_name, "
        "approver = excluded.approver, approver_name = excluded.approver_name, "
        "last_day = excluded.last_day, ends = excluded.ends, decided = excluded.decided, "
        "lapsed_run = NULL",
        error);
    if (!write)
        return false;
    statement_bind(write, integer_value(deciding->state.id), text_value(waiver_kinds[kind]),
                   text_value(decision->reason),
                   text_value(requester->id ? requester->id : deciding->requester_text),
                   text_value(requester->name), text_value(deciding->approver.id),
                   text_value(deciding->approver.name),
                   text_value(has_end ? decision->last_day : NULL),
                   has_end ? integer_value(decision->ends_utc) : text_value(NULL),
                   integer_value(decision->at_utc));
    return statement_run(write, error);
}

static bool write_audit(const Deciding *deciding, const char *action, json_t *detail,
                        GError **error)
{
    return change_audit(deciding->store,
                        &(ChangeMade){deciding->decision->actor, action, deciding->state.name,
                                      deciding->decision->at_utc},
                        detail, error);
}

/* "Jonas Meier (00124)"; newly allocated. */
static char *named(const RosterPerson *person, const char *text)
{
    return person->id ? g_strdup_printf("%s (%s)", shown(person, text), person->id)
                      : g_strdup(text);
}

static bool accept(void *data, GError **error)
{
    Deciding *deciding = data;
    const LedgerDecision *decision = deciding->decision;

    if (!begin(deciding, error) || !is_waiting(deciding, error) || !is_ahead(deciding, error) ||
        !find_requester(deciding, error) || !find_approver(deciding, error) ||
        !are_different(deciding, error) || !works_here(&deciding->approver, error) ||
        !write_status(deciding, STATUS_ACCEPTED, error) ||
        !write_waiver(deciding, WAIVER_ACCEPTED, error))
        return false;
    g_autofree char *requester = named(&deciding->requester, deciding->requester_text);
    g_autofree char *approver = named(&deciding->approver, "");
    return write_audit(deciding, "accepted",
                       json_pack("{s:s s:s s:s s:s}", "until", decision->last_day, "approver",
                                 approver, "requester", requester, "reason", decision->reason),
                       error);
}

static bool write_feedback(const Deciding *deciding, GError **error)
{
    g_autoptr(Statement) write = store_prepare(
        deciding->store,
        "INSERT INTO feedback (exception, at, control, actor, reason) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (exception, at) DO UPDATE SET actor = excluded.actor, "
        "reason = excluded.reason, withdrawn = NULL",
        error);
    if (!write)
        return false;
    statement_bind(write, integer_value(deciding->state.id),
                   integer_value(deciding->decision->at_utc), text_value(deciding->state.control),
                   text_value(deciding->decision->actor), text_value(deciding->decision->reason));
    return statement_run(write, error);
}

static bool declare_false(void *data, GError **error)
{
    Deciding *deciding = data;

    return begin(deciding, error) && is_waiting(deciding, error) &&
           find_requester(deciding, error) && are_different(deciding, error) &&
           write_status(deciding, STATUS_FALSE_POSITIVE, error) &&
           write_waiver(deciding, WAIVER_FALSE_POSITIVE, error) &&
           write_feedback(deciding, error) &&
           write_audit(deciding, "false-positive",
                       json_pack("{s:s}", "reason", deciding->decision->reason), error);
}

/* Open is what the ledger finds open itself; a rule would accept it again tonight. */
static bool may_reopen(const Deciding *deciding, GError **error)
{
    const ExceptionState *state = &deciding->state;
    g_autoptr(GArray) waivers = NULL;

    if (state->status == STATUS_RESOLVED)
        return change_refuse(error,
                             "%s is resolved: it is open again by itself when a run finds "
                             "it. Nothing was changed.",
                             state->name);
    if (state->status != STATUS_ACCEPTED && state->status != STATUS_FALSE_POSITIVE)
        return change_refuse(error, "%s is open already. Nothing was changed.", state->name);
    waivers = waivers_read(deciding->store, error);
    if (!waivers)
        return false;
    const Waiver *waiver = waivers_find(waivers, state->id);
    if (waiver && waiver->kind == WAIVER_RULE)
        return change_refuse(error,
                             "%s is accepted by a rule of the configuration, which would accept it "
                             "again tonight: change `suppressions` there. Nothing was changed.",
                             state->name);
    return true;
}

static bool write_open(const Deciding *deciding, GError **error)
{
    Store *store = deciding->store;
    /* Counted from the last run: what stands in an exception never depends on the clock. */
    g_autoptr(Statement) open = store_prepare(
        store,
        "UPDATE exception SET status = 'open', owner = NULL, "
        "due_from = (SELECT max(as_of) FROM run WHERE status IN ('applied', 'partial')), "
        "due = $2 + (SELECT max(as_of) FROM run WHERE status IN ('applied', 'partial')) "
        "WHERE id = $1",
        error);
    g_autoptr(Statement) forget =
        store_prepare(store, "DELETE FROM waiver WHERE exception = $1", open ? error : NULL);
    g_autoptr(Statement) withdraw = store_prepare(
        store, "UPDATE feedback SET withdrawn = $2 WHERE exception = $1 AND withdrawn IS NULL",
        forget ? error : NULL);

    if (!open || !forget || !withdraw)
        return false;
    statement_bind(open, integer_value(deciding->state.id),
                   integer_value(deciding->due_seconds[deciding->state.severity]));
    statement_bind(forget, integer_value(deciding->state.id));
    statement_bind(withdraw, integer_value(deciding->state.id),
                   integer_value(deciding->decision->at_utc));
    return statement_run(open, error) && statement_run(forget, error) &&
           statement_run(withdraw, error);
}

static bool reopen(void *data, GError **error)
{
    Deciding *deciding = data;

    return begin(deciding, error) && may_reopen(deciding, error) &&
           find_requester(deciding, error) && write_open(deciding, error) &&
           write_audit(deciding, "reopened by hand",
                       json_pack("{s:s s:s}", "state", ledger_statuses[deciding->state.status],
                                 "reason", deciding->decision->reason),
                       error);
}

static bool decide(Ledger *ledger, const LedgerDecision *decision, const int64_t *due_seconds,
                   StoreWork work, GError **error)
{
    g_auto(Deciding)
        deciding = {.store = ledger->store, .decision = decision, .due_seconds = due_seconds};

    return store_transaction(ledger->store, STORE_WRITING, work, &deciding, error);
}

bool ledger_accept(Ledger *ledger, const LedgerDecision *decision, GError **error)
{
    return decide(ledger, decision, NULL, accept, error);
}

bool ledger_false_positive(Ledger *ledger, const LedgerDecision *decision, GError **error)
{
    return decide(ledger, decision, NULL, declare_false, error);
}

bool ledger_reopen(Ledger *ledger, const LedgerDecision *decision, const int64_t *due_seconds,
                   GError **error)
{
    return decide(ledger, decision, due_seconds, reopen, error);
}

/* ---- what people say about the rules ---- */

static json_t *list_of(json_t *by_control, const char *control)
{
    if (!json_object_get(by_control, control))
        json_object_set_new(by_control, control, json_array());
    return json_object_get(by_control, control);
}

json_t *ledger_feedback(Ledger *ledger, GError **error)
{
    g_autoptr(Statement) rows =
        store_prepare(ledger->store,
                      "SELECT control, exception, at, actor, reason FROM feedback "
                      "WHERE withdrawn IS NULL ORDER BY control, at, exception",
                      error);
    json_t *by_control = json_object();
    StoreStep step = STORE_FAILED;

    while (rows && (step = statement_step(rows, error)) == STORE_ROW) {
        g_autofree char *id = exception_name(statement_integer(rows, 1));
        json_array_append_new(list_of(by_control, statement_text(rows, 0)),
                              json_pack("{s:s s:o s:s s:s}", "exception", id, "at",
                                        json_time(statement_integer(rows, 2)), "actor",
                                        statement_text(rows, 3), "reason",
                                        statement_text(rows, 4)));
    }
    if (step == STORE_DONE)
        return by_control;
    json_decref(by_control);
    return NULL;
}
