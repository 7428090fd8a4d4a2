/* closure.c: everybody who is in any group of the synthetic company, directly or through groups,
 * loops included: walked once for every group and counted, which is what no control ever needs.
 * Prints groups, pairs and nanoseconds a pair.
 *
 *   closure ACCOUNTS */
#include "company.h"
#include "membership/effective.h"

#include <stdio.h>
#include <stdlib.h>

static int compare_members(const void *a, const void *b)
{
    Principal x = *(const Principal *)a, y = *(const Principal *)b;
    return (x > y) - (x < y);
}

/* The member lists as freezing leaves them. */
static void fill_members(Groups *groups, const Company *company)
{
    GArray *members = g_array_new(FALSE, FALSE, sizeof(Principal));
    for (uint32_t g = 0; g < company->n_groups; g++) {
        GroupWalk walk = company_walk(company, g);
        guint begin = groups->first_member[g] = members->len;
        for (uint32_t account; company_walk_next(company, &walk, &account);) {
            Principal member = principal_of(PRINCIPAL_ACCOUNT, account);
            g_array_append_val(members, member);
        }
        for (uint32_t e = company->first_child[g]; e < company->first_child[g + 1]; e++) {
            Principal member = principal_of(PRINCIPAL_GROUP, company->child[e]);
            g_array_append_val(members, member);
        }
        qsort(&g_array_index(members, Principal, begin), members->len - begin, sizeof(Principal),
              compare_members);
    }
    groups->first_member[company->n_groups] = members->len;
    groups->members = (Principal *)(void *)g_array_free(members, FALSE);
}

static uint64_t count_pairs(Effective *effective, uint32_t n_groups)
{
    uint64_t n_pairs = 0;
    for (uint32_t g = 0; g < n_groups; g++) {
        size_t n;
        effective_members(effective, g, &n);
        n_pairs += n;
    }
    return n_pairs;
}

int main(int argc, char **argv)
{
    uint32_t n_accounts = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (n_accounts < 2000) {
        fprintf(stderr, "usage: closure ACCOUNTS   (2000 accounts or more)\n");
        return 2;
    }
    Company *company = company_new(n_accounts);
    g_autoptr(TextPool) text = text_pool_new();
    Snapshot snapshot = {.text = text, .accounts.n = n_accounts, .groups.n = company->n_groups};
    Groups *groups = &snapshot.groups;
    groups->first_member = g_new(uint32_t, company->n_groups + 1);
    groups->flags = g_new0(uint32_t, company->n_groups);
    groups->key = groups->dn = groups->flags; /* no texts: loops and ties are broken by number */
    fill_members(groups, company);

    int64_t start = g_get_monotonic_time();
    g_autoptr(Graph) graph = graph_new(&snapshot);
    g_autoptr(Effective) effective = effective_new(graph);
    uint64_t n_pairs = count_pairs(effective, company->n_groups);
    double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    printf("%u groups %lu pairs %.3f s %.2f ns\n", company->n_groups, (unsigned long)n_pairs,
           seconds, seconds * 1e9 / (double)n_pairs);
    g_free(groups->first_member);
    g_free(groups->members);
    g_free(groups->flags);
    company_free(company);
    return 0;
}
