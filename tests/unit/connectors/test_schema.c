#include "ldap/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DN "uid=x,dc=example,dc=com"

/* One entry, judged: lines of "attribute: value". */
typedef struct Judged {
    Schema *schema;
    char **lines;
    DirectoryEntry entry;
    SchemaVerdict verdict;
    const char *reason;
} Judged;

static void judged_free(Judged *judged)
{
    schema_free(judged->schema);
    g_strfreev(judged->lines);
    g_free(judged);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judged, judged_free)

static void judge_again(Judged *judged)
{
    schema_begin(judged->schema, text_of(DN));
    for (char **line = judged->lines; *line != NULL; line++) {
        const char *colon = strstr(*line, ": ");
        if (colon == NULL)
            continue;
        const SchemaRule *rule =
            schema_rule(judged->schema, (Text){*line, (size_t)(colon - *line)});
        if (rule != NULL)
            schema_add(judged->schema, rule, text_of(colon + 2));
    }
    judged->verdict = schema_end(judged->schema, &judged->entry, &judged->reason);
}

static Judged *judge_with(const SchemaOptions *options, const char *lines)
{
    g_autoptr(GError) error = NULL;
    Judged *judged = g_new0(Judged, 1);

    judged->schema = schema_new(options, &error);
    if (judged->schema == NULL)
        fail_msg("%s", error->message);
    judged->lines = g_strsplit(lines, "\n", -1);
    judge_again(judged);
    return judged;
}

static Judged *judge_openldap(const char *more)
{
    g_autofree char *lines = g_strconcat("objectClass: inetOrgPerson\nuid: x\ncn: X\n", more, NULL);
    Judged *judged = judge_with(&(SchemaOptions){.server = "openldap"}, lines);

    assert_int_equal(judged->verdict, SCHEMA_KEEP);
    return judged;
}

static Judged *judge_active_directory(const char *more)
{
    g_autofree char *lines =
        g_strconcat("objectClass: top\nobjectClass: user\nsAMAccountName: x\n", more, NULL);
    Judged *judged = judge_with(&(SchemaOptions){.server = "active-directory"}, lines);

    assert_int_equal(judged->verdict, SCHEMA_KEEP);
    return judged;
}

static void assert_text(Text text, const char *expected)
{
    g_autofree char *copy = g_strndup(text.data, text.length);
    assert_string_equal(copy != NULL ? copy : "", expected);
}

/* ---- Classes ---- */

typedef struct Kind {
    const char *lines;
    SchemaVerdict verdict;
    int kind;
    const char *reason;
} Kind;

static void assert_kinds(const char *server, const Kind *kinds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autoptr(Judged) judged = judge_with(&(SchemaOptions){.server = server}, kinds[i].lines);
        if (judged->verdict != kinds[i].verdict ||
            (judged->verdict == SCHEMA_KEEP && (int)judged->entry.kind != kinds[i].kind) ||
            (judged->verdict == SCHEMA_EXCLUDE && strcmp(judged->reason, kinds[i].reason) != 0))
            fail_msg("%s: verdict %d", kinds[i].lines, judged->verdict);
    }
}

static void openldap_classes_decide(void **state)
{
    (void)state;
    static const Kind kinds[] = {
        {"objectClass: inetOrgPerson\nuid: a", SCHEMA_KEEP, ENTRY_ACCOUNT},
        {"objectClass: posixAccount\nuid: a", SCHEMA_KEEP, ENTRY_ACCOUNT},
        {"OBJECTCLASS: ACCOUNT\nUID: a", SCHEMA_KEEP, ENTRY_ACCOUNT},
        {"objectClass: groupOfNames\ncn: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: groupOfUniqueNames\ncn: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: groupOfMembers\ncn: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: posixGroup\ncn: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: groupOfURLs\ncn: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: inetOrgPerson\ncn: only a name", SCHEMA_EXCLUDE, 0, "no-name"},
        {"objectClass: device\ncn: pc1", SCHEMA_EXCLUDE, 0, "other-class"},
        {"objectClass: organizationalUnit\nou: x", SCHEMA_EXCLUDE, 0, "other-class"},
    };
    assert_kinds("openldap", kinds, G_N_ELEMENTS(kinds));
}

