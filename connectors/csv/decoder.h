/* decoder.h: text in another encoding to UTF-8, block by block. */
#pragma once

#include "rows.h"

typedef struct Decoder Decoder;

/* NULL when there is no such encoding. */
Decoder *decoder_new(const char *encoding);
void decoder_free(Decoder *decoder); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)
bool decoder_is_utf8(const char *encoding); /* then none is needed */

/* Pushes the text to rows. Fails at the first byte that the encoding does not have, naming its
 * line. */
bool decoder_push(Decoder *decoder, const char *file, const char *bytes, size_t n_bytes, Rows *rows,
                  GError **error);
/* Fails when the last character is not whole. */
bool decoder_end(const Decoder *decoder, const char *file, const Rows *rows, GError **error);
