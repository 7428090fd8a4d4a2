/* 389 Directory Server and FreeIPA. FreeIPA's server runs on few systems: what it sends is imitated
 * here. */
#include "ldap/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PERSON "objectClass: inetOrgPerson\nuid: x\ncn: X\n"
#define HOME "uid=x,cn=users,cn=accounts,dc=example,dc=com"

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

static Judged *judge(const char *server, const char *dn, const char *lines)
{
    g_autoptr(GError) error = NULL;
    Judged *judged = g_new0(Judged, 1);

    judged->schema = schema_new(&(SchemaOptions){.server = server}, &error);
    if (judged->schema == NULL)
        fail_msg("%s", error->message);
    judged->lines = g_strsplit(lines, "\n", -1);
    schema_begin(judged->schema, text_of(dn));
    for (char **line = judged->lines; *line != NULL; line++) {
        const char *colon = strstr(*line, ": ");
        const SchemaRule *rule =
            colon != NULL ? schema_rule(judged->schema, (Text){*line, (size_t)(colon - *line)})
                          : NULL;
        if (rule != NULL)
            schema_add(judged->schema, rule, text_of(colon + 2));
    }
    judged->verdict = schema_end(judged->schema, &judged->entry, &judged->reason);
    return judged;
}

static void assert_text(Text text, const char *expected)
{
    g_autofree char *copy = g_strndup(text.data, text.length);
    assert_string_equal(copy != NULL ? copy : "", expected);
}

static bool is_wanted(const Schema *schema, const char *attribute)
{
    return g_strv_contains(schema_wanted(schema), attribute);
}

static void nsaccountlock_true_in_any_case_is_disabled(void **state)
{
    (void)state;
    g_autoptr(Judged) locked = judge("389ds", HOME, PERSON "nsAccountLock: TRUE");
    g_autoptr(Judged) open = judge("389ds", HOME, PERSON "nsAccountLock: false");
    g_autoptr(Judged) absent = judge("389ds", HOME, PERSON "createTimestamp: 20200101000000Z");
    g_autoptr(Judged) nonsense = judge("389ds", HOME, PERSON "nsAccountLock: maybe");

    assert_int_equal(locked->entry.enabled, STATE_NO);
    assert_int_equal(locked->entry.enabled_by, ENABLED_BY_NSACCOUNTLOCK);
    assert_int_equal(open->entry.enabled, STATE_YES);
    assert_int_equal(absent->entry.enabled_by, ENABLED_BY_NOTHING); /* intake settles it */
    assert_true(absent->entry.flags & ENTRY_SHOWS_OPERATIONAL);
    assert_int_equal(nonsense->entry.enabled, STATE_UNKNOWN);
    assert_int_equal(nonsense->entry.enabled_by, ENABLED_BY_UNREADABLE);
}

static void a_lock_that_ends_by_itself_is_no_disabled_account(void **state)
{
    (void)state;
    g_autoptr(Judged) judged = judge("389ds", HOME, PERSON "accountUnlockTime: 20260317060000Z");

    g_autoptr(Judged) unlocked_by_hand =
        judge("389ds", HOME, PERSON "accountUnlockTime: 19700101000000Z");

    assert_int_equal(judged->entry.locked, STATE_YES);
    assert_int_equal(judged->entry.locked_until_utc, 1773727200);
    assert_int_not_equal(judged->entry.enabled, STATE_NO);
    assert_int_equal(unlocked_by_hand->entry.locked, STATE_YES);
    assert_int_equal(unlocked_by_hand->entry.locked_until_utc, TIME_NEVER);
}

static void transitive_memberof_is_neither_asked_for_nor_read(void **state)
{
    (void)state;
    g_autoptr(Judged) judged =
        judge("389ds", "cn=g,dc=x",
              "objectClass: groupOfNames\ncn: g\nmember: uid=a,dc=x\nmemberOf: cn=outer,dc=x");

    assert_false(is_wanted(judged->schema, "memberOf"));
    assert_true(is_wanted(judged->schema, "nsAccountLock"));
    assert_true(is_wanted(judged->schema, "nsUniqueId"));
    assert_int_equal(judged->entry.n_members, 1);
    assert_text(judged->entry.members[0], "uid=a,dc=x");
}

static void the_key_is_the_servers_own_identifier(void **state)
{
    (void)state;
    g_autoptr(Judged) ds =
        judge("389ds", HOME,
              PERSON "entryUUID: 11111111-0000-4000-8000-000000000000\nnsUniqueId: AA-bb-cc-dd");
    g_autoptr(Judged) ipa =
        judge("freeipa", HOME,
              PERSON "nsUniqueId: aa-bb-cc-dd\nipaUniqueID: 22222222-0000-4000-8000-000000000000");

    assert_text(ds->entry.key, "aa-bb-cc-dd");
    assert_text(ipa->entry.key, "22222222-0000-4000-8000-000000000000");
}

