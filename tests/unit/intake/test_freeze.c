/* Entries to rows, members to principals. */
#include "fixture.h"

#include "base/sorting.h"
#include "model/lookup.h"

/* ---- members ---- */

static void members_are_found_before_and_after_their_group_in_any_spelling(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    push_group(sink, "g", "CN=ANN,OU=x,DC=x bob");
    push_account(sink, "bob");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "ann:member bob:member");
    assert_int_equal(snapshot->sources[0].counts.memberships, 2);
    assert_int_equal(snapshot->foreigners.n, 0);
}

static void dns_with_escapes_and_spaces_meet(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry entry = account_entry("lee");
    entry.dn = text_of("cn=Lee\\, Ann,ou=x,dc=x");
    push_entry(sink, &entry);
    DirectoryEntry group = group_entry("g");
    Text members[] = {text_of("CN=lee\\2C  ann, OU=X, DC=x")};
    group.members = members;
    group.n_members = 1;
    push_entry(sink, &group);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "lee:member");
}

static void members_come_once_and_sorted_however_often_they_are_listed(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "a");
    push_account(sink, "b");
    push_account(sink, "c");
    push_group(sink, "g", "c a b a CN=C,OU=X,DC=X g");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "a:member b:member c:member g:member");
    assert_int_equal(snapshot->sources[0].counts.memberships, 6);
}

/* Lists close up behind a group that lists somebody twice, and how each is a member with them. */
static void a_group_that_lists_somebody_twice_leaves_the_others_as_they_are(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "a");
    push_account(sink, "b");
    push_group(sink, "twice", "a b a b");
    DirectoryEntry named = group_entry("named");
    Text members[] = {text_of("cn=b,ou=x,dc=x")}, names[] = {text_of("a")};
    named.members = members;
    named.member_names = names;
    named.n_members = named.n_member_names = 1;
    push_entry(sink, &named);
    push_group(sink, "listed", "a b");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "twice", "a:member b:member");
    assert_members(snapshot, "named", "a:memberUid b:member");
    assert_members(snapshot, "listed", "a:member b:member");
}

static void groups_are_members_of_groups_and_may_contain_each_other(void **state)
{
    Sink *sink = directory("corp", 0);
    push_group(sink, "outer", "inner");
    push_group(sink, "inner", "ann outer");
    push_account(sink, "ann");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "outer", "inner:member");
    assert_members(snapshot, "inner", "ann:member outer:member");
}

static void a_member_that_is_nobody_is_kept_as_its_text_once(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    push_group(sink, "g", "cn=Gone,dc=x ann");
    push_group(sink, "h", "CN=gone,DC=X");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "ann:member cn=Gone,dc=x:member");
    assert_members(snapshot, "h", "cn=Gone,dc=x:member");
    assert_int_equal(snapshot->foreigners.n, 1);
    assert_int_equal(snapshot->foreigners.sid[0], 0);
}

static void an_empty_member_is_read_and_nobody(void **state)
{
    Sink *sink = directory("corp", 0);
    push_account(sink, "ann");
    DirectoryEntry group = group_entry("g");
    Text members[] = {{0}, text_of("cn=ann,ou=x,dc=x")};
    group.members = members;
    group.n_members = 2;
    push_entry(sink, &group);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "ann:member");
    assert_int_equal(snapshot->sources[0].counts.memberships, 2);
}

static void member_uids_are_login_names_of_the_same_source_without_case(void **state)
{
    Sink *sink = directory("corp", 0), *other = directory("other", 1);
    push_account(sink, "ann");
    DirectoryEntry group = group_entry("g");
    Text names[] = {text_of("ANN"), text_of("bob"), text_of("nobody"), text_of("bob")};
    group.member_names = names;
    group.n_member_names = 4;
    push_entry(sink, &group);
    push_account(other, "bob"); /* another bob */
    Sink *sinks[] = {sink, other};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_members(snapshot, "g", "ann:memberUid bob:memberUid nobody:memberUid");
    assert_int_equal(snapshot->foreigners.n, 2);
    assert_int_equal(snapshot->sources[0].counts.memberships, 4);
}

