/* The tables of the server families: reference for them are RFC 4519, RFC 2307, slapo-ppolicy(5),
 * MS-ADA1 to MS-ADA3. description is in none of them: descriptions in directories hold passwords.
 * It can be mapped by name. */
#include "ldap/schema_private.h"

#define CLASS_NAME(text) (text), sizeof(text) - 1

static const AttributeRow openldap_attributes[] = {
    {"objectClass", ACTION_CLASS},
    {"entryUUID", SLOT_KEY, .is_operational = true},
    {"uid", SLOT_NAME},
    {"userid", SLOT_NAME, .is_not_asked = true},
    {"cn", SLOT_CN},
    {"commonName", SLOT_CN, .rank = 1, .is_not_asked = true},
    {"displayName", SLOT_DISPLAY_NAME},
    {"mail", SLOT_MAIL},
    {"employeeNumber", SLOT_EMPLOYEE_ID},
    {"departmentNumber", SLOT_DEPARTMENT},
    {"title", SLOT_TITLE},
    {"manager", SLOT_MANAGER},
    {"owner", SLOT_OWNER},
    {"serialNumber", SLOT_SERIAL},
    {"gidNumber", SLOT_GID},
    {"member", ACTION_MEMBER},
    {"uniqueMember", ACTION_UNIQUE_MEMBER},
    {"memberUid", ACTION_MEMBER_NAME},
    {"memberURL", ACTION_MEMBER_URL},
    {"pwdAccountLockedTime", SLOT_LOCK, .is_operational = true},
    {"pwdPolicySubentry", SLOT_POLICY, .is_operational = true},
    {"pwdEndTime", SLOT_EXPIRES, .is_operational = true},
    {"shadowExpire", SLOT_SHADOW_EXPIRE},
    {"pwdLastSuccess", SLOT_LOGON, .is_operational = true},
    {"authTimestamp", SLOT_LOGON_2, .is_operational = true},
    {"lastLoginTime", SLOT_LOGON_3, .is_operational = true},
    {"pwdChangedTime", SLOT_PASSWORD_CHANGED, .is_operational = true},
    {"createTimestamp", SLOT_CREATED, .is_operational = true},
    {"modifyTimestamp", SLOT_CHANGED, .is_operational = true},
    {"entryCSN", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"structuralObjectClass", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"creatorsName", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"modifiersName", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"entryDN", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"subschemaSubentry", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {"hasSubordinates", ACTION_MARK, .is_operational = true, .is_not_asked = true},
    {NULL},
};

static const ClassRow openldap_classes[] = {
    {CLASS_NAME("inetOrgPerson"), CLASS_ACCOUNT},
    {CLASS_NAME("posixAccount"), CLASS_ACCOUNT},
    {CLASS_NAME("account"), CLASS_ACCOUNT},
    {CLASS_NAME("groupOfNames"), CLASS_GROUP},
    {CLASS_NAME("groupOfUniqueNames"), CLASS_GROUP},
    {CLASS_NAME("groupOfMembers"), CLASS_GROUP},
    {CLASS_NAME("posixGroup"), CLASS_GROUP},
    {CLASS_NAME("groupOfURLs"), CLASS_GROUP},
    {CLASS_NAME("group"), CLASS_GROUP},
    {NULL},
};

static const AttributeRow active_directory_attributes[] = {
    {"objectClass", ACTION_CLASS},
    {"objectGUID", SLOT_KEY},
    {"objectSid", SLOT_SID},
    {"sIDHistory", ACTION_SID_HISTORY},
    {"sAMAccountName", SLOT_NAME},
    {"cn", SLOT_CN},
    {"userPrincipalName", SLOT_UPN},
    {"displayName", SLOT_DISPLAY_NAME},
    {"mail", SLOT_MAIL},
    {"employeeID", SLOT_EMPLOYEE_ID},
    {"employeeNumber", SLOT_EMPLOYEE_ID, .rank = 1},
    {"department", SLOT_DEPARTMENT},
    {"title", SLOT_TITLE},
    {"manager", SLOT_MANAGER},
    {"managedBy", SLOT_OWNER},
    {"dNSHostName", SLOT_HOSTNAME},
    {"serialNumber", SLOT_SERIAL},
    {"userAccountControl", SLOT_UAC},
    {"msDS-User-Account-Control-Computed", SLOT_COMPUTED},
    {"sAMAccountType", SLOT_ACCOUNT_TYPE},
    {"accountExpires", SLOT_EXPIRES},
    {"lockoutTime", SLOT_LOCK},
    {"pwdLastSet", SLOT_PASSWORD_CHANGED},
    {"lastLogon", SLOT_LOGON},
    {"lastLogonTimestamp", SLOT_LOGON_2},
    {"msDS-LastSuccessfulInteractiveLogonTime", SLOT_INTERACTIVE},
    {"primaryGroupID", SLOT_PRIMARY_GROUP},
    {"adminCount", SLOT_ADMIN_COUNT},
    {"groupType", SLOT_GROUP_TYPE},
    {"member", ACTION_MEMBER},
    {"whenCreated", SLOT_CREATED},
    {"whenChanged", SLOT_CHANGED},
    {"uSNChanged", ACTION_MARK},
    {NULL},
};

/* gMSA and sMSA also have the class computer: "service" goes first (classify in schema.c). */
static const ClassRow active_directory_classes[] = {
    {CLASS_NAME("user"), CLASS_ACCOUNT},
    {CLASS_NAME("computer"), CLASS_COMPUTER},
    {CLASS_NAME("group"), CLASS_GROUP},
    {CLASS_NAME("foreignSecurityPrincipal"), CLASS_FOREIGN},
    {CLASS_NAME("msDS-GroupManagedServiceAccount"), CLASS_SERVICE},
    {CLASS_NAME("msDS-ManagedServiceAccount"), CLASS_SERVICE},
    {NULL},
};

#define INETORG_ACCOUNTS                                                                           \
    "(|(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=account))"
#define INETORG_GROUPS                                                                             \
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)"     \
    "(objectClass=posixGroup)(objectClass=groupOfURLs)(objectClass=group))"

