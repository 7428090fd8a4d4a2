/* page_exception.c: one exception: what is wrong, the evidence, the path, the history, and what may
 * be done about it. */

#include "web/figures.h"
#include "web/pages.h"
#include "web/view.h"

#include "base/times.h"
#include "ledger/listing.h"

#include <string.h>

static const char *const inputs[] = {"owner", "text", "approver", "until", "reason", "why", NULL};

/* ---- the model ---- */

/* Links for who may open them: whoever sees only what is theirs opens themselves. */
static void add_thing(const Request *request, json_t *links, const json_t *thing)
{
    static const struct {
        const char *type, *base;
    } pages[] = {{"account", "/accounts"},
                 {"right", "/accounts"},
                 {"group", "/groups"},
                 {"person", "/people"},
                 {"asset", "/register"}};
    const char *type = view_text(thing, "type"), *dn = view_text(thing, "dn");
    const char *base = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        if (g_strcmp0(type, pages[i].type) == 0)
            base = pages[i].base;
    }
    g_autofree char *named = view_label(type ? type : "subject");
    view_fact_link(links, g_str_equal(named, "Right") ? "Account" : named, view_text(thing, "name"),
                   base, base && request->sees_all ? view_text(thing, "key") : NULL);
    json_t *row = json_array_get(links, json_array_size(links) - 1);
    if (dn && row)
        view_set_text(row, "dn", dn);
}

static json_t *links_of(const Request *request, const json_t *exception)
{
    json_t *links = json_array(), *person = json_object_get(exception, "person");
    const json_t *object = json_object_get(exception, "object");

    add_thing(request, links, json_object_get(exception, "subject"));
    if (json_is_object(object))
        add_thing(request, links, object);
    if (json_is_object(person)) {
        g_autofree char *text =
            g_strdup_printf("%s (%s)", view_text(person, "name"), view_text(person, "id"));
        bool may_open =
            request->sees_all || g_strcmp0(view_text(person, "id"), request->who.person) == 0;
        view_fact_link(links, "Person", text, "/people", may_open ? view_text(person, "id") : NULL);
    }
    return links;
}

/* Paths are drawn beside; what only repeats them is left out. */
static json_t *evidence_of(const json_t *exception)
{
    json_t *rows = json_array(), *value;
    const char *name;

    json_object_foreach(json_object_get(exception, "evidence"), name, value)
    {
        g_autofree char *label = view_label(name);
        if (strcmp(name, "path") != 0 && strcmp(name, "privileged_through") != 0)
            view_fact_value(rows, label, value);
    }
    return rows;
}

static json_t *limits_of(const json_t *exception)
{
    json_t *rows = json_array(), *value;
    const char *name;
    json_t *rule = json_object_get(exception, "rule");

    json_object_foreach(json_object_get(rule, "thresholds"), name, value)
    {
        g_autofree char *label = view_label(name);
        view_fact_value(rows, label, value);
    }
    return rows;
}

static const struct {
    const char *name, *title;
} catalogues[] = {{"iso27001_2022", "ISO/IEC 27001:2022"},
                  {"iso27001_2013", "ISO/IEC 27001:2013"},
                  {"nist_800_53", "NIST 800-53"},
                  {"pci_dss_4", "PCI DSS 4"},
                  {"soc2", "SOC 2"},
                  {"other", "Also"}};

static json_t *references_of(const json_t *exception)
{
    json_t *rows = json_array(), *references = json_object_get(exception, "references");

    for (size_t i = 0; i < G_N_ELEMENTS(catalogues); i++)
        view_fact_value(rows, catalogues[i].title, json_object_get(references, catalogues[i].name));
    return rows;
}

static const char *words_of_status(const char *status)
{
    return g_strcmp0(status, "false-positive") == 0 ? "said to be a false positive"
           : status                                 ? status
                                                    : "";
}

static bool is_open(const char *status)
{
    return g_strcmp0(status, "open") == 0 || g_strcmp0(status, "assigned") == 0;
}

/* Takes exception. */
static json_t *model_of(const Request *request, json_t *exception)
{
    const char *status = view_text(exception, "status");
    bool may_write = (request->who.roles & ROLE_ADMIN) && !request->is_read_only;
    json_t *paths = figure_paths_of(exception);
    json_t *model =
        json_pack("{s:o s:o s:o s:o s:o s:o}", "links", links_of(request, exception), "evidence",
                  evidence_of(exception), "limits", limits_of(exception), "references",
                  references_of(exception), "paths", paths, "exception", exception);
    g_autofree char *anchor = g_strdup_printf("/controls#%s", view_text(exception, "control"));

    view_set_flag(model, "has_paths", json_array_size(paths) > 0);
    view_take_text(model, "self_href", view_path("/exceptions", view_text(exception, "id")));
    view_set_text(model, "control_href", request->sees_all ? anchor : NULL);
    view_set_text(model, "status_words", words_of_status(status));
    view_set_flag(model, "is_late",
                  is_open(status) &&
                      view_is_late(json_object_get(exception, "due"), request->now_utc));
    view_set_flag(model, "may_write", may_write);
    view_set_flag(model, "may_accept", may_write && is_open(status));
    view_set_flag(model, "may_reopen",
                  may_write && (g_strcmp0(status, "accepted") == 0 ||
                                g_strcmp0(status, "false-positive") == 0));
    return model;
}

