//! The pictures in README, of the posts that come with the program and a month of made-up views.

use std::path::Path;

use crate::support::browser::Browser;
use crate::support::page::{DESK, NIGHT, Screen};
use crate::support::{Home, Server, seed};

use super::posts::open;

const HOUR: i64 = 3_600_000;

/// The same month each time: busy in the evening, quiet at night, and each post less than the one before.
fn served() -> (Home, Server) {
    let home = Home::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/samples");
    let imported = home.run(&["import", "posts", &samples.to_string_lossy()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let mut database = home.database();
    let now = jiff::Timestamp::now().as_millisecond() / HOUR * HOUR;
    let mut random = fastrand::Rng::with_seed(7);
    for post in 1..=4 {
        let hours: Vec<(i64, i64)> = (0..60 * 24)
            .map(|age| {
                let hour = now - age * HOUR;
                let evening = 12 - (hour / HOUR % 24 - 19).abs().min(12);
                // Some days bring more than others, and there are more of late.
                let day = 3 + (hour / HOUR / 24 * 5 % 7) - age / 500;
                (hour, (evening + random.i64(0..9)) * (5 - post) * day / 10)
            })
            .filter(|(_, views)| *views > 0)
            .collect();
        seed::hours(&mut database, post, &hours);
    }
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().flag("--tz", "UTC").start();
    (home, server)
}

/// They are put into `tests/pages/pictures` by `make pictures`.
#[test]
fn the_pictures_of_readme_are_taken() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (_home, server) = served();
    let first_screen = |dark| Screen {
        height: 760,
        width: 1000,
        ..if dark { NIGHT } else { DESK }
    };
    for (name, path, dark) in [
        ("readme-dashboard", "/", false),
        ("readme-post", "/posts/what-happens-to-a-view", true),
    ] {
        let tab = open(&mut browser, &server, path, first_screen(dark));
        let file = browser.first_screen(&tab, name);
        assert!(file.metadata().is_ok_and(|file| file.len() > 10_000));
    }
}