static void gid_numbers_are_primary_groups_and_a_listed_membership_wins(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry ann = account_entry("ann"), bob = account_entry("bob"),
                   group = group_entry("staff");
    ann.gid_number = bob.gid_number = group.gid_number = 100;
    Text members[] = {text_of("cn=bob,ou=x,dc=x")};
    group.members = members;
    group.n_members = 1;
    push_entry(sink, &ann);
    push_entry(sink, &group);
    push_entry(sink, &bob);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "staff", "ann:primary group bob:member");
}

static void a_primary_group_sid_is_a_membership_of_accounts_and_computers(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry group = group_entry("Domain Admins"), ann = account_entry("ann"),
                   pc = account_entry("pc");
    group.sid = text_of("S-1-5-21-1-2-3-512");
    ann.sid = text_of("S-1-5-21-1-2-3-1104");
    ann.primary_group_sid = pc.primary_group_sid = group.sid;
    pc.kind = ENTRY_COMPUTER;
    push_entry(sink, &ann);
    push_entry(sink, &group);
    push_entry(sink, &pc);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "Domain Admins", "ann:primary group pc:primary group");
    assert_string_equal(snapshot->sources[0].domain_sid, "S-1-5-21-1-2-3");
}

static void a_foreign_principal_is_the_account_that_its_sid_means(void **state)
{
    Sink *here = directory("here", 0), *there = directory("there", 1);
    push_account(here, "x");
    static const char *const sids[] = {"S-1-5-21-9-9-9-1001", "S-1-5-21-9-9-9-4242", "S-1-5-11"};
    for (size_t i = 0; i < G_N_ELEMENTS(sids); i++) {
        DirectoryEntry foreign = account_entry(sids[i]);
        foreign.kind = ENTRY_FOREIGN;
        foreign.sid = text_of(sids[i]);
        push_entry(here, &foreign);
    }
    push_group(here, "g", "S-1-5-21-9-9-9-1001 S-1-5-21-9-9-9-4242 S-1-5-11");
    DirectoryEntry partner = account_entry("partner");
    partner.dn = text_of("cn=partner,dc=there");
    partner.sid = text_of("S-1-5-21-9-9-9-1001");
    push_entry(there, &partner);
    Sink *sinks[] = {here, there};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_members(snapshot, "g",
                   "partner:foreign principal cn=S-1-5-21-9-9-9-4242,ou=x,dc=x:member "
                   "cn=S-1-5-11,ou=x,dc=x:member");
    assert_string_equal(snapshot_text(snapshot, snapshot->foreigners.sid[0]),
                        "S-1-5-21-9-9-9-4242");
}

static void push_former(Sink *sink, const char *name, const char *key, const char *sid)
{
    DirectoryEntry entry = account_entry(name);
    Text sids[] = {text_of(sid), text_of("S-1-5-21-7-7-7-1")};
    entry.key = text_of(key);
    entry.sid_history = sids;
    entry.n_sid_history = 2;
    push_entry(sink, &entry);
}

/* "ann: S-1-… S-1-…, bob: …" of all accounts; newly allocated. */
static char *former_sids_of(const Snapshot *snapshot)
{
    GString *all = g_string_new(NULL);
    for (uint32_t account = 0; account < snapshot->accounts.n; account++) {
        uint32_t n = 0, begin = snapshot_sid_history(snapshot, account, &n);
        g_string_append_printf(all, "%s%s:", account > 0 ? ", " : "",
                               snapshot_text(snapshot, snapshot->accounts.name[account]));
        for (uint32_t i = begin; i < begin + n; i++)
            g_string_append_printf(all, " %s",
                                   snapshot_text(snapshot, snapshot->sid_history.sid[i]));
    }
    return g_string_free(all, FALSE);
}

