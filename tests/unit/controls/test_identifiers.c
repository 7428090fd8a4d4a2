#include "fixture.h"

#include <string.h>

/* A name or address that was John's until so long ago. */
static void former(Case *c, IdentifierKind kind, const char *value, int64_t ago)
{
    FormerIdentifier row = {.kind = kind,
                            .value = g_strdup(value),
                            .source = g_strdup("corp"),
                            .account_key = g_strdup("a-old"),
                            .person_id = g_strdup("00017"),
                            .person_name = g_strdup("John Doe"),
                            .last_seen_utc = AS_OF - ago};
    if (c->memory == NULL) {
        c->memory = memory_new(3);
        for (int i = 0; i < 3; i++)
            c->memory->source_known_utc[i] = c->memory->source_since_utc[i] = AS_OF - DAYS(500);
    }
    g_array_append_val(c->memory->former, row);
}

static uint32_t jane(Case *c)
{
    person(c, "00042", "Jane Doe");
    return account(c, "JDoe", "00042");
}

static void name_of_a_former_account_that_is_anothers_now_is_an_exception(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(200));
    jane(c);
    assert_found(c, "identifier-reused", "JDoe medium");
    assert_unjudged(c, "identifier-reused", "");
    const FindingText *text = text_of_finding(c, "identifier-reused");
    assert_string_equal(text->summary, "The name JDoe, which belongs to Jane Doe now, was that of "
                                       "John Doe until 2025-08-29 (UTC).");
    assert_non_null(strstr(text->evidence, "\"person_id\":\"00017\""));
}

static void it_is_told_for_a_year(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(365));
    jane(c);
    assert_found(c, "identifier-reused", "JDoe medium");
    c->as_of_utc += 1;
    judge(c);
    assert_found(c, "identifier-reused", "");
    c->config = "controls: { identifier-reused: { days = 366; }; };";
    judge(c);
    assert_found(c, "identifier-reused", "JDoe medium");
}

static void disabled_account_with_anothers_name_is_a_subject(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(20));
    c->snapshot->accounts.enabled[jane(c)] = STATE_NO;
    assert_found(c, "identifier-reused", "JDoe medium");
}

static void the_same_person_may_have_it_again(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(20));
    uint32_t john = person(c, "20017", "John Doe");
    world_previous_id(c->world, john, "00017");
    account(c, "jdoe", "20017");
    assert_found(c, "identifier-reused", "");
    assert_unjudged(c, "identifier-reused", "");
}

static void names_are_those_of_a_source_addresses_are_everywhere_the_same(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(20));
    former(c, IDENTIFIER_MAIL, "müller@example.com", DAYS(20));
    former(c, IDENTIFIER_UPN, "jdoe@corp", DAYS(20));
    uint8_t lab = world_source(c->world, "lab", PROVIDES_DIRECTORY);
    uint32_t elsewhere = jane(c), mailed = account(c, "mailed", "00042"),
             known = account(c, "known", "00042");
    c->snapshot->accounts.source[elsewhere] = c->snapshot->accounts.source[mailed] = lab;
    set_text(c, &c->snapshot->accounts.mail[mailed], "MÜLLER@example.com");
    set_text(c, &c->snapshot->accounts.upn[known], "JDoe@CORP");
    assert_found(c, "identifier-reused", "known medium, mailed medium");
}

static void account_that_went_to_another_person_is_an_exception(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(1));
    former(c, IDENTIFIER_MAIL, "jdoe@example.com", DAYS(1));
    uint32_t id = jane(c);
    set_text(c, &c->snapshot->accounts.key[id], "a-old");
    set_text(c, &c->snapshot->accounts.mail[id], "jdoe@example.com");
    assert_found(c, "identifier-reused", "JDoe medium");
}

static void account_of_nobody_passes_and_one_of_several_is_not_evaluable(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(20));
    uint32_t a = person(c, "1", "A"), b = person(c, "2", "B");
    account(c, "jdoe", NULL);
    assert_found(c, "identifier-reused", "");
    assert_unjudged(c, "identifier-reused", "");
    set_text(c, &c->snapshot->people.username[a], "jdoe");
    set_text(c, &c->snapshot->people.username[b], "jdoe");
    judge(c);
    assert_unjudged(c, "identifier-reused", "subject: several people match the account");
}

static void source_that_no_run_has_seen_is_not_evaluable(void **state)
{
    Case *c = *state;
    former(c, IDENTIFIER_NAME, "jdoe", DAYS(20));
    jane(c);
    c->memory->source_known_utc[world_source(c->world, "lab", PROVIDES_DIRECTORY)] = TIME_UNKNOWN;
    assert_found(c, "identifier-reused", "JDoe medium");
    assert_unjudged(c, "identifier-reused",
                    "lab: lab: nothing is recorded of what earlier runs saw");
    c->has_earlier_run = false;
    judge(c);
    assert_unjudged(c, "identifier-reused", "*: it needs an earlier run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_test(name_of_a_former_account_that_is_anothers_now_is_an_exception),
        case_test(it_is_told_for_a_year),
        case_test(disabled_account_with_anothers_name_is_a_subject),
        case_test(the_same_person_may_have_it_again),
        case_test(names_are_those_of_a_source_addresses_are_everywhere_the_same),
        case_test(account_that_went_to_another_person_is_an_exception),
        case_test(account_of_nobody_passes_and_one_of_several_is_not_evaluable),
        case_test(source_that_no_run_has_seen_is_not_evaluable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
