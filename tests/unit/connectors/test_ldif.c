#include "harness/pulled.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANN "dn: uid=ann,dc=x\nobjectClass: inetOrgPerson\nuid: ann\ncn: Ann\n"
#define BOB "dn: uid=bob,dc=x\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\n"

static int make_folder(void **state)
{
    *state = g_dir_make_tmp("rightful-ldif-XXXXXX", NULL);
    return *state == NULL;
}

static int remove_folder(void **state)
{
    const char *const names[] = {"x.ldif", "link.ldif", "pulled.conf"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(*state, names[i], NULL);
        g_remove(path);
    }
    g_rmdir(*state);
    g_free(*state);
    return 0;
}

static Pulled *pull_bytes(void **state, const char *bytes, size_t length, const char *more)
{
    g_autofree char *path = g_build_filename(*state, "x.ldif", NULL);
    g_autofree char *settings =
        g_strconcat("path = \"x.ldif\"; server = \"openldap\"; ", more, NULL);

    assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    Pulled *pulled = pulled_new(*state, "ldif", settings);
    assert_string_equal(pulled->problems, "");
    return pulled;
}

static Pulled *pull(void **state, const char *ldif)
{
    return pull_bytes(state, ldif, strlen(ldif), "");
}

static void assert_whole(const Pulled *pulled, guint n_entries)
{
    assert_string_equal(pulled->error, "");
    assert_int_equal(pulled->sink->entries->len, n_entries);
}

/* The file is refused, at that line, with words that have this part. */
static void assert_refused(void **state, const char *ldif, int line, const char *part)
{
    g_autoptr(Pulled) pulled = pull(state, ldif);
    g_autofree char *place = g_strdup_printf("x.ldif:%d: ", line);

    assert_false(pulled->is_whole);
    if (strstr(pulled->error, place) == NULL || strstr(pulled->error, part) == NULL)
        fail_msg("\"%s\" does not say %s… %s", pulled->error, place, part);
}

/* ---- What is read ---- */

static void an_export_is_read_with_its_places_and_digest(void **state)
{
    g_autoptr(Pulled) pulled = pull(state, "version: 1\n\n# people\n" ANN "\n" BOB "\n");

    assert_whole(pulled, 2);
    assert_string_equal(recorded_entry(pulled->sink, 1)->name.data, "bob");
    assert_int_equal(((RecordedEntry *)pulled->sink->entries->pdata[0])->line, 4);
    assert_int_equal(((RecordedEntry *)pulled->sink->entries->pdata[1])->line, 9);
    assert_int_equal(strlen(pulled->sink->digest), 64);
    assert_true(pulled->sink->file_time_utc > 1500000000);
}

static void the_digest_is_that_of_the_files_bytes(void **state)
{
    g_autofree char *expected = g_compute_checksum_for_string(G_CHECKSUM_SHA256, ANN "\n", -1);
    g_autoptr(Pulled) pulled = pull(state, ANN "\n");

    assert_string_equal(pulled->sink->digest, expected);
}

static void byte_order_mark_and_carriage_returns_are_read_over(void **state)
{
    g_autoptr(Pulled) pulled = pull(
        state,
        "\xef\xbb\xbf"
        "version: 1\r\ndn: uid=ann,dc=x\r\nobjectClass: inetOrgPerson\r\nuid: a\r\n nn\r\n\r\n");

    assert_whole(pulled, 1);
    assert_string_equal(recorded_entry(pulled->sink, 0)->name.data, "ann");
}

/* The same attribute in every spelling, behind entries that have taught the parser how its lines
 * begin. */
