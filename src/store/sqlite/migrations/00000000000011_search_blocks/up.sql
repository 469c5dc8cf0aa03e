-- An index that was made before posts had the term of their block finds nothing by block: all posts are indexed anew.
INSERT INTO meta (key, value) SELECT 'searchable_to', '0' WHERE EXISTS (SELECT 1 FROM posts)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
