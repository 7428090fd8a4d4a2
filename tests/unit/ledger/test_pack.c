/* What was packed comes back the same, and damage is said, never read. */
#include "ledger/history/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_ENTRIES 300

static Text key_of(int i, char room[32])
{
    g_snprintf(room, 32, "uid=u%06d,ou=people", i);
    return text_of(room);
}

/* Every tenth is gone, every tenth empty. */
static void fill(Pack *pack)
{
    char key[32], body[32];

    pack_begin(pack);
    for (int i = 0; i < N_ENTRIES; i++) {
        g_snprintf(body, sizeof body, "u%06d@example.com", i);
        Text text = i % 10 == 0 ? (Text){0} : i % 10 == 1 ? (Text){"", 0} : text_of(body);
        pack_add(pack, key_of(i, key), text);
    }
}

static int count_entries(PackReader *reader)
{
    int n = 0;

    while (pack_next(reader))
        n++;
    return n;
}

static void entries_come_back_in_their_order(void **state)
{
    (void)state;
    Pack pack = {0};
    size_t size;
    char key[32];

    fill(&pack);
    g_autofree uint8_t *sealed = pack_seal(&pack, &size);
    assert_true(size * 2 < pack.bytes.size);
    g_auto(PackReader) reader = {0};
    assert_true(pack_open(&reader, sealed, size, (int64_t)pack.bytes.size));
    for (int i = 0; i < N_ENTRIES; i++) {
        Text expected = key_of(i, key);

        assert_true(pack_next(&reader));
        assert_int_equal(reader.key.length, expected.length);
        assert_memory_equal(reader.key.data, expected.data, expected.length);
        assert_int_equal(reader.body.data == NULL, i % 10 == 0);
        assert_int_equal(reader.body.length, i % 10 < 2 ? 0 : 19);
    }
    assert_false(pack_next(&reader));
    assert_false(reader.is_broken);
    pack_clear(&pack);
}

static void a_pack_of_another_size_is_refused(void **state)
{
    (void)state;
    Pack pack = {0};
    size_t size;
    PackReader reader;

    fill(&pack);
    int64_t whole = (int64_t)pack.bytes.size;
    g_autofree uint8_t *sealed = pack_seal(&pack, &size);
    const int64_t sizes[] = {-1, 0, whole - 1, whole + 1, INT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        assert_false(pack_open(&reader, sealed, size, sizes[i]));
    for (size_t n = 0; n < size; n += 7)
        assert_false(pack_open(&reader, sealed, n, whole));
    pack_clear(&pack);
}

/* Under the sanitizer: nothing outside is read, whatever byte is another one. */
static void a_changed_byte_is_never_more_than_other_entries(void **state)
{
    (void)state;
    Pack pack = {0};
    size_t size;
    int n_refused = 0;

    fill(&pack);
    g_autofree uint8_t *sealed = pack_seal(&pack, &size);
    for (size_t at = 0; at < size; at++) {
        g_autofree uint8_t *damaged = g_memdup2(sealed, size);
        g_auto(PackReader) reader = {0};

        damaged[at] ^= (uint8_t)(1u << at % 8);
        if (!pack_open(&reader, damaged, size, (int64_t)pack.bytes.size))
            n_refused++;
        else
            assert_true(count_entries(&reader) <= (int)pack.bytes.size);
    }
    assert_true(n_refused > 0);
    pack_clear(&pack);
}

static void an_empty_pack_has_no_entries(void **state)
{
    (void)state;
    Pack pack = {0};
    size_t size;

    pack_begin(&pack);
    g_autofree uint8_t *sealed = pack_seal(&pack, &size);
    g_auto(PackReader) reader = {0};
    assert_true(pack_open(&reader, sealed, size, 0));
    assert_int_equal(count_entries(&reader), 0);
    assert_false(reader.is_broken);
    pack_clear(&pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back_in_their_order),
        cmocka_unit_test(a_pack_of_another_size_is_refused),
        cmocka_unit_test(a_changed_byte_is_never_more_than_other_entries),
        cmocka_unit_test(an_empty_pack_has_no_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
