-- Version 2: what everything looked like, night by night (docs/ledger.md, "History").

-- One version: what this thing looked like from this run on. NULL = gone. The end of a version is the next one,
-- so a quiet night writes nothing. Bodies: service/ledger/history/body.h.
CREATE TABLE history (
    source TEXT {{bytewise}} NOT NULL,
    kind   TEXT {{bytewise}} NOT NULL,
    ref    {{integer}} NOT NULL, -- hash of the key (history_ref): what lists of members name
    key    TEXT {{bytewise}} NOT NULL,
    run    {{integer}} NOT NULL,
    body   {{blob}},
    PRIMARY KEY (source, kind, ref, key, run)
) {{strict}};

-- Very many versions of one run, source and kind: hundreds in one compressed row (service/ledger/history/pack.h).
CREATE TABLE history_pack (
    source TEXT {{bytewise}} NOT NULL,
    kind   TEXT {{bytewise}} NOT NULL,
    run    {{integer}} NOT NULL,
    place  {{integer}} NOT NULL,
    n      {{integer}} NOT NULL,
    size   {{integer}} NOT NULL, -- bytes when expanded
    body   {{blob}} NOT NULL,
    PRIMARY KEY (source, kind, run, place)
) {{strict}};

-- In which pack of a run a key is: pairs of the upper half of its hash and the place, ascending.
CREATE TABLE history_pack_index (
    source TEXT {{bytewise}} NOT NULL,
    kind   TEXT {{bytewise}} NOT NULL,
    run    {{integer}} NOT NULL,
    first  {{integer}} NOT NULL, -- upper half of the hash, of the first pair
    body   {{blob}} NOT NULL,
    PRIMARY KEY (source, kind, run, first)
) {{strict}};

-- Since when there is a history of a source. How far it goes: source_good.
CREATE TABLE history_source (
    source      TEXT {{bytewise}} NOT NULL PRIMARY KEY,
    since_run   {{integer}} NOT NULL,
    since_as_of {{integer}} NOT NULL
) {{strict}};

-- What is there now, to find out what a night changed: two sums (of what things are, and of whose accounts are) of
-- the hashes of all things of one kind, by the first bits of the hash of their keys …
CREATE TABLE history_sum (
    source TEXT {{bytewise}} NOT NULL,
    kind   TEXT {{bytewise}} NOT NULL,
    bits   {{integer}} NOT NULL,
    body   {{blob}} NOT NULL,
    PRIMARY KEY (source, kind)
) {{strict}};

-- … and behind each pair of sums the hashes themselves: of key and content (of accounts also of the link),
-- ascending.
CREATE TABLE history_now (
    source TEXT {{bytewise}} NOT NULL,
    kind   TEXT {{bytewise}} NOT NULL,
    place  {{integer}} NOT NULL,
    body   {{blob}} NOT NULL,
    PRIMARY KEY (source, kind, place)
) {{strict}};

-- What controls ask of the past, kept beside the versions so that a run need not read them. Times are the as-of
-- times of the runs on both sides of the change.
CREATE TABLE history_stopped (
    source         TEXT {{bytewise}} NOT NULL,
    key            TEXT {{bytewise}} NOT NULL,
    last_usable    {{integer}} NOT NULL,
    first_unusable {{integer}} NOT NULL,
    PRIMARY KEY (source, key)
) {{strict}};

CREATE TABLE history_moved (
    source      TEXT {{bytewise}} NOT NULL,
    key         TEXT {{bytewise}} NOT NULL,
    field       {{integer}} NOT NULL, -- MovedField of model/memory.h
    before      TEXT NOT NULL,
    last_before {{integer}} NOT NULL, -- the smallest integer: it was like this when first seen
    first_after {{integer}} NOT NULL,
    PRIMARY KEY (source, key, field)
) {{strict}};

CREATE TABLE history_former (
    source      TEXT {{bytewise}} NOT NULL,
    key         TEXT {{bytewise}} NOT NULL, -- of the account
    kind        {{integer}} NOT NULL,       -- IdentifierKind of model/memory.h
    value       TEXT {{bytewise}} NOT NULL, -- case folded
    person      TEXT {{bytewise}} NOT NULL,
    person_name TEXT NOT NULL,
    last_seen   {{integer}} NOT NULL,
    PRIMARY KEY (source, key, kind, value, person)
) {{strict}};
