-- The logarithm (base 2) of the post's views, each weighted by 2^(its time / half-life): see store/trend.rs.
ALTER TABLE counts ADD COLUMN trend DOUBLE NOT NULL DEFAULT 0;
-- Viewers whose viewings were pruned or forgotten: viewers = rows in viewings + this.
ALTER TABLE counts ADD COLUMN past_viewers BIGINT NOT NULL DEFAULT 0;
CREATE INDEX counts_by_trend ON counts (trend, post);

-- Viewers with a name. Their numbers are positive, those of anonymous ones negative.
CREATE TABLE viewers (
    id   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT    NOT NULL UNIQUE
);

-- Who saw what, when. Clustered by post and viewer, and a batch is applied in that order; a viewer's history is asked
-- for named ones only, so only they pay for an index.
CREATE TABLE viewings (
    post       BIGINT NOT NULL,
    viewer     BIGINT NOT NULL,
    first      BIGINT NOT NULL,
    last       BIGINT NOT NULL,
    -- Counted views; repeats inside the de-duplication window are in the ledger.
    views      BIGINT NOT NULL,
    -- When the last view was counted: where the de-duplication window begins.
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (post, viewer)
) WITHOUT ROWID;
CREATE INDEX viewings_of_named ON viewings (viewer, last, post) WHERE viewer > 0;

-- The site's hours, under post 0: every view of every post once more.
INSERT INTO hourly_views (post, hour, views)
SELECT 0, hour, SUM(views) FROM hourly_views GROUP BY hour;

-- The secret of each day's anonymous hashes. A day's row is deleted when the day is over.
CREATE TABLE salts (
    day  BIGINT PRIMARY KEY NOT NULL,
    salt BLOB   NOT NULL
) WITHOUT ROWID;

-- Numbers set by hand or brought from elsewhere: views = sum of hourly_views + sum of these.
CREATE TABLE corrections (
    id      INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    post    BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    views   BIGINT  NOT NULL,
    viewers BIGINT  NOT NULL,
    reason  TEXT    NOT NULL
);
CREATE INDEX corrections_by_post ON corrections (post);

-- Access logs that were imported: how far, and what the part imported looks like.
CREATE TABLE imported_logs (
    id    INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    -- Hash of the first line: finds a log that has grown since.
    head  TEXT    NOT NULL,
    -- Bytes imported, and their hash.
    bytes BIGINT  NOT NULL,
    hash  TEXT    NOT NULL,
    at    BIGINT  NOT NULL
);
CREATE INDEX imported_logs_by_head ON imported_logs (head);
