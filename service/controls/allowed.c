#include "controls/allowed.h"

#include "base/times.h"

#include <string.h>

typedef struct Condition {
    PersonField field;
    GPatternSpec *pattern;
    GHashTable *answers; /* TextRef → State */
} Condition;

typedef struct ConditionSet {
    Condition *conditions;
    size_t n_conditions;
} ConditionSet;

struct AllowedLine {
    const Snapshot *snapshot;
    bool needs_approval;
    ConditionSet *sets;
    size_t n_sets;
};

/* Names by PersonField, as the table of settings has them. */
static const char *const person_fields[N_PERSON_FIELDS] = {[PERSON_ID] = "id",
                                                           [PERSON_NAME] = "name",
                                                           [PERSON_EMAIL] = "email",
                                                           [PERSON_USERNAME] = "username",
                                                           [PERSON_MANAGER_ID] = "manager_id",
                                                           [PERSON_DEPARTMENT] = "department",
                                                           [PERSON_TITLE] = "title",
                                                           [PERSON_LOCATION] = "location",
                                                           [PERSON_KIND] = "kind",
                                                           [PERSON_STATUS] = "status",
                                                           [PERSON_START_DATE] = "start_date",
                                                           [PERSON_LAST_WORKING_DAY] =
                                                               "last_working_day",
                                                           [PERSON_END_DATE] = "end_date",
                                                           [PERSON_TIMEZONE] = "timezone",
                                                           [PERSON_RECORDED_AT] = "recorded_at",
                                                           [PERSON_SPONSOR_ID] = "sponsor_id",
                                                           [PERSON_PREVIOUS_IDS] = "previous_ids"};

static const TextRef *text_column(const People *people, PersonField field)
{
    const TextRef *const columns[N_PERSON_FIELDS] = {[PERSON_ID] = people->id,
                                                     [PERSON_NAME] = people->name,
                                                     [PERSON_EMAIL] = people->email,
                                                     [PERSON_USERNAME] = people->username,
                                                     [PERSON_MANAGER_ID] = people->manager_id,
                                                     [PERSON_DEPARTMENT] = people->department,
                                                     [PERSON_TITLE] = people->title,
                                                     [PERSON_LOCATION] = people->location,
                                                     [PERSON_KIND] = people->kind,
                                                     [PERSON_STATUS] = people->status_text,
                                                     [PERSON_TIMEZONE] = people->timezone,
                                                     [PERSON_SPONSOR_ID] = people->sponsor_id};
    return columns[field];
}

static State matches(GPatternSpec *pattern, const char *text)
{
    if (text == NULL || *text == '\0')
        return STATE_UNKNOWN;
    g_autofree char *folded = g_utf8_casefold(text, -1);
    return g_pattern_spec_match_string(pattern, folded) ? STATE_YES : STATE_NO;
}

static State judge_text(const AllowedLine *line, Condition *condition, TextRef text)
{
    gpointer known = g_hash_table_lookup(condition->answers, GUINT_TO_POINTER(text));
    if (known != NULL)
        return (State)(GPOINTER_TO_UINT(known) - 1);
    State answer = matches(condition->pattern, snapshot_text(line->snapshot, text));
    g_hash_table_insert(condition->answers, GUINT_TO_POINTER(text),
                        GUINT_TO_POINTER((guint)answer + 1));
    return answer;
}

static State judge_previous_ids(const AllowedLine *line, const Condition *condition,
                                uint32_t person)
{
    const People *people = &line->snapshot->people;
    State answer = STATE_UNKNOWN;
    for (uint32_t i = people->first_previous[person]; i < people->first_previous[person + 1]; i++) {
        answer =
            matches(condition->pattern, snapshot_text(line->snapshot, people->previous_ids[i]));
        if (answer == STATE_YES)
            return answer;
    }
    return answer;
}

static State judge_condition(const AllowedLine *line, Condition *condition, uint32_t person)
{
    const People *people = &line->snapshot->people;
    const TextRef *column = text_column(people, condition->field);
    if (column != NULL)
        return judge_text(line, condition, column[person]);
    if (condition->field == PERSON_PREVIOUS_IDS)
        return judge_previous_ids(line, condition, person);

    g_autofree char *text = NULL;
    if (condition->field == PERSON_RECORDED_AT)
        text = time_to_text(people->recorded_utc[person]);
    else if (condition->field == PERSON_START_DATE)
        text = day_to_text(people->start_day[person]);
    else
        text = day_to_text(condition->field == PERSON_END_DATE ? people->end_day[person]
                                                               : people->last_day[person]);
    return matches(condition->pattern, text);
}

State allowed_judge(const AllowedLine *lines, uint32_t line_index, uint32_t person)
{
    const AllowedLine *line = &lines[line_index];
    State best = STATE_NO;
    for (size_t s = 0; s < line->n_sets; s++) {
        State all = STATE_YES;
        for (size_t c = 0; c < line->sets[s].n_conditions && all != STATE_NO; c++) {
            State one = judge_condition(line, &line->sets[s].conditions[c], person);
            if (one != STATE_YES)
                all = one;
        }
        if (all == STATE_YES)
            return STATE_YES;
        if (all == STATE_UNKNOWN)
            best = STATE_UNKNOWN;
    }
    return best;
}

bool allowed_needs_approval(const AllowedLine *lines, uint32_t line)
{
    return lines[line].needs_approval;
}

static ConditionSet compile_set(const SettingsGroup *group)
{
    ConditionSet set = {.conditions = g_new0(Condition, N_PERSON_FIELDS)};
    for (int field = 0; field < N_PERSON_FIELDS; field++) {
        const char *glob = settings_text(group, person_fields[field]);
        if (glob == NULL)
            continue;
        g_autofree char *folded = g_utf8_casefold(glob, -1);
        set.conditions[set.n_conditions++] = (Condition){.field = (PersonField)field,
                                                         .pattern = g_pattern_spec_new(folded),
                                                         .answers = g_hash_table_new(NULL, NULL)};
    }
    return set;
}

AllowedLine *allowed_new(const Snapshot *snapshot, const Governed *governed)
{
    AllowedLine *lines = g_new0(AllowedLine, governed->n_entitlements + 1);
    for (size_t i = 0; i < governed->n_entitlements; i++) {
        const SettingsGroup *settings = governed->entitlements[i].settings;
        AllowedLine *line = &lines[i];
        line->snapshot = snapshot;
        line->needs_approval = g_strcmp0(settings_text(settings, "approval"), "required") == 0;
        line->n_sets = settings_n_groups(settings, "allowed");
        line->sets = g_new0(ConditionSet, line->n_sets + 1);
        for (size_t s = 0; s < line->n_sets; s++)
            line->sets[s] = compile_set(settings_group_at(settings, "allowed", s));
    }
    return lines;
}

void allowed_free(AllowedLine *lines, size_t n_lines)
{
    for (size_t i = 0; lines != NULL && i < n_lines; i++) {
        for (size_t s = 0; s < lines[i].n_sets; s++) {
            for (size_t c = 0; c < lines[i].sets[s].n_conditions; c++) {
                g_pattern_spec_free(lines[i].sets[s].conditions[c].pattern);
                g_hash_table_unref(lines[i].sets[s].conditions[c].answers);
            }
            g_free(lines[i].sets[s].conditions);
        }
        g_free(lines[i].sets);
    }
    g_free(lines);
}
