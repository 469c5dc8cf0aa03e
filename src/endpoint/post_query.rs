//! Which list of posts the query of a request asks for, and the page of it.

use super::state::SiteState;
use super::{cursor, errors, parameters};
use crate::clock;
use crate::http::{Problem, query};
use crate::model::{ListQuery, Page, Period, PostSummary, SearchWords, Sort};
use crate::server::StoreUse;
use crate::store::StoreError;

/// The longest `q`, in characters: each post that is looked at is compared with each word.
const MAX_WORDS: usize = 200;

/// `sort`, `period`, `tag`, `q` and `cursor` of a query.
#[derive(Clone)]
pub struct PostQuery {
    list: ListQuery,
    period: Period,
    /// `q` as it was written.
    words: Option<String>,
}

impl PostQuery {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn parse(text: &str, limit: usize) -> Result<PostQuery, Problem> {
        let sort = match query::get(text, "sort").as_deref() {
            None | Some("published") => Sort::Published,
            Some("views") => Sort::Views,
            Some("trending") => Sort::Trending,
            Some(_) => {
                return Err(errors::bad_parameter(
                    "sort",
                    "published, views or trending",
                ));
            }
        };
        let period = match (parameters::period(text)?, sort) {
            (None, _) => Period::All,
            (Some(period), Sort::Views) => period,
            (Some(_), _) => {
                return Err(errors::bad_parameter(
                    "period",
                    "24h, 7d, 30d, 1y or all, and only with sort=views",
                ));
            }
        };
        PostQuery::of(text, sort, period, limit)
    }

    /// Reads all but the order from the query of a request.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn of(text: &str, sort: Sort, period: Period, limit: usize) -> Result<PostQuery, Problem> {
        let words = words(text);
        if words
            .as_ref()
            .is_some_and(|words| words.chars().count() > MAX_WORDS)
        {
            return Err(errors::bad_parameter("q", "up to 200 characters"));
        }
        let mut found = PostQuery {
            list: ListQuery {
                sort,
                limit,
                after: None,
                tag: query::get(text, "tag").map(String::from),
                words: words.as_deref().and_then(SearchWords::parse),
            },
            period,
            words,
        };
        found.list.after = cursor::from_query(text, found.cursor_letter())?;
        Ok(found)
    }

    /// How the store is used by a list: a search looks through many posts.
    pub fn store_use(text: &str) -> StoreUse {
        match words(text) {
            Some(_) => StoreUse::Scan,
            None => StoreUse::Read,
        }
    }

    /// The tag that all posts must have.
    pub fn tag(&self) -> Option<&str> {
        self.list.tag.as_deref()
    }

    /// The words that are looked for.
    pub fn words(&self) -> Option<&str> {
        self.words.as_deref()
    }

    /// In what order posts are listed.
    pub fn sort(&self) -> Sort {
        self.list.sort
    }

    /// The same list, in pages of at most `limit` posts.
    pub fn limited_to(&self, limit: usize) -> PostQuery {
        let mut limited = self.clone();
        limited.list.limit = limit;
        limited
    }

    /// Whether the list begins with its first post.
    pub fn is_from_start(&self) -> bool {
        self.list.after.is_none()
    }

    /// The page of posts.
    ///
    /// # Errors
    /// Those of the store.
    pub fn page(&self, state: &SiteState) -> Result<Page<PostSummary>, StoreError> {
        match self.period {
            Period::All => state.store.store().list(&self.list),
            period => state.rankings.page(period, &self.list, clock::now()),
        }
    }

    /// What tells the cursors of one order from those of another.
    pub fn cursor_letter(&self) -> char {
        match (self.list.sort, self.period) {
            (Sort::Published, _) => 'p',
            (Sort::Trending, _) => 't',
            (Sort::Views, Period::All) => 'v',
            (Sort::Views, Period::Day) => 'd',
            (Sort::Views, Period::Week) => 'w',
            (Sort::Views, Period::Month) => 'm',
            (Sort::Views, Period::Year) => 'y',
        }
    }
}

fn words(text: &str) -> Option<String> {
    query::get(text, "q")
        .map(String::from)
        .filter(|words| !words.is_empty())
}
