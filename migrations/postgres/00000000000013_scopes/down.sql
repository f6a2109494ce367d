-- Forgets the scopes records were judged under.
ALTER TABLE judged_under DROP COLUMN scopes;
