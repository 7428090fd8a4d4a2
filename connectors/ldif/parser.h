/* parser.h: LDIF (RFC 2849), content records only, straight into a schema.
 *
 * Syntax errors refuse the whole file: after one nobody knows what else is missing. Nothing of an
 * entry is copied but folded and base64 values; an entry that goes over the end of what was read is
 * begun again when more is there. Limits: 64 MiB a line. Cost: about one memchr() per line and one
 * hash per attribute. */
#pragma once

#include "ldap/schema.h"
#include "ldif/reader.h"

typedef struct LdifParser LdifParser;

/* path is for messages; reader and path must outlive the parser. */
LdifParser *ldif_parser_new(LdifReader *reader, const char *path);
void ldif_parser_free(LdifParser *parser); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LdifParser, ldif_parser_free)

typedef enum LdifStep {
    LDIF_ENTRY,    /* schema_begin() and schema_add() were called: schema_end() is next */
    LDIF_REJECTED, /* an entry that cannot be used; reason says why */
    LDIF_END,
    LDIF_FAILED
} LdifStep;

/* place and reason are valid until the next call. */
LdifStep ldif_parser_next(LdifParser *parser, Schema *schema, Place *ret_place,
                          const char **ret_reason, GError **error);
