-- Which events of a journal are counted: one row for each run of a server. A batch's transaction adds the positions of its
-- events, so that each event is counted once, whenever the process dies.
CREATE TABLE journals (
    run       BIGINT PRIMARY KEY NOT NULL,
    -- Ranges of positions, encoded.
    committed BLOB NOT NULL,
    -- Of the views that found no room in the journal, how many are in the ledger.
    dropped   BIGINT NOT NULL,
    -- Whether the run's journal is removed. The row stays, in case its files come back.
    closed    BIGINT NOT NULL
);
