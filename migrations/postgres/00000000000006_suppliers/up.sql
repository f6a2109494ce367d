-- Supplier risk: what each ticket adds, the sums scores are computed from, scores by day, and what happened.

-- What each ticket adds to a party. Cause is empty where there is none; "view" says in whose view it counts.
CREATE TABLE supplier_ticket (
    record_id TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    input TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    "day" BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL,
    PRIMARY KEY (record_id, party, input, "view")
);
CREATE INDEX supplier_ticket_by_party ON supplier_ticket (party, "day", record_id);

-- How many tickets add the same: all a score is computed from, besides the party's neighbours.
CREATE TABLE supplier_input (
    party TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    input TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    "day" BIGINT NOT NULL,
    "count" BIGINT NOT NULL,
    PRIMARY KEY (party, "view", cause, input, severity, reason, "day")
);

-- The score of each supplier at the end of each day on which it was computed.
CREATE TABLE supplier_sample (
    party TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    "day" BIGINT NOT NULL,
    status TEXT NOT NULL,
    residual DOUBLE PRECISION,
    inherent DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    likelihood DOUBLE PRECISION NOT NULL,
    exposure DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (party, "view", "day")
);
CREATE INDEX supplier_sample_by_day ON supplier_sample ("view", "day");

-- What happened to suppliers; each opens a reassessment, which a decision closes.
CREATE TABLE supplier_event (
    id TEXT COLLATE "C" PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C",
    before TEXT,
    after TEXT,
    decision TEXT,
    reason TEXT COLLATE "C",
    decided_by TEXT,
    decided_at TIMESTAMP
);
CREATE INDEX supplier_event_by_party ON supplier_event (party, id);

-- What subscribers are to be told, in the order of changes.
CREATE TABLE outbox (
    id TEXT COLLATE "C" PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL
);
