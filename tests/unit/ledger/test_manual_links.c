/* Whose an account is, where somebody said so. */
#include "fixture.h"
#include "on_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const char roster[] =
    "INSERT INTO roster (id, name, email, username, gone_since, successor, has_left) VALUES "
    "('00123', 'Lena Wong', 'lena@example.com', 'lwong', 0, '', 0), "
    "('00124', 'Jonas Meier', 'jonas@example.com', 'jmeier', 0, '', 0), "
    "('00009', 'Jonas Meier', 'old@example.com', 'old', 0, '00124', 0)";

static void begin(Fixture *f)
{
    fixture_night(f, NOON, "@corp");
    fixture_close(f);
    g_assert_null(meddle(f->path, roster));
    fixture_open(f, LEDGER_RUN);
}

static LedgerLink legacy_to_lena(void)
{
    return (LedgerLink){.source = "corp",
                        .account_key = "key-1",
                        .account = "legacy",
                        .person_id = "00123",
                        .person_name = "Lena Wong",
                        .reason = "she wrote it",
                        .actor = "root",
                        .at_utc = NOON + 5};
}

static char *links_of(Fixture *f)
{
    json_t *links = ledger_links(f->ledger, NULL);
    char *dumped = json_dumps(links, JSON_COMPACT), *text = g_strdup(dumped);

    free(dumped);
    json_decref(links);
    return text;
}

static void a_link_is_kept_with_who_when_and_why(void **state)
{
    Fixture *f = *state;
    begin(f);
    LedgerLink link = legacy_to_lena();
    assert_true(ledger_link(f->ledger, &link, NULL));

    g_autofree char *links = links_of(f);
    assert_string_equal(
        links, "[{\"source\":\"corp\",\"account\":\"legacy\",\"key\":\"key-1\",\"person\":{\"id\":"
               "\"00123\",\"name\":\"Lena Wong\"},\"state\":\"from the next run on\",\"actor\":"
               "\"root\",\"at\":\"2026-03-03T12:00:05Z\",\"reason\":\"she wrote it\"}]");
    fixture_close(f);
    assert_int_equal(count_rows(f->path, "SELECT count(*) FROM audit WHERE action = 'linked' AND "
                                         "object = 'link corp/key-1' AND actor = 'root'"),
                     1);
}

static void the_second_of_two_is_told(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    begin(f);
    LedgerLink link = legacy_to_lena();
    ledger_link(f->ledger, &link, NULL);
    link.person_id = "00124";

    assert_false(ledger_link(f->ledger, &link, &error));
    assert_non_null(strstr(error->message, "is linked to Lena Wong (00123) already, by root on "
                                           "2026-03-03: she wrote it"));
}

static void nobody_gives_away_what_is_theirs(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    begin(f);
    LedgerLink link = legacy_to_lena();
    link.holder_id = "00009"; /* an old number of the one who asks */
    link.requester = "jmeier";

    assert_false(ledger_link(f->ledger, &link, &error));
    assert_non_null(strstr(error->message, "legacy belongs to Jonas Meier, who asks"));
    link.requester = "lwong";
    assert_true(ledger_link(f->ledger, &link, NULL));
    g_clear_error(&error);
    assert_false(ledger_unlink(f->ledger, &link, &error));
    assert_non_null(strstr(error->message, "legacy belongs to Lena Wong, who asks"));
    g_autofree char *links = links_of(f);
    assert_non_null(strstr(links, "00123")); /* it was not taken back by half */
}

static void a_link_taken_back_can_be_made_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    begin(f);
    LedgerLink link = legacy_to_lena();
    ledger_link(f->ledger, &link, NULL);
    assert_true(ledger_unlink(f->ledger, &link, NULL));
    assert_false(ledger_unlink(f->ledger, &link, &error));
    assert_non_null(strstr(error->message, "legacy is not linked by hand any more"));
    assert_true(ledger_link(f->ledger, &link, NULL));
    link.reason = " ";
    g_clear_error(&error);
    assert_false(ledger_link(f->ledger, &link, &error));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define LINKS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        LINKS(a_link_is_kept_with_who_when_and_why),
        LINKS(the_second_of_two_is_told),
        LINKS(nobody_gives_away_what_is_theirs),
        LINKS(a_link_taken_back_can_be_made_again),
    };
    return run_on_argument(argc, argv, "ledger/manual links", tests);
}
