-- Two locks, of the run and of the worker: the driver of PostgreSQL gives its own table of locks a row for each (own_tables in
-- postgres.c) when the version is raised; nothing of the ledger changes.
SELECT 1;
