#include "ldap/entry.h"
#include "ldap/element.h"

bool entry_begin(EntryWalk *walk, Text content, Text *ret_dn)
{
    *walk = (EntryWalk){0};
    walk->is_broken = !element_take(&content, ELEMENT_OCTET_STRING, ret_dn) ||
                      !element_take(&content, ELEMENT_SEQUENCE, &walk->attributes) ||
                      content.length > 0;
    return !walk->is_broken;
}

bool entry_next_attribute(EntryWalk *walk, Text *ret_name)
{
    Text attribute;

    if (walk->is_broken || walk->attributes.length == 0)
        return false;
    walk->is_broken = !element_take(&walk->attributes, ELEMENT_SEQUENCE, &attribute) ||
                      !element_take(&attribute, ELEMENT_OCTET_STRING, ret_name) ||
                      !element_take(&attribute, ELEMENT_SET, &walk->values);
    return !walk->is_broken;
}

bool entry_next_value(EntryWalk *walk, Text *ret_value)
{
    if (walk->values.length == 0)
        return false;
    if (!element_take(&walk->values, ELEMENT_OCTET_STRING, ret_value)) {
        walk->is_broken = true;
        walk->values.length = 0;
        return false;
    }
    return true;
}
