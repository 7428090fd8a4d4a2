#include "run/reviews/start.h"

#include "intake/times.h"
#include "controls/parties.h"
#include "ledger/reviews.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/reviews/item.h"
#include "run/when.h"

#include <string.h>

/* ---- what it rests on ---- */

/* Owners of assets are looked for in the registers only when somebody asks for owners. */
static unsigned needed(const Campaign *campaign)
{
    bool asks_assets = strcmp(campaign->scope, "asset") == 0 ||
                       strcmp(campaign->reviewer, "owner") == 0 ||
                       g_strcmp0(campaign->second_stage, "owner") == 0;

    return PROVIDES_DIRECTORY | PROVIDES_ACCOUNTS | PROVIDES_PEOPLE | PROVIDES_APPROVALS |
           (asks_assets ? PROVIDES_ASSETS : 0u);
}

/* NULL when all are whole and fresh. */
static char *missing_source(const Snapshot *snapshot, const Campaign *campaign)
{
    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        const SourceRecord *source = &snapshot->sources[i];

        if (source->status != SOURCE_COMPLETE && (source->provides & needed(campaign)) != 0)
            return g_strdup_printf("%s is %s (%s)", source->name,
                                   source_status_text(source->status), source->reason);
    }
    return NULL;
}

static json_t *proof_of(const Snapshot *snapshot, const Campaign *campaign)
{
    static const char *const members[] = {"name",    "kind",     "provides", "status",
                                          "started", "finished", "digest",   "counts"};
    json_t *proof = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        if ((snapshot->sources[i].provides & needed(campaign)) == 0)
            continue;
        json_t *whole = fact_source(&snapshot->sources[i]), *row = json_object();
        for (size_t m = 0; m < G_N_ELEMENTS(members); m++)
            json_object_set(row, members[m], json_object_get(whole, members[m]));
        json_array_append_new(proof, row);
        json_decref(whole);
    }
    return proof;
}

/* ---- what was decided before ---- */

static void free_item(void *item)
{
    json_decref(item);
}

static bool keep_item(json_t *item, void *items)
{
    const json_t *account = json_object_get(item, "account"),
                 *group = json_object_get(item, "group");
    char *key = item_key(json_string_value(json_object_get(account, "source")),
                         json_string_value(json_object_get(account, "key")),
                         json_string_value(json_object_get(group, "source")),
                         json_string_value(json_object_get(group, "key")));

    g_hash_table_insert(items, key, json_incref(item));
    return true;
}

/* *ret_items NULL: the first campaign of its name, or nothing is known of the last: one without
 * items was forgotten, and then nothing can be new. */
static bool read_earlier(Ledger *ledger, const Campaign *campaign, GHashTable **ret_items,
                         GError **error)
{
    ReviewItemFilter everything = {0};
    ReviewLast last;

    *ret_items = NULL;
    if (!ledger_review_last(ledger, campaign->name, &last, error))
        return false;
    if (last.id == 0)
        return true;
    g_autofree char *name = ledger_review_name(last.id);
    g_autoptr(GHashTable) items = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_item);
    if (!ledger_review_items(ledger, name, &everything, keep_item, items, error))
        return false;
    if (g_hash_table_size(items) > 0)
        *ret_items = g_steal_pointer(&items);
    return true;
}

/* ---- when it was granted ---- */

/* Directories that keep it are asked for the ways of the population. */
static Times *ask_times(const Reconciliation *r, const Population *population, GPtrArray *said)
{
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_auto(Bitset) is_asked = bitset_new(r->snapshot->groups.n);

    for (guint i = 0; i < population->rows->len; i++) {
        const GArray *hops = g_array_index(population->rows, PopulationRow, i).hops;

        for (guint h = 0; h < hops->len; h++) {
            const Hop *hop = &g_array_index(hops, Hop, h);
            uint32_t member = principal_id(hop->member);

            if (hop->via == VIA_PRIMARY_GROUP) {
                g_array_append_val(accounts, member);
            } else if (!bitset_has(&is_asked, hop->group)) {
                bitset_add(&is_asked, hop->group);
                g_array_append_val(groups, hop->group);
            }
        }
    }
    return intake_pull_times(r->settings, r->snapshot, accounts, groups, said);
}

