/* What the history keeps of each kind of change, and what controls are told of it. */
#include "nights.h"
#include "on_postgres.h"

#include "ledger/ledger_private.h"
#include "ledger/history/pack_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void night(Fixture *f, int day, const char *text)
{
    g_autoptr(Nightly) nightly = nightly_parse(text, NOON + day * DAY);
    nightly_merge(f, nightly);
}

/* A night, and what controls were told in it. */
static void assert_told(Fixture *f, int day, const char *text, const char *expected)
{
    g_autoptr(Nightly) nightly = nightly_parse(text, NOON + day * DAY);
    nightly_merge(f, nightly);
    g_autofree char *memory = memory_text(f, nightly);
    assert_string_equal(memory, expected);
}

static int64_t rows(Fixture *f, const char *sql)
{
    g_autoptr(GError) error = NULL;
    int64_t n = -1;
    if (!store_query_integer(f->ledger->store, sql, &n, &error))
        fail_msg("%s", error->message);
    return n;
}

/* Lines of one thing after a run; "" when it was not there. */
static char *line_of(Fixture *f, int64_t run, const char *start)
{
    g_autofree char *text = history_text(f, run);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (GStrv line = lines; *line; line++) {
        if (g_str_has_prefix(*line, start))
            return g_strdup(*line);
    }
    return g_strdup("");
}

static void assert_line(Fixture *f, int64_t run, const char *start, const char *contains)
{
    g_autofree char *line = line_of(f, run, start);
    if (*contains == '\0')
        assert_string_equal(line, "");
    else if (!strstr(line, contains))
        fail_msg("'%s' is not in '%s'", contains, line);
}

#define QUIET                                                                                      \
    "ann =p1 mail=a@x.org; lab/bob; person p1 dept=Sales; group* g1 ann lab/bob ?eve; asset a1 "   \
    "owner=p1; computer c1 host=c1.x; approval r1 group=g1"

static void a_quiet_night_writes_nothing(void **state)
{
    static const char *const tables[] = {"history",       "history_pack",   "history_pack_index",
                                         "history_sum",   "history_now",    "history_stopped",
                                         "history_moved", "history_former", "history_source"};
    Fixture *f = *state;
    int64_t before[G_N_ELEMENTS(tables)];

    night(f, 0, QUIET);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", tables[i]);
        before[i] = rows(f, sql);
    }
    assert_true(before[0] > 8);
    int64_t bytes = rows(f, "SELECT sum(length(body)) FROM history_now");
    night(f, 1, QUIET);
    night(f, 2, QUIET);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(rows(f, sql), before[i]);
    }
    assert_int_equal(rows(f, "SELECT sum(length(body)) FROM history_now"), bytes);
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run > 1"), 0);
}

static void what_changed_is_there_as_it_was_after_each_run(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann mail=a@x.org");
    night(f, 1, "ann mail=b@x.org");
    night(f, 2, "bob");
    night(f, 3, "ann mail=c@x.org; bob");

    assert_line(f, 1, "corp account a-ann", "mail=a@x.org");
    assert_line(f, 2, "corp account a-ann", "mail=b@x.org");
    assert_line(f, 3, "corp account a-ann", "");
    assert_line(f, 3, "corp account a-bob", "name=bob");
    assert_line(f, 4, "corp account a-ann", "mail=c@x.org");
    assert_line(f, 2, "corp account a-bob", "");
}

static void use_makes_no_version(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann logon=1000");
    int64_t n = rows(f, "SELECT count(*) FROM history");
    night(f, 1, "ann logon=2000");
    assert_int_equal(rows(f, "SELECT count(*) FROM history"), n);
    night(f, 2, "ann logon=3000 mail=a@x.org");
    assert_line(f, 2, "corp account a-ann", "last_logon=2001");
    assert_line(f, 3, "corp account a-ann", "last_logon=6001");
}

