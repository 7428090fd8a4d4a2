-- The clock of the machine that a run ran on: of which boot, and how many seconds after it the run started. Against these the
-- next run tells whether the clock moved. '' = not known.
ALTER TABLE run ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN up_seconds {{integer}} NOT NULL DEFAULT 0;
