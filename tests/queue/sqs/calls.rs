//! What is asked of SQS: how often, by whom, and what becomes of its refusals. Against a server that answers as it is told.

use std::time::{Duration, Instant};

use viewtally::internals::queue::{Engine, Received, SendError};

use super::scripted::{Scripted, ids, successful};
use crate::queue::conformance::calls::{MANY_BYTES, WAIT, message, messages, read};

fn send(engine: &mut Engine, count: usize) -> Result<(), SendError> {
    let deadline = Instant::now() + Duration::from_secs(10);
    engine.producer.send(&messages("message", count), deadline)
}

fn refusal(code: &str) -> String {
    format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"for a reason"}}"#)
}

#[test]
fn ten_messages_cost_one_call_and_say_what_a_fifo_queue_wants() {
    let server = Scripted::start();
    let mut engine = server.engine("views.fifo");
    let sent = messages("message", 25);
    let deadline = Instant::now() + Duration::from_secs(10);
    assert_eq!(engine.producer.send(&sent, deadline), Ok(()));
    let calls = server.asked("SendMessageBatch");
    let counts: Vec<usize> = calls.iter().map(|call| ids(&call.body).len()).collect();
    assert_eq!(counts, [10, 10, 5]);
    let body: serde_json::Value = serde_json::from_str(&calls[0].body).expect("JSON");
    let first = &body["Entries"][0];
    assert_eq!(
        first["MessageDeduplicationId"],
        format!("{:032x}", sent[0].id)
    );
    let second = &body["Entries"][1];
    assert_ne!(
        first["MessageGroupId"], second["MessageGroupId"],
        "one would wait for the other"
    );
    assert_eq!(first["MessageBody"], "bWVzc2FnZSAw");
    assert!(
        body["QueueUrl"]
            .as_str()
            .is_some_and(|url| url.ends_with("/views.fifo"))
    );
    // It is signed, whoever signs.
    let head = calls[0].head.to_ascii_lowercase();
    assert!(head.contains("aws4-hmac-sha256 credential="), "{head}");
    assert!(
        head.contains("signedheaders=content-type;host;x-amz-date;"),
        "{head}"
    );
    assert_eq!(server.asked("GetQueueAttributes").len(), 1);

    let mut engine = server.engine("views");
    assert_eq!(send(&mut engine, 1), Ok(()));
    let call = &server.asked("SendMessageBatch")[3].body;
    assert!(
        !call.contains("MessageGroupId") && !call.contains("Deduplication"),
        "{call}"
    );
}

#[test]
fn calls_hold_as_many_bytes_as_a_queue_takes() {
    let server = Scripted::start();
    let mut engine = server.engine("views");
    let sent: Vec<_> = (0..5).map(|_| message(vec![7; 90_000])).collect();
    let deadline = Instant::now() + Duration::from_secs(10);
    assert_eq!(engine.producer.send(&sent, deadline), Ok(()));
    let calls = server.asked("SendMessageBatch");
    let counts: Vec<usize> = calls.iter().map(|call| ids(&call.body).len()).collect();
    assert_eq!(counts, [2, 2, 1]);
    assert_eq!(engine.producer.max_bytes(), 262_144 / 4 * 3);

    let answer = r#"{"Attributes":{"MaximumMessageSize":"1048576"}}"#;
    server.answer("GetQueueAttributes", 200, answer);
    let mut engine = server.engine("views");
    assert_eq!(
        engine
            .producer
            .send(&sent, Instant::now() + Duration::from_secs(10)),
        Ok(())
    );
    assert_eq!(server.asked("SendMessageBatch").len(), 4);
    assert_eq!(engine.producer.max_bytes(), 1_048_576 / 4 * 3);
}

#[test]
fn what_was_not_taken_is_sent_again_and_what_was_taken_is_not() {
    let server = Scripted::start();
    let mut engine = server.engine("views");
    let some = r#"{"Successful":[{"Id":"0"},{"Id":"2"}],
        "Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError","Message":"try again"}]}"#;
    server.answer("SendMessageBatch", 200, some);
    assert_eq!(send(&mut engine, 3), Ok(()));
    let calls = server.asked("SendMessageBatch");
    assert_eq!(calls.len(), 2);
    assert_eq!(ids(&calls[1].body), ["0"]);
    assert!(calls[1].body.contains("bWVzc2FnZSAx"), "{}", calls[1].body);
}

