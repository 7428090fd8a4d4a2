#include "web/layout.h"
#include "web/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Renders text with model (JSON) as the only template. Free with g_free(). */
static char *render(const char *text, const char *model)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TemplateSet) set = template_set_new();
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
    json_t *json = json_loads(model, JSON_ALLOW_NUL, NULL);
    GString *out = g_string_new(NULL);

    assert_non_null(json);
    if (!template_set_add(set, "page", text, &error))
        fail_msg("%s", error->message);
    template_render(set, &(TemplateRender){.name = "page", .model = json, .zone = zone}, out);
    json_decref(json);
    return g_string_free(out, FALSE);
}

static void expect(const char *text, const char *model, const char *wanted)
{
    g_autofree char *got = render(text, model);

    assert_string_equal(got, wanted);
}

static void expect_error(const char *text, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TemplateSet) set = template_set_new();

    assert_false(template_set_add(set, "page", text, &error));
    assert_string_equal(error->message, wanted);
}

static void a_value_is_escaped_for_text_and_attributes(void **state)
{
    (void)state;
    expect("<b title=\"{{a}}\">{{a}}</b>", "{\"a\": \"<script>\\\"'&\"}",
           "<b title=\"&lt;script&gt;&quot;&#39;&amp;\">&lt;script&gt;&quot;&#39;&amp;</b>");
}

static void there_is_no_unescaped_form(void **state)
{
    (void)state;
    expect_error("{{{a}}}", "page:1: '{a' is no name; there is no other form of a tag");
    expect_error("{{&a}}", "page:1: '&a' is no name; there is no other form of a tag");
    expect_error("{{=<% %>=}}", "page:1: '=<% %>=' is no name; there is no other form of a tag");
}

static void what_could_lie_is_made_visible(void **state)
{
    (void)state;
    expect("{{a}}", "{\"a\": \"x\\u202ey\\u200bz\\u0007\"}",
           "x&lt;U+202E&gt;y&lt;U+200B&gt;z&lt;U+0007&gt;");
    expect("{{a}}", "{\"a\": \"x\\u0000<y\"}", "x&lt;U+0000&gt;&lt;y");
    expect("{{a}}", "{\"a\": \"one\\ntwo\\r\"}", "one\ntwo&lt;U+000D&gt;");
    expect("{{a}}", "{\"a\": \"Müller \xf0\x9f\x99\x82\"}", "Müller \xf0\x9f\x99\x82");
}

static void a_link_of_others_leads_nowhere(void **state)
{
    (void)state;
    const char *const foreign[] = {"javascript:alert(1)",
                                   "//evil.example",
                                   "https://evil.example",
                                   "/\\\\evil.example",
                                   " /x",
                                   "data:text/html,x",
                                   ""};

    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autofree char *model =
            g_strdup_printf("{\"href\": \"%s\", \"a_href\": \"%s\"}", foreign[i], foreign[i]);
        expect("{{href}} {{a_href}}", model, "# #");
    }
    expect("{{href}}", "{\"href\": \"/a?b=<\"}", "/a?b=&lt;");
    expect("{{href}}", "{\"href\": \"mailto:it@example.com\"}", "mailto:it@example.com");
}

static void sections_repeat_enter_and_invert(void **state)
{
    (void)state;
    static const char *const nothing[] = {"null", "false", "0", "\"\"", "0.0"};

    expect("{{#a}}[{{b}}{{c}}]{{/a}}", "{\"c\": 1, \"a\": [{\"b\": 2}, {\"b\": 3, \"c\": 4}]}",
           "[21][34]");
    expect("{{#a}}{{.}},{{/a}}", "{\"a\": [\"x\", 1, \"<\"]}", "x,1,&lt;,");
    expect("{{#a}}{{b.c}}{{/a}}", "{\"a\": {\"b\": {\"c\": \"d\"}}}", "d");
    expect("{{^a}}none{{/a}}{{#a}}some{{/a}}", "{\"a\": []}", "none");
    for (size_t i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autofree char *model = g_strdup_printf("{\"a\": %s}", nothing[i]);
        expect("{{#a}}yes{{/a}}{{^a}}no{{/a}}", model, "no");
    }
    expect("{{#a}}yes{{/a}}", "{\"a\": {}}", "yes");
}

static void what_follows_a_dot_is_not_looked_for_outside(void **state)
{
    (void)state;
    expect("{{#a}}{{b.name}}{{/a}}", "{\"b\": {\"name\": \"outer\"}, \"a\": {\"b\": {}}}", "");
}

static void a_section_alone_on_its_line_takes_the_line(void **state)
{
    (void)state;
    expect("<ul>\n  {{#a}}\n  <li>{{.}}</li>\n  {{/a}}\n</ul>\n{{! gone }}\nend", "{\"a\": [1, 2]}",
           "<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>\nend");
    expect("{{#a}}x{{/a}}\n", "{\"a\": true}", "x\n");
}

static void times_are_elements_in_words(void **state)
{
    (void)state;
    expect("{{@a}}", "{\"a\": \"2026-03-17T05:00:00Z\"}",
           "<time datetime=\"2026-03-17T05:00:00Z\">17 March 2026, 06:00 CET</time>");
    expect("{{@a}}", "{\"a\": \"2026-12-31\"}",
           "<time datetime=\"2026-12-31\">31 December 2026</time>");
    expect("{{~a}}", "{\"a\": \"2026-03-17T05:00:00Z\"}",
           "<time datetime=\"2026-03-17T05:00:00Z\">17 March 2026, 06:00 CET</time>");
    expect("{{@a}}", "{\"a\": \"<soon>\"}", "&lt;soon&gt;");
    expect("{{@a}}", "{\"a\": null}", "");
}

