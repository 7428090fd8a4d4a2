/* leaver_question.c: who is meant, and what an account of his would carry: the rosters alone say
 * it. */

#include "run/leaver_question.h"

#include "base/visible.h"
#include "model/lookup.h"

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

static ExitCode not_found(const Look *look, const char *text, Question *question)
{
    g_autofree char *visible = visible_text(text);

    if (!look->is_whole) {
        question->why =
            g_strdup_printf("there is no person \"%s\" in the rosters that could be read", visible);
        return EXIT_INCOMPLETE;
    }
    question->why =
        g_strdup_printf("there is no person \"%s\" in any roster; of an account without "
                        "a person, `rightful account NAME` tells",
                        visible);
    return EXIT_FAILED;
}

static ExitCode ambiguous(const Look *look, const char *text, const GArray *found,
                          Question *question)
{
    g_autofree char *visible = visible_text(text);

    question->ambiguous_text = g_strdup(text);
    question->ambiguous = json_array();
    for (guint i = 0; i < found->len; i++)
        json_array_append_new(question->ambiguous,
                              leaver_person(look, g_array_index(found, uint32_t, i)));
    question->why = g_strdup_printf("\"%s\" fits several people; ask by id:", visible);
    return EXIT_USAGE;
}

static ExitCode add_person(const Look *look, uint32_t person, const LeaverAsked *asked,
                           Question *question)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    const char *id = snapshot_text(snapshot, snapshot->people.id[person]);
    guint at;

    if (!g_ptr_array_find_with_equal_func(question->ids, id, g_str_equal, &at)) {
        g_ptr_array_add(question->ids, g_strdup(id));
        g_array_append_val(question->asked, *asked);
        return EXIT_DONE;
    }
    const LeaverAsked *before = &g_array_index(question->asked, LeaverAsked, at);
    if (before->last_day == asked->last_day && before->is_urgent == asked->is_urgent)
        return EXIT_DONE;
    question->why = g_strdup_printf("%s is named twice, with another last day or urgency", id);
    return EXIT_USAGE;
}

/* Ids of the people that are meant, each once. Nobody is checked until everybody is known. */
static ExitCode identify(const Look *look, const GArray *wanted, Question *question)
{
    ExitCode code = EXIT_DONE;

    for (guint i = 0; code == EXIT_DONE && i < wanted->len; i++) {
        const LeaverWanted *one = &g_array_index(wanted, LeaverWanted, i);
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        find_people(look->reconciliation.snapshot, one->text, found);
        code = found->len == 0 ? not_found(look, one->text, question)
               : found->len > 1
                   ? ambiguous(look, one->text, found, question)
                   : add_person(look, g_array_index(found, uint32_t, 0), &one->asked, question);
    }
    return code;
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
        if (texts[i] != 0)
            g_ptr_array_add(owners, g_strdup(snapshot_text(snapshot, texts[i])));
    }
    for (uint32_t i = people->first_previous[row]; i < people->first_previous[row + 1]; i++)
        g_ptr_array_add(owners, g_strdup(snapshot_text(snapshot, people->previous_ids[i])));
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
         rule->person == LINK_PERSON_ID && i < people->first_previous[row + 1]; i++)
        add_key(keys, rule->account, snapshot_text(snapshot, people->previous_ids[i]));
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

        if (snapshot_find_person(snapshot, id) == person)
            add_key(keys, LINK_ACCOUNT_NAME, json_string_value(json_object_get(link, "account")));
    }
}

/* An earlier row of the person (previous_ids) speaks for him too. */
static void add_person_keys(const Look *look, uint32_t person, GArray *keys, GPtrArray *owners)
{
    const Snapshot *snapshot = look->reconciliation.snapshot;
    g_autoptr(GArray) rules = reconciliation_link_rules(look->reconciliation.settings);

    add_hand_linked(look, person, keys);
    for (uint32_t row = 0; row < snapshot->people.n; row++) {
        if (snapshot_person_now(snapshot, row) == person) {
            add_owner_texts(snapshot, row, owners);
            for (guint i = 0; i < rules->len; i++)
                add_rule_keys(snapshot, row, &g_array_index(rules, LinkRule, i), keys);
        }
    }
}

static void clear_key(void *data)
{
    ScopeKey *key = data;

    g_free((char *)(uintptr_t)key->value);
}

uint32_t question_person(const Question *question, const Look *look, guint i)
{
    return snapshot_find_person(look->reconciliation.snapshot, question->ids->pdata[i]);
}

void question_clear(Question *question)
{
    g_clear_pointer(&question->ids, g_ptr_array_unref);
    g_clear_pointer(&question->asked, g_array_unref);
    g_clear_pointer(&question->has_key, g_array_unref);
    g_clear_pointer(&question->keys, g_array_unref);
    g_clear_pointer(&question->owners, g_ptr_array_unref);
    g_clear_pointer(&question->ambiguous, json_decref);
    g_free(question->ambiguous_text);
    g_free(question->why);
}

static void question_init(Question *question)
{
    *question = (Question){.ids = g_ptr_array_new_with_free_func(g_free),
                           .asked = g_array_new(FALSE, FALSE, sizeof(LeaverAsked)),
                           .has_key = g_array_new(FALSE, FALSE, sizeof(bool)),
                           .keys = g_array_new(FALSE, FALSE, sizeof(ScopeKey)),
                           .owners = g_ptr_array_new_with_free_func(g_free)};
    g_array_set_clear_func(question->keys, clear_key);
}

ExitCode question_ask(const Look *rosters, const GArray *wanted, Question *ret_question)
{
    question_init(ret_question);
    ExitCode code = identify(rosters, wanted, ret_question);
    for (guint i = 0; code == EXIT_DONE && i < ret_question->ids->len; i++) {
        guint before = ret_question->keys->len;
        add_person_keys(rosters, question_person(ret_question, rosters, i), ret_question->keys,
                        ret_question->owners);
        bool has_key = ret_question->keys->len > before;
        g_array_append_val(ret_question->has_key, has_key);
    }
    g_ptr_array_add(ret_question->owners, NULL);
    return code;
}
