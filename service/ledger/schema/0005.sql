-- Which profile, or the configuration, set each limit that a run judged by.
ALTER TABLE run ADD COLUMN set_by TEXT NOT NULL DEFAULT '{}';
