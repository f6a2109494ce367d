-- Drops the shared store.
DROP TABLE conclusion;
DROP TABLE finding;
DROP TABLE tally;
DROP TABLE set_aside_row;
DROP TABLE sync_run;
DROP TABLE checkpoint;
DROP TABLE record;
DROP TABLE ledger;
