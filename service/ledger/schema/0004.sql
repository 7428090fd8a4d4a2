-- Which rules of `suppressions` a run went by, and what they accepted.
ALTER TABLE run ADD COLUMN suppressions TEXT NOT NULL DEFAULT '[]';
