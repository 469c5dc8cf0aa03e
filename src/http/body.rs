//! Request bodies: read within bounds of size and time, or got rid of without harm to the next request.

use std::io::Read;
use std::time::Instant;

use super::exchange::Exchange;
use super::head::contains_word;
use super::problem::Problem;

/// The library reads a body of up to this size together with the head.
const READ_WITH_HEAD: usize = 1024;

/// How much of an unwanted body is read so that a client in the middle of sending it gets to see the answer.
const UNWANTED: u64 = 4 << 20;

/// Whether the request says how long it is in a way that leaves no doubt (RFC 9112 §6).
///
/// # Errors
/// 400 or 501; the connection then ends, for nobody knows where the next request starts.
pub(super) fn check_framing(exchange: &Exchange<'_>) -> Result<(), Problem> {
    let coding = exchange.header("Transfer-Encoding");
    let Some(length) = exchange.header("Content-Length") else {
        return match coding {
            None => Ok(()),
            Some("chunked") if !differs_in_repetition(exchange, "Transfer-Encoding") => Ok(()),
            Some(_) => Err(Problem::unsupported_coding()),
        };
    };
    if coding.is_some() {
        return Err(Problem::bad_request(
            "both Content-Length and Transfer-Encoding are given",
        ));
    }
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::bad_request("Content-Length is not a number"));
    }
    if differs_in_repetition(exchange, "Content-Length") {
        return Err(Problem::bad_request(
            "several Content-Length headers differ",
        ));
    }
    if exchange.request.body_length().is_none() {
        return Err(Problem::too_large(exchange.service.limits.max_body));
    }
    Ok(())
}

/// Whether a header comes again with another value.
fn differs_in_repetition(exchange: &Exchange<'_>, name: &str) -> bool {
    exchange
        .headers(name)
        .windows(2)
        .any(|pair| pair[0] != pair[1])
}

/// Reads the whole body.
///
/// # Errors
/// 413 beyond `--max-body`, 408 when it takes longer than `--request-timeout`, 400 when it ends early or its chunks
/// are malformed.
pub(super) fn read(exchange: &mut Exchange<'_>) -> Result<Vec<u8>, Problem> {
    let limits = exchange.service.limits;
    let announced = exchange.request.body_length().map(|length| length as u64);
    if announced.is_some_and(|length| length > limits.max_body) {
        return Err(Problem::too_large(limits.max_body));
    }
    exchange.seat.wait(limits.request_timeout);
    let body = read_all(exchange, announced);
    // The answer, whatever it is, has a time of its own.
    exchange.seat.done();
    let body = body?;
    if body.len() as u64 > limits.max_body {
        return Err(Problem::too_large(limits.max_body));
    }
    if announced.is_some_and(|length| (body.len() as u64) < length) {
        return Err(Problem::bad_request(
            "the body ended before its Content-Length",
        ));
    }
    exchange.body_read = true;
    Ok(body)
}

fn read_all(exchange: &mut Exchange<'_>, announced: Option<u64>) -> Result<Vec<u8>, Problem> {
    let limits = exchange.service.limits;
    let deadline = Instant::now() + limits.request_timeout;
    let mut body = Vec::new();
    // One byte more than allowed tells a body that is too large. Of an upgrade the library shows all that comes.
    let most = announced.unwrap_or(limits.max_body + 1);
    let mut reader = exchange.request.as_reader().take(most);
    let mut chunk = [0; 16 << 10];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => body.extend_from_slice(&chunk[..n]),
            Err(error) if is_timeout(&error) => return Err(Problem::body_timeout()),
            Err(_) => return Err(Problem::bad_request("the body is malformed")),
        }
        if Instant::now() > deadline {
            return Err(Problem::body_timeout());
        }
    }
    Ok(body)
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
    )
}

/// Called before the response is written: sees to it that a body nobody read can neither be taken for the next
/// request nor hold this thread, in which case the connection ends.
///
/// The library reads the rest of a sized body when the request is dropped, all of it, whatever its size.
pub(super) fn settle(exchange: &mut Exchange<'_>) {
    let length = exchange.request.body_length().unwrap_or(0);
    let chunked = exchange.header("Transfer-Encoding").is_some();
    let waits_for_continue = exchange.header("Expect").is_some();
    let unread = chunked || length > READ_WITH_HEAD || (waits_for_continue && length > 0);
    if !unread || exchange.body_read {
        return;
    }
    let worth_reading = !exchange.response.closes()
        && !waits_for_continue
        && !is_upgrade(exchange)
        && length as u64 <= UNWANTED;
    if worth_reading {
        exchange.seat.wait(exchange.service.limits.request_timeout);
        let gone = discard(exchange);
        exchange.seat.done();
        if gone {
            return;
        }
    }
    exchange.response.close();
    if !chunked {
        exchange.seat.stop_reading();
    }
}

/// Whether the library takes the request for the last of HTTP on its connection, and shows all that comes as its body.
fn is_upgrade(exchange: &Exchange<'_>) -> bool {
    let header = exchange.header("Connection").unwrap_or_default();
    contains_word(header.as_bytes(), "upgrade")
}

/// Reads the rest within bounds. Returns whether that was all of it.
fn discard(exchange: &mut Exchange<'_>) -> bool {
    let deadline = Instant::now() + exchange.service.limits.request_timeout;
    let mut left = UNWANTED;
    let reader = exchange.request.as_reader();
    let mut chunk = [0; 16 << 10];
    while left > 0 && Instant::now() < deadline {
        match reader.read(&mut chunk) {
            Ok(0) => return true,
            Ok(n) => left = left.saturating_sub(n as u64),
            Err(_) => return false,
        }
    }
    false
}
