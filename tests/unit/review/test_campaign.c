/* Campaigns of the configuration: what they are called, and when they are due. */
#include "unit/settings/fixture.h"

#include "review/campaign.h"

static Campaign load(void **state, const char *rest, Settings **ret_settings)
{
    g_autofree char *text =
        g_strdup_printf(ONE_SOURCE "organisation: { timezone = \"Europe/Berlin\"; };\n"
                                   "reviews: ( { name = \"a\"; %s } );",
                        rest);
    *ret_settings = fixture_load(state, text);
    return campaign_at(*ret_settings, 0);
}

static int32_t day(const char *text)
{
    int32_t found = DAY_NONE;
    if (text != NULL)
        assert_true(day_parse(text_of(text), NULL, &found));
    return found;
}

static void assert_due(const Campaign *campaign, const char *last, const char *first_run,
                       const char *today, const char *expected)
{
    g_autofree char *found =
        day_to_text(campaign_due(campaign, day(last), day(first_run), day(today)));
    assert_string_equal(found != NULL ? found : "not", expected);
}

static void a_title_says_the_scope_in_plain_words(void **state)
{
    static const char *const cases[][2] = {
        {"scope = \"privileged\";", "Privileged rights"},
        {"scope = \"entitlement\"; entitlement = \"fin-payments\";", "Rights in fin-payments"},
        {"scope = \"asset\"; asset = \"APP-7\";", "Access to the asset APP-7"},
        {"scope = \"owner\"; person = \"P1\";", "Rights in the groups of P1"},
        {"scope = \"manager\"; person = \"P1\";", "Rights of the people of P1"},
        {"scope = \"service-accounts\";", "Rights of service accounts"},
        {"scope = \"external\";", "Rights of external people"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Settings) settings = NULL;
        Campaign campaign = load(state, cases[i][0], &settings);
        g_autofree char *title = campaign_title(&campaign, NULL);
        assert_string_equal(title, cases[i][1]);
    }
}

/* The first of heads, as the manager P1 reads it. */
static void assert_heading(const char *heads, const char *expected)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Berlin");
    json_t *list = json_loads(heads, 0, NULL);

    assert_non_null(list);
    g_autofree char *heading = campaign_heading_among(json_array_get(list, 0), list, "P1", zone);
    assert_string_equal(heading, expected);
    json_decref(list);
}

#define HEAD(id, target, open)                                                                     \
    "{\"id\": \"" id "\", \"title\": \"Rights of the people of " target "\", \"open\": " open      \
    ", \"started\": \"2026-11-21T23:30:00Z\", \"scope\": {\"scope\": \"manager\", \"target\": "    \
    "\"" target "\"}}"

static void a_heading_tells_campaigns_of_one_name_apart(void **state)
{
    (void)state;
    assert_heading("[" HEAD("RV-000002", "P1", "3") "]", "Rights of your people");
    assert_heading("[" HEAD("RV-000002", "P2", "3") "]", "Rights of the people of P2");
    assert_heading("[" HEAD("RV-000002", "P1", "3") "," HEAD("RV-000004", "P1", "1") "]",
                   "Rights of your people (RV-000002, started on 22 November 2026)");
    assert_heading("[" HEAD("RV-000002", "P1", "3") "," HEAD("RV-000004", "P2", "1") "]",
                   "Rights of your people");
    assert_heading("[" HEAD("RV-000002", "P1", "3") "," HEAD("RV-000001", "P1", "0") "]",
                   "Rights of your people"); /* the other one is done */
}

static void what_is_not_said_has_its_default(void **state)
{
    g_autoptr(Settings) settings = NULL;
    Campaign campaign = load(state, "scope = \"privileged\";", &settings), found;

    assert_string_equal(campaign.reviewer, "manager");
    assert_int_equal(campaign.due_days, 14);
    assert_null(campaign.fallback);
    assert_null(campaign.every);
    assert_true(campaign_find(settings, "a", &found));
    assert_false(campaign_find(settings, "b", &found));
    assert_due(&campaign, NULL, "2020-01-01", "2026-03-17", "not");
}

static void a_campaign_is_due_once_a_date_however_many_nights_were_missed(void **state)
{
    g_autoptr(Settings) settings = NULL;
    Campaign campaign =
        load(state, "scope = \"privileged\"; every = \"FREQ=MONTHLY;INTERVAL=3\";", &settings);

    assert_due(&campaign, "2026-01-01", "2025-06-01", "2026-03-31", "not");
    assert_due(&campaign, "2026-01-01", "2025-06-01", "2026-04-01", "2026-04-01");
    assert_due(&campaign, "2026-01-01", "2025-06-01", "2026-04-09", "2026-04-01");
    assert_due(&campaign, "2026-04-09", "2025-06-01", "2026-06-30", "not");
    assert_due(&campaign, "2025-01-01", "2025-01-01", "2026-12-31", "2026-10-01");
}

static void a_campaign_that_never_was_waits_for_the_first_date_after_the_first_run(void **state)
{
    g_autoptr(Settings) settings = NULL;
    Campaign campaign =
        load(state, "scope = \"privileged\"; every = \"FREQ=MONTHLY;INTERVAL=3\";", &settings);

    assert_due(&campaign, NULL, NULL, "2026-04-01", "not");
    assert_due(&campaign, NULL, "2026-03-17", "2026-03-31", "not");
    assert_due(&campaign, NULL, "2026-03-17", "2026-04-02", "2026-04-01");
}

static void a_start_that_is_said_holds_from_the_first_run_on(void **state)
{
    g_autoptr(Settings) settings = NULL;
    Campaign campaign = load(state,
                             "scope = \"privileged\"; every = \"FREQ=MONTHLY;INTERVAL=3\"; starts "
                             "= \"2026-03-10\";",
                             &settings);

    assert_due(&campaign, NULL, NULL, "2026-03-09", "not");
    assert_due(&campaign, NULL, NULL, "2026-03-17", "2026-03-10");
    assert_due(&campaign, "2026-03-17", "2026-03-17", "2026-06-09", "not");
    assert_due(&campaign, "2026-03-17", "2026-03-17", "2026-06-10", "2026-06-10");
}

/* The clock is put forward on 29 March 2026. */
static void the_deadline_is_the_end_of_a_day_in_the_zone(void **state)
{
    g_autoptr(Settings) settings = NULL;
    Campaign campaign = load(state, "scope = \"privileged\"; due_days = 14;", &settings);
    int64_t started;
    assert_true(time_parse(text_of("2026-03-17T23:30:00Z"), NULL, &started));

    g_autofree char *due = time_to_text(campaign_deadline(&campaign, started, settings->timezone));
    assert_string_equal(due, "2026-04-01T22:00:00Z");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_title_says_the_scope_in_plain_words),
        TEST(a_heading_tells_campaigns_of_one_name_apart),
        TEST(what_is_not_said_has_its_default),
        TEST(a_campaign_is_due_once_a_date_however_many_nights_were_missed),
        TEST(a_campaign_that_never_was_waits_for_the_first_date_after_the_first_run),
        TEST(a_start_that_is_said_holds_from_the_first_run_on),
        TEST(the_deadline_is_the_end_of_a_day_in_the_zone),
    };
    return cmocka_run_group_tests_name("review/campaign", tests, NULL, NULL);
}
