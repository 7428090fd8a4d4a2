/* remind_command.c: `review remind`: whoever has something open is told of it, now or, where a
 * message of today went already, with the next day's. */
#include "notify/notify.h"
#include "report/writer.h"
#include "run/ledger_access.h"
#include "run/list.h"
#include "run/reviews/review_command.h"
#include "run/worker/looks.h"

static const Column columns[] = {
    {.path = "person.name", .header = "REVIEWER"},         {.path = "person.id", .header = "ID"},
    {.path = "open", .header = "OPEN", .is_right = true},  {.path = "day", .header = "MAIL OF"},
    {.path = "reason", .header = "WHY", .may_wrap = true}, {0}};

static bool find(void *looks, const char *id, NotifyPerson *ret_person)
{
    return looks_contact(looks, id, &ret_person->name, &ret_person->email, &ret_person->manager);
}

static char **with_role(void *looks, const char *role)
{
    return looks_with_role(looks, role);
}

static json_t *remind(const Invocation *invocation, Ledger *ledger, GError **error)
{
    g_autoptr(Looks) looks = looks_new(invocation);
    NotifyPeople people = {find, with_role, looks};
    Notify notify = {.ledger = ledger,
                     .settings = invocation->settings,
                     .people = &people,
                     .now_utc = clock_utc(),
                     .collected_utc = TIME_UNKNOWN};
    NotifyReminder reminder = {.review = invocation->arguments[1],
                               .reviewer = invocation_value(invocation, "reviewer"),
                               .actor = invocation_actor(invocation)};

    return looks_refresh(looks, error) ? notify_remind(&notify, &reminder, error) : NULL;
}

static int count_told(const json_t *rows)
{
    int n = 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        n += json_is_string(json_object_get(row, "day"));
    }
    return n;
}

ExitCode review_verb_remind(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    json_t *rows = remind(invocation, ledger, &error);

    if (rows == NULL)
        return ledger_failed(error);
    int n = count_told(rows);

    code = list_rows(invocation, "reminded", columns, rows);
    json_decref(rows);
    if (n > 0)
        say(invocation, "%d %s; rightful worker sends the mail.", n,
            n == 1 ? "person is reminded" : "people are reminded");
    else
        say(invocation, "Nobody is reminded.");
    return code;
}
