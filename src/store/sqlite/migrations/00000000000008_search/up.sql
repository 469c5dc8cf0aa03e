-- Which posts may hold a word, or a part of one, in title or summary: deleted ones too, until they go for good. The terms of a
-- post are the three characters from each character of each of its words on, or fewer at the end of a word; the prefix
-- indexes find one character and two. One more term is that of the block of ids a post is in. Without the text itself, which
-- posts has. `sql/search_terms.rs` makes the terms.
CREATE VIRTUAL TABLE post_search USING fts5 (
    terms,
    tokenize = 'ascii',
    prefix = '1 2',
    detail = none,
    content = '',
    contentless_delete = 1
);

-- Each term of each post, for comparing the index with the posts.
CREATE VIRTUAL TABLE post_search_terms USING fts5vocab (post_search, instance);

-- The posts that are there are indexed after this: meta says up to which id they are, until all are.
INSERT INTO meta (key, value) SELECT 'searchable_to', '0' WHERE EXISTS (SELECT 1 FROM posts);

-- What searching used until now.
ALTER TABLE posts DROP COLUMN title_key;
