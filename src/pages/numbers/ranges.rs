//! The choice of ranges, steps and orders, as links.

use super::address::Address;
use super::time_range::TimeQuery;
use crate::model::{By, Period};

/// A link of a group of which one is chosen.
pub struct Choice {
    pub label: &'static str,
    pub address: String,
    pub is_chosen: bool,
}

/// The periods.
pub fn periods(address: Address<'_>, asked: &TimeQuery) -> Vec<Choice> {
    Period::NAMES
        .into_iter()
        .map(|(name, period)| Choice {
            label: match period {
                Period::Day => "24 hours",
                Period::Week => "7 days",
                Period::Month => "30 days",
                Period::Year => "Year",
                Period::All => "All",
            },
            address: address.with(&[("period", name), ("from", ""), ("to", ""), ("by", "")]),
            is_chosen: asked.period() == Some(period),
        })
        .collect()
}

/// The steps, for a form.
pub fn steps(asked: &TimeQuery) -> [(&'static str, &'static str, bool); 4] {
    let is = |by| asked.by() == Some(by);
    [
        ("", "Automatic", asked.by().is_none()),
        ("hour", "Hour", is(By::Hour)),
        ("day", "Day", is(By::Day)),
        ("month", "Month", is(By::Month)),
    ]
}

/// The orders of the list of posts.
pub fn orders(address: Address<'_>, chosen: &str) -> Vec<Choice> {
    let choice = |label, name: &str| Choice {
        label,
        address: address.with(&[("sort", name)]),
        is_chosen: chosen == name,
    };
    vec![
        choice("Most viewed", "views"),
        choice("Trending", "trending"),
        choice("Newest", "published"),
    ]
}
