//! One post's numbers.

use askama::Template;
use jiff::tz::TimeZone;

use super::address::Address;
use super::codes::{self, Code};
use super::correction_row::CorrectionRow;
use super::figures::Figures;
use super::ranges::RangeForm;
use super::referrers::{self, ReferrerRow};
use super::removal_form::RemovalForm;
use super::time_range::TimeQuery;
use super::totals::Totals;
use crate::clock;
use crate::endpoint::lookup::stored_numbers;
use crate::endpoint::{Exchange, errors};
use crate::http::{Problem, query};
use crate::model::{ListQuery, TimestampMs, Viewing};
use crate::pages::layout::Layout;
use crate::pages::personal;
use crate::pages::session::Visitor;
use crate::pages::state::PageState;
use crate::pages::{access, assets, origin, text};

/// Corrections and viewers shown.
const LIMIT: usize = 50;

#[derive(Template)]
#[template(path = "post_stats.html", config = "src/pages/askama.toml")]
struct PostStatsPage<'a> {
    layout: Layout,
    script: String,
    title: &'a str,
    language: &'static str,
    slug: String,
    /// Where it is edited, for who may.
    editor: Option<String>,
    figures: Figures,
    views: String,
    totals: Totals,
    referrers: Vec<ReferrerRow>,
    range: RangeForm,
    corrections: Vec<CorrectionRow>,
    /// The form that takes hours out, for who may.
    removal: Option<RemovalForm>,
    /// What a form has just done.
    done: Option<&'static str>,
    /// Who viewed it, for who may know.
    viewers: Option<Vec<ViewerRow>>,
    codes: [Code; 4],
}

struct ViewerRow {
    name: String,
    first: String,
    last: String,
    views: String,
}

/// Shows the numbers of the post of that name.
pub fn show(pages: &PageState, exchange: &mut Exchange<'_>, name: &str) -> Result<(), Problem> {
    let visitor = Visitor::of(pages, exchange);
    access::check(pages, exchange, &visitor)?;
    let asked = TimeQuery::parse(exchange.query(), &pages.settings.zone, clock::now())?;
    let (name, stats) = stored_numbers(exchange, name)?;
    let store = exchange.state.store.store();
    let id = name.id;
    let found = store.summaries(&[id], &ListQuery::default())?;
    let post = found.first().ok_or_else(errors::no_such_post)?;
    let figures = Figures::read(store, id, &asked)?;
    let corrections = store.corrections(id, None, LIMIT)?.items;
    let viewers = if access::may_see_viewers(exchange, &visitor) {
        Some(store.viewers_of(id, None, LIMIT)?.items)
    } else {
        None
    };
    let address = Address::new(exchange.request.target.path, exchange.query());
    let page = PostStatsPage {
        layout: personal::layout(exchange, &visitor),
        script: assets::script(),
        title: &post.title,
        language: text::language(&post.title),
        views: text::number(figures.views),
        referrers: referrers::rows(exchange, id, figures.range.start..figures.range.end)?,
        totals: Totals::new(&stats),
        range: RangeForm::new(address, &asked),
        corrections: corrections
            .into_iter()
            .map(|correction| CorrectionRow::new(correction, &asked.zone))
            .collect(),
        removal: match &visitor {
            Visitor::SignedIn { form_token } => {
                let named = query::get(exchange.query(), "tz").unwrap_or_default();
                Some(RemovalForm::new(
                    &post.slug,
                    form_token,
                    &named,
                    &asked.zone,
                ))
            }
            Visitor::SignedOut { .. } => None,
        },
        done: match query::get(exchange.query(), "done").as_deref() {
            Some("taken-out") => Some("The hours are taken out."),
            Some("put-back") => Some("The hours are put back."),
            _ => None,
        },
        viewers: viewers.map(|viewers| {
            let row = |viewing| ViewerRow::new(viewing, &asked.zone);
            viewers.into_iter().map(row).collect()
        }),
        figures,
        codes: codes::of_post(&origin::plain(exchange), &post.slug),
        slug: text::encode(&post.slug),
        editor: visitor.is_signed_in().then(|| format!("/write/{id}")),
    };
    personal::show(pages, exchange, &visitor, &page)
}

impl ViewerRow {
    fn new(viewing: Viewing, zone: &TimeZone) -> ViewerRow {
        let time = |time: TimestampMs| text::minute(time, zone);
        ViewerRow {
            first: time(viewing.first_viewed_at),
            last: time(viewing.last_viewed_at),
            views: text::number(viewing.views),
            name: viewing.viewer,
        }
    }
}
