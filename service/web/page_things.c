/* page_things.c: a person, an account, a group, an asset, as of the last applied run: asked of the
 * worker, which has the history in memory. */

#include "web/figures.h"
#include "web/pages.h"
#include "web/view.h"

#include <string.h>

#define ASK_MS 5000
#define MEMBERS_PER_PAGE 200

/* ---- asking ---- */

/* What tells one from the other. */
static void note_parts(json_t *row)
{
    static const char *const names[] = {"id", "title", "department", "source", "dn"};
    g_autoptr(GString) note = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *text = view_text(row, names[i]);
        if (text && *text)
            g_string_append_printf(note, "%s%s", note->len > 0 ? ", " : "", text);
    }
    view_set_text(row, "note", note->str);
}

/* The one thing; or the page of several that fit; or 404. *ret_thing: NULL when the reply is made.
 */
static bool ask(Request *request, Reply *reply, const char *kind, json_t *question,
                json_t **ret_thing, GError **error)
{
    json_t *answer = worker_ask(request->site->worker, question, ASK_MS, error);
    json_t *found = json_object_get(answer, "found"), *several = json_object_get(answer, "several");

    *ret_thing = NULL;
    if (!answer)
        return false;
    if (json_array_size(several) > 1) {
        json_t *model = json_pack("{s:s s:O}", "asked", request->parameters[0], "several", several);
        size_t i;
        json_t *row;
        g_autofree char *base = g_strdup_printf("/%s", kind);
        json_array_foreach(several, i, row)
        {
            const char *key = view_text(row, "key");
            view_link(row, base, key ? key : view_text(row, "id"));
            note_parts(row);
        }
        reply_page(reply, "several", "Which one?", model);
    } else if (json_is_object(found)) {
        *ret_thing = json_incref(found);
    }
    json_decref(answer);
    return *ret_thing || reply->template ? true : web_not_found(request, error);
}

static json_t *question_of(const char *kind, const char *id)
{
    return json_pack("{s:s s:s s:b}", "ask", kind, "id", id, "effective", 1);
}

/* ---- parts ---- */

static void link_exceptions(const json_t *thing)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(thing, "exceptions"), i, row)
        view_link(row, "/exceptions", view_text(row, "id"));
}

static void fact_person(json_t *facts, const char *label, const json_t *person)
{
    g_autofree char *text =
        view_text(person, "id")
            ? g_strdup_printf("%s (%s)", view_text(person, "name"), view_text(person, "id"))
            : NULL;
    view_fact_link(facts, label, text, "/people", view_text(person, "id"));
}

/* {"text", "is", "person"}: as the register or the directory says it, and who that is. */
static void fact_party(json_t *facts, const char *label, const json_t *party)
{
    const json_t *person = json_object_get(party, "person");

    if (json_is_object(person))
        fact_person(facts, label, person);
    else
        view_fact(facts, label, view_text(party, "text"));
}

static void facts_named(json_t *facts, const json_t *thing, const char *const *names)
{
    for (; *names; names++) {
        g_autofree char *label = view_label(*names);
        view_fact_value(facts, label, json_object_get(thing, *names));
    }
}

static void fact_dn(json_t *facts, const char *label, const char *dn)
{
    view_fact(facts, label, dn);
    if (dn && *dn)
        view_set_flag(json_array_get(facts, json_array_size(facts) - 1), "is_dn", true);
}

/* ---- a person ---- */

static const char *state_of_account(const json_t *account, const char **ret_class)
{
    const json_t *enabled = json_object_get(account, "enabled");

    *ret_class = json_is_false(enabled) ? "off" : json_is_true(enabled) ? "good" : "late";
    return json_is_false(enabled)  ? "disabled"
           : json_is_true(enabled) ? "enabled"
                                   : "state unknown";
}

static void decorate_person(const Request *request, json_t *person)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(person, "accounts"), i, row)
    {
        const char *class, *state = state_of_account(row, &class);
        const char *key = view_text(row, "key");
        view_set_text(row, "state", state);
        view_set_text(row, "state_class", class);
        if (web_is_technical(request))
            view_link(row, "/accounts", key ? key : view_text(row, "name"));
    }
    json_array_foreach(json_object_get(person, "assets"), i, row)
    {
        if (web_is_technical(request))
            view_link(row, "/register", view_text(row, "id"));
        view_take_text(row, "state",
                       g_strdelimit(g_strdup(view_text(row, "status")), "_", ' ')); /* "in use" */
    }
    if (web_is_technical(request))
        link_exceptions(person);
    else
        json_object_del(person, "exceptions");
}

