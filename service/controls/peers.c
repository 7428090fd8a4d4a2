#include "controls/peers.h"

#include "base/probed.h"

struct Peers {
    const ControlContext *context;
    Effective *walker; /* its own: the walk of whoever asks stays as it is */
    uint32_t *place;   /* per person */
    uint32_t n_places;
    GArray *sizes;     /* (element-type guint32) per place: active people */
    uint32_t *holds;   /* per person: the last group found to be held, plus one */
    uint32_t *held;    /* per place: how many hold the group of held_of */
    uint32_t *held_of; /* per place: group plus one */
    uint32_t counted;  /* group plus one */
};

/* ---- places ---- */

/* Texts that differ in case only get one number. */
typedef struct Numbers {
    GHashTable *of_ref;  /* TextRef → number */
    GHashTable *of_text; /* folded (owned) → number */
} Numbers;

static uint32_t number_of(const Snapshot *snapshot, Numbers *numbers, TextRef ref)
{
    gpointer known = g_hash_table_lookup(numbers->of_ref, GUINT_TO_POINTER(ref));
    if (known != NULL)
        return GPOINTER_TO_UINT(known);
    char *folded = g_utf8_casefold(snapshot_text(snapshot, ref), -1);
    known = g_hash_table_lookup(numbers->of_text, folded);
    if (known != NULL)
        g_free(folded);
    else
        g_hash_table_insert(numbers->of_text, folded,
                            known = GUINT_TO_POINTER(g_hash_table_size(numbers->of_text) + 1));
    g_hash_table_insert(numbers->of_ref, GUINT_TO_POINTER(ref), known);
    return GPOINTER_TO_UINT(known);
}

/* One key for each pair. GLib hashes pointers by their lower half alone: without mixing, all
 * departments with one title would collide. */
static gpointer key_of_pair(uint32_t department, uint32_t title)
{
    uint64_t key = ((uint64_t)department << 32 | title) * UINT64_C(0x9e3779b97f4a7c15);
    return GSIZE_TO_POINTER(key ^ key >> 32);
}

static uint32_t place_of(Peers *peers, Numbers *numbers, GHashTable *places, uint32_t person)
{
    const Snapshot *snapshot = peers->context->snapshot;
    TextRef department = snapshot->people.department[person],
            title = snapshot->people.title[person];
    if (department == 0 || title == 0 || !person_is_active(peers->context, person))
        return NONE;
    gpointer key =
        key_of_pair(number_of(snapshot, numbers, department), number_of(snapshot, numbers, title));
    gpointer known = g_hash_table_lookup(places, key);
    if (known == NULL) {
        uint32_t none = 0;
        g_array_append_val(peers->sizes, none);
        known = GUINT_TO_POINTER(++peers->n_places);
        g_hash_table_insert(places, key, known);
    }
    uint32_t place = GPOINTER_TO_UINT(known) - 1;
    g_array_index(peers->sizes, uint32_t, place)++;
    return place;
}

Peers *peers_new(const ControlContext *context)
{
    Peers *peers = g_new0(Peers, 1);
    uint32_t n_people = context->snapshot->people.n;
    Numbers numbers = {g_hash_table_new(NULL, NULL),
                       g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);

    peers->context = context;
    peers->walker = effective_new(context->graph);
    peers->sizes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    peers->place = g_new(uint32_t, (size_t)n_people + 1);
    peers->holds = probed_new(uint32_t, (size_t)n_people + 1);
    for (uint32_t person = 0; person < n_people; person++)
        peers->place[person] = place_of(peers, &numbers, places, person);
    peers->held = g_new0(uint32_t, (size_t)peers->n_places + 1);
    peers->held_of = g_new0(uint32_t, (size_t)peers->n_places + 1);
    g_hash_table_unref(numbers.of_ref);
    g_hash_table_unref(numbers.of_text);
    return peers;
}

void peers_free(Peers *peers)
{
    if (peers == NULL)
        return;
    effective_free(peers->walker);
    g_array_unref(peers->sizes);
    g_free(peers->place);
    g_free(peers->holds);
    g_free(peers->held);
    g_free(peers->held_of);
    g_free(peers);
}

/* ---- asking ---- */

uint32_t peers_n_places(const Peers *peers)
{
    return peers->n_places;
}

uint32_t peers_place(const Peers *peers, uint32_t person)
{
    return peers->place[person];
}

uint32_t peers_others(const Peers *peers, uint32_t person)
{
    return g_array_index(peers->sizes, uint32_t, peers->place[person]) - 1;
}

void peers_count(Peers *peers, uint32_t group)
{
    const ControlContext *context = peers->context;
    uint32_t mark = group + 1;
    size_t n = 0;
    if (peers->counted == mark)
        return;
    peers->counted = mark;
    const uint32_t *members = effective_members(peers->walker, group, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t person = person_speaking(context->snapshot, person_of(context, members[i]));
        if (person == NONE || peers->holds[person] == mark ||
            context->judgement->usable[members[i]] == STATE_NO)
            continue;
        peers->holds[person] = mark;
        uint32_t place = peers->place[person];
        if (place == NONE)
            continue;
        if (peers->held_of[place] != mark)
            peers->held[place] = 0;
        peers->held_of[place] = mark;
        peers->held[place]++;
    }
}

uint32_t peers_holding(const Peers *peers, uint32_t person)
{
    uint32_t place = peers->place[person];
    uint32_t all = peers->held_of[place] == peers->counted ? peers->held[place] : 0;
    return all - (peers->holds[person] == peers->counted);
}

Peers *judgement_peers(const ControlContext *context)
{
    Judgement *judgement = context->judgement;
    if (judgement->peers == NULL)
        judgement->peers = peers_new(judgement->context);
    return judgement->peers;
}