static void a_known_attribute_may_be_spelled_in_any_way(void **state)
{
    static const struct {
        const char *lines, *mail;
    } rows[] = {
        {"mail: x@y\n", "x@y"},
        {"mail:x@y\n", "x@y"},
        {"mail:   x@y\n", "x@y"},
        {"mail: x@y\r\n", "x@y"},
        {"mail: x\n @y\n", "x@y"},
        {"mail:: eEB5\n", "x@y"},
        {"MAIL: x@y\n", "x@y"},
        {"mail:\n", ""},
        {"mail: \n", ""},
        {"mail:: \n", ""},
        {"mailbox: z@z\n", ""},
        {"mai: z@z\nmail: x@y\n", "x@y"},
        {"a234567890123456789012345678901234567890123456: 1\nmail: x@y\n", "x@y"},
        {"a2345678901234567890123456789012345678901234567: 1\nmail: x@y\n", "x@y"},
        {"a23456789012345678901234567890123456789012345678: 1\nmail: x@y\n", "x@y"},
        {"a2345678901234567890123456789: 1\nmail: x@y\n", "x@y"},
        {"a23456789012345678901234567890: 1\nmail: x@y\n", "x@y"},
        {"a234567890123456789012345678901: 1\nmail: x@y\n", "x@y"},
    };
    GString *ldif = g_string_new(NULL);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
            g_string_append_printf(
                ldif, "dn: uid=u%d-%zu,dc=x\nobjectClass: inetOrgPerson\nuid: u\n%stitle: t\n\n",
                round, i, rows[i].lines);
    }
    g_autoptr(Pulled) pulled = pull(state, ldif->str);

    assert_whole(pulled, 2 * G_N_ELEMENTS(rows));
    for (guint i = 0; i < 2 * G_N_ELEMENTS(rows); i++) {
        const DirectoryEntry *entry = recorded_entry(pulled->sink, i);
        const char *mail = rows[i % G_N_ELEMENTS(rows)].mail;
        assert_int_equal(entry->mail.length, strlen(mail));
        assert_memory_equal(entry->mail.data, mail, strlen(mail));
        assert_int_equal(entry->title.length, 1);
    }
    g_string_free(ldif, TRUE);
}

static void continued_lines_are_one_line(void **state)
{
    g_autoptr(Pulled) pulled = pull(state, "dn: uid=ann,\n dc=x\nobjectClass: inetOrg\n Per\n "
                                           "son\n# a comment\n  that goes on\nuid: \n ann\n\n");

    assert_whole(pulled, 1);
    assert_string_equal(recorded_entry(pulled->sink, 0)->dn.data, "uid=ann,dc=x");
    assert_string_equal(recorded_entry(pulled->sink, 0)->name.data, "ann");
}

static void base64_values_and_dns_are_decoded(void **state)
{
    g_autoptr(Pulled) pulled =
        pull(state,
             "dn:: dWlkPcOkbm4sZGM9eA==\nobjectClass: inetOrgPerson\nuid:: w6Ru\n bg==\ncn:: \n\n");

    assert_whole(pulled, 1);
    assert_string_equal(recorded_entry(pulled->sink, 0)->dn.data, "uid=änn,dc=x");
    assert_string_equal(recorded_entry(pulled->sink, 0)->name.data, "änn");
}

static void raw_values_are_handed_on_as_they_are(void **state)
{
    g_autoptr(Pulled) pulled =
        pull(state, "dn: uid=ann,dc=x\nobjectClass: inetOrgPerson\nuid: ann\ndisplayName: "
                    "<script>alert(1)</script>\n"
                    "mail: \xff\xfe\ntitle:: AGE=\ndepartmentNumber: \xe2\x80\xaegnp.exe\n\n");
    const DirectoryEntry *entry = recorded_entry(pulled->sink, 0);

    assert_string_equal(entry->display_name.data, "<script>alert(1)</script>");
    assert_string_equal(entry->mail.data, "\xff\xfe");
    assert_int_equal(entry->title.length, 2); /* NUL and a: intake decides */
    assert_string_equal(entry->department.data, "\xe2\x80\xaegnp.exe");
}

static void a_dn_with_every_escape_is_kept_as_written(void **state)
{
    g_autoptr(Pulled) pulled =
        pull(state, "dn: uid=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\#i\\20,dc=x\nobjectClass: "
                    "inetOrgPerson\nuid: ann\n\n");

    assert_whole(pulled, 1);
    assert_string_equal(recorded_entry(pulled->sink, 0)->dn.data,
                        "uid=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\#i\\20,dc=x");
}

static void totals_balance(void **state)
{
    g_autoptr(Pulled) pulled = pull(
        state, ANN
        "\ndn: ou=p,dc=x\nobjectClass: organizationalUnit\nou: p\n\n"
        "dn: uid=url,dc=x\nobjectClass: inetOrgPerson\nuid: url\njpegPhoto:< file:///etc/passwd\n\n"
        "dn: cn=nobody,dc=x\nobjectClass: inetOrgPerson\ncn: nobody\n\n");

    assert_whole(pulled, 1);
    assert_int_equal(pulled->sink->rejects->len, 1);
    assert_int_equal(pulled->sink->n_excluded, 2);
    assert_non_null(strstr(recorded_reason(pulled->sink, 0), "never followed"));
}