#[test]
fn a_send_that_fails_is_not_paid_for_twice() {
    let server = Scripted::start();
    let mut engine = server.engine("views");
    let sent = messages("message", 25);
    server.answer(
        "SendMessageBatch",
        200,
        &successful(&(0..10).map(|n| n.to_string()).collect::<Vec<_>>()),
    );
    server.answer("SendMessageBatch", 400, &refusal("RequestThrottled"));
    let deadline = Instant::now() + Duration::from_secs(10);
    let failed = engine
        .producer
        .send(&sent, deadline)
        .expect_err("it is refused")
        .to_string();
    assert!(
        failed.contains("RequestThrottled") && failed.contains("fewer calls"),
        "{failed}"
    );
    assert_eq!(engine.producer.send(&sent, deadline), Ok(()));
    let counts: Vec<usize> = server
        .asked("SendMessageBatch")
        .iter()
        .map(|call| ids(&call.body).len())
        .collect();
    assert_eq!(counts, [10, 10, 10, 5], "the first ten were taken");
    // Sent again as another send, all of it is.
    assert_eq!(engine.producer.send(&sent, deadline), Ok(()));
    assert_eq!(server.asked("SendMessageBatch").len(), 7);
}

#[test]
fn what_makes_no_sense_to_send_again_is_not_sent_again() {
    let server = Scripted::start();
    let mut engine = server.engine("views");
    let fault = r#"{"Failed":[{"Id":"0","SenderFault":true,"Code":"InvalidMessageContents","Message":"no"}]}"#;
    server.answer("SendMessageBatch", 200, fault);
    let failed = send(&mut engine, 1).expect_err("it is refused").to_string();
    assert!(failed.contains("InvalidMessageContents"), "{failed}");
    assert_eq!(server.asked("SendMessageBatch").len(), 1);
    let busy =
        r#"{"Failed":[{"Id":"0","SenderFault":false,"Code":"InternalError","Message":"no"}]}"#;
    for _ in 0..10 {
        server.answer("SendMessageBatch", 200, busy);
    }
    let failed = send(&mut engine, 1).expect_err("it is refused").to_string();
    assert!(failed.contains("InternalError"), "{failed}");
    assert_eq!(server.asked("SendMessageBatch").len(), 5);
}

#[test]
fn who_may_not_ask_for_attributes_sends_all_the_same() {
    let server = Scripted::start();
    server.answer("GetQueueAttributes", 403, &refusal("AccessDeniedException"));
    let mut engine = server.engine("views");
    assert_eq!(send(&mut engine, 1), Ok(()));
    assert_eq!(engine.producer.max_bytes(), 262_144 / 4 * 3);
}

#[test]
fn refusals_say_what_to_try() {
    let server = Scripted::start();
    for (code, told) in [
        ("QueueDoesNotExist", "create it"),
        ("AccessDeniedException", "sqs:SendMessage"),
        ("InvalidSignatureException", "clock"),
        ("OverLimit", "not applied"),
    ] {
        server.answer("SendMessageBatch", 400, &refusal(code));
        let failed = send(&mut server.engine("views"), 1)
            .expect_err("it is refused")
            .to_string();
        assert!(failed.contains(code) && failed.contains(told), "{failed}");
        server.answer("ReceiveMessage", 400, &refusal(code));
        let mut reader = read(&server.engine("views"), 0, None);
        let failed = reader
            .receive(1, WAIT)
            .expect_err("it is refused")
            .to_string();
        assert!(failed.contains(code) && failed.contains(told), "{failed}");
    }
    server.answer("SendMessageBatch", 502, "<html>bad gateway</html>");
    let failed = send(&mut server.engine("views"), 1)
        .expect_err("it is refused")
        .to_string();
    assert!(failed.contains("HTTP 502"), "{failed}");
    server.answer("SendMessageBatch", 200, "<html>a portal</html>");
    let failed = send(&mut server.engine("views"), 1)
        .expect_err("it is no answer")
        .to_string();
    assert!(failed.contains("cannot read"), "{failed}");
}