static const char *const person_facts[] = {"kind",     "status",   "email",      "username",
                                           "location", "timezone", "start_date", "last_working_day",
                                           "end_date", NULL};

static char *line_of_person(const json_t *person)
{
    const char *title = view_text(person, "title"), *department = view_text(person, "department");

    return g_strdup_printf("%s%s%s", title ? title : "", title && department ? ", " : "",
                           department ? department : "");
}

/* A link for who may open it. */
static void fact_colleague(const Request *request, json_t *facts, const char *label, const char *id)
{
    view_fact_link(facts, label, id, "/people", request->sees_all ? id : NULL);
}

/* Whoever may not see everybody sees themselves. */
bool page_person(Request *request, Reply *reply, GError **error)
{
    json_t *person, *facts;
    bool is_own = g_strcmp0(request->parameters[0], request->who.person) == 0;

    if (!request->sees_all && !is_own)
        return web_not_found(request, error);
    if (!ask(request, reply, "people", question_of("person", request->parameters[0]), &person,
             error))
        return false;
    if (!person)
        return true;
    facts = json_array();
    decorate_person(request, person);
    facts_named(facts, person, person_facts);
    fact_colleague(request, facts, "Manager", view_text(person, "manager_id"));
    fact_colleague(request, facts, "Sponsor", view_text(person, "sponsor_id"));
    json_t *model = json_pack("{s:o s:o}", "facts", facts, "person", person);
    view_take_text(model, "line", line_of_person(person));
    view_set_flag(model, "exceptions_allowed", web_is_technical(request));
    view_set_flag(model, "may_check", (request->who.roles & ROLE_HR) && !request->is_read_only);
    view_take_text(model, "leaver_href", view_path("/leavers/check", view_text(person, "id")));
    reply_page(reply, "person", view_text(person, "name"), model);
    return true;
}

/* ---- an account ---- */

static const char *const account_facts[] = {"class",   "enabled",    "locked",           "expires",
                                            "created", "last_logon", "password_changed", "mail",
                                            "upn",     NULL};

/* One answer of explain: the group, the way there drawn and told, the membership to cut. */
static json_t *right_of(const json_t *account, const json_t *row)
{
    json_t *names = json_array(), *paths = json_array(), *step, *right;
    size_t i;

    json_array_foreach(json_object_get(row, "path"), i, step)
        json_array_append(names, json_object_get(step, "group"));
    figure_path(paths, view_text(account, "name"), names);
    right = json_pack("{s:O s:O*}", "group", json_object_get(row, "group"), "cut",
                      json_array_get(json_object_get(row, "cut"), 0));
    json_object_update(right, json_array_get(paths, 0));
    view_take_text(right, "governed", view_words(json_object_get(row, "governed")));
    view_link(right, "/groups", view_text(row, "group_dn"));
    json_decref(names);
    json_decref(paths);
    return right;
}

/* Governed groups that it is in; what the worker cannot say is left out. */
static json_t *rights_of(Request *request, const json_t *account)
{
    json_t *rights = json_array(), *row, *answer, *several;
    size_t i;

    answer = worker_ask(request->site->worker,
                        json_pack("{s:s s:s}", "ask", "explain", "account", request->parameters[0]),
                        ASK_MS, NULL);
    several = json_object_get(answer, "several");
    json_array_foreach(several, i, row) json_array_append_new(rights, right_of(account, row));
    if (!several && json_is_object(json_object_get(answer, "found")))
        json_array_append_new(rights, right_of(account, json_object_get(answer, "found")));
    json_decref(answer);
    return rights;
}

static bool owns_account(const Request *request, const json_t *account)
{
    size_t i;
    json_t *own;

    json_array_foreach(json_object_get(request->who.json, "accounts"), i, own)
    {
        if (g_strcmp0(view_text(own, "key"), view_text(account, "key")) == 0 &&
            g_strcmp0(view_text(own, "source"), view_text(account, "source")) == 0)
            return true;
    }
    return false;
}

