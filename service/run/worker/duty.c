#include "run/worker/duty.h"

#include "ledger/jobs.h"
#include "run/ledger_access.h"
#include "run/worker/rounds.h"

#define LOOK_US (5 * G_USEC_PER_SEC)

struct Duty {
    char *store, *directory;
    DutyCalls calls;
    bool is_told_on; /* of the main loop alone, as what it told last */
    char *told;
    Rounds *rounds;
    Ledger *ledger; /* of the thread alone: holds the lock; NULL = off */
    GMutex mutex;
    bool is_on, is_asked; /* under the mutex, as all below */
    char *why;
};

/* ---- the main loop ---- */

static gboolean tell(void *data)
{
    Duty *duty = data;

    g_mutex_lock(&duty->mutex);
    bool is_on = duty->is_on, is_asked = duty->is_asked;
    g_autofree char *why = g_strdup(duty->why);
    g_mutex_unlock(&duty->mutex);

    if (is_on != duty->is_told_on || g_strcmp0(why, duty->told) != 0) {
        duty->is_told_on = is_on;
        g_free(duty->told);
        duty->told = g_strdup(why);
        duty->calls.changed(is_on, why, duty->calls.data);
    }
    if (is_on && is_asked)
        duty->calls.asked(duty->calls.data);
    return G_SOURCE_REMOVE;
}

/* ---- the thread ---- */

/* Before the first run there is no store, and nothing to do for anybody. */
static bool take(Duty *duty, GError **error)
{
    g_autofree char *holder = lock_holder("worker");
    g_autoptr(Ledger) ledger = ledger_open(duty->store, duty->directory, LEDGER_WRITE, error);

    if (ledger == NULL || !ledger_lock(ledger, LEDGER_LOCK_WORKER, holder, error))
        return false;
    duty->ledger = g_steal_pointer(&ledger);
    return true;
}

static bool keep(Duty *duty, bool *ret_is_asked, GError **error)
{
    if (ledger_keep_lock(duty->ledger, error) &&
        ledger_job_waits(duty->ledger, ret_is_asked, error))
        return true;
    g_clear_pointer(&duty->ledger, ledger_close);
    return false;
}

static void look(void *data)
{
    Duty *duty = data;
    g_autoptr(GError) error = NULL;
    bool is_asked = false; /* who takes over looks for jobs anyway */
    bool is_on = duty->ledger != NULL ? keep(duty, &is_asked, &error) : take(duty, &error);
    bool is_absent = g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_MISSING);

    g_mutex_lock(&duty->mutex);
    duty->is_on = is_on;
    duty->is_asked = is_asked;
    g_free(duty->why);
    duty->why = error != NULL && !is_absent ? g_strdup(error->message) : NULL;
    g_mutex_unlock(&duty->mutex);
    g_idle_add_full(G_PRIORITY_DEFAULT, tell, duty, NULL);
}

Duty *duty_new(const Invocation *invocation, const DutyCalls *calls)
{
    Duty *duty = g_new0(Duty, 1);

    duty->store = g_strdup(invocation->settings->store_url);
    duty->directory = g_path_get_dirname(invocation->settings->path);
    duty->calls = *calls;
    g_mutex_init(&duty->mutex);
    duty->rounds = rounds_new("duty", LOOK_US, look, duty);
    return duty;
}

void duty_wake(Duty *duty)
{
    if (duty != NULL)
        rounds_wake(duty->rounds);
}

void duty_free(Duty *duty)
{
    if (duty == NULL)
        return;
    rounds_free(duty->rounds);
    while (g_source_remove_by_user_data(duty))
        continue;
    ledger_close(duty->ledger);
    g_mutex_clear(&duty->mutex);
    g_free(duty->store);
    g_free(duty->directory);
    g_free(duty->why);
    g_free(duty->told);
    g_free(duty);
}
