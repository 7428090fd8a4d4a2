#include "controls/judgement.h"

#include "base/tasks.h"
#include "controls/allowed.h"
#include "controls/peers.h"

static void judge_usable(Judgement *judgement, const Snapshot *snapshot, int64_t as_of_utc)
{
    const Accounts *accounts = &snapshot->accounts;
    judgement->usable = g_new(uint8_t, (size_t)accounts->n + 1);
    for (uint32_t i = 0; i < accounts->n; i++)
        judgement->usable[i] = (uint8_t)state_usable(
            (State)accounts->enabled[i], accounts->expires_utc[i], accounts->flags[i], as_of_utc);
    const Computers *computers = &snapshot->computers;
    judgement->computer_usable = g_new(uint8_t, (size_t)computers->n + 1);
    for (uint32_t i = 0; i < computers->n; i++)
        judgement->computer_usable[i] =
            (uint8_t)state_usable((State)computers->enabled[i], computers->expires_utc[i],
                                  computers->flags[i], as_of_utc);
}

/* Rows of the privileged rights per account, by counting. */
static void index_rights(Judgement *judgement, uint32_t n_accounts)
{
    const PrivilegedRight *rows =
        (const PrivilegedRight *)(const void *)judgement->privileged->data;
    uint32_t n = judgement->privileged->len;
    uint32_t *first = g_new0(uint32_t, (size_t)n_accounts + 2);
    for (uint32_t i = 0; i < n; i++)
        first[rows[i].account + 1]++;
    for (uint32_t i = 0; i < n_accounts; i++)
        first[i + 1] += first[i];
    judgement->rights_of = g_new(uint32_t, (size_t)n + 1);
    g_autofree uint32_t *next = g_memdup2(first, sizeof *first * ((size_t)n_accounts + 1));
    for (uint32_t i = 0; i < n; i++)
        judgement->rights_of[next[rows[i].account]++] = i;
    judgement->first_right = first;
}

static void walk_privileged(Judgement *judgement)
{
    ControlContext *context = judgement->context;
    judgement->privileged = g_array_new(FALSE, FALSE, sizeof(PrivilegedRight));
    for (uint32_t group = 0; group < context->snapshot->groups.n; group++) {
        if (!bitset_has(&context->governed->privileged, group))
            continue;
        size_t n = 0;
        const uint32_t *members = effective_members_nearest(
            context->effective, group, governed_stops(context->governed, GOVERNED_PRIVILEGED), &n);
        for (size_t i = 0; i < n; i++) {
            PrivilegedRight row = {members[i], group,
                                   effective_path_hash(context->effective, members[i])};
            g_array_append_val(judgement->privileged, row);
        }
    }
    index_rights(judgement, context->snapshot->accounts.n);
}

void judgement_begin(Judgement *judgement)
{
    judgement->reasons = g_hash_table_new(g_str_hash, g_str_equal);
    judgement->said_control = g_hash_table_new(g_str_hash, g_str_equal);
    judgement->said_subject = g_hash_table_new(NULL, NULL);
    judgement->walker = NULL;
    judgement->walked_group = NONE;
    judgement->peers = NULL;
}

void judgement_end(Judgement *judgement)
{
    g_hash_table_unref(judgement->reasons);
    g_hash_table_unref(judgement->said_control);
    g_hash_table_unref(judgement->said_subject);
    effective_free(judgement->walker);
    peers_free(judgement->peers);
}

static void judge_left(Judgement *judgement, const Snapshot *snapshot, int64_t as_of_utc)
{
    judgement->left_utc = g_new(int64_t, (size_t)snapshot->people.n + 1);
    for (uint32_t i = 0; i < snapshot->people.n; i++)
        judgement->left_utc[i] = person_left_at(snapshot, i, as_of_utc);
}

static void judge_things(void *data)
{
    Judgement *judgement = data;
    const ControlContext *context = judgement->context;
    judge_left(judgement, context->snapshot, context->as_of_utc);
    judge_usable(judgement, context->snapshot, context->as_of_utc);
    walk_privileged(judgement);
}

static void index_approvals(void *data)
{
    judgement_index_approvals(data);
}

Judgement *judgement_new(ControlContext *context)
{
    const Snapshot *snapshot = context->snapshot;
    Judgement *judgement = g_new0(Judgement, 1);
    judgement->context = context;
    const Task tasks[] = {{index_approvals, judgement}, {judge_things, judgement}};
    tasks_run(tasks, G_N_ELEMENTS(tasks));
    judgement->allowed = allowed_new(snapshot, context->governed);
    judgement->asset_clusters = asset_clusters_new();
    judgement->review_faults =
        g_new0(uint8_t, context->reviewed != NULL ? context->reviewed->decisions->len + 1 : 1);
    judgement->limits_of = g_new0(uint64_t, n_controls + 1);
    judgement_begin(judgement);
    return judgement;
}

void judgement_free(Judgement *judgement)
{
    if (judgement == NULL)
        return;
    allowed_free(judgement->allowed, judgement->context->governed->n_entitlements);
    asset_clusters_free(judgement->asset_clusters);
    g_free(judgement->review_faults);
    g_free(judgement->limits_of);
    g_free(judgement->left_utc);
    g_free(judgement->usable);
    g_free(judgement->computer_usable);
    g_array_unref(judgement->privileged);
    g_free(judgement->first_right);
    g_free(judgement->rights_of);
    g_array_unref(judgement->approvals);
    g_free(judgement->approvers);
    judgement_end(judgement);
    for (uint32_t i = 0; judgement->present != NULL && i < judgement->context->snapshot->n_sources;
         i++)
        g_clear_pointer(&judgement->present[i], g_hash_table_unref);
    g_free(judgement->present);
    g_free(judgement);
}