bool page_account(Request *request, Reply *reply, GError **error)
{
    json_t *account, *facts;
    const char *class;

    if (!ask(request, reply, "accounts", question_of("account", request->parameters[0]), &account,
             error))
        return false;
    if (!request->sees_all && (!account || !owns_account(request, account))) {
        json_decref(account);
        reply_clear(reply);
        return web_not_found(request, error);
    }
    if (!account)
        return true;
    facts = json_array();
    fact_person(facts, "Person", json_object_get(account, "person"));
    view_fact(facts, "Linked by", view_text(account, "linked_by"));
    fact_party(facts, "Owner", json_object_get(account, "owner"));
    facts_named(facts, account, account_facts);
    fact_dn(facts, "DN", view_text(account, "dn"));
    fact_dn(facts, "Key", view_text(account, "key"));
    json_t *model = json_pack("{s:o s:o s:o}", "facts", facts, "rights",
                              rights_of(request, account), "account", account);
    view_take_text(
        model, "line",
        g_strdup_printf("%s, %s", view_text(account, "class"), state_of_account(account, &class)));
    reply_page(reply, "account", view_text(account, "name"), model);
    return true;
}

/* ---- a group ---- */

static void page_members(Request *request, json_t *group, json_t *model, int64_t page)
{
    json_t *all = json_object_get(group, "members"), *shown = json_array(), *row;
    size_t i, n = json_array_size(all), first = (size_t)(page - 1) * MEMBERS_PER_PAGE;

    for (i = first; i < MIN(n, first + MEMBERS_PER_PAGE); i++) {
        row = json_array_get(all, i);
        const char *type = view_text(row, "type");
        if (g_strcmp0(type, "account") == 0)
            view_link(row, "/accounts", view_text(row, "dn"));
        else if (g_strcmp0(type, "group") == 0)
            view_link(row, "/groups", view_text(row, "dn"));
        json_array_append(shown, row);
    }
    view_set_flag(model, "has_members", json_array_size(shown) > 0);
    view_pager(model, request->fields,
               &(ViewPage){.page = page,
                           .size = MEMBERS_PER_PAGE,
                           .n_shown = (int64_t)json_array_size(shown),
                           .total = (int64_t)n,
                           .has_more = first + MEMBERS_PER_PAGE < n});
    json_object_set_new(group, "members", shown);
}

bool page_group(Request *request, Reply *reply, GError **error)
{
    json_t *group, *facts;
    gint64 page = 1;

    if (!fields_number(request->fields, "page", 1, 100000, &page, error))
        return false;
    if (!ask(request, reply, "groups", question_of("group", request->parameters[0]), &group, error))
        return false;
    if (!group)
        return true;
    facts = json_array();
    fact_party(facts, "Owner", json_object_get(group, "owner"));
    view_fact_value(facts, "Governed as", json_object_get(group, "governed"));
    view_fact_value(facts, "Direct members", json_object_get(group, "direct_members"));
    view_fact_value(facts, "Effective members", json_object_get(group, "effective_members"));
    fact_dn(facts, "DN", view_text(group, "dn"));
    fact_dn(facts, "Key", view_text(group, "key"));
    link_exceptions(group);
    json_t *model = json_pack("{s:o}", "facts", facts);
    page_members(request, group, model, MAX(page, 1));
    view_take_text(model, "line",
                   view_count(view_number(group, "effective_members"), "account is in it.",
                              "accounts are in it."));
    json_object_set_new(model, "group", group);
    reply_page(reply, "group", view_text(group, "name"), model);
    return true;
}

/* ---- an asset ---- */

static const char *const asset_facts[] = {
    "kind",       "status",        "serial",   "hostname",    "classification",
    "location",   "assigned_at",   "due_back", "last_review", "last_audit",
    "next_audit", "access_groups", "computer", NULL};

bool page_asset(Request *request, Reply *reply, GError **error)
{
    json_t *asset, *facts;

    if (!ask(request, reply, "register", question_of("asset", request->parameters[0]), &asset,
             error))
        return false;
    if (!asset)
        return true;
    facts = json_array();
    fact_party(facts, "Owner", json_object_get(asset, "owner"));
    fact_party(facts, "Custodian", json_object_get(asset, "custodian"));
    facts_named(facts, asset, asset_facts);
    link_exceptions(asset);
    const char *name = view_text(asset, "name"), *kind = view_text(asset, "kind");
    const char *status = view_text(asset, "status");
    json_t *model = json_pack("{s:o}", "facts", facts);
    view_take_text(model, "line",
                   g_strdup_printf("%s%s%s", kind ? kind : "", kind && status ? ", " : "",
                                   status ? status : ""));
    if (!name)
        json_object_set(asset, "name", json_object_get(asset, "id"));
    json_object_set_new(model, "asset", asset);
    reply_page(reply, "asset", view_text(asset, "name"), model);
    return true;
}