static void what_is_due_at_midnight_is_due_on_the_day_before(void **state)
{
    (void)state;
    expect("{{@a}} {{~a}}", "{\"a\": \"2026-03-16T23:00:00Z\"}",
           "<time datetime=\"2026-03-16T23:00:00Z\">17 March 2026, 00:00 CET</time> "
           "<time datetime=\"2026-03-16T23:00:00Z\">16 March 2026</time>");
    expect("{{~a}}", "{\"a\": \"2026-12-31\"}",
           "<time datetime=\"2026-12-31\">31 December 2026</time>");
}

static void a_broken_template_says_its_line(void **state)
{
    (void)state;
    expect_error("a\n{{#b}}\nc", "page:3: {{#b}} is not closed");
    expect_error("a\n{{#b}}\n{{/c}}", "page:3: {{/c}} where {{/b}} is expected");
    expect_error("{{/b}}", "page:1: {{/b}} closes what is not open");
    expect_error("x {{b", "page:1: a tag that does not end");
    expect_error("{{}}", "page:1: a tag that does not end");
    expect_error("{{a..b}}", "page:1: 'a..b' is no name; there is no other form of a tag");
}

static void partials_are_there_and_end(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(TemplateSet) set = template_set_new();

    assert_true(template_set_add(set, "a", "{{>b}}", &error));
    assert_false(template_set_check(set, &error));
    assert_string_equal(error->message, "a: {{>b}} is no template");
    g_clear_error(&error);
    assert_true(template_set_add(set, "b", "{{>a}}", &error));
    assert_false(template_set_check(set, &error));
    assert_non_null(strstr(error->message, "includes itself"));
}

static void a_page_that_contains_itself_ends(void **state)
{
    (void)state;
    g_autoptr(TemplateSet) set = template_set_new();
    GString *out = g_string_new(NULL);

    assert_true(template_set_add(set, "page", "x{{>content}}", NULL));
    template_render(set, &(TemplateRender){.name = "page", .content = "page"}, out);
    assert_true(out->len < 20);
    g_string_free(out, TRUE);
}

static void what_is_to_be_written_and_found_nowhere_is_reported(void **state)
{
    (void)state;
    g_autoptr(TemplateSet) set = template_set_new();
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    json_t *model = json_pack("{s:{}}", "there");
    GString *out = g_string_new(NULL);

    assert_true(template_set_add(set, "page",
                                 "{{there}}{{#a.b}}{{/a.b}}{{#c}}{{/c}}{{@d}}"
                                 "{{there.e}}{{f.g}}",
                                 NULL));
    template_render(set, &(TemplateRender){.name = "page", .model = model, .missing = missing},
                    out);
    assert_int_equal(missing->len, 2);
    assert_string_equal(missing->pdata[0], "d");
    assert_string_equal(missing->pdata[1], "there.e");
    json_decref(model);
    g_string_free(out, TRUE);
}

/* Any text is either refused or rendered: fixed seeds, fragments that hurt. */
static void any_text_ends(void **state)
{
    (void)state;
    static const char *const pieces[] = {"{{",     "}}",     "#a",    "/a", "^a", ">p",
                                         "!",      "a.b",    "\n",    " ",  "x",  "\xc3\xa4",
                                         "{{#a}}", "{{/a}}", "{{.}}", "@a"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(20260317);
    json_t *model = json_loads("{\"a\": [{\"b\": 1}, {\"a\": [1, 2]}]}", 0, NULL);

    for (int round = 0; round < 5000; round++) {
        g_autoptr(TemplateSet) set = template_set_new();
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GString) out = g_string_new(NULL);

        for (int n = g_rand_int_range(rand, 1, 12); n > 0; n--)
            g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        if (template_set_add(set, "p", text->str, NULL))
            template_render(set, &(TemplateRender){.name = "p", .model = model}, out);
    }
    json_decref(model);
}

static void the_templates_of_the_program_are_whole(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(TemplateSet) set = layout_templates(&error);

    if (!set)
        fail_msg("%s", error->message);
    assert_true(template_set_has(set, "layout"));
    assert_true(template_set_has(set, "error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_escaped_for_text_and_attributes),
        cmocka_unit_test(there_is_no_unescaped_form),
        cmocka_unit_test(what_could_lie_is_made_visible),
        cmocka_unit_test(a_link_of_others_leads_nowhere),
        cmocka_unit_test(sections_repeat_enter_and_invert),
        cmocka_unit_test(what_follows_a_dot_is_not_looked_for_outside),
        cmocka_unit_test(a_section_alone_on_its_line_takes_the_line),
        cmocka_unit_test(times_are_elements_in_words),
        cmocka_unit_test(what_is_due_at_midnight_is_due_on_the_day_before),
        cmocka_unit_test(a_broken_template_says_its_line),
        cmocka_unit_test(partials_are_there_and_end),
        cmocka_unit_test(a_page_that_contains_itself_ends),
        cmocka_unit_test(what_is_to_be_written_and_found_nowhere_is_reported),
        cmocka_unit_test(any_text_ends),
        cmocka_unit_test(the_templates_of_the_program_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
