#include "html.h"

#include <stdbool.h>
#include <string.h>

static const char *const without_end[] = {"meta", "link", "input", "br", "hr", "img", NULL};
static const char *const pointers[] = {"for", "list", "aria-labelledby", "aria-describedby", NULL};

typedef struct Reading {
    const char *at;
    GPtrArray *open;     /* (element-type utf8) names of elements */
    GHashTable *ids;     /* (element-type utf8) */
    GPtrArray *pointers; /* (element-type utf8) ids that something points to */
    char *problem;
} Reading;

static bool wrong(Reading *reading, const char *what)
{
    if (!reading->problem)
        reading->problem = g_strdup_printf("%s at \"%.60s\"", what, reading->at);
    return false;
}

static char *take_name(Reading *reading)
{
    size_t length = strspn(reading->at, "abcdefghijklmnopqrstuvwxyz0123456789-"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    char *name = g_strndup(reading->at, length);

    reading->at += length;
    return name;
}

/* ---- attributes ---- */

static bool note(Reading *reading, const char *name, const char *value)
{
    if (g_str_equal(name, "id") && !g_hash_table_add(reading->ids, g_strdup(value)))
        return wrong(reading, "an id that stands there already");
    if (g_str_equal(name, "href") && value[0] == '#' && value[1] != '\0')
        g_ptr_array_add(reading->pointers, g_strdup(value + 1));
    if (g_strv_contains(pointers, name)) {
        g_auto(GStrv) ids = g_strsplit(value, " ", -1);
        for (char **id = ids; *id; id++)
            g_ptr_array_add(reading->pointers, g_strdup(*id));
    }
    return true;
}

/* The value of an attribute, with its entities; NULL when it is not well written. */
static char *take_value(Reading *reading)
{
    const char *begin = reading->at + 2;
    size_t length;

    if (!g_str_has_prefix(reading->at, "=\"")) {
        wrong(reading, "an attribute without quotes");
        return NULL;
    }
    length = strcspn(begin, "\"<>");
    reading->at = begin + length;
    if (*reading->at != '"') {
        wrong(reading, "an attribute that does not end");
        return NULL;
    }
    reading->at++;
    return g_strndup(begin, length);
}

static bool take_attribute(Reading *reading, GHashTable *names)
{
    g_autofree char *name = take_name(reading);
    g_autofree char *value = NULL;

    if (*name == '\0')
        return wrong(reading, "no attribute");
    if (!g_hash_table_add(names, g_strdup(name)))
        return wrong(reading, "an attribute for the second time");
    if (*reading->at != '=')
        return true;
    value = take_value(reading);
    return value && note(reading, name, value);
}

/* ---- elements ---- */

static bool begin_element(Reading *reading)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *element = NULL;

    reading->at++;
    element = take_name(reading);
    if (*element == '\0')
        return wrong(reading, "a < that begins nothing");
    while (*reading->at == ' ' || *reading->at == '\n') {
        reading->at++;
        if (!take_attribute(reading, names))
            return false;
    }
    bool is_empty = g_str_has_prefix(reading->at, "/>") || g_strv_contains(without_end, element);
    reading->at += *reading->at == '/';
    if (*reading->at != '>')
        return wrong(reading, "a tag that does not end");
    reading->at++;
    if (!is_empty)
        g_ptr_array_add(reading->open, g_steal_pointer(&element));
    return true;
}

static bool end_element(Reading *reading)
{
    guint n = reading->open->len;
    g_autofree char *element = NULL;

    reading->at += 2;
    element = take_name(reading);
    if (n == 0 || !g_str_equal(reading->open->pdata[n - 1], element))
        return wrong(reading, "what is open does not end here,");
    g_ptr_array_set_size(reading->open, (int)n - 1);
    if (*reading->at != '>')
        return wrong(reading, "a tag that does not end");
    reading->at++;
    return true;
}

/* ---- text ---- */

static bool take_entity(Reading *reading)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", NULL};

    for (size_t i = 0; entities[i]; i++) {
        if (g_str_has_prefix(reading->at, entities[i])) {
            reading->at += strlen(entities[i]);
            return true;
        }
    }
    return wrong(reading, "an & that begins no entity");
}

static bool take_piece(Reading *reading)
{
    if (g_str_has_prefix(reading->at, "</"))
        return end_element(reading);
    if (*reading->at == '<')
        return begin_element(reading);
    if (*reading->at == '&')
        return take_entity(reading);
    if (*reading->at == '>')
        return wrong(reading, "a > that ends nothing");
    reading->at++;
    return true;
}

static void check_end(Reading *reading)
{
    if (reading->open->len > 0)
        wrong(reading, "something is never closed");
    for (guint i = 0; i < reading->pointers->len && !reading->problem; i++) {
        const char *id = reading->pointers->pdata[i];
        if (!g_hash_table_contains(reading->ids, id))
            reading->problem = g_strdup_printf("nothing has the id %s", id);
    }
}

char *html_problem(const char *page)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) pointed = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reading reading = {.open = open, .ids = ids, .pointers = pointed};

    if (!g_str_has_prefix(page, "<!doctype html>\n"))
        return g_strdup("it does not begin with <!doctype html>");
    reading.at = page + strlen("<!doctype html>\n");
    while (*reading.at != '\0' && take_piece(&reading))
        continue;
    if (!reading.problem)
        check_end(&reading);
    return reading.problem;
}

guint html_count(const char *page, const char *element)
{
    g_autofree char *tag = g_strconcat("<", element, NULL);
    guint n = 0;

    for (const char *at = strstr(page, tag); at; at = strstr(at + 1, tag))
        n += strchr(" >\n", at[strlen(tag)]) != NULL;
    return n;
}

char *html_text(const char *page, const char *element)
{
    g_autofree char *begin = g_strconcat("<", element, ">", NULL);
    g_autofree char *end = g_strconcat("</", element, ">", NULL);
    const char *at = strstr(page, begin), *last = at ? strstr(at, end) : NULL;

    return last ? g_strndup(at + strlen(begin), (size_t)(last - at) - strlen(begin)) : NULL;
}
