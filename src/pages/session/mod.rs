//! Who is signed in: a signed cookie, and what keeps other sites from using it.
//!
//! Nothing is kept here: a session is what its cookie says. It opens the pages alone, never the API, and makes no
//! `Viewer-Id` believed.

mod cookie;
mod form_check;
mod guess_limit;
mod sessions;
mod visitor;

pub use form_check::{check_sign_in, check_writing};
pub use guess_limit::GuessLimit;
pub use sessions::{Session, Sessions};
pub use visitor::{Visitor, expire_cookie, session, set_cookie};
