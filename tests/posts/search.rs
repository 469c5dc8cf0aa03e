//! Searching in a site of a million posts: whatever is looked for, few posts are looked at.

use std::time::{Duration, Instant};

use super::quick::is_quick;
use crate::support::{Database, Home, Server, seed, twice};

/// How long a search may take: the median of 21, asked for once more if it is longer. The times are printed.
const MOST: Duration = Duration::from_millis(20);

/// Each post has words that half of all, a tenth, a thousandth and a single one have; the oldest hundred thousand have one in
/// common, in 9,900 there is a word that no other has, and in 3,000 one of two syllables.
fn write_texts(database: &mut Database) {
    database.execute(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; BEGIN;
         UPDATE posts SET
             title = printf('Post %d %s tenth%d %s', id, CASE WHEN id % 2 THEN 'evenly' ELSE 'oddwise' END, id % 10,
                            CASE WHEN id % 333 = 0 THEN '조회수' ELSE '세계' END),
             summary = printf('part%d %s of it%s', id % 1000, CASE WHEN id <= 100000 THEN 'ancient' ELSE 'modern' END,
                              CASE WHEN id % 101 = 0 THEN ' zebra' ELSE '' END);
         COMMIT; PRAGMA journal_mode = DELETE;",
    );
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// How many posts a search finds, page by page, and in how many pages. No post has views or a trend, and the later ones are
/// those with the higher ids: each list goes down by id.
fn count(server: &Server, query: &str) -> (usize, usize) {
    let (mut posts, mut pages) = (0, 0);
    let mut last_id = i64::MAX;
    let mut path = format!("/posts?limit=100&{query}");
    loop {
        let answer = server.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let list = answer.json();
        for post in list["items"].as_array().expect("items") {
            let id = post["id"].as_i64().expect("an id");
            assert!(id < last_id, "{path}: {id} after {last_id}");
            last_id = id;
            posts += 1;
        }
        pages += 1;
        match list["next_cursor"].as_str() {
            Some(cursor) => path = format!("/posts?limit=100&{query}&cursor={cursor}"),
            None => return (posts, pages),
        }
    }
}

#[test]
#[ignore = "slow: make test-long"]
fn a_search_of_a_million_posts_looks_at_few() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 1_000_000);
    write_texts(&mut database);
    let pages = "SELECT page_count * page_size AS number FROM pragma_page_count, pragma_page_size";
    println!("{} MB without the index", database.number(pages) >> 20);
    drop(database);
    let start = Instant::now();
    let server = home.serve().start_within(Duration::from_secs(120));
    println!("indexed in {:.1?}", start.elapsed());
    println!("{} MB with it", home.database().number(pages) >> 20);
    let (first, most) = (Duration::from_secs(1), MOST);
    for words in [
        // No post has them; of the last ones, each has all terms, or each word.
        "xyzzyx",
        "q",
        "뷁",
        "뷁뷁",
        "nlyevenl",
        "evenly+oddwise",
        "evenly+oddwise+tenth3",
        "ancient+modern",
        // One post, three thousand, a thousand.
        "777777",
        "post+777777",
        "조회",
        "조",
        "회수",
        "part77x",
        "part777",
        // Nearly ten thousand; some of them together with words that some, many or all have.
        "zebra",
        "zebra+tenth3",
        "zebra+evenly",
        "zebra+modern+part",
        "조회수+part777",
        "post+part+777+evenly",
        // Half of them, all of them.
        "evenly",
        "post",
        "p",
        "세",
        "of",
        // A tenth, all of them at the end of the list.
        "ancient",
        "an",
    ] {
        let words = words.split('+').map(encoded).collect::<Vec<_>>().join("+");
        for sort in ["published", "views", "trending"] {
            let path = format!("/posts?q={words}&sort={sort}");
            twice(&path, || {
                is_quick(&mut server.connect(), &path, first, most)
            });
        }
    }
    // Its terms are those of 3,700 posts, which are looked at, a thousand a page.
    let (found, pages) = count(&server, "q=777777");
    assert!(found == 1 && pages <= 4, "{found} posts in {pages} pages");
    assert_eq!(
        count(&server, &format!("q={}", encoded("조회"))),
        (3003, 31)
    );
    for (query, expected) in [
        ("q=zebra", 9_900),
        ("q=zebra&sort=views", 9_900),
        ("q=zebra&sort=trending", 9_900),
        ("q=zebra+post", 9_900),
        ("q=zebra+evenly", 4_950),
        ("q=zebra+tenth3", 990),
        ("q=zebra+evenly+oddwise", 0),
        ("q=part777+post", 1_000),
    ] {
        let (found, pages) = count(&server, query);
        println!("{query}: {pages} pages");
        assert_eq!(found, expected, "{query}");
    }
    let (found, pages) = count(&server, "q=ancient+tenth3");
    println!("{pages} pages");
    assert_eq!(found, 10_000);
    assert_eq!(server.stop().code, Some(0));
}
