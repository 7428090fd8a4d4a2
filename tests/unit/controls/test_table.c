#include "fixture.h"

#include <jansson.h>
#include <string.h>

/* ---- the table ---- */

static void every_control_is_complete(void **state)
{
    (void)state;
    assert_true(n_controls >= 26);
    for (size_t i = 0; i < n_controls; i++) {
        const Control *control = control_table[i];
        assert_ptr_equal(control_find(control->id), control);
        assert_true(g_ascii_isupper(control->title[0]));
        assert_false(g_str_has_suffix(control->title, "."));
        assert_non_null(control->evaluate);
        assert_non_null(control->describe);
        assert_non_null(control->references.iso_2013);
        assert_non_null(control->references.iso_2022);
        for (const Threshold *t = control->thresholds; t != NULL && t->name != NULL; t++)
            assert_true(g_str_has_suffix(t->help, "."));
    }
    assert_null(control_find("no-such-control"));
}

static void every_reference_is_separated_by_one_space(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_controls; i++) {
        const References *r = &control_table[i]->references;
        const char *const all[] = {r->iso_2013, r->iso_2022, r->nist, r->pci, r->soc2, r->other};
        for (size_t k = 0; k < G_N_ELEMENTS(all); k++)
            assert_true(all[k] == NULL || (*all[k] != '\0' && strstr(all[k], "  ") == NULL));
    }
}

/* ---- settings and thresholds ---- */

static int64_t limit(Case *c, const char *id, const char *threshold)
{
    judge(c);
    return control_limit(c->settings, control_find(id), threshold);
}

static const char *thresholds(Case *c, const char *id)
{
    judge(c);
    char *text = control_thresholds_json(c->settings, control_find(id));
    g_ptr_array_add(c->answers, text);
    return text;
}

static void limits_are_those_of_iso27001_at_first(void **state)
{
    Case *c = *state;
    assert_string_equal(thresholds(c, "leaver-active"), "{\"hours\": 24, \"privileged_hours\": 4}");
    assert_string_equal(thresholds(c, "leaver-rights"), "{\"days\": 30, \"privileged_hours\": 24}");
    assert_string_equal(thresholds(c, "dormant-account"),
                        "{\"days\": 90, \"privileged_days\": 30}");
    assert_string_equal(thresholds(c, "account-never-used"), "{\"days\": 30}");
    assert_string_equal(thresholds(c, "contractor-expired"), "{\"days\": 0}");
    assert_string_equal(thresholds(c, "review-overdue"),
                        "{\"privileged_days\": 90, \"days\": 180, \"low_days\": 365}");
    assert_string_equal(thresholds(c, "asset-not-returned"), "{\"days\": 1, \"high_days\": 7}");
    assert_string_equal(thresholds(c, "computer-unregistered"), "{\"days\": 7}");
    assert_string_equal(thresholds(c, "asset-ghost"), "{\"days\": 90}");
    assert_string_equal(thresholds(c, "orphaned-account"), "{}");
    assert_string_equal(thresholds(c, "privileged-too-many"), "{\"percent\": 10, \"members\": 50}");
    assert_string_equal(thresholds(c, "source-rows-rejected"), "{\"rows\": 1}");
    assert_string_equal(
        thresholds(c, "source-stale"),
        "{\"directory_hours\": 24, \"people_days\": 7, \"assets_days\": 7, \"approvals_days\": 7}");
}

static void strictest_of_several_profiles_wins(void **state)
{
    Case *c = *state;
    c->config = "profile = \"fedramp-high\";";
    assert_int_equal(limit(c, "dormant-account", "days"), DAYS(35));
    assert_int_equal(limit(c, "review-overdue", "privileged_days"), DAYS(30));
    assert_int_equal(limit(c, "asset-ghost", "days"), DAYS(90));
    c->config = "profile = \"dora\";";
    assert_int_equal(limit(c, "review-overdue", "days"), DAYS(365));
    c->config = "profile = [\"dora\", \"pci\"];";
    assert_int_equal(limit(c, "review-overdue", "days"), DAYS(180));
    assert_int_equal(limit(c, "leaver-active", "hours"), 0);
    c->config = "profile = \"fedramp-moderate\";";
    assert_int_equal(limit(c, "leaver-active", "hours"), HOURS(4));
}

