#include "ledger/history/pack.h"

#include <lz4.h>
#include <string.h>

void pack_clear(Pack *pack)
{
    body_clear(&pack->bytes);
}

void pack_begin(Pack *pack)
{
    body_begin(&pack->bytes);
    pack->n = 0;
}

void pack_add(Pack *pack, Text key, Text body)
{
    Body *bytes = &pack->bytes;
    size_t wanted = bytes->size + key.length + body.length + 24;

    if (wanted > bytes->room) {
        bytes->room = MAX(wanted, 2 * bytes->room);
        bytes->data = g_realloc(bytes->data, bytes->room);
    }
    uint8_t *at = varint_put(bytes->data + bytes->size, key.length);
    memcpy(at, key.data, key.length);
    at = varint_put(at + key.length, body.data ? body.length + 1 : 0);
    if (body.length > 0)
        memcpy(at, body.data, body.length);
    bytes->size = (size_t)(at - bytes->data) + body.length;
    pack->n++;
}

uint8_t *pack_seal(const Pack *pack, size_t *ret_size)
{
    if (pack->bytes.size > LZ4_MAX_INPUT_SIZE)
        g_error("a pack of %zu bytes cannot be compressed", pack->bytes.size);
    int n = (int)pack->bytes.size;
    int room = LZ4_compressBound(n);
    uint8_t *sealed = g_malloc((size_t)room);

    n = LZ4_compress_default((const char *)pack->bytes.data, (char *)sealed, n, room);
    *ret_size = (size_t)n;
    return g_realloc(sealed, (size_t)n);
}

bool pack_open(PackReader *reader, const void *data, size_t n, int64_t size)
{
    *reader = (PackReader){0};
    /* Nothing expands to more than 255 times its size. */
    if (size < 0 || size > LZ4_MAX_INPUT_SIZE || n > LZ4_MAX_INPUT_SIZE ||
        (uint64_t)size > (uint64_t)n * 256)
        return false;
    reader->data = g_malloc((size_t)size + 1);
    reader->at = reader->data;
    reader->end = reader->data + size;
    if (LZ4_decompress_safe(data, (char *)reader->data, (int)n, (int)size) == size)
        return true;
    pack_close(reader);
    return false;
}

void pack_close(PackReader *reader)
{
    g_clear_pointer(&reader->data, g_free);
}

static bool take_text(PackReader *reader, uint64_t length, Text *ret_text)
{
    if (length > (uint64_t)(reader->end - reader->at))
        return false;
    *ret_text = (Text){(const char *)reader->at, length};
    reader->at += length;
    return true;
}

static bool take_entry(PackReader *reader)
{
    uint64_t length;

    reader->body = (Text){0};
    reader->at = varint_take(reader->at, reader->end, &length);
    if (reader->at == NULL || !take_text(reader, length, &reader->key))
        return false;
    reader->at = varint_take(reader->at, reader->end, &length);
    return reader->at != NULL && (length == 0 || take_text(reader, length - 1, &reader->body));
}

bool pack_next(PackReader *reader)
{
    if (reader->is_broken || reader->at == reader->end)
        return false;
    reader->is_broken = !take_entry(reader);
    return !reader->is_broken;
}
