//! Medians and spread: with five rounds nothing finer is honest.

use std::fmt;

use serde_json::{Value, json};

/// The middle of some values, with the smallest and the largest.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// `None` when there is nothing to summarise.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => return None,
            n if n % 2 == 1 => values[middle],
            _ => (values[middle - 1] + values[middle]) / 2.0,
        };
        Some(Self {
            median,
            min: values[0],
            max: values[values.len() - 1],
        })
    }

    /// The same divided by a unit.
    pub fn in_units(self, unit: f64) -> Self {
        Self {
            median: self.median / unit,
            min: self.min / unit,
            max: self.max / unit,
        }
    }

    pub fn to_json(self) -> Value {
        json!({"median": self.median, "min": self.min, "max": self.max})
    }
}

/// `median (min–max)`, or the one value there is.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, min, max) = (figure(self.median), figure(self.min), figure(self.max));
        if min == max {
            f.write_str(&median)
        } else {
            write!(f, "{median} ({min}–{max})")
        }
    }
}

/// A number as a table shows it: three significant digits at least, thousands apart.
pub fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text
        .split_once('.')
        .map_or((text.as_str(), String::new()), |(w, r)| {
            (w, format!(".{r}"))
        });
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0
            && digit.is_ascii_digit()
            && (whole.len() - index).is_multiple_of(3)
            && !out.ends_with('-')
        {
            out.push(',');
        }
        out.push(digit);
    }
    out + &rest
}
