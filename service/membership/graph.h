/* graph.h: the membership graph of a snapshot.
 *
 * A view of the snapshot's member lists: nodes are groups, loops are folded into components once
 * (Tarjan, on groups only, without recursion), so nobody behind it meets a loop again. An AD
 * distribution group grants nothing, so edges out of one are walked only to reach other
 * distribution groups, never security groups. Cost: graph_new O(groups + memberships between
 * groups). Read-only afterwards: any number of threads. */
#pragma once

#include "model/snapshot.h"

typedef struct Graph Graph;

/* The snapshot must outlive the graph. Cannot fail. */
Graph *graph_new(const Snapshot *snapshot);
void graph_free(Graph *graph); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Graph, graph_free)

const Snapshot *graph_snapshot(const Graph *graph);

/* Groups that contain each other share a component; a group alone is one of its own. */
uint32_t graph_n_components(const Graph *graph);
uint32_t graph_component(const Graph *graph, uint32_t group);
const uint32_t *graph_component_groups(const Graph *graph, uint32_t component, size_t *ret_n);

/* Direct members of a group, each once. Accounts in ascending order; groups those that are walked
 * into (no distribution group below a security group, never itself), by key; foreigners as
 * Principal. Valid as long as the snapshot. */
const uint32_t *graph_accounts(const Graph *graph, uint32_t group, size_t *ret_n);
const uint32_t *graph_subgroups(const Graph *graph, uint32_t group, size_t *ret_n);
const Principal *graph_foreigners(const Graph *graph, uint32_t group, size_t *ret_n);
/* How the member is in the group's list; false when it is not. */
bool graph_find_edge(const Graph *graph, uint32_t group, Principal member, EdgeVia *ret_via);
