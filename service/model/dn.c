#include "model/dn.h"

#include "base/hash.h"

#include <ldap.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LANE 16

/* ---- plain names ---- */

static const char forbidden_characters[] = "\"#+;<>\\\x7f"; /* and controls, and all beyond ASCII */

enum { N_FORBIDDEN = sizeof forbidden_characters - 1 };

/* Which bytes of a lane are what: a bit per byte. */
typedef struct LaneMasks {
    uint32_t forbidden, space, comma, equals;
} LaneMasks;

#ifdef __SSE2__
static inline __m128i bytes_that_are(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline uint32_t mask_of(__m128i bytes)
{
    return (uint32_t)_mm_movemask_epi8(bytes);
}

static inline LaneMasks look_at_lane(const char *lane)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)lane);
    /* Signed: bytes above 127 are below the space as well. */
    __m128i forbidden = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
#pragma GCC unroll 8
    for (int i = 0; i < N_FORBIDDEN; i++)
        forbidden = _mm_or_si128(forbidden, bytes_that_are(bytes, forbidden_characters[i]));
    return (LaneMasks){
        .forbidden = mask_of(forbidden),
        .space = mask_of(bytes_that_are(bytes, ' ')),
        .comma = mask_of(bytes_that_are(bytes, ',')),
        .equals = mask_of(bytes_that_are(bytes, '=')),
    };
}
#else
static inline LaneMasks look_at_lane(const char *lane)
{
    LaneMasks masks = {0};
    for (int i = 0; i < LANE; i++) {
        char c = lane[i];
        masks.forbidden |= (uint32_t)(c < ' ' || strchr(forbidden_characters, c) != NULL) << i;
        masks.space |= (uint32_t)(c == ' ') << i;
        masks.comma |= (uint32_t)(c == ',') << i;
        masks.equals |= (uint32_t)(c == '=') << i;
    }
    return masks;
}
#endif

/* One to three letters and "=". Longer types may be long names of short ones (commonName), and
 * those that begin with a digit are OIDs: both have to be translated. */
static inline bool is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool has_plain_type_at(Text dn, size_t at)
{
    const char *type = dn.data + at;
    size_t left = at < dn.length ? dn.length - at : 0;
    if (left < 2 || !is_letter(type[0]))
        return false;
    if (type[1] == '=')
        return true;
    if (left < 3 || !is_letter(type[1]))
        return false;
    return type[2] == '=' || (left > 3 && is_letter(type[2]) && type[3] == '=');
}

/* The lane at this place; bytes behind the end are nothing. */
static inline LaneMasks look_at_rest(Text dn, size_t at)
{
    if (at + LANE <= dn.length)
        return look_at_lane(dn.data + at);
    char copy[LANE];
    const char *lane = copy;
    unsigned overlap = 0; /* bytes of the lane that were looked at before */
    if (dn.length >= LANE) {
        lane = dn.data + dn.length - LANE;
        overlap = (unsigned)(at + LANE - dn.length);
    } else {
        memset(copy, 'x', LANE);
        memcpy(copy, dn.data, dn.length);
    }
    LaneMasks is = look_at_lane(lane);
    is.forbidden >>= overlap;
    is.space >>= overlap;
    is.comma >>= overlap;
    is.equals >>= overlap;
    return is;
}

bool dn_is_plain(Text dn)
{
    if (dn.length == 0 || !has_plain_type_at(dn, 0))
        return false;
    char last = dn.data[dn.length - 1];
    if (last == ' ' || last == '=')
        return false;

    uint32_t space_before = 0, separator_before = 0,
             equals_before = 0; /* of the byte before the lane */
    for (size_t at = 0; at < dn.length; at += LANE) {
        LaneMasks is = look_at_rest(dn, at);
        uint32_t separator = is.comma | is.equals;
        uint32_t after_space = is.space << 1 | space_before;
        uint32_t after_separator = separator << 1 | separator_before;
        uint32_t after_equals = is.equals << 1 | equals_before;
        if ((is.forbidden | (is.space & (after_space | after_separator)) |
             (separator & after_space) | (is.comma & after_equals)) != 0)
            return false;
        for (uint32_t commas = is.comma; commas != 0; commas &= commas - 1)
            if (!has_plain_type_at(dn, at + (size_t)__builtin_ctz(commas) + 1))
                return false;
        space_before = is.space >> (LANE - 1);
        separator_before = separator >> (LANE - 1);
        equals_before = is.equals >> (LANE - 1);
    }
    return true;
}

