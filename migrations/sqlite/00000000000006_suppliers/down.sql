DROP TABLE outbox;
DROP TABLE supplier_event;
DROP TABLE supplier_sample;
DROP TABLE supplier_input;
DROP TABLE supplier_ticket;
