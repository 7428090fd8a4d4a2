/* page_review_decide.c: answers that come in, one by one from a page that saves as one goes, or
 * many at once from its form. Each is kept by itself: what is wrong with one takes no other along.
 */

#include "web/pages.h"
#include "web/review_decide.h"

#include "base/times.h"

#include <string.h>

ReviewActor review_actor(const Request *request)
{
    return (ReviewActor){.login = request->who.login,
                         .person = request->who.person ? request->who.person : "",
                         .at_utc = request->now_utc,
                         .zone = request->site->options->settings->timezone,
                         .has_role = (request->who.roles & ROLE_REVIEWS) != 0};
}

bool review_is_refusal(const GError *error)
{
    return g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED) ||
           g_error_matches(error, LEDGER_ERROR, LEDGER_ERROR_CONFLICT);
}

/* ---- one answer ---- */

/* What was sent for one item; borrowed from the fields. */
typedef struct Answer {
    int64_t item, version, seconds;
    const char *decision; /* "" = taken back */
    const char *reason, *until;
} Answer;

static const char *field_of(const Request *request, const char *name, int64_t item)
{
    g_autofree char *full = g_strdup_printf("%s-%" G_GINT64_FORMAT, name, item);
    const char *value = fields_get(request->fields, full);

    return value ? value : "";
}

static int64_t number_of(const Request *request, const char *name, int64_t item, int64_t otherwise)
{
    gint64 number;

    return g_ascii_string_to_signed(field_of(request, name, item), 10, 0, G_MAXINT32, &number, NULL)
               ? number
               : otherwise;
}

static Answer answer_of(const Request *request, int64_t item)
{
    return (Answer){.item = item,
                    .version = number_of(request, "version", item, 0),
                    .seconds = number_of(request, "seconds", item, -1),
                    .decision = field_of(request, "decision", item),
                    .reason = field_of(request, "reason", item),
                    .until = field_of(request, "until", item)};
}

static bool says_nothing_new(const Answer *answer, const json_t *item)
{
    const json_t *draft = json_object_get(item, "draft");
    const char *decision = view_text(draft, "decision"), *until = view_text(draft, "until");
    bool is_until = strcmp(answer->decision, "keep-until") == 0;

    if (!json_is_object(draft))
        return *answer->decision == '\0';
    return strcmp(answer->decision, decision ? decision : "") == 0 &&
           g_strcmp0(answer->reason, view_text(draft, "reason")) == 0 &&
           (!is_until || g_strcmp0(answer->until, until) == 0);
}

static bool keep(Request *request, const Answer *answer, GError **error)
{
    ReviewActor actor = review_actor(request);
    ReviewDraft draft = {.review = request->parameters[0],
                         .item = answer->item,
                         .version = answer->version,
                         .decision = answer->decision,
                         .until = DAY_NONE,
                         .reason = answer->reason,
                         .seconds = (int32_t)answer->seconds};

    if (*answer->decision == '\0')
        return ledger_review_undraft(request->ledger, &actor, request->parameters[0], answer->item,
                                     answer->version, error);
    if (strcmp(answer->decision, "keep-until") == 0 &&
        !day_parse(text_of(answer->until), NULL, &draft.until)) {
        g_set_error(error, LEDGER_ERROR, LEDGER_ERROR_REFUSED, "Say until when, as a date.");
        return false;
    }
    return ledger_review_draft(request->ledger, &actor, &draft, 1, error);
}

/* ---- all that were sent ---- */

typedef struct Kept {
    json_t *saved, *wrong; /* [ {item, version} ], [ {item, text} ] */
} Kept;

static bool keep_one(Request *request, const json_t *item, Kept *kept, GError **error)
{
    g_autoptr(GError) own = NULL;
    int64_t number = view_number(item, "item");
    Answer answer = answer_of(request, number);
    json_t *now;

    if (says_nothing_new(&answer, item))
        return true;
    if (!keep(request, &answer, &own)) {
        if (!review_is_refusal(own)) {
            g_propagate_error(error, g_steal_pointer(&own));
            return false;
        }
        json_array_append_new(
            kept->wrong, json_pack("{s:I s:s}", "item", (json_int_t)number, "text", own->message));
        return true;
    }
    now = review_my_item(request, number, NULL);
    json_array_append_new(kept->saved, json_pack("{s:I s:I}", "item", (json_int_t)number, "version",
                                                 (json_int_t)view_number(now, "version")));
    json_decref(now);
    return true;
}