static void a_source_that_was_not_whole_is_left_alone(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann =p1; lab/bob; person p1 dept=Sales");
    night(f, 1, "ann =p1; ?lab; person p1 dept=Sales");
    assert_line(f, 2, "lab account a-bob", "name=bob");
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run > 1"), 0);
    night(f, 2, "?corp; ?lab; ?hr");
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run > 1"), 0);
    night(f, 3, "ann =p1; person p1 dept=Sales");
    assert_line(f, 4, "lab account a-bob", "");
}

static void a_link_stays_while_people_are_not_known(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann =p1; bob =p1; person p1 dept=Sales");
    night(f, 1, "ann =p1 mail=new@x.org; bob =p1; ?hr");

    assert_line(f, 2, "corp account a-ann", "mail=new@x.org");
    assert_line(f, 2, "corp account a-ann", "link_person=p1 link_rule=employee_id = id linked=1");
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run = 2"), 1);
    night(f, 2, "ann =p1 mail=new@x.org; bob =p1; person p1 dept=Sales");
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run = 3"), 0);
}

static void what_may_have_been_rejected_is_not_gone(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann; bob; group* g1 ann bob; person p1 dept=Sales");
    night(f, 1, "ann; !corp; group* g1 ann; unread p1; !hr");
    assert_line(f, 2, "corp account a-bob", "name=bob");
    assert_line(f, 2, "hr person p1", "department=Sales");
    assert_told(f, 2, "ann; bob; group* g1 ann bob; person p1 dept=Sales",
                "right ann g1 0\nright bob g1 0\n");
    night(f, 3, "ann; group* g1 ann");
    assert_line(f, 4, "corp account a-bob", "");
    assert_line(f, 4, "hr person p1", "");
}

static void an_account_that_stopped_being_usable_is_remembered_until_it_is_back(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "ann; bob off; cat expires=1772712000", "");
    assert_told(f, 1, "ann; bob off; cat expires=1772712000", ""); /* expires NOON + 2 days */
    assert_told(f, 2, "ann off; bob off; cat expires=1772712000",
                "stopped ann 1 2\nstopped cat 1 2\n");
    assert_told(f, 5, "ann off; bob off; cat expires=1772712000",
                "stopped ann 1 2\nstopped cat 1 2\n");
    assert_int_equal(rows(f, "SELECT count(*) FROM history WHERE run > 1"), 1); /* ann's */
    assert_told(f, 6, "ann; bob off; cat expires=1772712000", "stopped cat 1 2\n");
    assert_told(f, 7, "ann off; bob off", "stopped ann 6 7\n");
    assert_int_equal(rows(f, "SELECT count(*) FROM history_stopped"), 1);
}

/* Of a night that could not read who is locked: neither "still" nor "not any more". */
static void when_it_was_usable_last_is_not_forgotten_while_nobody_knows(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "ann; bob; cid dim", "");
    assert_told(f, 1, "ann dim; bob dim; cid dim", "");
    assert_told(f, 2, "ann dim; bob; cid off", "");
    assert_told(f, 3, "ann off; bob off; cid off", "stopped ann 0 3\nstopped bob 2 3\n");
    assert_told(f, 4, "ann dim; bob off; cid off", "stopped ann 0 3\nstopped bob 2 3\n");
    assert_told(f, 5, "ann off; bob; cid off", "stopped ann 0 3\n");
}

static void a_night_without_the_source_widens_the_interval(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann");
    night(f, 1, "?corp");
    night(f, 2, "?corp");
    assert_told(f, 3, "ann off", "stopped ann 0 3\n");
}

