DROP TABLE access_tickets;
DROP TABLE access_keys;
