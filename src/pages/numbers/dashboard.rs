//! The site's numbers.

use std::collections::HashMap;

use askama::Template;

use super::address::Address;
use super::figures::Figures;
use super::ranges::{self, Choice, RangeForm};
use super::referrers::{self, ReferrerRow};
use super::rows::{self, Row};
use super::time_range::TimeQuery;
use super::totals::Totals;
use crate::clock;
use crate::endpoint::{Exchange, PostQuery, cursor};
use crate::http::{Problem, query};
use crate::model::{ListQuery, Page, Period, PostId, PostSummary, SITE, Sort};
use crate::pages::layout::Layout;
use crate::pages::personal;
use crate::pages::session::Visitor;
use crate::pages::state::PageState;
use crate::pages::{access, assets, text};

/// Posts on a page.
const LIMIT: usize = 20;

#[derive(Template)]
#[template(path = "dashboard.html", config = "src/pages/askama.toml")]
struct Dashboard<'a> {
    layout: Layout,
    script: String,
    figures: Figures,
    views: String,
    totals: Totals,
    referrers: Vec<ReferrerRow>,
    range: RangeForm,
    orders: Vec<Choice>,
    search_fields: Vec<(&'static str, String)>,
    words: &'a str,
    tag: &'a str,
    without_tag: String,
    without_words: String,
    rows: Vec<Row<'a>>,
    next: Option<String>,
    first: Option<String>,
    is_site_empty: bool,
    origin: String,
}

/// Shows the dashboard.
pub fn show(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let visitor = Visitor::of(pages, exchange);
    access::check(pages, exchange, &visitor)?;
    let text = exchange.query();
    let asked = TimeQuery::parse(text, &pages.settings.zone, clock::now())?;
    let store = exchange.state.store.store();
    let figures = Figures::read(store, SITE, &asked)?;
    let totals = store.site_stats()?;
    let list = List::read(exchange, &asked)?;
    let address = Address::new(exchange.request.target.path, text);
    let rows = rows::rows(
        store,
        &list.page.items,
        &list.totals,
        &figures.range,
        address,
    )?;
    let (words, tag) = (
        list.query.words().unwrap_or_default(),
        list.query.tag().unwrap_or_default(),
    );
    let next = list.page.next.map(|next| {
        let cursor = cursor::encode(next, list.query.cursor_letter());
        address.with(&[("cursor", &cursor)])
    });
    let page = Dashboard {
        layout: personal::layout(exchange, &visitor),
        script: assets::script(),
        views: text::number(figures.views),
        referrers: referrers::rows(exchange, SITE, figures.range.start..figures.range.end)?,
        totals: Totals::new(&totals),
        range: RangeForm::new(address, &asked),
        orders: ranges::orders(address, list.sort),
        search_fields: address.fields(&["q"]),
        words,
        tag,
        without_tag: address.with(&[("tag", "")]),
        without_words: address.with(&[("q", "")]),
        is_site_empty: store.first_id(0)?.is_none(),
        rows,
        next,
        first: (!list.query.is_from_start()).then(|| address.with(&[])),
        origin: crate::pages::origin::plain(exchange),
        figures,
    };
    personal::show(pages, exchange, &visitor, &page)
}

/// The page of posts.
struct List {
    query: PostQuery,
    sort: &'static str,
    page: Page<PostSummary>,
    /// The views of all time, where the page has those of a period.
    totals: HashMap<PostId, i64>,
}

impl List {
    /// Most viewed first: of the period asked for, where it is one, or else of all time.
    fn read(exchange: &Exchange<'_>, asked: &TimeQuery) -> Result<List, Problem> {
        let state = exchange.state;
        let (sort, name) = match query::get(exchange.query(), "sort").as_deref() {
            Some("published") => (Sort::Published, "published"),
            Some("trending") => (Sort::Trending, "trending"),
            _ => (Sort::Views, "views"),
        };
        let period = match sort {
            Sort::Views => asked.period().unwrap_or(Period::All),
            Sort::Published | Sort::Trending => Period::All,
        };
        let query = PostQuery::of(exchange.query(), sort, period, LIMIT)?;
        let mut list = List {
            page: query.page(state)?,
            query,
            sort: name,
            totals: HashMap::new(),
        };
        if period != Period::All {
            let ids: Vec<PostId> = list.page.items.iter().map(|post| post.id).collect();
            let found = state.store.store().summaries(&ids, &ListQuery::default())?;
            list.totals = found.iter().map(|post| (post.id, post.views)).collect();
        }
        Ok(list)
    }
}
