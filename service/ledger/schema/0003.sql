-- The life of an exception: what people, and rules of the configuration, decided about it.

-- What its due date is counted from: the as-of time of the run that opened it, found it again or saw its waiver end.
ALTER TABLE exception ADD COLUMN due_from {{integer}} NOT NULL DEFAULT 0;
UPDATE exception SET due_from = (SELECT r.as_of FROM run r
                                  WHERE r.id = COALESCE(exception.reopened_run, exception.opened_run));

-- A run asks what is past its due date; mostly that is little.
CREATE INDEX exception_due ON exception (due) WHERE resolved_run IS NULL;

-- HR ids of the people whom the subject account belongs to, or may belong to: a JSON list, null when there is none but person_id.
ALTER TABLE exception_text ADD COLUMN holders TEXT;

-- Who approves must work here, and must be somebody else under whatever id.
ALTER TABLE roster ADD COLUMN has_left {{integer}} NOT NULL DEFAULT 0;
ALTER TABLE roster ADD COLUMN successor TEXT NOT NULL DEFAULT '';

-- Why an exception that is found is not open, or was not until lapsed_run. At most one each; it goes when the exception is
-- resolved or decided anew, and the audit rows keep what was decided before.
CREATE TABLE waiver (
    exception      {{key}} REFERENCES exception (id),
    kind           TEXT NOT NULL CHECK (kind = 'accepted' OR kind = 'rule' OR kind = 'false-positive'),
    reason         TEXT NOT NULL,
    requester      TEXT NOT NULL,
    requester_name TEXT,
    approver       TEXT,
    approver_name  TEXT,
    last_day       TEXT,
    ends           {{integer}},
    decided        {{integer}} NOT NULL,
    lapsed_run     {{integer}} REFERENCES run (id)
) {{strict}};

-- What people say about the rules: kept when the exception is resolved.
CREATE TABLE feedback (
    exception {{integer}} NOT NULL REFERENCES exception (id),
    at        {{integer}} NOT NULL,
    control   TEXT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    withdrawn {{integer}},
    PRIMARY KEY (exception, at)
) {{strict}};
