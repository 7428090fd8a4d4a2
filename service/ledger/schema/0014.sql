-- What all exceptions that are not resolved are, in a few kilobytes: a night that finds the same reads no more. One row, written by
-- the runs that change it (service/ledger/digests.h).
CREATE TABLE exception_digest (
    id    {{key}},            -- 1
    bits  {{integer}} NOT NULL,
    body  {{blob}} NOT NULL,
    tally TEXT NOT NULL,      -- how many there are of what, behind this row of the audit:
    audit {{integer}} NOT NULL
) {{strict}};
