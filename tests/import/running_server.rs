//! Imports of another process while a server runs over the same database.

use std::time::{Duration, Instant};

use crate::support::{Home, Server, twice, until};

const SOON: Duration = Duration::from_secs(1);

fn import(home: &Home, arguments: &[&str]) {
    let finished = home.run(&[&["import"], arguments].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// Waits until something shows; an error when that took longer than a second.
fn soon(what: &str, shows: impl FnMut() -> bool) -> Result<(), String> {
    let imported = Instant::now();
    until(what, shows);
    let took = imported.elapsed();
    println!("{what} after {took:.1?}");
    if took < SOON {
        Ok(())
    } else {
        Err(format!("{what} only after {took:?}"))
    }
}

fn body(server: &Server, slug: &str) -> String {
    server.get(&format!("/posts/{slug}?count=false")).text()
}

#[test]
fn imported_posts_and_numbers_are_seen_within_a_second() {
    twice("an import", || {
        let home = Home::new();
        let server = home.serve().start();
        server.create("known", "text");
        assert_eq!(server.get("/posts/new").status, 404);
        assert_eq!(server.views("known"), 0);

        home.write("posts/new.md", "first text");
        import(&home, &["posts", "posts"]);
        soon("a new post is seen", || {
            server.get("/posts/new?count=false").status == 200
        })?;
        assert!(body(&server, "new").contains("first text"));

        home.write("posts/new.md", "second text");
        import(&home, &["posts", "posts"]);
        soon("a changed post is seen", || {
            body(&server, "new").contains("second text")
        })?;

        home.write("counts.csv", "known,50,9\n");
        import(&home, &["counts", "counts.csv"]);
        soon("a number is seen", || {
            server.views("known") == 50
                && server.get("/posts/known?count=false").json()["views"] == 50
        })
    });
}
