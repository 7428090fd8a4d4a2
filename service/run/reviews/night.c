/* night.c: sights of rights, and holders of accounts, from the snapshot of a run. */

#include "run/reviews/night.h"

#include "ledger/reviews.h"
#include "membership/holding.h"
#include "run/reviews/holders.h"

/* ---- rights that were to go ---- */

static GArray *see_tasks(const Reconciliation *r, const Reviewed *reviewed)
{
    guint n = reviewed->tasks->len;
    GArray *sights = g_array_new(FALSE, FALSE, sizeof(ReviewSight));
    g_autofree RightAsked *asked = g_new0(RightAsked, (size_t)n + 1);

    for (guint i = 0; i < n; i++) {
        const ReviewedTask *task = &g_array_index(reviewed->tasks, ReviewedTask, i);

        asked[i] =
            (RightAsked){task->source, task->account_key, task->group_source, task->group_key};
    }
    g_autofree RightHeld *held = rights_held(r->snapshot, r->effective, asked, n);

    for (guint i = 0; i < n; i++) {
        const ReviewedTask *task = &g_array_index(reviewed->tasks, ReviewedTask, i);
        ReviewSight sight = {.review = ledger_review_id(task->review),
                             .item = task->item,
                             .is_there = held[i].is_held};

        if (!right_is_doubtful(r->snapshot, &held[i]))
            g_array_append_val(sights, sight);
    }
    return sights;
}

/* ---- whose the accounts of open items are ---- */

typedef struct OpenAccounts {
    GPtrArray *texts; /* (element-type utf8) owned */
    GArray *asked;    /* (element-type RightAsked) of accounts alone */
    GPtrArray *lists; /* arrays of HR ids, NULL-terminated */
    GArray *holders;  /* (element-type ReviewHolders) */
} OpenAccounts;

static bool note_account(const char *source, const char *key, void *data)
{
    OpenAccounts *open = data;
    RightAsked asked = {.source = g_strdup(source),
                        .account_key = g_strdup(key),
                        .group_source = "",
                        .group_key = ""};

    g_ptr_array_add(open->texts, (gpointer)(uintptr_t)asked.source);
    g_ptr_array_add(open->texts, (gpointer)(uintptr_t)asked.account_key);
    g_array_append_val(open->asked, asked);
    return true;
}

static bool see_holders(Ledger *ledger, const Reconciliation *r, OpenAccounts *open, GError **error)
{
    if (!ledger_review_open_accounts(ledger, note_account, open, error))
        return false;
    const RightAsked *asked = (const RightAsked *)(const void *)open->asked->data;
    g_autofree RightHeld *found = rights_find(r->snapshot, asked, open->asked->len);

    for (guint i = 0; i < open->asked->len; i++) {
        if (found[i].account != NONE) {
            const char **ids = review_holders(r, found[i].account);
            ReviewHolders holders = {asked[i].source, asked[i].account_key, ids};

            g_ptr_array_add(open->lists, ids);
            g_array_append_val(open->holders, holders);
        }
    }
    return true;
}

static void open_accounts_clear(OpenAccounts *open)
{
    g_ptr_array_unref(open->texts);
    g_array_unref(open->asked);
    g_ptr_array_unref(open->lists);
    g_array_unref(open->holders);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OpenAccounts, open_accounts_clear)

/* ---- the night ---- */

bool review_night(Ledger *ledger, const Reconciliation *reconciliation, const LedgerRun *run,
                  ReviewNightCounts *ret_counts, GError **error)
{
    g_auto(OpenAccounts) open = {.texts = g_ptr_array_new_with_free_func(g_free),
                                 .asked = g_array_new(FALSE, FALSE, sizeof(RightAsked)),
                                 .lists = g_ptr_array_new_with_free_func(g_free),
                                 .holders = g_array_new(FALSE, FALSE, sizeof(ReviewHolders))};
    /* What was decided while the run was reading is the next run's to prove. */
    g_autoptr(GArray) sights = see_tasks(reconciliation, reconciliation->reviewed);

    if (!see_holders(ledger, reconciliation, &open, error))
        return false;
    ReviewNight night = {
        .run = run->id,
        .as_of_utc = run->as_of_utc,
        .at_utc = run->started_utc,
        .actor = run->actor,
        .sights = (const ReviewSight *)(const void *)sights->data,
        .n_sights = sights->len,
        .holders = (const ReviewHolders *)(const void *)open.holders->data,
        .n_holders = open.holders->len,
    };
    return ledger_review_night(ledger, &night, ret_counts, error);
}
