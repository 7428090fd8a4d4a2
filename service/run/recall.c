#include "run/recall.h"

#include "run/pipeline.h"

void present_free(Present *present)
{
    if (present == NULL)
        return;
    for (size_t i = 0; i <= LINK_RULE_MANUAL; i++)
        g_free(present->rule_texts[i]);
    g_free(present->governed);
    g_free(present->first_holder);
    g_free(present->holders);
    g_free(present);
}

/* Who effectively is in each governed group. */
static void add_rights(Present *present, const Reconciliation *r)
{
    const Bitset *governed = &r->governed->any;
    uint32_t n_groups = r->snapshot->groups.n;
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GArray *holders = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GArray *first = g_array_new(FALSE, FALSE, sizeof(size_t));

    for (uint32_t group = 0; group < n_groups; group++) {
        size_t n = 0, begin = holders->len;

        if (!bitset_has(governed, group))
            continue;
        const uint32_t *members = effective_members(r->effective, group, &n);

        g_array_append_val(groups, group);
        g_array_append_val(first, begin);
        g_array_append_vals(holders, members, (guint)n);
    }
    size_t end = holders->len;

    g_array_append_val(first, end);
    present->present.n_governed = groups->len;
    present->governed = (uint32_t *)(void *)g_array_free(groups, FALSE);
    present->first_holder = (size_t *)(void *)g_array_free(first, FALSE);
    present->holders = (uint32_t *)(void *)g_array_free(holders, FALSE);
}

static Present *present_new(const Reconciliation *r)
{
    Present *present = g_new0(Present, 1);
    const Links *links = r->links;

    for (size_t i = 0; i < links->n_rules; i++)
        present->rule_texts[i] = links_rule_text(links, (uint8_t)i);
    present->rule_texts[LINK_RULE_MANUAL] = g_strdup("manual link");
    present->present = (LedgerPresent){
        .snapshot = r->snapshot,
        .as_of_utc = r->as_of_utc,
        .person = links->person,
        .person_link = links->person_link,
        .rule = links->rule,
        .classes = r->classes,
        .rule_texts = (const char *const *)present->rule_texts,
    };
    add_rights(present, r);
    present->present.governed = present->governed;
    present->present.first_holder = present->first_holder;
    present->present.holders = present->holders;
    return present;
}

void recall_for_judging(Reconciliation *r)
{
    if (r->ledger == NULL)
        return;
    r->present = present_new(r);
    r->recall = ledger_recall(r->ledger, &r->present->present, &r->recall_error);
}
