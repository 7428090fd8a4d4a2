-- What the web asks the worker to do, and what the worker has to tell people.

CREATE TABLE job (
    id       {{key}},
    kind     TEXT NOT NULL,        -- 'run', 'leaver-check', 'review-start'
    argument TEXT NOT NULL,        -- JSON
    actor    TEXT NOT NULL,
    asked    {{integer}} NOT NULL,
    started  {{integer}},
    finished {{integer}},
    result   TEXT                  -- JSON: {"exit": 0, …} or {"error": "a sentence"}
) {{strict}};
CREATE INDEX job_waiting ON job (id) WHERE finished IS NULL;

-- Mail to be sent, at least once; message_id is the same at every try. What a message says stands in its events until it is
-- sent: what was settled in the meantime is not told any more.
CREATE TABLE outbox (
    id         {{key}},
    message_id TEXT {{bytewise}} NOT NULL UNIQUE,
    person     TEXT {{bytewise}} NOT NULL, -- HR id, or 'role:admin'
    address    TEXT NOT NULL,
    day        {{integer}} NOT NULL,       -- one digest a person and day: days since 1970-01-01
    events     TEXT NOT NULL,              -- JSON list
    made       {{integer}} NOT NULL,
    tries      {{integer}} NOT NULL,
    next_try   {{integer}} NOT NULL,
    sent       {{integer}},
    failure    TEXT,                       -- of the last try; a message that can never be sent has sent and failure
    UNIQUE (person, day)
) {{strict}};
CREATE INDEX outbox_waiting ON outbox (next_try) WHERE sent IS NULL;

-- What somebody was told already: a reminder is due once.
CREATE TABLE told (
    person TEXT {{bytewise}} NOT NULL,
    event  TEXT {{bytewise}} NOT NULL,
    at     {{integer}} NOT NULL,
    PRIMARY KEY (person, event)
) {{strict}};
