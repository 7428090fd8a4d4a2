-- Leaver cases: what of one person has to be closed, checked again by every run until all of it is.

-- One a person (HR id): who comes back and leaves again is the same case, opened again.
CREATE TABLE leaver_case (
    id          {{key}},
    person      TEXT {{bytewise}} NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    last_day    {{integer}}, -- days since 1970-01-01; null: not known
    is_urgent   {{integer}} NOT NULL,
    opened_at   {{integer}} NOT NULL,
    opened_by   TEXT NOT NULL,
    checked_at  {{integer}} NOT NULL,
    checked_run {{integer}} NOT NULL, -- 0: by hand
    is_sure     {{integer}} NOT NULL, -- the last check left nothing unread
    cleared_at  {{integer}},
    cleared_run {{integer}},
    CHECK ((cleared_at IS NULL) = (cleared_run IS NULL))
) {{strict}};

-- One thing to close. Of a right the object is the group; else it is empty.
CREATE TABLE leaver_line (
    leaver_case   {{integer}} NOT NULL REFERENCES leaver_case (id),
    kind          TEXT {{bytewise}} NOT NULL,
    source        TEXT {{bytewise}} NOT NULL,
    key           TEXT {{bytewise}} NOT NULL,
    object_source TEXT {{bytewise}} NOT NULL,
    object_key    TEXT {{bytewise}} NOT NULL,
    name          TEXT NOT NULL,
    text          TEXT NOT NULL,
    due           {{integer}} NOT NULL,
    opened_at     {{integer}} NOT NULL,
    cleared_at    {{integer}},
    cleared_run   {{integer}},
    PRIMARY KEY (leaver_case, kind, source, key, object_source, object_key)
) {{strict}};
