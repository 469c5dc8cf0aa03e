-- Which messages of external queues are applied: each is once. An id is a UUID of version 7, so old ones come first.
CREATE TABLE queue_messages (
    id BLOB PRIMARY KEY
) WITHOUT ROWID;

-- Up to where the partitions of queues are applied, and which node reads each. Who holds an earlier epoch reads no more.
CREATE TABLE queue_partitions (
    queue     TEXT    NOT NULL,
    partition INTEGER NOT NULL,
    position  TEXT,
    node      INTEGER,
    epoch     INTEGER NOT NULL,
    PRIMARY KEY (queue, partition)
) WITHOUT ROWID;

-- The nodes that consume, and until when each is taken to be there.
CREATE TABLE queue_nodes (
    queue TEXT    NOT NULL,
    node  INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (queue, node)
) WITHOUT ROWID;

-- Messages that could not be applied, until somebody decides.
CREATE TABLE queue_set_aside (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    queue     TEXT    NOT NULL,
    partition INTEGER NOT NULL,
    position  TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    -- The version of its format, where that was the reason.
    version   INTEGER,
    length    INTEGER NOT NULL,
    -- NULL where it was too long to be kept.
    bytes     BLOB,
    UNIQUE (queue, partition, position)
);
