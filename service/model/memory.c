#include "model/memory.h"

#include <rightful/record.h>
#include <stdlib.h>
#include <string.h>

static void moved_clear(gpointer data)
{
    g_free(((MovedPerson *)data)->before);
}

static void former_clear(gpointer data)
{
    FormerIdentifier *former = data;
    g_free(former->value);
    g_free(former->source);
    g_free(former->account_key);
    g_free(former->person_id);
    g_free(former->person_name);
}

Memory *memory_new(uint32_t n_sources)
{
    Memory *memory = g_new0(Memory, 1);

    memory->stopped = g_array_new(FALSE, FALSE, sizeof(StoppedAccount));
    memory->moved = g_array_new(FALSE, FALSE, sizeof(MovedPerson));
    g_array_set_clear_func(memory->moved, moved_clear);
    memory->former = g_array_new(FALSE, FALSE, sizeof(FormerIdentifier));
    g_array_set_clear_func(memory->former, former_clear);
    memory->rights = g_array_new(FALSE, FALSE, sizeof(KnownRight));
    memory->source_known_utc = g_new(int64_t, n_sources + 1);
    memory->source_since_utc = g_new(int64_t, n_sources + 1);
    for (uint32_t i = 0; i < n_sources; i++)
        memory->source_known_utc[i] = memory->source_since_utc[i] = TIME_UNKNOWN;
    return memory;
}

void memory_free(Memory *memory)
{
    if (memory == NULL)
        return;
    g_array_unref(memory->stopped);
    g_array_unref(memory->moved);
    g_array_unref(memory->former);
    g_array_unref(memory->rights);
    g_free(memory->source_known_utc);
    g_free(memory->source_since_utc);
    g_free(memory);
}

static int compare_ids(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_stopped(const void *a, const void *b)
{
    return compare_ids(((const StoppedAccount *)a)->account, ((const StoppedAccount *)b)->account);
}

static int compare_moved(const void *a, const void *b)
{
    const MovedPerson *left = a;
    const MovedPerson *right = b;
    int order = compare_ids(left->person, right->person);

    return order != 0 ? order : (int)left->field - (int)right->field;
}

static int compare_rights(const void *a, const void *b)
{
    const KnownRight *left = a;
    const KnownRight *right = b;
    int order = compare_ids(left->account, right->account);

    return order != 0 ? order : compare_ids(left->group, right->group);
}

static int compare_all_of_former(const void *a, const void *b)
{
    const FormerIdentifier *left = a;
    const FormerIdentifier *right = b;
    int order = (int)left->kind - (int)right->kind;

    order = order != 0 ? order : strcmp(left->value, right->value);
    order = order != 0 ? order
                       : (left->last_seen_utc < right->last_seen_utc) -
                             (left->last_seen_utc > right->last_seen_utc);
    order = order != 0 ? order : strcmp(left->source, right->source);
    order = order != 0 ? order : strcmp(left->account_key, right->account_key);
    return order != 0 ? order : strcmp(left->person_id, right->person_id);
}

void memory_sort(Memory *memory)
{
    g_array_sort(memory->stopped, compare_stopped);
    g_array_sort(memory->moved, compare_moved);
    g_array_sort(memory->former, compare_all_of_former);
    g_array_sort(memory->rights, compare_rights);
}

static const void *find(const GArray *rows, size_t row_size, const void *key,
                        int (*compare)(const void *, const void *))
{
    return rows->len == 0 ? NULL : bsearch(key, rows->data, rows->len, row_size, compare);
}

const StoppedAccount *memory_stopped(const Memory *memory, uint32_t account)
{
    return find(memory->stopped, sizeof(StoppedAccount), &(StoppedAccount){.account = account},
                compare_stopped);
}

const MovedPerson *memory_moved(const Memory *memory, uint32_t person, MovedField field)
{
    return find(memory->moved, sizeof(MovedPerson),
                &(MovedPerson){.person = person, .field = (uint8_t)field}, compare_moved);
}

const KnownRight *memory_right(const Memory *memory, uint32_t account, uint32_t group)
{
    return find(memory->rights, sizeof(KnownRight),
                &(KnownRight){.account = account, .group = group}, compare_rights);
}

static int compare_former(const FormerIdentifier *former, IdentifierKind kind, const char *value)
{
    return former->kind != kind ? (int)former->kind - (int)kind : strcmp(former->value, value);
}

const FormerIdentifier *memory_former(const Memory *memory, IdentifierKind kind, const char *value,
                                      size_t *ret_n)
{
    guint low = 0;
    guint high = memory->former->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (compare_former(&g_array_index(memory->former, FormerIdentifier, middle), kind, value) <
            0)
            low = middle + 1;
        else
            high = middle;
    }
    guint end = low;
    while (end < memory->former->len &&
           compare_former(&g_array_index(memory->former, FormerIdentifier, end), kind, value) == 0)
        end++;
    *ret_n = end - low;
    return end > low ? &g_array_index(memory->former, FormerIdentifier, low) : NULL;
}
