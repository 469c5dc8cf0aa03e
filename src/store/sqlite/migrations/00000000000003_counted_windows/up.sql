-- Which viewer has counted for which post in which de-duplication window: each row is one counted view, and repeats in
-- its window are duplicates. Clustered by its key, and a batch is applied in that order. Rows belong to a row of viewings
-- and are deleted with it.
CREATE TABLE counted_windows (
    post   BIGINT NOT NULL,
    viewer BIGINT NOT NULL,
    -- The time at which the window starts.
    start  BIGINT NOT NULL,
    PRIMARY KEY (post, viewer, start)
) WITHOUT ROWID;

-- viewings.counted_at is what decided before. It is no longer written; the first start with a window takes the windows
-- that are still under way from it, since this file does not know how long they are.

-- Single values: log_key, the secret of the hashes of readers in access logs; windows_taken, that the above is done.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
