/* decide_command.c: what a reviewer does, at the command line: decide, undo, sign, hand on; and the
 * end of a review. Nobody decides in another's name: who acts is whoever the roster knows by the
 * login name. */
#include "base/times.h"
#include "ledger/review_decisions.h"
#include "ledger/reviews.h"
#include "run/ledger_access.h"
#include "run/reviews/review_command.h"
#include "run/run_commands.h"

#include <string.h>

typedef struct Acting {
    Ledger *ledger;
    char *person; /* HR id */
    ReviewActor actor;
} Acting;

static void acting_clear(Acting *acting)
{
    ledger_close(acting->ledger);
    g_free(acting->person);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Acting, acting_clear)

/* EXIT_DONE, or a message was given. */
static ExitCode begin(Invocation *invocation, Acting *acting)
{
    g_autoptr(GError) error = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &acting->ledger);

    if (code != EXIT_DONE)
        return code;
    acting->person = ledger_review_person(acting->ledger, actor_name(), &error);
    if (acting->person == NULL)
        return ledger_failed(error);
    if (*acting->person == '\0') {
        say_error("%s is the username of nobody in the last applied roster who works here; nobody "
                  "decides in another's name. Nothing was changed",
                  actor_name());
        return EXIT_FAILED;
    }
    acting->actor = (ReviewActor){.login = actor_name(),
                                  .person = acting->person,
                                  .at_utc = clock_utc(),
                                  .zone = invocation->settings->timezone};
    return EXIT_DONE;
}

/* Numbers behind the review. NULL after a message. */
static int64_t *item_numbers(const Invocation *invocation, size_t *ret_n)
{
    size_t n = (size_t)invocation->n_arguments - 2;
    g_autofree int64_t *items = g_new0(int64_t, n + 1);

    for (size_t i = 0; i < n; i++) {
        const char *text = invocation->arguments[i + 2];

        items[i] = run_number(text);
        if (items[i] < 1) {
            usage_error(invocation,
                        "%s is no number of an item; rightful review show %s lists them", text,
                        invocation->arguments[1]);
            return NULL;
        }
    }
    *ret_n = n;
    return g_steal_pointer(&items);
}

static const char *text_given(const Invocation *invocation, const char *option)
{
    const char *text = invocation_value(invocation, option);

    return text != NULL ? text : "";
}

/* ---- decide ---- */

typedef struct Wanted {
    const char *decision;
    int32_t until;
} Wanted;

static ExitCode wanted_decision(const Invocation *invocation, Wanted *ret_wanted)
{
    static const char *const decisions[] = {"keep", "remove", "reduce", "keep-until"};
    int n = 0;

    *ret_wanted = (Wanted){.until = DAY_NONE};
    for (size_t i = 0; i < G_N_ELEMENTS(decisions); i++) {
        if (invocation_has(invocation, decisions[i])) {
            ret_wanted->decision = decisions[i];
            n++;
        }
    }
    if (n != 1)
        return usage_error(invocation, "review decide needs one of --keep, --remove, --reduce and "
                                       "--keep-until DATE");
    const char *day = invocation_value(invocation, "keep-until");

    if (day != NULL && !day_parse(text_of(day), NULL, &ret_wanted->until))
        return usage_error(invocation,
                           "--keep-until %s: not a date; allowed: ISO 8601 as in 2026-12-31", day);
    return EXIT_DONE;
}

ExitCode review_verb_decide(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_auto(Acting) acting = {0};
    Wanted wanted;
    size_t n = 0;
    g_autofree int64_t *items = item_numbers(invocation, &n);
    ExitCode code = items != NULL ? wanted_decision(invocation, &wanted) : EXIT_USAGE;

    if (code == EXIT_DONE)
        code = begin(invocation, &acting);
    if (code != EXIT_DONE)
        return code;
    g_autofree ReviewDraft *drafts = g_new0(ReviewDraft, n + 1);

    for (size_t i = 0; i < n; i++) {
        drafts[i] = (ReviewDraft){.review = invocation->arguments[1],
                                  .item = items[i],
                                  .decision = wanted.decision,
                                  .until = wanted.until,
                                  .reason = text_given(invocation, "reason"),
                                  .is_bulk = n > 1,
                                  .seconds = -1};
    }
    if (!ledger_review_draft(acting.ledger, &acting.actor, drafts, n, &error))
        return ledger_failed(error);
    say(invocation,
        "%zu item%s drafted as %s. It counts when it is signed: rightful review sign %s --sentence "
        "TEXT",
        n, n == 1 ? "" : "s", wanted.decision, invocation->arguments[1]);
    return EXIT_DONE;
}

