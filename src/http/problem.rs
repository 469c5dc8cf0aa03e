//! Errors as clients see them: RFC 9457 problem details. The one place where an error becomes a status.

use serde::Serialize;

use super::response::Response;
use crate::store::StoreError;

/// An error answer.
#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    title: &'static str,
    detail: String,
    errors: Vec<Invalid>,
    /// Further header lines.
    headers: Vec<(&'static str, String)>,
    /// Whether the connection cannot be used further.
    close: bool,
}

/// One thing wrong with a body.
#[derive(Debug, Serialize)]
pub(super) struct Invalid {
    /// Where: an RFC 6901 pointer into the body.
    pub(super) pointer: String,
    /// What, and what would be right.
    pub(super) detail: String,
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
    fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            close: false,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Problem {
        self.headers.push((name, value.into()));
        self
    }

    /// The request cannot be understood; what follows on its connection cannot be either.
    pub(super) fn bad_request(detail: impl Into<String>) -> Problem {
        Problem {
            close: true,
            ..Problem::new(400, "Bad request", detail)
        }
    }

    pub(super) fn unauthorized(detail: impl Into<String>) -> Problem {
        Problem::new(401, "Not authorised", detail).with("WWW-Authenticate", "Bearer")
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(403, "Forbidden", detail)
    }

    pub(super) fn no_such_path() -> Problem {
        Problem::new(404, "Not found", "there is nothing at this path")
    }

    pub(super) fn no_such_post() -> Problem {
        Problem::new(
            404,
            "Not found",
            "there is no such post; GET /posts lists them",
        )
    }

    pub(super) fn no_such_viewer() -> Problem {
        Problem::new(404, "Not found", "nobody of that name has viewed this")
    }

    pub(super) fn method_not_allowed(allow: String) -> Problem {
        let detail = format!("this path answers {allow}");
        Problem::new(405, "Method not allowed", detail).with("Allow", allow)
    }

    pub(super) fn body_timeout() -> Problem {
        let detail = "the body did not arrive in time";
        Problem {
            close: true,
            ..Problem::new(408, "Request timeout", detail)
        }
    }

    pub(super) fn slug_taken(slug: &str) -> Problem {
        let detail = format!("another post has the slug {slug:?}; choose another one");
        Problem::new(409, "Slug taken", detail)
    }

    pub(super) fn changed() -> Problem {
        let detail = "the post is not what If-Match names; read it again and repeat the change";
        Problem::new(412, "Precondition failed", detail)
    }

    pub(super) fn too_large(max: u64) -> Problem {
        Problem::new(
            413,
            "Content too large",
            format!("a body may have up to {max} bytes"),
        )
    }

    pub(super) fn wrong_type() -> Problem {
        Problem::new(
            415,
            "Unsupported media type",
            "send Content-Type: application/json",
        )
    }

    pub(super) fn invalid(errors: Vec<Invalid>) -> Problem {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            all => format!("{} things are wrong with the body", all.len()),
        };
        Problem {
            errors,
            ..Problem::new(422, "Not valid", detail)
        }
    }

    pub(super) fn bad_parameter(name: &str, wanted: &str) -> Problem {
        Problem::new(
            422,
            "Not valid",
            format!("the query parameter {name} takes {wanted}"),
        )
    }

    /// The parameters are right each by itself.
    pub(super) fn too_long_a_series(most: i64, buckets: &str) -> Problem {
        Problem::new(
            422,
            "Not valid",
            format!(
                "an answer holds up to {most} {buckets}; ask with by=day, a shorter period or for fewer posts"
            ),
        )
    }

    pub(super) fn internal() -> Problem {
        Problem {
            close: true,
            ..Problem::new(
                500,
                "Internal error",
                "something went wrong here; the log says more",
            )
        }
    }

    /// RFC 6585 §5.
    pub(super) fn head_too_long(most: usize) -> Problem {
        Problem {
            close: true,
            ..Problem::new(
                431,
                "Request header fields too large",
                format!("the request line and the headers may have {most} bytes together"),
            )
        }
    }

    pub(super) fn version_not_supported() -> Problem {
        Problem {
            close: true,
            ..Problem::new(
                505,
                "HTTP version not supported",
                "HTTP/1.1 and HTTP/1.0 are spoken here",
            )
        }
    }

    pub(super) fn unsupported_coding() -> Problem {
        let detail = "of transfer codings only chunked is understood";
        Problem {
            close: true,
            ..Problem::new(501, "Not implemented", detail)
        }
    }

    pub(super) fn draining() -> Problem {
        let problem = Problem::new(
            503,
            "Shutting down",
            "the server is stopping; try again shortly",
        );
        Problem {
            close: true,
            ..problem.with("Retry-After", "5")
        }
    }

    pub(super) fn busy(detail: impl Into<String>) -> Problem {
        Problem::new(503, "Store not available", detail).with("Retry-After", "1")
    }

    /// Writes itself as the response, in place of what a handler may have begun.
    pub(super) fn write(&self, response: &mut Response) {
        response.start(self.status);
        // A CDN that is told nothing keeps a 404 for minutes, and a post may come to be in that time.
        response.header("Cache-Control", "no-store");
        for (name, value) in &self.headers {
            response.header(name, value);
        }
        if self.close {
            response.close();
        }
        response.json_as(
            "application/problem+json",
            &Body {
                r#type: "about:blank",
                title: self.title,
                status: self.status,
                detail: &self.detail,
                errors: &self.errors,
            },
        );
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::NoSuchPost => Problem::no_such_post(),
            StoreError::Changed => Problem::changed(),
            StoreError::SlugTaken => Problem::new(
                409,
                "Slug taken",
                "another post has this slug; choose another one",
            ),
            StoreError::Busy(_) => Problem::busy("the store is busy; try again shortly"),
            StoreError::Newer { .. } | StoreError::Refused(_) | StoreError::Unavailable(_) => {
                // What the database said may name files and tables: for the log, not for the client.
                tracing::error!(%error, "the store failed a request");
                Problem::busy("the store does not answer; try again shortly")
            }
        }
    }
}
