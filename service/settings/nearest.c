/* nearest.c: what somebody meant who typed something else. */
#include "settings/settings.h"

#include <string.h>

/* Longer names are no typing errors, and the table below stays small. */
#define LONGEST_TYPED 64

/* Damerau-Levenshtein, the "optimal string alignment" form: insertion, deletion, replacement and
 * the swap of two neighbours cost 1 each; case costs nothing. O(a * b). */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t cost[LONGEST_TYPED + 1][LONGEST_TYPED + 1];

    for (size_t i = 0; i <= a_length; i++)
        cost[i][0] = i;
    for (size_t j = 0; j <= b_length; j++)
        cost[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
            size_t best = cost[i - 1][j - 1] + (x == y ? 0 : 1);
            best = MIN(best, cost[i - 1][j] + 1);
            best = MIN(best, cost[i][j - 1] + 1);
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && y == g_ascii_tolower(a[i - 2]))
                best = MIN(best, cost[i - 2][j - 2] + 1);
            cost[i][j] = best;
        }
    }
    return cost[a_length][b_length];
}

const char *settings_nearest(const char *typed, const char *const *names)
{
    size_t length = strlen(typed);
    if (length == 0 || length > LONGEST_TYPED)
        return NULL;
    size_t limit = length / 3;
    const char *nearest = NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t name_length = strlen(names[i]);
        if (name_length > LONGEST_TYPED || name_length > length + limit)
            continue;
        size_t distance = edit_distance(typed, length, names[i], name_length);
        /* strictly nearer: of two equally near ones the first of the table */
        if (distance <= limit) {
            nearest = names[i];
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    return nearest;
}