#[test]
fn expired_keys_are_looked_for_again_once() {
    let server = Scripted::start();
    server.answer("SendMessageBatch", 403, &refusal("ExpiredTokenException"));
    assert_eq!(send(&mut server.engine("views"), 1), Ok(()));
    assert_eq!(server.asked("SendMessageBatch").len(), 2);
    for _ in 0..2 {
        server.answer("SendMessageBatch", 403, &refusal("ExpiredTokenException"));
    }
    assert!(send(&mut server.engine("views"), 1).is_err());
    assert_eq!(server.asked("SendMessageBatch").len(), 4);
}

#[test]
fn reading_asks_in_tens_waits_long_and_tells_of_what_was_not_deleted() {
    let server = Scripted::start();
    let entry = |number: usize| {
        format!(
            r#"{{"MessageId":"m{number}","ReceiptHandle":"r{number}","Body":"aGk=","Attributes":{{"SentTimestamp":"1700000000000"}}}}"#
        )
    };
    let ten: Vec<String> = (0..10).map(entry).collect();
    server.answer(
        "ReceiveMessage",
        200,
        &format!(r#"{{"Messages":[{}]}}"#, ten.join(",")),
    );
    let engine = server.engine("views?visibility=30");
    let mut reader = read(&engine, 0, None);
    let received = reader
        .receive(MANY_BYTES, Duration::from_secs(45))
        .expect("it answers");
    assert_eq!(received.len(), 10);
    let call = &server.asked("ReceiveMessage")[0].body;
    for part in [
        r#""WaitTimeSeconds":20"#,
        r#""VisibilityTimeout":30"#,
        r#""MaxNumberOfMessages":10"#,
    ] {
        assert!(call.contains(part), "{call}");
    }
    let first: &Received = &received[0];
    assert_eq!((&first.position[..], &first.bytes[..]), ("m0", &b"hi"[..]));
    assert_eq!(first.receipt.as_deref(), Some("r0"));
    assert_eq!(first.at.map(|at| at.0), Some(1_700_000_000_000));

    let twelve: Vec<Received> = received.iter().chain(&received[..2]).cloned().collect();
    assert_eq!(reader.keep(&twelve), Ok(()));
    let calls = server.asked("ChangeMessageVisibilityBatch");
    assert_eq!(
        calls
            .iter()
            .map(|call| ids(&call.body).len())
            .collect::<Vec<_>>(),
        [10, 2]
    );
    assert!(
        calls[0].body.contains(r#""VisibilityTimeout":30"#),
        "{}",
        calls[0].body
    );

    let failed = r#"{"Successful":[],"Failed":[{"Id":"3","Code":"ReceiptHandleIsInvalid","Message":"expired"}]}"#;
    server.answer("DeleteMessageBatch", 200, failed);
    let error = reader
        .applied(&received)
        .expect_err("one was not deleted")
        .to_string();
    assert!(
        error.contains("ReceiptHandleIsInvalid") && error.contains("1 of 10"),
        "{error}"
    );
    assert!(
        !server.asked("DeleteMessageBatch")[0]
            .body
            .contains("VisibilityTimeout")
    );

    assert_eq!(reader.receive(MANY_BYTES, WAIT), Ok(Vec::new()));
    assert!(
        server.asked("ReceiveMessage")[1]
            .body
            .contains(r#""WaitTimeSeconds":1"#),
        "a call costs"
    );
    for _ in 0..5 {
        assert_eq!(reader.lag(), Some(7));
    }
    assert_eq!(server.asked("GetQueueAttributes").len(), 1, "asking costs");
}

#[test]
fn what_is_no_text_of_ours_is_handed_on_as_it_is() {
    let server = Scripted::start();
    let body =
        r#"{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"{\"not\": \"ours\"}"}]}"#;
    server.answer("ReceiveMessage", 200, body);
    let received = read(&server.engine("views"), 0, None)
        .receive(1, WAIT)
        .expect("it answers");
    assert_eq!(received[0].bytes, br#"{"not": "ours"}"#);
    assert_eq!(received[0].at, None);
}
