/* html.h: is a page HTML, as strictly as our templates write it?
 *
 * Every element is closed in its order (but for those that have no end), every attribute has a
 * value in double quotes or none, and stands there once; every < and & of the text is written as an
 * entity; ids are unique, and what points to one (for, list, aria-labelledby, aria-describedby,
 * href="#…") finds it. */
#pragma once

#include <glib.h>

/* NULL, or what is wrong and where; newly allocated. */
char *html_problem(const char *page);
/* How often an element of that name begins. */
guint html_count(const char *page, const char *element);
/* The text between its tags of the first one; NULL when there is none. Newly allocated. */
char *html_text(const char *page, const char *element);
