/* standing.c: what is late in the ledger, after what was found tonight: open past its due date, or
 * found although its waiver is over. Reads only what is late, by an index. */
#include "model/standing.h"

#include "ledger/coverage.h"
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct Late {
    const FindingSet *set;
    Coverage *coverage;
    Standing *standing;
    Store *store;
} Late;

/* Of both queries; the last three are null where the due date is what is over. */
#define COLUMNS                                                                                    \
    "e.identity, e.id, e.control, e.severity, e.source, e.subject_name, e.owner, e.due, "          \
    "t.subject_type, t.subject_key, t.subject_dn, t.person_id, t.person_name, t.holders, "         \
    "t.object_type, t.object_source, t.object_key, "
enum {
    LATE_IDENTITY,
    LATE_ID,
    LATE_CONTROL,
    LATE_SEVERITY,
    LATE_SOURCE,
    LATE_SUBJECT_NAME,
    LATE_OWNER,
    LATE_DUE,
    LATE_SUBJECT_TYPE,
    LATE_SUBJECT_KEY,
    LATE_SUBJECT_DN,
    LATE_PERSON_ID,
    LATE_PERSON_NAME,
    LATE_HOLDERS,
    LATE_OBJECT_TYPE,
    LATE_OBJECT_SOURCE,
    LATE_OBJECT_KEY,
    LATE_LAST_DAY,
    LATE_REASON,
    LATE_ANSWERS
};

/* ---- what was found ---- */

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

/* Places of the findings with the identities of rows, in one pass. (identity → index + 1) */
static void find_findings(const FindingSet *set, GHashTable *wanted)
{
    for (guint i = 0; g_hash_table_size(wanted) > 0 && i < set->findings->len; i++) {
        uint8_t *identity = g_array_index(set->findings, Finding, i).identity;
        gpointer known, place;
        if (g_hash_table_lookup_extended(wanted, identity, &known, &place) && place == NULL)
            g_hash_table_insert(wanted, g_memdup2(identity, 16), GUINT_TO_POINTER(i + 1));
    }
}

/* ---- one row ---- */

static bool is_left_alone(const Late *late, Statement *row)
{
    const char *control = statement_text(row, LATE_CONTROL),
               *source = statement_text(row, LATE_SOURCE);
    Cover cover = coverage_of_scope(late->coverage, control, source);

    if (cover != COVER_SUBJECT)
        return cover != COVER_NONE;
    return coverage_of_subject(
        late->coverage, &(CoverParties){.control = control,
                                        .subject_type = statement_text(row, LATE_SUBJECT_TYPE),
                                        .source = *source ? source : NULL,
                                        .key = statement_text(row, LATE_SUBJECT_KEY),
                                        .object_type = statement_text(row, LATE_OBJECT_TYPE),
                                        .object_source = statement_text(row, LATE_OBJECT_SOURCE),
                                        .object_key = statement_text(row, LATE_OBJECT_KEY)});
}

static StandingException read_exception(Statement *row, uint32_t finding)
{
    const char *source = statement_text(row, LATE_SOURCE),
               *name = statement_text(row, LATE_SUBJECT_NAME);

    return (StandingException){.name = exception_name(statement_integer(row, LATE_ID)),
                               .control = g_strdup(statement_text(row, LATE_CONTROL)),
                               .severity = (uint8_t)statement_integer(row, LATE_SEVERITY),
                               .subject_type = g_strdup(statement_text(row, LATE_SUBJECT_TYPE)),
                               .source = *source ? g_strdup(source) : NULL,
                               .key = g_strdup(statement_text(row, LATE_SUBJECT_KEY)),
                               .subject_name = *name ? g_strdup(name) : NULL,
                               .dn = g_strdup(statement_text(row, LATE_SUBJECT_DN)),
                               .person_id = g_strdup(statement_text(row, LATE_PERSON_ID)),
                               .person_name = g_strdup(statement_text(row, LATE_PERSON_NAME)),
                               .holders = g_strdup(statement_text(row, LATE_HOLDERS)),
                               .owner = g_strdup(statement_text(row, LATE_OWNER)),
                               .due_utc = statement_integer(row, LATE_DUE),
                               .last_day = g_strdup(statement_text(row, LATE_LAST_DAY)),
                               .reason = g_strdup(statement_text(row, LATE_REASON)),
                               .answers = g_strdup(statement_text(row, LATE_ANSWERS)),
                               .finding = finding};
}

/* Gone tonight, or accepted by a rule tonight: no longer late. */
static void add_late(const Late *late, Statement *row, GHashTable *found, GArray *into)
{
    size_t size;
    const void *identity = statement_blob(row, LATE_IDENTITY, &size);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(found, identity));
    const FindingSet *set = late->set;

    if (place > 0 ? set->accepted_by && set->accepted_by[place - 1] : !is_left_alone(late, row))
        return;
    StandingException exception = read_exception(row, place > 0 ? place - 1 : UINT32_MAX);
    g_array_append_val(into, exception);
}

/* Twice through the few rows: which identities to look for, then what became of them. */
static bool read_late(const Late *late, const char *sql, GArray *into, GError **error)
{
    g_autoptr(GHashTable) found =
        g_hash_table_new_full(identity_hash, identity_equal, g_free, NULL);
    g_autoptr(Statement) rows = store_prepare(late->store, sql, error);
    StoreStep step;

    if (!rows)
        return false;
    statement_bind(rows, integer_value(late->set->as_of_utc));
    while ((step = statement_step(rows, error)) == STORE_ROW) {
        size_t size;
        g_hash_table_insert(found, g_memdup2(statement_blob(rows, LATE_IDENTITY, &size), 16), NULL);
    }
    if (step != STORE_DONE || g_hash_table_size(found) == 0)
        return step == STORE_DONE;
    find_findings(late->set, found);
    statement_bind(rows, integer_value(late->set->as_of_utc));
    while ((step = statement_step(rows, error)) == STORE_ROW)
        add_late(late, rows, found, into);
    return step == STORE_DONE;
}

/* By id + 0: to have them in the order of ids SQLite would read everything that is not resolved. */
static bool read_standing(void *data, GError **error)
{
    const Late *late = data;

    return read_late(late,
                     "SELECT " COLUMNS "NULL, NULL, NULL FROM exception e "
                     "JOIN exception_text t ON t.exception = e.id "
                     "WHERE e.resolved_run IS NULL AND e.due < $1 "
                     "AND (e.status = 'open' OR e.status = 'assigned') ORDER BY e.id + 0",
                     late->standing->overdue, error) &&
           read_late(late,
                     "SELECT " COLUMNS "w.last_day, w.reason, COALESCE(w.approver, w.requester) "
                     "FROM exception e JOIN waiver w ON w.exception = e.id "
                     "JOIN exception_text t ON t.exception = e.id "
                     "WHERE e.id IN (SELECT exception FROM waiver WHERE ends <= $1) "
                     "AND e.resolved_run IS NULL ORDER BY e.id + 0",
                     late->standing->lapsed, error);
}

Standing *ledger_standing(Ledger *ledger, const FindingSet *findings, GError **error)
{
    g_autoptr(Standing) standing = standing_new();
    g_autoptr(Coverage) coverage = coverage_new(findings);
    Late late = {findings, coverage, standing, ledger->store};

    if (!store_transaction(ledger->store, STORE_READING, read_standing, &late, error))
        return NULL;
    return g_steal_pointer(&standing);
}
