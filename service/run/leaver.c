/* leaver.c: is everything of this person closed? Asked of the sources, now.
 *
 * First the rosters alone, for who is meant and what an account of his would carry; then those
 * accounts with their groups (a directory that can is asked for these only) and all assets. What of
 * it has to be closed goes into the person's leaver case. */

#include "run/leaver.h"

#include "base/times.h"
#include "base/visible.h"
#include "model/lookup.h"
#include "run/facts.h"
#include "run/run_commands.h"
#include "run/show.h"
#include "run/summary.h"
#include "run/when.h"

/* ---- who ---- */

/* An id goes before everything else that the text may be. */
static void find_people(const Snapshot *snapshot, const char *text, GArray *found)
{
    uint32_t person = snapshot_find_person(snapshot, text);

    if (person != NONE) {
        g_array_append_val(found, person);
        return;
    }
    snapshot_find_people(snapshot, text, found);
}

static ExitCode not_found(const Look *look, const char *text)
{
    g_autofree char *visible = visible_text(text);

    if (!look->is_whole) {
        say_error("there is no person \"%s\" in the rosters that could be read", visible);
        return EXIT_INCOMPLETE;
    }
    say_error("there is no person \"%s\" in any roster; of an account without a person, `rightful "
              "account NAME` tells",
              visible);
    return EXIT_FAILED;
}

static ExitCode ambiguous(const Look *look, const char *text, const GArray *found)
{
    json_t *people = json_array();

    for (guint i = 0; i < found->len; i++) {
        json_array_append_new(people, leaver_person(look, g_array_index(found, uint32_t, i)));
    }
    leaver_print_choice(text, people);
    if (look->invocation->format == FORMAT_JSON) {
        print_json(look->invocation,
                   json_pack("{s:i s:[] s:[{s:s s:O}]}", "schema_version", 1, "leaver", "ambiguous",
                             "text", text, "people", people));
    }
    json_decref(people);
    return EXIT_USAGE;
}

/* Ids of the people that the arguments mean, each once. Nobody is checked until everybody is
 * known. */
static ExitCode identify(const Look *look, const GPtrArray *texts, GPtrArray *ret_ids)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;

    for (guint i = 0; i < texts->len; i++) {
        const char *text = texts->pdata[i];
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        find_people(snapshot, text, found);
        if (found->len == 0) {
            return not_found(look, text);
        }
        if (found->len > 1) {
            return ambiguous(look, text, found);
        }
        const char *id =
            snapshot_text(snapshot, snapshot->people.id[g_array_index(found, uint32_t, 0)]);
        if (!g_ptr_array_find_with_equal_func(ret_ids, id, g_str_equal, NULL)) {
            g_ptr_array_add(ret_ids, g_strdup(id));
        }
    }
    return EXIT_DONE;
}

/* ---- what an account of his carries ---- */

static void add_key(GArray *keys, LinkAccountField field, const char *value)
{
    if (*value != '\0') {
        ScopeKey key = {.field = link_account_fields[field], .value = g_strdup(value)};
        g_array_append_val(keys, key);
    }
}

/* An owner is named by number, address or user name, whatever the correlation rules are. */
static void add_owner_texts(const Snapshot *snapshot, uint32_t row, GPtrArray *owners)
{
    const People *people = &snapshot->people;
    const TextRef texts[] = {people->id[row], people->email[row], people->username[row]};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i] != 0) {
            g_ptr_array_add(owners, g_strdup(snapshot_text(snapshot, texts[i])));
        }
    }
    for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++) {
        g_ptr_array_add(owners, g_strdup(snapshot_text(snapshot, people->previous_ids[i])));
    }
}

static void add_rule_keys(const Snapshot *snapshot, uint32_t row, const LinkRule *rule,
                          GArray *keys)
{
    const People *people = &snapshot->people;
    const TextRef *const columns[] = {[LINK_PERSON_ID] = people->id,
                                      [LINK_PERSON_EMAIL] = people->email,
                                      [LINK_PERSON_USERNAME] = people->username,
                                      [LINK_PERSON_NAME] = people->name};

    add_key(keys, rule->account, snapshot_text(snapshot, columns[rule->person][row]));
    for (uint32_t i = people->first_previous[row];
         rule->person == LINK_PERSON_ID && i < people->first_previous[row + 1]; i++) {
        add_key(keys, rule->account, snapshot_text(snapshot, people->previous_ids[i]));
    }
}