/* ---- items ---- */

typedef struct Items {
    GArray *rows;    /* (element-type ReviewItem) */
    GPtrArray *kept; /* what they point to */
    GPtrArray *holders;
    guint n_without; /* items that nobody can decide */
} Items;

static void items_init(Items *items)
{
    *items = (Items){.rows = g_array_new(FALSE, TRUE, sizeof(ReviewItem)),
                     .kept = g_ptr_array_new_with_free_func(g_free),
                     .holders = g_ptr_array_new_with_free_func(g_free)};
}

static void items_clear(Items *items)
{
    g_array_unref(items->rows);
    g_ptr_array_unref(items->kept);
    g_ptr_array_unref(items->holders);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Items, items_clear)

/* Facts are kept as text: as JSON those of a hundred thousand rights take half a gigabyte. */
static void add_item(Items *items, const ItemMaking *making, const PopulationRow *row)
{
    Party account = party_of(&making->r->context, SUBJECT_ACCOUNT, row->account);
    Party group = party_of(&making->r->context, SUBJECT_GROUP, row->group);
    MadeItem made = item_make(making, row);
    char *dumped = json_dumps(made.facts, JSON_COMPACT), *facts = g_strdup(dumped);
    ReviewItem item = {.source = account.source,
                       .account_key = account.key,
                       .account_name = account.name != NULL ? account.name : account.key,
                       .group_source = group.source,
                       .group_key = group.key,
                       .group_name = group.name != NULL ? group.name : group.key,
                       .person_id = made.person_id,
                       .facts_text = facts,
                       .is_single = made.is_single,
                       .holders = (const char *const *)made.holders,
                       .reviewer = made.reviewer};

    free(dumped);
    items->n_without += *made.reviewer == '\0';
    g_ptr_array_add(items->kept, facts);
    g_ptr_array_add(items->holders, g_steal_pointer(&made.holders));
    g_array_append_val(items->rows, item);
    made_item_clear(&made);
}

static void make_items(const ItemMaking *making, const Population *population, Items *items)
{
    for (guint i = 0; i < population->rows->len; i++)
        add_item(items, making, &g_array_index(population->rows, PopulationRow, i));
}

/* ---- one campaign ---- */

static void steal_all(GPtrArray *from, GPtrArray *to)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

/* Who decides where the rule finds nobody; that the items of a group are all rights into it. */
static json_t *scope_of(const Campaign *campaign, const Chooser *chooser)
{
    static const char *const whole[] = {"privileged", "entitlement", "asset", "owner", NULL};
    json_t *scope = campaign_json(campaign);

    json_object_set_new(scope, "fallback", fact_text(chooser_fallback(chooser)));
    json_object_set_new(scope, "whole_groups",
                        json_boolean(g_strv_contains(whole, campaign->scope)));
    return scope;
}

/* In the words of people: nobody knows others by their numbers. */
static char *title_of(const Snapshot *snapshot, const Campaign *campaign)
{
    bool is_person =
        strcmp(campaign->scope, "manager") == 0 || strcmp(campaign->scope, "owner") == 0;
    uint32_t person = is_person ? snapshot_find_person(snapshot, campaign->target) : NONE;
    const char *name = person != NONE ? snapshot_text(snapshot, snapshot->people.name[person]) : "";

    return campaign_title(campaign, *name != '\0' ? name : NULL);
}

