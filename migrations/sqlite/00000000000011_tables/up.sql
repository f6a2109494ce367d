-- Tables for dashboards: when each change happened, and what there is no more.

-- When each change of the ledger happened. Of those made before this table there is one line, for all of them.
CREATE TABLE moment (
    seq BIGINT PRIMARY KEY,
    at TIMESTAMP NOT NULL
);
CREATE INDEX moment_by_time ON moment (at, seq);
INSERT INTO moment (seq, at) SELECT seq, at FROM ledger WHERE seq > 0;

ALTER TABLE supplier_sample ADD COLUMN changed_seq BIGINT NOT NULL DEFAULT 0;
DROP INDEX supplier_sample_by_day;
CREATE INDEX supplier_sample_by_day ON supplier_sample ("view", "day", status, residual);
CREATE INDEX supplier_sample_by_change ON supplier_sample ("view", changed_seq);

CREATE INDEX supplier_ticket_by_change ON supplier_ticket (changed_seq);

-- What tickets added once and add no more.
CREATE TABLE supplier_ticket_gone (
    record_id TEXT NOT NULL,
    party TEXT NOT NULL,
    input TEXT NOT NULL,
    "view" TEXT NOT NULL,
    changed_seq BIGINT NOT NULL,
    PRIMARY KEY (record_id, party, input, "view")
);
CREATE INDEX supplier_ticket_gone_by_change ON supplier_ticket_gone (changed_seq);

-- What is missing that would speak for suppliers, and what was once: as JSON, by a key of its own.
CREATE TABLE supplier_gap (
    party TEXT NOT NULL,
    "key" TEXT NOT NULL,
    body TEXT NOT NULL,
    gone BOOLEAN NOT NULL,
    changed_seq BIGINT NOT NULL,
    PRIMARY KEY (party, "key")
);
CREATE INDEX supplier_gap_by_change ON supplier_gap (changed_seq);

-- Records that everybody saw before only a smaller group may: to the others they are gone.
CREATE TABLE withheld (
    record_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    changed_seq BIGINT NOT NULL
);
CREATE INDEX withheld_by_change ON withheld (kind, changed_seq);

-- Which weights, relations and sources suppliers were last scored by; another value scores them all again.
CREATE TABLE scored_under (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    circumstances TEXT NOT NULL
);

CREATE INDEX finding_by_opening ON finding (opened_seq, indicator, record_id);
