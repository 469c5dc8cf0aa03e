//! What planning finds out about a request for a page.

use std::sync::Arc;

use super::router::Page;
use crate::http::Problem;
use crate::store::CachedPost;
use crate::store::cache::CachedPage;

/// A page that is asked for, with what is known of it.
pub struct Found<'r> {
    pub(super) page: Page<'r>,
    /// The post the path names, where it is in memory.
    pub(super) known: Option<Arc<CachedPost>>,
    /// Its page, where that is in memory.
    pub(super) rendered: Option<Arc<CachedPage>>,
    /// Why the request is not handled.
    pub(super) refusal: Option<Problem>,
}