/* Who sees only what is theirs: what is about them, or assigned to them. */
static bool is_theirs(const Request *request)
{
    bool is_of = false;

    return request->who.person &&
           ledger_exception_is_of(request->ledger, request->parameters[0], request->who.person,
                                  &is_of, NULL) &&
           is_of;
}

static json_t *find(const Request *request, GError **error)
{
    g_autoptr(GError) own = NULL;
    json_t *exception = ledger_exception(request->ledger, request->parameters[0], &own);

    if (own && !g_error_matches(own, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return NULL;
    }
    if (exception && !request->sees_all && !is_theirs(request))
        g_clear_pointer(&exception, json_decref);
    if (!exception)
        web_not_found(request, error);
    return exception;
}

bool page_exception(Request *request, Reply *reply, GError **error)
{
    json_t *exception = find(request, error);

    if (!exception)
        return false;
    g_autofree char *title = g_strdup(view_text(exception, "id"));
    reply_page(reply, "exception", title, model_of(request, exception));
    return true;
}

/* ---- what may be done ---- */

/* The page again, with what was typed and what is wrong about it. */
static bool again(Request *request, Reply *reply, const char *field, const char *sentence,
                  GError **error)
{
    json_t *exception = find(request, error);

    if (!exception)
        return false;
    json_t *model = model_of(request, exception);
    view_input(model, request->fields, inputs);
    view_wrong(model, field, sentence);
    reply_page(reply, "exception", "There is a problem", model);
    reply->status = 422;
    return true;
}

/* After the ledger was asked: the page anew, or what it refused beside the field. */
static bool finish(Request *request, Reply *reply, const char *notice, const char *field,
                   GError *own, GError **error)
{
    g_autofree char *path = view_path("/exceptions", request->parameters[0]);

    if (!own) {
        reply_redirect(reply, notice, "%s", path);
        return true;
    }
    if (g_error_matches(own, LEDGER_ERROR, LEDGER_ERROR_REFUSED))
        return again(request, reply, field, own->message, error);
    g_propagate_error(error, g_error_copy(own));
    return false;
}

static bool text_of_field(Request *request, const char *name, size_t maximum, const char **ret_text,
                          GError **ret_own)
{
    return fields_text(request->fields, name, maximum, true, ret_text, ret_own);
}

bool page_exception_comment(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    const char *text = NULL;

    if (!text_of_field(request, "text", 4000, &text, &own))
        return again(request, reply, "text", "Write what others should know.", error);
    ledger_comment(request->ledger, request->parameters[0], request->who.login, text,
                   request->now_utc, &own);
    return finish(request, reply, "commented", "text", own, error);
}

bool page_exception_assign(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    const char *owner = NULL;

    if (!text_of_field(request, "owner", 200, &owner, &own))
        return again(request, reply, "owner", "Say who sees to it.", error);
    ledger_assign(request->ledger, request->parameters[0], request->who.login, owner,
                  request->now_utc, &own);
    return finish(request, reply, "assigned", "owner", own, error);
}

/* Which field a refusal is about: the ledger says a sentence, and the approver is what it is about
 * unless it names the day or the reason. */
static const char *field_of_refusal(const GError *own)
{
    const char *sentence = own ? own->message : "";

    return strstr(sentence, "reason") ? "reason" : strstr(sentence, " day") ? "until" : "approver";
}

bool page_exception_accept(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    const char *approver = NULL, *reason = NULL, *until = fields_get(request->fields, "until");
    int32_t day;

    if (!text_of_field(request, "approver", 200, &approver, NULL))
        return again(request, reply, "approver", "Say who approves it.", error);
    if (!until || !day_parse(text_of(until), NULL, &day))
        return again(request, reply, "until", "Say until when, as a date.", error);
    if (!text_of_field(request, "reason", 4000, &reason, NULL))
        return again(request, reply, "reason", "Say why it may stay.", error);

    GTimeZone *zone = request->site->options->settings->timezone;
    LedgerDecision decision = {.id = request->parameters[0],
                               .actor = request->who.login,
                               .requester = request->who.person,
                               .reason = reason,
                               .approver = approver,
                               .last_day = until,
                               .ends_utc = day_ends_utc(day, zone),
                               .at_utc = request->now_utc};
    ledger_accept(request->ledger, &decision, &own);
    return finish(request, reply, "accepted", field_of_refusal(own), own, error);
}

bool page_exception_reopen(Request *request, Reply *reply, GError **error)
{
    g_autoptr(GError) own = NULL;
    const char *why = NULL;
    int64_t due_seconds[N_SEVERITIES];

    if (!text_of_field(request, "why", 4000, &why, NULL))
        return again(request, reply, "why", "Say why it is open again.", error);
    request->site->options->due_limits(request->site->options->settings, due_seconds);

    LedgerDecision decision = {.id = request->parameters[0],
                               .actor = request->who.login,
                               .reason = why,
                               .at_utc = request->now_utc};
    ledger_reopen(request->ledger, &decision, due_seconds, &own);
    return finish(request, reply, "reopened", "why", own, error);
}
