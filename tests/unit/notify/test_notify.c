/* Who hears what: each reminder once, one digest a person and day, and nothing that was settled. */
#include "notify/notify.h"

#include "base/times.h"
#include "controls/control.h"
#include "ledger/outbox.h"
#include "notify/events.h"
#include "unit/ledger/on_postgres.h"
#include "unit/ledger/reviewing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TODAY "2026-03-03" /* NOON */
#define TOMORROW "2026-03-04"

static const char config[] =
    "sources: ( { name = \"hr\"; kind = \"csv\"; provides = \"people\"; path = \"hr.csv\"; } );\n"
    "notify: { smtp_url = \"smtps://127.0.0.1:1\"; from = \"r@example.com\"; digest_hour = 0;\n"
    "          admins = [ \"root@example.com\" ]; };\n";

/* The manager of everybody is 00129, who has none. */
static bool find(void *data, const char *id, NotifyPerson *ret_person)
{
    *ret_person = (NotifyPerson){
        .name = g_strconcat("Person ", id, NULL),
        .email = g_strconcat(id, "@example.com", NULL),
        .manager = strcmp(id, "00129") == 0 ? NULL : g_strdup("00129"),
    };
    return true;
}

static char **with_role(void *data, const char *role)
{
    return g_strsplit("00125", " ", -1);
}

static const NotifyPeople people = {find, with_role, NULL};

static Settings *load(Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->folder, "rightful.conf", NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    SettingsCatalogue catalogue = {.connectors = connectors, .controls = control_settings()};

    assert_true(g_file_set_contents(path, config, -1, NULL));
    Settings *settings = settings_load(path, &catalogue, problems, NULL);
    assert_int_equal(problems->len, 0);
    return settings;
}

static void collect(Fixture *fixture, int64_t at_utc)
{
    g_autoptr(Settings) settings = load(fixture);
    g_autoptr(GError) error = NULL;
    Notify notify = {fixture->ledger, settings, &people, at_utc, TIME_UNKNOWN, NULL};

    assert_true(notify_collect(&notify, &error));
}

static bool list(json_t *row, void *data)
{
    GString *text = data;
    size_t i;
    json_t *event;

    g_string_append_printf(text, "%s%s:", text->len > 0 ? "; " : "",
                           json_string_value(json_object_get(row, "person")));
    json_array_foreach(json_object_get(row, "events"), i, event)
    {
        g_string_append_printf(text, "%s %s", i > 0 ? "," : "",
                               json_string_value(json_object_get(event, "event")));
    }
    return true;
}

/* "00124: review RV-000001 start; …" of all that waits. */
static void assert_waiting(Fixture *fixture, const char *wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    assert_true(ledger_outbox_waiting(fixture->ledger, INT64_MAX, 100, list, text, &error));
    assert_string_equal(text->str, wanted);
}

static bool settle_row(json_t *row, void *ids)
{
    json_array_append(ids, json_object_get(row, "id"));
    return true;
}

/* As if all of it had been sent. */
static void all_sent(Fixture *fixture, int64_t at_utc)
{
    json_t *ids = json_array(), *id;
    g_autoptr(GError) error = NULL;
    size_t i;

    assert_true(ledger_outbox_waiting(fixture->ledger, INT64_MAX, 100, settle_row, ids, &error));
    json_array_foreach(ids, i, id)
    {
        assert_true(
            ledger_outbox_settle(fixture->ledger, json_integer_value(id), NULL, at_utc, &error));
    }
    json_decref(ids);
}

/* ---- reminders ---- */

static void a_reviewer_hears_of_each_reminder_once(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123; bob/staff @00124 =00125", NULL);

    for (int i = 0; i < 3; i++)
        collect(fixture, NOON + i * 3600);
    assert_waiting(fixture, "00124: review RV-000001 start");
    all_sent(fixture, NOON + 7200);
    collect(fixture, NOON + DAY);
    assert_waiting(fixture, "");
    collect(fixture, NOON + 8 * DAY);
    assert_waiting(fixture, "00124: review RV-000001 half-way");
}

static void whoever_has_signed_hears_nothing_more(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123; bob/staff @00125 =00123", NULL);

    assert_null(try_draft(fixture, "00124", 1, "keep", "needed"));
    assert_null(try_sign(fixture, "00124"));
    collect(fixture, NOON + 3600);
    assert_waiting(fixture, "00125: review RV-000001 start");
}

