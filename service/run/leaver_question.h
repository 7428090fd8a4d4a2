/* leaver_question.h: between `leaver`'s files: who is meant, and what the sources are asked for. */
#pragma once

#include "run/leaver.h"

typedef struct Question {
    GPtrArray *ids;       /* (element-type utf8) of the people, each once */
    GArray *asked;        /* (element-type LeaverAsked) per id */
    GArray *has_key;      /* (element-type bool) per id */
    GArray *keys;         /* (element-type ScopeKey) of all */
    GPtrArray *owners;    /* (element-type utf8) what owners are called; ends with NULL */
    json_t *ambiguous;    /* people whom ambiguous_text fits; NULL */
    char *ambiguous_text; /* owned */
    char *why;            /* owned; why nobody is checked, when it is because of who is meant */
} Question;
void question_clear(Question *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, question_clear)

/* wanted: (element-type LeaverWanted). EXIT_DONE when everybody is known; otherwise why is set:
 * EXIT_FAILED nobody has that name, EXIT_INCOMPLETE nor has anybody of the rosters that could be
 * read, EXIT_USAGE several have. */
ExitCode question_ask(const Look *rosters, const GArray *wanted, Question *ret_question);
/* The row that speaks for the person of that id, in the look that was asked and what became of it.
 */
uint32_t question_person(const Question *question, const Look *look, guint i);
