/* people_maps.h: people by id, e-mail, user name and name. A part of links.
 *
 * Each map is made when it is first asked for; two threads may ask at once. An old row of a person
 * stands for its successor. */
#pragma once

#include "base/text_multimap.h"
#include "correlate/links.h"

typedef struct PeopleMaps PeopleMaps;

/* The snapshot must outlive the maps. Cost: O(people). */
PeopleMaps *people_maps_new(const Snapshot *snapshot);
void people_maps_free(PeopleMaps *maps); /* NULL is fine */

/* Rows as they stand: people_maps_now() says who each is. Cost: O(people) the first time. */
const TextMultimap *people_maps_by(PeopleMaps *maps, LinkPersonField field);
/* What a text can be told by without looking it up: bits. */
enum { KEY_ADDRESS = 1 /* has an @ */, KEY_NUMBER = 2 /* digits alone */, KEY_OTHER = 4 };
/* The kind of a text; of one that is not ASCII all of them, since folding makes of an @ of another
 * width a plain one. */
unsigned people_key_kind(Text text);
/* Are there keys of that field of this kind? If not, the text needs no look, and perhaps the map
 * need not even be made. */
bool people_maps_may_hold(PeopleMaps *maps, LinkPersonField field, unsigned kind);
uint32_t people_maps_now(const PeopleMaps *maps, uint32_t person);
/* The only person behind the cursor; NONE when there are several different ones. */
uint32_t people_maps_only(const PeopleMaps *maps, const TextMultimap *map, uint32_t cursor);
/* Frees the map of a field that hardly anybody asks for later: 14 bytes a person. Not while another
 * thread asks. */
void people_maps_drop(PeopleMaps *maps, LinkPersonField field);
