#include "run/reviews/chooser.h"

#include "controls/judgement.h"
#include "model/lookup.h"
#include "review/reviewer.h"
#include "run/reviews/population.h"

#include <string.h>

#define MOST_CANDIDATES 8

struct Chooser {
    const Reconciliation *r;
    const Campaign *campaign;
    uint32_t fallback, owner; /* person or NONE */
    GHashTable *named;        /* text of the configuration → person + 1 */
    GHashTable *assets_of;    /* group + 1 → GArray of assets that it gives access to */
};

/* A question about one right. */
typedef struct Chain {
    Chooser *chooser;
    const char *const *holders;
    const char *other;
    ReviewerCandidate candidates[MOST_CANDIDATES];
    char *roles[MOST_CANDIDATES];
    size_t n;
} Chain;

/* ---- candidates ---- */

static const char *name_of(const Reconciliation *r, uint32_t person)
{
    return snapshot_text(r->snapshot, r->snapshot->people.name[person]);
}

static const char *id_of(const Reconciliation *r, uint32_t person)
{
    return snapshot_text(r->snapshot, r->snapshot->people.id[person]);
}

/* Takes role. */
static void add_candidate(Chain *chain, char *role, uint32_t person)
{
    const Reconciliation *r = chain->chooser->r;

    if (chain->n == MOST_CANDIDATES) {
        g_free(role);
        return;
    }
    ReviewerCandidate *candidate = &chain->candidates[chain->n];
    chain->roles[chain->n++] = role;
    *candidate = (ReviewerCandidate){.role = role, .state = REVIEWER_MISSING};
    if (person == NONE)
        return;
    candidate->id = id_of(r, person);
    candidate->name = name_of(r, person);
    candidate->state = REVIEWER_FITS;
    if (!person_is_active(&r->context, person))
        candidate->state = REVIEWER_GONE;
    else if (g_strv_contains(chain->holders, candidate->id) ||
             strcmp(chain->other, candidate->id) == 0)
        candidate->state = REVIEWER_HOLDER;
}

static uint32_t named_person(Chooser *chooser, const char *text)
{
    gpointer known = g_hash_table_lookup(chooser->named, text);

    if (known == NULL) {
        known = GUINT_TO_POINTER(population_person(chooser->r, text) + 1);
        g_hash_table_insert(chooser->named, (char *)(uintptr_t)text, known);
    }
    return GPOINTER_TO_UINT(known) - 1;
}

/* Of whoever the account belongs to; of an account that nobody uses alone, of who owns it. */
static void add_manager(Chain *chain, uint32_t account)
{
    const Reconciliation *r = chain->chooser->r;
    uint32_t person = person_speaking(r->snapshot, person_of(&r->context, account));
    const char *account_name = snapshot_text(r->snapshot, r->snapshot->accounts.name[account]);
    bool is_own = person != NONE;

    if (!is_own) {
        uint32_t owner = owner_person(&r->links->account_owner[account]);
        person = owner != NONE ? person_speaking(r->snapshot, owner) : NONE;
    }
    if (person == NONE) {
        add_candidate(chain, g_strdup_printf("the manager of whoever %s belongs to", account_name),
                      NONE);
        return;
    }
    add_candidate(chain,
                  is_own ? g_strdup_printf("the manager of %s", name_of(r, person))
                         : g_strdup_printf("the manager of %s, who owns %s", name_of(r, person),
                                           account_name),
                  population_manager(r, person));
}

/* ---- owners of groups and of assets ---- */

static void free_assets(void *assets)
{
    g_array_unref(assets);
}

static void index_asset(Chooser *chooser, uint32_t asset)
{
    g_autoptr(GArray) groups = population_access_groups(chooser->r->snapshot, asset);

    for (guint i = 0; i < groups->len; i++) {
        gpointer key = GUINT_TO_POINTER(g_array_index(groups, uint32_t, i) + 1);
        GArray *assets = g_hash_table_lookup(chooser->assets_of, key);

        if (assets == NULL) {
            assets = g_array_new(FALSE, FALSE, sizeof(uint32_t));
            g_hash_table_insert(chooser->assets_of, key, assets);
        }
        g_array_append_val(assets, asset);
    }
}

static const GArray *assets_of(Chooser *chooser, uint32_t group)
{
    if (chooser->assets_of == NULL) {
        chooser->assets_of = g_hash_table_new_full(NULL, NULL, NULL, free_assets);
        for (uint32_t asset = 0; asset < chooser->r->snapshot->assets.n; asset++) {
            AssetStatus status = (AssetStatus)chooser->r->snapshot->assets.status[asset];
            if (status != ASSET_STATUS_RETIRED && status != ASSET_STATUS_LOST)
                index_asset(chooser, asset);
        }
    }
    return g_hash_table_lookup(chooser->assets_of, GUINT_TO_POINTER(group + 1));
}

