/* text.h: a piece of text that somebody else owns.
 *
 * Bytes with a length, not terminated: values of LDAP and files may hold any byte, NUL included. */
#pragma once

#include <stddef.h>
#include <string.h>

typedef struct Text {
    const char *data; /* NULL only when length is 0 */
    size_t length;
} Text;

static inline Text text_of(const char *string) /* NULL is the empty text */
{
    return (Text){.data = string, .length = string != NULL ? strlen(string) : 0};
}