static void active_directory_classes_decide(void **state)
{
    (void)state;
    static const Kind kinds[] = {
        {"objectClass: user\nsAMAccountName: a", SCHEMA_KEEP, ENTRY_ACCOUNT},
        {"objectClass: user\nsAMAccountName: krbtgt\nuserAccountControl: 514", SCHEMA_KEEP,
         ENTRY_ACCOUNT},
        {"objectClass: user\nobjectClass: computer\nsAMAccountName: PC$", SCHEMA_KEEP,
         ENTRY_COMPUTER},
        {"objectClass: user\nobjectClass: computer\nobjectClass: "
         "msDS-GroupManagedServiceAccount\nsAMAccountName: g$",
         SCHEMA_KEEP, ENTRY_ACCOUNT},
        {"objectClass: group\nsAMAccountName: g", SCHEMA_KEEP, ENTRY_GROUP},
        {"objectClass: foreignSecurityPrincipal\ncn: S-1-5-11", SCHEMA_KEEP, ENTRY_FOREIGN},
        {"objectClass: contact\ncn: c", SCHEMA_EXCLUDE, 0, "other-class"},
        {"objectClass: user\nsAMAccountName: DOM$\nuserAccountControl: 2080", SCHEMA_EXCLUDE, 0,
         "trust"},
    };
    assert_kinds("active-directory", kinds, G_N_ELEMENTS(kinds));
}

static void a_managed_service_account_is_an_account_of_class_service(void **state)
{
    (void)state;
    g_autoptr(Judged) judged = judge_active_directory(
        "objectClass: computer\nobjectClass: msDS-ManagedServiceAccount\nuserAccountControl: 4096");

    assert_true(judged->entry.flags & ENTRY_IS_SERVICE);
    assert_int_equal(judged->entry.enabled, STATE_YES);
}

static void filters_replace_the_classes(void **state)
{
    (void)state;
    const SchemaOptions options = {.server = "openldap",
                                   .account_filter = "(&(objectClass=inetOrgPerson)(mail=*))",
                                   .computer_filter = "(objectClass=device)"};
    g_autoptr(Judged) kept = judge_with(&options, "objectClass: inetOrgPerson\nuid: a\nmail: a@x");
    g_autoptr(Judged) filtered = judge_with(&options, "objectClass: inetOrgPerson\nuid: a");
    g_autoptr(Judged) computer = judge_with(&options, "objectClass: device\nuid: pc1$\ncn: pc1");
    g_autoptr(Judged) group = judge_with(&options, "objectClass: groupOfNames\ncn: g");

    assert_int_equal(kept->entry.kind, ENTRY_ACCOUNT);
    assert_int_equal(filtered->verdict, SCHEMA_EXCLUDE);
    assert_string_equal(filtered->reason, "filtered");
    assert_int_equal(computer->entry.kind, ENTRY_COMPUTER);
    assert_text(computer->entry.name, "pc1");
    assert_int_equal(group->entry.kind, ENTRY_GROUP);
}

/* ---- OpenLDAP ---- */

static void texts_come_from_the_family_table(void **state)
{
    (void)state;
    g_autoptr(Judged) judged = judge_openldap(
        "displayName: Xaver\nmail: x@y\nemployeeNumber: 00123\ndepartmentNumber: D\ntitle: T\n"
        "manager: uid=m\nowner: uid=o\nentryUUID: ABCDEF01-0000-4000-8000-000000000001\n"
        "gidNumber: 100\ndescription: password is hunter2\n");
    const DirectoryEntry *entry = &judged->entry;

    assert_text(entry->name, "x");
    assert_text(entry->display_name, "Xaver");
    assert_text(entry->employee_id, "00123");
    assert_text(entry->department, "D");
    assert_text(entry->manager, "uid=m");
    assert_text(entry->owner, "uid=o");
    assert_text(entry->key, "abcdef01-0000-4000-8000-000000000001");
    assert_int_equal(entry->gid_number, 100);
    assert_int_equal(entry->description.length, 0);
    assert_true(entry->flags & ENTRY_SHOWS_OPERATIONAL);
}

