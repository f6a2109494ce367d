-- Drops the decisions.
DROP TABLE decision_act;
DROP TABLE decision;