static void former_sids_stay_with_their_accounts(void **state)
{
    Sink *here = directory("here", 0), *there = directory("there", 1);
    push_account(here, "x");
    push_former(here, "twice", "k1", "S-1-5-21-9-9-9-1"); /* refused: shares its key */
    push_former(here, "ann", "k2", "S-1-5-21-9-9-9-2");
    push_former(here, "again", "k1", "S-1-5-21-9-9-9-3");
    push_account(there, "y");
    push_former(there, "bob", "k3", "S-1-5-21-9-9-9-4");
    Sink *sinks[] = {here, there};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    g_autofree char *all = former_sids_of(snapshot);
    assert_string_equal(all, "x:, ann: S-1-5-21-9-9-9-2 S-1-5-21-7-7-7-1, y:, "
                             "bob: S-1-5-21-9-9-9-4 S-1-5-21-7-7-7-1");
}

static void push_foreign(Sink *sink, const char *sid)
{
    DirectoryEntry foreign = account_entry(sid);
    foreign.kind = ENTRY_FOREIGN;
    foreign.sid = text_of(sid);
    push_entry(sink, &foreign);
}

static void who_had_the_sid_of_a_foreign_principal_is_a_member_too(void **state)
{
    Sink *here = directory("here", 0), *there = directory("there", 1);
    push_former(here, "ann", "k1", "S-1-5-21-9-9-9-1"); /* all were S-1-5-21-7-7-7-1, too */
    push_former(there, "bob", "k2", "S-1-5-21-9-9-9-2");
    push_former(there, "cat", "k3", "S-1-5-21-9-9-9-3");
    DirectoryEntry now = account_entry("now"); /* has the SID that bob had */
    now.sid = text_of("S-1-5-21-9-9-9-2");
    push_entry(there, &now);
    push_foreign(here, "S-1-5-21-9-9-9-1");
    push_foreign(here, "S-1-5-21-9-9-9-2");
    push_foreign(here, "S-1-5-21-7-7-7-1");
    push_group(here, "one", "S-1-5-21-9-9-9-1");
    push_group(here, "two", "S-1-5-21-9-9-9-2");
    push_group(here, "all", "S-1-5-21-7-7-7-1");
    DirectoryEntry external = group_entry("external");
    Text sids[] = {text_of("S-1-5-21-9-9-9-3")};
    external.member_sids = sids;
    external.n_member_sids = 1;
    push_entry(there, &external);
    Sink *sinks[] = {here, there};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_members(snapshot, "one", "ann:foreign principal cn=S-1-5-21-9-9-9-1,ou=x,dc=x:member");
    assert_members(snapshot, "two", "bob:foreign principal now:foreign principal");
    assert_members(snapshot, "all",
                   "ann:foreign principal bob:foreign principal cat:foreign principal "
                   "cn=S-1-5-21-7-7-7-1,ou=x,dc=x:member");
    assert_members(snapshot, "external",
                   "cat:foreign principal S-1-5-21-9-9-9-3:foreign principal");
}

static void external_member_sids_are_accounts_of_another_source(void **state)
{
    Sink *here = directory("here", 0), *there = directory("there", 1);
    push_account(here, "x");
    DirectoryEntry group = group_entry("ext");
    Text sids[] = {text_of("S-1-5-21-9-9-9-1001"), text_of("S-1-5-21-9-9-9-77")};
    group.member_sids = sids;
    group.n_member_sids = 2;
    push_entry(here, &group);
    DirectoryEntry partner = account_entry("partner");
    partner.sid = sids[0];
    push_entry(there, &partner);
    Sink *sinks[] = {here, there};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_members(snapshot, "ext",
                   "partner:foreign principal S-1-5-21-9-9-9-77:foreign principal");
}

static void a_member_of_another_domain_of_the_forest_is_found_by_its_dn(void **state)
{
    Sink *here = directory("here", 0), *there = directory("there", 1);
    push_account(here, "x");
    push_group(here, "g", "CN=Bob,DC=There");
    DirectoryEntry bob = account_entry("bob");
    bob.dn = text_of("cn=bob,dc=there");
    push_entry(there, &bob);
    Sink *sinks[] = {here, there};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_members(snapshot, "g", "bob:member");
}

