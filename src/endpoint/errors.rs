//! Problems of endpoints: the one place where an error of the store, or a request that cannot be followed, becomes a
//! status.

use crate::counter::NotDurable;
use crate::http::{Invalid, Problem, location};
use crate::store::StoreError;

/// 401: the token is missing or wrong.
pub fn unauthorized(detail: &str) -> Problem {
    Problem::new(401, "Not authorised", detail).with("WWW-Authenticate", "Bearer")
}

/// 403: a form that another site made a browser send.
pub fn foreign_form() -> Problem {
    let detail =
        "forms are taken from pages of this server only; open the page here and send it again";
    Problem::new(403, "Not from here", detail)
}

pub fn no_such_path() -> Problem {
    Problem::new(404, "Not found", "there is nothing at this path")
}

/// 404: the node does not serve.
pub fn only_counts() -> Problem {
    let detail = "this node only counts what is on the queue; ask one that serves";
    Problem::new(404, "Not found", detail)
}

/// 503: a view that was to survive this machine may not.
pub fn not_durable(known: NotDurable) -> Problem {
    let detail = match known {
        NotDurable::NotTaken => {
            "the view was not taken, and will not be counted; send it again later"
        }
        NotDurable::Unknown => {
            "it is not known whether the view will be counted; only this server's memory has it, if anything"
        }
        NotDurable::NotYet => {
            "the view is kept on this machine only, and will be counted unless that is lost; do not send it again"
        }
    };
    Problem::new(503, "Not durable", detail).with("Retry-After", "1")
}

/// 308: the same at another path, by the same method (RFC 9110 §15.4.9).
pub fn moved(path: &str, query: &str) -> Problem {
    let mark = if query.is_empty() { "" } else { "?" };
    let location = location::encode(&format!("{path}{mark}{query}"));
    Problem::new(308, "Moved permanently", format!("this is at {path}")).with("Location", location)
}

pub fn no_such_post() -> Problem {
    let detail = "there is no such post; GET /posts lists them";
    Problem::new(404, "Not found", detail)
}

/// 404: a page of a site that is not served.
pub fn page_elsewhere() -> Problem {
    let detail = "this page is on no site of this server; try --site with the site's address";
    Problem::new(404, "Not found", detail)
}

pub fn no_such_page() -> Problem {
    let detail = "no post is known for this page yet; its first view makes one";
    Problem::new(404, "Not found", detail)
}

pub fn no_such_correction() -> Problem {
    let detail = "the post has no such correction; GET /posts/{post}/corrections lists them";
    Problem::new(404, "Not found", detail)
}

/// 409: a correction that took no hours out cannot be taken back.
pub fn nothing_taken_out() -> Problem {
    let detail = "this correction took no hours out; set the number again with PUT /posts/{post}/views, or take hours out \
                  again with POST /posts/{post}/corrections";
    Problem::new(409, "Nothing taken out", detail)
}

pub fn no_such_viewer() -> Problem {
    Problem::new(404, "Not found", "nobody of that name has viewed this")
}

/// 405 with `Allow` (RFC 9110 §15.5.6).
pub fn method_not_allowed(allow: String) -> Problem {
    let detail = format!("this path answers {allow}");
    Problem::new(405, "Method not allowed", detail).with("Allow", allow)
}

pub fn slug_taken(slug: &str) -> Problem {
    let detail = format!("another post has the slug {slug:?}; choose another one");
    Problem::new(409, "Slug taken", detail)
}

/// 411: the body's length must be known before it is read (RFC 9110 §15.5.12).
pub fn length_required() -> Problem {
    let detail = "send the form with its Content-Length";
    Problem::new(411, "Length required", detail).closing()
}

/// 413: a body longer than anything that is sent here (RFC 9110 §15.5.14).
pub fn too_long_a_body(most: u64) -> Problem {
    let detail = format!("the body may have up to {most} bytes here");
    Problem::new(413, "Content too large", detail).closing()
}

/// 412: a precondition does not hold (RFC 9110 §13.1).
pub fn changed() -> Problem {
    let detail = "the post is not what If-Match names, or is what If-None-Match names; read it again and repeat the change";
    Problem::new(412, "Precondition failed", detail)
}

pub fn wrong_type() -> Problem {
    let detail = "send Content-Type: application/json";
    Problem::new(415, "Unsupported media type", detail)
}

pub fn no_form() -> Problem {
    let detail = "send Content-Type: application/x-www-form-urlencoded";
    Problem::new(415, "Unsupported media type", detail)
}

/// 400: the body is not what it is said to be. The connection goes on: where the request ends is known.
pub fn malformed(detail: String) -> Problem {
    Problem::new(400, "Bad request", detail)
}

/// 422 with everything that is wrong.
pub fn invalid(errors: Vec<Invalid>) -> Problem {
    let detail = match errors.as_slice() {
        [only] => only.detail.clone(),
        all => format!("{} things are wrong with the body", all.len()),
    };
    Problem::new(422, "Not valid", detail).with_errors(errors)
}

pub fn bad_parameter(name: &str, wanted: &str) -> Problem {
    let detail = format!("the query parameter {name} takes {wanted}");
    Problem::new(422, "Not valid", detail)
}

/// 422: a parameter that the path does not take.
pub fn unknown_parameter(name: &str, known: &[&str]) -> Problem {
    let takes = match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    };
    let detail = format!("there is no query parameter {name:?} here; this takes {takes}");
    Problem::new(422, "Not valid", detail)
}

/// 422: the parameters are right each by itself, but not together.
pub fn too_long_a_series(most: i64, buckets: &str) -> Problem {
    let detail = format!(
        "an answer holds up to {most} {buckets}; ask with by=day, a shorter period or for fewer posts"
    );
    Problem::new(422, "Not valid", detail)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::NoSuchPost => no_such_post(),
            StoreError::Changed => changed(),
            StoreError::SlugTaken => {
                let detail = "another post has this slug; choose another one";
                Problem::new(409, "Slug taken", detail)
            }
            StoreError::BelowZero { views, taken } => {
                let detail = format!(
                    "the post has {views} views, since its number was set by hand, and these hours have {taken}; take out \
                     fewer, or set the number with PUT /posts/{{post}}/views"
                );
                Problem::new(409, "Below zero", detail)
            }
            StoreError::Refused(why) => Problem::new(422, "Not valid", why),
            StoreError::Busy(_) => Problem::store_busy(),
            StoreError::Newer { .. }
            | StoreError::InDoubt(_)
            | StoreError::NotOurs
            | StoreError::Unavailable(_) => {
                // What the database said may name files and tables: for the log, not for the client.
                tracing::error!(%error, "the store failed a request");
                Problem::busy("the store does not answer; try again shortly")
            }
        }
    }
}
