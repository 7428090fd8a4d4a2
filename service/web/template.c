/* template.c: text → nodes. */

#include "web/template_node.h"

#include <string.h>

typedef struct Parser {
    Template *template;
    const char *start, *at;
    GArray *open; /* (element-type guint) sections that are not closed */
} Parser;

static void clear_node(gpointer data)
{
    Node *node = data;

    g_free(node->text);
    g_strfreev(node->path);
}

void template_free(Template *template)
{
    g_free(template->name);
    g_array_unref(template->nodes);
    g_free(template);
}

static int line_of(const Parser *parser, const char *at)
{
    int line = 1;

    for (const char *c = parser->start; c < at; c++)
        line += *c == '\n';
    return line;
}

static bool G_GNUC_PRINTF(4, 5)
    refuse(const Parser *parser, const char *at, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, TEMPLATE_ERROR, 0, "%s:%d: %s", parser->template->name, line_of(parser, at),
                what);
    return false;
}

static Node *add_node(Parser *parser, NodeKind kind, const char *text, size_t length)
{
    Node node = {.kind = kind, .text = g_strndup(text, length), .length = length};

    g_array_append_val(parser->template->nodes, node);
    return &g_array_index(parser->template->nodes, Node, parser->template->nodes->len - 1);
}

static void add_text(Parser *parser, const char *end)
{
    if (end > parser->at)
        add_node(parser, NODE_TEXT, parser->at, (size_t)(end - parser->at));
    parser->at = end;
}

static bool is_name(const char *name)
{
    if (g_str_equal(name, "."))
        return true;
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-' && *c != '.')
            return false;
    }
    return *name != '\0' && *name != '.' && !g_str_has_suffix(name, ".") && !strstr(name, "..");
}

/* Does the tag stand alone on its line? Then what is before it in the line begins at *begin, and
 * the next line at *end. */
static bool is_alone(const Parser *parser, const char **begin, const char **end)
{
    const char *before = *begin, *after = *end;

    while (before > parser->start && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    while (*after == ' ' || *after == '\t')
        after++;
    if ((before > parser->start && before[-1] != '\n') || (*after != '\n' && *after != '\0'))
        return false;
    *begin = before;
    *end = *after == '\n' ? after + 1 : after;
    return true;
}

static void set_path(Node *node)
{
    node->path = g_str_equal(node->text, ".") ? NULL : g_strsplit(node->text, ".", -1);
    if (node->path) {
        const char *last = node->path[g_strv_length(node->path) - 1];
        node->is_link = g_str_equal(last, "href") || g_str_has_suffix(last, "_href");
    }
}

static bool close_section(Parser *parser, const char *tag, const char *name, GError **error)
{
    if (parser->open->len == 0)
        return refuse(parser, tag, error, "{{/%s}} closes what is not open", name);
    guint number = g_array_index(parser->open, guint, parser->open->len - 1);
    Node *section = &g_array_index(parser->template->nodes, Node, number);
    if (!g_str_equal(section->text, name))
        return refuse(parser, tag, error, "{{/%s}} where {{/%s}} is expected", name, section->text);
    section->end = parser->template->nodes->len;
    g_array_set_size(parser->open, parser->open->len - 1);
    return true;
}

static NodeKind kind_of(char sign)
{
    switch (sign) {
    case '@':
        return NODE_TIME;
    case '~':
        return NODE_DUE;
    case '#':
        return NODE_SECTION;
    case '^':
        return NODE_INVERTED;
    case '>':
        return NODE_PARTIAL;
    default:
        return NODE_VALUE;
    }
}

static bool parse_tag(Parser *parser, const char *tag, const char *close, GError **error)
{
    bool has_sign = strchr("@~#^>/", tag[2]) != NULL;
    g_autofree char *name =
        g_strndup(tag + 2 + has_sign, (gsize)(close - tag - 2) - (gsize)has_sign);
    NodeKind kind = kind_of(tag[2]);

    g_strstrip(name);
    if (!is_name(name))
        return refuse(parser, tag, error, "'%s' is no name; there is no other form of a tag", name);
    if (tag[2] == '/')
        return close_section(parser, tag, name, error);
    Node *node = add_node(parser, kind, name, strlen(name));
    set_path(node);
    if (kind == NODE_SECTION || kind == NODE_INVERTED) {
        guint number = parser->template->nodes->len - 1;
        g_array_append_val(parser->open, number);
    }
    return true;
}

static bool parse_all(Parser *parser, GError **error)
{
    const char *tag;

    while ((tag = strstr(parser->at, "{{")) != NULL) {
        const char *close = strstr(tag, "}}"), *begin = tag;
        if (!close || close == tag + 2)
            return refuse(parser, tag, error, "a tag that does not end");
        const char *end = close + 2;
        if (strchr("!#^/>", tag[2]))
            is_alone(parser, &begin, &end);
        add_text(parser, MAX(begin, parser->at));
        if (tag[2] != '!' && !parse_tag(parser, tag, close, error))
            return false;
        parser->at = end;
    }
    add_text(parser, parser->at + strlen(parser->at));
    if (parser->open->len == 0)
        return true;
    guint number = g_array_index(parser->open, guint, parser->open->len - 1);
    return refuse(parser, parser->at, error, "{{#%s}} is not closed",
                  g_array_index(parser->template->nodes, Node, number).text);
}

TemplateSet *template_set_new(void)
{
    TemplateSet *set = g_new0(TemplateSet, 1);

    set->templates = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                           (GDestroyNotify)(void (*)(void))template_free);
    return set;
}

void template_set_free(TemplateSet *set)
{
    if (!set)
        return;
    g_hash_table_unref(set->templates);
    g_free(set);
}

bool template_set_add(TemplateSet *set, const char *name, const char *text, GError **error)
{
    Template *template = g_new0(Template, 1);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    Parser parser = {.template = template, .start = text, .at = text, .open = open};

    template->name = g_strdup(name);
    template->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    g_array_set_clear_func(template->nodes, clear_node);
    bool is_good = parse_all(&parser, error);
    if (is_good)
        g_hash_table_replace(set->templates, template->name, template);
    else
        template_free(template);
    return is_good;
}

const Template *template_set_find(const TemplateSet *set, const char *name)
{
    return g_hash_table_lookup(set->templates, name);
}

bool template_set_has(const TemplateSet *set, const char *name)
{
    return template_set_find(set, name) != NULL;
}

/* Partials are looked into to a depth that no honest layout reaches. */
static bool check_template(const TemplateSet *set, const Template *template, int depth,
                           GError **error)
{
    for (guint i = 0; i < template->nodes->len; i++) {
        const Node *node = &g_array_index(template->nodes, Node, i);
        if (node->kind != NODE_PARTIAL || g_str_equal(node->text, "content"))
            continue;
        const Template *partial = template_set_find(set, node->text);
        if (!partial || depth > 8) {
            g_set_error(error, TEMPLATE_ERROR, 0, "%s: {{>%s}} %s", template->name, node->text,
                        partial ? "includes itself" : "is no template");
            return false;
        }
        if (!check_template(set, partial, depth + 1, error))
            return false;
    }
    return true;
}

bool template_set_check(const TemplateSet *set, GError **error)
{
    GHashTableIter iter;
    gpointer template;

    g_hash_table_iter_init(&iter, set->templates);
    while (g_hash_table_iter_next(&iter, NULL, &template)) {
        if (!check_template(set, template, 0, error))
            return false;
    }
    return true;
}
