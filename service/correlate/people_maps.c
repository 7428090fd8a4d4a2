#include "correlate/people_maps.h"

#include "base/hash.h"
#include "model/lookup.h"

#define ALL_KINDS (KEY_ADDRESS | KEY_NUMBER | KEY_OTHER)

typedef struct PeopleMap {
    gsize is_made, knows_kinds; /* g_once_init_enter() */
    const TextMultimap *map;
    TextMultimap *owned; /* the same, where the snapshot has no such map itself */
    unsigned kinds;      /* of the keys that are there */
} PeopleMap;

struct PeopleMaps {
    const Snapshot *snapshot;
    PeopleMap by[LINK_PERSON_NAME + 1];
    uint32_t *now; /* per person, snapshot_person_now(); NULL: nobody has a successor */
};

static const TextRef *person_column(const Snapshot *snapshot, LinkPersonField field)
{
    switch (field) {
    case LINK_PERSON_ID:
        return snapshot->people.id;
    case LINK_PERSON_EMAIL:
        return snapshot->people.email;
    case LINK_PERSON_USERNAME:
        return snapshot->people.username;
    case LINK_PERSON_NAME:
        return snapshot->people.name;
    }
    return snapshot->people.id;
}

PeopleMaps *people_maps_new(const Snapshot *snapshot)
{
    PeopleMaps *maps = g_new0(PeopleMaps, 1);
    maps->snapshot = snapshot;
    bool is_any = false;
    for (uint32_t p = 0; p < snapshot->people.n && !is_any; p++)
        is_any = people_successor(&snapshot->people, p) != NONE;
    maps->now = is_any ? g_new(uint32_t, snapshot->people.n + 1) : NULL;
    for (uint32_t p = 0; is_any && p < snapshot->people.n; p++)
        maps->now[p] = snapshot_person_now(snapshot, p);
    return maps;
}

void people_maps_free(PeopleMaps *maps)
{
    if (maps == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(maps->by); i++)
        text_multimap_free(maps->by[i].owned);
    g_free(maps->now);
    g_free(maps);
}

static void make_map(const Snapshot *snapshot, PeopleMap *people, LinkPersonField field)
{
    if (field == LINK_PERSON_ID) {
        people->map = snapshot_people_by_id(snapshot);
        return;
    }
    people->owned = text_multimap_new(snapshot->text, snapshot->people.n);
    text_multimap_add_column(people->owned, person_column(snapshot, field), snapshot->people.n,
                             NULL);
    people->map = people->owned;
}

const TextMultimap *people_maps_by(PeopleMaps *maps, LinkPersonField field)
{
    PeopleMap *people = &maps->by[field];
    if (g_once_init_enter(&people->is_made)) {
        make_map(maps->snapshot, people, field);
        g_once_init_leave(&people->is_made, 1);
    }
    return people->map;
}

unsigned people_key_kind(Text text)
{
    text = text_trimmed(text);
    if (!text_is_ascii(text))
        return ALL_KINDS;
    if (text.length > 0 && memchr(text.data, '@', text.length) != NULL)
        return KEY_ADDRESS;
    size_t n_digits = 0;
    while (n_digits < text.length && g_ascii_isdigit(text.data[n_digits]))
        n_digits++;
    return n_digits == text.length ? KEY_NUMBER : KEY_OTHER;
}

static void note_kind(PeopleMap *people, const Snapshot *snapshot, TextRef key)
{
    if (key != 0)
        people->kinds |= people_key_kind(text_of(snapshot_text(snapshot, key)));
}

static void note_kinds(const Snapshot *snapshot, PeopleMap *people, LinkPersonField field)
{
    const People *all = &snapshot->people;
    const TextRef *column = person_column(snapshot, field);
    for (uint32_t p = 0; p < all->n && people->kinds != ALL_KINDS; p++)
        note_kind(people, snapshot, column[p]);
    for (uint32_t i = 0; field == LINK_PERSON_ID && i < all->first_previous[all->n]; i++)
        note_kind(people, snapshot, all->previous_ids[i]);
}

bool people_maps_may_hold(PeopleMaps *maps, LinkPersonField field, unsigned kind)
{
    PeopleMap *people = &maps->by[field];
    if (g_once_init_enter(&people->knows_kinds)) {
        note_kinds(maps->snapshot, people, field);
        g_once_init_leave(&people->knows_kinds, 1);
    }
    return (people->kinds & kind) != 0;
}

uint32_t people_maps_now(const PeopleMaps *maps, uint32_t person)
{
    return maps->now != NULL ? maps->now[person] : person;
}

uint32_t people_maps_only(const PeopleMaps *maps, const TextMultimap *map, uint32_t cursor)
{
    uint32_t person = people_maps_now(maps, text_multimap_id(map, cursor));
    for (uint32_t c = text_multimap_next(map, cursor); c != TEXT_INDEX_NONE;
         c = text_multimap_next(map, c))
        if (people_maps_now(maps, text_multimap_id(map, c)) != person)
            return NONE;
    return person;
}

void people_maps_drop(PeopleMaps *maps, LinkPersonField field)
{
    PeopleMap *people = &maps->by[field];
    g_clear_pointer(&people->owned, text_multimap_free);
    people->map = NULL;
    people->is_made = 0;
}