static void a_group_larger_than_every_buffer_has_all_its_members(void **state)
{
    const guint n = 100000; /* 5 MB of one entry */
    g_autoptr(GString) ldif =
        g_string_new(ANN "\ndn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\n");

    for (guint i = 0; i < n; i++)
        g_string_append_printf(ldif, "member: uid=u%u,ou=a very long organisational unit,dc=x\n",
                               i);
    g_string_append(ldif, "\n" BOB "\n");
    g_autoptr(Pulled) pulled = pull(state, ldif->str);
    const DirectoryEntry *group = recorded_entry(pulled->sink, 1);

    assert_whole(pulled, 3);
    assert_int_equal(group->n_members, n);
    assert_string_equal(group->members[n - 1].data,
                        "uid=u99999,ou=a very long organisational unit,dc=x");
    assert_string_equal(recorded_entry(pulled->sink, 2)->name.data, "bob");
}

/* Those that do not fit into a chunk follow each other in one buffer. */
static void several_large_groups_have_their_own_members(void **state)
{
    const guint sizes[] = {20000, 3000, 40000, 10, 9000};
    g_autoptr(GString) ldif = g_string_new(NULL);

    for (guint g = 0; g < G_N_ELEMENTS(sizes); g++) {
        g_string_append_printf(ldif, "dn: cn=g%u,dc=x\nobjectClass: groupOfNames\ncn: g%u\n", g, g);
        for (guint i = 0; i < sizes[g]; i++)
            g_string_append_printf(ldif, "member: uid=u%u-%u,ou=people,dc=x\n", g, i);
        g_string_append(ldif, "\n");
    }
    g_autoptr(Pulled) pulled = pull(state, ldif->str);

    assert_whole(pulled, G_N_ELEMENTS(sizes));
    for (guint g = 0; g < G_N_ELEMENTS(sizes); g++) {
        const DirectoryEntry *group = recorded_entry(pulled->sink, g);
        assert_int_equal(group->n_members, sizes[g]);
        for (guint i = 0; i < sizes[g]; i++) {
            g_autofree char *member = g_strdup_printf("uid=u%u-%u,ou=people,dc=x", g, i);
            assert_string_equal(group->members[i].data, member);
        }
    }
}

static void entries_that_cross_the_chunks_are_read_alike(void **state)
{
    g_autoptr(GString) ldif = g_string_new(NULL);
    const guint n = 40000; /* 4 MB: several chunks, borders in every place of an entry */

    for (guint i = 0; i < n; i++)
        g_string_append_printf(ldif,
                               "dn: uid=u%u,dc=x\nobjectClass: inetOrgPerson\nuid: u%u\ncn: Name\n "
                               " of %u\nmail:: YUB4\ntitle: %.*s\n\n",
                               i, i, i, (int)(i % 37), "a title of some length for the sake of it");
    g_autoptr(Pulled) pulled = pull(state, ldif->str);

    assert_whole(pulled, n);
    for (guint i = 0; i < n; i += 7) {
        g_autofree char *name = g_strdup_printf("u%u", i);
        g_autofree char *display = g_strdup_printf("Name of %u", i);
        const DirectoryEntry *entry = recorded_entry(pulled->sink, i);
        assert_string_equal(entry->name.data, name);
        assert_string_equal(entry->display_name.data, display);
        assert_string_equal(entry->mail.data, "a@x");
        assert_int_equal(entry->title.length, i % 37);
    }
}

/* Plain lines are read 64 bytes at a time: values that end before, at and behind each border. */
static void values_of_every_length_are_whole(void **state)
{
    enum { LONGEST = 200 };
    GString *ldif = g_string_new(NULL);
    for (int n = 1; n <= LONGEST; n++) {
        g_autofree char *value = g_strnfill((gsize)n, (char)('a' + n % 26));
        g_string_append_printf(
            ldif, "dn: uid=u%d,dc=x\nobjectClass: inetOrgPerson\nuid: u\nmail: %s\ntitle: t%s\n\n",
            n, value, value);
    }
    g_autoptr(Pulled) pulled = pull(state, ldif->str);
    g_string_free(ldif, TRUE);

    assert_whole(pulled, LONGEST);
    for (guint i = 0; i < LONGEST; i++) {
        g_autofree char *value = g_strnfill(i + 1, (char)('a' + (i + 1) % 26));
        const DirectoryEntry *entry = recorded_entry(pulled->sink, i);
        assert_int_equal(entry->mail.length, i + 1);
        assert_memory_equal(entry->mail.data, value, i + 1);
        assert_int_equal(entry->title.length, i + 2);
        assert_memory_equal(entry->title.data + 1, value, i + 1);
    }
}

