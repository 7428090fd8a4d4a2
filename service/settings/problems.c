#include "settings/problems.h"

#include "base/visible.h"
#include "settings/settings.h"

/* More names than this are no help when one of them is near. */
#define LONG_LIST 24
#define LONGEST_QUOTE 80

void problem_add(GPtrArray *problems, const char *place, const char *key, const char *format, ...)
{
    g_autoptr(GString) text = g_string_new(place);
    g_string_append(text, ": ");
    if (key[0] != '\0')
        g_string_append_printf(text, "%s: ", key);
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(text, format, arguments);
    va_end(arguments);
    g_ptr_array_add(problems, g_strdup(text->str));
}

char *problem_quote(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    if (g_utf8_strlen(valid, -1) > LONGEST_QUOTE) {
        g_autofree char *start = g_utf8_substring(valid, 0, LONGEST_QUOTE);
        g_autofree char *visible = visible_text(start);
        return g_strconcat(visible, "…", NULL);
    }
    return visible_text(valid);
}

char *problem_hint(const char *typed, const char *const *names)
{
    const char *nearest = settings_nearest(typed, names);
    g_autoptr(GString) hint = g_string_new("");
    if (names[0] != NULL &&
        (nearest == NULL || g_strv_length((char **)(uintptr_t)names) <= LONG_LIST)) {
        g_autofree char *list = g_strjoinv(", ", (char **)(uintptr_t)names);
        g_string_append_printf(hint, "; allowed: %s", list);
    }
    if (nearest != NULL)
        g_string_append_printf(hint, "; did you mean \"%s\"?", nearest);
    return g_strdup(hint->str);
}
