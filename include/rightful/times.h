/* times.h: when something became as it is, where a directory has recorded that.
 *
 * No pull reads these times: they cost a multiple of the entries that they belong to, and nobody
 * wants to know them of all. They are asked for the few accounts and groups that an answer or the
 * evidence of an exception speaks of. A time that is not given is not known, never "not yet". Times
 * are UTC seconds since 1970, or TIME_UNKNOWN. */
#pragma once

#include <rightful/record.h>

/* What a directory records at all. Bits. */
typedef enum RecordedTimes {
    /* When the attribute that disables an account was last changed. Of a disabled account: it was
     * disabled then or, if something else in the same attribute was changed then, earlier. */
    RECORDS_STATE = 1 << 0,
    RECORDS_LOCK = 1 << 1,          /* when a temporary lock began */
    RECORDS_PRIMARY_GROUP = 1 << 2, /* when the primary group was set */
    RECORDS_MEMBER = 1 << 3         /* when each member was put into a group */
} RecordedTimes;

/* An entry of the pull: by its DN as the server spells it, and its key (empty = none). */
typedef struct TimesSubject {
    const char *dn, *key;
} TimesSubject;

typedef struct AccountTimes {
    int64_t disabled_utc; /* RECORDS_STATE; only of an account that is disabled now */
    int64_t locked_utc;   /* RECORDS_LOCK */
    int64_t primary_group_utc;
} AccountTimes;

typedef struct TimesQuestion {
    const TimesSubject *accounts, *groups;
    size_t n_accounts, n_groups;
    /* The answers, in any order; who is not told about is not known. Index into the question's
     * accounts or groups. member: DN as the server spells it; granted_utc is never unknown. */
    void (*account)(void *data, size_t index, const AccountTimes *times);
    void (*member)(void *data, size_t group, Text member, int64_t granted_utc);
    void *data;
} TimesQuestion;
