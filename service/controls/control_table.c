#include "controls/catalogue.h"

#include <string.h>

/* In the order of the catalogue. Stored in the ledger by id: never rename one. */
/* One a line, so that a new one changes one line. */
/* clang-format off */
const Control *const control_table[] = {
    &control_leaver_active,
    &control_leaver_logon,
    &control_leaver_rights,
    &control_leaver_late,
    &control_leaver_recorded_late,
    &control_worker_disabled,
    &control_leave_active,
    &control_mover_rights,
    &control_orphaned_account,
    &control_ambiguous_account,
    &control_duplicate_account,
    &control_identifier_reused,
    &control_person_without_account,
    &control_account_unexplained,
    &control_dormant_account,
    &control_account_never_used,
    &control_account_expired_enabled,
    &control_service_without_owner,
    &control_owner_left,
    &control_service_interactive,
    &control_shared_unapproved,
    &control_privileged_unapproved,
    &control_privileged_nested,
    &control_privileged_new,
    &control_privileged_too_many,
    &control_privileged_daily,
    &control_privileged_residue,
    &control_approval_expired,
    &control_excess_privilege,
    &control_peer_outlier,
    &control_segregation_conflict,
    &control_group_without_owner,
    &control_group_loop,
    &control_group_foreign_member,
    &control_member_unknown,
    &control_contractor_expired,
    &control_contractor_without_end,
    &control_review_overdue,
    &control_review_task_overdue,
    &control_revocation_not_executed,
    &control_right_regranted,
    &control_review_invalid,
    &control_review_implausible,
    &control_asset_without_owner,
    &control_asset_owner_left,
    &control_asset_not_returned,
    &control_computer_unregistered,
    &control_asset_ghost,
    &control_asset_retired_active,
    &control_asset_duplicate,
    &control_asset_unclassified,
    &control_asset_audit_overdue,
    &control_asset_loan_overdue,
    &control_asset_access_unknown,
    &control_account_flags_weak,
    &control_privileged_password_old,
    &control_source_incomplete,
    &control_source_stale,
    &control_source_rows_rejected,
    &control_waiver_expired,
    &control_exception_overdue,
    NULL,
};
/* clang-format on */
const size_t n_controls = G_N_ELEMENTS(control_table) - 1;

const Control *control_find(const char *id)
{
    for (size_t i = 0; i < n_controls; i++) {
        if (strcmp(control_table[i]->id, id) == 0)
            return control_table[i];
    }
    return NULL;
}
