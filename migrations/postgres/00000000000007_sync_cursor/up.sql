-- Where each stream of a source goes on from, and which of its records were last seen when.

CREATE TABLE sync_cursor (
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    reached TEXT,
    full_read_at TIMESTAMP,
    tested TEXT,
    PRIMARY KEY (source, stream)
);

CREATE TABLE sighting (
    record_id TEXT COLLATE "C" PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMP NOT NULL
);
CREATE INDEX sighting_by_stream ON sighting (source, stream);

ALTER TABLE set_aside_row ADD COLUMN mapping_version TEXT NOT NULL DEFAULT '';
