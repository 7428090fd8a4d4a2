/* options.h: the section `web` of the configuration, ready to be used. */
#pragma once

#include "web/web.h"

#include "settings/listen.h"
#include "settings/web_address.h"

typedef enum SignIn { SIGN_IN_PROXY, SIGN_IN_FORM, SIGN_IN_DEMO } SignIn;

typedef struct WebOptions {
    const Settings *settings;
    const SettingsGroup *web;
    json_t *(*references)(const char *control); /* these three as in WebStart */
    json_t *(*catalogue)(const Settings *settings, Ledger *ledger, GError **error);
    void (*due_limits)(const Settings *settings, int64_t *ret_seconds);
    Listen listen;
    WebAddress address; /* what links and redirects are made of; port 0: see web_options_bound() */
    SignIn sign_in;
    const char *proxy_header; /* in lower case */
    GArray *trusted_uids;     /* (element-type uid_t): of the proxy */
    int64_t idle_seconds, absolute_seconds;
    const char *contact; /* "" = nobody */
    const char *worker_socket;
    char *directory; /* of the configuration */
    char *proxy_header_owned;
} WebOptions;

WebOptions *web_options_new(const WebStart *start, GError **error);
void web_options_free(WebOptions *options); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebOptions, web_options_free)

/* It listens on this port: on loopback without base_url the address follows from it. */
void web_options_bound(WebOptions *options, uint16_t port);
/* Is that what people call this service? */
bool web_options_is_host(const WebOptions *options, const char *host);
bool web_options_is_trusted(const WebOptions *options, uid_t uid);
