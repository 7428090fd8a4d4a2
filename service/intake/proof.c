#include "intake/parts.h"

/* ---- lock state and last use: what absence means (rulings.md) ---- */

/* ENABLED_BY_NOTHING: no lock attribute was there. Where one must always be there
 * (userAccountControl) the connector says ENABLED_BY_UNREADABLE instead. */
static void settle_states(uint8_t *enabled, uint8_t *enabled_by, uint32_t n, State absent,
                          EnabledBy absent_by)
{
    for (uint32_t row = 0; row < n; row++) {
        if (enabled_by[row] != ENABLED_BY_NOTHING)
            continue;
        enabled[row] = (uint8_t)absent;
        enabled_by[row] = (uint8_t)absent_by;
    }
}

static bool any_state(const uint8_t *enabled, uint32_t n)
{
    for (uint32_t row = 0; row < n; row++)
        if (enabled[row] != STATE_UNKNOWN)
            return true;
    return false;
}

static void settle_lock_state(Sink *sink)
{
    DirectoryBuilder *builder = sink->directory;
    AbsenceRule rule = sink->options.lock_state;
    bool is_recorded =
        rule == ABSENCE_RECORDED || (rule == ABSENCE_AUTO && builder->shows_operational);
    State absent = is_recorded || rule == ABSENCE_NONE ? STATE_YES : STATE_UNKNOWN;
    EnabledBy absent_by = rule == ABSENCE_NONE ? ENABLED_BY_LOCK_STATE : ENABLED_BY_NOTHING;
    if (sink->options.provides == PROVIDES_DIRECTORY) {
        settle_states(builder->accounts.enabled, builder->accounts.enabled_by, builder->accounts.n,
                      absent, absent_by);
        settle_states(builder->computers.enabled, builder->computers.enabled_by,
                      builder->computers.n, absent, absent_by);
    }
    sink->record.records_lock_state = any_state(builder->accounts.enabled, builder->accounts.n);
}

static bool any_use(const int64_t *last_logon_utc, uint32_t n)
{
    for (uint32_t row = 0; row < n; row++)
        if (last_logon_utc[row] != TIME_UNKNOWN)
            return true;
    return false;
}

static void settle_uses(int64_t *last_logon_utc, const uint32_t *flags, uint32_t n,
                        AbsenceRule rule, bool is_recorded)
{
    for (uint32_t row = 0; row < n; row++) {
        if (rule == ABSENCE_NONE)
            last_logon_utc[row] = TIME_UNKNOWN;
        else if (is_recorded && last_logon_utc[row] == TIME_UNKNOWN &&
                 (flags[row] & ENTRY_LAST_LOGON_UNREADABLE) == 0)
            last_logon_utc[row] = TIME_NEVER;
    }
}

static void settle_last_use(Sink *sink)
{
    DirectoryBuilder *builder = sink->directory;
    Accounts *accounts = &builder->accounts;
    Computers *computers = &builder->computers;
    AbsenceRule rule = sink->options.last_use;
    bool is_recorded = rule == ABSENCE_RECORDED ||
                       (rule == ABSENCE_AUTO && (any_use(accounts->last_logon_utc, accounts->n) ||
                                                 any_use(computers->last_logon_utc, computers->n)));
    settle_uses(accounts->last_logon_utc, accounts->flags, accounts->n, rule, is_recorded);
    settle_uses(computers->last_logon_utc, computers->flags, computers->n, rule, is_recorded);
    sink->record.records_last_use = is_recorded;
}

/* S-1-5-21-a-b-c of the first account that has such a SID. */
static void find_domain_sid(Sink *sink)
{
    const Accounts *accounts = &sink->directory->accounts;
    for (uint32_t row = 0; row < accounts->n; row++) {
        const char *sid = text_pool_get(sink->text, accounts->sid[row]);
        const char *rid = strrchr(sid, '-');
        if (g_str_has_prefix(sid, "S-1-5-21-") && rid != NULL) {
            sink->record.domain_sid = g_strndup(sid, (gsize)(rid - sid));
            return;
        }
    }
}

/* ---- counts ---- */

/* As the controls judge it: a start that was reached makes an earlier end one of another
 * employment.
 */
static bool has_left(const People *people, uint32_t row, int64_t as_of_utc)
{
    const int64_t ends[] = {people->last_day_end_utc[row], people->end_day_end_utc[row]};
    int64_t start = people->start_utc[row];
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        bool is_earlier = start != TIME_UNKNOWN && start >= ends[i] && start <= as_of_utc;
        if (ends[i] != TIME_UNKNOWN && !is_earlier)
            return ends[i] <= as_of_utc;
    }
    return people->status[row] == PERSON_STATUS_LEFT;
}

