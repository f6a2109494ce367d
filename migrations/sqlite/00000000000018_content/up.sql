-- Only a name its sender gave tells a delivery from all others of its source; equal content may come any number of times.

CREATE TABLE delivery_by_name (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    "key" TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    body BLOB NOT NULL
);
INSERT INTO delivery_by_name SELECT number, id, source, "key", received_at, state, reason, body FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_by_name RENAME TO delivery;
CREATE INDEX delivery_by_source ON delivery (source, state, number);
CREATE INDEX delivery_by_state ON delivery (state, received_at);
CREATE UNIQUE INDEX delivery_by_key ON delivery (source, "key") WHERE "key" LIKE 'id:%';
CREATE INDEX delivery_buried ON delivery (source, "key") WHERE reason IS NOT NULL;
