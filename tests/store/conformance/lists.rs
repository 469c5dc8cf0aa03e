//! Lists of posts.

use super::database::Database;
use super::samples::{NOON, after_noon, content, create, listed, views, write};
use crate::model::time::DAY;
use crate::model::{
    Cursor, ListQuery, PostContent, PostId, PostLink, SearchWords, Sort, TimestampMs,
};
use crate::store::Store;

fn sorted(sort: Sort) -> ListQuery {
    ListQuery {
        sort,
        ..ListQuery::default()
    }
}

/// Posts `p0`, `p1` … published one millisecond after the other.
fn create_some(store: &dyn Store, count: i64) -> Vec<PostId> {
    let post = |n: i64| PostContent {
        published_at: after_noon(n),
        ..content(&format!("p{n}"))
    };
    (0..count)
        .map(|n| store.create(&post(n)).expect("a post").id)
        .collect()
}

pub fn each_order_lists_every_post_once(db: &dyn Database) {
    let store = db.store();
    let ids = create_some(&*store, 7);
    // The views of p3 are many and old, those of p5 few and new.
    write(&*store, &views(ids[3], TimestampMs(NOON.0 - 30 * DAY), 100));
    write(&*store, &views(ids[5], NOON, 2));
    let cases = [
        (Sort::Published, ["p6", "p5", "p4", "p3", "p2", "p1", "p0"]),
        (Sort::Views, ["p3", "p5", "p6", "p4", "p2", "p1", "p0"]),
        (Sort::Trending, ["p5", "p3", "p6", "p4", "p2", "p1", "p0"]),
    ];
    for (sort, expected) in cases {
        for limit in [1, 2, 3, 7, 100] {
            assert_eq!(
                listed(&*store, &sorted(sort), limit),
                expected,
                "{sort:?}, {limit} a page"
            );
        }
    }
}

pub fn ties_go_to_the_higher_id(db: &dyn Database) {
    let store = db.store();
    for slug in ["a", "b", "c"] {
        let id = create(&*store, slug);
        write(&*store, &views(id, NOON, 4));
    }
    for sort in [Sort::Published, Sort::Views, Sort::Trending] {
        assert_eq!(
            listed(&*store, &sorted(sort), 1),
            ["c", "b", "a"],
            "{sort:?}"
        );
    }
}

pub fn a_post_added_between_two_pages_shifts_nothing(db: &dyn Database) {
    let store = db.store();
    let ids = create_some(&*store, 4);
    let query = ListQuery {
        limit: 2,
        ..sorted(Sort::Published)
    };
    let first = store.list(&query).expect("a page");
    let newer = PostContent {
        published_at: after_noon(99),
        ..content("newer")
    };
    store.create(&newer).expect("a post");
    store.delete(ids[3], None).expect("a deletion");
    let rest = ListQuery {
        after: first.next,
        ..query
    };
    let rest: Vec<String> = store
        .list(&rest)
        .expect("a page")
        .items
        .into_iter()
        .map(|post| post.slug)
        .collect();
    assert_eq!(rest, ["p1", "p0"]);
}

pub fn tags_and_titles_filter(db: &dyn Database) {
    let store = db.store();
    let posts = [
        ("a", "Über Zäune", &["x", "y"][..]),
        ("b", "100% über_alles", &["y"]),
        ("c", "Plain", &[]),
    ];
    for (slug, title, tags) in posts {
        let post = PostContent {
            title: title.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..content(slug)
        };
        store.create(&post).expect("a post");
    }
    let filtered = |tag: Option<&str>, words: Option<&str>| {
        let query = ListQuery {
            tag: tag.map(str::to_owned),
            words: words.and_then(SearchWords::parse),
            ..ListQuery::default()
        };
        listed(&*store, &query, 1)
    };
    assert_eq!(filtered(Some("y"), None), ["b", "a"]);
    assert_eq!(filtered(Some("Y"), None), [""; 0]);
    assert_eq!(filtered(None, Some("ÜBER")), ["b", "a"]);
    assert_eq!(filtered(None, Some("%")), ["b"]);
    assert_eq!(filtered(None, Some("r_a")), ["b"]);
    assert_eq!(filtered(Some("x"), Some("zäune")), ["a"]);
    // A tag that an update takes away finds the post no longer.
    let id = store.create(&content("d")).expect("a post").id;
    assert_eq!(filtered(Some("rust"), None), ["d"]);
    let untagged = PostContent {
        tags: Vec::new(),
        ..content("d")
    };
    store.update(id, &untagged, None).expect("an update");
    assert_eq!(filtered(Some("rust"), None), [""; 0]);
}

