#include "ldap/entry.h"

#define TAG_OCTET_STRING 0x04
#define TAG_SET 0x31
#define LONG_LENGTH 0x80

/* The length behind a tag: one byte up to 127, else 0x80 and how many bytes it takes. */
static bool take_length(Text *rest, size_t *ret_length)
{
    if (rest->length < 1) {
        return false;
    }
    size_t length = (unsigned char)rest->data[0];
    size_t n_more = length >= LONG_LENGTH ? length - LONG_LENGTH : 0;
    if (length == LONG_LENGTH || n_more > 4 || rest->length < 1 + n_more) {
        return false;
    }
    if (n_more > 0) {
        length = 0;
        for (size_t i = 1; i <= n_more; i++) {
            length = length << 8 | (unsigned char)rest->data[i];
        }
    }
    *rest = (Text){rest->data + 1 + n_more, rest->length - 1 - n_more};
    *ret_length = length;
    return true;
}

static bool take_element(Text *rest, unsigned char tag, Text *ret_content)
{
    size_t length = 0;

    if (rest->length < 2 || (unsigned char)rest->data[0] != tag) {
        return false;
    }
    *rest = (Text){rest->data + 1, rest->length - 1};
    if (!take_length(rest, &length) || length > rest->length) {
        return false;
    }
    *ret_content = (Text){rest->data, length};
    *rest = (Text){rest->data + length, rest->length - length};
    return true;
}

static struct berval berval_of(Text text)
{
    return (struct berval){.bv_val = (char *)(uintptr_t)text.data, .bv_len = text.length};
}

bool entry_next_attribute(EntryWalk *walk, struct berval *ret_name)
{
    ber_len_t left = 0;
    struct berval attribute = {0};
    Text name;

    if (walk->is_broken ||
        ber_get_option(walk->ber, LBER_OPT_REMAINING_BYTES, &left) != LBER_OPT_SUCCESS ||
        left == 0) {
        return false;
    }
    walk->is_broken = true;
    if (ber_skip_element(walk->ber, &attribute) != LBER_SEQUENCE) {
        return false;
    }
    Text content = {attribute.bv_val, attribute.bv_len};
    if (!take_element(&content, TAG_OCTET_STRING, &name) ||
        !take_element(&content, TAG_SET, &walk->values)) {
        return false;
    }
    walk->is_broken = false;
    *ret_name = berval_of(name);
    return true;
}

bool entry_next_value(EntryWalk *walk, struct berval *ret_value)
{
    Text value;

    if (walk->values.length == 0) {
        return false;
    }
    if (!take_element(&walk->values, TAG_OCTET_STRING, &value)) {
        walk->is_broken = true;
        walk->values.length = 0;
        return false;
    }
    *ret_value = berval_of(value);
    return true;
}
