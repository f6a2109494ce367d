DROP INDEX set_aside_row_by_key;
ALTER TABLE set_aside_row DROP COLUMN read_at;
ALTER TABLE set_aside_row DROP COLUMN of_record;
ALTER TABLE set_aside_row DROP COLUMN "key";
ALTER TABLE sync_cursor DROP COLUMN digest;
ALTER TABLE sync_run DROP COLUMN accept_deletions;
ALTER TABLE sync_run DROP COLUMN in_full;
ALTER TABLE sync_run DROP COLUMN note;
