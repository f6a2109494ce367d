DROP TABLE supplier_decision;
ALTER TABLE supplier_event DROP COLUMN because;
ALTER TABLE supplier_event DROP COLUMN services;
DROP TABLE supplier_turn;
DROP TABLE contributing_items;
