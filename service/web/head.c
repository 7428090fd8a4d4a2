#include "web/head.h"

#include <string.h>

void head_init(Head *head, const char *method, const char *target)
{
    *head = (Head){.method = method, .target = target};
    head->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void head_clear(Head *head)
{
    g_clear_pointer(&head->headers, g_hash_table_unref);
}

/* Those that may come more than once, and of which it does not matter which. */
static bool may_repeat(const char *name)
{
    static const char *const names[] = {
        "accept", "accept-language", "accept-encoding", "cache-control", "via", "forwarded", NULL};

    return g_strv_contains(names, name);
}

/* "Accept : x" is a header to some readers and none to others (RFC 9112 5.1). */
static bool is_name(const char *name)
{
    size_t length = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$%&'*+-.^_`|~");

    return length > 0 && name[length] == '\0';
}

void head_add(Head *head, const char *name, const char *value)
{
    char *lower = g_ascii_strdown(name, -1);

    head->n_headers++;
    line_ends_add(&head->ends, name, value);
    head->has_broken |= !is_name(name);
    head->n_bytes += strlen(name) + (value ? strlen(value) : 0);
    for (const char *c = value ? value : ""; *c != '\0'; c++)
        head->has_broken |= (*c > 0 && *c < ' ' && *c != '\t') || *c == 0x7f;
    if (g_hash_table_contains(head->headers, lower) && !may_repeat(lower))
        head->twice = name;
    g_hash_table_replace(head->headers, lower, g_strdup(value ? value : ""));
}

/* ---- the target ---- */

static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

static bool is_good_piece(const char *piece)
{
    for (const char *c = piece; *c != '\0'; c++) {
        if ((*c > 0 && *c < ' ') || *c == 0x7f || *c == '/' || *c == '\\')
            return false;
    }
    return !g_str_equal(piece, ".") && !g_str_equal(piece, "..");
}

/* "/exceptions/EX-1" → "exceptions", "EX-1"; "/" → "". NULL: it cannot be meant. */
static char **pieces_of(const char *path, size_t length)
{
    g_autofree char *text = g_strndup(path + 1, length - 1);
    g_auto(GStrv) raw = g_strsplit(text, "/", 16);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!raw[0])
        g_strv_builder_add(builder, "");
    for (char **piece = raw; *piece; piece++) {
        g_autofree char *decoded = fields_decode(*piece, strlen(*piece), false);
        if (!decoded || !is_good_piece(decoded))
            return NULL;
        g_strv_builder_add(builder, decoded);
    }
    return g_strv_builder_end(builder);
}

static bool no_such_path(const Request *request, Reply *reply)
{
    reply_refuse(reply, 404, "There is nothing at %s, or it is not for you to see.", request->path);
    return false;
}

static bool wrong_method(const Head *head, const char *allow, Reply *reply)
{
    reply_refuse(reply, 405, "%.20s is not possible here; allowed: %s. Nothing was changed.",
                 head->method, allow);
    reply_header(reply, "Allow", allow);
    return false;
}

static bool find_route(const Head *head, char **pieces, Request *request, Reply *reply,
                       Asset **ret_asset)
{
    g_autofree char *allow = NULL;
    bool is_get = g_str_equal(request->method, "GET");

    *ret_asset = assets_find(request->site->assets, request->path);
    if (*ret_asset)
        return is_get || wrong_method(head, "GET, HEAD", reply);
    request->route = route_find(request, (const char *const *)pieces, &allow);
    if (request->route)
        return true;
    return allow ? wrong_method(head, allow, reply) : no_such_path(request, reply);
}

