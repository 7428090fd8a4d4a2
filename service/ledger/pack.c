#include "ledger/pack.h"

#include "base/lz.h"

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

bool pack_open(PackReader *reader, const void *data, size_t n, int64_t size)
{
    *reader = (PackReader){0};
    /* Nothing expands to more than 255 times its size. */
    if (size < 0 || (uint64_t)size > (uint64_t)n * 256)
        return false;
    reader->data = g_malloc((size_t)size + 1);
    reader->at = reader->data;
    reader->end = reader->data + size;
    if (lz_expand(data, n, reader->data, (size_t)size))
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
