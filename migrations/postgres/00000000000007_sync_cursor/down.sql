-- Drops cursors and sightings.
ALTER TABLE set_aside_row DROP COLUMN mapping_version;
DROP TABLE sighting;
DROP TABLE sync_cursor;
