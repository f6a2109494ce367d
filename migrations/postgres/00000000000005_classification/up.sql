-- What persons decided incidents to be, against rules and records. The latest decision on a ticket counts.

CREATE TABLE classification (
    record_id TEXT COLLATE "C" NOT NULL,
    changed_seq BIGINT NOT NULL,
    class TEXT,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    PRIMARY KEY (record_id, changed_seq)
);
