/* api_leaver_checks.c: leaver checks for programs. A check is a job of the worker's: it is asked
 * for here, and looked at until it is done. */

#include "web/pages.h"

#include "base/times.h"
#include "ledger/cases.h"
#include "ledger/jobs.h"

#include <string.h>

#define TELL_MS 2000

/* What may stand in the body, and of which type; anything else is a typing error of somebody. */
static bool check_names(const json_t *body, GError **error)
{
    static const char *const allowed[] = {"person", "last_day", "urgent", NULL};
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        if (!g_strv_contains(allowed, name))
            return web_bad_request(error,
                                   "There is no \"%.60s\" here; allowed: person, last_day, urgent. "
                                   "Nothing was changed.",
                                   name);
    }
    return true;
}

static bool is_day_or_nothing(const json_t *value)
{
    const char *text = json_string_value(value);
    int32_t day;

    return !value || json_is_null(value) || (text && day_parse(text_of(text), NULL, &day));
}

static bool check_body(const json_t *body, GError **error)
{
    const json_t *person = json_object_get(body, "person");
    const json_t *urgent = json_object_get(body, "urgent");
    size_t length = json_string_length(person);

    if (!check_names(body, error))
        return false;
    if (!json_is_string(person) || length == 0 || length > 200 ||
        strlen(json_string_value(person)) != length)
        return web_bad_request(error, "\"person\" must be an HR id: a text of 1 to 200 bytes. "
                                      "Nothing was changed.");
    if (!is_day_or_nothing(json_object_get(body, "last_day")))
        return web_bad_request(error, "\"last_day\" must be a day as in \"2026-12-31\", or null. "
                                      "Nothing was changed.");
    return !urgent || json_is_boolean(urgent) ||
           web_bad_request(error, "\"urgent\" must be true or false. Nothing was changed.");
}

static json_t *argument_of(const json_t *body)
{
    json_t *last_day = json_object_get(body, "last_day");

    return json_pack("{s:O s:O s:b}", "person", json_object_get(body, "person"), "last_day",
                     last_day ? last_day : json_null(), "urgent",
                     json_is_true(json_object_get(body, "urgent")));
}

bool api_leaver_check(Request *request, Reply *reply, GError **error)
{
    int64_t id;

    if (!check_body(request->json, error))
        return false;
    json_t *argument = argument_of(request->json);
    bool is_added = ledger_job_add(request->ledger,
                                   &(JobAsked){.kind = "leaver-check",
                                               .argument = argument,
                                               .actor = request->program,
                                               .at_utc = request->now_utc},
                                   &id, error);
    json_decref(argument);
    if (!is_added)
        return false;
    /* The worker looks by itself too, every half minute: not being heard is no failure. */
    json_decref(
        worker_ask(request->site->worker, json_pack("{s:s}", "tell", "work"), TELL_MS, NULL));
    g_autofree char *path = g_strdup_printf("/api/v1/leaver-checks/%" G_GINT64_FORMAT, id);
    reply_page(
        reply, "error", NULL,
        json_pack("{s:I s:s s:s}", "check", (json_int_t)id, "status", "waiting", "href", path));
    reply->status = 202;
    reply_header(reply, "Location", path);
    return true;
}

/* The case, once there is one; null before. */
static bool add_case(Ledger *ledger, const json_t *job, json_t *model, GError **error)
{
    const char *person =
        json_string_value(json_object_get(json_object_get(job, "argument"), "person"));
    g_autoptr(GError) failure = NULL;
    json_t *found = person ? ledger_case(ledger, person, &failure) : NULL;

    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    json_object_set_new(model, "case", found ? found : json_null());
    return true;
}

/* Any program that may check leavers sees any check: it could ask for the same one itself. */
bool api_leaver_check_state(Request *request, Reply *reply, GError **error)
{
    guint64 id;

    if (!g_ascii_string_to_unsigned(request->parameters[0], 10, 1, G_MAXINT64, &id, NULL))
        return web_not_found(request, error);
    g_autoptr(GError) failure = NULL;
    json_t *job = ledger_job(request->ledger, (int64_t)id, &failure);
    bool is_check = g_strcmp0(json_string_value(json_object_get(job, "kind")), "leaver-check") == 0;

    if (failure || !is_check) {
        json_decref(job);
        if (!failure)
            return web_not_found(request, error);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    json_t *model = json_pack(
        "{s:I s:O s:O s:O}", "check", (json_int_t)id, "status", json_object_get(job, "status"),
        "asked", json_object_get(job, "asked"), "result", json_object_get(job, "result"));
    bool is_there = add_case(request->ledger, job, model, error);
    json_decref(job);
    if (is_there)
        reply_page(reply, "error", NULL, model);
    else
        json_decref(model);
    return is_there;
}
