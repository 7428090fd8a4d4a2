/* fields.h: name=value pairs of a query or a form, read strictly.
 *
 * What is not what a browser sends is refused with the name of the field, never guessed: a broken
 * escape, NUL, invalid UTF-8, a name given twice (unless it may be), more than the limit. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define FIELDS_MAX 256    /* of a form */
#define FIELDS_MANY 10000 /* of a form whose table has a field that may repeat */

typedef struct Fields Fields;

/* application/x-www-form-urlencoded. WEB_ERROR_BAD_REQUEST. */
Fields *fields_parse(const char *text, size_t length, size_t limit, GError **error);
void fields_free(Fields *fields); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fields, fields_free)

size_t fields_count(const Fields *fields);
/* NULL = not there, or there more than once (fields_check() has refused that). */
const char *fields_get(const Fields *fields, const char *name);
/* All values of a field that may repeat; (element-type utf8), borrowed; free the container. */
GPtrArray *fields_all(const Fields *fields, const char *name);
/* The numbers N of all fields "name-N"; (element-type gint64). */
GArray *fields_numbers(const Fields *fields, const char *name);
/* [ {name, value} ] of all but one; new reference. */
json_t *fields_json(const Fields *fields, const char *but);

/* Every field is among allowed ("ids*": may repeat; "reason-#": reason-1, reason-2 …), and none
 * that may not is there twice. */
bool fields_check(const Fields *fields, const char *const *allowed, GError **error);

/* A number from 0 to maximum; missing or "" = otherwise. */
bool fields_number(const Fields *fields, const char *name, gint64 otherwise, gint64 maximum,
                   gint64 *ret_number, GError **error);
/* One of the choices (NULL-terminated), *ret_choice is that of the table; missing or "" = NULL. */
bool fields_choice(const Fields *fields, const char *name, const char *const *choices,
                   const char **ret_choice, GError **error);
/* Text of at most maximum characters; must_be: not empty, not only spaces. *ret_text is NULL when
 * it is missing or empty and need not be there. Ends of lines become \n. Borrowed. */
bool fields_text(const Fields *fields, const char *name, size_t maximum, bool must_be,
                 const char **ret_text, GError **error);

/* Decodes %XX (and + where it means a space) of one piece; NULL when it is broken, holds NUL or is
 * not UTF-8. */
char *fields_decode(const char *text, size_t length, bool plus_is_space);
/* name=value&…, escaped, of all fields but the named one, which gets the value (NULL = none);
 * begins with '?', or is "". Newly allocated. */
char *fields_query_with(const Fields *fields, const char *name, const char *value);
