CREATE TABLE delivery_by_content (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    "key" TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    body BLOB NOT NULL,
    UNIQUE (source, "key")
);
INSERT OR IGNORE INTO delivery_by_content
    SELECT number, id, source, "key", received_at, state, reason, body FROM delivery ORDER BY number DESC;
DROP TABLE delivery;
ALTER TABLE delivery_by_content RENAME TO delivery;
CREATE INDEX delivery_by_source ON delivery (source, state, number);
CREATE INDEX delivery_by_state ON delivery (state, received_at);
