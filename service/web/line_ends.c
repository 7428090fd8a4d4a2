#include "web/line_ends.h"

#include <glib.h>
#include <string.h>

#define VERSION_LENGTH strlen("HTTP/1.1")
#define LINE_END 2 /* CR LF */

bool line_ends_must_be_checked(const char *library_version)
{
    return g_str_has_prefix(library_version, "0.");
}

/* Where the next thing must begin if n bytes, now NUL, stand behind what is accounted for. Looked
 * at only when it does begin there: then they are in the head. */
static bool is_behind(const LineEnds *ends, const char *next, size_t n)
{
    static const char nothing[2 * LINE_END];

    return ends->end && next == ends->end + n && memcmp(ends->end, nothing, n) == 0;
}

void line_ends_init(LineEnds *ends, const char *method, const char *target, size_t target_length,
                    const char *version)
{
    bool is_whole = target == method + strlen(method) + 1 && version == target + target_length + 1;

    ends->method = method;
    ends->end = is_whole ? version + VERSION_LENGTH : NULL;
}

/* Between a colon and its value. */
static bool is_white(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    return from == to;
}

void line_ends_add(LineEnds *ends, const char *name, const char *value)
{
    bool is_next = is_behind(ends, name, LINE_END) && value && value > name + strlen(name) &&
                   is_white(name + strlen(name) + 1, value);

    ends->end = is_next ? value + strlen(value) : NULL;
}

bool line_ends_are_good(const LineEnds *ends, size_t head_size)
{
    return is_behind(ends, ends->method + head_size, LINE_END + LINE_END);
}
