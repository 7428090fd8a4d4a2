-- Which person an account belongs to, where somebody said so: before all rules of `correlation`. state: what the last run made of it.
CREATE TABLE manual_link (
    source       TEXT NOT NULL,
    account_key  TEXT NOT NULL,
    account_name TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    person_name  TEXT NOT NULL,
    reason       TEXT NOT NULL,
    actor        TEXT NOT NULL,
    at           {{integer}} NOT NULL,
    state        TEXT NOT NULL,
    PRIMARY KEY (source, account_key)
) {{strict}};
