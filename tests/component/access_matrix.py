"""Who may ask for what: every route of `rightful list routes`, by hand. A route without a line fails test_web.

For each of web_under_test.PEOPLE that is named the request reaches the handler (which may still say 404, 400 or 409 of the object);
everybody else gets 403, and who is not signed in is asked to sign in. "anybody" needs no session; "programs" needs a bearer token.
"""

EVERYBODY = "admin hr auditor reviews person stranger"

ACCESS = {
    "GET /": EVERYBODY,
    "GET /exceptions": EVERYBODY,
    "GET /exceptions/{id}": EVERYBODY,
    "POST /exceptions/{id}/comment": "admin",
    "POST /exceptions/{id}/assign": "admin",
    "POST /exceptions/{id}/accept": "admin",
    "POST /exceptions/{id}/reopen": "admin",
    "GET /people/{id}": EVERYBODY,
    "GET /accounts/{id}": EVERYBODY,
    "GET /groups/{id}": "admin auditor",
    "GET /register/{id}": "admin auditor",
    "GET /reviews": EVERYBODY,
    "POST /reviews": "reviews",
    "GET /reviews/{id}": EVERYBODY,
    "POST /reviews/{id}": EVERYBODY,
    "GET /reviews/{id}/check": EVERYBODY,
    "POST /reviews/{id}/sign": EVERYBODY,
    "GET /reviews/{id}/signed": EVERYBODY,
    "GET /reviews/{id}/bulk": EVERYBODY,
    "POST /reviews/{id}/bulk": EVERYBODY,
    "GET /reviews/{id}/items/{item}/pass": EVERYBODY,
    "POST /reviews/{id}/items/{item}/pass": EVERYBODY,
    "GET /reviews/{id}/campaign": "admin auditor reviews",
    "POST /reviews/{id}/remind": "reviews",
    "POST /reviews/{id}/close": "reviews",
    "GET /reviews/{id}/reassign": "reviews",
    "POST /reviews/{id}/reassign": "reviews",
    "GET /tasks": "admin auditor reviews",
    "GET /leavers": "admin hr auditor",
    "POST /leavers": "hr",
    "GET /leavers/{id}": "admin hr auditor",
    "GET /leavers/check/{id}": "hr",
    "GET /jobs/{id}": EVERYBODY,
    "GET /runs": "admin auditor",
    "POST /runs": "admin",
    "GET /runs/{id}": "admin auditor",
    "GET /controls": "admin auditor reviews",
    "GET /me": EVERYBODY,
    "POST /me/sessions": EVERYBODY,
    "GET /sign-in": "anybody",
    "POST /sign-in": "anybody",
    "POST /sign-out": EVERYBODY,
    "POST /api/v1/leaver-checks": "programs",
    "GET /api/v1/leaver-checks/{id}": "programs",
}

# What somebody without a role (00124 of review_world) gets of an object, by what it is to them: every route of ACCESS that is for
# EVERYBODY and names an object. A route without a line fails test_web_reviews.
#   own     waits for them, or is assigned to them          report  about somebody who reports to them, for somebody else to decide
#   other   about somebody they have nothing to do with     self    about an account of their own
#   closed  theirs, and over
# "404" is what an object that is not there gets; "422" is the form again, with the reason beside it; "-": there is no such thing.
RELATIONS = {
    "GET /exceptions/{id}": {"own": 200, "report": 404, "other": 404, "self": 200, "closed": 200},
    "GET /people/{id}": {"own": "-", "report": 404, "other": 404, "self": 200, "closed": "-"},
    # Accounts of one's own are those that one signed in as: the people of a demo sign in as none.
    "GET /accounts/{id}": {"own": "-", "report": 404, "other": 404, "self": 404, "closed": "-"},
    "GET /reviews/{id}": {"own": 200, "report": 404, "other": 404, "self": 200, "closed": 200},
    "POST /reviews/{id}": {"own": 303, "report": 404, "other": 404, "self": 404, "closed": 422},
    "GET /reviews/{id}/check": {"own": 200, "report": 404, "other": 404, "self": 200, "closed": 200},
    "POST /reviews/{id}/sign": {"own": 303, "report": 404, "other": 404, "self": 422, "closed": 422},
    "GET /reviews/{id}/signed": {"own": 200, "report": 404, "other": 404, "self": 200, "closed": 200},
    "GET /reviews/{id}/bulk": {"own": 200, "report": 404, "other": 404, "self": 200, "closed": 200},
    "POST /reviews/{id}/bulk": {"own": 303, "report": 404, "other": 404, "self": 404, "closed": 422},
    "GET /reviews/{id}/items/{item}/pass": {"own": 200, "report": 404, "other": 404, "self": 404, "closed": 200},
    "POST /reviews/{id}/items/{item}/pass": {"own": 303, "report": 404, "other": 404, "self": 404, "closed": 422},
    "GET /jobs/{id}": {"own": "-", "report": "-", "other": 404, "self": "-", "closed": "-"},
}
