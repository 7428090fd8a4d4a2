/* libcurl.h: libcurl, loaded with the first message that is sent (rightful/late.h). */
#pragma once

#include <rightful/late.h>

#include <curl/curl.h>

/* The header has macros of the same names. */
#undef curl_easy_getinfo
#undef curl_easy_setopt

static const LateLibrary libcurl = {.names = {"libcurl-gnutls.so.4", "libcurl.so.4"}};

#define curl_easy_cleanup LATE(libcurl, curl_easy_cleanup)
#define curl_easy_getinfo LATE(libcurl, curl_easy_getinfo)
#define curl_easy_init LATE(libcurl, curl_easy_init)
#define curl_easy_perform LATE(libcurl, curl_easy_perform)
#define curl_easy_setopt LATE(libcurl, curl_easy_setopt)
#define curl_easy_strerror LATE(libcurl, curl_easy_strerror)
#define curl_global_init LATE(libcurl, curl_global_init)
#define curl_slist_append LATE(libcurl, curl_slist_append)
#define curl_slist_free_all LATE(libcurl, curl_slist_free_all)
