#include "run/worker/looks.h"

#include "base/times.h"
#include "controls/judgement.h"
#include "model/lookup.h"
#include "run/explain.h"
#include "run/facts.h"
#include "run/things.h"
#include "run/worker/find_people.h"
#include "run/worker/server.h"
#include "run/worker/who.h"

struct Looks {
    GMutex mutex;
    Invocation invocation; /* of a command that has no options but those of the question */
    Look look;
    PeopleIndex *people;
    Ledger *ledger; /* asks which run is the last; NULL: not open */
};

Looks *looks_new(const Invocation *invocation)
{
    Looks *looks = g_new0(Looks, 1);

    g_mutex_init(&looks->mutex);
    looks->invocation = (Invocation){
        .settings = invocation->settings,
        .is_quiet = true,
        .cancel = invocation->cancel,
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    return looks;
}

static void forget(Looks *looks)
{
    g_clear_pointer(&looks->people, people_index_free);
    look_clear(&looks->look);
    looks->look = (Look){0};
}

void looks_free(Looks *looks)
{
    if (looks == NULL)
        return;
    forget(looks);
    ledger_close(looks->ledger);
    g_hash_table_unref(looks->invocation.values);
    g_mutex_clear(&looks->mutex);
    g_free(looks);
}

/* ---- the run that is kept ---- */

static Ledger *open_ledger(const Looks *looks, GError **error)
{
    const Settings *settings = looks->invocation.settings;
    g_autofree char *directory = g_path_get_dirname(settings->path);
    Ledger *ledger = ledger_open(settings->store_url, directory, LEDGER_READ, error);

    if (ledger != NULL)
        ledger_set_references(ledger, fact_references);
    return ledger;
}

/* A connection that was lost since the last question is made anew, once. */
static bool newest_run(Looks *looks, int64_t *ret_run, GError **error)
{
    if (looks->ledger != NULL && ledger_run_at(looks->ledger, INT64_MAX, ret_run, NULL))
        return true;
    g_clear_pointer(&looks->ledger, ledger_close);
    looks->ledger = open_ledger(looks, error);
    return looks->ledger != NULL && ledger_run_at(looks->ledger, INT64_MAX, ret_run, error);
}

static bool read_run(Looks *looks, int64_t run, GError **error)
{
    forget(looks);
    looks->look.invocation = &looks->invocation;
    looks->look.ledger = open_ledger(looks, error);
    if (looks->look.ledger == NULL)
        return false;
    if (look_open_run(&looks->look, run) != EXIT_DONE) {
        forget(looks);
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                    "the history of run %" G_GINT64_FORMAT
                    " could not be read; the worker's journal says why",
                    run);
        return false;
    }
    looks->people = people_index_new(looks->look.reconciliation.snapshot);
    return true;
}

/* NULL: as it should be; else the answer that says what is not. */
static json_t *bring_up_to_date(Looks *looks)
{
    g_autoptr(GError) error = NULL;
    int64_t run = 0;

    if (!newest_run(looks, &run, &error))
        return call_error("%s", error->message);
    if (run == 0)
        return call_error("there was no run yet, so nothing is known of anybody: rightful run");
    if (looks->look.past != NULL && looks->look.past->run == run)
        return NULL;
    return read_run(looks, run, &error) ? NULL : call_error("%s", error->message);
}

bool looks_refresh(Looks *looks, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *problem = bring_up_to_date(looks);

    if (problem == NULL)
        return true;
    g_set_error_literal(error, LEDGER_ERROR, LEDGER_ERROR_FAILED,
                        json_string_value(json_object_get(problem, "error")));
    json_decref(problem);
    return false;
}

static json_t *with_run(const Looks *looks, json_t *answer)
{
    const LedgerPast *past = looks->look.past;

    json_object_set_new(answer, "run", json_integer(past->run));
    json_object_set_new(answer, "as_of", fact_time(past->as_of_utc));
    return answer;
}

/* ---- the questions ---- */

/* rows: NULL when there is no such thing. Takes it. */
static json_t *found(const Looks *looks, json_t *rows)
{
    json_t *first = json_array_get(rows, 0);
    json_t *answer = json_object();

    json_object_set(answer, "found", first != NULL ? first : json_null());
    if (json_array_size(rows) > 1)
        json_object_set(answer, "several", rows);
    json_decref(rows);
    return with_run(looks, answer);
}

json_t *looks_thing(Looks *looks, const char *kind, const char *id, bool is_effective)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    if (error != NULL)
        return error;
    g_hash_table_remove_all(looks->invocation.values);
    if (is_effective)
        g_hash_table_insert(looks->invocation.values, g_strdup("effective"), NULL);
    return found(looks, things_find(&looks->look, kind, id));
}

json_t *looks_explain(Looks *looks, const char *account, const char *group)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);
    const char *missing;

    if (error != NULL)
        return error;
    g_hash_table_remove_all(looks->invocation.values);
    return found(looks, explain_find(&looks->look, account, group, &missing));
}

json_t *looks_people(Looks *looks, const char *text)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    return error != NULL
               ? error
               : with_run(looks, people_index_find(looks->people, &looks->look, text, clock_utc()));
}

/* ---- who ---- */

static json_t *who_answer(const Looks *looks, uint32_t account)
{
    if (account == NONE)
        return json_pack("{s:n}", "who");
    return json_pack("{s:o}", "who",
                     with_run(looks, who_facts(&looks->look, account, clock_utc())));
}

json_t *looks_who(Looks *looks, const char *user)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    return error != NULL ? error : who_answer(looks, who_find(&looks->look, user));
}

json_t *looks_who_account(Looks *looks, const char *source, const char *key, const char *dn,
                          const char **ret_reason)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    if (error != NULL)
        return error;
    uint32_t account = who_find_entry(&looks->look, source, key, dn);

    *ret_reason = account == NONE ? "the last applied run did not see this account"
                                  : who_unusable(&looks->look, account, clock_utc());
    return who_answer(looks, *ret_reason == NULL ? account : NONE);
}

/* ---- whom to write to ---- */

static char *text_or_null(const Look *look, TextRef ref)
{
    const char *text = snapshot_text(look->reconciliation.snapshot, ref);

    return *text != '\0' ? g_strdup(text) : NULL;
}

bool looks_contact(Looks *looks, const char *id, char **ret_name, char **ret_email,
                   char **ret_manager)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    if (error != NULL) {
        json_decref(error);
        return false;
    }
    const Snapshot *snapshot = looks->look.reconciliation.snapshot;
    const People *people = &snapshot->people;
    uint32_t person = snapshot_find_person(snapshot, id);
    if (person == NONE)
        return false;
    const char *manager = snapshot_text(snapshot, people->manager_id[person]);
    uint32_t above = *manager != '\0' ? snapshot_find_person(snapshot, manager) : NONE;
    *ret_name = text_or_null(&looks->look, people->name[person]);
    *ret_email = text_or_null(&looks->look, people->email[person]);
    *ret_manager = above != NONE ? text_or_null(&looks->look, people->id[above]) : NULL;
    return true;
}

char **looks_with_role(Looks *looks, const char *role)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&looks->mutex);
    json_t *error = bring_up_to_date(looks);

    if (error != NULL) {
        json_decref(error);
        return g_new0(char *, 1);
    }
    return who_with_role(&looks->look, role, clock_utc());
}
