-- What a run was asked to do and what it has to say, what a stream was read by, and which record a row set aside is of.

ALTER TABLE sync_run ADD COLUMN note TEXT;
ALTER TABLE sync_run ADD COLUMN in_full BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sync_run ADD COLUMN accept_deletions BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE sync_cursor ADD COLUMN digest TEXT NOT NULL DEFAULT '';

ALTER TABLE set_aside_row ADD COLUMN "key" TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE set_aside_row ADD COLUMN of_record BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE set_aside_row ADD COLUMN read_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
UPDATE set_aside_row SET
    "key" = id,
    read_at = COALESCE((SELECT started_at FROM sync_run WHERE sync_run.id = set_aside_row.run_id), read_at);
CREATE INDEX set_aside_row_by_key ON set_aside_row (source, stream, "key");
