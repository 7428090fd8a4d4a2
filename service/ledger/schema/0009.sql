-- A change of this number was let through by --accept: what was there before it is nothing to compare with any more.
ALTER TABLE dimension ADD COLUMN accepted {{integer}} NOT NULL DEFAULT 0;
