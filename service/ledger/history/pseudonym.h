/* pseudonym.h: stable names for those whose own names are to be forgotten.
 *
 * A pseudonym is the beginning of an HMAC-SHA256 with a key that is made once per ledger: the same
 * person has the same pseudonym everywhere and for ever, so what is left stays joinable. Who holds
 * the ledger can test a guess; that is pseudonymisation, not anonymisation. */
#pragma once

#include "ledger/store.h"

#include <jansson.h>

/* Texts that are to be replaced, and by what. Longer ones are replaced before those they contain.
 */
typedef struct Pseudonyms Pseudonyms;

/* Makes the key of the ledger when there is none yet: inside a writing transaction. NULL on
 * failure. */
Pseudonyms *pseudonyms_new(Store *store, GError **error);
void pseudonyms_free(Pseudonyms *pseudonyms); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pseudonyms, pseudonyms_free)

/* "P-4F1C0A92D3": prefix, '-', ten hexadecimal digits of what identifies it. Newly allocated. */
char *pseudonym_of(const Pseudonyms *pseudonyms, const char *prefix, const char *identity);
/* "" and NULL are passed over; of a text that stands for several the first one wins. */
void pseudonyms_replace(Pseudonyms *pseudonyms, const char *text, const char *with);
/* What stands instead of this very text (without case); NULL = it stays. */
const char *pseudonyms_find(const Pseudonyms *pseudonyms, const char *text);

/* A sentence with every name replaced that stands there as words of its own. Texts of fewer than
 * four bytes are left alone inside sentences: "1" is in every date. *ret_changed may be NULL. */
char *pseudonyms_in_text(const Pseudonyms *pseudonyms, const char *text, bool *ret_changed);
/* The same in every text of a JSON document. New reference. */
json_t *pseudonyms_in_json(const Pseudonyms *pseudonyms, const json_t *json, bool *ret_changed);
