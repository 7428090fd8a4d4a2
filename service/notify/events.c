#include "notify/events.h"

#include "base/times.h"
#include "ledger/cases.h"
#include "ledger/outbox.h"
#include "ledger/reviews.h"
#include "notify/recipients.h"
#include "review/campaign.h"
#include "review/reminders.h"

#include <rightful/record.h>

#include <string.h>

/* A waiver that ends within these days is told of. */
#define WAIVER_DAYS 7

void told_clear(Told *told)
{
    g_free(told->sentence);
    g_free(told->key);
    g_free(told->path);
    g_free(told->what);
    g_free(told->deadline_uid);
    g_free(told->deadline_of);
}

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static int64_t time_in(const Notify *notify, const json_t *object, const char *name)
{
    int64_t utc = TIME_UNKNOWN;

    time_parse(text_of(text_in(object, name)), notify->settings->timezone, &utc);
    return utc;
}

/* The last day on which something may be done that is due at that instant. */
static int32_t last_day(const Notify *notify, const json_t *object, const char *name)
{
    int64_t utc = time_in(notify, object, name);

    return utc == TIME_UNKNOWN ? DAY_NONE : day_of_time(utc - 1, notify->settings->timezone);
}

static int32_t today(const Notify *notify)
{
    return day_of_time(notify->now_utc, notify->settings->timezone);
}

/* ---- reviews ---- */

typedef struct Collecting {
    const Notify *notify;
    json_t *rows;
} Collecting;

static bool keep(json_t *row, void *data)
{
    json_array_append(((Collecting *)data)->rows, row);
    return true;
}

static bool remind_reviewer(const Notify *notify, const json_t *review, const json_t *reviewer,
                            const Reminder *reminder, GError **error)
{
    const char *id = text_in(reviewer, "id");
    g_autofree char *event = reminder_event(text_in(review, "id"), reminder);
    g_auto(NotifyPerson) who = {0};
    json_t *facts = json_pack("{s:s s:s s:s s:s}", "kind", "review", "id", text_in(review, "id"),
                              "reminder", reminder_names[reminder->kind], "reviewer", id);
    bool is_done = recipients_tell_person(notify, id, event, facts, error);

    if (is_done && reminder->to_manager && notify->people->find(notify->people->data, id, &who) &&
        who.manager != NULL) {
        g_autofree char *above = g_strdup_printf("%s of %s", event, id);
        is_done = recipients_tell_person(notify, who.manager, above, facts, error);
    }
    json_decref(facts);
    return is_done;
}

static bool remind_of(const Notify *notify, const json_t *head, GError **error)
{
    Reminder reminder;
    int64_t started = time_in(notify, head, "started");
    int32_t due = last_day(notify, head, "due");
    size_t i;
    json_t *reviewer;

    if (started == TIME_UNKNOWN || due == DAY_NONE ||
        !reminder_due(day_of_time(started, notify->settings->timezone), due, today(notify),
                      &reminder))
        return true;
    json_t *review = ledger_review(notify->ledger, text_in(head, "id"), notify->now_utc, error);
    bool is_done = review != NULL;

    json_array_foreach(json_object_get(review, "reviewers"), i, reviewer)
    {
        bool has_open = json_integer_value(json_object_get(reviewer, "open")) > 0;
        if (is_done && has_open && *text_in(reviewer, "id") != '\0')
            is_done = remind_reviewer(notify, review, reviewer, &reminder, error);
    }
    json_decref(review);
    return is_done;
}

static bool collect_reviews(const Notify *notify, GError **error)
{
    Collecting open = {notify, json_array()};
    ReviewFilter filter = {.now_utc = notify->now_utc};
    bool is_done = ledger_reviews(notify->ledger, &filter, keep, &open, error);
    size_t i;
    json_t *row;

    json_array_foreach(open.rows, i, row)
    {
        is_done = is_done && remind_of(notify, row, error);
    }
    json_decref(open.rows);
    return is_done;
}

/* All of one reviewer's, as they stand for him. */
static json_t *reviews_of(const Notify *notify, const char *reviewer, GError **error)
{
    Collecting mine = {notify, json_array()};
    ReviewFilter filter = {.reviewer = reviewer, .now_utc = notify->now_utc};

    if (!ledger_reviews(notify->ledger, &filter, keep, &mine, error)) {
        json_decref(mine.rows);
        return NULL;
    }
    return mine.rows;
}

/* Borrowed; NULL: nothing of it is open. */
static const json_t *open_review(const json_t *reviews, const char *id)
{
    size_t i;
    json_t *row;

    json_array_foreach(reviews, i, row)
    {
        if (strcmp(text_in(row, "id"), id) == 0 &&
            json_integer_value(json_object_get(row, "open")) > 0)
            return row;
    }
    return NULL;
}

