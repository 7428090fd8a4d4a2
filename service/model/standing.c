#include "model/standing.h"

static void exception_clear(gpointer data)
{
    StandingException *exception = data;
    char *const texts[] = {exception->name,    exception->control,   exception->subject_type,
                           exception->source,  exception->key,       exception->subject_name,
                           exception->dn,      exception->person_id, exception->person_name,
                           exception->holders, exception->owner,     exception->last_day,
                           exception->reason,  exception->answers};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}

Standing *standing_new(void)
{
    Standing *standing = g_new0(Standing, 1);
    standing->overdue = g_array_new(FALSE, FALSE, sizeof(StandingException));
    standing->lapsed = g_array_new(FALSE, FALSE, sizeof(StandingException));
    g_array_set_clear_func(standing->overdue, exception_clear);
    g_array_set_clear_func(standing->lapsed, exception_clear);
    return standing;
}

void standing_free(Standing *standing)
{
    if (standing == NULL)
        return;
    g_array_unref(standing->overdue);
    g_array_unref(standing->lapsed);
    g_free(standing);
}
