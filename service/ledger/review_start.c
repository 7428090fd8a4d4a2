/* review_start.c: writing a campaign down. */
#include "ledger/changes.h"
#include "ledger/reviews.h"

#include "base/digest.h"

typedef struct Starting {
    Ledger *ledger;
    const ReviewStart *start;
    int64_t id;
    char *population;
} Starting;

char *ledger_review_name(int64_t id)
{
    return g_strdup_printf("RV-%06" G_GINT64_FORMAT, id);
}

int64_t ledger_review_id(const char *text)
{
    guint64 id = 0;
    const char *digits = g_ascii_strncasecmp(text, "RV-", 3) == 0 ? text + 3 : text;
    bool is_id = g_ascii_string_to_unsigned(digits, 10, 1, G_MAXINT64, &id, NULL);
    return is_id ? (int64_t)id : 0;
}

bool ledger_review_last(Ledger *ledger, const char *name, ReviewLast *ret_last, GError **error)
{
    g_autoptr(Statement) row =
        store_prepare(ledger->store,
                      "SELECT id, started_at, as_of, closed_at FROM review WHERE name = $1"
                      " ORDER BY id DESC LIMIT 1",
                      error);
    if (!row)
        return false;
    statement_bind(row, text_value(name));
    StoreStep step = statement_step(row, error);
    if (step == STORE_FAILED)
        return false;
    *ret_last = (ReviewLast){0};
    if (step == STORE_ROW)
        *ret_last = (ReviewLast){.id = statement_integer(row, 0),
                                 .started_utc = statement_integer(row, 1),
                                 .as_of_utc = statement_integer(row, 2),
                                 .is_open = ledger->store->driver->is_null(row, 3)};
    return true;
}

static bool is_none_open(const Starting *starting, GError **error)
{
    ReviewLast last;

    if (!ledger_review_last(starting->ledger, starting->start->name, &last, error))
        return false;
    g_autofree char *name = ledger_review_name(last.id);
    return !last.is_open || change_refuse(error,
                                          "%s, a campaign of %s, is still open: close it first, "
                                          "or let its reviewers finish. Nothing was started.",
                                          name, starting->start->name);
}

/* ---- items ---- */

static char *holders_text(const ReviewItem *item)
{
    json_t *list = json_array();

    for (const char *const *holder = item->holders; holder && *holder; holder++)
        json_array_append_new(list, json_string(*holder));
    char *text = json_to_text(list, NULL);
    json_decref(list);
    return text;
}

static void add_to_digest(Digest *digest, int64_t place, const ReviewItem *item, const char *facts)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, place);
    const char *const texts[] = {number,
                                 item->source,
                                 item->account_key,
                                 item->account_name,
                                 item->group_source,
                                 item->group_key,
                                 item->group_name,
                                 item->person_id,
                                 item->is_single ? "1" : "0",
                                 facts};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        digest_add_text(digest, texts[i]);
}

static bool write_items(Starting *starting, Bulk *items, GError **error)
{
    const ReviewStart *start = starting->start;
    g_autoptr(Digest) digest = digest_new();

    for (size_t i = 0; i < start->n_items; i++) {
        const ReviewItem *item = &start->items[i];
        int64_t place = (int64_t)i + 1;
        g_autofree char *dumped = item->facts ? json_to_text(item->facts, NULL) : NULL;
        const char *facts = dumped ? dumped : item->facts_text;
        g_autofree char *holders = holders_text(item);

        add_to_digest(digest, place, item, facts);
        if (!bulk_add(items, error, integer_value(starting->id), integer_value(place),
                      text_value(item->source), text_value(item->account_key),
                      text_value(item->account_name), text_value(item->group_source),
                      text_value(item->group_key), text_value(item->group_name),
                      text_value(item->person_id), text_value(facts),
                      integer_value(item->is_single), text_value(holders),
                      text_value(item->reviewer), integer_value(1), integer_value(1)))
            return false;
    }
    starting->population = digest_end(digest);
    return bulk_end(items, error);
}

/* ---- the campaign ---- */

/* The digest is known when the items are written, and they refer to this row. */
static bool write_head(const Starting *starting, GError **error)
{
    const ReviewStart *start = starting->start;
    g_autofree char *scope = json_to_text(start->scope, "{}");
    g_autofree char *proof = json_to_text(start->proof, "[]");
    g_autoptr(Statement) insert =
        store_prepare(starting->ledger->store,
                      "INSERT INTO review (id, name, title, scope, owner, started_at, started_by,"
                      " as_of, run, due, population, proof)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11)",
                      error);
    if (!insert)
        return false;
    statement_bind(insert, integer_value(starting->id), text_value(start->name),
                   text_value(start->title), text_value(scope), text_value(start->owner),
                   integer_value(start->started_utc), text_value(start->actor),
                   integer_value(start->as_of_utc), integer_value(start->run),
                   integer_value(start->due_utc), text_value(proof));
    return statement_run(insert, error);
}

static bool write_population(const Starting *starting, GError **error)
{
    g_autoptr(Statement) update = store_prepare(
        starting->ledger->store, "UPDATE review SET population = $2 WHERE id = $1", error);
    if (!update)
        return false;
    statement_bind(update, integer_value(starting->id), text_value(starting->population));
    return statement_run(update, error);
}

static bool write_audit(const Starting *starting, GError **error)
{
    const ReviewStart *start = starting->start;
    g_autofree char *object = ledger_review_name(starting->id);
    g_autoptr(Audit) audit = audit_new(starting->ledger->store, error);
    json_t *detail =
        json_pack("{s:s s:s s:I s:s}", "name", start->name, "title", start->title, "items",
                  (json_int_t)start->n_items, "population", starting->population);
    g_autofree char *text = json_to_text(detail, NULL);

    json_decref(detail);
    return audit && audit_write(audit,
                                &(AuditRow){.at_utc = start->started_utc,
                                            .actor = start->actor,
                                            .action = "started",
                                            .object = object,
                                            .run = start->run,
                                            .detail = text},
                                error);
}

static bool start_review(void *data, GError **error)
{
    Starting *starting = data;
    Store *store = starting->ledger->store;

    g_clear_pointer(&starting->population, g_free);
    if (!is_none_open(starting, error) ||
        !store_query_integer(store, "SELECT COALESCE(max(id), 0) + 1 FROM review", &starting->id,
                             error) ||
        !write_head(starting, error))
        return false;
    g_autoptr(Bulk) items = bulk_new(
        store, "review_item",
        "review, place, source, account_key, account_name, group_source, group_key, group_name,"
        " person_id, facts, is_single, holders, reviewer, stage, version",
        error);
    return items && write_items(starting, items, error) && write_population(starting, error) &&
           write_audit(starting, error);
}

bool ledger_review_start(Ledger *ledger, const ReviewStart *start, json_t **ret_review,
                         GError **error)
{
    Starting starting = {.ledger = ledger, .start = start};
    bool is_done = store_transaction(ledger->store, STORE_WRITING, start_review, &starting, error);

    g_free(starting.population);
    if (!is_done)
        return false;
    g_autofree char *name = ledger_review_name(starting.id);
    *ret_review = ledger_review(ledger, name, start->started_utc, error);
    return *ret_review != NULL;
}
