#include "web/view.h"

#include "base/times.h"

#include <string.h>

char *view_path(const char *base, const char *piece)
{
    g_autofree char *escaped = g_uri_escape_string(piece, NULL, FALSE);

    return g_strdup_printf("%s/%s", base, escaped);
}

void view_link(json_t *object, const char *base, const char *piece)
{
    if (piece && *piece)
        view_take_text(object, "href", view_path(base, piece));
}

bool view_is_late(const json_t *instant, int64_t now_utc)
{
    const char *text = json_string_value(instant);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    int64_t at;

    return text && time_parse(text_of(text), utc, &at) && at < now_utc;
}

void view_late(json_t *object, int64_t now_utc)
{
    view_set_flag(object, "is_late", view_is_late(json_object_get(object, "due"), now_utc));
}

char *view_count(int64_t n, const char *one, const char *many)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", n, n == 1 ? one : many);
}

const char *view_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t view_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

void view_set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_null());
}

void view_set_flag(json_t *object, const char *name, bool flag)
{
    json_object_set_new(object, name, json_boolean(flag));
}

void view_take_text(json_t *object, const char *name, char *text)
{
    view_set_text(object, name, text);
    g_free(text);
}

/* ---- facts ---- */

static json_t *fact(json_t *facts, const char *name, const char *text)
{
    json_t *row = json_pack("{s:s s:s}", "name", name, "text", text);

    if (row)
        json_array_append_new(facts, row);
    return row;
}

void view_fact(json_t *facts, const char *name, const char *text)
{
    if (text && *text)
        fact(facts, name, text);
}

void view_fact_link(json_t *facts, const char *name, const char *text, const char *base,
                    const char *piece)
{
    json_t *row = text && *text ? fact(facts, name, text) : NULL;

    if (row)
        view_link(row, base, piece);
}

static bool is_instant_or_day(const char *text)
{
    int32_t day;
    size_t length = strlen(text);
    g_autoptr(GDateTime) time = NULL;

    if (length == 10)
        return day_parse(text_of(text), NULL, &day);
    if (length != 20 || text[10] != 'T' || text[19] != 'Z')
        return false;
    time = g_date_time_new_from_iso8601(text, NULL);
    return time != NULL;
}

void view_fact_value(json_t *facts, const char *name, const json_t *value)
{
    g_autofree char *words = view_words(value);
    json_t *row = words && *words ? fact(facts, name, words) : NULL;

    if (row && json_is_string(value) && is_instant_or_day(words))
        json_object_set_new(row, "time", json_string(words));
}

/* ---- words ---- */

static void append(GString *line, const char *separator, const char *text)
{
    if (line->len > 0)
        g_string_append(line, separator);
    g_string_append(line, text);
}

static char *words_of_object(const json_t *object)
{
    g_autoptr(GString) line = g_string_new(NULL);
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        g_autofree char *words = view_words(value);
        g_autofree char *label = view_label(name);
        g_autofree char *part = words && *words ? g_strdup_printf("%s: %s", label, words) : NULL;
        if (part)
            append(line, ", ", part);
    }
    return g_string_free(g_steal_pointer(&line), FALSE);
}

/* A list of lists is a list of paths. */
static char *words_of_list(const json_t *list, const char *separator)
{
    g_autoptr(GString) line = g_string_new(NULL);
    size_t i;
    json_t *value;

    json_array_foreach((json_t *)(uintptr_t)list, i, value)
    {
        g_autofree char *words =
            json_is_array(value) ? words_of_list(value, " → ") : view_words(value);
        if (words && *words)
            append(line, json_is_string(value) ? separator : "; ", words);
    }
    return g_string_free(g_steal_pointer(&line), FALSE);
}

char *view_words(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        return g_strdup(json_string_value(value));
    case JSON_INTEGER:
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return g_strdup_printf("%g", json_real_value(value));
    case JSON_TRUE:
        return g_strdup("yes");
    case JSON_FALSE:
        return g_strdup("no");
    case JSON_ARRAY:
        return words_of_list(value, ", ");
    case JSON_OBJECT:
        return words_of_object(value);
    default:
        return NULL;
    }
}

char *view_label(const char *name)
{
    char *label = g_strdelimit(g_strdup(name), "_", ' ');

    label[0] = g_ascii_toupper(label[0]);
    return label;
}

/* ---- forms ---- */

void view_wrong(json_t *model, const char *field, const char *sentence)
{
    g_autofree char *href = g_strdup_printf("#%s", field);
    g_autofree char *upper = g_strdup(sentence); /* errors of the ledger go on in a sentence */
    json_t *errors = json_object_get(model, "errors"), *wrong = json_object_get(model, "wrong");

    if (!errors)
        json_object_set_new(model, "errors", errors = json_array());
    if (!wrong)
        json_object_set_new(model, "wrong", wrong = json_object());
    upper[0] = g_ascii_toupper(upper[0]);
    json_array_append_new(errors, json_pack("{s:s s:s}", "href", href, "text", upper));
    view_set_text(wrong, field, upper);
    view_set_flag(model, "has_errors", true);
}

void view_input(json_t *model, const Fields *fields, const char *const *names)
{
    json_t *input = json_object();

    for (; *names; names++)
        view_set_text(input, *names, fields ? fields_get(fields, *names) : NULL);
    json_object_set_new(model, "input", input);
}

/* ---- states ---- */

static const struct {
    const char *state, *class;
} state_classes[] = {
    {"complete", "good"}, {"applied", "good"},   {"pass", "good"},       {"clear", "good"},
    {"verified", "good"}, {"enabled", "high"},   {"open", "high"},       {"partial", "late"},
    {"held", "late"},     {"stale", "late"},     {"overdue", "late"},    {"returned", "bad"},
    {"failed", "bad"},    {"incomplete", "bad"}, {"exceptions", "high"}, {"running", "late"},
};

const char *view_state_class(const char *state)
{
    for (size_t i = 0; state && i < G_N_ELEMENTS(state_classes); i++) {
        if (strcmp(state_classes[i].state, state) == 0)
            return state_classes[i].class;
    }
    return "off";
}

/* ---- pages of lists ---- */

static void link_page(json_t *pager, const char *name, const Fields *query, int64_t page)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, page);
    char *href = fields_query_with(query, "page", page > 1 ? number : NULL);

    if (*href == '\0') {
        g_free(href);
        href = g_strdup("?");
    }
    view_take_text(pager, name, href);
}

void view_pager(json_t *model, const Fields *query, const ViewPage *page)
{
    json_t *pager = json_object();
    int64_t first = (page->page - 1) * page->size;
    g_autofree char *of =
        page->total >= 0 ? g_strdup_printf(" of %" G_GINT64_FORMAT, page->total) : g_strdup("");

    if (page->page <= 1 && !page->has_more) {
        json_decref(pager);
        return;
    }
    view_take_text(pager, "words",
                   g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "%s", first + 1,
                                   first + page->n_shown, of));
    if (page->page > 1)
        link_page(pager, "previous_href", query, page->page - 1);
    if (page->has_more)
        link_page(pager, "next_href", query, page->page + 1);
    json_object_set_new(model, "pager", pager);
}

bool view_collect(json_t *row, void *data)
{
    json_array_append((json_t *)data, row);
    return true;
}
