#include "correlate/classes.h"

#include "base/hash.h"
#include "base/tasks.h"
#include "model/dn.h"

const char *const account_classes[] = {"person", "admin",       "service",  "shared",
                                       "guest",  "break-glass", "computer", NULL};

/* A rule made ready: patterns compiled, names resolved. */
typedef struct ReadyRule {
    AccountClass account_class;
    GPatternSpec *name; /* over folded names */
    char *under;        /* normalised */
    uint32_t source;    /* NONE = any */
    bool fits_nothing;  /* names a source that does not exist */
    const Bitset *members;
} ReadyRule;

static void get_ready(const Snapshot *snapshot, const ClassRule *rule, ReadyRule *ready)
{
    *ready =
        (ReadyRule){.account_class = rule->account_class, .source = NONE, .members = rule->members};
    if (rule->name != NULL) {
        g_autofree char *folded = text_fold(text_of(rule->name));
        ready->name = g_pattern_spec_new(folded);
    }
    if (rule->under != NULL) {
        GString *under = g_string_new(NULL);
        dn_normalise(text_of(rule->under), under);
        ready->under = g_string_free(under, FALSE);
    }
    if (rule->source != NULL) {
        for (uint32_t i = 0; i < snapshot->n_sources && ready->source == NONE; i++)
            if (g_str_equal(snapshot->sources[i].name, rule->source))
                ready->source = i;
        ready->fits_nothing = ready->source == NONE;
    }
}

static void ready_rules_free(ReadyRule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_clear_pointer(&rules[i].name, g_pattern_spec_free);
        g_free(rules[i].under);
    }
    g_free(rules);
}

/* The account as rules look at it. Names are folded when a rule first asks, nearly always in place.
 */
typedef struct Subject {
    const Snapshot *snapshot;
    uint32_t account;
    size_t name_length; /* 0 = not folded yet */
    char name[128];
    char *long_name; /* instead of name, where that is too short or the name is not ASCII */
    GString *scratch;
} Subject;

static const char *subject_name(Subject *subject)
{
    if (subject->name_length == 0) {
        Text name = text_trimmed(text_of(
            snapshot_text(subject->snapshot, subject->snapshot->accounts.name[subject->account])));
        subject->name_length = name.length;
        if (name.length >= sizeof subject->name || !text_is_ascii(name)) {
            subject->long_name = text_fold(name);
            subject->name_length = strlen(subject->long_name);
        }
        for (size_t i = 0; subject->long_name == NULL && i < name.length; i++)
            subject->name[i] = g_ascii_tolower(name.data[i]);
        if (subject->long_name == NULL)
            subject->name[name.length] = '\0';
    }
    return subject->long_name != NULL ? subject->long_name : subject->name;
}

static bool name_fits(const ReadyRule *rule, Subject *subject)
{
    const char *name = subject_name(subject);
    return g_pattern_spec_match(rule->name, subject->name_length, name, NULL);
}

static bool rule_fits(const ReadyRule *rule, Subject *subject)
{
    uint8_t source = subject->snapshot->accounts.source[subject->account];
    if (rule->fits_nothing || (rule->source != NONE && rule->source != source))
        return false;
    if (rule->members != NULL && !bitset_has(rule->members, subject->account))
        return false;
    if (rule->name != NULL && !name_fits(rule, subject))
        return false;
    return rule->under == NULL ||
           dn_text_is_under(
               text_of(snapshot_text(subject->snapshot,
                                     subject->snapshot->accounts.dn[subject->account])),
               rule->under, subject->scratch);
}

/* Administrator, Guest and krbtgt of a domain: S-1-5-21-…-500, 501, 502 ([MS-DTYP] 2.4.2.4). */
static bool is_built_in(const char *sid)
{
    const char *rid = strrchr(sid, '-');
    return rid != NULL && g_str_has_prefix(sid, "S-1-5-21-") &&
           (g_str_equal(rid, "-500") || g_str_equal(rid, "-501") || g_str_equal(rid, "-502"));
}

static AccountClass class_by_itself(const Snapshot *snapshot, uint32_t account)
{
    const Accounts *accounts = &snapshot->accounts;
    if ((accounts->flags[account] & ENTRY_IS_SERVICE) != 0)
        return CLASS_SERVICE;
    if (accounts->sid[account] != 0 && is_built_in(snapshot_text(snapshot, accounts->sid[account])))
        return CLASS_BREAK_GLASS;
    if (accounts->class_text[account] != 0) {
        Text text = text_trimmed(text_of(snapshot_text(snapshot, accounts->class_text[account])));
        for (int c = 0; c < N_CLASSES; c++)
            if (text_equals_folded(text, text_of(account_classes[c])))
                return (AccountClass)c;
    }
    return CLASS_PERSON;
}

static AccountClass class_of(const ReadyRule *rules, size_t n_rules, Subject *subject)
{
    for (size_t i = 0; i < n_rules; i++)
        if (rule_fits(&rules[i], subject))
            return rules[i].account_class;
    return class_by_itself(subject->snapshot, subject->account);
}

typedef struct Assigning {
    const Snapshot *snapshot;
    const ReadyRule *rules;
    size_t n_rules;
    uint8_t *classes;
} Assigning;

static void assign_range(void *data, size_t begin, size_t end)
{
    const Assigning *assigning = data;
    g_autoptr(GString) scratch = g_string_sized_new(128);
    for (size_t account = begin; account < end; account++) {
        Subject subject;
        subject.snapshot = assigning->snapshot;
        subject.account = (uint32_t)account;
        subject.name_length = 0;
        subject.long_name = NULL;
        subject.scratch = scratch;
        assigning->classes[account] =
            (uint8_t)class_of(assigning->rules, assigning->n_rules, &subject);
        g_free(subject.long_name);
    }
}

uint8_t *classes_assign(const Snapshot *snapshot, const ClassRule *rules, size_t n_rules)
{
    uint8_t *classes = g_new0(uint8_t, snapshot->accounts.n + 1);
    ReadyRule *ready = g_new0(ReadyRule, n_rules + 1);
    for (size_t i = 0; i < n_rules; i++)
        get_ready(snapshot, &rules[i], &ready[i]);
    Assigning assigning = {snapshot, ready, n_rules, classes};
    tasks_run_ranges(assign_range, &assigning, snapshot->accounts.n);
    ready_rules_free(ready, n_rules);
    return classes;
}
