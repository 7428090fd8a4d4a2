/* Whatever is wrong with a configuration is said with file, line, key and what would be right. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void expect(void **state, const char *content, const char *expected)
{
    g_autofree char *problems = fixture_problems_with_source(state, content);
    assert_string_equal(problems, expected);
}

static void expect_part(void **state, const char *content, const char *part)
{
    g_autofree char *problems = fixture_problems_with_source(state, content);
    if (strstr(problems, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, problems);
}

static void expect_of_source(void **state, const char *row, const char *part)
{
    g_autofree char *content = g_strdup_printf("sources: (\n{ %s }\n);\n", row);
    g_autofree char *problems = fixture_problems(state, content);
    if (strstr(problems, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, problems);
}

#define TREE "name = \"corp\"; kind = \"tree\"; provides = \"directory\"; url = \"u\"; "

static void an_unknown_key_names_the_nearest(void **state)
{
    expect(
        state, "guards: {\n  shrink_percnt = 5; };",
        "test.conf:3: guards.shrink_percnt: unknown key; allowed: shrink_percent, shrink_minimum, "
        "growth_percent, growth_minimum, fill_percent, resolve_percent, resolve_minimum; did you "
        "mean \"shrink_percent\"?");
}

static void all_problems_are_reported_at_once(void **state)
{
    g_autofree char *problems = fixture_problems(
        state,
        "profile = \"iso2701\";\n"
        "organization: { name = \"x\"; };\n"
        "sources: ( { name = \"a\"; kind = \"tree\"; provides = \"directory\"; page_size = 0; },\n"
        "  { name = \"b\"; kind = \"cvs\"; provides = \"people\"; } );\n"
        "guards: { fill_percent = \"5\"; };\n");

    g_auto(GStrv) lines = g_strsplit(problems, "\n", -1);
    assert_int_equal(g_strv_length(lines), 6);
    assert_true(g_str_has_prefix(lines[0], "test.conf:1: profile: \"iso2701\" is not known"));
    assert_true(g_str_has_prefix(lines[1], "test.conf:2: organization: unknown key"));
    assert_true(g_str_has_suffix(lines[1], "did you mean \"organisation\"?"));
    assert_string_equal(lines[2], "test.conf:3: sources.a.page_size: 0 is out of range; allowed: "
                                  "integer 1..5000");
    assert_string_equal(lines[3],
                        "test.conf:3: sources.a.url: is missing; it must be given (text)");
    assert_string_equal(lines[4], "test.conf:4: sources.b.kind: no connector is called \"cvs\"; "
                                  "allowed: table, tree");
    assert_string_equal(lines[5],
                        "test.conf:5: guards.fill_percent: is a text; allowed: integer 1..99");
}

static void a_wrong_type_is_never_converted(void **state)
{
    expect_part(state, "guards: { fill_percent = 5.0; };", "is a number with a decimal point");
    expect_part(state, "organisation: { name = 5; };",
                "organisation.name: is an integer; allowed: text");
    expect_part(state, "privileged = [1, 2];", "privileged: is an integer; allowed: list of texts");
    expect_part(state, "guards = 5;", "guards: is an integer; allowed: group { … }");
    expect_part(state, "segregation: { id = \"a\"; };",
                "segregation: is a group { }; allowed: list of groups");
    expect_part(state, "controls: { sleepy-account: { enabled = 1; }; };",
                "controls.sleepy-account.enabled: is an integer; allowed: true or false");
    expect_of_source(state, TREE "attributes: { mail = 1; };",
                     "sources.corp.attributes.mail: is an integer; allowed: text");
}

static void percentages_of_0_and_100_are_refused(void **state)
{
    expect(state, "guards: { shrink_percent = 0; };",
           "test.conf:2: guards.shrink_percent: 0 is out of range; allowed: integer 1..99");
    expect(state, "guards: { shrink_percent = 100; };",
           "test.conf:2: guards.shrink_percent: 100 is out of range; allowed: integer 1..99");
    expect(state, "guards: { shrink_percent = -5; };",
           "test.conf:2: guards.shrink_percent: -5 is out of range; allowed: integer 1..99");
}

/* libconfig 1.5 keeps the low 32 bits: 4294967301 would be read as 5. */
static void a_number_that_libconfig_would_cut_is_refused(void **state)
{
    expect(state, "guards: { shrink_percent = 4294967301; };",
           "test.conf:2: 4294967301 is a larger number than any setting takes");
    expect_part(state, "guards: { shrink_percent = 99999999999999999999; };", "larger number");
}

