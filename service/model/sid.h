/* sid.h: what a security identifier means, whatever it is called in the language of its server
 * (MS-DTYP section 2.4.2.4, MS-SAMR section 2.2.1.14). All SIDs as text, "S-1-5-…". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SidKind {
    SID_OTHER,
    SID_OF_DOMAIN, /* S-1-5-21-a-b-c-RID */
    SID_BUILTIN    /* S-1-5-32-RID: the same in every domain */
} SidKind;

/* ret_rid: its last number; 0 for SID_OTHER. */
SidKind sid_kind(const char *sid, uint32_t *ret_rid);
/* Length of the domain's part, "S-1-5-21-a-b-c"; 0 when it is of no domain. */
size_t sid_domain_length(const char *sid);

/* One of the groups that rule a domain: RIDs 512 518 519 520 526 527 of a domain, 544 and 548 to
 * 552 of Builtin. */
bool sid_is_privileged(const char *sid);
/* One of the groups whose members AdminSDHolder guards, which sets their adminCount (Microsoft
 * Learn, Appendix C: Protected Accounts and Groups in Active Directory). */
bool sid_is_protected(const char *sid);
/* A group that every account, guest or computer of a domain is in by itself: RIDs 513 514 515. */
bool sid_is_crowd(const char *sid);

typedef struct SidMeaning {
    const char *name; /* in English, as the documents call it */
    const char *who;  /* "everybody with an account in the domain": fits behind "that is" */
    bool is_everybody;
} SidMeaning;
/* What a SID stands for that is no single account or ordinary group; NULL when it is neither. */
const SidMeaning *sid_meaning(const char *sid);
