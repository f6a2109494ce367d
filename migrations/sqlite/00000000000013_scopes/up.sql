-- Which scopes the records of a kind were judged under.
ALTER TABLE judged_under ADD COLUMN scopes TEXT NOT NULL DEFAULT '';

-- What records have in common, and the edges they state, is more than it was: everything is indexed and judged anew when
-- the service starts.
DELETE FROM judgement;
DELETE FROM tally;
DELETE FROM judged_under;