static void several_sources_keep_their_texts_and_rows_apart(void **state)
{
    Sink *sinks[3];
    for (uint8_t i = 0; i < 3; i++) {
        sinks[i] = directory(i == 0 ? "a" : i == 1 ? "b" : "c", i);
        for (int n = 0; n < 50 * (i + 1); n++) { /* the last pool is the greatest */
            g_autofree char *name = g_strdup_printf("s%u-%d", i, n);
            push_account(sinks[i], name);
        }
        g_autofree char *group = g_strdup_printf("g%u", i);
        g_autofree char *members = g_strdup_printf("s%u-49 s%u-0", i, i);
        push_group(sinks[i], group, members);
    }
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 3, NULL);
    assert_int_equal(snapshot->accounts.n, 300);
    assert_int_equal(snapshot->accounts.source[0], 0);
    assert_int_equal(snapshot->accounts.source[299], 2);
    assert_members(snapshot, "g0", "s0-0:member s0-49:member");
    assert_members(snapshot, "g1", "s1-0:member s1-49:member");
    assert_members(snapshot, "g2", "s2-0:member s2-49:member");
}

static void a_source_that_is_not_complete_leaves_only_its_record(void **state)
{
    Sink *good = directory("good", 0), *bad = directory("bad", 1);
    push_account(good, "ann");
    push_account(bad, "bob");
    push_group(bad, "g", "bob");
    g_autoptr(GError) error = g_error_new(SOURCE_ERROR, SOURCE_ERROR_CUT, "size limit on page 3");
    sink_finish(bad, false, error);
    Sink *sinks[] = {good, bad};
    g_autoptr(Snapshot) snapshot = freeze_sinks(sinks, 2, NULL);
    assert_int_equal(snapshot->accounts.n, 1);
    assert_int_equal(snapshot->groups.n, 0);
    assert_int_equal(snapshot->n_sources, 2);
    assert_int_equal(snapshot->sources[1].status, SOURCE_INCOMPLETE);
    assert_string_equal(snapshot->sources[1].reason, "size limit on page 3");
}

