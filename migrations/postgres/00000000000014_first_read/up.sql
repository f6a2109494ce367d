-- Sources that were read to their end, or as far as they could be, and how far their records have been judged since: up
-- to this id, all of them where there is none; and how many are left. Before, nothing is concluded from a source.
CREATE TABLE first_read (
    source TEXT PRIMARY KEY,
    judged_to TEXT,
    "left" BIGINT NOT NULL
);
INSERT INTO first_read (source, judged_to, "left") SELECT DISTINCT source, NULL::text, 0 FROM checkpoint;

-- What waited for its source has no row any more.
DELETE FROM judgement WHERE catalogue = '';
UPDATE judgement SET due_at = '1970-01-01 00:00:00' WHERE due_at > '9999-01-01 00:00:00';
