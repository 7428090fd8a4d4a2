/* Every template of the program as a page: with everything it may show, with nothing, and with what
 * chance decides. The models are made from the templates themselves, so that a new one is tested
 * the day it is written; that the real models fit is said by the program (layout.c), in every test
 * that looks at a page. */
#include "html.h"

#include "web/layout.h"
#include "web/template_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 60
#define HOSTILE "<i>&\"'" /* then a number, so that each text is found again */
#define ESCAPED "&lt;i&gt;&amp;&quot;&#39;"

/* ---- models ---- */

typedef enum Fill { FILL_ALL, FILL_NOTHING, FILL_BY_CHANCE } Fill;

typedef struct Making {
    const TemplateSet *set;
    const char *content; /* the page in its layout */
    Fill fill;
    GRand *rand;
    GPtrArray *scopes; /* (element-type json_t) the innermost last, as the sections enter them */
    guint n_texts;
} Making;

static void make_nodes(Making *making, const Template *template, guint from, guint end);

/* The object that the first name of a path belongs to: where it is found, else the innermost. */
static json_t *scope_of(const Making *making, const char *name)
{
    json_t *innermost = making->scopes->pdata[making->scopes->len - 1];

    for (guint i = making->scopes->len; i-- > 0;) {
        if (json_object_get(making->scopes->pdata[i], name))
            return making->scopes->pdata[i];
    }
    return innermost;
}

/* What stands at the path, else made (taken); what is missing on the way becomes objects. Borrowed.
 */
static json_t *at_path(const Making *making, const Node *node, json_t *made)
{
    json_t *object = scope_of(making, node->path[0]);
    char **name = node->path;

    for (; name[1]; name++) {
        if (!json_is_object(json_object_get(object, *name)))
            json_object_set_new(object, *name, json_object());
        object = json_object_get(object, *name);
    }
    if (json_object_get(object, *name))
        json_decref(made);
    else
        json_object_set_new(object, *name, made);
    return json_object_get(object, *name);
}

static bool is_value(const Node *node)
{
    return node->kind == NODE_VALUE || node->kind == NODE_TIME || node->kind == NODE_DUE;
}

static json_t *value_of(Making *making, const Node *node)
{
    if (node->kind != NODE_VALUE)
        return json_string("2026-12-06T23:00:00Z");
    return json_sprintf("%s" HOSTILE "%u;", node->is_link ? "/" : "", making->n_texts++);
}

/* {{#name}} … {{name}} … {{/name}}, {{#name}}{{.}}{{/name}}: the section asks whether there is the
 * text that it shows. */
static const Node *shown_inside(const Template *template, guint section)
{
    const Node *node = &g_array_index(template->nodes, Node, section);
    guint inner_end = section; /* of a section inside it, to which a {{.}} belongs */

    for (guint i = section + 1; i < node->end; i++) {
        const Node *inner = &g_array_index(template->nodes, Node, i);

        if (inner->kind == NODE_SECTION || inner->kind == NODE_INVERTED)
            inner_end = MAX(inner_end, inner->end);
        else if (is_value(inner) &&
                 (inner->path ? g_str_equal(inner->text, node->text) : i >= inner_end))
            return inner;
    }
    return NULL;
}

static json_t *section_value(Making *making, const Template *template, guint section)
{
    const Node *node = &g_array_index(template->nodes, Node, section);
    const Node *shown = shown_inside(template, section);
    bool is_there = making->fill == FILL_ALL ||
                    (making->fill == FILL_BY_CHANCE && g_rand_boolean(making->rand));

    if (!is_there)
        return json_false();
    if (shown && !shown->path)
        return json_pack("[o]", value_of(making, shown));
    return shown && node->kind == NODE_SECTION ? value_of(making, shown) : json_object();
}

static bool is_entered(const Node *node, const json_t *value)
{
    return json_is_false(value) == (node->kind == NODE_INVERTED);
}

