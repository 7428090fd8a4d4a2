#include "web/again.h"

#include <string.h>

bool again_offer(const Request *request, Reply *reply, unsigned status, const char *sentence)
{
    bool is_form = !request->wants_json && request->fields && strcmp(request->method, "POST") == 0;
    json_t *list, *model;

    if (!is_form)
        return false;
    list = fields_json(request->fields, "csrf");
    if (json_array_size(list) == 0) {
        json_decref(list);
        return false;
    }
    g_autofree char *path = g_uri_escape_string(request->path, "/", FALSE);
    model = json_pack("{s:s s:o s:s s:b}", "sentence", sentence, "fields", list, "self_href", path,
                      "needs_sign_in", !request->is_signed_in);
    reply_page(reply, "again", "Send it again", model);
    reply->status = status;
    return true;
}