static void a_permanent_lock_disables_and_a_temporary_one_does_not(void **state)
{
    (void)state;
    g_autoptr(Judged) permanent = judge_openldap("pwdAccountLockedTime: 000001010000Z");
    g_autoptr(Judged) temporary = judge_openldap("pwdAccountLockedTime: 20260310120000Z");
    g_autoptr(Judged) nonsense = judge_openldap("pwdAccountLockedTime: yes");

    assert_int_equal(permanent->entry.enabled, STATE_NO);
    assert_int_equal(permanent->entry.enabled_by, ENABLED_BY_PPOLICY_LOCK);
    /* Without a policy nobody says how long it lasts: neither locked for ever nor open. */
    assert_int_equal(temporary->entry.locked, STATE_UNKNOWN);
    assert_int_equal(temporary->entry.enabled_by, ENABLED_BY_NOTHING);
    assert_int_equal(nonsense->entry.enabled, STATE_UNKNOWN);
    assert_int_equal(nonsense->entry.enabled_by, ENABLED_BY_UNREADABLE);
}

static Judged *judge_under_policies(const char *lines, bool first_locks, bool second_locks)
{
    g_autofree char *all = g_strconcat("objectClass: inetOrgPerson\nuid: x\n", lines, NULL);
    Judged *judged = judge_with(&(SchemaOptions){.server = "openldap"}, all);

    schema_add_policy(judged->schema, text_of("cn=first,ou=Policies,dc=x"), first_locks, 60);
    schema_add_policy(judged->schema, text_of("cn=second,ou=Policies,dc=x"), second_locks, 60);
    judge_again(judged);
    return judged;
}

static void a_lock_counts_only_where_the_policy_locks(void **state)
{
    (void)state;
    const char *first =
        "pwdAccountLockedTime: 000001010000Z\npwdPolicySubentry: CN=First, ou=policies,dc=x";
    const char *neither = "pwdAccountLockedTime: 000001010000Z";
    g_autoptr(Judged) locks = judge_under_policies(first, true, false);
    g_autoptr(Judged) open = judge_under_policies(first, false, true);
    g_autoptr(Judged) default_locks = judge_under_policies(neither, true, true);
    g_autoptr(Judged) default_open = judge_under_policies(neither, false, false);
    g_autoptr(Judged) nobody_knows = judge_under_policies(neither, true, false);

    assert_int_equal(locks->entry.enabled, STATE_NO);
    assert_int_equal(open->entry.enabled_by, ENABLED_BY_NOTHING); /* as if there were no lock */
    assert_int_equal(default_locks->entry.enabled, STATE_NO);
    assert_int_equal(default_open->entry.enabled_by, ENABLED_BY_NOTHING);
    assert_int_equal(nobody_knows->entry.enabled, STATE_UNKNOWN);
    assert_int_equal(nobody_knows->entry.enabled_by, ENABLED_BY_UNREADABLE);
}

/* Under two policies that lock, for so many seconds. */
static Judged *judge_durations(const char *lines, int64_t first, int64_t second)
{
    g_autofree char *all = g_strconcat(
        "objectClass: inetOrgPerson\nuid: x\npwdAccountLockedTime: 19700101001000Z\n", lines, NULL);
    Judged *judged = judge_with(&(SchemaOptions){.server = "openldap"}, all);

    schema_add_policy(judged->schema, text_of("cn=first,dc=x"), true, first);
    schema_add_policy(judged->schema, text_of("cn=second,dc=x"), true, second);
    judge_again(judged);
    return judged;
}

