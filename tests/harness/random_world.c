#include "harness/random_world.h"

World *random_world(uint32_t seed, uint32_t n_accounts, uint32_t n_groups, uint32_t n_memberships)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    World *world = world_new();
    for (uint32_t i = 0; i < n_accounts; i++) {
        g_autofree char *name = g_strdup_printf("u%u", i);
        world_account(world, name);
    }
    for (uint32_t i = 0; i < n_groups; i++) {
        g_autofree char *name = g_strdup_printf("g%u", i);
        uint32_t group = world_group(world, name);
        if (g_rand_int_range(rand, 0, 5) == 0)
            world->snapshot->groups.flags[group] |= ENTRY_IS_DISTRIBUTION;
    }
    world_foreign(world, "cn=nobody", NULL);
    for (uint32_t i = 0; i < n_memberships; i++) {
        uint32_t group = (uint32_t)g_rand_int_range(rand, 0, (gint32)n_groups);
        Principal member = principal_of(PRINCIPAL_ACCOUNT,
                                        (uint32_t)g_rand_int_range(rand, 0, (gint32)n_accounts));
        int kind = g_rand_int_range(rand, 0, 20);
        if (kind < 10)
            member = principal_of(PRINCIPAL_GROUP,
                                  (uint32_t)g_rand_int_range(rand, 0, (gint32)n_groups));
        else if (kind == 10)
            member = principal_of(PRINCIPAL_FOREIGN, 0);
        world_member(world, group, member, kind % 2 == 0 ? VIA_MEMBER : VIA_PRIMARY_GROUP);
    }
    world_freeze(world);
    return world;
}
