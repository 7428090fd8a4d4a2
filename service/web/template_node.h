/* template_node.h: a parsed template; private to template*.c. */
#pragma once

#include "web/template.h"

typedef enum NodeKind {
    NODE_TEXT,
    NODE_VALUE,
    NODE_TIME,
    NODE_DUE,
    NODE_SECTION,
    NODE_INVERTED,
    NODE_PARTIAL
} NodeKind;

typedef struct Node {
    NodeKind kind;
    char *text;    /* NODE_TEXT: as it is; else the name as written */
    size_t length; /* of text */
    char **path;   /* of a value or section: "person", "name"; NULL for {{.}} */
    bool is_link;  /* of a value: the last name says that it is a link */
    guint end;     /* of a section: the node after its last */
} Node;

typedef struct Template {
    char *name;
    GArray *nodes; /* (element-type Node) in the order of the text */
} Template;

struct TemplateSet {
    GHashTable *templates; /* (utf8 → Template) */
};

void template_free(Template *template);
const Template *template_set_find(const TemplateSet *set, const char *name);
