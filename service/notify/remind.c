/* remind.c: reminders that somebody asks for. They are events like all others: in the digest of the
 * day, so that nobody gets a second message however often somebody asks. */
#include "base/times.h"
#include "ledger/outbox.h"
#include "ledger/reviews.h"
#include "notify/notify.h"
#include "notify/recipients.h"

#include <string.h>

typedef struct Reminding {
    const Notify *notify;
    const NotifyReminder *asked;
    json_t *review;
    char *event;    /* "review RV-000001 asked 2026-03-20": once a person and day */
    json_t *rows;   /* what is reported */
    GArray *events; /* (element-type OutboxEvent) */
    json_t *facts;  /* of each event */
    json_t *told;   /* its row */
} Reminding;

static void event_clear(void *event)
{
    recipients_event_clear(event);
}

static void reminding_init(Reminding *reminding)
{
    const Notify *notify = reminding->notify;
    g_autofree char *day = day_to_text(day_of_time(notify->now_utc, notify->settings->timezone));

    reminding->event = g_strdup_printf(
        "review %s asked %s", json_string_value(json_object_get(reminding->review, "id")), day);
    reminding->rows = json_array();
    reminding->facts = json_array();
    reminding->told = json_array();
    reminding->events = g_array_new(FALSE, FALSE, sizeof(OutboxEvent));
    g_array_set_clear_func(reminding->events, event_clear);
}

static void reminding_clear(Reminding *reminding)
{
    json_decref(reminding->review);
    json_decref(reminding->rows);
    json_decref(reminding->facts);
    json_decref(reminding->told);
    g_free(reminding->event);
    if (reminding->events != NULL)
        g_array_unref(reminding->events);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reminding, reminding_clear)

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED, "%s. Nobody was reminded", sentence);
    return false;
}

/* Fills reminding->review. */
static bool open_review(Reminding *reminding, GError **error)
{
    const char *id = reminding->asked->review;
    g_autoptr(GError) own = NULL;

    if (!notify_is_configured(reminding->notify->settings))
        return refuse(error, "no mail server is configured (notify.smtp_url)");
    reminding->review =
        ledger_review(reminding->notify->ledger, id, reminding->notify->now_utc, &own);
    if (own != NULL) {
        g_propagate_error(error, g_steal_pointer(&own));
        return false;
    }
    if (reminding->review == NULL) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND,
                    "%s: no such review; rightful review list shows which there are. Nobody was "
                    "reminded",
                    id);
        return false;
    }
    if (!json_is_null(json_object_get(reminding->review, "closed")))
        return refuse(error, "%s is closed",
                      json_string_value(json_object_get(reminding->review, "id")));
    return true;
}

/* ---- each reviewer ---- */

static void add_event(Reminding *reminding, const char *id, const char *email, json_t *row)
{
    OutboxEvent event;
    json_t *facts =
        json_pack("{s:s s:O s:s s:s}", "kind", "review", "id",
                  json_object_get(reminding->review, "id"), "reminder", "asked", "reviewer", id);

    recipients_event(reminding->notify, id, email, reminding->event, facts, &event);
    g_array_append_val(reminding->events, event);
    json_array_append_new(reminding->facts, facts);
    json_array_append(reminding->told, row);
}

/* NULL: there is something to remind of, and a way to; else why not. */
static const char *reason_against(const Reminding *reminding, const char *id, json_int_t n_open,
                                  NotifyPerson *ret_who)
{
    const NotifyPeople *people = reminding->notify->people;

    if (n_open == 0)
        return "nothing is open for them";
    if (*id == '\0')
        return "nobody decides on these; reassign them to somebody";
    if (!people->find(people->data, id, ret_who))
        return "not in the roster of the last applied run";
    return recipients_address_problem(ret_who->email != NULL ? ret_who->email : "");
}

static void look_at(Reminding *reminding, const json_t *reviewer)
{
    const char *id = json_string_value(json_object_get(reviewer, "id"));
    const char *name = json_string_value(json_object_get(reviewer, "name"));
    json_int_t n_open = json_integer_value(json_object_get(reviewer, "open"));
    g_auto(NotifyPerson) who = {0};
    const char *reason = reason_against(reminding, id, n_open, &who);
    json_t *row = json_pack("{s:{s:s s:s} s:I s:n s:s?}", "person", "id", id, "name",
                            *id != '\0' ? name : "nobody", "open", n_open, "day", "reason", reason);

    json_array_append_new(reminding->rows, row);
    if (reason == NULL)
        add_event(reminding, id, who.email, row);
}

static bool look_at_all(Reminding *reminding, GError **error)
{
    const char *only = reminding->asked->reviewer;
    size_t i;
    json_t *reviewer;

    json_array_foreach(json_object_get(reminding->review, "reviewers"), i, reviewer)
    {
        const char *id = json_string_value(json_object_get(reviewer, "id"));
        if (only == NULL || strcmp(id, only) == 0)
            look_at(reminding, reviewer);
    }
    if (only != NULL && json_array_size(reminding->rows) == 0)
        return refuse(error, "%s decides on nothing in %s", only,
                      json_string_value(json_object_get(reminding->review, "id")));
    return true;
}

/* ---- what became of it ---- */

static void say_day(const Reminding *reminding, json_t *row, int32_t day)
{
    int32_t today = day_of_time(reminding->notify->now_utc, reminding->notify->settings->timezone);
    g_autofree char *text = day != DAY_NONE ? day_to_text(day) : NULL;

    if (day == DAY_NONE) {
        json_object_set_new(row, "reason", json_string("reminded of it today already"));
        return;
    }
    json_object_set_new(row, "day", json_string(text));
    if (day > today)
        json_object_set_new(row, "reason", json_string("today's message has gone already"));
}

json_t *notify_remind(const Notify *notify, const NotifyReminder *reminder, GError **error)
{
    g_auto(Reminding) reminding = {.notify = notify, .asked = reminder};

    if (!open_review(&reminding, error))
        return NULL;
    reminding_init(&reminding);
    if (!look_at_all(&reminding, error))
        return NULL;
    g_autofree int32_t *days = g_new0(int32_t, reminding.events->len + 1);
    OutboxAsked asked = {(const OutboxEvent *)(const void *)reminding.events->data,
                         reminding.events->len, reminder->actor,
                         json_string_value(json_object_get(reminding.review, "id")),
                         notify->now_utc};

    if (!ledger_outbox_add_asked(notify->ledger, &asked, days, error))
        return NULL;
    for (guint i = 0; i < reminding.events->len; i++)
        say_day(&reminding, json_array_get(reminding.told, i), days[i]);
    return json_incref(reminding.rows);
}
