-- What contributes to services, summed up: made when it is asked for, forgotten when anything it was made of changes.
CREATE TABLE contributing_items (
    service_id TEXT COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

-- What was deleted relates to nothing any more, but for tickets: what happened, happened.
DELETE FROM edge WHERE owner_id IN (SELECT id FROM record WHERE deleted_at IS NOT NULL AND kind <> 'ticket');

-- When something that speaks for a supplier starts or ends next, so that its score is another though no record changes.
CREATE TABLE supplier_turn (
    party TEXT COLLATE "C" PRIMARY KEY,
    at TIMESTAMP NOT NULL
);
CREATE INDEX supplier_turn_by_time ON supplier_turn (at);

-- Whom an agreement names as working for those who agreed, as an edge.
INSERT INTO edge (owner_id, from_id, relation, to_id)
SELECT record.id, record.canonical_id, 'subcontractors', named ->> 'id'
FROM record CROSS JOIN LATERAL jsonb_path_query(record.fields::jsonb, '$.subcontractors[*]') AS named
WHERE record.kind = 'agreement' AND record.deleted_at IS NULL AND named ->> 'id' IS NOT NULL
ON CONFLICT DO NOTHING;

-- An agreement whose source does not say who agreed only counts for what it covers.
DELETE FROM lookup WHERE "key" = 'unattributed';
UPDATE judgement SET due_at = '1970-01-01 00:00:00' WHERE kind = 'party';

-- All scores are made anew.
DELETE FROM scored_under;

-- What an event was about when it was noticed: the services, and what had moved the score, both as JSON.
ALTER TABLE supplier_event ADD COLUMN services TEXT;
ALTER TABLE supplier_event ADD COLUMN because TEXT;

-- Every decision on a reassessment, in order; the event has the last.
CREATE TABLE supplier_decision (
    event_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    PRIMARY KEY (event_id, number)
);
INSERT INTO supplier_decision (event_id, number, decision, reason, decided_by, decided_at)
SELECT id, 1, decision, reason, decided_by, decided_at FROM supplier_event WHERE decision IS NOT NULL;