static bool write_review(const ReviewStarting *starting, const Campaign *campaign,
                         const Chooser *chooser, const Items *items, json_t **ret_review,
                         GError **error)
{
    const Reconciliation *r = starting->reconciliation;
    g_autofree char *title = title_of(r->snapshot, campaign);
    json_t *scope = scope_of(campaign, chooser), *proof = proof_of(r->snapshot, campaign);
    ReviewStart start = {.name = campaign->name,
                         .title = title,
                         .scope = scope,
                         .owner = chooser_owner(chooser),
                         .actor = starting->actor,
                         .started_utc = r->as_of_utc,
                         .as_of_utc = r->as_of_utc,
                         .run = starting->run,
                         .due_utc =
                             campaign_deadline(campaign, r->as_of_utc, r->settings->timezone),
                         .proof = proof,
                         .items = (const ReviewItem *)(const void *)items->rows->data,
                         .n_items = items->rows->len};
    bool is_done = ledger_review_start(starting->ledger, &start, ret_review, error);

    json_decref(scope);
    json_decref(proof);
    return is_done;
}

static Bitset accounts_of(const Reconciliation *r, const Population *population)
{
    Bitset accounts = bitset_new(r->snapshot->accounts.n);

    for (guint i = 0; i < population->rows->len; i++)
        bitset_add(&accounts, g_array_index(population->rows, PopulationRow, i).account);
    return accounts;
}

static void say_without(const Items *items, GPtrArray *said)
{
    if (items->n_without > 0)
        g_ptr_array_add(said, g_strdup_printf("nobody can decide %u of %u items: neither the "
                                              "reviewer nor the fallback nor the campaign's owner",
                                              items->n_without, items->rows->len));
}

static ReviewStarted freeze(const ReviewStarting *starting, const Campaign *campaign,
                            const Population *population, json_t **ret_review, GPtrArray *said,
                            GError **error)
{
    const Reconciliation *r = starting->reconciliation;
    g_auto(Bitset) accounts = accounts_of(r, population);
    g_autoptr(Found) found = found_new(r, &accounts, starting->ledger, error);
    g_autoptr(Chooser) chooser = chooser_new(r, campaign);
    g_autoptr(GPtrArray) unknown = chooser_unknown(chooser);
    g_autoptr(GHashTable) earlier = NULL;
    g_auto(Items) items;

    items_init(&items);
    if (found == NULL || !read_earlier(starting->ledger, campaign, &earlier, error))
        return REVIEW_FAILED;
    steal_all(population->said, said);
    steal_all(unknown, said);
    g_autoptr(Times) times = ask_times(r, population, said);
    ItemMaking making = {.r = r,
                         .campaign = campaign,
                         .found = found,
                         .chooser = chooser,
                         .times = times,
                         .earlier = earlier};
    make_items(&making, population, &items);
    say_without(&items, said);
    return write_review(starting, campaign, chooser, &items, ret_review, error) ? REVIEW_STARTED
                                                                                : REVIEW_FAILED;
}

ReviewStarted review_start(const ReviewStarting *starting, const Campaign *campaign,
                           json_t **ret_review, char **ret_why, GPtrArray *said, GError **error)
{
    const Reconciliation *r = starting->reconciliation;
    g_autoptr(GError) absent = NULL;

    *ret_why = missing_source(r->snapshot, campaign);
    if (*ret_why != NULL)
        return REVIEW_REFUSED;
    g_autoptr(Population) population = population_new(r, campaign, &absent);
    if (population == NULL || population->rows->len == 0) {
        *ret_why = g_strdup(absent != NULL ? absent->message : "nobody holds such a right");
        return REVIEW_EMPTY;
    }
    return freeze(starting, campaign, population, ret_review, said, error);
}

/* ---- those that are due ---- */

