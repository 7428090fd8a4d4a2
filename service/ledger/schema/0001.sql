-- The ledger, version 1. Words in double braces are spelled by the driver (store.h).
-- Times are UTC seconds since 1970. JSON is kept as text: the ledger never looks into it.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {{strict}};

-- One row a run, whatever became of it. "Merged" = applied or partial: the ledger took over what it saw.
CREATE TABLE run (
    id            {{key}},
    status        TEXT NOT NULL CHECK (status IN ('applied', 'partial', 'held', 'failed', 'dry')),
    as_of         {{integer}} NOT NULL,
    started       {{integer}} NOT NULL,
    finished      {{integer}} NOT NULL,
    actor         TEXT NOT NULL,
    version       TEXT NOT NULL,
    config        TEXT NOT NULL,
    profile       TEXT NOT NULL,
    reason        TEXT,
    counts        TEXT NOT NULL,
    thresholds    TEXT NOT NULL,
    results       TEXT NOT NULL,
    held          TEXT NOT NULL,
    accepted      TEXT NOT NULL,
    not_evaluable TEXT NOT NULL
) {{strict}};

-- The proof of each pull: body is the whole source as run-show prints it.
CREATE TABLE run_source (
    run    {{integer}} NOT NULL {{references run (id)}},
    place  {{integer}} NOT NULL,
    name   TEXT NOT NULL,
    status TEXT NOT NULL,
    digest TEXT,
    body   TEXT NOT NULL,
    PRIMARY KEY (run, place)
) {{strict}};

-- What the guards of later runs compare with.
CREATE TABLE source_good (
    source TEXT NOT NULL PRIMARY KEY,
    run    {{integer}} NOT NULL {{references run (id)}},
    as_of  {{integer}} NOT NULL
) {{strict}};

CREATE TABLE dimension (
    run    {{integer}} NOT NULL {{references run (id)}},
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  {{integer}} NOT NULL,
    PRIMARY KEY (run, source, name)
) {{strict}};

CREATE TABLE watched (
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (source, name)
) {{strict}};

-- Everybody of the last complete rosters; who vanished stays, with the run that missed them first.
CREATE TABLE roster (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    username   TEXT NOT NULL,
    gone_since {{integer}} NOT NULL
) {{strict}};

CREATE TABLE governed_seen (
    source     TEXT NOT NULL,
    group_key  TEXT NOT NULL,
    first_seen {{integer}} NOT NULL,
    PRIMARY KEY (source, group_key)
) {{strict}};

-- The life of an exception: narrow, because every run reads all that is not resolved.
CREATE TABLE exception (
    id            {{key}},
    identity      {{blob}} NOT NULL UNIQUE,
    facts         {{integer}} NOT NULL,
    control       TEXT {{bytewise}} NOT NULL,
    severity      {{integer}} NOT NULL CHECK (severity BETWEEN 0 AND 3),
    -- Not IN (…): SQLite would build a temporary table of the five words for every row written.
    status        TEXT NOT NULL CHECK (status = 'open' OR status = 'assigned' OR status = 'accepted'
                                       OR status = 'false-positive' OR status = 'resolved'),
    source        TEXT NOT NULL,
    subject_name  TEXT {{bytewise}} NOT NULL,
    owner         TEXT,
    opened_run    {{integer}} NOT NULL {{references run (id)}},
    found_run     {{integer}} NOT NULL,
    reopened_run  {{integer}},
    last_seen_run {{integer}},
    resolved_run  {{integer}},
    due           {{integer}} NOT NULL,
    CHECK ((status = 'resolved') = (resolved_run IS NOT NULL))
) {{strict}};

-- A run reads what is not resolved; what was resolved over the years must not slow it down.
CREATE INDEX exception_unresolved ON exception (id) WHERE resolved_run IS NULL;

-- What was found, in words, as of found_run.
CREATE TABLE exception_text (
    exception     {{key}} {{references exception (id)}},
    subject_type  TEXT NOT NULL,
    subject_key   TEXT,
    subject_dn    TEXT,
    object_type   TEXT,
    object_source TEXT,
    object_key    TEXT,
    object_name   TEXT,
    object_dn     TEXT,
    person_id     TEXT,
    person_name   TEXT,
    summary       TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    action        TEXT NOT NULL
) {{strict}};

-- What a merged run left alone because it could not judge it: all of a control (source '', exception 0), of a control
-- and a source, or one exception. Whatever is not listed was judged.
CREATE TABLE unjudged (
    run       {{integer}} NOT NULL {{references run (id)}},
    control   TEXT NOT NULL,
    source    TEXT NOT NULL,
    exception {{integer}} NOT NULL,
    PRIMARY KEY (run, control, source, exception)
) {{strict}};

-- One row a change, written in the transaction of the change, never changed again.
CREATE TABLE audit (
    id     {{key}},
    at     {{integer}} NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    run    {{integer}},
    detail TEXT
) {{strict}};
CREATE INDEX audit_object ON audit (object);
{{append_only audit}}

-- The history of an exception is its audit rows: there is no second record that could disagree.
CREATE VIEW exception_history AS
SELECT a.id, a.object AS exception, COALESCE(r.as_of, a.at) AS at, a.actor, a.action, a.run, a.detail
  FROM audit a LEFT JOIN run r ON r.id = a.run
 WHERE a.object LIKE 'EX-%';
