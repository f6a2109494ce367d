-- What contributes to services, summed up: made when it is asked for, forgotten when anything it was made of changes.
CREATE TABLE contributing_items (
    service_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- What was deleted relates to nothing any more, but for tickets: what happened, happened.
DELETE FROM edge WHERE owner_id IN (SELECT id FROM record WHERE deleted_at IS NOT NULL AND kind <> 'ticket');
