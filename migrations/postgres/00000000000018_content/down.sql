DROP INDEX delivery_buried;
DROP INDEX delivery_by_key;
DELETE FROM delivery WHERE EXISTS (
    SELECT 1 FROM delivery AS later
    WHERE later.source = delivery.source AND later."key" = delivery."key" AND later.number > delivery.number
);
ALTER TABLE delivery ADD CONSTRAINT delivery_source_key_key UNIQUE (source, "key");
