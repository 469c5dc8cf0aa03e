//! Errors as clients see them: RFC 9457 problem details.

use serde::Serialize;

use super::response::Response;

/// An error answer. As small as a pointer: what may fail hands it on through every request that does not.
#[derive(Debug)]
pub struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    status: u16,
    title: &'static str,
    detail: String,
    errors: Vec<Invalid>,
    /// Further header fields.
    headers: Vec<(&'static str, String)>,
    /// Whether the connection cannot be used further.
    close: bool,
}

/// One thing wrong with a body.
#[derive(Debug, Serialize)]
pub struct Invalid {
    /// Where: an RFC 6901 pointer into the body.
    pub pointer: String,
    /// What, and what would be right.
    pub detail: String,
}

impl Invalid {
    /// What is wrong at a place.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Invalid {
        Invalid {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[Invalid]>::is_empty")]
    errors: &'a [Invalid],
}

impl Problem {
    /// A problem with its status, the title of its kind, and what is wrong this time.
    pub fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Content {
            status,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            close: false,
        }))
    }

    /// Adds a header field.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Problem {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Lists what is wrong with a body.
    pub fn with_errors(mut self, errors: Vec<Invalid>) -> Problem {
        self.0.errors = errors;
        self
    }

    /// Closes the connection after this answer.
    pub fn closing(mut self) -> Problem {
        self.0.close = true;
        self
    }

    /// 400: the request cannot be understood, and so neither can what follows on its connection.
    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(400, "Bad request", detail).closing()
    }

    /// 408: the head or the body did not arrive in time.
    pub fn request_timeout() -> Problem {
        let detail = "the request did not arrive in time";
        Problem::new(408, "Request timeout", detail).closing()
    }

    /// 413: a body may have `max` bytes.
    pub fn too_large(max: u64) -> Problem {
        let detail = format!("a body may have up to {max} bytes");
        Problem::new(413, "Content too large", detail).closing()
    }

    /// 414: the target does not fit into a head.
    pub fn target_too_long(bytes: usize) -> Problem {
        let detail =
            format!("the request line and the header fields may have {bytes} bytes together");
        Problem::new(414, "URI too long", detail).closing()
    }

    /// 417: nothing but `100-continue` can be expected.
    pub fn expectation_failed() -> Problem {
        let detail = "of expectations only 100-continue is understood";
        Problem::new(417, "Expectation failed", detail).closing()
    }

    /// 431 (RFC 6585 §5): the head is too long or has too many fields.
    pub fn head_too_long(bytes: usize, fields: usize) -> Problem {
        let detail = format!(
            "the request line and the header fields may have {bytes} bytes together, in up to {fields} fields"
        );
        Problem::new(431, "Request header fields too large", detail).closing()
    }

    /// 500: a defect, told in the log.
    pub fn internal() -> Problem {
        let detail = "something went wrong here; the log says more";
        Problem::new(500, "Internal error", detail).closing()
    }

    /// 501: a transfer coding that is not implemented.
    pub fn unsupported_coding() -> Problem {
        let detail = "of transfer codings only chunked is understood";
        Problem::new(501, "Not implemented", detail).closing()
    }

    /// 503 while the server drains.
    pub fn draining() -> Problem {
        let detail = "the server is stopping; try again shortly";
        Problem::new(503, "Shutting down", detail)
            .with("Retry-After", "5")
            .closing()
    }

    /// 503 while the store cannot be asked.
    pub fn busy(detail: impl Into<String>) -> Problem {
        Problem::new(503, "Store not available", detail).with("Retry-After", "1")
    }

    /// 503 while the store does other work.
    pub fn store_busy() -> Problem {
        Problem::busy("the store is busy; try again shortly")
    }

    /// 505: another major version of HTTP.
    pub fn version_not_supported() -> Problem {
        let detail = "HTTP/1.1 and HTTP/1.0 are spoken here";
        Problem::new(505, "HTTP version not supported", detail).closing()
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The title of its kind.
    pub fn title(&self) -> &'static str {
        self.0.title
    }

    /// What is wrong this time.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Writes itself as the response, in place of what a handler may have begun.
    pub fn write(&self, response: &mut Response) {
        self.start(response);
        response.json_as(
            "application/problem+json",
            &Body {
                r#type: "about:blank",
                title: self.0.title,
                status: self.0.status,
                detail: &self.0.detail,
                errors: &self.0.errors,
            },
        );
    }

    /// Starts the response over, with all but the body.
    pub fn start(&self, response: &mut Response) {
        response.start(self.0.status);
        // A CDN that is told nothing keeps a 404 for minutes, and a post may come to be in that time.
        response.header("Cache-Control", "no-store");
        for (name, value) in &self.0.headers {
            response.header(name, value);
        }
        if self.0.close {
            response.close();
        }
    }
}
