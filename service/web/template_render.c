/* template_render.c: nodes and values → HTML. */

#include "web/template_node.h"

#include "base/times.h"
#include "base/visible.h"

#include <math.h>
#include <string.h>

#define MAX_DEPTH 32 /* values inside each other: layouts and lists of lists need six */
#define MAX_PARTIALS 8

typedef struct Rendering {
    const TemplateSet *set;
    const TemplateRender *render;
    GString *out;
    json_t *stack[MAX_DEPTH];
    int depth;
    int n_partials;    /* inside each other */
    GHashTable *dues;  /* as times, of what something is due by */
    GHashTable *times; /* text → words, NULL for what is no time: rows of a list share theirs */
} Rendering;

/* ---- values ---- */

/* A section asks whether something is there; what is written must be. */
static bool is_written(const Node *node)
{
    return node->kind == NODE_VALUE || node->kind == NODE_TIME || node->kind == NODE_DUE;
}

static json_t *find(const Rendering *rendering, const Node *node)
{
    json_t *found = NULL;

    if (!node->path)
        return rendering->depth > 0 ? rendering->stack[rendering->depth - 1] : NULL;
    for (int i = rendering->depth - 1; i >= 0 && !found; i--)
        found = json_object_get(rendering->stack[i], node->path[0]);
    bool is_begun = found != NULL || !node->path[1];
    for (char **name = node->path + 1; *name && found; name++)
        found = json_object_get(found, *name);
    if (!found && is_begun && is_written(node) && rendering->render->missing)
        g_ptr_array_add(rendering->render->missing, g_strdup(node->text));
    return found;
}

static bool is_true(const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT:
    case JSON_TRUE:
        return true;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return fpclassify(json_real_value(value)) != FP_ZERO;
    default:
        return false;
    }
}

/* ---- text ---- */

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void escape_plain(GString *out, const char *text)
{
    const char *plain = text;

    for (const char *c = text; *c != '\0'; c++) {
        const char *entity = entity_of(*c);
        if (!entity)
            continue;
        g_string_append_len(out, plain, c - plain);
        g_string_append(out, entity);
        plain = c + 1;
    }
    g_string_append(out, plain);
}

/* Ends of lines stay: a comment has some, and they cannot do anything in HTML. */
static void escape_line(GString *out, const char *text, size_t length)
{
    g_autofree char *line = g_strndup(text, length);
    g_autoptr(GString) visible = g_string_sized_new(length + 16);

    visible_append(visible, line);
    escape_plain(out, visible->str);
}

static bool is_harmless(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return true;
}

void template_escape(GString *out, const char *text, size_t length)
{
    const char *end = text + length;

    if (is_harmless(text, length) && text[length] == '\0') {
        escape_plain(out, text);
        return;
    }
    while (text < end) {
        size_t n = 0;
        while (text + n < end && text[n] != '\n' && text[n] != '\0')
            n++;
        escape_line(out, text, n);
        text += n;
        if (text < end)
            g_string_append(out, *text == '\n' ? "\n" : "&lt;U+0000&gt;");
        text++;
    }
}

/* A link stays on this site, whatever somebody called himself. */
static bool is_own_link(const char *text)
{
    if (*text == '/')
        return text[1] != '/' && text[1] != '\\';
    return *text == '?' || *text == '#' || g_str_has_prefix(text, "mailto:");
}

static void append_value(GString *out, const Node *node, const json_t *value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        if (node->is_link && !is_own_link(json_string_value(value)))
            g_string_append_c(out, '#');
        else
            template_escape(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        g_string_append(out,
                        g_ascii_formatd(number, sizeof number, "%.6g", json_real_value(value)));
        break;
    case JSON_TRUE:
        g_string_append(out, "true");
        break;
    case JSON_FALSE:
        g_string_append(out, "false");
        break;
    default:
        break;
    }
}

/* ---- times ---- */