/* What somebody linked to him is asked for by the name it had then; correlation goes by its key. */
static void add_hand_linked(const Look *look, uint32_t person, GArray *keys)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    json_t *list = look->hand_links != NULL ? look->hand_links->list : NULL, *link;
    size_t i;

    json_array_foreach(list, i, link)
    {
        const char *id = json_string_value(json_object_get(json_object_get(link, "person"), "id"));

        if (snapshot_find_person(snapshot, id) == person) {
            add_key(keys, LINK_ACCOUNT_NAME, json_string_value(json_object_get(link, "account")));
        }
    }
}

/* An earlier row of the person (previous_ids) speaks for him too. */
static void add_person_keys(const Look *look, const char *id, GArray *keys, GPtrArray *owners)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    uint32_t person = snapshot_find_person(snapshot, id);
    g_autoptr(GArray) rules = reconciliation_link_rules(look->reconciliation.settings);

    add_hand_linked(look, person, keys);
    for (uint32_t row = 0; row < snapshot->people.n; row++) {
        if (snapshot_person_now(snapshot, row) == person) {
            add_owner_texts(snapshot, row, owners);
            for (guint i = 0; i < rules->len; i++) {
                add_rule_keys(snapshot, row, &g_array_index(rules, LinkRule, i), keys);
            }
        }
    }
}

static void clear_key(void *data)
{
    ScopeKey *key = data;

    g_free((char *)(uintptr_t)key->value);
}

typedef struct Question {
    GPtrArray *texts; /* (element-type utf8) who is meant, as given */
    LeaverAsked asked;
    GPtrArray *ids;    /* (element-type utf8) */
    GArray *has_key;   /* (element-type bool) per id */
    GArray *keys;      /* (element-type ScopeKey) of all */
    GPtrArray *owners; /* (element-type utf8) what owners are called; ends with NULL */
} Question;

static void question_clear(Question *question)
{
    g_clear_pointer(&question->texts, g_ptr_array_unref);
    g_clear_pointer(&question->ids, g_ptr_array_unref);
    g_clear_pointer(&question->has_key, g_array_unref);
    g_clear_pointer(&question->keys, g_array_unref);
    g_clear_pointer(&question->owners, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, question_clear)

static ExitCode ask(Invocation *invocation, Question *question)
{
    g_auto(Look) look = {0};
    ExitCode code = look_open_some(invocation, PROVIDES_PEOPLE, NULL, &look);

    question->ids = g_ptr_array_new_with_free_func(g_free);
    question->has_key = g_array_new(FALSE, FALSE, sizeof(bool));
    question->keys = g_array_new(FALSE, FALSE, sizeof(ScopeKey));
    g_array_set_clear_func(question->keys, clear_key);
    question->owners = g_ptr_array_new_with_free_func(g_free);
    if (code == EXIT_DONE) {
        code = identify(&look, question->texts, question->ids);
    }
    for (guint i = 0; code == EXIT_DONE && i < question->ids->len; i++) {
        guint before = question->keys->len;
        add_person_keys(&look, question->ids->pdata[i], question->keys, question->owners);
        bool has_key = question->keys->len > before;
        g_array_append_val(question->has_key, has_key);
    }
    g_ptr_array_add(question->owners, NULL);
    return code;
}

/* ---- the answer ---- */

/* Since when their accounts are disabled, or locked. */
static void ask_since_when(Look *look, const Question *question)
{
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) no_groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < question->ids->len; i++) {
        uint32_t person =
            snapshot_find_person(look->reconciliation.snapshot, question->ids->pdata[i]);
        if (person != NONE) {
            leaver_add_accounts(look, person, accounts);
        }
    }
    when_ask(look, accounts, no_groups);
}

static OwnedIndex *owned_by(const Look *look, const Question *question)
{
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (guint i = 0; i < question->ids->len; i++) {
        uint32_t person =
            snapshot_find_person(look->reconciliation.snapshot, question->ids->pdata[i]);
        g_array_append_val(people, person);
    }
    return owned_index_new(look, (const uint32_t *)(const void *)people->data, people->len);
}