/* The items that are answered, all of them the asker's: one that is not is none, and then nothing
 * is kept. New reference. */
static json_t *answered_items(Request *request, GError **error)
{
    g_autoptr(GArray) numbers = fields_numbers(request->fields, "decision");
    json_t *items = json_array();

    for (guint i = 0; i < numbers->len; i++) {
        json_t *item = review_my_item(request, g_array_index(numbers, gint64, i), error);
        if (!item) {
            json_decref(items);
            return NULL;
        }
        json_array_append_new(items, item);
    }
    return items;
}

static bool keep_all(Request *request, Kept *kept, GError **error)
{
    json_t *items = answered_items(request, error), *item;
    bool worked = items != NULL;
    size_t i;

    json_array_foreach(items, i, item) worked = worked && keep_one(request, item, kept, error);
    json_decref(items);
    return worked;
}

/* ---- the page again ---- */

static json_t *find_item(json_t *model, int64_t number)
{
    size_t i, j;
    json_t *holder, *item;

    json_array_foreach(json_object_get(model, "people"), i, holder)
    {
        json_array_foreach(json_object_get(holder, "items"), j, item)
        {
            if (view_number(item, "item") == number)
                return item;
        }
    }
    return NULL;
}

/* What was typed stands in the field again, whatever became of the item. */
static void show_wrong(Request *request, json_t *model, const json_t *row)
{
    int64_t number = view_number(row, "item");
    const char *text = view_text(row, "text");
    Answer answer = answer_of(request, number);
    json_t *item = find_item(model, number);
    g_autofree char *field = g_strdup_printf("reason-%" G_GINT64_FORMAT, number);
    g_autofree char *sentence =
        item ? g_strdup_printf("%s, %s: %s", view_text(item, "who"), view_text(item, "what"), text)
             : g_strdup_printf("%s You had written: “%s”", text, answer.reason);

    view_wrong(model, field, sentence);
    if (!item)
        return;
    view_set_text(item, "problem", text); /* not "wrong": that is the whole form's */
    view_set_text(item, "reason", answer.reason);
    view_set_text(item, "until", answer.until);
    view_set_flag(item, "is_keep", strcmp(answer.decision, "keep") == 0);
    view_set_flag(item, "is_remove", strcmp(answer.decision, "remove") == 0);
    view_set_flag(item, "is_reduce", strcmp(answer.decision, "reduce") == 0);
    view_set_flag(item, "is_keep_until", strcmp(answer.decision, "keep-until") == 0);
}

static bool show_again(Request *request, Reply *reply, const char *view, const Kept *kept,
                       GError **error)
{
    json_t *head = review_mine(request, error), *row;
    json_t *model = head ? review_model(request, head, view, error) : NULL;
    size_t i;

    if (!model)
        return false;
    json_array_foreach(kept->wrong, i, row) show_wrong(request, model, row);
    reply_page(reply, "review", "There is a problem", model);
    reply->status = 422;
    return true;
}

/* For the page's own script: what was kept, and how far one is. */
static bool answer_script(Request *request, Reply *reply, const Kept *kept, GError **error)
{
    json_t *head = review_mine(request, error);

    if (!head)
        return false;
    json_t *model = json_pack("{s:O s:O s:o}", "saved", kept->saved, "wrong_items", kept->wrong,
                              "progress", review_progress(head));
    json_decref(head);
    reply_page(reply, "review", "Saved", model);
    if (json_array_size(kept->wrong) > 0)
        reply->status = 409;
    return true;
}

static bool reply_kept(Request *request, Reply *reply, const char *view, const Kept *kept,
                       GError **error)
{
    static const char *const goes[] = {"save", "check", NULL};
    const char *go;
    g_autofree char *path = view_path("/reviews", request->parameters[0]);

    if (!fields_choice(request->fields, "go", goes, &go, error))
        return false;
    if (request->wants_json)
        return answer_script(request, reply, kept, error);
    if (json_array_size(kept->wrong) > 0)
        return show_again(request, reply, view, kept, error);
    if (go == goes[1])
        reply_redirect(reply, NULL, "%s/check", path);
    else
        reply_redirect(reply, "saved", "%s?view=%s", path, view);
    return true;
}

bool page_review_decide(Request *request, Reply *reply, GError **error)
{
    Kept kept = {json_array(), json_array()};
    const char *view;
    bool worked = review_view_of(request, &view, error) && keep_all(request, &kept, error) &&
                  reply_kept(request, reply, view, &kept, error);

    json_decref(kept.saved);
    json_decref(kept.wrong);
    return worked;
}
