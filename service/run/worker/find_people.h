/* find_people.h: people by a part of what somebody types: id, name, mail or user name; upper and
 * lower case, and marks on letters, do not matter ("muller" and "mueller" find Müller).
 *
 * The folded texts are made once for a snapshot: about 80 bytes a person. Cost of a search: one
 * pass over them. */
#pragma once

#include "run/look.h"

typedef struct PeopleIndex PeopleIndex;

PeopleIndex *people_index_new(const Snapshot *snapshot);
void people_index_free(PeopleIndex *index); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PeopleIndex, people_index_free)

/* Everybody of whom all words of text are found, at most 50 by name, after whoever has that very
 * id: {"people": [ {"id", "name", "department", "title", "manager": {id, name}, "left"} ], "more"}.
 * look: of the same snapshot. New reference. */
json_t *people_index_find(const PeopleIndex *index, const Look *look, const char *text,
                          int64_t now_utc);