static void last_use_is_what_the_account_policy_or_the_kdc_records(void **state)
{
    (void)state;
    g_autoptr(Judged) ds = judge("389ds", HOME, PERSON "lastLoginTime: 20260101000000Z");
    g_autoptr(Judged) ipa =
        judge("freeipa", HOME,
              PERSON "lastLoginTime: 20260101000000Z\nkrbLastSuccessfulAuth: 20260201000000Z");
    g_autoptr(Judged) none = judge("freeipa", HOME, PERSON);

    assert_int_equal(ds->entry.last_logon_utc, 1767225600);
    assert_int_equal(ipa->entry.last_logon_utc, 1769904000);
    assert_int_equal(none->entry.last_logon_utc, TIME_UNKNOWN); /* not "never" */
}

static void preserved_users_are_disabled_and_staged_ones_no_accounts(void **state)
{
    (void)state;
    g_autoptr(Judged) preserved = judge(
        "freeipa", "uid=x,cn=deleted users,cn=accounts,cn=provisioning,dc=example,dc=com", PERSON);
    g_autoptr(Judged) staged = judge(
        "freeipa", "uid=x,cn=Staged Users,cn=accounts,cn=provisioning,dc=example,dc=com", PERSON);
    g_autoptr(Judged) compat = judge("freeipa", "uid=x,cn=users,cn=compat,dc=example,dc=com",
                                     "objectClass: posixAccount\nuid: x\ncn: X");

    assert_int_equal(preserved->verdict, SCHEMA_KEEP);
    assert_int_equal(preserved->entry.enabled, STATE_NO);
    assert_int_equal(staged->verdict, SCHEMA_EXCLUDE);
    assert_string_equal(staged->reason, "staged");
    assert_string_equal(compat->reason, "compat");
}

static void a_principal_that_has_expired_is_an_account_that_has(void **state)
{
    (void)state;
    g_autoptr(Judged) expired =
        judge("freeipa", HOME, PERSON "krbPrincipalExpiration: 20260101000000Z");
    g_autoptr(Judged) never = judge("freeipa", HOME, PERSON);

    assert_int_equal(expired->entry.expires_utc, 1767225600);
    assert_int_equal(never->entry.expires_utc, TIME_NEVER);
}

static void external_members_are_sids(void **state)
{
    (void)state;
    g_autoptr(Judged) judged =
        judge("freeipa", "cn=ext,cn=groups,cn=accounts,dc=x",
              "objectClass: groupOfNames\nobjectClass: ipaExternalGroup\ncn: ext\n"
              "ipaExternalMember: S-1-5-21-1-2-3-1104");

    assert_int_equal(judged->entry.kind, ENTRY_GROUP);
    assert_int_equal(judged->entry.n_member_sids, 1);
    assert_text(judged->entry.member_sids[0], "S-1-5-21-1-2-3-1104");
}

static void accounts_and_groups_of_freeipa_have_the_sid_that_trusts_know(void **state)
{
    (void)state;
    g_autoptr(Judged) user =
        judge("freeipa", HOME, PERSON "ipaNTSecurityIdentifier: S-1-5-21-1-2-3-1104");
    g_autoptr(Judged) group =
        judge("freeipa", "cn=admins,cn=groups,cn=accounts,dc=x",
              "objectClass: groupOfNames\nobjectClass: ipaNTGroupAttrs\ncn: admins\n"
              "ipaNTSecurityIdentifier: S-1-5-21-1-2-3-512");

    assert_text(user->entry.sid, "S-1-5-21-1-2-3-1104");
    assert_text(group->entry.sid, "S-1-5-21-1-2-3-512");
}

static void hosts_of_freeipa_are_computers(void **state)
{
    (void)state;
    g_autoptr(Judged) judged =
        judge("freeipa", "fqdn=web1.example.com,cn=computers,cn=accounts,dc=example,dc=com",
              "objectClass: ipaHost\nobjectClass: nsHost\ncn: web1.example.com\nfqdn: "
              "web1.example.com\nserialNumber: C02X");

    assert_int_equal(judged->verdict, SCHEMA_KEEP);
    assert_int_equal(judged->entry.kind, ENTRY_COMPUTER);
    assert_text(judged->entry.hostname, "web1.example.com");
    assert_text(judged->entry.serial, "C02X");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nsaccountlock_true_in_any_case_is_disabled),
        cmocka_unit_test(a_lock_that_ends_by_itself_is_no_disabled_account),
        cmocka_unit_test(transitive_memberof_is_neither_asked_for_nor_read),
        cmocka_unit_test(the_key_is_the_servers_own_identifier),
        cmocka_unit_test(last_use_is_what_the_account_policy_or_the_kdc_records),
        cmocka_unit_test(preserved_users_are_disabled_and_staged_ones_no_accounts),
        cmocka_unit_test(a_principal_that_has_expired_is_an_account_that_has),
        cmocka_unit_test(external_members_are_sids),
        cmocka_unit_test(accounts_and_groups_of_freeipa_have_the_sid_that_trusts_know),
        cmocka_unit_test(hosts_of_freeipa_are_computers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
