//! Pages by address: which post each is, whatever comes first.

use super::database::Database;
use super::samples::{NOON, after_noon, content, counts, create, export, views, write};
use crate::model::time::DAY;
use crate::model::{
    NewPage, PageAddress, PagePost, PostContent, PostId, PostKey, Record, TimestampMs,
};
use crate::store::{ImportContent, Imported, LoggedPost, Source, Store};

fn page(path: &str) -> PageAddress {
    PageAddress::parse(&format!("https://example.org{path}")).expect("an address")
}

fn view(store: &dyn Store, path: &str, most: u64, at: TimestampMs) -> PagePost {
    let made = store.make_page(&NewPage {
        page: &page(path),
        title: "A title",
        at,
        most_a_day: Some(most),
    });
    made.expect("an answer")
}

fn slug(store: &dyn Store, id: PostId) -> String {
    let post = store.post(PostKey::Id(id)).expect("an answer");
    post.expect("a post").content.slug
}

fn file(path: &str, slug: &str, address: Option<&str>) -> (Source, ImportContent) {
    let source = Source {
        absolute: format!("/nowhere/{path}"),
        relative: path.to_owned(),
    };
    let content = ImportContent {
        slug: slug.to_owned(),
        address: address.map(str::to_owned),
        title: format!("Title of {path}"),
        summary: String::new(),
        body: "text".to_owned(),
        tags: Vec::new(),
        published_at: None,
        updated_at: None,
    };
    (source, content)
}

fn import(store: &dyn Store, path: &str, slug: &str, address: Option<&str>) -> (PostId, bool) {
    let (source, content) = file(path, slug, address);
    match store.import(&source, &content, NOON).expect("an import") {
        Imported::Created(post) => (post.id, true),
        Imported::Updated(post) | Imported::Unchanged(post) => (post.id, false),
    }
}

pub fn a_page_makes_one_post_and_no_more_than_a_days(db: &dyn Database) {
    let store = db.store();
    let PagePost::Made(id) = view(&*store, "/2024/hello/", 2, NOON) else {
        panic!("the page is new");
    };
    assert_eq!(view(&*store, "/2024/hello", 2, NOON), PagePost::Found(id));
    let post = store
        .post(PostKey::Address("example.org/2024/hello"))
        .expect("an answer")
        .expect("a post");
    assert_eq!(
        (
            post.id,
            post.content.slug.as_str(),
            post.content.title.as_str()
        ),
        (id, "hello", "A title")
    );
    assert_eq!(post.address.as_deref(), Some("example.org/2024/hello"));
    assert!(matches!(view(&*store, "/b", 2, NOON), PagePost::Made(_)));
    let later = after_noon(1);
    assert_eq!(view(&*store, "/c", 2, later), PagePost::Full);
    assert_eq!(store.find_page(&page("/c")).expect("an answer"), None);
    assert_eq!(view(&*store, "/2024/hello/", 2, later), PagePost::Found(id));
    let tomorrow = TimestampMs(NOON.0 + DAY);
    assert!(matches!(
        view(&*store, "/c", 2, tomorrow),
        PagePost::Made(_)
    ));
    assert_eq!(store.post_count().expect("an answer"), 3);
    assert_eq!(store.hosts().expect("an answer"), ["example.org"]);
}

pub fn pages_of_one_slug_are_two_posts(db: &dyn Database) {
    let store = db.store();
    let first = view(&*store, "/2023/a/", 9, NOON).id().expect("a post");
    let second = view(&*store, "/2024/a/", 9, NOON).id().expect("a post");
    assert_ne!(first, second);
    assert_eq!(slug(&*store, first), "a");
    assert_eq!(slug(&*store, second), "a-2");
    // Each file is the post of its page, whichever comes first.
    assert_eq!(import(&*store, "2024/a.md", "a", None), (second, false));
    assert_eq!(import(&*store, "2023/a.md", "a", None), (first, false));
    assert_eq!(slug(&*store, second), "a-2");
    assert!(import(&*store, "2022/a.md", "a", None).1);
}

pub fn a_post_gets_the_address_of_its_page(db: &dyn Database) {
    let store = db.store();
    let older = import(&*store, "2023/a.md", "a", None).0;
    let newer = import(&*store, "2024/a.md", "a", None).0;
    assert_eq!(
        store.find_page(&page("/2024/a")).expect("an answer"),
        Some(newer)
    );
    assert_eq!(view(&*store, "/2024/a", 9, NOON), PagePost::Joined(newer));
    assert_eq!(view(&*store, "/2023/a", 9, NOON), PagePost::Joined(older));
    assert_eq!(view(&*store, "/2023/a/", 0, NOON), PagePost::Found(older));
    // A list of posts is not the post of its name, and a number belongs to a slug.
    let rust = create(&*store, "rust");
    assert!(matches!(
        view(&*store, "/tags/rust/", 9, NOON),
        PagePost::Made(_)
    ));
    assert_eq!(view(&*store, "/rust/", 9, NOON), PagePost::Joined(rust));
    create(&*store, "b");
    create(&*store, "b-2");
    assert!(matches!(view(&*store, "/b/", 9, NOON), PagePost::Joined(_)));
    assert!(matches!(view(&*store, "/x/b/", 9, NOON), PagePost::Made(_)));
}

