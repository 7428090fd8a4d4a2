/* sign_in.h: who is asking. Sessions, and the three ways to get one: the proxy's header, the form
 * (whose password the worker tries), and the choice of a demo.
 *
 * A session is a random cookie whose hash stands in the ledger. Who it is was confirmed by the
 * worker at most CONFIRM_SECONDS ago, and after each new run: a demotion acts soon. When the worker
 * does not answer, who was signed in reads on for GRACE_SECONDS and changes nothing. */
#pragma once

#include "web/request.h"

#define CONFIRM_SECONDS 60
#define CONFIRM_AFTER_RUN_SECONDS 5
#define GRACE_SECONDS 600

/* Fills is_signed_in, who, session, is_read_only of the request. false: the ledger failed. Being
 * nobody is no error. *ret_problem: why somebody who seemed to be signed in is not, a sentence and
 * its status; NULL = they just are not. */
typedef struct SignInProblem {
    unsigned status;    /* 0 = none */
    const char *notice; /* for the page to sign in: a name of notices.c */
    char *sentence;
} SignInProblem;
void sign_in_problem_clear(SignInProblem *problem);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SignInProblem, sign_in_problem_clear)
bool sign_in_recall(Request *request, Reply *reply, SignInProblem *ret_problem, GError **error);

/* A new session for who (as the worker says it; taken), its cookie in the reply. */
bool sign_in_start(Request *request, Reply *reply, json_t *who, GError **error);
/* Ends the session of the request; the browser forgets everything of this site. */
bool sign_in_end(Request *request, Reply *reply, GError **error);

/* The people of web.demo: [ {number, user, name, says, roles} ]. New reference. */
json_t *sign_in_demo_people(const WebOptions *options);
/* Who the demo's person of that number is, as the worker would say it; NULL = there is none. */
json_t *sign_in_demo_who(const WebOptions *options, int64_t number);
