#include "ledger/coverage.h"

#include <string.h>

struct Coverage {
    const FindingSet *set;
    GHashTable *controls; /* id → index + 1 */
    GHashTable *sources;  /* name → index + 1 */
    size_t n_sources;
    bool *whole;          /* per control */
    bool *by_source;      /* per control and source */
    bool *has_subjects;   /* per control: some of its subjects are unjudged */
    GHashTable *subjects; /* (identity) set */
};

static guint identity_hash(gconstpointer key)
{
    guint hash; /* identities are hashes already */
    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean identity_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, 16) == 0;
}

static GHashTable *index_names(const GPtrArray *names)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; names && i < names->len; i++)
        g_hash_table_insert(index, names->pdata[i], GUINT_TO_POINTER(i + 1));
    return index;
}

static void add_unjudged(Coverage *coverage, Unjudged *unjudged)
{
    switch ((UnjudgedScope)unjudged->scope) {
    case UNJUDGED_CONTROL:
        coverage->whole[unjudged->control] = true;
        break;
    case UNJUDGED_SOURCE:
        coverage->by_source[unjudged->control * coverage->n_sources + unjudged->source] = true;
        break;
    case UNJUDGED_SUBJECT:
        coverage->has_subjects[unjudged->control] = true;
        g_hash_table_add(coverage->subjects, unjudged->identity);
        break;
    }
}

Coverage *coverage_new(const FindingSet *set)
{
    Coverage *coverage = g_new0(Coverage, 1);
    size_t n_controls = set->controls->len;

    coverage->set = set;
    coverage->controls = index_names(set->controls);
    coverage->sources = index_names(set->sources);
    coverage->n_sources = set->sources ? set->sources->len : 0;
    coverage->whole = g_new0(bool, n_controls);
    coverage->by_source = g_new0(bool, n_controls * coverage->n_sources);
    coverage->has_subjects = g_new0(bool, n_controls);
    coverage->subjects = g_hash_table_new(identity_hash, identity_equal);
    for (size_t control = 0; control < n_controls; control++)
        coverage->whole[control] = set->is_judged && !set->is_judged[control];
    for (guint i = 0; set->unjudged && i < set->unjudged->len; i++)
        add_unjudged(coverage, &g_array_index(set->unjudged, Unjudged, i));
    return coverage;
}

void coverage_free(Coverage *coverage)
{
    if (!coverage)
        return;
    g_hash_table_unref(coverage->controls);
    g_hash_table_unref(coverage->sources);
    g_hash_table_unref(coverage->subjects);
    g_free(coverage->whole);
    g_free(coverage->by_source);
    g_free(coverage->has_subjects);
    g_free(coverage);
}

Cover coverage_of_scope(const Coverage *coverage, const char *control, const char *source)
{
    size_t c = GPOINTER_TO_UINT(g_hash_table_lookup(coverage->controls, control));
    size_t s = GPOINTER_TO_UINT(g_hash_table_lookup(coverage->sources, source));

    if (c == 0 || coverage->whole[c - 1])
        return COVER_CONTROL;
    if (s > 0 && coverage->by_source[(c - 1) * coverage->n_sources + s - 1])
        return COVER_SOURCE;
    bool is_source_gone = s == 0 && *source != '\0';
    bool may_be_rejected =
        s > 0 && coverage->set->has_rejected && coverage->set->has_rejected[s - 1];
    return is_source_gone || may_be_rejected || coverage->has_subjects[c - 1] ? COVER_SUBJECT
                                                                              : COVER_NONE;
}

static SubjectType type_of(const char *text)
{
    for (int type = 0; subject_types[type]; type++) {
        if (g_strcmp0(subject_types[type], text) == 0)
            return (SubjectType)type;
    }
    return SUBJECT_NONE;
}

static bool is_listed(const Coverage *coverage, const char *control, SubjectType type,
                      const char *source, const char *key)
{
    uint8_t identity[16];
    finding_identity(control, type, source, key, SUBJECT_NONE, NULL, NULL, identity);
    return g_hash_table_contains(coverage->subjects, identity);
}

/* What a source no longer shows while it had records rejected is not known to be gone. */
static bool may_be_rejected(const Coverage *coverage, const char *source, const char *key)
{
    size_t s = source ? GPOINTER_TO_UINT(g_hash_table_lookup(coverage->sources, source)) : 0;
    const FindingSet *set = coverage->set;

    return s > 0 && key && set->has_rejected && set->has_rejected[s - 1] &&
           !set->is_present(set, (uint32_t)s - 1, key);
}

bool coverage_of_subject(const Coverage *coverage, const CoverParties *parties)
{
    SubjectType type = type_of(parties->subject_type);
    const char *control = parties->control;

    /* What is said about another exception rests on that one alone. */
    if (g_strcmp0(parties->object_type, subject_types[SUBJECT_EXCEPTION]) == 0)
        return is_listed(coverage, control, SUBJECT_EXCEPTION, NULL, parties->object_key);
    /* What is said about a source that is no longer configured has ended with it; of its accounts
     * nothing is known. */
    if (type != SUBJECT_SOURCE && parties->source && *parties->source &&
        !g_hash_table_contains(coverage->sources, parties->source))
        return true;
    if (is_listed(coverage, control, type, parties->source, parties->key))
        return true;
    if (type != SUBJECT_SOURCE &&
        (may_be_rejected(coverage, parties->source, parties->key) ||
         may_be_rejected(coverage, parties->object_source, parties->object_key)))
        return true;
    /* A right is unjudged when its account is, and when its group is. */
    if (type == SUBJECT_RIGHT &&
        is_listed(coverage, control, SUBJECT_ACCOUNT, parties->source, parties->key))
        return true;
    return parties->object_type && is_listed(coverage, control, type_of(parties->object_type),
                                             parties->object_source, parties->object_key);
}