pub fn a_file_joins_the_post_of_its_page(db: &dyn Database) {
    let store = db.store();
    let id = view(&*store, "/posts/hello/", 9, NOON)
        .id()
        .expect("a post");
    write(&*store, &views(id, NOON, 5));
    assert_eq!(import(&*store, "hello.md", "hello", None), (id, false));
    let post = store
        .post(PostKey::Id(id))
        .expect("an answer")
        .expect("a post");
    assert_eq!(
        (post.content.body.as_str(), post.content.title.as_str()),
        ("text", "Title of hello.md")
    );
    assert_eq!(counts(&*store, id), (5, 0));
    assert_eq!(import(&*store, "hello.md", "hello", None), (id, false));
    assert_eq!(view(&*store, "/posts/hello/", 0, NOON), PagePost::Found(id));
    // What somebody has written is not replaced by a file.
    let written = store
        .create(&PostContent {
            slug: "own".to_owned(),
            ..content("own")
        })
        .expect("a post");
    assert_eq!(view(&*store, "/own", 9, NOON), PagePost::Joined(written.id));
    assert!(import(&*store, "own.md", "own", None).1);
}

pub fn a_file_says_its_address(db: &dyn Database) {
    let store = db.store();
    // The file first.
    let id = import(&*store, "x.md", "fixed", Some("/2020/fixed.html")).0;
    assert_eq!(
        view(&*store, "/2021/fixed.html", 9, NOON)
            .id()
            .map(|other| other == id),
        Some(false)
    );
    assert_eq!(
        view(&*store, "/2020/fixed.html", 9, NOON),
        PagePost::Joined(id)
    );
    assert_eq!(
        import(&*store, "x.md", "fixed", Some("/2020/fixed.html")),
        (id, false)
    );
    assert_eq!(
        view(&*store, "/2020/fixed.html", 9, NOON),
        PagePost::Found(id)
    );
    // The page first.
    let id = view(&*store, "/deep/down", 9, NOON).id().expect("a post");
    let other = view(&*store, "/other/down", 9, NOON).id().expect("a post");
    assert_eq!(
        import(&*store, "y.md", "chosen", Some("/other/down")),
        (other, false)
    );
    assert_eq!(
        import(&*store, "z.md", "down", Some("example.org/deep/down")),
        (id, false)
    );
    // What is elsewhere is another post.
    assert!(import(&*store, "w.md", "down", Some("/third/down")).1);
    // Its page moves.
    import(&*store, "y.md", "chosen", Some("/moved"));
    assert_eq!(
        store.find_page(&page("/moved")).expect("an answer"),
        Some(other)
    );
}

pub fn a_log_finds_the_pages_of_a_site(db: &dyn Database) {
    let store = db.store();
    view(&*store, "/2023/a/", 9, NOON);
    let second = view(&*store, "/2024/a/", 9, NOON).id().expect("a post");
    let logged = |paths: &[&str]| LoggedPost {
        slug: "a",
        title: "a",
        pages: paths.iter().map(|path| page(path)).collect(),
        at: NOON,
    };
    let names = [
        logged(&["/2024/a"]),
        logged(&["/2025/a"]),
        logged(&["/x/a", "/2024/a"]),
    ];
    let found = store.find_or_create(&names, false).expect("posts");
    assert_eq!(found.ids, [Some(second), None, Some(second)]);
    let made = store.find_or_create(&names, true).expect("posts");
    assert_eq!(made.created.len(), 1);
    let again = store.find_or_create(&names, true).expect("posts");
    assert_eq!((again.ids, again.created), (made.ids.clone(), vec![]));
    // Its own file finds it, and its page's next view.
    let third = made.ids[1].expect("a post");
    assert_eq!(view(&*store, "/2025/a/", 0, NOON), PagePost::Found(third));
    assert_eq!(import(&*store, "2025/a.md", "a", None), (third, false));
}

pub fn a_deleted_post_keeps_its_address(db: &dyn Database) {
    let store = db.store();
    let id = view(&*store, "/a", 9, NOON).id().expect("a post");
    store.soft_delete(id, None, NOON).expect("a deletion");
    assert_eq!(view(&*store, "/a", 9, NOON), PagePost::Deleted);
    assert_eq!(store.find_page(&page("/a")).expect("an answer"), None);
    assert!(
        store
            .post(PostKey::Address("example.org/a"))
            .expect("an answer")
            .is_none()
    );
    store.undelete(id).expect("a post");
    assert_eq!(view(&*store, "/a", 9, NOON), PagePost::Found(id));
    let addressed = export(&*store).into_iter().any(|record| {
        matches!(record, Record::Post(post) if post.address.as_deref() == Some("example.org/a"))
    });
    assert!(addressed);
    store.delete(id, None).expect("a deletion");
    assert!(matches!(view(&*store, "/a", 9, NOON), PagePost::Made(_)));
}
