-- The page of a campaign asks for the last of what was done: few rows among the thousands about single items. The actions are
-- those of REVIEW_OF_ITEMS in service/ledger/reviews_read.c.
CREATE INDEX audit_review ON audit (object, id)
 WHERE object LIKE 'RV-%' AND action NOT IN ('drafted', 'draft changed', 'draft taken back', 'holders grew');