static void make_section(Making *making, const Template *template, guint section)
{
    const Node *node = &g_array_index(template->nodes, Node, section);
    json_t *value = at_path(making, node, section_value(making, template, section));
    bool is_scope = node->kind == NODE_SECTION && json_is_object(value);

    if (!is_entered(node, value))
        return;
    if (is_scope)
        g_ptr_array_add(making->scopes, value);
    make_nodes(making, template, section + 1, node->end);
    if (is_scope)
        g_ptr_array_set_size(making->scopes, (int)making->scopes->len - 1);
}

static void make_partial(Making *making, const char *name)
{
    const Template *template =
        template_set_find(making->set, g_str_equal(name, "content") ? making->content : name);

    make_nodes(making, template, 0, template->nodes->len);
}

static void make_nodes(Making *making, const Template *template, guint from, guint end)
{
    for (guint i = from; i < end; i++) {
        const Node *node = &g_array_index(template->nodes, Node, i);

        if (node->kind == NODE_SECTION || node->kind == NODE_INVERTED) {
            make_section(making, template, i);
            i = node->end - 1;
        } else if (node->kind == NODE_PARTIAL) {
            make_partial(making, node->text);
        } else if (is_value(node) && node->path) {
            at_path(making, node, value_of(making, node));
        }
    }
}

static json_t *make_model(const TemplateSet *set, const char *page, Fill fill, guint32 seed)
{
    g_autoptr(GPtrArray) scopes = g_ptr_array_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Making making = {.set = set, .content = page, .fill = fill, .rand = rand, .scopes = scopes};
    json_t *model = json_object();

    g_ptr_array_add(scopes, model);
    make_partial(&making,
                 "content"); /* first: who a page is about is there, whatever chance says */
    make_partial(&making, "layout");
    return model;
}

/* ---- pages ---- */

/* Does a template include the other one? {{>content}} means any. */
static bool is_part(const TemplateSet *set, const char *name)
{
    GHashTableIter iter;
    gpointer template;

    g_hash_table_iter_init(&iter, set->templates);
    while (g_hash_table_iter_next(&iter, NULL, &template)) {
        const GArray *nodes = ((Template *)template)->nodes;
        for (guint i = 0; i < nodes->len; i++) {
            const Node *node = &g_array_index(nodes, Node, i);
            if (node->kind == NODE_PARTIAL && g_str_equal(node->text, name))
                return true;
        }
    }
    return false;
}

/* (element-type utf8) borrowed: all that are no part of another, but for the layout. */
static GPtrArray *pages_of(const TemplateSet *set)
{
    g_autoptr(GList) names =
        g_list_sort(g_hash_table_get_keys(set->templates), (GCompareFunc)strcmp);
    GPtrArray *pages = g_ptr_array_new();

    for (GList *name = names; name; name = name->next) {
        if (!is_part(set, name->data) && !g_str_equal(name->data, "layout"))
            g_ptr_array_add(pages, name->data);
    }
    return pages;
}

static char *render(const TemplateSet *set, const char *page, json_t *model)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    GString *out = g_string_new(NULL);

    template_render(
        set,
        &(TemplateRender){
            .name = "layout", .content = page, .model = model, .zone = zone, .missing = missing},
        out);
    if (missing->len > 0)
        fail_msg("%s: its model has no %s", page, (char *)missing->pdata[0]);
    return g_string_free(out, FALSE);
}

/* Each text of the model is on the page, escaped. */
static void assert_texts(const char *page, const char *html, const json_t *value)
{
    const char *text = json_string_value(value), *hostile = text ? strstr(text, HOSTILE) : NULL;
    const char *name;
    json_t *inner;
    size_t i;

    if (hostile) {
        g_autofree char *escaped = g_strconcat(ESCAPED, hostile + strlen(HOSTILE), NULL);
        if (!strstr(html, escaped))
            fail_msg("%s: %s is not on it", page, text);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inner)
    {
        assert_texts(page, html, inner);
    }
    json_array_foreach((json_t *)(uintptr_t)value, i, inner)
    {
        assert_texts(page, html, inner);
    }
}