static void a_temporary_lock_lasts_as_long_as_its_policy_says(void **state)
{
    (void)state;
    const char *second = "pwdPolicySubentry: cn=second,dc=x";
    g_autoptr(Judged) own = judge_durations(second, 60, 1800);
    g_autoptr(Judged) until_unlocked = judge_durations(second, 60, 0);
    g_autoptr(Judged) endless = judge_durations(second, 60, INT64_MAX);
    g_autoptr(Judged) all_alike = judge_durations("", 1800, 1800);

    assert_int_equal(own->entry.locked, STATE_YES);
    assert_int_equal(own->entry.locked_until_utc, 600 + 1800);
    assert_int_equal(until_unlocked->entry.locked, STATE_YES);
    assert_int_equal(until_unlocked->entry.locked_until_utc, TIME_NEVER);
    assert_int_equal(endless->entry.locked, STATE_YES);
    assert_true(endless->entry.locked_until_utc > 600);
    assert_int_equal(all_alike->entry.locked_until_utc, 600 + 1800);
    assert_int_equal(own->entry.enabled_by, ENABLED_BY_NOTHING);
}

static void a_temporary_lock_under_a_policy_that_cannot_be_read_is_unknown(void **state)
{
    (void)state;
    g_autoptr(Judged) hidden = judge_durations("pwdPolicySubentry: cn=hidden,dc=x", 60, 60);
    g_autoptr(Judged) differ = judge_durations("", 60, 1800);
    g_autoptr(Judged) for_ever = judge_under_policies(
        "pwdAccountLockedTime: 000001010000Z\npwdPolicySubentry: cn=hidden,dc=x", true, true);

    assert_int_equal(hidden->entry.locked, STATE_UNKNOWN);
    assert_int_equal(hidden->entry.enabled_by, ENABLED_BY_NOTHING);
    assert_int_equal(differ->entry.locked, STATE_UNKNOWN);
    assert_int_equal(for_ever->entry.enabled, STATE_UNKNOWN);
    assert_int_equal(for_ever->entry.enabled_by, ENABLED_BY_UNREADABLE);
}

static void without_a_lock_attribute_lock_state_decides(void **state)
{
    (void)state;
    const char *lines = "objectClass: inetOrgPerson\nuid: x";
    g_autoptr(Judged) automatic = judge_with(&(SchemaOptions){.server = "openldap"}, lines);
    g_autoptr(Judged) recorded =
        judge_with(&(SchemaOptions){.server = "openldap", .lock_state = "recorded"}, lines);
    g_autoptr(Judged) none =
        judge_with(&(SchemaOptions){.server = "openldap", .lock_state = "none"}, lines);

    assert_int_equal(automatic->entry.enabled, STATE_UNKNOWN);
    assert_int_equal(automatic->entry.enabled_by, ENABLED_BY_NOTHING);
    assert_int_equal(recorded->entry.enabled, STATE_YES);
    assert_int_equal(none->entry.enabled, STATE_YES);
    assert_int_equal(none->entry.enabled_by, ENABLED_BY_LOCK_STATE);
}

static void the_earlier_of_both_expiries_counts(void **state)
{
    (void)state;
    g_autoptr(Judged) none = judge_openldap("shadowExpire: 0");
    g_autoptr(Judged) minus = judge_openldap("shadowExpire: -1");
    g_autoptr(Judged) shadow = judge_openldap("shadowExpire: 20000\npwdEndTime: 20990101000000Z");
    g_autoptr(Judged) end = judge_openldap("shadowExpire: 90000\npwdEndTime: 20260101000000Z");
    g_autoptr(Judged) text = judge_openldap("shadowExpire: soon");
    g_autoptr(Judged) no_date = judge_openldap("pwdEndTime: 20260230000000Z");

    assert_true(none->entry.expires_utc == TIME_NEVER);
    assert_true(minus->entry.expires_utc == TIME_NEVER);
    assert_int_equal(shadow->entry.expires_utc, INT64_C(20000) * 86400);
    assert_int_equal(end->entry.expires_utc, 1767225600);
    assert_true(text->entry.expires_utc == TIME_UNKNOWN);
    assert_true(text->entry.flags & ENTRY_EXPIRES_UNREADABLE);
    assert_true(no_date->entry.expires_utc == TIME_UNKNOWN);
}

