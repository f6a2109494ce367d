-- Drops the decisions on classification.
DROP TABLE classification;
