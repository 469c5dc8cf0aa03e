//! The header fields that decide how a request is read: `Host`, `Connection`, `Expect`, and those of the body's length.

use httparse::Header;

use super::head::Framing;
use crate::http::{Problem, is_authority};

/// What these fields say, read in one pass.
#[derive(Debug, Default)]
pub(super) struct KnownFields {
    hosts: usize,
    length: Option<Length>,
    codings: Codings,
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(u64),
    /// A number, but none that 64 bits hold.
    Beyond,
}

/// The transfer codings, over all fields of that name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Codings {
    #[default]
    None,
    Chunked,
    /// Codings that are not implemented.
    Others,
    /// Others, and chunked as the last.
    OthersThenChunked,
}

impl KnownFields {
    /// Reads the fields.
    ///
    /// # Errors
    /// 400 where one is malformed, missing or repeated; 417 for an expectation that cannot be met.
    pub(super) fn read(fields: &[Header<'_>], is_http_1_0: bool) -> Result<KnownFields, Problem> {
        let mut known = KnownFields::default();
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            // By their lengths first: most fields cost one comparison.
            match field.name.len() {
                4 if is("Host") => known.host(field.value)?,
                6 if is("Expect") => known.expectation(field.value, is_http_1_0)?,
                10 if is("Connection") => known.connection(field.value),
                14 if is("Content-Length") => known.length(field.value)?,
                17 if is("Transfer-Encoding") => known.coding(field.value, is_http_1_0)?,
                _ => {}
            }
        }
        if known.hosts == 0 && !is_http_1_0 {
            return Err(Problem::bad_request("the Host header is missing"));
        }
        Ok(known)
    }

    /// How the body's end is found.
    ///
    /// # Errors
    /// 400 for two ways at once (RFC 9112 §6.1), 413 for a length beyond any, 501 for codings that are not implemented.
    pub(super) fn framing(&self) -> Result<Framing, Problem> {
        match (self.codings, self.length) {
            (Codings::None, None) => Ok(Framing::Sized(0)),
            (Codings::None, Some(Length::Bytes(length))) => Ok(Framing::Sized(length)),
            (Codings::None, Some(Length::Beyond)) => {
                let detail = "no body is as long as Content-Length says";
                Err(Problem::new(413, "Content too large", detail).closing())
            }
            (_, Some(_)) => Err(Problem::bad_request(
                "both Content-Length and Transfer-Encoding are given",
            )),
            (Codings::Chunked, None) => Ok(Framing::Chunked),
            (Codings::Others | Codings::OthersThenChunked, None) => {
                Err(Problem::unsupported_coding())
            }
        }
    }

    /// RFC 9112 §3.2: one field, and a valid value.
    fn host(&mut self, value: &[u8]) -> Result<(), Problem> {
        self.hosts += 1;
        if self.hosts > 1 {
            return Err(Problem::bad_request("several Host headers are given"));
        }
        if is_authority(value) {
            Ok(())
        } else {
            Err(Problem::bad_request("the Host header is malformed"))
        }
    }

    fn expectation(&mut self, value: &[u8], is_http_1_0: bool) -> Result<(), Problem> {
        if is_http_1_0 {
            return Ok(());
        }
        if !value.trim_ascii().eq_ignore_ascii_case(b"100-continue") {
            return Err(Problem::expectation_failed());
        }
        self.expects_continue = true;
        Ok(())
    }

    fn connection(&mut self, value: &[u8]) {
        for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn length(&mut self, value: &[u8]) -> Result<(), Problem> {
        let value = value.trim_ascii();
        if self.length.is_some() {
            return Err(Problem::bad_request(
                "several Content-Length headers are given",
            ));
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Problem::bad_request("Content-Length is not a number"));
        }
        let number = str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok());
        self.length = Some(number.map_or(Length::Beyond, Length::Bytes));
        Ok(())
    }

    fn coding(&mut self, value: &[u8], is_http_1_0: bool) -> Result<(), Problem> {
        // RFC 9112 §6.1: HTTP/1.0 has no transfer codings.
        if is_http_1_0 {
            return Err(Problem::bad_request(
                "Transfer-Encoding is not for HTTP/1.0",
            ));
        }
        for coding in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            if coding.is_empty() {
                return Err(Problem::bad_request("Transfer-Encoding is malformed"));
            }
            let chunked = coding.eq_ignore_ascii_case(b"chunked");
            self.codings = match (self.codings, chunked) {
                (Codings::None, true) => Codings::Chunked,
                (Codings::Others, true) => Codings::OthersThenChunked,
                (Codings::None | Codings::Others, false) => Codings::Others,
                (Codings::Chunked | Codings::OthersThenChunked, _) => {
                    return Err(Problem::bad_request(
                        "chunked must be the last transfer coding, once",
                    ));
                }
            };
        }
        Ok(())
    }
}
