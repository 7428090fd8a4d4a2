#include "reviewing.h"

#include "base/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

int reviewing_code;

static const char roster[] =
    "INSERT INTO roster (id, name, email, username, gone_since, successor, has_left) VALUES "
    "('00123', 'Lena Wong', 'lena@example.com', 'lwong', 0, '', 0), "
    "('00124', 'Jonas Meier', 'jonas@example.com', 'jmeier', 0, '', 0), "
    "('00125', 'Ana Lima', 'ana@example.com', 'alima', 0, '', 0), "
    "('00126', 'Ida Gone', 'ida@example.com', 'igone', 7, '', 0), "
    "('00127', 'Per Left', 'per@example.com', 'pleft', 0, '', 1), "
    "('00128', 'Eva Fall', 'eva@example.com', 'efall', 0, '', 0), "
    "('00129', 'Odd Owner', 'odd@example.com', 'oowner', 0, '', 0), "
    "('00009', 'Lena Alt', 'alt@example.com', 'lalt', 0, '00123', 0)";

void reviewing_begin(Fixture *f)
{
    fixture_open(f, LEDGER_RUN);
    fixture_close(f);
    char *failure = meddle(f->path, roster);
    if (failure)
        fail_msg("%s", failure);
    fixture_open(f, LEDGER_RUN);
}

#define MOST_ITEMS 64
#define MOST_HOLDERS 8

typedef struct Written {
    const char *holders[MOST_HOLDERS + 1];
    size_t n_holders;
} Written;

static ReviewItem parse_item(char *text, Written *written)
{
    g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", -1);
    g_auto(GStrv) sides = g_strsplit(words[0], "/", 2);
    ReviewItem item = {.source = "corp",
                       .account_key = g_intern_string(sides[0]),
                       .account_name = g_intern_string(sides[0]),
                       .group_source = "corp",
                       .group_key = g_intern_string(sides[1]),
                       .group_name = g_intern_string(sides[1]),
                       .person_id = "",
                       .reviewer = "",
                       .holders = written->holders,
                       .facts = json_object()};

    for (size_t i = 1; words[i]; i++) {
        const char *word = g_intern_string(words[i]);
        if (*word == '@')
            item.reviewer = word + 1;
        else if (*word == '=')
            written->holders[written->n_holders++] = word + 1;
        else if (strcmp(word, "single") == 0)
            item.is_single = true;
        else if (strcmp(word, "privileged") == 0)
            json_object_set_new(item.facts, "risk", json_string("privileged"));
        else if (g_str_has_prefix(word, "advice-"))
            json_object_set_new(item.facts, "advice",
                                json_pack("{s:s}", "decision", word + strlen("advice-")));
        else if (g_str_has_prefix(word, "second-"))
            json_object_set_new(item.facts, "second", json_string(word + strlen("second-")));
        else
            fail_msg("what is '%s'?", word);
    }
    item.person_id = written->n_holders > 0 ? written->holders[0] : "";
    return item;
}

void reviewing_start(Fixture *f, const char *items, const char *scope)
{
    g_auto(GStrv) texts = g_strsplit(items, ";", MOST_ITEMS);
    ReviewItem parsed[MOST_ITEMS];
    Written written[MOST_ITEMS] = {{{0}}};
    g_autoptr(GError) error = NULL;
    json_t *review = NULL, *proof = json_array();
    json_t *asked =
        json_loads(scope ? scope : "{\"fallback\": \"00128\", \"whole_groups\": true}", 0, NULL);
    static int n_started;
    g_autofree char *name = g_strdup_printf("campaign-%d", n_started++);
    size_t n = 0;

    assert_non_null(asked);
    for (; texts[n]; n++)
        parsed[n] = parse_item(texts[n], &written[n]);
    ReviewStart start = {.name = name,
                         .title = "Privileged rights",
                         .scope = asked,
                         .owner = "00129",
                         .actor = "root",
                         .started_utc = NOON,
                         .as_of_utc = NOON,
                         .due_utc = NOON + 14 * DAY,
                         .proof = proof,
                         .items = parsed,
                         .n_items = n};
    if (!ledger_review_start(f->ledger, &start, &review, &error))
        fail_msg("%s", error->message);
    for (size_t i = 0; i < n; i++)
        json_decref(parsed[i].facts);
    json_decref(review);
    json_decref(proof);
    json_decref(asked);
}

ReviewActor reviewing_actor(const char *person, int64_t seconds)
{
    static GTimeZone *utc;

    if (!utc)
        utc = g_time_zone_new_utc();
    return (ReviewActor){
        .login = "somebody", .person = person, .at_utc = NOON + seconds, .zone = utc};
}

static char *told(GError *error)
{
    reviewing_code = error ? error->code : -1;
    return error ? g_strdup(error->message) : NULL;
}

char *try_draft(Fixture *f, const char *person, int64_t item, const char *decision,
                const char *reason)
{
    g_autoptr(GError) error = NULL;
    ReviewActor actor = reviewing_actor(person, 60);
    ReviewDraft draft = {.review = "RV-000001",
                         .item = item,
                         .decision = decision,
                         .until = strcmp(decision, "keep-until") == 0
                                      ? day_of_time(NOON + 30 * DAY, actor.zone)
                                      : DAY_NONE,
                         .reason = reason,
                         .seconds = 7};

    ledger_review_draft(f->ledger, &actor, &draft, 1, &error);
    return told(error);
}

char *try_sign(Fixture *f, const char *person)
{
    g_autoptr(GError) error = NULL;
    ReviewActor actor = reviewing_actor(person, 120);
    int64_t n = 0;

    ledger_review_sign(f->ledger, &actor, "1", "I looked at each of them.", &n, &error);
    return told(error);
}

char *try_move(Fixture *f, const char *person, int64_t item, const char *why, const char *receiver)
{
    g_autoptr(GError) error = NULL;
    ReviewActor actor = reviewing_actor(person, 90);

    ledger_review_move(f->ledger, &actor, "1", &item, 1, why, receiver, "knows it better", &error);
    return told(error);
}

static const char *text_at(const json_t *object, const char *key, const char *member)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(member ? json_object_get(value, member) : value);
    return text ? text : "";
}

static bool append_item(json_t *item, void *data)
{
    GString *out = data;
    const char *drafted = text_at(item, "draft", "decision"),
               *signed_as = text_at(item, "decision", "decision");

    g_string_append_printf(out, "%s%d:@%s", out->len > 0 ? "; " : "",
                           (int)json_integer_value(json_object_get(item, "item")),
                           text_at(item, "reviewer", "id"));
    if (json_integer_value(json_object_get(item, "stage")) != 1)
        g_string_append(out, " stage 2");
    g_string_append_printf(out, " v%d %s",
                           (int)json_integer_value(json_object_get(item, "version")),
                           text_at(item, "state", NULL));
    if (*drafted || *signed_as)
        g_string_append_printf(out, " %s", *drafted ? drafted : signed_as);
    return true;
}

char *reviewing_items(Fixture *f)
{
    GString *out = g_string_new(NULL);
    ReviewItemFilter filter = {0};
    g_autoptr(GError) error = NULL;

    if (!ledger_review_items(f->ledger, "RV-000001", &filter, append_item, out, &error))
        fail_msg("%s", error->message);
    return g_string_free(out, FALSE);
}

char *reviewing_changes(json_t *rows)
{
    GString *out = g_string_new(NULL);
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) g_string_append_printf(
        out, "%s%s", i ? " " : "", json_string_value(json_object_get(row, "change")));
    json_decref(rows);
    return g_string_free(out, FALSE);
}