static void the_newest_last_use_counts_and_nonsense_is_unknown(void **state)
{
    (void)state;
    g_autoptr(Judged) newest =
        judge_openldap("pwdLastSuccess: 20260101000000Z\nauthTimestamp: 20260201000000Z");
    g_autoptr(Judged) broken =
        judge_openldap("pwdLastSuccess: 20260101000000Z\nauthTimestamp: yesterday");
    g_autoptr(Judged) absent = judge_openldap("");
    g_autoptr(Judged) recorded =
        judge_with(&(SchemaOptions){.server = "openldap", .last_use = "recorded"},
                   "objectClass: inetOrgPerson\nuid: x");
    g_autoptr(Judged) none =
        judge_with(&(SchemaOptions){.server = "openldap", .last_use = "none"},
                   "objectClass: inetOrgPerson\nuid: x\npwdLastSuccess: 20260101000000Z");

    assert_int_equal(newest->entry.last_logon_utc, 1769904000);
    assert_true(broken->entry.last_logon_utc == TIME_UNKNOWN);
    assert_true(broken->entry.flags & ENTRY_LAST_LOGON_UNREADABLE);
    assert_true(absent->entry.last_logon_utc == TIME_UNKNOWN);
    assert_true(recorded->entry.last_logon_utc == TIME_NEVER);
    assert_true(none->entry.last_logon_utc == TIME_UNKNOWN);
}

static void members_of_every_kind_are_kept_apart(void **state)
{
    (void)state;
    g_autoptr(Judged) judged =
        judge_with(&(SchemaOptions){.server = "openldap"},
                   "objectClass: groupOfNames\nobjectClass: posixGroup\ncn: g\ngidNumber: 7\n"
                   "member: uid=a\nmember: uid=b\nuniqueMember: uid=c#'0101'B\nmemberUid: d\n"
                   "memberURL: ldap:///x");
    const DirectoryEntry *entry = &judged->entry;

    assert_int_equal(entry->n_members, 3);
    assert_text(entry->members[2], "uid=c");
    assert_int_equal(entry->n_member_names, 1);
    assert_text(entry->member_names[0], "d");
    assert_int_equal(entry->gid_number, 7);
    assert_true(entry->flags & ENTRY_MEMBERS_NOT_EXPANDED);
}

static void a_range_is_not_the_whole_attribute(void **state)
{
    (void)state;
    const SchemaOptions options = {.server = "active-directory"};
    g_autoptr(Judged) part =
        judge_with(&options, "objectClass: group\nsAMAccountName: g\nmember;range=0-1499: cn=a");
    g_autoptr(Judged) tail =
        judge_with(&options, "objectClass: group\nsAMAccountName: g\nmember;Range=1500-*: cn=a");
    g_autoptr(Judged) whole =
        judge_with(&options, "objectClass: group\nsAMAccountName: g\nmember;range=0-*: cn=a");

    assert_int_equal(part->verdict, SCHEMA_PARTIAL);
    assert_string_equal(part->reason, "member");
    assert_int_equal(tail->verdict, SCHEMA_PARTIAL);
    assert_int_equal(whole->verdict, SCHEMA_KEEP);
    assert_int_equal(whole->entry.n_members, 1);
}

/* ---- Active Directory ---- */

