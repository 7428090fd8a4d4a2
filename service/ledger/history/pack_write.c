#include "ledger/history/pack_write.h"

#include "base/tasks.h"
#include "ledger/history/history_index.h"
#include "ledger/history/pack.h"

#include <string.h>

size_t history_pack_least = 1024;

/* Rows of one task, and tasks of one round: while a round is made the one before is written. */
#define SPAN 1024
#define ROUND 16

typedef struct Sealed {
    uint8_t *data;
    size_t size;
    size_t expanded;
    uint32_t n;
} Sealed;

typedef struct Span {
    PackWrite *write;
    size_t begin, end;
    GArray *sealed; /* (element-type Sealed) */
} Span;

static void seal(Span *span, Pack *pack)
{
    Sealed sealed = {.expanded = pack->bytes.size, .n = pack->n};

    sealed.data = pack_seal(pack, &sealed.size);
    g_array_append_val(span->sealed, sealed);
    pack_begin(pack);
}

static void put_row(Span *span, size_t i, Pack *pack, Body *body, GArray *room, uint64_t seed)
{
    PackWrite *write = span->write;
    uint32_t row = write->rows[i];
    Fingerprint print = things_fingerprint(write->things, write->kind, row, seed, body);

    write->refs[i] = print.ref;
    write->hashes[i] = print.hash;
    if (write->links != NULL)
        write->links[i] = print.link;
    if (print.ref == 0)
        return;
    if (history_is_list(write->kind))
        things_list_body(write->things, write->kind, row, room, body);
    write->places[i] = span->sealed->len;
    pack_add(pack, text_of(things_key(write->things, write->kind, row)),
             (Text){(const char *)body->data, body->size});
    if (pack_is_full(pack))
        seal(span, pack);
}

static void make_span(void *data)
{
    Span *span = data;
    const PackWrite *write = span->write;
    uint64_t seed =
        history_ref_seed(write->things->snapshot->sources[write->source].name, write->kind);
    g_autoptr(GArray) room = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_auto(Body) body = {0};
    Pack pack = {0};

    pack_begin(&pack);
    for (size_t i = span->begin; i < span->end; i++)
        put_row(span, i, &pack, &body, room, seed);
    if (pack.n > 0)
        seal(span, &pack);
    pack_clear(&pack);
}

static bool write_sealed(PackWrite *write, const Sealed *sealed, GError **error)
{
    return bulk_add(
        write->bulk, error, text_value(write->things->snapshot->sources[write->source].name),
        text_value(history_kinds[write->kind]), integer_value(write->run),
        integer_value(write->n_places++), integer_value(sealed->n),
        integer_value((int64_t)sealed->expanded), blob_value(sealed->data, sealed->size));
}

/* ---- rounds ---- */

typedef struct Round {
    Span spans[ROUND];
    size_t n;
    bool is_written;
    GError *error;
} Round;

static void clear_sealed(void *data)
{
    g_free(((Sealed *)data)->data);
}

static void write_round(void *data)
{
    Round *round = data;

    round->is_written = true;
    for (size_t i = 0; i < round->n; i++) {
        Span *span = &round->spans[i];
        for (size_t row = span->begin; row < span->end; row++)
            span->write->places[row] += span->write->n_places;
        for (guint j = 0; round->is_written && j < span->sealed->len; j++)
            round->is_written =
                write_sealed(span->write, &g_array_index(span->sealed, Sealed, j), &round->error);
        g_clear_pointer(&span->sealed, g_array_unref);
    }
}

static size_t begin_round(PackWrite *write, Round *round, size_t begin)
{
    *round = (Round){.is_written = true};
    for (; begin < write->n && round->n < ROUND; round->n++) {
        Span *span = &round->spans[round->n];
        *span = (Span){write, begin, MIN(begin + SPAN, write->n),
                       g_array_new(FALSE, FALSE, sizeof(Sealed))};
        g_array_set_clear_func(span->sealed, clear_sealed);
        begin = span->end;
    }
    return begin;
}

static bool write_rows(PackWrite *write, GError **error)
{
    Round rounds[2] = {{.is_written = true}, {.is_written = true}};
    Round *done = &rounds[0], *next = &rounds[1];
    bool is_good = true;

    for (size_t at = 0; is_good && (at < write->n || done->n > 0);) {
        Task tasks[ROUND + 1];
        size_t n = 0;
        at = begin_round(write, next, at);
        if (done->n > 0)
            tasks[n++] = (Task){write_round, done};
        for (size_t i = 0; i < next->n; i++)
            tasks[n++] = (Task){make_span, &next->spans[i]};
        tasks_run(tasks, n);
        is_good = done->is_written;
        if (!is_good)
            g_propagate_error(error, g_steal_pointer(&done->error));
        Round *swap = done;
        done = next;
        next = swap;
    }
    for (size_t i = 0; i < ROUND; i++)
        g_clear_pointer(&done->spans[i].sealed, g_array_unref);
    return is_good;
}

/* Few beside the others: made here. */
static bool write_gone(PackWrite *write, GError **error)
{
    const char *source = write->things->snapshot->sources[write->source].name;
    Span span = {.write = write, .sealed = g_array_new(FALSE, FALSE, sizeof(Sealed))};
    Pack pack = {0};
    bool is_written = true;

    g_array_set_clear_func(span.sealed, clear_sealed);
    pack_begin(&pack);
    for (size_t i = 0; write->gone != NULL && write->gone[i] != NULL; i++) {
        write->refs[write->n + i] = history_ref(source, write->kind, write->gone[i]);
        write->places[write->n + i] = write->n_places + span.sealed->len;
        pack_add(&pack, text_of(write->gone[i]), (Text){0});
        if (pack_is_full(&pack))
            seal(&span, &pack);
    }
    if (pack.n > 0)
        seal(&span, &pack);
    for (guint i = 0; is_written && i < span.sealed->len; i++)
        is_written = write_sealed(write, &g_array_index(span.sealed, Sealed, i), error);
    pack_clear(&pack);
    g_array_unref(span.sealed);
    return is_written;
}