static void overdue_is_told_every_day_and_then_to_the_manager(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123", NULL);

    collect(fixture, NOON + 15 * DAY);
    all_sent(fixture, NOON + 15 * DAY);
    collect(fixture, NOON + 16 * DAY);
    g_autoptr(GString) text = g_string_new(NULL);
    assert_true(ledger_outbox_waiting(fixture->ledger, INT64_MAX, 9, list, text, NULL));
    assert_true(g_str_has_prefix(text->str, "00124: review RV-000001 overdue 2026-03-1"));
    assert_null(strstr(text->str, "00129"));
    collect(fixture, NOON + 20 * DAY);
    g_string_truncate(text, 0);
    assert_true(ledger_outbox_waiting(fixture->ledger, INT64_MAX, 9, list, text, NULL));
    assert_non_null(strstr(text->str, "00129: review RV-000001 overdue"));
    assert_non_null(strstr(text->str, " of 00124"));
}

/* ---- digests ---- */

static void one_digest_a_person_and_day(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    json_t *facts = json_pack("{s:s}", "kind", "run");
    OutboxEvent event = {.person = "1",
                         .address = "1@example.com",
                         .event = "first",
                         .facts = facts,
                         .message_id = "a@b",
                         .day = 100,
                         .not_before_utc = NOON,
                         .next_not_before_utc = NOON + DAY,
                         .at_utc = NOON};
    bool is_new = false;
    reviewing_begin(fixture);

    assert_true(ledger_outbox_add(fixture->ledger, &event, &is_new, &error) && is_new);
    assert_true(ledger_outbox_add(fixture->ledger, &event, &is_new, &error) && !is_new);
    event.event = "second";
    event.message_id = "c@d";
    assert_true(ledger_outbox_add(fixture->ledger, &event, &is_new, &error) && is_new);
    assert_waiting(fixture, "1: first, second");
    all_sent(fixture, NOON);
    event.event = "third";
    assert_true(ledger_outbox_add(fixture->ledger, &event, &is_new, &error) && is_new);
    GString *text = g_string_new(NULL);
    assert_true(ledger_outbox_waiting(fixture->ledger, NOON + DAY - 1, 9, list, text, &error));
    assert_string_equal(text->str, ""); /* today's was sent: it waits for tomorrow's */
    g_string_free(text, TRUE);
    assert_waiting(fixture, "1: third");
    json_decref(facts);
}

static bool is_told(Fixture *fixture, const char *person, json_t *event, int64_t at_utc)
{
    g_autoptr(Settings) settings = load(fixture);
    g_autoptr(GError) error = NULL;
    Notify notify = {fixture->ledger, settings, &people, at_utc, TIME_UNKNOWN, NULL};
    g_auto(Told) told = {0};
    bool is_open;

    assert_true(events_tell(&notify, person, event, &told, &is_open, &error));
    json_decref(event);
    assert_true(is_open == (told.sentence != NULL));
    return is_open;
}

static json_t *start_event(void)
{
    return json_pack("{s:s s:s s:s s:s}", "kind", "review", "id", "RV-000001", "reminder", "start",
                     "reviewer", "00124");
}

static void what_was_settled_in_the_meantime_is_not_told(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123", NULL);

    assert_true(is_told(fixture, "00124", start_event(), NOON + 60));
    assert_null(try_draft(fixture, "00124", 1, "keep", "needed"));
    assert_true(is_told(fixture, "00124", start_event(), NOON + 60)); /* a draft is no answer */
    assert_null(try_sign(fixture, "00124"));
    assert_false(is_told(fixture, "00124", start_event(), NOON + 60));
    assert_false(is_told(
        fixture, "00124",
        json_pack("{s:s s:s s:s}", "kind", "leaver", "id", "LC-000009", "what", "opened"), NOON));
    assert_false(is_told(fixture, "00124", json_pack("{s:s}", "kind", "of a newer version"), NOON));
}

/* What a message to person says of reviewer's part of the review. */
static void assert_sentence(Fixture *fixture, const char *person, const char *review,
                            const char *reviewer, int64_t at_utc, const char *expected)
{
    g_autoptr(Settings) settings = load(fixture);
    Notify notify = {fixture->ledger, settings, &people, at_utc, TIME_UNKNOWN, NULL};
    json_t *event = json_pack("{s:s s:s s:s s:s}", "kind", "review", "id", review, "reminder",
                              "start", "reviewer", reviewer);
    g_auto(Told) told = {0};
    bool is_open;

    assert_true(events_tell(&notify, person, event, &told, &is_open, NULL) && is_open);
    json_decref(event);
    assert_string_equal(told.sentence, expected);
}

