-- The shared store: records, what was read from where, and what was concluded.

CREATE TABLE ledger (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    concluded_seq BIGINT NOT NULL
);
INSERT INTO ledger (id, seq, at, concluded_seq) VALUES (1, 0, '1970-01-01 00:00:00', -1);

CREATE TABLE record (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    url TEXT,
    source_updated_at TIMESTAMP NOT NULL,
    source_version BIGINT NOT NULL,
    synced_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP,
    changed_seq BIGINT NOT NULL,
    canonical_id TEXT COLLATE "C" NOT NULL,
    content_hash TEXT NOT NULL,
    fields TEXT NOT NULL,
    relations TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE UNIQUE INDEX record_by_external_id ON record (kind, source, external_id);
CREATE INDEX record_by_change ON record (kind, changed_seq, id);

CREATE TABLE checkpoint (
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    completed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (source, stream)
);

CREATE TABLE sync_run (
    id TEXT COLLATE "C" PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    rows_read BIGINT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    tombstoned BIGINT NOT NULL,
    set_aside BIGINT NOT NULL,
    error TEXT
);
CREATE INDEX sync_run_by_source ON sync_run (source, started_at, id);

CREATE TABLE set_aside_row (
    id TEXT COLLATE "C" PRIMARY KEY,
    run_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT NOT NULL,
    position TEXT NOT NULL,
    reason TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX set_aside_row_by_source ON set_aside_row (source, id);

CREATE TABLE tally (
    indicator TEXT COLLATE "C" NOT NULL,
    "system" TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    passing BIGINT NOT NULL,
    failing BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    PRIMARY KEY (indicator, "system", "view")
);

CREATE TABLE finding (
    indicator TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    outcome TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    seen TEXT NOT NULL,
    PRIMARY KEY (indicator, "view", record_id)
);
CREATE INDEX finding_by_record ON finding (record_id, "view");

CREATE TABLE conclusion (
    subject TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    status TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (subject, "view")
);