static char *in_words(const char *text, GTimeZone *zone, bool is_due)
{
    Text value = text_of(text);
    int32_t day;
    int64_t utc;

    if (day_parse(value, NULL, &day))
        return day_in_words(day);
    if (!time_parse(value, zone, &utc))
        return NULL;
    return is_due ? due_in_words(utc, zone) : time_in_words(utc, zone);
}

/* NULL: it is no time. */
static const char *words_of_time(Rendering *rendering, const char *text, bool is_due)
{
    GHashTable *times = is_due ? rendering->dues : rendering->times;
    gpointer words;

    if (!g_hash_table_lookup_extended(times, text, NULL, &words)) {
        words = in_words(text, rendering->render->zone, is_due);
        g_hash_table_insert(times, g_strdup(text), words);
    }
    return words;
}

static void append_time(Rendering *rendering, const json_t *value, bool is_due)
{
    GString *out = rendering->out;
    const char *text = json_string_value(value);
    const char *words = text ? words_of_time(rendering, text, is_due) : NULL;

    if (words) {
        g_string_append(out, "<time datetime=\"");
        template_escape(out, text, strlen(text));
        g_string_append_printf(out, "\">%s</time>", words);
    } else if (text) { /* no time after all: shown as it is */
        template_escape(out, text, json_string_length(value));
    }
}

/* ---- nodes ---- */

static void render_nodes(Rendering *rendering, const Template *template, guint from, guint end);

static void render_inside(Rendering *rendering, const Template *template, guint section,
                          json_t *value)
{
    const Node *node = &g_array_index(template->nodes, Node, section);

    if (rendering->depth >= MAX_DEPTH)
        return;
    rendering->stack[rendering->depth++] = value;
    render_nodes(rendering, template, section + 1, node->end);
    rendering->depth--;
}

static void render_section(Rendering *rendering, const Template *template, guint section)
{
    const Node *node = &g_array_index(template->nodes, Node, section);
    json_t *value = find(rendering, node), *item;
    size_t i;

    if (node->kind == NODE_INVERTED) {
        if (!is_true(value))
            render_nodes(rendering, template, section + 1, node->end);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            render_inside(rendering, template, section, item);
        }
    } else if (is_true(value)) {
        render_inside(rendering, template, section, value);
    }
}

static void render_partial(Rendering *rendering, const Node *node)
{
    bool is_content = g_str_equal(node->text, "content");
    const char *name = is_content ? rendering->render->content : node->text;
    const Template *template = name ? template_set_find(rendering->set, name) : NULL;

    if (!template || rendering->n_partials >= MAX_PARTIALS)
        return;
    rendering->n_partials++;
    render_nodes(rendering, template, 0, template->nodes->len);
    rendering->n_partials--;
}

static void render_nodes(Rendering *rendering, const Template *template, guint from, guint end)
{
    for (guint i = from; i < end; i++) {
        const Node *node = &g_array_index(template->nodes, Node, i);

        switch (node->kind) {
        case NODE_TEXT:
            g_string_append_len(rendering->out, node->text, (gssize)node->length);
            break;
        case NODE_VALUE:
            append_value(rendering->out, node, find(rendering, node));
            break;
        case NODE_TIME:
        case NODE_DUE:
            append_time(rendering, find(rendering, node), node->kind == NODE_DUE);
            break;
        case NODE_SECTION:
        case NODE_INVERTED:
            render_section(rendering, template, i);
            i = node->end - 1;
            break;
        case NODE_PARTIAL:
            render_partial(rendering, node);
            break;
        }
    }
}

void template_render(const TemplateSet *set, const TemplateRender *render, GString *out)
{
    g_autoptr(GHashTable) times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) dues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Rendering rendering = {.set = set, .render = render, .out = out, .dues = dues, .times = times};
    const Template *template = template_set_find(set, render->name);

    if (!template)
        return;
    if (render->outer)
        rendering.stack[rendering.depth++] = render->outer;
    if (render->model)
        rendering.stack[rendering.depth++] = render->model;
    render_nodes(&rendering, template, 0, template->nodes->len);
}