static void account_control_says_what_it_says_or_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        State enabled;
        uint32_t flags;
    } cases[] = {
        {"userAccountControl: 512", STATE_YES, 0},
        {"userAccountControl: 514", STATE_NO, 0},
        {"userAccountControl: 66048", STATE_YES, ENTRY_PASSWORD_NEVER_EXPIRES},
        {"userAccountControl: 544", STATE_YES, ENTRY_PASSWORD_NOT_REQUIRED},
        {"userAccountControl: 640", STATE_YES, ENTRY_PASSWORD_REVERSIBLE},
        {"userAccountControl: 524800", STATE_YES, ENTRY_DELEGATION_UNCONSTRAINED},
        {"userAccountControl: 4194816", STATE_YES, ENTRY_PREAUTHENTICATION_OFF},
        {"userAccountControl: 532480", STATE_YES,
         ENTRY_DELEGATION_UNCONSTRAINED | ENTRY_IS_DOMAIN_CONTROLLER},
        {"userAccountControl: 1073742336", STATE_YES, 0}, /* an unknown bit */
        {"userAccountControl: 2147483648", STATE_UNKNOWN, 0},
        {"userAccountControl: -512", STATE_UNKNOWN, 0},
        {"userAccountControl: on", STATE_UNKNOWN, 0},
        {"", STATE_UNKNOWN, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Judged) judged = judge_active_directory(cases[i].line);
        assert_int_equal(judged->entry.enabled, cases[i].enabled);
        assert_int_equal(judged->entry.enabled_by, cases[i].enabled == STATE_UNKNOWN
                                                       ? ENABLED_BY_UNREADABLE
                                                       : ENABLED_BY_UAC);
        assert_int_equal(judged->entry.flags, cases[i].flags);
    }
}

static void account_expiry_is_a_time_never_or_unreadable(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t expires;
        bool is_unreadable;
    } cases[] = {
        {"", TIME_NEVER, false},
        {"accountExpires: 0", TIME_NEVER, false},
        {"accountExpires: 9223372036854775807", TIME_NEVER, false},
        {"accountExpires: 133481088000000000", 1703635200, false},
        {"accountExpires: -1", TIME_UNKNOWN, true},
        {"accountExpires: 1", TIME_UNKNOWN, true},
        {"accountExpires: never", TIME_UNKNOWN, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Judged) judged = judge_active_directory(cases[i].line);
        assert_true(judged->entry.expires_utc == cases[i].expires);
        assert_int_equal((judged->entry.flags & ENTRY_EXPIRES_UNREADABLE) != 0,
                         cases[i].is_unreadable);
    }
}

static void the_newer_of_both_logon_times_counts_with_its_slack(void **state)
{
    (void)state;
    g_autoptr(Judged) own = judge_active_directory(
        "lastLogon: 133481088000000000\nlastLogonTimestamp: 133400000000000000");
    g_autoptr(Judged) replicated =
        judge_active_directory("lastLogon: 0\nlastLogonTimestamp: 133481088000000000");
    g_autoptr(Judged) never = judge_active_directory("lastLogon: 0");
    g_autoptr(Judged) broken =
        judge_active_directory("lastLogon: 133481088000000000\nlastLogonTimestamp: -5");

    assert_int_equal(own->entry.last_logon_utc, 1703635200);
    assert_int_equal(own->entry.last_logon_slack_seconds, 14 * 86400);
    assert_int_equal(replicated->entry.last_logon_utc, 1703635200);
    assert_true(never->entry.last_logon_utc == TIME_NEVER);
    assert_true(broken->entry.last_logon_utc == TIME_UNKNOWN);
    assert_true(broken->entry.flags & ENTRY_LAST_LOGON_UNREADABLE);
}

