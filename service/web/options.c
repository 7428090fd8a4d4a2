#include "web/options.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

static void trust(WebOptions *options, uid_t uid)
{
    g_array_append_val(options->trusted_uids, uid);
}

/* A name that this system does not have is nobody. */
static void trust_users(WebOptions *options)
{
    options->trusted_uids = g_array_new(FALSE, FALSE, sizeof(uid_t));
    trust(options, 0);
    trust(options, geteuid());
    for (const char *const *name = settings_texts(options->web, "proxy_users"); *name; name++) {
        char buffer[4096];
        struct passwd user, *found = NULL;
        if (getpwnam_r(*name, &user, buffer, sizeof buffer, &found) == 0 && found)
            trust(options, found->pw_uid);
    }
}

static SignIn sign_in_of(const WebStart *start, const SettingsGroup *web)
{
    if (start->is_demo)
        return SIGN_IN_DEMO;
    return g_str_equal(settings_text(web, "sign_in"), "proxy") ? SIGN_IN_PROXY : SIGN_IN_FORM;
}

static bool refuse(GError **error, const char *sentence)
{
    g_set_error_literal(error, WEB_ERROR, WEB_ERROR_CONFIGURATION, sentence);
    return false;
}

static bool check(const WebOptions *options, GError **error)
{
    bool is_demo = options->sign_in == SIGN_IN_DEMO;

    if (is_demo && options->listen.path)
        return refuse(error, "--demo lets anybody in, so it listens on loopback only; set "
                             "web.listen to 127.0.0.1:PORT. Nothing was started.");
    if (is_demo && options->address.is_https)
        return refuse(error, "--demo lets anybody in, so it is for this machine only; take "
                             "web.base_url out. Nothing was started.");
    if (is_demo && settings_n_groups(options->web, "demo") == 0)
        return refuse(error, "--demo needs people to choose among: web.demo is empty. Nothing was "
                             "started.");
    if (options->sign_in == SIGN_IN_PROXY && !options->listen.path)
        return refuse(error, "web.sign_in is proxy, which is believed on a UNIX socket only, and "
                             "web.listen is none. Nothing was started.");
    if (options->listen.path && !options->address.origin)
        return refuse(error, "web.base_url must be set: every link is made of it. Nothing was "
                             "started.");
    return true;
}

WebOptions *web_options_new(const WebStart *start, GError **error)
{
    g_autoptr(WebOptions) options = g_new0(WebOptions, 1);
    const SettingsGroup *web = settings_group(start->settings->root, "web");
    const char *base_url = settings_text(web, "base_url");

    options->settings = start->settings;
    options->web = web;
    options->references = start->references;
    options->catalogue = start->catalogue;
    options->due_limits = start->due_limits;
    options->sign_in = sign_in_of(start, web);
    options->proxy_header = options->proxy_header_owned =
        g_ascii_strdown(settings_text(web, "proxy_header"), -1);
    options->idle_seconds = 60 * settings_int(web, "idle_minutes");
    options->absolute_seconds = 3600 * settings_int(web, "session_hours");
    options->contact = settings_text(web, "contact");
    options->directory = g_path_get_dirname(start->settings->path);
    options->worker_socket =
        settings_text(settings_group(start->settings->root, "worker"), "socket");
    trust_users(options);
    /* Checked when the configuration was read, where it has a section `web`. */
    if (!listen_parse(settings_text(web, "listen"), &options->listen) ||
        (base_url && !web_address_parse(base_url, &options->address))) {
        refuse(error, "web.listen or web.base_url cannot be read. Nothing was started.");
        return NULL;
    }
    return check(options, error) ? g_steal_pointer(&options) : NULL;
}

void web_options_free(WebOptions *options)
{
    if (!options)
        return;
    web_address_clear(&options->address);
    g_clear_pointer(&options->trusted_uids, g_array_unref);
    g_free(options->directory);
    g_free(options->proxy_header_owned);
    g_free(options);
}

void web_options_bound(WebOptions *options, uint16_t port)
{
    if (options->address.origin)
        return;
    options->address.authority =
        g_strdup_printf(options->listen.is_v6 ? "[::1]:%d" : "127.0.0.1:%d", port);
    options->address.origin = g_strconcat("http://", options->address.authority, NULL);
}

bool web_options_is_host(const WebOptions *options, const char *host)
{
    return host && g_ascii_strcasecmp(host, options->address.authority) == 0;
}

bool web_options_is_trusted(const WebOptions *options, uid_t uid)
{
    for (guint i = 0; i < options->trusted_uids->len; i++) {
        if (g_array_index(options->trusted_uids, uid_t, i) == uid)
            return true;
    }
    return false;
}