/* What is looked for before the rest has come must be found again, and the rest as well. */
static void people_are_there_before_the_rest_is_read_and_stay(void **state)
{
    Sink *corp = directory("corp", 0), *tables[2];
    SinkOptions options = fixture_options("hr", PROVIDES_PEOPLE);
    options.index = 1;
    tables[0] = sink_new(&options);
    options = fixture_options("register", PROVIDES_ASSETS);
    options.index = 2;
    tables[1] = sink_new(&options);
    push_row(tables[0], "id=7;name=Ann;previous_ids=5");
    sink_finish(tables[0], true, NULL);
    g_autoptr(Intake) intake = intake_of((Sink *[]){corp, tables[0], tables[1]}, 3);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_autoptr(Snapshot) snapshot = intake_freeze_rosters(intake, NULL, 7);
    assert_int_equal(snapshot_find_person(snapshot, "5"), 0);
    assert_int_equal(snapshot_find_groups(snapshot, "g", found), 0);
    assert_int_equal(snapshot_find_dn(snapshot, UINT8_MAX, "cn=ann,ou=x,dc=x"), NONE);
    assert_int_equal(snapshot->sources[0].status, SOURCE_INCOMPLETE);
    assert_string_equal(snapshot->sources[0].reason, "not read yet");
    assert_int_equal(snapshot->sources[1].status, SOURCE_COMPLETE);
    assert_int_equal(snapshot->sources[1].counts.people, 1);

    push_account(corp, "ann");
    push_group(corp, "g", "ann");
    push_row(tables[1], "id=A1;name=phone;owner=7");
    sink_finish(corp, true, NULL);
    sink_finish(tables[1], true, NULL);
    intake_freeze_rest(intake, snapshot);
    assert_int_equal(snapshot_find_person(snapshot, "5"), 0);
    assert_int_equal(snapshot_find_groups(snapshot, "g", found), 1);
    assert_int_equal(snapshot_find_dn(snapshot, UINT8_MAX, "cn=ann,ou=x,dc=x"),
                     principal_of(PRINCIPAL_ACCOUNT, 0));
    assert_members(snapshot, "g", "ann:member");
    assert_int_equal(snapshot->people.n, 1);
    assert_int_equal(snapshot->assets.n, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(snapshot->sources[i].status, SOURCE_COMPLETE);
    assert_int_equal(snapshot->sources[2].counts.assets, 1);
}

/* ---- texts ---- */

static void text_from_outside_is_made_valid_and_cut_visibly(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry ann = account_entry("ann");
    ann.title = (Text){"a\0b", 3};
    ann.department = text_of("x\xff\xc3");
    ann.mail = text_of("<script>\xd7\x90\xe2\x80\xae");
    g_autofree char *long_text = g_malloc(1 << 20);
    memset(long_text, 'x', 1 << 20);
    memcpy(long_text + 65535, "\xc3\xa4", 2); /* a character across the limit */
    ann.description = (Text){long_text, 1 << 20};
    push_entry(sink, &ann);
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    const Accounts *accounts = &snapshot->accounts;
    assert_string_equal(snapshot_text(snapshot, accounts->title[0]), "a\xef\xbf\xbd"
                                                                     "b");
    assert_string_equal(snapshot_text(snapshot, accounts->department[0]),
                        "x\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(snapshot_text(snapshot, accounts->mail[0]), "<script>\xd7\x90\xe2\x80\xae");
    const char *description = snapshot_text(snapshot, accounts->description[0]);
    assert_true(g_utf8_validate(description, -1, NULL));
    assert_int_equal(strlen(description), 65535 + strlen("… [cut: 1048576 bytes]"));
    assert_true(g_str_has_suffix(description, "x… [cut: 1048576 bytes]"));
}

static void dns_of_any_bytes_are_entries_and_members(void **state)
{
    Sink *sink = directory("corp", 0);
    DirectoryEntry ann = account_entry("ann");
    ann.dn = text_of("cn=\xff,dc=x");
    push_entry(sink, &ann);
    push_group(sink, "g", "cn=\xff,dc=x");
    push_group(sink, "h", "cn=\xff,dc=x");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    assert_members(snapshot, "g", "ann:member");
    assert_members(snapshot, "h", "ann:member");
}

/* ---- twin ---- */

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sorting_agrees_with_qsort(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    static const uint64_t masks[] = {0xff, 0xffff00, UINT64_MAX, 0xf00f000000f0, 0x3};
    for (int round = 0; round < 300; round++) {
        size_t n = (size_t)g_rand_int_range(random, 0, 300);
        uint64_t mask = masks[round % G_N_ELEMENTS(masks)];
        uint64_t numbers[300], expected[300], spare[300];
        for (size_t i = 0; i < n; i++)
            numbers[i] = expected[i] =
                ((uint64_t)g_rand_int(random) << 32 | g_rand_int(random)) & mask;
        qsort(expected, n, sizeof *expected, compare_numbers);
        sort_numbers(numbers, spare, n);
        assert_memory_equal(numbers, expected, n * sizeof *numbers);
    }
}

/* Members of random groups, against a list of names. */
static void many_groups_have_the_members_that_they_list(void **state)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    Sink *sink = directory("corp", 0);
    g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
    for (int group = 0; group < 40; group++) {
        bool is_listed[500] = {false};
        GString *members = g_string_new(NULL), *sorted = g_string_new(NULL);
        for (int n = g_rand_int_range(random, 1, group < 5 ? 800 : 40); n > 0; n--) {
            int account = g_rand_int_range(random, 0, 500);
            is_listed[account] = true;
            g_string_append_printf(members, "%sa%d", members->len > 0 ? " " : "", account);
        }
        for (int account = 0; account < 500; account++)
            if (is_listed[account])
                g_string_append_printf(sorted, "%sa%d:member", sorted->len > 0 ? " " : "", account);
        g_autofree char *name = g_strdup_printf("g%d", group);
        push_group(sink, name, members->str);
        g_ptr_array_add(expected, g_string_free(sorted, FALSE));
        g_string_free(members, TRUE);
    }
    for (int account = 0; account < 500; account++) {
        g_autofree char *name = g_strdup_printf("a%d", account);
        push_account(sink, name);
    }
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);
    for (int group = 0; group < 40; group++) {
        g_autofree char *name = g_strdup_printf("g%d", group);
        assert_members(snapshot, name, expected->pdata[group]);
    }
}

