/* catalogue.h: every control there is; each stands with its functions in the file of its family. */
#pragma once

#include "controls/control.h"

extern const Control control_leaver_active;
extern const Control control_leaver_logon;
extern const Control control_leaver_rights;
extern const Control control_leaver_late;
extern const Control control_leave_active;
extern const Control control_mover_rights;
extern const Control control_orphaned_account;
extern const Control control_ambiguous_account;
extern const Control control_identifier_reused;
extern const Control control_dormant_account;
extern const Control control_account_never_used;
extern const Control control_service_without_owner;
extern const Control control_owner_left;
extern const Control control_shared_unapproved;
extern const Control control_privileged_unapproved;
extern const Control control_privileged_nested;
extern const Control control_privileged_new;
extern const Control control_privileged_too_many;
extern const Control control_privileged_daily;
extern const Control control_privileged_residue;
extern const Control control_approval_expired;
extern const Control control_excess_privilege;
extern const Control control_peer_outlier;
extern const Control control_segregation_conflict;
extern const Control control_group_without_owner;
extern const Control control_group_loop;
extern const Control control_group_foreign_member;
extern const Control control_member_unknown;
extern const Control control_contractor_expired;
extern const Control control_review_overdue;
extern const Control control_asset_without_owner;
extern const Control control_asset_owner_left;
extern const Control control_asset_not_returned;
extern const Control control_computer_unregistered;
extern const Control control_asset_ghost;
extern const Control control_asset_retired_active;
extern const Control control_asset_duplicate;
extern const Control control_asset_unclassified;
extern const Control control_asset_audit_overdue;
extern const Control control_asset_loan_overdue;
extern const Control control_asset_access_unknown;
extern const Control control_source_incomplete;
extern const Control control_source_stale;
extern const Control control_source_rows_rejected;
extern const Control control_waiver_expired;
extern const Control control_exception_overdue;
