/* entry.h: attributes and values of a search entry (RFC 4511 section 4.5.2) where they stand in the
 * receive buffer. Nothing is allocated or copied. */
#pragma once

#include <rightful/text.h>

#include <stdbool.h>

typedef struct EntryWalk {
    Text attributes; /* not yet read */
    Text values;     /* of the attribute at hand, not yet read */
    bool is_broken;  /* not LDAP */
} EntryWalk;

/* content: of a SearchResultEntry. False when it is broken. */
bool entry_begin(EntryWalk *walk, Text content, Text *ret_dn);
/* False at the end, or when the entry is broken. Values that were not asked for are passed over. */
bool entry_next_attribute(EntryWalk *walk, Text *ret_name);
bool entry_next_value(EntryWalk *walk, Text *ret_value);
