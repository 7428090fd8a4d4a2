#include "web/review_view.h"

#include "review/campaign.h"

#include <string.h>

#define ASK_MS 5000

/* ---- reading ---- */

void review_set_headings(const Request *request, json_t *heads)
{
    size_t i;
    json_t *head;

    json_array_foreach(heads, i, head)
    {
        view_take_text(head, "heading",
                       campaign_heading_among(head, heads, request->who.person,
                                              request->site->options->settings->timezone));
    }
}

/* New reference; NULL when it is not among them. */
static json_t *head_of(const json_t *heads, int64_t id)
{
    size_t i;
    json_t *head;

    json_array_foreach(heads, i, head)
    {
        if (ledger_review_id(view_text(head, "id")) == id)
            return json_incref(head);
    }
    return NULL;
}

json_t *review_mine(const Request *request, GError **error)
{
    int64_t id = ledger_review_id(request->parameters[0]);
    json_t *heads = json_array(), *found = NULL;
    ReviewFilter filter = {
        .with_closed = true, .reviewer = request->who.person, .now_utc = request->now_utc};

    if (id == 0 || !request->who.person) {
        web_not_found(request, error);
    } else if (ledger_reviews(request->ledger, &filter, view_collect, heads, error)) {
        review_set_headings(request, heads);
        found = head_of(heads, id);
        if (!found)
            web_not_found(request, error);
    }
    json_decref(heads);
    return found;
}

json_t *review_any(const Request *request, GError **error)
{
    g_autoptr(GError) own = NULL;
    json_t *review =
        ledger_review_id(request->parameters[0]) != 0
            ? ledger_review(request->ledger, request->parameters[0], request->now_utc, &own)
            : NULL;

    if (own)
        g_propagate_error(error, g_steal_pointer(&own));
    else if (!review)
        web_not_found(request, error);
    return review;
}

json_t *review_my_item(const Request *request, int64_t number, GError **error)
{
    g_autoptr(GError) own = NULL;
    json_t *item = ledger_review_item(request->ledger, request->parameters[0], number, &own);
    const char *reviewer = view_text(json_object_get(item, "reviewer"), "id");

    if (own && !g_error_matches(own, LEDGER_ERROR, LEDGER_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&own));
        return NULL;
    }
    if (item && (!reviewer || g_strcmp0(reviewer, request->who.person) != 0))
        g_clear_pointer(&item, json_decref);
    if (!item)
        web_not_found(request, error);
    return item;
}

json_t *review_my_items(const Request *request, const char *state, int64_t first, int64_t limit,
                        GError **error)
{
    json_t *items = json_array();
    ReviewItemFilter filter = {
        .reviewer = request->who.person, .state = state, .first = first, .limit = limit};

    if (ledger_review_items(request->ledger, request->parameters[0], &filter, view_collect, items,
                            error))
        return items;
    json_decref(items);
    return NULL;
}

/* ---- words ---- */

static const struct {
    const char *decision, *word;
} words[] = {{"keep", "Keep"},
             {"remove", "Remove"},
             {"reduce", "Reduce"},
             {"keep-until", "Keep until"},
             {"not-reviewed", "Not reviewed"}};

const char *review_word(const char *decision)
{
    for (size_t i = 0; decision && i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].decision, decision) == 0)
            return words[i].word;
    }
    return "";
}

bool review_is_closed(const json_t *head)
{
    return g_strcmp0(view_text(head, "status"), "closed") == 0;
}

char *review_path(const json_t *head, const char *rest)
{
    g_autofree char *path = view_path("/reviews", view_text(head, "id"));

    return g_strconcat(path, rest, NULL);
}

json_t *review_progress(const json_t *head)
{
    int64_t decided = view_number(head, "decided") + view_number(head, "drafted");

    return json_pack("{s:I s:I}", "decided", (json_int_t)decided, "items",
                     (json_int_t)view_number(head, "items"));
}

/* ---- one item ---- */

static const char *name_at(const json_t *item, const char *part)
{
    return view_text(json_object_get(item, part), "name");
}

static void set_what(json_t *item)
{
    const char *means = view_text(item, "means"), *group = name_at(item, "group");
    const json_t *thing = json_object_get(item, "group");

    view_set_text(item, "what", means ? means : group);
    view_take_text(item, "where",
                   means ? g_strdup_printf("group %s in %s", group, view_text(thing, "source"))
                         : g_strdup_printf("group in %s", view_text(thing, "source")));
}

