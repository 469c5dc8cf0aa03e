//! Searching: what is found is what a comparison of every post with the words finds.

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, content, export, findings, listed, views, write,
};
use crate::model::{Inconsistency, ListQuery, PostContent, PostId, SearchWords, Sort};
use crate::store::Store;

/// Characters of some scripts, punctuation that means something to SQL or to a full-text index, and characters beyond 16 bits.
const SCRIPTS: [&str; 8] = [
    "abé",
    "조회수글",
    "世界大",
    "дома",
    "カなが",
    "-_'\"*%()^:+.",
    "0123",
    "😀𝄞a",
];

fn random_word(random: &mut fastrand::Rng, most: usize) -> String {
    let script = random.choice(SCRIPTS).unwrap_or_default();
    let chars: Vec<char> = script.chars().collect();
    (0..random.usize(1..=most))
        .map(|_| chars[random.usize(..chars.len())])
        .collect()
}

fn random_text(random: &mut fastrand::Rng, words: std::ops::RangeInclusive<usize>) -> String {
    let words: Vec<String> = (0..random.usize(words))
        .map(|_| random_word(random, 9))
        .collect();
    words.join(" ")
}

fn random_post(random: &mut fastrand::Rng, n: usize) -> PostContent {
    PostContent {
        title: random_text(random, 1..=4),
        summary: random_text(random, 0..=5),
        tags: (0..2).map(|_| random_word(random, 1)).collect(),
        published_at: after_noon(random.i64(0..40)),
        ..content(&format!("p{n}"))
    }
}

/// A part of a word of a post, as long as it may be, or of no post.
fn random_term(random: &mut fastrand::Rng, posts: &[(PostId, PostContent, i64)]) -> String {
    if random.u8(..4) == 0 {
        return random_word(random, 6);
    }
    let (_, post, _) = &posts[random.usize(..posts.len())];
    let text = format!("{} {}", post.title, post.summary);
    let words: Vec<&str> = text.split_whitespace().collect();
    let word: Vec<char> = words[random.usize(..words.len())].chars().collect();
    let start = random.usize(..word.len());
    let end = word.len().min(start + random.usize(1..=6));
    word[start..end].iter().collect()
}

/// The slugs of the posts that have these words, in the order asked for.
fn expected(
    posts: &[(PostId, PostContent, i64)],
    query: &ListQuery,
    terms: &[String],
) -> Vec<String> {
    let has = |post: &PostContent, term: &str| {
        [&post.title, &post.summary]
            .iter()
            .any(|text| text.to_lowercase().contains(term))
    };
    let mut found: Vec<&(PostId, PostContent, i64)> = posts
        .iter()
        .filter(|(_, post, _)| terms.iter().all(|term| has(post, term)))
        .filter(|(_, post, _)| query.tag.as_ref().is_none_or(|tag| post.tags.contains(tag)))
        .collect();
    found.sort_by_key(|(id, post, views)| match query.sort {
        Sort::Published => (post.published_at.0, *id),
        Sort::Views | Sort::Trending => (*views, *id),
    });
    found
        .iter()
        .rev()
        .map(|(_, post, _)| post.slug.clone())
        .collect()
}

pub fn random_terms_find_what_has_them(db: &dyn Database) {
    let store = db.store();
    let mut random = fastrand::Rng::with_seed(11);
    let mut posts = Vec::new();
    for n in 0..150 {
        let post = random_post(&mut random, n);
        let id = store.create(&post).expect("a post").id;
        // All in one hour, so that the trend's order is that of the views.
        let count = random.u64(1..20);
        write(&*store, &views(id, NOON, count));
        posts.push((id, post, count as i64));
    }
    // What was updated and what was deleted is found by its last text, or not at all.
    for (n, (id, post, _)) in posts.iter_mut().enumerate().take(30) {
        let changed = PostContent {
            slug: post.slug.clone(),
            ..random_post(&mut random, n)
        };
        store.update(*id, &changed, None).expect("an update");
        *post = changed;
    }
    for (n, (id, ..)) in posts.drain(30..50).enumerate() {
        match n % 2 {
            0 => store.delete(id, None).expect("a deletion"),
            _ => store.soft_delete(id, None, NOON).expect("a deletion"),
        }
    }
    assert_consistent(&*store);
    let mut found_some = 0;
    for _ in 0..400 {
        let terms: Vec<String> = (0..random.usize(1..=2))
            .map(|_| random_term(&mut random, &posts))
            .collect();
        let query = ListQuery {
            sort: [Sort::Published, Sort::Views, Sort::Trending][random.usize(..3)],
            tag: (random.u8(..4) == 0).then(|| random_word(&mut random, 1)),
            words: SearchWords::parse(&terms.join(" ")),
            ..ListQuery::default()
        };
        let expected = expected(&posts, &query, &terms);
        let limit = random.usize(1..6);
        assert_eq!(
            listed(&*store, &query, limit),
            expected,
            "{terms:?} {query:?}"
        );
        found_some += usize::from(!expected.is_empty());
    }
    assert!(
        found_some > 200,
        "only {found_some} of the searches find anything"
    );
}

fn found(store: &dyn Store, words: &str) -> Vec<String> {
    let query = ListQuery {
        words: SearchWords::parse(words),
        ..ListQuery::default()
    };
    listed(store, &query, 10)
}

pub fn a_search_goes_by_the_text_a_post_has_now(db: &dyn Database) {
    let store = db.store();
    let of = |slug: &str, title: &str| PostContent {
        title: title.to_owned(),
        ..content(slug)
    };
    let id = store.create(&of("a", "조회수")).expect("a post").id;
    assert_eq!(found(&*store, "조회"), ["a"]);
    store.update(id, &of("a", "세계"), None).expect("an update");
    assert_eq!(found(&*store, "조회"), [""; 0]);
    assert_eq!(found(&*store, "계"), ["a"]);
    store.soft_delete(id, None, NOON).expect("a deletion");
    assert_eq!(found(&*store, "세계"), [""; 0]);
    store.undelete(id).expect("a post");
    assert_eq!(found(&*store, "세계"), ["a"]);
    let other = db.another();
    let restored = other.store();
    let records = export(&*store);
    restored
        .restore(&mut records.into_iter())
        .expect("a restore");
    assert_eq!(found(&*restored, "세계 summ"), ["a"]);
    assert_consistent(&*restored);
    store.delete(id, None).expect("a deletion");
    assert_eq!(found(&*store, "세계"), [""; 0]);
    assert_consistent(&*store);
}

pub fn an_index_out_of_step_is_found_and_mended(db: &dyn Database) {
    let store = db.store();
    let [a, b] = ["a", "b"].map(|slug| store.create(&content(slug)).expect("a post").id);
    db.execute(&format!(
        "UPDATE posts SET title = 'Changed beside' WHERE id = {a}"
    ));
    for damage in db.damage_to_search(b, 99) {
        db.execute(&damage);
    }
    let wrong = [
        Inconsistency::SearchTerms { post: a },
        Inconsistency::SearchTerms { post: b },
        Inconsistency::Orphans {
            table: "post_search",
            post: 99,
            rows: 1,
        },
    ];
    assert_eq!(findings(&*store, true), wrong);
    assert_consistent(&*store);
    assert_eq!(found(&*store, "beside"), ["a"]);
    assert_eq!(found(&*store, "title of"), ["b"]);
}
