-- Posts that were deleted and can still be brought back. All their rows stay as they are, so that views on their way count
-- and come back with the post; only what looks for posts passes over them. After some time they go for good.
CREATE TABLE deleted_posts (
    post INTEGER PRIMARY KEY NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    at   BIGINT NOT NULL,
    -- The slug it had. Meanwhile posts.slug is no slug, so that another post may have this one.
    slug TEXT   NOT NULL
);
