//! The date that the folders of a path say: `2023/05/01/hello`, `2023/05/hello`, `2023-05-01/hello`.
//!
//! A year alone is no date: it would be a guess at the month.

use super::date;
use crate::model::address::{is_short_number, is_year};

/// The last date among folders, UTC milliseconds; of a month, its first day.
pub(super) fn of_folders(folders: &[&str]) -> Option<i64> {
    (0..folders.len())
        .rev()
        .find_map(|at| match folders[at..] {
            [year, month, day, ..] if are_date(year, &[month, day]) => {
                date::parse(&format!("{year}-{month}-{day}"))
            }
            _ => None,
        })
        .or_else(|| {
            (0..folders.len()).rev().find_map(|at| match folders[at..] {
                [year, month, ..] if are_date(year, &[month]) => {
                    date::parse(&format!("{year}-{month}-1"))
                }
                [folder, ..] => date::prefix(folder).map(|(date, _)| date),
                [] => None,
            })
        })
}

fn are_date(year: &str, rest: &[&str]) -> bool {
    is_year(year) && rest.iter().all(|part| is_short_number(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_dates() {
        for (path, date) in [
            ("2023/05/01", Some("2023-05-01")),
            ("blog/2023/5/1/x", Some("2023-05-01")),
            ("2023/05", Some("2023-05-01")),
            ("2023/05/notes", Some("2023-05-01")),
            ("2022/01/02/2023/05/06", Some("2023-05-06")),
            ("2023-05-06", Some("2023-05-06")),
            ("a/2023-05-06-trip", Some("2023-05-06")),
            ("2023", None),
            ("2023/notes", None),
            ("2023/13", None),
            ("2023/02/30", Some("2023-02-01")),
            ("23/05/01", None),
            ("", None),
        ] {
            let folders: Vec<&str> = path.split('/').collect();
            let found = of_folders(&folders);
            assert_eq!(found, date.and_then(date::parse), "{path}");
        }
    }
}
