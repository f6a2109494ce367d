-- Judgements, edges and history: what lets a change cost what it touches, and a status be asked for as it was.

ALTER TABLE record ADD COLUMN restricted BOOLEAN NOT NULL DEFAULT FALSE;

-- Edges by both ends. The owner is the record that states the edge; it is replaced with it.
CREATE TABLE edge (
    owner_id TEXT COLLATE "C" NOT NULL,
    from_id TEXT COLLATE "C" NOT NULL,
    relation TEXT COLLATE "C" NOT NULL,
    to_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (owner_id, relation, from_id, to_id)
);
CREATE INDEX edge_by_start ON edge (from_id, relation, to_id, owner_id);
CREATE INDEX edge_by_end ON edge (to_id, relation, from_id, owner_id);

-- What records have in common without an edge between them: name and class, or item and category.
CREATE TABLE lookup (
    "key" TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    restricted BOOLEAN NOT NULL,
    PRIMARY KEY ("key", at, record_id)
);
CREATE INDEX lookup_by_record ON lookup (record_id);

-- What each record contributes now: a letter for each indicator of its kind, in the order the catalogue gives.
CREATE TABLE judgement (
    record_id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    catalogue TEXT COLLATE "C" NOT NULL,
    outcomes TEXT COLLATE "C" NOT NULL,
    outcomes_general TEXT COLLATE "C",
    gives TEXT COLLATE "C" NOT NULL,
    restricted BOOLEAN NOT NULL,
    due_at TIMESTAMP
);
CREATE INDEX judgement_due ON judgement (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX judgement_by_catalogue ON judgement (catalogue, record_id);
CREATE INDEX judgement_by_kind ON judgement (kind);

-- What documents and graded nonconformities show, from when to when, as JSON.
CREATE TABLE shown (
    record_id TEXT COLLATE "C" NOT NULL,
    restricted BOOLEAN NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    from_seq BIGINT NOT NULL,
    valid_until TIMESTAMP,
    PRIMARY KEY (record_id, from_seq)
);
CREATE INDEX shown_now ON shown (record_id) WHERE valid_until IS NULL;
CREATE INDEX shown_by_time ON shown (valid_from, valid_until);

-- The indicators behind the letters of a judgement.
CREATE TABLE catalogue (
    id TEXT COLLATE "C" PRIMARY KEY,
    indicators TEXT COLLATE "C" NOT NULL
);

-- What the records of a kind were last judged under; another value makes them due.
CREATE TABLE judged_under (
    kind TEXT COLLATE "C" PRIMARY KEY,
    definitions TEXT COLLATE "C" NOT NULL,
    relations TEXT COLLATE "C" NOT NULL
);

-- Tallies are kept by difference from now on, beginning with nothing.
DELETE FROM tally;

-- Records that fail an indicator, and that failed it once. Seen is what the expressions read at the time.
DROP TABLE finding;
CREATE TABLE finding (
    indicator TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    views TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    opened_seq BIGINT NOT NULL,
    closed_at TIMESTAMP,
    version TEXT COLLATE "C" NOT NULL,
    seen TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (indicator, record_id, views, opened_seq)
);
CREATE INDEX finding_open ON finding (indicator, record_id) WHERE closed_at IS NULL;
CREATE INDEX finding_by_record ON finding (record_id, opened_at);
CREATE INDEX finding_by_closing ON finding (closed_at);

-- What was concluded on a subject, from when to when.
CREATE TABLE status (
    subject TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    from_seq BIGINT NOT NULL,
    valid_until TIMESTAMP,
    PRIMARY KEY (subject, "view", from_seq)
);
CREATE INDEX status_now ON status ("view", subject) WHERE valid_until IS NULL;
CREATE INDEX status_by_time ON status ("view", valid_from, valid_until);

-- What turned, when, and because of which records.
CREATE TABLE change (
    seq BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    before TEXT COLLATE "C",
    after TEXT COLLATE "C" NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (seq, subject, "view")
);

-- What an indicator said when its verdict turned, and once a day.
CREATE TABLE result (
    indicator TEXT COLLATE "C" NOT NULL,
    "system" TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    freshness TEXT COLLATE "C" NOT NULL,
    passing BIGINT NOT NULL,
    failing BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    PRIMARY KEY (indicator, "system", "view", seq)
);
CREATE INDEX result_by_time ON result ("view", at);

-- Only suppliers' answers are kept whole; the others are drawn from what is above.
DELETE FROM conclusion WHERE subject NOT LIKE 'supplier/%';
UPDATE ledger SET concluded_seq = -1;