/* What every page has, whatever it shows. */
static void assert_page(const char *page, const char *html)
{
    static const char *const once[] = {"html", "head", "title", "body", "main", "h1", NULL};
    g_autofree char *problem = html_problem(html);
    g_autofree char *title = html_text(html, "title"), *heading = html_text(html, "h1");

    if (problem)
        fail_msg("%s: %s", page, problem);
    for (size_t i = 0; once[i]; i++) {
        if (html_count(html, once[i]) != 1)
            fail_msg("%s: %u of <%s>", page, html_count(html, once[i]), once[i]);
    }
    assert_non_null(title);
    assert_true(heading && *heading != '\0');
    assert_non_null(strstr(html, "<html lang=\"en\">"));
    assert_non_null(strstr(html, "<main class=\"frame\" id=\"main\""));
    assert_non_null(strstr(html, "<header class=\"site\">"));
    assert_non_null(strstr(html, "<footer class=\"foot\">"));
    assert_null(strstr(html, "{{"));
    assert_null(strstr(html, "}}"));
    assert_null(strstr(html, HOSTILE));
}

static void assert_filled(const TemplateSet *set, const char *page, Fill fill, guint32 seed)
{
    json_t *model = make_model(set, page, fill, seed);
    g_autofree char *html = render(set, page, model);

    assert_page(page, html);
    if (fill == FILL_ALL)
        assert_texts(page, html, model);
    json_decref(model);
}

/* ---- tests ---- */

static int load(void **state)
{
    g_autoptr(GError) error = NULL;

    *state = layout_templates(&error);
    if (!*state)
        fail_msg("%s", error->message);
    return 0;
}

static int unload(void **state)
{
    template_set_free(*state);
    return 0;
}

static void every_page_with_all_it_may_show_is_whole_and_escaped(void **state)
{
    g_autoptr(GPtrArray) pages = pages_of(*state);

    assert_true(pages->len > 20);
    for (guint i = 0; i < pages->len; i++)
        assert_filled(*state, pages->pdata[i], FILL_ALL, 0);
}

static void every_page_with_nothing_to_show_is_whole(void **state)
{
    g_autoptr(GPtrArray) pages = pages_of(*state);

    for (guint i = 0; i < pages->len; i++)
        assert_filled(*state, pages->pdata[i], FILL_NOTHING, 0);
}

static void every_page_is_whole_whatever_of_it_is_shown(void **state)
{
    g_autoptr(GPtrArray) pages = pages_of(*state);

    for (guint32 round = 0; round < ROUNDS; round++) {
        for (guint i = 0; i < pages->len; i++)
            assert_filled(*state, pages->pdata[i], FILL_BY_CHANCE, round);
    }
}

static void what_is_no_html_is_found(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "<p>",
        "</p>",
        "<p></b></p>",
        "<p a=b></p>",
        "<p a=\"<\"></p>",
        "<p a a></p>",
        "a & b",
        "a > b",
        "a < b",
        "<p id=\"x\"></p><p id=\"x\"></p>",
        "<p a=\"b></p>",
        "<input for=\"x\">",
        "<a href=\"#x\">y</a>",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autofree char *page = g_strconcat("<!doctype html>\n", broken[i], NULL);
        g_autofree char *problem = html_problem(page);
        if (!problem)
            fail_msg("%s is taken for HTML", broken[i]);
    }
    assert_null(html_problem("<!doctype html>\n<p id=\"x\" hidden>a &lt; b<br><svg><path d=\"\"/>"
                             "</svg></p><a href=\"#x\">y</a>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_html_is_found),
        cmocka_unit_test(every_page_with_all_it_may_show_is_whole_and_escaped),
        cmocka_unit_test(every_page_with_nothing_to_show_is_whole),
        cmocka_unit_test(every_page_is_whole_whatever_of_it_is_shown),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
