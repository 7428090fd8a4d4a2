/* 389 Directory Server and FreeIPA, which is built on it.
 *
 * memberOf is in neither table: here it is transitive, so it says nothing about who was put into
 * which group. nsAccountLock is asked for by name: that is how the server also gives the value that
 * it works out from a role (nsManagedDisabledRole) or, for preserved users of FreeIPA, from a class
 * of service. */
#include "ldap/schema_private.h"

#define CLASS_NAME(text) (text), sizeof(text) - 1

/* clang-format off */
#define SHARED_ATTRIBUTES                                                                          \
    {"objectClass", ACTION_CLASS},                                                                 \
    {"entryUUID", SLOT_KEY, .rank = 2, .is_operational = true},                                    \
    {"uid", SLOT_NAME},                                                                            \
    {"cn", SLOT_CN},                                                                               \
    {"displayName", SLOT_DISPLAY_NAME},                                                            \
    {"mail", SLOT_MAIL},                                                                           \
    {"employeeNumber", SLOT_EMPLOYEE_ID},                                                          \
    {"departmentNumber", SLOT_DEPARTMENT},                                                         \
    {"title", SLOT_TITLE},                                                                         \
    {"manager", SLOT_MANAGER},                                                                     \
    {"owner", SLOT_OWNER},                                                                         \
    {"serialNumber", SLOT_SERIAL},                                                                 \
    {"gidNumber", SLOT_GID},                                                                       \
    {"member", ACTION_MEMBER},                                                                     \
    {"uniqueMember", ACTION_UNIQUE_MEMBER},                                                        \
    {"memberUid", ACTION_MEMBER_NAME},                                                             \
    {"memberURL", ACTION_MEMBER_URL},                                                              \
    {"nsAccountLock", SLOT_NS_ACCOUNT_LOCK, .is_operational = true},                               \
    {"accountUnlockTime", SLOT_LOCK, .is_operational = true},                                      \
    {"shadowExpire", SLOT_SHADOW_EXPIRE},                                                          \
    {"lastLoginTime", SLOT_LOGON, .is_operational = true},                                         \
    {"pwdUpdateTime", SLOT_PASSWORD_CHANGED, .rank = 1, .is_operational = true},                   \
    {"createTimestamp", SLOT_CREATED, .is_operational = true},                                     \
    {"modifyTimestamp", SLOT_CHANGED, .is_operational = true},                                     \
    {"creatorsName", ACTION_MARK, .is_operational = true, .is_not_asked = true},                   \
    {"modifiersName", ACTION_MARK, .is_operational = true, .is_not_asked = true}
/* clang-format on */

const AttributeRow schema_389ds_attributes[] = {
    SHARED_ATTRIBUTES,
    {"nsUniqueId", SLOT_KEY, .is_operational = true},
    {NULL},
};

const AttributeRow schema_freeipa_attributes[] = {
    SHARED_ATTRIBUTES,
    {"ipaUniqueID", SLOT_KEY},
    {"nsUniqueId", SLOT_KEY, .rank = 1, .is_operational = true},
    {"fqdn", SLOT_HOSTNAME},
    {"ipaExternalMember", ACTION_MEMBER_SID},
    {"ipaNTSecurityIdentifier", SLOT_SID},
    {"krbPrincipalExpiration", SLOT_EXPIRES},
    {"krbLastSuccessfulAuth", SLOT_LOGON_2},
    {"krbLastPwdChange", SLOT_PASSWORD_CHANGED},
    {NULL},
};

/* clang-format off */
#define SHARED_CLASSES                                                                             \
    {CLASS_NAME("inetOrgPerson"), CLASS_ACCOUNT},                                                  \
    {CLASS_NAME("posixAccount"), CLASS_ACCOUNT},                                                   \
    {CLASS_NAME("account"), CLASS_ACCOUNT},                                                        \
    {CLASS_NAME("groupOfNames"), CLASS_GROUP},                                                     \
    {CLASS_NAME("groupOfUniqueNames"), CLASS_GROUP},                                               \
    {CLASS_NAME("groupOfMembers"), CLASS_GROUP},                                                   \
    {CLASS_NAME("posixGroup"), CLASS_GROUP},                                                       \
    {CLASS_NAME("groupOfURLs"), CLASS_GROUP},                                                      \
    {CLASS_NAME("group"), CLASS_GROUP}
/* clang-format on */

const ClassRow schema_389ds_classes[] = {
    SHARED_CLASSES,
    {NULL},
};

const ClassRow schema_freeipa_classes[] = {
    SHARED_CLASSES,
    {CLASS_NAME("ipaHost"), CLASS_COMPUTER},
    {CLASS_NAME("ipaExternalGroup"), CLASS_GROUP},
    {NULL},
};
