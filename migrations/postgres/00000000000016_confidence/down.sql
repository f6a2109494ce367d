ALTER TABLE supplier_sample DROP COLUMN known;
ALTER TABLE supplier_sample DROP COLUMN "of";