static size_t n_gone(const PackWrite *write)
{
    return write->gone != NULL ? g_strv_length((char **)(uintptr_t)write->gone) : 0;
}

bool pack_write(PackWrite *write, GError **error)
{
    size_t n = write->n + n_gone(write) + 1;

    write->refs = g_new0(uint64_t, n);
    write->hashes = g_new0(uint64_t, n);
    write->links = write->kind == HISTORY_ACCOUNT ? g_new0(uint64_t, n) : NULL;
    write->places = g_new0(uint32_t, n);
    write->bulk =
        bulk_new(write->store, "history_pack", "source, kind, run, place, n, size, body", error);
    return write->bulk != NULL && write_rows(write, error) && write_gone(write, error) &&
           bulk_end(write->bulk, error);
}

void pack_write_clear(PackWrite *write)
{
    g_clear_pointer(&write->refs, g_free);
    g_clear_pointer(&write->hashes, g_free);
    g_clear_pointer(&write->links, g_free);
    g_clear_pointer(&write->places, g_free);
    g_clear_pointer(&write->bulk, bulk_free);
}

/* ---- index ---- */

/* Versions by the first bits of their refs: chunk c is order[first[c] .. first[c + 1]). */
typedef struct Order {
    unsigned bits;
    uint32_t *first;
    uint32_t *order;
} Order;

static size_t chunk_of(const Order *order, uint64_t ref)
{
    return order->bits == 0 ? 0 : (size_t)(ref >> (64 - order->bits));
}

static void order_init(Order *order, const PackWrite *write, size_t n)
{
    size_t n_chunks;

    order->bits = now_bits_for(n);
    n_chunks = (size_t)1 << order->bits;
    order->first = g_new0(uint32_t, n_chunks + 2);
    order->order = g_new(uint32_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (write->refs[i] != 0)
            order->first[chunk_of(order, write->refs[i]) + 2]++;
    }
    for (size_t i = 0; i < n_chunks; i++)
        order->first[i + 2] += order->first[i + 1];
    for (size_t i = 0; i < n; i++) {
        if (write->refs[i] != 0)
            order->order[order->first[chunk_of(order, write->refs[i]) + 1]++] = (uint32_t)i;
    }
}

static void order_clear(Order *order)
{
    g_free(order->first);
    g_free(order->order);
}

/* Its fingerprints, ascending; row is the place in the arrays of write. */
static void gather_chunk(const PackWrite *write, const Order *order, size_t chunk, GArray *prints)
{
    g_array_set_size(prints, 0);
    for (uint32_t i = order->first[chunk]; i < order->first[chunk + 1]; i++) {
        uint32_t at = order->order[i];
        Fingerprint print = {write->refs[at], write->hashes[at],
                             write->links != NULL ? write->links[at] : 0, at};
        g_array_append_val(prints, print);
    }
    fingerprints_sort((Fingerprint *)(void *)prints->data, prints->len);
}

static bool write_index_chunk(const PackWrite *write, Bulk *bulk, const GArray *prints,
                              GError **error)
{
    g_autofree IndexPair *pairs = g_new(IndexPair, prints->len + 1);

    if (prints->len == 0)
        return true;
    for (guint i = 0; i < prints->len; i++) {
        const Fingerprint *print = &g_array_index(prints, Fingerprint, i);
        pairs[i] =
            (IndexPair){htole32((uint32_t)(print->ref >> 32)), htole32(write->places[print->row])};
    }
    return bulk_add(bulk, error, text_value(write->things->snapshot->sources[write->source].name),
                    text_value(history_kinds[write->kind]), integer_value(write->run),
                    integer_value(le32toh(pairs[0].upper)),
                    blob_value(pairs, prints->len * sizeof *pairs));
}

/* Two keys of one hash: the first counts. */
static void drop_repeated(GArray *prints)
{
    Fingerprint *rows = (Fingerprint *)(void *)prints->data;
    guint kept = 0;

    for (guint i = 0; i < prints->len; i++) {
        if (kept == 0 || rows[kept - 1].ref != rows[i].ref)
            rows[kept++] = rows[i];
    }
    g_array_set_size(prints, kept);
}

bool pack_write_index(PackWrite *write, Now *now, GError **error)
{
    size_t n = write->n + n_gone(write);
    g_autoptr(GArray) prints = g_array_new(FALSE, FALSE, sizeof(Fingerprint));
    g_autoptr(Bulk) bulk =
        bulk_new(write->store, "history_pack_index", "source, kind, run, first, body", error);
    bool is_written = bulk != NULL && (now == NULL || now_replace_begin(now, n, error));
    Order order;

    order_init(&order, write, n);
    for (size_t chunk = 0; is_written && chunk < (size_t)1 << order.bits; chunk++) {
        gather_chunk(write, &order, chunk, prints);
        is_written = write_index_chunk(write, bulk, prints, error);
        drop_repeated(prints);
        is_written =
            is_written &&
            (now == NULL || now_replace_chunk(now, chunk, (const Fingerprint *)(void *)prints->data,
                                              prints->len, error));
    }
    order_clear(&order);
    return is_written && bulk_end(bulk, error) && (now == NULL || now_replace_end(now, error));
}