/* "you have 1 right", "Ann Lee has 3 rights" */
static char *who_has_how_many(const Notify *notify, const char *reviewer, bool is_own, json_int_t n)
{
    g_auto(NotifyPerson) who = {0};
    const char *rights = n == 1 ? "right" : "rights";

    if (is_own)
        return g_strdup_printf("you have %" JSON_INTEGER_FORMAT " %s", n, rights);
    bool is_known = notify->people->find(notify->people->data, reviewer, &who) && who.name != NULL;
    return g_strdup_printf("%s has %" JSON_INTEGER_FORMAT " %s", is_known ? who.name : reviewer, n,
                           rights);
}

static void say_review(const Notify *notify, const char *person, const char *reviewer,
                       const json_t *reviews, const json_t *review, Told *told)
{
    bool is_own = strcmp(person, reviewer) == 0;
    GTimeZone *zone = notify->settings->timezone;
    g_autofree char *who = who_has_how_many(notify, reviewer, is_own,
                                            json_integer_value(json_object_get(review, "open")));

    told->deadline = last_day(notify, review, "due");
    const char *name = is_own ? person : NULL;
    g_autofree char *heading = campaign_heading_among(review, reviews, name, zone);

    told->what = g_strdup(campaign_heading(review, name));
    bool is_late = today(notify) > told->deadline;
    g_autofree char *day = day_in_words(told->deadline);
    told->sentence = g_strdup_printf("%s: %s to decide; the last day %s %s.", heading, who,
                                     is_late ? "was" : "is", day);
    told->key = g_strdup_printf("%s %s", text_in(review, "id"), reviewer);
    /* Who has nothing in it would find a closed door. */
    told->path = is_own ? g_strdup_printf("/reviews/%s", text_in(review, "id")) : NULL;
    if (is_own && !is_late) {
        told->deadline_uid = g_strdup_printf("%s-%s", text_in(review, "id"), person);
        told->deadline_of = g_steal_pointer(&heading);
    }
}

static bool tell_review(const Notify *notify, const char *person, const json_t *event, Told *told,
                        bool *ret_is_open, GError **error)
{
    const char *reviewer = text_in(event, "reviewer");
    json_t *reviews = reviews_of(notify, reviewer, error);
    const json_t *review = open_review(reviews, text_in(event, "id"));

    *ret_is_open = review != NULL;
    if (review != NULL)
        say_review(notify, person, reviewer, reviews, review, told);
    bool is_done = reviews != NULL;
    json_decref(reviews);
    return is_done;
}

/* ---- leaver cases ---- */

/* HR and the administrators hear of every case, the manager of his own people's; nobody of his own.
 */
static bool tell_of_case(const Notify *notify, const json_t *found, const char *what,
                         GError **error)
{
    const json_t *person = json_object_get(found, "person");
    g_autofree char *event = g_strdup_printf("leaver %s %s", text_in(found, "id"), what);
    g_auto(NotifyPerson) who = {0};
    json_t *facts =
        json_pack("{s:s s:s s:s}", "kind", "leaver", "id", text_in(found, "id"), "what", what);
    bool is_done = recipients_tell_role(notify, "hr", text_in(person, "id"), event, facts, error) &&
                   recipients_tell_admins(notify, event, facts, error);

    if (is_done && notify->people->find(notify->people->data, text_in(person, "id"), &who) &&
        who.manager != NULL && strcmp(who.manager, text_in(person, "id")) != 0)
        is_done = recipients_tell_person(notify, who.manager, event, facts, error);
    json_decref(facts);
    return is_done;
}

static bool collect_case(const Notify *notify, const json_t *found, GError **error)
{
    int64_t due = time_in(notify, found, "due");
    g_autofree char *day = day_to_text(today(notify));
    g_autofree char *overdue = g_strdup_printf("overdue %s", day);
    g_autofree char *opened = g_strdup_printf("opened %s", text_in(found, "opened"));

    if (strcmp(text_in(found, "status"), "clear") == 0) {
        g_autofree char *clear = g_strdup_printf("clear %s", text_in(found, "cleared"));
        int64_t cleared = time_in(notify, found, "cleared");
        /* A ledger that is older than its mail server does not tell its whole past. */
        bool is_new = cleared != TIME_UNKNOWN && notify->now_utc - cleared < 7 * 86400;
        return !is_new || tell_of_case(notify, found, clear, error);
    }
    return tell_of_case(notify, found, opened, error) &&
           (due == TIME_UNKNOWN || due > notify->now_utc ||
            tell_of_case(notify, found, overdue, error));
}

