/* graph.h: the membership graph of a snapshot.
 *
 * A view of the snapshot's member lists: nodes are groups, loops are folded into components once (Tarjan, on
 * groups only, without recursion), so nobody behind it meets a loop again. An AD distribution group grants
 * nothing, so edges out of one are walked only to reach other distribution groups, never security groups.
 * Cost: graph_new O(groups + memberships between groups). Read-only afterwards: any number of threads. */
#pragma once

#include "model/snapshot.h"

typedef struct Graph Graph;

/* The snapshot must outlive the graph. Cannot fail. */
Graph *graph_new(const Snapshot *snapshot);
void graph_free(Graph *graph); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Graph, graph_free)

/* Groups that contain each other share a component; a group alone is one of its own. */
uint32_t graph_n_components(const Graph *graph);
uint32_t graph_component(const Graph *graph, uint32_t group);
const uint32_t *graph_component_groups(const Graph *graph, uint32_t component, size_t *ret_n);
