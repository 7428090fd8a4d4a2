/* web_address.h: the address under which people reach the web: scheme and host, nothing else. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct WebAddress {
    char *origin;    /* "https://rightful.example.com", as browsers write it */
    char *authority; /* "rightful.example.com", with the port where it is not the scheme's own */
    bool is_https;
} WebAddress;

/* https anywhere, http on loopback only; no path, no user, nothing after it. */
bool web_address_parse(const char *text, WebAddress *ret_address);
void web_address_clear(WebAddress *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WebAddress, web_address_clear)
