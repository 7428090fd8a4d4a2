/* pages.h: the handlers behind the rows of routes.c, one file per family of pages.
 *
 * A handler reads, builds a view model and names a template; it never writes HTML. false with an
 * error: WEB_ERROR and LEDGER_ERROR become pages that say it (404, 400, 403, 409); anything else is
 * logged and becomes "something went wrong". */
#pragma once

#include "web/request.h"

bool page_dashboard(Request *request, Reply *reply, GError **error);  /* page_dashboard.c */
bool page_exceptions(Request *request, Reply *reply, GError **error); /* page_exceptions.c */
bool page_me(Request *request, Reply *reply, GError **error);         /* page_me.c */
bool page_end_session(Request *request, Reply *reply, GError **error);
bool page_sign_out(Request *request, Reply *reply, GError **error);
bool page_sign_in(Request *request, Reply *reply, GError **error); /* page_sign_in.c */
bool page_do_sign_in(Request *request, Reply *reply, GError **error);
bool page_campaign(Request *request, Reply *reply, GError **error); /* page_campaign.c */
bool page_campaign_remind(Request *request, Reply *reply, GError **error);
bool page_campaign_close(Request *request, Reply *reply, GError **error);
bool page_campaign_reassign(Request *request, Reply *reply, GError **error);
bool page_campaign_do_reassign(Request *request, Reply *reply, GError **error);
bool page_controls(Request *request, Reply *reply, GError **error);  /* page_controls.c */
bool page_exception(Request *request, Reply *reply, GError **error); /* page_exception.c */
bool page_exception_comment(Request *request, Reply *reply, GError **error);
bool page_exception_assign(Request *request, Reply *reply, GError **error);
bool page_exception_accept(Request *request, Reply *reply, GError **error);
bool page_exception_reopen(Request *request, Reply *reply, GError **error);
bool page_run_now(Request *request, Reply *reply, GError **error); /* page_job.c */
bool page_job(Request *request, Reply *reply, GError **error);
bool page_leavers(Request *request, Reply *reply, GError **error); /* page_leavers.c */
bool page_leaver_check(Request *request, Reply *reply, GError **error);
bool page_leaver_do_check(Request *request, Reply *reply, GError **error);
bool page_leaver_case(Request *request, Reply *reply, GError **error);
bool page_review(Request *request, Reply *reply, GError **error);       /* page_review.c */
bool page_review_check(Request *request, Reply *reply, GError **error); /* page_review_check.c */
bool page_review_sign(Request *request, Reply *reply, GError **error);
bool page_review_signed(Request *request, Reply *reply, GError **error);
bool page_review_bulk(Request *request, Reply *reply, GError **error); /* page_review_bulk.c */
bool page_review_do_bulk(Request *request, Reply *reply, GError **error);
bool page_review_decide(Request *request, Reply *reply, GError **error); /* page_review_decide.c */
bool page_review_pass(Request *request, Reply *reply, GError **error);   /* page_review_pass.c */
bool page_review_do_pass(Request *request, Reply *reply, GError **error);
bool page_reviews(Request *request, Reply *reply, GError **error); /* page_reviews.c */
bool page_review_start(Request *request, Reply *reply, GError **error);
bool page_runs(Request *request, Reply *reply, GError **error); /* page_runs.c */
bool page_run(Request *request, Reply *reply, GError **error);
bool page_tasks(Request *request, Reply *reply, GError **error);  /* page_tasks.c */
bool page_person(Request *request, Reply *reply, GError **error); /* page_things.c */
bool page_account(Request *request, Reply *reply, GError **error);
bool page_group(Request *request, Reply *reply, GError **error);
bool page_asset(Request *request, Reply *reply, GError **error);

/* page_job.c. Writes what the worker is to do, tells it so, and shows the job's page. argument is
 * taken. */
bool page_ask_job(Request *request, Reply *reply, const char *kind, json_t *argument,
                  GError **error);
bool api_leaver_check(Request *request, Reply *reply, GError **error); /* api_leaver_checks.c */
bool api_leaver_check_state(Request *request, Reply *reply, GError **error);