const Family schema_families[] = {
    {
        .server = "openldap",
        .attributes = openldap_attributes,
        .classes = openldap_classes,
        .account_filter = INETORG_ACCOUNTS,
        .group_filter = INETORG_GROUPS,
        .judge = schema_judge_openldap,
    },
    {
        .server = "active-directory",
        .attributes = active_directory_attributes,
        .classes = active_directory_classes,
        .account_filter = "(objectClass=user)",
        .group_filter = "(objectClass=group)",
        .computer_filter = "(objectClass=computer)",
        .foreign_filter = "(objectClass=foreignSecurityPrincipal)",
        .judge = schema_judge_active_directory,
    },
    {
        .server = "389ds",
        .attributes = schema_389ds_attributes,
        .classes = schema_389ds_classes,
        .account_filter = INETORG_ACCOUNTS,
        .group_filter = INETORG_GROUPS,
        .judge = schema_judge_389ds,
    },
    {
        .server = "freeipa",
        .attributes = schema_freeipa_attributes,
        .classes = schema_freeipa_classes,
        .account_filter = INETORG_ACCOUNTS,
        .group_filter = INETORG_GROUPS,
        .computer_filter = "(objectClass=ipaHost)",
        .judge = schema_judge_freeipa,
        .place_rule = schema_freeipa_place_rule,
    },
    {NULL},
};

const char *const schema_servers[] = {"openldap", "active-directory", "389ds", "freeipa", NULL};
const char *const schema_servers_or_auto[] = {"auto",  "openldap", "active-directory",
                                              "389ds", "freeipa",  NULL};
const char *const schema_recorded_choices[] = {"auto", "recorded", "none", NULL};

const FieldRow schema_field_rows[] = {
    {"key", SLOT_KEY},
    {"name", SLOT_NAME},
    {"upn", SLOT_UPN},
    {"mail", SLOT_MAIL},
    {"display_name", SLOT_DISPLAY_NAME},
    {"employee_id", SLOT_EMPLOYEE_ID},
    {"department", SLOT_DEPARTMENT},
    {"title", SLOT_TITLE},
    {"description", SLOT_DESCRIPTION},
    {"manager", SLOT_MANAGER},
    {"owner", SLOT_OWNER},
    {"hostname", SLOT_HOSTNAME},
    {"serial", SLOT_SERIAL},
    {"expires", SLOT_EXPIRES},
    {"last_logon", SLOT_LOGON},
    {"interactive_logon", SLOT_INTERACTIVE},
    {"password_changed", SLOT_PASSWORD_CHANGED},
    {"created", SLOT_CREATED},
    {"changed", SLOT_CHANGED},
    {NULL},
};

const char *const schema_fields[] = {
    "key",
    "name",
    "upn",
    "mail",
    "display_name",
    "employee_id",
    "department",
    "title",
    "description",
    "manager",
    "owner",
    "hostname",
    "serial",
    "expires",
    "last_logon",
    "interactive_logon",
    "password_changed",
    "created",
    "changed",
    NULL,
};
