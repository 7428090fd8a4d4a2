#include "run/leaver_verdict.h"

#include "run/facts.h"

void verdict_unsure(Verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    json_array_append_new(verdict->unsure, json_string(text));
}

void verdict_add_line(Verdict *verdict, const LeaverLine *line, State is_open)
{
    if (is_open == STATE_YES)
        json_array_append_new(verdict->open, json_string(line->text));
    if (verdict->lines == NULL)
        return;
    json_array_append_new(
        verdict->lines,
        json_pack("{s:s s:s s:s s:o s:s s:s s:s s:o}", "kind", line->kind, "source", line->source,
                  "key", line->key, "object",
                  line->object_key != NULL ? json_pack("{s:s s:s}", "source", line->object_source,
                                                       "key", line->object_key)
                                           : json_null(),
                  "name", line->name, "text", line->text, "status",
                  is_open == STATE_NO ? "clear" : "open", "due", fact_time(line->due_utc)));
}

void verdict_add_handover(Verdict *verdict, const LeaverLine *line)
{
    verdict_add_line(verdict, line, STATE_YES);
    json_array_append_new(verdict->handover, json_string(line->text));
}

json_t *verdict_closed(const Verdict *verdict)
{
    if (json_array_size(verdict->open) > 0)
        return json_false();
    return json_array_size(verdict->unsure) > 0 ? json_null() : json_true();
}

State leaver_account_usable(const Look *look, uint32_t account)
{
    const Accounts *accounts = &look->reconciliation.snapshot->accounts;
    int64_t expires = accounts->expires_utc[account];

    if (accounts->enabled[account] == STATE_NO)
        return STATE_NO;
    if (expires != TIME_NEVER && expires != TIME_UNKNOWN &&
        expires <= look->reconciliation.as_of_utc)
        return STATE_NO;
    return (accounts->flags[account] & ENTRY_EXPIRES_UNREADABLE) != 0
               ? STATE_UNKNOWN
               : (State)accounts->enabled[account];
}
