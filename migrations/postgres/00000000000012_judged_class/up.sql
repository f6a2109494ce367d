-- The class an incident was judged by: a person's decision, what its source says, or what a rule makes of it.
ALTER TABLE judgement ADD COLUMN class TEXT;
