-- What each imported log has counted, so that its import can be taken back exactly. Log 0 stands for standard input, which
-- is not remembered: what it counted is kept because other logs may share viewers with it. Keys begin with the post: a
-- post that is deleted takes its rows along, which happens more often than that a log is taken back.

-- Whether an import can be taken back: 0 no, an earlier version imported (a part of) it; 1 yes; 2 no longer, a viewer it
-- shares with another import was pruned.
ALTER TABLE imported_logs ADD COLUMN undo BIGINT NOT NULL DEFAULT 0;

-- Its share of hourly_views and of ledger.
CREATE TABLE log_hours (
    post  BIGINT NOT NULL,
    log   BIGINT NOT NULL,
    hour  BIGINT NOT NULL,
    views BIGINT NOT NULL,
    PRIMARY KEY (post, log, hour)
) WITHOUT ROWID;
CREATE TABLE log_ledger (
    post   BIGINT NOT NULL,
    log    BIGINT NOT NULL,
    day    BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (post, log, day, reason)
) WITHOUT ROWID;

-- Its share of viewings: a row there is the sum of the rows here. Pruned with it.
CREATE TABLE log_viewings (
    post   BIGINT NOT NULL,
    viewer BIGINT NOT NULL,
    log    BIGINT NOT NULL,
    first  BIGINT NOT NULL,
    last   BIGINT NOT NULL,
    views  BIGINT NOT NULL,
    PRIMARY KEY (post, viewer, log)
) WITHOUT ROWID;

-- The windows in which it saw a viewer, whether or not it was the first to. Without the one that counted, the next in the
-- order of batches counts instead. Pruned with the row of viewings.
CREATE TABLE log_windows (
    post    BIGINT NOT NULL,
    viewer  BIGINT NOT NULL,
    start   BIGINT NOT NULL,
    log     BIGINT NOT NULL,
    -- The number of the batch, over all imports.
    batch   BIGINT NOT NULL,
    -- When the view counts that one of it is.
    at      BIGINT NOT NULL,
    -- 1: it counted; 0: all of it repeated what counted.
    counted BIGINT NOT NULL,
    PRIMARY KEY (post, viewer, start, log)
) WITHOUT ROWID;

-- Its share of counts.past_viewers.
CREATE TABLE log_past_viewers (
    post    BIGINT NOT NULL,
    log     BIGINT NOT NULL,
    viewers BIGINT NOT NULL,
    PRIMARY KEY (post, log)
) WITHOUT ROWID;

-- The posts that it made.
CREATE TABLE log_posts (
    post BIGINT NOT NULL,
    log  BIGINT NOT NULL,
    PRIMARY KEY (post, log)
) WITHOUT ROWID;
