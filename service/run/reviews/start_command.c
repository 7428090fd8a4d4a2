/* start_command.c: `review start NAME`, from the sources as they are now. */
#include "ledger/reviews.h"
#include "review/campaign.h"
#include "run/look.h"
#include "run/reviews/print.h"
#include "run/reviews/review_command.h"
#include "run/reviews/start.h"
#include "run/summary.h"

static ExitCode no_such(const Invocation *invocation, const Settings *settings, const char *name)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (size_t i = 0; i < campaigns_count(settings); i++) {
        Campaign campaign = campaign_at(settings, i);
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", campaign.name);
    }
    return usage_error(invocation,
                       "review start %s: `reviews` of the configuration has no such "
                       "campaign; it has: %s",
                       name, known->len > 0 ? known->str : "none");
}

/* Reading takes its time: what can be told before it, is. */
static ExitCode check_open(Invocation *invocation, const Campaign *campaign)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ReviewLast last = {0};
    ExitCode code = open_store(invocation, LEDGER_READ, &ledger);

    if (code != EXIT_DONE)
        return code;
    if (ledger == NULL) {
        say_error("there is no ledger yet: rightful run makes it. Nothing was started");
        return EXIT_FAILED;
    }
    if (!ledger_review_last(ledger, campaign->name, &last, &error))
        return ledger_failed(error);
    if (last.is_open) {
        g_autofree char *name = ledger_review_name(last.id);
        say_error("%s, a campaign of %s, is still open: close it first, or let its reviewers "
                  "finish. Nothing was started",
                  name, campaign->name);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static ExitCode refuse(const Campaign *campaign, const char *why, ExitCode code)
{
    say_error("review %s was not started: %s. Nothing was changed", campaign->name, why);
    return code;
}

static ExitCode start(Look *look, const Campaign *campaign)
{
    Invocation *invocation = look->invocation;
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    g_autofree char *why = NULL;
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    json_t *review = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    ReviewStarting starting = {.ledger = ledger,
                               .reconciliation = &look->reconciliation,
                               .actor = invocation_actor(invocation)};
    switch (review_start(&starting, campaign, &review, &why, said, &error)) {
    case REVIEW_FAILED:
        return ledger_failed(error);
    case REVIEW_REFUSED:
        return refuse(campaign, why, EXIT_INCOMPLETE);
    case REVIEW_EMPTY:
        return refuse(campaign, why, EXIT_FAILED);
    case REVIEW_STARTED:
        break;
    }
    for (guint i = 0; i < said->len; i++)
        say_error("review %s: %s", campaign->name, (const char *)said->pdata[i]);
    return review_print_started(invocation, review);
}

ExitCode review_verb_start(Invocation *invocation)
{
    g_auto(Look) look = {0};
    const char *name = invocation->arguments[1];
    const Settings *settings = invocation_settings(invocation);
    Campaign campaign;

    if (settings == NULL)
        return EXIT_CONFIGURATION;
    if (!campaign_find(settings, name, &campaign))
        return no_such(invocation, settings, name);
    ExitCode code = check_open(invocation, &campaign);
    if (code == EXIT_DONE)
        code = look_open_judged(invocation, &look);
    return code == EXIT_DONE ? start(&look, &campaign) : code;
}