static void set_who(json_t *item)
{
    const char *person = name_at(item, "person"), *account = name_at(item, "account");

    view_set_text(item, "who", person ? person : account);
    view_set_text(item, "account_name", account);
}

static void add_mark(json_t *marks, const char *class, const char *text)
{
    json_array_append_new(marks, json_pack("{s:s s:s}", "class", class, "text", text));
}

static void set_marks(json_t *item)
{
    json_t *marks = json_array();
    const char *change = view_text(item, "change"), *conflict = view_text(item, "conflict");
    bool was_decided = json_is_object(json_object_get(item, "previous"));

    if (g_strcmp0(view_text(item, "risk"), "privileged") == 0)
        add_mark(marks, "critical", "Privileged");
    if (conflict) {
        g_autofree char *text = g_strdup_printf("Conflict of duties: %s", conflict);
        add_mark(marks, "high", text);
    }
    if (json_is_true(json_object_get(item, "outlier")))
        add_mark(marks, "medium", "Unusual for this job");
    if (g_strcmp0(change, "new") == 0)
        add_mark(marks, "low", "New since the last review");
    /* Where nobody answered the last time there is nothing that it could be unchanged since. */
    else if (was_decided && g_strcmp0(change, "unchanged") == 0)
        add_mark(marks, "off", "Unchanged since the last review");
    else if (was_decided && g_strcmp0(change, "changed") == 0)
        add_mark(marks, "low", "Changed since the last review");
    json_object_set_new(item, "marks", marks);
}

/* "Directly" or "Through a, then b". */
static void set_how(json_t *item)
{
    json_t *path = json_object_get(item, "path");
    size_t n = json_array_size(path);
    g_autoptr(GString) how = g_string_new(NULL);

    for (size_t i = 1; i + 1 < n; i++)
        g_string_append_printf(how, "%s%s", i == 1 ? "Through " : ", then ",
                               json_string_value(json_array_get(path, i)));
    view_set_text(item, "how", how->len > 0 ? how->str : "Directly in the group");
}

static void set_last_used(json_t *item)
{
    const json_t *used = json_object_get(item, "last_used");
    int64_t days = view_number(used, "uncertainty_days");

    if (days > 0)
        view_take_text(item, "used_note",
                       g_strdup_printf("or up to %" G_GINT64_FORMAT " days later", days));
}

static void set_advice(json_t *item)
{
    json_t *advice = json_object_get(item, "advice");

    if (json_is_object(advice))
        view_set_text(advice, "word", review_word(view_text(advice, "decision")));
}

/* "Approval by", "Approval on" …: each member a line of its own, so that times are told as such. */
static void add_members(json_t *details, const char *label, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        g_autofree char *full = g_strdup_printf("%s %s", label, name);
        size_t before = json_array_size(details);

        view_fact_value(details, full,
                        json_is_object(value) ? json_object_get(value, "name") : value);
        json_t *row = json_array_get(details, before);
        if (row && g_str_equal(name, "expires")) { /* a midnight is the day that it ends */
            json_object_set(row, "due", json_object_get(row, "time"));
            json_object_del(row, "time");
        }
    }
}

static json_t *details_of(const json_t *item)
{
    static const struct {
        const char *name, *label;
        bool is_dn;
    } rows[] = {{"exceptions", "Open exceptions", false},
                {"account_dn", "Account", true},
                {"group_dn", "Group", true}};
    json_t *details = json_array();
    const json_t *peers = json_object_get(item, "peers");

    if (json_is_object(peers)) {
        g_autofree char *text =
            g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                            " others with this department and title hold it",
                            view_number(peers, "holding"), view_number(peers, "of"));
        view_fact(details, "Peers", text);
    }
    add_members(details, "Approval", json_object_get(item, "approval"));
    add_members(details, "Last review", json_object_get(item, "previous"));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t before = json_array_size(details);
        view_fact_value(details, rows[i].label, json_object_get(item, rows[i].name));
        if (rows[i].is_dn && json_array_size(details) > before)
            view_set_flag(json_array_get(details, before), "is_dn", true);
    }
    return details;
}

/* Which answers need a reason, and why: what the ledger will ask for. */
static void set_reason_needs(json_t *item)
{
    const char *advice = view_text(json_object_get(item, "advice"), "decision");
    bool is_privileged = g_strcmp0(view_text(item, "risk"), "privileged") == 0;

    view_set_text(item, "reason_for",
                  is_privileged                      ? "keep remove reduce keep-until"
                  : g_strcmp0(advice, "keep") == 0   ? "remove reduce keep-until"
                  : g_strcmp0(advice, "remove") == 0 ? "keep reduce keep-until"
                                                     : "reduce keep-until");
    view_set_text(item, "why_reason",
                  is_privileged ? "(needed: a privileged right)"
                  : advice      ? "(needed when you decide against the advice)"
                                : "");
}