ExitCode review_verb_undo(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_auto(Acting) acting = {0};
    size_t n = 0;
    g_autofree int64_t *items = item_numbers(invocation, &n);
    ExitCode code = items != NULL ? begin(invocation, &acting) : EXIT_USAGE;

    for (size_t i = 0; code == EXIT_DONE && i < n; i++) {
        if (!ledger_review_undraft(acting.ledger, &acting.actor, invocation->arguments[1], items[i],
                                   0, &error))
            code = ledger_failed(error);
    }
    return code;
}

ExitCode review_verb_sign(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_auto(Acting) acting = {0};
    int64_t n = 0;

    if (*text_given(invocation, "sentence") == '\0')
        return usage_error(invocation, "review sign needs --sentence TEXT: what you answer for");
    ExitCode code = begin(invocation, &acting);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_review_sign(acting.ledger, &acting.actor, invocation->arguments[1],
                            text_given(invocation, "sentence"), &n, &error))
        return ledger_failed(error);
    say(invocation, "%" G_GINT64_FORMAT " decision%s signed; they stand.", n, n == 1 ? "" : "s");
    return EXIT_DONE;
}

/* ---- handing on ---- */

typedef struct Handing {
    const char *verb, *why;
    bool needs_receiver;
} Handing;

static const Handing handings[] = {
    {"delegate", "delegated", true},
    {"reassign", "reassigned", true},
    {"not-mine", "not-mine", false},
    {"dont-know", "dont-know", false},
};

static const Handing *handing_of(const char *verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(handings); i++) {
        if (strcmp(handings[i].verb, verb) == 0)
            return &handings[i];
    }
    g_assert_not_reached(); /* the table of verbs names only these */
}

ExitCode review_verb_hand_on(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_auto(Acting) acting = {0};
    const Handing *handing = handing_of(invocation->arguments[0]);
    const char *to = invocation_value(invocation, "to");
    size_t n = 0;
    g_autofree int64_t *items = item_numbers(invocation, &n);

    if (items == NULL)
        return EXIT_USAGE;
    if (handing->needs_receiver && to == NULL)
        return usage_error(invocation, "review %s needs --to PERSON and --note TEXT",
                           handing->verb);
    ExitCode code = begin(invocation, &acting);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_review_move(acting.ledger, &acting.actor, invocation->arguments[1], items, n,
                            handing->why, to, text_given(invocation, "note"), &error))
        return ledger_failed(error);
    say(invocation, "%zu item%s handed on; rightful review show %s ITEM shows to whom.", n,
        n == 1 ? "" : "s", invocation->arguments[1]);
    return EXIT_DONE;
}

/* ---- the end ---- */

static ExitCode say_closed(const Invocation *invocation, Ledger *ledger)
{
    g_autoptr(GError) error = NULL;
    json_t *review = ledger_review(ledger, invocation->arguments[1], clock_utc(), &error);

    if (review == NULL)
        return ledger_failed(error);
    say(invocation,
        "%s is closed. %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
        " rights were not reviewed: that is no approval.",
        json_string_value(json_object_get(review, "id")),
        json_integer_value(json_object_get(review, "not_reviewed")),
        json_integer_value(json_object_get(review, "items")));
    json_decref(review);
    return EXIT_DONE;
}

/* It decides about no right, so whoever may write the store may, in somebody's name (decision 50).
 */
ExitCode review_verb_close(Invocation *invocation)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Ledger) ledger = NULL;
    ExitCode code = open_store(invocation, LEDGER_WRITE, &ledger);

    if (code != EXIT_DONE)
        return code;
    if (!ledger_review_close(ledger, invocation_actor(invocation), clock_utc(),
                             invocation->arguments[1], invocation_value(invocation, "reason"),
                             &error))
        return ledger_failed(error);
    return say_closed(invocation, ledger);
}
