-- What people decide, and what they do to a decision that was made. Rows are only ever added.

CREATE TABLE decision (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    author TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    effective_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    made_seq BIGINT NOT NULL
);

CREATE INDEX decision_subject ON decision (kind, subject);

CREATE TABLE decision_act (
    decision_id TEXT COLLATE "C" NOT NULL REFERENCES decision (id),
    act TEXT COLLATE "C" NOT NULL,
    author TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (decision_id, act)
);
