-- Drops the class incidents were judged by.
ALTER TABLE judgement DROP COLUMN class;
