#include "web/request.h"

#include "web/routes.h"

#include <string.h>

const char *request_header(const Request *request, const char *lower_name)
{
    return request->headers ? g_hash_table_lookup(request->headers, lower_name) : NULL;
}

void request_clear(Request *request)
{
    g_free(request->path);
    g_free(request->query);
    g_free(request->host);
    g_free(request->address);
    g_free(request->program);
    g_clear_pointer(&request->headers, g_hash_table_unref);
    if (request->body) { /* a password may be in it */
        if (request->body->len > 0)
            explicit_bzero(request->body->data, request->body->len);
        g_byte_array_unref(request->body);
    }
    for (size_t i = 0; i < MAX_PARAMETERS; i++)
        g_free(request->parameters[i]);
    fields_free(request->fields);
    json_decref(request->json);
    who_clear(&request->who);
    ledger_session_clear(&request->session);
    *request = (Request){0};
}

/* ---- replies ---- */

void reply_clear(Reply *reply)
{
    g_free(reply->title);
    json_decref(reply->model);
    g_free(reply->location);
    if (reply->body)
        g_string_free(reply->body, TRUE);
    g_clear_pointer(&reply->headers, g_ptr_array_unref);
    *reply = (Reply){0};
}

void reply_header(Reply *reply, const char *name, const char *value)
{
    if (!reply->headers)
        reply->headers = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(reply->headers, g_strdup(name));
    g_ptr_array_add(reply->headers, g_strdup(value));
}

/* Headers stay: a denial keeps the cookie that was set. */
static void empty(Reply *reply, unsigned status)
{
    g_clear_pointer(&reply->title, g_free);
    g_clear_pointer(&reply->model, json_decref);
    g_clear_pointer(&reply->location, g_free);
    if (reply->body)
        g_string_free(g_steal_pointer(&reply->body), TRUE);
    reply->template = NULL;
    reply->status = status;
}

void reply_page(Reply *reply, const char *template, const char *title, json_t *model)
{
    empty(reply, 200);
    reply->template = template;
    reply->title = g_strdup(title);
    reply->model = model;
}

void reply_redirect(Reply *reply, const char *notice, const char *format, ...)
{
    va_list arguments;

    empty(reply, 303);
    va_start(arguments, format);
    g_autofree char *path = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reply->location =
        notice ? g_strdup_printf("%s%cnotice=%s", path, strchr(path, '?') ? '&' : '?', notice)
               : g_steal_pointer(&path);
}

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "That could not be understood";
    case 401:
        return "Please sign in";
    case 403:
        return "This is not for you to see or do";
    case 404:
        return "There is no such page";
    case 405:
        return "That cannot be done here";
    case 409:
        return "That is not possible now";
    case 413:
    case 414:
    case 431:
        return "That was too much at once";
    case 503:
        return "Not available at the moment";
    default:
        return "Something went wrong";
    }
}

void reply_refuse(Reply *reply, unsigned status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *valid = g_utf8_make_valid(sentence, -1);
    reply_page(reply, "error", title_of(status),
               json_pack("{s:{s:i s:s}}", "error", "status", (int)status, "sentence", valid));
    reply->status = status;
}

/* ---- errors of handlers ---- */

bool web_is_technical(const Request *request)
{
    return (request->who.roles & (ROLE_ADMIN | ROLE_AUDITOR)) != 0;
}

bool web_not_found(const Request *request, GError **error)
{
    g_set_error(error, WEB_ERROR, WEB_ERROR_NOT_FOUND,
                "There is nothing at %s, or it is not for you to see.", request->path);
    return false;
}

static bool G_GNUC_PRINTF(3, 0)
    fail(GError **error, WebError code, const char *format, va_list arguments)
{
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);

    g_set_error_literal(error, WEB_ERROR, (gint)code, sentence);
    return false;
}

bool web_bad_request(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(error, WEB_ERROR_BAD_REQUEST, format, arguments);
    va_end(arguments);
    return false;
}

bool web_denied(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(error, WEB_ERROR_DENIED, format, arguments);
    va_end(arguments);
    return false;
}
