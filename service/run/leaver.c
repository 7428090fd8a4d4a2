/* leaver.c: is everything of this person closed? Asked of the sources, now.
 *
 * First the rosters, for who is meant and what an account of his would carry, while assets and
 * approvals are read beside; then those accounts with their groups (a directory that can is asked
 * for these only). What of it has to be closed goes into the person's leaver case. */

#include "run/leaver_question.h"

#include "base/times.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/leaver_file.h"
#include "run/run_commands.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/when.h"

#include <string.h>

/* ---- the answer ---- */

/* Since when their accounts are disabled, or locked. */
static void ask_since_when(Look *look, const Question *question)
{
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) no_groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < question->ids->len; i++)
        leaver_add_accounts(look, question_person(question, look, i), accounts);
    when_ask(look, accounts, no_groups);
}

static OwnedIndex *owned_by(const Look *look, const Question *question)
{
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < question->ids->len; i++) {
        uint32_t person = question_person(question, look, i);
        g_array_append_val(people, person);
    }
    return owned_index_new(look, (const uint32_t *)(const void *)people->data, people->len);
}

/* *ret_code: the worst that happened to a case. */
static json_t *leavers(Look *look, const Question *question, const char *actor, ExitCode *ret_code)
{
    json_t *list = json_array();
    g_autoptr(OwnedIndex) index = owned_by(look, question);

    ask_since_when(look, question);

    for (guint i = 0; i < question->ids->len; i++) {
        uint32_t person = question_person(question, look, i);
        LeaverQuestion one = {.person = person,
                              .has_keys = g_array_index(question->has_key, bool, i),
                              .asked = &g_array_index(question->asked, LeaverAsked, i),
                              .owned = owned_of(index, person),
                              .ledger = look->ledger};
        json_t *leaver = leaver_facts(look, &one);
        ExitCode code = leaver_case_check(look, person, one.asked, actor, leaver);
        *ret_code = code != EXIT_DONE ? code : *ret_code;
        json_array_append_new(list, leaver);
    }
    return list;
}

static json_t *sources(const Snapshot *snapshot)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++)
        json_array_append_new(list, fact_source(&snapshot->sources[i]));
    return list;
}

void leaver_answer_clear(LeaverAnswer *answer)
{
    g_clear_pointer(&answer->list, json_decref);
    g_clear_pointer(&answer->sources, json_decref);
    g_clear_pointer(&answer->ambiguous, json_decref);
    g_free(answer->why);
}

/* Why nobody was checked; on stderr too. */
static void explain(Question *question, LeaverAnswer *answer)
{
    if (question->why != NULL && question->ambiguous != NULL) {
        leaver_print_choice(question->ambiguous_text, question->ambiguous);
        answer->ambiguous = json_pack("[{s:s s:O}]", "text", question->ambiguous_text, "people",
                                      question->ambiguous);
    } else if (question->why != NULL) {
        say_error("%s", question->why);
    }
    answer->why = g_steal_pointer(&question->why);
}

ExitCode leaver_check(Invocation *invocation, const GArray *wanted, const char *actor,
                      LeaverAnswer *ret_answer)
{
    g_auto(Question) question = {0};
    g_auto(Look) look = {0};
    ExitCode recorded = EXIT_DONE;

    *ret_answer = (LeaverAnswer){0};
    ExitCode code = look_open_rosters(invocation, &look);
    if (code != EXIT_DONE)
        return code;
    code = question_ask(&look, wanted, &question);
    if (code != EXIT_DONE) {
        explain(&question, ret_answer);
        return code;
    }
    Scope scope = {.keys = (const ScopeKey *)(const void *)question.keys->data,
                   .n_keys = question.keys->len,
                   .owners = (const char *const *)(const void *)question.owners->pdata};
    code = look_add_scope(&look, &scope);
    if (code != EXIT_DONE)
        return code;
    ret_answer->list = leavers(&look, &question, actor, &recorded);
    ret_answer->sources = sources(look.reconciliation.snapshot);
    return recorded != EXIT_DONE ? recorded : look_result(&look);
}

/* ---- the command ---- */

static ExitCode print_leavers(Invocation *invocation, const LeaverAnswer *answer)
{
    size_t i;
    json_t *leaver;

    if (invocation->format == FORMAT_JSON)
        return print_json(invocation, json_pack("{s:i s:O s:O}", "schema_version", 1, "leaver",
                                                answer->list, "sources", answer->sources));
    if (invocation->format != FORMAT_TABLE)
        return show_things(invocation, "leaver", json_incref(answer->list));
    json_array_foreach(answer->list, i, leaver)
    {
        if (i > 0)
            fputc('\n', stdout);
        leaver_print(invocation, leaver);
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* Nobody was checked; of a name that fits several people programs are told who they are. */
static ExitCode print_nobody(const Invocation *invocation, const LeaverAnswer *answer,
                             ExitCode code)
{
    if (answer->ambiguous != NULL && invocation->format == FORMAT_JSON)
        print_json(invocation, json_pack("{s:i s:[] s:O}", "schema_version", 1, "leaver",
                                         "ambiguous", answer->ambiguous));
    return code;
}

static ExitCode read_wanted(const Invocation *invocation, GArray *wanted)
{
    const char *day = invocation_value(invocation, "last-day");
    const char *path = invocation_value(invocation, "from");
    LeaverAsked asked = {.last_day = DAY_NONE, .is_urgent = invocation_has(invocation, "urgent")};
    g_autoptr(GError) error = NULL;

    if (day != NULL && !day_parse(text_of(day), NULL, &asked.last_day))
        return usage_error(invocation,
                           "--last-day %s: not a date; allowed: ISO 8601 as in 2026-12-31", day);
    for (char **text = invocation->arguments; *text != NULL; text++)
        leaver_wanted_add(wanted, *text, &asked);
    if (path != NULL && !leaver_file_read(path, &asked, wanted, &error)) {
        say_error("--from %s: %s; nobody was checked", path, error->message);
        return error->domain == G_FILE_ERROR ? EXIT_FAILED : EXIT_USAGE;
    }
    if (wanted->len == 0)
        return usage_error(invocation, "leaver needs ID…: who leaves, by number, name or address");
    return EXIT_DONE;
}

static ExitCode check_all(Invocation *invocation)
{
    g_autoptr(GArray) wanted = leaver_wanted_new();
    g_auto(LeaverAnswer) answer = {0};
    ExitCode code = read_wanted(invocation, wanted);

    if (code != EXIT_DONE)
        return code;
    code = leaver_check(invocation, wanted, invocation_actor(invocation), &answer);
    if (answer.list == NULL)
        return print_nobody(invocation, &answer, code);
    ExitCode printed = print_leavers(invocation, &answer);
    return printed != EXIT_DONE ? printed : code;
}

ExitCode command_leaver(Invocation *invocation)
{
    const char *verb = invocation->n_arguments > 0 ? invocation->arguments[0] : "";
    const char *folder = invocation_value(invocation, "drop");

    if (strcmp(verb, "list") == 0 && invocation->n_arguments == 1)
        return leaver_list(invocation);
    if (strcmp(verb, "show") == 0 && invocation->n_arguments == 2)
        return leaver_show(invocation, invocation->arguments[1]);
    if (folder != NULL && invocation->n_arguments > 0)
        return usage_error(invocation, "--drop FOLDER takes files from there and nobody else");
    return folder != NULL ? leaver_drop(invocation, folder) : check_all(invocation);
}
