#include "ledger/turns.h"

typedef struct Turner {
    const Plan *plan;
    const MergeRun *merge;
    Statement *accept, *rule, *open, *lapse, *read, *forget;
} Turner;

static void turner_clear(Turner *turner)
{
    Statement *statements[] = {turner->accept, turner->rule, turner->open,
                               turner->lapse,  turner->read, turner->forget};
    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++)
        statement_free(statements[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Turner, turner_clear)

static bool prepare(Turner *turner, Store *store, GError **error)
{
    const struct {
        Statement **statement;
        const char *sql;
    } all[] = {
        {&turner->accept, "UPDATE exception SET status = 'accepted' WHERE id = $1"},
        {&turner->rule,
         "INSERT INTO waiver (exception, kind, reason, requester, last_day, ends, decided) "
         "VALUES ($1, 'rule', $2, $3, $4, $5, $6) ON CONFLICT (exception) DO UPDATE SET "
         "kind = excluded.kind, reason = excluded.reason, requester = excluded.requester, "
         "requester_name = NULL, approver = NULL, approver_name = NULL, last_day = "
         "excluded.last_day, ends = excluded.ends, decided = excluded.decided, lapsed_run = NULL"},
        {&turner->open, "UPDATE exception SET status = 'open', owner = NULL, "
                        "due = $2, due_from = $3 WHERE id = $1"},
        /* What ended before its date has no date that could pass. */
        {&turner->lapse, "UPDATE waiver SET lapsed_run = $2, ends = CASE WHEN $3 = 1 THEN ends "
                         "ELSE NULL END WHERE exception = $1"},
        {&turner->read, "SELECT last_day FROM waiver WHERE exception = $1"},
        {&turner->forget, "DELETE FROM waiver WHERE exception = $1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!(*all[i].statement = store_prepare(store, all[i].sql, error)))
            return false;
    }
    return true;
}

/* Takes detail. */
static bool write_audit(Turner *turner, int64_t id, const char *action, json_t *detail,
                        GError **error)
{
    const LedgerRun *run = turner->merge->run;
    g_autofree char *object = exception_name(id);
    g_autofree char *text = json_to_text(detail, "{}");

    json_decref(detail);
    return audit_write(turner->merge->audit,
                       &(AuditRow){.at_utc = run->started_utc,
                                   .actor = run->actor,
                                   .action = action,
                                   .object = object,
                                   .run = run->id,
                                   .detail = text},
                       error);
}

static bool accept_by_rule(Turner *turner, int64_t id, const AcceptanceRule *rule, GError **error)
{
    statement_bind(turner->accept, integer_value(id));
    statement_bind(turner->rule, integer_value(id), text_value(rule->reason),
                   text_value(rule->author), text_value(rule->last_day),
                   integer_value(rule->ends_utc), integer_value(turner->merge->run->as_of_utc));
    return statement_run(turner->accept, error) && statement_run(turner->rule, error) &&
           write_audit(turner, id, "accepted",
                       json_pack("{s:s s:s s:s s:s}", "reason", rule->reason, "author",
                                 rule->author, "until", rule->last_day, "place", rule->place),
                       error);
}

/* "2026-12-31", newly allocated; NULL when there is none. */
static char *last_day_of(Turner *turner, int64_t id)
{
    statement_bind(turner->read, integer_value(id));
    bool is_there = statement_step(turner->read, NULL) == STORE_ROW;
    char *day = is_there ? g_strdup(statement_text(turner->read, 0)) : NULL;
    statement_reset(turner->read);
    return day;
}

static bool open_again(Turner *turner, int64_t id, int severity, bool is_by_date, GError **error)
{
    const MergeRun *merge = turner->merge;
    int64_t now = merge->run->as_of_utc;
    g_autofree char *last_day = is_by_date ? last_day_of(turner, id) : NULL;

    statement_bind(turner->open, integer_value(id),
                   integer_value(now + merge->due_seconds[severity]), integer_value(now));
    statement_bind(turner->lapse, integer_value(id), integer_value(merge->run->id),
                   integer_value(is_by_date));
    return statement_run(turner->open, error) && statement_run(turner->lapse, error) &&
           write_audit(turner, id, "lapsed", json_pack("{s:s?}", "until", last_day), error);
}

static bool write_turn(Turner *turner, size_t index, int64_t id, GError **error)
{
    const FindingSet *set = turner->plan->set;
    const Finding *finding = &g_array_index(set->findings, Finding, index);

    switch ((Turn)turner->plan->turn[index]) {
    case TURN_RULED:
    case TURN_REWORDED:
        return accept_by_rule(turner, id, &set->rules[set->accepted_by[index] - 1], error);
    case TURN_LAPSED:
    case TURN_UNRULED:
        return open_again(turner, id, finding->severity, turner->plan->turn[index] == TURN_LAPSED,
                          error);
    case TURN_NONE:
        break;
    }
    return true;
}

/* New exceptions were numbered in the order of their findings (merge.c). */
static bool write_turns(Turner *turner, GError **error)
{
    const Plan *plan = turner->plan;
    int64_t next_id = plan->greatest_id + 1;

    for (guint i = 0; i < plan->set->findings->len; i++) {
        int64_t id = plan->change[i] == CHANGE_NEW ? next_id++ : plan->exception[i];
        if (plan->turn[i] != TURN_NONE && !write_turn(turner, i, id, error))
            return false;
    }
    return true;
}

static bool write_left_alone(Turner *turner, GError **error)
{
    for (guint i = 0; i < turner->plan->lapsed->len; i++) {
        const Lapsed *lapsed = &g_array_index(turner->plan->lapsed, Lapsed, i);
        if (!open_again(turner, lapsed->id, lapsed->severity, true, error))
            return false;
    }
    return true;
}

/* A waiver ends with the fact that it was for. */
static bool forget_gone(Turner *turner, GError **error)
{
    for (guint i = 0; i < turner->plan->gone->len; i++) {
        const Gone *gone = &g_array_index(turner->plan->gone, Gone, i);
        if (!gone->has_waiver)
            continue;
        statement_bind(turner->forget, integer_value(gone->id));
        if (!statement_run(turner->forget, error))
            return false;
    }
    return true;
}

bool turns_write(Store *store, const Plan *plan, const MergeRun *merge, GError **error)
{
    g_auto(Turner) turner = {.plan = plan, .merge = merge};

    return prepare(&turner, store, error) && write_turns(&turner, error) &&
           write_left_alone(&turner, error) && forget_gone(&turner, error);
}