/* The owner of a group is a DN: what stands there is known without looking for it, unless it is of
 * another source, of nobody, or an entry that was refused. */
static void owners_that_are_dns_are_entries(void **state)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    Sink *sink = sink_new(&options);
    const char *const owners[] = {
        "CN=ann,ou=x,dc=x", "cn=team,ou=x,dc=x", "cn=gone,ou=x,dc=x", "cn=twin,ou=x,dc=x", "00012",
        "cn=late,ou=x,dc=x"};
    push_account(sink, "ann");
    push_group(sink, "team", "ann");
    for (size_t i = 0; i < G_N_ELEMENTS(owners); i++) {
        g_autofree char *name = g_strdup_printf("g%zu", i);
        DirectoryEntry entry = group_entry(name);
        entry.owner = text_of(owners[i]);
        push_entry(sink, &entry);
    }
    push_account(sink, "twin");
    push_account(sink, "twin");
    push_account(sink, "late");
    g_autoptr(Snapshot) snapshot = freeze_sink(sink);

    const Groups *groups = &snapshot->groups;
    const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "g5"};
    const uint32_t expected[] = {principal_of(PRINCIPAL_ACCOUNT, 0) + 1,
                                 principal_of(PRINCIPAL_GROUP, 0) + 1,
                                 OWNER_NOWHERE,
                                 OWNER_NOWHERE,
                                 0,
                                 principal_of(PRINCIPAL_ACCOUNT, 1) + 1};
    for (uint32_t i = 0; i < G_N_ELEMENTS(names); i++) {
        assert_string_equal(snapshot_text(snapshot, groups->name[i + 1]), names[i]);
        assert_string_equal(snapshot_text(snapshot, groups->owner_text[i + 1]), owners[i]);
        assert_int_equal(groups->owner_entry[i + 1], expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_that_are_dns_are_entries),
        cmocka_unit_test(members_are_found_before_and_after_their_group_in_any_spelling),
        cmocka_unit_test(dns_with_escapes_and_spaces_meet),
        cmocka_unit_test(members_come_once_and_sorted_however_often_they_are_listed),
        cmocka_unit_test(a_group_that_lists_somebody_twice_leaves_the_others_as_they_are),
        cmocka_unit_test(groups_are_members_of_groups_and_may_contain_each_other),
        cmocka_unit_test(a_member_that_is_nobody_is_kept_as_its_text_once),
        cmocka_unit_test(an_empty_member_is_read_and_nobody),
        cmocka_unit_test(member_uids_are_login_names_of_the_same_source_without_case),
        cmocka_unit_test(gid_numbers_are_primary_groups_and_a_listed_membership_wins),
        cmocka_unit_test(a_primary_group_sid_is_a_membership_of_accounts_and_computers),
        cmocka_unit_test(a_foreign_principal_is_the_account_that_its_sid_means),
        cmocka_unit_test(former_sids_stay_with_their_accounts),
        cmocka_unit_test(who_had_the_sid_of_a_foreign_principal_is_a_member_too),
        cmocka_unit_test(external_member_sids_are_accounts_of_another_source),
        cmocka_unit_test(a_member_of_another_domain_of_the_forest_is_found_by_its_dn),
        cmocka_unit_test(several_sources_keep_their_texts_and_rows_apart),
        cmocka_unit_test(a_source_that_is_not_complete_leaves_only_its_record),
        cmocka_unit_test(people_are_there_before_the_rest_is_read_and_stay),
        cmocka_unit_test(text_from_outside_is_made_valid_and_cut_visibly),
        cmocka_unit_test(dns_of_any_bytes_are_entries_and_members),
        cmocka_unit_test(sorting_agrees_with_qsort),
        cmocka_unit_test(many_groups_have_the_members_that_they_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
