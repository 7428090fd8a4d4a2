/* times.h: asks directories for recorded times of what a snapshot holds.
 *
 * On demand, after the pull: one search an account or group, pipelined (docs/sources-directories.md
 * has the figures). What is not answered stays unknown. */
#pragma once

#include "model/times.h"
#include "settings/settings.h"

/* Accounts and groups of any sources, by id; those of sources that record nothing, that are not
 * complete or whose connector cannot are not asked about. Cut to INTAKE_MAX_TIMES accounts and
 * memberships a source: the first ones are asked about, the others count as not asked. Sentences on
 * sources that did not answer are appended to messages (element-type utf8). Never NULL. */
#define INTAKE_MAX_TIMES 10000
Times *intake_pull_times(const Settings *settings, const Snapshot *snapshot, const GArray *accounts,
                         const GArray *groups, GPtrArray *messages);
