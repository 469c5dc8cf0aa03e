//! Posts that are deleted and can be brought back: found nowhere, and with every number when they come back.

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, content, counts, create, named, reads, stats, views, write,
};
use crate::model::time::DAY;
use crate::model::{Batch, Cursor, ListQuery, PostKey, Reason, SITE, Viewer, ViewingKey};
use crate::store::{ImportContent, Imported, Source, Store, StoreError};

fn soft_delete(store: &dyn Store, id: i64) {
    store.soft_delete(id, None, NOON).expect("a deletion");
}

pub fn a_deleted_post_is_found_nowhere(db: &dyn Database) {
    let store = db.store();
    let (id, other) = (create(&*store, "gone"), create(&*store, "stays"));
    for post in [id, other] {
        write(&*store, &reads(post, &named("ann"), &[NOON]));
    }
    assert!(matches!(
        store.soft_delete(id, Some(&[2]), NOON),
        Err(StoreError::Changed)
    ));
    soft_delete(&*store, id);
    for key in [
        PostKey::Id(id),
        PostKey::Slug("gone"),
        PostKey::Slug("deleted:1"),
    ] {
        assert_eq!(store.post(key).expect("an answer"), None);
        assert!(store.tally(key).expect("an answer").is_none());
    }
    let list = ListQuery {
        tag: Some("rust".to_owned()),
        limit: 10,
        ..ListQuery::default()
    };
    let listed: Vec<i64> = store
        .list(&list)
        .expect("a list")
        .items
        .iter()
        .map(|post| post.id)
        .collect();
    assert_eq!(listed, [other]);
    assert_eq!(
        store.summaries(&[id, other], &list).expect("posts").len(),
        1
    );
    let neighbours = store
        .neighbours(Cursor {
            key: NOON.0,
            id: other,
        })
        .expect("an answer");
    assert_eq!((neighbours.older, neighbours.newer), (None, None));
    assert_eq!(store.first_id(0).expect("an answer"), Some(other));
    assert_eq!(store.addresses(0..10).expect("addresses").len(), 1);
    let seen = store
        .seen_by("ann", None, 10)
        .expect("an answer")
        .expect("a viewer");
    assert_eq!(seen.items.len(), 1);
    for refused in [
        store.update(id, &content("x"), None).map(drop),
        store.delete(id, None),
        store.soft_delete(id, None, NOON),
        store.undelete(other).map(drop),
        store.undelete(99).map(drop),
    ] {
        assert!(
            matches!(refused, Err(StoreError::NoSuchPost)),
            "{refused:?}"
        );
    }
    assert_eq!(
        store.create(&content("gone")).expect("a post").content.slug,
        "gone"
    );
    assert_consistent(&*store);
}

pub fn it_comes_back_with_all_its_numbers(db: &dyn Database) {
    let store = db.store();
    let id = create(&*store, "a");
    write(&*store, &reads(id, &named("ann"), &[NOON]));
    store
        .correct(id, Some(50), None, "moved", NOON)
        .expect("a correction");
    soft_delete(&*store, id);
    assert_eq!(store.deleted_posts(10).expect("posts").len(), 1);
    let deleted = store.deleted_post(id).expect("an answer").expect("a post");
    assert_eq!(
        (deleted.title.as_str(), deleted.deleted_at),
        ("Title of a", NOON)
    );

    // What was on its way.
    let mut late = views(id, NOON, 3);
    late.merge(reads(id, &named("bob"), &[NOON]));
    late.add_uncounted(id, NOON, Reason::Bot, 2);
    assert_eq!(write(&*store, &late).counted, 4);
    assert_consistent(&*store);

    let post = store.undelete(id).expect("a post");
    assert_eq!(
        (post.id, post.revision, post.content),
        (id, 1, content("a"))
    );
    assert_eq!(counts(&*store, id), (54, 2));
    let uncounted = stats(&*store, id).uncounted;
    assert_eq!((uncounted.bot, uncounted.dropped), (2, 0));
    let corrections = store.corrections(id, None, 10).expect("corrections");
    assert_eq!(corrections.items.len(), 1);
    assert_eq!(
        store.viewers_of(id, None, 10).expect("viewers").items.len(),
        2
    );
    assert_eq!(store.deleted_post(id).expect("an answer"), None);
    assert_consistent(&*store);
}

