#include "run/reviews/found.h"

#include "controls/judgement.h"
#include "controls/parties.h"

#include <string.h>

/* Controls that say that a right should not be, the strongest first. */
static const char *const against[] = {
    "leaver-rights",    "leaver-active",         "segregation-conflict", "excess-privilege",
    "right-regranted",  "privileged-unapproved", "approval-expired",     "mover-rights",
    "orphaned-account", "dormant-account",       "peer-outlier"};

struct Found {
    const Reconciliation *r;
    GHashTable *of_account; /* account id + 1 → GArray of findings' places (guint32) */
    GHashTable *of_person;  /* the same by person: segregation-conflict */
    GHashTable *exceptions; /* "source\x1fkey" → GPtrArray of "EX-000042" or "EX-000042\x1fsource
                               \x1fkey of the group" */
};

/* ---- findings ---- */

static void add_place(GHashTable *lists, uint32_t id, guint place)
{
    GArray *list = g_hash_table_lookup(lists, GUINT_TO_POINTER(id + 1));

    if (list == NULL) {
        list = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(lists, GUINT_TO_POINTER(id + 1), list);
    }
    g_array_append_val(list, place);
}

static void index_findings(Found *found, const Bitset *accounts)
{
    const GArray *findings = found->r->findings->findings;

    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = &g_array_index(findings, Finding, i);
        uint32_t account = finding_account(&found->r->context, finding);

        if (account != NONE && bitset_has(accounts, account))
            add_place(found->of_account, account, i);
        else if (strcmp(control_table[finding->control]->id, "segregation-conflict") == 0)
            add_place(found->of_person, finding->subject, i);
    }
}

/* The next finding of that control about the right or about its account as a whole; NULL. */
static const Finding *finding_of(const Found *found, uint32_t account, uint32_t group,
                                 const char *control)
{
    const GArray *places = g_hash_table_lookup(found->of_account, GUINT_TO_POINTER(account + 1));

    for (guint i = 0; places != NULL && i < places->len; i++) {
        const Finding *finding =
            &g_array_index(found->r->findings->findings, Finding, g_array_index(places, guint, i));
        if (strcmp(control_table[finding->control]->id, control) == 0 &&
            (finding->object == NONE || finding->object == group))
            return finding;
    }
    return NULL;
}

static bool has_group(const GArray *groups, uint32_t group)
{
    for (guint i = 0; i < groups->len; i++) {
        if (g_array_index(groups, uint32_t, i) == group)
            return true;
    }
    return false;
}

static const Finding *conflict_of(const Found *found, uint32_t account, uint32_t group)
{
    const Reconciliation *r = found->r;
    uint32_t person = person_speaking(r->snapshot, person_of(&r->context, account));
    const GArray *places =
        person != NONE ? g_hash_table_lookup(found->of_person, GUINT_TO_POINTER(person + 1)) : NULL;

    for (guint i = 0; places != NULL && i < places->len; i++) {
        const Finding *finding =
            &g_array_index(r->findings->findings, Finding, g_array_index(places, guint, i));
        const SegregationRule *rule = &r->governed->segregations[finding->object];

        if (has_group(rule->a, group) || has_group(rule->b, group))
            return finding;
    }
    return NULL;
}

const char *found_conflict(const Found *found, uint32_t account, uint32_t group)
{
    const Finding *finding = conflict_of(found, account, group);

    return finding != NULL ? found->r->governed->segregations[finding->object].id : NULL;
}

bool found_outlier(const Found *found, uint32_t account, uint32_t group)
{
    return finding_of(found, account, group, "peer-outlier") != NULL;
}

char *found_against(const Found *found, uint32_t account, uint32_t group)
{
    const FindingSet *set = found->r->findings;

    for (size_t i = 0; i < G_N_ELEMENTS(against); i++) {
        const Finding *finding = strcmp(against[i], "segregation-conflict") == 0
                                     ? conflict_of(found, account, group)
                                     : finding_of(found, account, group, against[i]);
        if (finding == NULL)
            continue;
        FindingText text;
        set->describe(set, finding, &text);
        char *sentence = finding_summary_at(text.summary, set->as_of_utc);
        finding_text_clear(&text);
        return sentence;
    }
    return NULL;
}

/* ---- exceptions of the ledger ---- */

static const char *text_at(const json_t *row, const char *party, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(row, party), name));

    return text != NULL ? text : "";
}

static bool take_exception(json_t *row, void *data)
{
    Found *found = data;
    const char *type = text_at(row, "subject", "type");

    if (strcmp(type, "account") != 0 && strcmp(type, "right") != 0)
        return true;
    g_autofree char *key = g_strdup_printf("%s\x1f%s", text_at(row, "subject", "source"),
                                           text_at(row, "subject", "key"));
    GPtrArray *list = g_hash_table_lookup(found->exceptions, key);
    const char *id = json_string_value(json_object_get(row, "id"));
    const char *group = text_at(row, "object", "key");

    if (list == NULL) {
        list = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(found->exceptions, g_steal_pointer(&key), list);
    }
    g_ptr_array_add(list, g_strdup_printf("%s\x1f%s", id, group));
    return true;
}

json_t *found_exceptions(const Found *found, uint32_t account, uint32_t group)
{
    Party holder = party_of(&found->r->context, SUBJECT_ACCOUNT, account);
    Party object = party_of(&found->r->context, SUBJECT_GROUP, group);
    g_autofree char *key = g_strdup_printf("%s\x1f%s", holder.source, holder.key);
    const GPtrArray *list = g_hash_table_lookup(found->exceptions, key);
    json_t *ids = json_array();

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const char *row = list->pdata[i], *of_group = strchr(row, '\x1f') + 1;

        if (*of_group == '\0' || strcmp(of_group, object.key) == 0)
            json_array_append_new(ids, json_stringn(row, (size_t)(of_group - row) - 1));
    }
    return ids;
}

/* ---- both ---- */

static void free_places(void *places)
{
    g_array_unref(places);
}

static void free_list(void *list)
{
    g_ptr_array_unref(list);
}

Found *found_new(const Reconciliation *r, const Bitset *accounts, Ledger *ledger, GError **error)
{
    g_autoptr(Found) found = g_new0(Found, 1);
    LedgerFilter everything_open = {0};

    found->r = r;
    found->of_account = g_hash_table_new_full(NULL, NULL, NULL, free_places);
    found->of_person = g_hash_table_new_full(NULL, NULL, NULL, free_places);
    found->exceptions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
    index_findings(found, accounts);
    if (ledger != NULL &&
        !ledger_exceptions(ledger, &everything_open, take_exception, found, error))
        return NULL;
    return g_steal_pointer(&found);
}

void found_free(Found *found)
{
    if (found == NULL)
        return;
    g_hash_table_unref(found->of_account);
    g_hash_table_unref(found->of_person);
    g_hash_table_unref(found->exceptions);
    g_free(found);
}