static bool collect_cases(const Notify *notify, GError **error)
{
    Collecting cases = {notify, json_array()};
    bool is_done = ledger_cases(notify->ledger, true, keep, &cases, error);
    size_t i;
    json_t *row;

    json_array_foreach(cases.rows, i, row)
    {
        is_done = is_done && collect_case(notify, row, error);
    }
    json_decref(cases.rows);
    return is_done;
}

static void say_case(const Notify *notify, const json_t *event, const json_t *found, Told *told)
{
    const char *name = text_in(json_object_get(found, "person"), "name");
    bool is_late = g_str_has_prefix(text_in(event, "what"), "overdue");
    g_autofree char *due = due_in_words(time_in(notify, found, "due"), notify->settings->timezone);

    told->what = g_strdup_printf("Leaver %s", name);
    if (strcmp(text_in(found, "status"), "clear") == 0)
        told->sentence =
            g_strdup_printf("%s (%s): everything is closed.", told->what, text_in(found, "id"));
    else
        told->sentence = g_strdup_printf(
            "%s (%s): %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
            " still open; the next %s due %s%s.",
            told->what, text_in(found, "id"), json_integer_value(json_object_get(found, "open")),
            json_integer_value(json_object_get(found, "lines_total")), is_late ? "was" : "is",
            due != NULL ? "on " : "at an unknown time", due != NULL ? due : "");
    told->key = g_strdup(text_in(found, "id"));
    told->path = g_strdup_printf("/leavers/%s", text_in(found, "id"));
}

/* A manager hears of it, and has no business on its page. */
static bool may_see_cases(const Notify *notify, const char *person)
{
    g_auto(GStrv) ids = notify->people->with_role(notify->people->data, "hr");

    return g_str_has_prefix(person, "role:admin") ||
           (ids != NULL && g_strv_contains((const char *const *)ids, person));
}

static bool tell_case(const Notify *notify, const char *person, const json_t *event, Told *told,
                      bool *ret_is_open, GError **error)
{
    g_autoptr(GError) failure = NULL;
    json_t *found = ledger_case(notify->ledger, text_in(event, "id"), &failure);
    bool is_clear = strcmp(text_in(found, "status"), "clear") == 0;
    bool wants_clear = g_str_has_prefix(text_in(event, "what"), "clear");

    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    *ret_is_open = found != NULL && is_clear == wants_clear;
    if (*ret_is_open) {
        say_case(notify, event, found, told);
        if (!may_see_cases(notify, person))
            g_clear_pointer(&told->path, g_free);
    }
    json_decref(found);
    return true;
}

/* ---- waivers ---- */

static int32_t waiver_ends(const json_t *exception)
{
    int32_t day = DAY_NONE;

    day_parse(text_of(text_in(json_object_get(exception, "waiver"), "until")), NULL, &day);
    return day;
}

/* A rule of the configuration may accept thousands: it is told of once. */
static bool collect_waiver(const Notify *notify, const json_t *exception, GError **error)
{
    const json_t *waiver = json_object_get(exception, "waiver");
    bool is_rule = strcmp(text_in(waiver, "kind"), "rule") == 0;
    const char *id = text_in(waiver, "approver"), *until = text_in(waiver, "until");
    int32_t day = waiver_ends(exception);
    g_autofree char *what = is_rule ? g_strconcat("rule of ", text_in(waiver, "author"), NULL)
                                    : g_strdup(text_in(exception, "id"));
    g_autofree char *event = g_strdup_printf("waiver %s %s", what, until);

    if (day == DAY_NONE || day > today(notify) + WAIVER_DAYS)
        return true;
    json_t *facts = json_pack("{s:s s:s s:s s:b}", "kind", "waiver", "id", text_in(exception, "id"),
                              "until", until, "rule", is_rule);
    bool is_done = recipients_tell_admins(notify, event, facts, error) &&
                   (*id == '\0' || recipients_tell_person(notify, id, event, facts, error));

    json_decref(facts);
    return is_done;
}

static bool collect_waivers(const Notify *notify, GError **error)
{
    Collecting accepted = {notify, json_array()};
    LedgerFilter filter = {.status = "accepted"};
    bool is_done = ledger_exceptions(notify->ledger, &filter, keep, &accepted, error);
    size_t i;
    json_t *row;

    json_array_foreach(accepted.rows, i, row)
    {
        is_done = is_done && collect_waiver(notify, row, error);
    }
    json_decref(accepted.rows);
    return is_done;
}

