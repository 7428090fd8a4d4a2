/* classes.h: which class an account is of.
 *
 * The class decides by which controls an account is judged. First rule of the configuration that
 * fits wins; then what the directory itself says (gMSA = service, RIDs 500 to 502 = break-glass,
 * the class column of a table of accounts); else person. */
#pragma once

#include "base/bitset.h"
#include "model/snapshot.h"

typedef enum AccountClass {
    CLASS_PERSON,
    CLASS_ADMIN,
    CLASS_SERVICE,
    CLASS_SHARED,
    CLASS_GUEST,
    CLASS_BREAK_GLASS,
    CLASS_COMPUTER,
    N_CLASSES
} AccountClass;
extern const char
    *const account_classes[]; /* "person", "admin", …, NULL-terminated; index = AccountClass */

/* One line of account_classes; every condition that is given must hold. */
typedef struct ClassRule {
    AccountClass account_class;
    const char *name;      /* glob on the login name, case-insensitive; NULL = not given */
    const char *under;     /* DN; NULL = not given */
    const char *source;    /* name of a source; NULL = not given */
    const Bitset *members; /* accounts effectively in the group of member_of; NULL = not given */
} ClassRule;

/* One AccountClass per account; owned by the caller (g_free). */
uint8_t *classes_assign(const Snapshot *snapshot, const ClassRule *rules, size_t n_rules);
