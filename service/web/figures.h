/* figures.h: the numbers of drawings that templates make SVG of; each stands beside the same in
 * words. Cost: O(boxes or bars). */
#pragma once

#include <glib.h>
#include <jansson.h>

/* Appends to paths: {"boxes": [ {text, y, text_y, arrow: {from, to, word} | absent} ], "height",
 * "words"} of first (NULL = none) and the names of steps, each in the next: a list of texts. */
void figure_path(json_t *paths, const char *first, const json_t *steps);
/* All paths that the evidence of an exception holds. New reference; maybe empty. */
json_t *figure_paths_of(const json_t *exception);

/* Bars of open exceptions by severity, oldest first. runs: of ledger_run_lines(), newest first.
 * {"width", "height", "lines", "bars", "rows", "words"}; NULL when no run was applied. New
 * reference. */
json_t *figure_trend(const json_t *runs);
