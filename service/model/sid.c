#include "model/sid.h"

#include <glib.h>
#include <string.h>

#define DOMAIN_PREFIX "S-1-5-21-"
#define BUILTIN_PREFIX "S-1-5-32-"

SidKind sid_kind(const char *sid, uint32_t *ret_rid)
{
    *ret_rid = 0;
    bool is_domain = g_str_has_prefix(sid, DOMAIN_PREFIX);
    if (!is_domain && !g_str_has_prefix(sid, BUILTIN_PREFIX))
        return SID_OTHER;
    const char *digits = strrchr(sid, '-') + 1;
    if (!is_domain && digits != sid + strlen(BUILTIN_PREFIX))
        return SID_OTHER;
    guint64 rid = 0;
    if (!g_ascii_string_to_unsigned(digits, 10, 0, UINT32_MAX, &rid, NULL))
        return SID_OTHER;
    *ret_rid = (uint32_t)rid;
    return is_domain ? SID_OF_DOMAIN : SID_BUILTIN;
}

size_t sid_domain_length(const char *sid)
{
    uint32_t rid = 0;
    return sid_kind(sid, &rid) == SID_OF_DOMAIN ? (size_t)(strrchr(sid, '-') - sid) : 0;
}

/* ---- groups by RID ---- */

typedef struct SidRow {
    SidKind kind;
    uint32_t rid;
    bool is_privileged, is_protected;
} SidRow;

static const SidRow group_rows[] = {
    {SID_OF_DOMAIN, 512, true, true},  /* Domain Admins */
    {SID_OF_DOMAIN, 516, false, true}, /* Domain Controllers */
    {SID_OF_DOMAIN, 518, true, true},  /* Schema Admins */
    {SID_OF_DOMAIN, 519, true, true},  /* Enterprise Admins */
    {SID_OF_DOMAIN, 520, true, false}, /* Group Policy Creator Owners */
    {SID_OF_DOMAIN, 521, false, true}, /* Read-only Domain Controllers */
    {SID_OF_DOMAIN, 526, true, true},  /* Key Admins */
    {SID_OF_DOMAIN, 527, true, true},  /* Enterprise Key Admins */
    {SID_BUILTIN, 544, true, true},    /* Administrators */
    {SID_BUILTIN, 548, true, true},    /* Account Operators */
    {SID_BUILTIN, 549, true, true},    /* Server Operators */
    {SID_BUILTIN, 550, true, true},    /* Print Operators */
    {SID_BUILTIN, 551, true, true},    /* Backup Operators */
    {SID_BUILTIN, 552, true, true},    /* Replicator */
};

static const SidRow *find_group_row(const char *sid)
{
    uint32_t rid;
    SidKind kind = sid_kind(sid, &rid);
    for (size_t i = 0; i < G_N_ELEMENTS(group_rows); i++) {
        if (group_rows[i].kind == kind && group_rows[i].rid == rid)
            return &group_rows[i];
    }
    return NULL;
}

bool sid_is_privileged(const char *sid)
{
    const SidRow *row = find_group_row(sid);
    return row != NULL && row->is_privileged;
}

bool sid_is_protected(const char *sid)
{
    const SidRow *row = find_group_row(sid);
    return row != NULL && row->is_protected;
}

/* ---- who stands behind a SID ---- */

typedef struct CrowdRow {
    uint32_t rid;
    SidMeaning meaning;
} CrowdRow;

static const CrowdRow crowd_rows[] = {
    {513, {"Domain Users", "everybody with an account in the domain", true}},
    {514, {"Domain Guests", "every guest of the domain", false}},
    {515, {"Domain Computers", "every computer of the domain, which users may add to", false}},
};

typedef struct WellKnownRow {
    const char *sid;
    SidMeaning meaning;
} WellKnownRow;

static const WellKnownRow well_known_rows[] = {
    {"S-1-1-0", {"Everyone", "everybody, guests included", true}},
    {"S-1-2-0", {"Local", "everybody who signs in at the machine", true}},
    {"S-1-3-0", {"Creator Owner", "whoever made the object", false}},
    {"S-1-5-1", {"Dialup", "everybody who comes over a modem", true}},
    {"S-1-5-2", {"Network", "everybody who comes over the network", true}},
    {"S-1-5-3", {"Batch", "everybody whose job runs as a batch", true}},
    {"S-1-5-4", {"Interactive", "everybody who signs in at the machine", true}},
    {"S-1-5-6", {"Service", "everything that runs as a service", false}},
    {"S-1-5-7", {"Anonymous Logon", "everybody who does not sign in at all", true}},
    {"S-1-5-9", {"Enterprise Domain Controllers", "every domain controller of the forest", false}},
    {"S-1-5-10", {"Self", "the object itself", false}},
    {"S-1-5-11",
     {"Authenticated Users", "everybody with an account, here or in a trusted domain", true}},
    {"S-1-5-13", {"Terminal Server User", "everybody on a terminal server", true}},
    {"S-1-5-14", {"Remote Interactive Logon", "everybody on a remote desktop", true}},
    {"S-1-5-15", {"This Organization", "everybody with an account of the own organisation", true}},
    {"S-1-5-18", {"Local System", "the operating system itself", false}},
    {"S-1-5-19", {"Local Service", "services with few rights of their own", false}},
    {"S-1-5-20", {"Network Service", "services that act as their computer", false}},
    {"S-1-5-1000",
     {"Other Organization", "everybody with an account of another organisation", true}},
};

static const CrowdRow *find_crowd_row(const char *sid)
{
    uint32_t rid;
    SidKind kind = sid_kind(sid, &rid);
    for (size_t i = 0; kind == SID_OF_DOMAIN && i < G_N_ELEMENTS(crowd_rows); i++) {
        if (crowd_rows[i].rid == rid)
            return &crowd_rows[i];
    }
    return NULL;
}

bool sid_is_crowd(const char *sid)
{
    return find_crowd_row(sid) != NULL;
}

const SidMeaning *sid_meaning(const char *sid)
{
    const CrowdRow *crowd = find_crowd_row(sid);
    for (size_t i = 0; crowd == NULL && i < G_N_ELEMENTS(well_known_rows); i++) {
        if (g_ascii_strcasecmp(well_known_rows[i].sid, sid) == 0)
            return &well_known_rows[i].meaning;
    }
    return crowd != NULL ? &crowd->meaning : NULL;
}