/// More than are put in order at once, with others between them and many that are equal.
pub fn thousands_that_pass_a_filter_are_in_order(db: &dyn Database) {
    let store = db.store();
    for statement in [
        "INSERT INTO posts (id, slug, title, summary, body, tags, published_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9001)
         SELECT i, 'p' || i, 'Post', '', '', '[\"odd\"]', i % 11, 0 FROM n",
        "INSERT INTO counts (post, views, trend) SELECT id, id % 7, id % 13 + 0.5 FROM posts",
        "INSERT INTO post_tags (tag, post) SELECT 'odd', id FROM posts WHERE id % 2 = 1",
        // The first in each order.
        "UPDATE counts SET views = 99, trend = 99 WHERE post = 1",
        "UPDATE posts SET published_at = 99 WHERE id = 1",
        "DELETE FROM post_tags WHERE post = 3",
    ] {
        db.execute(statement);
    }
    for (sort, modulus) in [
        (Sort::Published, 11),
        (Sort::Views, 7),
        (Sort::Trending, 13),
    ] {
        let query = ListQuery {
            sort,
            tag: Some("odd".to_owned()),
            ..ListQuery::default()
        };
        let mut expected: Vec<i64> = (5..=9001).step_by(2).collect();
        expected.sort_unstable_by_key(|id| (-(id % modulus), -id));
        expected.insert(0, 1);
        let expected: Vec<String> = expected.iter().map(|id| format!("p{id}")).collect();
        for limit in [100, 999] {
            assert_eq!(listed(&*store, &query, limit), expected, "{sort:?}");
        }
    }
}

pub fn summaries_are_of_the_posts_asked_for(db: &dyn Database) {
    let store = db.store();
    let ids = create_some(&*store, 3);
    write(&*store, &views(ids[2], NOON, 9));
    let all = ListQuery::default();
    let mut found = store
        .summaries(&[ids[2], 999, ids[0]], &all)
        .expect("posts");
    found.sort_by_key(|post| post.id);
    let found: Vec<(&str, i64)> = found
        .iter()
        .map(|post| (post.slug.as_str(), post.views))
        .collect();
    assert_eq!(found, [("p0", 0), ("p2", 9)]);
    assert_eq!(store.summaries(&[], &all).expect("posts"), []);
    let other = ListQuery {
        tag: Some("none".to_owned()),
        ..all
    };
    assert_eq!(store.summaries(&ids, &other).expect("posts"), []);
}

pub fn neighbours_are_the_next_in_time(db: &dyn Database) {
    let store = db.store();
    let ids = create_some(&*store, 3);
    // At the same moment as p1, and so after it.
    let twin = PostContent {
        published_at: after_noon(1),
        ..content("twin")
    };
    let twin = store.create(&twin).expect("a post").id;
    let neighbours = |published_at: i64, id: PostId| {
        let of = Cursor {
            key: after_noon(published_at).0,
            id,
        };
        let found = store.neighbours(of).expect("neighbours");
        let slug = |link: Option<PostLink>| link.map_or("-".to_owned(), |link| link.slug);
        (slug(found.older), slug(found.newer))
    };
    let pair = |older: &str, newer: &str| (older.to_owned(), newer.to_owned());
    assert_eq!(neighbours(0, ids[0]), pair("-", "p1"));
    assert_eq!(neighbours(1, ids[1]), pair("p0", "twin"));
    assert_eq!(neighbours(1, twin), pair("p1", "p2"));
    assert_eq!(neighbours(2, ids[2]), pair("twin", "-"));
}

pub fn addresses_are_in_the_order_of_ids(db: &dyn Database) {
    let store = db.store();
    assert_eq!(store.first_id(0).expect("an answer"), None);
    let ids = create_some(&*store, 5);
    store.delete(ids[2], None).expect("deleted");
    let addresses = store.addresses(ids[1]..ids[4]).expect("addresses");
    let slugs: Vec<&str> = addresses.iter().map(|post| post.slug.as_str()).collect();
    assert_eq!(slugs, ["p1", "p3"]);
    assert_eq!(addresses[0].updated_at, NOON);
    assert_eq!(store.first_id(0).expect("an answer"), Some(ids[0]));
    assert_eq!(store.first_id(ids[2]).expect("an answer"), Some(ids[3]));
    assert_eq!(store.first_id(ids[4] + 1).expect("an answer"), None);
}
