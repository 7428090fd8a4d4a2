#include "ledger/history/member_list.h"

#include "base/sorting.h"

#include <endian.h>
#include <string.h>

#define N_VIA 32 /* EdgeVia are fewer */

int history_member_compare(const void *a, const void *b)
{
    const HistoryMember *left = a;
    const HistoryMember *right = b;

    if (left->ref != right->ref)
        return left->ref < right->ref ? -1 : 1;
    return (int)left->via - (int)right->via;
}

void history_members_sort(GArray *members)
{
    const HistoryMember *rows = (const HistoryMember *)(const void *)members->data;

    for (guint i = 1; i < members->len; i++) {
        if (history_member_compare(&rows[i - 1], &rows[i]) > 0) {
            g_array_sort(members, history_member_compare);
            return;
        }
    }
}

/* ---- writing ---- */

static uint8_t *room_for(Body *body, size_t n)
{
    if (body->size + n > body->room) {
        body->room = (body->size + n) * 2;
        body->data = g_realloc(body->data, body->room);
    }
    return body->data + body->size;
}

static void put_byte(Body *body, uint8_t byte)
{
    *room_for(body, 1) = byte;
    body->size++;
}

/* Members of one via, in their order. */
static void put_section(Body *body, uint8_t header, const HistoryMember *members, size_t n)
{
    uint8_t via = header & (uint8_t)~LIST_REMOVED;
    size_t n_here = 0;

    for (size_t i = 0; i < n; i++)
        n_here += members[i].via == via;
    if (n_here == 0)
        return;
    put_byte(body, header);
    uint8_t *at = varint_put(room_for(body, 10 + 8 * n_here), n_here);
    for (size_t i = 0; i < n; i++) {
        if (members[i].via != via)
            continue;
        uint64_t ref = htole64(members[i].ref);
        memcpy(at, &ref, sizeof ref);
        at += sizeof ref;
    }
    body->size = (size_t)(at - body->data);
}

static void put_sections(Body *body, uint8_t flag, const HistoryMember *members, size_t n)
{
    uint32_t there = 0;

    for (size_t i = 0; i < n; i++)
        there |= UINT32_C(1) << members[i].via % N_VIA;
    for (uint8_t via = 0; via < N_VIA; via++) {
        if ((there >> via & 1) != 0)
            put_section(body, via | flag, members, n);
    }
}

void member_list_put_header(Body *body)
{
    put_byte(body, LIST_WHOLE);
    body->size_without_use = body->size;
}

void member_list_put_refs(Body *body, uint8_t via, uint64_t *refs, uint64_t *spare, size_t n)
{
    if (n == 0)
        return;
    sort_numbers(refs, spare, n);
    put_byte(body, via);
    uint8_t *at = varint_put(room_for(body, 10 + 8 * n), n);
    for (size_t i = 0; i < n; i++, at += 8) {
        uint64_t ref = htole64(refs[i]);
        memcpy(at, &ref, sizeof ref);
    }
    body->size = body->size_without_use = (size_t)(at - body->data);
}

void member_list_whole(Body *body, const HistoryMember *members, size_t n)
{
    put_byte(body, LIST_WHOLE);
    put_sections(body, 0, members, n);
    body->size_without_use = body->size;
}

size_t member_list_change(Body *body, const GArray *before, const HistoryMember *after, size_t n)
{
    g_autoptr(GArray) removed = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    g_autoptr(GArray) added = g_array_new(FALSE, FALSE, sizeof(HistoryMember));
    const HistoryMember *old = (const HistoryMember *)(const void *)before->data;
    size_t i = 0, j = 0;

    while (i < before->len || j < n) {
        int order = i == before->len ? 1 : j == n ? -1 : history_member_compare(&old[i], &after[j]);
        if (order < 0)
            g_array_append_val(removed, old[i]);
        else if (order > 0)
            g_array_append_val(added, after[j]);
        i += order <= 0;
        j += order >= 0;
    }
    put_byte(body, LIST_CHANGE);
    put_sections(body, LIST_REMOVED, (const HistoryMember *)(const void *)removed->data,
                 removed->len);
    put_sections(body, 0, (const HistoryMember *)(const void *)added->data, added->len);
    body->size_without_use = body->size;
    return removed->len + added->len;
}

/* ---- reading ---- */

/* Appends the members of all sections that are, or are not, about removed ones. */
static bool take_sections(Text body, bool is_removed, int64_t run, GArray *members)
{
    const uint8_t *at = (const uint8_t *)body.data + 1, *end = at - 1 + body.length;

    while (at < end) {
        uint8_t header = *at++;
        uint64_t n;
        at = varint_take(at, end, &n);
        if (at == NULL || n > (uint64_t)(end - at) / 8)
            return false;
        for (; n > 0; n--, at += 8) {
            HistoryMember member = {.since_run = run, .via = header & (uint8_t)~LIST_REMOVED};
            memcpy(&member.ref, at, 8);
            member.ref = le64toh(member.ref);
            if (((header & LIST_REMOVED) != 0) == is_removed)
                g_array_append_val(members, member);
        }
    }
    return true;
}

/* Both by ref and via. */
static void take_out(GArray *members, const GArray *removed)
{
    HistoryMember *rows = (HistoryMember *)(void *)members->data;
    const HistoryMember *out = (const HistoryMember *)(const void *)removed->data;
    guint kept = 0, at = 0;

    for (guint i = 0; i < members->len; i++) {
        while (at < removed->len && history_member_compare(&out[at], &rows[i]) < 0)
            at++;
        if (at == removed->len || history_member_compare(&out[at], &rows[i]) != 0)
            rows[kept++] = rows[i];
    }
    g_array_set_size(members, kept);
}

bool member_list_add(GArray *members, Text body, int64_t run)
{
    g_autoptr(GArray) removed = g_array_new(FALSE, FALSE, sizeof(HistoryMember));

    if (body.length == 0 || body.data[0] == LIST_WHOLE) {
        /* A list that is written whole again goes on: who was in it stays since then. */
        g_autoptr(GArray) before = g_array_copy(members);
        g_array_set_size(members, 0);
        if (body.length == 0)
            return true;
        if (!take_sections(body, false, run, members))
            return false;
        history_members_sort(members);
        for (guint i = 0, j = 0; i < members->len && j < before->len;) {
            HistoryMember *now = &g_array_index(members, HistoryMember, i);
            const HistoryMember *was = &g_array_index(before, HistoryMember, j);
            int order = history_member_compare(was, now);
            if (order == 0)
                now->since_run = was->since_run;
            i += order >= 0;
            j += order <= 0;
        }
        return true;
    }
    if (body.data[0] != LIST_CHANGE || !take_sections(body, true, run, removed))
        return false;
    history_members_sort(removed);
    take_out(members, removed);
    if (!take_sections(body, false, run, members))
        return false;
    history_members_sort(members);
    return true;
}
