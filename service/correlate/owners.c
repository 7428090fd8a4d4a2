#include "correlate/owners.h"

#include "base/hash.h"
#include "base/tasks.h"
#include "correlate/people_maps.h"
#include "model/lookup.h"

#define BATCH 1024

#define GREATEST_ID ((UINT32_C(1) << 29) - 1)

static const Owner nobody = {.kind = OWNER_NONE, .id = 0, .next_person = 0};

static Owner owner_of(OwnerKind kind, uint32_t id, uint32_t person)
{
    return (Owner){.kind = kind & 7u, .id = id & GREATEST_ID, .next_person = person + 1};
}

static Owner owner_account(const Links *links, uint32_t account)
{
    return owner_of(OWNER_ACCOUNT, account, links->person[account]);
}

/* What can be said of a text without looking anybody up. */
typedef struct OwnerText {
    const char *text;
    unsigned kind; /* people_key_kind() */
    bool is_blank, may_be_dn;
    bool is_nowhere; /* the DN of nothing that was read: it is nobody's name either */
} OwnerText;

static OwnerText owner_text(const char *text)
{
    Text trimmed = text_trimmed(text_of(text));
    unsigned kind = people_key_kind(trimmed);
    return (OwnerText){.text = text,
                       .kind = kind,
                       .is_blank = trimmed.length == 0,
                       .may_be_dn = kind != KEY_NUMBER && memchr(text, '=', strlen(text)) != NULL};
}

static Owner owner_entry(const Links *links, Principal entry)
{
    if (entry == NONE)
        return nobody;
    if (principal_kind(entry) == PRINCIPAL_ACCOUNT)
        return owner_account(links, principal_id(entry));
    if (principal_kind(entry) == PRINCIPAL_GROUP)
        return owner_of(OWNER_GROUP, principal_id(entry), NONE);
    return nobody;
}

static Owner find_owner_dn(const Links *links, const char *text, uint8_t source)
{
    Principal entry = snapshot_find_dn(links->snapshot, source, text);
    if (entry == NONE && source != UINT8_MAX)
        entry = snapshot_find_dn(links->snapshot, UINT8_MAX, text);
    return owner_entry(links, entry);
}

static const LinkPersonField owner_fields[] = {LINK_PERSON_ID, LINK_PERSON_EMAIL,
                                               LINK_PERSON_USERNAME};
enum { N_OWNER_FIELDS = G_N_ELEMENTS(owner_fields) };

/* Where a text stands in the maps of owner_fields. */
typedef struct OwnerCursors {
    uint32_t at[N_OWNER_FIELDS];
} OwnerCursors;

static Owner owner_among_people(const Links *links, const OwnerCursors *cursors)
{
    uint32_t person = NONE;
    for (size_t i = 0; i < N_OWNER_FIELDS; i++) {
        if (cursors->at[i] == TEXT_INDEX_NONE)
            continue;
        uint32_t found =
            people_maps_only(links->people_maps,
                             people_maps_by(links->people_maps, owner_fields[i]), cursors->at[i]);
        if (found == NONE || (person != NONE && person != found))
            return owner_of(OWNER_AMBIGUOUS, 0, NONE);
        person = found;
    }
    return person != NONE ? owner_of(OWNER_PERSON, person, person) : nobody;
}

static void look_up_people(const Links *links, const TextRef *keys, const OwnerText *texts,
                           size_t n, OwnerCursors *ret_cursors)
{
    TextRef wanted[BATCH];
    uint32_t found[BATCH];
    for (size_t field = 0; field < N_OWNER_FIELDS; field++) {
        PeopleMaps *maps = links->people_maps;
        bool is_any = false;
        for (size_t i = 0; i < n; i++) {
            bool may_be = people_maps_may_hold(maps, owner_fields[field], texts[i].kind);
            wanted[i] = may_be ? keys[i] : 0;
            found[i] = TEXT_INDEX_NONE;
            is_any = is_any || may_be;
        }
        if (is_any)
            text_multimap_find_batch(people_maps_by(maps, owner_fields[field]), wanted, n, found);
        for (size_t i = 0; i < n; i++)
            ret_cursors[i].at[field] = found[i];
    }
}

/* Several accounts of one person are that person's: the first usable one speaks. Those of the
 * source that the text comes from go before others of the same name. */
static Owner find_owner_account(const Links *links, const char *text, uint8_t source)
{
    const Accounts *accounts = &links->snapshot->accounts;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    snapshot_find_accounts(links->snapshot, text, found);
    const uint32_t *ids = (const uint32_t *)(const void *)found->data;
    bool has_own = false;
    for (guint i = 0; i < found->len; i++)
        has_own = has_own || accounts->source[ids[i]] == source;

    uint32_t best = NONE;
    for (guint i = 0; i < found->len; i++) {
        uint32_t id = ids[i];
        if (has_own && accounts->source[id] != source)
            continue;
        if (best != NONE && (links->person[id] == NONE || links->person[id] != links->person[best]))
            return owner_of(OWNER_AMBIGUOUS, 0, NONE);
        if (best == NONE ||
            (accounts->enabled[best] != STATE_YES && accounts->enabled[id] == STATE_YES))
            best = id;
    }
    return best != NONE ? owner_account(links, best) : nobody;
}

