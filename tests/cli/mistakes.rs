//! What a newcomer gets wrong: each mistake is told with its cause and with what to try, and changes nothing.

use std::net::TcpListener;

use crate::support::{Finished, Home, until};

/// Asserts that it failed so, said these words on stderr, and did not panic.
fn assert_says(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    for word in words {
        assert!(
            finished.stderr.contains(word),
            "{word:?} is not in {}",
            finished.stderr
        );
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("os error"), "{}", finished.stderr);
}

#[test]
fn a_port_alone_is_an_address() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    // Another process may take it before the server does; then the message is that of a port in use, with this address.
    drop(taken);
    for listen in [port.clone(), format!("localhost:{port}")] {
        let finished = home.serve().flag("--listen", &listen).run_or_stop();
        let said = finished.stdout + &finished.stderr;
        assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    }
    let finished = home.serve().flag("--listen", ":9000").run_or_stop();
    assert_says(
        &finished,
        2,
        &["--listen", "127.0.0.1:8080", "a port alone"],
    );
}

#[test]
fn flags_of_other_servers_are_told_as_ours() {
    let home = Home::new();
    for arguments in [
        &["--port", "9000"][..],
        &["serve", "--bind", "0.0.0.0"],
        &["-p", "80"],
    ] {
        let finished = home.run_bare(arguments);
        assert_says(
            &finished,
            2,
            &[arguments[arguments.len() - 2], "use --listen"],
        );
        assert!(!finished.stderr.contains("--import"), "{}", finished.stderr);
    }
    // What is nearly spelt right is suggested as before.
    let finished = home.run_bare(&["--liste", "9000"]);
    assert_says(&finished, 2, &["'--listen'"]);
}

#[test]
fn a_port_in_use_and_an_address_of_another_machine_are_explained() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let finished = home.serve().flag("--listen", &address).run();
    assert_says(
        &finished,
        1,
        &["cannot listen on", &address, "another program", "--listen"],
    );
    // RFC 5737 keeps it for documentation.
    let finished = home.serve().flag("--listen", "203.0.113.1:8080").run();
    assert_says(&finished, 1, &["no such address", "0.0.0.0"]);
    assert!(!home.database_file().exists(), "the address comes first");
}

#[test]
fn an_empty_token_file_is_told_apart_from_a_malformed_one() {
    let home = Home::new();
    let file = home.write("secret", "\n");
    let with_file = || {
        let launch = home.serve().without("--token");
        launch.flag("--token-file", &file.to_string_lossy())
    };
    let finished = with_file().run_or_stop();
    assert_says(
        &finished,
        2,
        &[
            "secret",
            "it is empty",
            "openssl rand -hex 32",
            "--token-file",
        ],
    );
    home.write("secret", "two words");
    assert_says(&with_file().run_or_stop(), 2, &["secret", "without spaces"]);
}

#[test]
fn what_is_no_store_of_ours_is_left_as_it_is() {
    let home = Home::new();
    let foreign = home.write("foreign.db", "");
    crate::support::Database::open(&foreign).execute(
        "CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('https://example.org');",
    );
    home.write("list.db", "This is a shopping list, not a database.");
    for (file, words) in [
        ("foreign.db", "the database of another application"),
        ("list.db", "no SQLite database"),
    ] {
        let before = std::fs::read(home.path().join(file)).expect("it");
        let store = format!("sqlite:{file}");
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["top"],
            &["check", "--repair"],
            &["export"],
            &["import", "log", "a.log", "--dry-run"],
        ] {
            let finished = home.run_bare(&[command, &["--store", &store]].concat());
            assert_says(&finished, 1, &[file, words, "left as it is", "--store"]);
        }
        assert!(
            std::fs::read(home.path().join(file)).expect("it") == before,
            "{file}"
        );
        for left in ["-wal", "-shm"] {
            assert!(
                !home.path().join(format!("{file}{left}")).exists(),
                "{file}{left}"
            );
        }
    }
    home.write("folder/x", "");
    let finished = home.run_bare(&["top", "--store", "sqlite:folder"]);
    assert_says(
        &finished,
        1,
        &["it is a folder", "sqlite:folder/viewtally.db"],
    );
}

#[test]
fn nothing_to_import_is_told() {
    let home = Home::new();
    home.write("empty/notes.txt", "");
    let finished = home.run(&["import", "posts", "empty"]);
    assert_says(
        &finished,
        1,
        &[
            "empty: there are no Markdown files",
            ".mdx",
            "name the folder",
        ],
    );
    let finished = home.run(&["import", "posts", "nowhere"]);
    assert_says(
        &finished,
        1,
        &["nowhere: no such file or folder", "check the path"],
    );
    // A server says it and serves what there is.
    let server = home.serve().flag("--import", "empty").start();
    until("it is told", || {
        server.stderr().contains("no Markdown files")
    });
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_permissions_forbid_is_told_as_that() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write("closed/a.db", "");
    home.write("read-only/x", "");
    let restrict = |folder: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.path().join(folder), permissions).expect("its owner may");
    };
    restrict("closed", 0o000);
    restrict("read-only", 0o555);
    let stores = ["closed/a.db", "read-only/a.db", "read-only/new/a.db"];
    let finished: Vec<Option<Finished>> = stores
        .iter()
        .map(|store| {
            let store = format!("sqlite:{store}");
            home.run_bare_without_privileges(&["import", "counts", "-", "--store", &store])
        })
        .collect();
    restrict("closed", 0o755);
    restrict("read-only", 0o755);
    for (finished, store) in finished.iter().flatten().zip(stores) {
        assert_says(
            finished,
            1,
            &[store, "permission denied", "who may write there"],
        );
    }
}
