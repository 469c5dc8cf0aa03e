-- A correction may also be of hours: of a range of them, all views were taken out of hourly_views, or put back. Such a row has 0
-- views and viewers, since views = sum of hourly_views + sum of corrections.views holds without it.
ALTER TABLE corrections ADD COLUMN hour_views BIGINT NOT NULL DEFAULT 0;
-- The first hour, and the one after the last; of a number that was set by hand, none.
ALTER TABLE corrections ADD COLUMN from_hour BIGINT;
ALTER TABLE corrections ADD COLUMN to_hour BIGINT;
-- The correction whose hours it put back.
ALTER TABLE corrections ADD COLUMN takes_back BIGINT;
CREATE UNIQUE INDEX corrections_taking_back ON corrections (takes_back) WHERE takes_back IS NOT NULL;

-- What is taken out of hourly_views now, by the correction that did it.
CREATE TABLE removed_hours (
    post       BIGINT NOT NULL,
    correction BIGINT NOT NULL,
    hour       BIGINT NOT NULL,
    views      BIGINT NOT NULL,
    PRIMARY KEY (post, correction, hour)
) WITHOUT ROWID;

-- Of these, what imported logs have counted: taken out of log_hours, so that a log can still be taken back exactly.
CREATE TABLE removed_log_hours (
    post       BIGINT NOT NULL,
    correction BIGINT NOT NULL,
    log        BIGINT NOT NULL,
    hour       BIGINT NOT NULL,
    views      BIGINT NOT NULL,
    PRIMARY KEY (post, correction, log, hour)
) WITHOUT ROWID;
