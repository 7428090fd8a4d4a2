#include "csv/decoder.h"

#include <rightful/connector.h>

#include <errno.h>

#define OUT_BLOCK ((size_t)64 << 10)
#define LONGEST_CHARACTER 16 /* bytes of one, in any encoding that iconv knows, with shifts */

struct Decoder {
    GIConv iconv;
    char *encoding;
    GByteArray *input; /* what is not converted yet: the beginning of a character, then the block */
    char *out;
};

bool decoder_is_utf8(const char *encoding)
{
    return g_ascii_strcasecmp(encoding, "utf-8") == 0 || g_ascii_strcasecmp(encoding, "utf8") == 0;
}

Decoder *decoder_new(const char *encoding)
{
    GIConv iconv = g_iconv_open("UTF-8", encoding);
    if (iconv == (GIConv)-1) /* NOLINT: the API's own way to say no */
        return NULL;
    Decoder *decoder = g_new0(Decoder, 1);
    decoder->iconv = iconv;
    decoder->encoding = g_strdup(encoding);
    decoder->input = g_byte_array_new();
    decoder->out = g_malloc(OUT_BLOCK);
    return decoder;
}

void decoder_free(Decoder *decoder)
{
    if (decoder == NULL)
        return;
    g_iconv_close(decoder->iconv);
    g_free(decoder->encoding);
    g_byte_array_unref(decoder->input);
    g_free(decoder->out);
    g_free(decoder);
}

static bool fail_at(const Decoder *decoder, const char *file, unsigned char byte, const Rows *rows,
                    GError **error)
{
    g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SYNTAX,
                "%s:%" G_GUINT64_FORMAT
                ": byte 0x%02X is no character of %s; set encoding to what the file is "
                "written in",
                file, rows_line(rows), byte, decoder->encoding);
    return false;
}

bool decoder_push(Decoder *decoder, const char *file, const char *bytes, size_t n_bytes, Rows *rows,
                  GError **error)
{
    g_byte_array_append(decoder->input, (const guint8 *)bytes, (guint)n_bytes);
    char *in = (char *)decoder->input->data;
    gsize n_in = decoder->input->len;
    while (n_in > 0) {
        char *out = decoder->out;
        gsize n_out = OUT_BLOCK;
        gsize rc = g_iconv(decoder->iconv, &in, &n_in, &out, &n_out);
        int code = errno;
        if (!rows_push(rows, decoder->out, OUT_BLOCK - n_out, error))
            return false;
        if (rc != (gsize)-1 || code == E2BIG)
            continue;
        if (code != EINVAL || n_in > LONGEST_CHARACTER)
            return fail_at(decoder, file, (unsigned char)*in, rows, error);
        break;
    }
    g_byte_array_remove_range(decoder->input, 0, decoder->input->len - (guint)n_in);
    return true;
}

bool decoder_end(const Decoder *decoder, const char *file, const Rows *rows, GError **error)
{
    if (decoder->input->len == 0)
        return true;
    return fail_at(decoder, file, decoder->input->data[0], rows, error);
}
