-- Only a name its sender gave tells a delivery from all others of its source; equal content may come any number of times.

ALTER TABLE delivery DROP CONSTRAINT delivery_source_key_key;
CREATE UNIQUE INDEX delivery_by_key ON delivery (source, "key") WHERE "key" LIKE 'id:%';
CREATE INDEX delivery_buried ON delivery (source, "key") WHERE reason IS NOT NULL;
