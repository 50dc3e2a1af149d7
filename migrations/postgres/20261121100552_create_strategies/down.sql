DROP TABLE strategy_versions;
DROP TABLE strategies;
