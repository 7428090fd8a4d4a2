/* entry.h: attributes and values of a search entry where they stand in the message.
 *
 * ldap_get_attribute_ber() makes an array of the values of every attribute, which is a sixth of
 * what a pull costs this side. Here nothing is allocated: lengths are read (BER, definite lengths
 * only, as RFC 4511 section 5.1 wants it) and checked against what there is. */
#pragma once

#include <lber.h>
#include <rightful/text.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct EntryWalk {
    BerElement *ber; /* of ldap_get_dn_ber(); borrowed */
    Text values;     /* of the attribute at hand, not yet read */
    bool is_broken;  /* not LDAP */
} EntryWalk;

/* false at the end, or when the entry is broken. Values that were not asked for are passed over. */
bool entry_next_attribute(EntryWalk *walk, struct berval *ret_name);
bool entry_next_value(EntryWalk *walk, struct berval *ret_value);