static void the_newest_move_of_each_field_is_remembered(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "person p1 dept=Sales title=Clerk status=active", "");
    assert_told(f, 1, "person p1 dept=Finance title=Clerk status=active",
                "moved p1 department 'Sales' 0 1\n");
    assert_told(f, 2, "person p1 dept=Finance title=Head status=leave",
                "moved p1 department 'Sales' 0 1\nmoved p1 title 'Clerk' 1 2\n"
                "moved p1 status 'active' 1 2\n");
    assert_told(f, 3, "person p1 dept=Legal title=Head status=leave",
                "moved p1 department 'Finance' 2 3\nmoved p1 title 'Clerk' 1 2\n"
                "moved p1 status 'active' 1 2\n");
    assert_told(f, 4, "person p2 dept=Legal", "");
    assert_int_equal(rows(f, "SELECT count(*) FROM history_moved"), 0);
}

static void who_is_on_leave_when_first_seen_counts_from_there(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "person p1 status=leave", "moved p1 status '' - 0\n");
    assert_told(f, 1, "person p1 status=leave; person p2 status=leave",
                "moved p1 status '' - 0\nmoved p2 status '' - 1\n");
    assert_told(f, 2, "person p1 status=active; person p2 status=leave",
                "moved p1 status 'leave' 1 2\nmoved p2 status '' - 1\n");
}

static void what_accounts_of_people_were_called_is_remembered(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "ann =p1 mail=Ann@x.org; bob =p2; person p1; person p2", "");
    assert_told(f, 1, "ann =p1 mail=ann2@x.org; bob =p2; person p1; person p2",
                "former mail ann@x.org ann p1 0\n");
    assert_told(f, 2, "ann =p2 mail=ann2@x.org; person p1; person p2",
                "former name ann ann p1 1\nformer name bob bob p2 1\n"
                "former mail ann2@x.org ann p1 1\nformer mail ann@x.org ann p1 0\n");
    /* The same case-folded is the same. */
    assert_told(f, 3, "ann =p2 mail=ANN2@x.org; person p1; person p2",
                "former name ann ann p1 1\nformer name bob bob p2 1\n"
                "former mail ann2@x.org ann p1 1\nformer mail ann@x.org ann p1 0\n");
}

static void who_has_another_id_now_is_the_same_person(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "ann =p1; person p1", "");
    assert_told(f, 1, "ann =p9; person p9 was=p1; person p1", "");
}

static void rights_are_known_since_the_last_gap(void **state)
{
    Fixture *f = *state;
    assert_told(f, 0, "ann; bob; group* g1 ann; group g2 bob", "");
    assert_told(f, 1, "ann; bob; group* g1 ann bob; group g2 bob", "right ann g1 0\n");
    assert_told(f, 2, "ann; bob; group* g1 bob; group g2 bob", "right bob g1 1\n");
    assert_told(f, 3, "ann; bob; group* g1 ann bob; group g2 bob", "right bob g1 1\n");
    assert_told(f, 4, "ann; bob; group* g1 ann bob; group* g2 bob",
                "right ann g1 3\nright bob g1 1\n");
    assert_told(f, 5, "ann; bob; group* g1 ann bob; group* g2 bob",
                "right ann g1 3\nright bob g1 1\nright bob g2 4\n");
}

static void a_right_is_not_lost_on_a_night_that_does_not_prove_it(void **state)
{
    Fixture *f = *state;
    night(f, 0, "ann; lab/bob; group* g1 ann lab/bob");
    night(f, 1, "ann; ?lab; group* g1 ann");
    assert_told(f, 2, "ann; lab/bob; group* g1 ann lab/bob", "right ann g1 0\nright bob g1 0\n");
}

