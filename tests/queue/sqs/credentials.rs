//! Keys from each place there is, and their renewal.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;

fn cache(variables: &[(&str, &str)]) -> CredentialCache {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    CredentialCache::new(Variables::new(variables.iter().map(owned)), false)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn keys(cache: &CredentialCache) -> (String, String, Option<String>) {
    let keys = cache.get(soon()).unwrap_or_else(|error| panic!("{error}"));
    (keys.access_key, keys.secret, keys.token)
}

fn error(variables: &[(&str, &str)]) -> String {
    cache(variables)
        .get(soon())
        .expect_err("there are none")
        .to_string()
}

fn triple(access_key: &str, secret: &str, token: Option<&str>) -> (String, String, Option<String>) {
    (
        access_key.to_owned(),
        secret.to_owned(),
        token.map(str::to_owned),
    )
}

const NO_MACHINE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

/// Answers requests one after another, each by what this makes of its head: status and body.
fn serve(
    requests: usize,
    answer: impl Fn(&str) -> (u16, String) + Send + 'static,
) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let thread = std::thread::spawn(move || {
        let mut heads = Vec::new();
        while heads.len() < requests {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1)
            {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).expect("text").to_ascii_lowercase();
            let (status, body) = answer(&head);
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).expect("it is taken");
            heads.push(head);
        }
        heads
    });
    (format!("http://{address}"), thread)
}

fn document(access_key: &str, expires_in: Duration) -> String {
    let at = jiff::Timestamp::now() + expires_in;
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{access_key}","SecretAccessKey":"s","Token":"t","Expiration":"{at}"}}"#
    )
}

#[test]
fn the_environment_comes_first() {
    let cache = cache(&[
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "scrt"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ]);
    assert_eq!(keys(&cache), triple("AKID", "scrt", Some("token")));
    let shown = format!("{:?}", cache.get(soon()));
    assert!(
        !shown.contains("scrt") && !shown.contains("token"),
        "{shown}"
    );
}

#[test]
fn profiles_are_found_in_both_files() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let folder = home.path().join(".aws");
    std::fs::create_dir(&folder).expect("a folder");
    let text = "# ours\n[default]\naws_access_key_id = AKID1\naws_secret_access_key=a=b/c\n\n\
                [ other ]\naws_access_key_id=AKID2\nAWS_SECRET_ACCESS_KEY = s2\naws_session_token = t2\n\
                [half]\naws_access_key_id = AKID3\n";
    std::fs::write(folder.join("credentials"), text).expect("a file");
    let text = "[profile third]\nregion = a-1\naws_access_key_id = AKID4\naws_secret_access_key = s4\n\
                [profile role]\nrole_arn = arn\n";
    std::fs::write(folder.join("config"), text).expect("a file");
    let home = home.path().to_str().expect("text");
    let of = |profile: &str| keys(&cache(&[("HOME", home), ("AWS_PROFILE", profile)]));
    assert_eq!(
        keys(&cache(&[("HOME", home)])),
        triple("AKID1", "a=b/c", None)
    );
    assert_eq!(of("other"), triple("AKID2", "s2", Some("t2")));
    assert_eq!(of("third"), triple("AKID4", "s4", None));
    for wrong in ["half", "role", "nobody"] {
        let error = error(&[("HOME", home), ("AWS_PROFILE", wrong)]);
        assert!(error.contains(wrong) && error.contains("config"), "{error}");
    }
    let file = format!("{home}/.aws/config");
    let elsewhere = [
        ("AWS_SHARED_CREDENTIALS_FILE", file.as_str()),
        ("AWS_PROFILE", "third"),
    ];
    assert_eq!(keys(&cache(&elsewhere)), triple("AKID4", "s4", None));
}