/* The day of the first run whose history knows anything; DAY_NONE before there is one. */
static int32_t first_run_day(const Reconciliation *r)
{
    const Memory *memory = r->context.memory;
    int64_t first = TIME_UNKNOWN;

    for (uint32_t i = 0; memory != NULL && i < r->snapshot->n_sources; i++) {
        int64_t since = memory->source_since_utc[i];
        if (since != TIME_UNKNOWN && (first == TIME_UNKNOWN || since < first))
            first = since;
    }
    return first != TIME_UNKNOWN ? day_of_time(first, r->settings->timezone) : DAY_NONE;
}

typedef struct Due {
    const ReviewStarting *starting;
    json_t *started, *waiting;
    GPtrArray *said;
} Due;

static void wait(const Due *due, const Campaign *campaign, int32_t since, const char *reason,
                 bool is_new)
{
    json_array_append_new(due->waiting,
                          json_pack("{s:s s:o s:s s:b}", "name", campaign->name, "since",
                                    fact_day(since), "reason", reason, "new", is_new));
}

/* What is nobody's fault and lasts for weeks is said once, until it changes. */
static bool wait_quietly(const Due *due, const Campaign *campaign, int32_t since,
                         const char *reason, GError **error)
{
    const ReviewStarting *starting = due->starting;
    ReviewWait waiting = {.name = campaign->name,
                          .since = since,
                          .reason = reason,
                          .actor = starting->actor,
                          .at_utc = starting->reconciliation->as_of_utc,
                          .run = starting->run};
    bool is_new;

    if (!ledger_review_wait(starting->ledger, &waiting, &is_new, error))
        return false;
    wait(due, campaign, since, reason, is_new);
    return true;
}

static void say_started(const Due *due, const Campaign *campaign, const json_t *review,
                        const GPtrArray *said)
{
    json_array_append(due->started, json_object_get(review, "id"));
    for (guint i = 0; i < said->len; i++)
        g_ptr_array_add(due->said,
                        g_strdup_printf("review %s: %s", campaign->name, (char *)said->pdata[i]));
}

static bool start_one(const Due *due, const Campaign *campaign, int32_t since, GError **error)
{
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *why = NULL;
    json_t *review = NULL;

    switch (review_start(due->starting, campaign, &review, &why, said, error)) {
    case REVIEW_FAILED:
        return false;
    case REVIEW_REFUSED:
        wait(due, campaign, since, why, true);
        return true;
    case REVIEW_EMPTY:
        return wait_quietly(due, campaign, since, why, error);
    case REVIEW_STARTED:
        break;
    }
    say_started(due, campaign, review, said);
    json_decref(review);
    return true;
}

static bool start_if_due(const Due *due, const Campaign *campaign, GError **error)
{
    const Reconciliation *r = due->starting->reconciliation;
    GTimeZone *zone = r->settings->timezone;
    ReviewLast last;

    if (!ledger_review_last(due->starting->ledger, campaign->name, &last, error))
        return false;
    int32_t last_day = last.id > 0 ? day_of_time(last.started_utc, zone) : DAY_NONE;
    int32_t since =
        campaign_due(campaign, last_day, first_run_day(r), day_of_time(r->as_of_utc, zone));
    if (since == DAY_NONE)
        return true;
    if (last.is_open) {
        g_autofree char *name = ledger_review_name(last.id);
        g_autofree char *reason = g_strdup_printf("%s, the one before, is still open", name);
        return wait_quietly(due, campaign, since, reason, error);
    }
    return start_one(due, campaign, since, error);
}

json_t *review_start_due(const ReviewStarting *starting, GPtrArray *said, GError **error)
{
    const Settings *settings = starting->reconciliation->settings;
    Due due = {starting, json_array(), json_array(), said};

    for (size_t i = 0; i < campaigns_count(settings); i++) {
        Campaign campaign = campaign_at(settings, i);
        if (!start_if_due(&due, &campaign, error)) {
            g_prefix_error(error, "review %s: ", campaign.name);
            json_decref(due.started);
            json_decref(due.waiting);
            return NULL;
        }
    }
    return json_pack("{s:o s:o}", "started", due.started, "waiting", due.waiting);
}