static int64_t count_active(const People *people, int64_t as_of_utc)
{
    int64_t n = 0;
    for (uint32_t row = 0; row < people->n; row++)
        n += !has_left(people, row, as_of_utc);
    return n;
}

static void count_directory(SourceCounts *counts, const DirectoryBuilder *builder)
{
    counts->accounts = builder->accounts.n;
    counts->groups = builder->groups.n;
    counts->computers = builder->computers.n;
    counts->memberships = builder->n_memberships;
    for (uint32_t row = 0; row < builder->accounts.n; row++)
        counts->enabled += builder->accounts.enabled[row] == STATE_YES;
}

static void count(Sink *sink)
{
    SourceCounts *counts = &sink->record.counts;
    if (sink->directory != NULL)
        count_directory(counts, sink->directory);
    if (sink->table != NULL) {
        counts->people = sink->table->people.n;
        counts->people_active = count_active(&sink->table->people, sink->options.as_of_utc);
        counts->assets = sink->table->assets.n;
        counts->approvals = sink->table->approvals.n;
    }
}

/* ---- is it whole? ---- */

static void check_canaries(Sink *sink)
{
    DnTable *dns = &sink->directory->dns;
    for (size_t i = 0; sink->options.canaries != NULL && sink->options.canaries[i] != NULL; i++) {
        const char *canary = sink->options.canaries[i];
        uint32_t id = dn_table_find(dns, text_of(canary));
        if (id == NONE || dns->entry[id] == NONE)
            sink_fail(sink,
                      "the canary %s was not seen: the pull does not show what must be there "
                      "(rights of the reader, base "
                      "or filter); nothing of this source is used",
                      canary);
    }
}

static void check_population(Sink *sink)
{
    const SourceCounts *counts = &sink->record.counts;
    if (sink->options.scope != NULL)
        return; /* nobody is an answer; that the reader sees anybody at all, the connector proves */
    if (sink->options.provides == PROVIDES_DIRECTORY && counts->accounts == 0)
        sink_fail(sink, "success, but not a single account: an empty answer is never trusted; "
                        "check base, filters and "
                        "what the reader may see");
    else if (counts->pulled == 0)
        sink_fail(
            sink,
            "not a single row: an empty table is never trusted; nothing of this source is used");
    else if (counts->kept == 0)
        sink_fail(sink,
                  "none of the %" G_GINT64_FORMAT " records could be used (the reasons stand with "
                  "the source); nothing of this source is used",
                  counts->pulled);
}

static void check_wholeness(Sink *sink, bool is_whole, const GError *error)
{
    if (!is_whole)
        sink_fail(sink, "%s", error != NULL ? error->message : "the pull ended without saying why");
    if (sink_is_cancelled(sink))
        sink_fail(sink, "the pull was cancelled");
    if (sink->bad_page_code != 0)
        sink_fail(sink, "a page of the search ended with result code %d", sink->bad_page_code);
    if (text_pool_is_full(sink->text))
        sink_fail(sink, "more than 4 GiB of text; split the source");
    if (sink->directory != NULL && sink->options.provides == PROVIDES_DIRECTORY)
        check_canaries(sink);
    check_population(sink);
}

/* Files are as old as their newest record, else as themselves; what is read live is as fresh as the
 * run. */
static int64_t newest(const Sink *sink)
{
    bool is_live = sink->file_time_utc == TIME_UNKNOWN;
    if (is_live && sink->options.provides == PROVIDES_DIRECTORY)
        return sink->options.as_of_utc;
    if (sink->newest_utc != TIME_UNKNOWN)
        return sink->newest_utc;
    return is_live ? sink->options.as_of_utc : sink->file_time_utc;
}

static void note_number(Sink *sink, const char *name, uint64_t number)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    sink_note(sink, name, text);
}

void sink_finish(Sink *sink, bool is_whole, const GError *error)
{
    if (sink->table != NULL)
        table_builder_finish(sink);
    if (sink->directory != NULL) {
        directory_builder_finish(sink);
        settle_lock_state(sink);
        settle_last_use(sink);
        find_domain_sid(sink);
    }
    count(sink);
    if (sink->n_pages > 0)
        note_number(sink, "pages", sink->n_pages);
    if (sink->n_references > 0)
        note_number(sink, "references_not_followed", sink->n_references);
    if (sink->n_messages_left_out > 0)
        sink_warn(sink, "%s: %" G_GUINT64_FORMAT " more records were rejected", sink->options.name,
                  sink->n_messages_left_out);
    check_wholeness(sink, is_whole, error);
    sink_measure(sink);
    sink->record.newest_utc = newest(sink);
    sink->record.finished_utc = g_get_real_time() / G_USEC_PER_SEC;
}