static void digits_in_texts_comments_and_names_are_no_numbers(void **state)
{
    expect(state,
           "# 4294967301\n// 4294967301\n/* 4294967301\n*/ privileged = [\"a 4294967301 \\\" "
           "4294967301\"];",
           "");
}

static void a_mail_server_is_encrypted_or_named_and_has_a_sender(void **state)
{
    expect_part(state, "notify: { smtp_url = \"http://mail.example.com\"; from = \"a@b.c\"; };",
                "is no address of a mail server");
    expect_part(state, "notify: { smtp_url = \"smtps://mail.example.com\"; };",
                "notify.from: is missing");
    expect_part(state,
                "notify: { smtp_url = \"smtps://mail.example.com\"; from = \"a@b.c, d@e.f\"; };",
                "notify.from: is no mail address");
    expect_part(state,
                "notify: { smtp_url = \"smtps://u:secret@mail.example.com\"; from = \"a@b.c\"; };",
                "use user and password_file");
    expect_part(state, "notify: { smtp_url = \"smtps://mail\"; from = \"a@b.c\"; user = \"u\"; };",
                "go together");
    expect(state, "notify: { smtp_url = \"smtp://mail:587\"; from = \"a@b.c\"; };", "");
}

static void a_campaign_says_what_its_scope_means_and_when_it_starts(void **state)
{
    expect(state, "reviews: ( { name = \"a\"; scope = \"asset\"; } );",
           "test.conf:2: reviews.asset: is missing; scope \"asset\" needs it: the asset's id");
    expect(state, "reviews: ( { name = \"a\"; scope = \"privileged\"; person = \"P1\"; } );",
           "test.conf:2: reviews.person: means nothing with scope \"privileged\"; take it out");
    expect_part(state, "reviews: ( { name = \"a b\"; scope = \"external\"; } );",
                "reviews.name: \"a b\" is not allowed");
    expect_part(state,
                "reviews: ( { name = \"a\"; scope = \"external\"; }, { name = \"a\"; scope = "
                "\"privileged\"; } );",
                "reviews.name: \"a\" is used twice");
    expect_part(state, "reviews: ( { name = \"a\"; scope = \"everything\"; } );",
                "reviews.a.scope: \"everything\" is not known");
}