static bool tell_waiver(const Notify *notify, const char *person, const json_t *event, Told *told,
                        bool *ret_is_open, GError **error)
{
    g_autoptr(GError) failure = NULL;
    json_t *exception = ledger_exception(notify->ledger, text_in(event, "id"), &failure);
    const char *until = text_in(json_object_get(exception, "waiver"), "until");
    g_autofree char *day = day_in_words(waiver_ends(exception));

    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    *ret_is_open = strcmp(text_in(exception, "status"), "accepted") == 0 &&
                   strcmp(until, text_in(event, "until")) == 0;
    if (*ret_is_open) {
        bool is_rule = json_is_true(json_object_get(event, "rule"));
        told->sentence = g_strdup_printf(
            "%s is accepted%s until %s; then it is open again by itself.%s%s", text_in(event, "id"),
            is_rule ? ", with all that the same rule accepts," : "", day != NULL ? day : until,
            is_rule ? "" : " ", is_rule ? "" : text_in(exception, "summary"));
        told->what = g_strdup(text_in(event, "id"));
        told->key = g_strdup(text_in(event, "id"));
        told->path = g_strdup_printf("/exceptions/%s", text_in(event, "id"));
    }
    json_decref(exception);
    return true;
}

/* ---- runs ---- */

static bool went_wrong(const json_t *run)
{
    const char *status = text_in(run, "status");

    return strcmp(status, "held") == 0 || strcmp(status, "failed") == 0 ||
           strcmp(status, "partial") == 0;
}

static bool collect_runs(const Notify *notify, GError **error)
{
    g_autoptr(GError) failure = NULL;
    json_t *run = ledger_newest_run(notify->ledger, &failure);
    bool is_done = failure == NULL;

    if (run != NULL && went_wrong(run)) {
        json_int_t id = json_integer_value(json_object_get(run, "id"));
        g_autofree char *event = g_strdup_printf("run %" JSON_INTEGER_FORMAT, id);
        json_t *facts = json_pack("{s:s s:I}", "kind", "run", "run", id);

        is_done = recipients_tell_admins(notify, event, facts, error);
        json_decref(facts);
    }
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    json_decref(run);
    return is_done;
}

/* A later run says how it is now. */
static bool tell_run(const Notify *notify, const char *person, const json_t *event, Told *told,
                     bool *ret_is_open, GError **error)
{
    g_autoptr(GError) failure = NULL;
    json_t *run = ledger_newest_run(notify->ledger, &failure);
    json_int_t id = json_integer_value(json_object_get(run, "id"));

    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    *ret_is_open = run != NULL && id == json_integer_value(json_object_get(event, "run"));
    if (*ret_is_open) {
        const char *status = text_in(run, "status");
        told->sentence = g_strdup_printf(
            "Run %" JSON_INTEGER_FORMAT " is %s%s; what rests on what it could not use is as it "
            "was.",
            id, status,
            strcmp(status, "partial") == 0 ? ": a source could not be read whole, or was held"
                                           : "");
        told->what = g_strdup_printf("Run %" JSON_INTEGER_FORMAT, id);
        told->key = g_strdup(told->what);
        told->path = g_strdup_printf("/runs/%" JSON_INTEGER_FORMAT, id);
    }
    json_decref(run);
    return true;
}

/* ---- the table ---- */

typedef struct EventKind {
    const char *name;
    bool is_daily; /* costs much, and depends on the day */
    bool (*collect)(const Notify *notify, GError **error);
    bool (*tell)(const Notify *notify, const char *person, const json_t *event, Told *told,
                 bool *ret_is_open, GError **error);
} EventKind;

static const EventKind kinds[] = {
    {"run", false, collect_runs, tell_run},
    {"review", false, collect_reviews, tell_review},
    {"leaver", false, collect_cases, tell_case},
    {"waiver", true, collect_waivers, tell_waiver},
};

bool events_collect(const Notify *notify, GError **error)
{
    bool is_same_day =
        notify->collected_utc != TIME_UNKNOWN &&
        day_of_time(notify->collected_utc, notify->settings->timezone) == today(notify);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].is_daily && is_same_day)
            continue;
        if (!kinds[i].collect(notify, error))
            return false;
    }
    return true;
}

bool events_tell(const Notify *notify, const char *person, const json_t *event, Told *ret_told,
                 bool *ret_is_open, GError **error)
{
    *ret_told = (Told){.deadline = DAY_NONE};
    *ret_is_open = false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, text_in(event, "kind")) == 0)
            return kinds[i].tell(notify, person, event, ret_told, ret_is_open, error);
    }
    return true; /* of a newer rightful: nothing is known of it */
}