/* Every figure of the catalogue's paragraph about profiles; `of`: who sets it there. */
static void every_profile_sets_the_limits_of_the_catalogue(void **state)
{
    Case *c = *state;
    const struct {
        const char *profile, *control, *threshold;
        int64_t seconds;
        const char *of;
    } rows[] = {
        {"iso27001", "leaver-active", "hours", HOURS(24), "iso27001"},
        {"iso27001", "mover-rights", "days", DAYS(30), "iso27001"},
        {"pci", "review-overdue", "privileged_days", DAYS(180), "pci"},
        {"pci", "review-overdue", "days", DAYS(180), "pci"},
        {"pci", "review-overdue", "low_days", DAYS(180), "pci"},
        {"pci", "dormant-account", "days", DAYS(90), "pci"},
        {"pci", "dormant-account", "privileged_days", DAYS(30), "iso27001"},
        {"pci", "leaver-active", "hours", 0, "pci"},
        {"pci", "leaver-active", "privileged_hours", 0, "pci"},
        {"pci", "leaver-late", "hours", 0, "pci"},
        {"pci", "mover-rights", "days", DAYS(30), "iso27001"},
        {"fedramp-moderate", "leaver-active", "hours", HOURS(4), "fedramp-moderate"},
        {"fedramp-moderate", "leaver-active", "privileged_hours", HOURS(4), "fedramp-moderate"},
        {"fedramp-moderate", "leaver-late", "hours", HOURS(4), "fedramp-moderate"},
        {"fedramp-moderate", "mover-rights", "days", HOURS(24), "fedramp-moderate"},
        {"fedramp-moderate", "dormant-account", "days", DAYS(90), "fedramp-moderate"},
        {"fedramp-moderate", "review-overdue", "privileged_days", DAYS(90), "fedramp-moderate"},
        {"fedramp-moderate", "review-overdue", "days", DAYS(365), "fedramp-moderate"},
        {"fedramp-moderate", "review-overdue", "low_days", DAYS(365), "fedramp-moderate"},
        {"fedramp-moderate", "account-expired-enabled", "days", HOURS(96), "fedramp-moderate"},
        {"fedramp-high", "review-overdue", "privileged_days", DAYS(30), "fedramp-high"},
        {"fedramp-high", "review-overdue", "days", DAYS(180), "fedramp-high"},
        {"fedramp-high", "review-overdue", "low_days", DAYS(180), "fedramp-high"},
        {"fedramp-high", "dormant-account", "days", DAYS(35), "fedramp-high"},
        {"fedramp-high", "leaver-active", "hours", HOURS(24), "iso27001"},
        {"fedramp-high", "account-expired-enabled", "days", HOURS(24), "fedramp-high"},
        {"dora", "review-overdue", "privileged_days", DAYS(180), "dora"},
        {"dora", "review-overdue", "days", DAYS(365), "dora"},
        {"dora", "review-overdue", "low_days", DAYS(365), "dora"},
        {"dora", "dormant-account", "days", DAYS(90), "iso27001"},
        {"soc2", "review-overdue", "privileged_days", DAYS(90), "soc2"},
        {"soc2", "review-overdue", "days", DAYS(180), "soc2"},
        {"soc2", "review-overdue", "low_days", DAYS(180), "soc2"},
        {"soc2", "leaver-active", "hours", HOURS(24), "soc2"},
        {"soc2", "leaver-late", "hours", HOURS(24), "soc2"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Control *control = control_find(rows[i].control);
        assert_non_null(control);
        g_autofree char *config = g_strdup_printf("profile = \"%s\";", rows[i].profile);
        g_autofree char *expected =
            g_strdup_printf("\"%s\": \"%s\"", rows[i].threshold, rows[i].of);
        c->config = config;
        assert_int_equal(limit(c, rows[i].control, rows[i].threshold), rows[i].seconds);
        g_autofree char *set_by = control_set_by_json(c->settings, control);
        assert_non_null(strstr(set_by, expected));
        c->config = "";
    }
}

static const char *set_by(Case *c, const char *id, const char *config)
{
    c->config = config;
    judge(c);
    char *text = control_set_by_json(c->settings, control_find(id));
    g_ptr_array_add(c->answers, text);
    return text;
}

static void it_is_said_who_set_each_limit(void **state)
{
    Case *c = *state;
    assert_string_equal(set_by(c, "leaver-active", ""),
                        "{\"hours\": \"iso27001\", \"privileged_hours\": \"iso27001\"}");
    assert_string_equal(
        set_by(c, "review-overdue", "profile = [\"dora\", \"pci\", \"soc2\"];"),
        "{\"privileged_days\": \"soc2\", \"days\": \"pci, soc2\", \"low_days\": \"pci, soc2\"}");
    assert_string_equal(set_by(c, "asset-ghost", "profile = [\"dora\", \"pci\"];"),
                        "{\"days\": \"iso27001\"}");
    assert_string_equal(
        set_by(c, "dormant-account",
               "profile = \"fedramp-high\"; controls: { dormant-account: { hours = 240; }; };"),
        "{\"hours\": \"configuration\", \"privileged_hours\": \"configuration\"}");
    assert_string_equal(set_by(c, "orphaned-account", ""), "{}");
    assert_string_equal(set_by(c, "source-stale", "freshness: { people_days = 3; };"),
                        "{\"directory_hours\": \"default\", \"people_days\": \"configuration\", "
                        "\"assets_days\": \"default\", \"approvals_days\": \"default\"}");
}

static void configuration_goes_before_the_profile_in_either_unit(void **state)
{
    Case *c = *state;
    c->config = "profile = \"pci\"; controls: { leaver-active: { days = 2; }; leaver-rights: { "
                "hours = 12; }; };";
    assert_int_equal(limit(c, "leaver-active", "hours"), DAYS(2));
    assert_int_equal(limit(c, "leaver-rights", "days"), HOURS(12));
    assert_string_equal(thresholds(c, "leaver-active"), "{\"days\": 2, \"privileged_hours\": 0}");
    assert_string_equal(thresholds(c, "leaver-rights"),
                        "{\"hours\": 12, \"privileged_hours\": 12}");
}

static void privileged_limit_is_never_longer_than_a_tightened_one(void **state)
{
    Case *c = *state;
    c->config = "controls: { dormant-account: { days = 10; }; };";
    assert_int_equal(limit(c, "dormant-account", "privileged_days"), DAYS(10));
    c->config = "controls: { dormant-account: { days = 10; privileged_days = 20; }; };";
    assert_int_equal(limit(c, "dormant-account", "privileged_days"), DAYS(20));
}

static void severity_can_be_set_and_still_rises(void **state)
{
    Case *c = *state;
    uint32_t a = account(c, "ann", NULL), b = account(c, "bob", NULL);
    c->snapshot->accounts.last_logon_utc[a] = c->snapshot->accounts.last_logon_utc[b] =
        AS_OF - DAYS(300);
    in_group(c, a, group(c, "admins"));
    c->config =
        "privileged = [\"admins\"]; controls: { dormant-account: { severity = \"low\"; }; };";
    assert_found(c, "dormant-account", "ann medium, bob low");
}

static void control_that_is_off_finds_and_says_nothing(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.last_logon_utc[account(c, "ann", NULL)] = AS_OF - DAYS(300);
    c->config = "controls: { dormant-account: { enabled = false; }; };";
    assert_found(c, "dormant-account", "");
    bool seen = false;
    for (guint i = 0; i < c->set->controls->len; i++) {
        if (strcmp(c->set->controls->pdata[i], "dormant-account") != 0)
            continue;
        seen = true;
        assert_false(c->set->is_judged[i]);
    }
    assert_true(seen);
}

/* ---- identity and facts ---- */

static void identity_is_of_keys_and_not_of_names(void **state)
{
    Case *c = *state;
    c->snapshot->accounts.last_logon_utc[account(c, "ann", NULL)] = AS_OF - DAYS(300);
    Finding before = *only_finding(c, "dormant-account");
    set_text(c, &c->snapshot->accounts.name[0], "anna");
    set_text(c, &c->snapshot->accounts.dn[0], "uid=anna,dc=example,dc=com");
    judge(c);
    Finding after = *only_finding(c, "dormant-account");
    assert_memory_equal(before.identity, after.identity, 16);
    assert_int_not_equal(before.facts, after.facts);
    set_text(c, &c->snapshot->accounts.key[0], "another");
    judge(c);
    assert_memory_not_equal(before.identity, only_finding(c, "dormant-account")->identity, 16);
}

static void facts_do_not_change_with_the_passing_of_time(void **state)
{
    Case *c = *state;
    left(c, person(c, "1", "Ann"), DAYS(20));
    account(c, "ann", "1");
    Finding before = *only_finding(c, "leaver-active");
    g_autofree char *summary = g_strdup(text_of_finding(c, "leaver-active")->summary);
    c->as_of_utc += DAYS(1);
    judge(c);
    assert_int_equal(before.facts, only_finding(c, "leaver-active")->facts);
    assert_string_equal(summary, text_of_finding(c, "leaver-active")->summary);
}

static void facts_change_with_the_way_to_the_right(void **state)
{
    Case *c = *state;
    uint32_t ann = account(c, "ann", NULL), ops = group(c, "ops"), admins = group(c, "admins");
    in_group(c, ann, ops);
    nest(c, ops, admins);
    c->config = "privileged = [\"admins\"];";
    Finding before = *only_finding(c, "privileged-nested");
    set_text(c, &c->snapshot->groups.key[ops], "g-renewed");
    set_text(c, &c->snapshot->groups.name[ops], "operations");
    judge(c);
    Finding after = *only_finding(c, "privileged-nested");
    assert_memory_equal(before.identity, after.identity, 16);
    assert_int_not_equal(before.facts, after.facts);
}

static void unjudged_subject_is_the_subject_of_its_exception(void **state)
{
    Case *c = *state;
    account(c, "ann", NULL);
    c->snapshot->accounts.enabled[0] = STATE_UNKNOWN;
    judge(c);
    uint8_t expected[16];
    finding_identity("dormant-account", SUBJECT_ACCOUNT, "corp", "a-ann", SUBJECT_NONE, NULL, NULL,
                     expected);
    bool seen = false;
    for (guint i = 0; i < c->set->unjudged->len; i++) {
        const Unjudged *row = &g_array_index(c->set->unjudged, Unjudged, i);
        if (row->scope == UNJUDGED_SUBJECT && memcmp(row->identity, expected, 16) == 0)
            seen = true;
    }
    assert_true(seen);
}

static void elapsed_time_is_put_in_when_shown(void **state)
{
    (void)state;
    const struct {
        int64_t seconds;
        const char *shown;
    } rows[] = {{0, "0 minutes"},        {60, "1 minute"},      {HOURS(1), "1 hour"},
                {HOURS(47), "47 hours"}, {HOURS(48), "2 days"}, {DAYS(400), "400 days"},
                {-5, "0 minutes"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *marked =
            g_strdup_printf("since \x1e%" G_GINT64_FORMAT "\x1e.", AS_OF - rows[i].seconds);
        g_autofree char *shown = finding_summary_at(marked, AS_OF);
        g_autofree char *expected = g_strdup_printf("since %s.", rows[i].shown);
        assert_string_equal(shown, expected);
    }
    g_autofree char *plain = finding_summary_at("one \x1e mark", AS_OF);
    assert_string_equal(plain, "one \x1e mark");
}

/* ---- governed groups ---- */

static void names_that_fit_several_or_no_groups_are_said(void **state)
{
    Case *c = *state;
    group(c, "admins");
    uint32_t second = group(c, "other");
    set_text(c, &c->snapshot->groups.cn[second], "Admins");
    uint32_t a = world_asset(c->world, "A1");
    world_access_group(c->world, a, "no such group");
    c->config = "privileged = [\"ADMINS\"]; segregation: ( { id = \"r\"; a = [\"gone\"]; b = "
                "[\"admins\"]; } );";
    judge(c);
    assert_true(bitset_has(&c->governed->privileged, 0));
    assert_true(bitset_has(&c->governed->privileged, second));
    assert_true(bitset_has(&c->governed->any, second));
    assert_int_equal(c->governed->ambiguous->len, 2);
    assert_int_equal(c->governed->unresolved->len, 1);
    assert_non_null(strstr(c->governed->unresolved->pdata[0],
                           "segregation.a of r: no group is called \"gone\""));
    assert_int_equal(c->governed->unresolved_rows->len, 1);
    assert_string_equal(c->governed->unresolved_rows->pdata[0],
                        "assets: access_groups: no group is called \"no such group\" (A1)");
}

static void tables_get_one_sentence_however_many_names_fit_nothing(void **state)
{
    Case *c = *state;
    for (int i = 0; i < 25; i++) {
        g_autofree char *name = g_strdup_printf("group-%02d", i);
        world_approval(c->world, "T-1", name);
        world_approval(c->world, "T-2", name);
    }
    judge(c);
    assert_int_equal(c->governed->unresolved->len, 0);
    assert_int_equal(c->governed->unresolved_rows->len, 1);
    const char *said = c->governed->unresolved_rows->pdata[0];
    assert_true(g_str_has_prefix(said, "tickets: group: no group is called \"group-00\" (T-1), "));
    assert_true(g_str_has_suffix(said, "\"group-19\" (T-1) and 5 more"));
}

static void names_are_not_called_wrong_while_a_directory_is_missing(void **state)
{
    Case *c = *state;
    c->snapshot->sources[0].status = SOURCE_INCOMPLETE;
    c->config = "privileged = [\"admins\"];";
    judge(c);
    assert_true(c->governed->is_partial);
    assert_string_equal(
        c->governed->unresolved->pdata[0],
        "privileged: no group of the directories that were read whole is called \"admins\"");
}

static void class_of_an_unknown_group_is_said_by_controls_that_rest_on_classes(void **state)
{
    Case *c = *state;
    group(c, "admins");
    account(c, "ann", NULL);
    person(c, "1", "Bob");
    c->config = "account_classes: ( { class = \"shared\"; member_of = \"gone\"; } );";
    const char *said = unjudged(c, "orphaned-account");
    assert_non_null(strstr(said, "account_classes.member_of: no group is called \"gone\""));
    assert_found(c, "orphaned-account", "ann high");
    assert_null(strstr(unjudged(c, "segregation-conflict"), "gone"));
}

static void built_in_privileged_groups_are_known_by_rid(void **state)
{
    Case *c = *state;
    const char *const privileged[] = {
        "S-1-5-21-1-2-3-512", "S-1-5-21-1-2-3-518", "S-1-5-21-1-2-3-519", "S-1-5-21-1-2-3-520",
        "S-1-5-21-1-2-3-526", "S-1-5-21-9-9-9-527", "S-1-5-32-544",       "S-1-5-32-548",
        "S-1-5-32-549",       "S-1-5-32-550",       "S-1-5-32-551",       "S-1-5-32-552"};
    const char *const others[] = {"S-1-5-21-1-2-3-513", "S-1-5-32-545",        "S-1-5-21-1-2-3-544",
                                  "S-1-5-32-512",       "S-1-5-21-1-2-3-5120", "512",
                                  "S-1-5-32-"};
    uint32_t first_other = G_N_ELEMENTS(privileged);
    for (size_t i = 0; i < G_N_ELEMENTS(privileged); i++)
        set_text(c, &c->snapshot->groups.sid[group(c, privileged[i])], privileged[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        set_text(c, &c->snapshot->groups.sid[group(c, others[i])], others[i]);
    judge(c);
    for (uint32_t i = 0; i < c->snapshot->groups.n; i++)
        assert_int_equal(bitset_has(&c->governed->privileged, i), i < first_other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_control_is_complete),
        cmocka_unit_test(every_reference_is_separated_by_one_space),
        case_test(limits_are_those_of_iso27001_at_first),
        case_test(strictest_of_several_profiles_wins),
        case_test(every_profile_sets_the_limits_of_the_catalogue),
        case_test(it_is_said_who_set_each_limit),
        case_test(configuration_goes_before_the_profile_in_either_unit),
        case_test(privileged_limit_is_never_longer_than_a_tightened_one),
        case_test(severity_can_be_set_and_still_rises),
        case_test(control_that_is_off_finds_and_says_nothing),
        case_test(identity_is_of_keys_and_not_of_names),
        case_test(facts_do_not_change_with_the_passing_of_time),
        case_test(facts_change_with_the_way_to_the_right),
        case_test(unjudged_subject_is_the_subject_of_its_exception),
        cmocka_unit_test(elapsed_time_is_put_in_when_shown),
        case_test(names_that_fit_several_or_no_groups_are_said),
        case_test(tables_get_one_sentence_however_many_names_fit_nothing),
        case_test(names_are_not_called_wrong_while_a_directory_is_missing),
        case_test(class_of_an_unknown_group_is_said_by_controls_that_rest_on_classes),
        case_test(built_in_privileged_groups_are_known_by_rid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
