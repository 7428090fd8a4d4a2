/* describer.h: what a plan writes, in words, by a thread that is ahead of the one that writes it.
 *
 * Sentences and evidence cost as much as the rows that hold them. Findings are described in the
 * order of their set, each once, and by one thread only: describe walks groups and keeps its last
 * walk. A few findings, or one processor, are not worth a thread: then they are described when
 * they are asked for. Memory: at most four batches of texts. */
#pragma once

#include "ledger/plan.h"

typedef struct Describer Describer;

/* The plan must outlive it, and nobody else may describe findings of its set as long as it lives.
 */
Describer *describer_new(const Plan *plan);
void describer_free(Describer *describer); /* at any time; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Describer, describer_free)

/* Is the finding one that is written, and so described? */
bool describer_has(const Plan *plan, guint finding);
/* The text of the next one that is; valid until the next call. */
const FindingText *describer_next(Describer *describer);
