"""Who may ask for what: every route of `rightful list routes`, by hand. A route without a line fails test_web.

For each of web_under_test.PEOPLE that is named the request reaches the handler (which may still say 404, 400 or 409 of the object);
everybody else gets 403, and who is not signed in is asked to sign in. "anybody" needs no session; "programs" needs a bearer token.
"""

EVERYBODY = "admin hr auditor reviews person stranger"

ACCESS = {
    "GET /": EVERYBODY,
    "GET /exceptions": EVERYBODY,
    "GET /me": EVERYBODY,
    "POST /me/sessions": EVERYBODY,
    "GET /sign-in": "anybody",
    "POST /sign-in": "anybody",
    "POST /sign-out": EVERYBODY,
}
