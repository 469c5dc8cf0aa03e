-- Viewers who were forgotten on demand, and when: events from before that are applied later are of nobody. By a hash of
-- the name, so that a row does not name whom it forgets. Rows go with age.
CREATE TABLE forgotten_viewers (
    name_hash BIGINT PRIMARY KEY NOT NULL,
    at        BIGINT NOT NULL
) WITHOUT ROWID;