static void lockout_is_taken_from_the_computed_bits_first(void **state)
{
    (void)state;
    g_autoptr(Judged) computed =
        judge_active_directory("userAccountControl: 512\nlockoutTime: "
                               "133481088000000000\nmsDS-User-Account-Control-Computed: 0");
    g_autoptr(Judged) locked =
        judge_active_directory("userAccountControl: 512\nlockoutTime: 133481088000000000");
    g_autoptr(Judged) open = judge_active_directory("userAccountControl: 512\nlockoutTime: 0");

    assert_int_equal(computed->entry.locked, STATE_NO);
    assert_int_equal(locked->entry.locked, STATE_YES);
    assert_int_equal(open->entry.locked, STATE_NO);
}

static void the_primary_group_is_a_sid_of_the_same_domain(void **state)
{
    (void)state;
    g_autoptr(Judged) judged = judge_active_directory(
        "objectSid: S-1-5-21-1-2-3-1105\nprimaryGroupID: 513\nsIDHistory: S-1-5-21-9-9-9-500\n"
        "adminCount: 1");

    assert_text(judged->entry.sid, "S-1-5-21-1-2-3-1105");
    assert_text(judged->entry.primary_group_sid, "S-1-5-21-1-2-3-513");
    assert_int_equal(judged->entry.n_sid_history, 1);
    assert_text(judged->entry.sid_history[0], "S-1-5-21-9-9-9-500");
    assert_true(judged->entry.flags & ENTRY_ADMIN_COUNT);
}

static void a_foreign_principal_stands_for_its_sid_with_and_without_a_name(void **state)
{
    (void)state;
    const SchemaOptions options = {.server = "active-directory"};
    g_autoptr(Judged) by_sid =
        judge_with(&options, "objectClass: foreignSecurityPrincipal\nobjectSid: S-1-5-11");
    g_autoptr(Judged) by_name =
        judge_with(&options, "objectClass: foreignSecurityPrincipal\ncn: S-1-5-11");

    assert_int_equal(by_sid->verdict, SCHEMA_KEEP);
    assert_int_equal(by_sid->entry.kind, ENTRY_FOREIGN);
    assert_text(by_sid->entry.sid, "S-1-5-11");
    assert_int_equal(by_name->verdict, SCHEMA_KEEP);
    assert_text(by_name->entry.sid, "S-1-5-11");
}

static void a_distribution_group_is_marked(void **state)
{
    (void)state;
    const SchemaOptions options = {.server = "active-directory"};
    g_autoptr(Judged) security = judge_with(
        &options, "objectClass: group\nsAMAccountName: g\ncn: G long\ngroupType: -2147483646");
    g_autoptr(Judged) distribution =
        judge_with(&options, "objectClass: group\nsAMAccountName: g\ncn: g\ngroupType: 2");

    assert_false(security->entry.flags & ENTRY_IS_DISTRIBUTION);
    assert_text(security->entry.cn, "G long");
    assert_true(distribution->entry.flags & ENTRY_IS_DISTRIBUTION);
    assert_int_equal(distribution->entry.cn.length, 0);
}

/* ---- Settings ---- */

static void a_mapped_field_is_read_from_its_attribute_only(void **state)
{
    (void)state;
    static const char *const fields[] = {"employee_id", "owner", NULL};
    static const char *const attributes[] = {"personID", "manager", NULL};
    g_autoptr(Judged) judged = judge_with(
        &(SchemaOptions){.server = "openldap", .fields = fields, .attributes = attributes},
        "objectClass: inetOrgPerson\nuid: x\nemployeeNumber: 1\npersonID: 2\nmanager: "
        "uid=m\nowner: uid=o");

    assert_text(judged->entry.employee_id, "2");
    assert_text(judged->entry.owner, "uid=m");
    assert_text(judged->entry.manager, "uid=m");
}

static void an_attribute_that_holds_secrets_is_never_read(void **state)
{
    (void)state;
    static const char *const fields[] = {"title", NULL};
    static const char *const attributes[] = {"userpassword", NULL};
    g_autoptr(GError) error = NULL;
    Schema *schema = schema_new(
        &(SchemaOptions){.server = "openldap", .fields = fields, .attributes = attributes}, &error);

    assert_null(schema);
    assert_non_null(strstr(error->message, "never read"));
}

