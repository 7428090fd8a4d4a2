#include "notify/notify.h"

#include "base/calendar.h"
#include "base/times.h"
#include "ledger/outbox.h"
#include "notify/events.h"
#include "notify/message.h"
#include "notify/recipients.h"
#include "notify/smtp.h"

#include <string.h>

#define HOUR_SECONDS 3600
/* Tried after 2, 4, 8 … minutes, at last every six hours: for about three days. */
#define MOST_TRIES 20
#define LONGEST_WAIT_SECONDS (6 * HOUR_SECONDS)

static const SettingsGroup *settings_of(const Settings *settings)
{
    return settings_group(settings->root, "notify");
}

bool notify_is_configured(const Settings *settings)
{
    return settings_text(settings_of(settings), "smtp_url") != NULL;
}

bool notify_collect(const Notify *notify, GError **error)
{
    return !notify_is_configured(notify->settings) || events_collect(notify, error);
}

/* ---- one message ---- */

typedef struct Writing {
    const Notify *notify;
    const json_t *row; /* of ledger_outbox_waiting() */
    GPtrArray *lines;  /* (element-type MessageLine) */
    GArray *days;      /* (element-type CalendarDay) */
    GPtrArray *texts;  /* (element-type utf8) what the days point to */
    char *first;       /* what the first line is about */
} Writing;

static void writing_clear(Writing *writing)
{
    g_ptr_array_unref(writing->lines);
    g_array_unref(writing->days);
    g_ptr_array_unref(writing->texts);
    g_free(writing->first);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writing, writing_clear)

static const char *keep_text(Writing *writing, char *text)
{
    g_ptr_array_add(writing->texts, text);
    return text;
}

/* Of the configured address alone, never of a request's. */
static char *link_to(const Notify *notify, const char *path)
{
    const char *base = settings_text(settings_group(notify->settings->root, "web"), "base_url");
    size_t n = base != NULL ? strlen(base) : 0;

    if (n == 0 || path == NULL)
        return NULL;
    return g_strdup_printf("%.*s%s", (int)(base[n - 1] == '/' ? n - 1 : n), base, path);
}

static void add_day(Writing *writing, const Told *told, const char *link)
{
    CalendarDay day = {
        .uid = keep_text(writing, g_strconcat(told->deadline_uid, "@rightful", NULL)),
        .summary = keep_text(writing, g_strdup_printf("Last day: %s", told->deadline_of)),
        .description = keep_text(writing, g_strdup(told->sentence)),
        .url = link != NULL ? keep_text(writing, g_strdup(link)) : NULL,
        .day = told->deadline,
        .stamp_utc = writing->notify->now_utc,
    };

    for (guint i = 0; i < writing->days->len; i++) {
        if (strcmp(g_array_index(writing->days, CalendarDay, i).uid, day.uid) == 0)
            return;
    }
    g_array_append_val(writing->days, day);
}

/* "Opened" and "overdue" of one case are one line: the later one. */
static void add_line(Writing *writing, const Told *told)
{
    MessageLine *line = g_new(MessageLine, 1);

    *line = (MessageLine){g_strdup(told->key), g_strdup(told->sentence),
                          link_to(writing->notify, told->path)};
    if (writing->first == NULL)
        writing->first = g_strdup(told->what);
    if (told->deadline_uid != NULL && told->deadline != DAY_NONE)
        add_day(writing, told, line->link);
    for (guint i = 0; i < writing->lines->len; i++) {
        MessageLine *other = writing->lines->pdata[i];
        if (strcmp(other->key, line->key) == 0) {
            message_line_free(other);
            writing->lines->pdata[i] = line;
            return;
        }
    }
    g_ptr_array_add(writing->lines, line);
}

static bool write_lines(Writing *writing, GError **error)
{
    const char *person = json_string_value(json_object_get(writing->row, "person"));
    size_t i;
    json_t *event;

    json_array_foreach(json_object_get(writing->row, "events"), i, event)
    {
        g_auto(Told) told = {0};
        bool is_open;

        if (!events_tell(writing->notify, person, event, &told, &is_open, error))
            return false;
        if (is_open)
            add_line(writing, &told);
    }
    return true;
}

static char *write_message(const Writing *writing)
{
    const Notify *notify = writing->notify;
    const SettingsGroup *settings = settings_of(notify->settings);
    guint n = writing->lines->len;
    g_auto(NotifyPerson) who = {0};
    const char *person = json_string_value(json_object_get(writing->row, "person"));
    g_autofree char *calendar =
        writing->days->len > 0
            ? calendar_text((const CalendarDay *)(const void *)writing->days->data,
                            writing->days->len)
            : NULL;
    g_autofree char *subject = n == 1 ? g_strdup(writing->first)
                                      : g_strdup_printf("%s, and %u more", writing->first, n - 1);

    notify->people->find(notify->people->data, person, &who);
    g_autofree char *greeting =
        who.name != NULL ? g_strdup_printf("Hello %s,", who.name) : g_strdup("Hello,");
    g_autofree char *closing = g_strdup_printf(
        "Sent by rightful%s%s, at most once a day. This message gives nobody any right: its links "
        "ask you to sign in.",
        *notify->settings->organisation != '\0' ? " for " : "", notify->settings->organisation);
    Message message = {
        .from = settings_text(settings, "from"),
        .to = json_string_value(json_object_get(writing->row, "address")),
        .message_id = json_string_value(json_object_get(writing->row, "message_id")),
        .subject = subject,
        .greeting = greeting,
        .closing = closing,
        .lines = writing->lines,
        .calendar = calendar,
        .date_utc = notify->now_utc,
    };

    return message_text(&message);
}

