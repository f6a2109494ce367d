-- How much of what a score rests on was known: empty of unlinked suppliers, and of days before this was kept.
ALTER TABLE supplier_sample ADD COLUMN known BIGINT;
ALTER TABLE supplier_sample ADD COLUMN "of" BIGINT;
