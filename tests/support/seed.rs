//! A site that is old and large already: rows written straight into its database, as counting would have left them.

use super::{Database, Home};

/// Creates the schema: the server does, on its first start.
pub fn empty_database(home: &Home) -> Database {
    home.write("no-numbers.csv", "");
    index(home);
    home.database()
}

/// Makes [`posts`] findable, where a start would take too long for it.
pub fn index(home: &Home) {
    let finished = home.run(&["import", "counts", "no-numbers.csv"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// Posts `1..=posts`, called `post-0000001` and so on, without views. The next start makes them findable.
pub fn posts(database: &mut Database, posts: i64) {
    database.execute(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {posts})
         INSERT INTO posts (id, slug, title, summary, body, tags, published_at, updated_at)
         SELECT i, printf('post-%07d', i), 'Post ' || i, '', 'Text', '[]',
                1500000000000 + i * 1000, 1500000000000 + i * 1000 FROM n;
         INSERT INTO counts (post) SELECT id FROM posts ORDER BY id;
         INSERT OR REPLACE INTO meta (key, value) VALUES ('searchable_to', '0');
         COMMIT;"
    ));
}

/// Views of a post by UTC hour (milliseconds); to be followed by [`sum_up`].
pub fn hours(database: &mut Database, post: i64, hours: &[(i64, i64)]) {
    for (hour, views) in hours {
        assert_eq!(hour % 3_600_000, 0, "no start of an hour");
        database.execute(&format!(
            "INSERT INTO hourly_views (post, hour, views) VALUES ({post}, {hour}, {views})"
        ));
    }
}

/// Makes posts' numbers and the site's hours the sums of posts' hours.
pub fn sum_up(database: &mut Database) {
    database.execute(
        "BEGIN;
         DELETE FROM hourly_views WHERE post = 0;
         INSERT INTO hourly_views (post, hour, views)
         SELECT 0, hour, SUM(views) FROM hourly_views GROUP BY hour ORDER BY hour;
         CREATE TEMP TABLE sums AS
         SELECT post, SUM(views) AS views, MAX(hour) AS last FROM hourly_views WHERE post > 0 GROUP BY post;
         -- The last view's hour, in days, and a little for each view before it: near enough to what counting keeps.
         UPDATE counts SET views = sums.views, trend = sums.last / 86400000.0 + sums.views / 1000.0
         FROM sums WHERE sums.post = counts.post;
         DROP TABLE sums;
         COMMIT;",
    );
    sum_up_site(database);
}

/// Makes the site's numbers the sums of posts' numbers and of the ledger.
pub fn sum_up_site(database: &mut Database) {
    database.execute(
        "BEGIN;
         DELETE FROM site_numbers;
         INSERT INTO site_numbers (name, number)
         SELECT 'views', TOTAL(views) FROM counts UNION ALL SELECT 'viewers', TOTAL(viewers) FROM counts
         UNION ALL SELECT reason, SUM(count) FROM ledger GROUP BY reason;
         COMMIT;",
    );
}

/// The number of viewers who have a name in a [`large`] site: `viewer-1` and so on, with numbers from 1.
pub const NAMED: i64 = 1_000;

/// A site with 10 viewings for each post, on average: every thousandth post has 5,005 viewers, the others five. Two
/// viewers of each are named, the rest anonymous; each viewed once, in an hour of the last year of its own.
pub fn large(home: &Home, post_count: i64, now: i64) -> Database {
    let mut database = empty_database(home);
    // Nothing here needs to survive a crash.
    database.execute(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; PRAGMA temp_store = MEMORY;",
    );
    posts(&mut database, post_count);
    let this_hour = now / 3_600_000 * 3_600_000;
    database.execute(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {NAMED})
         INSERT INTO viewers (id, name) SELECT i, 'viewer-' || i FROM n;
         CREATE TEMP TABLE places (place INTEGER PRIMARY KEY);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5005)
         INSERT INTO places SELECT i FROM n;
         INSERT INTO viewings (post, viewer, first, last, views, counted_at)
         SELECT post, viewer, at, at, 1, at FROM (
             SELECT id AS post, {this_hour} - (id * 31 + place * 97) % 8700 * 3600000 AS at,
                    CASE WHEN place <= 2 THEN 1 + (id * 7 + place * 13) % {NAMED}
                         ELSE place - 1000000000 + id % 1000 * 10000 END AS viewer
             FROM posts CROSS JOIN places WHERE place <= CASE WHEN id % 1000 = 0 THEN 5005 ELSE 5 END);
         INSERT INTO hourly_views (post, hour, views)
         SELECT id, {this_hour} - (id * 31 + place * 97) % 8700 * 3600000, 1
         FROM posts CROSS JOIN places WHERE place <= CASE WHEN id % 1000 = 0 THEN 5005 ELSE 5 END;
         COMMIT;"
    ));
    sum_up(&mut database);
    database.execute(
        "UPDATE counts SET viewers = views WHERE views > 0; PRAGMA journal_mode = DELETE;",
    );
    sum_up_site(&mut database);
    database
}
