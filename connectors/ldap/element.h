/* element.h: BER as LDAP writes it: tags of one byte, definite lengths (RFC 4511 section 5.1).
 *
 * Nothing is allocated or copied: lengths are read and checked against what there is. */
#pragma once

#include <rightful/text.h>

#include <stdbool.h>

#define ELEMENT_INTEGER 0x02
#define ELEMENT_OCTET_STRING 0x04
#define ELEMENT_SEQUENCE 0x30
#define ELEMENT_SET 0x31

typedef enum ElementState {
    ELEMENT_HEADED, /* tag and length are there; the content need not be */
    ELEMENT_CUT,    /* more bytes will tell */
    ELEMENT_BROKEN  /* an indefinite length, or one of more than four bytes */
} ElementState;

/* The length behind a tag: one byte up to 127, else 0x80 and how many bytes it takes. ret_head:
 * bytes before the content. */
static inline ElementState element_head(Text data, size_t *ret_head, size_t *ret_length)
{
    if (data.length < 2)
        return ELEMENT_CUT;
    size_t length = (unsigned char)data.data[1];
    size_t n_more = 0;
    if (length >= 0x80) {
        n_more = length - 0x80;
        if (n_more == 0 || n_more > 4)
            return ELEMENT_BROKEN;
        if (data.length < 2 + n_more)
            return ELEMENT_CUT;
        length = 0;
        for (size_t i = 0; i < n_more; i++)
            length = length << 8 | (unsigned char)data.data[2 + i];
    }
    *ret_head = 2 + n_more;
    *ret_length = length;
    return ELEMENT_HEADED;
}

/* Takes the element at the beginning off; false, and nothing is changed, when it is not all there,
 * or not of this tag. */
static inline bool element_take(Text *rest, unsigned char tag, Text *ret_content)
{
    size_t head = 0;
    size_t length = 0;

    if (rest->length == 0 || (unsigned char)rest->data[0] != tag ||
        element_head(*rest, &head, &length) != ELEMENT_HEADED || length > rest->length - head)
        return false;
    *ret_content = (Text){rest->data + head, length};
    *rest = (Text){rest->data + head + length, rest->length - head - length};
    return true;
}