static bool read_target(const Head *head, Request *request, Reply *reply, Asset **ret_asset)
{
    const char *target = head->target;
    size_t length = strcspn(target, "?");

    request->path = g_strdup("/");
    request->query = g_strdup(target[length] == '?' ? target + length + 1 : "");
    if (strlen(target) > MAX_TARGET) {
        reply_refuse(reply, 414, "The address is longer than %d characters.", MAX_TARGET);
        return false;
    }
    if (*target != '/' || !is_plain(target)) {
        reply_refuse(reply, 400, "The address is none of this service.");
        return false;
    }
    g_auto(GStrv) pieces = pieces_of(target, length);
    if (!pieces) {
        reply_refuse(reply, 400,
                     "The address has a part that cannot be read: a broken %%XX, a "
                     "NUL, or a way out of its folder.");
        return false;
    }
    g_autofree char *joined = g_strjoinv("/", pieces);
    g_free(request->path);
    request->path = g_strconcat("/", joined, NULL);
    return find_route(head, pieces, request, reply, ret_asset);
}

/* ---- headers ---- */

static bool refuse(Reply *reply, unsigned status, const char *sentence)
{
    reply_refuse(reply, status, "%s", sentence);
    return false;
}

static bool check_headers(const Head *head, Reply *reply)
{
    if (head->n_headers > MAX_HEADERS || head->n_bytes > MAX_HEADER_BYTES)
        return refuse(reply, 431, "There are too many headers, or they are too long.");
    if (head->has_odd_lines)
        return refuse(reply, 400,
                      "The lines of the request can be read in two ways: each must end with CR LF "
                      "and begin with a name, and none has a NUL in it.");
    if (head->has_broken)
        return refuse(reply, 400, "A header has a character that no header has.");
    if (head->twice) {
        reply_refuse(reply, 400, "The header %.60s was sent twice.", head->twice);
        return false;
    }
    return true;
}

static bool check_host(const Request *request, Reply *reply)
{
    const WebOptions *options = request->site->options;

    if (web_options_is_host(options, request_header(request, "host")))
        return true;
    reply_refuse(reply, 400, "This service is at %s and answers for no other host.",
                 options->address.origin);
    return false;
}

static bool check_length(const Request *request, Reply *reply)
{
    const char *length = request_header(request, "content-length");
    const char *coding = request_header(request, "transfer-encoding");
    guint64 size = 0;

    if (coding && (length || g_ascii_strcasecmp(coding, "chunked") != 0))
        return refuse(reply, 400,
                      "The length of the body is given in two ways, or in one that is "
                      "not known here.");
    if (length && !g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &size, NULL))
        return refuse(reply, 400, "The length of the body is no number.");
    if (request_header(request, "content-encoding"))
        return refuse(reply, 400, "The body must not be compressed.");
    if (g_str_equal(request->method, "GET") && (size > 0 || coding))
        return refuse(reply, 400, "What is only looked at has no body.");
    if (request->route && size > request->route->body_limit) {
        reply_refuse(reply, 413, "The form is larger than %zu bytes. Nothing was changed.",
                     request->route->body_limit);
        return false;
    }
    return true;
}

static bool wants_json(const Request *request)
{
    const char *accept = request_header(request, "accept");

    return (accept && strstr(accept, "application/json") && !strstr(accept, "text/html")) ||
           g_str_has_prefix(request->path, "/api/");
}

bool head_read(Head *head, Request *request, Reply *reply, Asset **ret_asset)
{
    bool is_known = g_str_equal(head->method, "GET") || g_str_equal(head->method, "HEAD") ||
                    g_str_equal(head->method, "POST");

    request->headers = g_steal_pointer(&head->headers);
    request->method = !is_known                           ? "OTHER"
                      : g_str_equal(head->method, "HEAD") ? "GET"
                      : g_str_equal(head->method, "GET")  ? "GET"
                                                          : "POST";
    request->path = NULL;
    *ret_asset = NULL;
    bool is_good = check_headers(head, reply) && check_host(request, reply);
    if (is_good)
        is_good = read_target(head, request, reply, ret_asset);
    if (!request->path)
        request->path = g_strdup("/");
    if (!request->query)
        request->query = g_strdup("");
    request->wants_json = wants_json(request);
    return is_good && check_length(request, reply);
}
