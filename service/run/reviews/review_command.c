#include "run/reviews/review_command.h"

#include "run/run_commands.h"

#include <string.h>

static const struct {
    const char *name, *form; /* form: what follows the name, for messages */
    const char *options;     /* of review_options: which of them it takes, between spaces */
    int min_arguments, max_arguments;
    ExitCode (*run)(Invocation *invocation);
} verbs[] = {
    {"list", "", "all reviewer as-of", 0, 0, review_verb_list},
    {"start", " NAME", "as as-of", 1, 1, review_verb_start},
    {"show", " ID [ITEM]", "reviewer as-of telemetry each", 1, 2, review_verb_show},
    {"decide", " ID ITEM… --keep|--remove|--reduce|--keep-until DATE [--reason TEXT]",
     "keep remove reduce keep-until reason", 2, 62, review_verb_decide},
    {"undo", " ID ITEM…", "", 2, 62, review_verb_undo},
    {"sign", " ID --sentence TEXT", "sentence", 1, 1, review_verb_sign},
    {"delegate", " ID ITEM… --to PERSON --note TEXT", "to note", 2, 62, review_verb_hand_on},
    {"not-mine", " ID ITEM… [--to PERSON] [--note TEXT]", "to note", 2, 62, review_verb_hand_on},
    {"dont-know", " ID ITEM… [--note TEXT]", "note", 2, 62, review_verb_hand_on},
    {"reassign", " ID ITEM… --to PERSON --note TEXT", "to note", 2, 62, review_verb_hand_on},
    {"remind", " ID [--reviewer PERSON]", "reviewer as", 1, 1, review_verb_remind},
    {"close", " ID [--reason TEXT] [--as NAME]", "reason as", 1, 1, review_verb_close},
    {"tasks", " [ID]", "all as-of ldif", 0, 1, review_verb_tasks},
};

bool review_now(const Invocation *invocation, int64_t *ret_utc)
{
    return invocation_as_of(invocation, clock_utc(), ret_utc);
}

/* The first option given that the verb does not take; NULL = none. An option left unread would let
 * somebody believe it had been heard. */
static const char *option_of_another_verb(const Invocation *invocation, const char *taken)
{
    g_auto(GStrv) names = g_strsplit(taken, " ", -1);

    for (const CommandOption *own = invocation->command->options; own->name != NULL; own++) {
        if (invocation_has(invocation, own->name) &&
            !g_strv_contains((const char *const *)names, own->name))
            return own->name;
    }
    return NULL;
}

ExitCode command_review(Invocation *invocation)
{
    g_autoptr(GString) known = g_string_new(NULL);
    const char *verb = invocation->arguments[0];
    int n = invocation->n_arguments - 1;

    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", verbs[i].name);
        if (strcmp(verb, verbs[i].name) != 0)
            continue;
        if (n < verbs[i].min_arguments || n > verbs[i].max_arguments)
            return usage_error(invocation, "it is: rightful review %s%s", verbs[i].name,
                               verbs[i].form);
        const char *foreign = option_of_another_verb(invocation, verbs[i].options);

        if (foreign != NULL)
            return usage_error(invocation, "review %s takes no --%s; it is: rightful review %s%s",
                               verbs[i].name, foreign, verbs[i].name, verbs[i].form);
        return verbs[i].run(invocation);
    }
    return usage_error(invocation, "review %s: no such thing; allowed: %s", verb, known->str);
}