static void an_empty_file_has_no_entries(void **state)
{
    g_autoptr(Pulled) pulled = pull(state, "");
    g_autoptr(Pulled) comment = pull(state, "version: 1\n# nothing\n");

    assert_whole(pulled, 0);
    assert_whole(comment, 0);
}

static void a_last_line_without_its_end_is_whole_when_it_looks_so(void **state)
{
    g_autoptr(Pulled) one = pull(state, "dn: uid=ann,dc=x\nobjectClass: inetOrgPerson\nuid: ann");
    g_autoptr(Pulled) two =
        pull(state, ANN "\ndn: uid=bob,dc=x\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob");

    assert_whole(one, 1);
    assert_whole(two, 2);
}

/* ---- What refuses the file ---- */

static void a_cut_entry_refuses_the_file(void **state)
{
    assert_refused(state, ANN "\ndn: uid=bob,dc=x\nobjectCl", 7, "cut");
    assert_refused(state, ANN "\ndn: uid=bob,dc=x\n", 6, "cut");
    assert_refused(state, ANN "\ndn: uid=bob", 6, "cut");
    assert_refused(state, ANN "\ndn: uid=bob,dc=x\nuid: bob\n", 7, "cut");
    assert_refused(state, ANN "\ndn: uid=bob,dc=x\nobjectClass: inetOrgPerson\nuid: bo", 8, "cut");
    assert_refused(state, ANN "\ndn: uid=bob,dc=x\nobjectClass: inetOrgPerson\nuid:: Ym9", 8,
                   "cut");
    assert_refused(state, "dn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: uid=ann,d", 4,
                   "cut");
}

static void syntax_errors_name_their_line(void **state)
{
    assert_refused(state, ANN "\nuid: bob\nobjectClass: inetOrgPerson\n\n", 6,
                   "does not begin with dn:");
    assert_refused(state, ANN "\ndn: bob\nobjectClass: inetOrgPerson\n\n", 6, "a dn without =");
    assert_refused(state, ANN "\ndn: \nobjectClass: inetOrgPerson\n\n", 6, "a dn without =");
    assert_refused(state, ANN "no colon here\n\n" BOB "\n", 5, "no colon");
    assert_refused(state, ANN ": nameless\n\n", 5, "no colon");
    assert_refused(state, ANN "two words: x\n\n", 5, "no attribute name");
    assert_refused(state, ANN "mail:: YW5*\n\n", 5, "not valid base64");
    assert_refused(state, ANN "mail:: YW5\n\n", 5, "not valid base64");
    assert_refused(state, ANN "jpegPhoto:: =YW5\n\n", 5, "not valid base64");
    assert_refused(state, "dn:: !!!!\n\n", 1, "not valid base64");
    assert_refused(state, "\n orphan\n", 2, "continuation of nothing");
}

static void change_records_refuse_the_file(void **state)
{
    assert_refused(state, "dn: uid=ann,dc=x\nchangetype: delete\n\n", 2, "change record");
    assert_refused(state, "dn: uid=ann,dc=x\nChangeType: add\nuid: ann\n\n", 2, "change record");
    assert_refused(state, "dn: uid=ann,dc=x\ncontrol: 1.2.3 true\nchangetype: delete\n\n", 2,
                   "change record");
}

static void a_nul_byte_refuses_the_file(void **state)
{
    static const char bytes[] = ANN "\n" BOB "title: a\0b\n\n";
    g_autoptr(Pulled) pulled = pull_bytes(state, bytes, sizeof bytes - 1, "");

    assert_false(pulled->is_whole);
    assert_non_null(strstr(pulled->error, "x.ldif:10: a NUL byte"));
}

static void a_range_of_members_refuses_the_file(void **state)
{
    assert_refused(
        state,
        ANN
        "\ndn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember;range=0-1499: uid=ann,dc=x\n\n",
        6, "only a range of member");
}