static json_t *leavers(Look *look, const Question *question, ExitCode *ret_code)
{
    json_t *list = json_array();
    g_autoptr(OwnedIndex) index = owned_by(look, question);

    ask_since_when(look, question);

    for (guint i = 0; i < question->ids->len; i++) {
        uint32_t person =
            snapshot_find_person(look->reconciliation.snapshot, question->ids->pdata[i]);

        if (person == NONE) {
            say_error("%s is not in the rosters any more: they changed, or one could not be read a "
                      "second time; ask again",
                      (const char *)question->ids->pdata[i]);
            json_decref(list);
            return NULL;
        }
        LeaverQuestion one = {.person = person,
                              .has_keys = g_array_index(question->has_key, bool, i),
                              .asked = &question->asked,
                              .owned = owned_of(index, person),
                              .ledger = look->ledger};
        json_t *leaver = leaver_facts(look, &one);
        ExitCode code = leaver_case_check(look, person, &question->asked, leaver);
        *ret_code = code != EXIT_DONE ? code : *ret_code;
        json_array_append_new(list, leaver);
    }
    return list;
}

static json_t *sources(const Snapshot *snapshot)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < snapshot->n_sources; i++) {
        json_array_append_new(list, fact_source(&snapshot->sources[i]));
    }
    return list;
}

static ExitCode print_leavers(const Look *look, json_t *list)
{
    Invocation *invocation = look->invocation;
    size_t i;
    json_t *leaver;

    if (invocation->format == FORMAT_JSON) {
        return print_json(invocation,
                          json_pack("{s:i s:o s:o}", "schema_version", 1, "leaver", list, "sources",
                                    sources(look->reconciliation.snapshot)));
    }
    if (invocation->format != FORMAT_TABLE) {
        return show_things(invocation, "leaver", list);
    }
    json_array_foreach(list, i, leaver)
    {
        if (i > 0) {
            fputc('\n', stdout);
        }
        leaver_print(invocation, leaver);
    }
    json_decref(list);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- who is meant ---- */

/* A line a person; empty lines and those that begin with # say nothing. */
static ExitCode read_names(const Invocation *invocation, const char *path, GPtrArray *texts)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *content = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &content, &length, &error)) {
        say_error("--from %s: %s; nobody was checked", path, error->message);
        return EXIT_FAILED;
    }
    if (!g_utf8_validate_len(content, length, NULL)) {
        return usage_error(invocation, "--from %s: it is not valid UTF-8 text", path);
    }
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
        if (**line != '\0' && **line != '#') {
            g_ptr_array_add(texts, g_strdup(*line));
        }
    }
    return EXIT_DONE;
}

static ExitCode read_question(const Invocation *invocation, Question *question)
{
    const char *day = invocation_value(invocation, "last-day");
    const char *path = invocation_value(invocation, "from");
    ExitCode code = EXIT_DONE;

    question->texts = g_ptr_array_new_with_free_func(g_free);
    question->asked =
        (LeaverAsked){.last_day = DAY_NONE, .is_urgent = invocation_has(invocation, "urgent")};
    if (day != NULL && !day_parse(text_of(day), NULL, &question->asked.last_day)) {
        return usage_error(invocation,
                           "--last-day %s: not a date; allowed: ISO 8601 as in 2026-12-31", day);
    }
    for (char **text = invocation->arguments; *text != NULL; text++) {
        g_ptr_array_add(question->texts, g_strdup(*text));
    }
    if (path != NULL) {
        code = read_names(invocation, path, question->texts);
    }
    if (code == EXIT_DONE && question->texts->len == 0) {
        return usage_error(invocation, "leaver needs ID…: who leaves, by number, name or address");
    }
    return code;
}

ExitCode command_leaver(Invocation *invocation)
{
    g_auto(Question) question = {0};
    g_auto(Look) look = {0};
    const char *verb = invocation->n_arguments > 0 ? invocation->arguments[0] : "";

    if (strcmp(verb, "list") == 0 && invocation->n_arguments == 1) {
        return leaver_list(invocation);
    }
    if (strcmp(verb, "show") == 0 && invocation->n_arguments == 2) {
        return leaver_show(invocation, invocation->arguments[1]);
    }
    ExitCode code = read_question(invocation, &question);
    if (code == EXIT_DONE) {
        code = ask(invocation, &question);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    Scope scope = {.keys = (const ScopeKey *)(const void *)question.keys->data,
                   .n_keys = question.keys->len,
                   .owners = (const char *const *)(const void *)question.owners->pdata};
    code = look_open_some(invocation, PROVIDES_EVERYTHING, &scope, &look);
    ExitCode recorded = EXIT_DONE;
    json_t *list = code == EXIT_DONE ? leavers(&look, &question, &recorded) : NULL;

    if (list == NULL) {
        return code == EXIT_DONE ? EXIT_INCOMPLETE : code;
    }
    code = print_leavers(&look, list);
    code = code == EXIT_DONE ? look_result(&look) : code;
    return code == EXIT_DONE ? recorded : code;
}
