/* view.h: pieces that many view models are made of.
 *
 * A model is what JSON shows and what the template's holes are filled from, so it carries values
 * (instants as ISO 8601, numbers as numbers) and, beside them, words and links for the page.
 * Objects that are handed in are borrowed and added to. */
#pragma once

#include "web/request.h"

/* "/people/00123": base and one piece of a path, percent-encoded. Newly allocated. */
char *view_path(const char *base, const char *piece);
/* Sets "href"; nothing when piece is NULL or empty. */
void view_link(json_t *object, const char *base, const char *piece);

/* An ISO 8601 instant that is over; false for null. */
bool view_is_late(const json_t *instant, int64_t now_utc);
/* Sets "is_late" from "due". */
void view_late(json_t *object, int64_t now_utc);

/* "1 item", "2 items"; newly allocated. */
char *view_count(int64_t n, const char *one, const char *many);
const char *view_text(const json_t *object, const char *name); /* NULL when it is no text */
int64_t view_number(const json_t *object, const char *name);   /* 0 when it is no number */
void view_set_text(json_t *object, const char *name, const char *text); /* null for NULL */
void view_set_flag(json_t *object, const char *name, bool flag);
/* Takes text, which may be NULL. */
void view_take_text(json_t *object, const char *name, char *text);

/* Appends {"name", "text"}; nothing when text is NULL or empty. */
void view_fact(json_t *facts, const char *name, const char *text);
/* Likewise with "href" to base and piece. */
void view_fact_link(json_t *facts, const char *name, const char *text, const char *base,
                    const char *piece);
/* Likewise of any value: instants and days become "time", lists are joined. Null: nothing. */
void view_fact_value(json_t *facts, const char *name, const json_t *value);
/* Any value as one line: "yes", "a, b", "x: 1, y: 2"; newly allocated, NULL for null. */
char *view_words(const json_t *value);
/* "last_working_day" → "Last working day"; newly allocated. */
char *view_label(const char *name);

/* What is wrong with a field of a form: for the summary on top ("errors", linked to the field) and
 * for the field ("wrong.FIELD"). */
void view_wrong(json_t *model, const char *field, const char *sentence);
/* Sets "input": what was typed, so that a form that comes back has it. names: NULL-terminated. */
void view_input(json_t *model, const Fields *fields, const char *const *names);

/* "good", "bad", "late", "off" for the state of a source, run, campaign, job or line. */
const char *view_state_class(const char *state);

/* Sets "pager": {words, previous_href, next_href} for rows first+1 … first+n_shown. total < 0: not
 * known; has_more says whether there is a next page. */
typedef struct ViewPage {
    int64_t page, size, n_shown, total;
    bool has_more;
} ViewPage;
void view_pager(json_t *model, const Fields *query, const ViewPage *page);

/* LedgerVisit: appends the row to the array in data. */
bool view_collect(json_t *row, void *data);
