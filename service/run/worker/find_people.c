#include "run/worker/find_people.h"

#include "controls/judgement.h"
#include "model/lookup.h"

#include <string.h>

#define MOST_PEOPLE 50

struct PeopleIndex {
    uint32_t n;
    char **folded; /* per person; NULL: another row speaks for them */
};

/* Without case, and without what stands on letters. */
static char *fold(const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    g_autofree char *apart = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
    GString *bare = g_string_new("");

    for (char *at = apart; at != NULL && *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);

        if (!g_unichar_ismark(letter))
            g_string_append_unichar(bare, letter);
    }
    return g_string_free(bare, FALSE);
}

/* "mueller" of Müller, "oe" of ø: what people type who lack the key. */
static char *fold_to_ascii(const char *text)
{
    g_autofree char *ascii = g_str_to_ascii(text, "de");
    return g_ascii_strdown(ascii, -1);
}

static void add(GString *all, const char *text)
{
    g_autofree char *folded = fold(text);
    g_autofree char *ascii = fold_to_ascii(text);

    g_string_append_printf(all, "%s\n", folded);
    if (strcmp(ascii, folded) != 0)
        g_string_append_printf(all, "%s\n", ascii);
}

PeopleIndex *people_index_new(const Snapshot *snapshot)
{
    const People *people = &snapshot->people;
    PeopleIndex *index = g_new0(PeopleIndex, 1);

    index->n = people->n;
    index->folded = g_new0(char *, people->n + 1);
    for (uint32_t i = 0; i < people->n; i++) {
        uint32_t speaker = snapshot_person_now(snapshot, i);
        g_autoptr(GString) all = g_string_new("");

        if (speaker != i) { /* found by what is said of whoever speaks for it, and by its own id */
            continue;
        }
        add(all, snapshot_text(snapshot, people->id[i]));
        add(all, snapshot_text(snapshot, people->name[i]));
        add(all, snapshot_text(snapshot, people->email[i]));
        add(all, snapshot_text(snapshot, people->username[i]));
        for (uint32_t j = people->first_previous[i]; j < people->first_previous[i + 1]; j++)
            add(all, snapshot_text(snapshot, people->previous_ids[j]));
        index->folded[i] = g_string_free(g_steal_pointer(&all), FALSE);
    }
    return index;
}

void people_index_free(PeopleIndex *index)
{
    if (index == NULL)
        return;
    for (uint32_t i = 0; i < index->n; i++)
        g_free(index->folded[i]);
    g_free(index->folded);
    g_free(index);
}

static bool has_all(const char *folded, char *const *words)
{
    for (; *words != NULL; words++) {
        if (strstr(folded, *words) == NULL)
            return false;
    }
    return true;
}

/* Empty words fit everything, and would only cost time. */
static char **words_of(const char *text)
{
    g_autofree char *folded = fold(text);
    g_auto(GStrv) all = g_strsplit_set(folded, " \t\r\n,;", -1);
    GPtrArray *words = g_ptr_array_new();

    for (char **word = all; *word != NULL; word++) {
        if (**word != '\0')
            g_ptr_array_add(words, g_strdup(*word));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

typedef struct Ranked {
    uint32_t person;
    bool is_exact;
    const char *name;
} Ranked;

static int compare(const void *a, const void *b)
{
    const Ranked *first = a, *second = b;

    if (first->is_exact != second->is_exact)
        return first->is_exact ? -1 : 1;
    int order = strcmp(first->name, second->name);
    return order != 0 ? order : first->person < second->person ? -1 : 1;
}

static GArray *search(const PeopleIndex *index, const Snapshot *snapshot, const char *text)
{
    g_auto(GStrv) words = words_of(text);
    g_autofree char *id = g_strstrip(g_strdup(text));
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Ranked));

    for (uint32_t i = 0; *words != NULL && i < index->n; i++) {
        if (index->folded[i] == NULL || !has_all(index->folded[i], words))
            continue;
        Ranked person = {i, strcmp(snapshot_text(snapshot, snapshot->people.id[i]), id) == 0,
                         snapshot_text(snapshot, snapshot->people.name[i])};
        g_array_append_val(found, person);
    }
    g_array_sort(found, compare);
    return found;
}

static json_t *person_row(const Look *look, uint32_t person, int64_t now_utc)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const People *people = &snapshot->people;
    uint32_t manager =
        people->manager_id[person] != 0
            ? snapshot_find_person(snapshot, snapshot_text(snapshot, people->manager_id[person]))
            : NONE;

    return json_pack("{s:o s:o s:o s:o s:o s:b}", "id", look_text(look, people->id[person]), "name",
                     look_text(look, people->name[person]), "department",
                     look_text(look, people->department[person]), "title",
                     look_text(look, people->title[person]), "manager", look_person(look, manager),
                     "left", person_left_at(snapshot, person, now_utc) != TIME_NEVER);
}

json_t *people_index_find(const PeopleIndex *index, const Look *look, const char *text,
                          int64_t now_utc)
{
    g_autoptr(GArray) found = search(index, look->reconciliation.snapshot, text);
    json_t *people = json_array();

    for (guint i = 0; i < MIN(found->len, MOST_PEOPLE); i++)
        json_array_append_new(people,
                              person_row(look, g_array_index(found, Ranked, i).person, now_utc));
    return json_pack("{s:o s:b}", "people", people, "more", found->len > MOST_PEOPLE);
}