pub fn a_slug_that_is_taken_meanwhile_gets_a_number(db: &dyn Database) {
    let store = db.store();
    let id = create(&*store, "a");
    soft_delete(&*store, id);
    create(&*store, "a");
    assert_eq!(store.undelete(id).expect("a post").content.slug, "a-2");
    let slug = PostKey::Slug("a-2");
    assert_eq!(
        store.post(slug).expect("an answer").map(|post| post.id),
        Some(id)
    );
}

pub fn its_viewers_are_pruned_and_forgotten_like_others(db: &dyn Database) {
    let store = db.store();
    let id = create(&*store, "a");
    let mut batch = Batch::default();
    for viewer in [named("ann"), named("bob"), Viewer::Anonymous(-4)] {
        batch.merge(reads(id, &viewer, &[NOON]));
    }
    write(&*store, &batch);
    soft_delete(&*store, id);
    assert!(store.forget_viewer("ann", &|| NOON).expect("an answer"));
    store
        .prune_viewings(after_noon(1), (i64::MIN, i64::MIN))
        .expect("a step");
    assert_consistent(&*store);
    store.undelete(id).expect("a post");
    assert_eq!(counts(&*store, id), (3, 3));
    for viewer in [ViewingKey::Named("ann"), ViewingKey::Named("bob")] {
        assert_eq!(store.viewing(id, viewer).expect("an answer"), None);
    }
    assert_consistent(&*store);
}

pub fn after_its_time_it_goes_for_good(db: &dyn Database) {
    let store = db.store();
    let ids = ["a", "b", "c"].map(|slug| create(&*store, slug));
    for (days, id) in ids.into_iter().enumerate() {
        write(&*store, &reads(id, &named("ann"), &[NOON]));
        let at = after_noon(DAY * days as i64);
        store.soft_delete(id, None, at).expect("a deletion");
    }
    assert_eq!(store.site_stats().expect("numbers").views, 3);
    assert!(store.purge_deleted(after_noon(DAY + 1)).expect("a step"));
    assert!(store.purge_deleted(after_noon(DAY + 1)).expect("a step"));
    assert!(!store.purge_deleted(after_noon(DAY + 1)).expect("a step"));
    let left = store.deleted_posts(10).expect("posts");
    assert_eq!(
        left.iter().map(|post| post.id).collect::<Vec<_>>(),
        [ids[2]]
    );
    assert_eq!(store.site_stats().expect("numbers").views, 1);
    assert_eq!(store.views_since(SITE, NOON).expect("views"), 1);
    assert!(matches!(
        store.undelete(ids[0]),
        Err(StoreError::NoSuchPost)
    ));
    // As for a post that is deleted at once.
    assert_eq!(write(&*store, &views(ids[0], NOON, 2)).uncounted.dropped, 2);
    assert_consistent(&*store);
}

pub fn importing_its_file_brings_it_back(db: &dyn Database) {
    let store = db.store();
    let source = Source {
        absolute: "/nowhere/a.md".to_owned(),
        relative: "a.md".to_owned(),
    };
    let file = ImportContent {
        slug: "a".to_owned(),
        address: None,
        title: "A".to_owned(),
        summary: String::new(),
        body: "text".to_owned(),
        tags: Vec::new(),
        published_at: None,
        updated_at: None,
    };
    let import = || store.import(&source, &file, NOON).expect("an import");
    let Imported::Created(created) = import() else {
        panic!("it was there");
    };
    write(&*store, &views(created.id, NOON, 3));
    soft_delete(&*store, created.id);
    assert!(matches!(import(), Imported::Updated(_)));
    assert!(matches!(import(), Imported::Unchanged(_)));
    assert_eq!(counts(&*store, created.id).0, 3);
    assert_consistent(&*store);
}