#[test]
fn a_container_is_told_its_keys() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("token");
    std::fs::write(&file, "from a file\n").expect("a file");
    let (url, thread) = serve(2, |_| (200, document("AKIDC", Duration::from_secs(3600))));
    let url = format!("{url}/keys?of=me");
    let full = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
    let direct = [full, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc")];
    assert_eq!(keys(&cache(&direct)), triple("AKIDC", "s", Some("t")));
    let by_file = [
        full,
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            file.to_str().expect("text"),
        ),
    ];
    assert_eq!(keys(&cache(&by_file)), triple("AKIDC", "s", Some("t")));
    let heads = thread.join().expect("no panic");
    assert!(
        heads[0].starts_with("get /keys?of=me http/1.1"),
        "{heads:?}"
    );
    assert!(heads[0].contains("authorization: basic abc"), "{heads:?}");
    assert!(heads[1].contains("authorization: from a file"), "{heads:?}");

    let (url, thread) = serve(1, |_| (403, "no".to_owned()));
    let refused = error(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    assert!(refused.contains("403"), "{refused}");
    thread.join().expect("no panic");
    for far in [
        "http://keys.example/",
        "http://169.254.170.2.example/",
        "ftp://127.0.0.1/",
    ] {
        let refused = error(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", far)]);
        assert!(refused.contains("https://"), "{refused}");
    }
}

#[test]
fn a_machine_is_told_the_keys_of_its_role_by_version_2_alone() {
    let (url, thread) = serve(3, |head| match head.split(' ').nth(1) {
        Some("/latest/api/token") if head.starts_with("put ") && head.contains("ttl-seconds: ") => {
            (200, "session".to_owned())
        }
        _ if !head.contains("x-aws-ec2-metadata-token: session") => (401, String::new()),
        Some("/latest/meta-data/iam/security-credentials/") => (200, "role-1\n".to_owned()),
        Some("/latest/meta-data/iam/security-credentials/role-1") => {
            (200, document("AKIDM", Duration::from_secs(3600)))
        }
        _ => (404, String::new()),
    });
    let cache = cache(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert_eq!(keys(&cache), triple("AKIDM", "s", Some("t")));
    assert_eq!(
        keys(&cache),
        triple("AKIDM", "s", Some("t")),
        "without asking again"
    );
    thread.join().expect("no panic");
}

#[test]
fn a_machine_without_a_role_or_an_answer_has_none() {
    let (url, thread) = serve(2, |head| match head.starts_with("put ") {
        true => (200, "session".to_owned()),
        false => (404, String::new()),
    });
    let none = error(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert!(
        none.contains("no role") && none.contains("AWS_ACCESS_KEY_ID"),
        "{none}"
    );
    thread.join().expect("no panic");
    assert!(error(&[NO_MACHINE]).contains("not to be asked"));
    // Nobody accepts.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let start = Instant::now();
    let none = error(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert!(none.contains("in time"), "{none}");
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[test]
fn keys_are_renewed_before_they_are_old_and_kept_while_nobody_tells_new_ones() {
    let answers = [
        (200, document("AKID1", Duration::from_secs(60))),
        (200, document("AKID2", Duration::from_secs(3600))),
    ];
    let count = std::sync::atomic::AtomicUsize::new(0);
    let next =
        move |_: &str| answers[count.fetch_add(1, std::sync::atomic::Ordering::Relaxed)].clone();
    let (url, thread) = serve(2, next);
    let cache = cache(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url), NO_MACHINE]);
    assert_eq!(keys(&cache).0, "AKID1");
    assert_eq!(keys(&cache).0, "AKID1", "there may be no newer ones yet");
    let wait = |cache: &CredentialCache| {
        let mut at_hand = cache.at_hand.lock().expect("no panic holds it");
        at_hand.as_mut().expect("keys").asked_at -= RETRY_AFTER;
    };
    wait(&cache);
    assert_eq!(keys(&cache).0, "AKID2");
    thread.join().expect("no panic");

    // Nobody listens any more: what is good is kept, what is old is not.
    let expire = |milliseconds: i64| {
        let mut at_hand = cache.at_hand.lock().expect("no panic holds it");
        let expires = TimestampMs(clock::now().0 + milliseconds);
        at_hand.as_mut().expect("keys").credentials.expires = Some(expires);
    };
    expire(60_000);
    wait(&cache);
    assert_eq!(keys(&cache).0, "AKID2");
    expire(-1);
    assert!(cache.get(soon()).is_err());
}

#[test]
fn refused_keys_are_looked_for_again() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("credentials");
    let write = |key: &str| {
        let text = format!("[default]\naws_access_key_id={key}\naws_secret_access_key=s\n");
        std::fs::write(&file, text).expect("a file");
    };
    write("AKID1");
    let cache = cache(&[("AWS_SHARED_CREDENTIALS_FILE", file.to_str().expect("text"))]);
    let first = cache.get(soon()).expect("keys");
    write("AKID2");
    assert_eq!(keys(&cache).0, "AKID1");
    cache.forget(&first);
    assert_eq!(keys(&cache).0, "AKID2");
    cache.forget(&first);
    assert_eq!(keys(&cache).0, "AKID2", "others are at hand by now");
}

#[test]
fn an_emulator_needs_no_keys_and_gets_those_that_there_are() {
    let none = Variables::new([]);
    let keys_of = |variables| keys(&CredentialCache::new(variables, true)).0;
    assert_eq!(keys_of(none), "local");
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let some = names.map(|name| (name.to_owned(), "mine".to_owned()));
    assert_eq!(keys_of(Variables::new(some)), "mine");
}

#[test]
fn threads_share_one_request_for_keys() {
    let (url, thread) = serve(1, |_| (200, document("AKID", Duration::from_secs(3600))));
    let cache = Arc::new(cache(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]));
    let threads = [(); 8].map(|()| {
        let cache = Arc::clone(&cache);
        std::thread::spawn(move || keys(&cache).0)
    });
    for one in threads {
        assert_eq!(one.join().expect("no panic"), "AKID");
    }
    thread.join().expect("no panic");
}
