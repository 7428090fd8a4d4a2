/* web_rules.c: what a table cannot say about the section `web`. */

#include "settings/listen.h"
#include "settings/problems.h"
#include "settings/rules.h"
#include "settings/web_address.h"

#include <string.h>

static void check_listen(const SettingsGroup *web, Listen *ret_listen, GPtrArray *problems)
{
    const char *text = settings_text(web, "listen");

    if (listen_parse(text, ret_listen))
        return;
    g_autofree char *quoted = problem_quote(text);
    problem_add(problems, settings_place(web), "web.listen",
                "\"%s\" is nothing to listen on; allowed: unix:/path, 127.0.0.1:PORT, [::1]:PORT "
                "(a proxy in front does TLS)",
                quoted);
}

static void check_base_url(const SettingsGroup *web, GPtrArray *problems)
{
    const char *text = settings_text(web, "base_url");
    g_auto(WebAddress) address = {0};

    if (!text || web_address_parse(text, &address))
        return;
    g_autofree char *quoted = problem_quote(text);
    problem_add(problems, settings_place(web), "web.base_url",
                "\"%s\" is no address of this service; allowed: https://host, https://host:port, "
                "or http:// of a loopback address, without a path",
                quoted);
}

static bool is_directory(const Settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->n_sources; i++) {
        const Source *source = &settings->sources[i].source;
        if (g_str_equal(source->name, name) && source->provides == PROVIDES_DIRECTORY)
            return true;
    }
    return false;
}

static void check_sign_in(const Settings *settings, const SettingsGroup *web, const Listen *listen,
                          GPtrArray *problems)
{
    const char *text = settings_text(web, "sign_in");
    bool is_demo = settings_n_groups(web, "demo") > 0;

    if (g_str_equal(text, "proxy")) {
        if (!listen->path && !is_demo)
            problem_add(problems, settings_place(web), "web.sign_in",
                        "a proxy is believed on a UNIX socket only; allowed: listen on unix:/path, "
                        "or name a directory source here");
    } else if (!is_directory(settings, text)) {
        g_autofree char *quoted = problem_quote(text);
        problem_add(problems, settings_place(web), "web.sign_in",
                    "no directory source is called \"%s\"; allowed: proxy, or the name of one",
                    quoted);
    }
}

static void check_header(const SettingsGroup *web, GPtrArray *problems)
{
    const char *text = settings_text(web, "proxy_header");

    if (*text != '\0' && strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-") == strlen(text))
        return;
    g_autofree char *quoted = problem_quote(text);
    problem_add(problems, settings_place(web), "web.proxy_header",
                "\"%s\" is no name of a header; allowed: letters, digits and dashes", quoted);
}

void web_rules_check(const Settings *settings, GPtrArray *problems)
{
    const SettingsGroup *web = settings_group(settings->root, "web");
    Listen listen = {.path = ""};

    if (!settings_is_set(settings->root, "web"))
        return;
    check_listen(web, &listen, problems);
    check_base_url(web, problems);
    check_sign_in(settings, web, &listen, problems);
    check_header(web, problems);
}
