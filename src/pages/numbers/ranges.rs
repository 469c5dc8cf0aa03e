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

/// The choice of a time, and of its steps.
pub struct RangeForm {
    pub periods: Vec<Choice>,
    /// Value, label, and whether it is chosen.
    pub steps: [(&'static str, &'static str, bool); 4],
    /// The first day and the last one, where days are chosen.
    pub from: String,
    pub to: String,
    pub zone: String,
    /// What else is in the address, and stays.
    pub kept: Vec<(&'static str, String)>,
}

impl RangeForm {
    /// With the choice that was asked for.
    pub fn new(address: Address<'_>, asked: &TimeQuery) -> RangeForm {
        let (from, to) = asked.day_texts();
        RangeForm {
            periods: periods(address, asked),
            steps: steps(asked),
            from,
            to,
            zone: asked.shown_zone().to_owned(),
            kept: address.fields(&["period", "from", "to", "by", "tz"]),
        }
    }
}

fn periods(address: Address<'_>, asked: &TimeQuery) -> Vec<Choice> {
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

fn steps(asked: &TimeQuery) -> [(&'static str, &'static str, bool); 4] {
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
