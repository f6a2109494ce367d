-- What is held while it waits: leases, deliveries of webhooks, sources made by API, and when each source is read next.

CREATE TABLE lease (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE delivery (
    number BIGSERIAL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    source TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT,
    body BYTEA NOT NULL,
    UNIQUE (source, "key")
);
CREATE INDEX delivery_by_source ON delivery (source, state, number);
CREATE INDEX delivery_by_state ON delivery (state, received_at);

CREATE TABLE stored_source (
    name TEXT COLLATE "C" PRIMARY KEY,
    settings TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL
);

CREATE TABLE schedule (
    source TEXT COLLATE "C" PRIMARY KEY,
    due_at TIMESTAMP NOT NULL,
    failures BIGINT NOT NULL
);

ALTER TABLE sync_run ADD COLUMN cause TEXT COLLATE "C" NOT NULL DEFAULT 'command';
ALTER TABLE sync_run ADD COLUMN pages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_run ADD COLUMN progress_at TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
ALTER TABLE sync_run ADD COLUMN cancelling BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX sync_run_by_state ON sync_run (state, source);