static void a_sentence_says_who_has_how_many_and_the_day_in_words(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture,
                    "ann/admins @00124 =00123; bob/staff @00125 =00123; "
                    "eve/staff @00125 =00123",
                    NULL);

    assert_sentence(fixture, "00124", "RV-000001", "00124", NOON,
                    "Privileged rights: you have 1 right to decide; the last day is 17 March "
                    "2026.");
    assert_sentence(fixture, "00129", "RV-000001", "00124", NOON + 20 * DAY,
                    "Privileged rights: Person 00124 has 1 right to decide; the last day was 17 "
                    "March 2026.");
    assert_sentence(fixture, "00129", "RV-000001", "00125", NOON + 20 * DAY,
                    "Privileged rights: Person 00125 has 2 rights to decide; the last day was 17 "
                    "March 2026.");
}

static void campaigns_of_one_name_are_told_apart(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123", NULL);
    reviewing_start(fixture, "bob/staff @00124 =00123; eve/staff @00125 =00123", NULL);

    assert_sentence(fixture, "00124", "RV-000002", "00124", NOON,
                    "Privileged rights (RV-000002, started on 3 March 2026): you have 1 right to "
                    "decide; the last day is 17 March 2026.");
    assert_sentence(fixture, "00125", "RV-000002", "00125", NOON,
                    "Privileged rights: you have 1 right to decide; the last day is 17 March "
                    "2026.");
}

/* ---- because somebody asked ---- */

/* 00128 has no mail address, 00126 is in no roster. */
static bool find_some(void *data, const char *id, NotifyPerson *ret_person)
{
    if (strcmp(id, "00126") == 0)
        return false;
    find(data, id, ret_person);
    if (strcmp(id, "00128") == 0)
        g_clear_pointer(&ret_person->email, g_free);
    return true;
}

/* "00124 2 2026-03-01; 00128 1 no mail address is known": each reviewer's open items, and the day
 * of the mail or why there is none; newly allocated. */
static char *remind(Fixture *fixture, const char *reviewer, int64_t at_utc)
{
    static const NotifyPeople some = {find_some, with_role, NULL};
    g_autoptr(Settings) settings = load(fixture);
    g_autoptr(GError) error = NULL;
    Notify notify = {fixture->ledger, settings, &some, at_utc, TIME_UNKNOWN, NULL};
    NotifyReminder asked = {"RV-000001", reviewer, "grc1"};
    GString *text = g_string_new(NULL);
    json_t *rows = notify_remind(&notify, &asked, &error), *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        const char *day = json_string_value(json_object_get(row, "day"));
        const char *reason = json_string_value(json_object_get(row, "reason"));
        g_string_append_printf(
            text, "%s%s %d%s%s%s%s", i > 0 ? "; " : "",
            json_string_value(json_object_get(json_object_get(row, "person"), "id")),
            (int)json_integer_value(json_object_get(row, "open")), day ? " " : "", day ? day : "",
            reason ? " " : "", reason ? reason : "");
    }
    json_decref(rows);
    return g_string_free(rows ? text : g_string_assign(text, error->message), FALSE);
}

#define assert_reminded(fixture, reviewer, at_utc, wanted)                                         \
    do {                                                                                           \
        g_autofree char *reminded = remind(fixture, reviewer, at_utc);                             \
        assert_string_equal(reminded, wanted);                                                     \
    } while (0)

static void who_is_reminded_is_said_and_who_is_not_and_why(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture,
                    "ann/admins @00124 =00123; bob/admins @00124 =00123; bob/staff @00125 =00123; "
                    "cid/staff @00126 =00123; dan/staff @00128 =00123; eva/staff =00123",
                    NULL);
    assert_null(try_draft(fixture, "00125", 3, "keep", "needed"));
    assert_null(try_sign(fixture, "00125"));

    assert_reminded(
        fixture, NULL, NOON,
        " 1 nobody decides on these; reassign them to somebody; 00125 0 nothing is open "
        "for them; 00128 1 no mail address is known; 00126 1 not in the roster of the "
        "last applied run; 00124 2 " TODAY);
    assert_waiting(fixture, "00124: review RV-000001 asked " TODAY);
    fixture_close(fixture);
    assert_int_equal(
        count_rows(fixture->path,
                   "SELECT count(*) FROM audit WHERE actor = 'grc1' AND action = 'reminded' AND "
                   "object = 'RV-000001' AND detail LIKE '%00124%' AND detail NOT LIKE '%00128%'"),
        1);
}

