/* template.h: pages as text with holes: a subset of Mustache that always escapes.
 *
 *   {{path.to.value}}   text, escaped for HTML text and quoted attributes; what could lie about
 * what stands there (bidi marks, zero width, controls, NUL) becomes visible
 *   {{@path}}           an ISO 8601 instant or day as <time datetime="…">in words</time>
 *   {{~path}}           the same of what something is due by: a midnight is the day that it ends
 *   {{#path}}…{{/path}} for each of a list; once, inside it, for an object; once for what is true
 *   {{^path}}…{{/path}} when it is absent, null, false, 0, "" or an empty list
 *   {{.}}               the value that a section stands in
 *   {{>name}}           another template, with the same values; {{>content}}: the page of a layout
 *   {{! comment}}
 *
 * There is no unescaped form. A name is looked up in the innermost value first, then outwards; what
 * follows a dot must be in what was found. A value named "href", or ending in "_href", is written
 * only if it is a path, a query or a fragment of this site, or mailto:, else "#": text from outside
 * can never become a link to elsewhere. A section, comment or partial that stands alone on its line
 * takes the line with it.
 *
 * Everything is parsed once; rendering costs one pass over the nodes. A set is read-only once it is
 * made: any number of threads may render at once. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct TemplateSet TemplateSet;

#define TEMPLATE_ERROR (g_quark_from_static_string("template-error"))

TemplateSet *template_set_new(void);
void template_set_free(TemplateSet *set); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TemplateSet, template_set_free)

/* Parses text, which is copied. An error says name:line and what is wrong. */
bool template_set_add(TemplateSet *set, const char *name, const char *text, GError **error);
/* Every partial is there, none includes itself. After the last template_set_add(). */
bool template_set_check(const TemplateSet *set, GError **error);
bool template_set_has(const TemplateSet *set, const char *name);

typedef struct TemplateRender {
    const char *name;      /* the template */
    const char *content;   /* what {{>content}} is; NULL = nothing */
    json_t *outer, *model; /* looked up in model first; outer may be NULL */
    GTimeZone *zone;       /* of {{@path}} */
    GPtrArray *missing;    /* gets the names of values that were found nowhere (element-type utf8),
                              but for members of what is not there at all; NULL = who cares */
} TemplateRender;
/* Appends to out. Names that are found nowhere are empty. */
void template_render(const TemplateSet *set, const TemplateRender *render, GString *out);

/* Appends text escaped, as {{…}} does. */
void template_escape(GString *out, const char *text, size_t length);