static uint32_t speaking(const Reconciliation *r, uint32_t person)
{
    return person != NONE ? person_speaking(r->snapshot, person) : NONE;
}

static void add_asset_owner(Chain *chain, uint32_t asset)
{
    const Reconciliation *r = chain->chooser->r;
    const Assets *assets = &r->snapshot->assets;
    TextRef name = assets->name[asset] != 0 ? assets->name[asset] : assets->id[asset];

    add_candidate(chain,
                  g_strdup_printf("the owner of the asset %s", snapshot_text(r->snapshot, name)),
                  speaking(r, owner_person(&r->links->asset_owner[asset])));
}

/* Who owns the asset that the campaign is about goes before who owns the group. */
static void add_owner(Chain *chain, uint32_t group)
{
    const Reconciliation *r = chain->chooser->r;
    const Campaign *campaign = chain->chooser->campaign;
    const GArray *assets = assets_of(chain->chooser, group);
    uint32_t asset = strcmp(campaign->scope, "asset") == 0
                         ? snapshot_find_asset(r->snapshot, campaign->target)
                         : NONE;

    if (asset != NONE)
        add_asset_owner(chain, asset);
    uint32_t owner = speaking(r, owner_person(&r->links->group_owner[group]));
    if (owner != NONE || assets == NULL)
        add_candidate(chain,
                      g_strdup_printf("the owner of %s",
                                      snapshot_text(r->snapshot, r->snapshot->groups.name[group])),
                      owner);
    for (guint i = 0; assets != NULL && i < assets->len && chain->n + 2 < MOST_CANDIDATES; i++) {
        if (g_array_index(assets, uint32_t, i) != asset)
            add_asset_owner(chain, g_array_index(assets, uint32_t, i));
    }
}

/* ---- the chain ---- */

static void add_rule(Chain *chain, const char *rule, uint32_t account, uint32_t group)
{
    if (strcmp(rule, "manager") == 0)
        add_manager(chain, account);
    else if (strcmp(rule, "owner") == 0)
        add_owner(chain, group);
    else
        add_candidate(chain, g_strdup_printf("the reviewer %s", rule),
                      named_person(chain->chooser, rule));
}

const char *chooser_choose(Chooser *chooser, const char *rule, uint32_t account, uint32_t group,
                           const char *const *holders, const char *other, char **ret_why)
{
    Chain chain = {.chooser = chooser, .holders = holders, .other = other};

    add_rule(&chain, rule, account, group);
    if (chooser->campaign->fallback != NULL)
        add_candidate(&chain, g_strdup("the fallback"), chooser->fallback);
    if (chooser->campaign->owner != NULL)
        add_candidate(&chain, g_strdup("the owner of the campaign"), chooser->owner);
    const ReviewerCandidate *chosen = reviewer_choose(chain.candidates, chain.n, ret_why);
    for (size_t i = 0; i < chain.n; i++)
        g_free(chain.roles[i]);
    return chosen != NULL ? chosen->id : "";
}

static const char *id_if_active(const Chooser *chooser, uint32_t person)
{
    return person != NONE && person_is_active(&chooser->r->context, person)
               ? id_of(chooser->r, person)
               : "";
}

const char *chooser_fallback(const Chooser *chooser)
{
    return id_if_active(chooser, chooser->fallback);
}

const char *chooser_owner(const Chooser *chooser)
{
    return id_if_active(chooser, chooser->owner);
}

GPtrArray *chooser_unknown(const Chooser *chooser)
{
    const Campaign *campaign = chooser->campaign;
    const char *const texts[] = {campaign->reviewer, campaign->fallback, campaign->second_stage,
                                 campaign->owner};
    GPtrArray *said = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        bool is_rule =
            texts[i] == NULL || strcmp(texts[i], "manager") == 0 || strcmp(texts[i], "owner") == 0;
        if (!is_rule && population_person(chooser->r, texts[i]) == NONE)
            g_ptr_array_add(
                said, g_strdup_printf("the rosters know nobody, or several, as \"%s\"", texts[i]));
    }
    return said;
}

Chooser *chooser_new(const Reconciliation *r, const Campaign *campaign)
{
    Chooser *chooser = g_new0(Chooser, 1);

    chooser->r = r;
    chooser->campaign = campaign;
    chooser->named = g_hash_table_new(g_str_hash, g_str_equal);
    chooser->fallback = population_person(r, campaign->fallback);
    chooser->owner = population_person(r, campaign->owner);
    return chooser;
}

void chooser_free(Chooser *chooser)
{
    if (chooser == NULL)
        return;
    g_hash_table_unref(chooser->named);
    g_clear_pointer(&chooser->assets_of, g_hash_table_unref);
    g_free(chooser);
}
