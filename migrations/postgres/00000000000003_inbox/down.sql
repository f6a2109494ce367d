DROP INDEX sync_run_by_state;
ALTER TABLE sync_run DROP COLUMN cancelling;
ALTER TABLE sync_run DROP COLUMN progress_at;
ALTER TABLE sync_run DROP COLUMN pages;
ALTER TABLE sync_run DROP COLUMN cause;
DROP TABLE schedule;
DROP TABLE stored_source;
DROP TABLE delivery;
DROP TABLE lease;