/* ---- all others, by libldap ---- */

/* OIDs and long names of the types that occur in DNs (RFC 4519, RFC 4524, PKCS #9). */
static const struct {
    const char *name, *type;
} type_names[] = {
    {"2.5.4.3", "cn"},
    {"commonname", "cn"},
    {"2.5.4.4", "sn"},
    {"surname", "sn"},
    {"2.5.4.5", "serialnumber"},
    {"2.5.4.6", "c"},
    {"countryname", "c"},
    {"2.5.4.7", "l"},
    {"localityname", "l"},
    {"2.5.4.8", "st"},
    {"stateorprovincename", "st"},
    {"2.5.4.9", "street"},
    {"streetaddress", "street"},
    {"2.5.4.10", "o"},
    {"organizationname", "o"},
    {"2.5.4.11", "ou"},
    {"organizationalunitname", "ou"},
    {"2.5.4.12", "title"},
    {"2.5.4.42", "givenname"},
    {"gn", "givenname"},
    {"2.5.4.46", "dnqualifier"},
    {"2.5.4.49", "distinguishedname"},
    {"0.9.2342.19200300.100.1.1", "uid"},
    {"userid", "uid"},
    {"0.9.2342.19200300.100.1.3", "mail"},
    {"rfc822mailbox", "mail"},
    {"0.9.2342.19200300.100.1.25", "dc"},
    {"domaincomponent", "dc"},
    {"1.2.840.113549.1.9.1", "email"},
    {"emailaddress", "email"},
    {"e", "email"},
};

static void append_type(GString *out, const struct berval *type)
{
    g_autofree char *lower = g_ascii_strdown(type->bv_val, (gssize)type->bv_len);
    for (size_t i = 0; i < G_N_ELEMENTS(type_names); i++) {
        if (g_str_equal(lower, type_names[i].name)) {
            g_string_append(out, type_names[i].type);
            return;
        }
    }
    g_string_append(out, lower);
}

/* Inner white space becomes one space, outer white space nothing (RFC 4518, insignificant space
 * handling). */
static void collapse_spaces(GString *text)
{
    g_autoptr(GString) out = g_string_sized_new(text->len);
    bool is_pending = false;
    for (const char *at = text->str; *at != '\0'; at += g_utf8_skip[(unsigned char)*at]) {
        gunichar c = g_utf8_get_char(at);
        if (g_unichar_isspace(c)) {
            is_pending = out->len > 0;
            continue;
        }
        if (is_pending)
            g_string_append_c(out, ' ');
        is_pending = false;
        g_string_append_unichar(out, c);
    }
    g_string_assign(text, out->str);
}

static void append_hex(GString *out, const char *data, size_t length)
{
    g_string_append_c(out, '#');
    for (size_t i = 0; i < length; i++)
        g_string_append_printf(out, "%02x", (unsigned char)data[i]);
}

/* "#hex" is the BER encoding of a value (RFC 4514 2.4): of a string type it is that string. */
static bool string_of_ber(Text ber, Text *ret_string)
{
    static const unsigned char string_tags[] = {0x04, 0x0c, 0x12, 0x13, 0x16, 0x1a};
    if (ber.length < 2 || ber.length - 2 > 127 || (unsigned char)ber.data[1] != ber.length - 2 ||
        memchr(string_tags, ber.data[0], sizeof string_tags) == NULL)
        return false;
    *ret_string = (Text){ber.data + 2, ber.length - 2};
    return true;
}

