#include "review/reviewer.h"

static void append_reason(GString *why, const ReviewerCandidate *candidate)
{
    static const char *const reasons[] = {[REVIEWER_FITS] = "",
                                          [REVIEWER_MISSING] = "is not known",
                                          [REVIEWER_GONE] = "is not working here",
                                          [REVIEWER_HOLDER] = "would decide on their own right"};

    g_string_append_printf(why, "%s%s", why->len > 0 ? ", " : "", candidate->role);
    if (candidate->name != NULL)
        g_string_append_printf(why, " (%s)", candidate->name);
    g_string_append_printf(why, " %s", reasons[candidate->state]);
}

const ReviewerCandidate *reviewer_choose(const ReviewerCandidate *candidates, size_t n,
                                         char **ret_why)
{
    g_autoptr(GString) reasons = g_string_new(NULL);

    for (size_t i = 0; i < n; i++) {
        if (candidates[i].state == REVIEWER_FITS) {
            *ret_why = reasons->len > 0
                           ? g_strdup_printf("%s, because %s", candidates[i].role, reasons->str)
                           : g_strdup(candidates[i].role);
            return &candidates[i];
        }
        append_reason(reasons, &candidates[i]);
    }
    *ret_why = g_strdup_printf("nobody, because %s", reasons->str);
    return NULL;
}
