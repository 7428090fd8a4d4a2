/* page_exceptions.c: the list of exceptions, with its filters in the address. */

#include "web/pages.h"
#include "web/view.h"

#include "ledger/listing.h"

#define PAGE_SIZE 50
#define MAX_PAGE 100000

static const char *const statuses[] = {"open",           "assigned", "accepted", "resolved",
                                       "false-positive", "all",      NULL};
static const char *const sorts[] = {"severity", "due", "age", NULL};

typedef struct Rows {
    json_t *list;
    int64_t now_utc;
} Rows;

static bool append(json_t *row, void *data)
{
    const Rows *rows = data;

    view_link(row, "/exceptions", view_text(row, "id"));
    view_late(row, rows->now_utc);
    json_array_append(rows->list, row);
    return true;
}

/* 400 for what can be no filter; what fits nothing is an empty list. */
static bool read_filter(const Request *request, LedgerListing *listing, gint64 *ret_page,
                        GError **error)
{
    const Fields *fields = request->fields;
    const char *sort;
    gint64 is_new;

    if (!fields_choice(fields, "status", statuses, &listing->status, error) ||
        !fields_choice(fields, "severity", severities, &listing->severity, error) ||
        !fields_choice(fields, "sort", sorts, &sort, error) ||
        !fields_text(fields, "control", 64, false, &listing->control, error) ||
        !fields_text(fields, "source", 64, false, &listing->source, error) ||
        !fields_text(fields, "q", 200, false, &listing->text, error) ||
        !fields_text(fields, "person", 200, false, &listing->person, error) ||
        !fields_text(fields, "owner", 200, false, &listing->owner, error) ||
        !fields_number(fields, "new", 0, 1, &is_new, error) ||
        !fields_number(fields, "page", 1, MAX_PAGE, ret_page, error))
        return false;
    listing->order = g_strcmp0(sort, "due") == 0   ? LISTING_BY_DUE
                     : g_strcmp0(sort, "age") == 0 ? LISTING_BY_AGE
                                                   : LISTING_BY_SEVERITY;
    listing->only_new = is_new == 1;
    *ret_page = MAX(*ret_page, 1);
    listing->first = (*ret_page - 1) * PAGE_SIZE;
    listing->limit = PAGE_SIZE;
    listing->only_lines = !request->wants_json;
    /* Who has no role that shows all sees what is about them, or assigned to them. Nobody's: "". */
    if (!request->sees_all)
        listing->only_of = request->who.person ? request->who.person : "";
    return true;
}

static json_t *page_href(const Request *request, int64_t page)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, page);
    g_autofree char *query = fields_query_with(request->fields, "page", number);

    return json_sprintf("/exceptions%s", query);
}

static json_t *pager_of(const Request *request, int64_t page, int64_t total)
{
    int64_t pages = MAX((total + PAGE_SIZE - 1) / PAGE_SIZE, 1);
    json_t *pager = json_pack("{s:I s:I s:I}", "page", (json_int_t)page, "pages", (json_int_t)pages,
                              "total", (json_int_t)total);

    json_object_set_new(pager, "words",
                        json_sprintf("Page %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                     ", %" G_GINT64_FORMAT " in all",
                                     page, pages, total));
    if (page > 1)
        json_object_set_new(pager, "previous_href", page_href(request, MIN(page - 1, pages)));
    if (page < pages)
        json_object_set_new(pager, "next_href", page_href(request, page + 1));
    return pager;
}

/* {"name", "label", "options": [{value, text, is_selected}]}; nothing: what it is when none is
 * chosen. */
static json_t *choice_of(const Request *request, const char *name, const char *label,
                         const char *nothing, const char *const *choices)
{
    const char *chosen = fields_get(request->fields, name);
    json_t *options = json_array();

    json_array_append_new(options, json_pack("{s:s s:s s:b}", "value", "", "text", nothing,
                                             "is_selected", !chosen || *chosen == '\0'));
    for (; *choices; choices++)
        json_array_append_new(options,
                              json_pack("{s:s s:s s:b}", "value", *choices, "text", *choices,
                                        "is_selected", g_strcmp0(*choices, chosen) == 0));
    return json_pack("{s:s s:s s:b s:o}", "name", name, "label", label, "is_text", false, "options",
                     options);
}

static json_t *text_of_filter(const Request *request, const char *name, const char *label)
{
    const char *value = fields_get(request->fields, name);

    return json_pack("{s:s s:s s:b s:s}", "name", name, "label", label, "is_text", true, "value",
                     value ? value : "");
}

static json_t *filters_of(const Request *request)
{
    return json_pack("[o o o o o]", choice_of(request, "severity", "Severity", "any", severities),
                     choice_of(request, "status", "Status", "open or assigned", statuses),
                     text_of_filter(request, "control", "Control"),
                     text_of_filter(request, "q", "Name contains"),
                     choice_of(request, "sort", "Order", "worst first", &sorts[1]));
}

bool page_exceptions(Request *request, Reply *reply, GError **error)
{
    LedgerListing listing = {0};
    gint64 page;
    int64_t total;

    if (!read_filter(request, &listing, &page, error))
        return false;
    Rows rows = {json_array(), request->now_utc};
    if (!ledger_listing(request->ledger, &listing, append, &rows, &total, error)) {
        json_decref(rows.list);
        return false;
    }
    reply_page(reply, "exceptions", "Exceptions",
               json_pack("{s:o s:o s:o s:b}", "exceptions", rows.list, "pager",
                         pager_of(request, page, total), "filters", filters_of(request),
                         "has_exceptions", json_array_size(rows.list) > 0));
    return true;
}