static Owner find_owner_group(const Links *links, const char *text, uint8_t source)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    snapshot_find_groups(links->snapshot, text, found);
    uint32_t best = NONE;
    for (guint i = 0; i < found->len; i++) {
        uint32_t id = g_array_index(found, uint32_t, i);
        if (best == NONE || (links->snapshot->groups.source[best] != source &&
                             links->snapshot->groups.source[id] == source))
            best = id;
    }
    return best != NONE ? owner_of(OWNER_GROUP, best, NONE) : nobody;
}

static Owner find_owner_named(const Links *links, OwnerText text, uint8_t source,
                              const OwnerCursors *cursors)
{
    Owner owner = text.may_be_dn ? find_owner_dn(links, text.text, source) : nobody;
    if (owner.kind == OWNER_NONE)
        owner = owner_among_people(links, cursors);
    if (owner.kind == OWNER_NONE)
        owner = find_owner_account(links, text.text, source);
    if (owner.kind == OWNER_NONE)
        owner = find_owner_group(links, text.text, source);
    return owner;
}

static Owner find_owner(const Links *links, OwnerText text, uint8_t source,
                        const OwnerCursors *cursors)
{
    if (text.is_blank)
        return nobody;
    Owner owner = text.is_nowhere ? nobody : find_owner_named(links, text, source, cursors);
    /* Nobody known fits, but not everybody is known. */
    if (owner.kind == OWNER_NONE &&
        !snapshot_is_complete(links->snapshot, PROVIDES_PEOPLE | PROVIDES_DIRECTORY))
        owner.kind = OWNER_UNKNOWN;
    return owner;
}

Owner links_find_owner(const Links *links, const char *text)
{
    PeopleMaps *maps = links->people_maps;
    OwnerText owner = owner_text(text);
    OwnerCursors cursors;
    for (size_t field = 0; field < N_OWNER_FIELDS; field++)
        cursors.at[field] =
            people_maps_may_hold(maps, owner_fields[field], owner.kind)
                ? text_multimap_find(people_maps_by(maps, owner_fields[field]), text_of(text))
                : TEXT_INDEX_NONE;
    return find_owner(links, owner, UINT8_MAX, &cursors);
}

/* ---- whole columns ---- */

typedef struct OwnerColumn {
    const Links *links;
    uint32_t n;
    const TextRef *texts;
    const uint8_t *sources;  /* NULL: the texts come from no directory */
    const uint32_t *entries; /* as Accounts.owner_entry, or NULL */
    Owner *owners;
} OwnerColumn;

/* What needs no text to be looked up: a row without one, and the DN of an entry of its own source.
 */
static bool is_found_already(const OwnerColumn *column, uint32_t row)
{
    if (column->texts[row] == 0)
        return true;
    if (column->entries == NULL || column->entries[row] == 0 ||
        column->entries[row] == OWNER_NOWHERE)
        return false;
    column->owners[row] = owner_entry(column->links, column->entries[row] - 1);
    return column->owners[row].kind != OWNER_NONE;
}

/* An entry of another directory may have the DN that its own directory does not have. */
static bool is_one_directory(const Snapshot *snapshot)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        n += snapshot->sources[i].provides == PROVIDES_DIRECTORY;
    return n == 1;
}

static void find_owners(void *data)
{
    const OwnerColumn *column = data;
    const Links *links = column->links;
    TextRef keys[BATCH];
    OwnerText texts[BATCH];
    uint32_t rows[BATCH];
    OwnerCursors cursors[BATCH];
    bool is_only_directory = is_one_directory(links->snapshot);
    for (uint32_t row = 0; row < column->n;) {
        size_t count = 0;
        for (; row < column->n && count < BATCH; row++) {
            if (is_found_already(column, row))
                continue;
            keys[count] = column->texts[row];
            texts[count] = owner_text(snapshot_text(links->snapshot, column->texts[row]));
            texts[count].is_nowhere = is_only_directory && column->entries != NULL &&
                                      column->entries[row] == OWNER_NOWHERE;
            rows[count++] = row;
        }
        if (count > 0)
            look_up_people(links, keys, texts, count, cursors);
        for (size_t i = 0; i < count; i++)
            column->owners[rows[i]] = find_owner(
                links, texts[i], column->sources != NULL ? column->sources[rows[i]] : UINT8_MAX,
                &cursors[i]);
    }
}

static OwnerColumn column_of(const Links *links, uint32_t n, const TextRef *texts,
                             const uint8_t *sources, const uint32_t *entries)
{
    return (OwnerColumn){.links = links,
                         .entries = entries,
                         .n = n,
                         .texts = texts,
                         .sources = sources,
                         .owners = g_new0(Owner, (size_t)n + 1)};
}

/* The register's columns stand first: their texts are looked for among the people. */
void owners_link(Links *links)
{
    const Snapshot *s = links->snapshot;
    OwnerColumn columns[] = {
        column_of(links, s->assets.n, s->assets.owner, NULL, NULL),
        column_of(links, s->assets.n, s->assets.custodian, NULL, NULL),
        column_of(links, s->accounts.n, s->accounts.owner_text, s->accounts.source,
                  s->accounts.owner_entry),
        column_of(links, s->groups.n, s->groups.owner_text, s->groups.source,
                  s->groups.owner_entry),
    };
    Task tasks[G_N_ELEMENTS(columns)];
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        tasks[i] = (Task){find_owners, &columns[i]};
    tasks_run(tasks, G_N_ELEMENTS(tasks));
    links->asset_owner = columns[0].owners;
    links->asset_custodian = columns[1].owners;
    links->account_owner = columns[2].owners;
    links->group_owner = columns[3].owners;
}
