/* random_world.h: small worlds of groups nested at random, loops and distribution groups included.
 */
#pragma once

#include "harness/world.h"

World *random_world(uint32_t seed, uint32_t n_accounts, uint32_t n_groups, uint32_t n_memberships);
