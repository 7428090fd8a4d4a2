#include "web/notices.h"

#include <glib.h>

static const struct {
    const char *name, *sentence;
} notices[] = {
    {"session-ended", "That session is over."},
    {"session-gone", "That session was over already."},
    {"saved", "Saved."},
    {"handed-on", "Handed on."},
    {"reassigned", "Reassigned."},
    {"review-closed", "The campaign is closed."},
    {"commented", "The comment is kept."},
    {"assigned", "Assigned."},
    {"accepted", "It is accepted until that day; then it is open again by itself."},
    {"reopened", "It is open again."},
    {"expired", "Your session is over, because it was not used for a while or is too old. Sign in "
                "again; nothing was lost."},
};

const char *notice_sentence(const char *name)
{
    for (size_t i = 0; name && i < G_N_ELEMENTS(notices); i++) {
        if (g_str_equal(notices[i].name, name))
            return notices[i].sentence;
    }
    return NULL;
}
