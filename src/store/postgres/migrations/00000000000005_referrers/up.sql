-- Where readers come from: the hosts of sites that link to a post, by UTC day; of post 0, to any. Hosts alone, and so many a day;
-- the rest has no host.
CREATE TABLE referrers (
    post  BIGINT NOT NULL,
    day   BIGINT NOT NULL,
    host  TEXT COLLATE "C" NOT NULL,
    views BIGINT NOT NULL,
    PRIMARY KEY (post, day, host)
);
