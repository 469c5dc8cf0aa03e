-- Times are milliseconds since the Unix epoch, UTC.

-- What is served. AUTOINCREMENT: a number is never given twice, so a late event can never count for another post.
CREATE TABLE posts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    slug         TEXT    NOT NULL UNIQUE,
    title        TEXT    NOT NULL,
    -- The title in lower case, for searching.
    title_key    TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    -- A JSON array, in the author's order; post_tags holds the same for searching.
    tags         TEXT    NOT NULL,
    published_at BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    -- Counts changes of the content.
    revision     BIGINT  NOT NULL DEFAULT 1,
    -- The file it was imported from: absolute, and below the folder that was named.
    source       TEXT    UNIQUE,
    source_path  TEXT
);
CREATE INDEX posts_by_publication ON posts (published_at, id);
CREATE INDEX posts_by_source_path ON posts (source_path) WHERE source_path IS NOT NULL;

CREATE TABLE post_tags (
    tag  TEXT   NOT NULL,
    post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, post)
) WITHOUT ROWID;
CREATE INDEX post_tags_by_post ON post_tags (post);

-- The numbers, one row for each post from its creation on; apart from posts, so that rewriting a number does not
-- rewrite a body.
CREATE TABLE counts (
    post    INTEGER PRIMARY KEY NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    views   BIGINT NOT NULL DEFAULT 0,
    viewers BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX counts_by_views ON counts (views, post);

-- Views by UTC hour. No reference to posts: the batch that writes here has just found the post's row in counts, and
-- a second look-up for each row would cost as much as the write. Deleting a post deletes its rows here.
CREATE TABLE hourly_views (
    post  BIGINT NOT NULL,
    hour  BIGINT NOT NULL,
    views BIGINT NOT NULL,
    PRIMARY KEY (post, hour)
) WITHOUT ROWID;

-- What was not counted, and why. post 0: it belongs to no post.
CREATE TABLE ledger (
    post   BIGINT NOT NULL,
    day    BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (post, day, reason)
) WITHOUT ROWID;

-- Spill files that were applied: each one exactly once.
CREATE TABLE applied_spills (
    id         TEXT   PRIMARY KEY NOT NULL,
    applied_at BIGINT NOT NULL
) WITHOUT ROWID;

-- How the drains went; the last one is shown in the metrics of the next run.
CREATE TABLE drains (
    at        BIGINT PRIMARY KEY NOT NULL,
    took      BIGINT NOT NULL,
    -- Events written since the start, and events that could not be.
    written   BIGINT NOT NULL,
    unwritten BIGINT NOT NULL
) WITHOUT ROWID;