/* ---- all that are due ---- */

typedef struct Round {
    const Notify *notify;
    Smtp *smtp; /* made when it is first needed */
    json_t *rows;
    NotifyCounts *counts;
} Round;

static bool settle(Round *round, const json_t *row, const char *failure, int *count, GError **error)
{
    (*count)++;
    return ledger_outbox_settle(round->notify->ledger,
                                json_integer_value(json_object_get(row, "id")), failure,
                                round->notify->now_utc, error);
}

static bool postpone(Round *round, const json_t *row, const GError *why, GError **error)
{
    int64_t tries = json_integer_value(json_object_get(row, "tries"));
    int64_t wait = MIN(INT64_C(120) << MIN(tries, 12), LONGEST_WAIT_SECONDS);

    if (tries + 1 >= MOST_TRIES)
        return settle(round, row, why->message, &round->counts->n_never, error);
    round->counts->n_postponed++;
    return ledger_outbox_postpone(round->notify->ledger,
                                  json_integer_value(json_object_get(row, "id")), why->message,
                                  round->notify->now_utc + wait, error);
}

static bool hand_over(Round *round, const json_t *row, const char *text, GError **error)
{
    const SettingsGroup *settings = settings_of(round->notify->settings);
    const char *to = json_string_value(json_object_get(row, "address"));
    g_autoptr(GError) why = NULL;

    if (round->smtp == NULL) {
        round->smtp = smtp_new(settings, error);
        if (round->smtp == NULL)
            return false;
    }
    if (smtp_send(round->smtp, settings_text(settings, "from"), to, text, &why))
        return settle(round, row, NULL, &round->counts->n_sent, error);
    if (g_error_matches(why, SMTP_ERROR, SMTP_ERROR_NEVER))
        return settle(round, row, why->message, &round->counts->n_never, error);
    if (!postpone(round, row, why, error))
        return false;
    if (g_error_matches(why, SMTP_ERROR, SMTP_ERROR_SERVER)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    return true;
}

static bool send_row(Round *round, const json_t *row, GError **error)
{
    const char *address = json_string_value(json_object_get(row, "address"));
    const char *problem = recipients_address_problem(address);
    g_auto(Writing) writing = {
        .notify = round->notify,
        .row = row,
        .lines = g_ptr_array_new_with_free_func(message_line_free),
        .days = g_array_new(FALSE, FALSE, sizeof(CalendarDay)),
        .texts = g_ptr_array_new_with_free_func(g_free),
    };

    if (!write_lines(&writing, error))
        return false;
    if (writing.lines->len == 0)
        return settle(round, row, "nothing of it was open any more", &round->counts->n_settled,
                      error);
    if (problem != NULL)
        return settle(round, row, problem, &round->counts->n_never, error);
    g_autofree char *text = write_message(&writing);

    return text != NULL ? hand_over(round, row, text, error)
                        : settle(round, row, "from or to is no mail address",
                                 &round->counts->n_never, error);
}

static bool keep(json_t *row, void *data)
{
    json_array_append(((Round *)data)->rows, row);
    return true;
}

/* What of the cap is left in this hour. */
static bool room_left(const Notify *notify, int64_t *ret_room, GError **error)
{
    json_t *state = ledger_outbox_state(notify->ledger, notify->now_utc - HOUR_SECONDS, error);

    if (state == NULL)
        return false;
    *ret_room = settings_int(settings_of(notify->settings), "cap") -
                json_integer_value(json_object_get(state, "sent"));
    json_decref(state);
    return true;
}

bool notify_send(const Notify *notify, NotifyCounts *ret_counts, GError **error)
{
    Round round = {.notify = notify, .rows = json_array(), .counts = ret_counts};
    int64_t room = 0;
    size_t i;
    json_t *row;

    *ret_counts = (NotifyCounts){0};
    bool is_done = !notify_is_configured(notify->settings) ||
                   (room_left(notify, &room, error) &&
                    (room <= 0 || ledger_outbox_waiting(notify->ledger, notify->now_utc, room, keep,
                                                        &round, error)));

    json_array_foreach(round.rows, i, row)
    {
        bool is_over = notify->cancel != NULL && g_cancellable_is_cancelled(notify->cancel);
        is_done = is_done && (is_over || send_row(&round, row, error));
    }
    json_decref(round.rows);
    smtp_free(round.smtp);
    return is_done;
}