static void however_often_somebody_asks_there_is_one_message_a_day(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123; bob/staff @00125 =00123", NULL);

    collect(fixture, NOON);
    assert_reminded(fixture, "00124", NOON, "00124 1 " TODAY);
    assert_reminded(fixture, "00124", NOON + 60, "00124 1 reminded of it today already");
    assert_waiting(fixture, "00125: review RV-000001 start; 00124: review RV-000001 start, review "
                            "RV-000001 asked " TODAY);
    all_sent(fixture, NOON + 60);
    assert_reminded(fixture, NULL, NOON + 120,
                    "00125 1 " TOMORROW " today's message has gone already; 00124 1 reminded of it "
                    "today already");
    assert_waiting(fixture, "00125: review RV-000001 asked " TODAY);
}

static void who_has_nothing_to_do_with_it_and_what_is_closed_is_refused(void **state)
{
    Fixture *fixture = *state;
    reviewing_begin(fixture);
    reviewing_start(fixture, "ann/admins @00124 =00123", NULL);

    assert_reminded(fixture, "00125", NOON,
                    "00125 decides on nothing in RV-000001. Nobody was reminded");
    assert_true(ledger_review_close(fixture->ledger, "root", NOON, "RV-000001", NULL, NULL));
    assert_reminded(fixture, NULL, NOON, "RV-000001 is closed. Nobody was reminded");
    assert_waiting(fixture, "");
}

static void a_reminder_after_the_last_day_says_was(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(Settings) settings = load(fixture);
    Notify notify = {fixture->ledger, settings, &people, NOON + 20 * DAY, TIME_UNKNOWN, NULL};
    g_auto(Told) told = {0};
    bool is_open;
    reviewing_begin(fixture);
    notify.ledger = fixture->ledger;
    reviewing_start(fixture, "ann/admins @00124 =00123", NULL);
    json_t *event = json_pack("{s:s s:s s:s s:s}", "kind", "review", "id", "RV-000001", "reminder",
                              "asked", "reviewer", "00124");

    assert_true(events_tell(&notify, "00124", event, &told, &is_open, NULL) && is_open);
    json_decref(event);
    assert_non_null(strstr(told.sentence, "the last day was"));
    assert_null(told.deadline_uid);
}

/* ---- runs ---- */

static void only_the_newest_run_is_worth_a_message(void **state)
{
    Fixture *fixture = *state;
    fixture_night(fixture, NOON, "+dormant");
    json_t *newest = ledger_newest_run(fixture->ledger, NULL);
    json_int_t run = json_integer_value(json_object_get(newest, "id"));
    json_decref(newest);

    assert_true(is_told(fixture, "x", json_pack("{s:s s:I}", "kind", "run", "run", run), NOON));
    fixture_night(fixture, NOON + DAY, "+dormant");
    assert_false(is_told(fixture, "x", json_pack("{s:s s:I}", "kind", "run", "run", run), NOON));
}

#define notify_test(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        notify_test(a_reviewer_hears_of_each_reminder_once),
        notify_test(whoever_has_signed_hears_nothing_more),
        notify_test(overdue_is_told_every_day_and_then_to_the_manager),
        notify_test(one_digest_a_person_and_day),
        notify_test(what_was_settled_in_the_meantime_is_not_told),
        notify_test(a_sentence_says_who_has_how_many_and_the_day_in_words),
        notify_test(campaigns_of_one_name_are_told_apart),
        notify_test(who_is_reminded_is_said_and_who_is_not_and_why),
        notify_test(however_often_somebody_asks_there_is_one_message_a_day),
        notify_test(who_has_nothing_to_do_with_it_and_what_is_closed_is_refused),
        notify_test(a_reminder_after_the_last_day_says_was),
        notify_test(only_the_newest_run_is_worth_a_message),
    };
    return run_on_argument(argc, argv, "notify", tests);
}
