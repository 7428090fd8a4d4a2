/* cases_file.c: files that were dropped, in the audit log. */
#include "ledger/cases.h"
#include "ledger/changes.h"

typedef struct Noting {
    Ledger *ledger;
    const CaseFile *file;
} Noting;

static bool note(void *data, GError **error)
{
    const Noting *noting = data;
    const CaseFile *file = noting->file;
    g_autofree char *object = g_strdup_printf("file %s", file->name);
    g_autofree char *action = g_strdup_printf("leaver file %s", file->result);

    return change_audit(
        noting->ledger->store, &(ChangeMade){file->actor, action, object, file->at_utc},
        json_pack("{s:s? s:s s:I s:I s:s}", "digest", file->digest, "owner", file->owner, "size",
                  (json_int_t)file->size, "people", (json_int_t)file->n_people, "why", file->why),
        error);
}

bool ledger_case_file(Ledger *ledger, const CaseFile *file, GError **error)
{
    Noting noting = {ledger, file};

    return store_transaction(ledger->store, STORE_WRITING, note, &noting, error);
}
