-- The address of a post's page elsewhere: host and path, as model/page_address.rs writes them; without its host where only the
-- path is known.
ALTER TABLE posts ADD COLUMN address TEXT;
CREATE UNIQUE INDEX posts_by_address ON posts (address) WHERE address IS NOT NULL;
