//! What a server that has started says of itself.

use std::fmt;
use std::net::SocketAddr;

use crate::config::{Config, TokenSource};
use crate::model::ListQuery;
use crate::store::{Store, StoreError, StoreUrl};

/// The lines that follow the address: the store, its posts, the token, and what to try.
pub(super) struct Greeting {
    address: SocketAddr,
    store: StoreUrl,
    posts: i64,
    /// The slug of the newest post.
    newest: Option<String>,
    token: TokenSource,
}

impl Greeting {
    /// Looks what there is to say.
    ///
    /// # Errors
    /// Those of every read.
    pub(super) fn read(
        config: &Config,
        store: &dyn Store,
        address: SocketAddr,
    ) -> Result<Greeting, StoreError> {
        let newest = ListQuery {
            limit: 1,
            ..ListQuery::default()
        };
        let newest = store.list(&newest)?.items.into_iter().next();
        Ok(Greeting {
            address,
            store: config.store.clone(),
            posts: store.post_count()?,
            newest: newest.map(|post| post.slug),
            token: config.token.clone(),
        })
    }
}

impl fmt::Display for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.store.files() {
            Some(_) => writeln!(f, "  store  {}", self.store)?,
            None => writeln!(f, "  store  in memory, gone when the server ends")?,
        }
        match self.posts {
            0 => writeln!(f, "  posts  none yet")?,
            posts => writeln!(f, "  posts  {posts}")?,
        }
        match &self.token {
            TokenSource::Given(_) => writeln!(f, "  token  as given")?,
            TokenSource::Default(path) => writeln!(f, "  token  in {}", path.display())?,
        }
        let address = self.address;
        match &self.newest {
            Some(slug) => write!(
                f,
                "  try    http://{address} in a browser, or: curl http://{address}/posts/{slug}"
            ),
            None => write!(
                f,
                "  try    viewtally import posts PATH, or http://{address} in a browser"
            ),
        }
    }
}
