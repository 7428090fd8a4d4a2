/* Entries that become no row: given twice, refused, excluded; and what is counted of them. */
#include "fixture.h"

static void two_entries_of_one_dn_are_both_refused(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    push_account(sink, "bob");
    push_account(sink, "ANN");
    push_account(sink, "eve");
    push_account(sink, "Ann");
    push_group(sink, "g", "eve bob ann");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const SourceRecord *record = &snapshot->sources[0];
    assert_balanced(record);
    assert_int_equal(record->counts.rejected, 3);
    assert_int_equal(record->counts.kept, 3);
    assert_int_equal(snapshot->accounts.n, 2);
    assert_members(snapshot, "g", "bob:member eve:member cn=ann,ou=x,dc=x:member");
    g_autofree char *rejections = rejections_of(record);
    assert_non_null(
        strstr(rejections, "t.ldif:1: cn=ann,ou=x,dc=x: another entry has the same DN"));
    assert_non_null(
        strstr(rejections, "t.ldif:21: cn=ANN,ou=x,dc=x: another entry has the same DN"));
    assert_non_null(strstr(rejections, "t.ldif:41: "));
}

/* Of a server, not of a file. */
static void push_live(Sink *sink, const char *name, const char *key, int64_t created_utc)
{
    DirectoryEntry entry = account_entry(name);
    entry.key = text_of(key);
    entry.created_utc = created_utc;
    sink_entry(sink, &entry, &(Place){.dn = entry.dn});
}

static void an_entry_made_anew_while_it_was_read_replaces_the_old_one(void **state)
{
    Sink *sink = directory("corp", 0);
    push_live(sink, "ann", "11111111-2222", 1000);
    push_live(sink, "bob", "22222222-3333", 1000);
    push_group(sink, "g", "ann bob");
    push_live(sink, "ann", "33333333-4444", sink->record.started_utc + 1);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const SourceRecord *record = &snapshot->sources[0];
    assert_int_equal(record->status, SOURCE_COMPLETE);
    assert_balanced(record);
    assert_int_equal(record->counts.rejected, 0);
    assert_int_equal(record->counts.excluded, 1);
    assert_int_equal(GPOINTER_TO_SIZE(g_hash_table_lookup(record->exclusions, "replaced")), 1);
    assert_int_equal(snapshot->accounts.n, 2);
    assert_members(snapshot, "g", "bob:member ann:member");
    for (uint32_t i = 0; i < 2; i++)
        assert_string_not_equal(snapshot_text(snapshot, snapshot->accounts.key[i]),
                                "11111111-2222");
}

static void assert_pages_do_not_fit(const char *key, int64_t created_ago)
{
    Sink *sink = directory("corp", 0);
    push_live(sink, "ann", "11111111-2222", 1000);
    push_live(sink, "ann", key, sink->record.started_utc - created_ago);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_int_equal(snapshot->sources[0].status, SOURCE_INCOMPLETE);
    assert_non_null(strstr(snapshot->sources[0].reason, "pages do not fit together"));
    assert_int_equal(snapshot->accounts.n, 0);
}

static void an_entry_that_a_server_gives_twice_makes_the_pull_incomplete(void **state)
{
    assert_pages_do_not_fit("11111111-2222", 0);    /* the same object */
    assert_pages_do_not_fit("33333333-4444", 3600); /* another one, but not made just now */
    assert_pages_do_not_fit("", 0);                 /* who knows */
}

static void two_entries_of_one_key_are_both_refused(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry ann = account_entry("ann"), bob = account_entry("bob"), group = group_entry("g"),
                   h = group_entry("h");
    ann.key = group.key = text_of("11111111-2222");
    bob.key = text_of("33333333-4444");
    Text members[] = {text_of("cn=bob,ou=x,dc=x")}, names[] = {text_of("bob")};
    group.members = h.members = members;
    group.n_members = h.n_members = 1;
    group.member_names = names;
    group.n_member_names = 1;
    push_entry(sink, &ann);
    push_entry(sink, &group);
    push_entry(sink, &bob);
    push_entry(sink, &h);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_balanced(&snapshot->sources[0]);
    assert_int_equal(snapshot->sources[0].counts.rejected, 2);
    assert_int_equal(snapshot->accounts.n, 1);
    assert_int_equal(snapshot->groups.n, 1);
    assert_members(snapshot, "h", "bob:member");
    assert_string_equal(snapshot_text(snapshot, snapshot->accounts.key[0]), "33333333-4444");
}

static void an_entry_without_a_key_has_its_normalised_dn(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry ann = account_entry("ann");
    ann.dn = text_of("CN=Ann,OU=X,DC=x");
    push_entry(sink, &ann);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_string_equal(snapshot_text(snapshot, snapshot->accounts.key[0]), "cn=ann,ou=x,dc=x");
    assert_string_equal(snapshot_text(snapshot, snapshot->accounts.dn[0]), "CN=Ann,OU=X,DC=x");
}

static void excluded_and_rejected_entries_are_counted(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    sink_exclude(sink, "no-name");
    sink_exclude(sink, "no-name");
    Place place = {.file = "t.ldif", .line = 9, .dn = text_of("cn=\xe2\x80\xaexyz")};
    sink_reject(sink, &place, "a value by URL is never followed");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const SourceRecord *record = &snapshot->sources[0];
    assert_balanced(record);
    assert_int_equal(record->counts.pulled, 4);
    assert_int_equal(record->counts.excluded, 2);
    assert_int_equal(GPOINTER_TO_INT(g_hash_table_lookup(record->exclusions, "no-name")), 2);
    assert_string_equal(record->rejections->pdata[0],
                        "t.ldif:9: cn=<U+202E>xyz: a value by URL is never followed");
}

static void only_the_first_hundred_rejections_are_kept_but_all_are_counted(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    Place place = {0};
    for (int i = 0; i < 150; i++)
        sink_reject(sink, &place, "no");
    sink_finish(sink, true, NULL);
    assert_int_equal(sink->record.counts.rejected, 150);
    assert_int_equal(sink->record.rejections->len, 100);
    assert_int_equal(sink->messages->len, 101);
    assert_non_null(strstr(sink->messages->pdata[100], "50 more"));
    sink_free(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_entries_of_one_dn_are_both_refused),
        cmocka_unit_test(an_entry_made_anew_while_it_was_read_replaces_the_old_one),
        cmocka_unit_test(an_entry_that_a_server_gives_twice_makes_the_pull_incomplete),
        cmocka_unit_test(two_entries_of_one_key_are_both_refused),
        cmocka_unit_test(an_entry_without_a_key_has_its_normalised_dn),
        cmocka_unit_test(excluded_and_rejected_entries_are_counted),
        cmocka_unit_test(only_the_first_hundred_rejections_are_kept_but_all_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