static void a_rule_that_names_no_day_is_refused(void **state)
{
#define EVERY(rest) "reviews: ( { name = \"a\"; scope = \"external\"; " rest "} );"
    expect(state, EVERY("every = \"FREQ=WEEKLY;BYDAY=FR\"; starts = \"2026-01-15\"; "), "");
    expect_part(state, EVERY("every = \"quarterly\"; "),
                "test.conf:2: reviews.every: \"quarterly\" is no recurrence rule by days, weeks, "
                "months or years; allowed: an RRULE of RFC 5545 such as ");
    expect_part(state, EVERY("every = \"FREQ=HOURLY\"; "), "\"FREQ=HOURLY\" is no recurrence rule");
    expect(state, EVERY("every = \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"; "),
           "test.conf:2: reviews.every: \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\" is a recurrence "
           "rule that names no day at all");
    expect_part(state, EVERY("every = \"FREQ=DAILY;UNTIL=20251231\"; starts = \"2026-01-15\"; "),
                "names no day at all");
    expect_part(state, EVERY("every = \"FREQ=DAILY\"; starts = \"2026-02-30\"; "),
                "reviews.starts: \"2026-02-30\" is no date");
    expect_part(state, EVERY("starts = \"2026-01-15\"; "), "means nothing without every");
#undef EVERY
}

static void what_the_web_cannot_work_with_is_said_at_once(void **state)
{
    expect(state, "web: { listen = \"0.0.0.0:80\"; base_url = \"https://a.example\"; };",
           "test.conf:2: web.listen: \"0.0.0.0:80\" is nothing to listen on; allowed: unix:/path, "
           "127.0.0.1:PORT, [::1]:PORT (a proxy in front does TLS)");
    expect_part(state, "web: { base_url = \"http://a.example\"; };",
                "web.base_url: \"http://a.example\" is no address of this service; allowed: "
                "https://host, https://host:port, or http:// of a loopback address");
    expect_part(state, "web: { base_url = \"https://a.example/x\"; };", "web.base_url");
    expect_part(state, "web: { base_url = \"https://a.example\"; sign_in = \"nobody\"; };",
                "web.sign_in: no directory source is called \"nobody\"");
    expect_part(state, "web: { listen = \"127.0.0.1:8080\"; };",
                "web.sign_in: a proxy is believed on a UNIX socket only");
    expect_part(state,
                "web: { base_url = \"https://a.example\"; proxy_header = \"Remote User\"; };",
                "web.proxy_header: \"Remote User\" is no name of a header");
}

static void a_syntax_error_has_its_line(void **state)
{
    expect_part(state, "a = ;", "test.conf:2: syntax error");
    expect_part(state, "due: { low_days = 1; low_days = 2; };",
                "test.conf:2: duplicate setting name");
    expect_part(state, "privileged = [\"a\n;",
                "test.conf:2: the text that begins here has no closing");
}

static void a_configuration_without_sources_is_refused(void **state)
{
    g_autofree char *none = fixture_problems(state, "");
    g_autofree char *empty = fixture_problems(state, "sources: ();");

    assert_non_null(strstr(none, "test.conf: sources: is missing"));
    assert_non_null(strstr(empty, "sources: is empty"));
}

static void two_sources_of_one_name_are_refused(void **state)
{
    g_autofree char *problems = fixture_problems(
        state,
        "sources: (\n { name = \"hr\"; kind = \"table\"; provides = \"people\"; path = \"a\"; },\n"
        " { name = \"HR\"; kind = \"table\"; provides = \"assets\"; path = \"b\"; } );");

    assert_string_equal(problems, "test.conf:3: sources: name \"HR\" is used twice, first at "
                                  "test.conf:2; every source needs its own");
}

static void a_source_name_is_one_word(void **state)
{
    expect_of_source(state,
                     "name = \"a:b\"; kind = \"table\"; provides = \"people\"; path = \"p\";",
                     "name \"a:b\" is not allowed");
    expect_of_source(state,
                     "name = \"ledger\"; kind = \"table\"; provides = \"people\"; path = \"p\";",
                     "is taken by the ledger itself");
}

static void a_kind_provides_only_what_it_can(void **state)
{
    expect_of_source(state,
                     "name = \"t\"; kind = \"table\"; provides = \"directory\"; path = \"p\";",
                     "test.conf:2: sources.t.provides: a source of kind table cannot provide "
                     "directory; allowed: people, assets");
    expect_of_source(
        state, "name = \"t\"; kind = \"table\"; provides = \"persons\"; path = \"p\";",
        "\"persons\" is not known; allowed: directory, people, assets, approvals, accounts");
}

static void a_missing_kind_is_said(void **state)
{
    expect_of_source(state, "name = \"t\"; provides = \"people\";", "sources.t.kind: is missing");
}

static void keys_of_a_map_are_checked(void **state)
{
    expect_of_source(
        state, TREE "attributes: { ownr = \"managedBy\"; };",
        "sources.corp.attributes.ownr: unknown key; allowed: mail, owner; did you mean "
        "\"owner\"?");
}

static void what_the_connector_objects_to_is_reported(void **state)
{
    expect_of_source(state,
                     "name = \"c\"; kind = \"tree\"; provides = \"directory\"; url = \"plain:x\";",
                     "test.conf:2: sources.c: plain: is never used with a password.");
}

static void an_unknown_time_zone_is_refused(void **state)
{
    expect_part(state, "organisation: { timezone = \"Europe/Berlim\"; };",
                "organisation.timezone: \"Europe/Berlim\" is no time zone");
}

static void a_store_of_another_kind_is_refused(void **state)
{
    expect_part(state, "store: { url = \"postgresql:dbname=x\"; };", "names no store");
    expect_part(state, "store: { url = \"mysql://me:secret@db/x\"; };", "\"…\" names no store");
    expect(state, "store: { url = \"postgresql://db/x?sslmode=verify-full\"; };", "");
    expect(state, "store: { url = \"postgres:///ledger\"; };", "");
    expect_part(state, "store: { url = \"/var/lib/x.db\"; };", "names no store");
    expect_part(state, "store: { url = \"sqlite://x.db\"; };", "two slashes");
    expect(state, "store: { url = \"sqlite:x.db\"; };", "");
}

static void rules_that_fit_everything_are_refused(void **state)
{
    expect_part(state, "account_classes: ( { class = \"service\"; } );", "no condition is given");
    expect_part(state, "entitlements: ( { group = \"g\"; allowed: ( { } ); } );",
                "entitlements.allowed: no condition is given");
    expect_part(state, "account_classes: ( { class = \"service\"; source = \"hrr\"; } );",
                "no source is named \"hrr\"");
    expect_part(state,
                "segregation: ( { id = \"x\"; a = [\"g\"]; b = [\"h\"]; },\n"
                "{ id = \"x\"; a = [\"i\"]; b = [\"j\"]; } );",
                "test.conf:3: segregation.id: \"x\" is used twice");
    expect_part(state, "segregation: ( { id = \"x\"; a = []; b = [\"h\"]; } );",
                "segregation.x.a: is empty");
}

#define SUPPRESSION(middle, until)                                                                 \
    "suppressions: ( { control = \"sleepy-account\"; " middle " reason = \"r\"; author = \"P1\"; " \
    "until = \"" until "\"; } );"

static void a_rule_that_accepts_needs_an_end_and_something_it_is_about(void **state)
{
    expect(state, SUPPRESSION("account = \"svc-*\";", "2026-12-31"), "");
    expect_part(state, SUPPRESSION("", "2026-12-31"), "suppressions: no condition is given");
    expect_part(state, SUPPRESSION("source = \"*\";", "2026-02-30"),
                "suppressions.until: \"2026-02-30\" is no date");
    expect_part(state, SUPPRESSION("source = \"*\";", "2026"), "is no date");
    expect_part(state, "suppressions: ( { control = \"sleepy-acount\"; account = \"x\"; } );",
                "did you mean \"sleepy-account\"?");
    expect_part(state, "suppressions: ( { control = \"sleepy-account\"; account = \"x\"; } );",
                "until: is missing");
    expect_part(state, "suppressions: ( { control = \"sleepy-account\"; account = \"x\"; } );",
                "author: is missing");
}

static void a_missing_secret_is_refused(void **state)
{
    expect_of_source(state, TREE "password_file = \"nothing\";",
                     "nothing: No such file or directory");
    expect_of_source(state, TREE "ca_file = \"ca.pem\";", "ca.pem: No such file or directory");
}

static void a_secret_that_everybody_can_read_is_refused(void **state)
{
    g_autofree char *path = fixture_write(state, "secret", "hunter2\n");

    assert_int_equal(g_chmod(path, 0644), 0);
    expect_of_source(state, TREE "password_file = \"secret\";",
                     "sources.corp.password_file: secret can be read by everybody (mode 0644)");
    assert_int_equal(g_chmod(path, 0640), 0);
    g_autofree char *problems =
        fixture_problems(state, "sources: ( { " TREE "password_file = \"secret\"; } );");
    assert_string_equal(problems, "");
}

static void an_empty_secret_is_refused(void **state)
{
    g_autofree char *path = fixture_write(state, "secret", "");
    assert_int_equal(g_chmod(path, 0600), 0);

    expect_of_source(state, TREE "password_file = \"secret\";", "secret is empty");
}

static void a_problem_in_an_included_file_names_that_file(void **state)
{
    fixture_add(state, "more.inc", "\nguards: { fil_percent = 5; };\n");

    expect_part(state, "@include \"more.inc\"\n", "more.inc:2: guards.fil_percent: unknown key");
}

static void an_include_that_is_no_file_is_refused_at_its_line(void **state)
{
    g_autofree char *folder = g_build_filename(*state, "folder", NULL);
    g_autofree char *pipe = g_build_filename(*state, "pipe", NULL);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);

    expect(state, "@include \"none.inc\"\n",
           "test.conf:2: none.inc cannot be read: No such file or directory");
    expect(state, "\n@include \"folder\"\n", "test.conf:3: folder is no regular file");
    expect(state, "@include \"pipe\"\n", "test.conf:2: pipe is no regular file");
    expect_part(state, "@include \"test.conf\"\n", "does a file include itself?");
    (void)g_rmdir(folder);
}

