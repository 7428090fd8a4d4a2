#include "web/layout.h"

#include "web/assets.h"
#include "web/notices.h"
#include "web/routes.h"
#include "web_resource.h"

#include "base/times.h"
#include "ledger/listing.h"

#include <gio/gio.h>
#include <string.h>

#define TEMPLATES "/rightful/web/templates/"

TemplateSet *layout_templates(GError **error)
{
    g_autoptr(TemplateSet) set = template_set_new();
    g_auto(GStrv) names = g_resource_enumerate_children(web_resource_get_resource(), TEMPLATES,
                                                        G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    for (char **name = names; name && *name; name++) {
        g_autofree char *path = g_strconcat(TEMPLATES, *name, NULL);
        g_autoptr(GBytes) bytes = g_resource_lookup_data(web_resource_get_resource(), path,
                                                         G_RESOURCE_LOOKUP_FLAGS_NONE, error);
        g_autofree char *text =
            bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;

        (*name)[strcspn(*name, ".")] = '\0';
        if (!text || !template_set_add(set, *name, text, error))
            return NULL;
    }
    return names && template_set_check(set, error) ? g_steal_pointer(&set) : NULL;
}

/* ---- what stands around a page ---- */

/* Pages of the menu; who may not open one does not see it. */
static const struct {
    const char *path, *text;
} menu[] = {
    {"/", "Overview"},         {"/exceptions", "Exceptions"}, {"/reviews", "Reviews"},
    {"/leavers", "Leavers"},   {"/tasks", "To carry out"},    {"/runs", "Runs"},
    {"/controls", "Controls"},
};

static const Route *page_at(const char *path)
{
    for (const Route *route = routes; route->path; route++) {
        if (g_str_equal(route->path, path) && g_str_equal(route->method, "GET"))
            return route;
    }
    return NULL;
}

static bool is_below(const char *path, const char *page)
{
    size_t length = strlen(page);

    if (g_str_equal(page, "/"))
        return g_str_equal(path, page);
    return strncmp(path, page, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static json_t *menu_of(const Request *request)
{
    json_t *list = json_array();

    for (size_t i = 0; request->is_signed_in && i < G_N_ELEMENTS(menu); i++) {
        const Route *route = page_at(menu[i].path);
        unsigned roles = request->who.roles | SIGNED_IN;

        if (!route || ((route->all | route->own) & roles) == 0)
            continue;
        json_array_append_new(list,
                              json_pack("{s:s s:s s:b}", "href", menu[i].path, "text", menu[i].text,
                                        "is_current", is_below(request->path, menu[i].path)));
    }
    return list;
}

static json_t *contact_of(const WebOptions *options)
{
    const char *text = options->contact;
    bool is_mail = strchr(text, '@') != NULL && strpbrk(text, " <>\"'?&%") == NULL;

    if (*text == '\0')
        return json_null();
    if (!is_mail)
        return json_pack("{s:s}", "text", text);
    return json_pack("{s:s s:o}", "text", text, "href", json_sprintf("mailto:%s", text));
}

static json_t *me_of(const Request *request)
{
    if (!request->is_signed_in)
        return json_null();
    return json_pack("{s:s s:s s:s? s:o}", "login", request->who.login, "name", request->who.name,
                     "person", request->who.person, "roles", role_names(request->who.roles));
}

static json_t *as_of_json(const Request *request)
{
    int64_t run = 0, as_of = 0;

    if (!request->is_signed_in || !request->ledger ||
        !ledger_latest_run(request->ledger, &run, &as_of, NULL) || run == 0)
        return json_null();
    g_autofree char *text = time_to_text(as_of);
    return json_pack("{s:I s:s?}", "run", (json_int_t)run, "at", text);
}

static json_t *outer_of(const Request *request, const Reply *reply)
{
    const WebOptions *options = request->site->options;
    const char *done = notice_sentence(fields_get(request->fields, "notice"));
    json_t *outer = json_pack(
        "{s:s? s:s s:s? s:o s:o s:O s:s? s:s? s:b s:b}", "title", reply->title, "organisation",
        options->settings->organisation, "path", request->path, "menu", menu_of(request), "contact",
        contact_of(options), "assets", assets_paths(request->site->assets), "csrf",
        request->is_signed_in ? request->session.csrf : NULL, "done", done, "is_demo",
        options->sign_in == SIGN_IN_DEMO, "is_read_only", request->is_read_only);

    json_object_set_new(outer, "me", me_of(request));
    json_object_set_new(outer, "data", as_of_json(request));
    return outer;
}

/* ---- bytes ---- */

static int append_json(const char *text, size_t size, void *data)
{
    g_string_append_len(data, text, (gssize)size);
    return 0;
}

static GString *render_json(Reply *reply)
{
    GString *out = g_string_sized_new(4096);

    json_object_set_new(reply->model, "schema_version", json_integer(1));
    reply->content_type = "application/json";
    json_dump_callback(reply->model, append_json, out, JSON_COMPACT);
    g_string_append_c(out, '\n');
    return out;
}

/* A page with a hole in it is our mistake: nobody who reads it could tell. */
static void say_missing(const char *template, const GPtrArray *missing)
{
    for (guint i = 0; i < missing->len; i++)
        g_critical("the model of the page %s has no %s", template, (char *)missing->pdata[i]);
}

static GString *render_html(const Request *request, Reply *reply)
{
    GString *out = g_string_sized_new(16384);
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    json_t *outer = outer_of(request, reply);

    reply->content_type = "text/html; charset=utf-8";
    template_render(request->site->templates,
                    &(TemplateRender){.name = "layout",
                                      .content = reply->template,
                                      .outer = outer,
                                      .model = reply->model,
                                      .zone = request->site->options->settings->timezone,
                                      .missing = missing},
                    out);
    if (!template_set_has(request->site->templates, reply->template))
        g_ptr_array_add(missing, g_strdup("template"));
    say_missing(reply->template, missing);
    json_decref(outer);
    return out;
}

GString *layout_render(const Request *request, Reply *reply)
{
    if (reply->body)
        return g_steal_pointer(&reply->body);
    if (!reply->model) { /* a redirect */
        reply->content_type = "text/plain; charset=utf-8";
        return g_string_new("");
    }
    return request->wants_json ? render_json(reply) : render_html(request, reply);
}