static void a_value_above_the_limit_rejects_the_entry_and_one_of_a_mebibyte_does_not(void **state)
{
    (void)state;
    g_autofree char *value = g_strnfill(1 << 20, 'x');
    g_autofree char *fits =
        g_strdup_printf("objectClass: inetOrgPerson\nuid: x\ndisplayName: %s", value);
    g_autofree char *over =
        g_strdup_printf("objectClass: inetOrgPerson\nuid: x\ndisplayName: %sx", value);
    g_autoptr(Judged) kept = judge_with(&(SchemaOptions){.server = "openldap"}, fits);
    g_autoptr(Judged) rejected = judge_with(&(SchemaOptions){.server = "openldap"}, over);

    assert_int_equal(kept->entry.display_name.length, 1 << 20);
    assert_int_equal(rejected->verdict, SCHEMA_REJECT);
    assert_non_null(strstr(rejected->reason, "displayName"));
}

static void a_canary_is_known_in_any_spelling(void **state)
{
    (void)state;
    static const char *const canaries[] = {"UID = x , DC=Example,dc=com", "uid=y,dc=example,dc=com",
                                           NULL};
    g_autoptr(Judged) judged = judge_with(
        &(SchemaOptions){.server = "openldap", .canaries = canaries}, "objectClass: top");

    assert_string_equal(schema_missing_canary(judged->schema), canaries[1]);
}

static void an_attribute_in_another_language_stands_in_for_a_missing_one(void **state)
{
    (void)state;
    g_autoptr(Judged) judged =
        judge_openldap("displayName;lang-de: Deutsch\ndisplayName: Plain\ntitle;lang-de: Titel\n");

    assert_text(judged->entry.display_name, "Plain");
    assert_text(judged->entry.title, "Titel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openldap_classes_decide),
        cmocka_unit_test(active_directory_classes_decide),
        cmocka_unit_test(a_managed_service_account_is_an_account_of_class_service),
        cmocka_unit_test(filters_replace_the_classes),
        cmocka_unit_test(texts_come_from_the_family_table),
        cmocka_unit_test(a_permanent_lock_disables_and_a_temporary_one_does_not),
        cmocka_unit_test(a_lock_counts_only_where_the_policy_locks),
        cmocka_unit_test(a_temporary_lock_lasts_as_long_as_its_policy_says),
        cmocka_unit_test(a_temporary_lock_under_a_policy_that_cannot_be_read_is_unknown),
        cmocka_unit_test(without_a_lock_attribute_lock_state_decides),
        cmocka_unit_test(the_earlier_of_both_expiries_counts),
        cmocka_unit_test(the_newest_last_use_counts_and_nonsense_is_unknown),
        cmocka_unit_test(members_of_every_kind_are_kept_apart),
        cmocka_unit_test(a_range_is_not_the_whole_attribute),
        cmocka_unit_test(account_control_says_what_it_says_or_nothing),
        cmocka_unit_test(account_expiry_is_a_time_never_or_unreadable),
        cmocka_unit_test(the_newer_of_both_logon_times_counts_with_its_slack),
        cmocka_unit_test(lockout_is_taken_from_the_computed_bits_first),
        cmocka_unit_test(the_primary_group_is_a_sid_of_the_same_domain),
        cmocka_unit_test(a_foreign_principal_stands_for_its_sid_with_and_without_a_name),
        cmocka_unit_test(a_distribution_group_is_marked),
        cmocka_unit_test(a_mapped_field_is_read_from_its_attribute_only),
        cmocka_unit_test(an_attribute_that_holds_secrets_is_never_read),
        cmocka_unit_test(a_value_above_the_limit_rejects_the_entry_and_one_of_a_mebibyte_does_not),
        cmocka_unit_test(a_canary_is_known_in_any_spelling),
        cmocka_unit_test(an_attribute_in_another_language_stands_in_for_a_missing_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
