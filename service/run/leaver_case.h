/* leaver_case.h: leaver cases between `leaver`, which opens them, and `run`, which checks them
 * again. */
#pragma once

#include "ledger/ledger.h"
#include "run/leaver.h"

typedef struct LeaverRecord {
    const char *actor;
    int64_t run; /* 0 = by hand */
    bool may_open;
} LeaverRecord;

/* What leaver_facts() gave of a person, into the case. *ret_case: as ledger_case_check() gives it.
 */
bool leaver_case_record(Ledger *ledger, const Look *look, uint32_t person, const LeaverAsked *asked,
                        const json_t *leaver, const LeaverRecord *record, json_t **ret_case,
                        GError **error);

typedef struct LeaverChecked {
    int n_checked, n_clear; /* clear: by this check */
} LeaverChecked;

/* Checks every case that is not clear, with what a run has read; look: its invocation and
 * reconciliation are used. Each case is a transaction of its own. */
bool leaver_cases_check(Ledger *ledger, const Look *look, int64_t run, const char *actor,
                        LeaverChecked *ret_counts, GError **error);

void leaver_print_case(const Invocation *invocation, const json_t *found);
/* Of ledger_case_proof(): a page for paper. */
void leaver_print_proof(const Invocation *invocation, const json_t *proof);