static void a_missing_configuration_file_is_a_problem(void **state)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);

    assert_null(settings_load("/nonexistent/rightful.conf", &fixture_catalogue, problems, NULL));
    assert_int_equal(problems->len, 1);
    assert_string_equal(problems->pdata[0],
                        "/nonexistent/rightful.conf: /nonexistent/rightful.conf "
                        "cannot be read: No such file or directory");
}

static void a_byte_order_mark_is_named(void **state)
{
    g_autofree char *problems = fixture_problems(state, "\xEF\xBB\xBF" ONE_SOURCE);

    assert_non_null(strstr(problems, "byte order mark"));
}

static void text_that_is_no_utf8_is_refused(void **state)
{
    expect_part(state, "organisation: { name = \"M\xFCller\"; };", "is not valid UTF-8");
    expect_part(state, "profile = \"\xFF\x1b[31m\";", "is not valid UTF-8");
}

static void what_is_quoted_from_the_file_cannot_trick_a_terminal(void **state)
{
    g_autofree char *problems = fixture_problems_with_source(state, "profile = \"\x1b[2Jx\";");

    assert_null(strchr(problems, '\x1b'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_key_names_the_nearest),
        TEST(all_problems_are_reported_at_once),
        TEST(a_wrong_type_is_never_converted),
        TEST(percentages_of_0_and_100_are_refused),
        TEST(a_number_that_libconfig_would_cut_is_refused),
        TEST(digits_in_texts_comments_and_names_are_no_numbers),
        TEST(a_mail_server_is_encrypted_or_named_and_has_a_sender),
        TEST(a_campaign_says_what_its_scope_means_and_when_it_starts),
        TEST(a_rule_that_names_no_day_is_refused),
        TEST(what_the_web_cannot_work_with_is_said_at_once),
        TEST(a_syntax_error_has_its_line),
        TEST(a_configuration_without_sources_is_refused),
        TEST(two_sources_of_one_name_are_refused),
        TEST(a_source_name_is_one_word),
        TEST(a_kind_provides_only_what_it_can),
        TEST(a_missing_kind_is_said),
        TEST(keys_of_a_map_are_checked),
        TEST(what_the_connector_objects_to_is_reported),
        TEST(an_unknown_time_zone_is_refused),
        TEST(a_store_of_another_kind_is_refused),
        TEST(rules_that_fit_everything_are_refused),
        TEST(a_rule_that_accepts_needs_an_end_and_something_it_is_about),
        TEST(a_missing_secret_is_refused),
        TEST(a_secret_that_everybody_can_read_is_refused),
        TEST(an_empty_secret_is_refused),
        TEST(a_problem_in_an_included_file_names_that_file),
        TEST(an_include_that_is_no_file_is_refused_at_its_line),
        TEST(a_missing_configuration_file_is_a_problem),
        TEST(a_byte_order_mark_is_named),
        TEST(text_that_is_no_utf8_is_refused),
        TEST(what_is_quoted_from_the_file_cannot_trick_a_terminal),
    };
    return cmocka_run_group_tests_name("settings/problems", tests, NULL, NULL);
}
