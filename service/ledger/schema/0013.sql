-- Campaigns that are over for long: their items go as a whole, the head stays.
ALTER TABLE review ADD COLUMN forgotten_at {{integer}};
ALTER TABLE review ADD COLUMN forgotten TEXT; -- JSON: how many items there were, decided and not reviewed
{{goes_with_review review_sign_off}}
{{goes_with_review review_decision}}
{{goes_with_review review_move}}
