/* evidence.h: writing a finding down.
 *
 * Sentences show text from outside in visible form; evidence is JSON and holds it raw. Members come
 * in the order they are added, and none depends on the clock. */
#pragma once

#include "controls/judgement.h"

#include <jansson.h>

/* Appends the format, in which only these stand for something: %s a text from outside or our own
 * (shown in visible form; NULL is ""), %e the time between an instant (int64_t) and now, %d a
 * number (int64_t), %% a percent sign. */
void sentence_append(GString *out, const char *format, ...);
char *sentence(const char *format, ...);
/* "12 days", "36 hours", "5 minutes"; newly allocated. */
char *elapsed_text(int64_t seconds);
/* The day of an instant in the organisation's zone. */
char *day_shown(const ControlContext *context, int64_t utc);

const char *account_shown(const ControlContext *context, uint32_t account);
const char *member_shown(const ControlContext *context, Principal member);
const char *group_shown(const ControlContext *context, uint32_t group);
const char *person_shown(const ControlContext *context, uint32_t person);
const char *asset_shown(const ControlContext *context, uint32_t asset);
const char *person_zone(const ControlContext *context, uint32_t person);
/* "Lena Wong's last working day (2026-03-05, Europe/Berlin)", or what else is known of the end.
 * Newly allocated. */
char *person_end_shown(const ControlContext *context, uint32_t person);

/* Empty text and unknown values become null. */
void evidence_text(json_t *evidence, const char *name, const char *text);
void evidence_ref(const ControlContext *context, json_t *evidence, const char *name, TextRef ref);
void evidence_time(json_t *evidence, const char *name, int64_t utc); /* TIME_NEVER: "never" */
void evidence_day(json_t *evidence, const char *name, int32_t day);
void evidence_state(json_t *evidence, const char *name, State state);
void evidence_days(json_t *evidence, const char *name, int64_t seconds); /* whole days */

/* enabled and why, since when it is disabled where that is recorded, expires, class, the person and
 * the rule that linked it. */
void evidence_account(const ControlContext *context, json_t *evidence, uint32_t account);
/* last_working_day, end_date, timezone, status, gone_since_run. */
void evidence_person(const ControlContext *context, json_t *evidence, uint32_t person);
void evidence_last_use(const ControlContext *context, json_t *evidence, uint32_t account);
/* "privileged_through": [["ops", "Domain Admins"]]; nothing for an account that is not privileged.
 */
void evidence_privileged(const ControlContext *context, json_t *evidence, uint32_t account);
/* The members of a group walked for a sentence, by a walker of its own; stops may be NULL. The last
 * walk is remembered, so that findings that come group by group share it. */
const Effective *evidence_walk(const ControlContext *context, uint32_t group, const Bitset *stops);
/* The way from member to group as names of groups; stops as in effective_members_nearest(), may be
 * NULL. hops (may be NULL; element-type Hop) receives it too. */
json_t *evidence_path(const ControlContext *context, Principal member, uint32_t group,
                      const Bitset *stops, GArray *hops);
void evidence_approvals(const ControlContext *context, json_t *evidence, uint32_t group,
                        uint32_t account, uint32_t person);
/* " through ops → deploy": what stands between the member and the group; nothing for a direct one.
 */
void sentence_append_way(const ControlContext *context, GString *summary, const GArray *hops);
/* "Remove the member deploy (a group) from Domain Admins": the hop that takes the right away. */
void action_cut(const ControlContext *context, GString *action, const GArray *hops,
                Principal member, uint32_t group);
/* "granted": [{"at", "is"}], one for each hop, where the directory of one of them records when
 * members were put into groups; else nothing. */
void evidence_granted(const ControlContext *context, json_t *evidence, const GArray *hops);
/* Hash of those times, for facts; the way is as in evidence_path(). */
uint64_t granted_hash(const ControlContext *context, uint32_t account, uint32_t group,
                      const Bitset *stops);
/* The same of when the account was disabled. */
uint64_t disabled_hash(const ControlContext *context, uint32_t account);
/* Hash of the rows of `privileged_through`, for facts. */
uint64_t privileged_hash(const ControlContext *context, uint32_t account);
/* Hash of what evidence_account() and evidence_privileged() show. */
uint64_t account_facts(const ControlContext *context, uint32_t account);

/* As one line of JSON. Newly allocated. */
char *evidence_dump(const json_t *value);

/* Takes summary, action (newly allocated) and evidence. */
void finding_text_take(FindingText *text, char *summary, json_t *evidence, char *action);
