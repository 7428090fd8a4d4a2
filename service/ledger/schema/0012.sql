-- Who may use the web, and how.

-- A session is its hash: whoever reads the ledger cannot take one over.
CREATE TABLE session (
    hash     TEXT {{bytewise}} NOT NULL PRIMARY KEY, -- sha256 of the cookie
    id       {{integer}} NOT NULL UNIQUE,            -- to name it on a page
    login    TEXT NOT NULL,                          -- as signed in
    who      TEXT NOT NULL,                          -- JSON: account and person, as the worker found them
    csrf     TEXT NOT NULL,
    address  TEXT NOT NULL,
    agent    TEXT NOT NULL,
    started  {{integer}} NOT NULL,
    seen     {{integer}} NOT NULL,
    ended    {{integer}}
) {{strict}};

-- Failed sign-ins, to slow down whoever guesses: by account ('user:lwong') and by address ('address:192.0.2.7').
CREATE TABLE sign_in_failure (
    whom   TEXT {{bytewise}} NOT NULL PRIMARY KEY,
    n      {{integer}} NOT NULL,
    last   {{integer}} NOT NULL
) {{strict}};

-- Tokens of programs, as hashes.
CREATE TABLE api_token (
    id      {{key}},
    hash    TEXT {{bytewise}} NOT NULL UNIQUE,
    name    TEXT NOT NULL,
    scope   TEXT NOT NULL,        -- 'leaver-checks', …: separated by spaces
    made    {{integer}} NOT NULL,
    made_by TEXT NOT NULL,
    expires {{integer}} NOT NULL,
    used    {{integer}},
    revoked {{integer}}
) {{strict}};

-- A screen shows the worst of what is open, page by page: the order, the condition and the count all come from here.
CREATE INDEX exception_listed ON exception (severity DESC, control, subject_name, id, status) WHERE resolved_run IS NULL;