static void members_are_kept_as_changes(void **state)
{
    Fixture *f = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 200; i++)
        g_string_append_printf(text, "u%d; ", i);
    g_string_append(text, "group g1");
    for (int i = 0; i < 199; i++)
        g_string_append_printf(text, " u%d", i);
    night(f, 0, text->str);
    g_string_append(text, " u199+3");
    night(f, 1, text->str);

    assert_true(rows(f, "SELECT length(body) FROM history WHERE kind = 'members' AND run = 1") >
                199 * 8);
    assert_true(rows(f, "SELECT length(body) FROM history WHERE kind = 'members' AND run = 2") <
                20);
    g_autoptr(GArray) before =
        history_members(f->ledger->store, "corp", HISTORY_MEMBERS, "g-g1", 1, NULL);
    g_autoptr(GArray) after =
        history_members(f->ledger->store, "corp", HISTORY_MEMBERS, "g-g1", 2, NULL);
    assert_int_equal(before->len, 199);
    assert_int_equal(after->len, 200);
    uint64_t ref = history_ref("corp", HISTORY_ACCOUNT, "a-u199");
    for (guint i = 0; i < after->len; i++) {
        const HistoryMember *member = &g_array_index(after, HistoryMember, i);
        assert_int_equal(member->since_run, member->ref == ref ? 2 : 1);
        assert_int_equal(member->via, member->ref == ref ? VIA_PRIMARY_GROUP : VIA_MEMBER);
    }
}

/* The same nights, once in rows and once in packs: nobody can tell. */
static void packs_and_rows_read_the_same(void **state)
{
    Fixture *f = *state;
    static const char *const nights[] = {
        QUIET,
        "ann =p1 mail=b@x.org; lab/bob off; cat; dan; eve; fay; person p1 dept=Legal; group* g1 "
        "ann; "
        "group g2 cat dan; asset a1 owner=p2; asset a2",
        "cat mail=c@x.org; dan off; eve =p1; gus; person p1 dept=Legal; group* g1 eve; group* g2 "
        "cat; asset a2 owner=x",
        "lab/bob; person p1",
        QUIET,
    };
    g_autofree char *texts[G_N_ELEMENTS(nights)] = {0};

    for (int is_packed = 0; is_packed < 2; is_packed++) {
        history_pack_least = is_packed ? 2 : 1024;
        history_chunk = is_packed ? 2 : 2048;
        for (size_t i = 0; i < G_N_ELEMENTS(nights); i++)
            night(f, (int)i, nights[i]);
        assert_int_equal(rows(f, "SELECT count(*) FROM history_pack") > 5, is_packed);
        for (size_t i = 0; i < G_N_ELEMENTS(nights); i++) {
            g_autofree char *text = history_text(f, (int64_t)i + 1);
            if (is_packed)
                assert_string_equal(text, texts[i]);
            else
                texts[i] = g_steal_pointer(&text);
        }
        fixture_teardown(state);
        fixture_setup(state);
        f = *state;
    }
    history_pack_least = 1024;
    history_chunk = 2048;
    for (size_t i = 0; i < G_N_ELEMENTS(nights); i++)
        g_clear_pointer(&texts[i], g_free);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define HISTORY(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        HISTORY(a_quiet_night_writes_nothing),
        HISTORY(what_changed_is_there_as_it_was_after_each_run),
        HISTORY(use_makes_no_version),
        HISTORY(a_source_that_was_not_whole_is_left_alone),
        HISTORY(a_link_stays_while_people_are_not_known),
        HISTORY(what_may_have_been_rejected_is_not_gone),
        HISTORY(an_account_that_stopped_being_usable_is_remembered_until_it_is_back),
        HISTORY(when_it_was_usable_last_is_not_forgotten_while_nobody_knows),
        HISTORY(a_night_without_the_source_widens_the_interval),
        HISTORY(the_newest_move_of_each_field_is_remembered),
        HISTORY(who_is_on_leave_when_first_seen_counts_from_there),
        HISTORY(what_accounts_of_people_were_called_is_remembered),
        HISTORY(who_has_another_id_now_is_the_same_person),
        HISTORY(rights_are_known_since_the_last_gap),
        HISTORY(a_right_is_not_lost_on_a_night_that_does_not_prove_it),
        HISTORY(members_are_kept_as_changes),
        HISTORY(packs_and_rows_read_the_same),
    };
    return run_on_argument(argc, argv, "history", tests);
}