static void set_choice(json_t *item)
{
    const json_t *draft = json_object_get(item, "draft");
    const char *decision = view_text(draft, "decision");

    view_set_flag(item, "is_keep", g_strcmp0(decision, "keep") == 0);
    view_set_flag(item, "is_remove", g_strcmp0(decision, "remove") == 0);
    view_set_flag(item, "is_reduce", g_strcmp0(decision, "reduce") == 0);
    view_set_flag(item, "is_keep_until", g_strcmp0(decision, "keep-until") == 0);
    view_set_flag(item, "is_open",
                  g_strcmp0(decision, "reduce") == 0 || g_strcmp0(decision, "keep-until") == 0);
    view_set_text(item, "reason", view_text(draft, "reason"));
    view_set_text(item, "until", view_text(draft, "until"));
}

static void set_outcome(json_t *item)
{
    const json_t *decision = json_object_get(item, "decision");
    const json_t *draft = json_object_get(item, "draft");
    const char *state = view_text(item, "state"), *word = NULL;

    if (json_is_object(decision))
        word = review_word(view_text(decision, "decision"));
    else if (json_is_object(draft))
        word = "Drafted, not signed";
    else
        word = g_strcmp0(state, "not-reviewed") == 0 ? "Not reviewed" : "Open";
    view_set_text(item, "outcome", word);
}

void review_decorate_line(json_t *item)
{
    const char *reviewer = name_at(item, "reviewer");

    set_what(item);
    set_who(item);
    set_outcome(item);
    view_set_text(item, "reviewer_name", reviewer ? reviewer : "nobody");
}

void review_decorate(json_t *item, bool may_decide)
{
    const char *state = view_text(item, "state");
    g_autofree char *base = view_path("/reviews", view_text(item, "review"));
    bool is_open = g_strcmp0(state, "undecided") == 0 || g_strcmp0(state, "drafted") == 0;

    review_decorate_line(item);
    set_marks(item);
    set_how(item);
    set_last_used(item);
    set_advice(item);
    set_reason_needs(item);
    set_choice(item);
    json_object_set_new(item, "details", details_of(item));
    view_set_flag(item, "may_decide", may_decide && is_open);
    view_set_flag(item, "is_decided", !is_open || g_strcmp0(state, "drafted") == 0);
    view_take_text(
        item, "pass_href",
        g_strdup_printf("%s/items/%" G_GINT64_FORMAT "/pass", base, view_number(item, "item")));
}

/* ---- whom somebody means ---- */

static void add_choices(json_t *model, json_t *people)
{
    size_t i;
    json_t *person;

    json_array_foreach(people, i, person)
    {
        const char *title = view_text(person, "title"),
                   *department = view_text(person, "department");
        view_take_text(person, "note",
                       g_strdup_printf("%s%s%s%s%s", view_text(person, "id"), title ? ", " : "",
                                       title ? title : "", department ? ", " : "",
                                       department ? department : ""));
    }
    json_object_set(model, "choices", people);
    view_set_flag(model, "has_choices", true);
    view_wrong(model, "to", "Several people fit. Choose one of them below.");
}

bool review_receiver(Request *request, json_t *model, char **ret_person, GError **error)
{
    const char *chosen = fields_get(request->fields, "person");
    const char *to = NULL;
    json_t *answer, *people;

    *ret_person = NULL;
    if (chosen && *chosen) {
        *ret_person = g_strdup(chosen);
        return true;
    }
    if (!fields_text(request->fields, "to", 200, true, &to, NULL)) {
        view_wrong(model, "to", "Write the name or the number of that person.");
        return true;
    }
    answer = worker_ask(request->site->worker,
                        json_pack("{s:s s:s}", "ask", "find-people", "text", to), ASK_MS, error);
    if (!answer)
        return false;
    people = json_object_get(answer, "people");
    if (json_array_size(people) == 1)
        *ret_person = g_strdup(view_text(json_array_get(people, 0), "id"));
    else if (json_array_size(people) > 1)
        add_choices(model, people);
    else
        view_wrong(model, "to", "Nobody is called so. Try a part of the name, or the number.");
    json_decref(answer);
    return true;
}
