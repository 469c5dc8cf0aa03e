//! What is a location of a queue, and who is asked for it.

use super::*;

fn parsed(text: &str) -> SqsLocation {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn queues_are_named_by_region_or_by_their_address() {
    for (text, name, endpoint, url) in [
        (
            "sqs://eu-central-1/views",
            "sqs/eu-central-1/views",
            "https://sqs.eu-central-1.amazonaws.com",
            None,
        ),
        (
            "sqs://cn-north-1/views.fifo?account=123456789012",
            "sqs/cn-north-1/views.fifo",
            "https://sqs.cn-north-1.amazonaws.com.cn",
            None,
        ),
        (
            "sqs://us-east-1/views?endpoint=http://moto:5000/",
            "sqs/us-east-1/views",
            "http://moto:5000",
            None,
        ),
        (
            "https://sqs.eu-central-1.amazonaws.com/123456789012/views",
            "sqs/eu-central-1/views",
            "https://sqs.eu-central-1.amazonaws.com",
            Some("https://sqs.eu-central-1.amazonaws.com/123456789012/views"),
        ),
        (
            "https://vpce-1-2.sqs.us-west-2.vpce.amazonaws.com/123456789012/views",
            "sqs/us-west-2/views",
            "https://vpce-1-2.sqs.us-west-2.vpce.amazonaws.com",
            Some("https://vpce-1-2.sqs.us-west-2.vpce.amazonaws.com/123456789012/views"),
        ),
        (
            "https://us-west-2.queue.amazonaws.com/123456789012/views",
            "sqs/us-west-2/views",
            "https://us-west-2.queue.amazonaws.com",
            Some("https://us-west-2.queue.amazonaws.com/123456789012/views"),
        ),
        (
            "http://127.0.0.1:5000/123456789012/views",
            "sqs/us-east-1/views",
            "http://127.0.0.1:5000",
            Some("http://127.0.0.1:5000/123456789012/views"),
        ),
        (
            "https://queues.example:443/1/views?region=mars-1",
            "sqs/mars-1/views",
            "https://queues.example",
            Some("https://queues.example:443/1/views"),
        ),
    ] {
        let location = parsed(text);
        assert_eq!(location.name(), name);
        assert_eq!(location.endpoint, endpoint);
        assert_eq!(location.queue_url.as_deref(), url);
        assert_eq!(location.is_fifo(), name.ends_with(".fifo"));
        assert_eq!(
            Ok(location.authority()),
            endpoint.split_once("://").map(|it| it.1).ok_or(())
        );
    }
    assert_eq!(parsed("sqs://a-1/q").visibility, Duration::from_secs(60));
    assert_eq!(
        parsed("sqs://a-1/q?visibility=5").visibility,
        Duration::from_secs(5)
    );
    assert_eq!(parsed("sqs://a-1/q").to_string(), "sqs://a-1/q");
}

#[test]
fn what_is_no_queue_is_refused_with_what_to_try() {
    for (text, told) in [
        ("sqs://views", "sqs://REGION/QUEUE"),
        ("sqs:///views", "region"),
        ("sqs://EU/views", "region"),
        ("sqs://a-1/", "letters"),
        ("sqs://a-1/a.b", "letters"),
        ("sqs://a-1/.fifo", "letters"),
        ("sqs://a-1/views?colour=red", "visibility"),
        ("sqs://a-1/views?region=b-1", "already"),
        ("sqs://a-1/views?account=12", "12 digits"),
        ("sqs://a-1/views?visibility=1", "seconds"),
        ("sqs://a-1/views?endpoint=moto:5000", "https://"),
        ("sqs://a-1/views?endpoint=http://", "https://"),
        ("sqs://a-1/views?endpoint=http://a/b", "HOST"),
        ("http://queues.example/1/views", "on its way"),
        ("http://127.0.0.1.example/1/views", "on its way"),
        ("https://queues.example/1/views", "?region="),
        ("https://sqs.eu-central-1.amazonaws.com/", "letters"),
        (
            "https://sqs.a-1.amazonaws.com/1/views?account=123456789012",
            "already",
        ),
    ] {
        let error = text.parse::<SqsLocation>().expect_err(text);
        assert!(error.contains(told), "{text}: {error}");
    }
}
