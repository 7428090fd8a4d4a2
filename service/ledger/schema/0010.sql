-- Access reviews: campaigns over frozen rights, what was decided about each, and what came of it.

CREATE TABLE review (
    id           {{key}},
    name         TEXT {{bytewise}} NOT NULL, -- of the configuration: what tells one campaign from the next of its kind is the id
    title        TEXT NOT NULL,              -- the scope in plain words
    scope        TEXT NOT NULL,              -- JSON: what was asked for, and by which rules reviewers were chosen
    owner        TEXT NOT NULL,              -- HR id of the campaign's owner; '' = nobody but the role `reviews`
    started_at   {{integer}} NOT NULL,
    started_by   TEXT NOT NULL,
    as_of        {{integer}} NOT NULL,       -- of the frozen population
    run          {{integer}} NOT NULL,       -- that started it; 0 = by hand
    due          {{integer}} NOT NULL,
    population   TEXT NOT NULL,              -- sha256 over the frozen items, as service/ledger/reviews.h says
    proof        TEXT NOT NULL,              -- JSON: the sources it rests on, with their proofs
    closed_at    {{integer}},
    closed_by    TEXT
) {{strict}};
-- A schedule asks when its last campaign was started.
CREATE INDEX review_name ON review (name, started_at);

-- One right of one account, frozen. Below facts only what moves while the campaign runs.
CREATE TABLE review_item (
    review       {{integer}} NOT NULL {{references review (id)}},
    place        {{integer}} NOT NULL,
    source       TEXT {{bytewise}} NOT NULL,
    account_key  TEXT {{bytewise}} NOT NULL,
    account_name TEXT NOT NULL,
    group_source TEXT {{bytewise}} NOT NULL,
    group_key    TEXT {{bytewise}} NOT NULL,
    group_name   TEXT NOT NULL,
    person_id    TEXT {{bytewise}} NOT NULL, -- whose the account is; '' = nobody's
    facts        TEXT NOT NULL,              -- JSON: all that the reviewer is shown
    is_single    {{integer}} NOT NULL,       -- privileged, conflicting or an outlier: never decided in bulk
    holders      TEXT NOT NULL,              -- JSON list of HR ids: everybody the account is, or could be, linked to; grows
    reviewer     TEXT {{bytewise}} NOT NULL, -- HR id; '' = nobody could be found
    stage        {{integer}} NOT NULL,       -- 1 or 2
    version      {{integer}} NOT NULL,       -- counts every change of this row and of its draft
    outcome      TEXT,                       -- the decision in force once it is signed; 'not-reviewed' when closed without one
    PRIMARY KEY (review, place)
) {{strict}};
CREATE INDEX review_item_reviewer ON review_item (reviewer, review);
CREATE INDEX review_item_right ON review_item (source, account_key, group_source, group_key);

-- What a reviewer means to say, until it is signed.
CREATE TABLE review_draft (
    review   {{integer}} NOT NULL,
    place    {{integer}} NOT NULL,
    decision TEXT NOT NULL,
    until    {{integer}},          -- of keep-until: days since 1970-01-01
    reason   TEXT NOT NULL,
    by_whom  TEXT NOT NULL,        -- HR id
    at       {{integer}} NOT NULL,
    is_bulk  {{integer}} NOT NULL,
    seconds  {{integer}},          -- that the item was looked at; null: not known
    PRIMARY KEY (review, place)
) {{strict}};

-- One sentence over a set of decisions, by one person.
CREATE TABLE review_sign_off (
    id       {{key}},
    review   {{integer}} NOT NULL {{references review (id)}},
    stage    {{integer}} NOT NULL,
    by_whom  TEXT NOT NULL,
    at       {{integer}} NOT NULL,
    sentence TEXT NOT NULL,
    n_items  {{integer}} NOT NULL
) {{strict}};
{{append_only review_sign_off}}

-- Signed decisions: never changed. A second stage, or a later correction, is a row of its own.
CREATE TABLE review_decision (
    review   {{integer}} NOT NULL,
    place    {{integer}} NOT NULL,
    stage    {{integer}} NOT NULL,
    sign_off {{integer}} NOT NULL {{references review_sign_off (id)}},
    decision TEXT NOT NULL,
    until    {{integer}},
    reason   TEXT NOT NULL,
    by_whom  TEXT NOT NULL,
    at       {{integer}} NOT NULL, -- when it was drafted
    is_bulk  {{integer}} NOT NULL,
    seconds  {{integer}},
    PRIMARY KEY (review, place, stage)
) {{strict}};
{{append_only review_decision}}

-- The trail of an item from reviewer to reviewer: delegated, reassigned, not known, fallen back, second stage.
CREATE TABLE review_move (
    id       {{key}},
    review   {{integer}} NOT NULL,
    place    {{integer}} NOT NULL,
    at       {{integer}} NOT NULL,
    actor    TEXT NOT NULL,
    why      TEXT NOT NULL,        -- 'delegated', 'not-mine', 'dont-know', 'reassigned', 'second-stage'; by runs 'left', 'own', 'nobody'
    sender   TEXT NOT NULL,
    receiver TEXT NOT NULL,
    note     TEXT NOT NULL
) {{strict}};
CREATE INDEX review_move_item ON review_move (review, place);
{{append_only review_move}}

-- What has to be carried out, and the run that proves it was.
CREATE TABLE review_task (
    review       {{integer}} NOT NULL,
    place        {{integer}} NOT NULL,
    decision     TEXT NOT NULL,
    decided_at   {{integer}} NOT NULL,
    due_from     {{integer}} NOT NULL, -- the limit of revocation-not-executed counts from here (keep-until: the end of its day)
    verified_run {{integer}},          -- the first complete pull without the right
    verified_at  {{integer}},          -- its as-of time
    returned_run {{integer}},          -- the right was there again
    returned_at  {{integer}},
    PRIMARY KEY (review, place)
) {{strict}};
CREATE INDEX review_task_open ON review_task (review) WHERE verified_run IS NULL;

-- When all rights into a group were last decided.
CREATE TABLE group_reviewed (
    source    TEXT {{bytewise}} NOT NULL,
    group_key TEXT {{bytewise}} NOT NULL,
    at        {{integer}} NOT NULL,
    review    {{integer}} NOT NULL,
    PRIMARY KEY (source, group_key)
) {{strict}};
