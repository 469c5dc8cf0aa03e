//! What is a location, and what is shown of it.

use super::*;

fn shown(text: &str) -> String {
    match text.parse::<RedisLocation>() {
        Ok(location) => location.to_string(),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn every_form_is_shown_whole_but_for_who_signs_in() {
    for (text, expected) in [
        ("redis://cache", "redis://cache:6379?stream=viewtally"),
        (
            "redis://ann:s%40crt@[::1]:7000/3?stream=views&partitions=4&replicas=1",
            "redis://[::1]:7000/3?stream=views&partitions=4&replicas=1",
        ),
        (
            "rediss://:scrt@cache/",
            "rediss://cache:6379?stream=viewtally",
        ),
        (
            "redis+sentinel://:scrt@a,b:1/main/2?sentinel_password=scrt",
            "redis+sentinel://a:26379,b:1/main/2?stream=viewtally",
        ),
        (
            "redis+cluster://ann:scrt@a:1,b?tls=true&ca=ca.pem",
            "redis+cluster://a:1,b:6379?stream=viewtally",
        ),
    ] {
        assert_eq!(shown(text), expected);
        let location: RedisLocation = text.parse().expect("a location");
        assert!(!format!("{location:?}").contains("crt"), "{location:?}");
    }
}

#[test]
fn who_signs_in_is_decoded() {
    let location: RedisLocation = "redis://ann:a%2Fb%40@cache".parse().expect("a location");
    assert_eq!(location.login.user.as_deref(), Some("ann"));
    assert_eq!(location.login.password, Some(Secret("a/b@".to_owned())));
    let location: RedisLocation = "redis://:scrt@cache".parse().expect("a location");
    assert_eq!(location.login.user, None);
}

#[test]
fn one_queue_has_one_name_wherever_it_is_reached() {
    let name = |text: &str| text.parse::<RedisLocation>().expect("a location").name();
    assert_eq!(name("redis://a"), "redis/viewtally");
    assert_eq!(
        name("redis+cluster://:p@b,c?partitions=9"),
        "redis/viewtally"
    );
    assert_eq!(name("redis://a/2?stream=views"), "redis/views/2");
}

#[test]
fn partitions_are_keys_that_a_cluster_spreads() {
    let location: RedisLocation = "redis://a?stream=views".parse().expect("a location");
    assert_eq!(location.key(12), "views:{12}");
}

#[test]
fn what_is_no_location_is_refused_with_what_to_try() {
    for (text, told) in [
        ("redis://", "HOST:PORT"),
        ("redis://a,b", "redis+cluster"),
        ("redis://a/first", "database"),
        ("redis://a/0/1", "database"),
        ("redis://ann@a", "password"),
        ("redis+sentinel://a", "MASTER"),
        ("redis+cluster://a/1", "databases"),
        ("redis://a?partitions=0", "1 to 1024"),
        ("redis://a?partitions=many", "1 to 1024"),
        ("redis://a?stream=a{b}", "letters"),
        ("redis://a?stream=", "letters"),
        ("redis://a?colour=red", "partitions"),
        ("redis://a?ca=ca.pem", "rediss://"),
        ("rediss://a?cert=own.pem", "key=FILE"),
        (
            "redis+sentinel://a/m?sentinel_user=ann",
            "sentinel_password",
        ),
    ] {
        let error = text.parse::<RedisLocation>().expect_err(text);
        assert!(error.contains(told), "{text}: {error}");
    }
}
