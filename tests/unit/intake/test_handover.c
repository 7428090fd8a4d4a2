/* Entries that go through the blocks of the handover become what they become without it. */
#include "fixture.h"

#define N 5000

static Sink *sink_with(bool is_handed_over)
{
    SinkOptions options = fixture_options("s", PROVIDES_DIRECTORY);
    Sink *sink = sink_new(&options);
    if (is_handed_over) {
        sink->handover = handover_new(sink);
        if (sink->handover == NULL)
            skip(); /* one processor */
    }
    return sink;
}

static Snapshot *frozen(Sink *sink)
{
    g_clear_pointer(&sink->handover, handover_free);
    return freeze_sink(sink);
}

/* Every text of an entry stands in one buffer, which is overwritten as soon as it was handed over.
 */
typedef struct Scratch {
    char *bytes;
    size_t used, size;
} Scratch;

G_GNUC_PRINTF(2, 3)
static Text say(Scratch *scratch, const char *format, ...)
{
    char *at = scratch->bytes + scratch->used;
    va_list arguments;
    va_start(arguments, format);
    int n = g_vsnprintf(at, scratch->size - scratch->used, format, arguments);
    va_end(arguments);
    scratch->used += (size_t)n;
    assert_true(scratch->used < scratch->size);
    return (Text){.data = at, .length = (size_t)n};
}

static void push_one(Sink *sink, Scratch *scratch, uint32_t i)
{
    scratch->used = 0;
    DirectoryEntry entry = account_entry("x");
    entry.dn = say(scratch, "cn=u%u,ou=x,dc=x", i);
    entry.name = say(scratch, "u%u", i);
    entry.key = say(scratch, "key-%u", i);
    entry.upn = say(scratch, "upn-%u", i);
    entry.mail = say(scratch, "mail-%u", i);
    entry.display_name = say(scratch, "display-%u", i);
    entry.employee_id = say(scratch, "id-%u", i);
    entry.department = say(scratch, "department-%u", i % 7);
    entry.title = say(scratch, "title-%u", i % 5);
    entry.description = say(scratch, "description-%u", i);
    entry.manager = say(scratch, "cn=u%u,ou=x,dc=x", i / 2);
    entry.owner = say(scratch, "cn=u%u,ou=x,dc=x", i / 3);
    entry.sid = say(scratch, "S-1-5-21-1-2-3-%u", i);
    entry.primary_group_sid = say(scratch, "S-1-5-21-1-2-3-%u", 513);
    push_entry(sink, &entry);
    memset(scratch->bytes, '#', scratch->size);
}

static void push_members(Sink *sink, const char *name, Scratch *scratch, uint32_t n)
{
    g_autofree Text *members = g_new(Text, n);
    scratch->used = 0;
    for (uint32_t i = 0; i < n; i++)
        members[i] = say(scratch, "cn=u%u,ou=x,dc=x", i);
    Text names[] = {say(scratch, "u%u", 4990)}, sids[] = {say(scratch, "S-1-5-21-9-9-9-%u", 7)};
    DirectoryEntry entry = group_entry(name);
    entry.members = members;
    entry.n_members = n;
    entry.member_names = names;
    entry.n_member_names = 1;
    entry.member_sids = sids;
    entry.n_member_sids = 1;
    push_entry(sink, &entry);
    memset(scratch->bytes, '#', scratch->size);
}

/* A little of everything, and a group longer than a block between small entries. */
static Snapshot *company(bool is_handed_over)
{
    Sink *sink = sink_with(is_handed_over);
    Scratch scratch = {.bytes = g_malloc(1 << 20), .size = 1 << 20};
    for (uint32_t i = 0; i < N; i++) {
        push_one(sink, &scratch, i);
        if (i % 1000 == 17) {
            Place place = {.file = "t.ldif", .line = i, .dn = say(&scratch, "cn=bad%u", i)};
            sink_reject(sink, &place, "reason %u", i);
        }
        if (i % 1000 == 500)
            push_one(sink, &scratch, i - 100); /* the same DN again */
        if (i == 2000)
            push_members(sink, "all", &scratch, 20000);
    }
    push_members(sink, "few", &scratch, 3);
    g_free(scratch.bytes);
    return frozen(sink);
}

static void assert_same_column(const Snapshot *a, const TextRef *x, const Snapshot *b,
                               const TextRef *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(snapshot_text(a, x[i]), snapshot_text(b, y[i]));
}

static void both_ways_give_the_same_snapshot(void **state)
{
    g_autoptr(Snapshot) direct = company(false);
    g_autoptr(Snapshot) handed = company(true);
    const Accounts *a = &direct->accounts, *b = &handed->accounts;
    assert_int_equal(a->n, N - 5);
    assert_int_equal(b->n, a->n);
    const TextRef *const of_a[] = {a->dn,          a->key,          a->name,        a->upn,
                                   a->mail,        a->display_name, a->employee_id, a->department,
                                   a->title,       a->description,  a->sid,         a->owner_text,
                                   a->manager_text};
    const TextRef *const of_b[] = {b->dn,          b->key,          b->name,        b->upn,
                                   b->mail,        b->display_name, b->employee_id, b->department,
                                   b->title,       b->description,  b->sid,         b->owner_text,
                                   b->manager_text};
    for (size_t i = 0; i < G_N_ELEMENTS(of_a); i++)
        assert_same_column(direct, of_a[i], handed, of_b[i], a->n);
    assert_string_equal(snapshot_text(handed, b->title[3]), "title-3");

    const char *const groups[] = {"all", "few"};
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autofree char *x = members_of(direct, groups[i]);
        g_autofree char *y = members_of(handed, groups[i]);
        assert_string_equal(x, y);
    }
    g_autofree char *rejected = rejections_of(&direct->sources[0]);
    g_autofree char *rejected_too = rejections_of(&handed->sources[0]);
    assert_string_equal(rejected, rejected_too);
    assert_non_null(strstr(rejected, "t.ldif:1017: cn=bad1017: reason 1017"));
    assert_balanced(&handed->sources[0]);
}

/* A pull that ends at once must not wait for entries that never come. */
static void nothing_handed_over_is_nothing_built(void **state)
{
    Sink *sink = sink_with(true);
    g_clear_pointer(&sink->handover, handover_free);
    assert_int_equal(sink->record.counts.kept, 0);
    sink_free(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_give_the_same_snapshot),
        cmocka_unit_test(nothing_handed_over_is_nothing_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