static void append_value(GString *out, const LDAPAVA *ava)
{
    Text value = {ava->la_value.bv_val, ava->la_value.bv_len};
    if (((ava->la_flags & LDAP_AVA_BINARY) != 0 && !string_of_ber(value, &value)) ||
        (value.length > 0 && !g_utf8_validate_len(value.data, value.length, NULL))) {
        append_hex(out, ava->la_value.bv_val, ava->la_value.bv_len);
        return;
    }
    g_autofree char *folded = text_fold(value);
    g_autoptr(GString) text = g_string_new(folded);
    collapse_spaces(text);
    for (size_t i = 0; i < text->len; i++) {
        if (strchr(",+\"\\<>;", text->str[i]) != NULL || (i == 0 && text->str[i] == '#'))
            g_string_append_c(out, '\\');
        g_string_append_c(out, text->str[i]);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append_rdn(GString *out, LDAPRDN rdn)
{
    g_autoptr(GPtrArray) avas = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; rdn[i] != NULL; i++) {
        GString *ava = g_string_new(NULL);
        append_type(ava, &rdn[i]->la_attr);
        g_string_append_c(ava, '=');
        append_value(ava, rdn[i]);
        g_ptr_array_add(avas, g_string_free(ava, FALSE));
    }
    g_ptr_array_sort(avas, compare_texts);
    for (guint i = 0; i < avas->len; i++) {
        if (i > 0)
            g_string_append_c(out, '+');
        g_string_append(out, g_ptr_array_index(avas, i));
    }
}

/* NULL when it is none or the empty one. */
static LDAPDN parse_dn(Text dn)
{
    if (dn.length == 0 || memchr(dn.data, '\0', dn.length) != NULL ||
        memchr(dn.data, '=', dn.length) == NULL)
        return NULL;
    /* libldap reads up to the length, but also looks at the byte behind: it has to be a NUL. */
    g_autofree char *copy = g_strndup(dn.data, dn.length);
    struct berval text = {.bv_val = copy, .bv_len = dn.length};
    LDAPDN parsed = NULL;
    if (ldap_bv2dn(&text, &parsed, LDAP_DN_FORMAT_LDAP) != LDAP_SUCCESS)
        return NULL;
    if (parsed != NULL && parsed[0] == NULL)
        g_clear_pointer(&parsed, ldap_dnfree);
    return parsed;
}

void dn_normalise(Text dn, GString *out)
{
    if (dn_is_plain(dn)) {
        size_t begin = out->len;
        g_string_append_len(out, dn.data, (gssize)dn.length);
        for (size_t i = begin; i < out->len; i++)
            out->str[i] = g_ascii_tolower(out->str[i]);
        return;
    }
    LDAPDN parsed = parse_dn(dn);
    if (parsed == NULL) {
        g_autofree char *folded = text_fold(dn);
        g_string_append(out, folded);
        return;
    }
    for (int i = 0; parsed[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        append_rdn(out, parsed[i]);
    }
    ldap_dnfree(parsed);
}

/* ---- comparing ---- */

uint64_t dn_hash(Text dn)
{
    if (dn_is_plain(dn))
        return hash_ascii_folded(dn);
    g_autoptr(GString) normalised = g_string_new(NULL);
    dn_normalise(dn, normalised);
    return hash_ascii_folded((Text){normalised->str, normalised->len});
}

bool dn_equals(Text a, Text b)
{
    if (text_equals_ascii_folded(a, b))
        return true;
    if (dn_is_plain(a) && dn_is_plain(b))
        return false;
    g_autoptr(GString) x = g_string_new(NULL);
    g_autoptr(GString) y = g_string_new(NULL);
    dn_normalise(a, x);
    dn_normalise(b, y);
    return g_string_equal(x, y);
}

bool dn_text_is_under(Text dn, const char *normalised_base, GString *scratch)
{
    size_t base_length = strlen(normalised_base);
    if (dn_is_plain(dn)) { /* no escapes: a comma separates */
        if (dn.length <= base_length || base_length == 0)
            return base_length == 0 || text_equals_ascii_folded(dn, text_of(normalised_base));
        size_t at = dn.length - base_length;
        return dn.data[at - 1] == ',' &&
               text_equals_ascii_folded((Text){dn.data + at, base_length},
                                        (Text){normalised_base, base_length});
    }
    g_string_truncate(scratch, 0);
    dn_normalise(dn, scratch);
    return dn_is_under(scratch->str, normalised_base);
}

bool dn_is_under(const char *normalised, const char *normalised_base)
{
    size_t length = strlen(normalised), base_length = strlen(normalised_base);
    if (base_length == 0)
        return true;
    if (length < base_length || strcmp(normalised + length - base_length, normalised_base) != 0)
        return false;
    if (length == base_length)
        return true;
    /* The comma before it separates only if no odd backslash escapes it. */
    size_t at = length - base_length;
    if (normalised[--at] != ',')
        return false;
    size_t n_backslashes = 0;
    while (at > 0 && normalised[at - 1] == '\\') {
        n_backslashes++;
        at--;
    }
    return n_backslashes % 2 == 0;
}
