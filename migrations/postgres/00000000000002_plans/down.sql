-- Drops the plans.
DROP TABLE plan;
