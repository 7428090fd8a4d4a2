/* replication.h: the stamps that Active Directory keeps for replication.
 *
 * Every attribute of an object, and every value of a linked one (member), carries when it was last
 * changed on the server where that was done; replication does not touch it. Microsoft's servers
 * give the stamps as XML (msDS-ReplAttributeMetaData, msDS-ReplValueMetaData; MS-ADTS section
 * 3.1.1.4.5.24), Samba those of attributes only, as they are stored (replPropertyMetaData; MS-DRSR
 * section 5.16). Nothing here guesses: a stamp that is not what it should be is refused. */
#pragma once

#include <rightful/text.h>

#include <stdbool.h>
#include <stdint.h>

/* Attributes as stamps number them (MS-DRSR section 5.16.4): the prefix 1.2.840.113556.1.4 is 9 in
 * every forest, so these never change. */
#define REPLICATION_ID_USER_ACCOUNT_CONTROL UINT32_C(0x90008)
#define REPLICATION_ID_PRIMARY_GROUP UINT32_C(0x90062)

/* When that attribute was last changed, of a stored replPropertyMetaData. False when it has no
 * stamp of it, when the blob is cut or of another version, or when the time is none since 1970. */
bool replication_stored_time(Text blob, uint32_t attribute_id, int64_t *ret_utc);

typedef struct ReplicationStamp {
    bool is_of_value; /* of one value of a linked attribute; else of a whole attribute */
    char *attribute;  /* "member", "userAccountControl" */
    char *value;      /* DN of the linked object; "" for a whole attribute */
    bool is_removed;  /* the value is not there any more */
    int64_t changed_utc;
} ReplicationStamp;

/* One value of msDS-ReplAttributeMetaData or msDS-ReplValueMetaData. */
bool replication_read_xml(Text xml, ReplicationStamp *ret_stamp);
void replication_stamp_clear(ReplicationStamp *stamp);
