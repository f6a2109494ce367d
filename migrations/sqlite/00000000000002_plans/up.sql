-- Integration plans and what was decided on their items.

CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL,
    changed_seq BIGINT NOT NULL,
    assessment TEXT NOT NULL,
    body TEXT NOT NULL
);
