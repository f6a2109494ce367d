DROP TABLE result;
DROP TABLE change;
DROP TABLE status;
DROP TABLE judged_under;
DROP TABLE catalogue;
DROP TABLE shown;
DROP TABLE judgement;
DROP TABLE lookup;
DROP TABLE edge;
DROP TABLE finding;
CREATE TABLE finding (
    indicator TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    "view" TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    seen TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (indicator, "view", record_id)
);
CREATE INDEX finding_by_record ON finding (record_id, "view");
ALTER TABLE record DROP COLUMN restricted;