static void a_line_without_end_is_refused_in_bounded_memory(void **state)
{
    g_autoptr(GString) ldif = g_string_new(ANN "description: ");

    gsize begin = ldif->len;
    g_string_set_size(ldif, (gsize)70 << 20);
    memset(ldif->str + begin, 'x', ldif->len - begin);
    g_autoptr(Pulled) pulled = pull(state, ldif->str);

    assert_false(pulled->is_whole);
    assert_non_null(strstr(pulled->error, "longer than 64 MiB"));
}

static void a_missing_canary_makes_the_file_incomplete(void **state)
{
    g_autoptr(Pulled) seen =
        pull_bytes(state, ANN "\n", strlen(ANN "\n"), "canaries = [\"UID=Ann, DC=x\"];");
    g_autoptr(Pulled) missing =
        pull_bytes(state, ANN "\n", strlen(ANN "\n"), "canaries = [\"uid=bob,dc=x\"];");

    assert_whole(seen, 1);
    assert_false(missing->is_whole);
    assert_int_equal(missing->code, SOURCE_ERROR_CANARY);
}

/* ---- What is no file ---- */

static void assert_path_refused(void **state, const char *path, SourceError code)
{
    g_autofree char *settings = g_strdup_printf("path = \"%s\"; server = \"openldap\";", path);
    g_autoptr(Pulled) pulled = pulled_new(*state, "ldif", settings);

    assert_string_equal(pulled->problems, "");
    assert_false(pulled->is_whole);
    assert_int_equal(pulled->code, code);
}

static void only_regular_files_are_opened(void **state)
{
    g_autofree char *link = g_build_filename(*state, "link.ldif", NULL);
    g_autofree char *fifo = g_build_filename(*state, "x.ldif", NULL);

    assert_int_equal(symlink("x.ldif", link), 0);
    g_remove(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_path_refused(state, "link.ldif", SOURCE_ERROR_FORBIDDEN);
    assert_path_refused(state, "x.ldif", SOURCE_ERROR_FORBIDDEN);
    assert_path_refused(state, ".", SOURCE_ERROR_FORBIDDEN);
    assert_path_refused(state, "absent.ldif", SOURCE_ERROR_MISSING);
}

static void a_stop_that_is_asked_for_makes_the_pull_incomplete(void **state)
{
    (void)state;
    g_autofree char *path = g_build_filename(*state, "x.ldif", NULL);
    g_autoptr(GString) ldif = g_string_new(NULL);
    for (int i = 0; i < 5000; i++)
        g_string_append_printf(ldif, "dn: uid=u%d,dc=x\nobjectClass: inetOrgPerson\nuid: u%d\n\n",
                               i, i);
    assert_true(g_file_set_contents(path, ldif->str, -1, NULL));
    g_autoptr(Pulled) pulled =
        pulled_cancelled_new(*state, "ldif", "path = \"x.ldif\"; server = \"openldap\";");

    assert_false(pulled->is_whole);
    assert_true(pulled->sink->entries->len < 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(an_export_is_read_with_its_places_and_digest),
        TEST(the_digest_is_that_of_the_files_bytes),
        TEST(byte_order_mark_and_carriage_returns_are_read_over),
        TEST(a_known_attribute_may_be_spelled_in_any_way),
        TEST(continued_lines_are_one_line),
        TEST(base64_values_and_dns_are_decoded),
        TEST(raw_values_are_handed_on_as_they_are),
        TEST(a_dn_with_every_escape_is_kept_as_written),
        TEST(totals_balance),
        TEST(a_group_larger_than_every_buffer_has_all_its_members),
        TEST(several_large_groups_have_their_own_members),
        TEST(entries_that_cross_the_chunks_are_read_alike),
        TEST(values_of_every_length_are_whole),
        TEST(an_empty_file_has_no_entries),
        TEST(a_last_line_without_its_end_is_whole_when_it_looks_so),
        TEST(a_cut_entry_refuses_the_file),
        TEST(syntax_errors_name_their_line),
        TEST(change_records_refuse_the_file),
        TEST(a_nul_byte_refuses_the_file),
        TEST(a_range_of_members_refuses_the_file),
        TEST(a_line_without_end_is_refused_in_bounded_memory),
        TEST(a_missing_canary_makes_the_file_incomplete),
        TEST(only_regular_files_are_opened),
        TEST(a_stop_that_is_asked_for_makes_the_pull_incomplete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
