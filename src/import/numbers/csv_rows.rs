//! Rows of a CSV file with a header. A quoted text may go on in the next lines; a quotation that is never closed damages one
//! row and not the rest of the file.

use std::io::{self, BufRead};

use csv::{ReaderBuilder, StringRecord};

use super::lines::Lines;
use super::row::{Item, Items, damaged};

/// Lines that one row may have.
const MAX_LINES: usize = 50;

/// The names of the columns.
pub struct Header(Vec<String>);

impl Header {
    /// The index of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|column| column.eq_ignore_ascii_case(name))
    }

    /// The name of the first column.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

/// Reads a file: makes columns of its header by `columns`, and an item of each row by `row`.
///
/// # Errors
/// Those of reading.
pub fn read<C>(
    reader: impl BufRead,
    items: Items<'_>,
    columns: impl FnOnce(&Header) -> Result<C, String>,
    row: impl Fn(&C, &StringRecord) -> Result<Item, String>,
) -> io::Result<()> {
    let mut lines = Lines::new(reader);
    let Some(first) = lines.next()? else {
        return Ok(());
    };
    let header = parse(first.text)
        .map(|names| Header(names.iter().map(|name| name.trim().to_owned()).collect()));
    let columns = match header.and_then(|header| columns(&header)) {
        Ok(columns) => columns,
        Err(why) => {
            items(damaged(1, why));
            return Ok(());
        }
    };
    // Lines of a row that is not whole, and the number of the first.
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut start = 0;
    let mut item = |text: &[u8], number: u64| {
        let made = parse(text).and_then(|cells| row(&columns, &cells));
        items(made.unwrap_or_else(|why| damaged(number, why)));
    };
    while let Some(line) = lines.next()? {
        let (number, is_cut) = (line.number, line.too_long);
        if open.is_empty() {
            if line.text.is_empty() {
                continue;
            }
            start = number;
        }
        open.push(line.text.to_vec());
        let whole = open.join(&b'\n');
        let quotes = memchr::memchr_iter(b'"', &whole).count();
        if quotes.is_multiple_of(2) && !is_cut {
            item(&whole, start);
            open.clear();
        } else if open.len() == MAX_LINES || is_cut {
            give_up(&mut open, start, &mut item);
        }
    }
    give_up(&mut open, start, &mut item);
    Ok(())
}

/// Takes lines of which the first does not end as it should each by itself.
fn give_up(open: &mut Vec<Vec<u8>>, start: u64, item: &mut impl FnMut(&[u8], u64)) {
    for (number, line) in (start..).zip(open.drain(..)) {
        if !line.is_empty() {
            item(&line, number);
        }
    }
}

fn parse(text: &[u8]) -> Result<StringRecord, String> {
    if !memchr::memchr_iter(b'"', text).count().is_multiple_of(2) {
        return Err("a quotation in it is never closed".to_owned());
    }
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let mut row = StringRecord::new();
    match rows.read_record(&mut row) {
        Ok(_) => Ok(row),
        Err(_) => Err("it is not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_that_is_never_closed_damages_one_row() {
        let text = "a,b\n1,\"x\ny\"\n2,\"never\n3,z\n\n4,\"q\"\"q\"\n";
        let mut found = Vec::new();
        let columns = |header: &Header| header.find("B").ok_or_else(|| "no b".to_owned());
        let mut take = |item| match item {
            Item::Damaged { line, .. } => found.push(format!("damaged {line}")),
            Item::Row(row) => found.push(row.title),
            Item::Other => {}
        };
        let row = |column: &usize, cells: &StringRecord| {
            let title = cells.get(*column).unwrap_or_default().to_owned();
            Ok(Item::Row(super::super::row::NumberRow {
                page: String::new(),
                title,
                views: 0,
                at: None,
            }))
        };
        read(text.as_bytes(), &mut take, columns, row).unwrap();
        assert_eq!(found, ["x\ny", "damaged 4", "z", "q\"q"]);
    }
}
